//! Entering by a link: when, how often, by whom, and as what.

use crate::kit::{
    ADA, BOB, FOUNDER, Group, NOW, ROLES, STRANGER, add_ticket, by, enters, id, leaf, own_device, revoke,
    set_role, ticket, ticket_id,
};
use asterism_policy::{
    AddTicket, Author, Changes, CommitFacts, Denial, Role, Ticket, UseTicket, What, apply,
};
use asterism_wire::{ErrorCode, Timestamp};

#[test]
fn a_link_works_until_the_stamp_is_its_expiry() {
    let link = Ticket { expires_ms: NOW.0, ..ticket(1, FOUNDER) };
    let group = Group::new().with_ticket(&link);
    assert!(group.judge_at(enters(STRANGER, &link), Timestamp(NOW.0 - 1)).is_ok());
    assert_eq!(group.judge_at(enters(STRANGER, &link), NOW), Err(Denial::TicketExpired));
    let for_ever = ticket(2, FOUNDER);
    let group = Group::new().with_ticket(&for_ever);
    assert!(group.judge_at(enters(STRANGER, &for_ever), Timestamp(u64::MAX)).is_ok());
}

#[test]
fn a_link_works_as_often_as_it_says() {
    let link = Ticket { uses_max: 2, ..ticket(1, FOUNDER) };
    let mut group = Group::new().with_ticket(&link);
    group.take(enters(id(50), &link));
    group.take(enters(id(51), &link));
    assert_eq!(group.state.tickets[0].uses, 2);
    assert_eq!(group.judge(enters(id(52), &link)), Err(Denial::TicketUsedUp));

    let unlimited = Ticket { uses: u32::MAX, ..ticket(2, FOUNDER) };
    let mut group = Group::new().with_ticket(&unlimited);
    group.take(enters(STRANGER, &unlimited));
    assert_eq!(group.state.tickets[0].uses, u32::MAX);
}

#[test]
fn each_entry_leaves_its_mark_in_order() {
    let link = ticket(1, FOUNDER);
    let mut group = Group::new().with_ticket(&link);
    for n in [52, 50, 51] {
        group.take(enters(id(n), &link));
    }
    let marks: Vec<_> = [50, 51, 52].map(|n| Ticket::mark(id(n))).into();
    assert_eq!(group.state.tickets[0].entered, marks);
    assert_eq!(Ticket::mark(id(0x1234)), 0x1234 << 48, "the first 8 bytes, as they would sort");
}

#[test]
fn a_link_gives_the_role_that_it_says_for_ever() {
    for role in ROLES {
        let link = Ticket { role: role as i32, ..ticket(1, FOUNDER) };
        let mut group = Group::new().with_ticket(&link);
        group.grant(FOUNDER, Role::Owner, 0);
        group.take(enters(STRANGER, &link));
        assert_eq!(group.state.role(STRANGER, Timestamp(u64::MAX)), role);
    }
}

/// A link is worth no more than its maker: else who loses a role could take it again by a link kept back.
#[test]
fn a_link_gives_no_role_above_its_makers_present_one() {
    let mut group = Group::new().with(ADA, Role::Admin);
    let (plain, admins) = (ticket(1, ADA), Ticket { role: Role::Admin as i32, ..ticket(2, ADA) });
    group.take(by(ADA).change(add_ticket(&plain)).change(add_ticket(&admins)));
    assert!(group.judge(enters(STRANGER, &admins)).is_ok());
    group.take(by(FOUNDER).change(set_role(ADA, Role::Member)));
    assert_eq!(group.judge(enters(STRANGER, &admins)), Err(Denial::Rank));
    assert!(group.judge(enters(STRANGER, &plain)).is_ok());

    let group = Group::new().with_until(ADA, Role::Admin, NOW.0).with_ticket(&admins);
    assert!(group.judge_at(enters(STRANGER, &admins), Timestamp(NOW.0 - 1)).is_ok());
    assert_eq!(group.judge_at(enters(STRANGER, &admins), NOW), Err(Denial::Rank));
}

