#!/usr/bin/env bash
# usage: PORT=18741 ISSUER=… JWKS_URI=… AUDIENCE=… ./start.sh      (see ../README.md)
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18741}} NODE_ENV=production
node22
node_modules typescript-sdk "$PWD"
ready typescript-sdk "http://127.0.0.1:$PORT/mcp"
node_app app.mjs
