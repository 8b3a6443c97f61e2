//! One state, one encoding: whatever else decodes is refused, so that no two clients read one context differently.

use crate::kit::{ADA, BOB, CAROL, CONVERSATION, FOUNDER, Group, id, ticket};
use asterism_policy::{Kind, PolicyState, Role, RoleCapabilities, RoleGrant, StateError, Ticket};
use asterism_wire::{
    ErrorCode, PROTOCOL_VERSION,
    limits::{BARS_MAX, GROUP_ACCOUNTS_MAX, TICKETS_MAX, WELCOME_INFO_BYTES_MAX},
};

/// A state with something of everything.
fn full() -> PolicyState {
    let mut links = [ticket(1, FOUNDER), ticket(2, ADA)];
    links[0] = Ticket { uses: 2, uses_max: 2, entered: vec![3, 3, 9], expires_ms: 5, ..links[0].clone() };
    let mut group = Group::new().with(ADA, Role::Admin).with_until(BOB, Role::Moderator, 7);
    for link in links {
        group = group.with_ticket(&link);
    }
    // In the order of removal.
    PolicyState { bars: vec![CAROL.to_vec(), id(0).to_vec()], vault_generation: 2, ..group.state }
}

fn read(change: impl FnOnce(&mut PolicyState)) -> Result<(), StateError> {
    let mut state = full();
    change(&mut state);
    PolicyState::read(&state.to_bytes()).map(|read| assert_eq!(read, state))
}

const REFUSED: Result<(), StateError> = Err(StateError::Malformed);

#[test]
fn what_was_written_is_read() {
    assert_eq!(read(|_| ()), Ok(()));
    for state in [PolicyState::group(CONVERSATION, FOUNDER), PolicyState::direct(CONVERSATION, FOUNDER, ADA)]
    {
        assert_eq!(PolicyState::read(&state.to_bytes()), Ok(state));
    }
}

