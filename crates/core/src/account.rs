//! Registration, recovery, key packages and the profile (docs/protocol.md §3, §7.4).

use crate::{
    api::{Answer, ApiError, Event},
    cx::{Cx, Namespace},
    db::{DbError, account::AccountRow},
    fault::{Fault, Flow},
    formats::{
        profile,
        recovery::{self, RecoveryKey},
    },
    net::Lost,
    session, sync,
};
use asterism_mls::{credential, key_package, keys::SigningKey, suite::Suite};
use asterism_wire::{
    DeviceId, ErrorCode,
    account::DeviceEntry,
    frame::{self, PublishedKeyPackage, Request},
    handle::Handle,
    limits, signing,
};
use prost::Message as _;
use std::rc::Rc;
use zeroize::Zeroizing;

/// One-time key packages made in one go: a little above [`limits::KEY_PACKAGES_LOW`], below the server's limit.
const KEY_PACKAGES_TARGET: u32 = 64;

/// Raised when a handle that this device knows leads to another account now.
const OTHER_ACCOUNT: &str = "other_account";

/// Checks a display name.
pub(crate) fn check_name(name: &str) -> Flow<String> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > limits::NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(ErrorCode::InvalidName.into());
    }
    Ok(name.to_owned())
}

fn check_server(server: &str) -> Flow<String> {
    let server = server.trim().trim_end_matches('/');
    let host = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '#', '?', ' ']) => Ok(server.to_owned()),
        _ => Err(ApiError::new(ErrorCode::Usage, "a server is http(s)://HOST[:PORT]").into()),
    }
}

/// A new device's keys and credential.
struct NewDevice {
    key: SigningKey,
    id: DeviceId,
    credential: Vec<u8>,
}

impl NewDevice {
    fn make(cx: &Cx, account_key: &SigningKey, number: u32) -> Self {
        let key = SigningKey::from_seed(cx.random());
        let credential =
            credential::make_credential(account_key, 0, number, cx.now().0, &key.public()).encode_to_vec();
        Self { id: signing::device_id(&key.public()), key, credential }
    }
}

/// `asterism register`.
pub(crate) async fn register(
    cx: &Cx,
    server: &str,
    handle: &str,
    name: &str,
    invite_code: Option<String>,
) -> Flow<Answer> {
    let handle = Handle::parse(handle).map_err(|_| ApiError::of(ErrorCode::InvalidHandle))?;
    let name = check_name(name)?;
    let server = check_server(server)?;
    let _turn = cx.account_lock.lock().await;
    if let Ok(me) = cx.me() {
        // The answer to an earlier try may never have reached the person, and the recovery key is in it.
        let same = me.handle == handle.as_str() && me.server == server;
        return if same { registered(&me) } else { Err(ErrorCode::AccountExists.into()) };
    }
    // An earlier attempt whose answer was lost is repeated with its keys: the server says yes again.
    let earlier = cx.account_row().filter(|row| row.handle == handle.as_str() && row.server == server);
    let row = match earlier {
        Some(row) => AccountRow { name, ..row },
        None => new_account(cx, &server, &handle, name),
    };
    cx.set_me(Some(row.clone()))?;
    cx.want_connection(&server);
    let result = ask_registration(cx, &row, invite_code).await;
    if matches!(result, Err(Fault::Api(_))) && is_here(cx, &row) {
        cx.set_me(None)?;
        cx.drop_connection();
    }
    result?;
    registered(&row)
}

/// Is this still the device that is being made here?
fn is_here(cx: &Cx, row: &AccountRow) -> bool {
    cx.account_row().is_some_and(|me| (me.account, me.device) == (row.account, row.device))
}

/// The server has accepted the device of this row.
fn accepted(cx: &Cx, row: &AccountRow) -> Flow<()> {
    if !is_here(cx, row) {
        return Err(ErrorCode::Internal.into());
    }
    cx.update_me(|me| me.registered = true)?;
    cx.keys_written.set(true);
    crate::db::people::set_handle(&cx.db, row.account, &row.handle)?;
    Ok(())
}

