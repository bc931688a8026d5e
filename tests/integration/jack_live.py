#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A JACK client sees frames, bars and beats of the transport, and moves it. Prints TAP. Runs inside a mos-session.

Arguments: mosctl, the client (jack_peer.c), mos-session. All clocks are CLOCK_MONOTONIC, so that places can be compared exactly.
"""
import itertools
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import tap

MOSCTL, PEER, SESSION = sys.argv[1:4]
n, failed = 0, 0


def check(ok, what, details=""):
    global n, failed
    n += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n} - {what}", flush=True)
    if not ok:
        print("".join(f"# {line}\n" for line in str(details).splitlines()[-30:]), end="", flush=True)


def ctl(*words):
    done = subprocess.run([MOSCTL, "--json", *words], capture_output=True, text=True, timeout=30, check=False)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else None


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


def place():
    return ctl("call", "kronos.position.get")


class Look:
    """One line of the client's."""

    def __init__(self, line):
        words = line.split()
        self.line, self.state, self.usecs = line, words[1], int(words[0])
        self.frame, self.rate, self.quantum, self.has_bbt, self.bar, self.beat, self.tick = map(int, words[2:9])
        self.ticks_a_beat, self.num, self.den, self.bpm = map(float, words[9:13])
        # since bar 1, in beats
        self.beats = (self.bar - 1) * self.num + self.beat - 1 + self.tick / self.ticks_a_beat if self.has_bbt else None


