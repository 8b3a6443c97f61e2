mod model;

use super::*;
use std::collections::BTreeMap;

/// A step: a transaction around an overlay.
struct Host {
    folder: tempfile::TempDir,
    db: Rc<Connection>,
    overlay: StateOverlay,
    cache_bytes: usize,
}

impl Host {
    fn new(cache_bytes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Self::connect(&folder);
        db.execute_batch(SCHEMA).unwrap();
        Self::over(folder, db, cache_bytes)
    }

    fn connect(folder: &tempfile::TempDir) -> Rc<Connection> {
        let db = Connection::open(folder.path().join("db")).unwrap();
        db.execute_batch("PRAGMA synchronous = OFF; PRAGMA secure_delete = ON").unwrap();
        Rc::new(db)
    }

    fn over(folder: tempfile::TempDir, db: Rc<Connection>, cache_bytes: usize) -> Self {
        db.execute_batch("BEGIN").unwrap();
        let overlay = StateOverlay::with_cache(Rc::clone(&db), cache_bytes);
        Self { folder, db, overlay, cache_bytes }
    }

    fn commit(&self) {
        self.overlay.flush().unwrap();
        self.db.execute_batch("COMMIT; BEGIN").unwrap();
    }

    fn roll_back(&mut self) {
        self.db.execute_batch("ROLLBACK; BEGIN").unwrap();
        self.overlay = StateOverlay::with_cache(Rc::clone(&self.db), self.cache_bytes);
    }

    /// Loses what is not committed, as a crash does.
    fn reopen(self) -> Self {
        let Self { folder, db, overlay, cache_bytes } = self;
        drop(overlay);
        drop(Rc::into_inner(db).unwrap());
        let db = Self::connect(&folder);
        Self::over(folder, db, cache_bytes)
    }

