//! The directory: accounts, handles, devices, recovery blobs, own vaults, key packages and sealed profiles
//! (docs/protocol.md §3, §7.4). One operation per file.
//!
//! Every operation decides by what the store holds and changes it in one conditional write, so that
//! several may run at once. It knows no connection and no conversation.

mod add_device;
mod authenticate;
mod claim_key_packages;
mod identity;
mod lookup;
mod own;
mod package_counts;
mod profiles;
mod put_key_packages;
pub mod records;
mod recovery;
mod register;
mod throttle;

pub use add_device::AddDeviceError;
pub use authenticate::AuthenticateError;
pub use claim_key_packages::ClaimKeyPackagesError;
pub use identity::{CredentialError, Identity};
pub use lookup::LookupError;
pub use own::OwnError;
pub use profiles::ProfileError;
pub use put_key_packages::PutKeyPackagesError;
pub use recovery::RecoveryError;
pub use register::RegisterError;
pub use throttle::Origin;

use crate::clock::Clock;
use asterism_store::{AnyStore, Store as _, StoreError};
use asterism_wire::ids::{AccountId, DeviceId};
use records::{AccountRecord, keys};
use std::sync::Arc;
use throttle::Throttle;

/// How often an operation begins again when another one changed what it had read.
const ATTEMPTS_MAX: usize = 8;

/// The directory.
#[derive(Debug)]
pub struct Directory {
    store: AnyStore,
    clock: Arc<dyn Clock>,
    /// Who registers must know one of these, when there are any.
    invite_codes: Vec<String>,
    throttle: Throttle,
}

/// An account record with its version in the store.
struct StoredAccount {
    record: AccountRecord,
    version: u64,
}

impl Directory {
    /// A directory on `store`.
    #[must_use]
    pub fn new(store: AnyStore, clock: Arc<dyn Clock>, invite_codes: Vec<String>) -> Self {
        Self { store, clock, invite_codes, throttle: Throttle::default() }
    }

    /// Whose these devices are, in the order asked; `None` for devices that are not registered.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accounts_of(&self, devices: &[DeviceId]) -> Result<Vec<Option<AccountId>>, StoreError> {
        let keys: Vec<_> = devices.iter().map(|device| keys::device(*device)).collect();
        let found = self.store.get(&keys).await?;
        found
            .into_iter()
            .map(|owner| owner.map(|owner| records::read_account_id(&owner.value)).transpose())
            .collect()
    }

    async fn account(&self, account: AccountId) -> Result<Option<StoredAccount>, StoreError> {
        let found = self.store.get(&[keys::account(account)]).await?.pop().flatten();
        found
            .map(|found| Ok(StoredAccount { record: records::read(&found.value)?, version: found.version }))
            .transpose()
    }

    async fn account_of_handle(&self, handle: &str) -> Result<Option<AccountId>, StoreError> {
        let found = self.store.get(&[keys::handle(handle)]).await?.pop().flatten();
        found.map(|found| records::read_account_id(&found.value)).transpose()
    }
}
