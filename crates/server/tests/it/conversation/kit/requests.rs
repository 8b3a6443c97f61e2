//! The requests that devices make.

use super::{
    CONVERSATION, World,
    device::{Device, fresh},
};
use asterism_mls::{
    Group, MemoryState, Provider, Suite,
    group::Offer,
    key_package::new_key_package,
    link::LinkKeys,
    welcome::{self, Parts},
};
use asterism_policy::{AddTicket, Change, PolicyState, Role, Ticket, What};
use asterism_wire::{
    entry::{Receipt, Refusal, RefusalReason},
    frame::{
        Accepted, CreateConversation, Failure, FetchInbox, GetJoinInfo, JoinInfo, PutReceipt, PutRefusal,
        SendMessage, SubmitCommit, Subscribe, Welcome, WriteVault,
    },
    head,
    ids::{ConversationId, Epoch, Hash, IdempotencyKey, Seq},
    signing,
    vault::{PastKey, VaultRecord, Wrap},
};
use bytes::Bytes;
use std::collections::BTreeMap;

impl Device {
    /// Founds the conversation as a group, with a name.
    pub(crate) async fn create(&mut self, world: &World) -> CreateConversation {
        let state = PolicyState::group(CONVERSATION, self.caller.account);
        self.create_with(world, &state).await
    }

    pub(crate) async fn create_with(&mut self, world: &World, state: &PolicyState) -> CreateConversation {
        let genesis = self.found(state);
        let request = CreateConversation {
            conversation: CONVERSATION.to_vec(),
            group_info: genesis.group_info,
            ratchet_tree: genesis.ratchet_tree,
            vault: vec![self.vault_record("meta", 1, 0, b"name")],
        };
        world.conversations().create_conversation(&self.caller, request.clone()).await.unwrap();
        self.catch_up(world).await;
        request
    }

    /// Founds another conversation; commits to it still have to be addressed there.
    pub(crate) async fn create_elsewhere(&mut self, world: &World, conversation: ConversationId) {
        let genesis = self.found(&PolicyState::group(conversation, self.caller.account));
        let request = CreateConversation {
            conversation: conversation.to_vec(),
            group_info: genesis.group_info,
            ratchet_tree: genesis.ratchet_tree,
            vault: Vec::new(),
        };
        world.conversations().create_conversation(&self.caller, request).await.unwrap();
        self.at.1 = head::genesis(conversation);
    }

    pub(crate) fn vault_record(
        &self,
        name: &str,
        version: u64,
        generation: u64,
        sealed: &[u8],
    ) -> VaultRecord {
        let signed = signing::vault_entry(CONVERSATION, name, version, generation, sealed);
        VaultRecord {
            name: name.into(),
            version,
            generation,
            sealed: sealed.to_vec(),
            writer: self.person.credential(),
            writer_key: self.person.device_key.public().to_vec(),
            signature: self.person.device_key.sign(&signed).to_vec(),
        }
    }

    pub(crate) fn vault_write(&mut self, writes: Vec<VaultRecord>) -> WriteVault {
        let idempotency = self.new_key().to_vec();
        WriteVault { conversation: CONVERSATION.to_vec(), idempotency, writes }
    }

    fn new_key(&mut self) -> IdempotencyKey {
        let key = IdempotencyKey(fresh());
        self.remember_own(key);
        key
    }

    pub(crate) fn message(&mut self, text: &str) -> SendMessage {
        SendMessage {
            conversation: CONVERSATION.to_vec(),
            idempotency: self.new_key().to_vec(),
            epoch_opened_by: self.epoch.opened_by.0,
            body: self.seal(text).into(),
        }
    }

    /// Asks to append a message; the future only waits.
    pub(crate) fn send(
        &mut self,
        world: &World,
        text: &str,
    ) -> impl Future<Output = Result<Accepted, Failure>> + use<> {
        let request = self.message(text);
        world.conversations().send_message(&self.caller, request)
    }

    pub(crate) async fn say(&mut self, world: &World, text: &str) -> Result<Accepted, Failure> {
        self.send(world, text).await
    }

