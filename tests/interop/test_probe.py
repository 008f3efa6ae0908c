"""The comparison of probe.py, without servers:   python3 -m unittest discover -s tests/interop"""
import json
import stat
import tempfile
import unittest
from pathlib import Path

import probe

GOOD = {"version": 1, "mode": "protected", "results": [
    {"id": "prm-resource-match", "status": "fail", "level": "must", "message": "not the URL"},
    {"id": "challenge-present", "status": "pass"}, {"id": "prm-name", "status": "info", "message": "no name"},
    {"id": "rs-audience", "status": "skip", "reason": "needs:--login"}]}
WHY = {"mode": "protected", "findings": [{"id": "prm-resource-match", "status": "fail", "why": "RFC 9728 section 3.3"}], "passes": ["challenge-present"]}


class Compare(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.before, probe.EXPECTED = probe.EXPECTED, Path(self.folder.name)
        self.addCleanup(setattr, probe, "EXPECTED", self.before)

    def write(self, name, doc):
        (probe.EXPECTED / f"{name}.json").write_text(json.dumps(doc))

    def test_what_is_expected_passes(self):
        self.write("x", WHY)
        self.assertEqual(probe.compare("x", GOOD, 1), [])

    def test_every_difference_is_told(self):
        self.write("x", WHY)
        other = {"version": 1, "mode": "public", "results": [{"id": "jwks-kid", "status": "warn", "message": "no kid"}]}
        self.assertEqual(probe.compare("x", other, 1), [
            "mode is public, expected protected", "unexpected: jwks-kid warn: no kid", "missing: prm-resource-match fail (RFC 9728 section 3.3)",
            "did not pass: challenge-present", "exit status 1 with 0 failed checks"])

    def test_the_same_check_with_another_status_is_a_difference(self):
        self.write("x", WHY | {"findings": [{"id": "prm-resource-match", "status": "warn", "why": "RFC 9728 section 3.3"}]})
        self.assertEqual(len(probe.compare("x", GOOD, 1)), 2)

    def test_a_finding_without_a_reason_is_refused(self):
        for why in ({}, {"why": ""}, {"why": " "}):
            self.write("x", WHY | {"findings": [{"id": "prm-resource-match", "status": "fail", **why}]})
            with self.assertRaisesRegex(probe.Wrong, "no `why`"):
                probe.compare("x", GOOD, 1)

    def test_a_variation_adds_and_takes_away(self):
        self.write("x", WHY)
        self.write("y", {"like": "x", "also": [{"id": "a", "status": "warn", "why": "w"}], "without": [{"id": "prm-resource-match", "status": "fail", "why": "mended"}]})
        self.assertEqual(probe.expected("y"), ("protected", {("a", "warn"): "w"}, {"challenge-present"}))
        self.write("z", {"like": "x", "without": [{"id": "a", "status": "warn", "why": "w"}]})
        with self.assertRaisesRegex(probe.Wrong, "cannot be missing"):
            probe.expected("z")

    def test_blessing_gives_no_reason(self):
        probe.bless("x", GOOD)
        with self.assertRaisesRegex(probe.Wrong, "no `why`"):
            probe.compare("x", GOOD, 1)
        self.write("x", WHY)
        probe.bless("x", GOOD)
        self.assertEqual(probe.compare("x", GOOD, 1), [])

    def test_an_empty_or_foreign_answer_is_no_report(self):
        self.write("x", {"mode": "protected", "findings": []})
        for report in ({}, {"version": 2, "results": GOOD["results"]}, {"version": 1, "results": []}):
            with self.assertRaises(probe.Wrong):
                probe.compare("x", report, 0)

    def test_a_program_is_run_and_its_silence_is_told(self):
        program = Path(self.folder.name) / "program"
        for text, want in ((f"cat <<'X'\n{json.dumps(GOOD)}\nX\nexit 1", (GOOD, 1)), ("echo sorry >&2; exit 3", None)):
            program.write_text("#!/bin/sh\n" + text + "\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            if want:
                self.assertEqual(probe.probe(str(program), "http://127.0.0.1:1/mcp", []), want)
            else:
                with self.assertRaisesRegex(probe.Wrong, "exit status 3 and no JSON: sorry"):
                    probe.probe(str(program), "http://127.0.0.1:1/mcp", [])


if __name__ == "__main__":
    unittest.main()
