//! Reads along, changes nothing.

use crate::tamper::{Passage, Tamper};
use asterism_wire::{
    Hash, Seq,
    entry::{Entry, EntryKind},
    frame::{
        Answer, Appended, ClientFrame, Done, Happened, Push, Request, Response, ServerBody, ServerFrame,
    },
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

/// Positions of the voids that anybody was told of; whose receipts alone get through, when not everybody's; and the
/// last commit that anybody was told of.
#[derive(Clone, Default)]
pub(super) struct Watch(Rc<RefCell<BTreeSet<u64>>>, Rc<Cell<Option<usize>>>, Rc<Cell<Option<(Seq, Hash)>>>);

impl Watch {
    pub(super) fn voids(&self) -> usize {
        self.0.borrow().len()
    }

    /// From now on only this client's receipts arrive.
    pub(super) fn only_receipts_of(&self, client: Option<usize>) {
        self.1.set(client);
    }

    /// Position, and hash of the body.
    pub(super) fn last_commit(&self) -> Option<(Seq, Hash)> {
        self.2.get()
    }

    fn see(&self, entry: &Entry) {
        let is_later = self.2.get().is_none_or(|(seq, _)| seq < entry.position());
        if entry.kind == EntryKind::Commit as i32 && is_later {
            self.2.set(entry.body_hash().ok().map(|hash| (entry.position(), hash)));
        }
        if entry.kind == EntryKind::Void as i32 {
            self.0.borrow_mut().insert(entry.seq);
        }
    }
}

impl Tamper for Watch {
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        let kept = matches!(frame.request, Some(Request::PutReceipt(_)))
            && self.1.get().is_some_and(|only| only != client);
        if kept { Passage::Answer(Box::new(Answer::Done(Done {}))) } else { Passage::Pass(frame) }
    }

    fn frames(&mut self, _client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        match &frame.body {
            Some(ServerBody::Push(Push {
                happened: Some(Happened::Appended(Appended { entry: Some(entry), .. })),
            })) => self.see(entry),
            Some(ServerBody::Response(Response { answer: Some(Answer::Entries(page)), .. })) => {
                page.entries.iter().for_each(|entry| self.see(entry));
            }
            _ => {}
        }
        vec![frame]
    }
}
