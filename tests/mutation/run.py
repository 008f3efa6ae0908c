#!/usr/bin/env python3
"""Runs the tests against every mutant: `run.py LIST TREE RESULTS [--only REGEX] [--tests REGEX] [--seconds N] [--again]`.

TREE is what weave.py made. Its tests are built once. Each test (and each fault of the matrix) is run once to learn how
long it takes and which mutants it reaches; then, for each mutant, the tests that reach it, the likeliest first, until
one fails. A test that starts servers must fail twice. Tests that do not pass without a mutant take no part.

RESULTS gets a line of JSON for each mutant: `caught` (by which test), `missed`, or `unreached`; what stands there
already is not run again (`--again`: what was missed is). RESULTS.tests keeps what was learned of the tests.
"""
import argparse, collections, concurrent.futures, json, os, pathlib, re, subprocess, sys, threading, time

# Tests of files, not of behaviour, and those that only take long.
LEFT_OUT = re.compile(r"^(house|generated|docs|packaging|fleet|picture)::|^hostile::limits|overloaded|replicas|keepalive|^crash|slow")
# Tests that say much of a whole floor.
BROAD = {"checks": ("matrix::disturbed",), "client": ("mcp_auth::client", "matrix::sent", "login::"), "store": ("mcp_auth::store", "login::", "crash::")}
PROFILE = {"CARGO_PROFILE_RELEASE_OPT_LEVEL": "1", "CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS": "true", "RUSTFLAGS": "-Awarnings",
           "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS": "true", "CARGO_PROFILE_RELEASE_STRIP": "none"}


def build(tree):
    command = ["cargo", "test", "--locked", "--release", "--no-run", "--lib", "--tests", "--message-format=json"]
    run = subprocess.run(command, cwd=tree, env={**os.environ, **PROFILE}, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr[-3000:])
    programs = {}
    for line in run.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message.get("executable") and message["profile"]["test"]:
            programs[message["target"]["name"]] = message["executable"]
    return programs


