//! A slice of the simulation for every change. The long runs, with the feature `adversary` in release mode:
//!
//! ```text
//! cargo build --release -p asterism-sim --features adversary
//! asterism-sim --seeds 500
//! asterism-sim --seeds 500 --communities true
//! asterism-sim --hostile all --seeds 50
//! asterism-sim --attack all --seeds 20
//! asterism-sim --channel all --seeds 20
//! asterism-sim --plant roles --seeds 60      # must fail
//! ```

mod full_disk;
mod silent;
mod strangers;
mod taken_back;

use asterism_core::{Answer, Request};
use asterism_sim::{
    PLANTS, Plant, Settings, World, byzantine,
    byzantine::{
        ATTACKS,
        channel::{channel_lies, tell},
    },
    half_done,
    half_done::{Comer, End},
    hostile,
    hostile::{CASES, Case, Undone, community},
    interrupted::{self, By, SHARED_WORKS, WORKS},
    run,
};

/// In so many tests the attacks are told, and the cases in communities, so that they run beside one another.
const PARTS: usize = 4;
/// A planted bug must be found within so many seeds.
const PLANT_SEEDS_MAX: u64 = 40;

#[test]
fn seeds_without_faults_keep_every_promise() {
    let settings = Settings { faults: false, operations: 25, ..Settings::default() };
    for seed in 1..=2 {
        if let Err(violation) = run(seed, settings) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn seeds_with_faults_keep_every_promise() {
    for seed in 1..=6 {
        if let Err(violation) = run(seed, Settings::default()) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn communities_with_faults_keep_every_promise() {
    let settings = Settings { communities: Some(true), operations: 25, ..Settings::default() };
    // Some of these broke a promise once.
    for seed in [3, 6, 10, 16, 24, 41, 369, 371, 408, 700] {
        if let Err(violation) = run(seed, settings) {
            panic!("seed {seed}: {violation}");
        }
    }
}

/// `ASTERISM_STEP_MS=10` tells it for each moment.
#[test]
fn work_of_several_steps_that_is_broken_off_is_finished_or_was_never_begun() {
    let step_ms = std::env::var("ASTERISM_STEP_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    let itself = WORKS.iter().map(|work| (*work, By::Itself));
    for (work, by) in itself.chain(SHARED_WORKS.iter().map(|work| (*work, By::Another))) {
        match interrupted::run(1, work, by, step_ms) {
            Ok(moments) => println!("{work:?} by {by:?}: {moments} moments"),
            Err(violation) => panic!("{violation}"),
        }
    }
}

#[test]
fn what_the_own_vault_held_long_ago_is_not_done_again() {
    for seed in 1..=2 {
        if let Err(violation) = hostile::replayed_demotion(seed) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn a_community_is_entered_by_two_ways_at_once() {
    let failed: Vec<String> = (0..30)
        .filter_map(|step| interrupted::two_ways_in(1, step * 50).err())
        .map(|violation| violation.to_string())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn what_another_device_has_finished_is_not_done_again() {
    match interrupted::not_again(1, 300) {
        Ok(moments) => println!("{moments} moments"),
        Err(violation) => panic!("{violation}"),
    }
}

#[test]
fn each_lie_about_a_community_ends_as_the_table_says() {
    tell(1, None).expect("without a lie everybody has everything");
    let failed: Vec<String> =
        channel_lies().filter_map(|lie| tell(1, Some(lie)).err()).map(|what| what.to_string()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_story_without_attack_is_clean() {
    for seed in 1..=2 {
        if let Err(violation) = byzantine::run(seed, None) {
            panic!("seed {seed}: {violation}");
        }
    }
}

fn attacks(part: usize) {
    let failed: Vec<String> = ATTACKS
        .iter()
        .skip(part)
        .step_by(PARTS)
        .filter_map(|attack| byzantine::run(1, Some(*attack)).err())
        .map(|violation| violation.to_string())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn each_lie_of_the_server_ends_as_the_table_says_1() {
    attacks(0);
}

#[test]
fn each_lie_of_the_server_ends_as_the_table_says_2() {
    attacks(1);
}

#[test]
fn each_lie_of_the_server_ends_as_the_table_says_3() {
    attacks(2);
}

#[test]
fn each_lie_of_the_server_ends_as_the_table_says_4() {
    attacks(3);
}

fn cases(seed: u64, wanted: impl Fn(Case) -> bool) {
    let failed: Vec<String> = CASES
        .iter()
        .filter(|(_, case)| wanted(*case))
        .filter_map(|(_, case)| hostile::run(seed, *case).err())
        .map(|violation| violation.to_string())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Cases of one flaw each, which run the same way.
fn is_flaw(case: Case) -> bool {
    use Case::{MembershipTag, NoPathSecrets, PathSecrets, ShortKemOutputs, ShortPath, Signature};
    matches!(case, PathSecrets | NoPathSecrets | ShortKemOutputs | ShortPath | MembershipTag | Signature)
}

#[test]
fn a_flawed_commit_is_refused_or_voided_and_the_group_lives() {
    cases(3, is_flaw);
}

#[test]
fn a_dishonest_member_or_joiner_stops_nobody() {
    cases(6, |case| !is_flaw(case));
}

fn in_communities(part: usize) {
    let failed: Vec<String> = community::CASES
        .iter()
        .skip(part)
        .step_by(PARTS)
        .filter_map(|case| community::run(8, *case).err())
        .map(|violation| violation.to_string())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn who_is_dishonest_in_a_community_gets_what_the_table_says_1() {
    in_communities(0);
}

#[test]
fn who_is_dishonest_in_a_community_gets_what_the_table_says_2() {
    in_communities(1);
}

#[test]
fn who_is_dishonest_in_a_community_gets_what_the_table_says_3() {
    in_communities(2);
}

#[test]
fn who_is_dishonest_in_a_community_gets_what_the_table_says_4() {
    in_communities(3);
}

fn is_found(plant: Plant, from: u64) {
    let settings = Settings { plant: Some(plant), ..Settings::default() };
    let found = (from..from + PLANT_SEEDS_MAX).find(|seed| run(*seed, settings).is_err());
    assert!(found.is_some(), "{plant:?} was not found");
}

#[test]
fn an_acknowledgement_before_the_disk_has_synced_is_found() {
    is_found(Plant::Sync, 1);
}

#[test]
fn what_a_lone_liar_undoes_is_done_again_or_told() {
    for (seed, undone) in [(1, Undone::Add), (2, Undone::Promote), (3, Undone::Link)] {
        for again_and_again in [false, true] {
            if let Err(violation) = hostile::run_lone(seed, undone, again_and_again) {
                panic!("seed {seed}: {violation}");
            }
        }
    }
}

#[test]
fn an_entry_that_fails_leaves_no_trace_of_who_never_was_in_and_nothing_is_tried_again() {
    failed_entries(Comer::New);
}

#[test]
fn who_was_out_and_fails_to_enter_is_out_and_nothing_is_tried_again() {
    failed_entries(Comer::Returning);
}

fn failed_entries(comer: Comer) {
    let ends = [End::LinkUsedUp, End::GroupFull, End::Death];
    let failed: Vec<String> = ends
        .iter()
        .flat_map(|end| (0..=2).map(move |races| half_done::failed_entry(1, comer, races, *end)))
        .filter_map(|result| result.err().map(|violation| violation.to_string()))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_group_whose_creation_is_broken_off_is_there_or_never_was() {
    for seed in 1..=3 {
        if let Err(violation) = half_done::broken_off_founding(seed) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn a_link_that_lets_nobody_in_is_not_made() {
    let mut world = World::new(1).unwrap();
    world.add_client("alice").unwrap();
    let (server, handle) = ("http://sim".to_owned(), "alice".to_owned());
    let register = Request::Register { server, handle: handle.clone(), name: handle, invite_code: None };
    world.ask(0, register).unwrap();
    let create = Request::CommunityCreate { name: "choir".into(), description: None, general: None };
    let Ok(Answer::Community { community, general, .. }) = world.ask(0, create) else { panic!("refused") };
    for target in [general, community] {
        for (expires_in_ms, uses) in [(Some(0), None), (None, Some(0))] {
            let invite = Request::InviteCreate { target: target.clone(), expires_in_ms, uses };
            assert_eq!(
                world.ask(0, invite).unwrap_err().code.as_word(),
                "usage",
                "{expires_in_ms:?}, {uses:?}"
            );
        }
    }
}

#[test]
fn a_missing_epoch_check_of_the_server_is_found() {
    is_found(Plant::Epoch, 7);
}

#[test]
fn missing_deduplication_is_found() {
    is_found(Plant::Deduplication, 11);
}

#[test]
fn an_ignored_gap_is_found() {
    is_found(Plant::Gap, 28);
}

#[test]
fn missing_role_checks_are_found() {
    is_found(Plant::Roles, 2);
}

#[test]
fn a_removal_that_leaves_the_seat_is_found() {
    is_found(Plant::Seats, 121);
}

#[test]
fn every_planted_bug_has_a_test() {
    assert_eq!(PLANTS.len(), 6);
}
