//! The account's own vault: small entries by name that the account's devices share and a recovered one finds again
//! (docs/protocol.md §3.8).
//!
//! An entry is written down here first and sent some time soon, several at once; what was not sent is sent by the
//! next round. Names are this device's: the server knows an entry by its alias. Of what entries are for it knows no
//! more than how two versions of one become one.

use crate::{
    cx::Cx,
    db::{self, own::OwnRow},
    fault::Flow,
    formats::{
        begun::Works,
        own::{self as format, Entry, KeptKey, Slot, alias},
    },
};
use asterism_wire::{
    ErrorCode,
    frame::{self, OwnEntry, Request},
    limits,
};
use std::rc::Rc;
use zeroize::Zeroizing;

/// Entries `keys/CONVERSATION`: the newest vault key of a conversation.
pub(crate) const KEYS: &str = "keys/";

/// Entries `begun/COMMUNITY`: work of several steps that is not finished.
pub(crate) const BEGUN: &str = "begun/";

/// A change is sent within this time. Longer: more is lost with the device; shorter: when the key of a large group
/// changes, its members all write at once.
const PAUSE_MS: u64 = 4_000;
/// How often writes are merged with those of another device before they wait for the next round.
const CONFLICTS_MAX: u32 = 8;
/// How often, and how long each time, a request waits for its entries to be on the server.
const SETTLE_TRIES: u32 = 40;
const SETTLE_PAUSE_MS: u64 = 25;

/// Two devices have changed an entry: what it is from now on.
fn merged(name: &str, ours: Zeroizing<Vec<u8>>, theirs: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if name.starts_with(KEYS) {
        return match (KeptKey::from_value(&ours), KeptKey::from_value(&theirs)) {
            (Ok(our_key), Ok(their_key)) if their_key.is_as_good_as(&our_key) => theirs,
            _ => ours,
        };
    }
    if name.starts_with(BEGUN) {
        return match (Works::from_value(&ours), Works::from_value(&theirs)) {
            (Ok(our_works), Ok(their_works)) => {
                let both = Zeroizing::new(our_works.merged(their_works).to_value());
                if format::check_size(name, &both).is_ok() { both } else { theirs }
            }
            _ => ours,
        };
    }
    // Of everything else the last write counts.
    ours
}

/// Sets an entry.
///
/// # Errors
/// `limit_exceeded` for a name or value that is too long.
pub(crate) fn put(cx: &Cx, name: &str, value: Zeroizing<Vec<u8>>) -> Flow<()> {
    format::check_size(name, &value).map_err(|_| ErrorCode::LimitExceeded)?;
    let known = db::own::load(&cx.db, name)?;
    if known.as_ref().is_some_and(|known| known.value == value) {
        return Ok(());
    }
    let version = known.map_or(0, |known| known.version);
    db::own::save(&cx.db, &OwnRow { name: name.to_owned(), version, value, sent: false })?;
    send_soon(cx);
    Ok(())
}

/// An entry as this device knows it.
pub(crate) fn get(cx: &Cx, name: &str) -> Flow<Option<Zeroizing<Vec<u8>>>> {
    Ok(db::own::load(&cx.db, name)?.map(|row| row.value))
}

/// All entries that this device knows whose name begins like this, by name.
pub(crate) fn all(cx: &Cx, prefix: &str) -> Flow<Vec<(String, Zeroizing<Vec<u8>>)>> {
    Ok(db::own::all(&cx.db, prefix)?.into_iter().map(|row| (row.name, row.value)).collect())
}

/// Reads everything from the server: what a recovered device begins with.
pub(crate) async fn read_all(cx: &Cx) -> Flow<()> {
    let mut after_name = String::new();
    loop {
        let request = frame::GetOwn { after_name: after_name.clone(), names: Vec::new() };
        let page: frame::OwnPage = cx.call(Request::GetOwn(request)).await?;
        for entry in &page.entries {
            take(cx, entry)?;
        }
        match page.entries.last() {
            Some(last) if page.more && last.name > after_name => after_name.clone_from(&last.name),
            _ => return Ok(()),
        }
    }
}

/// Reads one entry from the server.
pub(crate) async fn read(cx: &Cx, name: &str) -> Flow<()> {
    let alias = alias(&cx.me()?.account_seed, name);
    let page = fetch(cx, vec![alias.clone()]).await?;
    page.entries.iter().filter(|entry| entry.name == alias).try_for_each(|entry| take(cx, entry))
}

async fn fetch(cx: &Cx, aliases: Vec<String>) -> Flow<frame::OwnPage> {
    let request = frame::GetOwn { after_name: String::new(), names: aliases };
    Ok(cx.call(Request::GetOwn(request)).await?)
}

/// What is in an entry from the server; nothing when it does not open.
fn opened(cx: &Cx, entry: &OwnEntry) -> Flow<Option<Entry>> {
    let me = cx.me()?;
    let slot = Slot { account: me.account, alias: &entry.name, version: entry.version };
    Ok(format::open(&me.account_seed, slot, &entry.sealed).ok())
}

