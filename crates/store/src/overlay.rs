//! A view with the changes of a batch that is being built on top of it: what later calls of the
//! batch are decided against.

use crate::error::StoreError;
use crate::view::{Changes, Rows, Table, View};
use bytes::Bytes;
use std::cmp::Ordering;
use std::iter::{Peekable, from_fn};
use std::ops::Bound;

pub(crate) struct Overlay<V> {
    base: V,
    changes: Changes,
}

impl<V: View> Overlay<V> {
    pub(crate) fn new(base: V) -> Self {
        Self { base, changes: Changes::default() }
    }

    pub(crate) fn put(&mut self, table: Table, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.changes.set(table, key.into(), Some(value.into()));
    }

    pub(crate) fn delete(&mut self, table: Table, key: impl Into<Bytes>) {
        self.changes.set(table, key.into(), None);
    }

    pub(crate) fn into_changes(self) -> Changes {
        self.changes
    }
}

impl<V: View> View for Overlay<V> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        match self.changes.table(table).get(key) {
            Some(change) => Ok(change.clone()),
            None => self.base.get(table, key),
        }
    }

    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_> {
        if to.is_some_and(|to| to <= from) {
            return Box::new(std::iter::empty());
        }
        let bounds = (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded));
        let changed = self.changes.table(table).range::<[u8], _>(bounds);
        let mut changed = changed.map(|(key, value)| (key.clone(), value.clone())).peekable();
        let mut base = self.base.range(table, from, to).peekable();
        Box::new(from_fn(move || next_merged(&mut base, &mut changed)))
    }
}

/// The next row of the base with the changes applied.
fn next_merged<'a>(
    base: &mut Peekable<Rows<'a>>,
    changed: &mut Peekable<impl Iterator<Item = (Bytes, Option<Bytes>)>>,
) -> Option<Result<(Bytes, Bytes), StoreError>> {
    loop {
        let order = match (base.peek(), changed.peek()) {
            (None, None) => return None,
            (Some(Err(_)), _) | (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(Ok((base_key, _))), Some((changed_key, _))) => base_key.cmp(changed_key),
        };
        if order == Ordering::Less {
            return base.next();
        }
        if order == Ordering::Equal {
            base.next();
        }
        if let Some((key, Some(value))) = changed.next() {
            return Some(Ok((key, value)));
        }
    }
}
