# shellcheck shell=bash
# Sourced: keep_summary PATTERN COMMAND… runs a command, shows its output, and appends the lines that match to the
# file SUMMARIES, when that is set. Fails as the command fails.

keep_summary() {
  local pattern=$1 log code=0
  shift
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || code=${PIPESTATUS[0]}
  sed 's/\x1b\[[0-9;]*m//g' "$log" | { grep -E "$pattern" || true; } >>"${SUMMARIES:-/dev/null}"
  rm -f "$log"
  return "$code"
}
