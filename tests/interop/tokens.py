#!/usr/bin/env python3
"""Shows the reference deployment thousands of tokens, right and wrong in every way and pair of ways, and holds its answers
against an independent JWT library (joserfc): nothing that is wrong may be let in, nothing that is right refused.

    tokens.py [--count N] [--seed N] [--verbose]
    tokens.py --mcp URL --issuer URL --key FILE    # at a deployment that runs already, with the key that --lab wrote

Threats: algorithms, key references, signatures, times, issuer, audience, type, `crit`, repeated members, encodings, scope
(RFC 8725, RFC 9068 section 4, RFC 7515 sections 2 and 4.1.11, RFC 7519 section 4.1). MCP_AUTH names the program (default
target/release/mcp-auth). Exit status 0 all as expected, 1 something was not, 77 skipped.
"""
import argparse
import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ.get("MCP_AUTH") or HERE / "../../target/release/mcp-auth").resolve()
SCOPE = "search:read"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Raw(str):
    """JSON text to be put in as it is."""


def dumps(members):
    """An object from (name, value) pairs: names may stand twice, a Raw value is not encoded."""
    parts = (f"{json.dumps(name)}:{value if isinstance(value, Raw) else json.dumps(value)}" for name, value in members)
    return "{" + ",".join(parts) + "}"


ABSENT = object()


