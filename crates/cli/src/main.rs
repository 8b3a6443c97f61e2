//! `asterism`: a device on the command line.
//!
//! Scripts and bots depend on the words, the JSON and the exit codes: verbs may be added, none may change. What the
//! verbs mean is the core's; here they are read, passed on, and their answers shown.

mod alarms;
mod arguments;
mod commands;
mod context;
mod failure;
mod follow;
mod logging;
mod output;
mod plain;
mod table;
mod values;

use arguments::{Arguments, is_json};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Known before the arguments are, since they may be wrong.
    let json = is_json(std::env::args_os());
    logging::start();
    let outcome = std::panic::catch_unwind(run).unwrap_or(Err(Failure::Defect));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    }
}

fn run() -> Result<(), Failure> {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return Failure::of_arguments(error),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::Defect)?;
    runtime.block_on(arguments.command.run(&arguments.context()))
}
