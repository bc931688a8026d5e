# SPDX-License-Identifier: MIT
"""Two boxes of MOS on one PipeWire, a master and a second one that follows it. Prints TAP.

Arguments of the program: mos-session, mosctl. It runs inside a mos-session, which is the master. Both boxes' clocks are
CLOCK_MONOTONIC, so that their places can be compared exactly.
"""
import json
import os
import pathlib
import signal
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
    """What the condition said last."""
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer


def come_up(row, master, slave, score):
    """Both have the score, and the second one hears the first one's MIDI output."""
    ok = until(lambda: ctl(slave, "load", score), 40) and ctl(master, "load", score)
    check(ok, f"{row}: two boxes come up")
    ports = until(lambda: [p["name"] for p in ctl(master, "midi-out", "list").get("ports", []) if "midi_in" in p["name"]])
    ctl(master, "midi-out", "link", ports[0])


def kill_core(box, slave):
    """kill -9 of a box's rtcore. @return what the slave says, once another one is there and it is in time again."""
    pid = ctl(box, "status")["rtcore"]["pid"]
    os.kill(pid, signal.SIGKILL)
    return until(lambda: ctl(box, "status").get("rtcore", {}).get("pid", pid) != pid and ctl(slave, "clock").get("in_time"))


def main(follow):
    """follow(master, slave, score) between a beginning and an end."""
    with tempfile.TemporaryDirectory(prefix="mos-two-") as work:
        folder = pathlib.Path(work)
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
    print(f"1..{n}")
    return 1 if failed else 0
