//! The outbox: one message per conversation in flight, sealed again when the epoch moved on, never twice in the log.

use super::{Live, events};
use crate::{
    api::{Answer, ApiError, RequestId},
    content::{self, Content},
    cx::Cx,
    db::{
        self, DbResult,
        conversation::State,
        message::MessageRow,
        outbox::{self, OutboxRow},
    },
    fault::{CallError, Fault, Flow},
    sync,
};
use asterism_wire::{
    ErrorCode, Hash, IdempotencyKey, MessageId, Seq, Timestamp,
    entry::Entry,
    frame::{self, Request},
    limits, signing,
};
use std::rc::Rc;

/// A message that the server could not take is tried again after about this long.
const RETRY_MS: u64 = 5_000;

/// How often a message is called stale although nothing newer is there, before that counts as a refusal.
const STALE_MAX: u32 = 12;

/// What a person asks to send.
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) reply_to: Option<MessageId>,
    pub(crate) idempotency: Option<String>,
    pub(crate) queue: bool,
    pub(crate) request: RequestId,
}

/// Sends a text.
pub(crate) async fn send(cx: &Cx, live: &Rc<Live>, draft: Draft) -> Flow<Answer> {
    if draft.text.is_empty() || draft.text.len() > limits::TEXT_BYTES_MAX {
        return Err(ErrorCode::InvalidText.into());
    }
    if draft.idempotency.as_deref() == Some("") {
        return Err(ApiError::new(ErrorCode::Usage, "the key of a send is empty").into());
    }
    if !live.is_member() {
        return Err(ErrorCode::NotAMember.into());
    }
    if cx.cancelled.borrow().contains(&draft.request) {
        return Err(ErrorCode::Timeout.into());
    }
    let key = idempotency_key(cx, live.id, draft.idempotency.as_deref())?;
    let salt = match &draft.idempotency {
        // The same key gives the same content, hence the same message id, also after the outbox has forgotten it.
        // The server knows the key, so the salt comes from a secret of this device.
        Some(_) => secret_salt(cx, &key)?,
        None => cx.random(),
    };
    let me = cx.me()?;
    let content = Content::text(salt, draft.text, draft.reply_to);
    let encoded = content.encode().map_err(|_| ApiError::of(ErrorCode::InvalidText))?;
    let id = content::message_id(me.account, live.id, &encoded);
    if draft.idempotency.is_some() && outbox::use_key(&cx.db, key, id)? != id {
        return Err(ApiError::new(ErrorCode::Usage, "another message was sent under this key").into());
    }
    let known = db::message::load(&cx.db, live.id, id)?;
    if known.as_ref().is_some_and(|message| message.state == "failed") {
        db::message::delete(&cx.db, live.id, id)?;
    }
    if known.is_none_or(|message| message.state == "failed") {
        let message = own_message(cx, live, id, &encoded, &content)?;
        db::message::insert(&cx.db, &message)?;
        if !outbox::revive(&cx.db, key)? {
            outbox::push(&cx.db, live.id, Some(id), key, &encoded)?;
        }
        db::outbox::set_request(&cx.db, key, if draft.queue { None } else { Some(draft.request) })?;
        events::message_changed(cx, &message)?;
        wake(cx, live);
    }
    if draft.queue {
        return Ok(sent(live, id, None));
    }
    let seq = cx
        .changed
        .wait_for(|| match db::message::load(&cx.db, live.id, id) {
            Ok(Some(message)) if message.seq > Seq(0) => Some(Ok(message.seq)),
            Ok(Some(_)) => None,
            // Taken back: it was refused, or somebody else who waited for it gave up.
            Ok(None) => Some(Err(failure_of(live, id))),
            Err(error) => Some(Err(Fault::Db(error))),
        })
        .await?;
    Ok(sent(live, id, Some(seq)))
}

fn failure_of(live: &Live, id: MessageId) -> Fault {
    let known = live.failures.borrow_mut().remove(&id);
    known.unwrap_or(ErrorCode::Timeout).into()
}

fn sent(live: &Live, id: MessageId, seq: Option<Seq>) -> Answer {
    Answer::Sent { message: id.to_string(), conversation: live.id.to_string(), seq: seq.map(|s| s.0) }
}

