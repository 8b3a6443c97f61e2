#!/usr/bin/env bash
# Runs one stage within its budget, and names it when it fails or takes too long.
# stage.sh NAME MINUTES COMMAND…
# With STAGES set, appends "NAME SECONDS RESULT" to that file. With DEADLINE set (seconds since 1970), nothing runs
# past it.
set -euo pipefail
set -m # the stage is a job of its own, so that an interrupt here ends all of it

name=$1 minutes=$2
shift 2
started=$(date +%s)
budget=$(awk -v m="$minutes" 'BEGIN { print int(m * 60) }')
limit=$budget over="over its budget of $minutes minutes"
if [ -n "${DEADLINE:-}" ] && [ $((DEADLINE - started)) -lt "$budget" ]; then
  limit=$((DEADLINE - started)) over="the time of the whole run was up"
fi

echo
echo "=== $name"
result=ok code=0
if [ "$limit" -gt 0 ]; then
  timeout --kill-after=20 "$limit" "$@" </dev/null &
  job=$!
  trap 'kill -TERM "$job" 2>/dev/null' INT TERM HUP
  wait "$job" || code=$?
  while kill -0 "$job" 2>/dev/null; do wait "$job" || code=$?; done
else
  code=124
fi
seconds=$(($(date +%s) - started))

# 137 is what timeout answers when it had to kill.
if [ "$code" = 124 ] || { [ "$code" = 137 ] && [ "$seconds" -ge "$limit" ]; }; then
  result="STOPPED: $over"
elif [ "$code" != 0 ]; then
  result="FAILED (exit $code)"
fi
[ "$result" = ok ] || echo "=== $name $result"
[ -z "${STAGES:-}" ] || echo "$name $seconds $result" >>"$STAGES"
exit "$code"
