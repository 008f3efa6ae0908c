#!/usr/bin/env bash
# usage: PORT=18703 ./start.sh      (see ../README.md)
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18703}}
node22
node_modules oauth2-mock-server "$PWD"
node_app app.mjs
