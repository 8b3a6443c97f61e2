//! `asterism-bench SCENARIO`: how fast and how small the server is, against others on the same machine (docs/development.md).
//!
//! Each scenario starts its own `asterismd`, asks it over loopback as devices do, and prints a table. What it does not
//! do: judge. The figures to reach are people's matter, and a busy machine's figures are noise; ratios are less so.

mod client;
mod crowd;
mod founder;
mod identity;
mod peers;
mod process;
mod report;
mod scenario;
mod server;
mod stats;
mod tally;
mod wire;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use peers::PeerKind;
use report::Report;
use std::{io::Write as _, process::ExitCode, time::Duration};

/// Measures an Asterism server on this machine.
#[derive(Debug, Parser)]
#[command(name = "asterism-bench", version)]
struct Arguments {
    #[command(subcommand)]
    scenario: Scenario,
    /// Prints one JSON object as the last line.
    #[arg(long, global = true)]
    json: bool,
    /// Gives up after so many seconds.
    #[arg(long, global = true, default_value_t = 1_200, value_name = "SECONDS")]
    give_up: u64,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// One sender, everybody online in one group: how long until the last device has it.
    Fanout(scenario::fanout::Plan),
    /// Many small conversations: how many messages the server makes durable.
    Send(scenario::send::Plan),
    /// Devices that are connected and silent: what each costs in memory.
    Idle(scenario::idle::Plan),
    /// From a link to the first message that one can read, in a large group.
    Join(scenario::join::Plan),
}

/// Systems to compare with, measured in the same run.
#[derive(Debug, Clone, clap::Args)]
struct Peers {
    /// Measures this one too; may be given several times.
    #[arg(long = "peer", value_enum, value_name = "PEER")]
    kinds: Vec<PeerKind>,
}

fn main() -> ExitCode {
    match start(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<()> {
    process::raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let limit = Duration::from_secs(arguments.give_up);
    let json = arguments.json;
    let report = runtime.block_on(async {
        // Boxed: the largest scenario's state would else be on the stack.
        let run = Box::pin(run(arguments.scenario));
        tokio::time::timeout(limit, run).await.context("the scenario took too long (--give-up)")?
    });
    // Receivers of a scenario that gave up must not hold up the end.
    runtime.shutdown_background();
    print(&report?, json)
}

async fn run(scenario: Scenario) -> Result<Report> {
    match scenario {
        Scenario::Fanout(plan) => scenario::fanout::run(&plan).await,
        Scenario::Send(plan) => scenario::send::run(&plan).await,
        Scenario::Idle(plan) => scenario::idle::run(&plan).await,
        Scenario::Join(plan) => scenario::join::run(&plan).await,
    }
}

fn print(report: &Report, json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", report.table())?;
    if json {
        writeln!(out, "{}", report.json())?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the program's output")]
fn complain(line: &str) {
    eprintln!("asterism-bench: {line}");
}
