# SPDX-License-Identifier: MIT
"""mos-trace path, io and top find what was planted: a client that sleeps in its listener, one that is killed while
it is followed, a read that waits for its disk, a thread that never rests. What they draw is a valid trace.

Usage: trace_views.py MOS_TRACE CLIENT URING, inside of a mos-session. Exit code 77: this machine cannot be traced.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chrome_format  # noqa: E402
import tap  # noqa: E402
import trace_rig  # noqa: E402

TRACE, CLIENT, URING = sys.argv[1:4]
PATIENCE_S = 60
SLEEP_MS = 200
QUANTUM_NS = 256 * 10**9 // 48000


def start(*args):
    process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdout.readline() != "ready\n":
        code = process.wait(PATIENCE_S)
        raise unittest.SkipTest("no io_uring here") if code == 77 else AssertionError(f"{args[0]}: {code}")
    return process


def stop(process):
    process.kill()  # one that sleeps in its listener would first hear all that waits for it
    process.stdin.close()
    process.stdout.close()
    process.wait(PATIENCE_S)


def trace(*args):
    done = subprocess.run([TRACE, *args], capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode:
        raise AssertionError(f"mos-trace {' '.join(args)}: {done.returncode}: {done.stderr}")
    return done.stdout


def look(*args):
    return json.loads(trace(*args, "--json"))


def client(report, process):
    found = [c for c in report["clients"] if c["pid"] == process.pid]
    if len(found) != 1:
        raise AssertionError(f"{process.pid} is there {len(found)} times")
    return found[0]


class Path(unittest.TestCase):
    def setUp(self):
        self.processes = []

    def tearDown(self):
        for process in self.processes:
            stop(process)

    def start(self, *args):
        self.processes.append(start(CLIENT, *args))
        return self.processes[-1]

    def test_slow_client(self):
        """TIM-08: path names the client that sleeps in its listener, and no other; hop by hop"""
        quick = self.start("listen=1", "emit_hz=50")
        slow = self.start("listen=1", f"sleep_ms={SLEEP_MS}")
        report = look("path", "--seconds", "2", "--slow-ms", str(SLEEP_MS - 50))
        bad = client(report, slow)
        good = client(report, quick)
        self.assertTrue(bad["slow"])
        self.assertGreater(bad["long_listeners"], 3)
        self.assertGreaterEqual(bad["listener"]["p50_ns"], SLEEP_MS * 1000000 * 0.97)
        self.assertGreater(bad["receive"]["p99_ns"], SLEEP_MS * 1000000, "it falls behind, too")
        self.assertEqual(good["long_listeners"], 0)
        self.assertLess(good["listener"]["p50_ns"], 10000000)
        self.assertGreater(good["receive"]["n"], 20)
        hops = report["hops"]
        for name in ("emit_to_doorbell", "emit_to_take", "take_to_ring", "ring_to_receive", "emit_to_receive"):
            self.assertGreater(hops[name]["n"], 20, name)
        self.assertLessEqual(hops["emit_to_take"]["p50_ns"], hops["emit_to_receive"]["p50_ns"] * 1.04)
        self.assertEqual((report["dropped"], report["unmatched"]), (0, 0))
        self.assertEqual((good["reordered"], good["duplicates"]), (0, 0))
        text = trace("path", "--seconds", "1", "--slow-ms", str(SLEEP_MS - 50))
        named = [line for line in text.splitlines() if line.startswith("SLOW: ")]
        self.assertIn(f"({slow.pid})", "".join(named))

    def test_late_start(self):
        """TIM-08: path sees a client that starts after it, and names one that never returns from its listener"""
        self.start("emit_hz=50")
        self.start("listen=1")  # somebody has the library mapped
        looking = subprocess.Popen([TRACE, "path", "--json", "--interval", "0.5"], stdout=subprocess.PIPE, text=True)
        try:
            looking.stdout.readline()  # now it looks
            stuck = self.start("listen=1", "sleep_ms=100000")

            def found():
                there = [c for c in json.loads(looking.stdout.readline())["clients"] if c["pid"] == stuck.pid]
                return there[0] if there and there[0]["in_listener_ns"] > 500000000 else None

            row = tap.until(found, seconds=PATIENCE_S, what="the client that is stuck")
        finally:
            looking.kill()
            looking.communicate()
        self.assertTrue(row["slow"])
        self.assertEqual(row["listener"]["n"], 0)

    def test_killed(self):
        """TIM-08: a client that is killed while it is followed stays in the report, and path goes on"""
        self.start("emit_hz=50")
        victim = self.start("listen=1")
        looking = subprocess.Popen([TRACE, "path", "--seconds", "3", "--json", "--interval", "1"],
                                   stdout=subprocess.PIPE, text=True)
        first = json.loads(looking.stdout.readline())
        victim.kill()
        lines = looking.communicate(timeout=PATIENCE_S)[0].splitlines()
        last = json.loads(lines[-1])
        self.assertEqual(looking.returncode, 0)
        self.assertFalse(client(first, victim)["gone"])
        self.assertTrue(client(last, victim)["gone"])
        self.assertGreater(client(last, victim)["receive"]["n"], 0)
        self.assertGreater(last["published"], first["published"], "it went on")

    def test_midi(self):
        """TIM-02: the way of a key press is split: MIDI in to ring, instrument, end of the cycle, each client"""
        for tool in ("pw-midiplay", "pw-link"):
            if not shutil.which(tool):
                self.skipTest(f"no {tool}")
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "scale.mid")
            tap.write_scale(file, 64)
            player = subprocess.Popen(["pw-midiplay", "--target", "0", file], stderr=subprocess.DEVNULL)
            link = ["pw-link", "pw-midiplay:output_1", "mos:midi_in"]
            try:
                tap.until(lambda: tap.run(*link)[0] == 0, seconds=30, what="the player's port")
                report = look("path", "--seconds", "3")
            finally:
                player.kill()
                player.wait()
        hops = report["hops"]
        self.assertGreater(hops["midi_to_ring"]["n"], 4)
        # one may pass while the probes are attached, one after the other; the last one may be on its way
        self.assertAlmostEqual(hops["midi_to_sound"]["n"], hops["midi_to_ring"]["n"], delta=1)
        self.assertGreaterEqual(hops["sound_to_out"]["n"], hops["midi_to_sound"]["n"] - 1)
        self.assertGreater(hops["midi_to_receive"]["n"], 4, "the theater listens")
        # one cycle, in this order
        self.assertLess(hops["midi_to_ring"]["p50_ns"], hops["midi_to_sound"]["p50_ns"])
        self.assertLess(hops["midi_to_ring"]["p50_ns"], hops["midi_to_receive"]["p50_ns"])
        self.assertLess(hops["midi_to_sound"]["p50_ns"] + hops["sound_to_out"]["p50_ns"], 2 * QUANTUM_NS)

    def test_one_type(self):
        """TIM-08: with --type the steps of these events alone are told, from emit to sound"""
        self.start("listen=1", "emit_hz=100")
        report = look("path", "--seconds", "2", "--type", "midi:noteon")
        steps = report["steps"]
        kinds = {step["step"] for step in steps}
        self.assertLessEqual({"emit", "ingress_take", "publish", "note_sounded"}, kinds)
        self.assertEqual(report["hops"]["listener"]["n"], 0)
        followed = [step["seq"] for step in steps if step["step"] == "publish"]
        self.assertEqual(followed, sorted(set(followed)))
        wrong = subprocess.run([TRACE, "path", "--type", "midi:nonsense"], capture_output=True, text=True,
                               timeout=PATIENCE_S)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("midi:nonsense", wrong.stderr)

    def test_drawing(self):
        """TIM-02: path draws a valid trace: processes, threads, cycles, and an arrow for each hop"""
        emitter = self.start("listen=1", "emit_hz=100")
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "trace.json")
            trace("path", "--seconds", "1.5", "--trace", file)
            found = chrome_format.read(file)
            self.assertEqual(os.listdir(folder), ["trace.json"])
        names = {event["name"].split(" ")[0] for event in found.slices}
        self.assertLessEqual({"cycle", "emit", "take", "publish", "receive", "listener", "note"}, names)
        self.assertIn("mos-rtcore", found.processes.values())
        self.assertEqual(found.processes[emitter.pid], os.path.basename(CLIENT))
        self.assertGreater(len(found.arrows), 100)
        begins, ends = zip(*found.arrows)
        self.assertIn(emitter.pid, {event["pid"] for event in begins})
        self.assertIn(emitter.pid, {event["pid"] for event in ends})


class Io(unittest.TestCase):
    def test_slow_disk(self):
        """io names the read that waits for its disk, and tells short reads, failures and syncs"""
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "journal")
            reader = start(URING, file, "hang")
            drawn = os.path.join(folder, "trace.json")
            looking = subprocess.Popen([TRACE, "io", "--pid", str(reader.pid), "--json", "--interval", "0.5",
                                        "--trace", drawn, "--slow-ms", "100"], stdout=subprocess.PIPE, text=True)
            looking.stdout.readline()  # now it looks
            reader.stdin.write("go\n")
            reader.stdin.flush()
            self.assertEqual(reader.stdout.readline(), "done\n")
            report = {"waiting": [], "files": []}
            # What hangs has to hang for some time; the slow one waited before it.
            while not report["waiting"] or not any(row["slow"] for row in report["files"]):
                report = json.loads(looking.stdout.readline())
            looking.send_signal(signal.SIGINT)
            report = json.loads(looking.communicate(timeout=PATIENCE_S)[0].splitlines()[-1])
            self.assertEqual(looking.returncode, 0)
            stop(reader)
            found = chrome_format.read(drawn)
        rows = {(row["by"], row["op"], os.path.basename(row["file"])): row for row in report["files"]}
        slow = [row for key, row in rows.items() if key[:2] == ("io_uring", "read") and row["slow"]]
        self.assertEqual(len(slow), 1, report["files"])
        self.assertEqual((slow[0]["took"]["n"], slow[0]["slow"]), (2, 1), "both ends of a pipe are one file")
        self.assertEqual((slow[0]["short"], slow[0]["bytes"], slow[0]["errors"]), (1, 100, 1))
        self.assertGreaterEqual(slow[0]["took"]["max_ns"], 140000000)
        whole = rows["io_uring", "read", "journal"]
        self.assertEqual((whole["bytes"], whole["short"], whole["errors"]), (4096, 0, 0))
        self.assertEqual(whole["file"], file)
        self.assertEqual(sum(row["errors"] for row in report["files"]), 1)
        self.assertEqual(rows["syscall", "write", "journal"]["bytes"], 4096)
        self.assertEqual(rows["syscall", "fdatasync", "journal"]["took"]["n"], 1)
        self.assertEqual([row["op"] for row in report["waiting"]], ["read"])
        self.assertGreater(report["waiting"][0]["ns"], 100000000)
        self.assertEqual((report["dropped"], report["left_out"]), (0, 0))
        self.assertGreaterEqual(len(found.spans), 2)


class Top(unittest.TestCase):
    @staticmethod
    def busiest(report, process):
        return max((t for t in report["threads"] if t["pid"] == process.pid), key=lambda t: t["run_ns"])

    @staticmethod
    def schedstat(thread):
        with open(f"/proc/{thread['pid']}/task/{thread['tid']}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])

    def test_burner(self):
        """TIM-17: top shows all threads of the box, and which one never rests"""
        burner = start(CLIENT, "burn=1", "emit_hz=20")
        looking = subprocess.Popen([TRACE, "top", "--seconds", "3.5", "--json", "--interval", "1"],
                                   stdout=subprocess.PIPE, text=True)
        try:
            first = self.busiest(json.loads(looking.stdout.readline()), burner)
            before_ns = self.schedstat(first)
            lines = looking.communicate(timeout=PATIENCE_S)[0].splitlines()
            ran_ns = self.schedstat(first) - before_ns
        finally:
            stop(burner)
        report = json.loads(lines[-1])
        threads = report["threads"]
        names = {thread["process"] for thread in threads}
        self.assertLessEqual({"mos-rtcore", "mos-theater", "pipewire", os.path.basename(CLIENT)}, names)
        worst = self.busiest(report, burner)
        self.assertEqual((worst["thread"], worst["tid"]), ("burner", first["tid"]))
        self.assertLess(worst["cpu_percent"], 101)
        # the kernel's own account of the same time
        self.assertAlmostEqual((worst["run_ns"] - first["run_ns"]) / ran_ns, 1, delta=0.4)
        audio = [t for t in threads if t["process"] == "mos-rtcore" and t["thread"].startswith("data-loop")]
        self.assertEqual(len(audio), 1)
        self.assertGreater(audio[0]["wakeups"], 50)
        self.assertGreater(audio[0]["wait"]["n"], 50)
        self.assertGreater(audio[0]["syscalls"], 50)


del sys.argv[1:]
if trace_rig.missing():
    print(f"1..0 # SKIP {trace_rig.missing()}")
    sys.exit(77)
tap.main()
