//! A group with its members, its server and its link, in memory.

use asterism_mls::{
    Group, MemoryState, Provider, SigningKey, Suite, Tracker,
    group::{CommitPlan, EnterOffer, Entry, Offer, WelcomeFor},
    key_package::{entry_private, new_key_package},
    link::LinkKeys,
    seal,
    tracker::Judged,
};
use asterism_policy::{AddTicket, Change, Kind, Leaf, PolicyState, Role, Ticket, What};
use asterism_wire::{ConversationId, Epoch, Hash, Seq, Timestamp, entry::AuthenticatedData, signing};
use prost::Message as _;

pub(crate) const CONVERSATION: ConversationId = ConversationId([7; 16]);
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);
pub(crate) const VAULT_KEY: [u8; 32] = [42; 32];
pub(crate) const HEAD: (Seq, Hash) = (Seq(9), Hash([1; 32]));

/// Authenticated data of ordinary messages and commits.
pub(crate) fn aad() -> Vec<u8> {
    AuthenticatedData { last_seq: HEAD.0.0, last_head: HEAD.1.to_vec(), entry_proof: None }.encode_to_vec()
}

pub(crate) fn vault_key(_generation: u64) -> Option<[u8; 32]> {
    Some(VAULT_KEY)
}

pub(crate) fn no_vault_key(_generation: u64) -> Option<[u8; 32]> {
    None
}

/// A device with its store.
pub(crate) struct Device {
    pub(crate) account_key: SigningKey,
    pub(crate) key: SigningKey,
    pub(crate) credential: Vec<u8>,
    pub(crate) provider: Provider<MemoryState>,
}

impl Device {
    /// Device `number` of account `account`.
    pub(crate) fn new(account: u8, number: u8) -> Self {
        let account_key = SigningKey::from_seed([account; 32]);
        let mut seed = [number; 32];
        seed[0] = account;
        seed[1] = 0xD0;
        let key = SigningKey::from_seed(seed);
        let credential = asterism_mls::credential::make_credential(
            &account_key,
            0,
            u32::from(number),
            NOW.0,
            &key.public(),
        )
        .encode_to_vec();
        let provider = Provider::new(MemoryState::default(), b"now".to_vec(), seed);
        Self { account_key, key, credential, provider }
    }

    pub(crate) fn leaf(&self) -> Leaf {
        Leaf {
            account: signing::account_id(&self.account_key.public()),
            device: signing::device_id(&self.key.public()),
        }
    }

    pub(crate) fn key_package(&self, suite: Suite) -> Vec<u8> {
        new_key_package(&self.provider, &self.key, &self.credential, suite, false).unwrap()
    }

    /// The same device after a restart: its records, nothing else.
    pub(crate) fn restarted(&self) -> Self {
        self.on(self.provider.store().clone())
    }

    pub(crate) fn on(&self, store: MemoryState) -> Self {
        Self {
            account_key: self.account_key.clone(),
            key: self.key.clone(),
            credential: self.credential.clone(),
            provider: Provider::new(store, b"now".to_vec(), self.provider.random()),
        }
    }

    pub(crate) fn load(&self) -> Group {
        Group::load(&self.provider, CONVERSATION, 0).unwrap().unwrap()
    }
}

/// A device and its view of the group.
pub(crate) struct Member {
    pub(crate) device: Device,
    pub(crate) group: Group,
}

/// A group, followed by everybody in it and by the server.
pub(crate) struct World {
    pub(crate) members: Vec<Member>,
    pub(crate) tracker: Tracker,
    pub(crate) epoch: Epoch,
    /// What the server keeps for joiners.
    pub(crate) group_info: Vec<u8>,
}

impl World {
    /// A group founded by account 1.
    pub(crate) fn found(suite: Suite) -> Self {
        let device = Device::new(1, 1);
        let state = PolicyState::group(CONVERSATION, device.leaf().account);
        Self::found_by(device, suite, &state)
    }

