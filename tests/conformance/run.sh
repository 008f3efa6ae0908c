#!/usr/bin/env bash
# The official conformance suite as referee.
#
#   run.sh client [-g auth|call|all] [-s REGEX] [-w "WIRE ..."] [-j JOBS] [-o DIR] [CLIENT [ARG ...]]
#   run.sh server [-g base|search|all] [-w "WIRE ..."] [-o DIR] [URL]      a protected server: its token in CONFORMANCE_TOKEN
#   run.sh as [-c CLIENT_ID[:SECRET]] [-r RESOURCE] [-p PORT] [-o DIR] [ISSUER]
#
# Without a CLIENT it tests mcp-auth; without a URL or an ISSUER it starts `mcp-auth serve` and logs in to it.
# Prints   PASS|FAIL SCENARIO WIRE FAILED-CHECK-IDS   for each scenario and wire (2025-03-26, 2025-11-25, 2026-07-28), then
# `N passed, N failed`. Exit status 0 nothing failed, 1 something did, 2 it could not run, 77 this machine lacks something.
# RUN_TIMEOUT bounds the whole run (1200, 600 and 90 s), CLIENT_TIMEOUT one client (30 s). See README.md.
[ -z "${MCP_AUTH:-}" ] || { MCP_AUTH=$(realpath -m "$MCP_AUTH"); export MCP_AUTH; }
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../interop/lib.sh
export CONF_HERE=$PWD
start=$(date +%s)
die() { say "$*"; exit 2; }
usage() { sed -n '4,6s/^# *//p' "$CONF_HERE/run.sh" >&2; exit 2; }

part=${1:-}; [ $# -gt 0 ] && shift
group=; only=.; wires="2025-03-26 2025-11-25 2026-07-28"; jobs=2; out=; client=; resource=; port=3931
while getopts g:s:w:j:o:c:r:p: opt; do
  case $opt in
    g) group=$OPTARG ;; s) only=$OPTARG ;; w) wires=$OPTARG ;; j) jobs=$OPTARG ;; o) out=$OPTARG ;;
    c) client=$OPTARG ;; r) resource=$OPTARG ;; p) port=$OPTARG ;; *) usage ;;
  esac
done
shift $((OPTIND - 1))

# The published suite needs Node.js 22; 20 ends with a SyntaxError before it prints anything.
node22
node_modules conformance "$PWD"
export CONF_NODE=$NODE22 CONF_JS=$NODEDIR/node_modules/@modelcontextprotocol/conformance/dist/index.js
set +e

