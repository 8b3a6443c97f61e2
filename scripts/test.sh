#!/usr/bin/env bash
# What a change must pass before it lands. Each stage has a budget in minutes; the whole is stopped at 75.
# test.sh           all stages
# test.sh STAGE…    only these, in the order below
. "$(dirname "$0")/env.sh"

WORK=$(mktemp -d)
export STAGES="$WORK/stages" SUMMARIES="$WORK/summaries"
touch "$STAGES" "$SUMMARIES"
DEADLINE=$(($(date +%s) + 75 * 60))
export DEADLINE
# Nobody builds twice in a checkout of the continuous integration.
[ "${CI:-}" != true ] || export CARGO_INCREMENTAL=0
[ ! -t 1 ] || export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-always}"

report() {
  local code=$?
  echo
  awk '{ printf "%-10s %3d:%02d ", $1, $2 / 60, $2 % 60; all += $2; $1 = $2 = ""; print }
       END { printf "%-10s %3d:%02d\n", "all", all / 60, all % 60 }' "$STAGES"
  if [ $code = 0 ]; then echo "$what: passed"; else echo "$what: FAILED"; fi
  cat "$SUMMARIES"
  rm -rf "$WORK"
}
trap report EXIT

what=${*:-make test}
wanted=" $* "
stage() {
  if [ "$wanted" != '  ' ] && [[ $wanted != *" $1 "* ]]; then return; fi
  scripts/stage.sh "$@"
}

scripts/prune.sh
stage tools     20 scripts/tools.sh test
stage fmt        1 cargo fmt --all --check
stage edges      4 cargo run --locked --quiet --package asterism-xtask -- edges
stage deny       4 cargo deny --log-level error check licenses bans sources
stage clippy    20 scripts/clippy.sh
# All targets at once, so that the features of dependencies, and with them the build results, are those of the tests.
stage build     25 cargo build --workspace --all-targets
stage doctests   5 scripts/doctests.sh
stage page      25 scripts/page-test.sh
stage tests     15 scripts/tests.sh

if [ "$(wc -l <"$STAGES")" -lt $# ]; then
  echo "test.sh: no such stage among: $*"
  exit 2
fi
