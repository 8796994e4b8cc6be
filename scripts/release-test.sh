#!/usr/bin/env bash
# Installs the packages of a release into fresh systems, upgrades, refuses a
# downgrade, removes and purges them, and looks at what is left. Needs root, and
# the archives of the systems.
# usage: scripts/release-test.sh FOLDER [NEWER_FOLDER]
# ROOTS="bookworm trixie noble" selects the systems; on Debian noble needs ubuntu-keyring.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: scripts/release-test.sh FOLDER [NEWER_FOLDER]" >&2; exit 1; }
release=$(realpath "$1") newer=
[ $# -lt 2 ] || newer=$(realpath "$2")
work=$(mktemp -d)
chmod 0755 "$work"
root=$work/root
away() { umount -l "$root"/{release,newer,proc} 2>/dev/null || true; }
trap 'away; rm -rf "$work"' EXIT

die() { printf 'release-test: %s: %s\n' "$system" "$*" >&2; exit 1; }
inside() { DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
left() { (cd "$root" && find etc var/lib usr \( -name 'dbc*' -o -name 'sign_tool*' \) ! -path '*/var/lib/dpkg/*' -printf '/%p\n') | sort; }

for system in ${ROOTS:-bookworm trixie noble}; do
  source=()
  [ "$system" != noble ] || source=("deb http://archive.ubuntu.com/ubuntu noble main universe")
  rm -rf "$root"
  mmdebstrap --quiet --variant=apt --include=ca-certificates "$system" "$root" "${source[@]}" 2>"$work/log" || {
    cat "$work/log" >&2
    die "no fresh system"
  }
  mkdir "$root/release" "$root/newer"
  mount -t proc proc "$root/proc"
  mount --bind -o ro "$release" "$root/release"
  [ -z "$newer" ] || mount --bind -o ro "$newer" "$root/newer"
  before=$(left)
  inside apt-get update -qq

  inside sh -c 'apt-get install -q -y --no-install-recommends /release/*.deb' >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; die "does not install"; }
  for program in "dbc --version" "dbcd version" "dbc-helper --version" "sign_tool --version"; do
    inside sh -c "$program" | grep -qE '[0-9]+\.[0-9]+\.[0-9]+' || die "$program prints no version"
  done
  for user in dbc-client dbc-node dbcd; do inside id "$user" >/dev/null || die "no user $user"; done
  [ "$(inside stat -c '%U %a' /var/lib/dbc/node)" = "dbc-node 700" ] || die "the journal's folder is open"
  inside systemd-analyze verify dbc-client.service dbc-helper.service dbc-node.service dbc-mining.service dbcd.service || die "a unit is wrong"
  echo "$system: installed"

  inside dbc node init --role client --home /var/lib/dbc-client --set chain_id=dbc-testnet-1 >/dev/null
  inside dbc node init --role mining --home /etc/dbc --set chain_id=dbc-testnet-1 --set public_ip=203.0.113.7 >/dev/null
  echo secret >"$root/etc/dbc/operator.txt"
  mkdir -p "$root/var/lib/dbc/wallets/keyring-file"
  echo secret >"$root/var/lib/dbc/wallets/keyring-file/operator.info"
  if [ -n "$newer" ]; then
    inside sh -c 'apt-get install -q -y --no-install-recommends /newer/*.deb' >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; die "does not upgrade"; }
    if inside sh -c 'dpkg -i /release/dbc_*.deb' >"$work/log" 2>&1; then die "takes an older version"; fi
    grep -q "is older" "$work/log" || { cat "$work/log" >&2; die "does not say why it takes no older version"; }
    inside sh -c 'dpkg --configure -a && dpkg -l dbc' | grep -q '^ii' || die "is broken after a refused downgrade"
    echo "$system: upgraded, and no older version taken"
  fi

  mkdir -p "$root/etc/libvirt/qemu"
  touch "$root/etc/libvirt/qemu/dbc-1.xml"
  if inside apt-get remove -q -y dbc-host >"$work/log" 2>&1; then die "goes although a renter's virtual machine is here"; fi
  rm "$root/etc/libvirt/qemu/dbc-1.xml"
  inside apt-get purge -qq -y dbc dbc-host dbc-chain sign-tool >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; die "is not purged"; }
  grep -q "kept:.* /etc/dbc/dat" "$work/log" || die "says nothing of the keys it keeps"
  [ -n "$(find "$root/etc/dbc/dat" -type f)" ] || die "a purge deleted the machine's key"
  [ -e "$root/etc/dbc/operator.txt" ] && [ -e "$root/var/lib/dbc/wallets/keyring-file/operator.info" ] || die "a purge deleted a wallet"
  rest=$(comm -13 <(echo "$before") <(left) || true)
  [ -z "$(find "$root/etc/dbc" "$root"/var/lib/dbc* -type f ! -path '*/dat/*' ! -path '*/keyring-*' ! -name operator.txt)" ] || die "a purge left more than keys"
  echo "$system: purged; left: ${rest:-nothing but keys}"
  away
done
