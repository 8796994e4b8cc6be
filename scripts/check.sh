#!/usr/bin/env bash
# Checks what changed since a commit: format, lint and tests of the packages
# that changed and of those that import them; the web app where it changed.
# Two minutes when the build cache is warm. The tests below test/ are left to
# `make test`.
# usage: scripts/check.sh [COMMIT]   (default: where this branch left origin/main,
# else main; on main itself the commit before)
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="-trimpath -buildvcs=false" # as in the Makefile

since() {
  local trunk fork
  for trunk in origin/main main; do
    fork=$(git merge-base HEAD "$trunk" 2>/dev/null) || continue
    [ "$fork" = "$(git rev-parse HEAD)" ] || { echo "$fork"; return; }
  done
  git rev-parse HEAD~1
}
base=${1:-$(since)}

mapfile -t changed < <({
  git diff --name-only "$base"
  git ls-files --others --exclude-standard
} | sort -u)
printf '%d files differ from %s\n' "${#changed[@]}" "$(git log -1 --format='%h %s' "$base")"

mapfile -t folders < <(printf '%s\n' "${changed[@]}" | grep '\.go$' | xargs -r -n 1 dirname | sort -u |
  while read -r folder; do [ ! -d "$folder" ] || echo "./$folder"; done)
if [ "${#folders[@]}" -gt 0 ]; then
  .tools/bin/golangci-lint run "${folders[@]}"
  direct=$(go list "${folders[@]}")
  mapfile -t tested < <(go list -f '{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... |
    awk -v direct="$direct" 'BEGIN { split(direct, list, "\n"); for (i in list) want[list[i]] = 1 }
      { for (i = 1; i <= NF; i++) if ($i in want) { print $1; next } }' | grep -v '/test/' || true)
  [ "${#tested[@]}" -eq 0 ] || go test "${tested[@]}"
fi
if printf '%s\n' "${changed[@]}" | grep -q '^web/'; then
  scripts/web.sh check
  scripts/web.sh test
fi
if printf '%s\n' "${changed[@]}" | grep -qE '\.md$|^docs/'; then
  go test ./test/docs
fi