class Ground:
    """What a right token says, and the keys."""

    def __init__(self, lab, now):
        from cryptography.hazmat.primitives.asymmetric import ec
        from joserfc.jwk import ECKey, KeySet

        self.now = now
        self.issuer, self.audience = lab["issuer"], lab["audience"]
        self.key = lab["keys"][0]
        self.other_kid = next((key["kid"] for key in lab["public"] if key["kid"] != self.key.kid), "nobody")
        self.public = KeySet.import_key_set({"keys": lab["public"]})
        self.own = ECKey.generate_key("P-256", {"kid": self.key.kid})
        self.ec = ec

    def sign(self, key, message):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        der = key.private_key.sign(message, self.ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        return r, s, der


def fixed(r, s):
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def dimensions(g):
    """Every dimension: its name and its values, each (name, value, whether a token with it can be right)."""
    now, iss, aud = g.now, g.issuer, g.audience
    wide = urllib.parse.urlsplit(aud)
    upper = f"{wide.scheme.upper()}://{wide.netloc}{wide.path}"
    year = 365 * 86400
    return {
        "alg": [("ES256", "ES256", True)]
        + [(repr(v), v, False) for v in ("none", "None", "NONE", "nOnE", "", None, 5, ["ES256"], "HS256", "HS512", "RS256", "PS256",
                                         "ES384", "EdDSA", "es256", "ES256 ", "ES256K")]
        + [("absent", ABSENT, False)],
        "typ": [(v, v, True) for v in ("at+jwt", "application/at+jwt", "AT+JWT", "application/AT+JWT")]
        + [(repr(v), v, False) for v in ("JWT", "", "id_token", "dpop+jwt", "logout+jwt", "at+jwt ", "application/jwt", "at+jwtx", 1, None, ["at+jwt"])]
        + [("absent", ABSENT, False)],
        "kid": [("right", g.key.kid, True)]
        + [(repr(v)[:30], v, False) for v in ("", "unknown", g.other_kid, [g.key.kid], 7, None, "../../dev/null", "' UNION SELECT 'k'--", "|id",
                                              "a\0b", "k" * 4000, g.key.kid + " ", "http://127.0.0.1:9/k")]
        + [("absent", ABSENT, False)],
        "header": [("plain", [], True), ("jku beside a right signature", [("jku", "http://127.0.0.1:9/")], True),
                   ("own jwk beside a right signature", [("jwk", g.own.as_dict(private=False))], True), ("an unknown member", [("x", 1)], True),
                   ("crit unknown", [("crit", ["x"]), ("x", 1)], False), ("crit empty", [("crit", [])], False), ("crit exp", [("crit", ["exp"])], False),
                   ("crit alg", [("crit", ["alg"])], False), ("crit no list", [("crit", "x")], False), ("crit null", [("crit", None)], False),
                   ("b64 false, crit", [("b64", False), ("crit", ["b64"])], False), ("b64 false", [("b64", False)], False),
                   ("alg twice, none last", [("alg", "none")], False), ("alg twice, same", [("alg", "ES256")], False), ("zip", [("zip", "DEF"), ("crit", ["zip"])], False)],
        "signature": [(n, n, True) for n in ("right", "high s", "low s")]
        + [(n, n, False) for n in ("empty", "zeros", "one bit", "truncated", "one byte more", "doubled", "DER", "r = s = 0", "r = s = n", "own key", "of another token",
                                   "padded", "standard alphabet", "trailing bits", "a space", "a line feed", "HMAC PEM", "HMAC JWK", "HMAC DER", "HMAC empty")],
        "iss": [("right", iss, True)]
        + [(repr(v)[:30], v, False) for v in ("https://evil.invalid", iss + ".evil", iss + "/", iss.upper(), iss.replace("http:", "https:"), iss.replace("://", "://x@"),
                                              [iss], None, 1, "", iss[:-1], " " + iss)]
        + [("absent", ABSENT, False), ("twice", Raw(json.dumps("https://evil.invalid") + ',"iss":' + json.dumps(iss)), False)],
        "aud": [("right", aud, True), ("a list", [aud], True), ("a list with others", ["https://other.invalid", aud, iss], True), ("capital scheme", upper, True)]
        + [(repr(v)[:30], v, False) for v in ("https://other.invalid/mcp", "", aud[:-1], aud + "/", aud + "-admin", aud + ".evil", aud + "?", aud + "#", aud.replace("/mcp", "/MCP"), iss, "*",
                                              "mcp-auth", 5, None, [], [5], [[aud]], [aud + "/"], {"aud": aud}, aud.rsplit("/", 1)[0], aud + " https://other.invalid", aud.replace("http:", "https:"))]
        + [("absent", ABSENT, False), ("twice, right last", Raw('"https://other.invalid","aud":' + json.dumps(aud)), False), ("Aud", "in capitals", False)],
        "exp": [("in an hour", now + 3600, True), ("a fraction", now + 3600.5, True), ("in 2038", 2**31, True), ("in 9999", 253402300799, True), ("u64", 2**64 - 1, True),
                ("exponent", Raw(f"{(now + 3600) / 10**9:.9f}e9"), True)]
        + [(n, v, False) for n, v in (("five minutes ago", now - 300), ("two minutes ago", now - 120), ("a year ago", now - year), ("0", 0), ("negative", -5), ("text", str(now + 3600)),
                                      ("1e400", Raw("1e400")), ("NaN", Raw("NaN")), ("Infinity", Raw("Infinity")), ("null", None), ("true", True), ("a list", [now + 3600]), ("an object", {"v": now + 3600}), ("absent", ABSENT),
                                      ("twice", Raw(f'{now - 300},"exp":{now + 3600}')))],
        "nbf": [("absent", ABSENT, True), ("an hour ago", now - 3600, True), ("0", 0, True)]
        + [(n, v, False) for n, v in (("in five minutes", now + 300), ("in a year", now + year), ("text", str(now)), ("null", None), ("a list", [now]), ("true", True), ("in 9999", 253402300799))],
        "iat": [("now", now, True), ("a day ago", now - 86400, True)]
        + [(n, v, False) for n, v in (("in an hour", now + 3600), ("in a year", now + year), ("text", str(now)), ("null", None), ("a list", [now]))],
        "sub": [("right", "alice", True), ("odd", "u:1/ü", True)] + [(n, v, False) for n, v in (("absent", ABSENT), ("empty", ""), ("a number", 7), ("null", None), ("a list", ["alice"]))],
        "scope": [("right", SCOPE, True), ("with others", f"openid {SCOPE} x", True)]
        + [(n, v, False) for n, v in (("absent", ABSENT), ("empty", ""), ("longer", "search:reader"), ("shorter", "search:rea"), ("in capitals", SCOPE.upper()), ("a list", [SCOPE]), ("null", None),
                                      ("with a comma", f"openid,{SCOPE}"), ("nested", {"scope": SCOPE}))],
        "form": [(n, n, True) for n in ("compact", "spaces in the JSON")]
        + [(n, n, False) for n in ("trailing dot", "four segments", "five segments", "no signature part", "JSON serialization", "header padded", "claims padded", "header in standard alphabet", "a line feed inside",
                                   "BOM", "UTF-16", "invalid UTF-8", "claims a list", "text behind the claims", "header trailing bits", "64 KiB", "deep", "only dots")],
    }


def build(g, pick):
    """The token that the values picked make."""
    value = {name: chosen[1] for name, chosen in pick.items()}
    header = [(n, value[n]) for n in ("alg", "typ", "kid") if value[n] is not ABSENT] + list(value["header"])
    names = ("iss", "aud", "exp", "nbf", "iat", "sub", "scope")
    claims = [(n, value[n]) for n in names if value[n] is not ABSENT] + [("client_id", "lab"), ("jti", random.randbytes(8).hex())]
    if pick["aud"][0] == "Aud":
        claims = [("Aud" if n == "aud" else n, g.audience if n == "aud" else v) for n, v in claims]
    head, body, form = dumps(header).encode(), dumps(claims).encode(), value["form"]
    if form == "spaces in the JSON":
        head, body = b" " + head + b"\n", b"\t" + body + b" "
    elif form == "BOM":
        body = b"\xef\xbb\xbf" + body
    elif form == "UTF-16":
        body = body.decode().encode("utf-16")
    elif form == "invalid UTF-8":
        body = body[:-1] + b',"x":"\xff\xfe"}'
    elif form == "claims a list":
        body = b"[" + body + b"]"
    elif form == "text behind the claims":
        body += b"x"
    elif form == "64 KiB":
        body = body[:-1] + b',"x":"' + b"x" * 65536 + b'"}'
    elif form == "deep":
        body = body[:-1] + b',"x":' + b"[" * 3000 + b"]" * 3000 + b"}"
    first, second = b64(head), b64(body)
    if form == "header padded":
        first += "=" * (-len(first) % 4) or "===="
    elif form == "claims padded":
        second += "=" * (-len(second) % 4) or "===="
    elif form == "header in standard alphabet":
        first = base64.b64encode(head[:-1] + b',"y":"\xc3\xbf\xc3\xbe>>>???"}').rstrip(b"=").decode()
    elif form == "header trailing bits":
        while len(first) % 4 == 0:
            head += b" "
            first = b64(head)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        first = first[:-1] + alphabet[alphabet.index(first[-1]) | 1]
    elif form == "a line feed inside":
        second = second[:5] + "\n" + second[5:]
    message = f"{first}.{second}"
    last = signature(g, value["signature"], message.encode())
    return {
        "trailing dot": f"{message}.{last}.", "four segments": f"{message}.{last}.{last}", "five segments": f"{message}.{last}..{last}", "no signature part": message,
        "JSON serialization": json.dumps({"protected": first, "payload": second, "signature": last}), "only dots": "." * 200,
    }.get(form, f"{message}.{last}")


def signature(g, kind, message):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    r, s, der = g.sign(g.own if kind == "own key" else g.key, message)
    if kind == "high s":
        s = max(s, ORDER - s)
    elif kind == "low s":
        s = min(s, ORDER - s)
    good = fixed(r, s)
    text = b64(good)
    if kind.startswith("HMAC"):
        public = g.key.public_key
        secret = {"PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
                  "JWK": json.dumps(g.key.as_dict(private=False)).encode(), "empty": b""}[kind.split()[1]]
        return b64(hmac.new(secret, message, hashlib.sha256).digest())
    if kind == "standard alphabet":
        while not set(text) & set("-_"):
            r, s, _ = g.sign(g.key, message)
            text = b64(fixed(r, s))
        return text.replace("-", "+").replace("_", "/")
    if kind == "trailing bits":
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]
    bit = bytes([good[0] ^ 1]) + good[1:]
    return {
        "empty": "", "zeros": b64(bytes(64)), "one bit": b64(bit), "truncated": b64(good[:-1]), "one byte more": b64(good + b"\0"), "doubled": text + text, "DER": b64(der),
        "r = s = 0": b64(fixed(0, 0)), "r = s = n": b64(fixed(ORDER, ORDER)), "of another token": b64(fixed(*g.sign(g.key, b"another")[:2])), "padded": text + "==",
        "a space": text[:9] + " " + text[9:], "a line feed": text[:9] + "\n" + text[9:],
    }.get(kind, text)


