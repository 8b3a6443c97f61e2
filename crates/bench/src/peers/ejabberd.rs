//! ejabberd from Debian's package, without a name in any Erlang network: accounts, rooms and archive in Mnesia.

use super::instance::{Instance, free_address};
use anyhow::{Context as _, Result};
use std::{fs, net::SocketAddr, path::Path};
use tempfile::TempDir;
use tokio::process::Command;

/// Where Debian keeps Erlang libraries that belong to one architecture.
const LIBRARIES: &[&str] = &["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

/// Starts an instance with its archive on. Mnesia writes behind: unlike ours it is not on disk when it is delivered.
pub(crate) async fn start() -> Result<Instance> {
    let is_there = |libraries: &&&str| {
        let entries = fs::read_dir(libraries).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("ejabberd-"))
    };
    let libraries =
        LIBRARIES.iter().find(is_there).context("the Debian package ejabberd is not installed")?;
    let directory = TempDir::with_prefix("asterism-bench-ejabberd-")?;
    let address = free_address()?;
    let config = directory.path().join("ejabberd.yml");
    fs::write(&config, configuration(address))?;
    Instance::start(command(libraries, directory.path(), &config), address, directory).await
}

fn command(libraries: &str, directory: &Path, config: &Path) -> Command {
    let mut command = Command::new("erl");
    command
        .args(["-noinput", "+K", "true", "+P", "250000", "-mnesia", "dir"])
        .arg(format!("\"{}\"", directory.join("mnesia").display()))
        .args(["-s", "ejabberd"])
        .env("ERL_LIBS", libraries)
        .env("ERL_MAX_PORTS", "32000")
        .env("EJABBERD_CONFIG_PATH", config)
        .env("EJABBERD_LOG_PATH", directory.join("ejabberd.log"))
        .env("HOME", directory);
    command
}

/// Everything that slows a client down on purpose is off, and rooms do not tell everybody who else comes.
fn configuration(address: SocketAddr) -> String {
    format!(
        "\
hosts: [localhost]
loglevel: error
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
acl:
  local:
    user_regexp: \"\"
access_rules:
  c2s: {{allow: all}}
  register: {{allow: all}}
listen:
  - port: {port}
    ip: \"{ip}\"
    module: ejabberd_c2s
    access: c2s
    shaper: none
    max_fsm_queue: 100000
    starttls: false
modules:
  mod_disco: {{}}
  mod_register: {{ip_access: all, access: register, welcome_message: {{}}}}
  mod_mam: {{db_type: mnesia, default: always, user_mucsub_from_muc_archive: false}}
  mod_muc:
    access: all
    access_create: all
    access_persistent: all
    history_size: 0
    max_users: 5000
    room_shaper: none
    default_room_options:
      mam: true
      persistent: true
      max_users: 5000
      presence_broadcast: []
",
        ip = address.ip(),
        port = address.port(),
    )
}
