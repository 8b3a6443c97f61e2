//! The lists of subscribers in the admin room's vault (docs/protocol.md §10.7).

use super::super::LiveCommunity;
use crate::{
    conversation::{Live, vault},
    cx::Cx,
    db,
    fault::Flow,
    formats::roster::{self, Subscribed},
};
use asterism_wire::{
    AccountId, SubscriberId, TicketId, limits,
    vault::{BARRED, SUBSCRIBERS_PREFIX},
};
use std::{collections::BTreeMap, rc::Rc};

/// The lists, by bucket.
pub(super) type Pages = BTreeMap<u32, Vec<Subscribed>>;

/// The lists as this device has them.
pub(super) fn pages(cx: &Cx, room: &Live) -> Flow<Pages> {
    let rows = db::vault::with_prefix(&cx.db, room.id, SUBSCRIBERS_PREFIX)?;
    let read = |(name, value): (String, Vec<u8>)| {
        Some((roster::bucket_of(&name)?, roster::page_from_value(&value).ok()?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Everybody who subscribes; nothing while this device is not in the admins' room.
pub(crate) fn all(cx: &Cx, community: &LiveCommunity) -> Flow<Option<Vec<Subscribed>>> {
    let Some(room) = community.admin_room(cx) else { return Ok(None) };
    Ok(Some(pages(cx, &room)?.into_values().flatten().collect()))
}

/// How many came by a link.
pub(crate) fn uses(cx: &Cx, community: &LiveCommunity, ticket: TicketId) -> Flow<u32> {
    let all = all(cx, community)?.unwrap_or_default();
    let count = all.iter().filter(|s| s.ticket == mark(ticket)).count();
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// What the lists say of a ticket.
pub(super) fn mark(ticket: TicketId) -> [u8; 8] {
    let mut mark = [0; 8];
    mark.copy_from_slice(&ticket.0[..8]);
    mark
}

/// Enters people into the lists, those who are in already anew: each in the first bucket that has room.
pub(super) fn place(pages: &mut Pages, newcomers: &[Subscribed]) {
    for newcomer in newcomers {
        take_out(pages, newcomer.account);
        let free = (0..)
            .find(|bucket| pages.get(bucket).map_or(0, Vec::len) < limits::BUCKET_SUBSCRIBERS_MAX)
            .unwrap_or(0);
        pages.entry(free).or_default().push(newcomer.clone());
    }
}

/// Takes somebody out of the lists.
pub(super) fn take_out(pages: &mut Pages, account: AccountId) {
    for page in pages.values_mut() {
        page.retain(|subscribed| subscribed.account != account);
    }
}

/// The ids in a list.
pub(super) fn ids(page: &[Subscribed]) -> Vec<SubscriberId> {
    page.iter().map(|subscribed| subscribed.subscriber).collect()
}

/// Writes the lists that are not as they are stored.
pub(super) async fn write(cx: &Cx, room: &Rc<Live>, wanted: &Pages) -> Flow<()> {
    let stored = pages(cx, room)?;
    for (bucket, page) in wanted {
        let known = stored.get(bucket).map_or(&[][..], Vec::as_slice);
        if known != page.as_slice() {
            let value = roster::page_to_value(page);
            vault::write(cx, room, &roster::page_name(*bucket), |_| value.clone()).await?;
        }
    }
    Ok(())
}

/// The accounts that were removed from the community.
pub(super) fn barred(cx: &Cx, room: &Live) -> Flow<Vec<AccountId>> {
    let row = db::vault::load(&cx.db, room.id, BARRED)?;
    let value = row.and_then(|row| row.value);
    Ok(value.and_then(|value| roster::barred_from_value(&value).ok()).unwrap_or_default())
}

/// Remembers that an account was removed.
pub(super) async fn bar(cx: &Cx, room: &Rc<Live>, account: AccountId) -> Flow<()> {
    vault::write(cx, room, BARRED, |known| {
        let mut all = known.and_then(|value| roster::barred_from_value(value).ok()).unwrap_or_default();
        all.retain(|barred| *barred != account);
        all.push(account);
        // The oldest are forgotten: a removal never fails because there were many before.
        all.drain(..all.len().saturating_sub(BARRED_MAX));
        roster::barred_to_value(&all)
    })
    .await
}

/// As many as fit into the entry.
const BARRED_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::ProfileKey;

    fn subscribed(n: u16) -> Subscribed {
        let mut account = [0; 32];
        account[..2].copy_from_slice(&n.to_be_bytes());
        let mut subscriber = [0; 16];
        subscriber[..2].copy_from_slice(&n.to_be_bytes());
        Subscribed {
            account: AccountId(account),
            subscriber: SubscriberId(subscriber),
            ticket: [0; 8],
            profile_key: ProfileKey::new([0; 32]),
        }
    }

    #[test]
    fn buckets_fill_up_and_gaps_are_used() {
        let mut pages = Pages::new();
        let all: Vec<_> = (0..600).map(subscribed).collect();
        place(&mut pages, &all);
        let sizes: Vec<usize> = pages.values().map(Vec::len).collect();
        assert_eq!(sizes, [256, 256, 88]);
        take_out(&mut pages, all[3].account);
        place(&mut pages, &[subscribed(700)]);
        assert_eq!(pages[&0].len(), 256);
        place(&mut pages, &[all[7].clone()]);
        assert_eq!(pages.values().map(Vec::len).sum::<usize>(), 600);
    }
}
