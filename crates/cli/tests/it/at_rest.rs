//! What a server holds says nothing: its data, its log at its loudest and its memory are searched for what people
//! wrote and for what they call things. The same search finds what the server does know, and finds everything in a
//! member's own home and memory: it is not blind.

use crate::scan::Needle;
use crate::world::{Person, World, texts};
use asterism_wire::{AccountId, CommunityId, ConversationId};
use memchr::memmem;
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

const COMMUNITY: &str = "Worshipful Company of Lamplighters";
const COMMUNITY_DESCRIPTION: &str = "Where the gaslight is mourned on alternate Thursdays";
const LISTED_GROUP: &str = "Wick Trimmers' Sodality";
const LISTED_DESCRIPTION: &str = "Whoever owns scissors may come in";
const TO_ALL: &str = "The bellows have been moved to the lesser crypt";
const TO_GROUP: &str = "Bring the paraffin by way of the orangery";

/// What nobody but members may find.
const SECRETS: &[&str] = &[
    NAME,
    SECOND_NAME,
    GROUP,
    SECOND_GROUP,
    DESCRIPTION,
    TEXT,
    ANSWER,
    DIRECT,
    COMMUNITY,
    COMMUNITY_DESCRIPTION,
    LISTED_GROUP,
    LISTED_DESCRIPTION,
    TO_ALL,
    TO_GROUP,
];

#[test]
fn what_a_server_holds_says_nothing_of_what_people_say_and_call_things() {
    let mut world = World::with_loud_server();
    let (zephyrine, bob, group, link) = a_life(&world);
    let community = a_community(&zephyrine, &bob);
    let accounts = [&zephyrine, &bob].map(|person| person.field(&["whoami"], "account").parse().unwrap());
    let following = bob.stay(&["read", &group, "--follow"]);
    assert_eq!((following.next_text(), following.next_text()), (TEXT.into(), ANSWER.into()));
    zephyrine.send(&group, TEXT);
    assert_eq!(following.next_text(), TEXT);

    let mut secrets: Vec<Needle> = SECRETS.iter().map(|secret| Needle::of(secret)).collect();
    for link in [&link, &community.link] {
        let secret = link.rsplit_once('#').unwrap().1;
        secrets.push(Needle::of(secret));
        secrets.push(Needle::of_bytes(secret, &asterism_wire::ids::from_text(secret).unwrap()));
    }
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
    for account in accounts {
        own_entries_name_no_community(data, account, &community);
    }
    // On a member's own device there is all of it.
    let of_community = [COMMUNITY, COMMUNITY_DESCRIPTION, LISTED_GROUP, LISTED_DESCRIPTION, TO_ALL, TO_GROUP];
    for known in [SECOND_NAME, TEXT, ANSWER, SECOND_GROUP, DESCRIPTION].into_iter().chain(of_community) {
        assert!(Needle::of(known).is_in(&bob.home), "bob's database has {known:?}");
    }
}

/// Everything that takes a name or a text to the server, in one way or another.
fn a_life(world: &World) -> (Person, Person, String, String) {
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
    (zephyrine, bob, group, link)
}

struct Community {
    id: CommunityId,
    announcements: ConversationId,
    link: String,
}

/// A community that the second enters by the first one's link, with all that is said and listed in one.
fn a_community(founder: &Person, other: &Person) -> Community {
    let founded = founder.object(&["community", "create", COMMUNITY, "--description", COMMUNITY_DESCRIPTION]);
    let field = |name: &str| founded[name].as_str().unwrap().to_owned();
    let id = field("community");
    let listed = ["group", "create", LISTED_GROUP, "--description", LISTED_DESCRIPTION, "--community", &id];
    founder.object(&listed);
    let link = founder.field(&["invite", "create", &id], "link");
    other.object(&["join", &link]);
    other.object(&["group", "join", LISTED_GROUP]);
    founder.object(&["announce", &id, TO_ALL]);
    founder.object(&["announce", &id, TO_GROUP, "--to", LISTED_GROUP]);
    assert_eq!(texts(&other.list(&["announcement", "list", &id])), [TO_ALL, TO_GROUP]);
    // A seat does not change what the entry is called.
    other.object(&["sync"]);
    Community { id: id.parse().unwrap(), announcements: field("announcements").parse().unwrap(), link }
}

/// Length of the name that the server knows an entry of an own vault by.
const ALIAS_CHARS: usize = 52;
/// What comes after a name within so many bytes is of the same entry.
const NEAR_BYTES: usize = 64;

/// What an account keeps for its own devices does not tell a thief of the server's data in which communities it is.
fn own_entries_name_no_community(data: &Path, account: AccountId, community: &Community) {
    for named in [format!("community/{}", community.id), format!("keys/{}", community.id)] {
        assert!(!Needle::of(&named).is_in(data), "{named}");
    }
    let ids = [community.id.to_vec(), community.announcements.to_vec()];
    let texts = [community.id.to_string(), community.announcements.to_string()].map(String::into_bytes);
    let key = [b"own/".as_slice(), account.as_bytes()].concat();
    let mut found = 0;
    for bytes in files(data) {
        for at in memmem::find_iter(&bytes, &key) {
            let alias = &bytes[at + key.len()..][..ALIAS_CHARS];
            assert!(alias.iter().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7')), "{alias:?}");
            let near = &bytes[at..][..key.len() + ALIAS_CHARS + NEAR_BYTES];
            for id in ids.iter().chain(&texts) {
                assert!(memmem::find(near, id).is_none(), "an own entry stands beside a community");
            }
            found += 1;
        }
    }
    assert!(found > 2, "an account keeps a key for each conversation, and its community: {found}");
}

/// What is in the files of a directory.
fn files(directory: &Path) -> Vec<Vec<u8>> {
    let paths = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => std::fs::read(path).into_iter().collect(),
    };
    paths.flat_map(read).collect()
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