/// An entry from the server. One that does not open, or is older than what this device has seen, is no news.
fn take(cx: &Cx, entry: &OwnEntry) -> Flow<()> {
    let Some(Entry { name, value }) = opened(cx, entry)? else { return Ok(()) };
    let known = db::own::load(&cx.db, &name)?;
    if known.as_ref().is_some_and(|known| known.version >= entry.version) {
        return Ok(());
    }
    rebase(cx, &name, known, entry.version, Some(value))
}

/// This version of the entry is on the server, with this value if it opens: what this device has not sent yet is to
/// follow it.
fn rebase(
    cx: &Cx,
    name: &str,
    known: Option<OwnRow>,
    version: u64,
    theirs: Option<Zeroizing<Vec<u8>>>,
) -> Flow<()> {
    let ours = known.filter(|known| !known.sent).map(|known| known.value);
    let (value, sent) = match (ours, theirs) {
        (None, None) => return Ok(()),
        (None, Some(theirs)) => (theirs, true),
        (Some(ours), None) => (ours, false),
        (Some(ours), Some(theirs)) => {
            let value = merged(name, ours, theirs.clone());
            let sent = value == theirs;
            (value, sent)
        }
    };
    db::own::save(&cx.db, &OwnRow { name: name.to_owned(), version, value, sent })?;
    Ok(())
}

/// Sends what the server does not have, some time soon.
pub(crate) fn send_soon(cx: &Cx) {
    if cx.own_queued.replace(true) {
        return;
    }
    let flow = Rc::clone(cx);
    cx.spawn_quiet("own vault", async move {
        flow.sleep_ms(flow.random_below(PAUSE_MS)).await;
        flow.own_queued.set(false);
        send(&flow).await
    });
}

/// Sends what the server does not have before a short-lived process ends; waits a moment for it, no longer.
pub(crate) async fn settle(cx: &Cx) -> Flow<()> {
    if !db::own::has_unsent(&cx.db)? {
        return Ok(());
    }
    let flow = Rc::clone(cx);
    cx.spawn_quiet("own vault now", async move { send(&flow).await });
    for _ in 0..SETTLE_TRIES {
        if !db::own::has_unsent(&cx.db)? {
            break;
        }
        cx.sleep_ms(SETTLE_PAUSE_MS).await;
    }
    Ok(())
}

/// Sends what the server does not have.
pub(crate) async fn send(cx: &Cx) -> Flow<()> {
    let _turn = cx.own_lock.lock().await;
    let mut conflicts = 0;
    loop {
        let rows = next_batch(cx)?;
        if rows.is_empty() {
            return Ok(());
        }
        let entries = sealed(cx, &rows)?;
        match cx.call::<frame::Done>(Request::PutOwn(frame::PutOwn { entries })).await {
            Ok(_) => rows.iter().try_for_each(|row| db::own::acknowledged(&cx.db, row))?,
            Err(error) if error.code() == Some(ErrorCode::VaultConflict) && conflicts < CONFLICTS_MAX => {
                conflicts += 1;
                follow(cx, &rows).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// New entries go apart from others: when there is no room for more, those that are there can still change.
fn next_batch(cx: &Cx) -> Flow<Vec<OwnRow>> {
    let mut rows = db::own::unsent(&cx.db, limits::OWN_WRITES_MAX)?;
    let first_is_new = rows.first().is_some_and(|row| row.version == 0);
    rows.retain(|row| (row.version == 0) == first_is_new);
    Ok(rows)
}

fn sealed(cx: &Cx, rows: &[OwnRow]) -> Flow<Vec<OwnEntry>> {
    let me = cx.me()?;
    let seal = |row: &OwnRow| {
        let alias = alias(&me.account_seed, &row.name);
        let slot = Slot { account: me.account, alias: &alias, version: row.version + 1 };
        let sealed = format::seal(&me.account_seed, slot, cx.random(), &row.name, &row.value);
        OwnEntry { version: slot.version, name: alias, sealed }
    };
    Ok(rows.iter().map(seal).collect())
}

/// The server has other versions than this device thought, also lower ones if it was restored from a backup.
async fn follow(cx: &Cx, rows: &[OwnRow]) -> Flow<()> {
    let me = cx.me()?;
    let aliases: Vec<String> = rows.iter().map(|row| alias(&me.account_seed, &row.name)).collect();
    let page = fetch(cx, aliases.clone()).await?;
    for (row, alias) in rows.iter().zip(&aliases) {
        let known = db::own::load(&cx.db, &row.name)?;
        let known_version = known.as_ref().map_or(0, |known| known.version);
        match (page.entries.iter().find(|entry| entry.name == *alias), known) {
            (Some(entry), known) if entry.version != known_version => {
                let theirs = opened(cx, entry)?.map(|entry| entry.value);
                rebase(cx, &row.name, known, entry.version, theirs)?;
            }
            (None, Some(known)) => db::own::save(&cx.db, &OwnRow { version: 0, sent: false, ..known })?,
            _ => {}
        }
    }
    Ok(())
}
