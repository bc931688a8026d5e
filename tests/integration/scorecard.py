#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The two scorecards: what they list exists, their sums are right, a broken one is refused with its place."""
import fnmatch
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

ROOT = pathlib.Path(os.environ["SCORECARD_ROOT"])
BUILD = pathlib.Path(os.environ["SCORECARD_BUILD"])
WEIGHTS = {
    "ai": {"Educational effectiveness": 20, "Model performance": 15, "Musical quality": 15, "User experience": 12,
           "Scalability": 10, "Reliability": 8, "Security and privacy": 7, "Integration": 5, "Documentation": 5,
           "Innovation": 3},
    "engineering": {"Code quality": 20, "Architecture": 15, "Performance": 15, "Reliability": 12, "Security": 10,
                    "Documentation": 10, "Maintainability": 8, "Scalability": 5, "Accessibility": 3, "Innovation": 2},
}


def run(*args, root=ROOT):
    return subprocess.run([sys.executable, str(root / "tools" / "dev" / "scorecard"), *args], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@functools.cache
def cards(*args):
    done = run("--json", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Scorecard(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mos-scorecard-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def check_shape(self, name):
        card = cards(name)[name]["categories"]
        self.assertEqual({title: c["weight"] for title, c in card.items()}, WEIGHTS[name])
        for title, category in card.items():
            self.assertEqual(len(category["entries"]), 10, title)
            for entry in category["entries"]:
                self.assertIn(entry["state"], ("measured", "asked", "not asked", "not measured"))
                self.assertEqual(entry["value"] is None, entry["state"].startswith("not "), entry)

    def test_ai(self):
        """MET-01: a hundred figures of AI in ten categories of ten, weighted; each measured, asked or not known"""
        self.check_shape("ai")

    def test_engineering(self):
        """MET-03: a hundred figures of engineering likewise, and most come from tools"""
        self.check_shape("engineering")
        entries = [e for c in cards("engineering")["engineering"]["categories"].values() for e in c["entries"]]
        self.assertGreater(sum(e["source"].split()[0] in ("tests", "bench", "ratio", "tree") for e in entries), 50)

    def test_sum(self):
        """MET-02: the score is the sum by weights, what is not known counts nothing, and what people say counts"""
        answers = self.dir / "answers"
        answers.write_text("# asked in a class of twelve\nmastery_percent = 45\nspeed_effect_d = 0.76\n")
        before, after = cards("ai")["ai"], cards("ai", "--answers", str(answers))["ai"]
        by_hand = sum(c["weight"] * sum(e["score"] or 0 for e in c["entries"]) / 10
                      for c in after["categories"].values()) / 100
        self.assertAlmostEqual(after["at_least"], by_hand)
        # Half of one figure and the whole of another, each a tenth of a category that weighs 20.
        self.assertAlmostEqual(after["at_least"] - before["at_least"], 20 * (50 + 100) / 10 / 100)
        self.assertLessEqual(after["at_least"], after["of_known"])

    def test_key_figures(self):
        """MET-04, MET-05: the key figures and effect sizes are there with their aims; inference and accuracy are measured,
        those of learners are asked"""
        entries = {e["source"]: e for c in cards("ai")["ai"]["categories"].values() for e in c["entries"]}
        for key in ("feedback_effect_d", "speed_effect_d", "speed_factor", "dau_mau_percent", "mastery_percent",
                    "concurrent_users"):
            self.assertEqual(entries["ask " + key]["state"], "not asked")
        for key in ("hearing.answer.p99", "hearing.accuracy"):
            self.assertEqual(entries["bench " + key]["state"], "measured")
        card = (ROOT / "docs" / "scorecard" / "ai.tsv").read_text()
        self.assertRegex(card, r"bench hearing\.answer\.p99\t500\t100\tms\n")
        self.assertRegex(card, r"bench hearing\.accuracy\t50\t95\t%\n")
        self.assertRegex(card, r"ask feedback_effect_d\t0\t1\.13\t")
        self.assertRegex(card, r"ask speed_effect_d\t0\t0\.76\t")
        measured = [e for e in entries.values() if e["metric"].startswith(("amplifier models: times", "feedback is"))]
        self.assertEqual(len(measured), 3)

    def test_sources(self):
        """MET-03: every test and bench that a card names exists"""
        tests = [test["name"] for test in json.loads((BUILD / "meson-info" / "intro-tests.json").read_text())]
        tests.append("fuzz-targets")  # registered in sanitizer builds alone
        # What was kept, and what a bench would tell.
        kept = (ROOT / "bench" / "README.md").read_text()
        benches = "".join(f.read_text() for f in (ROOT / "bench").glob("*.c"))
        for name in WEIGHTS:
            for line in (ROOT / "docs" / "scorecard" / f"{name}.tsv").read_text().splitlines():
                kind, _, what = line.split("\t")[3].partition(" ") if line[0] != "#" else ("", "", "")
                if kind == "tests":
                    glob = what.rpartition(":")[2]
                    self.assertTrue(fnmatch.filter(tests, glob), f"{name}: no test is called {glob}")
                elif kind in ("bench", "ratio"):
                    found = [one for one in what.split(" or ") if f'"{one}"' in benches or
                             re.search(r"(?m)^\| `?" + re.escape(one) + r"`? \|", kept)]
                    self.assertTrue(found, f"{name}: no bench tells {what}, and none is kept")

    def test_bench_file(self):
        """MET-03: fresh figures of the benches take the place of those that were kept"""
        bench = self.dir / "bench.json"
        bench.write_text('{"name": "latency.key_press.p50", "value": 12.5, "unit": "ms", "ratio": 1.0}\n')
        entries = {e["source"]: e for c in cards("ai", "--bench", str(bench))["ai"]["categories"].values()
                   for e in c["entries"]}
        self.assertEqual(entries["bench latency.key_press.p50"]["value"], 12.5)
        self.assertAlmostEqual(entries["bench latency.key_press.p50"]["score"], 50)
        self.assertIsNone(entries["bench latency.start.p50"]["value"])

    def test_other_names(self):
        """MET-03: a figure that is kept under another name than the bench gives it is found under both"""
        source = 'bench nam.standard.block64 or WaveNet "standard"'

        def value(*args):
            return {e["source"]: e for c in cards("ai", *args)["ai"]["categories"].values() for e in c["entries"]}[source]["value"]

        bench = self.dir / "bench.json"
        bench.write_text('{"name": "nam.standard.block64", "value": 7, "unit": "x real time", "peer": "goal 10 x", "ratio": 0.7}\n')
        self.assertGreater(value(), 0)
        self.assertEqual(value("--bench", str(bench)), 7)

    def test_refusals(self):
        """MET-01: a broken card and broken answers are refused with file and line"""
        answers = self.dir / "answers"
        answers.write_text("mastery_percent = 45\nmany\n")
        done = run("ai", "--answers", str(answers))
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"{answers}:2:", done.stderr)
        copy = self.dir / "tree"
        shutil.copytree(ROOT / "docs" / "scorecard", copy / "docs" / "scorecard")
        for part in ("tools/dev/scorecard", "tools/dev/tally", "bench/README.md"):
            (copy / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, copy / part)
        card = copy / "docs" / "scorecard" / "ai.tsv"
        whole = card.read_text()
        for good, bad, said in (
                ("ask mastery_percent\t0\t90", "ask mastery_percent\t90\t90", r"ai\.tsv:6: two different numbers"),
                ("tree rt_proof", "tree rt_prove", r"ai\.tsv:\d+: nobody counts rt_prove"),
                ("Reliability\t8\trtcore", "Reliability\t9\trtcore", r"ai\.tsv:\d+: Reliability has another weight")):
            self.assertIn(good, whole)
            card.write_text(whole.replace(good, bad, 1))
            done = run("ai", root=copy)
            self.assertEqual(done.returncode, 2, bad)
            self.assertRegex(done.stderr, said)

    def test_foreign_files(self):
        """MET-01: figures and answers that are none, or nobody's, are refused: nothing is passed over in silence"""
        bad = self.dir / "bad"
        for option, text, said in (("--bench", '{"name": "a", "value": 1}\n{"value": 1}\n', "bad:2: a figure"),
                                   ("--bench", '["a", 1]\n', "bad:1: a figure"),
                                   ("--bench", '{"name": "a", "value": "much"}\n', "bad:1: a figure"),
                                   ("--answers", "mastery_percent = 45\nmastry_percent = 45\n", "bad:2: nobody asks for mastry_percent")):
            bad.write_text(text)
            done = run("ai", option, str(bad))
            self.assertEqual((done.returncode, done.stdout), (2, ""), text)
            self.assertIn(said, done.stderr)
        for words in (("--bench", str(self.dir / "absent")), ("--answers", str(self.dir / "absent")), ("arts",)):
            done = run(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    tap.main()
