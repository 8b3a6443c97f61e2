//! Trees of past epochs, made again for those who joined by the commit that opened them and come late
//! (docs/protocol.md §5.4).

use asterism_wire::{
    frame::Failure,
    ids::{ConversationId, Seq},
};
use bytes::Bytes;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Trees that are kept. Higher: fewer groups are followed again when many come late to many groups, for up to 1.5 MB
/// each.
const KEPT_MAX: usize = 32;
/// Of these, trees of one conversation. Higher: one conversation pushes more of the others' out. Lower: who was added by
/// one commit and who was added by the next push each other's out.
const KEPT_OF_ONE_MAX: usize = 2;

/// What was asked for last. Each conversation's are made one after the other, so that many who joined by one commit do
/// not follow the group again each for themselves; nobody waits for another conversation's.
#[derive(Debug, Default)]
pub(super) struct PastTrees {
    /// Those used last come last.
    kept: Mutex<Vec<(ConversationId, Seq, Bytes)>>,
    /// Of conversations of which trees are being made: whose turn it is. Gone when nobody makes or waits.
    turns: Mutex<HashMap<ConversationId, Weak<Turn>>>,
}

type Turn = tokio::sync::Mutex<()>;

impl PastTrees {
    /// The tree of an epoch that the commit at `opened_by` opened, made when nobody has made it lately.
    pub(super) async fn get(
        &self,
        id: ConversationId,
        opened_by: Seq,
        make: impl Future<Output = Result<Bytes, Failure>>,
    ) -> Result<Bytes, Failure> {
        if let Some(tree) = self.find(id, opened_by) {
            return Ok(tree);
        }
        let turn = self.turn(id);
        let _mine = turn.lock().await;
        if let Some(tree) = self.find(id, opened_by) {
            return Ok(tree);
        }
        let tree = make.await?;
        self.keep(id, opened_by, tree.clone());
        Ok(tree)
    }

    fn find(&self, id: ConversationId, opened_by: Seq) -> Option<Bytes> {
        let mut kept = lock(&self.kept);
        let at = kept.iter().position(|(of, at, _)| (*of, *at) == (id, opened_by))?;
        kept[at..].rotate_left(1);
        kept.last().map(|(_, _, tree)| tree.clone())
    }

    fn keep(&self, id: ConversationId, opened_by: Seq, tree: Bytes) {
        let mut kept = lock(&self.kept);
        let of_it = kept.iter().filter(|(of, ..)| *of == id).count();
        if of_it >= KEPT_OF_ONE_MAX {
            let oldest = kept.iter().position(|(of, ..)| *of == id);
            oldest.map(|at| kept.remove(at));
        } else if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push((id, opened_by, tree));
    }

    fn turn(&self, id: ConversationId) -> Arc<Turn> {
        let mut turns = lock(&self.turns);
        if let Some(turn) = turns.get(&id).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(id, Arc::downgrade(&turn));
        turn
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::ErrorCode;
    use futures_util::FutureExt as _;
    use std::future::pending;

    const ONE: ConversationId = ConversationId([1; 16]);
    const OTHER: ConversationId = ConversationId([2; 16]);

    async fn made(tree: &'static str) -> Result<Bytes, Failure> {
        Ok(Bytes::from_static(tree.as_bytes()))
    }

    async fn never() -> Result<Bytes, Failure> {
        Err(Failure::of(ErrorCode::Internal))
    }

    #[test]
    fn nobody_waits_for_another_conversation_and_each_tree_is_made_once() {
        let trees = PastTrees::default();
        let mut endless = Box::pin(trees.get(ONE, Seq(1), pending()));
        assert!((&mut endless).now_or_never().is_none());
        let mut waits = Box::pin(trees.get(ONE, Seq(2), made("one")));
        assert!((&mut waits).now_or_never().is_none());
        let mut waits_too = Box::pin(trees.get(ONE, Seq(2), never()));
        assert!((&mut waits_too).now_or_never().is_none());
        assert_eq!(trees.get(OTHER, Seq(1), made("other")).now_or_never().unwrap().unwrap(), "other");
        // Who asked has gone.
        drop(endless);
        assert_eq!(waits.now_or_never().unwrap().unwrap(), "one");
        assert_eq!(waits_too.now_or_never().unwrap().unwrap(), "one");
        assert_eq!(trees.get(OTHER, Seq(1), never()).now_or_never().unwrap().unwrap(), "other");
        trees.turn(OTHER);
        assert_eq!(lock(&trees.turns).len(), 1);
    }

    #[test]
    fn one_conversation_pushes_out_its_own_trees_and_among_many_the_unused_ones_go() {
        let trees = PastTrees::default();
        let ask =
            |id, at, make: &'static str| trees.get(id, Seq(at), made(make)).now_or_never().unwrap().unwrap();
        assert_eq!(ask(OTHER, 1, "kept"), "kept");
        for at in 1..=99 {
            ask(ONE, at, "one of many");
        }
        assert_eq!(ask(OTHER, 1, "anew"), "kept");
        assert_eq!(lock(&trees.kept).len(), 1 + KEPT_OF_ONE_MAX);
        for n in 3..=99 {
            ask(ConversationId([n; 16]), 1, "another");
            assert_eq!(ask(OTHER, 1, "anew"), "kept");
        }
        assert_eq!(lock(&trees.kept).len(), KEPT_MAX);
        assert_eq!(ask(ONE, 99, "anew"), "anew");
    }
}
