//! Founding a community (docs/protocol.md §10.1, §10.3).

use super::{
    Communities, governance, incomplete,
    keeper::{Keeper, Range},
    live::Live,
    records::{CommunityRecord, EpochRecord, bytes, keys, number_bytes, put, shared},
};
use crate::{
    caller::Caller,
    conversation::{facts::no_such_conversation, vault as vaults},
    failure,
    log::{Log, NewEntry, Position},
};
use asterism_policy::{CommunityState, Kind, decide_community, may_write_community_vault};
use asterism_store::{Expect, Store as _, Version, Write};
use asterism_wire::{
    ErrorCode,
    community::GovernanceBody,
    entry::{Entry, EntryKind},
    frame::{Accepted, CreateCommunity, Failure},
    head,
    ids::{Epoch, Seq, Timestamp},
    limits, signing,
};
use bytes::Bytes;
use std::{collections::BTreeMap, future::Future, sync::Arc};

impl Communities {
    /// Founds a community whose admin room is there. Repeated by the same device with the same first entry it
    /// succeeds again.
    ///
    /// # Errors
    /// `conversation_exists`, also when an id in the first entry is in use; `not_a_member` and `forbidden` unless the
    /// caller is in the admin room, and it is that of this community; `invalid_commit` by the rules of communities;
    /// `incomplete_bundle` unless the first epoch has no buckets; `bad_signature`; `vault_conflict`, `stale_epoch`
    /// for its vault; `limit_exceeded`, `rate_limited`, `malformed`; or when the store fails.
    pub fn create_community(
        &self,
        caller: &Caller,
        request: CreateCommunity,
    ) -> impl Future<Output = Result<Accepted, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = self.check_creation(&caller, &request).map(|body| {
            let id = signing::community_id(&body.changes);
            self.ask(id, move |keeper| Box::pin(keeper.create(caller, request, body)))
        });
        async move { asked?.await }
    }

    fn check_creation(&self, caller: &Caller, request: &CreateCommunity) -> Result<GovernanceBody, Failure> {
        let shared = self.shared();
        shared.throttle.create.take(caller.account, shared.clock.now())?;
        if request.vault.len() > limits::VAULT_WRITES_MAX {
            return Err(Failure::of(ErrorCode::LimitExceeded));
        }
        governance::read_body(&request.governance)
    }
}

/// A founding that may be written.
struct Founding {
    state: CommunityState,
    stamp: Timestamp,
}

impl Keeper {
    async fn create(
        &mut self,
        caller: Caller,
        request: CreateCommunity,
        body: GovernanceBody,
    ) -> Result<Accepted, Failure> {
        let body_hash = signing::sha256(&request.governance);
        if let Some(live) = self.known().await? {
            let record = &live.record;
            let same = record.creator == caller.device.as_bytes() && record.body_hash == body_hash.as_bytes();
            let first = Range { first: Seq(1), last: Seq(1), is_repeated: true };
            let exists = Failure::of(ErrorCode::ConversationExists);
            return if same { self.accepted(self.id.log(), first).await } else { Err(exists) };
        }
        let founding = self.judge_founding(&caller, &request, &body).await?;
        let record = CommunityRecord {
            creator: caller.device.to_vec(),
            body_hash: body_hash.to_vec(),
            created_at_ms: founding.stamp.0,
            state: founding.state.to_bytes(),
        };
        let mut log = Log::new(self.id.log(), Position::genesis(self.id.log(), founding.stamp), Seq(1));
        let entries = first_entries(&mut log, &request, founding.stamp);
        let mut append = log.append(&entries, None);
        append.expect = Expect::Head(0);
        append.writes = first_records(&founding.state, &record, &request);
        let range = self.append(append).await?;
        let announcements = founding.state.announcements_id();
        let posts = Log::new(announcements, Position::genesis(announcements, founding.stamp), Seq(1));
        let state = Arc::new(founding.state);
        self.live = Some(Live { record, state, log, posts, uses: Arc::new(BTreeMap::new()) });
        self.accepted(self.id.log(), range).await
    }

