//! `read --follow`: shows what there is, then what comes, and lets other processes in meanwhile.

use crate::alarms;
use crate::context::{Context, mark_read};
use crate::failure::Failure;
use asterism_client::{Device, Events, Notice};
use asterism_core::api::{Answer, ConversationInfo, Event, Item, MessageInfo, Request};
use asterism_wire::ErrorCode;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::sleep;

/// For what is answered from this machine.
const LOCAL_TIMEOUT: Duration = Duration::from_secs(20);
/// How often it is looked whether what was held back can be shown: nothing tells.
const HELD_BACK_PERIOD: Duration = Duration::from_millis(100);

/// What is read next. Events only say that there is something: what it is, and in which order, is read.
#[derive(Debug)]
struct Reading {
    target: String,
    /// The target as an id, known from the first message on.
    conversation: Option<String>,
    since: Option<u64>,
    limit: u32,
    events: bool,
    /// What is shown stays unread.
    peek: bool,
    /// Announcements that are not new any more: their positions do not say so.
    announced: BTreeSet<String>,
    /// Something is here that cannot be shown yet.
    holds_back: bool,
    /// Codes of alarms that were told.
    told: BTreeSet<String>,
}

/// Why one device is no longer followed.
enum End {
    /// The person has seen enough.
    Wanted,
    /// The other process, which had the home open, has ended.
    LeftAlone,
}

/// Until a signal says that it is enough.
pub(crate) async fn read(context: &Context, request: Request, peek: bool) -> Result<(), Failure> {
    let Request::Read { target, since, limit, events } = request else { return Err(Failure::Defect) };
    let mut reading = Reading {
        target,
        conversation: None,
        since,
        limit,
        events,
        peek,
        announced: BTreeSet::new(),
        holds_back: false,
        told: BTreeSet::new(),
    };
    if !context.home.is_used() {
        return Err(ErrorCode::NoAccount.into());
    }
    loop {
        let mut device = context.open().await?;
        device.serve(&context.home);
        let end = tokio::select! {
            end = follow(context, &device, &mut reading) => end,
            () = enough() => Ok(End::Wanted),
        };
        device.close().await;
        match end? {
            End::Wanted => return Ok(()),
            End::LeftAlone => {}
        }
    }
}

async fn follow(context: &Context, device: &Device, reading: &mut Reading) -> Result<End, Failure> {
    // Before the first reading, so that nothing falls between the two.
    let mut events = match device.events().await {
        Ok(events) => events,
        Err(error) => return left_alone(device, error.into()),
    };
    match show_all(context, device, reading, &mut events).await {
        Ok(()) => left_alone(device, Failure::Defect),
        Err(Failure::Refused(error)) if error.code == ErrorCode::HomeBusy => left_alone(device, error.into()),
        Err(failure) => Err(failure),
    }
}

fn left_alone(device: &Device, failure: Failure) -> Result<End, Failure> {
    if device.is_borrowed() { Ok(End::LeftAlone) } else { Err(failure) }
}

/// Ends when there are no events any more.
async fn show_all(
    context: &Context,
    device: &Device,
    reading: &mut Reading,
    events: &mut Events,
) -> Result<(), Failure> {
    context.sync(device, &reading.request()).await?;
    reading.show(context, device).await?;
    loop {
        let notice = tokio::select! {
            notice = events.next() => notice,
            () = sleep(HELD_BACK_PERIOD), if reading.holds_back => Some(Notice::Missed),
        };
        match notice {
            None => return Ok(()),
            Some(Notice::Stopped(error)) => return Err(error.into()),
            Some(notice) => {
                if let Notice::Event(event) = &notice {
                    match &**event {
                        Event::Alarm { code, .. } => reading.warn(context, code),
                        Event::Connection { state } if state == "full" => {
                            reading.warn(context, alarms::FULL);
                        }
                        _ => {}
                    }
                }
                if reading.concerns(&notice) {
                    reading.show(context, device).await?;
                }
            }
        }
    }
}

