//! What a device may read: from the commit that added it to the commit that removed it.

use super::{
    live::OpenCommit,
    records::{MemberRecord, RangeRecord},
};
use asterism_store::StoreError;
use asterism_wire::ids::{AccountId, Seq};

/// The stretches of a log that one device may read. Invariant: ascending and apart from one another, and
/// only the last may be without an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) account: AccountId,
    ranges: Vec<RangeRecord>,
}

impl Membership {
    pub(super) fn new(account: AccountId) -> Self {
        Self { account, ranges: Vec::new() }
    }

    pub(super) fn of_record(record: MemberRecord) -> Result<Self, StoreError> {
        let account = AccountId::try_from(record.account).map_err(|_| StoreError::Corrupt)?;
        Ok(Self { account, ranges: record.ranges })
    }

    pub(super) fn to_record(&self) -> MemberRecord {
        MemberRecord { account: self.account.to_vec(), ranges: self.ranges.clone() }
    }

    /// Is the device a member now?
    pub(super) fn is_current(&self) -> bool {
        self.ranges.last().is_some_and(|r| r.until == 0)
    }

    /// Did a commit at this position (0: the creation) begin a stretch?
    pub(super) fn begins_at(&self, commit: Seq) -> bool {
        self.ranges.iter().any(|r| r.from == commit.0)
    }

    /// Was the device a member of the epoch that this commit opened?
    pub(super) fn knew(&self, commit: Seq) -> bool {
        self.ranges.iter().any(|r| r.from <= commit.0 && (r.until == 0 || commit.0 < r.until))
    }

    /// Was the device a member of both the epoch that this commit closed and the one that it opened?
    pub(super) fn spans(&self, commit: Seq) -> bool {
        self.ranges.iter().any(|r| r.from < commit.0 && (r.until == 0 || commit.0 < r.until))
    }

    /// May the device's word settle these open commits? Not if one of them brought it in, while others were there
    /// who could have refused it: it would not have seen what they saw.
    pub(super) fn may_settle(&self, open: &[OpenCommit]) -> bool {
        open.iter().filter(|commit| commit.voidable).all(|commit| self.spans(commit.seq))
    }

    /// A commit adds the device. One that is a member already (it enters again in place of its old leaf)
    /// reads on.
    pub(super) fn open(&mut self, commit: Seq) {
        if !self.is_current() {
            self.ranges.push(RangeRecord { from: commit.0, until: 0 });
        }
    }

    /// A commit removes the device: it is the last entry that the device may read.
    pub(super) fn close(&mut self, commit: Seq) {
        if let Some(last) = self.ranges.last_mut()
            && last.until == 0
        {
            last.until = commit.0;
        }
    }

    /// Last position that the device may read when the log ends at `head`.
    pub(super) fn last_readable(&self, head: Seq) -> Seq {
        let last = self.ranges.last().map_or(0, |r| if r.until == 0 { head.0 } else { r.until });
        Seq(last.min(head.0))
    }

    /// Up to where the device may be given entries from `from` on, when it may ask for that position at
    /// all. The position after the last one may be asked for: there is nothing there yet.
    pub(super) fn readable_from(&self, from: Seq, head: Seq) -> Option<Seq> {
        self.ranges.iter().find_map(|range| {
            let until = if range.until == 0 { head.0 } else { range.until.min(head.0) };
            let within = range.from <= from.0 && from.0 <= until + 1;
            within.then_some(Seq(until))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(ranges: &[(u64, u64)]) -> Membership {
        let ranges = ranges.iter().map(|&(from, until)| RangeRecord { from, until }).collect();
        Membership { account: AccountId([1; 32]), ranges }
    }

    #[test]
    fn a_removed_device_reads_up_to_its_removal_and_no_further() {
        let mut device = member(&[]);
        device.open(Seq(5));
        device.close(Seq(8));
        assert!(!device.is_current());
        assert_eq!(device.readable_from(Seq(5), Seq(20)), Some(Seq(8)));
        assert_eq!(device.readable_from(Seq(9), Seq(20)), Some(Seq(8)));
        assert_eq!(device.readable_from(Seq(10), Seq(20)), None);
        assert_eq!(device.readable_from(Seq(4), Seq(20)), None);
        assert_eq!(device.last_readable(Seq(20)), Seq(8));
    }

    #[test]
    fn somebody_who_comes_back_does_not_read_what_was_between() {
        let device = member(&[(5, 8), (12, 0)]);
        assert_eq!(device.readable_from(Seq(11), Seq(20)), None);
        assert_eq!(device.readable_from(Seq(12), Seq(20)), Some(Seq(20)));
        assert!(device.begins_at(Seq(12)));
        assert!(device.knew(Seq(5)) && !device.spans(Seq(5)));
        assert!(device.spans(Seq(6)));
        assert!(!device.knew(Seq(8)) && !device.knew(Seq(9)));
    }
}
