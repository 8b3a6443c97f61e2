//! What the system says of a process (proc(5)).

use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{fs, time::Duration};

/// A running process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pub(crate) id: u32,
}

impl Process {
    /// Time that its threads have used, user and system; to the tick, usually 10 ms.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id)).context("the process is gone")?;
        let ticks = cpu_ticks(&stat).context("/proc/PID/stat is not as expected")?;
        #[expect(clippy::cast_precision_loss, reason = "ticks are far below 2^52")]
        let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(Duration::from_secs_f64(seconds))
    }

    /// Memory that is resident, in bytes.
    pub(crate) fn resident_bytes(self) -> Result<u64> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.id)).context("the process is gone")?;
        resident_kib(&status).map(|kib| kib * 1_024).context("/proc/PID/status is not as expected")
    }
}

/// Lets this process have as many open files as it may, and says how many.
pub(crate) fn raise_open_files() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Fails only where raising is forbidden; then what there is must do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Fields 14 and 15. The name, in brackets, may hold spaces and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        assert_eq!(cpu_ticks("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0"), Some(42));
        assert_eq!(cpu_ticks("7 (a) S"), None);
    }

    #[test]
    fn this_process_has_memory_and_uses_time() {
        let this = Process { id: std::process::id() };
        assert!(this.resident_bytes().unwrap() > 100_000);
        assert!(this.cpu().is_ok());
    }
}
