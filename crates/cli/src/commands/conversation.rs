//! All conversations, whatever their kind.

use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Conversation {
    /// List groups, direct conversations and strangers' requests, the latest first
    List,
}

impl Conversation {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::List => context.show(Request::Conversations).await,
        }
    }
}