class Peer:
    def __init__(self, folder):
        self.out = folder / "peer"
        with open(self.out, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(["pw-jack", PEER], stdin=subprocess.PIPE, stdout=out, text=True)

    def say(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def looks(self):
        text = self.out.read_text(encoding="utf-8")
        return [Look(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def now(self):
        lines = self.looks()
        return lines[-1] if lines else None

    def state(self):
        look = self.now()
        return look.state if look else ""


def apart(peer):
    """Of the client, in frames: its frame, and its bar and beat, less MOS'."""
    p = place()
    look = min(peer.looks()[-30:], key=lambda x: abs(x.usecs * 1000 - p["time_ns"]))
    since_s = (p["time_ns"] - look.usecs * 1000) / 1e9 if look.state == "rolling" else 0
    beat_s = 240 / look.den / p["bpm"] if p["bpm"] else 1
    ticks = 3840 / p["meter"]["den"]
    beats = (p["bar"] - 1) * p["meter"]["num"] + p["beat"] - 1 + p["tick"] / ticks
    return (look.frame + since_s * look.rate - p["song_frame"],
            ((look.beats if look.has_bbt else -99) + since_s / beat_s - beats) * beat_s * look.rate, look, p)


def near(peer, what, frames=True):
    """Within a quantum; the median, since a process that had to wait between reading place and time says nothing.
    On a loaded machine look again."""
    for _ in range(8):
        seen = [apart(peer) for _ in range(7)]
        by_frame = statistics.median(s[0] for s in seen)
        by_beat = statistics.median(s[1] for s in seen)
        quantum, tick = seen[-1][2].quantum, seen[-1][2].rate * 60 / seen[-1][3]["bpm"] / 960
        # two clocks that read whole frames may be one more apart
        ok = (not frames or abs(by_frame) <= quantum + 1) and abs(by_beat) <= quantum + 1 + tick
        if ok:
            break
        time.sleep(0.3)
    check(ok, f"KRO-26: {what}: frames, bar and beat are within a quantum",
          f"{by_frame:.0f} frames, {by_beat:.0f} by bar and beat\n{seen[-1][2].line}\n{seen[-1][3]}\n{ctl('jack')}")
    said = f"{by_frame:.0f} frames apart, " if frames else ""
    print(f"# {what}: {said}{by_beat:.0f} frames by bar and beat, of {quantum}", flush=True)


def rolls(peer, on):
    return until(lambda: (peer.state() == "rolling") == on and (place()["state"] == "playing") == on)


def from_mos(peer):
    ctl("play")
    check(rolls(peer, True), "KRO-26: play of MOS starts JACK's transport", (peer.now().line, ctl("jack")))
    near(peer, "it plays")
    ctl("seek", "40")
    near(peer, "after a seek")
    mark = peer.now()
    ctl("tempo", "87")
    near(peer, "after a change of tempo", frames=False)
    now = peer.now()
    apart_by = now.frame - mark.frame - (now.usecs - mark.usecs) * 48e3 / 1e6
    check(abs(apart_by) < 48, "KRO-26: where the tempo changes as it plays frames go on, one a frame", apart_by)
    check(abs(peer.now().bpm - 87) < 0.01, "KRO-26: the client sees the tempo", peer.now().line)
    ctl("call", "kronos.meter.set", "num=6", "den=8")
    check(until(lambda: (peer.now().num, peer.now().den) == (6, 8)), "KRO-26: the client sees the meter", peer.now().line)
    check(abs(peer.now().bpm - 174) < 0.02, "KRO-26: in 6/8 a beat is an eighth", peer.now().line)
    near(peer, "after a change of meter", frames=False)
    ctl("call", "kronos.meter.set", "score=true")
    ctl("seek", "10")
    near(peer, "after a seek in another tempo")
    ctl("call", "kronos.loop.set", "from_bar=12", "to_bar=13")
    ctl("seek", "12")
    seen = until(lambda: place()["loop"] and len({x.bar for x in peer.looks()[-400:]} & {12, 13}) == 2, 20)
    first = len(peer.looks())  # over the loop's end: from its last bar to its first one
    until(lambda: any(a.bar > b.bar == 12 for a, b in itertools.pairwise(peer.looks()[first:])), 20)
    near(peer, "in a loop")
    bars = {x.bar for x in peer.looks()[-200:]}
    check(seen and max(bars) <= 14, "KRO-26: the client goes round the loop", bars)
    ctl("call", "kronos.loop.clear")
    ctl("pause")
    check(rolls(peer, False), "KRO-26: pause of MOS stops JACK's transport", peer.now().line)
    near(peer, "paused")
    ctl("seek", "20")
    until(lambda: peer.now().bar == 20)
    near(peer, "sent elsewhere while it stands")
    check((peer.now().bar, peer.now().beat, peer.now().tick) == (20, 1, 0), "KRO-26: exactly there", peer.now().line)
    ctl("tempo", "120")
    check(until(lambda: abs(peer.now().bpm - 120) < 0.01), "KRO-26: another tempo is seen while it stands", peer.now().line)
    near(peer, "standing in another tempo")
    ctl("play", "--count-in", "1")
    until(lambda: place()["count_in"])
    check(peer.state() == "stopped" and place()["count_in"], "KRO-26: while MOS counts in JACK's transport stands", peer.now().line)
    check(rolls(peer, True), "KRO-26: then it starts")
    near(peer, "counted in")
    ctl("stop")
    check(until(lambda: peer.now().frame == 0 and peer.now().bar == 1), "KRO-26: stop goes to the start", peer.now().line)


def from_jack(peer):
    peer.say("start")
    check(rolls(peer, True), "KRO-26: a client's start starts MOS", (peer.now().line, place(), ctl("jack")))
    near(peer, "started by a client")
    peer.say("locate 960000")  # 20 s: at 120 BPM bar 11
    check(until(lambda: place()["bar"] >= 11), "KRO-26: a client's locate sends MOS there", (peer.now().line, place()))
    near(peer, "sent elsewhere by a client")
    peer.say("stop")
    check(rolls(peer, False), "KRO-26: a client's stop stops MOS", (peer.now().line, place()))
    check(place()["state"] == "paused", "KRO-26: where it is", place())
    near(peer, "stopped by a client")
    peer.say("locate 480000")
    check(until(lambda: place()["bar"] == 6 and place()["song_frame"] == 480000),
          "KRO-26: a client's locate while it stands, to the frame", (peer.now().line, place()))
    near(peer, "standing where a client sent it")
    peer.say("locate 481111")
    until(lambda: place()["song_frame"] != 480000)
    time.sleep(0.5)
    check(peer.now().frame == 481111 and 0 <= 481111 - place()["song_frame"] < 26,
          "KRO-26: between two ticks it stays", (peer.now().line, place()))


def process(name):
    """The pid of a program of this mos-session."""
    parent = os.getppid()
    for child in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split():
        if pathlib.Path(f"/proc/{child}/comm").read_text(encoding="ascii").strip() == name:
            return int(child)
    return None


def nobody_runs_in_circles(peer):
    """What one side did comes back from the other, and is not taken for something new."""
    before = ctl("jack")
    ctl("play")
    rolls(peer, True)
    near(peer, "played again")
    counted = ctl("jack")
    states = len(peer.looks())
    time.sleep(5)
    after = ctl("jack")
    check(after["asked"] == before["asked"], "KRO-26: what MOS did is not asked of it again", (before, after))
    # where a loaded machine loses cycles, place is put right now and then
    check(after["located"] - counted["located"] <= 4, "KRO-26: nobody is sent to and fro", (counted, after))
    looks = peer.looks()[states:]
    check(sum(x.state == "rolling" for x in looks) > 0.9 * len(looks), "KRO-26: and it rolls all the while", looks[0].line)
    for _ in range(6):  # as fast as one can
        ctl("pause")
        ctl("play")
    check(rolls(peer, True), "KRO-26: pressed again and again, both play", (peer.now().line, place()))
    near(peer, "pressed again and again")


def slow_client(peer):
    ctl("stop")
    rolls(peer, False)
    peer.say("slow 30")
    time.sleep(0.3)
    ctl("play")
    check(rolls(peer, True), "KRO-26: who is slow to be ready is waited for", peer.now().line)
    near(peer, "with a slow client")
    peer.say("slow 0")


def deaths(peer):
    pid = ctl("status")["rtcore"]["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: (ctl("status") or {}).get("rtcore", {}).get("pid", pid) != pid, 20)
    until(lambda: (place() or {}).get("state") == "playing", 20)
    near(peer, "after kill -9 of rtcore")
    ctl("stop")
    rolls(peer, False)
    peer.say("locate 999999999")
    until(lambda: peer.now().frame == 999999999)
    time.sleep(0.5)
    check(peer.now().frame == 999999999 and place()["state"] != "playing", "KRO-26: behind the score's end JACK is alone",
          (peer.now().line, place()))
    ctl("seek", "3")
    check(until(lambda: peer.now().bar == 3), "KRO-26: and no longer when MOS is sent somewhere", peer.now().line)
    ctl("jack", "off")
    check(until(lambda: not peer.now().has_bbt or peer.now().frame is not None) and ctl("jack")["on"] is False,
          "KRO-26: off")
    ctl("play")
    time.sleep(0.5)
    check(peer.state() == "stopped", "KRO-26: switched off JACK's transport is its own", peer.now().line)


def sound_server_dies(folder):
    ctl("jack", "on")
    until(lambda: ctl("jack").get("rate"))
    os.kill(process("pipewire"), signal.SIGKILL)
    check(until(lambda: ctl("jack")["state"] == "no server"), "KRO-26: PipeWire is gone, and that is said", ctl("jack"))
    check(until(lambda: ctl("jack")["state"] == "connected", 20), "KRO-26: it is back, and so are we", ctl("jack"))
    until(lambda: (ctl("call", "kronos.diagnostics.get") or {}).get("driver", {}).get("state") == "running", 5)
    peer = Peer(folder)
    try:
        until(peer.now)
        ctl("stop")
        until(lambda: ctl("play"), 20)
        check(rolls(peer, True), "KRO-26: play starts JACK's transport there", (peer.now() and peer.now().line, place()))
        near(peer, "after PipeWire was killed")
    finally:
        peer.process.terminate()
        peer.process.wait(10)


def without_a_library():
    """A box of its own, whose mos-jack finds no libjack."""
    with tempfile.TemporaryDirectory(prefix="mos-nojack-") as run_dir:
        env = dict(os.environ, MOS_STATE_DIR=run_dir + "/state")
        (pathlib.Path(run_dir) / "run").mkdir()
        box = subprocess.Popen([SESSION, "-n", "-k", "mos-theater", "-k", "mos-band", "-d", run_dir + "/run", "-l", run_dir, "-a",
                                "mos-jack=--libjack", "-a", "mos-jack=/nowhere/libjack.so.0"], env=env)

        def jack(*words):
            return subprocess.run([MOSCTL, "--runtime-dir", run_dir + "/run", *words], capture_output=True, text=True,
                                  timeout=30, check=False)

        until(lambda: jack("jack").returncode == 0, 20)
        done = jack("jack", "on")
        check(done.returncode != 0 and "libjack cannot be loaded" in done.stderr and "pipewire-jack" in done.stderr,
              "KRO-26: without libjack it says so, and what to do", (done.stdout, done.stderr))
        check(jack("jack").stdout.strip() == "off", "KRO-26: and stays off", jack("jack").stdout)
        box.terminate()
        box.wait(30)


def main():
    if not shutil.which("pw-jack"):
        print("1..0 # SKIP pw-jack is missing (pipewire-jack)")
        return 0
    with tempfile.TemporaryDirectory(prefix="mos-jack-") as work:
        folder = pathlib.Path(work)
        tap.write_scale(folder / "scale.mid", 1600)
        until(lambda: ctl("load", str(folder / "scale.mid")), 40)
        check(until(lambda: ctl("jack") is not None, 20) and ctl("jack")["on"] is False,
              "KRO-26: off until somebody switches it on", ctl("jack"))
        said = ctl("jack", "on") or {}
        check(said.get("state") == "connected" and until(lambda: ctl("jack").get("rate")), "KRO-26: it is a JACK client", said)
        peer = Peer(folder)
        try:
            check(until(lambda: peer.now() and peer.now().has_bbt), "KRO-26: a client sees bar and beat", peer.now())
            for part in (from_mos, from_jack, nobody_runs_in_circles, slow_client, deaths):
                part(peer)
        finally:
            peer.process.terminate()
            peer.process.wait(10)
            ctl("jack", "off")
        sound_server_dies(folder)
        without_a_library()
    print(f"1..{n}")
    return 1 if failed else 0


sys.exit(main())
