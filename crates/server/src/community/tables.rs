//! The buckets of the present epoch, which only admins see (docs/protocol.md §10.5).

use super::{Communities, community_id, keeper::Keeper, opening::table_bytes};
use crate::caller::Caller;
use asterism_wire::frame::{ChannelTable, Failure, GetChannelTable};
use std::future::Future;

impl Communities {
    /// The table of the present epoch, as its hash in the log is of.
    ///
    /// # Errors
    /// `not_a_member` for who does not administer the community; `malformed`; or when the store fails.
    pub fn get_channel_table(
        &self,
        caller: &Caller,
        request: GetChannelTable,
    ) -> impl Future<Output = Result<ChannelTable, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = community_id(&request.community)
            .map(|id| self.ask(id, move |keeper| Box::pin(keeper.get_channel_table(caller))));
        async move { asked?.await }
    }
}

impl Keeper {
    async fn get_channel_table(&mut self, caller: Caller) -> Result<ChannelTable, Failure> {
        let (live, _) = self.administered(&caller).await?;
        let epoch = live.state.epoch;
        let table = table_bytes(&self.shared.store, self.id).await?;
        Ok(ChannelTable { epoch, table: table.to_vec() })
    }
}
