//! What a dishonest server has made in advance: an account of its own, and groups and statements of that account.

use super::{attack::Act, layer::Layer};
use crate::{
    stranger::{FakeGroup, Stranger, suite_of},
    world::World,
};
use asterism_mls::{group::Entry as Right, hostile, seal};
use asterism_policy::{Leaf, PolicyState};
use asterism_wire::{
    AccountId, ConversationId, Hash, Seq, TicketId,
    account::{AccountEntry, DeviceEntry},
    entry::{Entry, EntryKind, Receipt, VoidBody},
    signing::{self, transcript},
    vault::{VaultRecord, Wrap},
};
use prost::Message as _;

/// See the module.
pub(super) struct Planted {
    pub(super) stranger: Stranger,
    pub(super) fake: Option<FakeGroup>,
    /// The conversation that the fake group claims to be.
    pub(super) fake_id: ConversationId,
    pub(super) fake_position: u64,
    /// The commit by which the victim entered the fake group.
    pub(super) entered: Option<Entry>,
    /// For [`Act::FakeGroupForSecondTry`].
    pub(super) has_refused_a_try: bool,
    /// The entry that goes into another history.
    pub(super) forged: Option<Entry>,
}

impl Planted {
    /// Makes what an attack needs.
    pub(super) fn prepare(
        world: &mut World,
        layer: &Layer,
        act: Act,
        victim: AccountId,
        peer: AccountId,
    ) -> Option<Self> {
        let mut planted = Self::of(Stranger::register(world, "mallory").ok()?, layer.target);
        let state = layer.trackers.get(&layer.target).map(|tracker| tracker.state().clone());
        match act {
            Act::WelcomeElsewhere
            | Act::WelcomeAfterExclusion
            | Act::FakeGroupForRepair
            | Act::FakeGroupForSecondTry
            | Act::FakeGroupForRecovery => {
                planted.found(world, &state?, victim);
            }
            Act::FakeDirect => {
                // The lowest id: where there are two, the lower one counts.
                planted.fake_id = ConversationId([0; 16]);
                planted.found(world, &PolicyState::direct(planted.fake_id, victim, peer), victim);
            }
            _ => planted.forge(layer, act, victim)?,
        }
        Some(planted)
    }

    /// Nothing yet.
    pub(super) fn of(stranger: Stranger, target: ConversationId) -> Self {
        Self {
            stranger,
            fake: None,
            fake_id: target,
            fake_position: 1_000_000,
            entered: None,
            has_refused_a_try: false,
            forged: None,
        }
    }

    /// Makes the entry that an attack puts into another history, if it does.
    pub(super) fn forge(&mut self, layer: &Layer, act: Act, victim: AccountId) -> Option<()> {
        self.forged = match act {
            Act::ForkForgedCommit => self.forge_commit(layer, victim),
            Act::ForkVoidBare => void(layer, Vec::new()),
            Act::ForkVoidByStranger => {
                let (epoch, ..) = layer.standing()?;
                let log = layer.logs.get(&layer.target)?;
                let body_hash = log.get(&epoch.opened_by.0)?.body_hash().ok()?;
                let refusal = self.stranger.refusal(layer.target, epoch.opened_by, body_hash);
                void(layer, vec![refusal])
            }
            Act::ForkMoved => {
                let elsewhere = layer.logs.iter().find(|(id, _)| **id != layer.target)?.1;
                let message = elsewhere.values().rev().find(|e| e.kind == EntryKind::Message as i32)?;
                let (epoch, ..) = layer.standing()?;
                Some(Entry { epoch: epoch.number, epoch_opened_by: epoch.opened_by.0, ..message.clone() })
            }
            _ => None,
        };
        Some(())
    }

    fn found(&mut self, world: &mut World, state: &PolicyState, victim: AccountId) -> Option<()> {
        let hybrid = state.kind() == asterism_policy::Kind::Direct;
        let package = self.stranger.claim(world, victim, hybrid)?;
        let suite = suite_of(&package)?;
        self.fake = self.stranger.fake_group(state, suite, &package);
        Some(())
    }

    /// A group with the real one's state and the stranger as its only member.
    pub(super) fn found_alone(&self, state: &PolicyState) -> (Vec<u8>, Vec<u8>) {
        let genesis = hostile::found_with(
            &self.stranger.provider,
            &self.stranger.key,
            &self.stranger.credential,
            asterism_mls::Suite::Classic,
            state,
        );
        (genesis.group_info, genesis.ratchet_tree)
    }

