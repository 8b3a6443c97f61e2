//! Other servers to compare with: installed on this machine by whoever wants the comparison, started here as private
//! instances on loopback. One that is missing, or does not work, is reported and fails nothing.

use crate::{
    report::{Column, Figure, Missing, Report},
    scenario::{fanout, send},
};
use anyhow::Result;
use clap::ValueEnum;

mod ejabberd;
mod http;
mod instance;
mod prosody;
mod synapse;
mod xmpp;

/// A server to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PeerKind {
    /// XMPP, Erlang; Debian's package `ejabberd`.
    Ejabberd,
    /// XMPP, Lua; Debian's package `prosody`.
    Prosody,
    /// Matrix, Python; PyPI's package `matrix-synapse`, in a virtual environment named by `SYNAPSE_VENV`.
    Synapse,
}

impl PeerKind {
    fn name(self) -> &'static str {
        match self {
            Self::Ejabberd => "ejabberd",
            Self::Prosody => "prosody",
            Self::Synapse => "synapse",
        }
    }
}

/// Adds a peer's figures of `fanout`, or why there are none.
pub(crate) async fn fanout(kind: PeerKind, plan: &fanout::Plan, report: &mut Report) {
    let figures = match kind {
        PeerKind::Ejabberd => xmpp::fanout(ejabberd::start().await, plan).await,
        PeerKind::Prosody => xmpp::fanout(prosody::start().await, plan).await,
        PeerKind::Synapse => synapse::fanout(plan).await,
    };
    add(report, kind, figures);
}

/// Adds a peer's figures of `send`, or why there are none.
pub(crate) async fn send(kind: PeerKind, plan: &send::Plan, report: &mut Report) {
    let figures = match kind {
        PeerKind::Ejabberd => xmpp::send(ejabberd::start().await, plan).await,
        PeerKind::Prosody => xmpp::send(prosody::start().await, plan).await,
        PeerKind::Synapse => synapse::send(plan).await,
    };
    add(report, kind, figures);
}

fn add(report: &mut Report, kind: PeerKind, figures: Result<Vec<Figure>>) {
    let system = kind.name().to_owned();
    match figures {
        Ok(figures) => report.columns.push(Column { system, figures }),
        Err(error) => report.missing.push(Missing { system, why: format!("{error:#}") }),
    }
}
