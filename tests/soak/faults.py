# SPDX-License-Identifier: MIT
"""The faults: each does harm, and returns when everything is as before, with the times that it took.

A fault is a function (soak, step). What it may break it announces to soak.watch first: who may die (expect), and when
no music is no fault (excuse). It raises Failure where something does not come back.
"""
import contextlib
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import time

import wire
from machine import HERE, LARGE_FONT, SERVICES, SMALL_FONT, Failure

BACK_S = 30       # everything is back by then
WIDGET_BACK_S = 60   # its pauses double up to 30 s
MARGIN_S = 1.0    # sound is there again, and heard a little later
#: With these the sound goes; with all others the music plays on. A new WirePlumber makes every sink's ports anew.
SOUND_GOES = {"rtcore", "pipewire", "wireplumber"}


@contextlib.contextmanager
def excused(soak, why):
    """No music meanwhile is no fault."""
    begin = time.monotonic()
    entry = [begin - 0.05, begin + 3600, why]
    with soak.watch.lock:
        soak.watch.excuses.append(entry)
    try:
        yield
    finally:
        with soak.watch.lock:
            entry[1] = time.monotonic() + MARGIN_S


def sounds_again(soak, seconds=BACK_S):
    soak.machine.until(soak.machine.ears.sounds, seconds, "no sound comes back")


def silence_since(soak, begin):
    """Whatever took the sound is over: how long it was away, in all. A little later: nothing is noticed at once."""
    time.sleep(max(0.0, begin + MARGIN_S - time.monotonic()))
    sounds_again(soak)
    return sum(b - max(a, begin) for a, b in soak.machine.ears.silences_since(begin))


def plays_on(soak, seconds=BACK_S):
    soak.machine.until(lambda: soak.machine.position().get("state") == "playing", seconds, "it does not play on by itself")


def wait_back(soak, name, old, begin, seconds=BACK_S):
    """Until a new process is there and answers. Seconds since `begin`."""
    machine = soak.machine
    machine.until(lambda: machine.pid(name) not in (0, old), seconds, f"no new {name}")
    if name in ("broker", "hermes", "band", "theater", "link"):
        machine.until(lambda: machine.answers(name).get("pid") == machine.pid(name), seconds, f"{name} does not answer")
    elif name == "rtcore":
        machine.until(lambda: machine.rtcore().get("up") and machine.rtcore().get("pid") == machine.pid(name), seconds,
                      "the broker does not find rtcore")
    return time.monotonic() - begin


def wait_widget(soak, ident, old, begin):
    def active():
        found = soak.machine.widget(ident)
        if found.get("state") == "failed":  # five crashes in a row: it waits for a person
            soak.machine.call("broker.widget.start", id=ident, timeout=20)
        return found.get("state") == "active" and found.get("pid") != old
    soak.machine.until(active, WIDGET_BACK_S, f"widget {ident} is not active again")
    return time.monotonic() - begin


def end_client(soak, role, number):
    """A client ends; who uses it starts it again."""
    process = soak.machine.clients[role]
    process.send_signal(number)
    process.wait(10)
    soak.machine.end_client(role)
    soak.machine.start_client(role)


def end_and_wait(soak, target, number):
    """{name: seconds} of recovery."""
    machine, watch = soak.machine, soak.watch
    kind, _, which = target.partition(":")
    begin = time.monotonic()
    if kind == "client":
        end_client(soak, which, number)
        machine.until(lambda: machine.said[which].get("at", 0) > begin, BACK_S, f"client {which} is not back")
        return {target: time.monotonic() - begin}
    watch.expect(target, *(("wireplumber",) if target == "pipewire" else ()))
    old = machine.signal(target, number)
    if kind == "widget":
        return {target: wait_widget(soak, which, old, begin)}
    times = {target: wait_back(soak, target, old, begin)}
    if target == "rtcore":
        if number == signal.SIGTERM:  # a clean stop forgets; Hermes loads its score again
            machine.until(lambda: machine.position().get("end_ticks"), BACK_S, "the score is not loaded again")
            machine.play()
            machine.link_midi()
    if target in SOUND_GOES:
        plays_on(soak)
        times[target + ", silence"] = silence_since(soak, begin)
    return times


def guard(soak, *targets):
    """What the death of these does to the music."""
    return excused(soak, " and ".join(targets)) if SOUND_GOES & set(targets) else contextlib.nullcontext()


def kill(soak, step):
    with guard(soak, step["target"]):
        return end_and_wait(soak, step["target"], signal.SIGKILL)


