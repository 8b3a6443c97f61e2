//! Where records live: the host's matter, behind three operations.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateStoreError {
    /// The host's store failed: nothing of the operation may be kept.
    #[error("the state store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A record is not what was written.
    #[error("a stored record cannot be read")]
    Corrupt,
}

/// The host's key-value store. Methods take `&self`: interior mutability is the host's. A host groups the
/// writes of one operation into one transaction, and drops all of them when the operation fails.
pub trait StateStore {
    /// Reads a record.
    ///
    /// # Errors
    /// When the store fails.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateStoreError>;

    /// Writes or replaces a record.
    ///
    /// # Errors
    /// When the store fails.
    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), StateStoreError>;

    /// Deletes a record; deleting what is not there is success.
    ///
    /// # Errors
    /// When the store fails.
    fn delete(&self, key: &[u8]) -> Result<(), StateStoreError>;
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: StateStore + ?Sized> StateStore for $pointer {
            fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateStoreError> {
                (**self).read(key)
            }
            fn write(&self, key: &[u8], value: &[u8]) -> Result<(), StateStoreError> {
                (**self).write(key, value)
            }
            fn delete(&self, key: &[u8]) -> Result<(), StateStoreError> {
                (**self).delete(key)
            }
        }
    )*};
}
forward!(&S, Rc<S>);

/// Records in memory, for tests. A clone is an independent snapshot.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MemoryState(RefCell<BTreeMap<Vec<u8>, Vec<u8>>>);

impl MemoryState {
    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// All keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Vec<u8>> {
        self.0.borrow().keys().cloned().collect()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

impl std::fmt::Debug for MemoryState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryState({} records)", self.len())
    }
}

impl StateStore for MemoryState {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateStoreError> {
        Ok(self.0.borrow().get(key).cloned())
    }

    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), StateStoreError> {
        self.0.borrow_mut().insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateStoreError> {
        self.0.borrow_mut().remove(key);
        Ok(())
    }
}
