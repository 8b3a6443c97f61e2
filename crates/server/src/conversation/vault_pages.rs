//! Reading the vault (docs/protocol.md §7).

use super::{
    Conversations,
    op::Op,
    records::{self, keys},
};
use crate::{caller::Caller, failure};
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetVault, VaultPage},
    ids::ConversationId,
    limits,
    vault::VaultRecord,
};
use std::future::Future;

/// Records read in one step.
const STEP: usize = 64;
/// Past keys given with the first page.
const PAST_KEYS_MAX: usize = 16_384;

impl Conversations {
    /// A page of the vault, or the entries of given names.
    ///
    /// # Errors
    /// `not_a_member`, `limit_exceeded`, `malformed`, or when the store fails.
    pub fn get_vault(
        &self,
        caller: &Caller,
        request: GetVault,
    ) -> impl Future<Output = Result<VaultPage, Failure>> + Send + use<> {
        let asked = check(&request).map(|id| (id, self.ask(id, Op::Access(caller.clone()))));
        let conversations = self.clone();
        async move {
            let (id, answer) = asked?;
            if !answer.await?.access()?.membership.is_current() {
                return Err(Failure::of(ErrorCode::NotAMember));
            }
            let mut page = if request.names.is_empty() {
                conversations.vault_after(id, &request.after_name).await?
            } else {
                conversations.vault_of(id, &request.names).await?
            };
            if request.after_name.is_empty() {
                page.past_keys = conversations.past_keys(id, 0, PAST_KEYS_MAX).await?;
            }
            Ok(page)
        }
    }

    async fn vault_of(&self, id: ConversationId, names: &[String]) -> Result<VaultPage, Failure> {
        let wanted: Vec<_> = names.iter().map(|name| keys::vault(id, name)).collect();
        let found = self.shared().store.get(&wanted).await.map_err(failure::of_store)?;
        let read = found.into_iter().flatten().map(|record| records::read(&record.value));
        let mut all: Vec<VaultRecord> = read.collect::<Result<_, _>>().map_err(failure::of_store)?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        Ok(VaultPage { records: all, ..VaultPage::default() })
    }

    async fn vault_after(&self, id: ConversationId, after: &str) -> Result<VaultPage, Failure> {
        let mut page = VaultPage::default();
        let mut after = (!after.is_empty()).then(|| keys::vault(id, after));
        let mut bytes = 0;
        loop {
            let found = self.shared().store.scan(&keys::vaults(id), after.as_ref(), STEP).await;
            let found = found.map_err(failure::of_store)?;
            let last_step = found.len() < STEP;
            for (key, record) in found {
                bytes += record.value.len();
                if bytes > limits::FETCH_BYTES_MAX && !page.records.is_empty() {
                    page.more = true;
                    return Ok(page);
                }
                page.records.push(records::read(&record.value).map_err(failure::of_store)?);
                after = Some(key);
            }
            if last_step {
                return Ok(page);
            }
        }
    }
}

fn check(request: &GetVault) -> Result<ConversationId, Failure> {
    let too_many = request.names.len() > limits::VAULT_WRITES_MAX;
    let names = request.names.iter().chain([&request.after_name]);
    if too_many || names.into_iter().any(|name| name.len() > limits::VAULT_NAME_BYTES_MAX) {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    super::conversation_id(&request.conversation)
}