# What the library reads more leniently than the documents ask for, or has no rule about: (dimension, value) and why it must be refused all the same.
LENIENT = {
    ("header", "alg twice, same"): "RFC 7515 section 4: names are unique, or the last one counts; RFC 8725 wants one reading",
    ("header", "alg twice, none last"): "as above",
    ("header", "b64 false"): "RFC 7797 section 7: no JWT is made with it",
    ("header", "crit empty"): "RFC 7515 section 4.1.11: the list is not empty",
    ("header", "crit alg"): "RFC 7515 section 4.1.11: no name of the specification itself",
    ("header", "crit null"): "RFC 7515 section 4.1.11: a list",
    ("iss", "twice"): "RFC 7519 section 4: claim names are unique, or the last one counts",
    ("aud", "twice, right last"): "as above", ("exp", "twice"): "as above",
    ("exp", "true"): "RFC 7519 section 2: a number", ("nbf", "true"): "as above",
    ("exp", "Infinity"): "not JSON", ("exp", "NaN"): "not JSON", ("exp", "1e400"): "beyond every date",
    ("kid", "absent"): "the tokens of this authorization server name their key",
    ("signature", "padded"): "RFC 7515 section 2: without padding", ("form", "header padded"): "as above", ("form", "claims padded"): "as above",
    ("signature", "trailing bits"): "RFC 4648 section 3.5", ("form", "header trailing bits"): "as above",
    ("signature", "standard alphabet"): "RFC 7515 section 2: the URL alphabet", ("form", "header in standard alphabet"): "as above",
    ("signature", "a space"): "RFC 7515 section 2: no white space", ("signature", "a line feed"): "as above", ("form", "a line feed inside"): "as above",
    ("form", "BOM"): "RFC 8259 section 8.1", ("form", "UTF-16"): "RFC 8259 section 8.1", ("form", "invalid UTF-8"): "RFC 8259 section 8.1",
    ("form", "64 KiB"): "longer than any header of the server", ("form", "deep"): "nested beyond use",
    ("form", "JSON serialization"): "RFC 9068 section 2: compact", ("sub", "empty"): "a subject names somebody",
}
# What is right though the library, which compares texts, says otherwise.
CANONICAL = {("header", "an unknown member"): "RFC 7515 section 4: what is not understood is ignored; the library keeps a list of names",
             ("aud", "capital scheme"): "MCP, Canonical Server URI: scheme and host in capitals are accepted"}


