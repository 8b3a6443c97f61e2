//! The vault of a community: kept as that of a conversation, with the channel's epoch as the generation
//! (docs/protocol.md §7.2, §10.4).

use super::{
    Communities, community_id, idempotency_key,
    keeper::{Keeper, Range},
    records::put,
};
use crate::{
    caller::Caller,
    conversation::{link, vault as vaults, vault_pages},
};
use asterism_policy::may_write_community_vault;
use asterism_store::Write;
use asterism_wire::{
    frame::{Failure, GetCommunityVault, VaultAccepted, VaultPage, WriteVault},
    ids::{IdempotencyKey, Timestamp},
};
use std::future::Future;

impl Communities {
    /// A page of the vault, or the entries of given names.
    ///
    /// # Errors
    /// `not_a_member` and what else [`Communities::open_community`] says of access; `limit_exceeded`, `malformed`; or
    /// when the store fails.
    pub fn get_community_vault(
        &self,
        caller: &Caller,
        request: GetCommunityVault,
    ) -> impl Future<Output = Result<VaultPage, Failure>> + Send + use<> {
        let asked = vault_pages::check_names(&request.after_name, &request.names)
            .and_then(|()| community_id(&request.community))
            .map(|id| self.view(id));
        let (shared, caller) = (self.shared().clone(), caller.clone());
        async move {
            let view = asked?.await?;
            shared.reader(&view, &caller, &request.access.unwrap_or_default()).await?;
            let log = view.state.id().log();
            let mut page = vault_pages::page(&shared.store, log, &request.after_name, &request.names).await?;
            if request.after_name.is_empty() {
                let max = shared.config.vault_past_keys_max;
                let from = link::oldest_given(view.state.epoch, max);
                page.past_keys = link::past_keys(&shared.store, log, from, max).await?;
            }
            Ok(page)
        }
    }

    /// Writes vault entries.
    ///
    /// # Errors
    /// `vault_conflict` unless each version is one more than the stored one; `stale_epoch` when sealed in another
    /// epoch than the present one; `bad_signature`, `forbidden`; `not_a_member` for who does not administer the
    /// community; `limit_exceeded`, `malformed`; or when the store fails.
    pub fn write_community_vault(
        &self,
        caller: &Caller,
        request: WriteVault,
    ) -> impl Future<Output = Result<VaultAccepted, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = vaults::check(&request)
            .and_then(|log| idempotency_key(&request.idempotency).map(|key| (log.into(), key)))
            .map(|(id, key)| self.ask(id, move |keeper| Box::pin(keeper.write_vault(caller, request, key))));
        async move { asked?.await }
    }
}

impl Keeper {
    async fn write_vault(
        &mut self,
        caller: Caller,
        request: WriteVault,
        key: IdempotencyKey,
    ) -> Result<VaultAccepted, Failure> {
        let range = match self.judge_vault(&caller, &request).await {
            Ok((stamp, writes)) => self.append_vault(&request, key, stamp, writes).await?,
            Err(failure) => self.refuse(self.id.log(), key, failure).await?,
        };
        Ok(VaultAccepted { seq: range.last.0 })
    }

    async fn judge_vault(
        &mut self,
        caller: &Caller,
        request: &WriteVault,
    ) -> Result<(Timestamp, Vec<Write>), Failure> {
        let log = self.id.log();
        let (live, stamp) = self.administered(caller).await?;
        let state = &live.state;
        let may = |name: &str| may_write_community_vault(state, caller.account, name, stamp);
        vaults::check_records(&request.writes, log, caller, may)?;
        if request.writes.iter().any(|record| record.generation != state.epoch) {
            return Err(live.stale());
        }
        let puts = vaults::put(&self.shared.store, log, &request.writes).await?;
        Ok((stamp, puts.into_iter().map(|(key, value)| put(key, value)).collect()))
    }

    async fn append_vault(
        &mut self,
        request: &WriteVault,
        key: IdempotencyKey,
        stamp: Timestamp,
        writes: Vec<Write>,
    ) -> Result<Range, Failure> {
        let live = self.live().await?;
        let mut log = live.log.clone();
        let entries = vaults::entries(&mut log, &request.writes, live.epoch(), stamp, Some(key));
        let mut append = log.append(&entries, Some(key));
        append.writes = writes;
        let range = self.append(append).await?;
        if !range.is_repeated {
            self.live().await?.log = log;
            self.tell(self.id.log(), entries).await;
        }
        Ok(range)
    }
}
