//! Announcements to a community.

use super::message::text_of;
use crate::context::Context;
use crate::failure::Failure;
use asterism_core::api::Request;
use clap::{Args, Subcommand};
use std::io;

#[derive(Debug, Args)]
pub(crate) struct Announce {
    /// The community
    community: String,
    /// The text, or - to read it from standard input; after --, it may begin with a dash
    #[arg(allow_negative_numbers = true)]
    text: String,
    /// Only to these groups, by id or name; to everybody when absent
    #[arg(long, value_name = "GROUP", num_args = 1..)]
    to: Vec<String>,
    /// A key of your choice: repeating it with the same key announces nothing twice
    #[arg(long, value_name = "KEY")]
    id: Option<String>,
}

impl Announce {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let text = match self.text.as_str() {
            "-" => text_of(io::stdin().lock())?,
            text => text.to_owned(),
        };
        let (community, to, idempotency) = (self.community.clone(), self.to.clone(), self.id.clone());
        context.show(Request::Announce { community, text, to, idempotency }).await
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Announcement {
    /// List the announcements of a community
    List {
        /// The community
        community: String,
    },
}

impl Announcement {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let Self::List { community } = self;
        context.show(Request::AnnouncementList { community: community.clone() }).await
    }
}
