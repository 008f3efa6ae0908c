#!/usr/bin/env python3
"""Holds `mcp-auth serve` against the authorization servers and the clients of others.

    serve.py [--only WORD] [--list] [--verbose]

In front of each authorization server: start `serve --issuer` (or `--provider`), log in with mcp-auth, call search, try a token
of somebody else. With each client: start `serve`, let the client log in and list tools; and again with `--grade-client`, where
nothing may be found in it but what is known. And a real browser signs in.
A line for each: ok, FAILED with the reason, or skipped. MCP_AUTH names the program (default target/release/mcp-auth).
Exit status 0 all as expected, 1 something was not, 77 everything was skipped.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import page
from deployments import HERE, HTTP, Fleet, NotStarted, Skipped, clean_environment, free_port

PROGRAM = Path(os.environ.get("MCP_AUTH") or HERE / "../../target/release/mcp-auth").resolve()
BROWSER = f"{shlex.quote(sys.executable)} {HERE / 'browser.py'}"
RES = "res_120307199615436034"  # the one resource that scalekit-mock knows
SCALEKIT = ["--provider", "scalekit", "--set", "environment={as}", "--set", f"resource-id={RES}"]
INTROSPECT = {"MCP_AUTH_INTROSPECTION_ID": "static-basic", "MCP_AUTH_INTROSPECTION_SECRET": "static-basic-secret"}

# (name, folder, its environment, options of serve, environment of serve, options of login, environment of login)
AUTHORITIES = [
    ("oidc-provider", "oidc-provider", {}, ["--issuer", "{as}"], {}, [], {}),
    ("oidc-provider, issuer with a path, ES256", "oidc-provider", {"MOUNT": "/tenant1", "ALG": "ES256"}, ["--issuer", "{as}/tenant1"], {}, [], {}),
    ("oidc-provider, opaque tokens", "oidc-provider", {"OPAQUE": "1"}, ["--issuer", "{as}"], INTROSPECT, [], {}),
    ("oidc-provider, another audience", "oidc-provider", {"AUDIENCE": "urn:search"}, ["--issuer", "{as}", "--audience", "urn:search"], {}, [], {}),
    ("ScaleKit mock", "scalekit-mock", {"RESOURCE": "{mcp}"}, SCALEKIT, {}, [], {}),
    ("ScaleKit mock, audience is the id", "scalekit-mock", {"RESOURCE": "{mcp}", "AUD": "res"}, SCALEKIT, {}, [], {}),
    ("ScaleKit mock, issuer is the resource's", "scalekit-mock", {"RESOURCE": "{mcp}", "ISS": "resource", "WELLKNOWN": "insert"}, SCALEKIT, {}, [], {}),
    ("Glewlwyd", "glewlwyd", {"RESOURCE": "{mcp}"}, ["--issuer", "{as}/api/oidc"], {},
     ["--client-id", "static-public", "--listen", "8765"], {"BROWSER_PASSWORD": "alice-password"}),
]
# (name, script, its environment, the words with which the server refuses it)
CLIENTS = [
    ("FastMCP's client", "fastmcp.sh", {"FASTMCP": "4"}, ""),
    # It asks for a token for the origin, which is not the `resource` that the metadata names (RFC 9728 section 7.6).
    ("FastMCP 2's client", "fastmcp.sh", {"FASTMCP": "2"}, "invalid_target"),
    ("mcp-remote", "mcp-remote.sh", {}, ""),
]
# (name, script, its environment, the rows it does not pass and how they end): what it does is right but for these.
# Both register a redirect URI that goes by `localhost` (RFC 8252 section 8.3).
LOCALHOST = {"client-redirect-uri": "warn"}
GRADED = [
    ("FastMCP's client, graded", "fastmcp.sh", {"FASTMCP": "4"}, LOCALHOST),
    ("mcp-remote, graded", "mcp-remote.sh", {}, LOCALHOST),
]
LEAST_PASSED = 15  # fewer rows say that the client did not get far
USER = {"BROWSER_USER": "alice", "BROWSER_PASSWORD": "wonderland"}


class Wrong(Exception):
    """Something was not as expected."""


class Deployment:
    """`mcp-auth serve` on a given port."""

    def __init__(self, port, options, environment):
        self.log = tempfile.TemporaryFile("w+")
        command = [str(PROGRAM), "serve", "--port", str(port), "--authority-port", "0", *options]
        self.process = subprocess.Popen(command, env={**home_environment("/nonexistent"), **environment}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("posture"):
                return
        self.process.wait()
        self.log.seek(0)
        raise Wrong(f"serve ended with {self.process.returncode}: {self.log.read().strip()}")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def home_environment(home):
    base = {k: v for k, v in clean_environment().items() if not k.startswith("MCP_AUTH_") and k != "BROWSER"}
    return {**base, "HOME": home, "XDG_STATE_HOME": f"{home}/state"}


def run(arguments, environment):
    return subprocess.run([str(PROGRAM), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def expect(done, status, what):
    if done.returncode != status:
        raise Wrong(f"{what} ended with {done.returncode}, expected {status}: {done.stderr.strip()[-400:]}")


def authority(fleet, row, verbose):
    name, folder, settings, options, environment, login, extra = row
    port, at = free_port(), free_port()
    mcp = f"{HTTP}{port}/mcp"
    fill = lambda text: text.replace("{mcp}", mcp).replace("{as}", HTTP + str(at))
    server = fleet._start(folder, {key: fill(value) for key, value in settings.items()}, at)
    deployment = None
    try:
        deployment = Deployment(port, [fill(option) for option in options], environment)
        with tempfile.TemporaryDirectory(prefix="mcp-auth-serve-") as home:
            env = {**home_environment(home), **extra}
            done = run(["login", mcp, "-v", "--browser", BROWSER, "--login-timeout", "60", *login], env)
            if verbose:
                print("".join(deployment.said), done.stdout, done.stderr, sep="\n")
            expect(done, 0, "login")
            done = run(["call", "search", "query=audience", "--server", mcp, "--no-login", "--json"], env)
            expect(done, 0, "call")
            if "resource-indicators" not in done.stdout and not json.loads(done.stdout):
                raise Wrong(f"search brought {done.stdout[:200]}")
            request = urllib.request.Request(mcp, b"{}", {"Authorization": "Bearer made.up.token", "Content-Type": "application/json"})
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
                raise Wrong("a token that nobody issued was taken")
            except urllib.error.HTTPError as refused:
                if refused.code != 401:
                    raise Wrong(f"a token that nobody issued brings {refused.code}")
            return next(line for line in deployment.said if line.startswith("tokens are checked")).split("checked")[1].strip()
    finally:
        if deployment:
            deployment.stop()
        fleet.down([server])


def client(fleet, row, verbose):
    name, script, environment, refused = row
    port = free_port()
    deployment = Deployment(port, [], {})
    try:
        command = [str(HERE / "clients" / script), f"{HTTP}{port}/mcp"]
        done = subprocess.run(command, env={**clean_environment(), **USER, **environment, "TIMEOUT": "60"}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=900)
        if verbose:
            print(done.stdout, done.stderr, sep="\n")
        if done.returncode == 77:
            raise Skipped(done.stderr.strip().splitlines()[-1].removeprefix("skipped: "))
        if refused:
            if done.returncode == 0 or refused not in done.stdout:
                raise Wrong(f"it was to be refused with {refused}: {done.stdout.strip()[-300:]}")
            return f"refused with {refused}, as it must be"
        expect(done, 0, (done.stdout.strip().splitlines() or [script])[-1])
        return "logged in and listed tools"
    finally:
        deployment.stop()


def graded(fleet, row, verbose):
    name, script, environment, known = row
    # The clients ran before and are installed: none of the time is that of an installation.
    env = {**home_environment(os.environ.get("HOME", "/")), **USER, **environment, "TIMEOUT": "60"}
    command = [str(PROGRAM), "serve", "--grade-client", "--port", "0", "--authority-port", "0", "--until-idle", "20", "--format", "json",
               "--fail-on", "never", "--", str(HERE / "clients" / script), "{url}"]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    if verbose:
        print(done.stdout, done.stderr, sep="\n")
    expect(done, 0, "serve --grade-client")
    results = json.loads(done.stdout)["results"]
    passed = sum(result["status"] == "pass" for result in results)
    found = {result["id"]: result["status"] for result in results if result["status"] in ("fail", "warn")}
    if found != known:
        said = [f"{result['status']} {result['id']}: {result.get('message')}" for result in results if result["id"] in found.keys() ^ known.keys()]
        raise Wrong("; ".join(said) or f"{found}, expected {known}")
    if passed < LEAST_PASSED:
        raise Wrong(f"only {passed} rows passed")
    return f"{passed} rows passed, no false finding ({', '.join(known) or 'none'} known)"


def browser(fleet, row, verbose):
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if not shutil.which(program):
            raise Skipped(f"{program} is missing (package {package})")
    port = free_port()
    deployment = Deployment(port, [], {})
    try:
        issuer = next(line for line in deployment.said if line.startswith("authorization server")).split()[-1]
        return page.sign_in(issuer, f"{HTTP}{port}/mcp")
    except (AssertionError, RuntimeError, OSError) as why:
        raise Wrong(str(why)) from why
    finally:
        deployment.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    rows = [(authority, row) for row in AUTHORITIES] + [(client, row) for row in CLIENTS] + [(graded, row) for row in GRADED] + [(browser, ("a person in Chromium",))]
    rows = [(kind, row) for kind, row in rows if options.only.lower() in row[0].lower()]
    if options.list:
        print("\n".join(row[0] for _, row in rows))
        return 0
    if not PROGRAM.exists():
        sys.exit(f"no program at {PROGRAM}: cargo build --release, or set MCP_AUTH")
    fleet, results = Fleet(), []
    try:
        for kind, row in rows:
            begun = time.monotonic()
            try:
                good, line = True, f"ok        {row[0]}: {kind(fleet, row, options.verbose)} ({time.monotonic() - begun:.0f} s)"
            except Skipped as why:
                good, line = None, f"skipped   {row[0]}: {why}"
            except (Wrong, NotStarted, subprocess.TimeoutExpired) as why:
                good, line = False, f"FAILED    {row[0]}: {why}"
            results.append(good)
            print(line, flush=True)
    finally:
        fleet.stop(keep_logs=False in results)
    if results and all(good is None for good in results):
        return 77
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
