//! Which devices are connected, and where.

use crate::connection::{CloseReason, Connection};
use asterism_wire::ids::DeviceId;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Connections of one device at a time. Higher: a device whose connections die unnoticed can come
/// back more often before an old one is closed for it.
pub const CONNECTIONS_PER_DEVICE_MAX: usize = 4;

/// Parts of the registry, each with a lock of its own. A power of two, at most 256.
const PARTS: usize = 64;

/// The registry.
#[derive(Debug)]
pub struct Online {
    parts: [Mutex<Part>; PARTS],
}

type Part = HashMap<DeviceId, Vec<Connection>>;

impl Default for Online {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Online {
    /// The device's connections, oldest first.
    #[must_use]
    pub fn connections(&self, device: DeviceId) -> Vec<Connection> {
        self.part(device).get(&device).cloned().unwrap_or_default()
    }

    /// Whether the device is connected.
    #[must_use]
    pub fn is_online(&self, device: DeviceId) -> bool {
        self.part(device).contains_key(&device)
    }

    /// Devices connected at the moment.
    #[must_use]
    pub fn devices(&self) -> usize {
        self.parts.iter().map(|part| lock(part).len()).sum()
    }

    /// The device has authenticated on this connection. Closes its oldest one when there are too many.
    pub(crate) fn enter(&self, device: DeviceId, connection: &Connection) {
        let mut part = self.part(device);
        let connections = part.entry(device).or_insert_with(|| Vec::with_capacity(1));
        if connections.contains(connection) {
            return;
        }
        let oldest = (connections.len() >= CONNECTIONS_PER_DEVICE_MAX).then(|| connections.remove(0));
        connections.push(connection.clone());
        drop(part);
        if let Some(oldest) = oldest {
            oldest.close(CloseReason::Replaced);
        }
    }

    /// The connection has ended.
    pub(crate) fn leave(&self, device: DeviceId, connection: &Connection) {
        let mut part = self.part(device);
        if let Some(connections) = part.get_mut(&device) {
            connections.retain(|other| other != connection);
            if connections.is_empty() {
                part.remove(&device);
            }
        }
    }

    fn part(&self, device: DeviceId) -> MutexGuard<'_, Part> {
        // Device ids are hashes, so that any byte of them spreads well.
        lock(&self.parts[usize::from(device.0[0]) % PARTS])
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceId = DeviceId([1; 16]);

    #[test]
    fn the_oldest_connection_gives_way() {
        let online = Online::default();
        let all: Vec<_> = (0..=CONNECTIONS_PER_DEVICE_MAX).map(|_| Connection::for_test(1)).collect();
        for (connection, _) in &all {
            online.enter(DEVICE, connection);
        }
        assert_eq!(all[0].0.closed(), Some(CloseReason::Replaced));
        assert_eq!(online.connections(DEVICE).len(), CONNECTIONS_PER_DEVICE_MAX);
        for (connection, _) in &all {
            online.leave(DEVICE, connection);
        }
        assert!(!online.is_online(DEVICE));
    }
}