    async fn judge_founding(
        &self,
        caller: &Caller,
        request: &CreateCommunity,
        body: &GovernanceBody,
    ) -> Result<Founding, Failure> {
        let id = self.id;
        let stamp = self.shared.clock.now();
        governance::check_author(
            caller,
            (&body.author, &body.author_key, &body.signature),
            &signing::governance(id, Seq(1), head::genesis(id.log()), &body.changes),
        )?;
        let state = decide_community(id, None, caller.account, &body.changes, Seq(1), stamp)
            .map_err(|denial| Failure::of(denial.code()))?;
        // The first epoch is known to its founder alone.
        if state.table_hash != signing::sha256(&[]).as_bytes() {
            return Err(incomplete());
        }
        let may = |name: &str| may_write_community_vault(&state, caller.account, name, stamp);
        vaults::check_records(&request.vault, id.log(), caller, may)?;
        if request.vault.iter().any(|record| record.version != 1) {
            return Err(Failure::of(ErrorCode::VaultConflict));
        }
        if request.vault.iter().any(|record| record.generation != state.epoch) {
            return Err(Failure::of(ErrorCode::StaleEpoch));
        }
        let room = self.shared.conversations.facts(state.admin_room_id(), Some(caller.device)).await?;
        let is_its = room.kind == Kind::AdminRoom && room.community == Some(id);
        #[cfg(feature = "plant")]
        let is_its = is_its || crate::plant::ANY_ROOM.get();
        if !is_its {
            return Err(Failure::of(ErrorCode::Forbidden));
        }
        self.check_ids(&state).await?;
        Ok(Founding { state, stamp })
    }

    /// Nothing has the id of the announcements. (That of the log is a hash that nobody can choose.)
    async fn check_ids(&self, state: &CommunityState) -> Result<(), Failure> {
        let id = state.announcements_id();
        let taken =
            [shared::meta(id), keys::posts(id), keys::community(id.into()), shared::meta(self.id.log())];
        let found = self.shared.store.get(&taken).await.map_err(failure::of_store)?;
        let is_taken = found.iter().any(Option::is_some) || id == self.id.log();
        if is_taken { Err(Failure::of(ErrorCode::ConversationExists)) } else { Ok(()) }
    }
}

fn first_entries(log: &mut Log, request: &CreateCommunity, stamp: Timestamp) -> Vec<Entry> {
    let first = log.next_entry(NewEntry {
        kind: EntryKind::Governance,
        epoch: Epoch::default(),
        stamp,
        idempotency: None,
        body: request.governance.clone(),
    });
    let epoch = Epoch { number: 1, opened_by: first.position() };
    let mut entries = vec![first];
    entries.extend(vaults::entries(log, &request.vault, epoch, stamp, None));
    entries
}

fn first_records(state: &CommunityState, record: &CommunityRecord, request: &CreateCommunity) -> Vec<Write> {
    let (id, announcements) = (state.id(), state.announcements_id());
    let fresh = |key, value| Write { key, expect: Version::Absent, value: Some(value) };
    let mut writes = vec![
        fresh(keys::community(id), bytes(record)),
        fresh(keys::posts(announcements), Bytes::copy_from_slice(id.as_bytes())),
        no_such_conversation(announcements),
        no_such_conversation(id.log()),
        put(keys::table(id), Bytes::new()),
        put(keys::epoch(id, state.epoch), bytes(&EpochRecord::default())),
        put(keys::subscribers(id), number_bytes(0)),
        put(shared::vault_size(id.log()), number_bytes(request.vault.len() as u64)),
    ];
    let vault = request.vault.iter();
    writes.extend(vault.map(|record| put(shared::vault(id.log(), &record.name), bytes(record))));
    writes
}