/// The role that a link gives has no end, so whose own has one makes only links for members.
#[test]
fn a_role_that_ends_makes_no_links_with_a_role() {
    let group = Group::new().with_until(ADA, Role::Admin, NOW.0 + 1);
    let link = |role| Ticket { role: role as i32, ..ticket(1, ADA) };
    assert!(group.judge(by(ADA).change(add_ticket(&link(Role::Member)))).is_ok());
    assert_eq!(group.judge(by(ADA).change(add_ticket(&link(Role::Moderator)))), Err(Denial::Rank));
    assert_eq!(group.judge(by(ADA).change(add_ticket(&link(Role::Admin)))), Err(Denial::Rank));
}

#[test]
fn a_revoked_or_unknown_link_lets_nobody_in() {
    let link = ticket(1, FOUNDER);
    let mut group = Group::new();
    assert_eq!(group.judge(enters(STRANGER, &link)), Err(Denial::UnknownTicket));
    group.take(by(FOUNDER).change(add_ticket(&link)).change(add_ticket(&ticket(2, FOUNDER))));
    assert!(group.judge(enters(STRANGER, &link)).is_ok());
    group.take(by(FOUNDER).change(revoke(&link)));
    assert_eq!(group.judge(enters(STRANGER, &link)), Err(Denial::UnknownTicket));
    assert!(group.judge(enters(STRANGER, &ticket(2, FOUNDER))).is_ok(), "the other one lives");
    assert_eq!(group.judge(by(FOUNDER).change(revoke(&link))), Err(Denial::UnknownTicket));
    let nonsense = asterism_policy::RevokeTicket { ticket: vec![1; 15] };
    let nonsense = group.judge(by(FOUNDER).change(What::RevokeTicket(nonsense)));
    assert_eq!(nonsense, Err(Denial::Inconsistent));
}

#[test]
fn a_barred_account_enters_by_no_link() {
    let link = ticket(1, FOUNDER);
    let group = Group::new().with_ticket(&link).with_bar(STRANGER);
    assert_eq!(group.judge(enters(STRANGER, &link)), Err(Denial::Barred));
    assert!(group.judge(enters(BOB, &link)).is_ok());
}

#[test]
fn whoever_is_in_does_not_enter_again() {
    let link = ticket(1, FOUNDER);
    let group = Group::new().with(ADA, Role::Member).with_ticket(&link);
    assert_eq!(group.judge(enters(ADA, &link)), Err(Denial::Inconsistent));
}

/// An entry does exactly one thing: it counts one use of its own link.
#[test]
fn an_entry_carries_nothing_else() {
    let (link, other) = (ticket(1, FOUNDER), ticket(2, FOUNDER));
    let group = Group::new().with(ADA, Role::Member).with_ticket(&link).with_ticket(&other);
    let used = |ticket: &Ticket| What::UseTicket(UseTicket { ticket: ticket.id.clone() });
    let enter = |changes: Option<Vec<What>>| CommitFacts {
        author: Author::Ticket { leaf: leaf(STRANGER, 0), ticket: ticket_id(&link) },
        adds: vec![],
        removes: vec![],
        changes: changes.map(|all| Changes { changes: all.into_iter().map(Into::into).collect() }),
    };
    let lawful = enter(Some(vec![used(&link)]));
    assert!(group.judge_facts(&lawful, NOW).is_ok());

    let nothing =
        CommitFacts { changes: Some(Changes { changes: vec![Default::default()] }), ..lawful.clone() };
    let unlawful = [
        enter(None),
        enter(Some(vec![])),
        nothing,
        enter(Some(vec![used(&other)])),
        enter(Some(vec![used(&link), used(&link)])),
        enter(Some(vec![used(&link), used(&other)])),
        enter(Some(vec![used(&link), set_role(STRANGER, Role::Admin)])),
        enter(Some(vec![set_role(STRANGER, Role::Admin), used(&link)])),
        enter(Some(vec![revoke(&link)])),
        CommitFacts { adds: vec![leaf(BOB, 0)], ..lawful.clone() },
        CommitFacts { removes: vec![leaf(ADA, 0)], ..lawful.clone() },
        CommitFacts { removes: vec![leaf(STRANGER, 0)], ..lawful },
    ];
    for facts in unlawful {
        assert_eq!(group.judge_facts(&facts, NOW), Err(Denial::Inconsistent), "{facts:?}");
    }
    assert_eq!(group.judge(own_device(ADA, 1).change(used(&link))), Err(Denial::Inconsistent));
}

