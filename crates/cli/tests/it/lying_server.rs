//! A dishonest server, as real clients meet it: between them and a real server somebody drops, reorders, repeats and
//! forges entries for one of them. Whatever it does, that one shows nothing wrong, and says what it has noticed.
//!
//! All lies, and what comes of each, are in the simulator (`crates/sim`, `byzantine/attack.rs`).

use crate::between::Between;
use crate::process::{Said, Staying};
use crate::world::{Person, World, fields, texts};
use asterism_sim::byzantine::Attack;
use asterism_wire::{ConversationId, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

const ALICE: usize = 0;
/// Whom the server deceives.
const BOB: usize = 1;
const CAROL: usize = 2;

/// Alice and bob are in a group, and carol. Alice follows it, so that whoever is between sees all of it.
struct Story {
    _world: World,
    between: Between,
    alice: Person,
    bob: Person,
    carol: Person,
    group: String,
    alices: Staying,
    /// What was said, in order.
    said: Vec<String>,
}

impl Story {
    fn begin() -> Self {
        let world = World::new();
        let between = Between::start(&world.server.url, 3);
        let person = |handle: &str, door: usize| world.person_by(handle, &between.doors[door]);
        let (alice, bob, carol) = (person("alice", ALICE), person("bob", BOB), person("carol", CAROL));
        let group = alice.create_group("Chess");
        alice.done(&["group", "add", &group, "@bob", "@carol"]);
        let alices = alice.stay(&["read", &group, "--follow"]);
        let mut story = Self { _world: world, between, alice, bob, carol, group, alices, said: Vec::new() };
        story.say("hello");
        story.bob.send(&story.group, "hello too");
        assert_eq!(story.alices.next_text(), "hello too");
        story.said.push("hello too".into());
        assert_eq!(story.bob.texts(&story.group), story.said);
        assert_eq!(story.carol.texts(&story.group), story.said);
        story
    }

    /// Alice says something, and whoever is between has seen it come back.
    fn say(&mut self, text: &str) {
        self.alice.send(&self.group, text);
        assert_eq!(self.alices.next_text(), text);
        self.said.push(text.into());
    }

    /// From here on bob is lied to.
    fn lie(&self, attack: &str) {
        let attack = Attack::named(attack).expect("there is such an attack");
        let bob = self.bob.field(&["whoami"], "account").parse().unwrap();
        let group: ConversationId = self.group.parse().unwrap();
        self.between.with(move |liar| liar.arm(attack, (BOB, bob), group, now()));
    }

    fn has_lied(&self) {
        assert!(self.between.with(|liar| liar.lies()) > 0, "the lie was never told");
    }

    /// What bob shows is the beginning of what was said, and he says that something is wrong.
    fn bob_reads_no_lie(&self, code: &str) {
        let read = self.bob.run(&["read", &self.group]);
        assert_eq!(read.code, Some(0), "{read:#?}");
        let shown = texts(&read.lines());
        assert!(self.said.starts_with(&shown), "{shown:?}");
        assert!(shown.len() >= 2, "what he had is still there: {shown:?}");
        warns_of(&read, code);
        self.has_lied();
    }

    /// The others notice nothing.
    fn others_go_on(&mut self) {
        self.say("all is well here");
        assert_eq!(self.carol.texts(&self.group), self.said);
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(u64::try_from(since.as_millis()).unwrap())
}

fn warns_of(said: &Said, code: &str) {
    assert!(said.stderr.contains(&format!("({code})")), "{said:#?}");
}

/// Bob comes after the lie, with one command after another.
fn a_history_that_does_not_fit(attack: &str) {
    let mut story = Story::begin();
    story.lie(attack);
    for text in ["one", "two", "three", "four", "five"] {
        story.say(text);
    }
    story.bob_reads_no_lie("fork_detected");
    assert_eq!(story.bob.refused(&["send", &story.group, "anybody here?"]), "fork_detected");
    assert_eq!(story.bob.field(&["group", "show", &story.group], "alarm"), "fork_detected");
    assert!(story.bob.plain(&["group", "list"]).stdout.contains("ALARM"));
    story.others_go_on();
}

#[test]
fn a_dropped_message_stops_the_conversation() {
    a_history_that_does_not_fit("fork-drop");
}

#[test]
fn reordered_messages_stop_the_conversation() {
    a_history_that_does_not_fit("fork-reorder");
}

#[test]
fn a_repeated_message_is_not_shown_twice_and_stops_the_conversation() {
    a_history_that_does_not_fit("fork-replay");
}

#[test]
fn an_old_head_stops_the_conversation() {
    a_history_that_does_not_fit("old-head");
}

#[test]
fn a_message_that_is_left_out_leaves_a_gap_that_is_told() {
    let mut story = Story::begin();
    story.lie("omit-entry");
    for text in ["one", "two", "three"] {
        story.say(text);
    }
    story.bob_reads_no_lie("server_misbehaved");
    warns_of(&story.bob.run(&["sync"]), "server_misbehaved");
    story.others_go_on();
}

#[test]
fn a_follower_says_what_is_wrong() {
    for attack in ["fork-drop", "fork-reorder"] {
        let mut story = Story::begin();
        let following = story.bob.stay(&["read", &story.group, "--follow"]);
        for text in &story.said {
            assert_eq!(following.next_text(), *text);
        }
        story.lie(attack);
        for text in ["one", "two", "three"] {
            story.say(text);
        }
        assert!(following.next_warning().contains("(fork_detected)"));
        story.has_lied();
        assert_eq!(story.bob.refused(&["send", &story.group, "anybody here?"]), "fork_detected");
        story.others_go_on();
    }
}

#[test]
fn a_forged_reader_is_not_let_in() {
    let mut story = Story::begin();
    let following = story.bob.stay(&["read", &story.group, "--follow"]);
    for text in &story.said {
        assert_eq!(following.next_text(), *text);
    }
    // A leaf of the server's own, which claims to be a further device of bob's.
    story.lie("fork-forged-commit");
    for text in ["one", "two"] {
        story.say(text);
    }
    let member = |person: &Person| {
        let members = person.list(&["group", "members", &story.group]);
        let devices: Vec<u64> = members.iter().map(|member| member["devices"].as_u64().unwrap()).collect();
        (fields(&members, "handle"), devices)
    };
    assert_eq!(member(&story.bob).1, [1, 1, 1]);
    assert_eq!(member(&story.bob), member(&story.alice));
    // It refuses at once, and hears that the commit stands: before it re-enters it sees that nobody made it.
    assert!(following.next_warning().contains("(fork_detected)"));
    story.bob_reads_no_lie("fork_detected");
    story.others_go_on();
}

#[test]
fn what_the_server_gives_to_a_removed_device_stays_closed() {
    let mut story = Story::begin();
    let following = story.carol.stay(&["read", &story.group, "--follow"]);
    for text in &story.said {
        assert_eq!(following.next_text(), *text);
    }
    let before = story.said.clone();
    story.alice.done(&["group", "remove", &story.group, "@carol"]);
    for text in ["one", "two", "three"] {
        story.say(text);
    }
    assert_eq!(story.carol.refused(&["send", &story.group, "still here?"]), "not_a_member");
    // The removal, and all that came after it.
    let group: ConversationId = story.group.parse().unwrap();
    let entries = story.between.with(move |liar| liar.last_entries(group, 4));
    assert_eq!(entries.len(), 4);
    story.between.tell(CAROL, entries);
    // Asked for on the same connection, so that what was told before is processed.
    let synced = story.carol.object(&["sync"]);
    assert_eq!((&synced["undecryptable"], &synced["epoch_repairs"]), (&0.into(), &0.into()));
    assert_eq!(story.carol.texts(&story.group), before);
    assert_eq!(story.bob.texts(&story.group), story.said);
}
