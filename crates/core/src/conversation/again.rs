//! What a void undid of this device's own doing is offered again (docs/protocol.md §4.6): whoever refused without
//! need has had their say, and whoever asked for it has long been told that it was done.

use super::{Live, commit, commit::Intent, members};
use crate::{
    api::Event,
    cx::Cx,
    db::{self, intent::IntentRow},
    fault::{Fault, Flow},
    sync,
};
use asterism_policy::{AddTicket, Change, RevokeTicket, SetRole, What};
use asterism_wire::{AccountId, DecodeError, ErrorCode, Timestamp};
use prost::Message as _;
use std::rc::Rc;

/// After being undone so often it is given up. Higher: a liar who is alone with one keeps one busy for longer.
const UNDONE_MAX: u32 = 3;
/// The longest pause after the first void; it grows with each.
const PAUSE_MS: u64 = 2_000;
/// Raised when something is given up.
const GIVEN_UP: &str = "change_undone";

/// An intent without what is made anew each time.
#[derive(Clone, PartialEq, prost::Message)]
struct Stored {
    #[prost(bytes = "vec", repeated, tag = "1")]
    add: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    remove: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    change: Option<Change>,
}

/// As the database keeps it.
pub(super) fn encode(intent: &Intent) -> Vec<u8> {
    let change = |what: What| Stored { change: Some(what.into()), ..Stored::default() };
    let stored = match intent {
        Intent::Add(people) => {
            let mut add: Vec<Vec<u8>> = people.iter().map(|(account, _)| account.to_vec()).collect();
            add.dedup();
            Stored { add, ..Stored::default() }
        }
        Intent::Remove(account) => Stored { remove: account.to_vec(), ..Stored::default() },
        Intent::SetRole(account, role, until) => {
            let until_ms = until.map_or(0, |t| t.0);
            change(What::SetRole(SetRole { account: account.to_vec(), role: *role as i32, until_ms }))
        }
        Intent::AddTicket(ticket) => change(What::AddTicket(AddTicket { ticket: Some((**ticket).clone()) })),
        Intent::RevokeTicket(id) => change(What::RevokeTicket(RevokeTicket { ticket: id.clone() })),
    };
    stored.encode_to_vec()
}

/// Ready to be planned again; `None` when nothing is left to do.
async fn revive(cx: &Cx, live: &Rc<Live>, body: &[u8]) -> Flow<Option<Intent>> {
    let stored = Stored::decode(body).map_err(DecodeError::from)?;
    if let Some(Change { what: Some(what) }) = stored.change {
        return Ok(match what {
            What::SetRole(set) => {
                let until = (set.until_ms > 0).then_some(Timestamp(set.until_ms));
                Some(Intent::SetRole(set.account.as_slice().try_into()?, set.role(), until))
            }
            What::AddTicket(AddTicket { ticket }) => ticket.map(|ticket| Intent::AddTicket(Box::new(ticket))),
            What::RevokeTicket(RevokeTicket { ticket }) => Some(Intent::RevokeTicket(ticket)),
            _ => None,
        });
    }
    if !stored.remove.is_empty() {
        return Ok(Some(Intent::Remove(stored.remove.as_slice().try_into()?)));
    }
    let mut people = Vec::new();
    for account in stored.add {
        let account = AccountId::try_from(account.as_slice())?;
        let (present, hybrid) = {
            let group = live.group(cx)?;
            (group.roster().leaves_of(account) > 0, group.suite().is_hybrid())
        };
        if !present {
            // The key packages of the first time were used.
            people.extend(members::claim(cx, account, hybrid).await?);
        }
    }
    Ok(if people.is_empty() { None } else { Some(Intent::Add(people)) })
}

/// After a void: some time soon.
pub(super) fn soon(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let Some(undone) = db::intent::waiting(&cx.db, live.id)?.iter().map(|row| row.undone).max() else {
        return Ok(());
    };
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("again after a void", async move {
        flow.sleep_ms(flow.random_below(PAUSE_MS << undone.min(UNDONE_MAX))).await;
        offer(&flow, &live).await
    });
    Ok(())
}

/// Offers again what waits for it.
pub(crate) async fn offer(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let _turn = live.again_lock.lock().await;
    for row in db::intent::waiting(&cx.db, live.id)? {
        if !live.is_member() {
            return Ok(());
        }
        match offer_one(cx, live, &row).await {
            Ok(()) => db::intent::forget(&cx.db, row.row)?,
            Err(Fault::Api(error))
                if sync::is_passing(error.code) || error.code == ErrorCode::WaitingForKey =>
            {
                return Err(error.into());
            }
            Err(Fault::Api(_)) => give_up(cx, live, &row)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn offer_one(cx: &Cx, live: &Rc<Live>, row: &IntentRow) -> Flow<()> {
    if row.undone > UNDONE_MAX {
        return give_up(cx, live, row);
    }
    match revive(cx, live, &row.body).await? {
        Some(intent) => commit::commit_again(cx, live, intent, row.undone).await,
        None => Ok(()),
    }
}

fn give_up(cx: &Cx, live: &Rc<Live>, row: &IntentRow) -> Flow<()> {
    cx.event(Event::Alarm { code: GIVEN_UP.into(), conversation: Some(live.id.to_string()) });
    Ok(db::intent::forget(&cx.db, row.row)?)
}
