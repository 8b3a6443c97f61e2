//! The lists of subscribers in the admin room's vault (docs/protocol.md §10.7).

use super::super::LiveCommunity;
use crate::{
    conversation::{Live, vault},
    cx::Cx,
    db,
    fault::Flow,
    formats::roster::{self, Subscribed},
};
use asterism_wire::{AccountId, ErrorCode, SubscriberId, TicketId, limits, vault::SUBSCRIBERS_PREFIX};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

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

/// What is to change in the lists.
#[derive(Debug, Default)]
pub(super) struct Edit {
    /// To be in.
    pub(super) newcomers: BTreeMap<AccountId, Subscribed>,
    /// To be out.
    pub(super) gone: BTreeSet<AccountId>,
}

impl Edit {
    /// Which lists it touches, and who comes into which: each newcomer into one that has room, or into a new one. Its
    /// number is drawn by `draw`, since whoever has a seat knows it and must not learn how many there are.
    fn plan(&self, pages: &Pages, draw: &mut impl FnMut() -> u32) -> BTreeMap<u32, Vec<Subscribed>> {
        let mut after = pages.clone();
        let mut touched: BTreeMap<u32, Vec<Subscribed>> = BTreeMap::new();
        for (bucket, page) in &mut after {
            let before = page.len();
            page.retain(|subscribed| !self.takes_out(subscribed));
            if page.len() != before {
                touched.entry(*bucket).or_default();
            }
        }
        let present: BTreeSet<AccountId> = after.values().flatten().map(|line| line.account).collect();
        let has_room = |page: &Vec<Subscribed>| page.len() < limits::BUCKET_SUBSCRIBERS_MAX;
        for newcomer in self.newcomers.values() {
            if self.gone.contains(&newcomer.account) || present.contains(&newcomer.account) {
                continue;
            }
            let free =
                after.iter().find(|(_, page)| !page.is_empty() && has_room(page)).map(|(bucket, _)| *bucket);
            let Some(bucket) = free.or_else(|| unused(&after, draw)) else { break };
            after.entry(bucket).or_default().push(newcomer.clone());
            touched.entry(bucket).or_default().push(newcomer.clone());
        }
        touched
    }

    /// Is this line of a list to go? A newcomer's own one is, unless it is the same.
    fn takes_out(&self, line: &Subscribed) -> bool {
        self.gone.contains(&line.account)
            || self.newcomers.get(&line.account).is_some_and(|newcomer| newcomer != line)
    }

    /// A list after it, whatever another admin has written there meanwhile.
    fn apply(&self, page: &mut Vec<Subscribed>, coming: &[Subscribed]) {
        page.retain(|line| !self.takes_out(line));
        for newcomer in coming {
            let fits = page.len() < limits::BUCKET_SUBSCRIBERS_MAX;
            if fits && !page.contains(newcomer) {
                page.push(newcomer.clone());
            }
        }
    }
}

/// A number that no list in use has.
fn unused(pages: &Pages, draw: &mut impl FnMut() -> u32) -> Option<u32> {
    let in_use = |bucket: &u32| pages.get(bucket).is_some_and(|page| !page.is_empty());
    let buckets = u32::try_from(limits::BUCKETS_MAX).unwrap_or(u32::MAX);
    let first = draw() % buckets;
    (0..buckets).map(|step| (first + step) % buckets).find(|bucket| !in_use(bucket))
}

/// How often the lists are looked at again because another admin writes them, too.
const EDITS_MAX: usize = 8;

/// Makes an edit true; gives the lists after it.
pub(super) async fn edit(cx: &Cx, room: &Rc<Live>, edit: &Edit) -> Flow<Pages> {
    for _ in 0..EDITS_MAX {
        let stored = pages(cx, room)?;
        let touched = edit.plan(&stored, &mut || u32::from_be_bytes(cx.random()));
        if touched.is_empty() {
            return Ok(stored);
        }
        for (bucket, coming) in &touched {
            vault::write(cx, room, &roster::page_name(*bucket), |known| {
                let mut page =
                    known.and_then(|value| roster::page_from_value(value).ok()).unwrap_or_default();
                edit.apply(&mut page, coming);
                roster::page_to_value(&page)
            })
            .await?;
        }
    }
    Err(ErrorCode::VaultConflict.into())
}

/// The ids in a list.
pub(super) fn ids(page: &[Subscribed]) -> Vec<SubscriberId> {
    page.iter().map(|subscribed| subscribed.subscriber).collect()
}

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

    fn after(pages: &Pages, edit: &Edit) -> Pages {
        let mut after = pages.clone();
        for (bucket, coming) in edit.plan(pages, &mut || 780) {
            edit.apply(after.entry(bucket).or_default(), &coming);
        }
        after
    }

    fn coming(people: impl IntoIterator<Item = u16>) -> Edit {
        let line = |n: u16| (subscribed(n).account, subscribed(n));
        Edit { newcomers: people.into_iter().map(line).collect(), gone: BTreeSet::new() }
    }

    fn accounts(pages: &Pages) -> Vec<AccountId> {
        let mut all: Vec<_> = pages.values().flatten().map(|s| s.account).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn lists_fill_up_and_gaps_are_used() {
        let all = after(&Pages::new(), &coming(0..600));
        assert_eq!(
            all.iter().map(|(n, page)| (*n, page.len())).collect::<Vec<_>>(),
            [(0, 88), (780, 256), (781, 256)]
        );
        let gone = Edit { gone: [subscribed(3).account].into(), ..Edit::default() };
        let less = after(&all, &gone);
        assert_eq!(less.values().map(Vec::len).sum::<usize>(), 599);
        let more = after(&less, &coming([700]));
        assert_eq!(more.values().map(Vec::len).sum::<usize>(), 600);
        assert_eq!(more.len(), 3);
        assert!(coming(0..600).plan(&all, &mut || 0).is_empty(), "who is in stays where they are");
    }

    #[test]
    fn another_key_of_an_account_takes_the_place_of_the_one_before() {
        let all = after(&Pages::new(), &coming(0..300));
        let other = Subscribed { subscriber: SubscriberId([0xee; 16]), ..subscribed(7) };
        let edit = Edit { newcomers: [(other.account, other.clone())].into(), ..Edit::default() };
        let next = after(&all, &edit);
        assert_eq!(accounts(&next), accounts(&all));
        assert!(next.values().flatten().any(|line| *line == other));
        assert!(edit.plan(&next, &mut || 0).is_empty());
    }

    #[test]
    fn what_another_admin_wrote_meanwhile_stays() {
        let all = after(&Pages::new(), &coming(0..10));
        // One admin enters 20 and 21, while the other takes 3 out.
        let edit = coming([20, 21]);
        let plan = edit.plan(&all, &mut || 0);
        let (bucket, page) = all.first_key_value().unwrap();
        let mut meanwhile = page.clone();
        meanwhile.retain(|line| line.account != subscribed(3).account);
        edit.apply(&mut meanwhile, &plan[bucket]);
        assert!(meanwhile.iter().all(|line| line.account != subscribed(3).account));
        assert_eq!(meanwhile.len(), 11);
    }

    #[test]
    fn who_is_out_does_not_come_in_with_the_same_edit() {
        let edit = Edit { gone: [subscribed(1).account].into(), ..coming([1, 2]) };
        assert_eq!(accounts(&after(&Pages::new(), &edit)), [subscribed(2).account]);
    }
}