/// The key of a submission: of the person's choice, or a fresh one. Nobody else comes to the same by the same choice:
/// the server would take what they send for what was sent before.
pub(crate) fn idempotency_key(
    cx: &Cx,
    conversation: asterism_wire::ConversationId,
    chosen: Option<&str>,
) -> Flow<IdempotencyKey> {
    let Some(chosen) = chosen else { return Ok(IdempotencyKey(cx.random())) };
    let context: [&[u8]; 2] = [conversation.as_bytes(), chosen.as_bytes()];
    let full = asterism_mls::symmetric::hkdf(
        &*cx.me()?.device_seed,
        "asterism 1 local send key",
        &context,
        IdempotencyKey::LEN,
    );
    Ok(IdempotencyKey::try_from(full.as_slice())?)
}

/// A salt that the key gives again, and that nobody else can compute.
pub(crate) fn secret_salt(cx: &Cx, key: &IdempotencyKey) -> Flow<[u8; 16]> {
    let me = cx.me()?;
    let full =
        asterism_mls::symmetric::hkdf(&*me.device_seed, "asterism 1 local salt", &[key.as_bytes()], 16);
    let mut salt = [0; 16];
    salt.copy_from_slice(&full);
    Ok(salt)
}

/// Queues a control message for the other devices.
pub(crate) fn send_control(cx: &Cx, live: &Rc<Live>, control: &content::Control) -> Flow<()> {
    let encoded = Content::control(cx.random(), control).encode().map_err(|_| ErrorCode::Internal)?;
    outbox::push(&cx.db, live.id, None, IdempotencyKey(cx.random()), &encoded)?;
    wake(cx, live);
    Ok(())
}

/// A message of one's own died with its epoch: it goes out again, under the same id.
pub(crate) fn again(cx: &Cx, live: &Rc<Live>, message: &MessageRow) -> Flow<()> {
    let back = MessageRow { seq: Seq(0), state: "sending".into(), ..message.clone() };
    db::message::insert(&cx.db, &back)?;
    outbox::push(&cx.db, live.id, Some(message.id), IdempotencyKey(cx.random()), &message.content)?;
    events::message_changed(cx, &back)
}

/// The host gave up on a request: what the server has not accepted is taken back.
pub(crate) fn cancel(cx: &Cx, request: RequestId) -> DbResult<()> {
    for row in outbox::of_request(&cx.db, request)? {
        outbox::give_up(&cx.db, &row)?;
        if let Some(id) = row.message {
            db::message::delete(&cx.db, row.conversation, id)?;
        }
    }
    cx.changed.notify();
    Ok(())
}

/// Nobody waits any more for what requests of an earlier run put into the outbox: a send that failed is not sent later.
pub(crate) fn cancel_forgotten(cx: &Cx) -> DbResult<()> {
    for request in outbox::requests(&cx.db)? {
        if !cx.asked.is_open(request) {
            cancel(cx, request)?;
        }
    }
    Ok(())
}

/// There is something to send.
pub(crate) fn wake(cx: &Cx, live: &Rc<Live>) {
    if live.sending.replace(true) {
        return;
    }
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.tasks.spawn(async move {
        let result = drain(&flow, &live).await;
        live.sending.set(false);
        match result {
            Ok(()) => {}
            Err(Fault::Db(error)) => flow.fail(error),
            Err(Fault::Api(error)) => tracing::debug!(code = error.code.as_word(), "the outbox waits"),
        }
    });
}

/// Why nothing is sent now.
enum Obstacle {
    /// Whoever ends it wakes the outbox.
    Passing,
    /// What waits will not be sent.
    Lasting(ErrorCode),
}

fn obstacle(live: &Live) -> Option<Obstacle> {
    let row = live.row();
    let is_entering = row.state == State::Joining;
    if row.alarm.is_some() && (is_entering || live.is_member()) {
        return Some(Obstacle::Lasting(ErrorCode::ForkDetected));
    }
    // What waits goes out when it is in.
    if is_entering {
        return Some(Obstacle::Passing);
    }
    if !live.is_member() {
        return Some(Obstacle::Lasting(ErrorCode::NotAMember));
    }
    // While a refused commit stands, nothing can be sent: the void or the repair wakes the outbox.
    (row.refused_seq != Seq(0)).then_some(Obstacle::Passing)
}

