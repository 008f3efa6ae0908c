#!/usr/bin/env python3
"""The deployments that mcp-auth is held against: which servers, how they are set up, and how to start them.

    deployments.py                 list them
    deployments.py NAME [...]      start each, print its MCP URL, stop it again
    deployments.py --keep NAME     start it and stay until Ctrl-C

Python 3.9 or newer, standard library only. Every server binds to 127.0.0.1, on a free port.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mcp-auth-interop"
FIRST_USE = 900  # seconds: packages are installed, and rmcp-server is compiled


class Skipped(Exception):
    """This machine lacks something that the server needs."""


class NotStarted(Exception):
    """The server ended or said nothing."""


# A server is (folder, environment). `{as}`, `{rs}` ... in a value is the address of the deployment's server
# of that name, `{as.port}` its port. A deployment is its servers in the order of starting, with `url`.
HTTP = "http://127.0.0.1:"
RES = "/resources/res_120307199615436034"  # the one resource that scalekit-mock knows


def tutorial(env=None, authority=None, path="/mcp", issuer="{as}", **more):
    """The tutorial's FastAPI + FastMCP server in front of an authorization server."""
    return {"as": authority or ("oidc-provider", {}), "rs": ("fastapi-fastmcp", {"ISSUER": issuer, **(env or {})}), "url": "{rs}" + path, **more}


def scalekit(env=None, **settings):
    """The tutorial in front of the mock of the service that it was written for."""
    authority = ("scalekit-mock", {"RESOURCE": "{rs}/mcp", **settings})
    return tutorial({"AS_URL": "{as}" + RES, **(env or {})}, authority)


def remoteauth(mode, env=None, **settings):
    """FastMCP's own authentication providers."""
    return {"as": ("oidc-provider", settings), "rs": ("fastmcp-remoteauth", {"MODE": mode, "ISSUER": "{as}", **(env or {})}), "url": "{rs}/mcp"}


def rmcp(authority=None, **env):
    """rmcp behind a middleware that checks tokens."""
    return {"as": authority or ("oidc-provider", {}), "rs": ("rmcp-server", {"ISSUER": "{as}", **env}), "url": "{rs}/mcp"}


def documents(plan):
    """The same deployment, whose authorization server takes client ID metadata documents of https://client.test."""
    return {"cimd": ("cimd-doc", {}), **plan, "as": ("oidc-provider", {"CIMD_HOSTS": "client.test=" + HTTP + "{cimd.port}"})}


QUIRKS = "realm double-slash unquoted bare-401 no-challenge slash-resource no-scope no-scopes-supported no-aud no-tool-scopes 401-for-scope prm-at-path"

DEPLOYMENTS = {
    "tutorial": tutorial(),
    "tutorial-mount-root": tutorial({"MOUNT": "root"}),
    "tutorial-mount-slash": tutorial({"MOUNT": "slash"}, path="/"),
    **{f"tutorial-{q}": tutorial({"QUIRKS": q}) for q in QUIRKS.split()},
    # All that the tutorial's readers get right in the end.
    "tutorial-mended": tutorial({"MOUNT": "root", "QUIRKS": "prm-at-path"}),
    "tutorial-fastmcp2": tutorial({"FASTMCP": "2"}),
    "tutorial-stateless": tutorial({"STATELESS": "1"}),
    "tutorial-issuer-path": tutorial(None, ("oidc-provider", {"MOUNT": "/tenant1"}), issuer="{as}/tenant1"),
    "tutorial-tls": tutorial({"BASE": "{front-rs}", "MOUNT": "root", "QUIRKS": "prm-at-path", "JWKS_URI": "{as}/jwks"}, ("oidc-provider", {"ORIGIN": "{front-as}"}), issuer="{front-as}",
                             **{"front-as": ("tls-front", {"TO": "{as.port}"}), "front-rs": ("tls-front", {"TO": "{rs.port}"}), "args": ["--cacert", str(CACHE / "tls/ca.pem")]}) | {"url": "{front-rs}/mcp"},
    "tutorial-scalekit": scalekit(),
    "tutorial-scalekit-mount-root": scalekit({"MOUNT": "root"}),
    "tutorial-scalekit-insert": scalekit(WELLKNOWN="insert"),
    "tutorial-scalekit-append": scalekit(WELLKNOWN="append"),
    "tutorial-oauth2-mock-server": tutorial(None, ("oauth2-mock-server", {})),
    "tutorial-oidc-provider-mock": tutorial(None, ("oidc-provider-mock", {})),
    "tutorial-glewlwyd": tutorial(None, ("glewlwyd", {"RESOURCE": "{rs}/mcp"}), issuer="{as}/api/oidc"),
    "fastmcp-remote": remoteauth("remote"),
    "fastmcp2-remote": remoteauth("remote", {"FASTMCP": "2"}),
    "fastmcp-inmemory": {"rs": ("fastmcp-remoteauth", {"MODE": "inmemory"}), "url": "{rs}/mcp"},
    "fastmcp-introspection": remoteauth("introspection", OPAQUE="1"),
    "fastmcp-oauthproxy": remoteauth("oauthproxy"),
    "fastmcp-oidcproxy": remoteauth("oidcproxy"),
    "fastmcp-scalekit": {"as": ("scalekit-mock", {"RESOURCE": "{rs}/mcp"}), "rs": ("fastmcp-remoteauth", {"MODE": "scalekit", "SCALEKIT_ENVIRONMENT_URL": "{as}"}), "url": "{rs}/mcp"},
    "rmcp": rmcp(),
    "rmcp-stateless": rmcp(STATELESS="1", JSON="1"),
}

