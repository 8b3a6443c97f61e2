//! Communities from the command line: founded, entered by a link with nobody online, announced to, administered.

use crate::world::{Person, World, fields, texts};
use serde_json::Value;

/// A community that the first one founded, and the ids that this gave.
fn founded(person: &Person, name: &str) -> Value {
    person.object(&["community", "create", name, "--description", "We sing"])
}

fn id(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap_or_else(|| panic!("no {field}: {object}")).to_owned()
}

fn link(person: &Person, community: &str) -> String {
    person.field(&["invite", "create", community], "link")
}

fn announcements(person: &Person, community: &str) -> Vec<String> {
    texts(&person.list(&["announcement", "list", community]))
}

/// Nothing is told to whoever asks without being online: catching up first.
fn synced(person: &Person) {
    let said = person.object(&["sync"]);
    assert_eq!(said["undecryptable"], 0, "{said}");
}

#[test]
fn a_community_is_founded_entered_and_announced_to() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let community = founded(&marie, "Choir of Lyon");
    let (c, general) = (id(&community, "community"), id(&community, "general"));
    let link = link(&marie, &c);

    let shown = bob.object(&["show-link", &link]);
    assert_eq!((shown["name"].as_str(), shown["kind"].as_str()), (Some("Choir of Lyon"), Some("community")));
    assert!(shown.get("members").is_none(), "only admins know: {shown}");
    let joined = bob.object(&["join", &link]);
    assert_eq!((id(&joined, "community"), id(&joined, "state")), (c.clone(), "joined".into()));
    assert_eq!(bob.members(&general), ["bob", "marie"]);
    bob.send(&general, "hello");
    assert_eq!(marie.texts(&general), ["hello"]);

    let announced = marie.object(&["announce", &c, "Rehearsal at eight"]);
    assert_eq!(announced["targets"], serde_json::json!([c]));
    assert_eq!(announcements(&bob, &c), ["Rehearsal at eight"]);
    // By the community's id, by that of its announcements, and after another look: once.
    synced(&bob);
    assert_eq!(bob.texts(&c), ["Rehearsal at eight"]);
    assert_eq!(bob.texts(&id(&community, "announcements")), ["Rehearsal at eight"]);
    // By the name that they are listed with.
    let listed = bob.list(&["conversation", "list"]);
    let listed = listed.iter().find(|one| one["kind"] == "announcements").expect("they are listed");
    assert_eq!(bob.texts(listed["name"].as_str().unwrap()), ["Rehearsal at eight"]);
    assert!(listed.get("members").is_none(), "only admins know: {listed}");
    assert_eq!(announcements(&marie, &c), ["Rehearsal at eight"]);
    let message = &bob.list(&["read", &c])[0];
    assert_eq!((&message["announcement"], &message["sender"]["handle"]), (&true.into(), &"marie".into()));

    assert_eq!(fields(&marie.list(&["community", "members", &c]), "handle"), ["marie", "bob"]);
    assert_eq!(bob.refused(&["community", "members", &c]), "forbidden");
    assert_eq!(bob.refused(&["community", "log", &c]), "forbidden");
    assert_eq!(bob.refused(&["announce", &c, "Me too"]), "forbidden");
    assert_eq!(bob.refused(&["community", "set", &c, "name=Mine"]), "forbidden");
    assert_eq!(bob.refused(&["group", "create", "Mine", "--community", &c]), "forbidden");
}

