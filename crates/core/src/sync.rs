//! Keeping up with the server: rounds of synchronisation, pushes, gaps, the inbox, repairs.

use crate::{
    api::Event,
    conversation::{
        self, Live, again, commit, enter, kept_key, receipts, reenter, send, signals,
        take::{self, Taken},
        take_commit, vault, welcome,
    },
    cx::Cx,
    db::{self, conversation::State},
    fault::{CallError, Fault, Flow},
    own,
};
use asterism_wire::{
    ConversationId, ErrorCode, Seq, Timestamp,
    frame::{self, Happened, Request},
    limits,
};
use std::rc::Rc;

/// One conversation re-enters at most once in this time (docs/protocol.md §4.7).
const REPAIR_PAUSE_MS: u64 = 10 * 60 * 1000;
/// First and longest pause before an entry that could not be finished is gone on with, about.
const RESUME_MS: u64 = 2_000;
const RESUME_MS_MAX: u64 = 60_000;
/// Counter that is set while a recovered device has not entered all of its conversations.
pub(crate) const REJOIN: &str = "rejoin";
/// As before, for a device that lacks the vault key: each entry by a link makes it enter anew until it has the key.
const WAITS_PAUSE_MS: u64 = 2_000;

/// The last round that ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rounds {
    /// On which connection it began: what another one is subscribed to is not known from it.
    connection: u64,
    count: u64,
}

/// The connection is authenticated: begin a round.
pub(crate) fn begin(cx: &Cx) {
    let flow = Rc::clone(cx);
    cx.spawn_quiet("round", async move { round(&flow).await });
}

/// Brings everything up to date: inbox, all logs, what was left half done, people's names.
pub(crate) async fn round(cx: &Cx) -> Flow<()> {
    cx.asked.for_nobody(Box::pin(next_round(cx))).await
}

async fn next_round(cx: &Cx) -> Flow<()> {
    let before = cx.rounds.get();
    let _turn = cx.round_lock.lock().await;
    let last = cx.rounds.get();
    let connection = cx.connection.get();
    // A round on this connection ended while this one waited: what was there when it was asked for is here.
    if last.count > before.count && last.connection == connection {
        return Ok(());
    }
    one_round(cx).await?;
    cx.rounds.set(Rounds { connection, count: last.count + 1 });
    Ok(())
}

async fn one_round(cx: &Cx) -> Flow<()> {
    let left = cx.packages_left.take();
    if let Some(left) = left {
        quiet(crate::account::replenish(Rc::clone(cx), left).await)?;
    }
    inbox(cx).await?;
    if db::counter(&cx.db, REJOIN)? > 0 {
        quiet(own::read_all(cx).await)?;
        if enter::rejoin_all(cx).await? {
            db::set_counter(&cx.db, REJOIN, 0)?;
        }
    }
    let all: Vec<Rc<Live>> = cx.live.borrow().values().cloned().collect();
    for live in all.iter().filter(|l| l.state() == State::Joining) {
        quiet(reenter::resume(cx, live).await)?;
    }
    let members: Vec<Rc<Live>> = all.into_iter().filter(|l| l.is_member()).collect();
    for some in members.chunks(limits::SUBSCRIBE_MAX) {
        subscribe_all(cx, some).await?;
    }
    for live in &members {
        match catch_up(cx, live).await {
            Ok(()) | Err(Fault::Api(_)) => {}
            Err(error) => return Err(error),
        }
        kept_key::keep(cx, live, live.cursor())?;
        receipts::watch(cx, live);
        let pending = db::conversation::pending_commit(&cx.db, live.id)?;
        if pending.is_some() && live.is_member() {
            let _turn = live.commit_lock.lock().await;
            quiet(commit::settle_pending(cx, live).await)?;
        }
        if live.is_member() {
            quiet(again::offer(cx, live).await)?;
        }
        if !live.vault_read.get() && live.is_member() {
            quiet(vault::read(cx, live).await)?;
            if live.state() == State::Active {
                quiet(vault::share_profile(Rc::clone(cx), Rc::clone(live)).await)?;
            }
        }
    }
    Box::pin(crate::community::round(cx)).await?;
    for id in db::outbox::conversations(&cx.db)? {
        if let Ok(live) = conversation::find(cx, id) {
            send::wake(cx, &live);
        }
    }
    if db::own::has_unsent(&cx.db)? {
        own::send_soon(cx);
    }
    crate::people::refresh(cx).await
}

