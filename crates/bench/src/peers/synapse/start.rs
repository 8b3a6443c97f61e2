//! A private instance.

use crate::peers::instance::{Instance, free_address};
use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use std::{env, fs, net::SocketAddr, path::Path, path::PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// Starts an instance from the virtual environment that `SYNAPSE_VENV` names.
pub(super) async fn start() -> Result<Instance> {
    let environment = env::var_os("SYNAPSE_VENV").context("SYNAPSE_VENV names no virtual environment")?;
    let python = PathBuf::from(environment).join("bin/python");
    let directory = TempDir::with_prefix("asterism-bench-synapse-")?;
    let address = free_address()?;
    // JSON is YAML.
    let config = directory.path().join("homeserver.yaml");
    fs::write(&config, configuration(address, directory.path()).to_string())?;
    fs::write(directory.path().join("log.yaml"), LOG)?;
    let made =
        command(&python, &config).arg("--generate-keys").output().await.context("python does not run")?;
    ensure!(made.status.success(), "it makes no keys: {}", String::from_utf8_lossy(&made.stderr));
    Instance::start(command(&python, &config), address, directory).await
}

fn command(python: &Path, config: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "synapse.app.homeserver", "--config-path"]).arg(config);
    command
}

const LOG: &str = "{\"version\": 1, \"root\": {\"level\": \"ERROR\"}}";

/// All limits per client are far away.
fn configuration(address: SocketAddr, directory: &Path) -> serde_json::Value {
    let path = |name: &str| directory.join(name).display().to_string();
    let unlimited = json!({ "per_second": 1_000_000, "burst_count": 1_000_000 });
    json!({
        "server_name": "localhost",
        "public_baseurl": format!("http://{address}/"),
        "listeners": [{
            "port": address.port(),
            "bind_addresses": [address.ip()],
            "type": "http",
            "tls": false,
            "resources": [{ "names": ["client"] }],
        }],
        "database": { "name": "sqlite3", "args": { "database": path("homeserver.db") } },
        "log_config": path("log.yaml"),
        "media_store_path": path("media"),
        "signing_key_path": path("signing.key"),
        "macaroon_secret_key": "bench",
        "form_secret": "bench",
        "report_stats": false,
        "trusted_key_servers": [],
        "presence": { "enabled": false },
        "bcrypt_rounds": 4,
        "enable_registration": true,
        "enable_registration_without_verification": true,
        "rc_message": unlimited,
        "rc_registration": unlimited,
        "rc_login": { "address": unlimited, "account": unlimited, "failed_attempts": unlimited },
        "rc_joins": { "local": unlimited, "remote": unlimited },
        "rc_joins_per_room": unlimited,
        "rc_room_creation": unlimited,
        "rc_invites": { "per_room": unlimited, "per_user": unlimited },
    })
}
