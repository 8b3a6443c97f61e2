//! The queue itself, without waiting.

use super::{BEHIND_MAX, CloseReason, Drained, QueueLimits};
use crate::encode;
use asterism_wire::{
    frame::{Behind, Happened},
    ids::ConversationId,
};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};

/// Invariant: the counts are those of `frames`, which is empty once nothing more will be written.
#[derive(Debug)]
pub(super) struct Queue {
    limits: QueueLimits,
    frames: VecDeque<Bytes>,
    pushes: Count,
    answers: Count,
    /// Conversations of which something was dropped, with the highest position of it.
    behind: BTreeMap<ConversationId, u64>,
    closed: Option<CloseReason>,
}

#[derive(Debug, Default)]
struct Count {
    frames: usize,
    bytes: usize,
}

impl Count {
    /// Whether another frame fits; the first always does.
    fn fits(&self, bytes: usize, frames_max: usize, bytes_max: usize) -> bool {
        self.frames == 0 || (self.frames < frames_max && self.bytes + bytes <= bytes_max)
    }

    fn add(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes;
    }
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            frames: VecDeque::new(),
            pushes: Count::default(),
            answers: Count::default(),
            behind: BTreeMap::new(),
            closed: None,
        }
    }

    pub(super) fn push_entry(&mut self, conversation: ConversationId, seq: u64, frame: Bytes) -> bool {
        if self.closed.is_some() {
            return false;
        }
        // What follows a dropped entry is of no use before the client has fetched that.
        if !self.behind.contains_key(&conversation) && self.push(frame) {
            return true;
        }
        let head = self.behind.entry(conversation).or_default();
        *head = seq.max(*head);
        if self.behind.len() > BEHIND_MAX {
            self.close(CloseReason::Slow);
        }
        false
    }

    pub(super) fn push(&mut self, frame: Bytes) -> bool {
        let QueueLimits { push_frames, push_bytes, .. } = self.limits;
        let fits = self.closed.is_none() && self.pushes.fits(frame.len(), push_frames, push_bytes);
        if fits {
            self.pushes.add(frame.len());
            self.frames.push_back(frame);
        }
        fits
    }

    pub(super) fn answer(&mut self, frame: Bytes) -> bool {
        if self.closed.is_some() {
            return false;
        }
        let QueueLimits { answer_frames, answer_bytes, .. } = self.limits;
        let fits = self.answers.fits(frame.len(), answer_frames, answer_bytes);
        if fits {
            self.answers.add(frame.len());
            self.frames.push_back(frame);
        } else {
            self.close(CloseReason::Slow);
        }
        fits
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        // A peer that is gone, or does not read, ends an orderly farewell too.
        let abrupt = matches!(reason, CloseReason::Slow | CloseReason::Gone);
        if self.closed.is_none() {
            self.closed = Some(reason);
        }
        if abrupt {
            self.take_frames();
        }
        self.behind.clear();
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        self.closed
    }

    pub(super) fn answer_bytes(&self) -> usize {
        self.answers.bytes
    }

    /// All there is to write, or `None` while there is nothing.
    pub(super) fn drain(&mut self) -> Option<Drained> {
        let frames = self.take_frames();
        self.queue_behind();
        match self.closed {
            _ if !frames.is_empty() => Some(Drained::Frames(frames)),
            Some(reason) => Some(Drained::Closed(reason)),
            None if self.frames.is_empty() => None,
            None => Some(Drained::Frames(self.take_frames())),
        }
    }

    fn take_frames(&mut self) -> VecDeque<Bytes> {
        self.pushes = Count::default();
        self.answers = Count::default();
        std::mem::take(&mut self.frames)
    }

    /// Lets the `Behind`s in for which there is room.
    fn queue_behind(&mut self) {
        while let Some((&conversation, &head_seq)) = self.behind.first_key_value() {
            let behind = Behind { conversation: conversation.to_vec(), head_seq };
            if !self.push(encode::push(Happened::Behind(behind))) {
                return;
            }
            self.behind.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::frame::{Push, ServerBody, ServerFrame};
    use prost::Message as _;

    const A: ConversationId = ConversationId([1; 16]);
    const B: ConversationId = ConversationId([2; 16]);

    fn queue(push_frames: usize, answer_bytes: usize) -> Queue {
        Queue::new(QueueLimits { push_frames, push_bytes: 100, answer_frames: 4, answer_bytes })
    }

    fn frame(bytes: usize) -> Bytes {
        vec![7; bytes].into()
    }

    fn frames(queue: &mut Queue) -> VecDeque<Bytes> {
        match queue.drain() {
            Some(Drained::Frames(frames)) => frames,
            other => panic!("{other:?}"),
        }
    }

    fn behind(frame: &Bytes) -> (ConversationId, u64) {
        match ServerFrame::decode(frame.clone()).map(|frame| frame.body) {
            Ok(Some(ServerBody::Push(Push { happened: Some(Happened::Behind(behind)) }))) => {
                (behind.conversation.try_into().unwrap(), behind.head_seq)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn dropped_entries_become_one_behind_per_conversation() {
        let mut queue = queue(2, 100);
        assert!(queue.push_entry(A, 1, frame(1)));
        assert!(queue.push_entry(B, 1, frame(1)));
        for seq in 2..5 {
            assert!(!queue.push_entry(A, seq, frame(1)));
        }
        assert!(!queue.push_entry(B, 2, frame(1)));
        assert_eq!(frames(&mut queue).len(), 2);
        let rest = frames(&mut queue);
        assert_eq!(rest.iter().map(behind).collect::<Vec<_>>(), [(A, 4), (B, 2)]);
        assert_eq!(queue.drain(), None);
        assert!(queue.push_entry(A, 5, frame(1)));
    }

    #[test]
    fn an_entry_after_a_dropped_one_waits_for_the_fetch() {
        let mut queue = queue(3, 100);
        assert!(queue.push_entry(A, 1, frame(90)));
        assert!(!queue.push_entry(A, 2, frame(90)));
        assert!(!queue.push_entry(A, 3, frame(1)), "it would fit");
        assert!(queue.push_entry(B, 1, frame(1)));
        frames(&mut queue);
        assert_eq!(behind(&frames(&mut queue)[0]), (A, 3));
    }

    #[test]
    fn a_push_of_any_size_goes_alone() {
        let mut queue = queue(3, 100);
        assert!(queue.push(frame(1_000)));
        assert!(!queue.push(frame(1)));
    }

    #[test]
    fn an_answer_fits_where_pushes_do_not_and_closes_where_answers_do_not() {
        let mut queue = queue(1, 100);
        assert!(queue.push(frame(1)));
        assert!(queue.answer(frame(60)));
        assert_eq!(queue.answer_bytes(), 60);
        assert!(!queue.answer(frame(60)));
        assert_eq!(queue.drain(), Some(Drained::Closed(CloseReason::Slow)));
        assert!(!queue.push(frame(1)));
    }

    #[test]
    fn what_was_queued_before_an_orderly_close_is_still_written() {
        let mut queue = queue(1, 100);
        assert!(queue.answer(frame(1)));
        queue.close(CloseReason::Restart);
        queue.close(CloseReason::Violation);
        assert_eq!(frames(&mut queue).len(), 1);
        assert_eq!(queue.drain(), Some(Drained::Closed(CloseReason::Restart)));
    }
}