/// May the same request succeed later?
pub(crate) fn is_passing(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Internal
            | ErrorCode::Overloaded
            | ErrorCode::RateLimited
            | ErrorCode::StorageFull
            | ErrorCode::StaleEpoch
    )
}

/// A refusal here concerns one conversation; the round goes on.
fn quiet(result: Flow<()>) -> Flow<()> {
    match result {
        Err(Fault::Api(error)) => {
            tracing::debug!(code = error.code.as_word(), "a conversation is not up to date");
            Ok(())
        }
        other => other,
    }
}

/// Takes everything out of the inbox.
async fn inbox(cx: &Cx) -> Flow<()> {
    loop {
        let after = cx.me()?.inbox_cursor;
        let page: frame::InboxPage = cx.call(Request::FetchInbox(frame::FetchInbox { after })).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for item in &page.items {
            match welcome::take(cx, item).await {
                Ok(()) => {}
                Err(Fault::Api(error)) => {
                    tracing::debug!(code = error.code.as_word(), "a welcome was not used")
                }
                Err(error) => return Err(error),
            }
            let position = item.position;
            cx.update_me(|me| me.inbox_cursor = me.inbox_cursor.max(position))?;
        }
        let up_to = cx.me()?.inbox_cursor;
        cx.call::<frame::Done>(Request::AcknowledgeInbox(frame::AcknowledgeInbox { up_to })).await?;
        if up_to <= after {
            return Ok(());
        }
    }
}

/// From now on this conversation's entries are pushed.
pub(crate) async fn subscribe(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    subscribe_all(cx, std::slice::from_ref(live)).await
}

async fn subscribe_all(cx: &Cx, conversations: &[Rc<Live>]) -> Flow<()> {
    let request = frame::Subscribe { conversations: conversations.iter().map(|l| l.id.to_vec()).collect() };
    let shown: Vec<Seq> = conversations.iter().map(|l| l.cursor()).collect();
    let subscribed: frame::Subscribed = cx.call(Request::Subscribe(request)).await?;
    for standing in subscribed.standings {
        let id = ConversationId::try_from(standing.conversation.as_slice())?;
        if let Some((live, shown)) = conversations.iter().zip(&shown).find(|(l, _)| l.id == id) {
            if standing.member && Seq(standing.head_seq) < *shown {
                went_back(cx, live)?;
                continue;
            }
            heard_of(live, Seq(standing.head_seq));
            if !standing.member {
                left_behind(cx, live, Seq(standing.head_seq)).await?;
            }
        }
    }
    Ok(())
}

/// The server says that the log ends before what it has shown to this device already (docs/protocol.md §4.2).
fn went_back(cx: &Cx, live: &Rc<Live>) -> Flow<Taken> {
    if live.row().alarm.is_some() { Ok(Taken::Fork) } else { take::alarm(cx, live) }
}

/// The server speaks of entries and does not show them: nothing is shown past the gap, and the person is told.
fn misbehaved(cx: &Cx, live: &Live) -> Fault {
    let code = ErrorCode::ServerMisbehaved;
    cx.event(Event::Alarm { code: code.as_word().into(), conversation: Some(live.id.to_string()) });
    code.into()
}

/// The server no longer counts this device as a member: what it may still read says why. When it may read nothing at
/// all, the commit that brought it in was voided while it was away.
async fn left_behind(cx: &Cx, live: &Rc<Live>, readable: Seq) -> Flow<()> {
    quiet(catch_up(cx, live).await)?;
    if live.is_member() && live.cursor() >= live.known_head.get() {
        if readable == Seq(0) {
            reenter::voided(cx, live, live.row().joined_seq)?;
        } else {
            take_commit::left(cx, live)?;
        }
    }
    Ok(())
}

/// A refusal may say where the log stands.
pub(crate) fn heard_in(live: &Live, error: &CallError) {
    if let CallError::Refused(frame::Failure { stale: Some(standing), .. }) = error {
        heard_of(live, Seq(standing.head_seq));
    }
}