#[test]
fn chosen_groups_are_announced_to_once_for_each_person() {
    let world = World::new();
    let [marie, bob, carol] = world.people(["marie", "bob", "carol"]);
    let community = founded(&marie, "Choir");
    let c = id(&community, "community");
    let link = link(&marie, &c);
    for person in [&bob, &carol] {
        person.object(&["join", &link]);
    }
    let altos = marie.field(&["group", "create", "Altos", "--community", &c], "group");
    let basses = marie.field(&["group", "create", "Basses", "--community", &c, "--join", "invite"], "group");
    bob.object(&["group", "join", "Altos"]);
    assert_eq!(bob.refused(&["group", "join", "Basses"]), "forbidden");
    marie.done(&["group", "add", &basses, "@bob"]);

    let to = ["announce", &c, "For both", "--to", "Altos", &basses];
    let announced = marie.object(&to);
    assert_eq!(announced["targets"], serde_json::json!([altos, basses]));
    synced(&bob);
    assert_eq!(bob.texts(&altos), ["For both"]);
    assert!(bob.texts(&basses).is_empty());
    assert_eq!(announcements(&bob, &c), ["For both"]);
    assert!(announcements(&carol, &c).is_empty());
    // What was announced before is not shown to who enters the group later.
    carol.object(&["group", "join", &altos]);
    assert!(carol.texts(&altos).is_empty());

    marie.object(&["announce", &c, "Again", "--to", "Altos"]);
    assert_eq!(carol.texts(&altos), ["Again"]);
    let key = ["announce", &c, "Keyed", "--id", "one"];
    assert_eq!(marie.object(&key)["message"], marie.object(&key)["message"]);
    assert_eq!(announcements(&carol, &c), ["Again", "Keyed"]);
    let to_some = [&key[..], &["--to", "Altos"]].concat();
    assert_eq!(marie.run(&to_some).error(2), "usage", "others would read it than did");
    let to = ["announce", &c, "Chosen", "--id", "two", "--to", &basses, "Altos"];
    let chosen = marie.object(&to);
    let turned = ["announce", &c, "Chosen", "--id", "two", "--to", "Altos", &basses];
    assert_eq!(marie.object(&turned)["message"], chosen["message"]);
    for other in [&["--to", "Altos"][..], &[]] {
        let other = [&["announce", &c, "Chosen", "--id", "two"], other].concat();
        assert_eq!(marie.run(&other).error(2), "usage");
    }
    assert_eq!(marie.run(&["announce", &c, "Other", "--id", "one"]).error(2), "usage");
    assert_eq!(marie.refused(&["announce", &c, "x", "--to", "Tenors"]), "unknown_target");
}

#[test]
fn who_polls_or_follows_a_group_gets_what_is_announced_to_it() {
    let world = World::new();
    let [marie, bob, carol] = world.people(["marie", "bob", "carol"]);
    let community = founded(&marie, "Choir");
    let (c, general) = (id(&community, "community"), id(&community, "general"));
    let link = link(&marie, &c);
    for person in [&bob, &carol] {
        person.object(&["join", &link]);
    }
    marie.send(&general, "one");
    let follower = carol.stay(&["read", &general, "--follow"]);
    assert_eq!(follower.next_text(), "one");
    let announce = |text: &str| marie.field(&["announce", &c, text, "--to", &general], "message");
    let mut last = 0;
    let mut poll = || {
        let messages = bob.list(&["read", &general, "--since", &last.to_string()]);
        last = messages.iter().filter_map(|message| message["seq"].as_u64()).fold(last, u64::max);
        messages
    };
    assert_eq!(texts(&poll()), ["one"]);
    let two = announce("two");
    for again in 0..2 {
        let messages = poll();
        assert_eq!(texts(&messages), ["two"], "{again}");
        assert_eq!(fields(&messages, "message"), [two.as_str()], "under one id");
    }
    assert_eq!(follower.next_text(), "two");
    let three = announce("three");
    assert_eq!(fields(&poll(), "message"), [two, three]);
    assert_eq!(follower.next_text(), "three");
    // Of what stands there already only the newest is wanted: the rest does not come later.
    assert_eq!(follower.end(), Some(0));
    let follower = carol.stay(&["read", &general, "--follow", "--limit", "1"]);
    assert_eq!(follower.next_text(), "three");
    marie.send(&general, "four");
    assert_eq!(texts(&poll()), ["two", "three", "four"]);
    assert!(poll().is_empty());
    assert_eq!(follower.next_text(), "four");
}

