#!/usr/bin/env bash
# Installs what is missing of what a task needs, and says so.
# tools.sh build    a C compiler
# tools.sh test     …the toolchain's components, and the runners of tests and checks
# tools.sh page     …and what makes the page's JavaScript from the compiled core
. "$(dirname "$0")/env.sh"

# install_tool PACKAGE VERSION: from source, once, with a build directory of its own.
install_tool() {
  local root="$ASTERISM_CACHE/tools" build
  if grep -qs "\"$1 $2 " "$root/.crates2.json"; then return; fi
  echo "Installing $1 $2 (some minutes, once)"
  mkdir -p "$root"
  build=$(mktemp -d -p "$root")
  # Optimising such tools fully costs more time than it ever saves.
  local install=(env -u CARGO_BUILD_BUILD_DIR -u RUSTC_WORKSPACE_WRAPPER CARGO_TARGET_DIR="$build"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    cargo install --quiet --root "$root" --version "$2" "$1")
  # A version that its lock file names may have been withdrawn.
  "${install[@]}" --locked || "${install[@]}"
  rm -rf "$build"
}

for_build() {
  # SQLite and the TLS library compile C.
  scripts/need.sh cc=gcc /usr/include/stdlib.h=libc6-dev
  if ! command -v cargo >/dev/null; then
    echo "tools.sh: no cargo in PATH: install Rust with rustup (https://rustup.rs)" >&2
    exit 1
  fi
}

for_test() {
  for_build
  cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
  cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
  install_tool cargo-nextest 0.9.151
  install_tool cargo-deny 0.20.2
}

for_page() {
  for_test
  # The tool must be of the version of the crate.
  install_tool wasm-bindgen-cli "$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, ""); print $3 }' Cargo.lock)"
}

case ${1:-} in
  build | test | page) "for_$1" ;;
  *)
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
    ;;
esac
