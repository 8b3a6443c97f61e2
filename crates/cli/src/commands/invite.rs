//! Invite links, as seen by who makes them.

use crate::context::Context;
use crate::failure::Failure;
use crate::values::{lifetime, millis};
use asterism_core::api::Request;
use clap::Subcommand;
use std::time::Duration;

/// How long a link lives; nothing for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry(Option<Duration>);

impl Expiry {
    fn read(text: &str) -> Result<Self, String> {
        if text == "never" { Ok(Self(None)) } else { lifetime(text).map(|lifetime| Self(Some(lifetime))) }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Invite {
    /// Make an invite link: whoever has it can enter
    Create {
        /// The group
        target: String,
        /// How long it lives, or `never` for a link that does not expire
        #[arg(long, value_name = "DURATION", value_parser = Expiry::read, default_value = "7d")]
        expires: Expiry,
        /// How many may enter; any number when absent
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        uses: Option<u32>,
    },
    /// List a group's invite links
    List {
        /// The group
        target: String,
    },
    /// Revoke an invite link
    Revoke {
        /// The link's id
        #[arg(value_name = "ID")]
        invite: String,
    },
}

impl Invite {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let request = match self {
            Self::Create { target, expires, uses } => Request::InviteCreate {
                target: target.clone(),
                expires_in_ms: expires.0.map(millis),
                uses: *uses,
            },
            Self::List { target } => Request::InviteList { target: target.clone() },
            Self::Revoke { invite } => Request::InviteRevoke { invite: invite.clone() },
        };
        context.show(request).await
    }
}
