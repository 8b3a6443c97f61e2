//! Who may change a community (docs/protocol.md §10.3).

use asterism_policy::{
    AddTicket, CommunityChanges, CommunityState, CommunityWhat, Denial, Found, OpenEpoch, RevokeTicket, Role,
    SetRole, Ticket, decide_community, may_announce, may_write_community_vault,
};
use asterism_wire::{AccountId, CommunityId, ConversationId, ErrorCode, Seq, Timestamp, limits, signing};

const OWNER: AccountId = AccountId([1; 32]);
const ADMIN: AccountId = AccountId([2; 32]);
const MEMBER: AccountId = AccountId([3; 32]);
const NOW: Timestamp = Timestamp(1_000);

fn found() -> CommunityWhat {
    CommunityWhat::Found(Found { announcements: vec![1; 16], admin_room: vec![2; 16], salt: vec![3; 16] })
}

fn open(epoch: u64, new_inbox: bool) -> CommunityWhat {
    let n = u8::try_from(epoch).unwrap();
    CommunityWhat::OpenEpoch(OpenEpoch {
        epoch,
        key_commitment: vec![n; 32],
        inbox_key: if new_inbox { vec![n; 1_216] } else { Vec::new() },
        table_hash: vec![n; 32],
        posts_seq: 0,
    })
}

fn role(account: AccountId, role: Role, until_ms: u64) -> CommunityWhat {
    CommunityWhat::SetRole(SetRole { account: account.to_vec(), role: role as i32, until_ms })
}

fn ticket(n: u8, creator: AccountId) -> Ticket {
    let (signature_key, seal_key) = (vec![n; 32], vec![n; 1_216]);
    Ticket {
        id: signing::ticket_id(&signature_key, &seal_key).to_vec(),
        signature_key,
        seal_key,
        role: Role::Member as i32,
        creator: creator.to_vec(),
        ..Ticket::default()
    }
}

fn add(n: u8, creator: AccountId) -> CommunityWhat {
    CommunityWhat::AddTicket(AddTicket { ticket: Some(ticket(n, creator)) })
}

fn revoke(n: u8) -> CommunityWhat {
    CommunityWhat::RevokeTicket(RevokeTicket { ticket: ticket(n, OWNER).id })
}

fn bytes(changes: impl IntoIterator<Item = CommunityWhat>) -> Vec<u8> {
    CommunityChanges::of(changes).to_bytes()
}

fn founded_by(changes: &[u8], author: AccountId) -> Result<CommunityState, Denial> {
    decide_community(signing::community_id(changes), None, author, changes, Seq(1), NOW)
}

/// A community with an owner and an admin.
fn community() -> CommunityState {
    let state = founded_by(&bytes([found(), open(1, true)]), OWNER).unwrap();
    decide(&state, OWNER, [role(ADMIN, Role::Admin, 0)]).unwrap()
}

fn decide(
    state: &CommunityState,
    author: AccountId,
    changes: impl IntoIterator<Item = CommunityWhat>,
) -> Result<CommunityState, Denial> {
    decide_community(state.id(), Some(state), author, &bytes(changes), Seq(9), NOW)
}

#[test]
fn the_founder_is_the_owner_and_the_first_epoch_is_open() {
    let changes = bytes([found(), open(1, true)]);
    let state = founded_by(&changes, OWNER).unwrap();
    assert_eq!((state.role(OWNER, NOW), state.role(MEMBER, NOW)), (Role::Owner, Role::Member));
    assert_eq!((state.epoch, state.opened_by(), state.epoch_opened_ms), (1, Seq(1), NOW.0));
    assert_eq!(state.id(), signing::community_id(&changes));
    assert_eq!(state.announcements_id(), ConversationId([1; 16]));
    assert_eq!(state.admin_room_id(), ConversationId([2; 16]));
    assert_eq!(state.commitment().0, [1; 32]);
    assert_eq!(CommunityState::read(&state.to_bytes()), Ok(state));
}

