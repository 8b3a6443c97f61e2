//! A real server in a directory of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// Ends with the test.
pub(crate) struct Server {
    pub(crate) data: PathBuf,
    listen: String,
    arguments: Vec<String>,
    running: Option<Child>,
    /// Where it logs everything that it can.
    pub(crate) log: Option<PathBuf>,
    /// `http://…`, as long as it runs where it ran first.
    pub(crate) url: String,
}

impl Server {
    /// On a port that the system picks.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// With further arguments.
    pub(crate) fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_at(data, "127.0.0.1:0".to_owned(), arguments)
    }

    /// On a port that it can come back to.
    pub(crate) fn start_to_come_back(data: &Path) -> Self {
        Self::start_at(data, format!("127.0.0.1:{}", lasting_port()), &[])
    }

    fn start_at(data: &Path, listen: String, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let data = data.to_owned();
        let mut server = Self { data, listen, arguments, running: None, log: None, url: String::new() };
        server.url = server.spawn();
        server
    }

    /// It compresses nothing, and logs everything that it can into a file beside its data.
    pub(crate) fn start_loudly(data: &Path) -> Self {
        let arguments = ["--store-compression", "off"].map(str::to_owned).to_vec();
        let (data, log) = (data.to_owned(), Some(data.with_extension("log")));
        let listen = "127.0.0.1:0".to_owned();
        let mut server = Self { data, listen, arguments, running: None, log, url: String::new() };
        server.url = server.spawn();
        server
    }

    /// Of its process.
    pub(crate) fn id(&self) -> u32 {
        self.running.as_ref().expect("it runs").id()
    }

    fn spawn(&mut self) -> String {
        let mut command = Command::new(asterismd());
        command.args(["serve", "--listen", &self.listen, "--data"]).arg(&self.data).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        match &self.log {
            Some(log) => command.env("ASTERISM_LOG", "trace").stderr(File::create(log).expect("a new file")),
            None => command
                .env("ASTERISM_LOG", std::env::var("ASTERISM_SERVER_LOG").unwrap_or_else(|_| "error".into())),
        };
        let mut child = command.spawn().expect("asterismd starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        self.running = Some(child);
        BufReader::new(stdout).read_line(&mut line).expect("asterismd speaks");
        let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("asterismd said {line:?}"));
        url.trim_end().to_owned()
    }

    /// As a power cut would: it has no time for anything.
    pub(crate) fn kill(&mut self) {
        let mut child = self.running.take().expect("it runs");
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// Asks it politely to end, and waits until it has.
    pub(crate) fn end(&mut self) {
        self.signal("-TERM");
        let ended = self.running.take().expect("it runs").wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }

    /// Starts it again on the same data and port.
    pub(crate) fn come_back(&mut self) {
        assert!(!self.listen.ends_with(":0"), "it could not come back to the same port");
        let url = self.spawn();
        assert_eq!(url, self.url);
    }

    /// It keeps its connections, and does nothing any more until [`Server::thaw`].
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill starts").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // It may have died by itself; then the test has noticed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn asterismd() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_asterism")).with_file_name("asterismd");
    assert!(path.exists(), "{} is missing: build it with `cargo build --bin asterismd`", path.display());
    path
}

/// A free port below those that the system gives to outgoing connections: while the server is away, nobody else gets
/// it, and no client that tries to connect meets itself.
fn lasting_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = std::process::id().wrapping_mul(7919);
    let own = u16::try_from(own % u32::from(COUNT)).expect("it is below the count");
    (0..COUNT)
        .map(|_| FIRST + (own + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}
