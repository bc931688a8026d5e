# SPDX-License-Identifier: MIT
"""The little theory that the demo piece is written with: names, phrases, chords and their voicing."""

import itertools
import re

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}

QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m6": (0, 3, 7, 9),
    "7sus4": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14),
    "m9": (0, 3, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "6/9": (0, 4, 7, 9, 14),
}


def pitch_class(name):
    return (STEPS[name[0]] + ACCIDENTALS[name[1:]]) % 12


def key_of(name):
    """C4 = 60."""
    letter, accidental, octave = re.fullmatch(r"([A-G])([#b]?)(-?\d)", name).groups()
    return STEPS[letter] + ACCIDENTALS[accidental] + 12 * (int(octave) + 1)


class Chord:
    """"Em7", "A/C#": the pitch classes from the root up, and the bass."""

    def __init__(self, name):
        root, quality, bass = re.fullmatch(r"([A-G][#b]?)(6/9|[^/]*)(?:/([A-G][#b]?))?", name).groups()
        self.root = pitch_class(root)
        self.tones = [(self.root + step) % 12 for step in QUALITIES[quality]]
        self.bass = pitch_class(bass) if bass else self.root

    def above(self, low, count):
        """The first `count` chord tones from key `low` up."""
        return [key for key in range(low, low + 96) if key % 12 in self.tones][:count]


def bars(text, eighths):
    """"D | G:4 Gm6:4" -> a list of bars, each a list of (what, length in eighths); each bar must be full."""
    out = []
    for bar in text.split("|"):
        items = []
        for token in bar.split():
            name, _, length = token.partition(":")
            items.append((name, float(length) if length else float(eighths)))
        assert sum(length for _, length in items) == eighths, f"bar {len(out) + 1} is not full: {bar}"
        out.append(items)
    return out


def phrase(text, eighths):
    """Notes "A4:2 D5:3 r:1 ..." -> (start, length, key) in eighths; "-" goes on, over bar lines too."""
    out = []
    at = 0.0
    for name, length in itertools.chain.from_iterable(bars(text, eighths)):
        if name == "-":
            start, held, key = out[-1]
            out[-1] = (start, held + length, key)
        elif name != "r":
            out.append((at, length, key_of(name)))
        at += length
    return out


def progression(text, eighths):
    """Chords -> (start, length, Chord) in eighths."""
    out = []
    at = 0.0
    for name, length in itertools.chain.from_iterable(bars(text, eighths)):
        out.append((at, length, Chord(name)))
        at += length
    return out


def voicings(chord, count, low, high):
    """Close positions of the upper tones within low..high."""
    tones = chord.tones[-count:] if len(chord.tones) > count else chord.tones
    for bottom in range(low, high):
        if bottom % 12 not in tones:
            continue
        keys = [key for key in range(bottom, bottom + 24) if key % 12 in tones][:count]
        if keys[-1] <= high:
            yield keys


def voice_lead(chords, count, low, high):
    """A voicing for each chord: each voice moves as little as can be, and the whole stays in its range."""
    middle = (low + high) / 2
    before = None
    out = []
    for start, length, chord in chords:

        def cost(keys):
            drift = abs(sum(keys) / count - middle)
            if before is None:
                return drift
            return sum(abs(a - b) for a, b in zip(keys, before)) + 0.4 * drift

        before = min(voicings(chord, count, low, high), key=cost)
        out.append((start, length, before))
    return out
