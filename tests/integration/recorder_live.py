# SPDX-License-Identifier: MIT
"""HTL-04 MID-01: the recorder in its sandbox, in the whole system: notes that sound are recorded, the recording is
replayed while it is recorded again, and what sounded the second time is what sounded the first, to the nanosecond.

Usage: recorder_live.py MOSCTL, inside of a mos-session. Exit code 77: widgets cannot be sandboxed on this machine.
"""
import json
import struct
import subprocess
import sys
import time

MOSCTL = sys.argv[1]
NOTES = ["C4", "E4", "G4", "Bb4", "C5"]
PATIENCE_S = 30


def ctl(*args):
    done = subprocess.run([MOSCTL, *args], capture_output=True, text=True, timeout=60)
    if done.returncode:
        sys.exit(f"mosctl {' '.join(args)}: {done.stderr or done.stdout}")
    return done.stdout


def call(method, **params):
    args = [f"{key}={value}" for key, value in params.items()]
    return json.loads(ctl("widget", "call", "recorder", method, *args))


def sounding(name):
    """What sounded: the distance to the first in ns, and the 32 bytes of the payload."""
    with open(call("record.export", name=name)["file"], encoding="utf-8") as file:
        timeline = json.load(file)
    assert timeline["version"] == "1.0" and timeline["ppq"] == 960, timeline
    found = []
    for event in timeline["events"]:
        if event["type"] == "midi_event":
            record = bytes.fromhex(event["mos"]["record"])
            found.append((struct.unpack_from("<Q", record, 8)[0], event["data"]["note"], record[32:64]))
    return [(time_ns - found[0][0], note, payload) for time_ns, note, payload in found]


def wait_for(name, n):
    end = time.monotonic() + PATIENCE_S
    while len(sounding(name)) < n:
        if time.monotonic() > end:
            sys.exit(f"{name}: {len(sounding(name))} of {n} notes came")
        time.sleep(0.1)


started = subprocess.run([MOSCTL, "widget", "start", "recorder"], capture_output=True, text=True, timeout=60)
if started.returncode:
    print(started.stderr)
    sys.exit(77 if "no sandbox" in started.stderr else 1)
call("record.start", name="first")
for name in NOTES:
    ctl("note", name, "4n")
wait_for("first", 2 * len(NOTES))
call("record.stop")
call("record.start", name="second")
call("replay.start", name="first")
wait_for("second", 2 * len(NOTES))
call("record.stop")

first, second = sounding("first"), sounding("second")
print(f"{len(first)} notes on and off over {first[-1][0] / 1e6:.1f} ms, {len(second)} again")
if first != second:
    for a, b in zip(first, second):
        print("same" if a == b else f"DIFFERENT {a} {b}")
    sys.exit("the replay is not what was recorded")
copy = call("record.import", name="copy", data=call("record.export", name="first")["id"])
assert sounding("copy") == first and copy["events"] > 0, copy
names = [one["name"] for one in call("record.list")["recordings"]]
assert names == ["first", "second", "copy"], names
refused = subprocess.run([MOSCTL, "widget", "call", "recorder", "record.export", "name=../x"], capture_output=True, text=True,
                         timeout=60)
assert refused.returncode and "no name of a recording" in refused.stderr, refused
