//! A process that is killed while it appends: whatever it was told is durable is there.

use crate::bed::{run, stream};
use asterism_store::{
    AnyStore, Append, FjallOptions, FjallStore, IdempotencyKey, Key, Store as _, Version, Write,
};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::task::JoinSet;

/// Set in the process that is to be killed: the directory of its store.
const DIRECTORY: &str = "ASTERISM_STORE_KILL_DIRECTORY";
const ROUNDS: u64 = 6;
const WRITERS: u8 = 8;

fn open(directory: &Path) -> AnyStore {
    FjallStore::open(directory, &FjallOptions::default()).unwrap().into()
}

/// What an append carries, such that it can be told from its place alone.
fn entry(writer: u8, seq: u64) -> Bytes {
    let length = 10 + usize::try_from(seq * 97 % 2_000).unwrap();
    format!("{writer} {seq} {}", "x".repeat(length)).into()
}

fn append(writer: u8, seq: u64) -> Append {
    let value = Some(Bytes::from(seq.to_string()));
    Append {
        set_epoch: Some(seq),
        idempotency: vec![IdempotencyKey(u128::from(seq).to_be_bytes())],
        writes: vec![Write { key: Key::from(vec![b'w', writer]), expect: Version::Any, value }],
        ..Append::new(stream(writer), vec![entry(writer, seq), entry(writer, seq + 1)])
    }
}

/// Not a test of its own: what the killed process does. It says on standard output which
/// appends were acknowledged.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    run(async {
        let store = open(Path::new(&directory));
        let writers: JoinSet<()> = (0..WRITERS)
            .map(|writer| {
                let store = store.clone();
                async move {
                    let mut seq = store.heads(&[stream(writer)]).await.unwrap()[0].seq;
                    loop {
                        seq = store.append(append(writer, seq + 1)).await.unwrap().last_seq;
                        let line = format!("acknowledged {writer} {seq}\n");
                        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    }
                }
            })
            .collect();
        writers.join_all().await;
    });
}

/// Runs the child until it has acknowledged so many appends, and kills it. Returns the last
/// acknowledged number of each writer.
fn kill_after(acknowledgements: u64, directory: &Path) -> BTreeMap<u8, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (mut last, mut count) = (BTreeMap::new(), 0);
    for line in output.split(b'\n') {
        let line = String::from_utf8(line.unwrap()).unwrap();
        let Some(("acknowledged", rest)) = line.split_once(' ') else { continue };
        // The last line may be torn.
        let Some((writer, seq)) = rest.split_once(' ') else { continue };
        if count == acknowledgements {
            // SIGKILL. What is still in the pipe is read to its end.
            child.kill().unwrap();
        }
        count += 1;
        let seq: u64 = seq.parse().unwrap_or(0);
        let known = last.entry(writer.parse().unwrap()).or_insert(0);
        *known = seq.max(*known);
    }
    assert!(!child.wait().unwrap().success());
    assert!(count > acknowledgements, "the child ended by itself");
    last
}

#[test]
fn a_killed_process_has_lost_nothing_that_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for round in 1..=ROUNDS {
        // Early and late in the life of a process.
        acknowledged.extend(kill_after(round * round * 23, directory.path()));
        run(verify(&open(directory.path()), &acknowledged));
    }
    assert!(acknowledged.values().sum::<u64>() > 1_000);
}

async fn verify(store: &AnyStore, acknowledged: &BTreeMap<u8, u64>) {
    for (&writer, &seq) in acknowledged {
        let page = store.read(stream(writer), 0, usize::MAX, usize::MAX).await.unwrap();
        let head = page.head;
        assert!(head.seq >= seq, "writer {writer}: acknowledged {seq}, there {}", head.seq);
        assert_eq!(page.entries.len() as u64, head.seq);
        for (seq, found) in page.entries {
            assert_eq!(found, entry(writer, seq));
        }
        // Appends of two entries with their epoch and their record: whole or not at all.
        assert_eq!((head.seq % 2, head.epoch), (0, head.seq - 1));
        let records = store.get(&[Key::from(vec![b'w', writer])]).await.unwrap();
        let record = records[0].clone().unwrap();
        assert_eq!(record.value, head.epoch.to_string());
        assert_eq!(record.version, head.seq / 2);
    }
}
