#!/usr/bin/env bash
# Builds the server and the command line, and starts a server on this machine.
# DATA, LISTEN: where it keeps its data, and the address it listens on.
. "$(dirname "$0")/env.sh"

scripts/tools.sh build
cargo build --bin asterismd --bin asterism

data="${DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/asterism}"
mkdir -p "$data"
echo "command line: $CARGO_TARGET_DIR/debug/asterism    data: $data" >&2
exec "$CARGO_TARGET_DIR/debug/asterismd" serve --listen "${LISTEN:-127.0.0.1:8480}" --data "$data"
