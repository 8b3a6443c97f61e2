//! Before a device re-enters a conversation: does the group that the server shows follow, by commits that members
//! made, from the one that this device was in? Else whoever runs the server could lead it into a group of their
//! own (docs/protocol.md §4.7).

use super::{Live, take};
use crate::{
    api::Event,
    cx::Cx,
    db::{self, known_group::KnownGroup},
    fault::{Fault, Flow},
    formats::receipt,
};
use asterism_mls::Tracker;
use asterism_wire::{
    DeviceId, Epoch, ErrorCode, Hash, Seq,
    entry::{Entry, EntryKind, VoidBody},
    frame::{self, Request},
    head, limits,
};
use prost::Message as _;
use std::rc::Rc;

/// Raised when the log no longer reaches back to what this device knows.
const UNVERIFIED: &str = "history_unverified";

/// What comes of following the log.
enum Followed {
    /// The group as it is now.
    To(Box<Tracker>),
    /// What is known here is dead: nothing is left to follow.
    FromDead,
    /// The log contradicts itself, or what is known here.
    Nowhere,
}

/// Keeps what this device knows of the group until it is in again: the state that it knows it by goes with the first
/// try, and the server chooses how many there are.
pub(super) fn keep(cx: &Cx, live: &Live) -> Flow<()> {
    let group = live.group(cx)?;
    let group_info =
        group.group_info(&live.provider(cx), &cx.device_key()?).map_err(|_| ErrorCode::NotAMember)?;
    let known = KnownGroup { epoch: live.row().epoch, group_info, tree: group.ratchet_tree() };
    Ok(db::known_group::save(&cx.db, live.id, &known)?)
}

/// Raises the alarm unless `info` is the group that the one has become which this device kept, if it did.
///
/// # Errors
/// `fork_detected`; or when the server does not answer.
pub(super) async fn check(cx: &Cx, live: &Rc<Live>, info: &frame::JoinInfo) -> Flow<()> {
    let Some(start) = db::known_group::load(&cx.db, live.id)? else { return Ok(()) };
    let up_to = Seq(info.standing.ok_or(ErrorCode::ServerMisbehaved)?.head_seq);
    let (entries, head) = match read(cx, live, start.epoch.opened_by, up_to).await {
        Ok(Some(read)) => read,
        Ok(None) => return fork(cx, live),
        Err(Fault::Api(error)) if error.code == ErrorCode::Expired => {
            // Away for longer than the log is kept.
            return unverified(cx, live);
        }
        Err(error) => return Err(error),
    };
    match follow(live, &start, &entries) {
        Followed::To(tracker)
            if head.as_bytes() == info.head
                && tracker.is_described_by(&info.group_info, &info.ratchet_tree) =>
        {
            Ok(())
        }
        Followed::FromDead => unverified(cx, live),
        _ => fork(cx, live),
    }
}

/// Nothing is left to follow: the person is told.
fn unverified(cx: &Cx, live: &Live) -> Flow<()> {
    cx.event(Event::Alarm { code: UNVERIFIED.into(), conversation: Some(live.id.to_string()) });
    Ok(())
}

fn fork(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    take::alarm(cx, live)?;
    Err(ErrorCode::ForkDetected.into())
}

/// The commits and voids after `from` up to `up_to`, and the head there, by heads that follow from what is known;
/// `None` when they do not.
async fn read(cx: &Cx, live: &Rc<Live>, from: Seq, up_to: Seq) -> Flow<Option<(Vec<Entry>, Hash)>> {
    let known = db::conversation::head_at(&cx.db, live.id, from)?;
    let Some(mut head) = known.or((from == Seq(0)).then(|| head::genesis(live.id))) else { return Ok(None) };
    let (mut at, mut kept) = (from, Vec::new());
    while at < up_to {
        let request = frame::Fetch {
            conversation: live.id.to_vec(),
            from_seq: at.next().0,
            entries_max: u32::try_from(limits::FETCH_ENTRIES_MAX).expect("a named limit"),
        };
        let page: frame::Entries = cx.call(Request::Fetch(request)).await?;
        if page.entries.is_empty() {
            return Ok(None);
        }
        for entry in page.entries {
            if at == up_to {
                break;
            }
            let follows = entry.position() == at.next();
            let next = entry.expected_head(live.id, head)?;
            let before = db::conversation::head_at(&cx.db, live.id, entry.position())?;
            if !follows || next.as_bytes() != entry.head || before.is_some_and(|known| known != next) {
                return Ok(None);
            }
            (at, head) = (entry.position(), next);
            if matches!(entry.entry_kind(), Ok(EntryKind::Commit | EntryKind::Void)) {
                kept.push(entry);
            }
        }
    }
    Ok(Some((kept, head)))
}

fn follow(live: &Live, start: &KnownGroup, entries: &[Entry]) -> Followed {
    let mut alive: Vec<&Entry> = Vec::new();
    for entry in entries {
        match entry.entry_kind() {
            Ok(EntryKind::Commit) => alive.push(entry),
            _ => {
                let Ok(void) = VoidBody::decode(entry.body.clone()) else { return Followed::Nowhere };
                let Some(at) = alive.iter().position(|commit| commit.seq == void.commit_seq) else {
                    let is_before = Seq(void.commit_seq) <= start.epoch.opened_by;
                    return if is_before && is_by_known(live, start, &void) {
                        Followed::FromDead
                    } else {
                        Followed::Nowhere
                    };
                };
                let Ok(body_hash) = alive[at].body_hash() else { return Followed::Nowhere };
                alive.truncate(at);
                let before = replay(start, &alive);
                if !before.is_some_and(|before| is_justified(live, &before, &void, body_hash)) {
                    return Followed::Nowhere;
                }
            }
        }
    }
    match replay(start, &alive) {
        Some(tracker) => Followed::To(Box::new(tracker)),
        None => Followed::Nowhere,
    }
}

fn replay(start: &KnownGroup, commits: &[&Entry]) -> Option<Tracker> {
    let mut tracker = Tracker::found(&start.group_info, &start.tree).ok()?;
    let mut opened_by = start.epoch.opened_by;
    for commit in commits {
        let parent = Epoch { number: tracker.epoch_number(), opened_by };
        let judged = tracker.judge(&commit.body, parent, commit.server_time()).ok()?;
        tracker.merge(judged).ok()?;
        opened_by = commit.position();
    }
    Some(tracker)
}

/// Of a commit that led to what is known: is each refusal a member's?
fn is_by_known(live: &Live, start: &KnownGroup, void: &VoidBody) -> bool {
    let body_hash =
        void.refusals.first().and_then(|refusal| Hash::try_from(refusal.body_hash.as_slice()).ok());
    let known = Tracker::found(&start.group_info, &start.tree).ok();
    body_hash.zip(known).is_some_and(|(body_hash, known)| is_justified(live, &known, void, body_hash))
}

/// As of a void that this device follows: each refusal is a member's of the epoch that it leads back to.
fn is_justified(live: &Live, before: &Tracker, void: &VoidBody, body_hash: Hash) -> bool {
    let leaves = before.leaves();
    let genuine = |refusal: &asterism_wire::entry::Refusal| {
        let device = DeviceId::try_from(refusal.device.as_slice()).ok()?;
        let member = leaves.iter().find(|member| member.leaf.device == device)?;
        let checked = receipt::verify_refusal(&member.device_key, live.id, refusal).ok()?;
        Some(checked.commit == Seq(void.commit_seq) && checked.body_hash == body_hash)
    };
    !void.refusals.is_empty() && void.refusals.iter().all(|refusal| genuine(refusal) == Some(true))
}
