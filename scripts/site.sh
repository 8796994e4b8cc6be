#!/usr/bin/env bash
# Builds the documentation as a site, which dbc embeds: site/dist from the pages
# that site/nav.json names. Needs the network for npm ci only.
set -euo pipefail
cd "$(dirname "$0")/../site"
. ../scripts/node.sh

find dist -mindepth 1 ! -name README -delete
node stage.mjs
said=$(run vitepress/bin/vitepress.js build . 2>&1) || { echo "$said" >&2; exit 1; }
node index.mjs
