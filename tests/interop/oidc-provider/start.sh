#!/usr/bin/env bash
# usage: PORT=18701 ./start.sh      (see ../README.md)
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18701}}
node22
node_modules oidc-provider "$PWD"
node_app app.mjs
