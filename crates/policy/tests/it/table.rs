//! The table of docs/protocol.md §9.2, cell by cell: every role, every target's rank, every kind.

use crate::kit::{
    ADA, BOB, Draft, FOUNDER, Group, NOW, ROLES, STRANGER, add_ticket, by, lift, revoke, set_capabilities,
    set_role, ticket,
};
use asterism_policy::{
    Capability, Denial, PolicyState, Role, Ticket, UseTicket, What, may_post, may_write_vault,
};
use asterism_wire::{AccountId, vault};

const SPECIFICATION: &str = include_str!("../../../../docs/protocol.md");

/// Who acts: Ada, in a group or in a direct conversation with the founder.
#[derive(Debug, Clone, Copy)]
enum Actor {
    Of(Role),
    Direct,
}

const COLUMNS: [(&str, Actor); 5] = [
    ("member", Actor::Of(Role::Member)),
    ("moderator", Actor::Of(Role::Moderator)),
    ("admin", Actor::Of(Role::Admin)),
    ("owner", Actor::Of(Role::Owner)),
    ("direct", Actor::Direct),
];

/// A row of the table: what is tried against whom of which rank, for each way in which it can be tried.
type Row = (&'static str, fn(Actor) -> Vec<(Role, Result<(), Denial>)>);

const ROWS: [Row; 17] = [
    ("post messages", |actor| alone(may_post(&actor.group().state, ADA, NOW))),
    ("write the name and description", |actor| alone(write(actor, vault::META))),
    ("write one's own profile entry", |actor| alone(write(actor, &profile(ADA)))),
    ("write another's profile entry, or an entry of any other name", |actor| {
        ["".into(), "Meta".into(), "meta/".into(), "profile/".into(), profile(FOUNDER), profile(ADA) + "a"]
            .into_iter()
            .map(|name: String| (Role::Member, write(actor, &name)))
            .collect()
    }),
    ("add a device of one's own account", |actor| alone(actor.tries(by(ADA).add(ADA, 1)))),
    ("add an account", |actor| match actor {
        Actor::Of(_) => alone(actor.tries(by(ADA).add(STRANGER, 0))),
        Actor::Direct => {
            let mut group = actor.group();
            group.roster.remove(FOUNDER);
            alone(group.judge(by(ADA).add(FOUNDER, 0)).map(drop))
        }
    }),
    ("add a device of another account that is in", |actor| {
        actor.against_each(|target| by(ADA).add(target, 1))
    }),
    ("add a removed account", |actor| alone(actor.tries_with_bar(by(ADA).add(STRANGER, 0)))),
    ("lift a bar, and add the account", |actor| {
        let (lifts, adds) = (by(ADA).change(lift(STRANGER)), by(ADA).change(lift(STRANGER)).add(STRANGER, 0));
        [lifts, adds].map(|draft| (Role::Member, actor.tries_with_bar(draft))).into()
    }),
    ("remove a device of one's own account", |actor| {
        let mut group = actor.group();
        group.roster.add(ADA);
        alone(group.judge(by(ADA).remove(ADA, 1)).map(drop))
    }),
    ("remove a device of another account, or all of them", |actor| {
        let all = actor.against_each(|target| by(ADA).remove(target, 0));
        let mut group = actor.group();
        group.roster.add(FOUNDER);
        let one = group.judge(by(ADA).remove(FOUNDER, 1)).map(drop);
        all.into_iter().chain([(Role::Admin, one)]).collect()
    }),
    ("give or take a role", |actor| {
        let mut tried = Vec::new();
        for (from, to) in ROLES.into_iter().flat_map(|from| ROLES.map(|to| (from, to))) {
            let (group, target) = actor.facing(from);
            if from != to {
                tried.push((from.max(to), group.judge(by(ADA).change(set_role(target, to))).map(drop)));
            }
        }
        tried
    }),
    ("change what a role allows", |actor| {
        let bits = Capability::Post as u64;
        ROLES
            .into_iter()
            .filter(|role| {
                actor.group().state.capabilities.iter().all(|c| c.role != *role as i32 || c.bits != bits)
            })
            .chain([Role::Member])
            .map(|role| {
                let bits = if role == Role::Member { 0 } else { bits };
                (role, actor.tries(by(ADA).change(set_capabilities(role, bits))))
            })
            .collect()
    }),
    ("make a link", |actor| {
        let made = |role| Ticket { role: role as i32, ..ticket(1, ADA) };
        ROLES.map(|role| (role, actor.tries(by(ADA).change(add_ticket(&made(role)))))).into()
    }),
    ("revoke a link of one's own", |actor| {
        let made = ticket(1, ADA);
        alone(actor.group().with_ticket(&made).judge(by(ADA).change(revoke(&made))).map(drop))
    }),
    ("revoke another's link", |actor| {
        let made = ticket(1, BOB);
        alone(actor.group().with_ticket(&made).judge(by(ADA).change(revoke(&made))).map(drop))
    }),
    ("count a use of a link", |actor| {
        let made = ticket(1, ADA);
        let used = What::UseTicket(UseTicket { ticket: made.id.clone() });
        alone(actor.group().with_ticket(&made).judge(by(ADA).change(used)).map(drop))
    }),
];

#[test]
fn the_specification_is_what_is_decided() {
    let (header, rows) = specification();
    let columns: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
    assert_eq!(header[1..], columns);
    let names: Vec<_> = ROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), names);

    for ((action, tries), row) in ROWS.iter().zip(&rows) {
        for ((_, actor), cell) in COLUMNS.iter().zip(&row[1..]) {
            for (target, result) in tries(*actor) {
                let Some(allowed) = is_allowed(cell, *actor, target) else { continue };
                assert_eq!(result.is_ok(), allowed, "{action}: {actor:?}, {target:?}: {result:?}");
            }
        }
    }
}

