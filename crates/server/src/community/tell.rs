//! Who is told of what was appended (docs/protocol.md §1.4, §10.6): whoever may still read it, judged anew each time.

use super::{Shared, access::Reader, access::check_usable, keeper::Keeper, live::View};
use crate::encode;
use asterism_policy::CommunityState;
use asterism_wire::{
    entry::Entry,
    frame::{Appended, Happened},
    ids::{ConversationId, DeviceId, SubscriberId, Timestamp},
};
use std::collections::BTreeSet;

impl Keeper {
    /// Tells the readers of entries of one of the two logs. They are durable, and what is in memory follows them.
    pub(super) async fn tell(&self, log: ConversationId, entries: Vec<Entry>) {
        let Some(live) = &self.live else { return };
        let (view, now) = (live.view(), self.shared.clock.now());
        self.shared.keep_readers(&view, &view.state, now).await;
        self.shared.push(log, entries);
    }

    /// As [`Self::tell`], of an entry of the log that changes who may read: an admin who loses their role learns of
    /// that, a subscriber who loses their seat does not.
    pub(super) async fn tell_change(&self, before: &CommunityState, gone: &[SubscriberId], entry: Entry) {
        let Some(live) = &self.live else { return };
        let (view, now) = (live.view(), self.shared.clock.now());
        self.shared.forget_subscribers(&view, gone);
        self.shared.keep_readers(&view, before, now).await;
        self.shared.push(self.id.log(), vec![entry]);
    }
}

impl Shared {
    /// Subscribers that are none any more are told nothing, from now on.
    pub(super) fn forget_subscribers(&self, view: &View, gone: &[SubscriberId]) {
        if gone.is_empty() {
            return;
        }
        let gone: BTreeSet<&SubscriberId> = gone.iter().collect();
        self.retain(view, |reader| !matches!(reader, Reader::Subscriber(id) if gone.contains(id)));
    }

    /// Who was told for their link or group is told as the subscriber that they are now: the link may be used up.
    pub(super) fn read_as_subscriber(&self, view: &View, connection: u64, subscriber: SubscriberId) {
        let enrols = |reader: &Reader| {
            let is_guest = matches!(reader, Reader::Ticket(_) | Reader::Group(..));
            is_guest.then_some(Reader::Subscriber(subscriber))
        };
        for log in [view.state.id().log(), view.state.announcements_id()] {
            self.fanout.change(log, connection, enrols);
        }
    }

    /// Takes out who may not read any more; admins by the state `before`.
    async fn keep_readers(&self, view: &View, before: &CommunityState, now: Timestamp) {
        let now = view.stamp(now);
        let outside = self.outside(view).await;
        let stays = |reader: &Reader| match reader {
            Reader::Admin(account) => before.is_admin(*account, now) || view.state.is_admin(*account, now),
            // They are taken out as soon as they are none any more.
            Reader::Subscriber(_) => true,
            Reader::Ticket(id) => {
                let ticket = view.state.ticket(*id);
                ticket.is_some_and(|ticket| check_usable(ticket, view.uses(*id), false, now).is_ok())
            }
            Reader::Group(group, device) => !outside.contains(&(*group, *device)),
        };
        self.retain(view, stays);
    }

    /// Of those who read as members of a group: who is none. There are few: most enrol soon.
    async fn outside(&self, view: &View) -> BTreeSet<(ConversationId, DeviceId)> {
        let of_groups = |reader: &Reader| match reader {
            Reader::Group(group, device) => Some((*group, *device)),
            _ => None,
        };
        let mut wanted = self.fanout.select(view.state.id().log(), of_groups);
        if wanted.is_empty() {
            return BTreeSet::new();
        }
        wanted.sort_unstable();
        wanted.dedup();
        match self.conversations.are_members(&wanted).await {
            Ok(members) => {
                wanted.into_iter().zip(members).filter(|(_, is)| !is).map(|(one, _)| one).collect()
            }
            // Nobody is told what they may not know; whoever may comes back.
            Err(_) => wanted.into_iter().collect(),
        }
    }

    fn retain(&self, view: &View, stays: impl Fn(&Reader) -> bool) {
        for log in [view.state.id().log(), view.state.announcements_id()] {
            self.fanout.retain(log, &stays);
        }
    }

    fn push(&self, log: ConversationId, entries: Vec<Entry>) {
        for entry in entries {
            let seq = entry.position();
            let appended = Appended { conversation: log.to_vec(), entry: Some(entry) };
            self.fanout.push_entry(log, seq, &encode::push(Happened::Appended(appended)));
        }
    }
}