PAR, DPOP = ("oidc-provider", {"REQUIRE_PAR": "1"}), ("oidc-provider", {"DPOP_NONCE": "1"})
# Variants that look the same to who does not log in.
VARIANTS = {
    "tutorial-cimd": documents(tutorial()),
    "tutorial-par": tutorial(None, PAR),
    "tutorial-dpop": tutorial({"DPOP": "1"}),
    "tutorial-dpop-nonce": tutorial({"DPOP": "1"}, DPOP),
    "tutorial-no-dcr": tutorial(None, ("oidc-provider", {"NO_DCR": "1"})),
    "rmcp-cimd": documents(rmcp()),
    "rmcp-par": rmcp(PAR),
    "rmcp-dpop": rmcp(DPOP="1"),
    "tutorial-glewlwyd-par": tutorial(None, ("glewlwyd", {"RESOURCE": "{rs}/mcp", "REQUIRE_PAR": "1"}), issuer="{as}/api/oidc"),
    "fastmcp-scalekit-scopes": {"as": ("scalekit-mock", {"RESOURCE": "{rs}/mcp"}), "rs": ("fastmcp-remoteauth", {"MODE": "scalekit", "REQUIRE_SCOPES": "1", "SCALEKIT_ENVIRONMENT_URL": "{as}"}), "url": "{rs}/mcp"},
    "fastmcp2-inmemory": {"rs": ("fastmcp-remoteauth", {"MODE": "inmemory", "FASTMCP": "2"}), "url": "{rs}/mcp"},
    "fastmcp-remote-stateless": remoteauth("remote", {"STATELESS": "1"}),
}

ALL = DEPLOYMENTS | VARIANTS

_ports, _ports_lock = set(), threading.Lock()


def free_port():
    """A port that nobody listens on and that was not given out before in this run."""
    with _ports_lock:
        while True:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            if port not in _ports:
                _ports.add(port)
                return port


class Server:
    """One running start.sh, which has become the server itself."""

    def __init__(self, folder, env, port, log):
        self.folder, self.log = folder, log
        self.process = subprocess.Popen([str(HERE / folder / "start.sh")], env={**clean_environment(), **env, "PORT": str(port)}, stdin=subprocess.DEVNULL,
                                        stdout=open(log, "wb"), stderr=subprocess.STDOUT, start_new_session=True)

    def wait_until_ready(self):
        end = time.monotonic() + FIRST_USE
        while time.monotonic() < end:
            ended = self.process.poll() is not None  # before reading, so that the last words are read too
            text = self.log.read_text("utf-8", "replace")
            if any(line.startswith("READY ") for line in text.splitlines()) and not ended:
                return
            if ended:
                said = [line for line in text.splitlines() if line.strip()]
                why = [line[len("skipped: "):] for line in said if line.startswith("skipped: ")]
                if self.process.returncode == 77 and why:
                    raise Skipped(why[-1])
                raise NotStarted(f"{self.folder} ended with status {self.process.returncode}: {' / '.join(said[-3:])}")
            time.sleep(0.05)
        raise NotStarted(f"{self.folder} was not ready after {FIRST_USE} s, see {self.log}")

    def stop(self):
        for sig, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, sig)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue


def clean_environment():
    """The caller's environment without what would set up a server by accident, or send loopback requests to a proxy."""
    drop = {"PORT", "MODE", "MOUNT", "QUIRKS", "ISSUER", "AS_URL", "RESOURCE", "AUDIENCE", "SCOPES", "SCOPE", "BASE", "ORIGIN", "ALG", "JWKS_URI", "STATELESS", "JSON", "FASTMCP"}
    keep = {k: v for k, v in os.environ.items() if k not in drop}
    return {**keep, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"} if any(k.lower().endswith("_proxy") for k in keep) else keep


class Fleet:
    """All servers of a run. Those that do not depend on their deployment are shared between deployments."""

    def __init__(self):
        self.logs = Path(tempfile.mkdtemp(prefix="mcp-auth-interop-"))
        self.shared, self.lock, self.servers, self.count = {}, threading.Lock(), [], 0

    def _start(self, folder, env, port):
        with self.lock:
            self.count += 1
            server = Server(folder, env, port, self.logs / f"{self.count:02}-{folder}.log")
            self.servers.append(server)
        server.wait_until_ready()
        return server

    def up(self, name, share=True):
        """Starts the deployment `name`; gives its URL, its addresses by name, and the servers to stop.
        Without `share` it has its authorization server for itself."""
        plan = ALL[name]
        wanted = {tag: s for tag, s in plan.items() if isinstance(s, tuple)}
        sharable = {tag: s for tag, s in wanted.items() if share and tag == "as" and not any("{" in v for v in s[1].values())}
        ports, own = {}, []
        for tag, (folder, env) in sharable.items():
            key = (folder, *sorted(env.items()))
            with self.lock:
                entry = self.shared.setdefault(key, {"port": free_port(), "lock": threading.Lock(), "server": None})
            with entry["lock"]:
                if entry["server"] is None:
                    entry["server"] = self._start(folder, env, entry["port"])
            ports[tag] = entry["port"]
        ports |= {tag: free_port() for tag in wanted if tag not in ports}
        words = {f"{{{tag}.port}}": str(port) for tag, port in ports.items()}
        words |= {f"{{{tag}}}": ("https://127.0.0.1:" if wanted[tag][0] == "tls-front" else HTTP) + str(port) for tag, port in ports.items()}

        def fill(text):
            for word, value in words.items():
                text = text.replace(word, value)
            return text

        try:
            for tag, (folder, env) in wanted.items():
                if tag not in sharable:
                    own.append(self._start(folder, {k: fill(v) for k, v in env.items()}, ports[tag]))
        except BaseException:
            self.down(own)
            raise
        return fill(plan["url"]), {word[1:-1]: value for word, value in words.items() if ".port" not in word}, own

    def down(self, servers):
        for server in reversed(servers):
            server.stop()

    def stop(self, keep_logs):
        self.down(self.servers)
        if not keep_logs:
            shutil.rmtree(self.logs, ignore_errors=True)


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    unknown = [n for n in names if n not in ALL]
    if unknown or set(sys.argv[1:]) - set(names) - {"--keep"}:
        print(__doc__, file=sys.stderr)
        return 2
    if not names:
        print("\n".join(ALL))
        return 0
    fleet, bad = Fleet(), 0
    try:
        for name in names:
            try:
                url, addresses, own = fleet.up(name)
            except (Skipped, NotStarted) as e:
                bad += isinstance(e, NotStarted)
                print(f"{name}: {'skipped' if isinstance(e, Skipped) else 'FAILED'}: {e}", flush=True)
                continue
            print(f"{name}: {url}  ({', '.join(f'{k} {v}' for k, v in addresses.items())})", flush=True)
            if "--keep" not in sys.argv:
                fleet.down(own)
        if "--keep" in sys.argv:
            signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        fleet.stop(keep_logs=bool(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