#[test]
fn a_new_link_is_fresh_well_formed_and_its_makers() {
    let fresh = ticket(1, FOUNDER);
    let made = |change: &dyn Fn(&mut Ticket)| {
        let mut link = fresh.clone();
        change(&mut link);
        Group::new().judge(by(FOUNDER).change(add_ticket(&link)))
    };
    assert!(made(&|_| ()).is_ok());
    assert!(made(&|t| t.expires_ms = 1).is_ok(), "that it has expired already harms nobody");
    assert!(made(&|t| t.uses_max = 1).is_ok());
    let bad: [&dyn Fn(&mut Ticket); 13] = [
        &|t| t.uses = 1,
        &|t| t.entered = vec![1],
        &|t| t.id[0] ^= 1,
        &|t| t.id.clear(),
        &|t| t.signature_key[0] ^= 1,
        &|t| t.signature_key.push(1),
        &|t| t.seal_key.truncate(1_215),
        &|t| t.creator = ADA.to_vec(),
        &|t| t.creator.truncate(31),
        &|t| t.role = 0,
        &|t| t.role = 5,
        &|t| {
            t.signature_key = vec![1; 31];
            t.id = asterism_wire::signing::ticket_id(&t.signature_key, &t.seal_key).to_vec();
        },
        &|t| {
            t.seal_key = vec![1; 32];
            t.id = asterism_wire::signing::ticket_id(&t.signature_key, &t.seal_key).to_vec();
        },
    ];
    for (n, change) in bad.iter().enumerate() {
        assert_eq!(made(change), Err(Denial::Inconsistent), "change {n}");
    }
    let nothing = What::AddTicket(AddTicket { ticket: None });
    assert_eq!(Group::new().judge(by(FOUNDER).change(nothing)), Err(Denial::Inconsistent));
}

/// A live link cannot be made once more, which would set its count to nothing.
#[test]
fn a_link_is_made_once() {
    let link = Ticket { uses_max: 1, ..ticket(1, FOUNDER) };
    let mut group = Group::new().with_ticket(&link);
    group.take(enters(STRANGER, &link));
    for draft in [
        by(FOUNDER).change(add_ticket(&link)),
        by(FOUNDER).change(revoke(&link)).change(add_ticket(&link)),
        by(FOUNDER).change(add_ticket(&link)).change(revoke(&link)),
    ] {
        assert_eq!(group.judge(draft), Err(Denial::Inconsistent));
    }
}

/// `apply` is total: a use of a link that is not there changes nothing.
#[test]
fn applying_the_use_of_no_link_changes_nothing() {
    let group = Group::new();
    let facts = enters(STRANGER, &ticket(1, FOUNDER)).facts(&group);
    assert_eq!(apply(&group.state, &group.roster, &facts), group.state);
}

#[test]
fn each_denial_has_its_code() {
    let codes = [
        (Denial::Forbidden, ErrorCode::Forbidden),
        (Denial::Rank, ErrorCode::Forbidden),
        (Denial::LastAdmin, ErrorCode::Forbidden),
        (Denial::Full, ErrorCode::GroupFull),
        (Denial::Limit, ErrorCode::LimitExceeded),
        (Denial::Barred, ErrorCode::Barred),
        (Denial::UnknownTicket, ErrorCode::UnknownLink),
        (Denial::TicketExpired, ErrorCode::LinkExpired),
        (Denial::TicketUsedUp, ErrorCode::LinkUsedUp),
        (Denial::Inconsistent, ErrorCode::InvalidCommit),
    ];
    for (denial, code) in codes {
        assert_eq!(denial.code(), code);
    }
}
