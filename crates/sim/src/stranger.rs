//! An account without a client core: whoever can write frames and knows the protocol, but not our manners.

use crate::world::World;
use asterism_core::hostile::{OwnKeys, PublicGroup};
use asterism_mls::{
    Group, MemoryState, Provider, SigningKey, Suite,
    credential::make_credential,
    group::{CommitPlan, Entry as Right},
    hostile,
    key_package::{KeyPackageInfo, new_key_package},
    link::LinkKeys,
    seal::{self, SealPublic},
    welcome::split,
};
use asterism_policy::{Leaf, PolicyState};
use asterism_server::{
    Session,
    connection::{Drained, Outgoing},
};
use asterism_wire::{
    AccountId, ConversationId, DeviceId, Epoch, ErrorCode, IdempotencyKey, Seq, TicketId, Timestamp,
    account::DeviceEntry,
    entry::{AuthenticatedData, Receipt, Refusal, RefusalReason},
    frame::{self, Answer, ClientFrame, Request, ServerBody, ServerFrame},
    head,
    link::Link,
    signing,
};
use ciborium::Value;
use prost::Message as _;

/// See the module.
pub struct Stranger {
    pub(crate) account_key: SigningKey,
    pub(crate) key: SigningKey,
    pub(crate) credential: Vec<u8>,
    pub(crate) provider: Provider<MemoryState>,
    /// To the simulated server.
    line: Option<(Session, Outgoing)>,
    /// What the server greeted it with, once it has.
    pub nonce: Vec<u8>,
    next_id: u64,
}

/// A group that its founder made to look like another one.
pub(crate) struct FakeGroup {
    pub(crate) group: Group,
    pub(crate) group_info: Vec<u8>,
    pub(crate) tree: Vec<u8>,
    /// What is common to all welcomes.
    pub(crate) welcome_info: Vec<u8>,
    /// For the inbox of the one who was added.
    pub(crate) envelope: Vec<u8>,
}

impl Stranger {
    /// Has keys, and has never spoken to anybody.
    pub fn unknown(mut seed: impl FnMut() -> [u8; 32], now: Timestamp) -> Self {
        let account_key = SigningKey::from_seed(seed());
        let key = SigningKey::from_seed(seed());
        let credential = make_credential(&account_key, 0, 1, now.0, &key.public()).encode_to_vec();
        let provider = Provider::new(MemoryState::default(), b"fake".to_vec(), seed());
        Self { account_key, key, credential, provider, line: None, nonce: Vec::new(), next_id: 0 }
    }

    /// Connects and registers.
    pub(crate) fn register(world: &mut World, handle: &str) -> anyhow::Result<Self> {
        let line = world.connect_stranger().ok_or_else(|| anyhow::anyhow!("the server is down"))?;
        let now = world.now;
        let mut stranger = Self { line: Some(line), ..Self::unknown(|| world.seed(), now) };
        let Ok(Answer::Hello(hello)) = stranger.ask(world, Self::hello()) else {
            anyhow::bail!("no hello");
        };
        stranger.nonce = hello.nonce;
        let register = stranger.registration(handle);
        stranger
            .ask(world, register)
            .map_err(|code| anyhow::anyhow!("the stranger cannot register: {code:?}"))?;
        for (suite, hybrid) in [(Suite::Classic, false), (Suite::Hybrid, true)] {
            let package =
                new_key_package(&stranger.provider, &stranger.key, &stranger.credential, suite, true)?;
            let published = frame::PublishedKeyPackage { key_package: package, created_at_ms: world.now.0 };
            let put = frame::PutKeyPackages { hybrid, one_time: Vec::new(), last_resort: Some(published) };
            stranger
                .ask(world, Request::PutKeyPackages(put))
                .map_err(|code| anyhow::anyhow!("no key packages: {code:?}"))?;
        }
        Ok(stranger)
    }

