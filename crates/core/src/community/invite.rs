//! Links to a community: made, listed, revoked (docs/protocol.md §10.3, §10.4).

use super::{LiveCommunity, admin};
use crate::{
    api::{Answer, InviteInfo, Item},
    conversation::{invite, view},
    cx::Cx,
    db,
    fault::Flow,
    formats::vault as format,
    text::rfc3339,
};
use asterism_mls::{link::LinkKeys, seal::SealPublic};
use asterism_policy::{AddTicket, CommunityChanges, CommunityWhat, Ticket};
use asterism_wire::{ErrorCode, TicketId, Timestamp, frame::ChannelOpening, link::Link, vault::Wrap};
use std::rc::Rc;
use zeroize::Zeroizing;

/// `asterism invite create COMMUNITY`.
pub(crate) async fn create(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    expires_in_ms: Option<u64>,
    uses: Option<u32>,
) -> Flow<Answer> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let secret = Zeroizing::new(cx.random());
    let keys = LinkKeys::derive(&secret);
    let ticket = invite::ticket(cx, &keys, expires_in_ms, uses)?;
    db::vault::save_link(&cx.db, keys.ticket_id, community.id.log(), &secret)?;
    admin::submit(cx, community, |policy| {
        let wrap = wrap(cx, community, policy.epoch, &ticket)?;
        let add = CommunityWhat::AddTicket(AddTicket { ticket: Some(ticket.clone()) });
        let opening = ChannelOpening { wraps: vec![wrap], ..ChannelOpening::default() };
        Ok((CommunityChanges::of([add]), Some(opening)))
    })
    .await?;
    let link = Link { server: cx.me()?.public_url, ticket: keys.ticket_id, secret: *secret };
    Ok(Answer::Invite { invite: keys.ticket_id.to_string(), link: link.to_string() })
}

/// The channel key of the present epoch for a link.
fn wrap(cx: &Cx, community: &LiveCommunity, epoch: u64, ticket: &Ticket) -> Flow<Wrap> {
    let known = db::community::epoch(&cx.db, community.id, epoch)?.and_then(|epoch| epoch.key);
    let key = known.ok_or(ErrorCode::StaleEpoch)?;
    wrap_key(community, epoch, ticket, &key)
}

/// A channel key for a link.
pub(super) fn wrap_key(community: &LiveCommunity, epoch: u64, ticket: &Ticket, key: &[u8; 32]) -> Flow<Wrap> {
    let to = SealPublic::new(&ticket.seal_key).map_err(|_| ErrorCode::InvalidCommit)?;
    let id = TicketId::try_from(ticket.id.as_slice())?;
    format::wrap_vault_key(&to, community.id.log(), id, epoch, key)
        .map_err(|_| ErrorCode::LimitExceeded.into())
}

/// `asterism invite list COMMUNITY`. How often a link was used stands in no log.
pub(crate) fn list(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<Answer> {
    let (me, now) = (cx.me()?, cx.now().max(community.row().last_time));
    let mut items = Vec::new();
    for ticket in community.policy()?.tickets {
        let id: TicketId = ticket.id.as_slice().try_into()?;
        let secret = db::vault::link_secret(&cx.db, id)?;
        let link =
            secret.map(|secret| Link { server: me.public_url.clone(), ticket: id, secret }.to_string());
        items.push(Item::Invite(InviteInfo {
            invite: id.to_string(),
            group: community.id.to_string(),
            creator: view::person(cx, ticket.creator.as_slice().try_into()?)?,
            expires: (ticket.expires_ms > 0).then(|| rfc3339(Timestamp(ticket.expires_ms))),
            uses_max: (ticket.uses_max > 0).then_some(ticket.uses_max),
            uses: admin::roster::uses(cx, community, id)?,
            state: invite::standing(&ticket, now).into(),
            link,
        }));
    }
    Ok(Answer::List(items))
}

/// The community that has this link, among those that one is in.
pub(crate) fn community_of(cx: &Cx, ticket: TicketId) -> Option<Rc<LiveCommunity>> {
    let all = cx.communities.borrow();
    let has = |c: &&Rc<LiveCommunity>| c.policy().is_ok_and(|policy| policy.ticket(ticket).is_some());
    all.values().filter(|c| c.is_here()).find(has).cloned()
}

/// `asterism invite revoke`: whoever has the link has the channel key, which is renewed.
pub(crate) async fn revoke(cx: &Cx, community: &Rc<LiveCommunity>, ticket: TicketId) -> Flow<Answer> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    admin::rekey::rekey(cx, community, admin::due::Why::Revoked(ticket)).await?;
    Ok(Answer::Done {})
}
