//! Notes of subscribers: opened, judged, dropped when they prove nothing (docs/protocol.md §10.6).

use super::{
    super::{LiveCommunity, directory, keys, log},
    barred::Barred,
    roster::{self, Pages},
};
use crate::{
    conversation::{self, Live},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{
        enrolment::{self, Enrolment, Proof},
        roster::Subscribed,
    },
};
use asterism_mls::{
    keys::verify,
    seal::{self, SealPrivate, SealPublic},
};
use asterism_policy::{CommunityState, CommunityWhat, Role, Ticket};
use asterism_wire::{
    AccountId, SubscriberId, TicketId, Timestamp,
    frame::{self, DepositEntry, Request},
    limits, signing,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// A note that no admin could judge for this long is dropped; whoever left it and is honest leaves it again. Longer:
/// notes that nobody can judge fill a community's places; shorter: some admin must be online more often.
const UNDECIDED_MS: u64 = 24 * 3_600_000;
/// Notes that one epoch deals with; the next one deals with the others. Higher: more in one transaction of the server.
const NOTES_MAX: usize = 4_096;

/// What came of the notes that wait.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// To be entered into the lists, each account once.
    pub(super) admitted: Vec<Subscribed>,
    /// Whose notes are dealt with when a new epoch begins.
    pub(super) done: Vec<SubscriberId>,
    /// Their keys, by the notes: those the server cannot keep.
    pub(super) keys: BTreeMap<SubscriberId, SealPublic>,
    /// Whose notes prove nothing.
    pub(super) refused: Vec<SubscriberId>,
    /// When the oldest of those that are to be entered came, milliseconds.
    pub(super) oldest_ms: Option<u64>,
    /// One of them cannot read anything before it has a seat.
    pub(super) urgent: bool,
}

/// Fetches and judges the notes that wait.
pub(super) async fn judge(cx: &Cx, community: &Rc<LiveCommunity>, room: &Rc<Live>) -> Flow<Judged> {
    let mut judge = Judge::new(cx, community, room)?;
    let mut judged = Judged::default();
    let mut after = Vec::new();
    loop {
        let request = Request::GetDeposits(frame::GetDeposits {
            community: community.id.to_vec(),
            after: after.clone(),
        });
        let page: frame::Deposits = cx.call(request).await.map_err(Fault::from)?;
        let opened: Vec<_> = page.deposits.iter().map(|deposit| judge.open(community, deposit)).collect();
        judge.look_up(cx, &opened).await?;
        for (deposit, (subscriber, enrolment)) in page.deposits.iter().zip(opened) {
            judge.one(cx, community, (deposit, subscriber), enrolment, &mut judged)?;
        }
        let enough = judged.done.len() + judged.refused.len() >= NOTES_MAX;
        match page.deposits.last() {
            Some(last) if page.more && !enough => {
                let next = signing::subscriber_id(&last.subscriber_key).to_vec();
                if next <= after {
                    break;
                }
                after = next;
            }
            _ => break,
        }
    }
    let strangers = judged.admitted.iter().filter(|s| !judge.policy.is_admin(s.account, judge.now));
    community.waiting.set(strangers.count() as u64);
    Ok(judged)
}

/// What a note is worth.
enum Verdict {
    Proven,
    Refused,
    /// An admin who is in the group, or has the inbox's key, must judge it.
    LeftToAnother,
}

impl Verdict {
    fn of(proven: bool) -> Self {
        if proven { Self::Proven } else { Self::Refused }
    }
}

/// What all notes are judged by.
struct Judge {
    policy: CommunityState,
    now: Timestamp,
    inbox: Vec<SealPrivate>,
    /// Is the present inbox's key among them?
    opens_inbox: bool,
    barred: BTreeSet<AccountId>,
    /// Who came by which link.
    came_by: BTreeMap<[u8; 8], BTreeSet<AccountId>>,
    /// The lists' lines, by account, and whose which subscriber is.
    lines: BTreeMap<AccountId, Subscribed>,
    owners: BTreeMap<SubscriberId, AccountId>,
    /// Accounts that the server knows, of those that have left notes.
    registered: BTreeSet<AccountId>,
}