fn heard_of(live: &Live, seq: Seq) {
    live.known_head.set(live.known_head.get().max(seq));
}

/// Something that the server said on its own.
pub(crate) fn handle_push(cx: &Cx, push: Happened) {
    if let Err(Fault::Db(error)) = take_push(cx, push) {
        cx.fail(error);
    }
}

fn take_push(cx: &Cx, push: Happened) -> Flow<()> {
    match push {
        Happened::Appended(appended) => {
            let Some(entry) = appended.entry else { return Ok(()) };
            if let Some(community) = of_community(cx, &appended.conversation)? {
                crate::community::follow::pushed(cx, &community, entry);
                return Ok(());
            }
            let live = live_of(cx, &appended.conversation)?;
            heard_of(&live, entry.position());
            let next = entry.position() == live.cursor().next() && !live.fetching.get();
            #[cfg(feature = "plant")]
            let next = next || crate::plant::IGNORE_GAP.get() && entry.position() > live.cursor();
            if next && live.is_member() && take::take(cx, &live, &entry)? == Taken::Done {
                return Ok(());
            }
            catch_up_soon(cx, &live);
            Ok(())
        }
        Happened::Behind(behind) => {
            if let Some(community) = of_community(cx, &behind.conversation)? {
                crate::community::follow::soon(cx, &community);
                return Ok(());
            }
            let live = live_of(cx, &behind.conversation)?;
            heard_of(&live, Seq(behind.head_seq));
            catch_up_soon(cx, &live);
            Ok(())
        }
        Happened::Inbox(_) => {
            let flow = Rc::clone(cx);
            cx.spawn_quiet("inbox", async move {
                round(&flow).await?;
                inbox(&flow).await
            });
            Ok(())
        }
        Happened::Ephemeral(ephemeral) => {
            signals::take(cx, &live_of(cx, &ephemeral.conversation)?, &ephemeral)
        }
        Happened::ReceiptAttached(attached) => {
            let Some(receipt) = attached.receipt else { return Ok(()) };
            receipts::attached(cx, &live_of(cx, &attached.conversation)?, &receipt)
        }
        Happened::ReceiptWanted(wanted) => {
            receipts::wanted(cx, &live_of(cx, &wanted.conversation)?, Seq(wanted.commit_seq))
        }
        Happened::Closing(closing) => {
            cx.retry_not_before(cx.now().plus_ms(closing.retry_after_ms));
            Ok(())
        }
    }
}

fn of_community(cx: &Cx, id: &[u8]) -> Flow<Option<Rc<crate::community::LiveCommunity>>> {
    Ok(crate::community::of_log(cx, ConversationId::try_from(id)?))
}

fn live_of(cx: &Cx, id: &[u8]) -> Flow<Rc<Live>> {
    conversation::find(cx, ConversationId::try_from(id)?)
}

/// Fetches what is missing, some time soon.
pub(crate) fn catch_up_soon(cx: &Cx, live: &Rc<Live>) {
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("catch up", async move { catch_up(&flow, &live).await });
}

/// Waits until the entry at a position is processed.
pub(crate) async fn reach(cx: &Cx, live: &Rc<Live>, seq: Seq) -> Flow<()> {
    heard_of(live, seq);
    catch_up(cx, live).await
}

/// Fetches and processes entries until the highest position that the server has spoken of. After it, what is asked of
/// the server in the same step leaves at once.
pub(crate) async fn catch_up(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    loop {
        // Also when nothing is missing: a commit is built after this, and must not wait for a connection, on which
        // it would be offered though whoever asked for it has given up.
        cx.online().await?;
        if live.fetching.get() {
            cx.changed.wait_for(|| (!live.fetching.get()).then_some(())).await;
            continue;
        }
        let row = live.row();
        if let Some(code) = row.alarm.as_ref().map(|_| ErrorCode::ForkDetected) {
            return Err(code.into());
        }
        if row.cursor >= live.known_head.get() || row.state == State::Left || row.state == State::Joining {
            return Ok(());
        }
        live.fetching.set(true);
        let taken = fetch_page(cx, live).await;
        live.fetching.set(false);
        cx.changed.notify();
        match taken? {
            Taken::Done if live.cursor() == row.cursor && row.cursor < live.known_head.get() => {
                return Err(misbehaved(cx, live));
            }
            Taken::Done => {}
            Taken::Fork => return Err(ErrorCode::ForkDetected.into()),
            Taken::Gap => return Err(misbehaved(cx, live)),
            Taken::Broken => return repair(cx, live, REPAIR_PAUSE_MS).await,
            // The vault key comes in a message after the commit that needs it: this device enters behind that commit.
            Taken::Waits => return repair(cx, live, WAITS_PAUSE_MS).await,
        }
    }
}

