//! The witness: a small file beside the engine that says which batch was last acknowledged.
//!
//! It is written after a batch is durable and before its calls are answered, and not synced, so
//! that it costs a microsecond. It therefore never says more than the engine holds, and after
//! SIGKILL exactly what was acknowledged; after a power cut it may say less by what the kernel
//! had not written back yet (some seconds), and proves that much less.

use super::OpenError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Part of the format on disk.
const FILE_NAME: &str = "acknowledged";
const MAGIC: &[u8; 8] = b"ASTRACK1";
const LENGTH: usize = 24;

#[derive(Debug)]
pub(super) struct Witness {
    file: File,
    /// A witness that could not write stays silent: its last word may be torn.
    failed: bool,
}

impl Witness {
    /// Opens the witness in `directory` and returns what it says: `None` if it is new, or
    /// if its first write was torn.
    pub(super) fn open(directory: &Path) -> Result<(Self, Option<u64>), OpenError> {
        let path = directory.join(FILE_NAME);
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut content = Vec::with_capacity(LENGTH);
        Read::by_ref(&mut file).take(LENGTH as u64).read_to_end(&mut content)?;
        Ok((Self { file, failed: false }, decode(&content)))
    }

    /// Says that all batches up to `number` are durable. Evidence only: if it cannot be written,
    /// that is logged and nothing else.
    pub(super) fn acknowledge(&mut self, number: u64) {
        if self.failed {
            return;
        }
        if let Err(error) = self.write(number) {
            tracing::warn!(%error, "the store's witness cannot be written");
            self.failed = true;
        }
    }

    pub(super) fn sync(&mut self) {
        if let Err(error) = self.file.sync_data() {
            tracing::warn!(%error, "the store's witness cannot be synced");
        }
    }

    fn write(&mut self, number: u64) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&encode(number))
    }
}

fn encode(number: u64) -> [u8; LENGTH] {
    let mut content = [0; LENGTH];
    content[..8].copy_from_slice(MAGIC);
    content[8..16].copy_from_slice(&number.to_be_bytes());
    content[16..].copy_from_slice(&(!number).to_be_bytes());
    content
}

fn decode(content: &[u8]) -> Option<u64> {
    let (number, _) = content.get(8..)?.split_first_chunk()?;
    let number = u64::from_be_bytes(*number);
    (content == encode(number)).then_some(number)
}