impl Judge {
    fn new(cx: &Cx, community: &LiveCommunity, room: &Live) -> Flow<Self> {
        let pages: Pages = roster::pages(cx, room)?;
        let mut came_by: BTreeMap<[u8; 8], BTreeSet<AccountId>> = BTreeMap::new();
        for subscribed in pages.values().flatten() {
            came_by.entry(subscribed.ticket).or_default().insert(subscribed.account);
        }
        let (policy, secrets) = (community.policy()?, keys::secrets(cx, community)?.unwrap_or_default());
        Ok(Self {
            opens_inbox: secrets.opens(&policy.inbox_key),
            policy,
            now: cx.now().max(community.row().last_time),
            inbox: secrets.inbox_seeds.iter().rev().map(|seed| seal::derive(seed).0).collect(),
            barred: Barred::load(cx, room)?.accounts(),
            came_by,
            lines: pages.values().flatten().map(|line| (line.account, line.clone())).collect(),
            owners: pages.values().flatten().map(|line| (line.subscriber, line.account)).collect(),
            registered: BTreeSet::new(),
        })
    }

    /// Looks up who of these are accounts at all: one that is none could never be removed.
    async fn look_up(&mut self, cx: &Cx, opened: &[(SubscriberId, Option<Enrolment>)]) -> Flow<()> {
        let accounts: BTreeSet<AccountId> =
            opened.iter().filter_map(|(_, enrolment)| Some(enrolment.as_ref()?.account)).collect();
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        for some in accounts.chunks(limits::LOOKUP_MAX) {
            let accounts = some.iter().map(AccountId::to_vec).collect();
            let request = Request::LookupAccounts(frame::LookupAccounts { accounts });
            let found: frame::Accounts = cx.call(request).await.map_err(Fault::from)?;
            for entry in found.accounts {
                self.registered.insert(AccountId::try_from(entry.account.as_slice())?);
            }
        }
        Ok(())
    }

    fn one(
        &self,
        cx: &Cx,
        community: &LiveCommunity,
        (deposit, subscriber): (&DepositEntry, SubscriberId),
        opened: Option<Enrolment>,
        judged: &mut Judged,
    ) -> Flow<()> {
        let verdict = match &opened {
            Some(enrolment) => self.proves(cx, community, subscriber, deposit, enrolment, judged)?,
            // Whoever lacks the inbox's key cannot tell what a note is worth.
            None if !self.opens_inbox && seal::is_sealable(&deposit.subscriber_key) => Verdict::LeftToAnother,
            None => Verdict::Refused,
        };
        let enrolment = match (verdict, opened) {
            (Verdict::Proven, Some(enrolment)) => enrolment,
            (Verdict::LeftToAnother, _) => return Ok(()),
            _ => {
                judged.refused.push(subscriber);
                return Ok(());
            }
        };
        judged.done.push(subscriber);
        judged.keys.extend(SealPublic::new(&deposit.subscriber_key).ok().map(|key| (subscriber, key)));
        let known = self.lines.get(&enrolment.account);
        if known.is_some_and(|line| line.subscriber == subscriber) {
            // They stand in the list already: said twice it is no reason for another epoch.
            return Ok(());
        }
        db::people::set_profile_key(&cx.db, enrolment.account, enrolment.profile_key.as_bytes())?;
        // Who is in the lists has a seat. Another key of theirs waits for an epoch that is opened anyway: else anybody
        // could have as many opened as they like.
        if known.is_none() {
            judged.urgent |= matches!(enrolment.proof, Proof::Group(..));
            judged.oldest_ms = Some(judged.oldest_ms.unwrap_or(u64::MAX).min(deposit.at_ms));
        }
        // By which link they came first stays known: it dies with them.
        let before = known.map(|line| line.ticket).filter(|mark| *mark != [0; 8]);
        let ticket = before.unwrap_or(match enrolment.proof {
            Proof::Ticket(ticket, _) => roster::mark(ticket),
            Proof::Group(..) | Proof::Role => [0; 8],
        });
        judged.admitted.retain(|other| other.account != enrolment.account);
        judged.admitted.push(Subscribed {
            account: enrolment.account,
            subscriber,
            ticket,
            profile_key: enrolment.profile_key,
        });
        Ok(())
    }

    fn open(&self, community: &LiveCommunity, deposit: &DepositEntry) -> (SubscriberId, Option<Enrolment>) {
        let subscriber = signing::subscriber_id(&deposit.subscriber_key);
        // Who cannot be sealed to can have no seat.
        if !seal::is_sealable(&deposit.subscriber_key) {
            return (subscriber, None);
        }
        let open =
            |inbox: &SealPrivate| enrolment::open(inbox, community.id, subscriber, &deposit.sealed).ok();
        (subscriber, self.inbox.iter().find_map(open))
    }

