# SPDX-License-Identifier: MIT
"""mos-trace and the real mos-rtcore, in a mos-session: what the kernel sees while the demo plays.

$1: mosctl, $2: the piece, $3: mos-trace
"""
import json
import os
import sys
import tempfile
import unittest

import tap
from trace_rig import missing
import trace_rig

MOSCTL, PIECE, MOS_TRACE = sys.argv[1:4]
del sys.argv[1:]


def trace(view, *words):
    return trace_rig.trace(MOS_TRACE, view, "--runtime-dir", os.environ["MOS_RUNTIME_DIR"], *words)


def plays():
    return tap.run(MOSCTL, "play", PIECE)[0] == 0


@unittest.skipIf(missing(), missing())
class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tap.until(plays, seconds=60, what="the demo")
        tap.until(lambda: trace("cycle", "--seconds", "0.2")["cycles"] > 0, seconds=30, what="the first cycle")

    def test_rule(self):
        """TIM-17: no system call and no page fault in the cycle while music plays, but the one bell"""
        seen = trace("rt", "--seconds", "5")
        self.assertGreater(seen["cycles"], 500)
        self.assertEqual((seen["syscalls_in_cycle"], seen.get("faults_in_cycle", 0)), (0, 0), seen["violations"])
        self.assertGreater(seen["bells"], 0, "nothing was published: does it play?")
        self.assertLessEqual(seen["bells"], seen["cycles"])
        self.assertEqual(seen["events_lost"], 0)
        # the graph is driven by the sink, a thread of PipeWire's
        self.assertGreater(seen["driver_tid"], 0)
        self.assertEqual(sum(seen["causes"].values()), seen["missed"])

    def test_stages(self):
        """TIM-17: every stage of the cycle is told while music plays, and together they are the cycle"""
        seen = trace("cycle", "--seconds", "2")
        for name, stage in seen["stages"].items():
            self.assertAlmostEqual(stage["n"], seen["cycles"], delta=2 + seen["cycles"] / 20, msg=name)
        parts = sum(stage["mean_ns"] for stage in seen["stages"].values())
        self.assertLess(parts, seen["cycle"]["mean_ns"] + 8)
        self.assertGreater(parts, seen["cycle"]["mean_ns"] / 4)

    def test_trace(self):
        """SDK-11: a trace of rtcore can be read, and its cycles do not overlap"""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "t.json")
            trace("cycle", "--seconds", "1", "--trace", path)
            with open(path) as file:
                events = json.load(file)["traceEvents"]
        cycles = sorted((e["ts"], e["dur"]) for e in events if e.get("ph") == "X" and e["name"] == "cycle")
        self.assertGreater(len(cycles), 50)
        for (ts, dur), (after, _) in zip(cycles, cycles[1:]):
            self.assertLessEqual(ts + dur, after)


if __name__ == "__main__":
    tap.main()
