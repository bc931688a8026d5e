#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The soak's own parts: a harness that does not see is worse than none."""
import contextlib
import io
import itertools
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import types
import unittest

import clients
import ears
import flood
import machine
import plan
import soak
import tap
import watch
import wire


class Plan(unittest.TestCase):
    def test_repeats(self):
        """a seed gives the same plan each time, another one another; times rise"""
        one, again, other = (list(itertools.islice(plan.steps(seed), 300)) for seed in (5, 5, 6))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)
        self.assertEqual([step["at"] for step in one], sorted(step["at"] for step in one))
        self.assertEqual({step["fault"] for step in one}, set(plan.FAULTS))
        self.assertEqual(one, json.loads(json.dumps(one)))

    def test_chosen(self):
        """only the faults that are asked for"""
        self.assertEqual({step["fault"] for step in itertools.islice(plan.steps(1, ["kill", "disk"]), 50)}, {"kill", "disk"})


class Wire(unittest.TestCase):
    def test_both_ways(self):
        """what is packed is unpacked, whatever it is"""
        for value in (None, True, False, 0, 127, 128, -1, -2**63, 2**64 - 1, 1.5, "", "é", b"\x00", [], [1, [2]], {"a": {"b": [None]}}):
            self.assertEqual(wire.unpack(wire.pack(value)), value)

    def test_format(self):
        """the short forms of the format are read; what is none is refused"""
        self.assertEqual(wire.unpack(bytes.fromhex("82a3696e74ffa46c69737493c0c3cd0100")), {"int": -1, "list": [None, True, 256]})
        for text in ("c1", "82", "0000", "a3ff"):
            with self.assertRaises((ValueError, IndexError, struct.error), msg=text):
                wire.unpack(bytes.fromhex(text) if text != "a3ff" else b"\x93\x01")

    def test_methods(self):
        """the fuzzer finds the methods and their keys in METHODS.md"""
        table = flood.methods()
        self.assertEqual(table["kronos.transport.play"], ["count_in", "restart"])
        self.assertEqual(table["broker.system.quit"], [])
        self.assertLessEqual(flood.SPARED, set(table), "a method that is spared does not exist")
        self.assertEqual({name.split(".")[0] for name in table} >= {"broker", "kronos", "apollo", "hermes", "band", "link", "theater"}, True)


