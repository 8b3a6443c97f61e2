//! The notes that wait for the admins, and whose they are (docs/protocol.md §10.6).

use super::{
    Communities, community_id, damaged,
    keeper::Keeper,
    records::{self, DepositRecord, keys},
    subscriber_id,
};
use crate::{caller::Caller, failure};
use asterism_store::{Key, Store as _, Versioned};
use asterism_wire::{
    ErrorCode,
    frame::{DepositEntry, Deposits, Failure, GetDeposits, GetSubscribers, Subscribers},
    ids::SubscriberId,
    limits,
};
use std::future::Future;

impl Communities {
    /// A page of the notes, by ascending subscriber.
    ///
    /// # Errors
    /// `not_a_member` for who does not administer the community; `malformed`; or when the store fails.
    pub fn get_deposits(
        &self,
        caller: &Caller,
        request: GetDeposits,
    ) -> impl Future<Output = Result<Deposits, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = community_id(&request.community)
            .map(|id| self.ask(id, move |keeper| Box::pin(keeper.get_deposits(caller, request.after))));
        async move { asked?.await }
    }

    /// The keys of subscribers. Unknown ones are left out.
    ///
    /// # Errors
    /// `not_a_member` for who does not administer the community; `limit_exceeded`, `malformed`; or when the store
    /// fails.
    pub fn get_subscribers(
        &self,
        caller: &Caller,
        request: GetSubscribers,
    ) -> impl Future<Output = Result<Subscribers, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = check(&request)
            .and_then(|ids| community_id(&request.community).map(|id| (id, ids)))
            .map(|(id, ids)| self.ask(id, move |keeper| Box::pin(keeper.get_subscribers(caller, ids))));
        async move { asked?.await }
    }
}

fn check(request: &GetSubscribers) -> Result<Vec<SubscriberId>, Failure> {
    if request.subscribers.len() > limits::BUCKET_SUBSCRIBERS_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    request.subscribers.iter().map(|id| subscriber_id(id)).collect()
}

impl Keeper {
    async fn get_deposits(&mut self, caller: Caller, after: Vec<u8>) -> Result<Deposits, Failure> {
        self.administered(&caller).await?;
        let (id, store) = (self.id, &self.shared.store);
        let after = match after.as_slice() {
            [] => None,
            after => Some(keys::deposit(id, subscriber_id(after)?)),
        };
        let found = store.scan(&keys::deposits(id), after.as_ref(), limits::DEPOSITS_PAGE + 1).await;
        let mut found = found.map_err(failure::of_store)?;
        let more = found.len() > limits::DEPOSITS_PAGE;
        found.truncate(limits::DEPOSITS_PAGE);
        let key_of = |(key, _): &(Key, Versioned)| {
            keys::last_subscriber(key).map(|one| keys::subscriber_key(id, one)).ok_or_else(damaged)
        };
        let wanted = found.iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
        let known = store.get(&wanted).await.map_err(failure::of_store)?;
        let mut deposits = Vec::with_capacity(found.len());
        for ((_, record), key) in found.into_iter().zip(known) {
            let record: DepositRecord = records::read(&record.value).map_err(failure::of_store)?;
            deposits.push(DepositEntry {
                subscriber_key: key.ok_or_else(damaged)?.value.to_vec(),
                sealed: record.sealed,
                at_ms: record.at_ms,
                ticket: record.ticket,
            });
        }
        Ok(Deposits { deposits, more })
    }

    async fn get_subscribers(
        &mut self,
        caller: Caller,
        subscribers: Vec<SubscriberId>,
    ) -> Result<Subscribers, Failure> {
        self.administered(&caller).await?;
        let wanted: Vec<_> = subscribers.iter().map(|one| keys::subscriber_key(self.id, *one)).collect();
        let found = self.shared.store.get(&wanted).await.map_err(failure::of_store)?;
        Ok(Subscribers { keys: found.into_iter().flatten().map(|found| found.value.to_vec()).collect() })
    }
}
