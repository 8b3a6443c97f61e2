//! A disk that stops taking writes in the middle of the run: the child may not write files
//! beyond a limit, which to the engine is an error of the device.

use crate::bed::{bytes, run, stream};
use asterism_store::{
    AnyStore, Append, AppendError, Appended, FjallOptions, FjallStore, Store as _, StoreError, StreamId,
};
use bytes::Bytes;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Set in the process with the limit: the directory of its store.
const DIRECTORY: &str = "ASTERISM_STORE_BROKEN_DIRECTORY";
const A: StreamId = stream(1);
const ENTRY_BYTES: usize = 4 << 20;
/// The journal is created with 64 MiB, in blocks of 512 bytes.
const LIMIT_BLOCKS: usize = (64 << 20) / 512;

fn open(directory: &Path) -> AnyStore {
    FjallStore::open(directory, &FjallOptions::default()).unwrap().into()
}

async fn append(store: &AnyStore) -> Result<Appended, AppendError> {
    store.append(Append::new(A, vec![Bytes::from(vec![7; ENTRY_BYTES])])).await
}

/// Not a test of its own: what the process with the limit does.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    run(async {
        let store = open(Path::new(&directory));
        let mut acknowledged = 0;
        let error = loop {
            match append(&store).await {
                Ok(appended) => acknowledged = appended.last_seq,
                Err(error) => break error,
            }
        };
        let AppendError::Store(StoreError::Io(_)) = error else { panic!("{error:?}") };
        let poisoned = Err(AppendError::Store(StoreError::Poisoned));
        assert_eq!(append(&store).await, poisoned);
        let small = Append::new(stream(2), vec![bytes("small")]);
        assert_eq!(store.append(small).await, poisoned);
        assert_eq!(store.heads(&[A]).await.unwrap()[0].seq, acknowledged);
        let page = store.read(A, acknowledged, 1, 1).await.unwrap();
        assert_eq!(page.entries.len(), 1);
        store.close().await;
        let line = format!("acknowledged {acknowledged}\n");
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    });
}

#[test]
fn a_device_error_is_never_acknowledged_and_loses_nothing_that_was() {
    let directory = tempfile::tempdir().unwrap();
    let script = format!("trap '' XFSZ; ulimit -f {LIMIT_BLOCKS}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["broken_disk::child", "--exact", "--nocapture"])
        .env(DIRECTORY, directory.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged = stdout.lines().find_map(|line| line.strip_prefix("acknowledged "));
    let acknowledged: u64 = acknowledged.unwrap().parse().unwrap();
    assert!(acknowledged > 10);
    run(async {
        let store = open(directory.path());
        let page = store.read(A, 1, usize::MAX, usize::MAX).await.unwrap();
        assert!(page.head.seq >= acknowledged);
        assert!(page.entries.iter().all(|(_, entry)| entry.iter().all(|&byte| byte == 7)));
        assert_eq!(append(&store).await.unwrap().first_seq, page.head.seq + 1);
    });
}
