//! The server's one source of randomness. It is seeded from outside, so that a test or a simulator gets the same run
//! from the same seed.

use rand::{RngCore as _, SeedableRng as _, rngs::StdRng};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// The source.
pub(crate) struct Random(Mutex<StdRng>);

impl Random {
    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        Self(Mutex::new(StdRng::from_seed(seed)))
    }

    /// What nobody can guess.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A generator of its own, for whoever needs many numbers.
    pub(crate) fn generator(&self) -> StdRng {
        StdRng::from_seed(self.bytes())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(…)")
    }
}
