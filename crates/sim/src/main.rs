//! `asterism-sim --seeds N [--start S]`: runs seeds, prints the first that breaks a promise.

use asterism_sim::{Report, Settings, run};
use clap::Parser;
use std::time::Instant;

/// Runs the whole system on many seeds.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Devices.
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// Operations.
    #[arg(long, default_value_t = 40)]
    operations: usize,
    /// No cuts and crashes.
    #[arg(long)]
    calm: bool,
    /// Plant a bug: `sync` acknowledges before fsync.
    #[arg(long)]
    plant: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the program's output")]
fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let settings = Settings {
        clients: arguments.clients,
        operations: arguments.operations,
        faults: !arguments.calm,
        plant_lie_about_sync: arguments.plant.as_deref() == Some("sync"),
    };
    let begun = Instant::now();
    let mut total = Report::default();
    for seed in arguments.start..arguments.start + arguments.seeds {
        match run(seed, settings) {
            Ok(report) => {
                total.acknowledged += report.acknowledged;
                total.done += report.done;
                for (code, count) in report.refused {
                    *total.refused.entry(code).or_default() += count;
                }
                total.faults += report.faults;
                total.repairs += report.repairs;
            }
            Err(violation) => {
                println!("seed {seed}: {violation}");
                std::process::exit(1);
            }
        }
    }
    println!("{} seeds, no violation, {:.1} s: {total:?}", arguments.seeds, begun.elapsed().as_secs_f32());
    Ok(())
}