#[test]
fn a_community_is_founded_in_one_way_only() {
    let short = |found: Found| bytes([CommunityWhat::Found(found), open(1, true)]);
    let whole = Found { announcements: vec![1; 16], admin_room: vec![2; 16], salt: vec![3; 16] };
    let wrong = [
        bytes([]),
        bytes([found()]),
        bytes([open(1, true)]),
        bytes([open(1, true), found()]),
        bytes([found(), open(1, false)]),
        bytes([found(), open(2, true)]),
        bytes([found(), open(1, true), role(ADMIN, Role::Admin, 0)]),
        bytes([found(), open(1, true), open(2, true)]),
        short(Found { announcements: vec![1; 15], ..whole.clone() }),
        short(Found { admin_room: vec![2; 17], ..whole.clone() }),
        short(Found { admin_room: vec![1; 16], ..whole.clone() }),
        short(Found { salt: vec![3; 15], ..whole }),
        b"\xff".to_vec(),
    ];
    for changes in wrong {
        assert_eq!(founded_by(&changes, OWNER), Err(Denial::Inconsistent), "{changes:?}");
    }
    let changes = bytes([found(), open(1, true)]);
    let elsewhere = decide_community(CommunityId([9; 16]), None, OWNER, &changes, Seq(1), NOW);
    assert_eq!(elsewhere, Err(Denial::Inconsistent));
    let later = decide_community(signing::community_id(&changes), None, OWNER, &changes, Seq(2), NOW);
    assert_eq!(later, Err(Denial::Inconsistent));
    assert_eq!(decide(&community(), OWNER, [found()]), Err(Denial::Inconsistent));
}

/// The table of §10.3: every change by every rank.
#[test]
fn who_may_what() {
    let state = decide(&community(), ADMIN, [add(7, ADMIN)]).unwrap();
    let by_all = |changes: &dyn Fn(AccountId) -> Vec<CommunityWhat>| {
        [OWNER, ADMIN, MEMBER].map(|author| decide(&state, author, changes(author)).err())
    };
    let no = Some(Denial::Forbidden);
    assert_eq!(by_all(&|_| vec![role(MEMBER, Role::Admin, 0)]), [None, None, no]);
    assert_eq!(by_all(&|_| vec![role(MEMBER, Role::Owner, 0)]), [None, Some(Denial::Rank), no]);
    let demote = |whom| move |_| vec![role(whom, Role::Member, 0), open(2, true)];
    assert_eq!(by_all(&demote(ADMIN)), [None, None, no]);
    assert_eq!(by_all(&demote(OWNER)), [Some(Denial::LastAdmin), Some(Denial::Rank), no]);
    assert_eq!(by_all(&|author| vec![add(8, author)]), [None, None, no]);
    assert_eq!(by_all(&|_| vec![revoke(7), open(2, false)]), [None, None, no]);
    assert_eq!(by_all(&|_| vec![open(2, false)]), [None, None, no]);
    assert_eq!(by_all(&|_| vec![]), [Some(Denial::Inconsistent), Some(Denial::Inconsistent), no]);
}

#[test]
fn who_loses_a_role_loses_the_keys_with_it() {
    let state = community();
    let loses = |rest: Vec<CommunityWhat>| {
        decide(&state, OWNER, std::iter::once(role(ADMIN, Role::Member, 0)).chain(rest))
    };
    assert_eq!(loses(vec![]), Err(Denial::Inconsistent));
    assert_eq!(loses(vec![open(2, false)]), Err(Denial::Inconsistent));
    let after = loses(vec![open(2, true)]).unwrap();
    assert_eq!((after.role(ADMIN, NOW), after.epoch), (Role::Member, 2));
    assert_eq!(after.inbox_key, vec![2; 1_216]);
    // Between owner and admin nothing is lost.
    let two = decide(&state, OWNER, [role(ADMIN, Role::Owner, 0)]).unwrap();
    assert!(decide(&two, OWNER, [role(ADMIN, Role::Admin, 0)]).is_ok());
    // Whoever has none loses none.
    assert!(decide(&state, OWNER, [role(MEMBER, Role::Member, 0)]).is_ok());
}

