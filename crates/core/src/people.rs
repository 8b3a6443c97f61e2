//! Handles and names of the people one shares conversations with, looked up in batches.

use crate::{
    cx::Cx,
    db,
    fault::Flow,
    formats::{
        ProfileKey, profile,
        roster::{self, Subscribed},
        vault,
    },
};
use asterism_wire::{
    AccountId, Timestamp,
    frame::{self, Request},
    handle::Handle,
    limits,
    vault::PROFILE_PREFIX,
};
use std::rc::Rc;

/// Counter with the time of the last look at all profiles.
const PROFILES_AT: &str = "profiles_at";
/// Changed names are looked for this often. Longer: people see an old name for longer; shorter: more requests.
const PROFILES_PAUSE_MS: u64 = 60_000;

/// An entry of a vault may tell profile keys: somebody's own, or those of a list of subscribers.
pub(crate) fn learn_profile_keys(cx: &Cx, entry: &str, value: &[u8]) -> Flow<()> {
    if roster::bucket_of(entry).is_some() {
        return learn_list(cx, &roster::page_from_value(value).unwrap_or_default());
    }
    let account = entry.strip_prefix(PROFILE_PREFIX).and_then(|text| text.parse::<AccountId>().ok());
    if let (Some(account), Ok(key)) = (account, vault::profile_key_from_value(value)) {
        db::people::set_profile_key(&cx.db, account, key.as_bytes())?;
        refresh_soon(cx);
    }
    Ok(())
}

fn learn_list(cx: &Cx, list: &[Subscribed]) -> Flow<()> {
    for line in list {
        // A list is written often, and most of it stays as it is.
        let key = line.profile_key.as_bytes();
        if db::people::profile_key(&cx.db, line.account)?.as_ref() != Some(key) {
            db::people::set_profile_key(&cx.db, line.account, key)?;
            refresh_soon(cx);
        }
    }
    Ok(())
}

/// Looks up what is missing, some time soon.
pub(crate) fn refresh_soon(cx: &Cx) {
    if !cx.is_online() || cx.people_queued.replace(true) {
        return;
    }
    let flow = Rc::clone(cx);
    cx.spawn_quiet("people", async move {
        flow.sleep_ms(200).await;
        flow.people_queued.set(false);
        refresh(&flow).await
    });
}

/// Looks up what is missing.
pub(crate) async fn refresh(cx: &Cx) -> Flow<()> {
    let last = Timestamp(db::counter(&cx.db, PROFILES_AT)?);
    if cx.now() >= last.plus_ms(PROFILES_PAUSE_MS) {
        db::people::mark_all_stale(&cx.db)?;
        db::set_counter(&cx.db, PROFILES_AT, cx.now().0)?;
    }
    handles(cx).await?;
    profiles(cx).await
}

async fn handles(cx: &Cx) -> Flow<()> {
    let mut tried = Vec::new();
    loop {
        let mut unknown = db::people::without_handle(&cx.db, limits::LOOKUP_MAX + tried.len())?;
        unknown.retain(|account| !tried.contains(account));
        unknown.truncate(limits::LOOKUP_MAX);
        if unknown.is_empty() {
            return Ok(());
        }
        let accounts = unknown.iter().map(AccountId::to_vec).collect();
        let found: frame::Accounts =
            cx.call(Request::LookupAccounts(frame::LookupAccounts { accounts })).await?;
        for entry in found.accounts {
            let account = AccountId::try_from(entry.account.as_slice())?;
            let taken = db::people::by_handle(&cx.db, &entry.handle)?.is_some();
            let proper = Handle::parse(&entry.handle).is_ok_and(|handle| handle.as_str() == entry.handle);
            if unknown.contains(&account) && !taken && proper {
                db::people::set_handle(&cx.db, account, &entry.handle)?;
            }
        }
        tried.extend(unknown);
    }
}

/// A recovered device learns its person's name as others do; a device that has changed it knows better.
fn learn_own_name(cx: &Cx, account: AccountId, name: String) -> Flow<()> {
    let me = cx.me()?;
    if me.account == account && me.profile_sent && me.name != name {
        cx.update_me(|me| me.name = name)?;
    }
    Ok(())
}

async fn profiles(cx: &Cx) -> Flow<()> {
    loop {
        let stale = db::people::with_stale_profile(&cx.db, limits::LOOKUP_MAX)?;
        if stale.is_empty() {
            return Ok(());
        }
        let accounts = stale.iter().map(AccountId::to_vec).collect();
        let found: frame::Profiles = cx.call(Request::GetProfiles(frame::GetProfiles { accounts })).await?;
        for sealed in found.profiles {
            let account = AccountId::try_from(sealed.account.as_slice())?;
            let key = db::people::profile_key(&cx.db, account)?.map(ProfileKey::new);
            let opened = key.and_then(|key| profile::open(&key, account, &sealed.sealed).ok());
            if let Some(opened) = opened {
                db::people::set_name(&cx.db, account, &opened.name)?;
                learn_own_name(cx, account, opened.name)?;
            }
        }
        // What was not found or did not open is looked up again when a new key comes, or with the next start.
        for account in stale {
            db::people::set_fresh(&cx.db, account)?;
        }
    }
}
