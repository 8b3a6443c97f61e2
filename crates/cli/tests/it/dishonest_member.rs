//! Dishonest members and joiners, as real honest clients meet them: whatever the one does, the others go on together.
//!
//! All cases are in the simulator (`crates/sim`, `hostile`); the dishonest device here is a real one, with a core that
//! can be told to do wrong once.

use crate::between::Between;
use crate::process::Staying;
use crate::world::{Person, World, fields};
use asterism_client::{Client, Home, Network};
use asterism_core::api::Request;
use asterism_core::hostile::Deed;
use asterism_mls::hostile::Flaw;
use asterism_sim::stranger::Stranger;
use asterism_wire::frame::{self, Answer, ClientFrame, ServerBody, ServerFrame};
use asterism_wire::link::Link;
use asterism_wire::{ConversationId, ErrorCode, Timestamp};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(60);
/// Between two looks at what no event tells.
const LOOK_PERIOD: Duration = Duration::from_millis(50);

/// Three honest people in a group, one of whom follows it; and whom the dishonest one would remove.
struct Story {
    world: World,
    between: Between,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    group: String,
    link: String,
    bobs: Staying,
    said: Vec<String>,
}

impl Story {
    fn begin() -> Self {
        let world = World::new();
        // It tells no lie: whoever wants to enter without a right may see what members see in public.
        let between = Between::start(&world.server.url, 1);
        let alice = world.person_by("alice", &between.doors[0]);
        let [bob, carol, dave] = world.people(["bob", "carol", "dave"]);
        let group = alice.create_group("Chess");
        alice.done(&["group", "add", &group, "@bob", "@carol", "@dave"]);
        let link = alice.field(&["invite", "create", &group], "link");
        let bobs = bob.stay(&["read", &group, "--follow"]);
        let mut story = Self { world, between, alice, bob, carol, dave, group, link, bobs, said: Vec::new() };
        story.everybody_writes("before");
        assert_eq!(story.dave.texts(&story.group), story.said);
        story
    }

    /// Each of the honest; who follows shows it.
    fn everybody_writes(&mut self, when: &str) {
        for (name, person) in [("alice", &self.alice), ("bob", &self.bob), ("carol", &self.carol)] {
            let text = format!("{name} {when}");
            person.send(&self.group, &text);
            assert_eq!(self.bobs.next_text(), text);
            self.said.push(text);
        }
    }

    fn position(&self) -> u64 {
        self.alice.object(&["group", "show", &self.group])["seq"].as_u64().unwrap()
    }

    /// All of the honest are in one group, with everything that was said and a common future.
    #[expect(clippy::print_stdout, reason = "how long they were held up")]
    fn goes_on(&mut self, begun: Instant, members: &[&str]) {
        self.everybody_writes("after");
        println!("everybody wrote again after {:.1} s", begun.elapsed().as_secs_f64());
        self.alice.done(&["group", "promote", &self.group, "@carol", "--role", "admin"]);
        self.carol.done(&["group", "set", &self.group, "name=Chess goes on"]);
        self.everybody_writes("in the next epoch");
        for person in [&self.alice, &self.bob, &self.carol] {
            assert_eq!(person.members(&self.group), members);
            assert_eq!(person.texts(&self.group), self.said);
            assert_eq!(person.field(&["group", "show", &self.group], "name"), "Chess goes on");
            let synced = person.object(&["sync"]);
            assert_eq!((&synced["undecryptable"], &synced["epoch_repairs"]), (&0.into(), &0.into()));
        }
        let groups = fields(&self.alice.list(&["group", "members", &self.group]), "role");
        assert_eq!(groups.iter().filter(|role| *role == "admin").count(), self.admins(members));
    }

    /// Alice, carol, and the dishonest one where it is a member.
    fn admins(&self, members: &[&str]) -> usize {
        2 + usize::from(members.contains(&"mallory"))
    }
}

/// A device that is about to do wrong.
struct Mallory {
    client: Client,
}

impl Mallory {
    async fn register(world: &World) -> Self {
        let home = Home::new(world.home("mallory").home);
        let lock = home.try_lock().unwrap().unwrap();
        let client = Client::open(&home, lock, Network::On).await.unwrap();
        let (server, name) = (world.server.url.clone(), "mallory".to_owned());
        let register = Request::Register { server, handle: name.clone(), name, invite_code: None };
        client.request(register, LONG).await.unwrap();
        client.request(Request::Sync, LONG).await.unwrap();
        Self { client }
    }