    /// Somebody's device, with a client of their own.
    pub(crate) fn as_device(world: &mut World, keys: OwnKeys) -> anyhow::Result<Self> {
        let line = world.connect_stranger().ok_or_else(|| anyhow::anyhow!("the server is down"))?;
        let (account_key, key, credential) = keys;
        let now = world.now;
        let unknown = Self::unknown(|| world.seed(), now);
        let mut device = Self { account_key, key, credential, line: Some(line), ..unknown };
        let Ok(Answer::Hello(hello)) = device.ask(world, Self::hello()) else {
            anyhow::bail!("no hello");
        };
        let Leaf { account, device: id } = device.leaf();
        let signed = signing::authentication(&hello.nonce, account, id);
        device.nonce = hello.nonce;
        let authenticate = frame::Authenticate {
            account: account.to_vec(),
            device: id.to_vec(),
            signature: device.key.sign(&signed).to_vec(),
        };
        device
            .ask(world, Request::Authenticate(authenticate))
            .map_err(|code| anyhow::anyhow!("the device is not let in: {code:?}"))?;
        Ok(device)
    }

    /// The first thing to say on a connection.
    #[must_use]
    pub fn hello() -> Request {
        let (protocol, client) = (asterism_wire::PROTOCOL_VERSION, "stranger".into());
        Request::Hello(frame::Hello { protocol, client })
    }

    /// What makes an account of it, on the connection with its nonce.
    #[must_use]
    pub fn registration(&self, handle: &str) -> Request {
        let (account, device) = (self.leaf().account, self.leaf().device);
        let signed = signing::registration(&self.nonce, handle, account, &self.key.public());
        let authentication = signing::authentication(&self.nonce, account, device);
        Request::Register(frame::Register {
            handle: handle.to_owned(),
            device: Some(DeviceEntry {
                device_key: self.key.public().to_vec(),
                credential: self.credential.clone(),
                last_seen_ms: 0,
            }),
            account_signature: self.account_key.sign(&signed).to_vec(),
            device_signature: self.key.sign(&authentication).to_vec(),
            recovery_blob: vec![1; 64],
            recovery_token_hash: signing::sha256(b"token").to_vec(),
            invite_code: String::new(),
        })
    }

    /// Asks for what joiners need, as who knows a ticket and not the link's secret.
    #[must_use]
    pub fn ask_for_join_info(&self, conversation: ConversationId, ticket: TicketId) -> Request {
        let signed = signing::join_info_request(&self.nonce, conversation, ticket, self.leaf().account);
        Request::GetJoinInfo(frame::GetJoinInfo {
            conversation: conversation.to_vec(),
            at_seq: 0,
            ticket: ticket.to_vec(),
            ticket_signature: LinkKeys::derive(&[9; 32]).signing.sign(&signed).to_vec(),
        })
    }

    /// Enters all the same, with the group info that somebody inside gave away, and another key than the ticket's.
    #[must_use]
    pub fn enter_without_secret(
        &self,
        conversation: ConversationId,
        link: &Link,
        (info, tree, epoch, opened_by, head): PublicGroup,
    ) -> Request {
        let mut forged = LinkKeys::derive(&link.secret);
        forged.signing = SigningKey::from_seed([9; 32]);
        let entered = hostile::enter_with(
            &self.provider,
            &self.key,
            &self.credential,
            self.leaf(),
            &info,
            &tree,
            Right::Ticket { link: &forged, vault_key: [1; 32] },
            Epoch { number: epoch, opened_by },
            head,
        );
        Request::SubmitCommit(frame::SubmitCommit {
            conversation: conversation.to_vec(),
            idempotency: IdempotencyKey([4; 16]).to_vec(),
            epoch_opened_by: opened_by.0,
            commit: entered.commit.into(),
            group_info: entered.group_info,
            ..frame::SubmitCommit::default()
        })
    }

    /// Its account and device.
    pub(crate) fn leaf(&self) -> Leaf {
        Leaf {
            account: signing::account_id(&self.account_key.public()),
            device: signing::device_id(&self.key.public()),
        }
    }

    /// Asks the server something, whatever it is.
    pub(crate) fn ask(&mut self, world: &World, request: Request) -> Result<Answer, ErrorCode> {
        self.next_id += 1;
        let id = self.next_id;
        let Some((session, outgoing)) = &mut self.line else { return Err(ErrorCode::NotAuthenticated) };
        world.run_async(session.handle(ClientFrame { id, request: Some(request) }));
        while let Some(drained) = outgoing.try_next() {
            let Drained::Frames(frames) = drained else { return Err(ErrorCode::Internal) };
            for bytes in frames {
                let Ok(ServerFrame { body: Some(ServerBody::Response(response)) }) =
                    ServerFrame::decode(bytes)
                else {
                    continue;
                };
                if response.id == id {
                    return match response.answer {
                        Some(Answer::Failure(failure)) => Err(failure.error_code()),
                        Some(answer) => Ok(answer),
                        None => Err(ErrorCode::Malformed),
                    };
                }
            }
        }
        Err(ErrorCode::Timeout)
    }

