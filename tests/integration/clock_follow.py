#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A box follows another box's MIDI clock through PipeWire. Prints TAP. Runs inside a mos-session, the master.

Arguments: mos-session, mosctl. Both boxes' clocks are CLOCK_MONOTONIC, so that their places can be compared exactly.
"""
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import tap

SESSION, MOSCTL = sys.argv[1:3]
n, failed = 0, 0


def check(ok, what, details=""):
    global n, failed
    n += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n} - {what}{'' if ok else f' # {details}'}", flush=True)


def ctl(box, *words):
    done = subprocess.run([MOSCTL, "--runtime-dir", box, "--json", *words], capture_output=True, text=True, timeout=30,
                          check=False)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else {}


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer


def ahead_ms(slave, master):
    """Of the slave, the median of some looks; places are told in whole ticks."""
    looks = []
    for _ in range(9):
        m, s = (ctl(box, "call", "kronos.position.get") for box in (master, slave))
        looks.append((s["beats"] - m["beats"]) * 6e4 / m["bpm"] - (s["time_ns"] - m["time_ns"]) / 1e6)
    return statistics.median(looks)


def missed(*boxes):
    """Cycles that the machine missed: a pulse has no number, so which one it was is not known afterwards."""
    counters = [ctl(box, "stats").get("counters", {}) for box in boxes]
    return sum(c.get("rt.xruns", 0) + c.get("kronos.resyncs", 0) for c in counters)


def drift(master, slave):
    """The master drifts by 1 BPM each time. How far the slave is ahead then."""
    for step in range(8):
        ctl(master, "tempo", str(94 + step))
        time.sleep(0.4)
    apart = 0
    for _ in range(5):  # where cycles are lost on a loaded machine, time is made up within a second or two
        until(lambda: ctl(slave, "clock").get("in_time"), 5)
        apart = ahead_ms(slave, master)
        if abs(apart) < 2:
            break
    return apart


def follow(master, slave, score):
    ok = until(lambda: ctl(slave, "load", score), 40) and ctl(master, "load", score)
    check(ok, "TOU-45: two boxes come up")
    ports = until(lambda: [p["name"] for p in ctl(master, "midi-out", "list").get("ports", []) if "midi_in" in p["name"]])
    ctl(master, "midi-out", "link", ports[0])
    ctl(master, "call", "kronos.midiclock.set", "on=true")
    ctl(master, "tempo", "93")
    check(ctl(slave, "clock", "follow", "midi").get("leader") == "midi", "TOU-45: the slave listens")
    ctl(master, "play")
    check(until(lambda: ctl(slave, "clock").get("state") == "playing"), "TOU-45 KRO-26: the master's start starts the slave")
    check(until(lambda: ctl(slave, "clock").get("in_time")), "TOU-45: it gets in time", ctl(slave, "clock"))
    for _ in range(4):
        before = missed(master, slave)
        apart = drift(master, slave)
        if abs(apart) < 2 or missed(master, slave) == before:
            break
        ctl(master, "stop")  # a start is a place again
        until(lambda: ctl(slave, "clock").get("state") != "playing")
        ctl(master, "play")
        until(lambda: ctl(slave, "clock").get("in_time"))
    check(abs(apart) < 2, "TOU-45 KRO-26: the slave is within 2 ms of a master whose tempo drifted", f"{apart:.3f} ms")
    bpm = ctl(slave, "clock").get("bpm", 0)
    check(abs(bpm - 101) < 0.5, "TOU-45: and at its tempo", bpm)
    check(ctl(slave, "tempo", "50") == {} and abs(ctl(slave, "clock").get("bpm", 0) - bpm) < 1,
          "TOU-45: while the master is heard the slave's tempo cannot be set")
    pid = ctl(slave, "status")["rtcore"]["pid"]
    os.kill(pid, signal.SIGKILL)
    check(until(lambda: ctl(slave, "status").get("rtcore", {}).get("pid", pid) != pid and ctl(slave, "clock").get("in_time")),
          "TOU-45 KRO-26: after kill -9 of its rtcore the slave follows again by itself", ctl(slave, "clock"))
    for _ in range(5):
        until(lambda: ctl(slave, "clock").get("in_time"), 5)
        apart = ahead_ms(slave, master)
        if abs(apart) < 4:
            break
    # A process that starts makes others miss cycles: to two pulses, where it was off by all the time that was lost.
    pulse = 6e4 / 101 / 24
    check(abs(apart) < 2 * pulse + 4 and abs((apart + pulse / 2) % pulse - pulse / 2) < 4,
          "TOU-45 KRO-26: at the place where the master is by then", f"{apart:.3f} ms")
    ctl(master, "pause")
    check(until(lambda: ctl(slave, "clock").get("state") == "paused"), "TOU-45: the master's stop stops the slave")


def main():
    work = tempfile.TemporaryDirectory(prefix="mos-clock-")
    folder = pathlib.Path(work.name)
    for name in ("run", "log"):
        (folder / name).mkdir()
    tap.write_scale(folder / "scale.mid", 1600)
    with open(folder / "said", "w", encoding="utf-8") as said:
        second = subprocess.Popen([SESSION, "-k", "mos-theater", "-k", "mos-band", "-d", folder / "run", "-l", folder / "log"],
                                  env=dict(os.environ, MOS_STATE_DIR=str(folder / "state")), stdout=said, stderr=said)
        try:
            follow(os.environ["MOS_RUNTIME_DIR"], str(folder / "run"), str(folder / "scale.mid"))
        finally:
            second.terminate()
            second.wait(30)
    work.cleanup()
    print(f"1..{n}")
    return 1 if failed else 0


sys.exit(main())
