# SPDX-License-Identifier: MIT
"""Which faults come when: a function of the seed, and of nothing else.

A step is {"at": seconds from the start, "fault": name, "target"?: who, ...}. Steps are carried out one after the other,
none before its time: on a machine that is slow the plan takes longer, and is still the same plan.
"""
import itertools
import random

SERVICES = ("rtcore", "broker", "hermes", "band", "theater", "link")
SOUND = ("pipewire", "wireplumber")
WIDGETS = ("piano", "metronome", "chord-detector", "meters")
CLIENTS = ("editor", "keys", "reader")
FLOODS = ("connections", "frames", "halves", "fds", "nested", "unknown", "deaf", "fuzz", "ring")

#: fault: (weight, what it is)
FAULTS = {
    "kill": (30, "kill -9 of a service, PipeWire, WirePlumber, a widget or a client"),
    "term": (8, "a clean stop of one of them; its supervisor starts it again"),
    "pause": (14, "one of them is stopped for a while (SIGSTOP) and goes on"),
    "pair": (5, "two of them are killed in the same moment"),
    "disk": (5, "no room in the state directory for a while"),
    "clock": (6, "the wall clock steps, by seconds or years, forwards or back"),
    "sink": (5, "the sink is removed; another one comes"),
    "font": (5, "another sound font; a broken one"),
    "flood": (8, "hostile clients at the door, or in their ring"),
    "broken": (5, "music files that are none are loaded"),
    "transport": (6, "play, stop, pause, seek, loop, tempo at random"),
    "notes": (4, "a client is killed while it holds keys down"),
}


def _victim(rng, weights):
    kind = rng.choices(tuple(weights), tuple(weights.values()))[0]
    return rng.choice({"service": SERVICES, "sound": SOUND, "widget": tuple("widget:" + w for w in WIDGETS),
                       "client": tuple("client:" + c for c in CLIENTS)}[kind])


def _fill(rng, step):
    fault = step["fault"]
    if fault == "kill":
        step["target"] = _victim(rng, {"service": 60, "sound": 10, "widget": 15, "client": 15})
    elif fault == "term":
        step["target"] = _victim(rng, {"service": 80, "client": 20})
    elif fault == "pause":
        step["target"] = _victim(rng, {"service": 55, "sound": 10, "widget": 15, "client": 20})
        # They say that they live after up to three quarters of the watchdog's 10 s (sd-event): 2.5 s are left.
        step["seconds"] = round(rng.uniform(0.2, 2.0), 2)
    elif fault == "pair":
        step["target"] = "+".join(sorted(rng.sample(SERVICES + ("wireplumber",), 2)))
    elif fault == "disk":
        step["seconds"] = round(rng.uniform(1, 5), 2)
    elif fault == "clock":
        step["by"] = rng.choice((-1, 1)) * rng.choice((1, 60, 3600, 86400, 31536000, 315360000))
    elif fault == "sink":
        step["seconds"] = round(rng.uniform(0.5, 3), 2)
    elif fault == "font":
        step["target"] = rng.choice(("small", "large", "broken", "cut", "absent"))
    elif fault == "flood":
        step["target"], step["seconds"], step["seed"] = rng.choice(FLOODS), 2, rng.randrange(1 << 31)
    elif fault in ("broken", "transport"):
        step["seed"] = rng.randrange(1 << 31)
    return step


def steps(seed, faults=None, pause=(1.5, 6.0)):
    """Without end."""
    rng = random.Random(f"mos-soak {seed}")
    names = tuple(name for name in FAULTS if faults is None or name in faults)
    weights = [FAULTS[name][0] for name in names]
    at = 0.0
    for number in itertools.count(1):
        at += rng.uniform(*pause)
        yield _fill(rng, {"n": number, "at": round(at, 2), "fault": rng.choices(names, weights)[0]})