fn registered(row: &AccountRow) -> Flow<Answer> {
    let recovery_key = row.recovery_key.as_ref().ok_or(ErrorCode::AccountExists)?;
    Ok(Answer::Registered {
        account: row.account.to_string(),
        device: row.device.to_string(),
        handle: row.handle.clone(),
        recovery_key: RecoveryKey::new(**recovery_key).to_text(),
    })
}

/// As at registration, until the person has seen the recovery key.
pub(crate) fn unseen_recovery_key(cx: &Cx) -> Flow<Answer> {
    let me = cx.me()?;
    if me.recovery_key.is_some() { registered(&me) } else { Ok(Answer::Done {}) }
}

/// The person has seen the recovery key: it is nowhere on this device from now on.
pub(crate) fn forget_recovery_key(cx: &Cx) -> Flow<Answer> {
    cx.update_me(|me| me.recovery_key = None)?;
    Ok(Answer::Done {})
}

fn new_account(cx: &Cx, server: &str, handle: &Handle, name: String) -> AccountRow {
    let account_key = SigningKey::from_seed(cx.random());
    let device = NewDevice::make(cx, &account_key, 1);
    AccountRow {
        account: signing::account_id(&account_key.public()),
        device: device.id,
        handle: handle.to_string(),
        name,
        server: server.to_owned(),
        public_url: server.to_owned(),
        account_seed: account_key.to_seed(),
        device_seed: device.key.to_seed(),
        profile_key: Zeroizing::new(cx.random()),
        recovery_key: Some(Zeroizing::new(cx.random())),
        device_number: 1,
        credential: device.credential,
        inbox_cursor: 0,
        profile_sent: false,
        registered: false,
    }
}

fn device_entry(row: &AccountRow, key: &SigningKey) -> DeviceEntry {
    DeviceEntry { device_key: key.public().to_vec(), credential: row.credential.clone(), last_seen_ms: 0 }
}

async fn ask_registration(cx: &Cx, row: &AccountRow, invite_code: Option<String>) -> Flow<()> {
    let account_key = SigningKey::from_seed(*row.account_seed);
    let device_key = SigningKey::from_seed(*row.device_seed);
    let recovery_key = RecoveryKey::new(**row.recovery_key.as_ref().ok_or(ErrorCode::Internal)?);
    let blob = recovery::Blob {
        account_seed: row.account_seed.clone(),
        profile_key: row.profile_key.clone(),
        devices: row.device_number,
    };
    let blob = recovery::seal_blob(&recovery_key, row.account, cx.random(), &blob);
    loop {
        let greeting = cx.greeted().await?;
        let nonce = &greeting.nonce;
        let device_public = device_key.public();
        let request = frame::Register {
            handle: row.handle.clone(),
            device: Some(device_entry(row, &device_key)),
            account_signature: account_key
                .sign(&signing::registration(nonce, &row.handle, row.account, &device_public))
                .to_vec(),
            device_signature: device_key
                .sign(&signing::authentication(nonce, row.account, row.device))
                .to_vec(),
            recovery_blob: blob.clone(),
            recovery_token_hash: signing::sha256(recovery_key.token().as_slice()).to_vec(),
            invite_code: invite_code.clone().unwrap_or_default(),
        };
        match cx.call_once::<frame::Authenticated>(Request::Register(request)).await {
            Err(Lost) => {}
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(authenticated)) => {
                accepted(cx, row)?;
                crate::db::people::set_name(&cx.db, row.account, &row.name)?;
                session::online(cx, &greeting)?;
                // Whoever hears that this worked may add this device at once.
                return publish_first(cx, authenticated).await;
            }
        }
    }
}

