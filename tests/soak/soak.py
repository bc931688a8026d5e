#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Soak and chaos: a whole private MOS, random faults, and what has to hold all the time. tools/dev/soak runs it.

What holds: music plays on (but for the faults that take the sound with them), no key stays down, no edit that was
acknowledged is lost, everybody is back within their time, nobody dies by themselves, memory and descriptors do not
grow, clock and events never contradict themselves, no error is logged that no fault explains.
"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import clients
import faults
import machine as machine_module
import plan
import watch
import wire
from machine import Failure, Machine

CHECK_EVERY = 12     # steps
QUIET_S = 10

#: what has to hold, by the kind of failure that says it does not
HOLDS = {
    "back": "SCL-08: after each fault everybody is back and answers within their time",
    "music": "WGT-32 SCL-08: music plays on but where a fault takes the sound with it, and comes back",
    "edits": "HER-13: no edit that was acknowledged is lost, none that was refused is there, the store is sound",
    "notes": "APO-21: after stop and panic no note is stuck, neither in Apollo nor at the MIDI output",
    "clock": "KRO-01 EVT-17: the clock never goes back, whatever the wall clock does; a reader misses no event untold",
    "lives": "nobody dies by themselves, nothing grows, nothing is left over",
    "logs": "no error is logged that no fault explains",
}


def kind_of(text, role=None):
    """What a finding of the watch, or of a client, is about."""
    if role:
        return {"editor": "edits", "reader": "clock"}.get(role, "back")
    return "logs" if " logs an error: " in text or " says: " in text else "lives"


def say(text):
    print(f"soak: {text}", file=sys.stderr, flush=True)


class Hopeless(Exception):
    """It cannot go on."""


