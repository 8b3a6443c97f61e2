//! Notes of subscribers: opened, judged, entered into the lists (docs/protocol.md §10.6).

use super::{
    super::{LiveCommunity, directory, keys},
    roster::{self, Pages},
};
use crate::{
    conversation::Live,
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{
        enrolment::{self, Enrolment, Proof},
        roster::Subscribed,
    },
};
use asterism_mls::{keys::verify, seal};
use asterism_wire::{
    SubscriberId,
    frame::{self, DepositEntry, Request},
    signing,
};
use std::rc::Rc;

/// What came of the notes that wait.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// To be entered into the lists.
    pub(super) admitted: Vec<Subscribed>,
    /// Whose notes are dealt with when a new epoch begins.
    pub(super) done: Vec<SubscriberId>,
    /// Whose notes prove nothing.
    pub(super) refused: Vec<SubscriberId>,
    /// When the oldest of those that are to be entered came, milliseconds.
    pub(super) oldest_ms: Option<u64>,
    /// One of them cannot read anything before it has a seat.
    pub(super) urgent: bool,
}

/// Fetches and judges the notes that wait.
pub(super) async fn judge(cx: &Cx, community: &Rc<LiveCommunity>, room: &Rc<Live>) -> Flow<Judged> {
    let mut judged = Judged::default();
    let pages = roster::pages(cx, room)?;
    let mut after = Vec::new();
    loop {
        let request = Request::GetDeposits(frame::GetDeposits {
            community: community.id.to_vec(),
            after: after.clone(),
        });
        let page: frame::Deposits = cx.call(request).await.map_err(Fault::from)?;
        for deposit in &page.deposits {
            judge_one(cx, community, room, &pages, deposit, &mut judged)?;
        }
        match page.deposits.last() {
            Some(last) if page.more => {
                after = signing::subscriber_id(&last.subscriber_key).to_vec();
            }
            _ => break,
        }
    }
    let now = cx.now().max(community.row().last_time);
    let policy = community.policy()?;
    let strangers = judged.admitted.iter().filter(|s| !policy.is_admin(s.account, now));
    community.waiting.set(strangers.count() as u64);
    Ok(judged)
}

fn judge_one(
    cx: &Cx,
    community: &LiveCommunity,
    room: &Live,
    pages: &Pages,
    deposit: &DepositEntry,
    judged: &mut Judged,
) -> Flow<()> {
    let subscriber = signing::subscriber_id(&deposit.subscriber_key);
    let opened = open(cx, community, subscriber, deposit)?;
    let admitted = match &opened {
        Some(enrolment) => proves(cx, community, room, pages, subscriber, deposit, enrolment, judged)?,
        None => false,
    };
    let Some(enrolment) = opened.filter(|_| admitted) else {
        judged.refused.push(subscriber);
        return Ok(());
    };
    db::people::set_profile_key(&cx.db, enrolment.account, enrolment.profile_key.as_bytes())?;
    let ticket = match enrolment.proof {
        Proof::Ticket(ticket, _) => roster::mark(ticket),
        Proof::Group(..) => {
            judged.urgent = true;
            [0; 8]
        }
        Proof::Role => [0; 8],
    };
    judged.done.push(subscriber);
    judged.admitted.push(Subscribed {
        account: enrolment.account,
        subscriber,
        ticket,
        profile_key: enrolment.profile_key,
    });
    judged.oldest_ms = Some(judged.oldest_ms.unwrap_or(u64::MAX).min(deposit.at_ms));
    Ok(())
}

fn open(
    cx: &Cx,
    community: &LiveCommunity,
    subscriber: SubscriberId,
    deposit: &DepositEntry,
) -> Flow<Option<Enrolment>> {
    let secrets = keys::secrets(cx, community)?.unwrap_or_default();
    let open = |seed: &zeroize::Zeroizing<[u8; 32]>| {
        let (private, _) = seal::derive(seed);
        enrolment::open(&private, community.id, subscriber, &deposit.sealed).ok()
    };
    Ok(secrets.inbox_seeds.iter().rev().find_map(open))
}

#[expect(clippy::too_many_arguments, reason = "all that a judgement rests on")]
fn proves(
    cx: &Cx,
    community: &LiveCommunity,
    room: &Live,
    pages: &Pages,
    subscriber: SubscriberId,
    deposit: &DepositEntry,
    enrolment: &Enrolment,
    judged: &Judged,
) -> Flow<bool> {
    if roster::barred(cx, room)?.contains(&enrolment.account) {
        return Ok(false);
    }
    // Entered by an admin who did not come to open the epoch: what they came by may be gone since.
    let listed = |s: &Subscribed| s.account == enrolment.account && s.subscriber == subscriber;
    if pages.values().flatten().any(listed) {
        return Ok(true);
    }
    let policy = community.policy()?;
    let signed = signing::enrolment_ticket(community.id, enrolment.account, subscriber);
    match &enrolment.proof {
        Proof::Ticket(id, signature) => {
            let Some(ticket) = policy.ticket(*id) else { return Ok(false) };
            let in_time = ticket.expires_ms == 0 || deposit.at_ms < ticket.expires_ms;
            let others = pages.values().flatten().chain(&judged.admitted);
            let used =
                others.filter(|s| s.ticket == roster::mark(*id) && s.account != enrolment.account).count();
            let left = ticket.uses_max == 0 || used < ticket.uses_max as usize;
            Ok(in_time && left && verify(&ticket.signature_key, &signed, signature).is_ok())
        }
        Proof::Group(group, signature) => {
            let entry = directory::group(cx, community, *group)?;
            Ok(entry.is_some_and(|entry| verify(&entry.member_key, &signed, signature).is_ok()))
        }
        Proof::Role => Ok(policy.is_admin(enrolment.account, cx.now().max(community.row().last_time))),
    }
}

/// Forgets notes that prove nothing.
pub(super) async fn drop_refused(cx: &Cx, community: &LiveCommunity, refused: &[SubscriberId]) -> Flow<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let request = Request::DropDeposits(frame::DropDeposits {
        community: community.id.to_vec(),
        subscribers: refused.iter().map(SubscriberId::to_vec).collect(),
    });
    cx.call::<frame::Done>(request).await.map_err(Fault::from)?;
    Ok(())
}
