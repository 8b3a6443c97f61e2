//! What a conversation is asked, and what it answers.

use super::{access::Access, facts::Facts};
use crate::{caller::Caller, failure};
use asterism_policy::Ticket;
use asterism_wire::{
    ErrorCode,
    entry::{Receipt, Refusal},
    frame::{
        Accepted, CreateConversation, Failure, GetJoinInfo, JoinInfo, SendEphemeral, SendMessage,
        SubmitCommit, Subscription, VaultAccepted, WriteVault,
    },
    ids::{DeviceId, IdempotencyKey, TicketId, Timestamp},
};
use tokio::sync::oneshot;

/// What is asked.
#[derive(Debug)]
pub(super) enum Op {
    Create(Caller, Box<CreateConversation>),
    Commit(Caller, Box<SubmitCommit>),
    Send(Caller, SendMessage),
    WriteVault(Caller, WriteVault),
    Subscribe(Caller),
    /// What may the caller read?
    Access(Caller),
    JoinInfo(Caller, GetJoinInfo),
    Link(TicketId),
    /// What is known of it, for a member if one is named.
    Facts(Option<DeviceId>),
    Receipt(Caller, Receipt),
    Refusal(Caller, Refusal),
    Ephemeral(Caller, SendEphemeral),
    /// Settle what can be by now.
    Settle(Timestamp),
    /// Void what is due by now.
    Void(Timestamp),
    /// Forget what is past its time.
    Trim(Timestamp),
}

impl Op {
    /// Must everything before be durable, because it reads from the store what that may change?
    pub(super) fn waits(&self) -> bool {
        match self {
            Self::Create(..)
            | Self::Commit(..)
            | Self::WriteVault(..)
            | Self::Receipt(..)
            | Self::Refusal(..)
            | Self::Settle(_)
            | Self::Void(_)
            | Self::Trim(_) => true,
            Self::Send(..)
            | Self::Subscribe(_)
            | Self::Access(_)
            | Self::JoinInfo(..)
            | Self::Link(_)
            | Self::Facts(_)
            | Self::Ephemeral(..) => false,
        }
    }

    /// Does it change more of what is in memory than the position?
    pub(super) fn changes_group(&self) -> bool {
        self.waits() && !matches!(self, Self::WriteVault(..))
    }

    /// Must what is in memory be read anew afterwards?
    pub(super) fn reloads(&self) -> bool {
        matches!(self, Self::Create(..) | Self::Void(_) | Self::Trim(_))
    }

    /// The key under which the submission is remembered.
    pub(super) fn idempotency(&self) -> Option<IdempotencyKey> {
        let key = match self {
            Self::Commit(_, request) => &request.idempotency,
            Self::Send(_, request) => &request.idempotency,
            Self::WriteVault(_, request) => &request.idempotency,
            _ => return None,
        };
        IdempotencyKey::try_from(key.as_slice()).ok()
    }
}

/// What a ticket leads to.
#[derive(Debug)]
pub(super) struct LinkFacts {
    pub(super) ticket: Ticket,
    pub(super) accounts: u32,
    pub(super) in_community: bool,
}

/// The answer.
#[derive(Debug)]
pub(super) enum Reply {
    Accepted(Accepted),
    Vault(VaultAccepted),
    Subscription(Subscription),
    Access(Access),
    JoinInfo(Box<JoinInfo>),
    Link(LinkFacts),
    Facts(Facts),
    /// Is something to be voided?
    Due(bool),
    Done,
}

/// The answer or a refusal.
pub(super) type Outcome = Result<Reply, Failure>;

/// Something asked, with the way back.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) op: Op,
    /// The key under which the store remembers it: the submitter's, unless a void killed what was submitted
    /// under that before.
    pub(super) key: Option<IdempotencyKey>,
    pub(super) reply: oneshot::Sender<Outcome>,
    /// How often it began anew because something else came first.
    pub(super) tries: u8,
}

impl Job {
    pub(super) fn new(op: Op) -> (Self, oneshot::Receiver<Outcome>) {
        let (reply, answer) = oneshot::channel();
        (Self { key: op.idempotency(), op, reply, tries: 0 }, answer)
    }

    pub(super) fn answer(self, outcome: Outcome) {
        // Whoever asked may be gone; what was asked has happened all the same.
        drop(self.reply.send(outcome));
    }
}

/// A bug of ours: an answer of another kind than asked.
fn unexpected() -> Failure {
    tracing::error!("a conversation gave an answer of the wrong kind");
    Failure::of(ErrorCode::Internal)
}

/// What the server says when it went down, or lost a task, while it worked on the request.
pub(super) fn gone() -> Failure {
    failure::retry_after(ErrorCode::Internal, 0)
}

macro_rules! replies {
    ($($name:ident: $variant:ident($content:ty);)*) => {
        impl Reply {
            $(
                pub(super) fn $name(self) -> Result<$content, Failure> {
                    match self { Self::$variant(content) => Ok(content), _ => Err(unexpected()) }
                }
            )*
        }
    };
}

replies! {
    accepted: Accepted(Accepted);
    vault: Vault(VaultAccepted);
    subscription: Subscription(Subscription);
    access: Access(Access);
    join_info: JoinInfo(Box<JoinInfo>);
    link: Link(LinkFacts);
    facts: Facts(Facts);
    due: Due(bool);
}