class Model(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        path = pathlib.Path(self.folder.name, "edits-x.json")
        path.write_text(json.dumps({"score_id": "s", "acked": 7, "sent": 8, "state_id": "aa", "plays": False}))
        self.model = clients.Model(self.folder.name, "x")

    def test_lost(self):
        """an acknowledged edit that is not there is found"""
        self.assertIn("lost: edit 7", self.model.check({"title": "edit 6", "state_id": "bb"}))
        self.assertIn("lost: edit 7", self.model.check({"title": "what", "state_id": "bb"}))

    def test_never_sent(self):
        """so is one that nobody sent, or that was refused"""
        self.assertIn("never sent", self.model.check({"title": "edit 9", "state_id": "bb"}))

    def test_other_state(self):
        """the same number with another state is another content"""
        self.assertIn("acknowledged as aa", self.model.check({"title": "edit 7", "state_id": "bb"}))

    def test_sound(self):
        """what was sent and not answered may be there, or not"""
        self.assertIsNone(self.model.check({"title": "edit 7", "state_id": "aa"}))
        self.model.sent = 8
        self.assertIsNone(self.model.check({"title": "edit 8", "state_id": "cc"}))
        self.assertEqual(clients.Model(self.folder.name, "x").acked, 8)


class Witness(unittest.TestCase):
    def setUp(self):
        self.said = []
        real, clients.wrong = clients.wrong, self.said.append
        self.addCleanup(setattr, clients, "wrong", real)
        self.witness = clients.Witness()
        self.witness.begin(1)

    def clock(self, **fields):
        return types.SimpleNamespace(**{"frame": 100, "time_ns": 100, "cycle": 100, "state": 3, **fields})

    def test_clock(self):
        """a clock that goes back within a generation is found, with another generation it may"""
        self.witness.see_clock(self.clock())
        self.witness.see_clock(self.clock(frame=99))
        self.assertIn("clock.frame went back", self.said[0])
        self.witness.begin(2)
        self.witness.see_clock(self.clock(frame=1, time_ns=1, cycle=1))
        self.assertEqual(len(self.said), 1)

    def test_events(self):
        """events that are missing, but for those that were told as lost, or that come twice"""
        def event(seq):
            return types.SimpleNamespace(seq=seq, name="midi:noteon")
        for seq, lost in ((5, 0), (6, 0), (9, 2)):
            self.witness.see_event(event(seq), lost)
        self.assertEqual(self.said, [])
        self.witness.see_event(event(12), 1)
        self.witness.see_event(event(12), 0)
        self.assertEqual(len(self.said), 2)


class Watching(unittest.TestCase):
    def setUp(self):
        self.ears = ears.Ears("nothing", "/dev/null")
        self.ears.silent_since = None
        self.watch = watch.Watch(types.SimpleNamespace(ears=self.ears))

    def test_gaps(self):
        """silence is found, unless a fault excuses it, and then only so much of it"""
        for words in ("silence 10000000000", "sound 11000000000", "silence 20000000000", "sound 22000000000"):
            self.ears._take(words.split())
        self.watch.excuse(9.5, 11.5, "x")
        self.watch.excuse(20.5, 21.0, "x")
        unexcused, every = self.watch.music_gaps(0)
        self.assertEqual([(a, round(b, 3)) for a, b in unexcused], [(20.0, 0.5), (21.0, 1.0)])
        self.assertEqual(len(every), 2)

    def test_half_lines(self):
        """what the killed ears began to say is no fact, and does not deafen us"""
        for line in ("", "sound", "silence 1x", "alive 1 2 3", "keys 5", "los 1 2", "alive"):
            self.ears._take(line.split())
        self.assertEqual((self.ears.silences, self.ears.silent_since, self.ears.alive_at), ([], None, 0.0))
        self.ears._take("alive 2000000000 7 1 2 3".split())
        self.assertEqual((self.ears.alive_at, self.ears.keys, self.ears.pictures), (2.0, 1, 3))

    def test_watch_fails(self):
        """a watch that cannot look any more is a failure, not silence"""
        self.watch.machine.watched = lambda: 1 / 0
        self.watch.thread.start()
        self.watch.stop()
        self.assertEqual(len(self.watch.wrong), 1)
        self.assertIn("ZeroDivisionError", self.watch.wrong[0][1])

    def test_growth(self):
        """what grows is found, what jumps once is not"""
        rows = [(t, 50000 + (100000 if t > 300 else 0), 4, 10, 0) for t in range(600)]
        self.watch.lives = {("jumps", 1): rows, ("leaks", 2): [(t, 50000 + 20 * t, 4, 10 + t // 20, 0) for t in range(600)]}
        # Streams that were gone for a while, early on.
        self.watch.lives["streams", 3] = [(t, 50000, 4, 10 if 100 < t < 140 else 50, 20) for t in range(600)]
        # And late, and in between again and again.
        self.watch.lives["late", 4] = [(t, 50000, 4, 10 if t < 560 else 50, 20) for t in range(600)]
        self.watch.lives["waves", 5] = [(t, 50000, 4, 10 if t // 30 % 2 else 50, 20) for t in range(600)]
        wrong, _ = self.watch.growth()
        self.assertTrue(any("leaks" in text and "KiB" in text for text in wrong), wrong)
        self.assertTrue(any("leaks" in text and "descriptors" in text for text in wrong), wrong)
        self.assertEqual([text for text in wrong if "leaks" not in text], [])

    def test_errors(self):
        """an error in a log is told, unless a fault that was carried out explains it"""
        self.watch._judge_line("hermes", "<3>the store cannot be written: disk full")
        self.assertEqual(len(self.watch.wrong), 1)
        self.watch.kinds.add("disk")
        self.watch._judge_line("hermes", "<3>the store cannot be written: disk full")
        self.watch._judge_line("hermes", "<6>all is well")
        self.assertEqual(len(self.watch.wrong), 1)
        self.watch._judge_line("rtcore", "ERROR: AddressSanitizer: heap-use-after-free")
        self.assertEqual(len(self.watch.wrong), 2)


class Report(unittest.TestCase):
    @staticmethod
    def lines(**facts):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            soak.print_tap({"n_survived": 3, "seed": 1, "availability": {}, "failed": [], "whole": True, "growth": {}, **facts})
        return [line for line in said.getvalue().splitlines() if line.startswith(("ok", "not ok"))]

    def test_whole(self):
        """what holds is told as such only when the plan was carried out to its end"""
        self.assertTrue(all(line.startswith("ok ") for line in self.lines()))
        self.assertTrue(all(line.startswith("not ok ") for line in self.lines(whole=False)))
        failed = [{"step": 1, "at": 2.0, "kind": "music", "what": "no music"}]
        self.assertEqual([line for line in self.lines(failed=failed) if line.startswith("not ok")],
                         [f"not ok 2 - {soak.HOLDS['music']}"])


class Processes(unittest.TestCase):
    def test_left_over(self):
        """whoever is left over at the end is told, and ended"""
        with tempfile.TemporaryDirectory() as folder:
            box = machine.Machine(folder)
            box.session = subprocess.Popen(["true"])
            box.session.wait()
            left = subprocess.Popen(["sleep", "1000"], env=box.env)
            self.addCleanup(left.kill)
            # Popen() returns when the old program is gone; the new one's environment is there a moment later.
            while b"SOAK_MARK=" not in pathlib.Path(f"/proc/{left.pid}/environ").read_bytes():
                pass
            code, found = box.stop()
            self.assertEqual((code, list(found)), (0, [left.pid]))
            self.assertEqual(left.wait(10), -signal.SIGKILL)

    def test_crashes(self):
        """who crashes while a session ends is told, once, and not again at the end of the next"""
        words = "mos-session: mos-band was killed by signal 11 (Segmentation fault) while it was ending"
        with tempfile.TemporaryDirectory() as folder:
            one = machine.Machine(folder)
            self.assertEqual(one.crashes(), [])
            one.log.write_text(f"mos-session: mos-link was killed by signal 9 (Killed); starting it again in 0 ms\n{words}\n")
            self.assertEqual(one.crashes(), [words])
            self.assertEqual(machine.Machine(folder).crashes(), [])

    def test_signal(self):
        """a signal goes to who runs by then: a file that names who has ended is not believed"""
        with tempfile.TemporaryDirectory() as folder:
            box = machine.Machine(folder)
            box.session = types.SimpleNamespace(poll=lambda: None)
            gone, here = subprocess.Popen(["true"]), subprocess.Popen(["sleep", "1000"])
            gone.wait()
            said = iter((0, gone.pid, here.pid))
            box.pid = lambda name: next(said)
            self.assertEqual(box.signal("wireplumber", signal.SIGKILL), here.pid)
            self.assertEqual(here.wait(10), -signal.SIGKILL)


class ClockShim(unittest.TestCase):
    def test_steps(self):
        """the wall clock of a program steps while it runs; the monotonic one does not"""
        with tempfile.NamedTemporaryFile() as file:
            file.write(struct.pack("=q", 0))
            file.flush()
            script = ("import time,sys\n"
                      "for line in sys.stdin: print(time.time(), time.monotonic(), flush=True)\n")
            with subprocess.Popen(["/usr/bin/python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "LD_PRELOAD": os.environ["SOAK_CLOCK_SHIM"], "SOAK_CLOCK": file.name}) as one:
                def look():
                    one.stdin.write("\n")
                    one.stdin.flush()
                    return tuple(map(float, one.stdout.readline().split()))
                before = look()
                file.seek(0)
                file.write(struct.pack("=q", -86400))
                file.flush()
                after = look()
                one.stdin.close()
        self.assertAlmostEqual(after[0] - before[0], -86400, delta=60)
        self.assertLess(abs(after[1] - before[1]), 60)
        self.assertAlmostEqual(before[0], time.time(), delta=60)


if __name__ == "__main__":
    tap.main()
