#!/usr/bin/env bash
# Works on the web app with a Node that is new enough: scripts/web.sh [build|check|test|proto].
# npm ci needs the network once; what is installed and up to date is not installed again.
set -euo pipefail
cd "$(dirname "$0")/../web"

. ../scripts/node.sh

case ${1:-build} in
  build)
    run typescript/bin/tsc --noEmit
    find dist -mindepth 1 ! -name README -delete
    run vite/bin/vite.js build --logLevel warn
    ;;
  check)
    run typescript/bin/tsc --noEmit
    run @biomejs/biome/bin/biome check --error-on-warnings
    ;;
  test) run vitest/vitest.mjs run ;;
  proto) ./proto-gen.sh ;;
  *) echo "web: unknown: $1" >&2; exit 2 ;;
esac
