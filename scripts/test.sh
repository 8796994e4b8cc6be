#!/usr/bin/env bash
# Runs all tests: first those that need nothing, then those below test/ that
# need root, real guests and network namespaces. Built as the caller; only
# the second kind is elevated.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-trimpath -buildvcs=false" # as in the Makefile

mapfile -t packages < <(go list ./... | grep -v '/test/')
go test "${packages[@]}"

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo --preserve-env=CI)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for package in $(go list ./test/...); do
  [ -n "$(go list -f '{{join .TestGoFiles ""}}{{join .XTestGoFiles ""}}' "$package")" ] || continue
  folder=$(go list -f '{{.Dir}}' "$package")
  binary=$work/$(basename "$folder").test
  go test -c -o "$binary" "$package"
  printf '=== %s\n' "$package"
  (cd "$folder" && "${root[@]}" "$binary" -test.timeout 30m)
done
