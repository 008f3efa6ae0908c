#!/usr/bin/env bash
# Installs the tools that a probe is compared with into the cache of tests/interop, at the versions of requirements.txt and
# checked against its hashes, and prints where they are: NAME PROGRAM, one a line. What cannot be had is told on standard
# error. One of them needs Python 3.12 or newer: PYTHON names it, else it is looked for.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../tests/interop/lib.sh"

newer() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }
for python in "$PYTHON" python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
  if have "$python" && newer "$python"; then PYTHON=$python; break; fi
done
newer "$PYTHON" || skip "no Python 3.12 or newer: set PYTHON"
_hashed() { "$PYTHON" -m venv "$2" && "$2/bin/pip" install -q --no-input --disable-pip-version-check --require-hashes --no-deps -r "$1"; }
dir=$INTEROP_CACHE/bench-peers-$(key "$here/requirements.txt")
once "$dir" _hashed "$here/requirements.txt"
for name in mcp-authlab mcp-posture; do
  version=$(sed -n "s/^$name==\([^ ]*\).*/\1/p" "$here/requirements.txt")
  printf '%s %s %s\n' "$name" "$version" "$dir/bin/$name"
done