    pub(crate) fn found_by(device: Device, suite: Suite, state: &PolicyState) -> Self {
        let (group, genesis) =
            Group::create(&device.provider, &device.key, &device.credential, suite, state).unwrap();
        let tracker = Tracker::found(&genesis.group_info, &genesis.ratchet_tree).unwrap();
        tracker.check_genesis(device.leaf()).unwrap();
        let members = vec![Member { device, group }];
        Self { members, tracker, epoch: Epoch::default(), group_info: genesis.group_info }
    }

    /// A group of accounts 1 to `n`, one device each, added in one commit.
    pub(crate) fn of(suite: Suite, n: u8) -> Self {
        let mut world = Self::found(suite);
        let devices: Vec<_> = (2..=n).map(|a| Device::new(a, 1)).collect();
        world.add(devices);
        world
    }

    pub(crate) fn add(&mut self, devices: Vec<Device>) {
        let suite = self.tracker.suite();
        let adds = devices.iter().map(|d| d.key_package(suite)).collect();
        let offer = self.commit(0, CommitPlan { adds, ..Default::default() });
        let tree = self.tracker.ratchet_tree();
        assert_eq!(offer.welcomes.len(), devices.len());
        for (device, welcome) in devices.into_iter().zip(offer.welcomes) {
            assert_eq!(welcome.joiner, device.leaf());
            let opened = pass_welcome(&device, &welcome);
            let group = Group::join(&device.provider, &opened, &tree).unwrap();
            self.members.push(Member { device, group });
        }
    }

