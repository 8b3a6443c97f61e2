//! A device: its MLS group, where it stands in the log, and what it makes of entries.

use super::{CONVERSATION, World};
use crate::people::Person;
use asterism_mls::{
    CommitError, Group, MemoryState, Provider, Suite,
    group::{CommitPlan, Entry as Entering, Offer},
    link::LinkKeys,
};
use asterism_policy::{Change, PolicyState};
use asterism_server::{
    caller::Caller,
    connection::{Connection, Drained, Outgoing},
};
use asterism_wire::{
    entry::{AuthenticatedData, Entry, EntryKind, VoidBody},
    frame::{Answer, Fetch, Happened, JoinInfo, ServerBody, ServerFrame},
    head,
    ids::{Epoch, Hash, IdempotencyKey, Seq},
    vault::VaultRecord,
};
use prost::Message as _;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

/// What a device sees in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Commit,
    Removed,
    Vault(String),
    Void,
    /// In an epoch that died, or after a commit that this device refuses.
    Skipped,
}

/// As it was before a commit.
struct Before {
    state: MemoryState,
    epoch: Epoch,
    generation_keys: BTreeMap<u64, [u8; 32]>,
}

pub(crate) struct Device {
    pub(crate) person: Person,
    pub(crate) caller: Caller,
    pub(crate) provider: Provider<MemoryState>,
    pub(crate) group: Option<Group>,
    /// Last position processed, and its head.
    pub(crate) at: (Seq, Hash),
    pub(crate) epoch: Epoch,
    pub(crate) vault_keys: BTreeMap<u64, [u8; 32]>,
    /// The commit that this device cannot accept.
    pub(crate) refused: Option<Entry>,
    heard: RefCell<Heard>,
    own: BTreeSet<IdempotencyKey>,
    before: BTreeMap<u64, Before>,
}

/// What came over the connection.
struct Heard {
    outgoing: Outgoing,
    pushes: Vec<Happened>,
    answers: Vec<Answer>,
}

static SEED: AtomicU64 = AtomicU64::new(1);

