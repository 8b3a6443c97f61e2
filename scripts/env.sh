# shellcheck shell=bash
# Sourced by the other scripts: where things are. No compiler flags are set here or anywhere, so that all stages, and
# a plain `cargo build` beside them, share the builds of dependencies. (rustc brings its own fast linker.)

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export ASTERISM_CACHE="${ASTERISM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/asterism}"
export PATH="$ASTERISM_CACHE/tools/bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# All checkouts share one build directory, so that a new one finds its dependencies built. Cargo takes build results
# of the same crate in two checkouts for the same thing, and the newer for fresh: what one tests could be the other's
# code. Passing through a wrapper of this checkout keeps the workspace's own crates apart, and so does a folder of
# its own for finished binaries.
export CARGO_BUILD_BUILD_DIR="${CARGO_BUILD_BUILD_DIR:-${CARGO_TARGET_DIR:-$ASTERISM_CACHE/target}}"
export CARGO_TARGET_DIR="$PWD/target"
export RUSTC_WORKSPACE_WRAPPER="$PWD/scripts/rustc.sh"

# A jobserver inherited from make would throttle cargo.
unset MAKEFLAGS MFLAGS