#[test]
fn a_role_that_ends_is_over_at_its_stamp_and_its_keys_are_renewed_all_the_same() {
    let state = decide(&community(), OWNER, [role(MEMBER, Role::Admin, 2_000)]).unwrap();
    assert!(state.is_admin(MEMBER, Timestamp(1_999)));
    assert!(!state.is_admin(MEMBER, Timestamp(2_000)));
    let later = |author, changes: Vec<CommunityWhat>| {
        decide_community(state.id(), Some(&state), author, &bytes(changes), Seq(9), Timestamp(2_000))
    };
    assert_eq!(later(MEMBER, vec![add(7, MEMBER)]), Err(Denial::Forbidden));
    assert_eq!(later(OWNER, vec![role(MEMBER, Role::Member, 0)]), Err(Denial::Inconsistent));
    assert!(later(OWNER, vec![role(MEMBER, Role::Member, 0), open(2, true)]).is_ok());
    // Nobody gives for longer than they have.
    let gives = |until| decide(&state, MEMBER, [role(AccountId([4; 32]), Role::Admin, until)]).err();
    assert_eq!(
        [gives(0), gives(2_001), gives(2_000), gives(1_001)],
        [Some(Denial::Rank), Some(Denial::Rank), None, None]
    );
    let admins: Vec<_> = state.admins(Timestamp(2_000)).collect();
    assert_eq!(admins, [(OWNER, Role::Owner), (ADMIN, Role::Admin)]);
}

/// Else a role could be taken without the keys that must be renewed with it.
#[test]
fn no_role_is_given_that_is_over_already() {
    let state = community();
    let gives = |account, given, until_ms| decide(&state, OWNER, [role(account, given, until_ms)]).err();
    for account in [ADMIN, MEMBER] {
        for given in [Role::Admin, Role::Owner] {
            for until_ms in [1, NOW.0 - 1, NOW.0] {
                assert_eq!(
                    gives(account, given, until_ms),
                    Some(Denial::Inconsistent),
                    "{given:?} {until_ms}"
                );
            }
            assert_eq!(gives(account, given, NOW.0 + 1), None);
        }
    }
    let with_keys = decide(&state, OWNER, [role(ADMIN, Role::Admin, NOW.0), open(2, true)]);
    assert_eq!(with_keys, Err(Denial::Inconsistent), "there is one way to take a role");
}

#[test]
fn who_loses_their_role_keeps_no_link_in_any_order_of_the_changes() {
    let state = decide(&community(), ADMIN, [add(7, ADMIN)]).unwrap();
    let loses = role(ADMIN, Role::Member, 0);
    for changes in [
        [loses.clone(), add(8, ADMIN), open(2, true)],
        [add(8, ADMIN), loses.clone(), open(2, true)],
        [open(2, true), add(8, ADMIN), loses.clone()],
    ] {
        assert_eq!(decide(&state, ADMIN, changes.clone()), Err(Denial::Inconsistent), "{changes:?}");
    }
    // Who goes on as something else may.
    for changes in
        [[role(ADMIN, Role::Admin, 5_000), add(8, ADMIN)], [add(8, ADMIN), role(ADMIN, Role::Admin, 5_000)]]
    {
        assert_eq!(decide(&state, ADMIN, changes).unwrap().tickets.len(), 2);
    }
    // A link of somebody else is there to stay.
    let with = decide(&state, OWNER, [add(9, OWNER)]).unwrap();
    for changes in [[loses.clone(), open(2, true)], [open(2, true), loses.clone()]] {
        let after = decide(&with, OWNER, changes).unwrap();
        assert_eq!(after.tickets, [ticket(9, OWNER)]);
    }
}

#[test]
fn an_owner_whose_role_does_not_end_remains() {
    let state = community();
    let ends = decide(&state, OWNER, [role(OWNER, Role::Owner, 5_000)]);
    assert_eq!(ends, Err(Denial::LastAdmin));
    assert_eq!(decide(&state, OWNER, [role(OWNER, Role::Admin, 0)]), Err(Denial::LastAdmin));
    let handed = decide(&state, OWNER, [role(ADMIN, Role::Owner, 0), role(OWNER, Role::Admin, 0)]);
    assert_eq!(handed.unwrap().role(ADMIN, NOW), Role::Owner);
}

