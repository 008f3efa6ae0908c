# Sourced by .ci/run (bash): installs what a fresh Debian-like machine misses. Every function does nothing when the thing is there,
# says one line when it installs, prints what it set, and returns non-zero with `skipped: REASON` on standard error when it cannot:
#
#   install_node22          Node.js 22 and npm first on the PATH      (from a package registry, into the user's cache)
#   install_python_venv     a python3 that can make virtual environments
#   install_valkey          $VALKEY_SERVER: valkey-server, or redis-server where the distribution has no valkey
#   install_chromium        $CHROMIUM: a browser that runs headless
#   install_chromedriver    the same, and chromedriver, by which a test types and clicks in it
#   install_tmux            tmux
#   install_ip              ip, which gives a network of its own its addresses
#   install_strace          strace, by which a test makes system calls fail
#
# System packages come through apt-get, by root only.

_ci_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# In a subshell, because lib.sh is written for scripts: it sets -e and leaves with `exit`.
_ci() { ( . "$_ci_here/../tests/interop/lib.sh"; "$@" ) }

install_node22() {
  local node
  node=$(_ci eval 'node22 >&2; echo "$NODE22"') || return
  case $(command -v node) in "$node") ;; *) PATH=$(dirname "$node"):$PATH; export PATH; hash -r ;; esac
}

install_python_venv() { _ci need_venv; }

install_valkey() {
  local package
  VALKEY_SERVER=$(command -v valkey-server || command -v redis-server) || {
    for package in valkey-server redis-server; do
      apt-cache show "$package" >/dev/null 2>&1 && break
    done
    _ci need "$package" "$package" || return
    VALKEY_SERVER=$(command -v "$package") || return
  }
  export VALKEY_SERVER
}

install_chromium() {
  CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    _ci need chromium chromium || return
    CHROMIUM=$(command -v chromium) || return
  }
  export CHROMIUM
}

install_chromedriver() { install_chromium && _ci need chromedriver chromium-driver; }

install_tmux() { _ci need tmux tmux; }

install_ip() { _ci need ip iproute2; }
install_strace() { _ci need strace strace; }
