#!/usr/bin/env bash
# usage: [FASTMCP=4|2] [SCOPES="a b"] [CLIENT_ID=.. CLIENT_SECRET=..] ./fastmcp.sh MCP_URL     BROWSER_USER, BROWSER_PASSWORD for the login
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
v=${FASTMCP:-4}
venv "fastmcp$v" "$INTEROP/fastapi-fastmcp/requirements-fastmcp$v.txt"
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
export FASTMCP_HOME=$tmp HOME=$tmp PYTHONWARNINGS=ignore
"$VENV/bin/python" client.py "$1"