def ask(program, tree, mutant=None, record=None, fault=None, filters=(), patience=60):
    """Runs tests of one program. Returns (passed, seconds)."""
    variables = {**os.environ, "CARGO_MANIFEST_DIR": str(tree)}
    for name, value in (("MUTANT", mutant), ("MUTANT_RECORD", record), ("MCP_AUTH_FAULT", fault)):
        if value is not None:
            variables[name] = str(value)
    begun = time.monotonic()
    child = subprocess.Popen([program, "--exact", *filters], cwd=tree, env=variables, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        passed = child.wait(patience) == 0
    except subprocess.TimeoutExpired:
        passed = False
    try:
        os.killpg(child.pid, 9)
    except ProcessLookupError:
        pass
    child.wait()
    return passed, time.monotonic() - begun


Unit = collections.namedtuple("Unit", "name program filter fault seconds reached")


def units(programs, tree, cache, jobs, chosen):
    if cache.exists():
        stored = [one for one in json.loads(cache.read_text()) if one["name"].split("::")[0] in programs]
        return [Unit(**{**one, "program": programs[one["name"].split("::")[0]], "reached": frozenset(one["reached"])}) for one in stored]
    wanted = []
    for name, program in programs.items():
        listed = subprocess.run([program, "--list", "--format", "terse"], cwd=tree, capture_output=True, text=True).stdout
        ignored = subprocess.run([program, "--list", "--format", "terse", "--ignored"], cwd=tree, capture_output=True, text=True).stdout
        for line in set(listed.splitlines()) - set(ignored.splitlines()):
            test = line.removesuffix(": test")
            if line.endswith(": test") and not LEFT_OUT.search(f"{name}::{test}"):
                wanted.append((f"{name}::{test}", program, test, None))
    groups = {"transport", "challenge", "resource", "server", "keys", "access", "cors", "registration", "authorization", "token", "refresh", "wires", "extensions"}
    wanted = [one for one in wanted if not (one[0].startswith("matrix::") and one[2] in groups)]
    listed = subprocess.run([programs["matrix"], "--exact", "one_fault", "--nocapture"], cwd=tree, env={**os.environ, "MCP_AUTH_FAULT": "?"}, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        if line.startswith("fault "):
            wanted.append((f"matrix::{line.split()[1]}", programs["matrix"], "one_fault", line.split()[2]))

    def look(one):
        name, program, test, fault = one
        record = cache.parent / f"reached-{threading.get_ident()}"
        record.unlink(missing_ok=True)
        passed, seconds = ask(program, tree, record=record, fault=fault, filters=[test])
        reached = sorted({int(line) for line in record.read_text().split()}) if record.exists() else []
        if passed:
            passed, seconds = ask(program, tree, fault=fault, filters=[test])
        if not passed:
            print(f"takes no part: {name} {fault or ''}", flush=True)
            return None
        return Unit(name, program, test, fault, seconds, frozenset(reached))

    wanted = [one for one in wanted if re.search(chosen, one[0])]
    print(f"{len(wanted)} tests to be looked at", flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = [unit for unit in pool.map(look, wanted) if unit]
    cache.write_text(json.dumps([{**unit._asdict(), "reached": sorted(unit.reached)} for unit in found]))
    return found


def check_files(tree):
    """The file of each check."""
    found = {}
    for path in (tree / "src/checks").rglob("*.rs"):
        for check in re.findall(r'\bid: "([a-z0-9-]+)"|[cC]heck(?:::new)?\(\s*"([a-z0-9-]+)"', path.read_text()):
            found[check[0] or check[1]] = str(path.relative_to(tree))
    return found


def duties_of(tree, faults):
    """The duties that a planted fault forgets, by what stands after its name in the sources."""
    found = {fault: set() for fault in faults if fault}
    for path in (tree / "src").rglob("*.rs"):
        text = path.read_text()
        for name in re.finditer(r'"([a-z0-9-]+)"', text):
            if name[1] in found:
                found[name[1]] |= set(re.findall(r"Duty::(\w+)", text[name.end():name.end() + 300]))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("list"), parser.add_argument("tree"), parser.add_argument("results")
    parser.add_argument("--only", default=""), parser.add_argument("--seconds", type=float, default=6), parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", default="")
    parser.add_argument("--again", action="store_true"), parser.add_argument("--build", action="store_true")
    options = parser.parse_args()
    tree, results = pathlib.Path(options.tree).resolve(), pathlib.Path(options.results).resolve()
    mutants = json.loads(pathlib.Path(options.list).read_text())
    outside = {n for ns in json.loads((tree / "mutants.json").read_text())["outside"].values() for n in ns}
    programs = build(tree)
    if options.build:
        return
    everything = units(programs, tree, pathlib.Path(f"{results}.tests"), options.jobs, options.tests)
    print(f"{len(everything)} tests, {sum(unit.seconds for unit in everything):.0f} s", flush=True)
    reaching = collections.defaultdict(list)
    for unit in everything:
        for number in unit.reached:
            reaching[number].append(unit)
    done = {}
    if results.exists():
        for line in results.read_text().splitlines():
            one = json.loads(line)
            done[one["name"]] = one["status"]
    file_of = check_files(tree)
    forgotten = duties_of(tree, {unit.fault for unit in everything})
    kills = collections.Counter()
    lock = threading.Lock()
    todo = [n for n, mutant in enumerate(mutants) if n not in outside and re.search(options.only, mutant["name"])
            and (mutant["name"] not in done or options.again and done[mutant["name"]] != "caught")]

    def judge(number):
        mutant = mutants[number]
        where, function = mutant["file"], (mutant["file"], (mutant.get("function") or {}).get("function_name"))
        module = "::".join(pathlib.Path(where).with_suffix("").parts[1:]).removesuffix("::mod")

        duties = set(re.findall(r"Duty::(\w+)", mutant["diff"]))

        def order(unit):
            own = unit.filter.startswith(module) and unit.fault is None or file_of.get(unit.name.split("::")[-1]) == where
            near = own or unit.name.startswith(BROAD.get(module.split("::")[0], "-"))
            about = bool(duties & forgotten.get(unit.fault, set()))
            return (-kills[(function, unit.name, unit.fault)], not (near or about), -kills[(where, unit.name, unit.fault)], unit.seconds)

        spent, status, by = 0.0, "missed" if reaching[number] else "unreached", None
        for unit in sorted(reaching[number], key=order):
            if spent > options.seconds and not (file_of.get(unit.name.split("::")[-1]) == where and spent < 3 * options.seconds):
                break
            patience = max(4.0, 6 * unit.seconds)
            passed, seconds = ask(unit.program, tree, mutant=number, fault=unit.fault, filters=[unit.filter], patience=patience)
            spent += seconds
            if not passed and not unit.name.startswith("mcp_auth::"):
                passed, seconds = ask(unit.program, tree, mutant=number, fault=unit.fault, filters=[unit.filter], patience=patience)
                spent += seconds
            if not passed:
                status, by = "caught", f"{unit.name} {unit.fault or ''}".strip()
                break
        with lock:
            if by:
                kills[(function, unit.name, unit.fault)] += 1
                kills[(where, unit.name, unit.fault)] += 1
            with results.open("a") as file:
                file.write(json.dumps({"number": number, "name": mutant["name"], "status": status, "by": by, "seconds": round(spent, 2)}) + "\n")

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for count, _ in enumerate(pool.map(judge, todo)):
            if count % 200 == 199:
                print(f"{count + 1} of {len(todo)}", flush=True)


main()
