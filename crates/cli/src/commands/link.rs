//! Invite links, as seen by who was given one.

use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The invite link
    link: String,
}

impl Join {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::Join { link: self.link.clone() }).await
    }
}

#[derive(Debug, Args)]
pub(crate) struct ShowLink {
    /// The invite link
    link: String,
}

impl ShowLink {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show_anywhere(Request::LinkPreview { link: self.link.clone() }).await
    }
}
