//! Prosody from Debian's package: accounts, rooms and archive in files.

use super::instance::{Instance, free_address};
use anyhow::Result;
use std::{fs, net::SocketAddr, path::Path};
use tempfile::TempDir;
use tokio::process::Command;

/// Starts an instance with its archives on.
pub(crate) async fn start() -> Result<Instance> {
    let directory = TempDir::with_prefix("asterism-bench-prosody-")?;
    let address = free_address()?;
    let config = directory.path().join("prosody.cfg.lua");
    fs::create_dir(directory.path().join("data"))?;
    fs::write(&config, configuration(address, directory.path()))?;
    let mut command = Command::new("prosody");
    // It refuses to run as root unless it is told to.
    command.args(["-F", "--root", "--config"]).arg(&config);
    Instance::start(command, address, directory).await
}

fn configuration(address: SocketAddr, directory: &Path) -> String {
    format!(
        "\
run_as_root = true
daemonize = false
pidfile = \"{directory}/pid\"
data_path = \"{directory}/data\"
log = {{ error = \"*console\" }}
interfaces = {{ \"{ip}\" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{}}
legacy_ssl_ports = {{}}
s2s_ports = {{}}
http_ports = {{}}
https_ports = {{}}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
allow_registration = true
authentication = \"internal_plain\"
network_backend = \"epoll\"
network_settings = {{ tcp_backlog = 1024 }}
modules_enabled = {{ \"roster\", \"saslauth\", \"disco\", \"register\", \"register_ibr\", \"mam\" }}
modules_disabled = {{ \"s2s\", \"tls\" }}
default_archive_policy = true
VirtualHost \"localhost\"
Component \"conference.localhost\" \"muc\"
  modules_enabled = {{ \"muc_mam\" }}
  muc_log_by_default = true
  muc_room_locking = false
  muc_room_default_history_length = 0
  muc_room_default_presence_broadcast = {{ visitor = false, participant = false, moderator = false }}
",
        directory = directory.display(),
        ip = address.ip(),
        port = address.port(),
    )
}
