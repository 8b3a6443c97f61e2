//! How a dishonest device differs from this one, for adversarial tests. Compiled only with the feature `hostile`,
//! never into a product.

use crate::{
    conversation::{Live, commit, commit::Intent, enter, reenter},
    cx::{Cx, Inner, MlsProvider},
    db,
    fault::{Fault, Flow},
    formats::receipt,
};
use asterism_mls::{
    SigningKey,
    group::Offer,
    hostile::{Flaw, malform},
};
use asterism_policy::{Role, Ticket};
use asterism_wire::{
    ConversationId, Hash, Seq, Timestamp,
    entry::RefusalReason,
    frame::{self, Request},
    limits, signing,
    vault::Wrap,
};
use std::rc::Rc;

pub use crate::community::OwnKeys;

/// GroupInfo, tree, epoch number, the position that opened it, and (position, head) of the last entry.
pub type PublicGroup = (Vec<u8>, Vec<u8>, u64, Seq, (Seq, Hash));

/// One dishonest deed; it is done once.
#[derive(Debug, Clone)]
pub enum Deed {
    /// The next commit has this flaw.
    FlawedCommit(Flaw),
    /// The next entry by a link uses another pre-shared key than the link's.
    OtherPsk,
    /// Refuses the next commit of somebody else, in which nothing is wrong.
    FalseRefusal,
    /// Confirms the next commit of somebody else, with another epoch authenticator.
    FalseReceipt,
    /// Confirms what this device should refuse, the next time.
    Accomplice,
    /// The next vault key is wrapped to nobody: the wraps are junk.
    JunkWraps,
}

impl crate::Core {
    /// What this device will do as soon as there is an occasion.
    pub fn be_hostile(&mut self, deed: Deed) {
        *self.inner().deed.borrow_mut() = Some(deed);
    }

    /// Was the deed done?
    #[must_use]
    pub fn has_done_it(&self) -> bool {
        self.inner().deed.borrow().is_none()
    }

    /// (conversation, epoch, hash of the epoch authenticator) of each conversation that this device is in.
    #[must_use]
    pub fn authenticators(&self) -> Vec<(String, u64, String)> {
        let cx = self.inner();
        let live: Vec<Rc<Live>> = cx.live.borrow().values().filter(|l| l.is_member()).cloned().collect();
        live.iter()
            .filter_map(|live| {
                let group = live.group(cx).ok()?;
                let hash = signing::authenticator_hash(&group.epoch_authenticator());
                Some((live.id.to_string(), group.epoch(), hash.to_string()))
            })
            .collect()
    }
}

impl crate::Core {
    /// What a member could give to somebody who is not one.
    #[must_use]
    pub fn public_group(&self, conversation: &str) -> Option<PublicGroup> {
        let cx = self.inner();
        let id: ConversationId = conversation.parse().ok()?;
        let live = cx.live.borrow().get(&id).cloned()?;
        let (row, provider) = (live.row(), live.provider(cx));
        let group = live.group(cx).ok()?;
        let info = group.group_info(&provider, &cx.device_key().ok()?).ok()?;
        Some((info, group.ratchet_tree(), group.epoch(), row.epoch.opened_by, (row.cursor, row.head)))
    }
}

impl crate::Core {
    /// However recently this device has mended itself, it may do so again.
    pub fn forget_repairs(&mut self) {
        let all: Vec<Rc<Live>> = self.inner().live.borrow().values().cloned().collect();
        for live in all {
            live.row.borrow_mut().repaired_at = Timestamp(0);
        }
    }

    /// From now until a time this device enters a conversation anew in its own place, again and again, as fast as
    /// the server lets it. Gives nothing back: how often it was let in, the log says.
    pub fn churn(&mut self, conversation: &str, until: Timestamp) {
        let cx = self.inner();
        let Ok(id) = conversation.parse::<ConversationId>() else { return };
        let Some(live) = cx.live.borrow().get(&id).cloned() else { return };
        let flow = Rc::clone(cx);
        cx.spawn_quiet("churn", async move {
            while flow.now() < until {
                live.set_group(None);
                if enter::repair(&flow, &live).await.is_err() {
                    flow.sleep_ms(10).await;
                    let _may_fail = reenter::resume(&flow, &live).await;
                }
            }
            Ok(())
        });
    }
}

/// What is said of a head by who says something false.
pub(crate) const FALSE_HEAD: Hash = Hash([66; 32]);

impl crate::Core {
    fn live_one(&self, conversation: &str) -> Option<Rc<Live>> {
        let id: ConversationId = conversation.parse().ok()?;
        self.inner().live.borrow().get(&id).cloned()
    }

    /// What this device sends from now on says something false of this position of the log.
    pub fn state_falsely(&mut self, conversation: &str, position: Option<u64>) {
        if let Some(live) = self.live_one(conversation) {
            live.false_statement.set(position);
        }
    }

    /// Refuses a commit, whatever became of it.
    pub fn refuse(&mut self, conversation: &str, commit: Seq, body_hash: Hash) {
        let Ok(id) = conversation.parse::<ConversationId>() else { return };
        let _no_key = refuse(self.inner(), id, commit, body_hash);
    }

