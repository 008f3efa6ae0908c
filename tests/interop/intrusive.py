#!/usr/bin/env python3
"""Probes real servers as far as it goes (--active --login --intrusive), compares what mcp-auth finds with what it should
find, and asks the servers what was left behind.

    intrusive.py [--only NAME]... [--jobs N] [--bless] [--list] [-- MORE ARGUMENTS FOR PROBE]

The program is $MCP_AUTH, else target/release/mcp-auth of the project. One line for each run (`ok`, `FAILED` with the
differences, `skipped: REASON`), then the sum. Exit status: 0 nothing failed, 1 something did, 2 usage.

expected/intrusive/NAME.json is what expected/NAME.json is for probe.py, and `like` may name one of those. It also says

    left       what stays on the server: `what` (`clients`, `tokens`, `sessions`) and `why`: what the server cannot do

Each run has servers of its own. After it the login is given up (`logout --forget-client`); the clients that the server
still knows must be those that the report lists, and the login's where the server deletes none.
"""
import http.client
import json
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

import probe
from deployments import ALL, HERE, NotStarted, Skipped, clean_environment
from probe import Wrong

FOLDER = "intrusive"
BROWSER = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'browser.py'))}"
SECONDS = 200
FAR = ["--active", "--login", "--intrusive", "--yes", "--i-am-authorized", "--login-timeout", "60", "--browser", BROWSER]
SAVE = ["--step-up-tool", 'save_search={"query":"pkce"}']
ALICE = {"BROWSER_PASSWORD": "alice-password"}

# name: (deployment, options, environment)
RUNS = {
    "tutorial": ("tutorial", SAVE, {}),
    "tutorial-mended": ("tutorial-mended", SAVE, {}),
    "tutorial-401-for-scope": ("tutorial-401-for-scope", SAVE, {}),
    "tutorial-par": ("tutorial-par", SAVE, {}),
    "tutorial-dpop": ("tutorial-dpop", SAVE, {}),
    "tutorial-scalekit": ("tutorial-scalekit", SAVE, {}),
    "tutorial-oauth2-mock-server": ("tutorial-oauth2-mock-server", ["--client-id", "any", *SAVE], {}),
    "tutorial-oidc-provider-mock": ("tutorial-oidc-provider-mock", ["--assume-pkce", "--client-auth", "client_secret_basic"], {}),
    "tutorial-glewlwyd": ("tutorial-glewlwyd", SAVE, ALICE),
    "fastmcp-remote": ("fastmcp-remote", SAVE, {}),
    "fastmcp2-remote": ("fastmcp2-remote", ["--lenient-issuer"], {}),
    "fastmcp-inmemory": ("fastmcp-inmemory", SAVE, {}),
    "fastmcp2-inmemory": ("fastmcp2-inmemory", [], {}),
    "fastmcp-introspection": ("fastmcp-introspection", SAVE, {}),
    "fastmcp-oauthproxy": ("fastmcp-oauthproxy", [], {}),
    "fastmcp-oidcproxy": ("fastmcp-oidcproxy", [], {}),
    "fastmcp-scalekit": ("fastmcp-scalekit", SAVE, {}),
    "rmcp": ("rmcp", [], {}),
    "rmcp-stateless": ("rmcp-stateless", [], {}),
    "rmcp-dpop": ("rmcp-dpop", [], {}),
}


def get(url, headers=None):
    """(status, headers, JSON or None) of one request."""
    return ask("GET", url, None, headers)


def ask(method, url, body=None, headers=None):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body and json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        text = reply.read()
        try:
            return reply.status, reply.headers, json.loads(text)
        except ValueError:
            return reply.status, reply.headers, None
    finally:
        connection.close()


def listed(base):
    """The clients that strangers registered, as a server of ours lists them."""
    status, _, ids = get(base + "/interop/clients")
    if status != 200 or not isinstance(ids, list):
        raise Wrong(f"{base} lists no clients: {status}")
    return set(ids)


def of_glewlwyd(base):
    """The same, by its administration API."""
    status, headers, _ = ask("POST", base + "/api/auth/", {"username": "admin", "password": "password"})
    cookie = (headers.get("Set-Cookie") or "").split(";")[0]
    listing = get(base + "/api/client/?source=database&limit=1000", {"Cookie": cookie})[2]
    if status != 200 or not isinstance(listing, list):
        raise Wrong(f"{base} lists no clients: {status}")
    # Glewlwyd keeps what is deleted under RFC 7592 as a client that is disabled.
    return {client["client_id"] for client in listing if client["enabled"]} - {"static-public", "static-secret"}


# Who is asked. The mocks that are programs of others keep no list that can be read: oauth2-mock-server registers nobody,
# and of oidc-provider-mock only the report can tell.
ASKED = {"oidc-provider": listed, "scalekit-mock": listed, "fastmcp-remoteauth": listed, "glewlwyd": of_glewlwyd}


def registrar(deployment):
    """The tag of the server where clients are registered: a server of FastMCP's that is one itself, else `as`."""
    folder, env = ALL[deployment]["rs"]
    own = folder == "fastmcp-remoteauth" and env["MODE"] in ("inmemory", "oauthproxy", "oidcproxy")
    return "rs" if own else "as"


