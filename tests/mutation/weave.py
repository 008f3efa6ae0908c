#!/usr/bin/env python3
"""Makes the copy of the project that holds every mutant: `weave.py LIST TREE TOOL`.

Weaves, lets the compiler look, leaves out what does not compile, and again. What was left out is in TREE/mutants.json.
"""
import json, os, pathlib, shutil, subprocess, sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ("Cargo.toml", "Cargo.lock", ".cargo", "clippy.toml", "benches", "completions", "fixtures", "docs", "README.md", "CHANGELOG.md", "action.yml",
        "release", "Containerfile", "LICENSE-MIT", "LICENSE-APACHE", "SECURITY.md", "CONTRIBUTING.md")


def copy(tree):
    for name in KEPT:
        path = PROJECT / name
        if path.is_dir():
            shutil.copytree(path, tree / name, dirs_exist_ok=True)
        elif path.exists():
            shutil.copy2(path, tree / name)
    for name in ("src", "tests"):
        shutil.rmtree(tree / name, ignore_errors=True)
        shutil.copytree(PROJECT / name, tree / name, ignore=shutil.ignore_patterns("mutation", "node_modules", "__pycache__"))


def errors(tree):
    """Yields (file, byte) of each error of the compiler in the woven sources."""
    environment = {**os.environ, "RUSTFLAGS": "-Awarnings"}
    run = subprocess.run(["cargo", "check", "--locked", "--lib", "--message-format=json"], cwd=tree, env=environment, capture_output=True, text=True)
    for line in run.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
            continue
        for span in message["message"]["spans"]:
            if span["is_primary"]:
                yield span["file_name"], span["byte_start"], span["byte_end"], message["message"]["message"]
    if run.returncode:
        yield None, 0, 0, run.stderr[-2000:]


def main():
    listed, tree, tool = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    tree.mkdir(parents=True, exist_ok=True)
    listing = json.loads(listed.read_text())
    skip = tree / "skip"
    if not skip.exists():
        skip.write_text("")
    for turn in range(40):
        copy(tree)
        subprocess.run([tool, listed, tree, skip, tree / "mutants.json"], check=True)
        woven = json.loads((tree / "mutants.json").read_text())["woven"]
        bad, lost = set(), []
        for file, start, end, why in errors(tree):
            if file is None:
                lost.append(why) if not bad else None
                continue
            # The switch that holds the error; else the one that opens next before it.
            inside = [n for f, n, lo, hi in woven if f == file and lo <= start < hi or f == file and start <= lo < end]
            if "non-exhaustive" in why:  # The arms behind the place have a guard now.
                inside = [min((lo, n) for f, n, lo, hi in woven if f == file and lo >= end and listing[n]["genre"] == "MatchArm")[1]]
            near = [max(((hi, n) for f, n, lo, hi in woven if f == file and hi <= start), default=(0, None))[1]]
            found = set(inside or near) - {None}
            bad |= found
            if not found:
                lost.append(f"{file}: {why}")
        print(f"turn {turn}: {len(bad)} do not compile", *lost[:3], sep="\n  ", flush=True)
        if not bad:
            return 1 if lost else 0
        with skip.open("a") as file:
            file.writelines(f"{n}\n" for n in sorted(bad))
    return 1


sys.exit(main())
