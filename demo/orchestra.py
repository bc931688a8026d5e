# SPDX-License-Identifier: MIT
"""Players: how a part turns phrases, chords and patterns into notes. All positions are in eighth notes."""

from smf_writer import Track

TICKS_PER_QUARTER = 960
TICKS_PER_EIGHTH = TICKS_PER_QUARTER // 2


def ticks(eighths):
    return round(eighths * TICKS_PER_EIGHTH)


def human(at, key):
    """A player's unevenness: -4..4 by place and key, the same every time."""
    return (ticks(at) * 7919 + key * 104729) // 13 % 9 - 4


def approach(chord, root, fifth, next_root, lowest):
    """
    The bass note before a change of chord: the fifth where the root hardly moves, else a chord tone close to the
    next root, else a half step to it from the side where the line comes from.
    """
    if abs(next_root - root) <= 2:
        return fifth
    steps = (1, 2, -1, -2) if next_root < root else (-1, -2, 1, 2)
    near = [next_root + step for step in steps if next_root + step >= lowest]
    return next((key for key in near if key % 12 in chord.tones), near[0])


class Part:
    """An instrument: its track, its channel and the channel's fixed settings."""

    def __init__(self, name, channel, program, volume, pan, reverb):
        self.channel = channel
        self.track = Track(name)
        self.notes = []  # (start tick, end tick, key, velocity)
        self.track.program(0, channel, program)
        for number, value in ((7, volume), (10, pan), (91, reverb), (11, 100)):
            self.track.control(0, channel, number, value)

    def program(self, at, program):
        self.track.program(ticks(at), self.channel, program)

    def control(self, at, number, value):
        self.track.control(ticks(at), self.channel, number, value)

    def expression(self, start, end, level_from, level_to):
        """A swell or a fade, a step an eighth."""
        steps = int(end - start)
        for i in range(steps + 1):
            level = level_from + (level_to - level_from) * i / steps
            self.control(start + (end - start) * i / steps, 11, round(level))

    def note(self, at, length, key, velocity):
        velocity = max(1, min(127, round(velocity) + human(at, key)))
        self.notes.append((ticks(at), ticks(at + length), key, velocity))

    def line(self, at, notes, velocity, transpose=0):
        """A melody: higher is a little louder, short notes are detached, long ones get vibrato once they stand."""
        middle = sum(key for _, _, key in notes) / len(notes)
        for start, length, key in notes:
            held = length * 0.92 if length < 2 else length - 0.08
            self.note(at + start, held, key + transpose, velocity + (key - middle) * 0.6)
            if length >= 3:
                self.control(at + start + length * 0.4, 1, 30)
                self.control(at + start + length * 0.7, 1, 55)
                self.control(at + start + held, 1, 0)

    def pad(self, at, voiced, velocity):
        """Held chords; a voice that stays is not struck again."""
        sounding = {}  # key -> start
        end = voiced[-1][0] + voiced[-1][1]
        for start, _, keys in voiced + [(end, 0, [])]:
            for key in [key for key in sounding if key not in keys]:
                begun = sounding.pop(key)
                self.note(at + begun, start - begun - 0.05, key, velocity)
            for key in keys:
                sounding.setdefault(key, start)

    def pedal(self, at, chords):
        """Sustain pedal: down just after each chord, up just before the next."""
        for start, length, _ in chords:
            self.control(at + start + 0.1, 64, 127)
            self.control(at + start + length - 0.1, 64, 0)

    def pattern(self, at, voiced, steps, velocity, length):
        """Broken chords. steps: (eighth within the chord, numbers of voices, louder or softer by)."""
        for start, span, keys in voiced:
            for offset, voices, accent in steps:
                for voice in voices if offset < span else ():
                    held = min(length, span - offset) - 0.05
                    self.note(at + start + offset, held, keys[voice % len(keys)], velocity + accent)

    def strum(self, at, voiced, steps, velocity):
        """steps: (eighth within the chord, 1 down or -1 up, louder or softer by); the strings follow each other."""
        for start, span, keys in voiced:
            within = [step for step in steps if step[0] < span]
            ends = [step[0] for step in within[1:]] + [span]
            for (offset, direction, accent), end in zip(within, ends):
                for string, key in enumerate(keys[::direction]):
                    late = string * 0.03
                    held = end - offset - late - 0.04
                    self.note(at + start + offset + late, held, key, velocity + accent - 2 * string)

    def bass_line(self, at, chords, velocity, steps, lowest=28):
        """steps: (eighth within the chord, what, length); what is R root, 5 fifth, 8 octave, A approach."""
        for i, (start, span, chord) in enumerate(chords):
            after = chords[(i + 1) % len(chords)][2]
            root = lowest + (chord.bass - lowest) % 12
            next_root = lowest + (after.bass - lowest) % 12
            fifth = next(root + step for step in (7, 8, 5, 4, 3) if (root + step) % 12 in chord.tones)
            degrees = {
                "R": root,
                "5": fifth,
                "8": root + 12,
                "A": approach(chord, root, fifth, next_root, lowest),
            }
            for offset, what, length in steps:
                if offset < span:
                    held = min(length, span - offset) * 0.92
                    self.note(at + start + offset, held, degrees[what], velocity + (6 if offset == 0 else 0))

    def rise(self, at, chord, low, count, step, velocity):
        """An arpeggio that swells upwards and rings on for a quarter."""
        for i, key in enumerate(chord.above(low, count)):
            self.note(at + i * step, (count - i) * step + 2, key, velocity + 10 * i / count)

    def grid(self, at, sixteenths, rows, velocity):
        """A drum bar. rows: {key: "X..x o..."}, a character a sixteenth: X accent, x plain, o ghost note."""
        for key, row in rows.items():
            assert len(row) == sixteenths, f"a row of {len(row)} sixteenths: {row}"
            for i, mark in enumerate(row):
                if mark != ".":
                    self.note(at + i / 2, 0.4, key, velocity + {"X": 16, "x": 0, "o": -30}[mark])

    def roll(self, start, end, key, velocity_from, velocity_to):
        """Thirty-second notes that grow or fade."""
        count = round((end - start) * 4)
        for i in range(count):
            velocity = velocity_from + (velocity_to - velocity_from) * i / count
            self.note(start + i / 4, 0.2, key, velocity)

    def finished_track(self):
        """A key that is struck again while it sounds ends there: two note-offs for one key confuse receivers."""
        notes = sorted(self.notes)
        next_start = {}
        for start, end, key, velocity in reversed(notes):
            end = min(end, next_start.get(key, end))
            next_start[key] = start
            self.track.note(start, end - start, self.channel, key, velocity)
        return self.track
