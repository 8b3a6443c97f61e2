//! How many connections come from one place before anybody has authenticated on them (docs/protocol.md §1.1).

use crate::directory::Origin;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Those that nobody has authenticated on yet. Who has is bounded by account and device instead, so that any number of
/// people may share an address.
#[derive(Debug)]
pub(super) struct Strangers {
    /// Of one address.
    max: usize,
    waiting: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them, as long as it lives.
#[derive(Debug)]
pub(super) struct Stranger {
    all: Arc<Strangers>,
    address: Option<IpAddr>,
}

impl Strangers {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, waiting: Mutex::default() })
    }

    /// Another one; none when there are too many from there.
    pub(super) fn enter(self: &Arc<Self>, origin: Origin) -> Option<Stranger> {
        let address = origin.address();
        if let Some(address) = address {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let known = waiting.entry(address).or_insert(0);
            if *known >= self.max {
                return None;
            }
            *known += 1;
        }
        Some(Stranger { all: Arc::clone(self), address })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut waiting = self.all.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = waiting.get_mut(&address) {
            *known -= 1;
            if *known == 0 {
                waiting.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_places_and_gets_them_back() {
        let strangers = Strangers::new(2);
        let of = |address: &str| strangers.enter(Origin::of(address.parse().unwrap()));
        let (first, second) = (of("192.0.2.1"), of("192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(of("192.0.2.1").is_none());
        assert!(of("192.0.2.2").is_some());
        drop(first);
        assert!(of("192.0.2.1").is_some());
        drop(second);
        let local: Vec<_> = (0..9).map(|_| of("127.0.0.1")).collect();
        assert!(local.iter().all(Option::is_some));
        assert!(strangers.waiting.lock().unwrap().is_empty());
    }
}
