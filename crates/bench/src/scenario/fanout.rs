//! `fanout`: one sender, everybody online in one group, durable. Time to the last device one by one, then deliveries
//! per second with several posts under way.

mod group;

use crate::{
    Peers, peers,
    process::Process,
    report::{Column, Figure, Report},
    stats::{median, ms, quantile},
    tally::Tally,
};
use anyhow::{Result, ensure};
use clap::Args;
use group::GroupRoom;
use std::time::{Duration, Instant};

/// What a post says, in bytes, in every system. Ours grows by sealing and padding, which peers do not do.
pub(crate) const CONTENT_BYTES: usize = 1_000;

/// Posts under way at a time when pipelining. Higher: more is gathered into one write, by everybody.
const WINDOW: u64 = 16;

/// Posts that are made ready at a time when pipelining.
const ROUND: u64 = 64;

/// Not measured: caches and buffers of all systems settle.
const WARM_UP: u64 = 3;

/// For one post to reach everybody. Longer is not slow but broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Flags of `fanout`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// Devices in the group, the sender's included, each of another account.
    #[arg(long, default_value_t = 1_024, value_parser = clap::value_parser!(u64).range(2..=1_024))]
    pub(crate) devices: u64,
    /// How long each of the two parts goes on.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// At most so many posts one by one.
    #[arg(long, default_value_t = 200)]
    pub(crate) posts: u64,
    #[command(flatten)]
    peers: Peers,
}

/// A system with everybody online in one room.
pub(crate) trait Room {
    /// Counts what receivers are given.
    fn tally(&self) -> &Tally;

    fn receivers(&self) -> u64;

    /// The server's.
    fn process(&self) -> Result<Process>;

    /// Makes posts ready to be sent.
    fn prepare(&mut self, posts: u64) -> Result<()>;

    /// Sends the next one, and does not wait for anything.
    fn post(&mut self) -> impl Future<Output = Result<()>>;

    /// Takes what the server answered to all posts so far.
    fn settle(&mut self) -> impl Future<Output = Result<()>>;
}

/// Runs the scenario.
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    let mut room = GroupRoom::open(plan.devices).await?;
    let figures = measure(&mut room, plan).await?;
    drop(room);
    let mut report = Report {
        scenario: "fanout",
        columns: vec![Column { system: "asterism".into(), figures }],
        missing: Vec::new(),
    };
    for kind in &plan.peers.kinds {
        peers::fanout(*kind, plan, &mut report).await;
    }
    Ok(report)
}

/// The same for every system.
pub(crate) async fn measure(room: &mut impl Room, plan: &Plan) -> Result<Vec<Figure>> {
    one_by_one(room, WARM_UP, PATIENCE).await?;
    let limit = Duration::from_secs(plan.seconds);
    let single = one_by_one(room, plan.posts, limit).await?;
    let pipelined = pipelined(room, limit).await?;
    let posts = WARM_UP + single.times_ms.len() as u64 + pipelined.posts;
    let (delivered, expected) = (room.tally().count(), posts * room.receivers());
    ensure!(delivered == expected, "{delivered} deliveries instead of {expected}");
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let figure = |key, label, count: u64, per: f64| Figure::new(key, label, count as f64 / per);
    let receivers = room.receivers();
    let single_deliveries = single.times_ms.len() as u64 * receivers;
    let pipelined_deliveries = pipelined.posts * receivers;
    Ok(vec![
        figure("receivers", "receivers", receivers, 1.0),
        figure("posts", "posts, all in all", posts, 1.0),
        figure("delivered", "deliveries, all in all", delivered, 1.0),
        Figure::new("last_median_ms", "to the last device, median, ms", median(&single.times_ms)),
        Figure::new("last_p99_ms", "to the last device, p99, ms", quantile(&single.times_ms, 0.99)),
        figure(
            "single_per_cpu_s",
            "deliveries per server CPU s, one by one",
            single_deliveries,
            single.cpu.as_secs_f64(),
        ),
        figure(
            "pipelined_per_s",
            "deliveries/s, pipelined",
            pipelined_deliveries,
            pipelined.wall.as_secs_f64(),
        ),
        figure(
            "pipelined_per_cpu_s",
            "deliveries per server CPU s, pipelined",
            pipelined_deliveries,
            pipelined.cpu.as_secs_f64(),
        ),
    ])
}

struct Single {
    times_ms: Vec<f64>,
    cpu: Duration,
}

async fn one_by_one(room: &mut impl Room, posts: u64, limit: Duration) -> Result<Single> {
    let begun = Instant::now();
    let cpu_before = room.process()?.cpu()?;
    let mut times_ms = Vec::new();
    while (times_ms.len() as u64) < posts && begun.elapsed() < limit {
        room.prepare(1)?;
        room.tally().aim(room.tally().count() + room.receivers());
        let sent = Instant::now();
        room.post().await?;
        let last = room.tally().reached(PATIENCE).await?;
        times_ms.push(ms(last.saturating_duration_since(sent)));
        room.settle().await?;
    }
    Ok(Single { times_ms, cpu: room.process()?.cpu()?.saturating_sub(cpu_before) })
}

struct Pipelined {
    posts: u64,
    wall: Duration,
    cpu: Duration,
}

/// In rounds, since what a sender says about the log must not be too old. Only the rounds themselves count.
async fn pipelined(room: &mut impl Room, limit: Duration) -> Result<Pipelined> {
    let mut sum = Pipelined { posts: 0, wall: Duration::ZERO, cpu: Duration::ZERO };
    while sum.wall < limit {
        room.prepare(ROUND)?;
        let cpu_before = room.process()?.cpu()?;
        let begun = Instant::now();
        let last = round(room).await?;
        sum.wall += last.saturating_duration_since(begun);
        sum.cpu += room.process()?.cpu()?.saturating_sub(cpu_before);
        sum.posts += ROUND;
        room.settle().await?;
    }
    Ok(sum)
}

/// Gives the time of the last delivery.
async fn round(room: &mut impl Room) -> Result<Instant> {
    let (before, receivers) = (room.tally().count(), room.receivers());
    for posted in 0..ROUND {
        if posted >= WINDOW {
            room.tally().aim(before + (posted + 1 - WINDOW) * receivers);
            room.tally().reached(PATIENCE).await?;
        }
        room.post().await?;
    }
    room.tally().aim(before + ROUND * receivers);
    room.tally().reached(PATIENCE).await
}
