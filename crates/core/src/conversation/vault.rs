//! The conversation's shared encrypted state: reading, writing, and its keys (docs/protocol.md §7).

use super::{Live, events, kept_key, send, take::Taken};
use crate::{
    content::Control,
    cx::Cx,
    db::{self, conversation::ConversationRow, vault::VaultRow},
    fault::{Fault, Flow},
    formats::{
        ProfileKey, VaultKey, labels,
        vault::{self as format, Meta, Slot, Writer},
    },
    sync,
};
use asterism_mls::group::{MemberLeaf, Opened};
use asterism_policy::{Change, PolicyState, RevokeTicket, What, may_write_vault};
use asterism_wire::{
    AccountId, ConversationId, ErrorCode, IdempotencyKey, Seq,
    entry::Entry,
    frame::{self, Request},
    vault::{BARRED, META, PROFILE_PREFIX, PastKey, VaultRecord, Wrap},
};
use prost::Message as _;
use std::rc::Rc;

/// The vault key is asked for at most once in this time.
const ASK_PAUSE_MS: u64 = 60_000;

/// How often a write is tried again when somebody else was faster.
const WRITE_RETRIES_MAX: u32 = 8;

/// The name of the entry with an account's profile key.
pub(crate) fn profile_name(account: AccountId) -> String {
    format!("{PROFILE_PREFIX}{account}")
}

/// The conversation's name and description, as far as known.
pub(crate) fn meta(cx: &Cx, live: &Live) -> Flow<Meta> {
    let row = db::vault::load(&cx.db, live.id, META)?;
    let value = row.and_then(|r| r.value);
    Ok(value.and_then(|v| Meta::from_value(&v).ok()).unwrap_or_default())
}

/// A vault write in the log.
pub(super) fn take(cx: &Cx, live: &Rc<Live>, row: &ConversationRow, entry: &Entry) -> Flow<Taken> {
    if row.refused_seq != Seq(0) {
        return Ok(Taken::Done);
    }
    let Ok(record) = VaultRecord::decode(entry.body.clone()) else { return Ok(Taken::Done) };
    let Ok(writer) = format::check_record(live.id, &record) else { return Ok(Taken::Done) };
    // The server has refused these already; if it did not, this device does.
    let is_member = live.group(cx)?.member(writer.device).is_some_and(|m| m.leaf == writer);
    let allowed =
        may_write_vault(live.group(cx)?.state(), writer.account, &record.name, entry.server_time()).is_ok();
    if !is_member || !allowed || record.generation != row.vault_generation {
        return Ok(Taken::Done);
    }
    let before = meta(cx, live)?.name;
    let renamed = record.name == META && store(cx, live, &record)? && record.version > 1;
    if record.name != META {
        store(cx, live, &record)?;
    }
    if renamed {
        let name = Some(meta(cx, live)?.name).filter(|name| !name.is_empty() && *name != before);
        let detail = events::Detail { name, ..events::Detail::default() };
        events::record(cx, live, entry, "renamed", writer.account, Vec::new(), detail)?;
    }
    Ok(Taken::Done)
}

/// Keeps an entry, opened when its key is here; tells whether it was news.
fn store(cx: &Cx, live: &Rc<Live>, record: &VaultRecord) -> Flow<bool> {
    let known = db::vault::load(&cx.db, live.id, &record.name)?;
    if known.as_ref().is_some_and(|k| k.version >= record.version && k.value.is_some()) {
        return Ok(false);
    }
    let key = db::vault::key(&cx.db, live.id, record.generation)?;
    let will_never_open = key.is_some();
    let value = key.and_then(|key| format::open_record(live.id, &VaultKey::new(*key), record).ok());
    // What opens is worth more than something newer that never will.
    if value.is_none() && will_never_open && known.is_some_and(|k| k.value.is_some()) {
        return Ok(false);
    }
    let row = VaultRow {
        version: record.version,
        generation: record.generation,
        value: value.as_ref().map(|v| v.to_vec()),
    };
    db::vault::save(&cx.db, live.id, &record.name, &row)?;
    if let Some(value) = value {
        opened(cx, live, &record.name, &value)?;
    }
    Ok(true)
}

