#!/usr/bin/env bash
# Runs all tests, and keeps the runner's summary line for the end of the log.
. "$(dirname "$0")/env.sh"
. scripts/summary.sh

keep_summary '^ *Summary \[' cargo nextest run --workspace --profile ci "$@"