async fn drain(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let mut stale = 0;
    #[cfg(feature = "plant")]
    let mut was_lost = false;
    loop {
        cx.online().await.map_err(Fault::from)?;
        let Some(row) = outbox::front(&cx.db, live.id)? else { return Ok(()) };
        match obstacle(live) {
            Some(Obstacle::Passing) => return Ok(()),
            Some(Obstacle::Lasting(code)) => {
                fail(cx, live, &row, code)?;
                continue;
            }
            None => {}
        }
        let (body, opened_by) = seal(cx, live, &row)?;
        let body_hash = signing::sha256(&body);
        let key = row.idempotency;
        #[cfg(feature = "plant")]
        let key =
            if was_lost && crate::plant::NO_DEDUPLICATION.get() { IdempotencyKey(cx.random()) } else { key };
        let request = Request::SendMessage(frame::SendMessage {
            conversation: live.id.to_vec(),
            idempotency: key.to_vec(),
            epoch_opened_by: opened_by.0,
            body: body.into(),
        });
        // Once: on another connection the row is looked at again, for it may have been given up meanwhile.
        let Ok(answer) = cx.call_once::<frame::Accepted>(request).await else {
            #[cfg(feature = "plant")]
            {
                was_lost = true;
            }
            continue;
        };
        match answer {
            Ok(accepted) => accept(cx, live, &row, body_hash, &accepted)?,
            Err(error) => stale = refused(cx, live, &row, opened_by, &error, stale).await?,
        }
    }
}

/// The server refused what was sealed for the epoch that `opened_by` opened; gives how often in a row it has called
/// that stale without showing anything newer.
async fn refused(
    cx: &Cx,
    live: &Rc<Live>,
    row: &OutboxRow,
    opened_by: Seq,
    error: &CallError,
    stale: u32,
) -> Flow<u32> {
    sync::heard_in(live, error);
    // It may be that this device was removed meanwhile: the log says.
    let caught_up = sync::catch_up(cx, live).await;
    let stale = if live.row().epoch.opened_by == opened_by {
        let stale = stale + 1;
        cx.sleep_ms(cx.random_below(100 << stale.min(6))).await;
        stale
    } else {
        0
    };
    let code = error.code().unwrap_or(ErrorCode::ServerMisbehaved);
    match caught_up {
        Ok(()) if code == ErrorCode::StaleEpoch && stale < STALE_MAX => {}
        Err(Fault::Db(error)) => return Err(error.into()),
        Err(Fault::Api(error)) if code == ErrorCode::StaleEpoch => unsent(cx, live, row, error.code).await?,
        Ok(()) | Err(Fault::Api(_)) => unsent(cx, live, row, code).await?,
    }
    Ok(stale)
}

/// The server did not take it. Whoever waits is told; what only stands in the outbox is tried again later, unless
/// that would never help.
async fn unsent(cx: &Cx, live: &Rc<Live>, row: &OutboxRow, code: ErrorCode) -> Flow<()> {
    let busy = matches!(code, ErrorCode::Overloaded | ErrorCode::RateLimited);
    if is_final(code) || (row.is_waited_for && !busy) {
        return fail(cx, live, row, code);
    }
    cx.sleep_ms(RETRY_MS / 2 + cx.random_below(RETRY_MS)).await;
    Ok(())
}

fn is_final(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Forbidden
            | ErrorCode::NotAMember
            | ErrorCode::LimitExceeded
            | ErrorCode::Malformed
            | ErrorCode::InvalidCommit
    )
}

