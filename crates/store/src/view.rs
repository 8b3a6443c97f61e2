//! Five ordered tables of bytes, and one consistent state of them: all that an engine provides.

use crate::error::StoreError;
use bytes::Bytes;
use std::collections::BTreeMap;

/// The tables; `layout` says what the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    /// Entries of streams.
    Log,
    /// Heads of streams.
    Heads,
    /// Idempotency keys, and which range brought them.
    Idempotency,
    /// Versioned records.
    Records,
    /// Leases and what an engine notes about itself.
    Meta,
}

impl Table {
    /// In declaration order, which indexes arrays of one item per table.
    pub(crate) const ALL: [Self; 5] = [Self::Log, Self::Heads, Self::Idempotency, Self::Records, Self::Meta];
}

/// Rows in ascending order of their keys.
pub(crate) type Rows<'a> = Box<dyn Iterator<Item = Result<(Bytes, Bytes), StoreError>> + 'a>;

/// One consistent state of the tables.
pub(crate) trait View {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError>;

    /// Rows from `from` (inclusive) to `to` (exclusive; to the end of the table if `None`).
    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_>;
}

/// The first key after all that begin with `prefix`, or `None` if they go on to the end.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|&byte| byte != 0xff)?;
    let mut end = prefix[..=keep].to_vec();
    end[keep] += 1;
    Some(end)
}

/// What a batch changes: new values, or `None` for deleted rows.
#[derive(Debug, Default)]
pub(crate) struct Changes([BTreeMap<Bytes, Option<Bytes>>; Table::ALL.len()]);

impl Changes {
    pub(crate) fn table(&self, table: Table) -> &BTreeMap<Bytes, Option<Bytes>> {
        &self.0[table as usize]
    }

    pub(crate) fn set(&mut self, table: Table, key: Bytes, value: Option<Bytes>) {
        self.0[table as usize].insert(key, value);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(BTreeMap::len).sum()
    }

    /// What the rows take, roughly.
    pub(crate) fn bytes(&self) -> u64 {
        let row = |(key, value): (&Bytes, &Option<Bytes>)| key.len() + value.as_ref().map_or(0, Bytes::len);
        self.0.iter().flatten().map(|change| row(change) as u64).sum()
    }

    pub(crate) fn into_rows(self) -> impl Iterator<Item = (Table, Bytes, Option<Bytes>)> {
        Table::ALL
            .into_iter()
            .zip(self.0)
            .flat_map(|(table, rows)| rows.into_iter().map(move |(key, value)| (table, key, value)))
    }
}