    /// A key package of somebody's device, as the server hands it to anybody.
    pub(crate) fn claim(&mut self, world: &World, account: AccountId, hybrid: bool) -> Option<Vec<u8>> {
        let claim = frame::ClaimKeyPackages { account: account.to_vec(), hybrid };
        let Ok(Answer::ClaimedKeyPackages(claimed)) = self.ask(world, Request::ClaimKeyPackages(claim))
        else {
            return None;
        };
        claimed.packages.into_iter().next()?.package.map(|package| package.key_package)
    }

    /// Founds a group with any id and state, and adds somebody by a key package.
    pub(crate) fn fake_group(
        &mut self,
        state: &PolicyState,
        suite: Suite,
        key_package: &[u8],
    ) -> Option<FakeGroup> {
        let id = ConversationId::try_from(state.conversation.as_slice()).ok()?;
        let namespace = [id.as_bytes(), b"fake".as_slice()].concat();
        let provider = Provider::new(self.provider.store().clone(), namespace, self.provider.random());
        let (mut group, _) = Group::create(&provider, &self.key, &self.credential, suite, state).ok()?;
        let said =
            AuthenticatedData { last_seq: 0, last_head: head::genesis(id).to_vec(), entry_proof: None };
        let plan = CommitPlan { adds: vec![key_package.to_vec()], ..CommitPlan::default() };
        let offer = group.offer(&provider, &self.key, plan, &said.encode_to_vec()).ok()?;
        group.adopt(&provider).ok()?;
        let welcome = offer.welcomes.first()?;
        let parts = split(&welcome.welcome).ok()?;
        let sealed = envelope(&welcome.entry_key, id, welcome.joiner.device, &parts.secrets, [7; 32], 0)?;
        Some(FakeGroup {
            group_info: group.group_info(&provider, &self.key).ok()?,
            tree: group.ratchet_tree(),
            welcome_info: parts.info,
            envelope: [welcome.key_package_ref.as_slice(), &sealed].concat(),
            group,
        })
    }

    /// Says to have merged a commit.
    pub(crate) fn receipt(&self, id: ConversationId, commit: Seq) -> Receipt {
        let hash = signing::authenticator_hash(b"anything");
        Receipt {
            commit_seq: commit.0,
            authenticator_hash: hash.to_vec(),
            device: self.leaf().device.to_vec(),
            signature: self.key.sign(&signing::receipt(id, commit, hash)).to_vec(),
        }
    }

    /// Says that a commit cannot be accepted.
    pub(crate) fn refusal(&self, id: ConversationId, commit: Seq, body_hash: asterism_wire::Hash) -> Refusal {
        let reason = RefusalReason::ConfirmationTag;
        Refusal {
            commit_seq: commit.0,
            body_hash: body_hash.to_vec(),
            reason: reason as i32,
            device: self.leaf().device.to_vec(),
            signature: self.key.sign(&signing::refusal(id, commit, body_hash, reason as u32)).to_vec(),
        }
    }
}

/// The suite of a key package.
pub(crate) fn suite_of(key_package: &[u8]) -> Option<Suite> {
    [Suite::Classic, Suite::Hybrid]
        .into_iter()
        .find(|suite| KeyPackageInfo::read(key_package, *suite).is_ok())
}

/// docs/protocol.md §5.4, as anybody can do it.
fn envelope(
    entry_key: &SealPublic,
    id: ConversationId,
    device: DeviceId,
    welcome: &[u8],
    vault_key: [u8; 32],
    generation: u64,
) -> Option<Vec<u8>> {
    let value = Value::Map(vec![
        (1.into(), Value::Bytes(welcome.to_vec())),
        (2.into(), Value::Bytes(vault_key.to_vec())),
        (3.into(), generation.into()),
    ]);
    let mut plaintext = Vec::new();
    ciborium::into_writer(&value, &mut plaintext).ok()?;
    let aad = [id.as_bytes(), device.as_bytes()].concat();
    seal::seal(entry_key, b"asterism 1 welcome", &aad, &plaintext).ok()
}
