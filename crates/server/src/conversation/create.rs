//! New conversations.

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    op::{Op, Reply},
    ranges::Membership,
    records::{self, EpochRecord, MetaRecord, SnapshotRecord, keys},
    vault,
};
use crate::{
    caller::Caller,
    community::{admits, no_such_community},
    failure,
    log::{Log, NewEntry, Position},
};
use asterism_mls::Tracker;
use asterism_policy::{Kind, Leaf, PolicyState, may_write_vault};
use asterism_store::{Expect, Store as _, Version, Write};
use asterism_wire::{
    ErrorCode,
    entry::EntryKind,
    frame::{Accepted, CreateConversation, Failure},
    ids::{ConversationId, Epoch, Hash, Seq, Timestamp},
    limits, signing,
};
use bytes::Bytes;
use std::future::Future;

impl Conversations {
    /// Creates a conversation with the caller as its only member. Repeated by the same device with the same
    /// content it succeeds again. The position in the answer is 0: the first epoch is opened by nothing.
    ///
    /// # Errors
    /// `conversation_exists`; `invalid_commit` when it is not the genesis of a group of the caller;
    /// `malformed`, `bad_signature`, `forbidden`, `vault_conflict` or `limit_exceeded` for its vault; `rate_limited`;
    /// or when the store fails.
    pub fn create_conversation(
        &self,
        caller: &Caller,
        request: CreateConversation,
    ) -> impl Future<Output = Result<Accepted, Failure>> + Send + use<> {
        let asked = check(&request).map(|id| self.ask(id, Op::Create(caller.clone(), Box::new(request))));
        async move { asked?.await?.accepted() }
    }
}

fn check(request: &CreateConversation) -> Result<ConversationId, Failure> {
    if request.vault.len() > limits::VAULT_WRITES_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    super::conversation_id(&request.conversation)
}

impl Actor {
    pub(super) async fn create(
        &mut self,
        caller: &Caller,
        request: &CreateConversation,
    ) -> Result<Decision, Failure> {
        let request_hash = request_hash(request);
        let found = self.shared.store.get(&[keys::meta(self.id)]).await.map_err(failure::of_store)?;
        if let Some(found) = found.into_iter().next().flatten() {
            let meta = records::read(&found.value).map_err(failure::of_store)?;
            return repeated(&meta, caller, request_hash);
        }
        self.shared.throttle.create.take(caller.account, self.shared.clock.now())?;
        let tracker = self.judge_genesis(caller, request)?;
        let stamp = self.shared.clock.now();
        self.check_community(caller, tracker.state(), stamp).await?;
        let may = |name: &str| may_write_vault(tracker.state(), caller.account, name, stamp);
        vault::check_records(&request.vault, self.id, caller, may)?;
        if request.vault.iter().any(|record| record.version != 1) {
            return Err(Failure::of(ErrorCode::VaultConflict));
        }

        let mut log = Log::new(self.id, Position::genesis(self.id, stamp), Seq(1));
        let entries: Vec<_> = request
            .vault
            .iter()
            .map(|record| {
                log.next_entry(NewEntry {
                    kind: EntryKind::Vault,
                    epoch: Epoch::default(),
                    stamp,
                    idempotency: None,
                    body: records::bytes(record),
                })
            })
            .collect();
        let mut append = log.append(&entries, None);
        append.expect = Expect::Head(0);
        append.writes = first_records(self.id, caller, request, request_hash, stamp);
        append.writes.extend(no_such_community(self.id));
        let accepted = Accepted { seq: 0, server_time_ms: stamp.0 };
        Ok(Decision::Append(append, Reply::Accepted(accepted), Effects::default()))
    }

    fn judge_genesis(&self, caller: &Caller, request: &CreateConversation) -> Result<Tracker, Failure> {
        let tracker = Tracker::found(&request.group_info, &request.ratchet_tree)
            .map_err(|error| Failure::of(error.code()))?;
        let creator = Leaf { account: caller.account, device: caller.device };
        tracker.check_genesis(creator).map_err(|error| Failure::of(error.code()))?;
        if tracker.conversation() == self.id {
            Ok(tracker)
        } else {
            Err(Failure::of(ErrorCode::InvalidCommit))
        }
    }
}

impl Actor {
    /// No community may have the id, and who founds a group of a community administers it (§10.10).
    async fn check_community(
        &self,
        caller: &Caller,
        state: &PolicyState,
        stamp: Timestamp,
    ) -> Result<(), Failure> {
        let store = &self.shared.store;
        let taken = no_such_community(self.id).map(|condition| condition.key);
        let found = store.get(&taken).await.map_err(failure::of_store)?;
        if found.iter().any(Option::is_some) {
            return Err(Failure::of(ErrorCode::ConversationExists));
        }
        match state.community() {
            Some(community) if state.kind() == Kind::Group => {
                let admits = admits(store, community, caller.account, stamp).await?;
                if admits { Ok(()) } else { Err(Failure::of(ErrorCode::Forbidden)) }
            }
            _ => Ok(()),
        }
    }
}

fn request_hash(request: &CreateConversation) -> Hash {
    let vault: Vec<Bytes> = request.vault.iter().map(records::bytes).collect();
    let parts: Vec<&[u8]> = [request.group_info.as_slice(), request.ratchet_tree.as_slice()]
        .into_iter()
        .chain(vault.iter().map(AsRef::as_ref))
        .collect();
    signing::hash("asterism 1 server creation", &parts)
}

fn repeated(meta: &MetaRecord, caller: &Caller, request_hash: Hash) -> Result<Decision, Failure> {
    let same = meta.creator == caller.device.as_bytes() && meta.request_hash == request_hash.as_bytes();
    if !same {
        return Err(Failure::of(ErrorCode::ConversationExists));
    }
    let accepted = Accepted { seq: 0, server_time_ms: meta.created_at_ms };
    Ok(Decision::Answer(Reply::Accepted(accepted), Effects::default()))
}

fn first_records(
    id: ConversationId,
    caller: &Caller,
    request: &CreateConversation,
    request_hash: Hash,
    stamp: Timestamp,
) -> Vec<Write> {
    let put = |key, value| Write { key, expect: Version::Any, value: Some(value) };
    let meta = MetaRecord {
        creator: caller.device.to_vec(),
        request_hash: request_hash.to_vec(),
        created_at_ms: stamp.0,
    };
    let group_info = Bytes::copy_from_slice(&request.group_info);
    let ratchet_tree = Bytes::copy_from_slice(&request.ratchet_tree);
    let mut creator = Membership::new(caller.account);
    creator.open(Seq(0));
    let mut writes = vec![
        Write { key: keys::meta(id), expect: Version::Absent, value: Some(records::bytes(&meta)) },
        put(
            keys::epoch(id, Seq(0)),
            records::bytes(&EpochRecord {
                number: 0,
                group_info: group_info.clone(),
                welcome_info: Bytes::new(),
            }),
        ),
        put(keys::snapshot(id, Seq(0)), records::bytes(&SnapshotRecord { group_info, ratchet_tree })),
        put(keys::snapshot_at(id, Seq(0)), Bytes::new()),
        put(keys::member(id, caller.device), records::bytes(&creator.to_record())),
        put(keys::participation(caller.account, id), Bytes::new()),
        put(keys::vault_size(id), records::number_bytes(request.vault.len() as u64)),
    ];
    let vault = request.vault.iter();
    writes.extend(vault.map(|record| put(keys::vault(id, &record.name), records::bytes(record))));
    writes
}
