# SPDX-License-Identifier: MIT
"""Writes Standard MIDI Files, format 1. Events are kept by tick and sorted once, when the file is made."""

import struct

# At one tick: what a track is, then note-offs, then what sets a channel up, then note-ons.
META, NOTE_OFF, CONTROL, NOTE_ON = range(4)


def variable_length(value):
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append(0x80 | value & 0x7F)
    return bytes(reversed(out))


class Track:
    def __init__(self, name):
        self.events = []  # (tick, order, place in the order of calls, bytes)
        self.meta(0, 0x03, name.encode())

    def add(self, tick, order, data):
        assert tick >= 0
        self.events.append((tick, order, len(self.events), data))

    def meta(self, tick, kind, payload):
        self.add(tick, META, bytes([0xFF, kind]) + variable_length(len(payload)) + payload)

    def tempo(self, tick, bpm):
        self.meta(tick, 0x51, round(60e6 / bpm).to_bytes(3, "big"))

    def meter(self, tick, num, den, clocks_per_click):
        self.meta(tick, 0x58, bytes([num, den.bit_length() - 1, clocks_per_click, 8]))

    def key(self, tick, fifths, minor):
        self.meta(tick, 0x59, struct.pack("bB", fifths, minor))

    def marker(self, tick, text):
        self.meta(tick, 0x06, text.encode())

    def cue(self, tick, text):
        self.meta(tick, 0x07, text.encode())

    def program(self, tick, channel, program):
        self.add(tick, CONTROL, bytes([0xC0 | channel, program]))

    def control(self, tick, channel, number, value):
        self.add(tick, CONTROL, bytes([0xB0 | channel, number, value]))

    def note(self, tick, length, channel, key, velocity):
        assert length > 0 and 0 <= key <= 127 and 1 <= velocity <= 127
        self.add(tick, NOTE_ON, bytes([0x90 | channel, key, velocity]))
        self.add(tick + length, NOTE_OFF, bytes([0x80 | channel, key, 64]))

    def chunk(self, end_tick):
        out = bytearray()
        last_tick = 0
        running = None
        for tick, _, _, data in sorted(self.events, key=lambda event: event[:3]):
            out += variable_length(tick - last_tick)
            last_tick = tick
            if data[0] == 0xFF:
                running = None
            elif data[0] == running:
                data = data[1:]
            else:
                running = data[0]
            out += data
        out += variable_length(end_tick - last_tick) + b"\xff\x2f\x00"
        return b"MTrk" + struct.pack(">I", len(out)) + bytes(out)


def file_bytes(tracks, ticks_per_quarter, end_tick):
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), ticks_per_quarter)
    return header + b"".join(track.chunk(end_tick) for track in tracks)
