//! Inboxes: welcomes that wait for a device (docs/protocol.md §5.4). They are put there by commits.

use super::{
    Conversations,
    records::{self, keys},
};
use crate::{caller::Caller, failure};
use asterism_store::{Key, Store as _, StoreError, Version, Versioned, Write};
use asterism_wire::{
    frame::{AcknowledgeInbox, Done, Failure, FetchInbox, InboxItem, InboxPage},
    ids::DeviceId,
    limits,
};

/// Items read in one step; at most [`limits::WELCOME_BYTES_MAX`] each.
const STEP: usize = 32;
/// Items deleted in one step.
const DELETE_STEP: usize = 256;

impl Conversations {
    /// The last position in a device's inbox.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn inbox_head(&self, device: DeviceId) -> Result<u64, StoreError> {
        let found = self.shared().store.get(&[keys::inbox_head(device)]).await?;
        let found = found.into_iter().next().flatten();
        found.map_or(Ok(0), |found| records::read_number(&found.value))
    }

    /// The caller's inbox after a position.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fetch_inbox(&self, caller: &Caller, request: FetchInbox) -> Result<InboxPage, Failure> {
        let head = self.inbox_head(caller.device).await.map_err(failure::of_store)?;
        let mut page = InboxPage { items: Vec::new(), head };
        let mut after = keys::inbox_item(caller.device, request.after);
        let mut bytes = 0;
        loop {
            let found = self.scan_inbox(caller.device, Some(&after), STEP).await?;
            let last_step = found.len() < STEP;
            for (key, record) in found {
                bytes += record.value.len();
                if bytes > limits::FETCH_BYTES_MAX && !page.items.is_empty() {
                    return Ok(page);
                }
                let item: InboxItem = records::read(&record.value).map_err(failure::of_store)?;
                // What came since the head was read waits for the next time.
                if item.position > head {
                    return Ok(page);
                }
                page.items.push(item);
                after = key;
            }
            if last_step {
                return Ok(page);
            }
        }
    }

    /// The caller has taken its inbox up to a position.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn acknowledge_inbox(
        &self,
        caller: &Caller,
        request: AcknowledgeInbox,
    ) -> Result<Done, Failure> {
        loop {
            let found = self.scan_inbox(caller.device, None, DELETE_STEP).await?;
            let taken = found.iter().filter(|(key, _)| keys::last_number(key) <= Some(request.up_to));
            let delete =
                |(key, _): &(Key, Versioned)| Write { key: key.clone(), expect: Version::Any, value: None };
            let writes: Vec<_> = taken.map(delete).collect();
            let last_step = writes.len() < DELETE_STEP;
            if !writes.is_empty() {
                self.shared().store.write(writes).await.map_err(super::of_write)?;
            }
            if last_step {
                return Ok(Done {});
            }
        }
    }

    async fn scan_inbox(
        &self,
        device: DeviceId,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, Failure> {
        self.shared().store.scan(&keys::inbox(device), after, limit).await.map_err(failure::of_store)
    }
}
