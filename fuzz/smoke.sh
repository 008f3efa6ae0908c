#!/usr/bin/env bash
# Every fuzz target for a few seconds, from the seeds in fixtures/: finds what breaks at once, not what is rare.
# Needs cargo-fuzz. SECONDS_EACH sets how long (default 6), TARGETS which ones. The seed is fixed: what passes here passes
# in CI. On a stable toolchain the coverage flags need RUSTC_BOOTSTRAP=1, which is set here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export RUSTC_BOOTSTRAP=1

seeds() {
    python3 - "$1" <<'PY'
import base64, json, pathlib, sys
target, out = sys.argv[1], pathlib.Path("fuzz/corpus") / sys.argv[1]
out.mkdir(parents=True, exist_ok=True)
seeds = []
if target == "challenge":
    seeds = ["\n".join(case["lines"]) for case in json.loads(pathlib.Path("fixtures/challenges.json").read_text())]
if target == "callback":
    seeds = ["state=s&code=c", "code=c&state=s&iss=https%3A%2F%2Fas.test", "state=s&error=access_denied&error_description=no"]
if target == "registration":
    seeds = ['{"client_id":"c","client_secret":"s","registration_client_uri":"https://as.test/r/c","registration_access_token":"t"}']
if target == "store_file":
    client = {"id": "c", "secret": None, "auth": "none", "origin": "registered"}
    login = {"issuer": "https://as.test", "token_endpoint": "https://as.test/t", "resource": "https://rs.test/mcp", "profile": "default",
             "server": "https://rs.test/mcp", "sends_resource": True, "client": client, "tokens": None, "requested_scope": [], "refresh": "idle"}
    seeds = [json.dumps({"version": 1, "generation": 3, "logins": logins}) for logins in ([], [login])]
trails = [path.read_text() for path in sorted(pathlib.Path("fixtures/trails").glob("*.json"))]
if target == "trail":
    seeds = trails
steps = {"resource_metadata": "path-metadata", "server_metadata": "oauth-metadata", "jwks": "jwks"}
for exchange in (x for trail in trails for x in json.loads(trail)["exchanges"]):
    body = (exchange["outcome"].get("reply") or {}).get("body", {}).get("text") or ""
    if steps.get(target) == exchange["step"] or target in ("json", "rpc", "text", "sse", "token") and body:
        seeds.append(body)
    if target == "url":
        seeds.append(exchange["request"]["url"])
    if target == "registration" and "client_id" in body:
        seeds.append(body)
    if target == "jwt":
        seeds += [h["value"].split(" ", 1)[-1] for h in exchange["request"].get("headers", []) if h["name"] == "authorization"]
for number, seed in enumerate(dict.fromkeys(seeds)):
    (out / f"seed-{number}").write_text(seed)
PY
}

targets=${TARGETS:-$(cargo fuzz list)}
cargo fuzz build --sanitizer none
for target in $targets; do
    seeds "$target"
    printf '== %s\n' "$target"
    cargo fuzz run --sanitizer none "$target" -- -seed=1 -max_total_time="${SECONDS_EACH:-6}" -max_len=4096 -timeout=10 \
        -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 2>&1 | grep -E 'number_of_executed_units|panicked|ERROR|SUMMARY' ||
        { echo "$target failed"; exit 1; }
done