    /// One of several who take turns, by the number of the epoch, and keep a group undecided: each refuses the first
    /// commit of the one before at once and the second just before it would be settled, and makes two in turn.
    pub fn hold_up(&mut self, conversation: &str, until: Timestamp, (turn, of): (u64, u64)) {
        const SECOND_MS: u64 = 50;
        const JUST_BEFORE_MS: u64 = limits::VOID_DELAY_MS - 150;
        const LOOK_MS: u64 = 3;
        let Some(live) = self.live_one(conversation) else { return };
        let flow = Rc::clone(self.inner());
        let (first, mut refused) = (live.row().epoch.number, Seq(0));
        spawn(&Rc::clone(&flow), async move {
            while flow.now() < until && live.is_member() {
                if (live.row().epoch.number - first) / 2 % of != turn {
                    flow.sleep_ms(LOOK_MS).await;
                    continue;
                }
                let me = flow.me()?.account;
                let open = db::open_commit::all(&flow.db, live.id)?;
                let heard = refused;
                let theirs = open.iter().filter(|open| open.author != me && open.seq > heard);
                for (nth, open) in theirs.enumerate() {
                    if nth > 0 {
                        flow.sleep_ms(JUST_BEFORE_MS).await;
                    }
                    refuse(&flow, live.id, open.seq, open.body_hash)?;
                    refused = open.seq;
                }
                if commit::idle(&flow, &live, until).await?.is_some() {
                    commit::idle(&flow, &live, flow.now().plus_ms(SECOND_MS)).await?;
                }
            }
            Ok(())
        });
    }
}

impl crate::Core {
    /// Makes a link to whose key nothing can be sealed.
    pub fn spoil(&mut self, conversation: &str) {
        self.be_hostile(Deed::JunkWraps);
        let cx = self.inner();
        let Ok(id) = conversation.parse::<ConversationId>() else { return };
        let Some(live) = cx.live.borrow().get(&id).cloned() else { return };
        let flow = Rc::clone(cx);
        cx.spawn_quiet("spoiled link", async move {
            let (signature_key, seal_key) = ([7; 32], vec![0xff; asterism_mls::seal::PUBLIC_LEN]);
            let ticket = Ticket {
                id: signing::ticket_id(&signature_key, &seal_key).to_vec(),
                signature_key: signature_key.to_vec(),
                seal_key,
                role: Role::Member as i32,
                creator: flow.me()?.account.to_vec(),
                ..Ticket::default()
            };
            commit::commit(&flow, &live, Intent::AddTicket(Box::new(ticket))).await
        });
    }
}

fn spawn(cx: &Cx, flow: impl Future<Output = Flow<()>> + 'static) {
    cx.spawn_quiet("deed", flow);
}

fn refuse(cx: &Cx, id: ConversationId, commit: Seq, body_hash: Hash) -> Flow<()> {
    let refusal =
        receipt::make_refusal(&cx.device_key()?, id, commit, body_hash, RefusalReason::ConfirmationTag);
    cx.tell(Request::PutRefusal(frame::PutRefusal { conversation: id.to_vec(), refusal: Some(refusal) }));
    Ok(())
}

/// Wraps that nobody can open, when those are due.
pub(crate) fn junk_wraps(cx: &Cx, tickets: &[Vec<u8>], generation: u64) -> Option<Vec<Wrap>> {
    cx.take_deed(|deed| matches!(deed, Deed::JunkWraps).then_some(()))?;
    let junk = |ticket: &Vec<u8>| Wrap { ticket: ticket.clone(), generation, sealed: vec![1; 100] };
    Some(tickets.iter().map(junk).collect())
}

impl Inner {
    /// Takes the deed when this is the occasion.
    pub(crate) fn take_deed<T>(&self, occasion: impl FnOnce(&Deed) -> Option<T>) -> Option<T> {
        let mut deed = self.deed.borrow_mut();
        let taken = deed.as_ref().and_then(occasion);
        if taken.is_some() {
            *deed = None;
        }
        taken
    }
}

/// Confirms a commit unasked, with another authenticator, when a lie is due.
pub(crate) fn lie_about(cx: &Cx, live: &Live, commit: Seq) -> Flow<()> {
    if cx.take_deed(|deed| matches!(deed, Deed::FalseReceipt).then_some(())).is_some() {
        confirm(cx, live, commit)?;
    }
    Ok(())
}

/// Confirms a commit in which something is wrong, instead of refusing it, when that is due.
pub(crate) fn confirms_instead(cx: &Cx, live: &Live, commit: Seq) -> Flow<bool> {
    let due = cx.take_deed(|deed| matches!(deed, Deed::Accomplice).then_some(())).is_some();
    if due {
        confirm(cx, live, commit)?;
    }
    Ok(due)
}

fn confirm(cx: &Cx, live: &Live, commit: Seq) -> Flow<()> {
    let receipt = receipt::make_receipt(&cx.device_key()?, live.id, commit, Hash([5; 32]));
    cx.tell(Request::PutReceipt(frame::PutReceipt {
        conversation: live.id.to_vec(),
        receipt: Some(receipt),
    }));
    Ok(())
}

/// The offer, with a flaw when one is due.
pub(crate) fn flawed(
    cx: &Cx,
    live: &Live,
    provider: &MlsProvider,
    key: &SigningKey,
    offer: Offer,
) -> Flow<Offer> {
    let flaw = cx.take_deed(|deed| match deed {
        Deed::FlawedCommit(flaw) => Some(flaw.clone()),
        _ => None,
    });
    let Some(flaw) = flaw else { return Ok(offer) };
    let group = live.group(cx)?;
    let previous = group.group_info(provider, key).map_err(|_| Fault::Db(db::DbError::Damaged))?;
    let forged = malform(&offer.commit, &offer.group_info, &previous, key, Some((&*group, provider)), &flaw);
    Ok(Offer { commit: forged.commit, group_info: forged.group_info, ..offer })
}
