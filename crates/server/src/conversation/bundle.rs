//! What must come with a commit: one welcome for each device that it adds, and the vault's keys
//! (docs/protocol.md §4.3, §7.3).

use crate::{directory::Directory, failure};
use asterism_mls::tracker::Judged;
use asterism_policy::PolicyState;
use asterism_wire::{
    ErrorCode,
    frame::{Failure, SubmitCommit},
    ids::DeviceId,
};
use std::collections::BTreeSet;

/// A sealed vault key for a link: an X-Wing encapsulation, a key, a tag. Higher serves nobody.
pub(crate) const WRAP_BYTES_MAX: usize = 2 * 1024;
/// A sealed past vault key: nonce, key, tag. Higher serves nobody.
pub(crate) const PAST_KEY_BYTES_MAX: usize = 128;

/// Checks the welcomes; gives their devices in order.
pub(super) async fn check_welcomes(
    directory: &Directory,
    judged: &Judged,
    request: &SubmitCommit,
) -> Result<Vec<DeviceId>, Failure> {
    let adds = &judged.facts.adds;
    let devices: Vec<DeviceId> = adds.iter().map(|leaf| leaf.device).collect();
    let owners = directory.accounts_of(&devices).await.map_err(failure::of_store)?;
    let known = adds.iter().zip(owners).filter(|(leaf, owner)| *owner == Some(leaf.account));
    let mut wanted: BTreeSet<DeviceId> = known.map(|(leaf, _)| leaf.device).collect();
    let mut welcomed = Vec::with_capacity(request.welcomes.len());
    for welcome in &request.welcomes {
        let device = DeviceId::try_from(welcome.device.as_slice()).map_err(failure::of_decode)?;
        if !wanted.remove(&device) {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        welcomed.push(device);
    }
    let info_fits = request.welcome_info.is_empty() == welcomed.is_empty();
    if wanted.is_empty() && info_fits { Ok(welcomed) } else { Err(Failure::of(ErrorCode::IncompleteBundle)) }
}

/// Checks that the wraps and the past key are there, and nothing else.
pub(super) fn check_keys(
    state: &PolicyState,
    judged: &Judged,
    request: &SubmitCommit,
) -> Result<(), Failure> {
    let next = &judged.next_state;
    let rotates = next.vault_generation != state.vault_generation;
    let past_key_fits = match &request.past_key {
        Some(key) if rotates => key.generation == state.vault_generation && !key.sealed.is_empty(),
        Some(_) => return Err(Failure::of(ErrorCode::Malformed)),
        None => !rotates,
    };
    let is_new = |id: &[u8]| state.tickets.iter().all(|ticket| ticket.id != id);
    let live = next.tickets.iter().map(|ticket| ticket.id.as_slice());
    let mut wanted: BTreeSet<&[u8]> = live.filter(|id| rotates || is_new(id)).collect();
    for wrap in &request.wraps {
        if !wanted.remove(wrap.ticket.as_slice()) {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        if wrap.generation != next.vault_generation || wrap.sealed.is_empty() {
            return Err(Failure::of(ErrorCode::IncompleteBundle));
        }
    }
    let complete = past_key_fits && wanted.is_empty();
    if complete { Ok(()) } else { Err(Failure::of(ErrorCode::IncompleteBundle)) }
}
