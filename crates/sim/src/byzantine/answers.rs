//! Lies in answers: what is asked and not in the log.

use super::{attack::Act, layer::Layer};
use asterism_policy::Ticket;
use asterism_wire::{
    ConversationId, TicketId,
    frame::{self, Accepted, Answer, Authenticated, Done, InboxItem, Request, ServerFrame, Standing},
    vault::VaultRecord,
};
use prost::Message as _;

/// An answer in place of the real server's, which does not hear of the request.
pub(super) fn instead(layer: &mut Layer, request: &Request) -> Option<Answer> {
    let here = super::layer::about(request) == Some(layer.target);
    match (layer.act?, request) {
        (Act::AcceptWithoutStoring, Request::SendMessage(_)) if here && layer.hits == 0 => {
            let (_, last, _) = layer.standing()?;
            let server_time_ms = layer.logs.get(&layer.target)?.values().next_back()?.server_time_ms;
            Some(Answer::Accepted(Accepted { seq: last.0 + 1, server_time_ms }))
        }
        (Act::Freeze, Request::Fetch(fetch)) if here => Some(Answer::Entries(frame::Entries {
            head_seq: fetch.from_seq.saturating_sub(1),
            ..frame::Entries::default()
        })),
        (Act::AnswerOfAnotherKind, Request::Fetch(_)) => Some(Answer::Done(Done {})),
        (Act::FakeGroupForSecondTry, request) if !layer.planted.as_ref()?.has_refused_a_try => {
            let is_a_try = here && matches!(request, Request::SubmitCommit(_));
            layer.planted.as_mut()?.has_refused_a_try = is_a_try;
            is_a_try.then(|| Answer::Failure(frame::Failure::of(asterism_wire::ErrorCode::StaleEpoch)))
        }
        (
            Act::WelcomeElsewhere
            | Act::WelcomeAfterExclusion
            | Act::FakeDirect
            | Act::FakeGroupForRepair
            | Act::FakeGroupForSecondTry
            | Act::FakeGroupForRecovery
            | Act::FakeGroupForJoiner,
            request,
        ) => in_fake_group(layer, request),
        _ => None,
    }
}

fn in_fake_group(layer: &mut Layer, request: &Request) -> Option<Answer> {
    let excluding = layer.act == Some(Act::WelcomeAfterExclusion);
    let by_welcome = excluding || matches!(layer.act, Some(Act::WelcomeElsewhere | Act::FakeDirect));
    let state = layer.trackers.get(&layer.target)?.state().clone();
    let for_joiner = layer.act == Some(Act::FakeGroupForJoiner);
    let planted = layer.planted.as_mut()?;
    let id = planted.fake_id;
    let position = planted.fake_position;
    match request {
        Request::FetchInbox(fetch) if by_welcome && fetch.after < position => {
            let envelope = planted.fake.as_ref()?.envelope.clone().into();
            let item = InboxItem { position, conversation: id.to_vec(), commit_seq: position, envelope };
            Some(Answer::Inbox(frame::InboxPage { items: vec![item], head: position }))
        }
        Request::Fetch(r) if excluding && r.conversation == id.as_bytes() && r.from_seq < position => {
            Some(Answer::Failure(frame::Failure::of(asterism_wire::ErrorCode::NotAMember)))
        }
        Request::FetchInbox(_) if by_welcome => Some(Answer::Inbox(frame::InboxPage::default())),
        Request::AcknowledgeInbox(_) if by_welcome => Some(Answer::Done(Done {})),
        Request::GetJoinInfo(r) if r.conversation == id.as_bytes() && (r.at_seq > 0) == by_welcome => {
            let (group_info, ratchet_tree, wrap) = if for_joiner {
                let (info, tree) = planted.found_alone(&state);
                let ticket = state.tickets.iter().find(|ticket| ticket.id == r.ticket)?;
                let ticket_id = TicketId::try_from(ticket.id.as_slice()).ok()?;
                (info, tree, planted.wrap(id, ticket_id, &ticket.seal_key))
            } else {
                let fake = planted.fake.as_ref()?;
                (fake.group_info.clone(), fake.tree.clone(), None)
            };
            let epoch = if for_joiner { 0 } else { planted.fake.as_ref()?.group.epoch() };
            Some(Answer::JoinInfo(frame::JoinInfo {
                group_info: if by_welcome { Vec::new() } else { group_info },
                ratchet_tree,
                standing: Some(Standing { epoch, epoch_opened_by: position, head_seq: position }),
                head: vec![8; 32],
                server_time_ms: 1_800_000_000_000,
                wrap,
                welcome_info: planted.fake.as_ref().map(|f| f.welcome_info.clone()).unwrap_or_default(),
            }))
        }
        Request::Subscribe(r)
            if r.conversations.iter().any(|c| c == id.as_bytes()) && r.conversations.len() == 1 =>
        {
            let head_seq = planted.entered.as_ref().map_or(position, |entry| entry.seq);
            let standing =
                frame::Subscription { conversation: id.to_vec(), member: true, head_seq, floor_seq: 1 };
            Some(Answer::Subscribed(frame::Subscribed { standings: vec![standing] }))
        }
        Request::GetVault(r) if r.conversation == id.as_bytes() => {
            Some(Answer::Vault(frame::VaultPage::default()))
        }
        Request::SubmitCommit(r) if r.conversation == id.as_bytes() && !by_welcome => {
            let seq = planted.take_entry(&r.commit);
            Some(Answer::Accepted(Accepted { seq, server_time_ms: 1_900_000_000_000 }))
        }
        Request::Fetch(r) if r.conversation == id.as_bytes() && r.from_seq >= position => {
            let entries = planted.entered.iter().filter(|entry| entry.seq >= r.from_seq).cloned().collect();
            let head_seq = planted.entered.as_ref().map_or(position, |entry| entry.seq);
            Some(Answer::Entries(frame::Entries { entries, head_seq, ..frame::Entries::default() }))
        }
        _ => None,
    }
}