def library(g, token):
    """Whether joserfc, told what RFC 9068 section 4 wants, lets the token in."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        read = jwt.decode(token, g.public, algorithms=["ES256", "RS256"])
        jwt.JWTClaimsRegistry(now=lambda: int(time.time()), leeway=30, iss={"essential": True, "value": g.issuer}, aud={"essential": True, "value": g.audience},
                              exp={"essential": True}, sub={"essential": True}).validate(read.claims)
        typ = str(read.header.get("typ", "")).lower()
        scope = read.claims.get("scope")
        right = typ.removeprefix("application/") == "at+jwt" and isinstance(read.claims["sub"], str) and isinstance(scope, str) and SCOPE in scope.split(" ")
        return bool(right)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, UnicodeError, RecursionError, OverflowError):
        return False


class Asker(threading.local):
    """One connection for each thread."""

    connection = None

    def ask(self, url, token):
        split = urllib.parse.urlsplit(url)
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": {"name": "tokens", "version": "1"}, "io.modelcontextprotocol/clientCapabilities": {}}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": {"query": "pkce"}, "_meta": meta}})
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "search",
                   "authorization": f"Bearer {token}"}
        for _ in range(2):
            self.connection = self.connection or http.client.HTTPConnection(split.netloc, timeout=30)
            try:
                self.connection.request("POST", split.path, body, headers)
                reply = self.connection.getresponse()
                return reply.status, reply.read()
            except ValueError:  # http.client itself refuses to send a line feed
                return 400, b""
            except (http.client.HTTPException, OSError):
                self.connection = None
        return 0, b""


def picks(dims, count, seed):
    """Every value alone, every pair of values, and triples until there are enough; the rest of each token is right."""
    chance = random.Random(seed)
    right = {name: values[0] for name, values in dims.items()}
    yield dict(right)
    for name, values in dims.items():
        for value in values[1:]:
            yield right | {name: value}
    made = 0
    for one, other in itertools.combinations(dims, 2):
        for first, second in itertools.product(dims[one][1:], dims[other][1:]):
            made += 1
            yield right | {one: first, other: second}
    # Mostly right values, so that many of these are right as a whole.
    while made < count:
        made += 1
        yield {name: chance.choice([v for v in values if v[2]] if chance.random() < 0.9 else values) for name, values in dims.items()}


def lab():
    """The reference deployment, with the key that it signs with."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key.pem"
        server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--authority-port", "0", "--lab", path], stdout=subprocess.PIPE, text=True)
        said = [line for line, _ in zip(server.stdout, range(4))]
        found = {name: line.split(name)[1].split()[0] for line in said for name in ("MCP server", "authorization server") if line.startswith(name)}
        if len(found) < 2 or not path.exists():
            server.kill()
            sys.exit(f"the server did not start: {said}")
        return server, ground(found["MCP server"], found["authorization server"], path)


