#!/usr/bin/env bash
# Shows the reference deployment thousands of tokens and holds its answers against an independent JWT library: see tokens.py.
cd "$(dirname "${BASH_SOURCE[0]}")" && . ./lib.sh
venv fastmcp4 "$PWD/fastapi-fastmcp/requirements-fastmcp4.txt"
exec "$VENV/bin/python" tokens.py "$@"