impl Reading {
    fn target(&self) -> String {
        // The id stays when the name changes.
        self.conversation.as_ref().unwrap_or(&self.target).clone()
    }

    fn request(&self) -> Request {
        let Self { since, limit, events, .. } = *self;
        Request::Read { target: self.target(), since, limit, events }
    }

    /// Says each thing once.
    fn warn(&mut self, context: &Context, code: &str) {
        if self.told.insert(code.to_owned()) {
            context.output.warn(&alarms::sentence(code));
        }
    }

    /// Could there be something new to show?
    fn concerns(&self, notice: &Notice) -> bool {
        let Notice::Event(event) = notice else { return true };
        match &**event {
            Event::Message { message } => self.is_new(message),
            _ => false,
        }
    }

    fn is_new(&self, message: &MessageInfo) -> bool {
        let is_here =
            self.conversation.as_ref().is_none_or(|conversation| *conversation == message.conversation);
        let is_later = message.seq > self.since.unwrap_or(0) || message.announcement;
        is_here && is_later && !self.announced.contains(&message.message)
    }

    /// One's own messages are known before what others said just before them: what is shown ends where nothing is
    /// missing, so that everybody sees the same order.
    async fn show(&mut self, context: &Context, device: &Device) -> Result<(), Failure> {
        let info = self.info(device).await?;
        let (conversation, complete) = (info.group, info.seq);
        if let Some(code) = info.alarm {
            self.warn(context, &code);
        }
        // What is left out of the first reading for its limit does not come later.
        let passed_over = match &self.conversation {
            Some(_) => BTreeSet::new(),
            None => self.announced_by(device, complete).await?,
        };
        let mut items = self.read(device, self.request()).await?;
        items.retain(|message| message.seq > 0 && !self.announced.contains(&message.message));
        let all = items.len();
        items.retain(|message| message.seq <= complete);
        self.holds_back = items.len() < all;
        self.announced.extend(passed_over);
        self.announced.extend(announcements(&items));
        self.conversation = Some(conversation);
        self.since = self.since.max(Some(complete));
        // From now on nothing is left out.
        self.limit = u32::MAX;
        let items: Vec<Item> = items.into_iter().map(Item::Message).collect();
        context.output.items(&items)?;
        if !self.peek {
            mark_read(device, &items).await;
        }
        Ok(())
    }

    async fn read(&self, device: &Device, request: Request) -> Result<Vec<MessageInfo>, Failure> {
        let Answer::List(items) = device.request(request, LOCAL_TIMEOUT).await? else {
            return Err(Failure::Defect);
        };
        let messages = items.into_iter().filter_map(|item| match item {
            Item::Message(message) => Some(message),
            _ => None,
        });
        Ok(messages.collect())
    }

    /// The announcements that a reading from a position on would give, without what stands behind it.
    async fn announced_by(&self, device: &Device, seq: u64) -> Result<BTreeSet<String>, Failure> {
        let request =
            Request::Read { target: self.target(), since: Some(seq), limit: u32::MAX, events: false };
        let mut messages = self.read(device, request).await?;
        messages.retain(|message| message.seq <= seq);
        Ok(announcements(&messages).collect())
    }

    /// The conversation; its position is up to where all of it is here.
    async fn info(&self, device: &Device) -> Result<ConversationInfo, Failure> {
        match device.request(Request::GroupShow { target: self.target() }, LOCAL_TIMEOUT).await? {
            Answer::Conversation(info) => Ok(info),
            _ => Err(Failure::Defect),
        }
    }
}

fn announcements(messages: &[MessageInfo]) -> impl Iterator<Item = String> {
    messages.iter().filter(|message| message.announcement).map(|message| message.message.clone())
}

/// Ctrl-C, or a polite request to end.
async fn enough() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
