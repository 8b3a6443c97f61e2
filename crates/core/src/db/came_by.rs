//! By which link this device came into a conversation, until nobody can take its entry back any more
//! (docs/protocol.md §4.6).

use super::{DbError, DbResult};
use asterism_wire::{CommunityId, ConversationId};
use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

/// The link, and the community in whose directory it was.
pub(crate) struct CameBy {
    pub(crate) secret: Zeroizing<[u8; 32]>,
    pub(crate) community: Option<CommunityId>,
}

/// Keeps it, in place of an older one.
pub(crate) fn save(db: &Connection, id: ConversationId, came_by: &CameBy) -> DbResult<()> {
    let community = came_by.community.map(|community| community.to_vec());
    db.prepare_cached(
        "INSERT OR REPLACE INTO came_by (conversation, secret, community) VALUES (?1, ?2, ?3)",
    )?
    .execute((id.as_bytes(), came_by.secret.as_slice(), community))?;
    Ok(())
}

/// What was kept.
pub(crate) fn load(db: &Connection, id: ConversationId) -> DbResult<Option<CameBy>> {
    let row: Option<(Vec<u8>, Option<Vec<u8>>)> = db
        .prepare_cached("SELECT secret, community FROM came_by WHERE conversation = ?1")?
        .query_row([id.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((secret, community)) = row else { return Ok(None) };
    let secret = Zeroizing::new(Zeroizing::new(secret).as_slice().try_into().map_err(|_| DbError::Damaged)?);
    Ok(Some(CameBy { secret, community: community.map(TryInto::try_into).transpose()? }))
}

/// It is of no use any more.
pub(crate) fn forget(db: &Connection, id: ConversationId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM came_by WHERE conversation = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}
