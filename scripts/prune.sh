#!/usr/bin/env bash
# Drops what checkouts built of the workspace's own crates two days ago and longer. Dependencies stay.
. "$(dirname "$0")/env.sh"

[ -d "$CARGO_BUILD_BUILD_DIR" ] || exit 0
find "$CARGO_BUILD_BUILD_DIR" -path '*/.fingerprint/asterism-*/invoked.timestamp' -mtime +1 -printf '%h\n' |
  while read -r fingerprint; do
    rm -rf "$fingerprint" "${fingerprint%/.fingerprint/*}"/deps/*-"${fingerprint##*-}"*
  done
find "$CARGO_BUILD_BUILD_DIR" -path '*/incremental/*' -prune -mtime +1 -exec rm -rf {} +