class Soak:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.small_disk = False
        self.done, self.failed, self.notes = [], [], []
        self.times, self.counts, self.skipped = collections.defaultdict(list), collections.Counter(), collections.Counter()
        self.gaps = {}
        self.begin = 0.0   # of the plan; 0: not yet
        self.is_whole = False  # the plan was carried out to its end
        self.log = open(self.folder / "faults.log", "a", buffering=1)

    # --- building up

    def mount_small_disk(self):
        """The state directory on a file system that can be filled. Needs root: nobody else may mount, unseen by others."""
        if os.geteuid() != 0:
            return
        try:
            os.unshare(os.CLONE_NEWNS)
        except OSError:
            return
        for words in (["--make-rprivate", "/"],
                      ["-t", "tmpfs", "-o", f"size={machine_module.STATE_MIB}m,mode=700", "mos-soak", str(self.machine.state)]):
            if subprocess.run(["mount", *words], stderr=subprocess.DEVNULL, check=False).returncode:
                return
        self.small_disk = True

    def set_up(self):
        rtcore_font = machine_module.SMALL_FONT
        options = ["--restart-always", "--quantum", "256"]
        if os.path.exists(rtcore_font):
            options += ["--arg=mos-rtcore=--bank", f"--arg=mos-rtcore={rtcore_font}"]
        options += ["--arg=mos-theater=--config", f"--arg=mos-theater={machine_module.HERE / 'theater.ini'}"]
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.machine = Machine(self.folder, options, os.environ.get("SOAK_CLOCK_SHIM"))
        self.mount_small_disk()
        self.machine.start()
        self.machine.add_scores()
        self.machine.call("apollo.engine.init", timeout=60)
        self.machine.listen(os.environ["SOAK_EARS"])
        self.machine.until(lambda: self.try_link(), 20, "the MIDI output cannot be linked")
        for ident in plan.WIDGETS:
            try:
                self.machine.call("broker.widget.start", id=ident, timeout=30)
            except wire.WireError as error:
                raise Failure(f"widget {ident} does not start: {error}") from error
        for role in plan.CLIENTS:
            self.machine.start_client(role)
        self.machine.play()
        faults.sounds_again(self)
        for role in plan.CLIENTS:
            self.machine.until(lambda role=role: self.machine.said[role], 20, f"client {role} does nothing")
        self.watch = watch.Watch(self.machine, self.options.gap_ms / 1000)
        self.begin = time.monotonic()
        self.watch.start()

    def try_link(self):
        try:
            self.machine.link_midi()
            return True
        except wire.WireError:
            return False

    # --- the run

    def steps(self):
        """The plan, until the time is up."""
        if self.options.replay:
            recorded = json.loads(pathlib.Path(self.options.replay).read_text())["plan"]
            first, _, last = (self.options.steps or ":").partition(":")
            yield from recorded[int(first or 1) - 1:int(last or len(recorded))]
            return
        names = self.options.faults.split(",") if self.options.faults else None
        for step in plan.steps(self.options.seed, names):
            if self.options.count and step["n"] > self.options.count:
                return
            if not self.options.count and time.monotonic() - self.begin > self.options.minutes * 60:
                return
            yield step

    def fail(self, text, step=None, kind="back"):
        at = time.monotonic() - self.begin if self.begin else 0.0
        self.failed.append({"at": round(at, 2), "step": step and step["n"], "kind": kind, "what": text})
        say(f"{at:8.1f} s  WRONG: {text}" + (f"   (step {step['n']}: {describe(step)})" if step else ""))
        self.log.write(f"{at:.3f} WRONG {text}\n")

    def collect(self, step=None):
        """What was found wrong meanwhile."""
        with self.watch.lock:
            found, self.watch.wrong = self.watch.wrong, []
        for _, text in found:
            self.fail(text, step, kind_of(text))
        taken, self.machine.wrong = self.machine.wrong, []
        for _, role, text in taken:
            self.fail(f"{role}: {text}", step, kind_of(text, role))
        for role in plan.CLIENTS:
            client = self.machine.clients.get(role)
            if client and client.poll() is not None:
                self.fail(f"client {role} ended by itself with {client.returncode}", step, "lives")
                self.machine.end_client(role)
                self.machine.start_client(role)

    def something_else_plays(self, timeline):
        """Than the editor's score: an edit changes the timeline's number, and leaves what the title begins with."""
        return not self.machine.position().get("title", "").startswith("edit ") and \
            self.machine.position().get("timeline_id") != timeline

    def music(self, begin, step):
        unexcused, every = self.watch.music_gaps(begin)
        key = step["fault"] + (" " + step["target"] if "target" in step else "")
        if every:
            self.gaps[key] = max(self.gaps.get(key, 0.0), max(gap for _, gap in every))
        if unexcused:
            self.keep_graph(step)
        for at, gap in unexcused:
            self.fail(f"no music for {gap * 1000:.0f} ms, {at - begin:.2f} s after the step began", step, "music")

    def keep_graph(self, step):
        """What PipeWire looks like now, for whoever looks into a failure."""
        with open(self.folder / f"graph-{step['n']}.json", "wb") as file, contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["pw-dump"], env=self.machine.env, stdout=file, stderr=subprocess.DEVNULL, timeout=20, check=False)

    def carry_out(self, step):
        begin = time.monotonic()
        self.watch.kinds.add(step["fault"])
        self.log.write(f"{begin - self.begin:.3f} BEGIN {json.dumps(step)}\n")
        try:
            times = faults.CARRIED_OUT[step["fault"]](self, step)
        except Failure as error:
            self.fail(str(error), step)
            self.keep_graph(step)
            times = {}
            self.heal()
        except (wire.Gone, wire.Late, wire.WireError, subprocess.TimeoutExpired) as error:
            self.fail(f"{type(error).__name__}: {error}", step)
            times = {}
            self.heal()
        if times is None:
            self.skipped[step["fault"]] += 1
            return
        for name, seconds in times.items():
            self.times[name].append(seconds)
        self.counts[step["fault"] + (" " + step["target"] if "target" in step else "")] += 1
        self.log.write(f"{time.monotonic() - self.begin:.3f} END {step['n']} {json.dumps(times)}\n")
        time.sleep(0.3)  # what follows a fault belongs to it
        self.music(begin, step)
        self.collect(step)

    def heal(self):
        """After a failure: go on from a state that is known, so that one fault is told once."""
        with faults.excused(self, "healing"):
            try:
                self.machine.until(lambda: self.machine.position().get("end_ticks"), 60, "no score, even later")
                self.machine.play()
                faults.sounds_again(self, seconds=60)
                self.try_link()
            except (Failure, wire.Gone, wire.Late, wire.WireError) as error:
                self.fail(f"and it stays so: {error}")
                raise Hopeless from error

    def check(self):
        """Silence when silence is asked for; the scores are what was acknowledged; the store is sound."""
        machine = self.machine
        with faults.excused(self, "check"):
            for role in ("keys", "editor"):
                machine.order(role, "hush")
            try:
                machine.until(lambda: machine.said["keys"].get("quiet"), QUIET_S, "the client with the keys does not listen")
                machine.until(lambda: machine.said["editor"].get("hushed"), QUIET_S, "the editor does not listen")
                machine.call("kronos.transport.stop")
                machine.call("apollo.engine.panic")
                for name in ("apollo.keys_down", "apollo.voices"):
                    self.until_zero(lambda name=name: machine.counter(name), name)
                self.until_zero(lambda: machine.ears.keys, "keys down at the MIDI output")
                self.check_scores()
            except Failure as error:
                self.fail(str(error), kind="notes")
            except (wire.Gone, wire.Late, wire.WireError) as error:
                self.fail(f"at the check: {type(error).__name__}: {error}")
            machine.said["keys"].pop("quiet", None)
            machine.said["editor"].pop("hushed", None)
            for role in ("keys", "editor"):
                machine.order(role, "go")
            machine.play()
            faults.sounds_again(self)
            self.look_at_pictures()
        self.collect()

    def look_at_pictures(self):
        """Whoever watches the canvas is given pictures: the theater may have died, and come back under its name."""
        begin = self.machine.ears.pictures
        try:
            self.machine.until(lambda: self.machine.ears.pictures > begin, faults.BACK_S, "the canvas gives no pictures")
        except Failure as error:
            self.keep_graph({"n": f"check-{len(self.done)}"})
            self.fail(str(error))

    def until_zero(self, number, what):
        end = time.monotonic() + QUIET_S
        while (found := number()) != 0:
            if time.monotonic() > end:
                raise Failure(f"stuck after stop and panic: {what}: {found}")
            time.sleep(0.02)

    def check_scores(self):
        for name in ("store", "plays"):
            model = clients.Model(self.machine.work, name)
            model.keep = lambda: None  # the editor's file
            found = model.check(self.machine.call("hermes.score.get", score_id=model.score_id))
            if found:
                self.fail(found, kind="edits")
        answer = self.machine.call("hermes.store.check", timeout=60)
        if answer["n_errors"]:
            self.fail(f"the store: {answer['errors'][:3]}", kind="edits")

    def run(self):
        offset = 0.0
        for number, step in enumerate(self.steps(), 1):
            if number == 1 and self.options.replay:
                offset = step["at"]  # a part of a plan begins at once
            while (wait := self.begin + step["at"] - offset - time.monotonic()) > 0:
                time.sleep(min(wait, 0.5))
            say(f"{time.monotonic() - self.begin:8.1f} s  {step['n']:4} {describe(step)}")
            self.done.append(step)
            self.carry_out(step)
            if number % CHECK_EVERY == 0:
                self.check()
            if self.failed and self.options.stop_at_first:
                return
        self.is_whole = True

    # --- the end

    def finish(self):
        """Everything is ended in order; then it starts anew and has what was acknowledged."""
        try:
            self.check()
        except (Failure, wire.Gone, wire.Late, wire.WireError) as error:
            self.fail(f"the last check: {error}")
        self.watch.stop()
        self.collect()
        grown, self.growth = self.watch.growth()
        for text in grown:
            self.fail(text, kind="lives")
        self.heard = {"pictures": self.machine.ears.pictures, "midi_packets": self.machine.ears.packets,
                      "missed_by_ears_s": round(self.machine.ears.lost_frames / 48000, 2)}
        self.said = {role: {k: v for k, v in facts.items() if k != "at"} for role, facts in self.machine.said.items()}
        self.end_session("the end")
        self.start_again()

    def end_session(self, when):
        code, left = self.machine.stop()
        if code not in (0, 143):
            self.fail(f"mos-session ended with {code} at {when}", kind="lives")
        if left:
            self.fail(f"left over at {when}: {', '.join(left.values())}", kind="lives")
        for crash in self.machine.crashes():
            self.fail(f"at {when}: {crash}", kind="lives")

    def start_again(self):
        """Another session in the same state directory."""
        self.machine = Machine(self.folder, self.machine.options)
        try:
            self.machine.start()
            self.check_scores()
        except (Failure, wire.Gone, wire.Late, wire.WireError) as error:
            self.fail(f"after a new start: {error}")
        self.end_session("the second end")

    def availability(self):
        """Of music, were a process that takes the sound with it to die once a day: by the mean of the silences."""
        silent = [s for name, seconds in self.times.items() if name.endswith(", silence") for s in seconds]
        mean = sum(silent) / len(silent) if silent else 0.0
        return {"deaths": len(silent), "mean_silence_ms": round(mean * 1000), "at_one_a_day": round(1 - mean / 86400, 7)}

    def report(self):
        cores = [str(path) for path in self.folder.rglob("core*") if path.is_file()]
        for core in cores:
            self.fail(f"a core file: {core}", kind="lives")
        recovery = {}
        for name, seconds in sorted(self.times.items()):
            ordered = sorted(seconds)
            recovery[name] = {"n": len(ordered), "p50_ms": round(ordered[len(ordered) // 2] * 1000),
                              "max_ms": round(ordered[-1] * 1000)}
        return {"seed": self.options.seed, "whole": self.is_whole,
                "minutes": round((time.monotonic() - self.begin) / 60, 1) if self.begin else 0,
                "survived": dict(sorted(self.counts.items())), "n_survived": sum(self.counts.values()),
                "availability": self.availability(), "skipped": dict(self.skipped), "failed": self.failed, "recovery": recovery,
                "worst_gap_ms": {k: round(v * 1000) for k, v in sorted(self.gaps.items())},
                "growth": getattr(self, "growth", {}), "clients": getattr(self, "said", {}),
                "heard": getattr(self, "heard", {}), "plan": self.done}


def describe(step):
    return " ".join(f"{v}" if k in ("fault", "target") else f"{k}={v}" for k, v in step.items() if k not in ("n", "at"))


def print_report(report):
    print(f"\nseed {report['seed']}, {report['minutes']} min, {report['n_survived']} faults survived")
    print(f"\n{'fault':36} {'times':>6} {'worst gap, ms':>14}")
    for name, count in report["survived"].items():
        print(f"{name:36} {count:6} {report['worst_gap_ms'].get(name, 0):14}")
    for name, count in report["skipped"].items():
        print(f"{name:36} {count:6}  skipped: it needs root and a small disk, or another sound font")
    print(f"\n{'recovery':36} {'times':>6} {'p50, ms':>9} {'max, ms':>9}")
    for name, row in report["recovery"].items():
        print(f"{name:36} {row['n']:6} {row['p50_ms']:9} {row['max_ms']:9}")
    if report["growth"]:
        print(f"\n{'growth':20} {'minutes':>8} {'RSS, KiB':>9} {'KiB an hour':>12} {'fds':>5} {'more fds':>9}")
        for name, row in sorted(report["growth"].items()):
            print(f"{name:20} {row['minutes']:8} {row['rss_kib']:9} {row['kib_per_hour']:12} {row['fds']:5} {row['fds_more']:9}")
    available = report["availability"]
    print(f"\n{available['deaths']} deaths took the sound with them, for {available['mean_silence_ms']} ms on average: "
          f"at one a day there is music for {available['at_one_a_day']:.5%} of the time\n")
    for failure in report["failed"]:
        print(f"WRONG at {failure['at']} s (step {failure['step']}): {failure['what']}")


def print_tap(report):
    print(f"# {report['n_survived']} faults of seed {report['seed']} survived; {report['availability']}")
    print(f"1..{len(HOLDS)}")
    for number, (kind, what) in enumerate(HOLDS.items(), 1):
        failed = [failure for failure in report["failed"] if failure["kind"] == kind]
        for failure in failed:
            print(f"# step {failure['step']}, {failure['at']} s: {failure['what']}")
        if kind == "lives" and not report["growth"]:
            print("# growth was not judged: nobody lived long enough for it")
        if not report["whole"]:
            print("# the plan was not carried out to its end: this was not seen to hold")
        print(f"{'ok' if report['whole'] and not failed else 'not ok'} {number} - {what}", flush=True)


def parse(argv):
    parser = argparse.ArgumentParser(prog="soak", add_help=False)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--faults")
    parser.add_argument("--json")
    parser.add_argument("--replay")
    parser.add_argument("--steps")
    parser.add_argument("--keep")
    parser.add_argument("--stop-at-first", action="store_true")
    parser.add_argument("--gap-ms", type=float, default=watch.MUSIC_GAP_S * 1000)
    parser.add_argument("--tap", action="store_true")
    options = parser.parse_args(argv)
    if options.seed is None:
        options.seed = json.loads(pathlib.Path(options.replay).read_text())["seed"] if options.replay else \
            random.SystemRandom().randrange(1, 1 << 31)
    unknown = set(options.faults.split(",")) - set(plan.FAULTS) if options.faults else ()
    if unknown:
        parser.error(f"no fault '{sorted(unknown)[0]}'; there are: {' '.join(plan.FAULTS)}")
    return options


def main(argv):
    options = parse(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mos-soak-", dir=options.keep))
    soak = Soak(options, folder)
    say(f"seed {options.seed}, in {folder}")
    try:
        soak.set_up()
        soak.run()
    except Hopeless:
        say("ends early")
    except KeyboardInterrupt:
        say("ends early")
        if soak.begin:  # in the middle of a fault
            with contextlib.suppress(Hopeless):
                soak.heal()
    except Exception as error:  # whatever it is: the machine has to go down, and the folder to stay
        soak.fail(f"{type(error).__name__}: {error}")
        if not isinstance(error, Failure):
            traceback.print_exc()
    if soak.begin:
        soak.finish()
    elif getattr(soak, "machine", None) and soak.machine.session:
        soak.machine.stop()
    report = soak.report()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    if options.tap:
        print_tap(report)
    else:
        print_report(report)
    if report["failed"] or (options.tap and not report["whole"]):
        say(f"kept: {folder}; again with ./dev soak --seed {options.seed}, or --replay {folder}/report.json")
        if soak.small_disk:  # its mount goes with us
            shutil.copytree(folder / "state", folder / "state-kept", ignore_dangling_symlinks=True)
        return 1
    if soak.small_disk:
        subprocess.run(["umount", "--lazy", str(folder / "state")], check=False)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
