#!/usr/bin/env bash
# Runs all tests: first those of the packages, then those below test/ two at a
# time, and one at a time those that need root. Built as the caller; only these are elevated.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-trimpath -buildvcs=false" # as in the Makefile

needs_root='/test/(commands|crash|e2e|fulldisk|nat|network|units|vm|web)$'

mapfile -t units < <(go list ./... | grep -v '/test/')
mapfile -t whole < <(go list ./test/... | grep -vE "$needs_root")
mapfile -t rooted < <(go list ./test/... | grep -E "$needs_root")

scripts/web.sh test
go test "${units[@]}"
go test -count=1 -p 2 -timeout 20m "${whole[@]}"

# As the caller: the tests that use it run as root.
npm ci --prefix test/postman --ignore-scripts --no-audit --no-fund

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo --preserve-env=CI)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for package in "${rooted[@]}"; do
  folder=$(go list -f '{{.Dir}}' "$package")
  binary=$work/$(basename "$folder").test
  go test -c -o "$binary" "$package"
  printf '%s\n' "$package"
  (cd "$folder" && "${root[@]}" "$binary" -test.timeout 45m)
done
