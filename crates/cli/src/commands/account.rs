//! Accounts: how one begins, how one comes back.

use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Register {
    /// The server's address: http(s)://…
    #[arg(long, value_name = "URL")]
    server: String,
    /// Unique on the server: 3 to 32 of a-z, 0-9, _ . -
    #[arg(long)]
    handle: String,
    /// What others see
    #[arg(long)]
    name: String,
    /// Where the operator wants one
    #[arg(long, value_name = "CODE")]
    invite_code: Option<String>,
}

impl Register {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let Self { server, handle, name, invite_code } = self;
        context
            .show_registered(Request::Register {
                server: server.clone(),
                handle: handle.clone(),
                name: name.clone(),
                invite_code: invite_code.clone(),
            })
            .await
    }
}

#[derive(Debug, Args)]
pub(crate) struct Recover {
    /// The server's address: http(s)://…
    #[arg(long, value_name = "URL")]
    server: String,
    /// The account's handle
    #[arg(long)]
    handle: String,
    /// As shown when the account was created
    #[arg(long, value_name = "KEY")]
    recovery_key: String,
}

impl Recover {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let Self { server, handle, recovery_key } = self;
        context
            .show_new(Request::Recover {
                server: server.clone(),
                handle: handle.clone(),
                recovery_key: recovery_key.clone(),
            })
            .await
    }
}

#[derive(Debug, Args)]
pub(crate) struct Whoami {}

impl Whoami {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::WhoAmI).await
    }
}
