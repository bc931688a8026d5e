# SPDX-License-Identifier: MIT
"""mos-trace's views rt and cycle, with planted faults: a stand-in for mos-rtcore (trace_standin.c) that does what the
audio thread must not do, and a process that steals its core. Prints TAP.

$1: mos-trace; environment: TRACE_STANDIN, the stand-in; TRACE_SOURCE, the tree
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import tap
from trace_rig import CORE, Hog, Standin, missing, trace

MOS_TRACE = sys.argv.pop(1)


def look(view, standin, *words, seconds=2):
    return trace(MOS_TRACE, view, "--pid", standin.pid, "--seconds", str(seconds), *words)


def missed(seen, every=1):
    """How far a count of every so many cycles may be off: one at each end, and what a busy kernel does not tell."""
    return 2.1 + seen["cycles"] / every * 0.05


@unittest.skipIf(missing(), missing())
class Rt(unittest.TestCase):
    def test_calls(self):
        """TIM-17: a system call in the cycle is found, counted and named; those between cycles are none"""
        with Standin(syscall=50) as standin:
            seen = look("rt", standin)
        calls = {c["name"]: c for c in seen["syscalls"]}
        self.assertGreater(seen["cycles"], 100)
        self.assertAlmostEqual(calls["getppid"]["n_in_cycle"], seen["cycles"] / 50, delta=missed(seen, 50))
        self.assertEqual(calls["clock_nanosleep"]["n_in_cycle"], 0)
        self.assertEqual(seen["syscalls_in_cycle"], calls["getppid"]["n_in_cycle"])
        first = seen["violations"][0]
        self.assertEqual((first["kind"], first["syscall"], first["cycle"] % 50), ("syscall", "getppid", 0))
        self.assertEqual(seen["tid"], standin.tid)

    def test_bell(self):
        """TIM-17: one write to the bell a cycle is allowed and counted apart, a second one is a violation"""
        with Standin(bell=1) as standin:
            clean = look("rt", standin, seconds=1)
        with Standin(bell=1, ring=10) as standin:
            twice = look("rt", standin, seconds=1)
        self.assertEqual((clean["syscalls_in_cycle"], clean["violations"]), (0, []))
        self.assertAlmostEqual(clean["bells"], clean["cycles"], delta=missed(clean))
        self.assertAlmostEqual(twice["bells"], twice["cycles"], delta=missed(twice))
        self.assertAlmostEqual(twice["syscalls_in_cycle"], twice["cycles"] / 10, delta=missed(twice, 10))
        self.assertEqual({v["syscall"] for v in twice["violations"]}, {"write"})

    def test_faults(self):
        """TIM-17: a page fault in the cycle is found, with the cycle and the place"""
        with Standin(fault=25) as standin:
            seen = look("rt", standin)
            where = seen["violations"][0]["at"] if seen.get("violations") else ""
        if "faults_in_cycle" not in seen:
            self.skipTest("this kernel does not tell of page faults")
        self.assertAlmostEqual(seen["faults_in_cycle"], seen["cycles"] / 25, delta=missed(seen, 25))
        self.assertEqual({v["kind"] for v in seen["violations"]}, {"page fault"})
        self.assertTrue(all(v["cycle"] % 25 == 0 for v in seen["violations"]))
        self.assertIn(os.path.basename(os.environ["TRACE_STANDIN"]), where)

    def check_hog(self, seen, cause, least_ms):
        named = [m for m in seen["misses"] if m["cause"] == cause and m.get("by", {}).get("comm") == "mos-hog"]
        self.assertTrue(named, seen["causes"])
        self.assertEqual(named[0]["by"]["rt_priority"], 95)
        self.assertGreater(max(m["cause_ns"] for m in named), least_ms * 1e6)
        held = {h["comm"]: h for h in seen["in_our_place"]}
        self.assertIn("mos-hog", held)
        return held["mos-hog"]

    @unittest.skipIf(os.cpu_count() < 2, "one core only: it would stop us as well")
    def test_thief(self):
        """TIM-17: a process that steals the core in the middle of cycles is named as the cause of the misses"""
        with Standin(core=CORE, priority=80, period=4000, busy=3000) as standin, Hog(8, 50):
            seen = look("rt", standin, seconds=3)
        held = self.check_hog(seen, "pre-emption", 4)
        self.assertGreater(held["preempted_max_ns"], 4e6)
        self.assertGreater(seen["cycles_preempted"], 0)
        self.assertGreater(seen["preempted"]["max_ns"], 4e6)

    @unittest.skipIf(os.cpu_count() < 2, "one core only: it would stop us as well")
    def test_late(self):
        """TIM-17: a wake-up that comes late is told with who ran instead"""
        with Standin(core=CORE, priority=80, period=2000, busy=20) as standin, Hog(8, 50):
            seen = look("rt", standin, seconds=3)
        held = self.check_hog(seen, "late wake-up", 4)
        self.assertGreater(held["at_wakeup_max_ns"], 4e6)
        self.assertGreater(seen["wakeup"]["max_ns"], 4e6)
        self.assertGreater(seen["causes"].get("follows", 0), 0)

    @unittest.skipIf(os.cpu_count() < 2, "one core only: it would stop us as well")
    def test_name(self):
        """SEC-09: a process whose name is no text, or orders to a terminal, spoils neither report"""
        with Standin(core=CORE, priority=80, period=2000, busy=800) as standin, Hog(4, 20, b"m\x1b[2J\xff\xc2\x9b\xc3\xa9"):
            held = {h["comm"] for h in look("rt", standin, seconds=1)["in_our_place"]}
            said = subprocess.run([MOS_TRACE, "rt", "--pid", standin.pid, "--seconds", "1"], capture_output=True, check=True)
        self.assertIn("m\x1b[2J???\xe9", held)
        text = said.stdout.decode()  # it is UTF-8
        self.assertIn("m?[2J???\xe9", text)
        self.assertNotIn("\x1b", text)

    @unittest.skipIf(os.cpu_count() < 2, "one core only: it would stop us as well")
    def test_oracle(self):
        """TIM-17: switches and faults agree with what /proc counts for the thread"""
        with Standin(core=CORE, priority=80, period=2000, busy=800, fault=10) as standin, Hog(4, 20):
            outer = [standin.counted()]
            tracer = subprocess.Popen([MOS_TRACE, "rt", "--pid", standin.pid, "--json", "--interval", "0.5"],
                                      stdout=subprocess.PIPE, text=True)
            tracer.stdout.readline()  # now it looks
            inner = [standin.counted()]
            for _ in range(6):
                tracer.stdout.readline()
            inner.append(standin.counted())
            tracer.send_signal(signal.SIGINT)
            seen = json.loads(tracer.communicate(timeout=30)[0].splitlines()[-1])
            outer.append(standin.counted())
        for name, told in (("involuntary", "involuntary_switches"), ("voluntary", "run"), ("faults", "faults")):
            if name == "faults" and "faults" not in seen:
                continue  # this kernel does not tell of them
            told = seen["run"]["n"] if told == "run" else seen[told]
            least, most = (counts[1][name] - counts[0][name] for counts in (inner, outer))
            self.assertGreater(least, 20, name)
            self.assertLessEqual(told, most + 1, name)
            self.assertGreater(told, least * 0.9, name)  # a busy kernel leaves out some

    def test_long(self):
        """TIM-17: a cycle that is long by itself is not blamed on anybody else"""
        with Standin(long=100, period=3000, priority=80) as standin:
            seen = look("rt", standin)
        mine = [m for m in seen["misses"] if m["cycle"] % 100 == 0]
        self.assertTrue(mine)
        self.assertIn("long cycle", {m["cause"] for m in mine})
        self.assertTrue(all("by" not in m for m in mine if m["cause"] == "long cycle"))

    def test_file(self):
        """SDK-11: --trace writes cycles and violations as a trace"""
        with tempfile.TemporaryDirectory() as folder, Standin(syscall=20) as standin:
            path = os.path.join(folder, "t.json")
            seen = look("rt", standin, "--trace", path, seconds=1)
            with open(path) as file:
                events = json.load(file)["traceEvents"]
        names = {e["args"]["name"] for e in events if e["ph"] == "M"}
        self.assertEqual(names, {"trace-standin", "data-loop.0"})
        slices = [e for e in events if e.get("ph") == "X" and e["name"] == "cycle"]
        self.assertGreaterEqual(len(slices) + seen["events_lost"], seen["cycles"])
        self.assertTrue(slices)
        calls = [e for e in events if e.get("ph") in "iI" and e["name"] == "getppid"]
        self.assertEqual(len(calls), min(seen["syscalls_in_cycle"], 128))

    def test_end(self):
        """TIM-17: when the process dies meanwhile, what was seen is told"""
        with Standin() as standin:
            tracer = subprocess.Popen([MOS_TRACE, "rt", "--pid", standin.pid, "--json", "--interval", "0.2"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            tap.until(lambda: json.loads(tracer.stdout.readline())["cycles"] > 0, what="the first cycle")
            standin.process.kill()
            out, errors = tracer.communicate(timeout=30)
        last = json.loads(out.splitlines()[-1])
        self.assertEqual(tracer.returncode, 0, errors)
        self.assertTrue(last["rtcore_ended"])
        self.assertGreater(last["cycles"], 0)

    def test_interrupt(self):
        """SDK-11: Ctrl-C ends with the report; with --interval there is one line of JSON for each"""
        with Standin() as standin:
            tracer = subprocess.Popen([MOS_TRACE, "rt", "--pid", standin.pid, "--json", "--interval", "0.2"],
                                      stdout=subprocess.PIPE, text=True)
            lines = [tracer.stdout.readline() for _ in range(3)]
            tracer.send_signal(signal.SIGINT)
            rest, _ = tracer.communicate(timeout=30)
        cycles = [json.loads(line)["cycles"] for line in lines + rest.splitlines()]
        self.assertEqual(tracer.returncode, 0)
        self.assertEqual(cycles, sorted(cycles))
        self.assertGreater(cycles[-1], 0)

    def test_hangup(self):
        """SDK-11: a terminal that goes, or a reader that does not want more, leaves a whole trace and no other file"""
        for gone in ("terminal", "reader"):
            with tempfile.TemporaryDirectory() as folder, Standin() as standin:
                path = os.path.join(folder, "t.json")
                tracer = subprocess.Popen([MOS_TRACE, "rt", "--pid", standin.pid, "--json", "--interval", "0.2", "--trace",
                                           path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                tracer.stdout.readline()
                if gone == "reader":
                    tracer.stdout.close()
                else:
                    tracer.send_signal(signal.SIGHUP)
                tracer.wait(30)
                self.assertEqual(tracer.returncode, 1 if gone == "reader" else 0, tracer.stderr.read())
                tracer.stderr.close()
                tracer.stdout.close()
                self.assertEqual(os.listdir(folder), ["t.json"], gone)
                with open(path) as file:
                    self.assertTrue(json.load(file)["traceEvents"])

    def test_no_cycle(self):
        """SDK-11: where no cycle comes, it says so and what to look at, in both views"""
        with Standin(period=60000000) as standin:
            for view in ("rt", "cycle"):
                code, out, _ = tap.run(MOS_TRACE, view, "--pid", standin.pid, "--seconds", "0.2")
                self.assertEqual(code, 0)
                self.assertIn("no cycle yet", out)
                self.assertIn("hint:", out)
            standin.process.kill()

    def test_words(self):
        """SDK-11: the report for people names thread, calls and their place"""
        with Standin(syscall=50) as standin:
            code, out, _ = tap.run(MOS_TRACE, "rt", "--pid", standin.pid, "--seconds", "1")
        self.assertEqual(code, 0)
        for words in (f"thread data-loop.0 {standin.tid} (no real-time priority)", "wake-up latency", "getppid",
                      "INSIDE THE CYCLE"):
            self.assertIn(words, out)


@unittest.skipIf(missing(), missing())
class Cycle(unittest.TestCase):
    def test_stages(self):
        """TIM-17: the stage that takes the time is told, for all cycles and for the worst"""
        with Standin(busy=300, period=4000, long=50, bell=1) as standin:
            seen = look("cycle", standin)
        stages = seen["stages"]
        self.assertGreaterEqual(stages["render"]["min_ns"], 290e3)
        self.assertLess(stages["render"]["p50_ns"], 900e3)
        self.assertLess(stages["serve"]["p50_ns"], 100e3)
        self.assertEqual(stages["mix"]["n"], 0)
        self.assertAlmostEqual(stages["render"]["n"], seen["cycles"], delta=missed(seen))
        worst = seen["worst"]
        self.assertGreaterEqual(worst["wall_ns"], 11.9e6)
        self.assertEqual(worst["wall_ns"], seen["cycle"]["max_ns"])
        self.assertEqual(max(worst["stages_ns"], key=worst["stages_ns"].get), "render")

    def test_trace(self):
        """SDK-11: cycles and their stages are slices of a trace"""
        with tempfile.TemporaryDirectory() as folder, Standin() as standin:
            path = os.path.join(folder, "t.json")
            seen = look("cycle", standin, "--trace", path, seconds=1)
            with open(path) as file:
                events = json.load(file)["traceEvents"]
        names = [e["name"] for e in events if e.get("ph") == "X"]
        self.assertAlmostEqual(names.count("cycle"), seen["cycles"], delta=missed(seen))
        self.assertEqual(names.count("render"), names.count("cycle"))


    def test_upgrade(self):
        """SDK-11: a program whose file was replaced while it runs, as by an upgrade, is looked at all the same"""
        with tempfile.TemporaryDirectory() as folder:
            program = shutil.copy(os.environ["TRACE_STANDIN"], folder)
            with Standin(program) as standin:
                os.unlink(program)
                Path(program).write_text("another version")
                for view in ("cycle", "rt"):
                    self.assertGreater(look(view, standin, seconds=1)["cycles"], 10, view)

    def test_lost(self):
        """SDK-11: cycles that find no room in the ring are missing in the trace, and are told"""
        with tempfile.TemporaryDirectory() as folder, Standin(period=200, priority=80) as standin:
            path = os.path.join(folder, "t.json")
            tracer = subprocess.Popen([MOS_TRACE, "cycle", "--pid", standin.pid, "--json", "--interval", "0.2", "--trace",
                                       path], stdout=subprocess.PIPE, text=True)
            tracer.stdout.readline()
            tracer.send_signal(signal.SIGSTOP)
            time.sleep(2)  # the fault: nobody reads
            tracer.send_signal(signal.SIGCONT)
            tracer.send_signal(signal.SIGINT)
            seen = json.loads(tracer.communicate(timeout=30)[0].splitlines()[-1])
            with open(path) as file:
                events = json.load(file)["traceEvents"]
        told = sum(e.get("ph") == "X" and e["name"] == "cycle" for e in events)
        self.assertGreater(seen["events_lost"], 0)
        self.assertAlmostEqual(told + seen["events_lost"], seen["cycles"], delta=missed(seen))


class Words(unittest.TestCase):
    def test_usage(self):
        """SDK-11: wrong words are told with a hint, exit code 2"""
        for words in ((), ("nonsense",), ("rt", "--seconds", "x"), ("rt", "--pid", "0"), ("rt", "too", "many"),
                      ("rt", "--nope")):
            code, _, errors = tap.run(MOS_TRACE, *words)
            self.assertEqual(code, 2, words)
            self.assertIn("hint: mos-trace --help", errors)

    def test_help(self):
        """SDK-11: help has examples, and each view has its own"""
        code, out, _ = tap.run(MOS_TRACE, "--help")
        self.assertEqual(code, 0)
        self.assertIn("Examples:", out)
        for view in ("rt", "cycle", "path", "io", "top"):
            self.assertIn(f"\n  {view} ", out)
            self.assertIn(f"mos-trace {view}:", tap.run(MOS_TRACE, view, "--help")[1])

    def test_completion(self):
        """SDK-11: completion in three shells and the manual page know every view and every option"""
        root = Path(os.environ["TRACE_SOURCE"])
        listed = tap.run(MOS_TRACE, "--help")[1].split("Views:")[1].split("\n\n")[0]
        views = re.findall(r"^  ([a-z]+)  +\w", listed, re.M)
        helps = [tap.run(MOS_TRACE, *words)[1] for words in [("--help",)] + [(view, "--help") for view in views]]
        options = set(re.findall(r"--([a-z][a-z-]+)", "".join(helps)))
        self.assertEqual(views, ["rt", "cycle", "path", "io", "top"])
        self.assertLess({"seconds", "slow-ms", "event"}, options)
        for name in ("mos-trace.bash", "_mos-trace", "mos-trace.fish"):
            text = (root / "tools" / "mos-trace" / "completions" / name).read_text()
            words = set(re.findall(r"[a-z][a-z-]*", text))
            self.assertLessEqual(options | set(views), words, name)
        page = (root / "man" / "mos-trace.1").read_text().replace("\\-", "-")
        for option in options:
            self.assertIn(f"--{option}", page)
        for view in views:
            self.assertIn(f"\n.B {view}\n", page)

    def test_nobody(self):
        """SDK-11: no mos-rtcore is told with what starts one, exit code 1"""
        with tempfile.TemporaryDirectory() as folder:
            code, _, errors = tap.run(MOS_TRACE, "rt", "--runtime-dir", folder)
        self.assertEqual(code, 1)
        self.assertIn("hint:", errors)
        self.assertIn(folder, errors)
        gone = subprocess.Popen(["true"])
        gone.wait()
        self.assertEqual(tap.run(MOS_TRACE, "rt", "--pid", str(gone.pid))[0], 1)

    def test_stale_lock(self):
        """SEC-09: a lock that names some other process is not believed"""
        with tempfile.TemporaryDirectory() as folder:
            for text in (f"{os.getpid()}\n", "-1\n", "99999999999999999999\n", "rubbish", ""):
                with open(os.path.join(folder, "rtcore.lock"), "w") as file:
                    file.write(text)
                self.assertEqual(tap.run(MOS_TRACE, "rt", "--runtime-dir", folder)[0], 1, text)

    def test_privilege(self):
        """SEC-09: without privilege it says what is needed, with the command, exit code 3, and leaves no file"""
        with tempfile.TemporaryDirectory() as folder:
            words = [MOS_TRACE, "rt", "--pid", str(os.getpid()), "--trace", os.path.join(folder, "t.json")]
            if os.geteuid() == 0:
                words = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *words]
            code, _, errors = tap.run(*words)
            self.assertEqual(code, 3, errors)
            self.assertEqual(os.listdir(folder), [])
        if os.path.exists("/sys/kernel/btf/vmlinux"):
            self.assertIn("sudo mos-trace rt", errors)
            self.assertIn("setcap", errors)

    @unittest.skipIf(missing(), missing())
    def test_container(self):
        """SDK-11: where processes have numbers of their own nothing would ever be seen: told as such, exit code 3"""
        for words in (("rt", "--pid", "1"), ("top", "--seconds", "0.1")):
            code, _, errors = tap.run("unshare", "--pid", "--fork", "--mount-proc", MOS_TRACE, *words)
            self.assertEqual(code, 3, errors)
            self.assertIn("on the host", errors)

    @unittest.skipIf(missing(), missing())
    def test_no_probe(self):
        """SDK-11: a program without probes is told as such, exit code 3"""
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            code, _, errors = tap.run(MOS_TRACE, "cycle", "--pid", str(sleeper.pid))
        finally:
            sleeper.kill()
            sleeper.wait()
        self.assertEqual(code, 3)
        self.assertIn("has no probe mos:cycle_times", errors)


if __name__ == "__main__":
    tap.main()