/// New in this process. Nothing that a test looks at depends on it.
pub(crate) fn fresh<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..8].copy_from_slice(&SEED.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

impl Device {
    pub(crate) fn new(person: Person) -> Self {
        let (connection, outgoing) = Connection::for_test(1_024);
        let caller = Caller {
            account: person.account(),
            device: person.device(),
            device_key: person.device_key.public(),
            nonce: fresh(),
            connection,
        };
        Self {
            person,
            caller,
            provider: Provider::new(MemoryState::default(), Vec::new(), fresh()),
            group: None,
            at: (Seq(0), head::genesis(CONVERSATION)),
            epoch: Epoch::default(),
            vault_keys: BTreeMap::new(),
            refused: None,
            heard: RefCell::new(Heard { outgoing, pushes: Vec::new(), answers: Vec::new() }),
            own: BTreeSet::new(),
            before: BTreeMap::new(),
        }
    }

    pub(crate) fn group(&mut self) -> &mut Group {
        self.group.as_mut().expect("the device is in the group")
    }

    pub(crate) fn found(&mut self, state: &PolicyState) -> asterism_mls::group::Genesis {
        let (signer, credential) = (&self.person.device_key, self.person.credential());
        let (group, genesis) =
            Group::create(&self.provider, signer, &credential, Suite::Classic, state).unwrap();
        self.group = Some(group);
        self.vault_keys.insert(0, [42; 32]);
        genesis
    }

    /// What it says about the log.
    pub(crate) fn statement(&self) -> Vec<u8> {
        AuthenticatedData { last_seq: self.at.0.0, last_head: self.at.1.to_vec(), entry_proof: None }
            .encode_to_vec()
    }

    pub(crate) fn seal(&mut self, text: &str) -> Vec<u8> {
        let statement = self.statement();
        let group = self.group.as_mut().unwrap();
        group.seal(&self.provider, &self.person.device_key, &statement, text.as_bytes()).unwrap()
    }

    pub(crate) fn offer(&mut self, adds: Vec<Vec<u8>>, removes: &[&Device], changes: Vec<Change>) -> Offer {
        let statement = self.statement();
        let leaves = self.group().leaves();
        let of =
            |device: &&Device| leaves.iter().find(|l| l.leaf.device == device.caller.device).unwrap().index;
        let plan = CommitPlan { adds, removes: removes.iter().map(of).collect(), changes, refresh: true };
        let group = self.group.as_mut().unwrap();
        group.offer(&self.provider, &self.person.device_key, plan, &statement).unwrap()
    }

    /// Builds an external commit; the group is the entered one at once.
    pub(crate) fn enter(
        &mut self,
        info: &JoinInfo,
        link: Option<(&LinkKeys, [u8; 32])>,
    ) -> asterism_mls::group::EnterOffer {
        let standing = info.standing.unwrap();
        let parent = Epoch { number: standing.epoch, opened_by: Seq(standing.epoch_opened_by) };
        let at = (Seq(standing.head_seq), Hash::try_from(info.head.as_slice()).unwrap());
        let entry = match link {
            Some((link, vault_key)) => Entering::Ticket { link, vault_key },
            None => Entering::OwnDevice { account_key: &self.person.account_key },
        };
        self.provider = Provider::new(MemoryState::default(), Vec::new(), fresh());
        let (group, offer) = Group::enter(
            &self.provider,
            &self.person.device_key,
            &self.person.credential(),
            &info.group_info,
            &info.ratchet_tree,
            entry,
            parent,
            at,
        )
        .unwrap();
        self.group = Some(group);
        (self.at, self.epoch) = (at, parent);
        if let Some((_, vault_key)) = link {
            let generation = self.group().state().vault_generation;
            self.vault_keys.insert(generation, vault_key);
        }
        offer
    }

    pub(crate) fn remember_own(&mut self, key: IdempotencyKey) {
        self.own.insert(key);
    }

    /// Fetches and processes all there is. Stops to believe at a commit that it cannot accept.
    pub(crate) async fn catch_up(&mut self, world: &World) -> Vec<Seen> {
        let mut seen = Vec::new();
        loop {
            let from_seq = self.at.0.0 + 1;
            let request = Fetch { conversation: CONVERSATION.to_vec(), from_seq, entries_max: 7 };
            let page = world.conversations().fetch(&self.caller, request).await.unwrap();
            for entry in &page.entries {
                seen.push(self.process(entry));
            }
            if self.at.0.0 >= page.head_seq {
                return seen;
            }
            assert!(!page.entries.is_empty(), "nothing before the head");
        }
    }

    /// Checks that the entry is the next one, and processes it.
    fn process(&mut self, entry: &Entry) -> Seen {
        assert_eq!(entry.position(), self.at.0.next());
        let expected = entry.expected_head(CONVERSATION, self.at.1).unwrap();
        assert_eq!(entry.head, expected.as_bytes(), "the head is not the one computed");
        self.at = (entry.position(), expected);
        let kind = entry.entry_kind().unwrap();
        if kind == EntryKind::Void {
            return self.follow_void(entry);
        }
        let is_member = self.group.as_ref().is_some_and(Group::is_active);
        if self.refused.is_some() || !is_member {
            return Seen::Skipped;
        }
        match kind {
            EntryKind::Commit => self.follow_commit(entry),
            EntryKind::Message => self.read_message(entry),
            _ => Seen::Vault(VaultRecord::decode(entry.body.as_ref()).unwrap().name),
        }
    }

    fn read_message(&mut self, entry: &Entry) -> Seen {
        assert_eq!(entry.made_in(), self.epoch);
        if entry.idempotency_key().is_some_and(|key| self.own.contains(&key)) {
            return Seen::Text("own".into());
        }
        let group = self.group.as_mut().unwrap();
        let opened = group.handle_message(&self.provider, &entry.body).unwrap();
        assert!(opened.authenticated_data.last_seq < entry.seq);
        Seen::Text(String::from_utf8(opened.plaintext).unwrap())
    }

    fn follow_commit(&mut self, entry: &Entry) -> Seen {
        let before = Before {
            state: self.provider.store().clone(),
            epoch: self.epoch,
            generation_keys: self.vault_keys.clone(),
        };
        let opened = Epoch { number: entry.epoch + 1, opened_by: entry.position() };
        let own = entry.idempotency_key().is_some_and(|key| self.own.contains(&key));
        let group = self.group.as_mut().unwrap();
        if own {
            if group.epoch() == entry.epoch {
                group.adopt(&self.provider).unwrap();
            }
        } else {
            let keys = self.vault_keys.clone();
            let keys = move |generation: u64| keys.get(&generation).copied();
            let (parent, stamp) = (entry.made_in(), entry.server_time());
            match group.handle_commit(&self.provider, &entry.body, parent, stamp, &keys) {
                Ok(staged) => group.merge(&self.provider, staged).unwrap(),
                Err(error @ (CommitError::ConfirmationTag | CommitError::Path | CommitError::Invalid)) => {
                    assert!(error.refusal().is_some());
                    self.refused = Some(entry.clone());
                    return Seen::Skipped;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        self.epoch = opened;
        self.before.insert(entry.seq, before);
        let group = self.group.as_mut().unwrap();
        if !group.is_active() {
            return Seen::Removed;
        }
        self.renew_vault_key();
        Seen::Commit
    }

    fn renew_vault_key(&mut self) {
        let group = self.group.as_ref().unwrap();
        let generation = group.state().vault_generation;
        if !self.vault_keys.contains_key(&generation) {
            let context = [CONVERSATION.as_bytes(), &generation.to_be_bytes()].concat();
            let key = group.export(&self.provider, "asterism 1 vault key", &context, 32).unwrap();
            self.vault_keys.insert(generation, key.as_slice().try_into().unwrap());
        }
    }

    fn follow_void(&mut self, entry: &Entry) -> Seen {
        let body = VoidBody::decode(entry.body.as_ref()).unwrap();
        assert!(!body.refusals.is_empty());
        if let Some(before) = self.before.remove(&body.commit_seq) {
            self.provider = Provider::new(before.state, Vec::new(), fresh());
            let mut group = Group::load(&self.provider, CONVERSATION, 0).unwrap().unwrap();
            group.abandon(&self.provider).unwrap();
            self.group = Some(group);
            self.vault_keys = before.generation_keys;
            self.epoch = before.epoch;
        }
        self.refused = None;
        assert_eq!(entry.made_in(), self.epoch, "the void is of the epoch that it makes current again");
        Seen::Void
    }

    /// What the server pushed since the last time.
    pub(crate) fn pushes(&self) -> Vec<Happened> {
        self.drain();
        self.heard.borrow_mut().pushes.drain(..).collect()
    }

    /// What the server answered on the connection since the last time.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.drain();
        self.heard.borrow_mut().answers.drain(..).collect()
    }

    fn drain(&self) {
        let mut heard = self.heard.borrow_mut();
        while let Some(Drained::Frames(frames)) = heard.outgoing.try_next() {
            for frame in frames {
                match ServerFrame::decode(frame).unwrap().body.unwrap() {
                    ServerBody::Push(push) => heard.pushes.extend(push.happened),
                    ServerBody::Response(response) => heard.answers.extend(response.answer),
                }
            }
        }
    }

    /// Positions of entries that were pushed since the last time.
    pub(crate) fn pushed_positions(&self) -> Vec<u64> {
        let entry = |happened| match happened {
            Happened::Appended(appended) => appended.entry.map(|entry| entry.seq),
            _ => None,
        };
        self.pushes().into_iter().filter_map(entry).collect()
    }
}
