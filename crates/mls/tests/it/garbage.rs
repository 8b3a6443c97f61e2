//! Bytes from outside never panic and never pass.

use crate::kit::{Device, Member, NOW, VAULT_KEY, World, pass_welcome, vault_key};
use asterism_mls::{
    CommitError, Group, Suite, Tracker,
    group::{CommitPlan, Entry, OpenError},
    key_package::KeyPackageInfo,
};
use asterism_wire::limits;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use std::cell::RefCell;

/// A world, and one valid message of each kind.
struct Samples {
    world: World,
    joiner: Device,
    message: Vec<u8>,
    commit: Vec<u8>,
    entry: Vec<u8>,
    welcome: Vec<u8>,
    tree: Vec<u8>,
    key_package: Vec<u8>,
}

fn samples() -> Samples {
    let mut world = World::of(Suite::Classic, 2);
    let link = world.add_link(1, |_| {});
    let message = world.seal(0, b"message");
    let (_, entry) = world.try_enter(&Device::new(9, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    let joiner = Device::new(3, 1);
    let key_package = joiner.key_package(Suite::Classic);
    let plan = CommitPlan { adds: vec![key_package.clone()], refresh: true, ..Default::default() };
    let offer = world.offer(0, plan);
    let welcome = pass_welcome(&joiner, &offer.welcomes[0]);
    let tree = world.tracker.ratchet_tree();
    Samples { world, joiner, message, commit: offer.commit, entry: entry.commit, welcome, tree, key_package }
}

thread_local! {
    static SAMPLES: RefCell<Samples> = RefCell::new(samples());
}

impl Samples {
    /// Feeds the bytes to everything that takes bytes from outside; nothing may accept them.
    fn feed(&mut self, bytes: &[u8]) {
        let world = &mut self.world;
        assert!(world.tracker.judge(bytes, world.epoch, NOW).is_err());
        assert!(Tracker::found(bytes, &self.tree).is_err());
        assert!(Tracker::found(&world.group_info, bytes).is_err());
        assert!(Group::join(&self.joiner.provider, bytes, &self.tree).is_err());
        assert!(Group::join(&self.joiner.provider, &self.welcome, bytes).is_err());
        assert!(KeyPackageInfo::read(bytes, Suite::Classic).is_err());
        let _ = world.tracker.check_application(bytes);
        let Member { device, group } = &mut world.members[1];
        assert!(group.handle_message(&device.provider, bytes).is_err());
        assert!(group.handle_commit(&device.provider, bytes, world.epoch, NOW, &vault_key).is_err());
    }

    fn all(&self) -> [Vec<u8>; 7] {
        [
            self.message.clone(),
            self.commit.clone(),
            self.entry.clone(),
            self.welcome.clone(),
            self.tree.clone(),
            self.key_package.clone(),
            self.world.group_info.clone(),
        ]
    }
}

#[test]
fn truncated_and_lengthened_messages_are_refused() {
    let mut samples = samples();
    for whole in samples.all() {
        let step = (whole.len() / 60).max(1);
        for len in (0..whole.len()).step_by(step) {
            samples.feed(&whole[..len]);
        }
        samples.feed(&[&whole[..], &[0]].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        SAMPLES.with_borrow_mut(|s| s.feed(&bytes));
    }

    #[test]
    fn random_bytes_behind_a_valid_start_are_refused(
        which in 0_usize..7,
        keep in 4_usize..200,
        rest in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        SAMPLES.with_borrow_mut(|s| {
            let whole = &s.all()[which];
            let mut bytes = whole[..keep.min(whole.len())].to_vec();
            bytes.extend(rest);
            if bytes != *whole {
                s.feed(&bytes);
            }
        });
    }

    #[test]
    fn a_changed_bit_is_refused(which in 0_usize..7, at in any::<usize>(), bit in 0_u8..8) {
        SAMPLES.with_borrow_mut(|s| {
            let mut bytes = s.all()[which].clone();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            s.feed_changed(which, &bytes);
        });
    }
}

impl Samples {
    /// Like `feed`, but the server cannot see a change of a commit's tags.
    fn feed_changed(&mut self, which: usize, bytes: &[u8]) {
        let world = &mut self.world;
        if which == 1 || which == 2 {
            let _ = world.tracker.judge(bytes, world.epoch, NOW);
            let Member { device, group } = &mut world.members[1];
            assert!(group.handle_commit(&device.provider, bytes, world.epoch, NOW, &vault_key).is_err());
        } else {
            self.feed(bytes);
        }
    }
}

#[test]
fn oversized_bytes_are_not_decoded() {
    let mut samples = samples();
    let mut commit = samples.commit.clone();
    commit.resize(limits::COMMIT_BYTES_MAX + 1, 0);
    let world = &mut samples.world;
    assert!(matches!(world.tracker.judge(&commit, world.epoch, NOW), Err(CommitError::Invalid)));
    let mut message = samples.message.clone();
    message.resize(limits::MESSAGE_BYTES_MAX + 1, 0);
    let Member { device, group } = &mut world.members[1];
    assert!(matches!(group.handle_message(&device.provider, &message), Err(OpenError::Invalid)));
    assert!(world.tracker.check_application(&message).is_err());
    let sealed =
        group.seal(&device.provider, &device.key, &crate::kit::aad(), &vec![0; limits::MESSAGE_BYTES_MAX]);
    assert!(sealed.is_err());
    assert!(group.seal(&device.provider, &device.key, &[0xFF; 600], b"x").is_err());
}

#[test]
fn handshakes_and_messages_are_not_taken_for_one_another() {
    let mut samples = samples();
    let (message, commit) = (samples.message.clone(), samples.commit.clone());
    let world = &mut samples.world;
    assert!(matches!(world.tracker.judge(&message, world.epoch, NOW), Err(CommitError::Invalid)));
    assert!(world.tracker.check_application(&commit).is_err());
    let Member { device, group } = &mut world.members[1];
    assert!(matches!(group.handle_message(&device.provider, &commit), Err(OpenError::Invalid)));
    let handled = group.handle_commit(&device.provider, &message, world.epoch, NOW, &vault_key);
    assert!(matches!(handled, Err(CommitError::Invalid)));
}
