//! What a server holds says nothing: its data, its log at its loudest and its memory are searched for what people
//! wrote and for what they call things. The same search finds what the server does know, and finds everything in a
//! member's own home and memory: it is not blind.

use crate::scan::Needle;
use crate::world::{Person, World};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A person's name on the server, which it has to know.
const HANDLE: &str = "zephyrine.of.the.cloister";
const NAME: &str = "Zéphyrine Quillfeather-Obolensky";
const SECOND_NAME: &str = "Zéphyrine Brackenthwaite-Oyelaran";
const GROUP: &str = "Chrysanthemum Conspirators' Guild";
const SECOND_GROUP: &str = "Periwinkle Plotters' Assembly";
const DESCRIPTION: &str = "Wherein marmalade futures are quietly cornered";
const TEXT: &str = "The heron walks backwards over the third sluice gate at dusk";
const ANSWER: &str = "Then the basilisk shall wear its umbrella inside out";
const DIRECT: &str = "Burn the turquoise ledger before the almanac is printed";

/// What nobody but members may find.
const SECRETS: &[&str] = &[NAME, SECOND_NAME, GROUP, SECOND_GROUP, DESCRIPTION, TEXT, ANSWER, DIRECT];

#[test]
fn what_a_server_holds_says_nothing_of_what_people_say_and_call_things() {
    let mut world = World::with_loud_server();
    let (zephyrine, bob, link) = a_life(&world);
    let group = zephyrine.list(&["group", "list"])[0]["group"].as_str().unwrap().to_owned();
    let following = bob.stay(&["read", &group, "--follow"]);
    assert_eq!((following.next_text(), following.next_text()), (TEXT.into(), ANSWER.into()));
    zephyrine.send(&group, TEXT);
    assert_eq!(following.next_text(), TEXT);

    let mut secrets: Vec<Needle> = SECRETS.iter().map(|secret| Needle::of(secret)).collect();
    secrets.push(Needle::of(link.rsplit_once('#').unwrap().1));
    let handle = Needle::of(HANDLE);

    // While everybody is connected.
    let images = tempfile::tempdir().unwrap();
    let memory = images.path().join("memory");
    if let Some(image) = dump(world.server.id(), &memory) {
        holds_none(&image, &secrets);
        assert!(handle.is_in(&image), "the server knows handles: was this its memory?");
        let image = dump(following.id(), &memory).expect("as the server's");
        for known in [SECOND_GROUP, TEXT, ANSWER] {
            assert!(Needle::of(known).is_in(&image), "bob's device knows {known:?}");
        }
    }
    world.server.end();
    let (data, log) = (&world.server.data, world.server.log.as_ref().unwrap());
    holds_none(data, &secrets);
    holds_none(log, &secrets);
    assert!(handle.is_in(data), "the server keeps handles");
    assert!(Needle::of("shutting down").is_in(log), "this is its log");
    // On a member's own device there is all of it.
    for known in [NAME, TEXT, ANSWER, SECOND_GROUP, DESCRIPTION] {
        assert!(Needle::of(known).is_in(&bob.home), "bob's database has {known:?}");
    }
}

/// Everything that takes a name or a text to the server, in one way or another.
fn a_life(world: &World) -> (Person, Person, String) {
    let zephyrine = world.home("zephyrine");
    zephyrine.register(HANDLE, NAME).succeeded();
    let [bob, carol] = world.people(["bob", "carol"]);
    let group = zephyrine.field(&["group", "create", GROUP, "--description", DESCRIPTION], "group");
    zephyrine.done(&["group", "add", &group, "@carol"]);
    let link = zephyrine.field(&["invite", "create", &group], "link");
    bob.object(&["join", &link]);
    zephyrine.send(&group, TEXT);
    bob.send(&group, ANSWER);
    bob.send(&format!("@{HANDLE}"), DIRECT);
    assert_eq!(zephyrine.texts("@bob"), [DIRECT]);
    assert_eq!(carol.texts(&group), [TEXT, ANSWER]);
    // A removal makes new keys, and what was there before is sealed to them.
    zephyrine.done(&["group", "remove", &group, "@carol"]);
    zephyrine.done(&["group", "set", &group, &format!("name={SECOND_GROUP}")]);
    zephyrine.done(&["profile", "set", &format!("name={SECOND_NAME}")]);
    assert_eq!(bob.texts(&group), [TEXT, ANSWER]);
    (zephyrine, bob, link)
}

fn holds_none(place: &Path, secrets: &[Needle]) {
    let found: Vec<String> = secrets.iter().flat_map(|secret| secret.found_in(place)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// The memory of a process that runs, in a file; `None`, and a word about it, where there is no `gcore`.
#[expect(clippy::print_stderr, reason = "what was not looked at must be known")]
fn dump(process: u32, prefix: &Path) -> Option<PathBuf> {
    let output = Command::new("gcore").arg("-o").arg(prefix).arg(process.to_string()).output();
    let Ok(output) = output else {
        eprintln!("NOT CHECKED: memory. There is no gcore here; it comes with gdb.");
        return None;
    };
    let image = PathBuf::from(format!("{}.{process}", prefix.display()));
    assert!(output.status.success() && image.exists(), "{output:?}");
    Some(image)
}
