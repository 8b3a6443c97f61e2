#!/usr/bin/env bash
# Runs the examples in the documentation. All crates at once, so that dependencies are built as for the tests.
. "$(dirname "$0")/env.sh"
. scripts/summary.sh

keep_summary '^test result.* [1-9][0-9]* (passed|failed)' cargo test --doc --workspace
