//! A large group of native devices on a real server: people are added in batches and enter by a link, everybody reads,
//! and who was removed opens nothing that is sent afterwards.
//!
//! `make test` runs it with twelve people. With all that a group may have it is a long run of its own:
//! `ASTERISM_MEMBERS=1024 cargo nextest run --release -p asterism-cli -E 'test(large_group)' --no-capture`.

use crate::server::Server;
use asterism_client::{Client, Home, Network};
use asterism_core::api::{Answer, ApiError, Item, Request};
use asterism_wire::{ErrorCode, limits};
use serde_json::json;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many are in the group at its largest, in the short run.
const MEMBERS: usize = 12;
/// One of so many is online all the time; the others come to do something, and go.
const ONLINE_EVERY: usize = 4;
/// Of all who are online there are no more than so many.
const ONLINE_MAX: usize = 32;
/// Devices that do something at the same time.
const AT_ONCE: usize = 6;
/// A phase of the long run that takes longer has failed.
const LONG: Duration = Duration::from_secs(15 * 60);

/// How large it all is.
struct Size {
    members: usize,
    batches: Vec<Vec<usize>>,
    by_link: usize,
}

impl Size {
    /// The founder is number 0. The last by the link finds the group full, when it is.
    fn of(members: usize) -> Self {
        let by_link = if members < 100 { 3 } else { 24 };
        // With the founder, and without the last one by the link.
        let added: Vec<usize> = (1..=members - by_link).collect();
        let batch = added.len().div_ceil(4).min(limits::ADDS_PER_COMMIT_MAX);
        Self { members, batches: added.chunks(batch).map(<[_]>::to_vec).collect(), by_link }
    }

    fn added(&self) -> usize {
        self.batches.iter().map(Vec::len).sum()
    }

    /// Numbers of those who come by the link, the last of whom has to wait for a place.
    fn by_link(&self) -> Vec<usize> {
        (1..=self.by_link).map(|n| self.added() + n).collect()
    }
}

/// Where everybody's home is, and who is online.
struct Crowd {
    directory: TempDir,
    server: Server,
    online: Vec<Option<Client>>,
    group: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_group_grows_by_batches_and_by_a_link_and_its_removed_members_read_no_further() {
    let members = std::env::var("ASTERISM_MEMBERS").map_or(MEMBERS, |n| n.parse().expect("a number"));
    assert!((8..=limits::GROUP_ACCOUNTS_MAX).contains(&members), "ASTERISM_MEMBERS is 8 to 1024");
    let size = Size::of(members);
    let mut crowd = Crowd::begin(&size).await;

    for batch in &size.batches {
        timed(&format!("{} are added", batch.len()), crowd.add(batch)).await;
    }
    let link = crowd.link().await;
    let mut by_link = size.by_link();
    let late = by_link.pop().expect("some come by the link");
    timed(&format!("{} enter by the link", by_link.len()), async {
        for number in &by_link {
            crowd.join(*number, &link).await.unwrap();
        }
    })
    .await;
    let present: Vec<usize> = (0..late).collect();
    assert_eq!(present.len(), members);
    if members == limits::GROUP_ACCOUNTS_MAX {
        assert_eq!(crowd.join(late, &link).await.unwrap_err().code, ErrorCode::GroupFull);
    }

    let before = crowd.write(&[0, 1, size.added() / 2, size.added()], "before").await;
    timed("everybody reads", crowd.all_read(&present, &before)).await;
    assert_eq!(crowd.member_count(1).await, members);

    // One is online all the time, the other is not.
    let removed = [ONLINE_EVERY, ONLINE_EVERY + 1];
    for number in removed {
        timed("one is removed", crowd.remove(number)).await;
    }
    timed("the last enters by the link", async { crowd.join(late, &link).await.unwrap() }).await;
    let after = crowd.write(&[0, 1, late], "after").await;
    let stayed: Vec<usize> = present.into_iter().filter(|number| !removed.contains(number)).collect();
    let all = [before.clone(), after.clone()].concat();
    timed("everybody reads on", crowd.all_read(&stayed, &all)).await;
    crowd.all_read(&[late], &after).await;
    for number in removed {
        crowd.reads_no_further(number, &before).await;
    }
    assert_eq!(crowd.member_count(late).await, members - 1);
    crowd.end().await;
}

impl Crowd {
    /// Everybody has an account, and the founder a group. One more is there than the group has room for.
    async fn begin(size: &Size) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::start(&directory.path().join("server"));
        let everybody: Vec<usize> = (0..=size.members).collect();
        let online = vec![None; everybody.len()];
        let mut crowd = Self { directory, server, online, group: String::new() };
        let server = crowd.server.url.clone();
        let register = move |client: Client, number: usize| {
            let (server, handle, name) = (server.clone(), handle(number), format!("Person {number}"));
            async move {
                ask(&client, Request::Register { server, handle, name, invite_code: None }).await.unwrap();
                // Its key packages are there now.
                ask(&client, Request::Sync).await.unwrap();
            }
        };
        timed(&format!("{} register", everybody.len()), crowd.each(&everybody, register)).await;
        for number in (0..size.added()).step_by(ONLINE_EVERY).take(ONLINE_MAX) {
            crowd.online[number] = Some(open(&crowd.home(number)).await);
        }
        let create = json!({ "method": "group_create", "params": { "name": "Town", "quantum_safe": false } });
        let created = crowd.ask(0, serde_json::from_value(create).unwrap()).await.unwrap();
        let Answer::Group { group } = created else { panic!("{created:?}") };
        crowd.group = group;
        crowd
    }