def kinds(report):
    """What a report lists as left behind: the kinds, and the ids of clients."""
    if "requests" not in report.get("effects", {}):
        raise Wrong("the report does not say what it did")
    left, found, clients = report["effects"].get("left_behind", []), set(), set()
    for text in left:
        client = re.fullmatch(r"the client `(.+)`: .+", text)
        kind = re.match(r"\d+ (token|session)s?\b", text)
        if not client and not kind:
            raise Wrong(f"left behind, of no known kind: {text}")
        found.add("clients" if client else kind[1] + "s")
        clients |= {client[1]} if client else set()
    return found, clients


def left(name):
    """{kind: why} of an expectation, taken from `like` where it is not said."""
    doc = probe.load(name)
    if "left" not in doc:
        return left(doc["like"]) if doc.get("like", "").startswith(FOLDER + "/") else {}
    out = {}
    for entry in doc["left"]:
        if entry.get("what") not in ("clients", "tokens", "sessions") or entry["what"] in out:
            raise Wrong(f"{name}.json: `left` knows clients, tokens and sessions, once each")
        if not (entry.get("why") or "").strip():
            raise Wrong(f"{name}.json: {entry['what']} left behind, and no `why`")
        out[entry["what"]] = entry["why"]
    return out


def compare(name, report, code, login, remaining):
    """The differences; `login` is the login's client, `remaining` the clients that the server has now (None: not asked)."""
    lines = probe.compare(name, report, code)
    want, (got, clients) = left(name), kinds(report)
    lines += [f"left behind: {kind}: {'; '.join(report['effects']['left_behind'][:4])}" for kind in sorted(got - want.keys())]
    lines += [f"not left behind: {kind} ({want[kind]})" for kind in sorted(want.keys() - got)]
    if remaining is not None:
        lines += [f"the server still has the client {client}, and the report does not say so" for client in sorted(remaining - clients - {login})]
        lines += [f"the report says that the client {client} is left, and the server does not have it" for client in sorted(clients - remaining)]
        if login in remaining and not clients:
            lines.append("the server deletes clients, but that of the login is still there after logout --forget-client")
    return lines


def bless(name, report):
    """Writes what was found; the reasons are for you to give."""
    probe.bless(name, report)
    path = probe.EXPECTED / f"{name}.json"
    doc = json.loads(path.read_text("utf-8"))
    try:
        old = left(name)
    except (Wrong, KeyError):
        old = {}
    doc["left"] = [{"what": kind, "why": old.get(kind, "")} for kind in sorted(kinds(report)[0])]
    path.write_text(json.dumps(doc, indent=2, ensure_ascii=False) + "\n", "utf-8")


def client_of(home):
    """The id of the client of the only login in this home, if there is one."""
    for file in Path(home).rglob("credentials.json"):
        for login in json.loads(file.read_text("utf-8"))["logins"]:
            return login["client"]["id"]
    return None


def walk(program, url, args, extra, save):
    """(report, exit status, the login's client): a probe, and the end of its login."""
    with tempfile.TemporaryDirectory(prefix="mcp-auth-intrusive-") as home:
        base = {k: v for k, v in clean_environment().items() if not k.startswith(("MCP_AUTH_", "XDG_")) and k != "BROWSER"}
        env = {**base, "HOME": home, "XDG_STATE_HOME": f"{home}/state", "NO_COLOR": "1", **extra}
        run = lambda *words: subprocess.run([program, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        try:
            done = run("probe", url, "--format", "json", "--save", str(save), *FAR, *args)
            login = client_of(home)
            connection = args[args.index("--cacert"):][:2] if "--cacert" in args else []
            if login:
                run("logout", url, "--forget-client", *connection)
        except subprocess.TimeoutExpired:
            raise Wrong(f"it was not done after {SECONDS} s") from None
    try:
        return json.loads(done.stdout), done.returncode, login
    except ValueError:
        said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.startswith("error")]
        raise Wrong(f"exit status {done.returncode} and no JSON: {' / '.join(said[:3])}") from None


def one(fleet, name, options):
    """(word, lines) for one run."""
    own, began = [], time.monotonic()
    deployment, args, extra = RUNS[name]
    try:
        url, addresses, own = fleet.up(deployment, share=False)
        report, code, login = walk(options.program, url, [*args, *ALL[deployment].get("args", []), *options.more], extra, fleet.logs / f"{name}.trail.json")
        (fleet.logs / f"{name}.json").write_text(json.dumps(report, indent=1), "utf-8")
        if options.bless:
            bless(f"{FOLDER}/{name}", report)
            return "blessed", []
        tag = registrar(deployment)
        teller = ASKED.get(ALL[deployment][tag][0])
        remaining = teller(addresses[tag]) if teller else None
        lines = compare(f"{FOLDER}/{name}", report, code, login, remaining)
        seen = f"{report['effects']['requests']} requests, {time.monotonic() - began:.0f} s"
        return ("FAILED" if lines else f"ok: {seen}"), lines
    except Skipped as e:
        return f"skipped: {e}", []
    except (Wrong, NotStarted, OSError, KeyError, TypeError) as e:
        return "FAILED", [f"{type(e).__name__}: {e}" if isinstance(e, (KeyError, TypeError)) else str(e)]
    finally:
        fleet.down(own)


if __name__ == "__main__":
    probe.end_on_sigterm()
    sys.exit(probe.main(__doc__, RUNS, one, probe.EXPECTED / FOLDER, "keep-logs"))
