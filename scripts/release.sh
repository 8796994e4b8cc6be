#!/usr/bin/env bash
# Builds a release into a new folder, the same to the byte wherever it is built
# from one commit: programs for each system, Debian packages, a bill of materials
# for each program, checksums, and with a key a signature of these.
# usage: scripts/release.sh VERSION FOLDER [KEY]
#   VERSION  semantic, as 0.3.0 or 0.3.0-rc.1
#   KEY      an SSH private key; verify with
#            ssh-keygen -Y verify -f SIGNERS -I WHO -n dbc-release -s SHA256SUMS.sig < SHA256SUMS
# SYSTEMS="linux/amd64" builds for some systems only.
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf 'release: %s\n' "$*" >&2; exit 1; }

[ $# -ge 2 ] || die "usage: scripts/release.sh VERSION FOLDER [KEY]"
version=${1#v} out=$2 key=${3-}
semantic='^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$'
[[ $version =~ $semantic ]] || die "version $1: want a semantic version such as 0.3.0 or 0.3.0-rc.1"
[ ! -e "$out" ] || die "folder $out exists: name a new one"
[ -z "$key" ] || [ -f "$key" ] || die "key $key: no such file"
commit=$(git rev-parse HEAD)
[ -z "$(git status --porcelain)" ] || die "there are changes that are not committed: a release is built from a commit"
SOURCE_DATE_EPOCH=$(git show -s --format=%ct "$commit")
export SOURCE_DATE_EPOCH GOFLAGS="-trimpath -buildvcs=false" CGO_ENABLED=0 TZ=UTC LC_ALL=C
umask 022

nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.4
cyclonedx=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0
sdk=github.com/cosmos/cosmos-sdk/version
flags="-s -w -X $sdk.Name=dbc -X $sdk.AppName=dbcd -X $sdk.Version=$version -X $sdk.Commit=$commit -X main.version=$version"
debian=${version/-/\~} # before the release itself, as dpkg compares

mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in "$nfpm" "$cyclonedx"; do GOBIN=$work/tools go install "$tool"; done
scripts/web.sh build
scripts/site.sh

# programs SYSTEM ARCH FOLDER PROGRAM...
programs() {
  local system=$1 arch=$2 folder=$3 program ending=
  [ "$system" != windows ] || ending=.exe
  mkdir -p "$folder"
  for program in "${@:4}"; do
    GOOS=$system GOARCH=$arch go build -tags "$([ "$program" != dbc-helper ] || echo grpcnotrace)" \
      -ldflags "$flags" -o "$folder/$program$ending" "./cmd/$program"
  done
}

# packed FOLDER NAME: a tarball whose bytes depend on its contents only.
packed() {
  tar -C "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --transform "s,^\.,$2," -cf - . |
    gzip -9n >"$out/$2.tar.gz"
}

# page PROGRAM FILE WHAT: a manual page that shows the program's own help.
page() {
  {
    printf '.TH "%s" "1" "" "%s %s" "DBC"\n.SH NAME\n%s \\- %s\n.SH HELP\n.nf\n' "${1^^}" "$1" "$version" "$1" "$3"
    { said "$1" --help 2>&1 || true; } | sed 's/\\/\\\\/g; s/^\./\\\&./; s/-/\\-/g'
    printf '.fi\n'
  } >"$2"
}

# What packages and tarballs share comes from the programs themselves.
native=$(go env GOHOSTOS)/$(go env GOHOSTARCH)
programs "${native%/*}" "${native#*/}" "$work/native" dbc dbcd dbc-helper sign_tool
share=$work/share
mkdir -p "$share"/{completions,units,maintainer} "$share"/man/{dbc,dbcd,dbc-helper,sign_tool}
# said PROGRAM ARGUMENT...: by no configuration of this user's, and with no name of
# this computer's folders in defaults.
said() { (cd "$work" && HOME='~' "$work/native/$1" "${@:2}"); }
for shell in bash zsh fish; do
  said dbc completion "$shell" >"$share/completions/dbc.$shell"
  said dbcd completion "$shell" >"$share/completions/dbcd.$shell"
done
for program in dbc dbcd; do
  said "$program" man "$share/man/$program"
done
# The chain's daemon has hundreds of commands: its own page and those right below.
find "$share/man/dbcd" -name 'dbcd-*-*' -delete
page dbc-helper "$share/man/dbc-helper/dbc-helper.1" "the half of a compute node that has privileges"
page sign_tool "$share/man/sign_tool/sign_tool.1" "sign a request to a compute node"
gzip -9n "$share/man"/*/*.1
cp deploy/packages/copyright "$share"
gzip -9n <CHANGELOG.md >"$share/CHANGELOG.md.gz"
mkdir "$share"/{changelog,lintian}
for package in dbc dbc-host dbc-chain sign-tool; do
  printf '%s (%s) stable; urgency=medium\n\n  * CHANGELOG.md.gz beside this file has the changes.\n\n -- %s  %s\n' "$package" "$debian" \
    "$(sed -n 's/^maintainer: //p' "deploy/packages/$package.yaml")" "$(date -R -d "@$SOURCE_DATE_EPOCH")" |
    gzip -9n >"$share/changelog/$package.gz"
  printf '# A program in Go; it runs on any Linux.\n%s: statically-linked-binary\n' "$package" >"$share/lintian/$package"
done
for unit in deploy/systemd/*.service; do
  sed 's,/usr/local/bin/,/usr/bin/,' "$unit" >"$share/units/$(basename "$unit")"
done
cp deploy/systemd/dbc.tmpfiles "$share/units"
for user in dbcd:dbcd dbc-client:dbc-client dbc-host:dbc-node; do
  grep "^u ${user#*:} " deploy/systemd/dbc.sysusers >"$share/units/${user%:*}.sysusers"
done

# maintain PACKAGE SYSUSERS TMPFILES UNITS HOMES: its maintainer's scripts.
maintain() {
  local script guard=:
  [ "$1" != dbc-host ] || guard=$(cat deploy/packages/guard-host.sh)
  for script in preinst postinst prerm postrm; do
    PACKAGE=$1 SYSUSERS=$2 TMPFILES=$3 UNITS=$4 HOMES=$5 PURGE=$(cat "deploy/packages/purge-$1.sh") GUARD=$guard DEBIAN=$debian \
      perl -pe 's/@(PACKAGE|SYSUSERS|TMPFILES|UNITS|HOMES|PURGE|GUARD|DEBIAN)@/$ENV{$1}/g' \
      "deploy/packages/$script.sh" >"$share/maintainer/$1.$script"
  done
}
maintain dbc dbc-client.conf "" dbc-client.service /var/lib/dbc-client
maintain dbc-host dbc-host.conf dbc-host.conf "dbc-node.service dbc-helper.service dbc-mining.service" "/etc/dbc /var/lib/dbc"
maintain dbc-chain dbcd.conf "" dbcd.service /var/lib/dbcd

# debs ARCH PROGRAMS: the Debian packages.
debs() {
  local package
  rm -rf "$work/deb"
  mkdir "$work/deb"
  cp -r "$share/." "$2" "$work/deb"
  mv "$work/deb/$(basename "$2")" "$work/deb/programs"
  for package in dbc dbc-host dbc-chain sign-tool; do
    sed "s,@OUT@,$work/deb,; s,@ARCH@,$1,; s,@VERSION@,$version,; s,@DEBIAN@,$debian," "deploy/packages/$package.yaml" >"$work/$package.yaml"
    "$work/tools/nfpm" package --config "$work/$package.yaml" --packager deb --target "$out" >"$work/nfpm.log" 2>&1 ||
      { cat "$work/nfpm.log" >&2; die "package $package"; }
  done
}

for target in ${SYSTEMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}; do
  system=${target%/*} arch=${target#*/}
  built=$work/$system-$arch
  names=(dbc sign_tool) # without devnets and compute nodes, which need Linux
  [ "$system" != linux ] || names=(dbc dbcd dbc-helper sign_tool)
  if [ "$target" = "$native" ]; then
    cp -r "$work/native" "$built"
  else
    programs "$system" "$arch" "$built" "${names[@]}"
  fi
  for file in "$built"/*; do
    "$work/tools/cyclonedx-gomod" bin -json -noserial -output "$out/$(basename "$file")_${version}_${system}_$arch.cdx.json" "$file" 2>"$work/sbom.log" ||
      { cat "$work/sbom.log" >&2; die "bill of materials of $file"; }
  done
  [ "$system" != linux ] || debs "$arch" "$built"
  mkdir "$built/man"
  for name in "${names[@]}"; do cp -r "$share/man/$name" "$built/man"; done
  cp LICENSE CHANGELOG.md README.md README.zh.md "$built"
  [ "$system" != linux ] || cp -r "$share/completions" deploy/systemd "$built"
  packed "$built" "dbc_${version}_${system}_$arch"
done

(cd "$out" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
if [ -n "$key" ]; then
  ssh-keygen -q -Y sign -f "$key" -n dbc-release "$out/SHA256SUMS"
fi
(cd "$out" && ls -l)
