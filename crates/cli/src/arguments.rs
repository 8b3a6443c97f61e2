//! The command line: what may be said with every verb.

use crate::commands::Command;
use crate::context::Context;
use crate::output::Output;
use crate::values::seconds_or_duration;
use asterism_client::Home;
use clap::Parser;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// End-to-end encrypted messenger for communities: one device on the command line.
///
/// TARGET is the id of a conversation, an @handle, or a name when only one conversation has it. Durations are written
/// 90s, 15m, 7d; times 2026-01-31T18:00:00Z.
#[derive(Debug, Parser)]
#[command(name = "asterism", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print one JSON object, or one per line for a list; errors likewise, on standard error
    #[arg(long, global = true)]
    json: bool,

    /// The device's directory [env: ASTERISM_HOME] [default: asterism in the XDG data directory]
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,

    /// Do not connect: answer from what is here
    #[arg(long, global = true)]
    offline: bool,

    /// Wait for the server at most so long: seconds, or a duration
    #[arg(long, global = true, value_name = "DURATION", default_value = "20s", value_parser = seconds_or_duration)]
    timeout: Duration,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    pub(crate) fn context(&self) -> Context {
        let directory = self.home.clone().or_else(named_home).unwrap_or_else(default_home);
        Context {
            home: Home::new(directory),
            offline: self.offline,
            timeout: self.timeout,
            output: Output::new(self.json),
        }
    }
}

/// Does the person want JSON? Also told when the arguments cannot be read.
pub(crate) fn is_json(arguments: impl IntoIterator<Item = OsString>) -> bool {
    arguments.into_iter().take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// What the environment names; an empty name is none.
fn named_home() -> Option<PathBuf> {
    std::env::var_os("ASTERISM_HOME").filter(|name| !name.is_empty()).map(PathBuf::from)
}

fn default_home() -> PathBuf {
    let variable =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else {
        variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")))
    };
    data.unwrap_or_default().join("asterism")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn json_is_known_wherever_it_stands() {
        let check = |line: &str| is_json(line.split(' ').map(OsString::from));
        assert!(check("asterism --json sync"));
        assert!(check("asterism sync --wrong --json"));
        assert!(!check("asterism send a -- --json"));
        assert!(!check("asterism sync"));
    }
}
