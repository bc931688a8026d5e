#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mosctl rhythm: what it writes, read again by others. Prints TAP.

Argument: mosctl. MIDI files and WAV are read by this program, which shares nothing with MOS; compressed sound by
GStreamer. Everything is rendered by the built-in synthesizer, so that the figures depend on no sound font.
"""
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy

mosctl, n, failed = sys.argv[1], 0, 0
work = pathlib.Path(tempfile.mkdtemp(prefix="mos-rhythm-"))
RATE = 48000
# G. Toussaint, "The Geometry of Musical Rhythm": timelines, and the standard bell.
TIMELINES = {"son-clave-3-2": (75, "x..x..x...x.x..."), "rumba-clave": (75, "x..x...x..x.x..."),
             "bossa-nova": (37, "x..x..x...x..x.."), "soukous": (38, "x..x..x...xx...."),
             "bell-12-8": (56, "x.x.xx.x.x.x")}


def check(ok, what, details=""):
    global n, failed
    n += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n} - {what}", flush=True)
    if not ok:
        print("".join(f"# {line}\n" for line in str(details).splitlines()[-30:]), end="", flush=True)


def skip(what, why):
    global n
    n += 1
    print(f"ok {n} - {what} # SKIP {why}", flush=True)


def rhythm(*words):
    return subprocess.run([mosctl, "rhythm", *map(str, words)], capture_output=True, text=True, check=False)


def export(name, *words):
    path = work / name
    verb = words if words[0] == "spotlight" else ("export", *words)
    more = () if name.endswith(".mid") else ("-i", "builtin")
    said = rhythm(*verb, "-o", path, *more)
    assert said.returncode == 0, said.stderr
    return path


def read_wav(path):
    data = path.read_bytes()
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    at, form = 12, None
    while at < len(data):
        kind, size = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"fmt ":
            form = struct.unpack_from("<HHI", data, at + 8)
        if kind == b"data":
            assert form == (3, 2, RATE)
            return numpy.frombuffer(data, "<f4", size // 4, at + 8).reshape(-1, 2).astype(float)
        at += 8 + size + size % 2
    raise AssertionError("no data in the WAV")


def read_midi(path):
    """(ticks a quarter, [(tick, status, data...)], microseconds a quarter)"""
    data = path.read_bytes()
    assert data[:4] == b"MThd" and data[14:18] == b"MTrk"
    ppq, track, at, tick = struct.unpack_from(">H", data, 12)[0], data[22:], 0, 0
    assert struct.unpack_from(">I", data, 18)[0] == len(track)
    events, tempo = [], 500000
    while at < len(track):
        delta = 0
        while True:
            delta = delta << 7 | track[at] & 0x7f
            at += 1
            if not track[at - 1] & 0x80:
                break
        tick += delta
        if track[at] == 0xff:
            if track[at + 1] == 0x51:
                tempo = int.from_bytes(track[at + 3:at + 6], "big")
            at += 3 + track[at + 2]
        else:
            events.append((tick, *track[at:at + 3]))
            at += 3
    return ppq, events, tempo


def decode(path):
    out = path.with_suffix(path.suffix + ".raw")
    subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "decodebin", "!", "audioconvert", "!",
                    "audio/x-raw,format=F32LE,channels=2", "!", "filesink", f"location={out}"],
                   check=True, capture_output=True, timeout=60)
    return numpy.frombuffer(out.read_bytes(), "<f4").reshape(-1, 2).astype(float)


def onsets(sound, apart_s=0.12):
    """Frames at which it gets loud after having been quiet."""
    level = numpy.abs(sound).max(axis=1)
    loud = numpy.nonzero(level > 0.1 * level.max())[0]
    found = []
    for frame in loud:
        if not found or frame - found[-1] > apart_s * RATE:
            found.append(int(frame))
    return found


def worst_ms(found, want):
    if len(found) != len(want):
        return f"{len(found)} onsets, not {len(want)}"
    return max(abs(f - w) for f, w in zip(found, want)) / RATE * 1000


# Exported: a rhythm of known places, so slow that one hit has died away before the next.
SET = ("pattern=x..x..x.", "bpm=60", "subdivision=0", "kit=studio")
places = [bar * 4.0 + step * 0.5 for bar in range(2) for step in (0, 3, 6)]
ppq, events, tempo = read_midi(export("r.mid", *SET, "--bars", 2))
hits = [e[0] * tempo / ppq / 1e6 for e in events if e[1] & 0xf0 == 0x90]
check(hits == places and all(e[1] == 0x99 for e in events if e[1] & 0xf0 == 0x90),
      "TOU-47: the MIDI file has the hits at their places, on the drums' channel", f"{hits}\n{places}")
if shutil.which("fluidsynth"):
    said = subprocess.run(["fluidsynth", "-ni", "-a", "file", "-F", str(work / "f.wav"), str(work / "r.mid")],
                          capture_output=True, text=True, check=False, timeout=60)
    check(said.returncode == 0 and "error" not in said.stderr.lower().replace("sfload", ""),
          "TOU-47: FluidSynth reads the MIDI file", said.stderr)
else:
    skip("TOU-47: FluidSynth reads the MIDI file", "there is no fluidsynth")
wav = read_wav(export("r.wav", *SET, "--bars", 2))
want = [int(p * RATE) for p in places]
check(isinstance(worst_ms(onsets(wav), want), float) and worst_ms(onsets(wav), want) < 1,
      "TOU-47: the WAV sounds at these places", worst_ms(onsets(wav), want))
for name, ending, limit_ms in (("FLAC", "flac", 1), ("Vorbis", "ogg", 5), ("Opus", "opus", 8)):
    path = export(f"r.{ending}", *SET, "--bars", 2)
    if not shutil.which("gst-launch-1.0"):
        skip(f"TOU-47: {name} is read again", "there is no gst-launch-1.0")
        continue
    sound = decode(path)
    off = worst_ms(onsets(sound), want)
    check(isinstance(off, float) and off < limit_ms and path.stat().st_size < (work / "r.wav").stat().st_size / 2,
          f"TOU-47: {name} sounds at these places, in less than half the bytes", f"{off}, {path.stat().st_size} bytes")
    if ending == "flac":
        n_both = min(len(sound), len(wav))
        worst = numpy.abs(sound[:n_both] - wav[:n_both]).max()
        check(abs(len(sound) - len(wav)) == 0 and worst < 2 ** -22, "TOU-47: FLAC is the WAV, sample by sample", worst)
for words, why in ((("export", "-o", work / "r.mp3"), "ends in none of"), (("export",), "missing"),
                   (("export", "bpm=x", "-o", work / "x.mid"), "bpm"), (("export", "nothing=1", "-o", work / "x.mid"), "nothing"),
                   (("export", "pulses=9", "steps=4", "-o", work / "x.mid"), "pulses"),
                   (("export", "steps=1e300", "-o", work / "x.mid"), "steps"),
                   (("spotlight", "polka", "-o", work / "x.mid"), "polka"),
                   (("export", "--bars", "0", "-o", work / "x.mid"), "--bars")):
    said = rhythm(*words)
    check(said.returncode == 2 and why in said.stderr and not (work / "x.mid").exists(),
          f"TOU-47: refused: {' '.join(map(str, words[1:])).replace(str(work), '')}", said.stderr)

# The envelope: shaped against unshaped, sample by sample.
LONG = ("pattern=x...", "bpm=60", "subdivision=0", "voice_accent=kick", "--bars", 1)
plain = read_wav(export("plain.wav", *LONG))[:, 0]


def gain(*words):
    """How much louder than the plain one, where that is loud enough to tell; by frame."""
    shaped = read_wav(export("shaped.wav", *LONG, *words))[:, 0]
    heard = numpy.nonzero(numpy.abs(plain[:9600]) > 0.01)[0]
    return heard, shaped[heard] / plain[heard]


def expected(frames, attack_ms, decay_ms, sustain):
    a, d = attack_ms * RATE / 1000, decay_ms * RATE / 1000
    fall = 1 - (frames - a) / d * (1 - sustain) if d else numpy.full(len(frames), sustain)
    return numpy.where(frames < a, frames / a if a else 1, numpy.maximum(fall, sustain))


for attack, decay, sustain in ((20, 60, 0.3), (0, 50, 0), (5, 0.5, 0.5), (40, 100, 1)):
    frames, found = gain(f"attack_ms={attack}", f"decay_ms={decay}", f"sustain={sustain}")
    off = numpy.abs(found - expected(frames, attack, decay, sustain)).max()
    check(len(frames) > 1000 and off < 0.03, f"TOU-22: attack {attack} ms, decay {decay} ms, sustain {sustain} as measured",
          f"{off} at {frames[numpy.abs(found - expected(frames, attack, decay, sustain)).argmax()]}")
frames, found = gain("attack_ms=0", "decay_ms=0", "sustain=1")
check(numpy.abs(found - 1).max() == 0, "TOU-22: none by default, to the bit", found)
twice = read_wav(export("twice.wav", *SET, "voice_accent=kick", "attack_ms=30", "--bars", 2))
rise = [numpy.abs(twice[w:w + 240]).max() / numpy.abs(twice[w + 1440:w + 2400]).max() for w in want]
check(max(rise) < 0.35, "TOU-22: each click has its own attack", rise)

# Spotlights: what is played is the tradition's, on its instruments, and it sounds.
rows = json.loads(rhythm("list", "--json").stdout)
check(len(rows) == 13, "TOU-29: each of the thirteen rhythms has one", rows)
for row in rows:
    key = row["preset"]
    ppq, events, tempo = read_midi(export(f"{key}.mid", "spotlight", key))
    on = [(tick, k, v) for tick, status, k, v in events if status == 0x99]
    voices, length = {k for _, k, _ in on}, max(t for t, *_ in on) * tempo / ppq / 1e6
    check(len(voices) >= 3 and 3 < length < 25 and len({v for *_, v in on}) >= 2 and not any(k < 27 or k > 87 for k in voices),
          f"TOU-29: {key}: drums of General MIDI, at least three, accents, some seconds", f"{voices} {length}")
    if key in TIMELINES:
        drum, cells = TIMELINES[key]
        ticks = sorted({t for t, k, _ in on if k == drum})
        cell = ppq // 4 if key == "soukous" else ppq // 2
        n_cells = len(cells)
        n_times = (max(t for t, *_ in on) // (n_cells * cell)) + 1
        want = [(r * n_cells + i) * cell for r in range(n_times) for i, c in enumerate(cells) if c == "x"]
        check(ticks == want, f"TOU-29: {key}: the timeline is that of the literature", f"{ticks[:12]}\n{want[:12]}")
    sound = numpy.abs(read_wav(export(f"{key}.wav", "spotlight", key))).max(axis=1)
    firsts = sorted({int(round(t * tempo / ppq / 1e6 * RATE)) for t, k, v in on if v == max(v for *_, v in on)})
    loud = [sound[f:f + 2400].max() for f in firsts]
    check(min(loud) > 0.02 and sound.max() <= 1, f"TOU-29: {key}: its accents sound at their frames", loud)

shutil.rmtree(work)
print(f"1..{n}")
sys.exit(failed != 0)