#[test]
fn who_is_removed_reads_nothing_more_and_does_not_come_back() {
    let world = World::new();
    let [marie, bob, carol] = world.people(["marie", "bob", "carol"]);
    let community = founded(&marie, "Choir");
    let (c, general) = (id(&community, "community"), id(&community, "general"));
    let link = link(&marie, &c);
    for person in [&bob, &carol] {
        person.object(&["join", &link]);
    }
    marie.object(&["announce", &c, "Before"]);
    assert_eq!(announcements(&bob, &c), ["Before"]);

    let removed = marie.object(&["community", "remove", &c, "@bob"]);
    assert_eq!(removed["removed_from"], serde_json::json!(["General"]));
    marie.object(&["announce", &c, "After"]);
    marie.object(&["announce", &c, "After, in General", "--to", &general]);
    assert_eq!(announcements(&carol, &c), ["Before", "After", "After, in General"]);
    bob.object(&["sync"]);
    assert_eq!(announcements(&bob, &c), ["Before"]);
    assert_eq!(fields(&marie.list(&["community", "members", &c]), "handle"), ["marie", "carol"]);

    // The link that they came by is dead, and no other one lets them in.
    assert_eq!(bob.refused(&["join", &link]), "unknown_link");
    let other = marie.field(&["invite", "create", &c], "link");
    assert_eq!(bob.refused(&["join", &other]), "barred");
    for text in ["Later", "Latest"] {
        marie.object(&["announce", &c, text]);
        bob.object(&["sync"]);
        assert_eq!(announcements(&bob, &c), ["Before"]);
    }
    assert!(bob.list(&["community", "list"]).is_empty());
    assert!(bob.list(&["group", "list"]).is_empty());
    let all = ["Before", "After", "After, in General", "Later", "Latest"];
    assert_eq!(announcements(&carol, &c), all);
    assert_eq!(fields(&marie.list(&["community", "members", &c]), "handle"), ["marie", "carol"]);
    assert_eq!(marie.members(&general), ["carol", "marie"]);
}

#[test]
fn admins_are_made_and_unmade() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let community = founded(&marie, "Choir");
    let (c, room) = (id(&community, "community"), id(&community, "admin_room"));
    bob.object(&["join", &link(&marie, &c)]);
    assert_eq!(
        marie.refused(&["community", "promote", &c, "@bob", "--role", "admin"]),
        "unknown_target",
        "bob has no seat yet"
    );
    marie.object(&["announce", &c, "One"]);
    marie.done(&["community", "promote", &c, "@bob", "--role", "admin"]);
    bob.object(&["announce", &c, "Two"]);
    assert_eq!(announcements(&marie, &c), ["One", "Two"]);
    assert_eq!(bob.members(&room), ["bob", "marie"]);
    let roles = fields(&bob.list(&["community", "members", &c]), "role");
    assert_eq!(roles, ["owner", "admin"]);
    assert_eq!(bob.refused(&["community", "promote", &c, "@marie", "--role", "member"]), "forbidden");

    marie.done(&["community", "promote", &c, "@bob", "--role", "member"]);
    assert_eq!(bob.refused(&["announce", &c, "Three"]), "forbidden");
    assert_eq!(marie.members(&room), ["marie"]);
    marie.object(&["announce", &c, "Four"]);
    assert_eq!(announcements(&bob, &c), ["One", "Two", "Four"]);
    let log = fields(&marie.list(&["community", "log", &c]), "action");
    assert_eq!(log.iter().filter(|action| *action == "role").count(), 2);
    assert_eq!(marie.refused(&["community", "promote", &c, "@marie", "--role", "member"]), "forbidden");
}

