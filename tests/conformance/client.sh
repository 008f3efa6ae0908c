#!/usr/bin/env bash
# How the suite's scenarios are told to mcp-auth: its environment becomes our flags, nothing more. The suite appends the server's
# URL as the last argument and sets MCP_CONFORMANCE_SCENARIO and, where it hands out credentials, MCP_CONFORMANCE_CONTEXT (JSON).
# The program negotiates the wire by itself: MCP_CONFORMANCE_PROTOCOL_VERSION is not passed on.
#   client.sh --check      says whether there is a program to test
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${MCP_AUTH:-$here/../../target/release/mcp-auth}
[ -x "$program" ] || { echo "no program at $program: cargo build --release, or set MCP_AUTH" >&2; exit 2; }
[ "${1:-}" != --check ] || exit 0
url=$1
export MCP_AUTH_SERVER=$url

# context PYTHON-EXPRESSION of c: the scenario's data
context() { python3 -c 'import json, os, sys; c = json.loads(os.environ["MCP_CONFORMANCE_CONTEXT"]); r = eval(sys.argv[1]); print(r if isinstance(r, str) else json.dumps(r))' "$1"; }
# file NAME: the scenario's secret in a file, because a secret is never an argument
file() { (umask 077; context "c['$1']" >"$HOME/$1"); echo "$HOME/$1"; }

# A document that the suite knows by its URL alone: nobody serves it.
login=(--login --browser follow --client-metadata-url https://conformance-test.local/client-metadata.json)
call() { "$program" call "${login[@]}" "$@"; }
# Secrets by environment, as in CI
secret() { MCP_AUTH_CLIENT_SECRET=$(context "c['client_secret']"); export MCP_AUTH_CLIENT_SECRET; login+=(--client-id "$(context "c['client_id']")"); }

case $MCP_CONFORMANCE_SCENARIO in
  auth/pre-registration) secret ;;
  auth/client-credentials-basic) secret; login+=(--grant client-credentials) ;;
  auth/client-credentials-jwt)
    login+=(--grant client-credentials --client-id "$(context "c['client_id']")" --client-key "$(file private_key_pem)" --client-alg "$(context "c['signing_algorithm']")") ;;
  auth/enterprise-managed-authorization)
    secret
    login+=(--grant id-jag --idp-token-endpoint "$(context "c['idp_token_endpoint']")" --idp-client-id "$(context "c['idp_client_id']")" --id-token-file "$(file idp_id_token)") ;;
  auth/wif-jwt-bearer) login+=(--grant jwt-bearer --client-id "$(context "c['client_id']")" --assertion-file "$(file valid_jwt)") ;;
esac

case $MCP_CONFORMANCE_SCENARIO in
  auth/*) call test-tool ;;
  initialize | request-metadata | json-schema-ref-no-deref) "$program" tools ;;
  tools_call) call add_numbers a=5 b=3 ;;
  http-standard-headers) call test_headers ;;
  http-invalid-tool-headers) call valid_tool region=us-west1 ;;
  http-custom-headers)
    for n in $(seq 0 $(($(context 'len(c["toolCalls"])') - 1))); do
      context "c['toolCalls'][$n]['arguments']" | call "$(context "c['toolCalls'][$n]['name']")" --args -
    done ;;
  json-schema-2020-12-preservation)
    "$program" tools --json >"$HOME/tools.json"
    python3 - "$HOME/tools.json" <<'PY' | call json_schema_echo --args -
import json, sys
tools = json.load(open(sys.argv[1]))
tools = tools["tools"] if isinstance(tools, dict) else tools
print(json.dumps({"schema": next(t["inputSchema"] for t in tools if t["name"] == "json_schema_2020_12_tool")}))
PY
    ;;
  sep-2322-client-request-state)
    for tool in test_mrtr_echo_state test_mrtr_unrelated test_mrtr_no_state test_mrtr_no_result_type; do call "$tool" --answer '{"confirmed": true}'; done ;;
  elicitation-sep1034-client-defaults) call test_client_elicitation_defaults --answer '{}' ;;
  sse-retry) call test_reconnection ;;
  *) echo "unknown scenario $MCP_CONFORMANCE_SCENARIO" >&2; exit 2 ;;
esac
