//! `join`: from a link to the first message that one can read, in a large group, one newcomer after the other. The
//! newcomer and the owner, who writes as soon as somebody is in, are whole native clients.

use crate::{
    client::Native,
    crowd,
    identity::Identity,
    process::Process,
    report::{Column, Figure, Report},
    server::Server,
    stats::{median, ms, quantile},
    wire::{self, Wire},
};
use anyhow::{Context as _, Result, bail};
use asterism_core::api::{Answer, Request as Ask};
use asterism_wire::frame::{Answer as Said, PutKeyPackages, Request};
use clap::Args;
use serde_json::json;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Handles in one request to add people.
const ADDS: usize = 250;

/// Flags of `join`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// Accounts in the group when the last newcomer is in.
    #[arg(long, default_value_t = 1_024, value_parser = clap::value_parser!(u64).range(2..=1_024))]
    accounts: u64,
    /// Newcomers.
    #[arg(long, default_value_t = 24)]
    joins: u64,
}

/// Runs the scenario.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) async fn run(plan: &Plan) -> Result<Report> {
    let server = Server::start().await?;
    let owner = Native::register(&server.url(), "owner").await?;
    let begun = Instant::now();
    let members = plan.accounts.saturating_sub(plan.joins + 1);
    let (group, link) = fill(&server, &owner, members).await?;
    let filled = begun.elapsed();

    let mut times = Times::default();
    for number in 0..plan.joins {
        let newcomer = Native::register(&server.url(), &format!("newcomer{number}")).await?;
        times.join(&server, &owner, newcomer, (&group, &link), number).await?;
    }
    let accounts = accounts(&owner, &group).await?;
    owner.close().await;
    let mut figures = vec![
        Figure::new("accounts", "accounts in the group", accounts as f64),
        Figure::new("joins", "newcomers", plan.joins as f64),
    ];
    figures.extend(times.figures());
    figures.push(Figure::new("fill_s", "filling the group, s", filled.as_secs_f64()));
    Ok(Report {
        scenario: "join",
        columns: vec![Column { system: "asterism".into(), figures }],
        missing: Vec::new(),
    })
}

/// Of each newcomer.
#[derive(Default)]
struct Times {
    joined_ms: Vec<f64>,
    readable_ms: Vec<f64>,
    /// Of the server, and of this process: the newcomer and the owner.
    cpu: (Duration, Duration),
}

impl Times {
    /// Has somebody enter and the owner write.
    async fn join(
        &mut self,
        server: &Server,
        owner: &Native,
        mut newcomer: Native,
        (group, link): (&str, &str),
        number: u64,
    ) -> Result<()> {
        let processes = (server.process()?, Process { id: std::process::id() });
        let before = (processes.0.cpu()?, processes.1.cpu()?);
        let text = format!("welcome, {number}");
        let begun = Instant::now();
        newcomer.ask(Ask::Join { link: link.to_owned() }).await?;
        self.joined_ms.push(ms(begun.elapsed()));
        let (sent, shown) = tokio::join!(owner.send(group, &text), newcomer.shown(&text));
        sent.and(shown)?;
        self.readable_ms.push(ms(begun.elapsed()));
        self.cpu.0 += processes.0.cpu()?.saturating_sub(before.0);
        self.cpu.1 += processes.1.cpu()?.saturating_sub(before.1);
        // It would take its part in what the next one causes, and this machine is one for all.
        newcomer.close().await;
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn figures(&self) -> [Figure; 6] {
        let (joined, readable) = (&self.joined_ms, &self.readable_ms);
        let each = |cpu: Duration| ms(cpu) / joined.len().max(1) as f64;
        [
            Figure::new("joined_median_ms", "link to member, median, ms", median(joined)),
            Figure::new("joined_p99_ms", "link to member, p99, ms", quantile(joined, 0.99)),
            Figure::new("readable_median_ms", "link to first readable message, median, ms", median(readable)),
            Figure::new(
                "readable_p99_ms",
                "link to first readable message, p99, ms",
                quantile(readable, 0.99),
            ),
            Figure::new("server_cpu_ms", "server CPU per newcomer, ms", each(self.cpu.0)),
            Figure::new("client_cpu_ms", "CPU of newcomer and owner, ms", each(self.cpu.1)),
        ]
    }
}

/// Makes the group and its link. Members other than the owner are registered, and away.
async fn fill(server: &Server, owner: &Native, members: u64) -> Result<(String, String)> {
    // By name, as whoever speaks JSON does: what may be left out, now or later, is left out.
    let request = json!({ "method": "group_create", "params": { "name": "bench", "quantum_safe": false } });
    let Answer::Group { group } = owner.ask(serde_json::from_value(request)?).await? else {
        bail!("no group was made")
    };
    let members: Vec<_> = (0..members).map(|n| Identity::new(format!("member{n}"))).collect();
    crowd::each(&members, |member| register(server.address, member)).await?;
    for batch in members.chunks(ADDS) {
        let handles = batch.iter().map(|member| member.handle.clone()).collect();
        owner.ask(Ask::GroupAdd { target: group.clone(), handles }).await.context("people are not added")?;
    }
    let request = Ask::InviteCreate { target: group.clone(), expires_in_ms: None, uses: None };
    let Answer::Invite { link, .. } = owner.ask(request).await? else { bail!("no link was made") };
    Ok((group, link))
}

/// A member that can be added.
async fn register(server: SocketAddr, member: &Identity) -> Result<()> {
    let mut wire = Wire::register(server, member).await?;
    let one_time = vec![member.key_package()?];
    let request = PutKeyPackages { hybrid: false, one_time, last_resort: None };
    match wire.ask(Request::PutKeyPackages(request)).await? {
        Said::KeyPackageCounts(_) => Ok(()),
        other => Err(wire::unexpected(&other)),
    }
}

async fn accounts(owner: &Native, group: &str) -> Result<u64> {
    owner.ask(Ask::Sync).await?;
    match owner.ask(Ask::GroupShow { target: group.to_owned() }).await? {
        Answer::Conversation(conversation) => Ok(conversation.members.unwrap_or_default()),
        _ => bail!("the group is not shown"),
    }
}