/// `asterism recover`.
pub(crate) async fn recover(cx: &Cx, server: &str, handle: &str, recovery_key: &str) -> Flow<Answer> {
    let turn = cx.account_lock.lock().await;
    if cx.me().is_ok() {
        return Err(ErrorCode::AccountExists.into());
    }
    let handle = Handle::parse(handle).map_err(|_| ApiError::of(ErrorCode::InvalidHandle))?;
    let key = RecoveryKey::parse(recovery_key).map_err(|_| ApiError::of(ErrorCode::InvalidRecoveryKey))?;
    let server = check_server(server)?;
    cx.set_me(None)?;
    cx.want_connection(&server);
    let result = recover_device(cx, &server, &handle, &key).await;
    if let Err(Fault::Api(_)) = &result {
        cx.set_me(None)?;
        cx.drop_connection();
    }
    let row = result?;
    drop(turn);
    sync::round(cx).await?;
    Ok(Answer::Recovered { account: row.account.to_string(), device: row.device.to_string() })
}

async fn recover_device(cx: &Cx, server: &str, handle: &Handle, key: &RecoveryKey) -> Flow<AccountRow> {
    let recovered = loop {
        cx.greeted().await?;
        let request = frame::GetRecovery { handle: handle.to_string(), token: key.token().to_vec() };
        match cx.call_once::<frame::Recovery>(Request::GetRecovery(request)).await {
            Err(Lost) => {}
            Ok(result) => break result?,
        }
    };
    let account = recovered.account.as_slice().try_into()?;
    let blob = recovery::open_blob(key, account, &recovered.blob)
        .map_err(|_| ApiError::of(ErrorCode::RecoveryRefused))?;
    let account_key = SigningKey::from_seed(*blob.account_seed);
    if signing::account_id(&account_key.public()) != account {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    let number = recovered.last_device_number.max(blob.devices) + 1;
    let device = NewDevice::make(cx, &account_key, number);
    let row = AccountRow {
        account,
        device: device.id,
        handle: handle.to_string(),
        name: handle.to_string(),
        server: server.to_owned(),
        public_url: server.to_owned(),
        account_seed: account_key.to_seed(),
        device_seed: device.key.to_seed(),
        profile_key: blob.profile_key.clone(),
        recovery_key: None,
        device_number: number,
        credential: device.credential,
        inbox_cursor: 0,
        profile_sent: true,
        registered: false,
    };
    cx.set_me(Some(row.clone()))?;
    // Whatever interrupts this: the rounds go on until the device is in every conversation again.
    crate::db::set_counter(&cx.db, crate::sync::REJOIN, 1)?;
    add_device(cx, &row).await?;
    Ok(row)
}

async fn add_device(cx: &Cx, row: &AccountRow) -> Flow<()> {
    let account_key = SigningKey::from_seed(*row.account_seed);
    let device_key = SigningKey::from_seed(*row.device_seed);
    loop {
        let greeting = cx.greeted().await?;
        let nonce = &greeting.nonce;
        let request = frame::AddDevice {
            device: Some(device_entry(row, &device_key)),
            account_signature: account_key
                .sign(&signing::device_addition(nonce, row.account, &device_key.public()))
                .to_vec(),
            device_signature: device_key
                .sign(&signing::authentication(nonce, row.account, row.device))
                .to_vec(),
        };
        match cx.call_once::<frame::Authenticated>(Request::AddDevice(request)).await {
            Err(Lost) => {}
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(authenticated)) => {
                accepted(cx, row)?;
                crate::db::people::set_profile_key(&cx.db, row.account, &row.profile_key)?;
                session::online(cx, &greeting)?;
                // Whoever hears that this worked may add this device at once.
                return publish_first(cx, authenticated).await;
            }
        }
    }
}

/// The account is there whatever happens to its key packages: the next connection publishes what is missing.
async fn publish_first(cx: &Cx, left: frame::Authenticated) -> Flow<()> {
    match replenish(Rc::clone(cx), left).await {
        Err(Fault::Db(error)) => Err(error.into()),
        Ok(()) | Err(Fault::Api(_)) => Ok(()),
    }
}

