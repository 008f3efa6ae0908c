#!/usr/bin/env bash
# usage: ./mcp-remote.sh MCP_URL [options of mcp-remote-client]     BROWSER_USER, BROWSER_PASSWORD for the login
# A foreign client for `mcp-auth serve`: registers, logs in through ../browser.py, lists tools. Exit 0 when it got them.
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
here=$PWD
node22
node_modules client-mcp-remote "$PWD"
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
printf '#!/bin/sh\nexec %s %s/../browser.py "$@" >>%s/browser.log 2>&1\n' "$PYTHON" "$here" "$tmp" >"$tmp/xdg-open"; chmod +x "$tmp/xdg-open"
export MCP_REMOTE_CONFIG_DIR=$tmp/auth PATH=$tmp:$PATH BROWSER=$tmp/xdg-open
cd "$NODEDIR"
timeout "${TIMEOUT:-40}" "$NODE22" node_modules/mcp-remote/dist/client.js "$1" $((20000 + RANDOM % 9000)) --allow-http "${@:2}" >"$tmp/out" 2>&1 < <(sleep "${TIMEOUT:-40}") && rc=0 || rc=$?
sed '/^\s*$/d' "$tmp/out" | cut -c1-300
if [ -s "$tmp/browser.log" ]; then echo "-- browser:"; cut -c1-200 "$tmp/browser.log"; fi
if grep -q '"tools"\|Tools:' "$tmp/out"; then echo "mcp-remote: ok $1"; else echo "mcp-remote: FAILED (rc $rc) $1: $(grep -i 'error' "$tmp/out" | tail -1 | cut -c1-250)"; exit 1; fi
