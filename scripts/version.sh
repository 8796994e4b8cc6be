#!/usr/bin/env bash
# Prints the semantic version of what is checked out: a release's tag, or what comes
# after the last one, as 0.3.1-dev.12+36c1c5a0.
set -euo pipefail
cd "$(dirname "$0")/.."

first=0.1.0 # what no tag comes before
build=$(git rev-parse --short=8 HEAD 2>/dev/null) || { printf '%s-dev\n' "$first"; exit; }
[ -z "$(git status --porcelain --untracked-files=no)" ] || build+=.dirty

if tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*.[0-9]*.[0-9]*' 2>/dev/null); then
  since=$(git rev-list --count "$tag..HEAD")
  version=${tag#v}
  if [ "$since" -eq 0 ] && [[ $build != *.dirty ]]; then
    printf '%s\n' "$version"
    exit
  fi
  case $version in
    *-*) next=$version.dev ;; # after a release's candidate, before the release
    *) next=${version%.*}.$((${version##*.} + 1))-dev ;;
  esac
else
  since=$(git rev-list --count HEAD) next=$first-dev
fi
printf '%s.%d+%s\n' "$next" "$since" "$build"
