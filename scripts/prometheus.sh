#!/usr/bin/env bash
# Fetches the distribution's Prometheus into .tools/prometheus for the tests of
# deploy/monitoring. It is not installed: its package would start a server on
# port 9090, which is dbcd's.
set -euo pipefail
cd "$(dirname "$0")/.."

into=$PWD/.tools/prometheus
[ ! -x "$into/usr/bin/promtool" ] || exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
  echo 'prometheus: this system has no Debian packages; put promtool and prometheus 2.42 or newer into PATH' >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$PWD/.tools"
# The one who downloads may not be able to read a folder of the caller's.
chmod 0755 "$work"
(cd "$work" && apt-get download -qq prometheus >/dev/null 2>&1) || {
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  (cd "$work" && apt-get download -qq prometheus)
}
dpkg-deb -x "$work"/prometheus_*.deb "$work/tree"
rm -rf "$into"
mv "$work/tree" "$into"
