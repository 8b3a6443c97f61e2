//! The program.

use crate::{
    people::Person,
    wires::{Client, SOON},
};
use asterism_wire::frame::{Answer, Request};
use std::{net::SocketAddr, path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A running program; killed when dropped.
pub(crate) struct Program {
    pub(crate) child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Program {
    pub(crate) async fn start(data: &Path) -> Self {
        Self::start_with("http", &["--data", data.to_str().unwrap()]).await
    }

    pub(crate) async fn start_with(scheme: &str, arguments: &[&str]) -> Self {
        let mut child = command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(SOON, stdout.next_line()).await.unwrap().unwrap().unwrap();
        let address = line.strip_prefix(&format!("listening on {scheme}://")).unwrap().parse().unwrap();
        Self { child, stdout, address }
    }

    /// Asks it to end; gives its exit code.
    pub(crate) async fn end(mut self) -> i32 {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let status = timeout(SOON, self.child.wait()).await.unwrap().unwrap();
        assert_eq!(self.stdout.next_line().await.unwrap(), None, "one line is all");
        status.code().unwrap()
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asterismd"));
    command.env("ASTERISM_LOG", "warn");
    command
}

async fn authenticates(address: SocketAddr, person: &Person) -> bool {
    let mut client = Client::connect(address).await;
    let nonce = client.hello().await;
    matches!(client.ask(Request::Authenticate(person.authenticate(&nonce))).await, Answer::Authenticated(_))
}

#[tokio::test]
async fn accounts_survive_a_kill_and_an_orderly_end() {
    let data = tempfile::tempdir().unwrap();
    let marie = Person::new("marie");
    let mut program = Program::start(data.path()).await;
    Client::registered(program.address, &marie).await;
    program.child.start_kill().unwrap();
    program.child.wait().await.unwrap();

    let program = Program::start(data.path()).await;
    assert!(authenticates(program.address, &marie).await);
    assert_eq!(program.end().await, 0);

    let program = Program::start(data.path()).await;
    assert!(authenticates(program.address, &marie).await);
}

#[tokio::test]
async fn clients_are_told_when_it_ends() {
    let data = tempfile::tempdir().unwrap();
    let program = Program::start(data.path()).await;
    let mut client = Client::registered(program.address, &Person::new("marie")).await;
    assert_eq!(program.end().await, 0);
    assert_eq!(client.closed().await, Some(CloseCode::Restart));
}

#[tokio::test]
async fn two_do_not_share_a_directory() {
    let data = tempfile::tempdir().unwrap();
    let _first = Program::start(data.path()).await;
    let second = command().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path()).output();
    let second = timeout(SOON, second).await.unwrap().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(second.stdout.is_empty());
    assert!(String::from_utf8_lossy(&second.stderr).contains("open in another process"));
}

#[tokio::test]
async fn a_wrong_configuration_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "listen = 7").unwrap();
    let check = |arguments: &[&str]| {
        let checked = command().arg("check-config").args(arguments).output();
        async move { checked.await.unwrap() }
    };
    let bad = check(&["--config", file.path().to_str().unwrap()]).await;
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("is not a configuration"));
    let good = check(&["--public-url", "https://chat.example"]).await;
    assert_eq!(good.status.code(), Some(0));
}
