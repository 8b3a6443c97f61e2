//! `asterismd`: the server as a program.

mod config;
mod logging;
mod serve;

use anyhow::Result;
use clap::{Parser, Subcommand};
use config::Options;
use std::process::ExitCode;

/// Carries end-to-end encrypted messages, and cannot read them.
#[derive(Debug, Parser)]
#[command(name = "asterismd", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How the log is written, on standard error. What is logged is set by ASTERISM_LOG (default: info).
    #[arg(long, value_enum, default_value_t, global = true)]
    log_format: logging::Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until SIGTERM or SIGINT.
    Serve(Options),
    /// Reads the configuration and says what is wrong with it, without starting anything.
    CheckConfig(Options),
}

fn main() -> ExitCode {
    let Arguments { command, log_format } = Arguments::parse();
    logging::start(log_format);
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(options) => serve::run(&options.resolve()?),
        Command::CheckConfig(options) => serve::check(&options.resolve()?),
    }
}
