//! A whole native client: the core with its database, as `asterism` runs it.

use anyhow::{Context as _, Result, bail};
use asterism_client::{Client, Events, Home, Network, Notice};
use asterism_core::api::{Answer, Event, Request};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

/// For any one request. Filling a large group takes longest.
const PATIENCE: Duration = Duration::from_secs(300);

/// A registered device in a home of its own.
pub(crate) struct Native {
    client: Client,
    events: Events,
    /// Removed when the device is dropped.
    _home: TempDir,
}

impl Native {
    /// Opens a home and registers.
    pub(crate) async fn register(server: &str, handle: &str) -> Result<Self> {
        let directory = TempDir::with_prefix("asterism-bench-")?;
        let home = Home::new(directory.path());
        let lock = home.try_lock()?.context("the new home is taken")?;
        let client = Client::open(&home, lock, Network::On).await?;
        let events = client.events();
        let native = Self { client, events, _home: directory };
        let request = Request::Register {
            server: server.to_owned(),
            handle: handle.to_owned(),
            name: handle.to_owned(),
            invite_code: None,
        };
        native.ask(request).await?;
        native.ask(Request::Sync).await?;
        Ok(native)
    }

    /// Asks the core.
    pub(crate) async fn ask(&self, request: Request) -> Result<Answer> {
        Ok(self.client.request(request, PATIENCE).await?)
    }

    /// Sends a text; it is stored.
    pub(crate) async fn send(&self, target: &str, text: &str) -> Result<()> {
        let (target, text) = (target.to_owned(), text.to_owned());
        self.ask(Request::Send { target, text, reply_to: None, idempotency: None, queue: false }).await?;
        Ok(())
    }

    /// Waits until a message with this text is shown.
    pub(crate) async fn shown(&mut self, text: &str) -> Result<()> {
        let shown = async {
            while let Some(notice) = self.events.next().await {
                match notice {
                    Notice::Event(event) if shows(&event, text) => return Ok(()),
                    Notice::Event(_) | Notice::Missed => {}
                    Notice::Stopped(error) => return Err(error.into()),
                }
            }
            bail!("the device was closed")
        };
        timeout(PATIENCE, shown).await.context("the message does not come")?
    }

    /// Closes the device.
    pub(crate) async fn close(self) {
        self.client.close().await;
    }
}

fn shows(event: &Event, text: &str) -> bool {
    matches!(event, Event::Message { message } if message.text.as_deref() == Some(text))
}