    pub(crate) fn key_package(&self) -> Vec<u8> {
        let (signer, credential) = (&self.person.device_key, self.person.credential());
        new_key_package(&self.provider, signer, &credential, Suite::Classic, false).unwrap()
    }

    /// A commit with all that must come with it. The joiners' parts of the MLS Welcome stand for their envelopes.
    pub(crate) fn commit(
        &mut self,
        adds: &[&Device],
        removes: &[&Device],
        changes: Vec<Change>,
    ) -> SubmitCommit {
        let packages = adds.iter().map(|device| device.key_package()).collect();
        let tickets_before = self.group().state().tickets.clone();
        let generation = self.group().state().vault_generation;
        let offer = self.offer(packages, removes, changes);
        let rotates = offer.next_state.vault_generation != generation;
        let tickets = offer.next_state.tickets.iter();
        let wrapped = tickets.filter(|t| rotates || !tickets_before.iter().any(|b| b.id == t.id));
        let wraps = wrapped
            .map(|ticket| Wrap {
                ticket: ticket.id.clone(),
                generation: offer.next_state.vault_generation,
                sealed: b"wrapped".to_vec(),
            })
            .collect();
        self.submission(offer, wraps, rotates.then(|| PastKey { generation, sealed: b"past".to_vec() }))
    }

    pub(crate) fn submission(
        &mut self,
        offer: Offer,
        wraps: Vec<Wrap>,
        past_key: Option<PastKey>,
    ) -> SubmitCommit {
        let sealed = |one: asterism_mls::group::WelcomeFor| Welcome {
            device: one.joiner.device.to_vec(),
            envelope: welcome::split(&one.welcome).unwrap().secrets.into(),
        };
        let welcome_info = offer.welcomes.first().map(|w| welcome::split(&w.welcome).unwrap().info);
        SubmitCommit {
            conversation: CONVERSATION.to_vec(),
            idempotency: self.new_key().to_vec(),
            epoch_opened_by: self.epoch.opened_by.0,
            commit: offer.commit.into(),
            group_info: offer.group_info,
            welcomes: offer.welcomes.into_iter().map(sealed).collect(),
            vault: Vec::new(),
            wraps,
            past_key,
            welcome_info: welcome_info.unwrap_or_default().into(),
        }
    }

    /// Commits, and merges what came of it.
    pub(crate) async fn do_commit(
        &mut self,
        world: &World,
        adds: &[&Device],
        removes: &[&Device],
        changes: Vec<Change>,
    ) -> Accepted {
        let request = self.commit(adds, removes, changes);
        let accepted = world.conversations().submit_commit(&self.caller, request).await.unwrap();
        self.catch_up(world).await;
        accepted
    }

    pub(crate) fn abandon(&mut self) {
        let group = self.group.as_mut().unwrap();
        group.abandon(&self.provider).unwrap();
    }

    /// Joins by the welcome in its inbox. `keys` are the vault keys that its envelope would hold.
    pub(crate) async fn join(&mut self, world: &World, keys: &BTreeMap<u64, [u8; 32]>) {
        let page = world.conversations().fetch_inbox(&self.caller, FetchInbox { after: 0 }).await.unwrap();
        let item = page.items.last().expect("a welcome");
        let request = GetJoinInfo {
            conversation: item.conversation.clone(),
            at_seq: item.commit_seq,
            ..GetJoinInfo::default()
        };
        let info = world.conversations().get_join_info(&self.caller, request).await.unwrap();
        assert!(info.group_info.is_empty());
        let parts = Parts { secrets: item.envelope.to_vec(), info: info.welcome_info };
        let welcome = welcome::compose(&parts).unwrap();
        self.group = Some(Group::join(&self.provider, &welcome, &info.ratchet_tree).unwrap());
        let standing = info.standing.unwrap();
        self.at = (Seq(standing.head_seq), Hash::try_from(info.head.as_slice()).unwrap());
        self.epoch = Epoch { number: standing.epoch, opened_by: Seq(standing.epoch_opened_by) };
        assert_eq!(self.group().epoch(), standing.epoch);
        self.vault_keys = keys.clone();
    }