/// Publishes key packages when few are left, for both suites (docs/protocol.md §3.7).
pub(crate) async fn replenish(cx: Cx, left: frame::Authenticated) -> Flow<()> {
    for (suite, left) in
        [(Suite::Classic, left.key_packages_classic), (Suite::Hybrid, left.key_packages_hybrid)]
    {
        if (left as usize) < limits::KEY_PACKAGES_LOW {
            publish_key_packages(&cx, suite, KEY_PACKAGES_TARGET.saturating_sub(left)).await?;
        }
    }
    Ok(())
}

async fn publish_key_packages(cx: &Cx, suite: Suite, count: u32) -> Flow<()> {
    let me = cx.me()?;
    let key = SigningKey::from_seed(*me.device_seed);
    let provider = cx.provider(&Namespace::none());
    let make = |last_resort| -> Flow<PublishedKeyPackage> {
        let key_package = key_package::new_key_package(&provider, &key, &me.credential, suite, last_resort)
            .map_err(|_| Fault::Db(DbError::Damaged))?;
        Ok(PublishedKeyPackage { key_package, created_at_ms: cx.now().0 })
    };
    let request = frame::PutKeyPackages {
        hybrid: suite.is_hybrid(),
        one_time: (0..count).map(|_| make(false)).collect::<Flow<_>>()?,
        last_resort: Some(make(true)?),
    };
    cx.call::<frame::KeyPackageCounts>(Request::PutKeyPackages(request)).await?;
    Ok(())
}

/// Sends the profile when the server does not have the present one.
pub(crate) async fn publish_profile(cx: Cx) -> Flow<()> {
    let me = cx.me()?;
    if me.profile_sent {
        return Ok(());
    }
    let sealed = profile::seal(&me.profile_key, me.account, cx.random(), &me.name);
    cx.call::<frame::Done>(Request::PutProfile(frame::PutProfile { sealed })).await?;
    let name = me.name.clone();
    cx.update_me(|row| row.profile_sent = row.name == name)?;
    Ok(())
}

/// `asterism profile set name=…`.
pub(crate) async fn set_profile(cx: &Cx, name: &str) -> Flow<Answer> {
    let name = check_name(name)?;
    let before = cx.me()?;
    rename(cx, &name, false)?;
    let result = publish_profile(Rc::clone(cx)).await;
    // Nobody was told of a name that was not taken, and it is not told later.
    if matches!(result, Err(Fault::Api(_))) && cx.me()?.name == name {
        rename(cx, &before.name, before.profile_sent)?;
    }
    result?;
    Ok(Answer::Done {})
}

fn rename(cx: &Cx, name: &str, sent: bool) -> Flow<()> {
    let me = cx.me()?;
    cx.update_me(|row| (row.name, row.profile_sent) = (name.to_owned(), sent))?;
    Ok(crate::db::people::set_name(&cx.db, me.account, name)?)
}

/// Somebody's directory entry, each device's credential checked.
pub(crate) async fn look_up(cx: &Cx, handle: &Handle) -> Flow<asterism_wire::AccountId> {
    let request = Request::LookupHandle(frame::LookupHandle { handle: handle.to_string() });
    let entry: asterism_wire::account::AccountEntry = cx.call(request).await.map_err(Fault::from)?;
    let account = entry.account.as_slice().try_into()?;
    let all_certified = entry.devices.iter().all(|device| {
        credential::check_credential(&device.credential, &device.device_key)
            .is_ok_and(|leaf| leaf.account == account)
    });
    if entry.handle != handle.as_str() || !all_certified || entry.devices.is_empty() {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    if crate::db::people::by_handle(&cx.db, handle.as_str())?.is_some_and(|known| known != account) {
        cx.event(Event::Alarm { code: OTHER_ACCOUNT.into(), conversation: None });
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    crate::db::people::set_handle(&cx.db, account, handle.as_str())?;
    Ok(account)
}
