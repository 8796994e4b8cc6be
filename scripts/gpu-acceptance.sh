#!/usr/bin/env bash
# Walks a host with a spare card from a first look to a rental of his own, and
# prints what to report: scripts/gpu-acceptance.sh [OPTION]...
#
#   --node-home DIR   home of the mining node (default /etc/dbc)
#   --wallet NAME     wallet that pays for the rental of one's own; without it that
#                     step is left out
#   --image NAME      guest image of that rental (default the machine's own choice)
#   --slot N          slot of dbc host inventory to bind (default all that are alike)
#   --state DIR       folder of what was found so far (default /var/lib/dbc-acceptance)
#   --again           forget what was found, and begin anew
#
# Run it as root, reboot when it says so, and run it again with the same options: it
# goes on where it was. It changes what dbc host gpu bind changes, which
# dbc host gpu unbind reverts, and spends what dbc host doctor --self-rent spends. The
# report names no card, wallet, address or machine.
set -euo pipefail

dbc=${DBC:-dbc}
boot_id=${BOOT_ID:-/proc/sys/kernel/random/boot_id}
home=/etc/dbc wallet='' image='' slot='' state=/var/lib/dbc-acceptance again=''
usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
  exit "$1"
}
while [ $# -gt 0 ]; do
  case $1 in
    --node-home) home=${2:?} ;;
    --wallet) wallet=${2:?} ;;
    --image) image=${2:?} ;;
    --slot) slot=${2:?} ;;
    --state) state=${2:?} ;;
    --again) again=yes; shift; continue ;;
    -h | --help) usage 0 ;;
    *) usage 2 >&2 ;;
  esac
  shift 2
done
[ "$(id -u)" = 0 ] || { echo "run it as root: the kernel hides some things from others" >&2; exit 1; }
command -v "$dbc" >/dev/null || { echo "dbc is not in PATH; install it first (docs/gpu.md)" >&2; exit 1; }
umask 077
[ -z "$again" ] || rm -rf "$state"
mkdir -p "$state"

say() { printf '\n== %s\n' "$*" >&2; }

# step NAME COMMAND... keeps a command's output and exit code once it ended by
# itself; what was kept is not done again. A command that was killed is.
step() {
  local name=$1 code=0
  shift
  [ ! -e "$state/$name.code" ] || return 0
  say "$name: $*"
  # What it says is shown too: it may ask for a passphrase.
  "$@" >"$state/$name.json" 2> >(tee "$state/$name.log" >&2) || code=$?
  [ "$code" -lt 128 ] || exit "$code"
  echo "$code" >"$state/$name.code"
  [ "$code" = 0 ] || printf '   it ended with %s; the report has its words\n' "$code" >&2
}

code() { cat "$state/$1.code" 2>/dev/null || echo -; }

# forget NAME... has steps done again.
forget() {
  local name
  for name in "$@"; do rm -f "$state/$name.code"; done
}

# redact takes out what names a card, a machine, a wallet or an address.
redact() {
  sed -E -e 's/GPU-[0-9a-fA-F-]{8,}/GPU-…/g' -e 's/("(serial|uuid|machine_id|tx_hash|holder|id)": *")[^"]*/\1…/g' \
    -e 's/\b[0-9a-fA-F]{64}\b/…/g' -e 's/\bdbc(valoper)?1[0-9a-z]{20,}\b/dbc1…/g' -e 's/\b12D3Koo[0-9A-Za-z]+\b/12D3Koo…/g' \
    -e 's/\b([0-9]{1,3}\.){3}[0-9]{1,3}\b/x.x.x.x/g' -e 's/\b([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b/…/g'
}

step inventory "$dbc" host inventory --json
step doctor-before "$dbc" host doctor --all --json --node-home "$home"
if [ ! -e "$state/bind.code" ]; then
  cp "$boot_id" "$state/boot"
  if [ -n "$slot" ]; then
    step bind "$dbc" host gpu bind --json --slot "$slot"
  else
    step bind "$dbc" host gpu bind --json
  fi
fi
if [ "$(code bind)" != 0 ]; then
  cat "$state/bind.log" >&2
  forget bind
  echo "nothing was bound; mend that and run this again" >&2
  exit 1
fi
if cmp -s "$boot_id" "$state/boot"; then
  echo "The cards are kept for VMs from the next start on. Now: reboot, then run this again with the same options." >&2
  exit 0
fi
step bound "$dbc" host gpu apply --json
step doctor-after "$dbc" host doctor --all --json --node-home "$home"
step facts "$dbc" host gpu facts --json
# Without a helper that runs there is nothing to reset by.
if ! "$dbc" host gpu slots --json --node-home "$home" >"$state/slots.json" 2>"$state/slots.log"; then
  cat "$state/slots.log" >&2
  echo "the node's helper does not answer; set the node up and start it (docs/hosting.md), then run this again" >&2
  exit 1
fi
step reset-test "$dbc" host doctor --reset-test --json --node-home "$home"
if [ -n "$wallet" ]; then
  if [ -n "$image" ]; then
    step self-rent "$dbc" host doctor --self-rent --yes --json --node-home "$home" --wallet "$wallet" --image "$image"
  else
    step self-rent "$dbc" host doctor --self-rent --yes --json --node-home "$home" --wallet "$wallet"
  fi
else
  say "self-rent is left out: --wallet names no wallet"
fi
forget slots-after
step slots-after "$dbc" host gpu slots --json --node-home "$home"

say "Please report what follows, with the maker and model of card and board"
{
  echo "dbc: $("$dbc" --version 2>&1 | head -n 1)"
  echo "system: $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), kernel $(uname -r)"
  for name in inventory doctor-before bind bound doctor-after facts reset-test self-rent slots-after; do
    [ -e "$state/$name.code" ] || continue
    printf '\n--- %s: ended with %s\n' "$name" "$(code "$name")"
    cat "$state/$name.json"
    if [ "$(code "$name")" != 0 ]; then tail -n 20 "$state/$name.log"; fi
  done
} | redact