/// Members of one group must agree on these bytes for as long as the group lives.
#[test]
fn the_bytes_are_stable() {
    let hash = |state: &PolicyState| asterism_wire::signing::sha256(&state.to_bytes()).to_string();
    expect_test::expect![[r#"
        group  odwf5l7od2dpol6suqud5xg3qlul7cgoqavcxo5y2fa7onk4euua
        direct koldsrpaubymmjbl4m5yegtyy35tu22pzf2rcjjswtzy6l7azzpq
        full   3zlrogi4pfaxpngp6tmdbi5dxn4gvmcqr7icnzeyasvotqqsiqtq
    "#]]
    .assert_eq(&format!(
        "group  {}\ndirect {}\nfull   {}\n",
        hash(&PolicyState::group(CONVERSATION, FOUNDER)),
        hash(&PolicyState::direct(CONVERSATION, FOUNDER, ADA)),
        hash(&full())
    ));
}

#[test]
fn a_direct_conversation_is_the_same_whoever_founds_it() {
    let (one, other) =
        (PolicyState::direct(CONVERSATION, FOUNDER, ADA), PolicyState::direct(CONVERSATION, ADA, FOUNDER));
    assert_eq!(one, other);
}

#[test]
fn unsorted_and_repeated_items_are_refused() {
    assert_eq!(read(|s| s.roles.reverse()), REFUSED);
    assert_eq!(read(|s| s.roles[1] = s.roles[0].clone()), REFUSED);
    assert_eq!(read(|s| s.capabilities.reverse()), REFUSED);
    assert_eq!(read(|s| s.capabilities[1] = s.capabilities[0].clone()), REFUSED);
    assert_eq!(read(|s| s.tickets.reverse()), REFUSED);
    assert_eq!(read(|s| s.tickets[1] = s.tickets[0].clone()), REFUSED);
    assert_eq!(read(|s| s.bars.reverse()), Ok(()), "bars are in the order of removal");
    assert_eq!(read(|s| s.bars.push(CAROL.to_vec())), REFUSED);
    assert_eq!(read(|s| s.participants = vec![FOUNDER.to_vec(), ADA.to_vec()]), Ok(()));
    assert_eq!(read(|s| s.participants = vec![ADA.to_vec(), FOUNDER.to_vec()]), REFUSED);
    assert_eq!(read(|s| s.participants = vec![ADA.to_vec(), ADA.to_vec()]), REFUSED);
    assert_eq!(read(|s| with_entered(s).entered.reverse()), REFUSED);
}

fn with_entered(state: &mut PolicyState) -> &mut Ticket {
    state.tickets.iter_mut().find(|t| !t.entered.is_empty()).unwrap()
}

#[test]
fn items_that_are_not_well_formed_are_refused() {
    let short = || vec![1; 31];
    assert_eq!(read(|s| s.conversation.truncate(15)), REFUSED);
    assert_eq!(read(|s| s.conversation.clear()), REFUSED);
    assert_eq!(read(|s| s.roles[0].account = short()), REFUSED);
    assert_eq!(read(|s| s.bars[0] = short()), REFUSED);
    assert_eq!(read(|s| s.participants = vec![short()]), REFUSED);
    for (kind, ok) in [(Kind::Unspecified, false), (Kind::Own, true), (Kind::Call, true)] {
        assert_eq!(read(|s| s.kind = kind as i32), if ok { Ok(()) } else { REFUSED }, "{kind:?}");
    }
    assert_eq!(read(|s| s.kind = 6), REFUSED);
    for role in [0, -1, 5] {
        assert_eq!(read(|s| s.roles[0].role = role), REFUSED);
        assert_eq!(read(|s| s.capabilities = vec![RoleCapabilities { role, bits: 1 }]), REFUSED);
        assert_eq!(read(|s| s.tickets[0].role = role), REFUSED);
    }
    assert_eq!(read(|s| s.roles[0].role = Role::Member as i32), REFUSED, "a member is not listed");
    assert_eq!(read(|s| s.tickets[0].role = Role::Member as i32), Ok(()));
    assert_eq!(read(|s| s.tickets[0].creator = short()), REFUSED);
    assert_eq!(read(|s| s.tickets[0].id[0] ^= 1), REFUSED);
    assert_eq!(read(|s| s.tickets[0].seal_key[0] ^= 1), REFUSED);
    assert_eq!(read(|s| s.tickets[0].signature_key.push(0)), REFUSED);
    assert_eq!(read(|s| with_entered(s).uses = 3), REFUSED, "used more often than it may");
    assert_eq!(read(|s| (with_entered(s).uses, with_entered(s).uses_max) = (9, 0)), Ok(()));
}

#[test]
fn states_beyond_a_limit_are_refused() {
    let role = |n| RoleGrant { account: id(n).to_vec(), role: Role::Admin as i32, until_ms: 0 };
    let roles = |count: usize| (0..).take(count).map(role).collect();
    assert_eq!(read(|s| s.roles = roles(GROUP_ACCOUNTS_MAX)), Ok(()));
    assert_eq!(read(|s| s.roles = roles(GROUP_ACCOUNTS_MAX + 1)), REFUSED);

    let bars = |count: usize| (0..).take(count).map(|n| id(n).to_vec()).collect();
    assert_eq!(read(|s| s.bars = bars(BARS_MAX)), Ok(()));
    assert_eq!(read(|s| s.bars = bars(BARS_MAX + 1)), REFUSED);

    let links = |count: usize| {
        let mut links: Vec<_> = (0..).take(count).map(|n| ticket(n, FOUNDER)).collect();
        links.sort_by(|a, b| a.id.cmp(&b.id));
        links
    };
    assert_eq!(read(|s| s.tickets = links(TICKETS_MAX)), Ok(()));
    assert_eq!(read(|s| s.tickets = links(TICKETS_MAX + 1)), REFUSED);

    // Whoever entered by a link is in the group as long as the link lives.
    let entered = |count: usize| (0..).take(count).collect();
    let half = GROUP_ACCOUNTS_MAX / 2;
    assert_eq!(read(|s| s.tickets.iter_mut().for_each(|t| t.entered = entered(half))), Ok(()));
    assert_eq!(read(|s| s.tickets.iter_mut().for_each(|t| t.entered = entered(half + 1))), REFUSED);

    let participants = |count: usize| (0..).take(count).map(|n| id(n).to_vec()).collect();
    assert_eq!(read(|s| s.participants = participants(2)), Ok(()));
    assert_eq!(read(|s| s.participants = participants(3)), REFUSED);

    let accounts_max = u32::try_from(GROUP_ACCOUNTS_MAX).unwrap();
    assert_eq!(read(|s| s.accounts_max = accounts_max), Ok(()));
    assert_eq!(read(|s| s.accounts_max = accounts_max + 1), REFUSED);
}

/// The state travels in every GroupInfo: the largest lawful one leaves it room in a welcome.
#[test]
fn the_largest_state_fits_a_welcome() {
    let role = |n| RoleGrant { account: id(n).to_vec(), role: Role::Admin as i32, until_ms: u64::MAX };
    let most = u16::try_from(GROUP_ACCOUNTS_MAX).unwrap();
    let mut links: Vec<_> = (1..=u8::try_from(TICKETS_MAX).unwrap())
        .map(|n| Ticket { expires_ms: u64::MAX, uses_max: u32::MAX, uses: u32::MAX, ..ticket(n, FOUNDER) })
        .collect();
    links.sort_by(|a, b| a.id.cmp(&b.id));
    links[0].entered = vec![u64::MAX; GROUP_ACCOUNTS_MAX];
    let state = PolicyState {
        roles: (0..most).map(role).collect(),
        capabilities: (1..=4).map(|role| RoleCapabilities { role, bits: u64::MAX }).collect(),
        tickets: links,
        bars: (0..u16::try_from(BARS_MAX).unwrap()).map(|n| id(n).to_vec()).collect(),
        vault_generation: u64::MAX,
        generation: u32::MAX,
        participants: vec![ADA.to_vec(), BOB.to_vec()],
        ..PolicyState::group(CONVERSATION, FOUNDER)
    };
    let bytes = state.to_bytes();
    assert_eq!(PolicyState::read(&bytes), Ok(state));
    let room = WELCOME_INFO_BYTES_MAX - bytes.len();
    assert!(room > 16 * 1024, "{room} bytes are left for the rest of a GroupInfo");
}

#[test]
fn other_encodings_of_the_same_are_refused() {
    let bytes = full().to_bytes();
    let unknown_field = [bytes.as_slice(), &[0x78, 1]].concat();
    assert_eq!(PolicyState::read(&unknown_field), Err(StateError::Malformed));
    let repeated_field = [bytes.as_slice(), &[0x08, 1]].concat();
    assert_eq!(PolicyState::read(&repeated_field), Err(StateError::Malformed));
    let default_written = [bytes.as_slice(), &[0x20, 0]].concat();
    assert_eq!(PolicyState::read(&default_written), Err(StateError::Malformed));
    let moved = [&bytes[2..], &bytes[..2]].concat();
    assert_eq!(PolicyState::read(&moved), Err(StateError::Malformed), "the first field, at the end");
    let long_number = [&[0x08, 0x81, 0x00], &bytes[2..]].concat();
    assert_eq!(PolicyState::read(&long_number), Err(StateError::Malformed));
    assert_eq!(PolicyState::read(&bytes[..bytes.len() - 1]), Err(StateError::Malformed));
    assert_eq!(PolicyState::read(&[]), Err(StateError::Malformed));
}

/// What a later version writes is not malformed: this client is too old, and says so.
#[test]
fn a_later_version_is_told_from_garbage() {
    let newer = PolicyState { version_floor: PROTOCOL_VERSION + 1, ..full() };
    assert_eq!(PolicyState::read(&newer.to_bytes()), Err(StateError::VersionFloor));
    let with_more = [newer.to_bytes().as_slice(), &[0x78, 1]].concat();
    assert_eq!(PolicyState::read(&with_more), Err(StateError::VersionFloor));
    assert_eq!(read(|s| s.version_floor = PROTOCOL_VERSION), Ok(()));
    assert_eq!(StateError::VersionFloor.code(), ErrorCode::UpgradeRequired);
    assert_eq!(StateError::Malformed.code(), ErrorCode::InvalidCommit);
}