/// What the victim is told in place of an answer; nothing when the frame becomes garbage.
pub(super) fn changed(
    layer: &mut Layer,
    request: Option<&Request>,
    answer: Answer,
) -> (Option<Answer>, Vec<ServerFrame>) {
    let Some(act) = layer.act else { return (Some(answer), Vec::new()) };
    let before = answer.clone();
    let answer = match answer {
        Answer::Subscribed(mut subscribed) if layer.planted.as_ref().is_some_and(|p| p.fake.is_some()) => {
            let id = layer.planted.as_ref().map(|planted| planted.fake_id.to_vec());
            for standing in &mut subscribed.standings {
                if Some(&standing.conversation) == id.as_ref() {
                    standing.member = true;
                }
            }
            Answer::Subscribed(subscribed)
        }
        Answer::Subscribed(mut subscribed) if act == Act::OldHead => {
            for standing in &mut subscribed.standings {
                standing.head_seq = 1;
            }
            Answer::Subscribed(subscribed)
        }
        Answer::Entries(mut page) if act == Act::OldHead => {
            page.head_seq = 1;
            Answer::Entries(page)
        }
        Answer::Vault(page) => Answer::Vault(vault(layer, act, request, page)),
        Answer::Profiles(mut found) if act == Act::OtherProfile => {
            let all: Vec<Vec<u8>> = found.profiles.iter().map(|profile| profile.sealed.clone()).collect();
            for (profile, other) in found.profiles.iter_mut().zip(all.iter().cycle().skip(1)) {
                profile.sealed.clone_from(other);
                profile.version += 1;
            }
            Answer::Profiles(found)
        }
        Answer::Account(entry) => Answer::Account(account(layer, act, entry)),
        Answer::Accounts(mut found) if act == Act::SwapHandles => {
            let handles: Vec<String> = found.accounts.iter().map(|entry| entry.handle.clone()).collect();
            for (entry, other) in found.accounts.iter_mut().zip(handles.iter().cycle().skip(1)) {
                entry.handle.clone_from(other);
            }
            Answer::Accounts(found)
        }
        Answer::ClaimedKeyPackages(mut claimed) if act == Act::OtherKeyPackages => {
            let hybrid = matches!(request, Some(Request::ClaimKeyPackages(r)) if r.hybrid);
            for package in claimed.packages.iter_mut().filter_map(|p| p.package.as_mut()) {
                if let Some(planted) = &layer.planted {
                    package.key_package = planted.key_package(hybrid);
                }
            }
            Answer::ClaimedKeyPackages(claimed)
        }
        Answer::Link(link) => Answer::Link(wrapped(layer, act, link)),
        Answer::JoinInfo(info) => Answer::JoinInfo(join_info(layer, act, info)),
        Answer::Inbox(mut page) if act == Act::WelcomeAgain => {
            let again = page.items.first().cloned();
            if let Some(first) = again {
                let last = page.items.last().map_or(0, |item| item.position);
                page.items.push(InboxItem { position: last + 1_000, ..first });
            }
            Answer::Inbox(page)
        }
        Answer::Recovery(mut recovery) if act == Act::OtherBlob => {
            if let Some(planted) = &layer.planted {
                recovery.account = planted.stranger.leaf().account.to_vec();
            }
            Answer::Recovery(recovery)
        }
        Answer::Hello(mut hello) => {
            match act {
                Act::OtherNonce => hello.nonce = vec![6; 32],
                Act::ShortNonce => hello.nonce.truncate(31),
                Act::OldClock => hello.server_time_ms -= 86_400_000,
                _ => {}
            }
            Answer::Hello(hello)
        }
        answer
            if act == Act::SwapAnswers
                && !matches!(answer, Answer::Hello(_) | Answer::Authenticated(Authenticated { .. })) =>
        {
            layer.last_answer.replace(answer.clone()).unwrap_or(answer)
        }
        answer => answer,
    };
    layer.hits += usize::from(answer != before);
    (Some(answer), Vec::new())
}

