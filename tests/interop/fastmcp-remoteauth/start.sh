#!/usr/bin/env bash
# usage: MODE=remote|inmemory|introspection|oauthproxy|oidcproxy|scalekit [FASTMCP=4|2] PORT=18721 ./start.sh   (see ../README.md)
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18721}} MODE=${MODE:-remote}
v=${FASTMCP:-4}
venv "fastmcp$v" "$PWD/../fastapi-fastmcp/requirements-fastmcp$v.txt"
export FASTMCP_HOME=${FASTMCP_HOME:-$INTEROP_CACHE/fastmcp-home}   # its own state, kept out of the user's
ready "fastmcp-remoteauth($MODE,fastmcp$v)" "http://127.0.0.1:$PORT/mcp"
exec "$VENV/bin/python" app.py
