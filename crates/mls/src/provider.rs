//! What OpenMLS needs from its host: primitives, randomness and records (docs/protocol.md §4).
//!
//! Randomness is a seeded generator given at construction. One exception is the library's: HPKE
//! encapsulation inside `hpke-rs` draws from the operating system, so ciphertexts of path secrets, group
//! secrets and sealed envelopes differ between two runs of one seed. Their lengths do not.

mod crypto;
mod records;
mod state;
mod storage;

pub use crypto::Crypto;
pub use records::{Storage, namespace_prefix};
pub use state::{MemoryState, StateStore, StateStoreError};

use openmls_traits::{OpenMlsProvider, random::OpenMlsRand};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use std::{cell::RefCell, convert::Infallible, fmt};

/// Everything that an MLS operation needs from its host.
///
/// Records of a group are kept under `namespace`, so that one device can hold an old and a new incarnation of
/// one group; key packages and what belongs to them are the device's and shared by all namespaces.
pub struct Provider<S: StateStore> {
    crypto: Crypto,
    rand: Rand,
    storage: Storage<S>,
}

impl<S: StateStore> Provider<S> {
    /// A provider over `store`. `seed` must be fresh for each provider: equal seeds give equal secrets.
    #[must_use]
    pub fn new(store: S, namespace: Vec<u8>, seed: [u8; 32]) -> Self {
        Self {
            crypto: Crypto::default(),
            rand: Rand(RefCell::new(ChaCha20Rng::from_seed(seed))),
            storage: Storage::new(store, namespace),
        }
    }

    /// The host's store.
    pub fn store(&self) -> &S {
        self.storage.store()
    }

    /// Gives the store back.
    #[must_use]
    pub fn into_store(self) -> S {
        self.storage.into_store()
    }

    /// Random bytes of the seeded generator.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.rand.array()
    }
}

impl<S: StateStore> fmt::Debug for Provider<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider(..)")
    }
}

impl<S: StateStore> OpenMlsProvider for Provider<S> {
    type CryptoProvider = Crypto;
    type RandProvider = Rand;
    type StorageProvider = Storage<S>;

    fn storage(&self) -> &Storage<S> {
        &self.storage
    }

    fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    fn rand(&self) -> &Rand {
        &self.rand
    }
}

/// The seeded generator.
pub struct Rand(RefCell<ChaCha20Rng>);

impl Rand {
    fn array<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.0.borrow_mut().fill_bytes(&mut out);
        out
    }
}

impl OpenMlsRand for Rand {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Infallible> {
        Ok(self.array())
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Infallible> {
        let mut out = vec![0; len];
        self.0.borrow_mut().fill_bytes(&mut out);
        Ok(out)
    }
}
