//! In which conversations an account is.

use super::{Conversations, records::keys};
use crate::{caller::Caller, failure};
use asterism_store::Store as _;
use asterism_wire::frame::{self, Failure, ListConversations};

/// Conversations read in one step.
const STEP: usize = 1_024;
/// Conversations of one account that are told: as many as fit one frame.
const LIST_MAX: usize = 100_000;

impl Conversations {
    /// The conversations in which the caller's account is a participant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_conversations(
        &self,
        caller: &Caller,
        _request: ListConversations,
    ) -> Result<frame::Conversations, Failure> {
        let prefix = keys::participations(caller.account);
        let mut conversations = Vec::new();
        let mut after = None;
        loop {
            let page = self.shared().store.scan(&prefix, after.as_ref(), STEP).await;
            let page = page.map_err(failure::of_store)?;
            conversations
                .extend(page.iter().filter_map(|(key, _)| keys::last_conversation(key)).map(|c| c.to_vec()));
            let last_step = page.len() < STEP || conversations.len() >= LIST_MAX;
            after = page.into_iter().next_back().map(|(key, _)| key);
            if last_step {
                return Ok(frame::Conversations { conversations });
            }
        }
    }
}
