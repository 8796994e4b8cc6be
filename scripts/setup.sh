#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that build, demo and tests need.
# Says what it installs; does nothing when all of it is there.
set -euo pipefail

need_go=1.26.5

die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

command -v go >/dev/null || die "Go $need_go or newer is not installed: https://go.dev/dl"
have_go=$(go env GOVERSION | sed 's/^go//')
[ "$(printf '%s\n%s\n' "$need_go" "$have_go" | sort -V | head -n 1)" = "$need_go" ] ||
  die "Go $have_go is too old: $need_go or newer is needed"
command -v dpkg-query >/dev/null || die "this system has no Debian packages: Debian 12, 13 or Ubuntu 24.04 is needed"

packages=(
  ca-certificates gcc libc6-dev git                 # build
  protobuf-compiler                                 # make proto
  qemu-system-x86 qemu-utils ovmf                   # guests
  libvirt-daemon-system libvirt-clients             # their daemon, virsh
  nftables iproute2 openssh-client                  # their network, login
  e2fsprogs cpio mtools                             # guest images
  mmdebstrap uidmap debian-archive-keyring          # the one with Debian
  iptables procps systemd util-linux kmod udev      # tests
  curl jq                                           # the pages for validators
)

# A Node from elsewhere (18 or newer) brings its own npm; Debian's are two packages.
# Where it is too old for the web app, scripts/web.sh fetches one for it.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm) # web, test/cosmjs

# The browser of test/web, with a font that has Chinese for its pictures.
# Ubuntu's package is a snap, which not every system runs: there $CHROMIUM or
# what is installed is taken, and the tests say so where there is none.
packages+=(fonts-noto-cjk)
if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
  if grep -q '^ID=ubuntu' /etc/os-release; then packages+=(chromium-browser); else packages+=(chromium); fi
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || die "run as root or install sudo: ${missing[*]} must be installed"
  root=(sudo)
fi
printf 'setup: installing %s\n' "${missing[*]}"
"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
