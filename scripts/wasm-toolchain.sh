#!/usr/bin/env bash
# Sees to a compiler for the browser, and prints the environment to build with:
#   eval "$(scripts/wasm-toolchain.sh)"
#   cargo build --target wasm32-unknown-unknown --release --package …
. "$(dirname "$0")/env.sh"
exec 3>&1 1>&2 # only the environment goes to standard output

target=wasm32-unknown-unknown
debian="$ASTERISM_CACHE/wasm-debian"

with_rustup() {
  command -v rustup >/dev/null || return 1
  rustup target list --installed | grep -qx "$target" || timeout 300 rustup target add "$target"
}

# Debian ships a recent compiler for building browsers, and the standard library's source. They are unpacked into the
# cache, since as packages they would drive out other compilers.
with_debian() {
  [ ! -e "$debian/complete" ] || return 0
  echo "Building Rust's standard library for the browser with Debian's compiler (a minute, once)"
  rm -rf "$debian"
  mkdir -p "$debian/packages"
  unpack_packages
  build_standard_library
  rm -rf "$debian/packages" "$debian/build" "${debian:?}/usr/src" "${debian:?}/usr/share"
  touch "$debian/complete"
}

unpack_packages() {
  local std llvm
  cd "$debian/packages"
  std=$(depends_on libstd-rust-web-dev '^libstd-rust-web-') || as_root apt-get update -q
  std=${std:-$(depends_on libstd-rust-web-dev '^libstd-rust-web-')}
  llvm=$(depends_on "$std" '^libllvm')
  apt-get download -q rustc-web libstd-rust-web-dev rust-web-src "$std" "$llvm"
  for package in *.deb; do dpkg -x "$package" "$debian"; done
  cd - >/dev/null
}

depends_on() {
  apt-cache depends "$1" | sed -n 's/^ *Depends: //p' | grep "$2"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

build_standard_library() {
  local lib="$debian/usr/lib" host tools
  host=$(rustc -vV | sed -n 's/^host: //p')
  cat >"$debian/rustc" <<END
#!/bin/sh
LD_LIBRARY_PATH='$(dirname "$lib"/*/libLLVM*.so* | head -n1)' exec '$debian/usr/bin/rustc' "\$@"
END
  chmod +x "$debian/rustc"
  # Its linker for this target is rustup's.
  tools="$lib/rustlib/$host/bin"
  mkdir -p "$tools"
  ln -s "$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" "$tools/rust-lld"

  mkdir -p "$debian/build/src"
  cat >"$debian/build/Cargo.toml" <<'END'
[package]
name = "nothing"
edition = "2024"
[workspace]
END
  touch "$debian/build/src/lib.rs"
  (
    cd "$debian/build"
    unset CARGO_BUILD_BUILD_DIR RUSTC_WORKSPACE_WRAPPER
    export CARGO_TARGET_DIR="$PWD/target" RUSTC="$debian/rustc"
    # With bitcode, so that link-time optimisation takes the standard library in.
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
      cargo build --quiet -Z build-std=std,panic_abort,test --target "$target" --release
  )
  mkdir -p "$lib/rustlib/$target/lib"
  rm -f "$debian"/build/target/"$target"/release/deps/libnothing-*
  cp "$debian"/build/target/"$target"/release/deps/*.rlib "$lib/rustlib/$target/lib/"
}

# SQLite is C.
scripts/need.sh clang-19=clang-19 llvm-ar-19=llvm-19
compiler=
if ! with_rustup; then
  with_debian
  compiler="export RUSTC='$debian/rustc'"
fi

cat >&3 <<END
export CC_wasm32_unknown_unknown=clang-19 AR_wasm32_unknown_unknown=llvm-ar-19
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='--cfg getrandom_backend="wasm_js"'
$compiler
END