#[test]
fn links_are_ones_own_and_for_members_and_go_with_their_maker() {
    let state = community();
    assert_eq!(decide(&state, ADMIN, [add(7, OWNER)]), Err(Denial::Inconsistent));
    let bent = |bend: &dyn Fn(&mut Ticket)| {
        let mut ticket = ticket(7, ADMIN);
        bend(&mut ticket);
        decide(&state, ADMIN, [CommunityWhat::AddTicket(AddTicket { ticket: Some(ticket) })]).err()
    };
    assert_eq!(bent(&|t| t.role = Role::Admin as i32), Some(Denial::Rank));
    assert_eq!(bent(&|t| t.uses = 1), Some(Denial::Inconsistent));
    assert_eq!(bent(&|t| t.id[0] ^= 1), Some(Denial::Inconsistent));
    assert_eq!(bent(&|t| t.seal_key.truncate(1_215)), Some(Denial::Inconsistent));
    assert_eq!(
        decide(&state, ADMIN, [CommunityWhat::AddTicket(AddTicket { ticket: None })]),
        Err(Denial::Inconsistent)
    );
    let with = decide(&state, ADMIN, [add(7, ADMIN)]).unwrap();
    assert_eq!(decide(&with, ADMIN, [add(7, ADMIN)]), Err(Denial::Inconsistent));
    assert_eq!(decide(&with, OWNER, [revoke(7)]), Err(Denial::Inconsistent), "the key must be renewed");
    assert_eq!(decide(&with, OWNER, [revoke(8), open(2, false)]), Err(Denial::UnknownTicket));
    assert!(decide(&with, OWNER, [revoke(7), open(2, false)]).unwrap().tickets.is_empty());
    let gone = decide(&with, OWNER, [role(ADMIN, Role::Member, 0), open(2, true)]).unwrap();
    assert!(gone.tickets.is_empty());
}

#[test]
fn epochs_follow_one_another_with_other_keys() {
    let state = community();
    let opened = |bend: &dyn Fn(&mut OpenEpoch)| {
        let CommunityWhat::OpenEpoch(mut open) = open(2, true) else { unreachable!() };
        bend(&mut open);
        decide(&state, OWNER, [CommunityWhat::OpenEpoch(open)]).err()
    };
    let wrong = Some(Denial::Inconsistent);
    assert_eq!(opened(&|_| {}), None);
    assert_eq!(opened(&|o| o.epoch = 1), wrong);
    assert_eq!(opened(&|o| o.epoch = 3), wrong);
    assert_eq!(opened(&|o| o.key_commitment.truncate(31)), wrong);
    assert_eq!(opened(&|o| o.key_commitment = vec![1; 32]), wrong);
    assert_eq!(opened(&|o| o.table_hash.truncate(31)), wrong);
    assert_eq!(opened(&|o| o.inbox_key.truncate(1_215)), wrong);
    assert_eq!(opened(&|o| o.inbox_key = vec![1; 1_216]), wrong);
    assert_eq!(opened(&|o| o.inbox_key.clear()), None);
    let next = decide(&state, OWNER, [open(2, false)]).unwrap();
    assert_eq!((next.opened_by(), next.inbox_key == state.inbox_key), (Seq(9), true));
}

#[test]
fn nothing_is_changed_twice_and_nothing_unknown_is_taken() {
    let state = community();
    let twice = [
        vec![role(MEMBER, Role::Admin, 0), role(MEMBER, Role::Admin, 5)],
        vec![open(2, false), open(3, false)],
        vec![add(7, OWNER), add(7, OWNER)],
    ];
    for changes in twice {
        assert_eq!(decide(&state, OWNER, changes.clone()), Err(Denial::Inconsistent), "{changes:?}");
    }
    for bad in [Role::Unspecified, Role::Moderator] {
        assert_eq!(decide(&state, OWNER, [role(MEMBER, bad, 0)]), Err(Denial::Inconsistent));
    }
    let mut unknown = bytes([open(2, false)]);
    unknown.extend_from_slice(&[0x7a, 0x00]);
    let decided = decide_community(state.id(), Some(&state), OWNER, &unknown, Seq(9), NOW);
    assert_eq!(decided, Err(Denial::Inconsistent));
}

