//! Of each conversation that this device is re-entering: the group as it knew it before (docs/protocol.md §4.7).

use super::{DbResult, int, uint};
use asterism_wire::{ConversationId, Epoch, Seq};
use rusqlite::{Connection, OptionalExtension as _};

/// Where this device's knowledge of a group ends, as the public sees it.
pub(crate) struct KnownGroup {
    pub(crate) epoch: Epoch,
    pub(crate) group_info: Vec<u8>,
    pub(crate) tree: Vec<u8>,
}

/// Keeps it, in place of an older one.
pub(crate) fn save(db: &Connection, id: ConversationId, known: &KnownGroup) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO known_group (conversation, epoch, opened_by, group_info, tree)
            VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        id.as_bytes(),
        int(known.epoch.number),
        int(known.epoch.opened_by.0),
        &known.group_info,
        &known.tree,
    ))?;
    Ok(())
}

/// What was kept.
pub(crate) fn load(db: &Connection, id: ConversationId) -> DbResult<Option<KnownGroup>> {
    let row = db
        .prepare_cached("SELECT epoch, opened_by, group_info, tree FROM known_group WHERE conversation = ?1")?
        .query_row([id.as_bytes()], |r| {
            let epoch = Epoch { number: uint(r.get(0)?), opened_by: Seq(uint(r.get(1)?)) };
            Ok(KnownGroup { epoch, group_info: r.get(2)?, tree: r.get(3)? })
        });
    Ok(row.optional()?)
}

/// The device is in again, or out.
pub(crate) fn forget(db: &Connection, id: ConversationId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM known_group WHERE conversation = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}
