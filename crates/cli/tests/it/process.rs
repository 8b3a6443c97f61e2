//! A real `asterism` process, and what it said.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than a client waits before it worries the person.
const LONG_PATIENCE: Duration = Duration::from_secs(150);

pub(crate) fn asterism(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asterism"));
    command.arg("--home").arg(home).args(arguments);
    command.env_remove("ASTERISM_HOME").env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Said {
    let output = command.output().expect("asterism starts");
    Said::of(&format!("{command:?}"), &output)
}

/// Runs it to its end, with something to read.
pub(crate) fn run_with_input(command: &mut Command, input: &[u8]) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("asterism starts");
    // Fails when it has read enough.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    let output = child.wait_with_output().expect("asterism ends");
    Said::of(&format!("{command:?}"), &output)
}

/// What a process said.
#[derive(Debug)]
pub(crate) struct Said {
    #[allow(dead_code, reason = "shown when a test fails")]
    command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    fn of(command: &str, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it speaks UTF-8");
        Self {
            command: command.to_owned(),
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// It succeeded, with nothing to warn of.
    pub(crate) fn succeeded(self) -> Self {
        assert!(self.code == Some(0) && self.stderr.is_empty(), "{self:#?}");
        self
    }

    /// Its one answer.
    pub(crate) fn object(&self) -> Value {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{self:#?}");
        lines.remove(0)
    }

    /// Its list.
    pub(crate) fn lines(&self) -> Vec<Value> {
        assert!(self.stdout.is_empty() || self.stdout.ends_with('\n'), "{self:#?}");
        let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {self:#?}"));
        let lines: Vec<Value> = self.stdout.lines().map(line).collect();
        assert!(lines.iter().all(Value::is_object), "{self:#?}");
        lines
    }

    /// The code of its error, which is all that it said.
    pub(crate) fn error(&self, exit: i32) -> String {
        assert_eq!(self.code, Some(exit), "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        let error: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("not JSON: {self:#?}"));
        assert!(error["error"]["message"].is_string(), "{self:#?}");
        error["error"]["code"].as_str().unwrap_or_else(|| panic!("no code: {self:#?}")).to_owned()
    }
}

/// A process that stays. It ends with the test.
pub(crate) struct Staying {
    child: Child,
    lines: Receiver<String>,
    warnings: Receiver<String>,
}

impl Staying {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("asterism starts");
        let lines = lines_of(child.stdout.take().expect("it is piped"));
        let warnings = lines_of(child.stderr.take().expect("it is piped"));
        Self { child, lines, warnings }
    }

    /// Of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it says next on standard error.
    pub(crate) fn next_warning(&self) -> String {
        self.warnings.recv_timeout(LONG_PATIENCE).expect("it warns")
    }

    /// What it says next.
    pub(crate) fn next(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("it says something");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    }

    /// The text of the message that it shows next.
    pub(crate) fn next_text(&self) -> String {
        self.next()["text"].as_str().expect("it is a text").to_owned()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Asks it politely to end, and gives its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(&id).status().expect("kill starts").success());
        self.child.wait().expect("it ends").code()
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

impl Drop for Staying {
    fn drop(&mut self) {
        // Fails when the test has ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
