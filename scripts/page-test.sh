#!/usr/bin/env bash
# Tests the page: its types and style, its parts without a browser, and the whole in browsers with a real server.
. "$(dirname "$0")/env.sh"
. scripts/summary.sh

scripts/need.sh /usr/bin/chromium=chromium
scripts/page.sh bare
scripts/page.sh dev
scripts/wasm.sh check-types
cargo build --bin asterismd
cd web || exit
node_modules/.bin/tsc --noEmit
node_modules/.bin/biome check
keep_summary '^ *Tests ' node_modules/.bin/vitest run --project page
ASTERISMD="$CARGO_TARGET_DIR/debug/asterismd" keep_summary '^ *Tests ' node_modules/.bin/vitest run --project browser
