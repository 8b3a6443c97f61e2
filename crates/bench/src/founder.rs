//! A device that founds a conversation, adds members, and writes. It holds the real MLS group; since nobody else
//! writes, it knows where the log stands without reading it.

use crate::{
    identity::Identity,
    wire::{self, Wire},
};
use anyhow::{Context as _, Result, ensure};
use asterism_mls::{
    Group, MemoryState, Provider, Suite,
    group::{CommitPlan, Offer},
    welcome,
};
use asterism_policy::PolicyState;
use asterism_wire::{
    entry::{AuthenticatedData, EntryKind},
    frame::{Accepted, Answer, CreateConversation, Request, SendMessage, SubmitCommit, Welcome},
    head,
    ids::{ConversationId, Epoch, Hash, IdempotencyKey, Seq, Timestamp},
    limits::ADDS_PER_COMMIT_MAX,
    signing,
};
use bytes::Bytes;
use prost::Message as _;
use std::sync::Arc;

/// The only writer of a conversation.
pub(crate) struct Founder {
    pub(crate) conversation: ConversationId,
    identity: Arc<Identity>,
    provider: Provider<MemoryState>,
    group: Group,
    epoch: Epoch,
    /// Last position of the log, and its head.
    at: (Seq, Hash),
}

impl Founder {
    /// Founds the conversation with this number.
    pub(crate) async fn found(wire: &mut Wire, identity: &Arc<Identity>, number: usize) -> Result<Self> {
        let purpose = format!("conversation {number}");
        let provider = identity.provider(&purpose);
        let conversation = ConversationId(provider.random());
        let state = PolicyState::group(conversation, identity.account());
        let (group, genesis) =
            Group::create(&provider, &identity.device_key, &identity.credential(), Suite::Classic, &state)?;
        let request = CreateConversation {
            conversation: conversation.to_vec(),
            group_info: genesis.group_info,
            ratchet_tree: genesis.ratchet_tree,
            vault: Vec::new(),
        };
        accepted(wire.ask(Request::CreateConversation(request)).await?)?;
        Ok(Self {
            conversation,
            identity: Arc::clone(identity),
            provider,
            group,
            epoch: Epoch::default(),
            at: (Seq(0), head::genesis(conversation)),
        })
    }

    /// Adds devices, as many in one commit as there may be.
    pub(crate) async fn add(&mut self, wire: &mut Wire, devices: &[Identity]) -> Result<()> {
        for batch in devices.chunks(ADDS_PER_COMMIT_MAX) {
            let packages = batch.iter().map(|device| Ok(device.key_package()?.key_package));
            let adds = packages.collect::<Result<Vec<_>>>()?;
            let plan = CommitPlan { adds, refresh: true, ..CommitPlan::default() };
            let statement = self.statement();
            let offer = self.group.offer(&self.provider, &self.identity.device_key, plan, &statement)?;
            self.commit(wire, offer).await.context("a commit that adds devices")?;
        }
        Ok(())
    }

    async fn commit(&mut self, wire: &mut Wire, offer: Offer) -> Result<()> {
        let commit = Bytes::from(offer.commit);
        let mut welcomes = Vec::with_capacity(offer.welcomes.len());
        let mut welcome_info = Vec::new();
        for one in offer.welcomes {
            let parts = welcome::split(&one.welcome)?;
            // A real envelope seals this once more; nobody opens these.
            welcomes.push(Welcome { device: one.joiner.device.to_vec(), envelope: parts.secrets.into() });
            welcome_info = parts.info;
        }
        let request = SubmitCommit {
            conversation: self.conversation.to_vec(),
            idempotency: self.provider.random::<{ IdempotencyKey::LEN }>().to_vec(),
            epoch_opened_by: self.epoch.opened_by.0,
            commit: commit.clone(),
            group_info: offer.group_info,
            welcomes,
            welcome_info: welcome_info.into(),
            ..SubmitCommit::default()
        };
        let accepted = accepted(wire.ask(Request::SubmitCommit(request)).await?)?;
        self.follow(EntryKind::Commit, &commit, &accepted)?;
        self.group.adopt(&self.provider)?;
        self.epoch = Epoch { number: self.epoch.number + 1, opened_by: Seq(accepted.seq) };
        Ok(())
    }

    /// Seals a message. It must be sent before another epoch begins.
    pub(crate) fn message(&mut self, content: &[u8]) -> Result<SendMessage> {
        let statement = self.statement();
        let body = self.group.seal(&self.provider, &self.identity.device_key, &statement, content)?;
        Ok(SendMessage {
            conversation: self.conversation.to_vec(),
            idempotency: self.provider.random::<{ IdempotencyKey::LEN }>().to_vec(),
            epoch_opened_by: self.epoch.opened_by.0,
            body: body.into(),
        })
    }

    /// The server has accepted a message, the next one in order.
    pub(crate) fn follow_message(&mut self, body: &[u8], accepted: &Accepted) -> Result<()> {
        self.follow(EntryKind::Message, body, accepted)
    }

    fn follow(&mut self, kind: EntryKind, body: &[u8], accepted: &Accepted) -> Result<()> {
        let (seq, before) = self.at;
        let (next, stamp) = (seq.next(), Timestamp(accepted.server_time_ms));
        ensure!(accepted.seq == next.0, "somebody else writes into the conversation");
        self.at = (next, head::next(before, self.conversation, next, kind, stamp, signing::sha256(body)));
        Ok(())
    }

    /// What it says about the log.
    fn statement(&self) -> Vec<u8> {
        AuthenticatedData { last_seq: self.at.0.0, last_head: self.at.1.to_vec(), entry_proof: None }
            .encode_to_vec()
    }
}

/// The answer to a submission.
pub(crate) fn accepted(answer: Answer) -> Result<Accepted> {
    match answer {
        Answer::Accepted(accepted) => Ok(accepted),
        other => Err(wire::unexpected(&other)),
    }
}
