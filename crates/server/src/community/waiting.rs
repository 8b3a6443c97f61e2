//! Telling admins that notes wait for them (docs/protocol.md §10.6). It is a hint: they fetch them, and may look by
//! themselves. Time is an argument, as in `conversation::deadlines`.

use super::{Communities, keeper::Keeper};
use crate::{caller::Caller, encode, fanout::Listener};
use asterism_wire::{
    frame::{Behind, Failure, Happened},
    ids::{AccountId, CommunityId, Timestamp},
};
use futures_util::future::join_all;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Between two times that the admins of a community are told. Higher: they learn later of who comes second. Lower: a
/// crowd that comes at once keeps them busier.
const PAUSE_MS: u64 = 1_000;

/// The communities whose admins were told a moment ago.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<BTreeMap<CommunityId, Pause>>);

/// Until when admins are not told again, and whether they are then.
#[derive(Debug)]
struct Pause {
    until: Timestamp,
    has_more: bool,
}

impl Pause {
    fn after(now: Timestamp) -> Self {
        Self { until: now.plus_ms(PAUSE_MS), has_more: false }
    }
}

impl Waiting {
    /// A note came: are the admins told now? If not, they are when the pause is over.
    fn came(&self, community: CommunityId, now: Timestamp) -> bool {
        match self.all().entry(community) {
            Entry::Occupied(mut pause) if now < pause.get().until => {
                pause.get_mut().has_more = true;
                false
            }
            Entry::Occupied(mut over) => {
                over.insert(Pause::after(now));
                true
            }
            Entry::Vacant(none) => {
                none.insert(Pause::after(now));
                true
            }
        }
    }

    /// The communities whose admins are told now.
    fn due(&self, now: Timestamp) -> Vec<CommunityId> {
        let mut all = self.all();
        all.retain(|_, pause| pause.has_more || now < pause.until);
        let over = all.iter_mut().filter(|(_, pause)| pause.until <= now);
        over.map(|(id, pause)| {
            *pause = Pause::after(now);
            *id
        })
        .collect()
    }

    /// When the first pause is over.
    fn next(&self) -> Option<Timestamp> {
        self.all().values().map(|pause| pause.until).min()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<CommunityId, Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Communities {
    /// When [`Communities::tick`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.shared().waiting.next()
    }

    /// Tells admins of the notes that came since they were told last.
    pub async fn tick(&self, now: Timestamp) {
        let due = self.shared().waiting.due(now);
        let tell = |id| self.ask(id, |keeper| Box::pin(keeper.tell_admins()));
        // Who cannot be told now is with the next note.
        join_all(due.into_iter().map(tell)).await;
    }
}

impl Keeper {
    /// A note was laid down. It is durable.
    pub(super) async fn deposit_came(&mut self) {
        if self.shared.waiting.came(self.id, self.shared.clock.now()) {
            // It came, whether or not somebody can be told.
            drop(self.tell_admins().await);
        }
    }

    async fn tell_admins(&mut self) -> Result<(), Failure> {
        let now = self.shared.clock.now();
        let live = self.live().await?;
        let (now, state, head) = (live.stamp(now), live.state.clone(), live.log.position.seq);
        let log = self.id.log();
        let admins = &self.shared.admins;
        admins.retain(log, |account: &AccountId| state.is_admin(*account, now));
        let behind = Behind { conversation: log.to_vec(), head_seq: head.0 };
        admins.push_entry(log, head, &encode::push(Happened::Behind(behind)));
        Ok(())
    }

    /// The caller's connection, which has opened the community, is told when notes come if it is an admin's.
    pub(super) async fn listen_as_admin(&mut self, caller: &Caller) {
        if self.administered(caller).await.is_ok() {
            let listener = Listener { who: caller.account, connection: caller.connection.clone() };
            self.shared.admins.subscribe(self.id.log(), listener);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: CommunityId = CommunityId([1; 16]);
    const B: CommunityId = CommunityId([2; 16]);

    #[test]
    fn a_community_is_told_once_in_a_while_and_of_all() {
        let waiting = Waiting::default();
        assert!(waiting.came(A, Timestamp(0)));
        assert!(waiting.came(B, Timestamp(400)));
        for at in [0, 1, 999] {
            assert!(!waiting.came(A, Timestamp(at)));
        }
        assert_eq!((waiting.due(Timestamp(999)), waiting.next()), (vec![], Some(Timestamp(1_000))));
        assert_eq!((waiting.due(Timestamp(1_000)), waiting.next()), (vec![A], Some(Timestamp(1_400))));
        assert!(!waiting.came(A, Timestamp(1_001)));
        // Nobody came to the one, and nobody ticked for the other.
        assert_eq!((waiting.due(Timestamp(1_500)), waiting.next()), (vec![], Some(Timestamp(2_000))));
        assert!(waiting.came(A, Timestamp(2_500)));
        assert_eq!((waiting.due(Timestamp(3_500)), waiting.next()), (vec![], None));
    }
}
