//! Requests of hosts that concern communities.

use super::{admin, announce, directory, find, find_current, found, groups, view};
use crate::{
    api::{Answer, JoinMode, Request},
    conversation::create,
    cx::Cx,
    fault::Flow,
    formats::vault::Meta,
};
use asterism_mls::suite::Suite;
use asterism_wire::{ErrorCode, vault::META};

/// Answers a request about communities.
pub(crate) async fn answer(cx: &Cx, request: Request) -> Flow<Answer> {
    match request {
        Request::CommunityCreate { name, description, general } => {
            found::create(cx, &name, description, general).await
        }
        Request::CommunityList => view::list(cx),
        Request::CommunityShow { target } => {
            Ok(Answer::CommunityInfo(view::community(cx, &*find(cx, &target)?)?))
        }
        Request::CommunitySet { target, name, description } => set(cx, &target, name, description).await,
        Request::CommunityMembers { target } => view::members(cx, &*find_current(cx, &target).await?),
        Request::CommunityLog { target } => view::changes(cx, &*find_current(cx, &target).await?),
        Request::CommunityPromote { target, handle, role, until } => {
            let community = find_current(cx, &target).await?;
            admin::roles::promote(cx, &community, &handle, role, until).await
        }
        Request::CommunityRemove { target, handle } => {
            let community = find_current(cx, &target).await?;
            admin::remove::remove(cx, &community, &handle).await
        }
        Request::CommunityGroups { target } => {
            groups::directory_of(cx, &find_current(cx, &target).await?).await
        }
        Request::GroupJoin { target } => groups::join(cx, &target).await,
        Request::Announce { community, text, to, idempotency } => {
            let community = find_current(cx, &community).await?;
            announce::announce(cx, &community, text, &to, idempotency).await
        }
        Request::AnnouncementList { community } => announce::list(cx, &*find(cx, &community)?),
        _ => Err(ErrorCode::Usage.into()),
    }
}

/// `asterism group create --community`.
pub(crate) async fn create_group(
    cx: &Cx,
    community: &str,
    name: &str,
    description: Option<String>,
    quantum_safe: bool,
    join: Option<JoinMode>,
) -> Flow<Answer> {
    let community = find_current(cx, community).await?;
    let meta = create::check_meta(name, description.as_deref().unwrap_or_default())?;
    let suite = if quantum_safe { Suite::Hybrid } else { Suite::Classic };
    let join = join.unwrap_or(JoinMode::Open);
    let group = groups::create(cx, &community, meta, join, suite).await?;
    view::changed(cx, &community)?;
    Ok(Answer::Group { group: group.to_string() })
}

async fn set(cx: &Cx, target: &str, name: Option<String>, description: Option<String>) -> Flow<Answer> {
    let community = find_current(cx, target).await?;
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let present = directory::meta(cx, &community)?;
    create::check_meta(
        name.as_deref().unwrap_or(&present.name),
        description.as_deref().unwrap_or(&present.description),
    )?;
    directory::write(cx, &community, META, |known| {
        let meta = known.and_then(|value| Meta::from_value(value).ok()).unwrap_or_default();
        Some(meta.renamed(name.as_deref(), description.as_deref()).to_value())
    })
    .await?;
    view::changed(cx, &community)?;
    Ok(Answer::Done {})
}
