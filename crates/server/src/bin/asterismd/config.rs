//! What the operator wants: flags, and a TOML file with the same names.

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Flags; in the file, keys of the same names.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Options {
    /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8480].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Address that people reach this server by [default: the address it listens on].
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Certificate chain, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "acme")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Gets certificates for this domain from Let's Encrypt, whose terms you thereby accept. The server
    /// must be reached under it on port 443.
    #[arg(long, value_name = "DOMAIN")]
    acme: Option<String>,
    /// Directory of all that is kept [default: ~/.local/share/asterism-server].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where accounts and messages are kept.
    #[arg(long, value_enum)]
    store: Option<StoreKind>,
    /// Whether a store that is created compresses its files.
    #[arg(long, value_enum)]
    store_compression: Option<Switch>,
    /// Whoever registers must know one of these.
    #[arg(long = "invite-code", value_name = "CODE")]
    #[serde(default)]
    invite_codes: Vec<String>,
    /// Connections from one address that nobody has authenticated on yet; more for a proxy on another
    /// machine, whose address all share [default: 1024].
    #[arg(long, value_name = "NUMBER")]
    strangers_per_address: Option<usize>,
    /// TOML file with these settings; flags take precedence.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
}

/// A kind of store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoreKind {
    /// In files under the data directory.
    #[default]
    Fjall,
    /// Nowhere: gone when the server ends. For tests.
    Memory,
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Switch {
    #[default]
    On,
    Off,
}

/// The whole configuration, with every default filled in.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    /// Without a trailing slash; `None`: the address it listens on.
    pub(crate) public_url: Option<String>,
    pub(crate) encryption: Encryption,
    pub(crate) data: PathBuf,
    pub(crate) store: StoreKind,
    pub(crate) store_compression: bool,
    pub(crate) invite_codes: Vec<String>,
    /// `None`: as many as the edge lets by itself.
    pub(crate) strangers_per_address: Option<usize>,
}

/// Where certificates come from.
#[derive(Debug)]
pub(crate) enum Encryption {
    None,
    Files { certificate: PathBuf, key: PathBuf },
    Acme { domain: String },
}

impl Options {
    /// Flags over the file over defaults.
    pub(crate) fn resolve(self) -> Result<Config> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let any = |flags: Vec<String>, file| if flags.is_empty() { file } else { flags };
        let encryption = self.encryption().or_else(|| file.encryption()).transpose()?;
        let public_url = self.public_url.or(file.public_url).map(|url| check_url(&url)).transpose()?;
        Ok(Config {
            listen: self.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8480))),
            public_url,
            encryption: encryption.unwrap_or(Encryption::None),
            data: self.data.or(file.data).unwrap_or_else(data_directory),
            store: self.store.or(file.store).unwrap_or_default(),
            store_compression: self.store_compression.or(file.store_compression).unwrap_or_default()
                == Switch::On,
            invite_codes: any(self.invite_codes, file.invite_codes),
            strangers_per_address: self.strangers_per_address.or(file.strangers_per_address),
        })
    }

    fn encryption(&self) -> Option<Result<Encryption>> {
        match (self.tls_cert.clone(), self.tls_key.clone(), self.acme.clone()) {
            (None, None, None) => None,
            (Some(certificate), Some(key), None) => Some(Ok(Encryption::Files { certificate, key })),
            (None, None, Some(domain)) => Some(Ok(Encryption::Acme { domain })),
            _ => Some(Err(anyhow::anyhow!("tls-cert and tls-key belong together, and exclude acme"))),
        }
    }
}

fn read(path: &Path) -> Result<Options> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a configuration", path.display()))
}

fn check_url(url: &str) -> Result<String> {
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
        bail!("public-url must be http://HOST or https://HOST, with a port if need be");
    }
    Ok(url.to_owned())
}

fn data_directory() -> PathBuf {
    let base = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    base.map_or_else(|| PathBuf::from("asterism-data"), |base| base.join("asterism-server"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn resolve(file: &str, flags: Options) -> Result<Config> {
        let mut config = tempfile::NamedTempFile::new().unwrap();
        config.write_all(file.as_bytes()).unwrap();
        Options { config: Some(config.path().to_owned()), ..flags }.resolve()
    }

    #[test]
    fn flags_take_precedence_over_the_file() {
        let flags = Options { listen: Some(([127, 0, 0, 1], 1).into()), ..Options::default() };
        let file = "listen = \"127.0.0.1:2\"\nstore = \"memory\"\nstore-compression = \"off\"\ninvite-codes = [\"a\"]\nstrangers-per-address = 5";
        let config = resolve(file, flags).unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!((config.store, config.store_compression), (StoreKind::Memory, false));
        assert_eq!(config.invite_codes, ["a"]);
        assert_eq!(config.strangers_per_address, Some(5));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for file in [
            "listen = 7",
            "liste = \"127.0.0.1:2\"",
            "public-url = \"ftp://x\"",
            "tls-cert = \"a\"",
            "acme = 3",
        ] {
            assert!(resolve(file, Options::default()).is_err(), "{file}");
        }
    }
}
