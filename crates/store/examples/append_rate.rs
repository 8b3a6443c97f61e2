//! Durable appends per second on this machine, a few seconds long:
//! `cargo run --release -p asterism-store --example append_rate [directory]`.
//!
//! Each writer appends 1 KB entries to random streams and waits for each answer.

use anyhow::Result;
use asterism_store::{AnyStore, Append, FjallOptions, FjallStore, MemoryStore, Store as _, StreamId};
use bytes::Bytes;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const WRITERS: [u64; 3] = [1, 64, 512];
const STREAMS: u64 = 20_000;
const RUN: Duration = Duration::from_secs(2);
const ENTRY_BYTES: usize = 1_024;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let parent = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = tempfile::tempdir_in(parent)?;
    let mut out = std::io::stdout();
    for writers in WRITERS {
        let path = directory.path().join(writers.to_string());
        let store = FjallStore::open(path, &FjallOptions::default())?;
        writeln!(out, "fjall, {writers} writers: {}", measure(&store.into(), writers).await)?;
    }
    let store = MemoryStore::new().into();
    writeln!(out, "memory, 64 writers: {}", measure(&store, 64).await)?;
    Ok(())
}

async fn measure(store: &AnyStore, writers: u64) -> String {
    let start = Instant::now();
    let tasks: JoinSet<Vec<Duration>> =
        (0..writers).map(|writer| write(store.clone(), writer, start)).collect();
    let mut waits: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    let seconds = start.elapsed().as_secs_f64();
    waits.sort();
    let percentile = |share: usize| waits[(waits.len() - 1) * share / 100];
    let rate = waits.len() as f64 / seconds;
    format!("{rate:.0} appends/s, p50 {:?}, p99 {:?}", percentile(50), percentile(99))
}

async fn write(store: AnyStore, writer: u64, start: Instant) -> Vec<Duration> {
    // Splitmix: random enough for ciphertext and for the choice of a stream.
    let mut state = writer << 32;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    };
    let mut waits = Vec::new();
    while start.elapsed() < RUN {
        let stream = StreamId(u128::from(random() % STREAMS).to_be_bytes());
        let entry: Vec<u8> = (0..ENTRY_BYTES / 8).flat_map(|_| random().to_be_bytes()).collect();
        let called = Instant::now();
        let answer = store.append(Append::new(stream, vec![Bytes::from(entry)])).await;
        answer.expect("the disk has space and the queue more than one place per writer");
        waits.push(called.elapsed());
        // The memory store never waits: let the others have their turn.
        tokio::task::yield_now().await;
    }
    waits
}
