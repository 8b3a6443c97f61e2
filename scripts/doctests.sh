#!/usr/bin/env bash
# Runs the examples in the documentation, of those crates that have any.
. "$(dirname "$0")/env.sh"
. scripts/summary.sh

mapfile -t crates < <(grep -rlE '^ *//[/!].*```' --include='*.rs' crates/*/src | cut -d/ -f2 | sort -u)
if [ ${#crates[@]} = 0 ]; then
  echo 'no examples'
  exit 0
fi
keep_summary '^test result' cargo test --doc "${crates[@]/#/--package=asterism-}"
