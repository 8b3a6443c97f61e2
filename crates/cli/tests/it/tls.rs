//! A server with TLS, and a computer that trusts its authority, or does not.

use crate::process::{asterism, run};
use crate::server::Server;
use serde_json::json;
use std::path::Path;
use std::process::Command;

const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../client/tests/tls");

struct Tls {
    directory: tempfile::TempDir,
    server: Server,
}

impl Tls {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| format!("{CERTIFICATES}/{name}");
        let (certificate, key) = (file("localhost.pem"), file("localhost.key"));
        let server = Server::start_with(directory.path(), &["--tls-cert", &certificate, "--tls-key", &key]);
        assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
        Self { directory, server }
    }

    fn register(&self, host: &str) -> Command {
        let url = self.server.url.replace("127.0.0.1", host);
        let home = self.directory.path().join("home");
        let arguments = ["register", "--server", &url, "--handle", "marie", "--name", "Marie"];
        let mut command = asterism(&home, &arguments);
        command.args(["--json", "--timeout", "2s"]);
        command
    }
}

fn trusting(command: &mut Command) -> &mut Command {
    command.env("SSL_CERT_FILE", Path::new(CERTIFICATES).join("authority.pem"))
}

#[test]
fn who_trusts_the_authority_is_connected_under_the_certificates_name_only() {
    let tls = Tls::start();
    assert_eq!(run(&mut tls.register("localhost")).error(1), "server_unreachable");
    assert_eq!(run(trusting(&mut tls.register("127.0.0.1"))).error(1), "server_unreachable");
    let registered = run(trusting(&mut tls.register("localhost"))).succeeded().object();
    assert_eq!(registered["handle"], json!("marie"));
}
