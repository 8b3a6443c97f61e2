#!/usr/bin/env bash
# Installs the Debian packages whose proof is missing.
# need.sh PROOF=PACKAGE…    PROOF is a command, or the absolute path of a file.
set -euo pipefail

missing=()
for pair in "$@"; do
  proof=${pair%%=*}
  case $proof in
    /*) [ -e "$proof" ] || missing+=("${pair#*=}") ;;
    *) command -v "$proof" >/dev/null || missing+=("${pair#*=}") ;;
  esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
for command in apt-get "${as_root[@]}"; do
  command -v "$command" >/dev/null && continue
  echo "need.sh: no $command here; please install what Debian calls: ${missing[*]}" >&2
  exit 1
done
echo "Installing Debian packages: ${missing[*]}"
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
  apt-get install -y -q --no-install-recommends --no-remove "${missing[@]}")
# The package lists may be absent or old: refresh them only when they do not suffice.
"${install[@]}" </dev/null || { "${as_root[@]}" apt-get update -q && "${install[@]}" </dev/null; }