#[test]
fn an_admin_announces_to_a_group_that_they_are_not_in_but_never_to_a_key_that_a_removed_member_has() {
    let world = World::new();
    let [marie, bob, carol, dave] = world.people(["marie", "bob", "carol", "dave"]);
    let c = id(&founded(&marie, "Choir"), "community");
    let link = link(&marie, &c);
    for person in [&bob, &carol, &dave] {
        person.object(&["join", &link]);
    }
    let altos = marie.field(&["group", "create", "Altos", "--community", &c], "group");
    for person in [&carol, &dave] {
        person.object(&["group", "join", "Altos"]);
    }
    marie.object(&["announce", &c, "One"]);
    marie.done(&["community", "promote", &c, "@bob", "--role", "admin"]);
    bob.object(&["announce", &c, "Two", "--to", "Altos"]);
    assert_eq!(announcements(&bob, &c), ["One", "Two"]);
    assert_eq!(carol.texts(&altos), ["Two"]);
    assert_eq!(dave.texts(&altos), ["Two"]);

    marie.done(&["group", "remove", &altos, "@dave"]);
    assert_eq!(dave.refused(&["group", "join", "Altos"]), "barred", "the old link does not say so");
    assert_eq!(bob.refused(&["announce", &c, "Three", "--to", "Altos"]), "stale_directory");
    // An admin who is in the group brings the directory up to date, with a new link.
    synced(&marie);
    bob.object(&["announce", &c, "Four", "--to", "Altos"]);
    dave.object(&["sync"]);
    assert_eq!(carol.texts(&altos), ["Two", "Four"]);
    assert_eq!(announcements(&dave, &c), ["One", "Two"]);
    assert_eq!(dave.refused(&["group", "join", "Altos"]), "barred");
}

#[test]
fn a_revoked_or_used_link_lets_nobody_in_and_costs_nobody_a_seat() {
    let world = World::new();
    let [marie, bob, carol, dave] = world.people(["marie", "bob", "carol", "dave"]);
    let c = id(&founded(&marie, "Choir"), "community");
    let once = marie.field(&["invite", "create", &c, "--uses", "1"], "link");
    bob.object(&["join", &once]);
    assert_eq!(carol.refused(&["join", &once]), "link_used_up");

    let invite = marie.object(&["invite", "create", &c]);
    carol.object(&["join", &id(&invite, "link")]);
    marie.done(&["invite", "revoke", &id(&invite, "invite")]);
    assert_eq!(dave.refused(&["join", &id(&invite, "link")]), "unknown_link");
    marie.object(&["announce", &c, "Hello"]);
    // Both waited for their seats when the link was revoked.
    assert_eq!(announcements(&bob, &c), ["Hello"]);
    assert_eq!(announcements(&carol, &c), ["Hello"]);
    assert_eq!(marie.list(&["invite", "list", &c]).len(), 1);
}

#[test]
fn who_recovers_is_still_in_and_still_its_owner() {
    let world = World::new();
    let marie = world.home("marie");
    let key = id(&marie.register("marie", "Marie").succeeded().object(), "recovery_key");
    let bob = world.home("bob");
    let bobs_key = id(&bob.register("bob", "Bob").succeeded().object(), "recovery_key");
    let community = founded(&marie, "Choir");
    let c = id(&community, "community");
    bob.object(&["join", &link(&marie, &c)]);
    marie.object(&["announce", &c, "One"]);
    bob.object(&["sync"]);

    let again = world.home("marie-again");
    again.recover("marie", &key).succeeded();
    again.object(&["sync"]);
    assert_eq!(again.object(&["community", "show", &c])["name"], "Choir");
    again.object(&["announce", &c, "Two"]);
    assert_eq!(announcements(&bob, &c), ["One", "Two"]);

    let bob_again = world.home("bob-again");
    bob_again.recover("bob", &bobs_key).succeeded();
    again.object(&["announce", &c, "Three"]);
    bob_again.object(&["sync"]);
    assert!(announcements(&bob_again, &c).contains(&"Three".to_owned()));
}

#[test]
fn who_is_added_to_a_group_of_a_community_comes_into_it() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let community = founded(&marie, "Choir");
    let (c, general) = (id(&community, "community"), id(&community, "general"));
    marie.done(&["group", "add", &general, "@bob"]);
    synced(&bob);
    marie.object(&["announce", &c, "Welcome"]);
    synced(&bob);
    assert_eq!(announcements(&bob, &c), ["Welcome"]);
    assert_eq!(fields(&bob.list(&["community", "list"]), "name"), ["Choir"]);
}

