#!/usr/bin/env bash
# `--store keyring` against a real Secret Service: run.sh PROGRAM (built with --features keyring). Says `skipped: REASON`, exit
# status 77, where D-Bus or GNOME Keyring is missing and cannot be installed. The keyring is one of its own, in a temporary home.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../interop/lib.sh"
program=$(realpath "${1:-$here/../../target/debug/mcp-auth}")

if [ "${2:-}" != inside ]; then
  need dbus-run-session dbus
  need gnome-keyring-daemon gnome-keyring
  HOME=$(mktemp -d); export HOME
  trap 'rm -rf "$HOME"' EXIT
  export XDG_RUNTIME_DIR=$HOME/run XDG_DATA_HOME=$HOME/data XDG_STATE_HOME=$HOME/state XDG_CACHE_HOME=$HOME/cache XDG_CONFIG_HOME=$HOME/config
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  status=0
  dbus-run-session -- "$here/run.sh" "$program" inside 2>"$HOME/err" || { status=$?; cat "$HOME/err" >&2; }
  exit $status
fi

server=
trap '[ -z "$server" ] || kill "$server"' EXIT
"$program" serve --port 0 --authority-port 0 >"$HOME/serve" &
server=$!
for _ in $(seq 100); do grep -q '^MCP server' "$HOME/serve" && break; sleep 0.1; done
url=$(awk '/^MCP server/ { print $3 }' "$HOME/serve")
export MCP_AUTH_STORE=keyring BROWSER_PASSWORD=wonderland
browser="$PYTHON $here/../interop/browser.py"

said() { # said STATUS WORDS COMMAND...: the command ends so, soon, and says so
  local status=0 out words=$2 wanted=$1
  shift 2
  out=$(timeout 20 "$@" 2>&1) || status=$?
  [ "$status" = "$wanted" ] && grep -qF -- "$words" <<<"$out" || { echo "FAILED: $*: exit $status, wanted $wanted with '$words': $out" >&2; exit 1; }
}

# Without a Secret Service, and with a bus that never answers: an error of the store, in time, and nothing else is used.
said 6 'help: is it running and unlocked' env DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere "$program" login "$url" --browser "$browser"
"$PYTHON" -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(60)' "$HOME/mute" &
mute=$!
for _ in $(seq 50); do [ -S "$HOME/mute" ] && break; sleep 0.1; done
said 6 'no answer within 3 s' env DBUS_SESSION_BUS_ADDRESS="unix:path=$HOME/mute" "$program" token list
kill "$mute"
[ -z "$(find "$XDG_STATE_HOME" -name 'credentials*.json' 2>/dev/null)" ] || { echo "FAILED: something was kept without a keyring" >&2; exit 1; }

printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null
said 0 'logged in; the MCP server takes the token' "$program" login "$url" --browser "$browser"
said 0 'ends in' "$program" token list
said 0 'should accept this token' "$program" token check
said 0 'refreshed' "$program" token refresh
said 0 'search' "$program" tools
file=$XDG_STATE_HOME/mcp-auth/credentials.sealed.json
[ "$(stat -c %a "$file")" = 600 ]
grep -qF '"sealed"' "$file" && ! grep -qE 'access|refresh|127.0.0.1' "$file" "$file.previous"
# The file is worth nothing to another keyring, and is left as it is.
cp "$file" "$HOME/before"
said 6 'holds no key for the credential store' dbus-run-session -- bash -c "export XDG_DATA_HOME=$HOME/other; mkdir -p $HOME/run2; export XDG_RUNTIME_DIR=$HOME/run2; printf other | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec '$program' token list"
cmp "$file" "$HOME/before"
said 0 'logged out' "$program" logout
echo "the keyring holds the key, the file is sealed: ok"