deadline() { CONF_END=$((start + $1)); export CONF_END; }
left() { local l=$((CONF_END - $(date +%s))); [ "$l" -gt 0 ] && echo "$l" || echo 0; }
folder() { # one place for all that a run leaves
  [ -n "$out" ] || out=$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX")
  mkdir -p "$out" && out=$(cd "$out" && pwd) || die "cannot write $out"
  rm -rf "${out:?}"/[0-9][0-9][0-9] "${out:?}"/results* "${out:?}"/lines
}
sum() { # the lines, the sum, and the exit status
  say "$(($(date +%s) - start)) s; logs in $out"
  cat "$out/lines"
  local passed failed
  passed=$(grep -c '^PASS ' "$out/lines"); failed=$(grep -c '^FAIL ' "$out/lines")
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

one() { # one NUMBER SCENARIO WIRE REFUSE: one client run
  local name=$2 wire=$3 refuse=${4#-} dir=$CONF_OUT/$1 limit=$((CONF_TIMEOUT + 15)) rest ids line
  mkdir -p "$dir/results" "$dir/home"
  rest=$(left)
  [ "$limit" -gt "$rest" ] && limit=$rest
  if [ "$rest" -lt 5 ]; then ids=harness-deadline
  else
    # --force: an explicit --spec-version would otherwise skip the extension scenarios.
    # The client gets a time limit of its own: the suite's ends only the shell that it started, and then waits for ever
    # while a grandchild holds the pipes. HOME is fresh, so nothing that one scenario stored can help the next.
    HOME="$dir/home" XDG_CONFIG_HOME="$dir/home/.config" XDG_DATA_HOME="$dir/home/.local/share" XDG_STATE_HOME="$dir/home/.local/state" \
    XDG_CACHE_HOME="$dir/home/.cache" XDG_RUNTIME_DIR="$dir/home" \
    timeout -k 3 "$limit" "$CONF_NODE" "$CONF_JS" client --command "timeout -k 2 $CONF_TIMEOUT $CONF_CLIENT" --scenario "$name" \
      --spec-version "$wire" --force --timeout $(((CONF_TIMEOUT + 5) * 1000)) -o "$dir/results" >"$dir/suite.log" 2>&1 </dev/null
    ids=$("$CONF_NODE" "$CONF_HERE/judge.cjs" client "$dir" "$?" "$refuse" 2>&1)
  fi
  if [ -z "$ids" ]; then line="PASS $name $wire"; else line="FAIL $name $wire $ids"; fi
  printf '%s\n' "$line" >"$dir/line"
  say "$line"
}

run_client() {
  case ${group:=all} in auth | call | all) ;; *) die "no such group: $group" ;; esac
  local n=0 name versions grp refuse wire plan
  # The suite splits the command at blanks, so it is a list of words.
  [ $# -gt 0 ] || set -- "$CONF_HERE/client.sh"
  [ "$1" != "$CONF_HERE/client.sh" ] || "$1" --check || exit 2
  export CONF_CLIENT="$*" CONF_OUT=$out CONF_TIMEOUT=${CLIENT_TIMEOUT:-30}
  : >"$out/plan"; : >"$out/plan-timed"
  while IFS='|' read -r name versions grp refuse; do
    [ "$group" = all ] || [ "$group" = "$grp" ] || continue
    printf '%s' "$name" | grep -Eq -- "$only" || continue
    for wire in $versions; do
      case " $wires " in *" $wire "*) ;; *) continue ;; esac
      n=$((n + 1))
      plan=plan; [ "$name" = sse-retry ] && plan=plan-timed # it judges a wait of 500 ms, so it runs alone, last
      printf '%03d %s %s %s\n' "$n" "$name" "$wire" "${refuse:--}" >>"$out/$plan"
    done
  done <"$CONF_HERE/scenarios.txt"
  [ "$n" -gt 0 ] || die "no scenario matches"
  export -f one left say
  for plan in plan plan-timed; do
    [ "$plan" = plan-timed ] && jobs=1
    xargs -r -P "$jobs" -L 1 bash -c 'one "$@"' _ <"$out/$plan"
  done
  cat "$out"/[0-9][0-9][0-9]/line >"$out/lines"
  for _ in $(seq $((n - $(wc -l <"$out/lines")))); do echo "FAIL * * harness-no-line" >>"$out/lines"; done
}

started=()
trap '[ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null' EXIT
serve() { # starts the reference deployment: $url, $issuer, and BROWSER_PASSWORD for its page
  program=${MCP_AUTH:-$CONF_HERE/../../target/release/mcp-auth}
  [ -x "$program" ] || die "no program at $program: cargo build --release, or set MCP_AUTH"
  HOME="$out/home" "$program" serve --port 0 --authority-port 0 >"$out/serve" 2>"$out/serve.err" </dev/null &
  started+=($!)
  for _ in $(seq 100); do grep -q '^authorization server' "$out/serve" && break; sleep 0.1; done
  url=$(awk '/^MCP server/ { print $3 }' "$out/serve") issuer=$(awk '/^authorization server/ { print $3 }' "$out/serve")
  [ -n "$url" ] && [ -n "$issuer" ] || die "mcp-auth serve did not start: $(cat "$out/serve" "$out/serve.err")"
  export BROWSER_PASSWORD=wonderland
}
token() { # logs in to $url: CONFORMANCE_TOKEN
  local state=$out/home/state
  "$program" login "$url" --state-dir "$state" --scope 'search:read search:write' --browser "$PYTHON $CONF_HERE/../interop/browser.py" \
    >"$out/login" 2>&1 </dev/null || die "mcp-auth login failed: $(cat "$out/login")"
  CONFORMANCE_TOKEN=$("$program" token show "$url" --state-dir "$state" --bare)
}

