//! Forgetting notes that the admins refused (docs/protocol.md §10.6).

use super::{Communities, community_id, keeper::Keeper, seats::Reseating, subscriber_id};
use crate::caller::Caller;
use asterism_wire::{
    ErrorCode,
    frame::{Done, DropDeposits, Failure},
    ids::SubscriberId,
    limits,
};
use std::{collections::BTreeSet, future::Future};

impl Communities {
    /// Forgets notes. Who has no seat is a subscriber no more, and is told nothing from now on.
    ///
    /// # Errors
    /// `not_a_member` for who does not administer the community; `limit_exceeded`, `malformed`; or when the store
    /// fails.
    pub fn drop_deposits(
        &self,
        caller: &Caller,
        request: DropDeposits,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = check(&request)
            .and_then(|ids| community_id(&request.community).map(|id| (id, ids)))
            .map(|(id, ids)| self.ask(id, move |keeper| Box::pin(keeper.drop_deposits(caller, ids))));
        async move { asked?.await }
    }
}

fn check(request: &DropDeposits) -> Result<BTreeSet<SubscriberId>, Failure> {
    if request.subscribers.len() > limits::DEPOSITS_PAGE {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    request.subscribers.iter().map(|id| subscriber_id(id)).collect()
}

impl Keeper {
    async fn drop_deposits(
        &mut self,
        caller: Caller,
        subscribers: BTreeSet<SubscriberId>,
    ) -> Result<Done, Failure> {
        let (live, _) = self.administered(&caller).await?;
        let view = live.view();
        let reseating = Reseating::new(self.id, view.state.epoch, subscribers);
        let (writes, gone) = reseating.writes(&self.shared.store).await?;
        self.write(writes).await?;
        self.shared.forget_subscribers(&view, &gone);
        Ok(Done {})
    }
}