/// Header and rows of the table in the specification.
fn specification() -> (Vec<&'static str>, Vec<Vec<&'static str>>) {
    let from = SPECIFICATION.lines().skip_while(|line| !line.starts_with("| action |"));
    let mut lines = from.take_while(|line| line.starts_with('|')).map(cells);
    let header = lines.next().unwrap();
    (header, lines.skip(1).collect())
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// What a cell says; `None` where the action does not exist.
fn is_allowed(cell: &str, actor: Actor, target: Role) -> Option<bool> {
    let own = match actor {
        Actor::Of(role) => role,
        Actor::Direct => Role::Member,
    };
    match cell {
        "yes" => Some(true),
        "no" => Some(false),
        "rank ≤ own" => Some(target <= own),
        "rank < own" => Some(target < own),
        "—" => None,
        other => panic!("the table says {other:?}"),
    }
}

impl Actor {
    fn group(self) -> Group {
        match self {
            Self::Of(role) => Group::new().with(ADA, role),
            Self::Direct => Group::direct(),
        }
    }

    /// With somebody else of this rank.
    fn facing(self, rank: Role) -> (Group, AccountId) {
        match self {
            Self::Of(_) => (self.group().with(BOB, rank), BOB),
            Self::Direct => (self.group(), FOUNDER),
        }
    }

    fn tries(self, draft: Draft) -> Result<(), Denial> {
        self.group().judge(draft).map(drop)
    }

    fn tries_with_bar(self, draft: Draft) -> Result<(), Denial> {
        self.group().with_bar(STRANGER).judge(draft).map(drop)
    }

    fn against_each(self, draft: impl Fn(AccountId) -> Draft) -> Vec<(Role, Result<(), Denial>)> {
        let tried = ROLES.map(|rank| {
            let (group, target) = self.facing(rank);
            (rank, group.judge(draft(target)).map(drop))
        });
        tried.into()
    }
}

fn alone(result: Result<(), Denial>) -> Vec<(Role, Result<(), Denial>)> {
    vec![(Role::Member, result)]
}

fn write(actor: Actor, name: &str) -> Result<(), Denial> {
    may_write_vault(&actor.group().state, ADA, name, NOW)
}

fn profile(account: AccountId) -> String {
    format!("profile/{account}")
}

/// "In a direct conversation nobody else is ever added."
#[test]
fn a_direct_conversation_takes_no_third() {
    for author in [FOUNDER, ADA] {
        let group = Group::direct();
        assert_eq!(group.judge(by(author).add(STRANGER, 0)), Err(Denial::Forbidden));
        let mut group = group;
        group.roster.remove(if author == ADA { FOUNDER } else { ADA });
        assert_eq!(group.judge(by(author).add(STRANGER, 0)), Err(Denial::Forbidden));
    }
}

/// "A role without capabilities of its own has those of the next lower one that has some."
#[test]
fn a_role_without_capabilities_of_its_own_has_those_below() {
    let mut group = Group::new().with(ADA, Role::Moderator).with(BOB, Role::Owner);
    let all = [
        Capability::Post,
        Capability::Add,
        Capability::Remove,
        Capability::SetRole,
        Capability::Invite,
        Capability::Settings,
    ];
    let allowed = |group: &Group, account| all.map(|c| group.state.allows(account, c, NOW));
    assert_eq!(allowed(&group, ADA), [true, false, false, false, false, false]);
    assert_eq!(allowed(&group, BOB), [true; 6]);
    assert_eq!(allowed(&group, STRANGER), allowed(&group, ADA), "whoever has no role is a member");

    group.take(by(FOUNDER).change(set_capabilities(Role::Moderator, Capability::Remove as u64)));
    assert_eq!(allowed(&group, ADA), [false, false, true, false, false, false]);
    group.state.capabilities.clear();
    assert_eq!(allowed(&group, BOB), [false; 6]);
}

#[test]
fn who_may_not_post_does_not() {
    let mut group = Group::new().with(ADA, Role::Member);
    group.take(by(FOUNDER).change(set_capabilities(Role::Member, 0)));
    assert_eq!(may_post(&group.state, ADA, NOW), Err(Denial::Forbidden));
    assert_eq!(may_post(&group.state, FOUNDER, NOW), Ok(()));
}

/// "Nobody gives a role what they may not do themselves."
#[test]
fn capabilities_are_given_only_by_who_has_them() {
    let (post, remove, set_role) =
        (Capability::Post as u64, Capability::Remove as u64, Capability::SetRole as u64);
    let mut group = Group::new().with(ADA, Role::Moderator);
    group.take(by(FOUNDER).change(set_capabilities(Role::Moderator, post | set_role)));
    let gives = |group: &Group, bits| group.judge(by(ADA).change(set_capabilities(Role::Member, bits)));
    assert_eq!(gives(&group, post | remove), Err(Denial::Rank));
    assert_eq!(gives(&group, post | 1 << 63), Err(Denial::Rank), "a capability that does not exist");
    assert!(gives(&group, set_role).is_ok());
    // What a role has already it may keep.
    group.take(by(FOUNDER).change(set_capabilities(Role::Member, remove)));
    assert!(gives(&group, remove | set_role).is_ok());
    assert!(gives(&group, 0).is_ok());
}

#[test]
fn capabilities_of_roles_that_do_not_exist_are_refused() {
    for role in [0, -1, 5, i32::MAX] {
        let capabilities = Some(asterism_policy::RoleCapabilities { role, bits: 0 });
        let what = What::SetCapabilities(asterism_policy::SetCapabilities { capabilities });
        assert_eq!(Group::new().judge(by(FOUNDER).change(what)), Err(Denial::Inconsistent), "{role}");
    }
    let nothing = What::SetCapabilities(asterism_policy::SetCapabilities { capabilities: None });
    assert_eq!(Group::new().judge(by(FOUNDER).change(nothing)), Err(Denial::Inconsistent));
}

#[test]
fn roles_that_do_not_exist_are_not_given() {
    let group = Group::new().with(ADA, Role::Member);
    for role in [0, -1, 5] {
        let set = asterism_policy::SetRole { account: ADA.to_vec(), role, until_ms: 0 };
        assert_eq!(group.judge(by(FOUNDER).change(What::SetRole(set))), Err(Denial::Inconsistent), "{role}");
    }
    for account in [vec![], vec![1; 31], STRANGER.to_vec()] {
        let set = asterism_policy::SetRole { account, role: Role::Admin as i32, until_ms: 0 };
        assert_eq!(group.judge(by(FOUNDER).change(What::SetRole(set))), Err(Denial::Inconsistent));
    }
}

/// Kinds that are not groups know no roles and no links, whatever a role allows there.
#[test]
fn only_groups_have_roles_and_links() {
    use asterism_policy::Kind;
    for (kind, roles, links) in [
        (Kind::Own, false, false),
        (Kind::Direct, false, false),
        (Kind::Group, true, true),
        (Kind::AdminRoom, true, false),
        (Kind::Call, false, false),
        (Kind::Unspecified, false, false),
    ] {
        let mut group = Group::new().with(ADA, Role::Member);
        group.state.kind = kind as i32;
        let promoted = group.judge(by(FOUNDER).change(set_role(ADA, Role::Moderator)));
        assert_eq!(promoted.err(), (!roles).then_some(Denial::Forbidden), "{kind:?}");
        let linked = group.judge(by(FOUNDER).change(add_ticket(&ticket(1, FOUNDER))));
        assert_eq!(linked.err(), (!links).then_some(Denial::Forbidden), "{kind:?}");
    }
}

/// Whoever is not in the group commits nothing as a member.
#[test]
fn a_stranger_commits_nothing() {
    let group = Group::new().with_bar(STRANGER);
    assert_eq!(group.judge(by(STRANGER)), Err(Denial::Inconsistent));
    assert_eq!(group.judge(by(STRANGER).change(lift(STRANGER))), Err(Denial::Inconsistent));
    assert!(group.judge(by(FOUNDER)).is_ok(), "a commit that changes nothing refreshes keys");
}

#[test]
fn a_founder_founds_what_the_kind_allows() {
    use crate::kit::CONVERSATION;
    use asterism_policy::{Kind, StateError};
    let refused = Err(StateError::Malformed);
    let group = PolicyState::group(CONVERSATION, FOUNDER);
    assert_eq!(group.check_genesis(CONVERSATION, FOUNDER), Ok(()));
    assert_eq!(group.check_genesis(CONVERSATION, ADA), refused);
    assert_eq!(group.check_genesis(asterism_wire::ConversationId([8; 16]), FOUNDER), refused);
    let direct = PolicyState::direct(CONVERSATION, FOUNDER, ADA);
    assert_eq!(direct.check_genesis(CONVERSATION, FOUNDER), Ok(()));
    assert_eq!(direct.check_genesis(CONVERSATION, ADA), Ok(()));
    assert_eq!(direct.check_genesis(CONVERSATION, BOB), refused);
    let alone = PolicyState { participants: vec![FOUNDER.to_vec()], ..direct };
    assert_eq!(alone.check_genesis(CONVERSATION, FOUNDER), refused);
    for kind in [Kind::Own, Kind::AdminRoom, Kind::Call, Kind::Unspecified] {
        let state = PolicyState { kind: kind as i32, ..group.clone() };
        assert_eq!(state.check_genesis(CONVERSATION, FOUNDER), refused, "{kind:?}");
    }
}