def term(soak, step):
    with guard(soak, step["target"]):
        return end_and_wait(soak, step["target"], signal.SIGTERM)


def pair(soak, step):
    names, times = step["target"].split("+"), {}
    with guard(soak, *names):
        soak.watch.expect(*names)
        begin = time.monotonic()
        old = {name: soak.machine.signal(name, signal.SIGKILL) for name in names}
        for name in names:
            times[name] = wait_back(soak, name, old[name], begin)
        if SOUND_GOES & set(names):
            plays_on(soak)
            times[step["target"] + ", silence"] = silence_since(soak, begin)
    return times


def pause(soak, step):
    """Whoever is stopped answers again when it goes on, and is the same process."""
    machine, target = soak.machine, step["target"]
    kind, _, which = target.partition(":")
    with guard(soak, target):
        pid = machine.signal(target, signal.SIGSTOP)
        try:
            time.sleep(step["seconds"])
        finally:
            os.kill(pid, signal.SIGCONT)
        begin = time.monotonic()
        if kind == "client":
            machine.until(lambda: machine.said[which].get("at", 0) > begin, BACK_S, f"client {which} does not go on")
        elif kind == "widget":
            machine.until(lambda: machine.widget(which).get("state") == "active", WIDGET_BACK_S, f"{target} is not active")
        else:
            if target in ("broker", "hermes", "band", "theater", "link"):
                machine.until(lambda: machine.answers(target), BACK_S, f"{target} does not answer")
            if machine.pid(target) != pid:
                raise Failure(f"{target} was replaced though it was stopped for {step['seconds']} s only")
        if target in SOUND_GOES:
            plays_on(soak)
            silence_since(soak, begin)
    return {target + ", stopped": time.monotonic() - begin}


def disk(soak, step):
    """No byte is free: edits are refused, music plays on; with room they work again."""
    if not soak.small_disk:
        return None
    filler, machine = soak.machine.state / "filler", soak.machine
    try:
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 65536):
                pass
        time.sleep(step["seconds"])
    finally:
        filler.unlink(missing_ok=True)
    begin, edits = time.monotonic(), machine.said["editor"].get("edits", 0)
    acked = machine.said["editor"].get("acked")
    machine.until(lambda: machine.said["editor"].get("acked") != acked and machine.said["editor"].get("edits", 0) > edits,
                  BACK_S, "no edit is taken though there is room again")
    return {"edits after a full disk": time.monotonic() - begin}


def clock(soak, step):
    """Nothing that plays asks the wall clock."""
    offset = struct.unpack("=q", soak.machine.clock.read_bytes())[0] + step["by"]
    if abs(offset) > 630720000:
        offset = 0
    with open(soak.machine.clock, "r+b") as file:
        file.write(struct.pack("=q", offset))
    for name in SERVICES[1:]:
        soak.machine.until(lambda name=name: soak.machine.answers(name), BACK_S, f"{name} does not answer after the step")
    return {}


SINK = ("{ factory.name=support.null-audio-sink node.name=mos-null media.class=Audio/Sink audio.rate=48000 "
        "audio.position=[FL FR] priority.driver=300000 priority.session=3000 monitor.channel-volumes=false "
        "monitor.passthrough=true node.pause-on-idle=false session.suspend-timeout-seconds=0 object.linger=true }")


def tool(soak, *words):
    return subprocess.run(words, env=soak.machine.env, capture_output=True, text=True, timeout=20, check=False)


def sink(soak, step):
    with excused(soak, "sink"):
        tool(soak, "pw-cli", "destroy", "mos-null")
        time.sleep(step["seconds"])
        begin = time.monotonic()
        if tool(soak, "pw-cli", "create-node", "adapter", SINK).returncode:
            raise Failure("pw-cli cannot make a sink")
        plays_on(soak)
        sounds_again(soak)
        seconds = time.monotonic() - begin
    return {"sink": seconds}


def font(soak, step):
    """Music plays on while another font comes, and when it is none."""
    which, machine = step["target"], soak.machine
    path, sound = machine.work / "font.sf2", True
    if which == "small":
        path = pathlib.Path(SMALL_FONT)
    elif which == "large":
        path = pathlib.Path(LARGE_FONT)
    elif which == "broken":
        path.write_bytes(random.Random(step["n"]).randbytes(100000))
        sound = False
    elif which == "cut":
        path.write_bytes(pathlib.Path(SMALL_FONT).read_bytes()[:500000])
        sound = False
    else:
        path.unlink(missing_ok=True)
        sound = False
    if sound and not path.exists():
        return None
    begin = time.monotonic()
    try:
        machine.call("apollo.bank.load", path=str(path), timeout=60)
    except wire.WireError as error:
        if sound or error.code != "apollo.bank.failed":
            raise Failure(f"apollo.bank.load {which}: {error}") from error
    else:
        if not sound:
            raise Failure(f"a sound font that is {which} was taken")
    return {f"font {which}": time.monotonic() - begin}