async fn fetch_page(cx: &Cx, live: &Rc<Live>) -> Flow<Taken> {
    let from = live.cursor().next();
    let request = frame::Fetch {
        conversation: live.id.to_vec(),
        from_seq: from.0,
        entries_max: u32::try_from(limits::FETCH_ENTRIES_MAX).expect("a named limit"),
    };
    let page: frame::Entries = match cx.call(Request::Fetch(request)).await {
        Ok(page) => page,
        // No longer kept; or from before the membership that the server knows of, which is not the one known here.
        Err(error) if matches!(error.code(), Some(ErrorCode::Expired | ErrorCode::Forbidden)) => {
            return Ok(Taken::Broken);
        }
        Err(error) => return Err(error.into()),
    };
    if Seq(page.head_seq).next() < from {
        return went_back(cx, live);
    }
    heard_of(live, Seq(page.head_seq));
    if page.entries.is_empty() {
        // Nothing more that this device may read, whatever was announced.
        live.known_head.set(live.cursor());
    }
    for entry in &page.entries {
        let taken = take::take(cx, live, entry)?;
        if taken != Taken::Done {
            let (kind, row) = (entry.kind, live.row());
            tracing::debug!(?taken, kind, seq = entry.seq, ?row.epoch, made_in = ?entry.made_in(), refused = row.refused_seq.0, "an entry was not taken");
            return Ok(taken);
        }
        if matches!(live.state(), State::Left | State::Joining) {
            return Ok(Taken::Done);
        }
    }
    for receipt in &page.receipts {
        receipts::attached(cx, live, receipt)?;
    }
    if page.receipt_wanted_seq > 0 {
        receipts::wanted(cx, live, Seq(page.receipt_wanted_seq))?;
    }
    Ok(Taken::Done)
}

/// Others could merge a commit that this device refused: it re-enters, some time soon. However often: it is once for
/// each commit, and whoever has commits made that others refuse and somebody confirms must not keep it out for long.
pub(crate) fn repair_refused_soon(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let refused = live.row().refused_seq;
    if live.mending.replace(refused) == refused {
        return Ok(());
    }
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("repair", async move {
        let before = live.row().repaired_at;
        let repaired = repair(&flow, &live, 0).await;
        if live.mending.get() == refused {
            live.mending.set(Seq(0));
        }
        live.update(&flow, |row| row.repaired_at = before)?;
        repaired
    });
    Ok(())
}

/// This device's state does not fit the log: it enters anew (docs/protocol.md §4.7).
async fn repair(cx: &Cx, live: &Rc<Live>, pause_ms: u64) -> Flow<()> {
    live.set_group(None);
    let row = live.row();
    let recently = row.repaired_at > Timestamp(0) && cx.now() < row.repaired_at.plus_ms(pause_ms);
    if recently || !live.is_member() {
        return Err(ErrorCode::StaleEpoch.into());
    }
    let repaired = Box::pin(cx.asked.for_nobody(enter::repair(cx, live))).await;
    if matches!(&repaired, Err(Fault::Api(error)) if is_passing(error.code)) {
        resume_later(cx, live);
    }
    repaired
}

/// An entry that could not be finished is gone on with, with growing pauses, also when no round comes.
pub(crate) fn resume_later(cx: &Cx, live: &Rc<Live>) {
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("entry", async move {
        for attempt in 0.. {
            let pause = (RESUME_MS << attempt.min(16)).min(RESUME_MS_MAX);
            flow.sleep_ms(pause / 2 + flow.random_below(pause)).await;
            if live.state() != State::Joining {
                return Ok(());
            }
            match reenter::resume(&flow, &live).await {
                Err(Fault::Api(error)) if is_passing(error.code) => {}
                other => return other,
            }
        }
        Ok(())
    });
}