    fn count(&self, table: &str) -> i64 {
        self.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    fn records(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let keys = self.overlay.keys(&self.overlay.state.borrow(), b"").unwrap();
        keys.into_iter().map(|key| (key.clone(), self.overlay.read(&key).unwrap().unwrap())).collect()
    }
}

fn host() -> Host {
    Host::new(CACHE_BYTES_MAX)
}

#[test]
fn a_small_change_writes_one_page() {
    let host = host();
    let mut record = vec![1; 10 * pages::PAGE_BYTES + 5];
    host.overlay.write(b"k", &record).unwrap();
    host.commit();
    assert_eq!(host.count("mls_page"), 11);

    let before = host.db.total_changes();
    record[5 * pages::PAGE_BYTES] = 2;
    host.overlay.write(b"k", &record).unwrap();
    host.commit();
    assert_eq!(host.db.total_changes() - before, 1);
    assert_eq!(host.overlay.read(b"k").unwrap(), Some(record.clone()));

    host.overlay.write(b"k", &record).unwrap();
    host.commit();
    assert_eq!(host.db.total_changes() - before, 1, "an equal record is not written");
}

#[test]
fn the_last_write_of_a_step_wins() {
    let host = host();
    host.overlay.write(b"k", b"1").unwrap();
    host.overlay.delete(b"k").unwrap();
    host.overlay.write(b"k", b"2").unwrap();
    assert_eq!(host.overlay.read(b"k").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(host.count("mls_record"), 0);
    host.commit();
    assert_eq!(host.reopen().overlay.read(b"k").unwrap().as_deref(), Some(&b"2"[..]));
}

#[test]
fn what_was_flushed_and_rolled_back_is_forgotten() {
    let mut host = host();
    host.overlay.write(b"k", b"1").unwrap();
    host.overlay.flush().unwrap();
    host.overlay.begin_undo(b"k", 1).unwrap();
    host.roll_back();
    assert_eq!(host.overlay.read(b"k").unwrap(), None);
    assert!(!host.overlay.rollback_to(b"k", 1).unwrap());
}

#[test]
fn marks_grow_and_scopes_do_not_overlap() {
    let host = host();
    host.overlay.begin_undo(b"ab", 5).unwrap();
    assert!(host.overlay.begin_undo(b"ab", 5).is_err());
    assert!(host.overlay.begin_undo(b"ab", 4).is_err());
    assert!(host.overlay.begin_undo(b"a", 6).is_err());
    assert!(host.overlay.begin_undo(b"abc", 6).is_err());
    host.overlay.begin_undo(b"ac", 1).unwrap();
    host.overlay.begin_undo(b"ab", 6).unwrap();
}

#[test]
fn undo_is_bounded_to_its_scope_and_survives_a_restart() {
    let host = host();
    host.overlay.write(b"g1/tree", &[1; 9_000]).unwrap();
    host.overlay.write(b"g2/tree", &[1; 9_000]).unwrap();
    host.overlay.begin_undo(b"g1/", 7).unwrap();
    host.overlay.write(b"g1/tree", &[2; 12_345]).unwrap();
    host.overlay.write(b"g1/new", b"x").unwrap();
    host.overlay.write(b"g2/tree", b"y").unwrap();
    host.commit();
    let host = host.reopen();
    assert!(host.overlay.rollback_to(b"g1/", 7).unwrap());
    let expected =
        BTreeMap::from([(b"g1/tree".to_vec(), vec![1; 9_000]), (b"g2/tree".to_vec(), b"y".to_vec())]);
    assert_eq!(host.records(), expected);
    assert_eq!((host.count("mls_undo"), host.count("mls_undo_mark")), (0, 0));
    assert!(!host.overlay.rollback_to(b"g1/", 7).unwrap());
}

#[test]
fn a_forgotten_mark_leaves_nothing_behind() {
    let host = host();
    host.overlay.write(b"g/k", &[1; 100]).unwrap();
    host.overlay.begin_undo(b"g/", 1).unwrap();
    host.overlay.write(b"g/k", &[2; 100]).unwrap();
    host.commit();
    assert_eq!(host.count("mls_undo"), 1);
    host.overlay.forget_undo(b"g/", 1).unwrap();
    host.overlay.forget_undo(b"g/", 99).unwrap();
    assert_eq!((host.count("mls_undo"), host.count("mls_undo_mark")), (0, 0));

    host.overlay.begin_undo(b"g/", 2).unwrap();
    host.overlay.delete_prefix(b"g/").unwrap();
    host.commit();
    assert!(host.count("mls_undo") > 0, "a deletion can be undone");
    host.overlay.forget_all_undo(b"g/").unwrap();
    assert_eq!((host.count("mls_undo"), host.count("mls_page")), (0, 0));
}

/// Records hold keys: what was replaced, deleted or forgotten must not be found in the file.
#[test]
fn what_is_gone_is_gone_from_the_file() {
    let secret = b"an old epoch's secret";
    let record = [&[1; 6_000][..], secret, &[2; 3_000]].concat();
    let in_file = |host: &Host| {
        let file = std::fs::read(host.folder.path().join("db")).unwrap();
        file.windows(secret.len()).any(|window| window == secret)
    };
    let host = host();
    host.overlay.write(b"g/k", &record).unwrap();
    host.commit();
    assert!(in_file(&host));
    host.overlay.begin_undo(b"g/", 1).unwrap();
    host.overlay.write(b"g/k", &[3; 9_000]).unwrap();
    host.commit();
    assert!(in_file(&host), "kept to undo");
    host.overlay.forget_undo(b"g/", 1).unwrap();
    host.commit();
    assert!(!in_file(&host));

    host.overlay.write(b"g/k", &record).unwrap();
    host.commit();
    assert!(in_file(&host));
    host.overlay.delete_prefix(b"g/").unwrap();
    host.commit();
    assert!(!in_file(&host));
}

#[test]
fn damage_is_noticed() {
    for damage in [
        "UPDATE mls_record SET length = length + 1",
        "UPDATE mls_record SET length = -1",
        "UPDATE mls_record SET length = 1 << 60",
        "UPDATE mls_record SET length = 4096",
        "DELETE FROM mls_page WHERE page = 0",
        "UPDATE mls_page SET bytes = x'00' WHERE page = 0",
        "UPDATE mls_page SET bytes = 'text' WHERE page = 1",
        "UPDATE mls_page SET page = 9 WHERE page = 1",
        "INSERT INTO mls_page VALUES (CAST('k' AS BLOB), 2, x'')",
    ] {
        let host = host();
        host.overlay.write(b"k", &[1; 5_000]).unwrap();
        host.commit();
        host.db.execute_batch(damage).unwrap();
        host.commit();
        let host = host.reopen();
        assert!(matches!(host.overlay.read(b"k"), Err(StateStoreError::Corrupt)), "{damage}");
    }
}