def flood(soak, step):
    """The good are served while the bad do what they can."""
    machine, slowest = soak.machine, 0.0
    process = subprocess.Popen([sys.executable, str(HERE / "flood.py"), step["target"], str(step["seconds"]),
                                str(step["seed"])], env=machine.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               process_group=0)
    try:
        while process.poll() is None:
            begin = time.monotonic()
            if not machine.answers("broker", timeout=10):
                raise Failure(f"the broker serves nobody during the flood '{step['target']}'")
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    return {f"call in flood {step['target']}": slowest}


def broken(soak, step):
    """Files that are none: refused, and what plays goes on."""
    rng, machine = random.Random(step["seed"]), soak.machine
    whole = (HERE.parents[1] / "demo" / "first-light.mid").read_bytes()
    loaded = machine.position().get("timeline_id")
    for method in ("hermes.score.load", "hermes.score.check", "hermes.score.check", "hermes.score.check"):
        data = bytearray(whole[: rng.randrange(20, len(whole))])
        for _ in range(rng.randrange(1, 50)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if method.endswith("load"):
            data[:4] = b"MThx"  # certainly none: what Hermes can mend it would play
        name = rng.choice(("x.mid", "x.nvx1", "x.musicxml", "x.mxl", "x.abc", "x"))
        fd = os.memfd_create("broken")
        try:
            os.write(fd, data)
            machine.call(method, {"name": name}, fds=[fd], timeout=30)
            if method.endswith("load"):
                raise Failure(f"a broken file was loaded (seed {step['seed']})")
        except wire.WireError as error:
            if not error.code.startswith("hermes."):
                raise Failure(f"{method} of a broken file answers {error}") from error
        finally:
            os.close(fd)
    if loaded and soak.something_else_plays(loaded):
        raise Failure("a broken file took the score's place")
    return {}


def transport(soak, step):
    """Anything in any order; each is answered, and at the end it plays."""
    rng, machine = random.Random(step["seed"]), soak.machine
    words = ((0.2, "kronos.transport.stop", {}), (0.2, "kronos.transport.pause", {}), (0.4, "kronos.transport.play", {}),
             (0.3, "kronos.transport.toggle", {}), (0.2, "kronos.transport.restart", {}),
             (0.4, "kronos.transport.seek", lambda: {"ticks": rng.randrange(0, 61440)}),
             (0.2, "kronos.loop.set", lambda: {"start_ticks": 0, "end_ticks": rng.randrange(960, 61440)}),
             (0.1, "kronos.loop.clear", {}), (0.3, "kronos.tempo.set", lambda: {"bpm": rng.uniform(20, 300)}),
             (0.1, "kronos.metronome.set", lambda: {"on": rng.random() < 0.5}),
             (0.2, "apollo.chord.play", {"notes": ["C4", "E4", "G4"]}), (0.1, "apollo.engine.panic", {}))
    with excused(soak, "transport"):
        for _ in range(30):
            _, method, params = rng.choices(words, [word[0] for word in words])[0]
            try:
                machine.call(method, params() if callable(params) else params, timeout=10)
            except wire.WireError as error:
                if not error.code.startswith(("kronos.", "apollo.")):
                    raise Failure(f"{method}: {error}") from error
            time.sleep(rng.uniform(0, 0.1))
        machine.call("kronos.metronome.set", on=False)
        machine.play()
        sounds_again(soak)
    return {}


def notes(soak, step):
    """Its keys come up with its end."""
    machine = soak.machine
    end_client(soak, "keys", signal.SIGKILL)
    machine.order("keys", "hush")
    begin = time.monotonic()
    machine.until(lambda: machine.said["keys"].get("quiet"), BACK_S, "the client with the keys is not back")
    machine.order("keys", "go")
    return {"client:keys": time.monotonic() - begin}


CARRIED_OUT = {"kill": kill, "term": term, "pause": pause, "pair": pair, "disk": disk, "clock": clock, "sink": sink,
               "font": font, "flood": flood, "broken": broken, "transport": transport, "notes": notes}
