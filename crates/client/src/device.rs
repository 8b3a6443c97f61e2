//! A device, whoever has its home open: this process, or another that serves the home's socket.

use crate::borrowed::Borrowed;
use crate::client::{Client, Network};
use crate::events::Events;
use crate::home::Home;
#[cfg(unix)]
use crate::home_socket::{self, HomeSocket};
use crate::patience::Patience;
use asterism_core::api::{Answer, ApiError, Request};
use asterism_wire::ErrorCode;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a home that another process has open is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks at the lock.
const LOCK_PERIOD: Duration = Duration::from_millis(25);

/// A device that can be asked.
#[derive(Debug)]
pub struct Device {
    access: Access,
}

#[derive(Debug)]
enum Access {
    /// In the order in which they are dropped: whoever is let in leaves before the home is free.
    Own {
        #[cfg(unix)]
        socket: Option<HomeSocket>,
        client: Client,
    },
    #[cfg_attr(not(unix), expect(dead_code, reason = "needs Unix sockets"))]
    Borrowed(Borrowed),
}

impl Device {
    /// Opens the home. While another process has it open, goes through that one's socket, or waits for its end.
    ///
    /// # Errors
    /// `home_busy` after 10 seconds; and as [`Home::try_lock`] and [`Client::open`].
    pub async fn open(home: &Home, network: Network) -> Result<Self, ApiError> {
        let patience_ends = Instant::now() + LOCK_TIMEOUT;
        loop {
            if let Some(lock) = home.try_lock()? {
                let client = Client::open(home, lock, network).await?;
                return Ok(Self { access: Access::own(client) });
            }
            #[cfg(unix)]
            if let Ok(Ok(borrowed)) = timeout_at(patience_ends, home_socket::connect(home)).await {
                return Ok(Self { access: Access::Borrowed(borrowed) });
            }
            if Instant::now() >= patience_ends {
                return Err(ApiError::of(ErrorCode::HomeBusy));
            }
            sleep(LOCK_PERIOD).await;
        }
    }

    /// Lets other processes in for as long as this device is open here. Without a socket they have to wait.
    #[cfg_attr(
        not(unix),
        expect(clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "needs Unix sockets")
    )]
    pub fn serve(&mut self, home: &Home) {
        #[cfg(unix)]
        if let Access::Own { client, socket } = &mut self.access {
            match HomeSocket::serve(home, client.clone()) {
                Ok(serving) => *socket = Some(serving),
                Err(error) => tracing::warn!(%error, "other processes cannot be let in"),
            }
        }
        #[cfg(not(unix))]
        let _ = home;
    }

    /// Is it another process that has the home open?
    #[must_use]
    pub fn is_borrowed(&self) -> bool {
        matches!(self.access, Access::Borrowed(_))
    }

    /// As [`Client::request`].
    ///
    /// # Errors
    /// As [`Client::request`]; and `home_busy` when the other process ends before it has answered.
    pub async fn request(
        &self,
        request: Request,
        patience: impl Into<Patience> + Send,
    ) -> Result<Answer, ApiError> {
        match &self.access {
            Access::Own { client, .. } => client.request(request, patience).await,
            Access::Borrowed(borrowed) => borrowed.request(request, patience.into()).await,
        }
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// `home_busy` when the other process has ended.
    pub async fn events(&self) -> Result<Events, ApiError> {
        match &self.access {
            Access::Own { client, .. } => Ok(client.events()),
            Access::Borrowed(borrowed) => borrowed.events().await,
        }
    }

    /// Closes the device, and waits until its home is free if it was open here.
    pub async fn close(self) {
        let Access::Own {
            client,
            #[cfg(unix)]
            socket,
        } = self.access
        else {
            return;
        };
        #[cfg(unix)]
        drop(socket);
        client.close().await;
    }
}

impl Access {
    fn own(client: Client) -> Self {
        Self::Own {
            #[cfg(unix)]
            socket: None,
            client,
        }
    }
}
