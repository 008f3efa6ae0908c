#!/usr/bin/env python3
"""Probes every deployment of deployments.py and compares what mcp-auth finds with what it should find.

    probe.py [--only NAME]... [--jobs N] [--keep] [--bless] [--list] [-- MORE ARGUMENTS FOR PROBE]

The program is $MCP_AUTH, else target/release/mcp-auth of the project. One line for each deployment (`ok`, `FAILED` with
the differences, `skipped: REASON`), then the sum. Exit status: 0 nothing failed, 1 something did, 2 usage.

expected/NAME.json says what is right, and is written by hand:

    mode       the report's mode
    findings   every `fail` and `warn`: `id`, `status`, and `why`: the document and section that makes it true of this server.
               An entry without a reason is refused. `info` marks nothing down and is not compared.
    passes     ids that must have been looked at and found good, so that a probe that looked nowhere is not green

or, for a variation of another deployment, `like` with the name of that one, `also` and `without` (findings that come and
go, each with its `why`), and `mode` or `passes` where they differ.

--bless writes what was found into these files, and leaves the reasons to you. --keep leaves the servers running until Ctrl-C.
"""
import argparse
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from deployments import DEPLOYMENTS, HERE, Fleet, NotStarted, Skipped

EXPECTED = HERE / "expected"
FINDINGS = ("fail", "warn")
PROBE_SECONDS = 150  # the program's own limit is 120


class Wrong(Exception):
    """What was expected cannot be read, or what came is no report."""


def load(name):
    path = EXPECTED / f"{name}.json"
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Wrong(f"no expectation: {path.name} is missing (--bless writes one)") from None
    except ValueError as e:
        raise Wrong(f"{path.name}: {e}") from None


def reasoned(name, entries):
    """The entries as a dictionary (id, status) -> why; an entry without a reason is refused."""
    out = {}
    for e in entries:
        key = (e.get("id"), e.get("status"))
        if not (e.get("why") or "").strip():
            raise Wrong(f"{name}.json: {key[0]} {key[1]} has no `why`")
        if key in out:
            raise Wrong(f"{name}.json: {key[0]} {key[1]} stands twice")
        out[key] = e["why"]
    return out


def expected(name, seen=()):
    """(mode, {(id, status): why}, set of ids that must pass) for a deployment, with `like` resolved."""
    if name in seen:
        raise Wrong(f"{name}.json: `like` goes round in circles")
    doc = load(name)
    if "like" not in doc:
        return doc.get("mode"), reasoned(name, doc.get("findings", [])), set(doc.get("passes", []))
    mode, findings, passes = expected(doc["like"], (*seen, name))
    findings = dict(findings)
    for key in reasoned(name, doc.get("without", [])):
        if findings.pop(key, None) is None:
            raise Wrong(f"{name}.json: {key[0]} {key[1]} is not a finding of {doc['like']}, so it cannot be missing")
    for key, why in reasoned(name, doc.get("also", [])).items():
        if key in findings:
            raise Wrong(f"{name}.json: {key[0]} {key[1]} is a finding of {doc['like']} already")
        findings[key] = why
    return doc.get("mode", mode), findings, set(doc["passes"]) if "passes" in doc else passes


def found(report):
    """(mode, {(id, status): message}, set of ids that pass) of a report."""
    results = report.get("results")
    if report.get("version") != 1 or not isinstance(results, list) or not results:
        raise Wrong("this is not a report of version 1 with results")
    findings = {(r["id"], r["status"]): r.get("message", "") for r in results if r["status"] in FINDINGS}
    strange = {r["status"] for r in results} - {*FINDINGS, "info", "pass", "skip"}
    if strange:
        raise Wrong(f"unknown status {', '.join(sorted(strange))}")
    return report.get("mode"), findings, {r["id"] for r in results if r["status"] == "pass"}


def compare(name, report, code):
    """The differences between what was expected and the report, one line each; none is good."""
    want_mode, want, want_passes = expected(name)
    mode, got, passes = found(report)
    lines = []
    if mode != want_mode:
        lines.append(f"mode is {mode}, expected {want_mode}")
    lines += [f"unexpected: {i} {s}: {got[i, s]}" for i, s in sorted(got.keys() - want.keys())]
    lines += [f"missing: {i} {s} ({want[i, s]})" for i, s in sorted(want.keys() - got.keys())]
    lines += [f"did not pass: {i}" for i in sorted(want_passes - passes)]
    failed = sum(status == "fail" for _, status in got)
    if code != (1 if failed else 0):
        lines.append(f"exit status {code} with {failed} failed checks")
    return lines


