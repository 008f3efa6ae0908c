#!/usr/bin/env python3
"""Writes what a build of mcp-auth is made of: a bill of materials (CycloneDX 1.6, JSON) and the licences of all of it.

Reads `cargo metadata` and Cargo.lock; the same input gives the same bytes.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The texts that crates bring with them.
LICENCE = re.compile(r"^(licen[cs]e|copying|notice|unlicense)([-_.].*)?$", re.IGNORECASE)


def metadata(target, features):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    if features:
        command += ["--features", features]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


def reached(data):
    """The packages that go into the program, and what each depends on: no tests, but what builds it."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    found, waiting = {}, [data["resolve"]["root"]]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        wanted = [dep["pkg"] for dep in nodes[name]["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]
        found[name] = sorted(set(wanted))
        waiting += wanted
    return found


def checksums():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, sums, kind):
    found = {
        "type": kind,
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
    }
    if package.get("description"):
        found["description"] = " ".join(package["description"].split())
    if package.get("license"):
        # The old way to write OR.
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := sums.get((package["name"], package["version"])):
        found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package.get("repository"):
        found["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return found


def bill(data, tree, program):
    packages = {package["id"]: package for package in data["packages"]}
    sums = checksums()
    root = data["resolve"]["root"]
    main = component(packages[root], sums, "application")
    if program:
        main["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(program.read_bytes()).hexdigest()}]
    order = sorted((name for name in tree if name != root), key=lambda name: (packages[name]["name"], packages[name]["version"]))
    body = {
        "components": [component(packages[name], sums, "library") for name in order],
        "dependencies": [
            {"ref": purl(packages[name]), "dependsOn": sorted(purl(packages[dep]) for dep in tree[name])}
            for name in [root, *order]
        ],
    }
    about = {"component": main}
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        import datetime

        about["timestamp"] = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = json.dumps([about, body], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": about,
        **body,
    }


def licences(data, tree):
    """Each text once, with the packages that it is of."""
    texts = {}
    packages = {package["id"]: package for package in data["packages"]}
    for name in tree:
        package = packages[name]
        if name == data["resolve"]["root"]:
            continue
        title = f"{package['name']} {package['version']} ({package.get('license') or 'see the text'})"
        files = sorted(f for f in pathlib.Path(package["manifest_path"]).parent.iterdir() if f.is_file() and LICENCE.match(f.name))
        for file in files:
            text = file.read_text(errors="replace").replace("\r\n", "\n").strip()
            texts.setdefault(text, []).append(title)
        if not files:
            texts.setdefault("(The package brings no text; its licence is the one named.)", []).append(title)
    parts = ["What mcp-auth is made of, and under which licences.\n"]
    for text, titles in sorted(texts.items(), key=lambda item: sorted(item[1])):
        parts.append("=" * 100 + "\n" + "\n".join(sorted(set(titles))) + "\n\n" + text + "\n")
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--features", default="")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--sbom", type=pathlib.Path, required=True)
    parser.add_argument("--licences", type=pathlib.Path, required=True)
    asked = parser.parse_args()
    data = metadata(asked.target, asked.features)
    tree = reached(data)
    asked.sbom.write_text(json.dumps(bill(data, tree, asked.program), indent=2, ensure_ascii=False) + "\n")
    asked.licences.write_text(licences(data, tree))


if __name__ == "__main__":
    main()