    pub(crate) fn link_request(&self, link: &LinkKeys) -> GetJoinInfo {
        let (ticket, account) = (link.ticket_id, self.caller.account);
        let signed = signing::join_info_request(&self.caller.nonce, CONVERSATION, ticket, account);
        GetJoinInfo {
            conversation: CONVERSATION.to_vec(),
            at_seq: 0,
            ticket: link.ticket_id.to_vec(),
            ticket_signature: link.signing.sign(&signed).to_vec(),
        }
    }

    /// An external commit by a link or, without one, as a further device.
    pub(crate) fn entry(&mut self, info: &JoinInfo, link: Option<(&LinkKeys, [u8; 32])>) -> SubmitCommit {
        let offer = self.enter(info, link);
        SubmitCommit {
            conversation: CONVERSATION.to_vec(),
            idempotency: self.new_key().to_vec(),
            epoch_opened_by: info.standing.unwrap().epoch_opened_by,
            commit: offer.commit.into(),
            group_info: offer.group_info,
            ..SubmitCommit::default()
        }
    }

    /// Enters by a link.
    pub(crate) async fn enter_by(
        &mut self,
        world: &World,
        link: &LinkKeys,
        vault_key: [u8; 32],
    ) -> Result<Accepted, Failure> {
        let request = self.link_request(link);
        let info = world.conversations().get_join_info(&self.caller, request).await?;
        let request = self.entry(&info, Some((link, vault_key)));
        world.conversations().submit_commit(&self.caller, request).await
    }

    pub(crate) async fn subscribe(&mut self, world: &World) -> asterism_wire::frame::Subscription {
        let request = Subscribe { conversations: vec![CONVERSATION.to_vec()] };
        let mut answer = world.conversations().subscribe(&self.caller, request).await.unwrap();
        answer.standings.pop().unwrap()
    }

    pub(crate) fn receipt(&mut self, commit: Seq) -> PutReceipt {
        let authenticator = signing::authenticator_hash(&self.group().epoch_authenticator());
        let signed = signing::receipt(CONVERSATION, commit, authenticator);
        let receipt = Receipt {
            commit_seq: commit.0,
            authenticator_hash: authenticator.to_vec(),
            device: self.caller.device.to_vec(),
            signature: self.person.device_key.sign(&signed).to_vec(),
        };
        PutReceipt { conversation: CONVERSATION.to_vec(), receipt: Some(receipt) }
    }

    pub(crate) fn refusal(&self, commit: Seq, body: &Bytes) -> PutRefusal {
        let (body_hash, reason) = (signing::sha256(body), RefusalReason::ConfirmationTag);
        let signed = signing::refusal(CONVERSATION, commit, body_hash, reason as u32);
        let refusal = Refusal {
            commit_seq: commit.0,
            body_hash: body_hash.to_vec(),
            reason: reason as i32,
            device: self.caller.device.to_vec(),
            signature: self.person.device_key.sign(&signed).to_vec(),
        };
        PutRefusal { conversation: CONVERSATION.to_vec(), refusal: Some(refusal) }
    }

    /// A device that lost its group, but not its keys.
    pub(crate) fn forget_group(&mut self) {
        self.provider = Provider::new(MemoryState::default(), Vec::new(), fresh());
        self.group = None;
    }
}

/// A link, and the change that makes it.
pub(crate) fn link(creator: &Device, uses_max: u32, expires_ms: u64) -> (LinkKeys, Change) {
    let link = LinkKeys::derive(&fresh());
    let ticket = Ticket {
        id: link.ticket_id.to_vec(),
        signature_key: link.signing.public().to_vec(),
        seal_key: link.seal_public.as_bytes().to_vec(),
        role: Role::Member as i32,
        expires_ms,
        uses_max,
        uses: 0,
        creator: creator.caller.account.to_vec(),
        entered: Vec::new(),
    };
    (link, What::AddTicket(AddTicket { ticket: Some(ticket) }).into())
}
