//! Opening: lock, recover, migrate, check.

use super::engine::FjallEngine;
use super::head_cache::HeadCache;
use super::schema::{self, MIGRATIONS};
use super::tables::Tables;
use super::witness::Witness;
use super::{FjallOptions, OpenError, notes};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// Part of the format on disk: the engine's own directory within the store's.
const DATABASE: &str = "db";

pub(super) fn open(directory: &Path, options: &FjallOptions) -> Result<FjallEngine, OpenError> {
    fs::create_dir_all(directory)?;
    // The engine takes a lock on a file in its directory that ends with the process.
    let tables = Tables::open(&directory.join(DATABASE), options)?;
    schema::migrate(&tables, MIGRATIONS)?;
    let found = notes::check(&tables.view())?;
    let (witness, acknowledged) = Witness::open(directory)?;
    match acknowledged {
        Some(acknowledged) if acknowledged > found => {
            return Err(OpenError::LostBatches { acknowledged, found });
        }
        None if found > 0 => tracing::warn!("the witness is missing: taken on trust"),
        Some(_) | None => {}
    }
    sync_directory(directory)?;
    Ok(FjallEngine {
        tables: Arc::new(tables),
        heads: HeadCache::default(),
        witness,
        batches: found,
        directory: directory.to_owned(),
        free_bytes_min: options.free_bytes_min,
    })
}

/// Makes sure that a power cut cannot take the new directory entries.
fn sync_directory(directory: &Path) -> Result<(), OpenError> {
    File::open(directory)?.sync_all()?;
    if let Some(parent) = directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