def ground(mcp, issuer, path):
    """What a deployment publishes, and its key."""
    from joserfc.jwk import ECKey

    private = ECKey.import_key(path.read_text())
    with urllib.request.urlopen(issuer + "/.well-known/openid-configuration") as reply:
        metadata = json.load(reply)
    with urllib.request.urlopen(metadata["jwks_uri"]) as reply:
        public = json.load(reply)["keys"]
    own = private.as_dict(private=False)
    kid = next(key["kid"] for key in public if key.get("x") == own["x"])
    key = ECKey.import_key(private.as_dict(private=True) | {"kid": kid})
    return {"mcp": mcp, "issuer": metadata["issuer"], "audience": mcp, "keys": [key], "public": public}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=22000, help="at least so many tokens")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--mcp", help="a deployment that runs already: its MCP server")
    parser.add_argument("--issuer", help="its authorization server")
    parser.add_argument("--key", type=Path, help="the private key that it wrote for the lab")
    options = parser.parse_args()
    random.seed(options.seed)
    server, given = (None, ground(options.mcp, options.issuer, options.key)) if options.mcp else lab()
    try:
        g = Ground(given, int(time.time()))
        complaints, counts = judge(g, given["mcp"], options)
    finally:
        if server:
            server.terminate()
            server.wait(10)
    for line in sorted(complaints)[: None if options.verbose else 40]:
        print(line)
    print(f"{sum(counts.values())} tokens: {counts['let in']} right ones let in, {counts['refused']} wrong ones refused, {len(complaints)} complaints")
    return 1 if complaints else 0


def judge(g, url, options):
    """Shows every token to the server and to the library."""
    dims, asker = dimensions(g), Asker()
    complaints, counts, lock = set(), Counter(), threading.Lock()

    def one(pick):
        if pick["alg"][0] == "absent" and pick["header"][0].startswith("alg twice"):
            return  # then it stands once
        wrong = [(name, chosen[0]) for name, chosen in pick.items() if not chosen[2]]
        token = build(g, pick)
        status, body = asker.ask(url, token)
        let_in = status == 200 and b'"result"' in body
        told = ", ".join(f"{name} {value}" for name, value in ((n, c[0]) for n, c in pick.items() if c is not dims[n][0])) or "nothing special"
        found = []
        if let_in and wrong:
            found.append(f"WRONGLY LET IN: {told}")
        elif not wrong and not let_in:
            found.append(f"WRONGLY REFUSED ({status}): {told}")
        elif wrong and status not in (400, 401, 403, 431) and ("form", "64 KiB") not in wrong:  # that one may be cut off
            found.append(f"refused with {status}: {told}")
        agrees = library(g, token)
        if agrees and wrong and not any(item in LENIENT for item in wrong):
            found.append(f"the library would let it in: {told}")
        if not agrees and not wrong and not any((n, c[0]) in CANONICAL for n, c in pick.items()):
            found.append(f"the library would refuse it: {told}")
        with lock:
            complaints.update(found)
            counts["let in" if let_in else "refused"] += 1

    with ThreadPoolExecutor(options.jobs) as pool:
        for _ in pool.map(one, picks(dims, options.count, options.seed), chunksize=64):
            pass
    return complaints, counts


if __name__ == "__main__":
    try:
        import joserfc  # noqa: F401
    except ImportError:
        print("skipped: joserfc is missing; tests/interop/tokens.sh brings it")
        sys.exit(77)
    sys.exit(main())
