//! The records read or flushed last, bounded in bytes.

use super::Record;
use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

/// What an entry costs besides its bytes, for the maps.
const ENTRY_BYTES: usize = 128;

/// Least recently used go first. The entry used last always stays, however large, until the next one comes.
pub(super) struct Cache {
    entries: HashMap<Rc<[u8]>, Entry>,
    /// When each was used last.
    order: BTreeMap<u64, Rc<[u8]>>,
    clock: u64,
    bytes: usize,
    bytes_max: usize,
}

struct Entry {
    /// `None`: the database has no such record.
    record: Option<Record>,
    used: u64,
    bytes: usize,
}

impl Cache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), clock: 0, bytes: 0, bytes_max }
    }

    pub(super) fn contains(&self, key: &[u8]) -> bool {
        self.entries.contains_key(key)
    }

    /// The record; also `None` when the key is not cached, see [`Cache::contains`].
    pub(super) fn get(&mut self, key: &[u8]) -> Option<&Record> {
        let entry = self.entries.get_mut(key)?;
        if let Some(key) = self.order.remove(&entry.used) {
            self.clock += 1;
            entry.used = self.clock;
            self.order.insert(self.clock, key);
        }
        entry.record.as_ref()
    }

    pub(super) fn put(&mut self, key: &[u8], record: Option<Record>) {
        self.remove(key);
        let key: Rc<[u8]> = key.into();
        let bytes = ENTRY_BYTES + key.len() + record.as_ref().map_or(0, |record| record.len());
        self.clock += 1;
        self.bytes += bytes;
        self.order.insert(self.clock, Rc::clone(&key));
        self.entries.insert(key, Entry { record, used: self.clock, bytes });
        while self.bytes > self.bytes_max && self.entries.len() > 1 {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }

    pub(super) fn remove_prefix(&mut self, prefix: &[u8]) {
        let keys: Vec<_> = self.entries.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        keys.iter().for_each(|key| self.remove(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn record(len: usize) -> Option<Record> {
        Some(Zeroizing::new(vec![7; len]))
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = Cache::new(3 * (ENTRY_BYTES + 1 + 100));
        for key in [b"a", b"b", b"c"] {
            cache.put(key, record(100));
        }
        assert!(cache.get(b"a").is_some());
        cache.put(b"d", record(100));
        assert_eq!([b"a", b"b", b"c", b"d"].map(|key| cache.contains(key)), [true, false, true, true]);
        assert!(cache.bytes <= cache.bytes_max);
    }

    #[test]
    fn a_record_above_the_bound_stays_alone_until_the_next() {
        let mut cache = Cache::new(1_000);
        cache.put(b"a", record(10));
        cache.put(b"b", record(5_000));
        assert_eq!([b"a", b"b"].map(|key| cache.contains(key)), [false, true]);
        cache.put(b"c", record(10));
        assert_eq!([b"b", b"c"].map(|key| cache.contains(key)), [false, true]);
        assert_eq!(cache.order.len(), 1);
    }

    #[test]
    fn replacing_and_removing_keep_the_count_of_bytes() {
        let mut cache = Cache::new(100_000);
        cache.put(b"xa", record(10));
        cache.put(b"xa", record(500));
        cache.put(b"xb", None);
        cache.put(b"y", record(1));
        cache.remove_prefix(b"x");
        assert_eq!((cache.bytes, cache.order.len()), (ENTRY_BYTES + 2, 1));
    }
}
