//! What every verb does: open the device, sync, ask, close.

use crate::alarms::Alarms;
use crate::failure::Failure;
use crate::output::Output;
use asterism_client::{Device, Home, Network, Patience};
use asterism_core::api::{Answer, ApiError, ConversationInfo, Item, Request};
use asterism_wire::ErrorCode;
use std::time::Duration;
use tokio::time::Instant;

/// For what is answered from this machine, however long the server took.
const LOCAL_TIMEOUT: Duration = Duration::from_secs(20);

/// What was said besides the verb.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) home: Home,
    pub(crate) offline: bool,
    pub(crate) timeout: Duration,
    pub(crate) output: Output,
}

/// What the home must hold before a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A device, which first catches up.
    Device,
    /// Nothing; but if there is a device, it catches up first.
    Anything,
    /// Nothing.
    Nothing,
}

impl Context {
    /// Asks for what a device can do, and shows the answer.
    pub(crate) async fn show(&self, request: Request) -> Result<(), Failure> {
        self.output.answer(&self.run(request, Needs::Device).await?)
    }

    /// Asks for what can be done with and without a device, and shows the answer.
    pub(crate) async fn show_anywhere(&self, request: Request) -> Result<(), Failure> {
        self.output.answer(&self.run(request, Needs::Anything).await?)
    }

    /// Asks for what makes a device of a home, and shows the answer.
    pub(crate) async fn show_new(&self, request: Request) -> Result<(), Failure> {
        self.output.answer(&self.run(request, Needs::Nothing).await?)
    }

    /// Makes an account and shows its recovery key. What was shown is kept here no longer; if this is interrupted
    /// before, the same command shows it again.
    pub(crate) async fn show_registered(&self, request: Request) -> Result<(), Failure> {
        let device = self.open_for(&request, Needs::Nothing).await?;
        let result = async {
            self.output.answer(&self.run_on(&device, request, Needs::Nothing).await?)?;
            device.request(Request::RecoveryKeyKept, LOCAL_TIMEOUT).await?;
            Ok(())
        }
        .await;
        device.close().await;
        result
    }

    /// Shows messages, and notes how far the person has read.
    pub(crate) async fn show_read(&self, request: Request, peek: bool) -> Result<(), Failure> {
        let device = self.open_for(&request, Needs::Device).await?;
        let result = async {
            let answer = self.run_on(&device, request, Needs::Device).await?;
            self.output.answer(&answer)?;
            match &answer {
                Answer::List(items) if !peek => mark_read(&device, items).await,
                _ => {}
            }
            Ok(())
        }
        .await;
        device.close().await;
        result
    }

    async fn run(&self, request: Request, needs: Needs) -> Result<Answer, Failure> {
        let device = self.open_for(&request, needs).await?;
        let result = self.run_on(&device, request, needs).await;
        device.close().await;
        result
    }

    async fn open_for(&self, request: &Request, needs: Needs) -> Result<Device, Failure> {
        if self.offline && !request.is_local() {
            return Err(ApiError::new(
                ErrorCode::ServerUnreachable,
                "this needs the server, and --offline forbids it",
            )
            .into());
        }
        if needs == Needs::Device && !self.home.is_used() {
            return Err(ErrorCode::NoAccount.into());
        }
        self.open().await
    }

    /// A conversation that was stopped is shown as far as it goes, and that it was stopped is said.
    async fn tell_alarms(&self, device: &Device, request: &Request, mut alarms: Alarms) {
        alarms.tell(self.output).await;
        if let Request::Read { target, .. } = request {
            let show = Request::GroupShow { target: target.clone() };
            if let Ok(Answer::Conversation(ConversationInfo { alarm: Some(code), .. })) =
                device.request(show, LOCAL_TIMEOUT).await
            {
                alarms.warn(self.output, &code);
            }
        }
    }

    /// Opens the device.
    pub(crate) async fn open(&self) -> Result<Device, Failure> {
        let network = if self.offline { Network::Off } else { Network::On };
        Ok(Device::open(&self.home, network).await?)
    }

    async fn run_on(&self, device: &Device, request: Request, needs: Needs) -> Result<Answer, Failure> {
        let alarms = Alarms::of(device).await?;
        let result = self.answer_on(device, request.clone(), needs).await;
        self.tell_alarms(device, &request, alarms).await;
        result
    }

    async fn answer_on(&self, device: &Device, request: Request, needs: Needs) -> Result<Answer, Failure> {
        let started = Instant::now();
        if needs != Needs::Nothing && request != Request::Sync {
            match self.sync(device, &request).await {
                Err(Failure::Refused(error))
                    if needs == Needs::Anything && error.code == ErrorCode::NoAccount => {}
                other => other?,
            }
        }
        let left = self.timeout.saturating_sub(started.elapsed());
        let patience = if request.is_local() { LOCAL_TIMEOUT } else { left };
        Ok(device.request(request, patience).await?)
    }

    /// Catches up before `request`, which may be answered without that when the server is away or there is no room for
    /// what is new.
    pub(crate) async fn sync(&self, device: &Device, request: &Request) -> Result<(), Failure> {
        if self.offline {
            return Ok(());
        }
        let patience = Patience { timeout: self.timeout, unless_unreachable: request.is_local() };
        match device.request(Request::Sync, patience).await {
            Ok(_) => Ok(()),
            Err(error) if request.is_local() && is_absence(error.code) => {
                self.output.warn(&format!("{}; this is what was known before", error.message));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What was shown is read, and with it all that came before. It was shown whatever becomes of the mark.
pub(crate) async fn mark_read(device: &Device, shown: &[Item]) {
    let messages = shown.iter().filter_map(|item| match item {
        Item::Message(message) => Some(message),
        _ => None,
    });
    if let Some(last) = messages.max_by_key(|message| message.seq).filter(|last| last.seq > 0) {
        let request = Request::MarkRead { target: last.conversation.clone(), seq: last.seq };
        let _ = device.request(request, LOCAL_TIMEOUT).await;
    }
}

fn is_absence(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::ServerUnreachable | ErrorCode::Timeout | ErrorCode::Overloaded | ErrorCode::DiskFull
    )
}
