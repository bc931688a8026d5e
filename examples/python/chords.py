#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Play a progression, and tell everybody which chords they are."""
import mos

PROGRESSION = {"Am7": ["A3", "C4", "E4", "G4"], "Dm7": ["D3", "F4", "A4", "C5"],
               "G7": ["G3", "F4", "B4", "D5"], "Cmaj7": ["C3", "E4", "G4", "B4"]}

with mos.Client("chords") as client:
    for symbol, notes in PROGRESSION.items():
        keys = [mos.key(note) for note in notes]
        root = keys[0] % 12
        client.chord(notes, duration="8n", velocity=0.6)
        client.emit("chord:detected", immediate=True, symbol=symbol, root=root, bass=root,
                    pitch_classes=sum({1 << key % 12 for key in keys}), key_tonic=0, confidence=255)
        print(symbol, *notes)
