#!/usr/bin/env bash
# Runs all tests in two lanes beside each other: in one those below test/ that
# start a devnet, which takes its ports on this computer; in the other those of
# the packages, then the rest below test/. What emulates a whole computer runs after
# both, alone: as long as it lasts its clocks and its polling cost processor time, so
# beside others it takes five times as long. Built as the caller; only those that need
# root are elevated.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-trimpath -buildvcs=false" # as in the Makefile
# make lint vets all packages; what debuggers read is half of the work of linking.
lean=(-vet=off -ldflags=-w)

needs_root='/test/(commands|crash|e2e|fulldisk|gpu|nat|network|units|vm|web)$'
needs_devnet='/test/(commands|crash|e2e|web)$'
needs_all='/test/gpu$'

# packages: the tests of the packages and of the web app.
packages() {
  local list status=0
  mapfile -t list < <(go list ./... | grep -v '/test/')
  scripts/web.sh test || status=1
  go test "${lean[@]}" "${list[@]}" || status=1
  return "$status"
}

# As the caller: the tests that use it run as root.
npm ci --prefix test/postman --ignore-scripts --no-audit --no-fund

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo --preserve-env=CI)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# whole PACKAGE: one package below test/, with its seconds. What a failed one
# printed is shown at once, and its end again at the end.
whole() {
  local package=$1 name folder began=$SECONDS elevate=() status=0
  name=$(basename "$package")
  folder=$(go list -f '{{.Dir}}' "$package")
  grep -qE "$needs_root" <<<"$package" && elevate=("${root[@]}")
  {
    go test "${lean[@]}" -c -o "$work/$name.test" "$package" &&
      (cd "$folder" && "${elevate[@]}" "$work/$name.test" -test.timeout 45m)
  } >"$work/$name.log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    printf 'ok    %5d s  %s\n' $((SECONDS - began)) "$package"
    return
  fi
  cat "$work/$name.log"
  mv "$work/$name.log" "$work/$name.failed"
  printf 'FAIL  %5d s  %s\n' $((SECONDS - began)) "$package"
  return 1
}

# lane PACKAGE...: one after the other, on after a failure. Ctrl-C ends a lane
# in the background too.
lane() {
  trap - INT
  local status=0 package
  for package in "$@"; do whole "$package" || status=1; done
  return "$status"
}

mapfile -t tested < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./test/...)
mapfile -t devnets < <(printf '%s\n' "${tested[@]}" | grep -E "$needs_devnet")
mapfile -t alone < <(printf '%s\n' "${tested[@]}" | grep -E "$needs_all")
mapfile -t others < <(printf '%s\n' "${tested[@]}" | grep -vE "$needs_devnet|$needs_all")
lane "${devnets[@]}" &
beside=$!
failed=0
packages || failed=1
lane "${others[@]}" || failed=1
wait "$beside" || failed=1
lane "${alone[@]}" || failed=1
find "$work" -name '*.failed' -exec tail -n 100 {} +
exit "$failed"
