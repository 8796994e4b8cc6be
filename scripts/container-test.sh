#!/usr/bin/env bash
# Follows the steps of deploy/container/Dockerfile in a fresh system without a
# container engine: what ADD and RUN say, then each target's program as its user.
# What only an engine does (layers, volumes, ports, signals) is not tried. Needs root
# and Debian's archive.
# usage: scripts/container-test.sh TARBALL   (dbc_VERSION_linux_ARCH.tar.gz of a release)
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: scripts/container-test.sh TARBALL" >&2; exit 1; }
tarball=$(realpath "$1")
[[ $(basename "$tarball") =~ ^dbc_(.+)_linux_([a-z0-9]+)\.tar\.gz$ ]] || { echo "container-test: $1 is no tarball of a release" >&2; exit 1; }
export VERSION=${BASH_REMATCH[1]} TARGETARCH=${BASH_REMATCH[2]}
file=$(dirname "$(realpath "$0")")/../deploy/container/Dockerfile
work=$(mktemp -d)
chmod 0755 "$work"
root=$work/root
trap 'umount -l "$root"/{proc,dev} 2>/dev/null || true; rm -rf "$work"' EXIT

die() { printf 'container-test: %s\n' "$*" >&2; exit 1; }

# Continued lines are one; a comment is none.
mapfile -t steps < <(grep -v '^ *#' "$file" | sed -e ':more' -e '/\\$/{N;s/\\\n *//;b more' -e '}' | grep .)
declare -A user=() begins=()
stage='' suite=''
for step in "${steps[@]}"; do
  word=${step%% *} rest=${step#* }
  case $word in
    FROM)
      read -r from _ stage <<<"$rest"
      [ "$stage" != base ] || suite=$(sed -E 's/^debian:([a-z]+)-slim$/\1/' <<<"$from")
      if [ "$stage" = base ]; then
        mmdebstrap --quiet --variant=minbase "$suite" "$root" 2>"$work/log" || { cat "$work/log" >&2; die "no fresh $suite"; }
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
      fi
      ;;
    ARG | VOLUME | EXPOSE | STOPSIGNAL | ENV) ;;
    ADD) tar -C "$root/${rest##* }" -xzf "$tarball" ;;
    RUN) DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c "$rest" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "$stage: $rest"; } ;;
    USER) user[$stage]=$rest ;;
    ENTRYPOINT | CMD) begins[$stage]+=" $(tr -d '[],"' <<<"$rest")" ;;
    *) die "a step that is not known here: $step" ;;
  esac
done

for stage in client chain; do
  [ -n "${user[$stage]-}" ] || die "$stage runs as root"
  read -ra command <<<"${begins[$stage]}"
  said=$(chroot --userspec="${user[$stage]}:${user[$stage]}" "$root" "${command[@]}" 2>&1) && die "$stage starts without a home: $said"
  grep -qE "node init|no such file|init" <<<"$said" || die "$stage does not say what it needs: $said"
  printf '%s: %s, as %s without a home: %s\n' "$stage" "${command[*]}" "${user[$stage]}" "$(tail -n 1 <<<"$said")"
done
home=/var/lib/dbc-client
chroot --userspec=dbc-client:dbc-client "$root" dbc node init --role client --home "$home" --set chain_id=dbc-testnet-1
chroot --userspec=dbcd:dbcd "$root" dbcd init tried --chain-id dbc-testnet-1 --home /var/lib/dbcd >/dev/null 2>"$work/log" || { cat "$work/log" >&2; die "the chain's home"; }
[ "$(stat -c %a "$root$home/dat/node.key" "$root/var/lib/dbcd/config/priv_validator_key.json" | sort -u)" = 600 ] || die "a key is open to others"
echo "homes: made by both users, keys closed"
