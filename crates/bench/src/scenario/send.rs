//! `send`: many small conversations, durable. Each has one message under way, as clients do it; how many does the
//! server accept, alone and with the recipients online?

mod pairs;

use crate::{
    Peers, peers,
    report::{Column, Figure, Report},
};
use anyhow::{Result, ensure};
use clap::Args;
use pairs::Pairs;
use std::time::Duration;

/// Conversations of one pair of devices, and so messages under way on one connection.
pub(crate) const CONVERSATIONS_PER_PAIR: u64 = 16;

/// Flags of `send`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// Pairs of a sender and a recipient, each with 16 conversations.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pairs: u64,
    /// How long each of the two parts goes on, at most: it ends when a conversation has had 120 messages.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
    #[command(flatten)]
    peers: Peers,
}

/// What one part measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) messages: u64,
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn per_s(self) -> f64 {
        self.messages as f64 / self.wall.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn per_cpu_s(self) -> f64 {
        self.messages as f64 / self.cpu.as_secs_f64()
    }

    /// Nobody is there to receive.
    pub(crate) fn alone(self) -> Vec<Figure> {
        vec![
            Figure::new("accepted_per_s", "accepted/s, recipients away", self.per_s()),
            Figure::new("accepted_per_cpu_s", "accepted per server CPU s, recipients away", self.per_cpu_s()),
        ]
    }

    /// Accepted and delivered.
    pub(crate) fn online(self) -> Vec<Figure> {
        vec![
            Figure::new("delivered_per_s", "accepted and delivered/s, recipients online", self.per_s()),
            Figure::new("delivered_per_cpu_s", "accepted and delivered per server CPU s", self.per_cpu_s()),
        ]
    }
}

/// Runs the scenario.
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    let figures = ours(plan).await?;
    let mut report = Report {
        scenario: "send",
        columns: vec![Column { system: "asterism".into(), figures }],
        missing: Vec::new(),
    };
    for kind in &plan.peers.kinds {
        peers::send(*kind, plan, &mut report).await;
    }
    Ok(report)
}

async fn ours(plan: &Plan) -> Result<Vec<Figure>> {
    let limit = Duration::from_secs(plan.seconds);
    let mut pairs = Pairs::open(plan.pairs).await?;
    let alone = pairs.exchange(limit).await?;
    let tally = pairs.bring_online().await?;
    let online = pairs.exchange(limit).await?;
    // Sender and recipient of each message are told of it.
    tally.aim(2 * online.messages);
    tally.reached(Duration::from_secs(60)).await?;
    let (delivered, expected) = (tally.count(), 2 * online.messages);
    ensure!(delivered == expected, "{delivered} deliveries instead of {expected}");

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let count = |key, label, count: u64| Figure::new(key, label, count as f64);
    let mut figures = vec![
        count("conversations", "conversations", plan.pairs * CONVERSATIONS_PER_PAIR),
        count("accepted", "messages, all in all", alone.messages + online.messages),
        count("delivered", "pushes, recipients online", delivered),
    ];
    figures.extend(alone.alone());
    figures.extend(online.online());
    Ok(figures)
}