fn vault(layer: &Layer, act: Act, request: Option<&Request>, page: frame::VaultPage) -> frame::VaultPage {
    let Some(id) = request.and_then(super::layer::about) else { return page };
    if id != layer.target {
        return page;
    }
    let version_of = |id: ConversationId, name: &str| -> Option<VaultRecord> {
        layer.vault.get(&(id, name.to_owned()))?.first().cloned()
    };
    let records: Vec<VaultRecord> = match act {
        Act::OldVault => {
            page.records.iter().map(|r| version_of(id, &r.name).unwrap_or_else(|| r.clone())).collect()
        }
        Act::ForeignVault => {
            let other = layer.trackers.keys().copied().find(|other| *other != id);
            let foreign = |r: &VaultRecord| other.and_then(|other| version_of(other, &r.name));
            page.records.iter().map(|r| foreign(r).unwrap_or_else(|| r.clone())).collect()
        }
        Act::NoVault => Vec::new(),
        Act::StrangersVault => {
            let forged = |r: &VaultRecord| Some(layer.planted.as_ref()?.record(id, &r.name, r.generation));
            page.records.iter().map(|r| forged(r).unwrap_or_else(|| r.clone())).collect()
        }
        _ => return page,
    };
    frame::VaultPage { records, ..page }
}

fn account(
    layer: &Layer,
    act: Act,
    entry: asterism_wire::account::AccountEntry,
) -> asterism_wire::account::AccountEntry {
    let lies = match act {
        Act::OtherAccount => entry.handle == "dave",
        Act::OtherAccountLater => entry.handle == "bob",
        _ => false,
    };
    match &layer.planted {
        Some(planted) if lies => planted.directory_entry(&entry.handle),
        _ => entry,
    }
}

fn wrapped(layer: &Layer, act: Act, link: frame::LinkInfo) -> frame::LinkInfo {
    let Ok(ticket) = Ticket::decode(link.policy_ticket.as_slice()) else { return link };
    let (Ok(id), Ok(ticket_id)) =
        (ConversationId::try_from(link.conversation.as_slice()), TicketId::try_from(ticket.id.as_slice()))
    else {
        return link;
    };
    let wrap = match act {
        Act::OtherWrap => link.wrap.clone().map(|mut wrap| {
            if let Some(last) = wrap.sealed.last_mut() {
                *last ^= 1;
            }
            wrap
        }),
        Act::StrangersWrap => {
            layer.planted.as_ref().and_then(|planted| planted.wrap(id, ticket_id, &ticket.seal_key))
        }
        Act::FakeGroupForJoiner => {
            // With a key of one's own goes a name of one's own; none is easier.
            let wrap = layer.planted.as_ref().and_then(|p| p.wrap(id, ticket_id, &ticket.seal_key));
            return frame::LinkInfo { wrap, meta: None, past_keys: Vec::new(), ..link };
        }
        _ => return link,
    };
    frame::LinkInfo { wrap, ..link }
}

fn join_info(layer: &Layer, act: Act, mut info: frame::JoinInfo) -> frame::JoinInfo {
    match act {
        Act::OldGroupInfo => {
            let log = layer.logs.get(&layer.target);
            let commit = log.and_then(|log| log.values().find(|e| e.kind == 1));
            let old = commit.and_then(|e| layer.group_infos.get(&e.body_hash().ok()?.to_vec()));
            if let Some(old) = old {
                info.group_info.clone_from(old);
            }
        }
        Act::GarbledGroupInfo => garble(&mut info.group_info, layer.salt),
        Act::GarbledTree => garble(&mut info.ratchet_tree, layer.salt),
        _ => {}
    }
    info
}

fn garble(bytes: &mut [u8], salt: u64) {
    let at = usize::try_from(salt).unwrap_or(0) % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 0x10;
    }
}
