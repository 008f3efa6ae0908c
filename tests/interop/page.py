"""A person in headless Chromium signs in at `mcp-auth serve`: the page is read, a wrong password, Deny, Allow; the code is redeemed.

Driven through chromedriver (W3C WebDriver), with the standard library only. `sign_in(issuer, mcp)` returns what was seen, or raises.
"""
import base64
import hashlib
import http.server
import json
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from deployments import HTTP, free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split()
direct = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # never by a proxy


class Browser:
    """One browser window."""

    def __init__(self, profile):
        port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"{HTTP}{port}"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if binary:
            options["binary"] = binary
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        for _ in range(100):
            try:
                self.base += "/session/" + self.call("POST", "/session", {"capabilities": wanted})["sessionId"]
                return
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError):
                    raise RuntimeError(error.read().decode()[:400]) from error
                time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with direct(request, timeout=60) as reply:
            return json.loads(reply.read())["value"]

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def all(self, selector):
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [one[ELEMENT] for one in found]

    def one(self, selector):
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} elements are {selector}: {self.text()[:300]}"
        return found[0]

    def text(self):
        """What the page says. Its element may go with the page that held it while the next one comes: then it is asked for again."""
        for left in range(50, -1, -1):
            try:
                return self.call("GET", f"/element/{self.all('body')[0]}/text")
            except (urllib.error.HTTPError, IndexError):
                if not left:
                    raise
                time.sleep(0.1)

    def says(self, words):
        """Waits until the page says the words: a click answers before the next page has come."""
        for _ in range(100):
            if words in (text := self.text()):
                return
            time.sleep(0.1)
        raise AssertionError(f"the page does not say {words!r}: {text[:300]}")

    def type(self, selector, text):
        element = self.one(selector)
        self.call("POST", f"/element/{element}/clear", {})
        self.call("POST", f"/element/{element}/value", {"text": text})

    def press(self, selector):
        self.call("POST", f"/element/{self.one(selector)}/click", {})

    def complaints(self):
        return [line["message"] for line in self.call("POST", "/se/log", {"type": "browser"}) if "favicon" not in line["message"]]

    def close(self):
        try:
            self.call("DELETE", "")
        except (urllib.error.URLError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait(10)


class Listener(http.server.BaseHTTPRequestHandler):
    """The application's own listener: it takes the answer."""

    def do_GET(self):
        if self.path.startswith("/callback"):
            self.server.answers.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, *_):
        pass


def post(url, body, kind):
    with direct(urllib.request.Request(url, body.encode(), {"Content-Type": kind}), timeout=20) as reply:
        return json.loads(reply.read())


def sign_in(issuer, mcp):
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    listener.answers = []
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    back = f"{HTTP}{listener.server_address[1]}/callback"
    metadata = {"client_name": "Ünïcode <b>App</b>", "redirect_uris": [back], "token_endpoint_auth_method": "none", "application_type": "native"}
    client = post(f"{issuer}/register", json.dumps(metadata), "application/json")["client_id"]
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": client, "redirect_uri": back, "code_challenge": challenge, "code_challenge_method": "S256", "resource": mcp}
    url = lambda **more: f"{issuer}/authorize?{urllib.parse.urlencode({**asked, **more})}"

    def answer():
        for _ in range(100):
            if listener.answers:
                return listener.answers.pop()
            time.sleep(0.1)
        raise AssertionError(f"nobody came back; the page says: {browser.text()[:300]}")

    profile = tempfile.mkdtemp(prefix="mcp-auth-browser-")
    browser = Browser(profile)
    try:
        browser.open(url(state="denied", scope="search:read"))
        browser.press("button[value=deny]")
        denied = answer()
        assert denied["error"] == "access_denied" and denied["state"] == "denied" and denied["iss"] == issuer, denied

        browser.open(url(state="granted", scope="search:read search:write"))
        browser.says("save documents")
        text = browser.text()
        for words in ("Ünïcode <b>App</b>", mcp, "127.0.0.1", "program on this computer", "search and read the documents", "save documents", "wonderland"):
            assert words in text, f"the page does not say {words!r}: {text}"
        assert not browser.all("script") and not browser.all("b"), "no script, and a name is no markup"
        browser.type("input[name=username]", "alice")
        browser.type("input[name=password]", "looking-glass")
        browser.press("button[value=approve]")
        browser.says("Name or password is wrong")
        assert not listener.answers, "a wrong password sends nobody back"
        browser.type("input[name=username]", "alice")
        browser.type("input[name=password]", "wonderland")
        browser.press("button[value=approve]")
        granted = answer()
        assert granted["state"] == "granted" and granted["iss"] == issuer and "code" in granted, granted
        redeemed = {"grant_type": "authorization_code", "code": granted["code"], "redirect_uri": back, "client_id": client, "code_verifier": verifier}
        tokens = post(f"{issuer}/token", urllib.parse.urlencode(redeemed), "application/x-www-form-urlencoded")
        assert tokens["scope"] == "search:read search:write" and tokens["token_type"] == "Bearer", tokens.keys()
        complaints = browser.complaints()
        assert not complaints, complaints
        return "denied, mistyped, signed in, code redeemed"
    finally:
        browser.close()
        listener.shutdown()
        shutil.rmtree(profile, ignore_errors=True)
