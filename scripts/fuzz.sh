#!/usr/bin/env bash
# Runs every fuzz target of the repository for a while (default 30s), two at a
# time. An input that fails stays in the package's testdata/fuzz, where go test
# runs it from then on: fix it and commit both.
# FUZZ_CORPUS=FOLDER, an absolute path, keeps what reached new branches.
# usage: scripts/fuzz.sh [DURATION] [REGEXP of packages]
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-trimpath -buildvcs=false" # as in the Makefile

export duration=${1:-30s} work
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fuzz FOLDER BINARY TARGET: one line, or all that a failure said, its input too.
fuzz() {
  local log=$work/$(basename "$2").$3.log
  # Ended by an interrupt: at -fuzztime a busy computer's fuzzer can take its own
  # deadline for a failure (https://go.dev/issue/75804, until Go 1.27).
  if (cd "$1" && timeout --foreground --preserve-status -s INT -k 60 "$duration" "$2" -test.run '^$' -test.fuzz "^$3\$" \
    -test.fuzzcachedir "${FUZZ_CORPUS:-$work/corpus}/$1" -test.parallel 1) >"$log" 2>&1; then
    printf '%-22s %-20s %s\n' "$1" "$3" "$(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
    return
  fi
  cat "$log"
  (cd "$1" && git ls-files -z --others testdata/fuzz | xargs -0 -r tail -v -n +1)
  printf 'FAIL %s %s\n' "$1" "$3"
  return 1
}
export -f fuzz

mapfile -t folders < <(git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n 1 dirname | sort -u | grep -E "${2:-.}")
# Built one after the other, for each build takes all processors by itself.
for folder in "${folders[@]}"; do
  binary=$work/${folder//\//_}.test
  # What -fuzz adds, the coverage that leads the fuzzer, but to this module only:
  # else all that it is made of would be built anew, which takes longer than the
  # fuzzing. Without what a debugger reads, linking takes half as long.
  go test -c -ldflags '-s -w' -gcflags 'github.com/dbc-network/dbc/...=-d=libfuzzer' -o "$binary" "./$folder"
  for target in $(cat "$folder"/*_test.go | sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p'); do
    printf '%s\0%s\0%s\0' "$folder" "$binary" "$target"
  done
done >"$work/list"
xargs -0 -n 3 -P 2 bash -c 'fuzz "$@"' fuzz <"$work/list"
