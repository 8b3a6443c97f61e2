//! How a reader comes by the channel key of an epoch (docs/protocol.md §10.5).

use super::{
    Communities, Shared,
    access::{Reader, subscriber_record},
    community_id,
    live::View,
    records::{self, EpochRecord, keys, shared},
};
use crate::{caller::Caller, failure};
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    frame::{ChannelKeys, Failure, GetChannelKeys},
    ids::{SubscriberId, TicketId},
    vault::Wrap,
};
use std::future::Future;

impl Communities {
    /// Seat and seal of a subscriber that has a seat in the epoch; for the present epoch the wrap of the ticket that
    /// the caller shows, or that its deposit came by; or nothing.
    ///
    /// # Errors
    /// `not_a_member` and what else [`Communities::open_community`] says of access; `expired` when no announcement of
    /// the epoch is kept any more; `malformed`; or when the store fails.
    pub fn get_channel_keys(
        &self,
        caller: &Caller,
        request: GetChannelKeys,
    ) -> impl Future<Output = Result<ChannelKeys, Failure>> + Send + use<> {
        let asked = community_id(&request.community).map(|id| self.view(id));
        let (shared, caller) = (self.shared().clone(), caller.clone());
        async move {
            let view = asked?.await?;
            let reader = shared.reader(&view, &caller, &request.access.unwrap_or_default()).await?;
            let epoch = if request.epoch == 0 { view.state.epoch } else { request.epoch };
            match reader {
                // There is no such epoch yet.
                _ if epoch > view.state.epoch => Ok(nothing(epoch)),
                Reader::Subscriber(id) => shared.keys_of_subscriber(&view, id, epoch).await,
                Reader::Ticket(ticket) => shared.keys_of_ticket(&view, ticket, epoch).await,
                Reader::Admin(_) | Reader::Group(..) => Ok(nothing(epoch)),
            }
        }
    }
}

fn nothing(epoch: u64) -> ChannelKeys {
    ChannelKeys { epoch, ..ChannelKeys::default() }
}

impl Shared {
    async fn keys_of_subscriber(
        &self,
        view: &View,
        subscriber: SubscriberId,
        epoch: u64,
    ) -> Result<ChannelKeys, Failure> {
        let id = view.state.id();
        let Some(record) = subscriber_record(&self.store, id, subscriber).await? else {
            // It went just now.
            return Err(super::not_a_member());
        };
        if let Some(bucket) = record.bucket_in(epoch) {
            return self.seat(view, subscriber, epoch, bucket).await;
        }
        let is_seated = record.is_seated();
        match TicketId::try_from(record.ticket) {
            Ok(ticket) if !is_seated => self.keys_of_ticket(view, ticket, epoch).await,
            _ => Ok(nothing(epoch)),
        }
    }

    /// The seat in a bucket, and the bucket's seal.
    async fn seat(
        &self,
        view: &View,
        subscriber: SubscriberId,
        epoch: u64,
        bucket: u32,
    ) -> Result<ChannelKeys, Failure> {
        let id = view.state.id();
        let expired = || Failure::of(ErrorCode::Expired);
        let found = self.store.get(&[keys::epoch(id, epoch)]).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten().ok_or_else(expired)?;
        let record: EpochRecord = records::read(&found.value).map_err(failure::of_store)?;
        let version = record.version(bucket).ok_or_else(super::damaged)?;
        let wanted = [keys::seat(id, bucket, version, subscriber), keys::seal(id, epoch, bucket)];
        let found = self.store.get(&wanted).await.map_err(failure::of_store)?;
        // An old epoch may go just now.
        let [Some(seat), Some(seal)] = found.as_slice() else { return Err(expired()) };
        Ok(ChannelKeys {
            epoch,
            bucket,
            version,
            seat: seat.value.to_vec(),
            seal: seal.value.to_vec(),
            wrap: None,
        })
    }

    /// The wrap for a ticket. There is one of the present epoch only.
    async fn keys_of_ticket(
        &self,
        view: &View,
        ticket: TicketId,
        epoch: u64,
    ) -> Result<ChannelKeys, Failure> {
        let key = shared::wrap(view.state.id().log(), ticket);
        let found = self.store.get(&[key]).await.map_err(failure::of_store)?;
        let wrap = found.into_iter().next().flatten().map(|found| records::read::<Wrap>(&found.value));
        let wrap = wrap.transpose().map_err(failure::of_store)?.filter(|wrap| wrap.generation == epoch);
        Ok(ChannelKeys { wrap, ..nothing(epoch) })
    }
}
