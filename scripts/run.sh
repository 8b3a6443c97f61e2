#!/usr/bin/env bash
# Builds the page, the server and the command line, and starts a server on this machine.
# The page needs Node.js 20 or newer; without it the server has none, and the command line works all the same.
# DATA, LISTEN: where it keeps its data, and the address it listens on.
. "$(dirname "$0")/env.sh"

scripts/tools.sh build
if node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; then
  scripts/page.sh dev
else
  echo "run.sh: no Node.js 20 or newer: the server is built without its page" >&2
fi
cargo build --bin asterismd --bin asterism

data="${DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/asterism-server}"
# Nobody else on this machine has business in there.
install -d -m 700 "$data"
echo "command line: $CARGO_TARGET_DIR/debug/asterism    data: $data" >&2
exec "$CARGO_TARGET_DIR/debug/asterismd" serve --listen "${LISTEN:-127.0.0.1:8480}" --data "$data"