run_server() {
  [ $# -le 1 ] || usage
  local url=${1:-} issuer base search names wire rest rc
  if [ -z "$url" ]; then serve; token; fi
  base='server-initialize server-session-lifecycle server-stateless ping tools-list dns-rebinding-protection
    server-sse-multiple-streams http-header-validation'
  search="$base logging-set-level resources-list prompts-list sep-2164-resource-not-found caching http-custom-header-server-validation"
  case ${group:=search} in base) names=$base ;; search) names=$search ;; all) names= ;; *) die "no such group: $group" ;; esac
  if [ -n "${CONFORMANCE_TOKEN:-}" ]; then
    rm -f "$out/port"
    PROXY_TOKEN=$CONFORMANCE_TOKEN "$CONF_NODE" "$CONF_HERE/proxy.cjs" "$url" "$out/port" </dev/null >"$out/proxy.log" 2>&1 &
    started+=($!)
    for _ in $(seq 50); do [ -s "$out/port" ] && break; sleep 0.1; done
    [ -s "$out/port" ] || die "the proxy did not start: $(cat "$out/proxy.log")"
    url="http://127.0.0.1:$(cat "$out/port")$(printf '%s' "$url" | sed -E 's#^[a-z]+://[^/]+##')"
  fi
  : >"$out/lines"
  for wire in $wires; do
    [ "$wire" = 2025-03-26 ] && continue # the suite has no server scenario of its own for it
    rest=$(left)
    [ "$rest" -lt 5 ] && { echo "FAIL * $wire harness-deadline" >>"$out/lines"; continue; }
    timeout -k 5 "$rest" "$CONF_NODE" "$CONF_JS" server --url "$url" --suite all --spec-version "$wire" --timeout 30000 \
      -o "$out/results-$wire" >"$out/$wire.log" 2>&1 </dev/null
    rc=$?
    "$CONF_NODE" "$CONF_HERE/judge.cjs" server "$out/results-$wire" "$wire" "$out/$wire.log" "$names" "$group" >>"$out/lines"
    grep -q " $wire\b" "$out/lines" || echo "FAIL * $wire harness-exit-$rc" >>"$out/lines"
  done
}

run_as() {
  [ $# -le 1 ] || usage
  local url issuer=${1:-} id=${client%%:*} secret='' back="http://127.0.0.1:$port/callback" visited='' suite
  [ -n "$issuer" ] || serve
  case $client in *:*) secret=${client#*:} ;; esac
  if [ -z "$id" ]; then
    id=$(timeout 15 "$CONF_NODE" "$CONF_HERE/register.mjs" "$issuer" "$back" 2>"$out/register.err") || say "no client: $(cat "$out/register.err")"
  fi
  set -- --url "$issuer" --port "$port" --spec-version 2026-07-28 -o "$out/results"
  [ -n "$id" ] && set -- "$@" --client-id "$id"
  [ -n "$secret" ] && set -- "$@" --client-secret "$secret"
  [ -n "$resource" ] && set -- "$@" --resource "$resource"
  : >"$out/suite.log"
  timeout -k 3 "$(left)" "$CONF_NODE" "$CONF_JS" authorization "$@" >"$out/suite.log" 2>&1 </dev/null &
  suite=$!
  while kill -0 "$suite" 2>/dev/null; do
    if [ -z "$visited" ] && grep -q '^Waiting up to' "$out/suite.log"; then
      visited=$(grep -E '^https?://[^ ]*[?&]response_type=code' "$out/suite.log" | tail -1)
      # The suite waits for a person; this one fills the form and consents. When it is stuck, nothing is left to wait for.
      timeout 30 "$PYTHON" "$CONF_HERE/../interop/browser.py" "$visited" >"$out/browser.log" 2>&1 ||
        { say "the browser stopped: $(tail -3 "$out/browser.log")"; sleep 1; kill "$suite" 2>/dev/null; }
    fi
    sleep 0.2
  done
  wait "$suite" 2>/dev/null
  "$CONF_NODE" "$CONF_HERE/judge.cjs" as "$out/results" 2026-07-28 >"$out/lines"
}

case $part in
  client) deadline "${RUN_TIMEOUT:-1200}"; folder; run_client "$@" ;;
  server) deadline "${RUN_TIMEOUT:-600}"; folder; run_server "$@" ;;
  as) deadline "${RUN_TIMEOUT:-90}"; folder; run_as "$@" ;;
  *) usage ;;
esac
sum
