//! What the person must know, besides the answer: one line each on standard error.

use crate::failure::Failure;
use crate::output::Output;
use asterism_client::{Device, Events, Notice};
use asterism_core::api::Event;
use std::collections::BTreeSet;
use std::future::ready;

/// What is said when there is no room for what comes. Not an alarm: it ends by itself.
pub(crate) const FULL: &str = "disk_full";

/// Listens from the moment it is made, and says each thing once.
#[derive(Debug)]
pub(crate) struct Alarms {
    events: Events,
    told: BTreeSet<String>,
}

impl Alarms {
    pub(crate) async fn of(device: &Device) -> Result<Self, Failure> {
        Ok(Self { events: device.events().await?, told: BTreeSet::new() })
    }

    /// Says what was raised until now.
    pub(crate) async fn tell(&mut self, output: Output) {
        loop {
            let notice = tokio::select! {
                biased;
                notice = self.events.next() => notice,
                () = ready(()) => return,
            };
            match notice {
                None => return,
                Some(Notice::Event(event)) => {
                    if let Event::Alarm { code, .. } = *event {
                        self.warn(output, &code);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Says one.
    pub(crate) fn warn(&mut self, output: Output, code: &str) {
        if self.told.insert(code.to_owned()) {
            output.warn(&sentence(code));
        }
    }
}

/// The stable code, with what it means.
pub(crate) fn sentence(code: &str) -> String {
    let meaning = match code {
        "fork_detected" => {
            "the server showed a history that does not fit what it showed before: the conversation is stopped"
        }
        "server_misbehaved" => "the server speaks of messages that it does not show: something is missing",
        "body_withheld" => "the server does not show all of a message",
        "commit_refused" => "this device refuses a change of the group which the server still shows",
        "change_undone" => {
            "members refused what this device changed in the group: it was undone, and is not tried again"
        }
        "receipt_differs" => "somebody confirms another state of the group than this device has",
        "history_unverified" => "the server no longer shows enough to check how the group came about",
        "other_account" => "the server says that somebody else has this handle now",
        FULL => "the disk is full: nothing new is fetched or kept until there is room",
        "clock_skew" => "the clocks of this device and of the server differ by more than ten minutes",
        _ => "something needs your attention",
    };
    format!("{meaning} ({code})")
}
