//! Being told what is new in a community (docs/protocol.md §10.6).

use super::{
    Communities,
    access::{Reader, subscriber_record},
    community_id,
    keeper::Keeper,
};
use crate::{caller::Caller, fanout::Listener};
use asterism_wire::frame::{CommunityAccess, CommunityStanding, Failure, OpenCommunity};
use std::future::Future;

impl Communities {
    /// From now on the caller's connection is told what is appended to the log and the announcements; an admin's also
    /// that deposits came.
    ///
    /// # Errors
    /// `not_a_member`, also for communities that do not exist; `link_expired` and `link_used_up` for who holds the
    /// link; `malformed`; or when the store fails.
    pub fn open_community(
        &self,
        caller: &Caller,
        request: OpenCommunity,
    ) -> impl Future<Output = Result<CommunityStanding, Failure>> + Send + use<> {
        let access = request.access.unwrap_or_default();
        let caller = caller.clone();
        let asked = community_id(&request.community)
            .map(|id| self.ask(id, move |keeper| Box::pin(keeper.open(caller, access))));
        async move { asked?.await }
    }
}

impl Keeper {
    async fn open(&mut self, caller: Caller, access: CommunityAccess) -> Result<CommunityStanding, Failure> {
        let view = self.live().await?.view();
        let who = self.shared.reader(&view, &caller, &access).await?;
        let seated = match who {
            Reader::Subscriber(id) => subscriber_record(&self.shared.store, self.id, id)
                .await?
                .is_some_and(|record| record.is_seated()),
            Reader::Admin(_) | Reader::Ticket(_) | Reader::Group(..) => false,
        };
        for log in [self.id.log(), view.state.announcements_id()] {
            self.shared.fanout.subscribe(log, Listener { who, connection: caller.connection.clone() });
        }
        self.listen_as_admin(&caller).await;
        Ok(CommunityStanding {
            log_seq: view.log.seq.0,
            posts_seq: view.posts.seq.0,
            posts_head: view.posts.head.to_vec(),
            posts_floor: view.posts_floor.0,
            seated,
        })
    }
}
