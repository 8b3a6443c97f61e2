//! The verbs, one file per noun. Each reads its arguments into a request; what the request means is the core's.

mod account;
mod announcement;
mod community;
mod conversation;
mod device;
mod group;
mod invite;
mod link;
mod message;
mod profile;
mod request;

use crate::context::Context;
use crate::failure::Failure;
use clap::Subcommand;

/// A verb.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create an account, and make this directory its first device
    Register(account::Register),
    /// Come back to an account with its recovery key; this directory becomes a new device
    Recover(account::Recover),
    /// Show the account and device of this directory
    Whoami(account::Whoami),
    /// List the account's devices
    Devices(device::Devices),
    /// Change what others see of you
    #[command(subcommand)]
    Profile(profile::Profile),
    /// Groups and direct conversations
    #[command(subcommand)]
    Conversation(conversation::Conversation),
    /// Create and run groups
    #[command(subcommand)]
    Group(group::Group),
    /// Found and run communities
    #[command(subcommand)]
    Community(community::Community),
    /// Announce something to a community
    Announce(announcement::Announce),
    /// Announcements that were made
    #[command(subcommand)]
    Announcement(announcement::Announcement),
    /// Make and revoke invite links
    #[command(subcommand)]
    Invite(invite::Invite),
    /// Enter by an invite link
    Join(link::Join),
    /// Show what an invite link leads to, without entering
    ShowLink(link::ShowLink),
    /// Send a message
    Send(message::Send),
    /// Read a conversation
    Read(message::Read),
    /// Accept a stranger's direct conversation
    Accept(request::Accept),
    /// Refuse a stranger's direct conversation, and hide it
    Refuse(request::Refuse),
    /// Catch up with the server
    Sync(device::Sync),
}

impl Command {
    pub(crate) async fn run(&self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Register(verb) => verb.run(context).await,
            Self::Recover(verb) => verb.run(context).await,
            Self::Whoami(verb) => verb.run(context).await,
            Self::Devices(verb) => verb.run(context).await,
            Self::Profile(verb) => verb.run(context).await,
            Self::Conversation(verb) => verb.run(context).await,
            Self::Group(verb) => verb.run(context).await,
            Self::Community(verb) => verb.run(context).await,
            Self::Announce(verb) => verb.run(context).await,
            Self::Announcement(verb) => verb.run(context).await,
            Self::Invite(verb) => verb.run(context).await,
            Self::Join(verb) => verb.run(context).await,
            Self::ShowLink(verb) => verb.run(context).await,
            Self::Send(verb) => verb.run(context).await,
            Self::Read(verb) => verb.run(context).await,
            Self::Accept(verb) => verb.run(context).await,
            Self::Refuse(verb) => verb.run(context).await,
            Self::Sync(verb) => verb.run(context).await,
        }
    }
}