    fn home(&self, number: usize) -> PathBuf {
        self.directory.path().join(number.to_string())
    }

    /// Some do something, a few at a time.
    async fn each<F: Future<Output = ()> + Send + 'static>(
        &self,
        numbers: &[usize],
        act: impl Fn(Client, usize) -> F,
    ) {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut acting = JoinSet::new();
        for &number in numbers {
            let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
            let online = self.online[number].clone();
            let client = match &online {
                Some(client) => client.clone(),
                None => open(&self.home(number)).await,
            };
            let acted = act(client.clone(), number);
            acting.spawn(async move {
                acted.await;
                if online.is_none() {
                    client.close().await;
                }
                drop(turn);
            });
            while let Some(ended) = acting.try_join_next() {
                ended.unwrap();
            }
        }
        while let Some(ended) = acting.join_next().await {
            ended.unwrap();
        }
    }

    /// One asks its device.
    async fn ask(&self, number: usize, request: Request) -> Result<Answer, ApiError> {
        if let Some(client) = &self.online[number] {
            return ask(client, request).await;
        }
        let client = open(&self.home(number)).await;
        let answer = match ask(&client, Request::Sync).await {
            Ok(_) => ask(&client, request).await,
            Err(error) => Err(error),
        };
        client.close().await;
        answer
    }

    async fn add(&self, numbers: &[usize]) {
        let handles = numbers.iter().map(|number| handle(*number)).collect();
        self.ask(0, Request::GroupAdd { target: self.group.clone(), handles }).await.unwrap();
    }

    async fn remove(&self, number: usize) {
        let remove = Request::GroupRemove { target: self.group.clone(), handle: handle(number) };
        self.ask(0, remove).await.unwrap();
    }

    async fn link(&self) -> String {
        let create = Request::InviteCreate { target: self.group.clone(), expires_in_ms: None, uses: None };
        match self.ask(0, create).await.unwrap() {
            Answer::Invite { link, .. } => link,
            other => panic!("{other:?}"),
        }
    }

    async fn join(&self, number: usize, link: &str) -> Result<Answer, ApiError> {
        self.ask(number, Request::Join { link: link.to_owned() }).await
    }

    /// What these wrote, in order.
    async fn write(&self, numbers: &[usize], when: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for &number in numbers {
            let text = format!("{number} writes {when}");
            self.ask(number, self.send(&text)).await.unwrap();
            texts.push(text);
        }
        texts
    }

    fn send(&self, text: &str) -> Request {
        let (target, text) = (self.group.clone(), text.to_owned());
        Request::Send { target, text, reply_to: None, idempotency: None, queue: false }
    }

    /// Each of these shows exactly this, and nothing had to be repaired.
    async fn all_read(&self, numbers: &[usize], texts: &[String]) {
        let (group, texts) = (self.group.clone(), texts.to_vec());
        let read = move |client: Client, number: usize| {
            let (group, texts) = (group.clone(), texts.clone());
            async move {
                let synced = ask(&client, Request::Sync).await.unwrap();
                let Answer::Synced { undecryptable, epoch_repairs, .. } = synced else {
                    panic!("{synced:?}")
                };
                assert_eq!((undecryptable, epoch_repairs), (0, 0), "{number}");
                assert_eq!(shown(&client, &group).await, texts, "{number}");
            }
        };
        self.each(numbers, read).await;
    }

    /// It shows what was sent while it was a member, and may do nothing any more.
    async fn reads_no_further(&self, number: usize, texts: &[String]) {
        self.all_read(&[number], texts).await;
        let error = self.ask(number, self.send("from outside")).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotAMember, "{number}");
        let Answer::List(groups) = self.ask(number, Request::GroupList).await.unwrap() else { panic!() };
        assert_eq!(groups, [], "{number}");
    }

    async fn member_count(&self, number: usize) -> usize {
        let members = self.ask(number, Request::GroupMembers { target: self.group.clone() }).await;
        let Ok(Answer::List(members)) = members else { panic!("{members:?}") };
        members.len()
    }

    async fn end(&mut self) {
        for client in self.online.drain(..).flatten() {
            client.close().await;
        }
    }
}

fn handle(number: usize) -> String {
    format!("person{number}")
}

async fn open(home: &Path) -> Client {
    let home = Home::new(home);
    let lock = home.try_lock().unwrap().expect("nobody else has it open");
    Client::open(&home, lock, Network::On).await.unwrap()
}

async fn ask(client: &Client, request: Request) -> Result<Answer, ApiError> {
    client.request(request, LONG).await
}

/// The texts that a device shows.
async fn shown(client: &Client, group: &str) -> Vec<String> {
    let read = Request::Read { target: group.to_owned(), since: None, limit: 1_000, events: false };
    let Answer::List(items) = ask(client, read).await.unwrap() else { panic!("no list") };
    let text = |item| match item {
        Item::Message(message) => {
            message.text.unwrap_or_else(|| format!("a message of kind {}", message.kind))
        }
        other => panic!("{other:?}"),
    };
    items.into_iter().map(text).collect()
}

/// Says how long something took.
#[expect(clippy::print_stdout, reason = "the figures of a long run")]
async fn timed<T>(what: &str, done: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = done.await;
    println!("{what}: {:.1} s", begun.elapsed().as_secs_f64());
    result
}
