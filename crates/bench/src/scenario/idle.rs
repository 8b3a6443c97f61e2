//! `idle`: devices that are connected, authenticated and silent. What each costs the server in memory is the slope over
//! three sizes, on a server that was restarted after all had registered.

use crate::{
    crowd,
    identity::Identity,
    process::raise_open_files,
    report::{Column, Figure, Report},
    server::Server,
    stats::slope,
};
use anyhow::{Result, ensure};
use clap::Args;
use std::time::Duration;
use tokio::time::sleep;

/// Files of this program and of the server that are not connections.
const FILES_RESERVED: u64 = 1_200;

/// Before memory is read: what connecting needed is given back.
const SETTLE: Duration = Duration::from_secs(2);

/// Flags of `idle`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// Devices at the largest of the three sizes; fewer if open files are limited.
    #[arg(long, default_value_t = 12_000, value_parser = clap::value_parser!(u64).range(3..))]
    devices: u64,
}

/// Runs the scenario.
#[expect(clippy::cast_precision_loss, reason = "counts and bytes are far below 2^52")]
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    let devices = plan.devices.min(raise_open_files().saturating_sub(FILES_RESERVED));
    ensure!(devices >= 3, "too few open files are allowed");
    let mut server = Server::start().await?;
    let devices: Vec<_> = (0..devices).map(|n| Identity::new(format!("idle{n}"))).collect();
    crowd::register(server.address, &devices).await?;
    server.restart().await?;
    let empty = server.process()?.resident_bytes()?;

    let mut wires = Vec::with_capacity(devices.len());
    let mut points = Vec::new();
    for third in 1..=3 {
        let more = &devices[wires.len()..devices.len() * third / 3];
        wires.extend(crowd::connect(server.address, more).await?);
        sleep(SETTLE).await;
        points.push((wires.len() as f64, server.process()?.resident_bytes()? as f64 / 1_024.0));
    }
    let cpu_before = server.process()?.cpu()?;
    sleep(SETTLE).await;
    let cpu = server.process()?.cpu()?.saturating_sub(cpu_before);
    let figures = vec![
        Figure::new("devices", "devices", wires.len() as f64),
        Figure::new("empty_kib", "memory without devices, KiB", empty as f64 / 1_024.0),
        Figure::new("first_kib", "memory at one third, KiB", points[0].1),
        Figure::new("second_kib", "memory at two thirds, KiB", points[1].1),
        Figure::new("third_kib", "memory with all, KiB", points[2].1),
        Figure::new("device_kib", "memory per device (slope), KiB", slope(&points)),
        Figure::new(
            "cpu_percent",
            "CPU while silent, % of a core",
            100.0 * cpu.as_secs_f64() / SETTLE.as_secs_f64(),
        ),
    ];
    Ok(Report {
        scenario: "idle",
        columns: vec![Column { system: "asterism".into(), figures }],
        missing: Vec::new(),
    })
}
