//! Accounts: how one begins, how one comes back.

use super::message::text_of;
use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::Args;
use std::io::{self, IsTerminal as _};

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
    /// As shown when the account was created; read from standard input when absent or -, so that it stays out of the
    /// shell's history and of the list of processes
    #[arg(long, value_name = "KEY", default_value = "-", hide_default_value = true)]
    recovery_key: String,
}

impl Recover {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let Self { server, handle, recovery_key } = self;
        let recovery_key = match recovery_key.as_str() {
            "-" => asked_for(context)?,
            key => key.to_owned(),
        };
        context
            .show_new(Request::Recover { server: server.clone(), handle: handle.clone(), recovery_key })
            .await
    }
}

/// The recovery key as somebody types it in, or as a program writes it.
fn asked_for(context: &Context) -> Result<String, Failure> {
    let input = io::stdin().lock();
    if input.is_terminal() {
        context.output.prompt("Recovery key: ");
        // One line is enough; the end of the input is not waited for.
        return first_line(input);
    }
    text_of(input)
}

fn first_line(mut input: impl io::BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(_) => Ok(line),
        Err(error) => Err(Failure::Usage(format!("standard input cannot be read: {}", error.kind()))),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Whoami {}

impl Whoami {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::WhoAmI).await
    }
}
