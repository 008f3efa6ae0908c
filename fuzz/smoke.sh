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
if target == "arguments":
    seeds = ["probe\nembedded", "probe\nhttps://rs.test/mcp\n--format\nsarif\n--revision\n2026-07-28", "token\ncheck\n-\n--issuer\nx\n--audience\ny",
             "call\nsearch\nquery=pkce\nlimit:=3\n--server\nembedded", "serve\n--fault\nprm-resource-mismatch\n--port\n0", "login\n--header\nA: b",
             "probe\n--help", "checks\nexplain\nprm-resource-match", "probe\n--targets\nlist\n--jobs\n8\n--shard\n1/4"]
if target == "configuration":
    seeds = ['''revision = "2026-07-28"\nfail-on = "warn"\nbaseline = "b.json"\n[targets.here]\nurl = "https://rs.test/mcp"\nrevision = "2025-11-25"
[[ignore]]\ncheck = "prm-resource-match"\ntarget = "here"\nreason = "known"\nexpires = 2027-03-31\n''']
if target == "message":
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "probe", "arguments": {"url": "https://rs.test/mcp"}}}
    seeds = [json.dumps(m) for m in (call, {"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {"protocolVersion": "2025-11-25"}},
             {"jsonrpc": "2.0", "method": "notifications/initialized"}, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})]
if target == "requests":
    import urllib.parse
    form = lambda **pairs: urllib.parse.urlencode(pairs)
    asked = form(response_type="code", client_id="mcp-auth-public", redirect_uri="http://127.0.0.1:4711/callback", state="<zq zq=1>",
                 code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method="S256", resource="http://127.0.0.1/mcp")
    kind = "application/x-www-form-urlencoded"
    jwt = ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in (b'{"alg":"ES256","typ":"at+jwt","kid":"1"}', b'{"exp":9e9}', b"x" * 64))
    basic = "Basic " + base64.b64encode(b"mcp-auth-confidential:x").decode()
    seeds = [chr(place) + f"{query}\n{authorization}\n{proof}\n{kind}\n{body}" for place, query, authorization, proof, kind, body in (
        (0, "", f"Bearer {jwt}", "", "application/json", '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'), (1, "", f"DPoP {jwt}", jwt, "", ""),
        (2, "", basic, jwt, kind, form(grant_type="authorization_code", code="x", code_verifier="y", redirect_uri="http://127.0.0.1/callback")),
        (2, "", "", "", kind, form(grant_type="urn:ietf:params:oauth:grant-type:device_code", client_id="mcp-auth-public", device_code="x")),
        (3, asked, "", "", "", ""), (4, "", "", "", kind, form(request="x", decision="approve", username="alice", password="w")),
        (5, "", "", "", "application/json", '{"client_name":"<zq>","redirect_uris":["http://127.0.0.1/callback"]}'),
        (6, "", "", "", kind, form(client_id="mcp-auth-public", token=jwt)), (7, "", basic, "", kind, form(token=jwt)), (8, "", "", "", kind, asked),
        (9, "", "", "", kind, form(client_id="mcp-auth-public")), (10, form(user_code="<zq>"), "", "", "", ""),
        (11, "", "", "", kind, form(request="x", user_code="BCDF-GHJK", decision="refuse")))]
if target == "report":
    texts = ["`a` is <zq>", "| x | [y](z) @me #1", "]]> & \"q\"", "::error ::x\n::error ::y", "```<zq>`", "http://rs.test/<zq>", "\x1b[2J \u202e \ufeff"]
    seeds = [chr(choice) + "\udcff".join(texts[choice % 3:]) for choice in range(9)]
trails = [path.read_text() for path in sorted(pathlib.Path("fixtures/trails").glob("*.json"))]
if target == "trail":
    seeds = trails
steps = {"resource_metadata": "path-metadata", "server_metadata": "oauth-metadata", "jwks": "jwks"}
for exchange in (x for trail in trails for x in json.loads(trail)["exchanges"]):
    body = (exchange["outcome"].get("reply") or {}).get("body", {}).get("text") or ""
    if steps.get(target) == exchange["step"] or target in ("json", "rpc", "text", "sse", "token") and body:
        seeds.append(body)
    if target in ("url", "uri"):
        seeds.append(exchange["request"]["url"])
    if target == "registration" and "client_id" in body:
        seeds.append(body)
    if target == "jwt":
        seeds += [h["value"].split(" ", 1)[-1] for h in exchange["request"].get("headers", []) if h["name"] == "authorization"]
for number, seed in enumerate(dict.fromkeys(seeds)):
    (out / f"seed-{number}").write_bytes(seed.encode(errors="surrogateescape"))
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
