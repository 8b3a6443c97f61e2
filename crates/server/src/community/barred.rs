//! Accounts that no link and no group lets in (docs/protocol.md §10.6).

use super::{
    Communities, Shared, community_id,
    keeper::Keeper,
    records::{keys, put},
};
use crate::{caller::Caller, failure};
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    frame::{Done, Failure, PutBarred},
    ids::{AccountId, CommunityId, Hash},
    limits, signing,
};
use bytes::Bytes;
use std::future::Future;

impl Communities {
    /// Replaces the list.
    ///
    /// # Errors
    /// `not_a_member` for who does not administer the community; `limit_exceeded`, `malformed`; or when the store
    /// fails.
    pub fn put_barred(
        &self,
        caller: &Caller,
        request: PutBarred,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = check(&request)
            .map(|(id, marks)| self.ask(id, move |keeper| Box::pin(keeper.put_barred(caller, marks))));
        async move { asked?.await }
    }
}

fn check(request: &PutBarred) -> Result<(CommunityId, Bytes), Failure> {
    if request.marks.len() > limits::COMMUNITY_BARRED_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    if request.marks.iter().any(|mark| mark.len() != Hash::LEN) {
        return Err(Failure::of(ErrorCode::Malformed));
    }
    Ok((community_id(&request.community)?, request.marks.concat().into()))
}

impl Keeper {
    async fn put_barred(&mut self, caller: Caller, marks: Bytes) -> Result<Done, Failure> {
        self.administered(&caller).await?;
        self.write(vec![put(keys::barred(self.id), marks)]).await?;
        Ok(Done {})
    }
}

impl Shared {
    /// Refuses who was removed.
    ///
    /// # Errors
    /// `barred`, or when the store fails.
    pub(super) async fn check_not_barred(
        &self,
        community: CommunityId,
        account: AccountId,
    ) -> Result<(), Failure> {
        let found = self.store.get(&[keys::barred(community)]).await.map_err(failure::of_store)?;
        let Some(found) = found.into_iter().next().flatten() else { return Ok(()) };
        let mark = signing::barred_mark(community, account);
        let barred = found.value.chunks(Hash::LEN).any(|one| one == mark.as_bytes());
        if barred { Err(Failure::of(ErrorCode::Barred)) } else { Ok(()) }
    }
}