/// Seals for the present epoch, or gives the sealing that was made for it already: nothing is sealed twice from
/// one state, and a sealing is persisted before it leaves (it does when this step is committed).
fn seal(cx: &Cx, live: &Rc<Live>, row: &OutboxRow) -> Flow<(Vec<u8>, Seq)> {
    let opened_by = live.row().epoch.opened_by;
    if let Some((sealed, sealed_in)) = &row.sealed
        && *sealed_in == opened_by
    {
        return Ok((sealed.clone(), opened_by));
    }
    let provider = live.provider(cx);
    let statement = live.statement();
    let key = cx.device_key()?;
    let sealed = live
        .group(cx)?
        .seal(&provider, &key, &statement, &row.content)
        .map_err(|_| ApiError::of(ErrorCode::NotAMember))?;
    outbox::set_sealed(&cx.db, row.row, &sealed, opened_by)?;
    Ok((sealed, opened_by))
}

/// A message that was given up has come through after all: others show it, so its sender does.
fn restore(cx: &Cx, live: &Rc<Live>, row: &OutboxRow, id: MessageId) -> Flow<()> {
    if db::message::load(&cx.db, live.id, id)?.is_some() {
        return Ok(());
    }
    let Ok(content) = Content::decode(&row.content) else { return Ok(()) };
    let message = own_message(cx, live, id, &row.content, &content)?;
    db::message::insert(&cx.db, &message)?;
    Ok(())
}

/// A message of one's own that is not in the log yet.
fn own_message(cx: &Cx, live: &Live, id: MessageId, encoded: &[u8], content: &Content) -> Flow<MessageRow> {
    Ok(MessageRow {
        conversation: live.id,
        id,
        seq: Seq(0),
        sender: cx.me()?.account,
        at: cx.now(),
        kind: "text".into(),
        text: content.as_text().map(str::to_owned),
        reply_to: content.in_reply_to,
        content: encoded.to_vec(),
        subjects: Vec::new(),
        state: "sending".into(),
    })
}

fn accept(
    cx: &Cx,
    live: &Rc<Live>,
    row: &OutboxRow,
    body_hash: Hash,
    accepted: &frame::Accepted,
) -> Flow<()> {
    if accepted.seq == 0 {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    // The echo in the log may have come first.
    if outbox::by_idempotency(&cx.db, row.idempotency)?.is_some() {
        finish(cx, live, row, Seq(accepted.seq), Timestamp(accepted.server_time_ms))?;
        outbox::remember(&cx.db, live.id, Seq(accepted.seq), body_hash)?;
    }
    Ok(())
}

fn finish(cx: &Cx, live: &Rc<Live>, row: &OutboxRow, seq: Seq, at: Timestamp) -> Flow<()> {
    if let Some(id) = row.message {
        restore(cx, live, row, id)?;
        db::message::mark_sent(&cx.db, live.id, id, seq, at)?;
        if let Some(message) = db::message::load(&cx.db, live.id, id)? {
            events::message_changed(cx, &message)?;
        }
    }
    outbox::remove(&cx.db, row.row)?;
    cx.changed.notify();
    Ok(())
}

fn fail(cx: &Cx, live: &Rc<Live>, row: &OutboxRow, code: ErrorCode) -> Flow<()> {
    // It may have been stored all the same, and only the answer was lost: its entry is then recognised.
    outbox::give_up_by_key(&cx.db, row.idempotency)?;
    if let Some(id) = row.message.filter(|_| row.is_waited_for) {
        // A send that failed is not sent later, and may be asked again.
        live.failures.borrow_mut().insert(id, code);
        db::message::delete(&cx.db, live.id, id)?;
    } else if let Some(id) = row.message {
        db::message::set_state(&cx.db, live.id, id, "failed")?;
        if let Some(message) = db::message::load(&cx.db, live.id, id)? {
            events::message_changed(cx, &message)?;
        }
    }
    cx.changed.notify();
    Ok(())
}

/// Is this entry a message of one's own? Then it is in the log now.
pub(crate) fn take_own(cx: &Cx, live: &Rc<Live>, entry: &Entry) -> Flow<bool> {
    let Some(key) = entry.idempotency_key() else { return Ok(false) };
    let body_hash = entry.body_hash()?;
    if let Some(row) = outbox::by_idempotency(&cx.db, key)? {
        if row.conversation != live.id || !outbox::is_own(&row, body_hash) {
            return Ok(false);
        }
        finish(cx, live, &row, entry.position(), entry.server_time())?;
        return Ok(true);
    }
    Ok(outbox::was_own(&cx.db, live.id, entry.position(), body_hash)?)
}
