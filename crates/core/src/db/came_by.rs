//! How this device came into a conversation, until nobody can take its entry back any more (docs/protocol.md §4.6).

use super::{DbError, DbResult};
use asterism_wire::{CommunityId, ConversationId};
use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

/// A link, and the community in whose directory it was.
pub(crate) struct CameBy {
    pub(crate) secret: Zeroizing<[u8; 32]>,
    pub(crate) community: Option<CommunityId>,
}

/// It is about to come in, by a link or as a device of an account that is in. A link that it came by before stays: as
/// long as that entry can be taken back, so can be what rests on it.
pub(crate) fn begin(db: &Connection, id: ConversationId, link: Option<&CameBy>) -> DbResult<()> {
    let secret = link.map(|link| link.secret.as_slice());
    let community = link.and_then(|link| link.community).map(|community| community.to_vec());
    db.prepare_cached(
        "INSERT INTO came_by (conversation, secret, community, entered) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (conversation) DO UPDATE SET
            secret = coalesce(?2, secret), community = iif(?2 IS NULL, community, ?3)",
    )?
    .execute((id.as_bytes(), secret, community))?;
    Ok(())
}

/// It is in.
pub(crate) fn entered(db: &Connection, id: ConversationId) -> DbResult<()> {
    db.prepare_cached("UPDATE came_by SET entered = 1 WHERE conversation = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}

/// Is it, or was it, in by an entry that can still be taken back? Not if its first try did not come through.
pub(crate) fn has_entered(db: &Connection, id: ConversationId) -> DbResult<bool> {
    let found: Option<bool> = db
        .prepare_cached("SELECT entered FROM came_by WHERE conversation = ?1")?
        .query_row([id.as_bytes()], |r| r.get(0))
        .optional()?;
    Ok(found == Some(true))
}

type Link = (Option<Vec<u8>>, Option<Vec<u8>>);

/// The link, if it came by one.
pub(crate) fn link(db: &Connection, id: ConversationId) -> DbResult<Option<CameBy>> {
    let row: Option<Link> = db
        .prepare_cached("SELECT secret, community FROM came_by WHERE conversation = ?1")?
        .query_row([id.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((Some(secret), community)) = row else { return Ok(None) };
    let secret = Zeroizing::new(Zeroizing::new(secret).as_slice().try_into().map_err(|_| DbError::Damaged)?);
    Ok(Some(CameBy { secret, community: community.map(TryInto::try_into).transpose()? }))
}

/// It is in for good, or out.
pub(crate) fn forget(db: &Connection, id: ConversationId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM came_by WHERE conversation = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}
