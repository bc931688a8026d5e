# SPDX-License-Identifier: MIT
"""What the card hears: in time, and whatever is killed."""
import json
import os
import time

import clicks
import services
import sound

BPM = 240
PERIOD = sound.RATE * 60 // BPM
BARS = 1200  # 20 minutes
SCORE = "/exchange/clicks.mid"
# What a software emulated machine may do to the beat. Its clicks are at exact frames of the stream: only where the
# stream itself broke is anything off.
MEDIAN_MS = 0.25
P95_MS = 2.0


def status(box, options=""):
    answer = box.user(f"mosctl {options} status --json", 30)
    try:
        return json.loads(answer.text)
    except ValueError:
        return {"transport": {"state": "unknown", "ticks": -1}, "error": answer.text[:300]}


def transport(box):
    found = status(box).get("transport") or {}
    return found.get("state"), found.get("ticks", -1)


def start(box, options=""):
    """The clicks play from their start. Returns what mosctl said when they do not."""
    (box.exchange / "clicks.mid").write_bytes(clicks.midi(BPM, BARS))
    done = box.user(f"mosctl --timeout 60 {options} play {SCORE}", 90)
    return "" if done.code == 0 else done.text


def need_playing(box):
    if transport(box)[0] != "playing":
        return start(box)
    return ""


def listen(box, seconds, first=None):
    """Wait until the card heard so much more, or did not for three times as long. Returns clicks since `first`."""
    recording = sound.Recording(box.machine.wav_path)
    first = recording.frames() if first is None else first
    last = recording.frames() + int(seconds * sound.RATE)
    deadline = time.monotonic() + 3 * seconds + 10
    while recording.frames() < last and time.monotonic() < deadline:
        time.sleep(0.1)
    last = recording.frames()
    return sound.Grid(recording.onsets(first, last), PERIOD)


def now(box):
    return sound.Recording(box.machine.wav_path).frames()


def judge(box, good, what, grid):
    """A check of what was heard. An emulated machine whose host has no processor left for it has holes in its sound
    that are nobody's fault: then they are shown, and not judged."""
    load, processors = os.getloadavg()[0], os.cpu_count()
    if good or load <= 2 * processors:
        return box.check(good, what, grid)
    box.skip(what, f"the host has no time for it (load {load:.0f} on {processors} processors)")
    box.report.note(grid)
    return True


def play(box):
    """mosctl play sounds, in time"""
    failed = start(box)
    good = box.check(not failed, "mosctl play", failed)
    grid = listen(box, 3)
    deadline = time.monotonic() + 60
    while len(grid.onsets) < 6 and time.monotonic() < deadline:
        grid = listen(box, 3)
    good &= box.check(len(grid.onsets) >= 6, "the third command after the packages' is followed by sound",
                      str(grid) + (json.dumps(status(box))[:1500] if len(grid.onsets) < 6 else ""))
    if not good:
        return False
    grid = listen(box, 20)
    judge(box, len(grid.deviations) >= 40 and grid.median_ms <= MEDIAN_MS and grid.p95_ms <= P95_MS,
          "TIM-06: clicks are as far apart in the card's recording as they are written", grid)
    judge(box, len(grid.stalls) * 4 <= len(grid.onsets), "the machine keeps up with the sound", grid)
    return True


def kill(box):
    """kill -9 of any process but rtcore does not stop the music"""
    for unit in ("mos-broker", "mos-hermes", "mos-band", "mos-link", "mos-jack", "mos-theater", "wireplumber"):
        failed = need_playing(box)
        if failed:
            box.check(False, f"the music plays before {unit} is killed", failed)
            continue
        before = transport(box)
        core = services.states(box, ["mos-rtcore"])["mos-rtcore"].get("MainPID")
        listen(box, 1)
        first = now(box)
        took, known = services.restarted(box, unit, "KILL", 60)
        grid = listen(box, 4, first)
        box.check(took is not None, f"{unit} killed: it is back", known)
        alive = box.wait("mosctl status --json >/dev/null", 30)
        after = transport(box)
        same = services.states(box, ["mos-rtcore"])["mos-rtcore"].get("MainPID") == core
        box.check(alive.code == 0 and same and after[0] == "playing" and after[1] > before[1],
                  f"{unit} killed: the transport went on", f"{before} -> {after}")
        judge(box, grid.is_whole, f"{unit} killed: the card heard the beats", grid)


def core(box):
    """rtcore killed: the music is back from where it was"""
    failed = need_playing(box)
    if failed:
        box.check(False, "the music plays before rtcore is killed", failed)
        return
    listen(box, 1)
    before = transport(box)
    first = now(box)
    began = time.monotonic()
    took, known = services.restarted(box, "mos-rtcore", "KILL", 60)
    box.check(took is not None, "mos-rtcore killed: it is back", known)
    deadline = time.monotonic() + 60
    while (after := transport(box))[0] != "playing" and time.monotonic() < deadline:
        time.sleep(0.5)
    grid = listen(box, 4, first)
    ticks = (time.monotonic() - began + 5) * BPM / 60 * 960
    good = after[0] == "playing" and before[1] <= after[1] <= before[1] + ticks and len(grid.onsets) >= 8
    box.check(good, "mos-rtcore killed: playing from where it was", f"{before} -> {after}; {grid}")
    box.report.note(f"rtcore's gap in the recording: {grid.longest_gap_ms - PERIOD * 1000 / sound.RATE:.0f} ms "
                    "beyond a beat, of an emulated machine")
