//! The server dies again and again while people write: what it acknowledged is there, once, in one order for all.

use crate::server::Server;
use asterism_client::{Client, Home, Network};
use asterism_core::api::{Answer, Item, MessageInfo, Request};
use asterism_wire::ErrorCode;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often the server is killed in the short run.
const KILLS: u32 = 5;
/// Acknowledged messages between two kills.
const MESSAGES_PER_LIFE: usize = 60;
/// One read gives at most so many.
const MESSAGES_MAX: usize = 10_000;
const LONG: Duration = Duration::from_secs(60);

/// A sender, and how it deals with failure.
struct Sender {
    name: &'static str,
    client: Client,
    /// For one attempt. A short one is taken back while the server is away.
    timeout: Duration,
    /// Whether a failed message is sent again under its key, until it succeeds.
    insists: bool,
}

/// What the server acknowledged to one sender: text, message id, position.
type Acknowledged = Vec<(String, String, u64)>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_of_the_server() {
    let kills = std::env::var("ASTERISM_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start_to_come_back(&directory.path().join("server"));
    let (senders, group) = senders(directory.path(), &server.url).await;

    let stop = Arc::new(AtomicBool::new(false));
    let (progress, mut watching) = watch::channel(0);
    let clients: Vec<Client> = senders.iter().map(|sender| sender.client.clone()).collect();
    let writing: Vec<_> = senders
        .into_iter()
        .map(|sender| tokio::spawn(write(sender, group.clone(), Arc::clone(&stop), progress.clone())))
        .collect();
    for life in 0..=kills {
        let goal = *watching.borrow() + MESSAGES_PER_LIFE;
        let reached = tokio::time::timeout(LONG, watching.wait_for(|count| *count >= goal)).await;
        reached.unwrap_or_else(|_| panic!("life {life}: no progress")).unwrap();
        if life < kills {
            server.kill();
            server.come_back();
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for sender in writing {
        acknowledged.push(sender.await.unwrap());
    }

    // What was given up may still be under way: after one's own round trip it has arrived or never will.
    for client in &clients {
        client.request(Request::Sync, LONG).await.unwrap();
    }
    let mut shown = Vec::new();
    for client in &clients {
        shown.push(read_all(client, &group).await);
    }
    for other in &shown[1..] {
        check_same(&shown[0], other);
    }
    check_acknowledged(&acknowledged, &shown[0]);
    let count: usize = acknowledged.iter().map(Vec::len).sum();
    println!(
        "{kills} kills, {count} messages acknowledged, {} shown to each of {}",
        shown[0].len(),
        shown.len()
    );
    for client in clients {
        client.close().await;
    }
}

#[tokio::test]
async fn what_was_given_up_is_not_sent_on_the_next_connection() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start_to_come_back(&directory.path().join("server"));
    let client = person(directory.path(), &server.url, "marie").await;
    let group = create_group(&client).await;
    client.request(text(&group, "before", None), LONG).await.unwrap();
    // It leaves the device, and never reaches the server.
    server.freeze();
    let error = client.request(text(&group, "given up", None), Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout);
    server.kill();
    server.come_back();
    client.request(text(&group, "after", None), LONG).await.unwrap();
    let texts: Vec<_> =
        read_all(&client, &group).await.into_iter().filter_map(|message| message.text).collect();
    assert_eq!(texts, ["before", "after"]);
    client.close().await;
}

/// Four people in one group.
async fn senders(directory: &Path, url: &str) -> (Vec<Sender>, String) {
    let mut senders = Vec::new();
    for (name, timeout, insists) in [
        ("patient", LONG, false),
        ("insistent", Duration::from_millis(150), true),
        ("hasty", Duration::from_millis(150), false),
        ("stubborn", LONG, true),
    ] {
        let client = person(directory, url, name).await;
        senders.push(Sender { name, client, timeout, insists });
    }
    let creator = &senders[0].client;
    let group = create_group(creator).await;
    let handles = senders[1..].iter().map(|sender| format!("@{}", sender.name)).collect();
    creator.request(Request::GroupAdd { target: group.clone(), handles }, LONG).await.unwrap();
    for sender in &senders {
        sender.client.request(Request::Sync, LONG).await.unwrap();
    }
    (senders, group)
}

async fn person(directory: &Path, url: &str, name: &str) -> Client {
    let home = Home::new(directory.join(name));
    let lock = home.try_lock().unwrap().unwrap();
    let client = Client::open(&home, lock, Network::On).await.unwrap();
    let (server, handle, name) = (url.to_owned(), name.to_owned(), name.to_owned());
    client.request(Request::Register { server, handle, name, invite_code: None }, LONG).await.unwrap();
    client
}

async fn create_group(client: &Client) -> String {
    let create = Request::GroupCreate {
        name: "Kills".into(),
        description: None,
        quantum_safe: false,
        community: None,
        join: None,
    };
    match client.request(create, LONG).await.unwrap() {
        Answer::Group { group } => group,
        other => panic!("{other:?}"),
    }
}

fn text(group: &str, text: &str, key: Option<String>) -> Request {
    let (target, text) = (group.to_owned(), text.to_owned());
    Request::Send { target, text, reply_to: None, idempotency: key, queue: false }
}

async fn write(
    sender: Sender,
    group: String,
    stop: Arc<AtomicBool>,
    progress: watch::Sender<usize>,
) -> Acknowledged {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let text = format!("{} {n}", sender.name);
        let send = self::text(&group, &text, sender.insists.then(|| text.clone()));
        let begun = Instant::now();
        let mut result = sender.client.request(send.clone(), sender.timeout).await;
        while sender.insists && result.is_err() {
            assert!(begun.elapsed() < LONG, "{text:?} does not get through: {result:?}");
            result = sender.client.request(send.clone(), sender.timeout).await;
        }
        if let Ok(Answer::Sent { message, seq, .. }) = result {
            acknowledged.push((text, message, seq.expect("it was not queued")));
            progress.send_modify(|count| *count += 1);
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    acknowledged
}

/// What one of them sees, after catching up.
async fn read_all(client: &Client, group: &str) -> Vec<MessageInfo> {
    let synced = client.request(Request::Sync, LONG).await.unwrap();
    let Answer::Synced { undecryptable, epoch_repairs, .. } = synced else { panic!("{synced:?}") };
    assert_eq!((undecryptable, epoch_repairs), (0, 0));
    let limit = u32::try_from(MESSAGES_MAX).unwrap();
    let read = Request::Read { target: group.to_owned(), since: None, limit, events: false };
    let Answer::List(items) = client.request(read, LONG).await.unwrap() else { panic!("no list") };
    assert!(items.len() < MESSAGES_MAX, "too many to compare: fewer per life, please");
    let message = |item| match item {
        Item::Message(message) => message,
        other => panic!("{other:?}"),
    };
    items.into_iter().map(message).collect()
}

/// Two people see the same messages in the same order.
fn check_same(one: &[MessageInfo], other: &[MessageInfo]) {
    let line = |message: &MessageInfo| {
        let text = message.text.as_deref().unwrap_or_default();
        format!("{} {} {} {text:?} {}", message.seq, message.sender.handle, message.message, message.kind)
    };
    let (one, other): (Vec<_>, Vec<_>) = (one.iter().map(line).collect(), other.iter().map(line).collect());
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    let difference = (only(&one, &other), only(&other, &one));
    assert_eq!(difference, (Vec::new(), Vec::new()), "of {} and {}", one.len(), other.len());
    assert_eq!(one, other);
}

fn check_acknowledged(acknowledged: &[Acknowledged], shown: &[MessageInfo]) {
    let by_id: HashMap<&str, &MessageInfo> =
        shown.iter().map(|message| (message.message.as_str(), message)).collect();
    assert_eq!(by_id.len(), shown.len(), "each is shown once");
    for (text, id, seq) in acknowledged.iter().flatten() {
        let message = by_id.get(id.as_str()).unwrap_or_else(|| panic!("lost: {text:?} at {seq}"));
        assert_eq!((message.text.as_deref(), message.seq), (Some(text.as_str()), *seq));
    }
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    for message in shown {
        *copies.entry(message.text.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let doubled: Vec<_> = copies.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
    let positions: Vec<u64> = shown.iter().map(|message| message.seq).collect();
    assert!(positions.is_sorted_by(|a, b| a < b), "one position each, in order");
}
