#!/bin/sh
# swap.sh HOME FLAGS...: runs HOME/binaries/genesis/dbcd until the chain stops
# for an upgrade, then HOME/binaries/<upgrade>/dbcd, as cosmovisor does. The
# daemon says that it waits by writing data/upgrade-info.json.
set -eu
home=$1
shift
info=$home/data/upgrade-info.json
current=genesis
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; wait; exit 143' TERM INT

planned() { sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p' "$info" 2>/dev/null; }

while :; do
  name=$(planned || true)
  if [ -n "$name" ] && [ -x "$home/binaries/$name/dbcd" ]; then current=$name; fi
  "$home/binaries/$current/dbcd" start "$@" &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    name=$(planned || true)
    if [ -n "$name" ] && [ "$name" != "$current" ]; then
      kill "$child" 2>/dev/null || true # it may have ended by itself, as its consensus has
      break
    fi
    sleep 0.2
  done
  status=0
  wait "$child" || status=$?
  child=
  name=$(planned || true)
  if [ -z "$name" ] || [ "$name" = "$current" ]; then exit "$status"; fi
  if [ ! -x "$home/binaries/$name/dbcd" ]; then
    echo "swap.sh: no daemon for the upgrade $name in $home/binaries" >&2
    exit 1
  fi
done