def bless(name, report):
    """Writes what was found; keeps the reasons that are there, and gives none."""
    mode, got, passes = found(report)
    try:
        old = load(name)
    except Wrong:
        old = {}
    why = {(e["id"], e["status"]): e.get("why", "") for k in ("findings", "also", "without") for e in old.get(k, [])}
    entries = lambda keys: [{"id": i, "status": s, "why": why.get((i, s), "")} for i, s in sorted(keys)]
    if "like" in old:
        base_mode, base, _ = expected(old["like"])
        doc = {"like": old["like"]}
        if mode != base_mode:
            doc["mode"] = mode
        doc |= {"also": entries(got.keys() - base.keys()), "without": entries(base.keys() - got.keys())}
    else:
        doc = {"mode": mode, "findings": entries(got)}
    if "passes" in old:
        doc["passes"] = [i for i in old["passes"] if i in passes]
    path = EXPECTED / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(doc, indent=2, ensure_ascii=False) + "\n", "utf-8")


def probe(program, url, args):
    """(report, exit status) of one probe, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="mcp-auth-home-") as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MCP_AUTH_", "XDG_"))} | {"HOME": home, "NO_COLOR": "1"}
        try:
            run = subprocess.run([program, "probe", url, "--format", "json", *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Wrong(f"the probe was not done after {PROBE_SECONDS} s") from None
    try:
        return json.loads(run.stdout), run.returncode
    except ValueError:
        said = run.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Wrong(f"exit status {run.returncode} and no JSON: {' / '.join(said[:3])}") from None


def one(fleet, name, options):
    """(word, lines) for one deployment."""
    own = []
    try:
        url, _, own = fleet.up(name)
        report, code = probe(options.program, url, [*DEPLOYMENTS[name].get("args", []), *options.more])
        (fleet.logs / f"{name}.json").write_text(json.dumps(report, indent=1), "utf-8")
        if options.bless:
            bless(name, report)
            return "blessed", []
        lines = compare(name, report, code)
        return ("FAILED" if lines else "ok"), lines
    except Skipped as e:
        return f"skipped: {e}", []
    except (Wrong, NotStarted, OSError, KeyError, TypeError) as e:
        return "FAILED", [f"{type(e).__name__}: {e}" if isinstance(e, (KeyError, TypeError)) else str(e)]
    finally:
        if not options.keep:
            fleet.down(own)


def main(doc=__doc__, rows=DEPLOYMENTS, one=one, folder=EXPECTED, keeps="keep"):
    """Runs what is asked for of `rows`; `keeps` is the flag that keeps something: the servers, or only the logs."""
    argv, more = sys.argv[1:], []
    if "--" in argv:
        argv, more = argv[: argv.index("--")], argv[argv.index("--") + 1:]
    ap = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only", action="append", metavar="NAME", choices=rows, help="only this one (repeatable)")
    ap.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    for flag in (keeps, "bless", "list"):
        ap.add_argument("--" + flag, action="store_true")
    options = ap.parse_args(argv)
    options.more, options.keep = more, getattr(options, keeps.replace("-", "_"))
    if options.list:
        print("\n".join(rows))
        return 0
    options.program = str(Path(os.environ.get("MCP_AUTH") or HERE.parent.parent / "target/release/mcp-auth").resolve())
    if not os.access(options.program, os.X_OK):
        ap.error(f"no program at {options.program}: `cargo build --release`, or set MCP_AUTH")
    names = options.only or list(rows)
    stale = {p.stem for p in folder.glob("*.json")} - set(rows)
    fleet, sums = Fleet(), {"ok": 0, "FAILED": 0, "skipped": 0, "blessed": 0}
    try:
        with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
            for name, (word, lines) in zip(names, pool.map(lambda n: one(fleet, n, options), names)):
                sums[word.split(":")[0]] += 1
                print(f"{name}: {word}", *(f"    {line}" for line in lines), sep="\n", flush=True)
        for name in sorted(stale):
            sums["FAILED"] += 1
            print(f"{name}: FAILED\n    {(folder / name).relative_to(HERE)}.json belongs to none of them")
        print(f"{sums['ok']} passed, {sums['FAILED']} failed, {sums['skipped']} skipped" + (f", {sums['blessed']} blessed" if options.bless else ""), flush=True)
        if sums["FAILED"] or options.keep:
            print(f"reports, trails and logs in {fleet.logs}", file=sys.stderr)
        if options.keep and keeps == "keep":
            signal.pause()
    except KeyboardInterrupt:
        return 130
    finally:
        fleet.stop(keep_logs=bool(sums["FAILED"]) or options.keep)
    return 1 if sums["FAILED"] else 0


def end_on_sigterm():
    """So that the servers are stopped, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


if __name__ == "__main__":
    end_on_sigterm()
    sys.exit(main())
