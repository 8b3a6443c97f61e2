//! Adding, removing and promoting people; the group's name.

use super::{Live, commit, commit::Intent, vault};
use crate::{
    account,
    api::{Answer, ApiError, Role},
    cx::Cx,
    db,
    fault::{Fault, Flow},
};
use asterism_mls::{key_package::KeyPackageInfo, suite::Suite};
use asterism_policy::may_write_vault;
use asterism_wire::{
    AccountId, ErrorCode, Timestamp,
    frame::{self, Request},
    handle::Handle,
    vault::META,
};
use std::rc::Rc;

/// One key package of each device of an account.
pub(crate) async fn claim(cx: &Cx, account: AccountId, hybrid: bool) -> Flow<Vec<(AccountId, Vec<u8>)>> {
    let request = Request::ClaimKeyPackages(frame::ClaimKeyPackages { account: account.to_vec(), hybrid });
    let claimed: frame::ClaimedKeyPackages = cx.call(request).await.map_err(Fault::from)?;
    let suite = if hybrid { Suite::Hybrid } else { Suite::Classic };
    let packages: Vec<_> = claimed
        .packages
        .into_iter()
        .filter_map(|p| p.package)
        .filter(|p| {
            KeyPackageInfo::read(&p.key_package, suite).is_ok_and(|info| info.leaf.account == account)
        })
        .map(|p| (account, p.key_package))
        .collect();
    if packages.is_empty() { Err(ErrorCode::NoKeyPackage.into()) } else { Ok(packages) }
}

/// `asterism group add`: all or nobody (up to 250 devices; larger sets go in batches).
pub(crate) async fn add(cx: &Cx, live: &Rc<Live>, handles: &[String]) -> Flow<Answer> {
    let mut accounts: Vec<(AccountId, Handle)> = Vec::new();
    for handle in handles {
        let handle = Handle::parse(handle).map_err(|_| ApiError::of(ErrorCode::InvalidHandle))?;
        let account = account::look_up(cx, &handle).await.map_err(|error| concerning(error, &handle))?;
        if live.group(cx)?.roster().leaves_of(account) > 0 {
            return Err(ApiError::of_handle(ErrorCode::AlreadyMember, handle.as_str()).into());
        }
        if accounts.iter().all(|(known, _)| *known != account) {
            accounts.push((account, handle));
        }
    }
    let hybrid = live.group(cx)?.suite().is_hybrid();
    let mut people = Vec::new();
    for (account, handle) in accounts {
        people.extend(claim(cx, account, hybrid).await.map_err(|error| concerning(error, &handle))?);
    }
    for batch in commit::batches(people) {
        commit::commit(cx, live, Intent::Add(batch)).await?;
    }
    Ok(Answer::Done {})
}

/// Says whom it concerns, where it is about a person and several were asked for.
fn concerning(fault: Fault, handle: &Handle) -> Fault {
    match fault {
        Fault::Api(ApiError {
            code: code @ (ErrorCode::UnknownHandle | ErrorCode::NoKeyPackage), ..
        }) => ApiError::of_handle(code, handle.as_str()).into(),
        fault => fault,
    }
}

/// The account of a member, by handle.
pub(crate) async fn member(cx: &Cx, live: &Rc<Live>, handle: &str) -> Flow<AccountId> {
    let handle = Handle::parse(handle).map_err(|_| ApiError::of(ErrorCode::InvalidHandle))?;
    let account = match db::people::by_handle(&cx.db, handle.as_str())? {
        Some(account) => account,
        None => account::look_up(cx, &handle).await?,
    };
    if live.group(cx)?.roster().leaves_of(account) == 0 {
        return Err(ApiError::new(ErrorCode::UnknownTarget, "this person is not a member").into());
    }
    Ok(account)
}

/// `asterism group remove`.
pub(crate) async fn remove(cx: &Cx, live: &Rc<Live>, handle: &str) -> Flow<Answer> {
    let account = member(cx, live, handle).await?;
    if account == cx.me()?.account {
        return Err(ApiError::new(ErrorCode::Forbidden, "you cannot remove yourself").into());
    }
    commit::commit(cx, live, Intent::Remove(account)).await?;
    Ok(Answer::Done {})
}

/// `asterism group promote`.
pub(crate) async fn promote(
    cx: &Cx,
    live: &Rc<Live>,
    handle: &str,
    role: Role,
    until: Option<Timestamp>,
) -> Flow<Answer> {
    if !matches!(role, Role::Admin | Role::Member) {
        return Err(ApiError::new(ErrorCode::Usage, "a group has admins and members").into());
    }
    let account = member(cx, live, handle).await?;
    commit::commit(cx, live, Intent::SetRole(account, role.into(), until)).await?;
    Ok(Answer::Done {})
}

/// `asterism group set`.
pub(crate) async fn set(
    cx: &Cx,
    live: &Rc<Live>,
    name: Option<String>,
    description: Option<String>,
) -> Flow<Answer> {
    let me = cx.me()?;
    if may_write_vault(live.group(cx)?.state(), me.account, META, cx.now()).is_err() {
        return Err(ErrorCode::Forbidden.into());
    }
    let present = vault::meta(cx, live)?;
    super::create::check_meta(
        name.as_deref().unwrap_or(&present.name),
        description.as_deref().unwrap_or(&present.description),
    )?;
    vault::write(cx, live, META, |known| {
        let meta = known.and_then(|v| crate::formats::vault::Meta::from_value(v).ok()).unwrap_or_default();
        meta.renamed(name.as_deref(), description.as_deref()).to_value()
    })
    .await?;
    Ok(Answer::Done {})
}

impl From<Role> for asterism_policy::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Moderator => Self::Moderator,
            Role::Member => Self::Member,
        }
    }
}

impl From<asterism_policy::Role> for Role {
    fn from(role: asterism_policy::Role) -> Self {
        match role {
            asterism_policy::Role::Owner => Self::Owner,
            asterism_policy::Role::Admin => Self::Admin,
            asterism_policy::Role::Moderator => Self::Moderator,
            asterism_policy::Role::Member | asterism_policy::Role::Unspecified => Self::Member,
        }
    }
}
