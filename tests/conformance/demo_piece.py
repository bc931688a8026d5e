#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The demo piece as another reader (mido) sees it: what a demonstration needs is in it, every note ends, and
the passage between the cues "Loop A" and "Loop B" can be looped without a seam.

Usage: demo_piece.py FILE. Exit status 77: mido is not installed.
"""

import sys
from collections import Counter

try:
    import mido
except ImportError:
    print("skipped: the Python module mido is not installed")
    sys.exit(77)


def timed(track):
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def notes_of(track):
    """(start, end, channel, key); every note-on must meet its own note-off before the key is struck again."""
    sounding = {}
    for tick, message in timed(track):
        if message.type == "note_on" and message.velocity > 0:
            assert (message.channel, message.note) not in sounding, f"{track.name}: {message} at {tick} sounds already"
            sounding[message.channel, message.note] = tick
        elif message.type in ("note_off", "note_on"):
            start = sounding.pop((message.channel, message.note))
            assert tick > start
            yield start, tick, message.channel, message.note
    assert not sounding, f"{track.name}: never ended: {sounding}"


def main(path):
    piece = mido.MidiFile(path, clip=False)
    conductor, parts = piece.tracks[0], piece.tracks[1:]
    meta = [(tick, message) for tick, message in timed(conductor) if message.is_meta]
    kinds = Counter(message.type for _, message in meta)
    cues = {message.text: tick for tick, message in meta if message.type == "cue_marker"}
    markers = [message.text for _, message in meta if message.type == "marker"]
    meters = [(message.numerator, message.denominator) for _, message in meta if message.type == "time_signature"]
    bpms = [mido.tempo2bpm(message.tempo) for _, message in meta if message.type == "set_tempo"]
    notes = [note for part in parts for note in notes_of(part)]
    programs = {message.program for part in parts for message in part if message.type == "program_change"}

    assert piece.type == 1 and piece.ticks_per_beat == 960
    assert conductor.name == "First Light"
    assert 110 < piece.length < 140, f"{piece.length} s"
    assert len({channel for _, _, channel, _ in notes} - {9}) >= 10, "too few instruments"
    assert sum(channel == 9 for _, _, channel, _ in notes) > 500, "too few drums"
    assert len(programs) >= 11
    assert all(part.name for part in parts)
    assert {(4, 4), (7, 8), (3, 4)} == set(meters)
    assert kinds["set_tempo"] > 30 and max(bpms) > 110 and min(bpms) < 50
    assert kinds["key_signature"] == 3
    assert markers == ["Intro", "Theme", "Variation", "Bridge", "Crossing", "Return", "Coda", "End"]

    loop_start, loop_end = cues["Loop A"], cues["Loop B"]
    crossing = [note for note in notes if any(note[0] < edge < note[1] for edge in (loop_start, loop_end))]
    assert not crossing, f"notes cross a loop edge: {crossing}"
    for part in parts:
        state = {}
        for tick, message in timed(part):
            if tick >= loop_end:
                break
            if tick >= loop_start:
                assert message.type != "program_change", f"{part.name} changes its program inside the loop"
            if message.type == "control_change":
                state[message.control] = message.value
        assert state.get(64, 0) == 0, f"{part.name}: the pedal is down at the end of the loop"
        assert state.get(1, 0) == 0, f"{part.name}: vibrato is on at the end of the loop"


if __name__ == "__main__":
    main(sys.argv[1])
