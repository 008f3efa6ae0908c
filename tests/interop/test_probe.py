"""The comparisons of probe.py and intrusive.py, without servers:   python3 -m unittest discover -s tests/interop"""
import json
import stat
import tempfile
import unittest
from pathlib import Path

import intrusive
import probe

GOOD = {"version": 1, "mode": "protected", "results": [
    {"id": "prm-resource-match", "status": "fail", "level": "must", "message": "not the URL"},
    {"id": "challenge-present", "status": "pass"}, {"id": "prm-name", "status": "info", "message": "no name"},
    {"id": "rs-audience", "status": "skip", "reason": "needs:--login"}]}
WHY = {"mode": "protected", "findings": [{"id": "prm-resource-match", "status": "fail", "why": "RFC 9728 section 3.3"}], "passes": ["challenge-present"]}


class Files(unittest.TestCase):
    """Expectations in a folder of their own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.before, probe.EXPECTED = probe.EXPECTED, Path(self.folder.name)
        self.addCleanup(setattr, probe, "EXPECTED", self.before)

    def write(self, name, doc):
        (probe.EXPECTED / f"{name}.json").write_text(json.dumps(doc))


class Compare(Files):
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


class LeftBehind(Files):
    """What intrusive.py adds: what stays on the server."""

    def report(self, *left):
        return GOOD | {"effects": {"requests": 3, **({"left_behind": list(left)} if left else {})}}

    def expect(self, *kinds):
        self.write("x", WHY | {"left": [{"what": kind, "why": "RFC 7592 is not offered"} for kind in kinds]})

    def test_nothing_left_is_good_where_nothing_is_expected(self):
        self.expect()
        self.assertEqual(intrusive.compare("x", self.report(), 1, "login", set()), [])
        self.assertEqual(intrusive.compare("x", self.report(), 1, None, None), [])

    def test_what_is_left_must_be_expected_and_what_is_expected_must_be_left(self):
        self.expect("tokens")
        self.assertEqual(intrusive.compare("x", self.report("4 tokens, until they expire"), 1, None, set()), [])
        self.assertEqual(len(intrusive.compare("x", self.report("1 session at the MCP server, until they time out"), 1, None, set())), 2)

    def test_the_server_and_the_report_must_agree_on_clients(self):
        self.expect("clients")
        told = self.report("the client `a`: the server offers no deletion")
        self.assertEqual(intrusive.compare("x", told, 1, "login", {"a", "login"}), [])
        self.assertIn("still has the client b", intrusive.compare("x", told, 1, "login", {"a", "b"})[0])
        self.assertIn("client a is left, and the server does not have it", intrusive.compare("x", told, 1, "login", {"login"})[0])

    def test_a_login_s_client_may_stay_only_where_all_do(self):
        self.expect()
        self.assertIn("after logout", intrusive.compare("x", self.report(), 1, "login", {"login"})[0])

    def test_what_is_left_needs_a_reason_and_a_known_kind(self):
        self.write("x", WHY | {"left": [{"what": "tokens"}]})
        with self.assertRaisesRegex(probe.Wrong, "no `why`"):
            intrusive.left("x")
        for report in (self.report("a cake"), GOOD):
            with self.assertRaises(probe.Wrong):
                intrusive.kinds(report)

    def test_what_is_left_is_not_taken_from_the_default_level(self):
        (probe.EXPECTED / "intrusive").mkdir()
        self.expect("tokens")
        self.write("intrusive/y", {"like": "x", "left": [{"what": "clients", "why": "w"}]})
        self.write("intrusive/z", {"like": "intrusive/y"})
        self.write("intrusive/w", {"like": "x"})
        self.assertEqual([intrusive.left(f"intrusive/{name}") for name in "yzw"], [{"clients": "w"}, {"clients": "w"}, {}])


if __name__ == "__main__":
    unittest.main()
