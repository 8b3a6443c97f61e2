//! What conversations ask of communities: whether a group may belong to one, and whether an id is taken
//! (docs/protocol.md §10.10). Read from the store: a community's task may be waiting for the conversation.

use super::{
    access,
    records::{self, CommunityRecord, keys},
};
use crate::failure;
use asterism_store::{AnyStore, Store as _, Version, Write};
use asterism_wire::{
    frame::Failure,
    ids::{AccountId, CommunityId, ConversationId, Timestamp},
};

/// May the account found a group of the community?
///
/// # Errors
/// When the store fails.
pub(crate) async fn admits(
    store: &AnyStore,
    community: CommunityId,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, Failure> {
    let found = store.get(&[keys::community(community)]).await.map_err(failure::of_store)?;
    let Some(found) = found.into_iter().next().flatten() else { return Ok(false) };
    let record: CommunityRecord = records::read(&found.value).map_err(failure::of_store)?;
    Ok(access::read_state(&record)?.is_admin(account, now))
}

/// Conditions under which a log may have an id that no community and no announcements have.
pub(crate) fn no_such_community(id: ConversationId) -> [Write; 2] {
    let absent = |key| Write { key, expect: Version::Absent, value: None };
    [absent(keys::community(id.into())), absent(keys::posts(id))]
}
