//! Reading a community's log and its announcements (docs/protocol.md §10.2, §10.8).

use super::{Communities, community_id};
use crate::{caller::Caller, log};
use asterism_wire::{
    ErrorCode,
    frame::{Entries, Failure, FetchCommunity},
    ids::Seq,
};
use std::future::Future;

impl Communities {
    /// Entries of the log or of the announcements.
    ///
    /// # Errors
    /// `not_a_member` and what else [`Communities::open_community`] says of access; `expired` below the first
    /// position still kept; `forbidden` beyond the end; `malformed`; or when the store fails.
    pub fn fetch_community(
        &self,
        caller: &Caller,
        request: FetchCommunity,
    ) -> impl Future<Output = Result<Entries, Failure>> + Send + use<> {
        let asked = community_id(&request.community).map(|id| self.view(id));
        let (shared, caller) = (self.shared().clone(), caller.clone());
        async move {
            let view = asked?.await?;
            shared.reader(&view, &caller, &request.access.unwrap_or_default()).await?;
            let (log, end, floor) = if request.posts {
                (view.state.announcements_id(), view.posts.seq, view.posts_floor)
            } else {
                (view.state.id().log(), view.log.seq, Seq(1))
            };
            let from = Seq(request.from_seq);
            if from.0 == 0 {
                return Err(Failure::of(ErrorCode::Malformed));
            }
            if from.0 > end.0.saturating_add(1) {
                return Err(Failure::of(ErrorCode::Forbidden));
            }
            if from < floor {
                return Err(Failure::of(ErrorCode::Expired));
            }
            let entries = log::page(&shared.store, log, from, end, request.entries_max).await?;
            Ok(Entries { entries, head_seq: end.0, ..Entries::default() })
        }
    }
}
