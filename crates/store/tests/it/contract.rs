//! What every backend must do, as one list of cases that is run on each of them.

mod appends;
mod concurrency;
mod idempotency;
mod leases;
mod reading;
mod records;
mod reopening;
mod trimming;

/// Makes a module of tests that runs every case on one backend.
macro_rules! contract {
    ($backend:ident, $bed:ty; $($area:ident: $($case:ident),+ $(,)?;)+) => {
        mod $backend {
            $(mod $area {
                $(#[test]
                fn $case() {
                    use crate::bed::Bed as _;
                    crate::bed::run(crate::contract::$area::$case(<$bed>::new()));
                })+
            })+
        }
    };
}

/// The list of cases.
macro_rules! contract_on {
    ($backend:ident, $bed:ty) => {
        contract! { $backend, $bed;
            appends:
                entries_are_numbered_from_one_without_gaps,
                an_append_happens_only_where_it_is_expected,
                an_append_with_several_parts_happens_whole_or_not_at_all,
                an_append_without_entries_can_set_the_epoch,
                pipelined_appends_apply_in_call_order,
                a_failed_append_fails_those_that_expected_it,
                calls_of_any_kind_apply_in_call_order,
                a_dropped_future_does_not_take_the_call_back,
                what_exceeds_a_limit_is_refused;
            idempotency:
                a_repeated_append_is_done_once,
                one_known_key_of_several_is_enough,
                keys_are_known_per_stream,
                a_known_key_comes_before_the_expectation,
                a_failed_append_does_not_use_its_keys_up,
                keys_are_forgotten_with_their_entries,
                appends_without_entries_share_a_range;
            reading:
                an_unknown_stream_is_empty,
                pages_keep_to_their_limits_but_hold_at_least_one_entry,
                heads_answer_in_the_order_asked;
            records:
                versions_grow_by_one_and_start_anew_after_a_delete,
                a_write_happens_only_where_it_is_expected,
                several_writes_happen_whole_or_not_at_all,
                a_keys_later_write_sees_its_earlier_one,
                scans_page_through_a_prefix_in_order,
                scans_know_prefixes_at_the_end_of_the_order,
                take_one_takes_the_first_under_its_prefix;
            leases:
                a_lease_goes_to_one_owner_at_a_time,
                an_owner_that_lost_its_lease_is_fenced_off,
                a_lease_given_back_is_free;
            trimming:
                trimmed_entries_are_gone_and_numbering_goes_on,
                trimming_goes_at_most_to_the_end,
                long_trims_finish;
            concurrency:
                each_epoch_has_exactly_one_winner,
                each_key_is_taken_exactly_once,
                concurrent_appends_all_land_once_and_in_their_own_order,
                counters_by_compare_and_swap_lose_nothing,
                readers_never_see_half_an_append;
            reopening:
                everything_is_there_after_reopening,
                a_closed_store_refuses_everything,
                what_is_queued_is_done_before_closing;
        }
    };
}

contract_on!(memory, crate::bed::MemoryBed);
contract_on!(fjall, crate::bed::FjallBed);
