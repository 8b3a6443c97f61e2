//! What a link to a community leads to (docs/protocol.md §10.11). Asked also by who has no account yet.

use super::{
    Communities,
    access::check_usable,
    records::{keys, shared},
};
use crate::{conversation::link, failure};
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetLink, LinkInfo},
    ids::{ConversationId, TicketId},
};
use prost::Message as _;

impl Communities {
    /// What a link leads to; nothing when it leads to no community.
    ///
    /// # Errors
    /// `unknown_link` for one that was just revoked; `link_expired`; `link_used_up`; `malformed`; or when the store
    /// fails.
    pub async fn get_link(&self, request: &GetLink) -> Result<Option<LinkInfo>, Failure> {
        let id = TicketId::try_from(request.ticket.as_slice()).map_err(failure::of_decode)?;
        let (store, config) = (&self.shared().store, &self.shared().config);
        let found = store.get(&[shared::ticket(id)]).await.map_err(failure::of_store)?;
        let Some(found) = found.into_iter().next().flatten() else { return Ok(None) };
        let log = ConversationId::try_from(found.value.as_ref()).map_err(|_| super::damaged())?;
        let community = store.get(&[keys::community(log.into())]).await.map_err(failure::of_store)?;
        if community.iter().all(Option::is_none) {
            return Ok(None);
        }
        let view = self.view(log.into()).await?;
        let ticket = view.state.ticket(id).ok_or_else(|| Failure::of(ErrorCode::UnknownLink))?;
        check_usable(ticket, view.uses(id), false, view.stamp(self.shared().clock.now()))?;
        let opens = link::opens(store, config, log, id).await?;
        Ok(Some(LinkInfo {
            conversation: log.to_vec(),
            policy_ticket: ticket.encode_to_vec(),
            community: true,
            ..opens
        }))
    }
}
