//! What becomes of commits that are not settled yet, by what members say of them (docs/protocol.md §4.6). Pure: the
//! open commits and the time in, a verdict out.

use super::live::OpenCommit;
use asterism_wire::ids::{AccountId, Timestamp};
use std::collections::BTreeSet;

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Wait,
    /// All up to this one are final.
    Settle(usize),
    /// This one dies, and all after it.
    Void(usize),
}

/// The verdict at a time. What can be settled is settled before anything is voided.
pub(super) fn verdict(open: &[OpenCommit], now: Timestamp) -> Verdict {
    let mut settled = None;
    for (at, commit) in open.iter().enumerate() {
        let due = commit.decide_at.is_none_or(|decide_at| now >= decide_at);
        if commit.refusers.is_empty() {
            if now >= commit.settles_from() && !confirmers(open, at).is_empty() {
                settled = Some(at);
            }
            continue;
        }
        if !due {
            break;
        }
        if !is_confirmed(open, at) {
            return settled.map_or(Verdict::Void(at), Verdict::Settle);
        }
        settled = Some(at);
    }
    settled.map_or(Verdict::Wait, Verdict::Settle)
}

/// Accounts other than the author's that have merged the commit, or a later one.
fn confirmers(open: &[OpenCommit], at: usize) -> BTreeSet<AccountId> {
    let all = open[at..].iter().flat_map(|commit| &commit.receipts);
    all.map(|(account, _)| *account).filter(|account| *account != open[at].author).collect()
}

/// Do those who have merged a commit, of whom the author is one but not the only one, outweigh those who refuse it?
/// Accounts that may remove others count first, so that one cannot outweigh them by bringing more accounts.
fn is_confirmed(open: &[OpenCommit], at: usize) -> bool {
    let commit = &open[at];
    let mut merged = confirmers(open, at);
    if merged.is_empty() {
        return false;
    }
    merged.insert(commit.author);
    let refused: BTreeSet<AccountId> = commit.refusers.iter().copied().collect();
    let weigh = |accounts: &BTreeSet<AccountId>| {
        (accounts.iter().filter(|account| commit.removers.contains(account)).count(), accounts.len())
    };
    weigh(&merged) > weigh(&refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::{entry::Receipt, ids::Seq, limits::VOID_DELAY_MS};

    const NOW: Timestamp = Timestamp(1_000_000);

    /// A commit of the first one named; lower-case letters are members, capitals may remove others.
    fn commit(author: &str, merged: &str, refused: &str) -> OpenCommit {
        let account = |c: char| AccountId([u8::try_from(c).unwrap(); 32]);
        OpenCommit {
            seq: Seq(1),
            author: account(author.chars().next().unwrap()),
            body_hash: asterism_wire::ids::Hash([0; 32]),
            voidable: true,
            confirmable: true,
            stamp: NOW,
            removers: ('A'..='Z').map(account).collect(),
            receipts: merged.chars().map(|c| (account(c), Receipt::default())).collect(),
            refusers: refused.chars().map(account).collect(),
            decide_at: Some(NOW.plus_ms(VOID_DELAY_MS)),
        }
    }

    fn after(open: &[OpenCommit]) -> Verdict {
        assert_eq!(verdict(open, NOW.plus_ms(VOID_DELAY_MS - 1)), Verdict::Wait);
        verdict(open, NOW.plus_ms(VOID_DELAY_MS))
    }

    #[test]
    fn the_words_are_weighed_and_who_may_remove_counts_first() {
        let (lives, dies) = (Verdict::Settle(0), Verdict::Void(0));
        let cases = [
            // Nobody says anything against it.
            ("a", "b", "", lives),
            // Nobody else has merged it.
            ("a", "", "b", dies),
            // One liar against an author and one more.
            ("a", "b", "c", lives),
            ("A", "b", "c", lives),
            // Somebody flawed with one accomplice against two, or against one who may remove.
            ("m", "e", "ab", dies),
            ("m", "e", "A", dies),
            ("m", "efghij", "A", dies),
            ("M", "e", "AB", dies),
            ("M", "e", "Ab", dies),
            // Many accounts of one liar do not undo what is done by who may remove them.
            ("A", "b", "mnopqr", lives),
            ("a", "B", "mnopqr", lives),
        ];
        for (author, merged, refused, expected) in cases {
            assert_eq!(after(&[commit(author, merged, refused)]), expected, "{author} {merged} {refused}");
        }
        assert_eq!(verdict(&[commit("a", "", "")], NOW.plus_ms(99_999)), Verdict::Wait);
    }

    #[test]
    fn a_word_for_a_later_commit_is_one_for_those_before_it() {
        let all = [commit("a", "", ""), commit("b", "a", "c"), commit("a", "c", "")];
        assert_eq!(after(&all), Verdict::Settle(2));
        let all = [commit("a", "b", ""), commit("b", "", "c"), commit("a", "", "")];
        assert_eq!(after(&all), Verdict::Settle(0));
        assert_eq!(after(&all[1..]), Verdict::Void(0));
    }

    #[test]
    fn nothing_is_settled_past_what_is_undecided() {
        let mut refused = commit("a", "b", "c");
        refused.decide_at = Some(NOW.plus_ms(2 * VOID_DELAY_MS));
        assert_eq!(after(&[refused, commit("a", "b", "")]), Verdict::Wait);
    }
}