fn opened(cx: &Cx, live: &Rc<Live>, name: &str, value: &[u8]) -> Flow<()> {
    if name == META {
        return events::conversation_changed(cx, live);
    }
    if name == BARRED {
        return crate::community::removal_begun(cx, live);
    }
    crate::people::learn_profile_keys(cx, name, value)
}

/// After a commit: the key of a new generation is the epoch's own (docs/protocol.md §7.3).
pub(super) fn rotate(cx: &Cx, live: &Rc<Live>, commit: Seq) -> Flow<()> {
    let generation = live.group(cx)?.state().vault_generation;
    if generation == live.row().vault_generation {
        return Ok(());
    }
    let key = exported_key(cx, live, generation)?;
    db::vault::save_key(&cx.db, live.id, generation, key.as_bytes())?;
    live.update(cx, |row| row.vault_generation = generation)?;
    kept_key::keep(cx, live, commit)
}

fn exported_key(cx: &Cx, live: &Rc<Live>, generation: u64) -> Flow<VaultKey> {
    let provider = live.provider(cx);
    let context = key_context(live, generation);
    let secret = live
        .group(cx)?
        .export(&provider, labels::VAULT_KEY_EXPORT, &context, 32)
        .map_err(|_| Fault::Db(db::DbError::Damaged))?;
    Ok(VaultKey::try_from(secret.as_slice())?)
}

fn key_context(live: &Live, generation: u64) -> Vec<u8> {
    [live.id.as_bytes(), &generation.to_be_bytes()].concat()
}

/// The keys that a commit's bundle must carry: wraps for live links, and the past key when it rotates.
pub(crate) fn bundle_keys(
    cx: &Cx,
    live: &Rc<Live>,
    next: &PolicyState,
    new_tickets: &[Vec<u8>],
) -> Flow<(Vec<Wrap>, Option<PastKey>)> {
    let row = live.row();
    let current = db::vault::key(&cx.db, live.id, row.vault_generation)?.map(|k| VaultKey::new(*k));
    let rotates = next.vault_generation != row.vault_generation;
    if !rotates && new_tickets.is_empty() {
        return Ok((Vec::new(), None));
    }
    let current = current.ok_or(ErrorCode::WaitingForKey)?;
    let key = if rotates { pending_key(cx, live, next.vault_generation)? } else { current.clone() };
    #[cfg(feature = "hostile")]
    if let Some(wraps) = crate::hostile::junk_wraps(cx, new_tickets, next.vault_generation) {
        return Ok((wraps, None));
    }
    let mut wraps = Vec::new();
    for ticket in next.tickets.iter().filter(|t| rotates || new_tickets.contains(&t.id)) {
        let seal_key =
            asterism_mls::seal::SealPublic::new(&ticket.seal_key).map_err(|_| ErrorCode::InvalidCommit)?;
        let id = ticket.id.as_slice().try_into()?;
        let wrap = format::wrap_vault_key(&seal_key, live.id, id, next.vault_generation, &key);
        wraps.push(wrap.map_err(|_| ErrorCode::LimitExceeded)?);
    }
    let past =
        rotates.then(|| format::seal_past_key(live.id, &key, row.vault_generation, &current, cx.random()));
    Ok((wraps, past))
}

/// The ends of the links to which no key can be wrapped, for a commit that removes an account and so gives the vault a
/// new key. No new ones are let in (docs/protocol.md §4.3), but the group's state may have one from before that.
pub(super) fn ends_of_spoiled_links(state: &PolicyState, removed: AccountId) -> Vec<Change> {
    let spoiled = state.tickets.iter().filter(|ticket| !asterism_mls::seal::is_sealable(&ticket.seal_key));
    // Those of who is removed end by themselves.
    let to_end = spoiled.filter(|ticket| ticket.creator != removed.as_bytes());
    to_end.map(|ticket| What::RevokeTicket(RevokeTicket { ticket: ticket.id.clone() }).into()).collect()
}

