//! Strangers who want to talk.

use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Accept {
    /// The conversation, or the stranger's @handle
    target: String,
}

impl Accept {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::AnswerRequest { target: self.target.clone(), accept: true }).await
    }
}

#[derive(Debug, Args)]
pub(crate) struct Refuse {
    /// The conversation, or the stranger's @handle
    target: String,
}

impl Refuse {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::AnswerRequest { target: self.target.clone(), accept: false }).await
    }
}
