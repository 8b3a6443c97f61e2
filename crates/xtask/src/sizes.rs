//! The largest source files: a hint at where everything lands, never a limit.

use anyhow::Result;
use std::path::{Path, PathBuf};

/// Lines and path of the `count` longest Rust files under `folder`, the longest first.
pub(crate) fn largest(folder: &Path, count: usize) -> Result<Vec<(usize, PathBuf)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&path)?.lines().count();
                files.push((lines, path));
            }
        }
    }
    files.sort_by(|a, b| b.cmp(a));
    files.truncate(count);
    Ok(files)
}
