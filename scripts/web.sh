#!/usr/bin/env bash
# Works on the web app with a Node that is new enough: scripts/web.sh [build|check|test|proto].
# npm ci needs the network once; what is installed and up to date is not installed again.
set -euo pipefail
cd "$(dirname "$0")/../web"

# Vite's own condition. Debian 12's Node is older, so that one only runs npm,
# which fetches a Node of this project's own.
new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
pinned=22.23.3
tools=$(cd .. && pwd)/.tools

if ! node -e "$new_enough" 2>/dev/null; then
  node_dir=$tools/node-$pinned
  if [ ! -x "$node_dir/bin/node" ]; then
    case $(uname -m) in
      x86_64) arch=x64 ;;
      aarch64) arch=arm64 ;;
      *) echo "web: no Node for $(uname -m) is at hand; install Node 22.12 or newer" >&2; exit 1 ;;
    esac
    rm -rf "$node_dir.new"
    npm install --silent --no-save --prefix "$node_dir.new" "node-linux-$arch@$pinned"
    mkdir -p "$node_dir.new/bin"
    ln -s "../node_modules/node-linux-$arch/bin/node" "$node_dir.new/bin/node"
    mv "$node_dir.new" "$node_dir"
  fi
  PATH=$node_dir/bin:$PATH
fi

if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --ignore-scripts
  cp package-lock.json node_modules/.installed
fi

run() { node "node_modules/$1" "${@:2}"; }

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
