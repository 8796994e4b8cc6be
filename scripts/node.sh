# Sourced by scripts that build for the browser, in the folder of a package.json:
# puts a Node that is new enough onto the path and installs what the lock file names.

# Vite's own condition. Debian 12's Node is older, so that one only runs npm,
# which fetches a Node of this project's own.
new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
pinned=22.23.3
tools=$(cd .. && pwd)/.tools
name=$(basename "$PWD")

if ! node -e "$new_enough" 2>/dev/null; then
  node_dir=$tools/node-$pinned
  if [ ! -x "$node_dir/bin/node" ]; then
    case $(uname -m) in
      x86_64) arch=x64 ;;
      aarch64) arch=arm64 ;;
      *) echo "$name: no Node for $(uname -m) is at hand; install Node 22.12 or newer" >&2; exit 1 ;;
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