    /// The stranger's own entry as a device of the victim's account.
    fn forge_commit(&self, layer: &Layer, victim: AccountId) -> Option<Entry> {
        let (group_info, tree) = layer.group()?;
        let (parent, last, head) = layer.standing()?;
        let leaf = Leaf { account: victim, device: self.stranger.leaf().device };
        let entered = hostile::enter_with(
            &self.stranger.provider,
            &self.stranger.key,
            &self.stranger.credential,
            leaf,
            &group_info,
            &tree,
            Right::OwnDevice { account_key: &self.stranger.account_key },
            parent,
            (last, head),
        );
        Some(entry(EntryKind::Commit, parent, entered.commit))
    }

    /// A receipt of the stranger's.
    pub(super) fn receipt(&self, id: ConversationId, seq: u64) -> Receipt {
        self.stranger.receipt(id, Seq(seq))
    }

    /// The stranger's entry in the directory, under somebody's handle.
    pub(super) fn directory_entry(&self, handle: &str) -> AccountEntry {
        AccountEntry {
            account: self.stranger.leaf().account.to_vec(),
            handle: handle.to_owned(),
            devices: vec![DeviceEntry {
                device_key: self.stranger.key.public().to_vec(),
                credential: self.stranger.credential.clone(),
                last_seen_ms: 0,
            }],
        }
    }

    /// A key package of the stranger's.
    pub(super) fn key_package(&self, hybrid: bool) -> Vec<u8> {
        let suite = if hybrid { asterism_mls::Suite::Hybrid } else { asterism_mls::Suite::Classic };
        hostile::key_package_with(
            &self.stranger.provider,
            &self.stranger.key,
            &self.stranger.credential,
            suite,
        )
    }

    /// A record of the stranger's, newer than all others.
    pub(super) fn record(&self, id: ConversationId, name: &str, generation: u64) -> VaultRecord {
        let sealed = vec![9; 96];
        let version = 99;
        let signed = signing::vault_entry(id, name, version, generation, &sealed);
        VaultRecord {
            name: name.to_owned(),
            version,
            generation,
            sealed,
            writer: self.stranger.credential.clone(),
            writer_key: self.stranger.key.public().to_vec(),
            signature: self.stranger.key.sign(&signed).to_vec(),
        }
    }

    /// A vault key of the stranger's choice, wrapped to a ticket.
    pub(super) fn wrap(&self, id: ConversationId, ticket: TicketId, seal_key: &[u8]) -> Option<Wrap> {
        let generation = 0_u64;
        let parts: [&[u8]; 3] = [id.as_bytes(), ticket.as_bytes(), &generation.to_be_bytes()];
        let aad = transcript("asterism 1 vault wrap", &parts);
        let public = seal::SealPublic::new(seal_key).ok()?;
        let sealed = seal::seal(&public, b"asterism 1 vault wrap", &aad, &[7; 32]).ok()?;
        Some(Wrap { ticket: ticket.to_vec(), generation, sealed })
    }

    /// The entry by which the victim has entered the fake group, as its log would show it.
    pub(super) fn take_entry(&mut self, commit: &bytes::Bytes) -> u64 {
        let position = self.fake_position + 1;
        let epoch = asterism_wire::Epoch { number: 1, opened_by: Seq(self.fake_position) };
        let mut entry = entry(EntryKind::Commit, epoch, commit.to_vec());
        entry.seq = position;
        entry.server_time_ms = 1_900_000_000_000;
        if let Ok(head) = entry.expected_head(self.fake_id, Hash([8; 32])) {
            entry.head = head.to_vec();
        }
        self.entered = Some(entry);
        position
    }
}

fn entry(kind: EntryKind, epoch: asterism_wire::Epoch, body: Vec<u8>) -> Entry {
    Entry {
        kind: kind as i32,
        epoch: epoch.number,
        epoch_opened_by: epoch.opened_by.0,
        body: body.into(),
        ..Entry::default()
    }
}

fn void(layer: &Layer, refusals: Vec<asterism_wire::entry::Refusal>) -> Option<Entry> {
    let (epoch, ..) = layer.standing()?;
    let body = VoidBody { commit_seq: epoch.opened_by.0, refusals };
    Some(entry(EntryKind::Void, epoch, body.encode_to_vec()))
}
