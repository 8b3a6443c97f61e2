//! Receipts and refusals: how members keep a commit that only they can check from splitting them (docs/protocol.md §4.6).

use super::{Live, open};
use crate::{api::Event, cx::Cx, db, fault::Flow, formats::receipt};
use asterism_wire::{
    AccountId, DeviceId, ErrorCode, Hash, Seq,
    entry::{Entry, Receipt, Refusal, RefusalReason},
    frame::{self, Request},
    signing,
};
use std::rc::Rc;

/// How often a device looks at a commit that it refused. Higher: it is mute for longer when it missed a receipt.
const REFUSED_LOOK_MS: u64 = 30_000;
/// After so many looks at an answering server the person is told.
const REFUSED_LOOKS: u32 = 1;
/// Raised when somebody confirms a commit with another authenticator than this device's.
const DIFFERS: &str = "receipt_differs";
/// Raised when a refused commit is neither voided nor confirmed.
const REFUSED: &str = "commit_refused";

/// The server asks whether this device merged a commit.
pub(crate) fn wanted(cx: &Cx, live: &Rc<Live>, commit: Seq) -> Flow<()> {
    let row = live.row();
    if row.alarm.is_some() || !live.is_member() {
        return Ok(());
    }
    let open = db::open_commit::all(&cx.db, live.id)?.into_iter().find(|open| open.seq == commit);
    let authenticator = match open {
        Some(open) => open.authenticator,
        // The commit that this device joined or settled by, which opened the present epoch.
        None if row.epoch.opened_by == commit && commit > Seq(0) => {
            signing::authenticator_hash(&live.group(cx)?.epoch_authenticator())
        }
        None => return Ok(()),
    };
    let receipt = receipt::make_receipt(&cx.device_key()?, live.id, commit, authenticator);
    cx.tell(Request::PutReceipt(frame::PutReceipt {
        conversation: live.id.to_vec(),
        receipt: Some(receipt),
    }));
    Ok(())
}

/// Somebody confirmed a commit.
pub(crate) fn attached(cx: &Cx, live: &Rc<Live>, receipt: &Receipt) -> Flow<()> {
    let row = live.row();
    let commit = Seq(receipt.commit_seq);
    if !live.is_member() || row.alarm.is_some() {
        return Ok(());
    }
    let device = DeviceId::try_from(receipt.device.as_slice())?;
    let Some((account, key)) = member(cx, live, device)? else { return Ok(()) };
    if receipt::verify_receipt(&key, live.id, receipt).is_err() {
        return Ok(());
    }
    if row.refused_seq != Seq(0) && commit >= row.refused_seq {
        if commit > row.cursor {
            // There may be a void in between that this device has not seen: what it fetches brings the receipt again.
            return Ok(());
        }
        // Others could merge what this device refused: it is this device that must mend itself.
        return crate::sync::repair_refused_soon(cx, live);
    }
    let open = db::open_commit::all(&cx.db, live.id)?;
    let may_settle = open::may_settle(device, &open);
    let found = open.iter().find(|open| open.seq == commit && open.author != account && may_settle);
    let Some(confirmed) = found else { return Ok(()) };
    if confirmed.authenticator.as_bytes() != receipt.authenticator_hash {
        // Whoever merged this commit on this history has this authenticator. Its author lies, or stands on another
        // branch; who stopped for it could be stopped by any member, for good.
        cx.event(Event::Alarm { code: DIFFERS.into(), conversation: Some(live.id.to_string()) });
        return Ok(());
    }
    open::settle(cx, live, commit)
}

/// Says that this device cannot accept the commit.
pub(crate) fn refuse(cx: &Cx, live: &Rc<Live>, entry: &Entry, reason: RefusalReason) -> Flow<()> {
    #[cfg(feature = "hostile")]
    if crate::hostile::confirms_instead(cx, live, entry.position())? {
        return Ok(());
    }
    let refusal =
        receipt::make_refusal(&cx.device_key()?, live.id, entry.position(), entry.body_hash()?, reason);
    let request =
        Request::PutRefusal(frame::PutRefusal { conversation: live.id.to_vec(), refusal: Some(refusal) });
    let flow = Rc::clone(cx);
    let (target, commit) = (Rc::clone(live), entry.position());
    cx.spawn_quiet("refusal", async move {
        match flow.call::<frame::Done>(request).await {
            // It stands, whatever this device says: it is this device that must mend itself.
            Err(error)
                if error.code() == Some(ErrorCode::StaleEpoch) && target.row().refused_seq == commit =>
            {
                crate::sync::repair_refused_soon(&flow, &target)
            }
            answer => Ok(answer.map(drop)?),
        }
    });
    Ok(())
}

/// Looks now and then at a commit that this device refused: the word that others confirmed it may have been lost
/// with a connection, and who waits long for the end of it must know.
pub(crate) fn watch(cx: &Cx, live: &Rc<Live>) {
    if live.row().refused_seq == Seq(0) || live.watching.replace(true) {
        return;
    }
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("refused commit", async move {
        let result = look_after(&flow, &live).await;
        live.watching.set(false);
        result
    });
}

async fn look_after(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let (mut refused, mut looks) = (Seq(0), 0);
    loop {
        let now = live.row().refused_seq;
        if now == Seq(0) || !live.is_member() {
            return Ok(());
        }
        // Another one was refused while this looked after the one before.
        if now != refused {
            (refused, looks) = (now, 0);
        }
        cx.sleep_ms(REFUSED_LOOK_MS).await;
        if live.row().refused_seq != refused {
            continue;
        }
        let request = frame::Fetch { conversation: live.id.to_vec(), from_seq: refused.0, entries_max: 1 };
        let page: frame::Entries = match cx.call(Request::Fetch(request)).await {
            Ok(page) => page,
            Err(error) => {
                tracing::debug!(code = error.code().map(ErrorCode::as_word), "no look at a refused commit");
                continue;
            }
        };
        for receipt in &page.receipts {
            attached(cx, live, receipt)?;
        }
        // What it said may have been lost, and so may the answer that the commit stands.
        if let Some(entry) = page.entries.first().filter(|entry| entry.position() == refused) {
            refuse(cx, live, entry, RefusalReason::ConfirmationTag)?;
        }
        if looks == REFUSED_LOOKS && live.row().refused_seq == refused {
            cx.event(Event::Alarm { code: REFUSED.into(), conversation: Some(live.id.to_string()) });
        }
        looks += 1;
    }
}

/// Do all these refusals come from members of the present epoch, for this commit?
pub(crate) fn refusals_are_genuine(
    cx: &Cx,
    live: &Rc<Live>,
    commit: Seq,
    body_hash: Hash,
    refusals: &[Refusal],
) -> Flow<bool> {
    for refusal in refusals {
        let Ok(device) = DeviceId::try_from(refusal.device.as_slice()) else { return Ok(false) };
        let Some((_, key)) = member(cx, live, device)? else { return Ok(false) };
        let names_it = refusal.commit_seq == commit.0 && refusal.body_hash == body_hash.as_bytes();
        if !names_it || receipt::verify_refusal(&key, live.id, refusal).is_err() {
            return Ok(false);
        }
    }
    Ok(!refusals.is_empty())
}

/// The account and signature key of a member's device.
fn member(cx: &Cx, live: &Rc<Live>, device: DeviceId) -> Flow<Option<(AccountId, Vec<u8>)>> {
    let member = live.group(cx)?.member(device);
    Ok(member.map(|m| (m.leaf.account, m.device_key)))
}
