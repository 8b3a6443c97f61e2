#!/usr/bin/env bash
# Installs what building and testing need, when missing: a C compiler, the toolchain's components, cargo's runners.
# tools.sh build    only what a build needs
# tools.sh          everything
. "$(dirname "$0")/env.sh"

# SQLite and the TLS library compile C.
scripts/need.sh cc=gcc /usr/include/stdlib.h=libc6-dev

if ! command -v cargo >/dev/null; then
  echo "tools.sh: cargo is not in PATH; install Rust with rustup (https://rustup.rs)" >&2
  exit 1
fi
[ "${1:-all}" != build ] || exit 0

for component in fmt:rustfmt clippy:clippy; do
  cargo "${component%:*}" --version >/dev/null 2>&1 || rustup component add "${component#*:}"
done

# install_tool NAME VERSION: from source, once, with a build directory of its own.
install_tool() {
  local root="$ASTERISM_CACHE/tools" build="$ASTERISM_CACHE/tools/build"
  if grep -qs "\"$1 $2 " "$root/.crates2.json" && [ -x "$root/bin/$1" ]; then
    return
  fi
  echo "Installing $1 $2 (some minutes, once)"
  # Optimising the runners costs more time than it ever saves.
  CARGO_TARGET_DIR="$build" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
    cargo install --quiet --locked --root "$root" --version "$2" "$1"
  rm -rf "$build"
}

install_tool cargo-nextest 0.9.151
install_tool cargo-deny 0.20.2