    pub(crate) fn parent(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn offer(&mut self, by: usize, plan: CommitPlan) -> Offer {
        let Member { device, group } = &mut self.members[by];
        group.offer(&device.provider, &device.key, plan, &aad()).unwrap()
    }

    /// Member `by` commits; the server and everybody follow.
    pub(crate) fn commit(&mut self, by: usize, plan: CommitPlan) -> Offer {
        let offer = self.offer(by, plan);
        let judged = self.judge(&offer.commit);
        assert_eq!(judged.facts, offer.facts);
        assert_eq!(judged.next_state, offer.next_state);
        self.accept(judged, &offer.group_info, &offer.commit, Some(by));
        offer
    }

    pub(crate) fn judge(&self, commit: &[u8]) -> Judged {
        self.tracker.judge(commit, self.epoch, NOW).unwrap()
    }

    /// The server takes a judged commit, and every member but its author follows it.
    pub(crate) fn accept(&mut self, judged: Judged, group_info: &[u8], commit: &[u8], by: Option<usize>) {
        self.tracker.check_group_info(&judged, group_info).unwrap();
        let next = judged.next_state.clone();
        let removed: Vec<_> = judged.facts.removes.iter().map(|l| l.device).collect();
        for (i, member) in self.members.iter_mut().enumerate() {
            let Member { device, group } = member;
            let handled = group.handle_commit(&device.provider, commit, self.epoch, NOW, &vault_key);
            if by == Some(i) {
                assert!(
                    matches!(handled, Err(asterism_mls::CommitError::Own(facts)) if *facts == judged.facts)
                );
                group.adopt(&device.provider).unwrap();
                continue;
            }
            let staged = handled.unwrap();
            assert_eq!(staged.facts, judged.facts);
            assert_eq!(staged.next_state, next);
            assert_eq!(staged.authenticated_data.last_seq, HEAD.0.0);
            assert_eq!(staged.removes_self(), removed.contains(&device.leaf().device));
            group.merge(&device.provider, staged).unwrap();
        }
        self.members.retain(|m| !removed.contains(&m.device.leaf().device));
        self.tracker.merge(judged).unwrap();
        self.group_info = group_info.to_vec();
        self.epoch = Epoch { number: self.epoch.number + 1, opened_by: Seq(self.epoch.opened_by.0 + 5) };
        self.check_agreement();
    }

    /// Everybody has the same epoch, secrets, state and roster.
    pub(crate) fn check_agreement(&self) {
        let authenticator = self.members[0].group.epoch_authenticator();
        for Member { device, group } in &self.members {
            assert_eq!(group.epoch(), self.epoch.number);
            assert_eq!(group.epoch_authenticator(), authenticator);
            assert_eq!(group.state(), self.tracker.state());
            assert_eq!(group.roster(), self.tracker.roster());
            assert_eq!(group.leaf(group.own_leaf()), Some(device.leaf()));
        }
        assert_eq!(self.tracker.epoch_number(), self.epoch.number);
    }

    /// Everybody says something and everybody else reads it.
    pub(crate) fn talk(&mut self) {
        for i in 0..self.members.len() {
            let sealed = self.seal(i, format!("hello from {i}").as_bytes());
            assert_eq!(self.tracker.check_application(&sealed).unwrap().last_seq, HEAD.0.0);
            let sender = self.members[i].device.leaf();
            for (j, Member { device, group }) in self.members.iter_mut().enumerate() {
                if i == j {
                    continue;
                }
                let opened = group.handle_message(&device.provider, &sealed).unwrap();
                assert_eq!(opened.plaintext, format!("hello from {i}").as_bytes());
                assert_eq!(opened.sender, sender);
                assert_eq!(opened.authenticated_data.last_head, HEAD.1.to_vec());
            }
        }
    }

    pub(crate) fn seal(&mut self, by: usize, plaintext: &[u8]) -> Vec<u8> {
        let Member { device, group } = &mut self.members[by];
        group.seal(&device.provider, &device.key, &aad(), plaintext).unwrap()
    }

    pub(crate) fn index_of(&self, device: &Device) -> u32 {
        self.tracker.leaves().iter().find(|l| l.leaf == device.leaf()).unwrap().index
    }

    /// Adds a link and gives its keys.
    pub(crate) fn add_link(&mut self, seed: u8, ticket: impl FnOnce(&mut Ticket)) -> LinkKeys {
        let link = LinkKeys::derive(&[seed; 32]);
        let change = add_ticket(&link, &self.members[0].device, ticket);
        self.commit(0, CommitPlan { changes: vec![change], ..Default::default() });
        link
    }

    /// Enters and is followed by everybody.
    pub(crate) fn enter(&mut self, device: Device, entry: Entry<'_>) -> EnterOffer {
        let (group, offer) = self.try_enter(&device, entry);
        let judged = self.judge(&offer.commit);
        assert_eq!(judged.facts, offer.facts);
        self.accept(judged, &offer.group_info, &offer.commit, None);
        self.members.push(Member { device, group });
        self.check_agreement();
        offer
    }

    pub(crate) fn try_enter(&self, device: &Device, entry: Entry<'_>) -> (Group, EnterOffer) {
        Group::enter(
            &device.provider,
            &device.key,
            &device.credential,
            &self.group_info,
            &self.tracker.ratchet_tree(),
            entry,
            self.epoch,
            HEAD,
        )
        .unwrap()
    }
}

/// Seals a welcome as its adder does, and opens it as its joiner does.
pub(crate) fn pass_welcome(device: &Device, welcome: &WelcomeFor) -> Vec<u8> {
    let sealed = seal::seal(&welcome.entry_key, b"welcome", b"aad", &welcome.welcome).unwrap();
    let private = entry_private(&device.provider, &welcome.key_package_ref).unwrap().unwrap();
    seal::open(&private, b"welcome", b"aad", &sealed).unwrap()
}

pub(crate) fn add_ticket(link: &LinkKeys, creator: &Device, adjust: impl FnOnce(&mut Ticket)) -> Change {
    let mut ticket = Ticket {
        id: link.ticket_id.to_vec(),
        signature_key: link.signing.public().to_vec(),
        seal_key: link.seal_public.as_bytes().to_vec(),
        role: Role::Member as i32,
        creator: creator.leaf().account.to_vec(),
        ..Default::default()
    };
    adjust(&mut ticket);
    What::AddTicket(AddTicket { ticket: Some(ticket) }).into()
}

pub(crate) fn direct_state(a: &Device, b: &Device) -> PolicyState {
    let state = PolicyState::direct(CONVERSATION, a.leaf().account, b.leaf().account);
    assert_eq!(state.kind(), Kind::Direct);
    state
}
