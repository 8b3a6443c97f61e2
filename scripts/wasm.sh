#!/usr/bin/env bash
# Compiles the core for the page, and writes its TypeScript types.
# wasm.sh dev            web/src/core/wasm, without link-time optimisation
# wasm.sh release        …small and fast: minutes
# wasm.sh types          web/src/core/api.ts
# wasm.sh check-types    fails when that file is not what `types` would write
# Needs `npm ci` in web/ (scripts/page.sh sees to it).
. "$(dirname "$0")/env.sh"

out=web/src/core/wasm
types=web/src/core/api.ts

# What this SQLite is never asked for: other ciphers, extensions.
SQLITE_WASM_RS_FLAGS="-DHAVE_CIPHER_AES_128_CBC=0 -DHAVE_CIPHER_AES_256_CBC=0 -DHAVE_CIPHER_SQLCIPHER=0
  -DHAVE_CIPHER_RC4=0 -DHAVE_CIPHER_ASCON128=0 -DHAVE_CIPHER_AEGIS=0
  -USQLITE_ENABLE_RTREE -USQLITE_ENABLE_BYTECODE_VTAB -USQLITE_ENABLE_DBPAGE_VTAB -USQLITE_ENABLE_DBSTAT_VTAB
  -USQLITE_ENABLE_OFFSET_SQL_FUNC -USQLITE_ENABLE_STMTVTAB"
export SQLITE_WASM_RS_FLAGS

# compile PROFILE: a build directory of its own, since the compiler may be another one.
compile() {
  local environment
  environment=$(scripts/wasm-toolchain.sh)
  eval "$environment"
  CARGO_BUILD_BUILD_DIR="$ASTERISM_CACHE/target-wasm" cargo rustc --locked --package asterism-wasm --lib \
    --crate-type cdylib --target wasm32-unknown-unknown --profile "$1"
}

# bind PROFILE: the JavaScript around the library. Nothing is written when the library is the same as before.
bind() {
  local library="$CARGO_TARGET_DIR/wasm32-unknown-unknown/${1/#dev/debug}/asterism_wasm.wasm" stamp
  compile "$1"
  stamp="$1 $(sha256sum <"$library")"
  if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
  rm -rf "$out"
  wasm-bindgen --target web --out-dir "$out" --out-name asterism_wasm --no-typescript "$library"
  if [ "$1" != dev ]; then optimise "$out/asterism_wasm_bg.wasm"; fi
  echo "$stamp" >"$out/stamp"
}

# Only what all browsers of the last years have.
optimise() {
  node web/node_modules/binaryen/bin/wasm-opt -O3 --enable-bulk-memory --enable-bulk-memory-opt \
    --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-multivalue \
    --enable-sign-ext "$1" -o "$1"
}

print_types() {
  cargo run --locked --quiet --package asterism-wasm --features typescript --example typescript |
    (cd web && node_modules/.bin/biome format --stdin-file-path=src/core/api.ts)
}

case ${1:-} in
  dev) bind dev ;;
  release) bind wasm ;;
  types)
    new=$(print_types)
    echo "$new" >"$types"
    ;;
  check-types) diff -u "$types" <(print_types) ;;
  *)
    sed -n '3,7s/^# //p' "$0" >&2
    exit 2
    ;;
esac
