#!/usr/bin/env bash
# Installs buf beside this file unless it is there in the version that package.json names.
# `npm install`, not `npm ci`: some registries lack the binaries of other platforms.
set -euo pipefail
cd "$(dirname "$0")"

want=$(node -p 'require("./package.json").dependencies["@bufbuild/buf"]')
have=$(node_modules/.bin/buf --version 2>/dev/null || true)
if [ "$have" != "$want" ]; then
  echo "tools: installing buf $want"
  npm install --no-save --no-audit --no-fund
fi
