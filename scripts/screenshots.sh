#!/usr/bin/env bash
# Takes the pictures of docs/images/web anew: the browser tests that follow the
# guide take them, so that a picture shows what the tests saw. Needs root for the
# guests, and some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-trimpath -buildvcs=false" # as in the Makefile

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo --preserve-env=CHROMIUM)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/shots"
chmod 777 "$work" "$work/shots"
go test -c -o "$work/web.test" ./test/web
(cd test/web && "${root[@]}" env SHOTS="$work/shots" "$work/web.test" -test.run '^(TestGuide|TestRental)$' -test.timeout 45m)
for picture in docs/images/web/*.png; do
  cp "$work/shots/$(basename "$picture")" "$picture"
done
git status --short docs/images
