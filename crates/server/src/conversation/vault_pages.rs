//! Reading the vault (docs/protocol.md §7).

use super::{
    Conversations, link,
    op::Op,
    records::{self, keys},
};
use crate::{caller::Caller, failure};
use asterism_store::{AnyStore, Store as _};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetVault, VaultPage},
    ids::ConversationId,
    limits,
    vault::{PastKey, VaultRecord},
};
use std::future::Future;

/// Records read in one step.
const STEP: usize = 64;

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
            let store = &conversations.shared().store;
            let mut page = page(store, id, &request.after_name, &request.names).await?;
            if request.after_name.is_empty() {
                page.past_keys = conversations.past_keys(id).await?;
            }
            Ok(page)
        }
    }

    /// The newest past keys. The group, which knows the present generation, is looked at only when there are many.
    async fn past_keys(&self, id: ConversationId) -> Result<Vec<PastKey>, Failure> {
        let (store, max) = (&self.shared().store, self.shared().config.vault_past_keys_max);
        let first = link::past_keys(store, id, 0, max).await?;
        if first.len() < max {
            return Ok(first);
        }
        let present = self.facts(id, None).await?.vault_generation;
        link::past_keys(store, id, link::oldest_given(present, max), max).await
    }
}

/// A page of a vault, or the entries of given names, without past keys.
pub(crate) async fn page(
    store: &AnyStore,
    log: ConversationId,
    after_name: &str,
    names: &[String],
) -> Result<VaultPage, Failure> {
    if names.is_empty() { after(store, log, after_name).await } else { of(store, log, names).await }
}

async fn of(store: &AnyStore, log: ConversationId, names: &[String]) -> Result<VaultPage, Failure> {
    let wanted: Vec<_> = names.iter().map(|name| keys::vault(log, name)).collect();
    let found = store.get(&wanted).await.map_err(failure::of_store)?;
    let read = found.into_iter().flatten().map(|record| records::read(&record.value));
    let mut all: Vec<VaultRecord> = read.collect::<Result<_, _>>().map_err(failure::of_store)?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.dedup_by(|a, b| a.name == b.name);
    Ok(VaultPage { records: all, ..VaultPage::default() })
}

async fn after(store: &AnyStore, log: ConversationId, after: &str) -> Result<VaultPage, Failure> {
    let mut page = VaultPage::default();
    let mut after = (!after.is_empty()).then(|| keys::vault(log, after));
    let mut bytes = 0;
    loop {
        let found = store.scan(&keys::vaults(log), after.as_ref(), STEP).await.map_err(failure::of_store)?;
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

/// Are the names few and short enough?
pub(crate) fn check_names(after_name: &String, names: &[String]) -> Result<(), Failure> {
    let too_long = |name: &String| name.len() > limits::VAULT_NAME_BYTES_MAX;
    let too_much = names.len() > limits::VAULT_WRITES_MAX || names.iter().chain([after_name]).any(too_long);
    if too_much { Err(Failure::of(ErrorCode::LimitExceeded)) } else { Ok(()) }
}

fn check(request: &GetVault) -> Result<ConversationId, Failure> {
    check_names(&request.after_name, &request.names)?;
    super::conversation_id(&request.conversation)
}
