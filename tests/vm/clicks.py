# SPDX-License-Identifier: MIT
"""A piece that is easy to measure: claves, one on each quarter, for as many bars as asked. Format 0, 480 ticks."""
import struct

TICKS = 480
CLAVES = 75


def midi(bpm, bars, key=CLAVES):
    note_on, note_off = bytes([0x99, key, 120]), bytes([0x89, key, 64])
    length = TICKS // 4
    events = b"\x00\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big") + b"\x00\xff\x58\x04\x04\x02\x18\x08"
    for beat in range(bars * 4):
        # 360 ticks of rest are two bytes long, 120 of sound one.
        events += (b"\x00" if beat == 0 else struct.pack("BB", 0x80 | (TICKS - length) >> 7, (TICKS - length) & 0x7F))
        events += note_on + bytes([length]) + note_off
    events += b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS) + b"MTrk" + struct.pack(">I", len(events)) + events
