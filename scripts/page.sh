#!/usr/bin/env bash
# Builds the page into web/dist. Quick when nothing changed.
# page.sh dev        with the core compiled without link-time optimisation
# page.sh release    …small and fast; fails when the page is over its size budget
# page.sh bare       the page of the core's own browser tests, with the core as for `dev`
. "$(dirname "$0")/env.sh"

kind=${1:-release}
case $kind in
  dev | bare) core=dev ;;
  release) core=release ;;
  *)
    sed -n '3,5s/^# //p' "$0" >&2
    exit 2
    ;;
esac

scripts/tools.sh page

# install: the packages of the lock file, and nothing that they would like to run.
install() {
  local stamp=web/node_modules/.asterism-lock
  if cmp -s web/package-lock.json "$stamp"; then return; fi
  (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp web/package-lock.json "$stamp"
}

# Everything that the build reads, by content.
fingerprint() {
  echo "$kind"
  find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

build() {
  local mode=production result=web/dist
  if [ "$kind" = bare ]; then mode=bare result=web/node_modules/.cache/bare; fi
  local stamp="web/node_modules/.cache/asterism-$mode" now
  now=$(fingerprint | sha256sum)
  if [ -e "$result/index.html" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then return; fi
  rm -f "$stamp"
  mkdir -p web/node_modules/.cache
  (cd web && ASTERISM_WASM=$core node_modules/.bin/vite build --mode "$mode" --logLevel warn)
  echo "$now" >"$stamp"
  # The server looks at this to see that there is a page to build in.
  if [ "$kind" != bare ]; then touch web/index.html; fi
}

install
scripts/wasm.sh "$core"
build
