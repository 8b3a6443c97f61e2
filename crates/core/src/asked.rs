//! For which request of the host a flow works, and whether the host has taken that request back.
//!
//! The host has told the person that it was not done. So a flow that works for a request which was taken back asks
//! the server for nothing more (`net.rs`). A frame that has left cannot be taken back: its answer is waited for, across
//! reconnects, and when it began something that others see, the flow goes to its end with nobody to answer. Flows of
//! nobody (rounds, repairs, the outbox) are never taken back.

use crate::{api::RequestId, cx::Inner};
use asterism_wire::frame::Request;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    future::poll_fn,
    pin::pin,
    rc::Rc,
};

/// What asking the server for something means to the request that it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It changes nothing, and may be broken off at any time.
    Question,
    /// It changes something, and what follows it may still be broken off.
    Step,
    /// Others see it, and what follows belongs to it.
    Beginning,
    /// It says something to people. What was begun before does not make it right to say it later.
    Word,
}

impl Weight {
    pub(crate) fn of(request: &Request) -> Self {
        match request {
            Request::Register(_)
            | Request::AddDevice(_)
            | Request::CreateConversation(_)
            | Request::SubmitCommit(_)
            | Request::CreateCommunity(_)
            | Request::SubmitGovernance(_)
            | Request::PutDeposit(_) => Self::Beginning,
            Request::SendMessage(_) | Request::SendPost(_) => Self::Word,
            Request::PutRecovery(_)
            | Request::PutKeyPackages(_)
            | Request::ClaimKeyPackages(_)
            | Request::PutProfile(_)
            | Request::PutOwn(_)
            | Request::WriteVault(_)
            | Request::WriteCommunityVault(_)
            | Request::PutReceipt(_)
            | Request::PutRefusal(_)
            | Request::PutBucket(_)
            | Request::PutBarred(_)
            | Request::DropDeposits(_) => Self::Step,
            Request::Hello(_)
            | Request::Ping(_)
            | Request::Authenticate(_)
            | Request::GetRecovery(_)
            | Request::LookupHandle(_)
            | Request::LookupAccounts(_)
            | Request::GetProfiles(_)
            | Request::GetOwn(_)
            | Request::Subscribe(_)
            | Request::Fetch(_)
            | Request::GetJoinInfo(_)
            | Request::GetVault(_)
            | Request::ListConversations(_)
            | Request::GetLink(_)
            | Request::SendEphemeral(_)
            | Request::FetchInbox(_)
            | Request::AcknowledgeInbox(_)
            | Request::AcknowledgeEntries(_)
            | Request::GetDeposits(_)
            | Request::OpenCommunity(_)
            | Request::FetchCommunity(_)
            | Request::GetChannelKeys(_)
            | Request::GetChannelTable(_)
            | Request::GetSubscribers(_)
            | Request::GetCommunityVault(_)
            | Request::GetGroupFacts(_) => Self::Question,
        }
    }
}

/// A request that is being answered.
pub(crate) struct Asker {
    id: RequestId,
    /// A frame that changes something has left, and the answer is not there.
    in_doubt: Cell<bool>,
    /// The server has taken something that others see.
    has_begun: Cell<bool>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Asked {
    /// For whom the flow works that runs at this moment.
    now: RefCell<Option<Rc<Asker>>>,
    /// Requests without an answer.
    open: RefCell<BTreeSet<RequestId>>,
}

impl Asked {
    /// A request has come.
    pub(crate) fn begin(&self, id: RequestId) {
        self.open.borrow_mut().insert(id);
    }

    /// Is it without an answer?
    pub(crate) fn is_open(&self, id: RequestId) -> bool {
        self.open.borrow().contains(&id)
    }

    /// All that are without an answer.
    pub(crate) fn open(&self) -> BTreeSet<RequestId> {
        self.open.borrow().clone()
    }

    /// Runs the flow that answers a request.
    pub(crate) async fn for_request<T>(&self, id: RequestId, flow: impl Future<Output = T>) -> T {
        let asker = Asker { id, in_doubt: Cell::new(false), has_begun: Cell::new(false) };
        self.within(Some(Rc::new(asker)), flow).await
    }

    /// Runs what is the device's own business, whoever occasioned it.
    pub(crate) async fn for_nobody<T>(&self, flow: impl Future<Output = T>) -> T {
        self.within(None, flow).await
    }

    async fn within<T>(&self, asker: Option<Rc<Asker>>, flow: impl Future<Output = T>) -> T {
        let mut flow = pin!(flow);
        poll_fn(|context| {
            let before = self.now.replace(asker.clone());
            let polled = flow.as_mut().poll(context);
            self.now.replace(before);
            polled
        })
        .await
    }

    /// With what the server has taken last, something began that is gone on with in any case.
    pub(crate) fn has_begun(&self) {
        if let Some(asker) = self.now.borrow().as_ref() {
            asker.has_begun.set(true);
        }
    }

    /// A frame leaves for the flow that runs now.
    pub(crate) fn leaves(&self, weight: Weight) -> Left {
        let asker = self.now.borrow().clone().filter(|_| weight != Weight::Question);
        let doubted = asker.as_ref().is_some_and(|asker| asker.in_doubt.replace(true));
        Left { asker, weight, doubted }
    }
}

impl Inner {
    /// The host takes a request back; false when it has its answer already.
    pub(crate) fn take_back(&self, id: RequestId) -> bool {
        self.asked.is_open(id) && self.cancelled.borrow_mut().insert(id)
    }

    /// A request has its answer; false when nobody waits for it.
    pub(crate) fn close(&self, id: RequestId) -> bool {
        self.asked.open.borrow_mut().remove(&id);
        !self.cancelled.borrow_mut().remove(&id)
    }

    /// Has the request that the present flow works for been taken back, so that it may not ask for this any more?
    pub(crate) fn is_too_late(&self, weight: Weight) -> bool {
        self.asked.now.borrow().as_ref().is_some_and(|asker| {
            let goes_on = asker.in_doubt.get() || (asker.has_begun.get() && weight != Weight::Word);
            self.cancelled.borrow().contains(&asker.id) && !goes_on
        })
    }
}

/// A frame that has left. As long as nothing is said of it, its request is in doubt.
pub(crate) struct Left {
    asker: Option<Rc<Asker>>,
    weight: Weight,
    /// An earlier try was in doubt already.
    doubted: bool,
}

impl Left {
    /// The server has done it.
    pub(crate) fn was_taken(&self) {
        if let Some(asker) = &self.asker {
            asker.in_doubt.set(false);
            asker.has_begun.set(asker.has_begun.get() || self.weight == Weight::Beginning);
        }
    }

    /// The server has refused it, for good or, if it is `busy`, for now: that says nothing of earlier tries.
    pub(crate) fn was_refused(&self, busy: bool) {
        if let Some(asker) = &self.asker {
            asker.in_doubt.set(busy && self.doubted);
        }
    }
}
