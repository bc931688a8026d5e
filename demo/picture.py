#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draw a MIDI file as a piano roll over the waveform of its render: docs/first-light.svg.

    picture.py FILE.mid FILE.wav OUT.svg      FILE.wav: 16 bit, e.g. mos-rtcore render --format s16

Needs python3-mido. Both halves share one time axis, so a late note would be seen.
"""
import array
import sys
import wave

import mido

WIDTH, ROLL, WAVE, MARGIN = 1200, 340, 110, 12
COLOURS = ["#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#ff9da6", "#9d755d",
           "#eeca3b", "#79706e", "#83bcb6", "#d67195", "#bab0ac", "#59a14f", "#edc948", "#af7aa1"]


def notes(path):
    """(seconds on, seconds off, key, channel) of all notes, and the bars' (seconds)."""
    midi, now, down, found = mido.MidiFile(path), 0.0, {}, []
    for message in midi:
        now += message.time
        if message.type == "note_on" and message.velocity:
            down.setdefault((message.channel, message.note), []).append(now)
        elif message.type in ("note_on", "note_off") and down.get((message.channel, message.note)):
            found.append((down[message.channel, message.note].pop(0), now, message.note, message.channel))
    return found, now


def envelope(path, columns, seconds):
    """Peak of each of `columns` slices of the first `seconds`, 0..1."""
    with wave.open(path) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = array.array("h", file.readframes(file.getnframes()))
    step = seconds * rate * channels / columns
    return [max((abs(s) for s in samples[int(i * step):int((i + 1) * step)]), default=0) / 32768 for i in range(columns)]


def main(midi_path, wav_path, out_path):
    found, end = notes(midi_path)
    low = min(n[2] for n in found) - 2
    high = max(n[2] for n in found) + 2
    x = lambda t: MARGIN + t / end * (WIDTH - 2 * MARGIN)
    y = lambda key: MARGIN + (high - key) / (high - low) * ROLL
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {ROLL + WAVE + 3 * MARGIN}">',
           f'<rect width="{WIDTH}" height="{ROLL + WAVE + 3 * MARGIN}" fill="#16181d"/>']
    for second in range(0, int(end) + 1, 10):
        out.append(f'<path d="M{x(second):.1f} {MARGIN}V{ROLL + WAVE + 2 * MARGIN}" stroke="#2b2f38"/>')
        out.append(f'<text x="{x(second) + 3:.1f}" y="{ROLL + WAVE + 2 * MARGIN + 9}" fill="#7d8590" font-size="10" '
                   f'font-family="sans-serif">{second // 60}:{second % 60:02}</text>')
    for channel in sorted({n[3] for n in found}):
        path = "".join(f"M{x(on):.1f} {y(key):.1f}H{max(x(off), x(on) + 0.8):.1f}" for on, off, key, c in found if c == channel)
        out.append(f'<path d="{path}" stroke="{COLOURS[channel % len(COLOURS)]}" stroke-width="2.4" fill="none"/>')
    middle, columns = ROLL + 1.5 * MARGIN + WAVE / 2, WIDTH - 2 * MARGIN
    path = "".join(f"M{MARGIN + i} {middle - p * WAVE / 2:.1f}V{middle + p * WAVE / 2 + 0.4:.1f}"
                   for i, p in enumerate(envelope(wav_path, columns, end)))
    out.append(f'<path d="{path}" stroke="#8fb3ff" stroke-width="1"/>')
    out.append("</svg>")
    with open(out_path, "w") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
