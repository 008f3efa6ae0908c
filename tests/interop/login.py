#!/usr/bin/env python3
"""Logs in to every deployment and calls a tool there: what a user of each of these servers would do.

    login.py [--only NAME] [--jobs N] [--list] [--verbose]

A line for each login: ok, FAILED with the reason, or skipped. MCP_AUTH names the program (default target/release/mcp-auth).
Exit status 0 all as expected, 1 something was not, 77 everything was skipped.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Lock

from deployments import ALL, CACHE, HERE, Fleet, NotStarted, Skipped, clean_environment

PROGRAM = Path(os.environ.get("MCP_AUTH") or HERE / "../../target/release/mcp-auth").resolve()
BROWSER = f"{shlex.quote(sys.executable)} {HERE / 'browser.py'}"
BASIC = {"MCP_AUTH_CLIENT_ID": "static-basic", "MCP_AUTH_CLIENT_SECRET": "static-basic-secret"}
POST = {"MCP_AUTH_CLIENT_ID": "static-post", "MCP_AUTH_CLIENT_SECRET": "static-post-secret"}

CIMD = ["--client-metadata-url", "https://client.test/client.json"]
LISTENING = Lock()
FIXED = ["--listen", "8765"]  # the one redirect URI that the static clients of Glewlwyd have
ALICE = {"BROWSER_PASSWORD": "alice-password"}

# (name, deployment, options, environment, exit status, words that the error must have)
# A server that is at fault stops the login with exit 5, and the error says what and where.
LOGINS = [
    ("tutorial", "tutorial", [], {}, 0, ""),
    ("tutorial, client ID metadata document", "tutorial-cimd", CIMD, {}, 0, ""),
    ("tutorial, static client, secret by Basic", "tutorial", [], BASIC, 0, ""),
    ("tutorial, static client, secret in the body", "tutorial", ["--client-auth", "client_secret_post"], POST, 0, ""),
    ("tutorial, static public client", "tutorial", ["--client-id", "static-public"], {}, 0, ""),
    ("tutorial, device", "tutorial", ["--device", "--client-id", "static-device"], {}, 0, ""),
    ("tutorial, client credentials", "tutorial", ["--grant", "client-credentials"], BASIC, 0, ""),
    ("tutorial, client credentials, odd characters", "tutorial", ["--grant", "client-credentials"],
     {"MCP_AUTH_CLIENT_ID": "odd:id/+1", "MCP_AUTH_CLIENT_SECRET": "odd:secret %&+="}, 0, ""),
    ("tutorial, PAR required", "tutorial-par", [], {}, 0, ""),
    ("tutorial, PAR required, secret by Basic", "tutorial-par", [], BASIC, 0, ""),
    ("tutorial, DPoP", "tutorial-dpop", [], {}, 0, ""),
    ("tutorial, DPoP, a client whose tokens must be bound", "tutorial-dpop", ["--client-id", "static-dpop"], {}, 0, ""),
    ("tutorial, DPoP with nonces", "tutorial-dpop-nonce", [], {}, 0, ""),
    # RFC 6750 section 2.1: a bound token is not sent as a bearer token, and this server knows nothing else.
    ("tutorial, bound tokens that the server does not know", "tutorial", ["--dpop", "--client-id", "static-dpop"], {}, 4, "refuses a token that is fresh"),
    ("tutorial, no registration", "tutorial-no-dcr", [], {}, 4, "offers no registration, and no client id is known"),
    ("tutorial at the root", "tutorial-mount-root", [], {}, 0, ""),
    ("tutorial, issuer with a path", "tutorial-issuer-path", [], {}, 0, ""),
    ("tutorial, all mended", "tutorial-mended", [], {}, 0, ""),
    ("tutorial, stateless", "tutorial-stateless", [], {}, 0, ""),
    ("tutorial, TLS with a private authority", "tutorial-tls", [], {"SSL_CERT_FILE": str(CACHE / "tls/ca.pem")}, 0, ""),
    ("tutorial, FastMCP 2", "tutorial-fastmcp2", [], {}, 0, ""),
    ("tutorial, no hint in the challenge", "tutorial-bare-401", [], {}, 0, ""),
    ("tutorial, no challenge", "tutorial-no-challenge", [], {}, 0, ""),
    ("tutorial, parameters unquoted", "tutorial-unquoted", [], {}, 0, ""),
    ("tutorial, a resource with a slash", "tutorial-slash-resource", [], {}, 0, ""),
    ("tutorial, no scope anywhere", "tutorial-no-scope", [], {}, 0, ""),
    ("tutorial, 401 instead of 403", "tutorial-401-for-scope", [], {}, 0, ""),
    ("rmcp", "rmcp", [], {}, 0, ""),
    ("rmcp, client ID metadata document", "rmcp-cimd", CIMD, {}, 0, ""),
    ("rmcp, static public client", "rmcp", ["--client-id", "static-public"], {}, 0, ""),
    ("rmcp, static client, secret by Basic", "rmcp", [], BASIC, 0, ""),
    ("rmcp, device", "rmcp", ["--device", "--client-id", "static-device"], {}, 0, ""),
    ("rmcp, client credentials", "rmcp", ["--grant", "client-credentials"], BASIC, 0, ""),
    ("rmcp, PAR required", "rmcp-par", [], {}, 0, ""),
    ("rmcp, DPoP", "rmcp-dpop", [], {}, 0, ""),
    ("rmcp, stateless", "rmcp-stateless", [], {}, 0, ""),
    ("ScaleKit mock", "tutorial-scalekit", [], {}, 0, ""),
    ("ScaleKit mock, metadata inserted", "tutorial-scalekit-insert", [], {}, 0, ""),
    # RFC 8414 section 3.1: the suffix goes between host and path.
    ("ScaleKit mock, metadata appended", "tutorial-scalekit-append", [], {}, 5, "has no metadata at"),
    ("ScaleKit mock, client credentials", "tutorial-scalekit", ["--grant", "client-credentials"],
     {"MCP_AUTH_CLIENT_ID": "m2m_1234", "MCP_AUTH_CLIENT_SECRET": "test_m2m_secret"}, 0, ""),
    ("ScaleKit mock, static client", "tutorial-scalekit", [], {"MCP_AUTH_CLIENT_ID": "skc_static", "MCP_AUTH_CLIENT_SECRET": "test_static_secret"}, 0, ""),
    ("oauth2-mock-server", "tutorial-oauth2-mock-server", ["--client-id", "any"], {}, 0, ""),
    ("oauth2-mock-server, client credentials", "tutorial-oauth2-mock-server", ["--grant", "client-credentials"],
     {"MCP_AUTH_CLIENT_ID": "any", "MCP_AUTH_CLIENT_SECRET": "any-secret"}, 0, ""),
    ("oauth2-mock-server, no client", "tutorial-oauth2-mock-server", [], {}, 4, "offers no registration, and no client id is known"),
    # MCP 2026-07-28, Authorization Code Protection: without `code_challenge_methods_supported` a client must refuse.
    ("oidc-provider-mock, which does not promise PKCE", "tutorial-oidc-provider-mock", [], {}, 5, "code_challenge_methods_supported"),
    # RFC 7591 section 3.2.1: it registers a client without authentication and refuses it afterwards.
    ("oidc-provider-mock, PKCE assumed", "tutorial-oidc-provider-mock", ["--assume-pkce"], {}, 4, "token request, code: the authorization server says `invalid_client`"),
    # Its tokens are opaque, and the tutorial reads JWTs.
    ("oidc-provider-mock, with a secret", "tutorial-oidc-provider-mock", ["--assume-pkce", "--client-auth", "client_secret_basic"], {}, 4, "refuses a token that is fresh"),
    ("Glewlwyd", "tutorial-glewlwyd", ["--client-id", "static-public", *FIXED], ALICE, 0, ""),
    ("Glewlwyd, static client with a secret", "tutorial-glewlwyd", FIXED,
     {**ALICE, "MCP_AUTH_CLIENT_ID": "static-secret", "MCP_AUTH_CLIENT_SECRET": "static-secret-password"}, 0, ""),
    ("Glewlwyd, PAR required", "tutorial-glewlwyd-par", ["--client-id", "static-public", *FIXED], ALICE, 0, ""),
    ("Glewlwyd, registration", "tutorial-glewlwyd", [], ALICE, 0, ""),
    ("FastMCP, remote provider", "fastmcp-remote", [], {}, 0, ""),
    ("FastMCP, remote provider, stateless", "fastmcp-remote-stateless", [], {}, 0, ""),
    # RFC 8414 section 3.3: it adds a slash to the issuer that the authorization server does not have.
    ("FastMCP 2, remote provider", "fastmcp2-remote", [], {}, 5, "it differs only by the slash after the host"),
    ("FastMCP 2, remote provider, slash overlooked", "fastmcp2-remote", ["--lenient-issuer"], {}, 0, ""),
    ("FastMCP, in memory", "fastmcp-inmemory", [], {}, 0, ""),
    ("FastMCP 2, in memory", "fastmcp2-inmemory", [], {}, 0, ""),
    ("FastMCP, introspection", "fastmcp-introspection", [], {}, 0, ""),
    ("FastMCP, OAuth proxy", "fastmcp-oauthproxy", [], {}, 0, ""),
    ("FastMCP, OIDC proxy", "fastmcp-oidcproxy", [], {}, 0, ""),
    ("FastMCP, ScaleKit", "fastmcp-scalekit", [], {}, 0, ""),
    # RFC 9068 section 2.2.3: the mock's scopes are an array `scopes`, FastMCP reads `scope`.
    ("FastMCP, ScaleKit, scopes required", "fastmcp-scalekit-scopes", [], {}, 4, "refuses a token that is fresh: 401 invalid_token"),
    ("resource metadata at a place that does not exist", "tutorial-double-slash", [], {}, 5, "as resource metadata, which brings status 401"),
]


def run(arguments, environment):
    command = [str(PROGRAM), *arguments]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def attempt(fleet, login, verbose):
    name, deployment, options, extra, status, words = login
    try:
        url, _, own = fleet.up(deployment)
    except Skipped as why:
        return None, f"skipped   {name}: {why}"
    except NotStarted as why:
        return False, f"FAILED    {name}: {why}"
    try:
        with tempfile.TemporaryDirectory(prefix="mcp-auth-login-") as home:
            base = {k: v for k, v in clean_environment().items() if not k.startswith("MCP_AUTH_") and k != "BROWSER"}
            environment = {**base, "HOME": home, "XDG_STATE_HOME": f"{home}/state", **extra}
            connection = ALL[deployment].get("args", [])
            ways = ["--browser", BROWSER, "--login-timeout", "60", *options, *connection]
            with LISTENING if "--listen" in options else nullcontext():
                done = run(["login", url, "-v", *ways], environment)
            if verbose:
                print(done.stdout, done.stderr, sep="\n")
            error = "\n".join(line for line in done.stderr.splitlines() if line.startswith("error:"))
            if done.returncode != status or words not in error:
                return False, f"FAILED    {name}: login ended with {done.returncode}, expected {status}: {error or done.stderr[-400:]}"
            if status:
                return True, f"ok        {name}: {error}"
            leaks = secrets_in(home, done.stdout + done.stderr)
            if leaks:
                return False, f"FAILED    {name}: {leaks} of the stored secrets stand in the output"
            listed = run(["tools", url, "--json", "--no-login", *options[:0], *connection], environment)
            if listed.returncode:
                return False, f"FAILED    {name}: tools ended with {listed.returncode}: {listed.stderr[-400:]}"
            tools = json.loads(listed.stdout)["tools"]
            tool = tools[0]
            needed = tool.get("inputSchema", {}).get("required", [])
            kinds = tool.get("inputSchema", {}).get("properties", {})
            values = {key: "1" if kinds.get(key, {}).get("type") in ("integer", "number") else "pkce" for key in needed}
            called = run(["call", tool["name"], *[f"{key}={value}" for key, value in values.items()], "--server", url, "--no-login", *connection], environment)
            if called.returncode:
                return False, f"FAILED    {name}: call ended with {called.returncode}: {called.stderr[-400:]}"
            return True, f"ok        {name}: {len(tools)} tools, `{tool['name']}` called"
    except subprocess.TimeoutExpired as late:
        return False, f"FAILED    {name}: {late}"
    finally:
        fleet.down(own)


def secrets_in(home, text):
    """How many secrets of the store stand in a text."""
    found = 0
    for file in Path(home).rglob("credentials.json"):
        for login in json.loads(file.read_text())["logins"]:
            tokens = login.get("tokens") or {}
            values = [tokens.get("access"), tokens.get("refresh"), tokens.get("dpop_key"), login["client"].get("secret")]
            found += sum(1 for value in values if value and len(value) >= 8 and value in text)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    chosen = [login for login in LOGINS if options.only.lower() in login[0].lower() or options.only == login[1]]
    if options.list:
        print("\n".join(login[0] for login in chosen))
        return 0
    if not PROGRAM.exists():
        sys.exit(f"no program at {PROGRAM}: cargo build --release, or set MCP_AUTH")
    fleet, results = Fleet(), []
    try:
        with ThreadPoolExecutor(options.jobs) as pool:
            for good, line in pool.map(lambda login: attempt(fleet, login, options.verbose), chosen):
                results.append(good)
                print(line, flush=True)
    finally:
        fleet.stop(keep_logs=False in results)
    if results and all(good is None for good in results):
        return 77
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
