//! How many one-time key packages a device has left.

use super::{Directory, records::keys};
use asterism_store::{Key, Store as _, StoreError};
use asterism_wire::{frame::KeyPackageCounts, ids::DeviceId, limits::KEY_PACKAGES_MAX};

impl Directory {
    /// One-time key packages left of both suites.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn package_counts(&self, device: DeviceId) -> Result<KeyPackageCounts, StoreError> {
        let [classic, hybrid] = [false, true].map(|hybrid| self.package_places(device, hybrid));
        let count = |places: Vec<Key>| u32::try_from(places.len()).unwrap_or(u32::MAX);
        Ok(KeyPackageCounts { classic: count(classic.await?), hybrid: count(hybrid.await?) })
    }

    /// The places of a device's one-time key packages of one suite, oldest first.
    pub(super) async fn package_places(
        &self,
        device: DeviceId,
        hybrid: bool,
    ) -> Result<Vec<Key>, StoreError> {
        let order = keys::package_order(device, hybrid);
        let found = self.store.scan(&order, None, KEY_PACKAGES_MAX + 1).await?;
        Ok(found.into_iter().map(|(place, _)| place).collect())
    }
}
