//! The account's devices, and this one's state.

use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Devices {}

impl Devices {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::Devices).await
    }
}

#[derive(Debug, Args)]
pub(crate) struct Sync {}

impl Sync {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(Request::Sync).await
    }
}