fn pending_key(cx: &Cx, live: &Rc<Live>, generation: u64) -> Flow<VaultKey> {
    let provider = live.provider(cx);
    let context = key_context(live, generation);
    let secret = live
        .group(cx)?
        .pending_export(&provider, labels::VAULT_KEY_EXPORT, &context, 32)
        .map_err(|_| ErrorCode::Internal)?;
    Ok(VaultKey::try_from(secret.as_slice())?)
}

/// Seals one entry.
pub(crate) fn seal(
    cx: &Cx,
    live_id: asterism_wire::ConversationId,
    name: &str,
    version: u64,
    generation: u64,
    key: &VaultKey,
    value: &[u8],
) -> Flow<VaultRecord> {
    let me = cx.me()?;
    let device_key = cx.device_key()?;
    let writer = Writer { device_key: &device_key, credential: &me.credential };
    let slot = Slot { conversation: live_id, name, version, generation };
    format::seal_record(writer, slot, key, cx.random(), value).map_err(|_| ErrorCode::LimitExceeded.into())
}

/// Writes an entry; `value` is asked again when somebody else wrote in between.
pub(crate) async fn write(
    cx: &Cx,
    live: &Rc<Live>,
    name: &str,
    value: impl Fn(Option<&[u8]>) -> Vec<u8>,
) -> Flow<()> {
    for _ in 0..WRITE_RETRIES_MAX {
        sync::catch_up(cx, live).await?;
        let key = kept_key::need(cx, live).await?;
        let generation = live.row().vault_generation;
        let known = db::vault::load(&cx.db, live.id, name)?;
        let version = known.as_ref().map_or(0, |k| k.version) + 1;
        let plain = value(known.as_ref().and_then(|k| k.value.as_deref()));
        let record = seal(cx, live.id, name, version, generation, &key, &plain)?;
        let request = Request::WriteVault(frame::WriteVault {
            conversation: live.id.to_vec(),
            idempotency: IdempotencyKey(cx.random()).to_vec(),
            writes: vec![record],
        });
        match cx.call::<frame::VaultAccepted>(request).await {
            Ok(accepted) => {
                sync::reach(cx, live, Seq(accepted.seq)).await?;
                return Ok(());
            }
            Err(error) if matches!(error.code(), Some(ErrorCode::VaultConflict | ErrorCode::StaleEpoch)) => {
                read(cx, live).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::VaultConflict.into())
}

/// Reads the whole vault from the server.
pub(crate) async fn read(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let mut after = String::new();
    loop {
        let request =
            frame::GetVault { conversation: live.id.to_vec(), after_name: after.clone(), names: Vec::new() };
        let page: frame::VaultPage = cx.call(Request::GetVault(request)).await?;
        learn_past_keys(cx, live, &page.past_keys)?;
        for record in &page.records {
            if format::check_record(live.id, record).is_ok() && owner_wrote(record) {
                store(cx, live, record)?;
            }
        }
        match page.records.last() {
            Some(last) if page.more && last.name > after => after.clone_from(&last.name),
            _ => break,
        }
    }
    live.vault_read.set(true);
    look_for_beginning(cx, live).await?;
    if db::vault::has_unopened(&cx.db, live.id)? && live.is_member() {
        ask_for_keys(cx, live)?;
    }
    Ok(())
}

/// Had anybody written anything before this device came? It is not shown those entries, but can account for them: each
/// commit began an epoch, each write gave a vault entry its next version. What is neither may have been a message.
async fn look_for_beginning(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    if live.row().begins_with == live.row().joined_seq || !all_accounted_for(cx, live)? {
        return Ok(());
    }
    // The vault may be ahead of what was read of the log.
    sync::subscribe(cx, live).await?;
    sync::catch_up(cx, live).await?;
    if all_accounted_for(cx, live)? {
        live.update(cx, |row| row.begins_with = row.joined_seq)?;
        events::conversation_changed(cx, live)?;
    }
    Ok(())
}

fn all_accounted_for(cx: &Cx, live: &Live) -> Flow<bool> {
    let row = live.row();
    let messages = db::message::count_after(&cx.db, live.id, row.joined_seq)?;
    Ok(row.cursor.0 <= row.epoch.number + db::vault::writes(&cx.db, live.id)? + messages)
}

/// Of an entry that this device did not see being written it can check no more than this.
fn owner_wrote(record: &VaultRecord) -> bool {
    let Some(owner) = record.name.strip_prefix(PROFILE_PREFIX) else { return true };
    asterism_mls::credential::check_credential(&record.writer, &record.writer_key)
        .is_ok_and(|leaf| leaf.account.to_string() == owner)
}

fn learn_past_keys(cx: &Cx, live: &Live, past: &[PastKey]) -> Flow<()> {
    let keys = db::vault::keys(&cx.db, live.id)?;
    if let Some((newest, key)) = keys.last_key_value() {
        for (generation, key) in format::open_past_keys(live.id, &VaultKey::new(**key), *newest, past) {
            db::vault::save_key(&cx.db, live.id, generation, key.as_bytes())?;
        }
    }
    Ok(())
}

/// Writes one's own profile key into the vault, unless it is there.
pub(crate) async fn share_profile(cx: Cx, live: Rc<Live>) -> Flow<()> {
    let me = cx.me()?;
    let name = profile_name(me.account);
    let value = format::profile_key_to_value(&ProfileKey::new(*me.profile_key)).to_vec();
    let known = db::vault::load(&cx.db, live.id, &name)?;
    if known.is_some_and(|k| k.value.as_deref() == Some(value.as_slice())) || !live.is_member() {
        return Ok(());
    }
    if db::vault::key(&cx.db, live.id, live.row().vault_generation)?.is_none() {
        return Ok(());
    }
    write(&cx, &live, &name, |_| value.clone()).await
}

/// Asks the other members for the vault key.
pub(crate) fn ask_for_keys(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let has_key = db::vault::key(&cx.db, live.id, live.row().vault_generation)?.is_some();
    let asked_at = live.keys_asked_at.get();
    if has_key || asked_at.is_some_and(|at| cx.now() < at.plus_ms(ASK_PAUSE_MS)) {
        return Ok(());
    }
    live.keys_asked_at.set(Some(cx.now()));
    send::send_control(cx, live, &Control::VaultKeysWanted)
}

/// A control message of another device.
pub(super) fn handle_control(cx: &Cx, live: &Rc<Live>, opened: &Opened, control: &Control) -> Flow<()> {
    match control {
        Control::VaultKeysWanted => answer_keys_wanted(cx, live, opened),
        Control::VaultKeys { keys } => {
            live.keys_answered.set(live.cursor().next());
            let wanted = live.row().vault_generation;
            let missing = db::vault::key(&cx.db, live.id, wanted)?.is_none();
            let offered =
                keys.iter().find(|(generation, _)| *generation == wanted).map(|(_, key)| key.clone());
            if let Some(key) = offered.filter(|_| missing) {
                let (flow, target, sender) = (Rc::clone(cx), Rc::clone(live), opened.sender.account);
                cx.spawn_quiet(
                    "vault after keys",
                    async move { learn(flow, target, sender, wanted, key).await },
                );
            }
            Ok(())
        }
        Control::Unknown => Ok(()),
    }
}

/// Takes the vault's newest key from a member, once it has been seen to open what others have sealed: a wrong one
/// would make this device refuse lawful entries by link.
async fn learn(cx: Cx, live: Rc<Live>, sender: AccountId, generation: u64, key: VaultKey) -> Flow<()> {
    let request =
        frame::GetVault { conversation: live.id.to_vec(), after_name: String::new(), names: Vec::new() };
    let page: frame::VaultPage = cx.call(Request::GetVault(request)).await?;
    let proven = is_proven(live.id, sender, generation, &key, &page);
    if !proven || live.row().vault_generation != generation {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    db::vault::save_key(&cx.db, live.id, generation, key.as_bytes())?;
    kept_key::keep(&cx, &live, live.cursor())?;
    read(&cx, &live).await?;
    share_profile(cx, live).await
}

/// Does a key that this account gives open what others have sealed, or, where there is no such thing, anything?
pub(super) fn is_proven(
    id: ConversationId,
    giver: AccountId,
    generation: u64,
    key: &VaultKey,
    page: &frame::VaultPage,
) -> bool {
    let opens = |record: &&VaultRecord| {
        record.generation == generation && format::open_record(id, key, record).is_ok()
    };
    let by_others =
        |record: &&VaultRecord| format::check_record(id, record).is_ok_and(|writer| writer.account != giver);
    let sealed_now: Vec<_> = page.records.iter().filter(|r| r.generation == generation).collect();
    if sealed_now.iter().any(&by_others) {
        return page.records.iter().filter(by_others).any(|record| opens(&record));
    }
    let past = format::open_past_keys(id, key, generation, &page.past_keys);
    generation.checked_sub(1).is_some_and(|last| past.contains_key(&last))
        || page.records.iter().any(|record| opens(&record))
}

/// One member answers: the delay grows with the distance in the tree, and who sees an answer first keeps quiet. The
/// asker's other devices are not waited for: who recovers has often lost them.
fn answer_keys_wanted(cx: &Cx, live: &Rc<Live>, asked: &Opened) -> Flow<()> {
    let generation = live.row().vault_generation;
    if db::vault::key(&cx.db, live.id, generation)?.is_none() {
        return Ok(());
    }
    let own = live.group(cx)?.own_leaf();
    if own == asked.sender_index {
        return Ok(());
    }
    let comes_before = |m: &&MemberLeaf| m.index < own && m.leaf.account != asked.sender.account;
    let rank = live.group(cx)?.leaves().iter().filter(comes_before).count() as u64;
    let wanted_at = live.row().cursor;
    if rank == 0 {
        return give_keys(cx, live);
    }
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.key_answers_due.set(cx.key_answers_due.get() + 1);
    cx.spawn_quiet("vault keys for another", async move {
        flow.sleep_ms(rank.min(120) * 500).await;
        flow.key_answers_due.set(flow.key_answers_due.get().saturating_sub(1));
        if live.keys_answered.get() > wanted_at { Ok(()) } else { give_keys(&flow, &live) }
    });
    Ok(())
}

fn give_keys(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let generation = live.row().vault_generation;
    if let Some(key) = db::vault::key(&cx.db, live.id, generation)? {
        live.keys_answered.set(live.cursor().next());
        let keys = vec![(generation, VaultKey::new(*key))];
        send::send_control(cx, live, &Control::VaultKeys { keys })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_mls::link::LinkKeys;
    use asterism_policy::Ticket;

    fn ticket(seed: u8, seal_key: Vec<u8>, creator: AccountId) -> Ticket {
        Ticket { id: vec![seed; 16], seal_key, creator: creator.to_vec(), ..Ticket::default() }
    }

    #[test]
    fn a_removal_ends_the_links_to_which_nothing_can_be_wrapped() {
        let (admin, removed) = (AccountId([1; 32]), AccountId([2; 32]));
        let mut state = PolicyState::group(ConversationId([3; 16]), admin);
        let good = LinkKeys::derive(&[1; 32]).seal_public.as_bytes().to_vec();
        let junk = vec![0xff; 1_216];
        state.tickets =
            vec![ticket(1, good, admin), ticket(2, junk.clone(), admin), ticket(3, junk, removed)];
        let ends: Vec<_> = ends_of_spoiled_links(&state, removed).into_iter().map(|c| c.what).collect();
        assert_eq!(ends, [Some(What::RevokeTicket(RevokeTicket { ticket: vec![2; 16] }))]);
    }
}
