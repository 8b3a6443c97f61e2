//! `asterism-sim --seeds N [--start S]`: runs seeds, prints the first that breaks a promise.

use asterism_sim::{PLANTS, Report, Settings, run};
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
    /// With communities, or without; by the seed when absent.
    #[arg(long)]
    communities: Option<bool>,
    /// No cuts and crashes.
    #[arg(long)]
    calm: bool,
    /// Instead: what a dishonest server does, by name, or `all` (with `--seeds 0` the table); `none` tells the same
    /// story without it.
    #[cfg(feature = "adversary")]
    #[arg(long)]
    attack: Option<String>,
    /// Instead: what a dishonest server does about a community, by name, or `all` (with `--seeds 0` the table).
    #[cfg(feature = "adversary")]
    #[arg(long)]
    channel: Option<String>,
    /// Instead: what a dishonest member of a group or a community does, by name, or `all` (with `--seeds 0` the table of
    /// communities).
    #[cfg(feature = "adversary")]
    #[arg(long)]
    hostile: Option<String>,
    /// Plant a bug that must be found: `sync`, `epoch`, `deduplication`, `gap`, `roles`, `seats`. All but the first need
    /// the feature `adversary`.
    #[arg(long)]
    plant: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the program's output")]
fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off")),
        )
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    #[cfg(feature = "adversary")]
    if let Some(name) = &arguments.attack {
        return attacks(name, &arguments);
    }
    #[cfg(feature = "adversary")]
    if let Some(name) = &arguments.channel {
        return channel(name, &arguments);
    }
    #[cfg(feature = "adversary")]
    if let Some(name) = &arguments.hostile {
        return hostile(name, &arguments);
    }
    let plant = match &arguments.plant {
        Some(name) => {
            let known = PLANTS.iter().find(|(known, _)| known == name);
            Some(known.ok_or_else(|| anyhow::anyhow!("no such bug"))?.1)
        }
        None => None,
    };
    let settings = Settings {
        clients: arguments.clients,
        operations: arguments.operations,
        faults: !arguments.calm,
        communities: arguments.communities,
        plant,
    };
    let begun = Instant::now();
    let mut total = Report::default();
    for seed in arguments.start..arguments.start + arguments.seeds {
        match run(seed, settings) {
            Ok(report) => {
                if report.repairs > 0 {
                    println!("seed {seed}: {} devices had to re-enter", report.repairs);
                }
                total.acknowledged += report.acknowledged;
                total.announced += report.announced;
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

#[cfg(feature = "adversary")]
#[expect(clippy::print_stdout, reason = "the program's output")]
fn attacks(name: &str, arguments: &Arguments) -> anyhow::Result<()> {
    use asterism_sim::byzantine::{ATTACKS, Attack, run};
    let chosen: Vec<Option<Attack>> = match name {
        "none" => vec![None],
        "all" => ATTACKS.iter().copied().map(Some).collect(),
        name => vec![Some(Attack::named(name).ok_or_else(|| anyhow::anyhow!("no such attack"))?)],
    };
    if name == "all" && arguments.seeds == 0 {
        for attack in ATTACKS {
            println!("| `{}` | {} | {} |", attack.name, attack.does, attack.expected);
        }
    }
    let mut failed = 0;
    for attack in chosen {
        let label = attack.map_or("none", |attack| attack.name);
        for seed in arguments.start..arguments.start + arguments.seeds {
            match run(seed, attack) {
                Ok(observed) => println!("ok    {label:24} seed {seed}: {observed:?}"),
                Err(violation) => {
                    failed += 1;
                    println!("FAIL  {label:24} seed {seed}: {violation}");
                }
            }
        }
    }
    if failed > 0 {
        println!("{failed} attacks did not go as expected");
        std::process::exit(1);
    }
    Ok(())
}

#[cfg(feature = "adversary")]
#[expect(clippy::print_stdout, reason = "the program's output")]
fn channel(name: &str, arguments: &Arguments) -> anyhow::Result<()> {
    use asterism_sim::byzantine::channel::{ChannelLie, channel_lies, tell};
    let chosen: Vec<Option<ChannelLie>> = match name {
        "none" => vec![None],
        "all" => channel_lies().map(Some).collect(),
        name => vec![Some(ChannelLie::named(name).ok_or_else(|| anyhow::anyhow!("no such lie"))?)],
    };
    if name == "all" && arguments.seeds == 0 {
        for lie in channel_lies() {
            println!("| `{}` | {} | {} |", lie.name, lie.does, lie.expected);
        }
    }
    let mut failed = 0;
    for lie in chosen {
        let label = lie.map_or("none", |lie| lie.name);
        for seed in arguments.start..arguments.start + arguments.seeds {
            match tell(seed, lie) {
                Ok(observed) => println!("ok    {label:27} seed {seed}: {observed:?}"),
                Err(violation) => {
                    failed += 1;
                    println!("FAIL  {label:27} seed {seed}: {violation}");
                }
            }
        }
    }
    if failed > 0 {
        println!("{failed} lies did not go as expected");
        std::process::exit(1);
    }
    Ok(())
}

#[cfg(feature = "adversary")]
#[expect(clippy::print_stdout, reason = "the program's output")]
fn hostile(name: &str, arguments: &Arguments) -> anyhow::Result<()> {
    use asterism_sim::hostile::{CASES, community, run};
    if name == "all" && arguments.seeds == 0 {
        for case in community::CASES {
            println!("| `{}` | {} | {} |", case.name, case.does, case.then);
        }
    }
    type Told = Box<dyn Fn(u64) -> Result<Report, asterism_sim::Violation>>;
    let of_group = CASES.iter().map(|(label, case)| (*label, Box::new(|seed| run(seed, *case)) as Told));
    let of_community =
        community::CASES.iter().map(|case| (case.name, Box::new(|seed| community::run(seed, *case)) as Told));
    let chosen: Vec<(&str, Told)> =
        of_group.chain(of_community).filter(|(label, _)| name == "all" || name == *label).collect();
    anyhow::ensure!(!chosen.is_empty(), "no such case");
    let mut failed = 0;
    for (label, tell) in chosen {
        for seed in arguments.start..arguments.start + arguments.seeds {
            match tell(seed) {
                Ok(report) => println!("ok    {label:26} seed {seed}: {report:?}"),
                Err(violation) => {
                    failed += 1;
                    println!("FAIL  {label:26} seed {seed}: {violation}");
                }
            }
        }
    }
    if failed > 0 {
        println!("{failed} cases did not go as expected");
        std::process::exit(1);
    }
    Ok(())
}