    fn proves(
        &self,
        cx: &Cx,
        community: &LiveCommunity,
        subscriber: SubscriberId,
        deposit: &DepositEntry,
        enrolment: &Enrolment,
        judged: &Judged,
    ) -> Flow<Verdict> {
        // A subscriber is one account's.
        let another = |owner: &AccountId| *owner != enrolment.account;
        let twin = self.owners.get(&subscriber).is_some_and(another)
            || judged.admitted.iter().any(|s| s.subscriber == subscriber && another(&s.account));
        let stranger = !self.registered.contains(&enrolment.account);
        if twin || stranger || self.barred.contains(&enrolment.account) {
            return Ok(Verdict::Refused);
        }
        let signed = signing::enrolment_ticket(community.id, enrolment.account, subscriber);
        match &enrolment.proof {
            Proof::Ticket(id, signature) => {
                let Some(ticket) = self.ticket(cx, community, *id, Timestamp(deposit.at_ms))? else {
                    return Ok(Verdict::Refused);
                };
                let in_time = ticket.expires_ms == 0 || deposit.at_ms < ticket.expires_ms;
                let left = self.has_uses_left(&ticket, *id, enrolment.account, judged);
                let signed = verify(&ticket.signature_key, &signed, signature).is_ok();
                Ok(Verdict::of(in_time && left && signed))
            }
            Proof::Group(group, signature) => {
                let entry = directory::group(cx, community, *group)?;
                if entry.is_none_or(|entry| verify(&entry.member_key, &signed, signature).is_err()) {
                    return Ok(Verdict::Refused);
                }
                // The key is known to more than are in the group: whoever is in it can say who is.
                let live = conversation::find(cx, *group).ok().filter(|live| live.is_member());
                let Some(live) = live else {
                    let too_long = deposit.at_ms.saturating_add(UNDECIDED_MS) < self.now.0;
                    return Ok(if too_long { Verdict::Refused } else { Verdict::LeftToAnother });
                };
                let present = live.group(cx)?.roster().leaves_of(enrolment.account) > 0;
                Ok(Verdict::of(present))
            }
            Proof::Role => Ok(Verdict::of(self.policy.is_admin(enrolment.account, self.now))),
        }
    }

    fn has_uses_left(&self, ticket: &Ticket, id: TicketId, account: AccountId, judged: &Judged) -> bool {
        let mark = roster::mark(id);
        let known = self.came_by.get(&mark);
        let before = known.map_or(0, |all| all.iter().filter(|other| **other != account).count());
        let now = judged.admitted.iter().filter(|s| s.ticket == mark && s.account != account).count();
        ticket.uses_max == 0 || before + now < ticket.uses_max as usize
    }

    /// The ticket as it was when the note came, if it lived then.
    fn ticket(
        &self,
        cx: &Cx,
        community: &LiveCommunity,
        id: TicketId,
        at: Timestamp,
    ) -> Flow<Option<Ticket>> {
        if let Some(ticket) = self.policy.ticket(id) {
            return Ok(Some(ticket.clone()));
        }
        let mut ticket: Option<Ticket> = None;
        for (_, made_at, body) in db::community::entries(&cx.db, community.id)? {
            let Some((_, changes)) = log::changes_of(&body) else { continue };
            for what in changes.changes.into_iter().filter_map(|change| change.what) {
                match what {
                    CommunityWhat::AddTicket(add) => {
                        ticket = add.ticket.filter(|t| t.id == id.as_bytes()).or(ticket);
                    }
                    CommunityWhat::RevokeTicket(revoke) if revoke.ticket == id.as_bytes() => {
                        return Ok(ticket.filter(|_| at < made_at));
                    }
                    CommunityWhat::SetRole(set)
                        if set.role == Role::Member as i32
                            && ticket.as_ref().is_some_and(|t| t.creator == set.account) =>
                    {
                        return Ok(ticket.filter(|_| at < made_at));
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }
}

/// Forgets notes that prove nothing. That they stay a while when this fails does no harm.
pub(super) async fn drop_refused(cx: &Cx, community: &LiveCommunity, refused: &[SubscriberId]) -> Flow<()> {
    for some in refused.chunks(limits::DEPOSITS_PAGE) {
        let request = Request::DropDeposits(frame::DropDeposits {
            community: community.id.to_vec(),
            subscribers: some.iter().map(SubscriberId::to_vec).collect(),
        });
        if let Err(error) = cx.call::<frame::Done>(request).await {
            tracing::debug!(code = ?error.code(), "refused notes were not dropped");
            return Ok(());
        }
    }
    Ok(())
}