    /// Does it on the occasion of a request, and dies when the log has become longer than it was.
    async fn does(self, deed: Deed, occasion: Request, story: &Story) {
        let before = story.position();
        self.client.be_hostile(Some(deed)).await;
        let client = self.client.clone();
        let asked = tokio::spawn(async move { client.request(occasion, LONG).await });
        let patience = Instant::now() + LONG;
        while !(self.client.be_hostile(None).await && story.position() > before) {
            assert!(Instant::now() < patience, "it was never done: {asked:?}");
            tokio::time::sleep(LOOK_PERIOD).await;
        }
        self.client.close().await;
        // What it was answered is its own affair.
        let _ = asked.await.unwrap();
    }
}

/// A member, even an admin, whose commit is wrong in secret.
async fn a_corrupted_commit(flaw: Flaw) {
    let mut story = Story::begin();
    let mallory = Mallory::register(&story.world).await;
    story.alice.done(&["group", "add", &story.group, "@mallory"]);
    story.alice.done(&["group", "promote", &story.group, "@mallory", "--role", "admin"]);
    mallory.client.request(Request::Sync, LONG).await.unwrap();
    let occasion = Request::GroupRemove { target: story.group.clone(), handle: "dave".into() };
    mallory.does(Deed::FlawedCommit(flaw), occasion, &story).await;
    let begun = Instant::now();
    // The removal did not happen for them, whatever the server was shown.
    story.goes_on(begun, &["alice", "bob", "carol", "dave", "mallory"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_with_a_wrong_confirmation_tag_stops_nobody() {
    a_corrupted_commit(Flaw::ConfirmationTag).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_with_wrong_path_secrets_stops_nobody() {
    a_corrupted_commit(Flaw::PathSecrets).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_enters_by_a_link_with_a_wrong_key_stops_nobody() {
    let mut story = Story::begin();
    let mallory = Mallory::register(&story.world).await;
    let occasion = Request::Join { link: story.link.clone() };
    mallory.does(Deed::OtherPsk, occasion, &story).await;
    story.goes_on(Instant::now(), &["alice", "bob", "carol", "dave"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_knows_a_links_id_and_not_its_secret_comes_nowhere() {
    let mut story = Story::begin();
    let link: Link = story.link.parse().unwrap();
    let group: ConversationId = story.group.parse().unwrap();

    // With a client like everybody's.
    let guessed = Link { secret: [9; 32], ..link.clone() };
    let eve = story.world.person("eve");
    assert_eq!(eve.refused(&["join", &guessed.to_string()]), "invalid_link");

    // With one's own: asking for what joiners need, and entering with what a member gave away.
    let mut line = Line::open(&story.world.server.url).await;
    let mut stranger = Stranger::unknown(seeds(), Timestamp(1));
    let Ok(Answer::Hello(hello)) = line.ask(Stranger::hello()).await else { panic!("no hello") };
    stranger.nonce = hello.nonce;
    line.ask(stranger.registration("mallory")).await.unwrap();
    let asked = line.ask(stranger.ask_for_join_info(group, link.ticket)).await;
    assert_eq!(asked.unwrap_err(), ErrorCode::BadSignature);
    let public = story.between.with(move |liar| liar.public_group(group)).expect("it was seen");
    let entered = line.ask(stranger.enter_without_secret(group, &link, public)).await;
    assert_eq!(entered.unwrap_err(), ErrorCode::InvalidCommit);

    let before = story.position();
    story.goes_on(Instant::now(), &["alice", "bob", "carol", "dave"]);
    // What the honest wrote, a promotion and a name: nothing of it was voided, and nothing else was taken.
    assert_eq!(story.position(), before + 8);
}

fn seeds() -> impl FnMut() -> [u8; 32] {
    let mut seeds = 1..;
    move || [seeds.next().unwrap(); 32]
}

/// A connection of somebody who can write frames.
struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u64,
}

impl Line {
    async fn open(url: &str) -> Self {
        let url = url.replacen("http", "ws", 1) + "/api/v1/socket";
        Self { socket: connect_async(url).await.unwrap().0, asked: 0 }
    }

    async fn ask(&mut self, request: frame::Request) -> Result<Answer, ErrorCode> {
        self.asked += 1;
        let frame = ClientFrame { id: self.asked, request: Some(request) };
        self.socket.send(Message::Binary(frame.encode_to_vec().into())).await.unwrap();
        loop {
            let said = tokio::time::timeout(LONG, self.socket.next()).await.expect("it is answered");
            let Message::Binary(bytes) = said.unwrap().unwrap() else { continue };
            match ServerFrame::decode(bytes).unwrap().body {
                Some(ServerBody::Response(response)) if response.id == self.asked => {
                    return match response.answer.unwrap() {
                        Answer::Failure(failure) => Err(failure.error_code()),
                        answer => Ok(answer),
                    };
                }
                _ => {}
            }
        }
    }
}