#[test]
fn a_members_database_knows_nobody_whom_the_member_shares_no_group_with() {
    let world = World::new();
    let [marie, bob, carol] = world.people(["marie", "bob", "carol"]);
    let community = founded(&marie, "Choir");
    let (c, general) = (id(&community, "community"), id(&community, "general"));
    let link = link(&marie, &c);
    bob.object(&["join", &link]);
    // Out of the one group that carol is about to enter; still in the channel.
    marie.done(&["group", "remove", &general, "@bob"]);
    carol.object(&["join", &link]);
    let carols = id(&carol.object(&["whoami"]), "account");
    for text in ["One", "Two"] {
        marie.object(&["announce", &c, text]);
    }
    for person in [&bob, &carol] {
        synced(person);
        assert_eq!(announcements(person, &c), ["One", "Two"]);
    }
    let account = asterism_wire::ids::from_text(&carols).unwrap();
    let everything = |person: &Person| -> Vec<u8> {
        let files = std::fs::read_dir(&person.home).unwrap();
        files.filter_map(|file| std::fs::read(file.unwrap().path()).ok()).flatten().collect()
    };
    let contains = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    for (person, knows) in [(&marie, true), (&carol, true), (&bob, false)] {
        let bytes = everything(person);
        assert_eq!(contains(&bytes, &account), knows, "account");
        assert_eq!(contains(&bytes, b"carol"), knows, "handle");
        assert_eq!(contains(&bytes, b"Carol"), knows, "name");
        // The search is not blind.
        assert!(contains(&bytes, b"marie") && contains(&bytes, b"Marie"));
    }
    // In the admins' list: account, pseudonym, mark of the link, profile key, 88 bytes in all.
    let (admins, bobs) = (everything(&marie), everything(&bob));
    let row = [&[0x58, 88], account.as_slice()].concat();
    let at = memchr::memmem::find(&admins, &row).expect("an admin's database has the list") + row.len();
    let (pseudonym, profile_key) = (&admins[at..at + 16], &admins[at + 24..at + 56]);
    assert!(contains(&everything(&carol), profile_key), "one's own");
    for (what, secret) in [("pseudonym", pseudonym), ("profile key", profile_key)] {
        assert!(!contains(&bobs, secret), "{what}");
    }
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    assert_eq!(marie.refused(&["community", "create", ""]), "invalid_name");
    assert_eq!(marie.refused(&["community", "create", &"x".repeat(101)]), "invalid_name");
    assert!(marie.list(&["community", "list"]).is_empty());
    let c = id(&founded(&marie, "Choir"), "community");
    assert_eq!(marie.refused(&["announce", &c, ""]), "invalid_text");
    assert_eq!(marie.refused(&["announce", &c, &"x".repeat(64 * 1024 + 1)]), "invalid_text");
    assert_eq!(bob.refused(&["community", "show", &c]), "unknown_target");
    assert_eq!(bob.refused(&["announce", &c, "x"]), "unknown_target");
    assert_eq!(marie.refused(&["community", "promote", &c, "@nobody", "--role", "admin"]), "unknown_handle");
    assert_eq!(marie.refused(&["community", "remove", &c, "@marie"]), "forbidden");
    assert_eq!(marie.refused(&["send", &c, "not a conversation"]), "not_a_member");
    assert_eq!(marie.refused(&["send", "Choir", "not a conversation"]), "not_a_member");
    // A group of the same name goes before the announcements.
    marie.create_group("Choir");
    marie.send("Choir", "sung");
    assert_eq!(marie.texts("Choir"), ["sung"]);
    assert_eq!(marie.refused(&["invite", "create", "Choir"]), "ambiguous_target");
    marie.done(&["community", "set", &c, "name=Big choir"]);
    assert_eq!(marie.object(&["community", "show", "Big choir"])["name"], "Big choir");
}