#[test]
fn roles_and_links_are_limited() {
    let mut state = community();
    for n in 10.. {
        match decide(&state, OWNER, [role(AccountId([n; 32]), Role::Admin, 0)]) {
            Ok(next) => state = next,
            Err(denial) => {
                assert_eq!((denial, state.roles.len()), (Denial::Limit, limits::COMMUNITY_ADMINS_MAX));
                break;
            }
        }
    }
    for n in 10.. {
        match decide(&state, OWNER, [add(n, OWNER)]) {
            Ok(next) => state = next,
            Err(denial) => {
                assert_eq!((denial, state.tickets.len()), (Denial::Limit, limits::TICKETS_MAX));
                break;
            }
        }
    }
    assert!(state.tickets.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert!(state.roles.windows(2).all(|pair| pair[0].account < pair[1].account));
}

#[test]
fn admins_announce_and_write_the_directory() {
    let state = community();
    let may = |account| may_announce(&state, account, NOW).is_ok();
    assert_eq!([OWNER, ADMIN, MEMBER].map(may), [true, true, false]);
    let group = format!("group/{}", ConversationId([4; 16]));
    let own = format!("profile/{ADMIN}");
    let others = format!("profile/{OWNER}");
    let writes = |account, name: &str| may_write_community_vault(&state, account, name, NOW).is_ok();
    for (name, admin) in [
        ("meta", true),
        (group.as_str(), true),
        (own.as_str(), true),
        (others.as_str(), false),
        ("group/x", false),
        ("channel", false),
        ("subscribers/00000", false),
        ("", false),
    ] {
        assert_eq!((writes(ADMIN, name), writes(MEMBER, name)), (admin, false), "{name}");
    }
    assert_eq!(may_announce(&state, MEMBER, NOW).unwrap_err().code(), ErrorCode::Forbidden);
}

mod rooms {
    use super::{CommunityId, ConversationId, MEMBER, NOW, OWNER};
    use asterism_policy::{PolicyState, may_write_vault};

    const ROOM: ConversationId = ConversationId([8; 16]);
    const COMMUNITY: CommunityId = CommunityId([9; 16]);

    #[test]
    fn rooms_and_groups_of_a_community_are_founded_as_such_only() {
        let room = PolicyState::admin_room(COMMUNITY, ROOM, OWNER);
        let group = PolicyState::group_of(COMMUNITY, ROOM, OWNER);
        for state in [&room, &group] {
            assert_eq!(state.check_genesis(ROOM, OWNER), Ok(()));
            assert_eq!(PolicyState::read(&state.to_bytes()).as_ref(), Ok(state));
            assert!(state.check_genesis(ROOM, MEMBER).is_err());
            assert_eq!(state.community(), Some(COMMUNITY));
            let short = PolicyState { community: vec![9; 15], ..state.clone() };
            assert!(PolicyState::read(&short.to_bytes()).is_err());
        }
        let of_none = PolicyState { community: Vec::new(), ..room };
        assert!(of_none.check_genesis(ROOM, OWNER).is_err());
        assert_eq!(PolicyState::group(ROOM, OWNER).community(), None);
    }

    #[test]
    fn whoever_is_in_the_room_keeps_its_lists_and_nobody_keeps_such_in_a_group() {
        let room = PolicyState::admin_room(COMMUNITY, ROOM, OWNER);
        let group = PolicyState::group_of(COMMUNITY, ROOM, OWNER);
        for (name, in_room) in [
            ("channel", true),
            ("barred", true),
            ("subscribers/00000", true),
            ("subscribers/12345", true),
            ("subscribers/1234", false),
            ("subscribers/123456", false),
            ("subscribers/0000x", false),
            ("group/x", false),
            ("other", false),
        ] {
            assert_eq!(may_write_vault(&room, MEMBER, name, NOW).is_ok(), in_room, "{name}");
            assert!(may_write_vault(&group, OWNER, name, NOW).is_err(), "{name}");
        }
        assert!(may_write_vault(&room, MEMBER, "meta", NOW).is_ok());
    }
}
