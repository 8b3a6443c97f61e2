//! From an open connection to an authenticated one, and back (docs/protocol.md §1.2, §1.5).

use crate::{
    account,
    api::Event,
    conversation::send,
    cx::{Cx, Inner},
    db::DbResult,
    fault::Fault,
    net::{Greeting, Lost},
    output::Output,
    sync,
};
use asterism_mls::keys::SigningKey;
use asterism_wire::{
    ErrorCode, PROTOCOL_VERSION, Timestamp,
    frame::{self, Request},
    signing,
};
use std::rc::Rc;

/// A clock that differs from the server's by more than this is told to the person (docs/protocol.md §9.3).
const CLOCK_SKEW_MS_MAX: u64 = 10 * 60 * 1000;

pub(crate) fn connected(cx: &Cx) {
    cx.net_connected();
    cx.connection.set(cx.connection.get() + 1);
    cx.event(Event::Connection { state: "connecting".into() });
    let flow = Rc::clone(cx);
    cx.tasks.spawn(async move {
        match greet(&flow).await {
            Ok(Ok(())) | Err(Lost) => {}
            Ok(Err(Fault::Db(error))) => flow.fail(error),
            Ok(Err(Fault::Api(error))) => match error.code {
                ErrorCode::UnknownAccount
                | ErrorCode::DeviceRevoked
                | ErrorCode::UpgradeRequired
                | ErrorCode::BadSignature => {
                    flow.set_refused(error.code);
                }
                _ => flow.emit(Output::Disconnect),
            },
        }
    });
}

async fn greet(cx: &Cx) -> Result<Result<(), Fault>, Lost> {
    let hello = frame::Hello {
        protocol: PROTOCOL_VERSION,
        client: concat!("asterism-core/", env!("CARGO_PKG_VERSION")).into(),
    };
    let answer = match cx.call_once::<frame::HelloAnswer>(Request::Hello(hello)).await? {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error.into())),
    };
    if answer.protocol != PROTOCOL_VERSION || answer.nonce.len() != 32 {
        return Ok(Err(ErrorCode::UpgradeRequired.into()));
    }
    warn_of_skew(cx, Timestamp(answer.server_time_ms));
    let greeting = Greeting { nonce: answer.nonce, public_url: answer.public_url };
    cx.set_greeted(greeting.clone());
    if let Ok(me) = cx.me() {
        return authenticate(cx, &greeting, &me).await;
    }
    Ok(Ok(()))
}

fn warn_of_skew(cx: &Inner, server: Timestamp) {
    if server.0.abs_diff(cx.now().0) > CLOCK_SKEW_MS_MAX {
        cx.event(Event::Alarm { code: "clock_skew".into(), conversation: None });
    }
}

async fn authenticate(
    cx: &Cx,
    greeting: &Greeting,
    me: &crate::db::account::AccountRow,
) -> Result<Result<(), Fault>, Lost> {
    let key = SigningKey::from_seed(*me.device_seed);
    let request = frame::Authenticate {
        account: me.account.to_vec(),
        device: me.device.to_vec(),
        signature: key.sign(&signing::authentication(&greeting.nonce, me.account, me.device)).to_vec(),
    };
    match cx.call_once::<frame::Authenticated>(Request::Authenticate(request)).await? {
        Ok(authenticated) => {
            cx.packages_left.replace(Some(authenticated));
            Ok(online(cx, greeting))
        }
        Err(error) => Ok(Err(error.into())),
    }
}

/// The device is authenticated: bring everything up to date.
pub(crate) fn online(cx: &Cx, greeting: &Greeting) -> Result<(), Fault> {
    cx.set_online();
    cx.event(Event::Connection { state: "online".into() });
    let public_url = greeting.public_url.clone();
    cx.update_me(|me| me.public_url = public_url)?;
    cx.spawn_quiet("profile", account::publish_profile(Rc::clone(cx)));
    sync::begin(cx);
    Ok(())
}

/// The state while there is none.
pub(crate) fn without_connection(cx: &Inner) -> &'static str {
    if cx.full.get().is_some() { "full" } else { "offline" }
}

/// Connects if there is somebody to be connected for, unless there is a connection.
pub(crate) fn begin(cx: &Cx) -> DbResult<()> {
    send::cancel_forgotten(cx)?;
    if let Ok(me) = cx.me() {
        cx.want_connection(&me.server);
    }
    Ok(())
}

pub(crate) fn disconnected(cx: &Cx) {
    cx.event(Event::Connection { state: without_connection(cx).into() });
    if let Some((server, at)) = cx.net_disconnected() {
        let flow = Rc::clone(cx);
        cx.tasks.spawn(async move {
            flow.tasks.sleep_until(at, &flow.clock).await;
            flow.reconnect(&server);
        });
    }
}
