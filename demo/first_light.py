#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
"First Light", the demo piece of MOS: two minutes for fifteen instruments and drums, written for it.

    Intro       6 bars 4/4   D major   72 -> 104   cello hints at the motif over a D pedal
    Theme       8            D major   104         flute; A D E F# is the motif that all of it grows from
    Variation   8                      106         oboe over a bass that falls by half steps; made to be looped
    Bridge      8 bars 7/8   B minor   116         2+2+3; horn, then trumpet a third above
    Crossing    4 bars 3/4   to E      106 -> 114  the motif climbs, B7 opens the new key
    Return     11 bars 4/4   E major   112         tutti; bVI bVII I instead of the close
    Coda        6                      96 -> 40    the motif in double length, ritardando

Positions and lengths are in eighth notes. What it writes is the same to the byte on every machine:

    first_light.py FILE           write the MIDI file
    first_light.py --check FILE   exit 1 unless FILE is what this program writes
"""

import sys

from harmony import key_of, phrase, progression, voice_lead
from orchestra import TICKS_PER_QUARTER, Part, ticks
from smf_writer import Track, file_bytes

INTRO, THEME, VARIATION, BRIDGE, CROSSING, RETURN, CODA, END = 0, 48, 112, 176, 232, 256, 344, 392
TAIL = 6  # silence after the last bar for the reverb

VIBRAPHONE, MARIMBA = 11, 12

#                         channel, program, volume, pan, reverb
flute = Part("Flute", 0, 73, 95, 70, 70)
oboe = Part("Oboe", 1, 68, 96, 50, 60)
clarinet = Part("Clarinet", 2, 71, 94, 82, 60)
horn = Part("Horn", 3, 60, 98, 46, 75)
trumpet = Part("Trumpet", 4, 56, 102, 76, 60)
violins = Part("Violins", 5, 48, 90, 34, 75)
cello = Part("Cello", 6, 42, 100, 86, 65)
choir = Part("Choir", 7, 52, 84, 64, 85)
harp = Part("Harp", 8, 46, 100, 28, 75)
drums = Part("Drums", 9, 0, 118, 64, 35)
piano = Part("Piano", 10, 0, 104, 58, 45)
guitar = Part("Guitar", 11, 25, 94, 98, 40)
bass = Part("Bass", 12, 33, 112, 64, 20)
mallets = Part("Mallets", 13, VIBRAPHONE, 112, 24, 60)
bells = Part("Glockenspiel", 14, 9, 112, 104, 70)
timpani = Part("Timpani", 15, 47, 114, 60, 65)

PARTS = [flute, oboe, clarinet, horn, trumpet, violins, cello, choir]
PARTS += [harp, drums, piano, guitar, bass, mallets, bells, timpani]

KICK, STICK, SNARE, HAT, OPEN_HAT, RIDE, BELL = 36, 37, 38, 42, 46, 51, 53
CRASH, CRASH_2, SHAKER, TAMBOURINE, TRIANGLE = 49, 57, 82, 54, 81
TOM_LOW, TOM_MID, TOM_HIGH = 43, 47, 50

MOTIF_BARS = "A4:2 D5:2 E5:1 F#5:3 | E5:4 C#5:2 A4:2 | B4:2 D5:2 F#5:1 A5:3 | G5:3 F#5:1 D5:4 |"
THEME_MELODY = MOTIF_BARS + "A4:2 D5:2 E5:1 F#5:3 | B5:3 A5:1 G5:2 E5:2 | G5:2 F#5:2 E5:2 C#5:2 |"

WHOLE_TONE = 2  # the Return stands in E, the Theme in D


def intro():
    chords = progression("Dadd9 | Gmaj9/D | Bm7 | Gmaj9 | Em9 | A7sus4:6 A7:2", 8)

    for start, length, chord in chords:
        for half in range(0, int(length), 4):
            count = min(8, 2 * int(length) - 2 * half)
            harp.rise(INTRO + start + half, chord, 57 if half else 50, count, 0.5, 72 + start / 4)
    violins.pad(INTRO, voice_lead(chords, 3, 59, 76), 66)
    violins.expression(INTRO, INTRO + 24, 72, 92)
    violins.expression(INTRO + 25, INTRO + 47, 92, 112)
    cello.line(INTRO, phrase(
        "r:8 | r:4 A3:2 D4:2 | E4:1 F#4:5 E4:2 | D4:4 B3:4 | G3:2 B3:2 D4:2 F#4:2 | E4:6 C#4:2", 8), 90)
    cello.expression(INTRO + 12, INTRO + 26, 92, 112)
    mallets.line(INTRO, phrase(
        "r:5 A5:1 E5:2 | r:5 B5:1 A5:2 | r:5 A5:1 F#5:2 | r:5 D6:1 A5:2 | r:3 G5:1 F#5:1 B5:3 |"
        "A5:2 G5:2 E5:2 r:2", 8), 84)
    horn.line(INTRO + 32, phrase("B3:8 | A3:8", 8), 68)
    horn.expression(INTRO + 32, INTRO + 47, 60, 112)
    choir.pad(INTRO + 32, voice_lead(progression("Em9 | A7sus4:6 A7:2", 8), 3, 57, 74), 58)
    choir.expression(INTRO + 32, INTRO + 47, 45, 100)
    bass.line(INTRO + 32, phrase("E1:8 | A1:6 C#2:2", 8), 70)
    for bar in (0, 2, 4):
        drums.note(INTRO + bar * 8, 2, TRIANGLE, 50 + bar * 3)
    drums.roll(INTRO + 44, INTRO + 48, CRASH, 14, 58)
    timpani.roll(INTRO + 44, INTRO + 48, key_of("A2"), 36, 84)


def theme():
    chords = progression(
        "D | A/C# | Bm7 | Gmaj7 | D/F# | G:4 Gm6:4 | Em7:4 A7sus4:2 A7:2 | D:4 A7sus4:4", 8)
    second_half = progression("D/F# | G:4 Gm6:4 | Em7:4 A7sus4:2 A7:2 | D:4 A7sus4:4", 8)

    flute.line(THEME, phrase(THEME_MELODY + "D5:6 r:2", 8), 86)
    flute.expression(THEME, THEME + 44, 98, 118)
    flute.expression(THEME + 50, THEME + 62, 114, 96)
    clarinet.line(THEME, phrase(
        "r:8 | r:8 | r:8 | r:4 B3:1 D4:1 G4:1 B4:1 | A4:6 F#4:2 | G4:4 Bb4:4 | B4:4 A4:2 G4:2 |"
        "F#4:4 E4:1 F#4:1 G4:1 A4:1", 8), 70)
    piano.pattern(THEME, voice_lead(chords, 3, 55, 72),
        [(0, (0, 1, 2), 6), (3, (0, 1, 2), 0), (6, (0, 1, 2), -4)], 68, 2.6)
    piano.pedal(THEME, chords)
    guitar.pattern(THEME, voice_lead(chords, 4, 50, 69),
        [(i, (voice,), 8 if i == 0 else 0) for i, voice in enumerate((0, 2, 1, 3, 2, 1, 3, 2))], 64, 2)
    bass.bass_line(THEME, chords, 80, [(0, "R", 3), (3, "R", 1), (4, "5", 2), (6, "8", 1), (7, "A", 1)])
    violins.pad(THEME + 32, voice_lead(second_half, 3, 62, 79), 60)
    violins.expression(THEME + 32, THEME + 60, 72, 106)
    mallets.line(THEME, phrase(
        "r:6 A5:2 | r:6 E5:1 A5:1 | r:6 F#5:2 | r:5 B5:1 A5:1 F#5:1 | r:6 A5:2 | r:8 | r:8 |"
        "r:4 E5:1 G5:1 A5:1 D6:1", 8), 84)
    for bar in range(4):
        drums.grid(THEME + bar * 8, 16, {SHAKER: "x.o.x.o.x.o.x.o.", KICK: "x.....o.x......."}, 84)
    for bar in range(4, 7):
        drums.grid(THEME + bar * 8, 16,
            {SHAKER: "x.oox.oox.oox.oo", KICK: "x.....x.x.....o.", STICK: "....x.......x..o"}, 88)
    drums.grid(THEME + 56, 16, {
        SHAKER: "x.oox.oo........", KICK: "x.....x.x.......", STICK: "....x...........",
        SNARE: "..........o.xxxX", TOM_MID: "............x...", TOM_LOW: "..............x."}, 88)


def variation():
    chords = progression("D | A/C# | Cadd9 | G/B | Gm/Bb | D/A | Em7 | A7sus4:4 A7:4", 8)

    oboe.line(VARIATION, phrase(
        "F#5:1 E5:1 D5:1 E5:1 F#5:2 A5:2 | E5:3 D5:1 C#5:2 E5:2 | D5:1 C5:1 D5:1 E5:1 G5:2 E5:2 |"
        "D5:3 C5:1 B4:2 D5:2 | D5:1 C5:1 Bb4:1 C5:1 D5:2 G5:2 | F#5:3 E5:1 D5:2 A4:2 |"
        "B4:1 D5:1 E5:1 F#5:1 G5:2 B5:2 | A5:3 G5:1 E5:4", 8), 84)
    oboe.expression(VARIATION, VARIATION + 60, 100, 116)
    clarinet.line(VARIATION, phrase(
        "A4:4 F#4:4 | E4:2 A4:2 G4:4 | G4:6 E4:2 | D4:2 G4:2 F#4:2 G4:2 | G4:4 Bb4:4 | A4:4 F#4:4 |"
        "G4:2 F#4:2 E4:4 | D4:4 C#4:4", 8), 74)
    horn.line(VARIATION + 32, phrase("D4:8 | D4:4 F#4:4 | G4:8 | G4:4 E4:4", 8), 66)
    violins.pad(VARIATION, voice_lead(chords, 3, 66, 84), 62)
    violins.expression(VARIATION, VARIATION + 60, 74, 108)
    cello.line(VARIATION, phrase(
        "D3:3 A3:3 F#3:2 | C#3:3 A3:3 E3:2 | C3:3 G3:3 E3:2 | B2:3 G3:3 D3:2 | Bb2:3 G3:3 D3:2 |"
        "A2:3 F#3:3 D3:2 | E3:3 B3:3 G3:2 | A2:4 C#3:4", 8), 74)
    piano.pattern(VARIATION, voice_lead(chords, 3, 57, 74),
        [(0, (0, 1, 2), 8), (1.5, (2,), -8), (3, (0, 1), 0), (4, (2,), -4), (6, (0, 1, 2), 0), (7, (2,), -8)], 68, 1.4)
    piano.pedal(VARIATION, chords)
    guitar.strum(VARIATION, voice_lead(chords, 4, 52, 71),
        [(0, 1, 6), (2, 1, 0), (3, -1, -8), (4, 1, 2), (5, -1, -8), (6, 1, 0), (7, -1, -6)], 62)
    bass.bass_line(VARIATION, chords, 84,
        [(0, "R", 3), (3, "8", 1), (4, "R", 2), (6, "5", 1), (7, "A", 1)])
    bells.line(VARIATION + 32, phrase("D6:4 r:4 | F#6:4 r:4 | G6:4 B6:4 | A6:4 r:4", 8), 80)
    mallets.line(VARIATION, phrase(
        "r:4 A4:1 D5:1 F#5:2 | r:4 A4:1 C#5:1 E5:2 | r:4 G4:1 C5:1 D5:2 | r:4 G4:1 B4:1 D5:2 |"
        "r:4 G4:1 Bb4:1 D5:2 | r:4 F#4:1 A4:1 D5:2 | r:4 G4:1 B4:1 E5:2 | r:4 G4:1 A4:1 C#5:2", 8), 82)
    for bar in range(8):
        drums.grid(VARIATION + bar * 8, 16, {
            HAT: "X.x.x.x.X.x.x.x." if bar % 2 == 0 else "X.x.x.x.X.x.x...",
            OPEN_HAT: "................" if bar % 2 == 0 else "..............x.",
            KICK: "x.....x.x......." if bar % 2 == 0 else "x.....x.x.x.....",
            SNARE: "....X..o.o..X..o" if bar < 7 else "....X..o.o..X.xX",
            TAMBOURINE: "....o.......o...",
            TOM_LOW: "................" if bar < 7 else "............x.x.",
        }, 86)
    drums.note(VARIATION, 2, CRASH, 70)


def bridge():
    chords = progression("Bm9 | Bm9 | Gmaj7 | A | Bm9 | Gmaj7 | Em9 | F#7sus4:4 F#7:3", 7)
    voiced = voice_lead(chords, 4, 57, 76)

    horn.line(BRIDGE, phrase(
        "F#4:4 B4:3 | C#5:2 B4:2 A4:3 | B4:4 D5:3 | C#5:2 E5:2 A4:3 | F#4:4 B4:3 | D5:2 C#5:2 B4:3 |"
        "G4:2 B4:2 D5:3 | C#5:4 A#4:3", 7), 92)
    horn.expression(BRIDGE, BRIDGE + 54, 100, 120)
    trumpet.line(BRIDGE + 28, phrase(
        "D5:4 D5:3 | F#5:2 E5:2 D5:3 | B4:2 D5:2 F#5:3 | E5:4 C#5:3", 7), 78)
    trumpet.expression(BRIDGE + 28, BRIDGE + 54, 88, 112)
    flute.line(BRIDGE, phrase(
        "r:7 | r:4 D5:.5 E5:.5 F#5:.5 A5:.5 B5:1 | r:7 | r:4 C#5:.5 D5:.5 E5:.5 F#5:.5 A5:1 | r:7 |"
        "r:4 B4:.5 D5:.5 F#5:.5 G5:.5 B5:1 | r:7 | r:4 F#5:.5 G#5:.5 A#5:.5 B5:.5 C#6:1", 7), 84)
    clarinet.line(BRIDGE, phrase(
        "r:7 | r:4 B4:.5 C#5:.5 D5:.5 F#5:.5 G5:1 | r:7 | r:4 A4:.5 B4:.5 C#5:.5 D5:.5 E5:1 | r:7 |"
        "r:4 G4:.5 B4:.5 D5:.5 E5:.5 G5:1 | r:7 | r:4 C#5:.5 D#5:.5 E5:.5 F#5:.5 A#5:1", 7), 76)
    mallets.program(BRIDGE, MARIMBA)
    mallets.pattern(BRIDGE, voiced,
        [(0, (0,), 14), (1, (2,), 0), (2, (1,), 8), (3, (2,), 0), (4, (3,), 12), (5, (2,), 0), (6, (1,), 2)], 70, 1)
    piano.pattern(BRIDGE, voice_lead(chords, 3, 48, 64),
        [(0, (0, 1, 2), 10), (2, (0, 1, 2), 0), (4, (0, 1, 2), 6)], 72, 1.2)
    guitar.pattern(BRIDGE, voiced,
        [(1, (0, 1), 0), (3, (1, 2), 0), (5, (0, 1), -4), (6, (1, 2), 0)], 66, 0.8)
    bass.bass_line(BRIDGE, chords, 88, [(0, "R", 2), (2, "R", 1), (3, "5", 1), (4, "8", 1), (5, "5", 1), (6, "A", 1)])
    cello.bass_line(BRIDGE, chords, 78,
        [(0, "R", 1), (1, "R", 1), (2, "5", 1), (3, "R", 1), (4, "8", 1), (5, "5", 1), (6, "5", 1)], lowest=40)
    tremolo = voice_lead(progression("Bm9 | Gmaj7 | Em9 | F#7sus4:4 F#7:3", 7), 3, 66, 82)
    violins.pattern(BRIDGE + 28, tremolo, [(i / 2, (0, 1, 2), 8 if i in (0, 4, 8) else 0) for i in range(14)], 62, 0.5)
    violins.expression(BRIDGE + 28, BRIDGE + 54, 70, 116)
    for bar in range(8):
        drums.grid(BRIDGE + bar * 7, 14, {
            RIDE: "X.x.X.x.X.x.x.",
            KICK: "x..x....x...o." if bar % 2 == 0 else "x...x...x..x..",
            SNARE: "....o...X..o.o" if bar < 7 else "....o...X.xxXX",
            TOM_LOW: "............x." if bar % 2 else "..............",
            TOM_MID: "..........x..." if bar % 2 else "..............",
        }, 88)
    drums.note(BRIDGE, 2, CRASH, 82)
    drums.note(BRIDGE + 28, 2, CRASH_2, 80)
    for bar in (0, 4, 6, 7):
        root = key_of("F#2") if bar == 7 else key_of("E2") if bar == 6 else key_of("B2")
        for offset in (0, 2, 4):
            timpani.note(BRIDGE + bar * 7 + offset, 1.5, root, 80 + 2 * bar - offset)


def crossing():
    chords = progression("C#m7 | F#m7 | B7sus4 | B7", 6)

    oboe.line(CROSSING, phrase("G#4:2 C#5:2 E5:2 | A4:2 C#5:2 F#5:2 | B4:2 E5:2 F#5:2 | A5:2 F#5:2 D#5:2", 6), 84)
    flute.line(CROSSING, phrase("G#5:2 C#6:2 E6:2 | A5:2 C#6:2 F#6:2 | B5:2 E6:2 F#6:2 | A6:2 F#6:2 D#6:2", 6), 74)
    clarinet.line(CROSSING, phrase("E4:6 | F#4:6 | E4:6 | D#4:4 A4:2", 6), 74)
    horn.line(CROSSING, phrase("C#4:6 | C#4:6 | B3:6 | B3:4 F#4:2", 6), 78)
    violins.pad(CROSSING, voice_lead(chords, 3, 64, 81)[:3], 70)
    violins.line(CROSSING + 18, phrase(
        "E4:.5 F#4:.5 G#4:.5 A4:.5 B4:.5 C#5:.5 D#5:.5 E5:.5 F#5:.5 G#5:.5 A5:.5 A#5:.5", 6), 84)
    choir.pad(CROSSING, voice_lead(chords, 3, 59, 76), 66)
    for part in (oboe, flute, clarinet, horn, violins, choir):
        part.expression(CROSSING, CROSSING + 23, 84, 120)
    cello.line(CROSSING, phrase("C#3:4 G#3:2 | F#3:4 C#3:2 | B2:4 F#3:2 | B2:2 D#3:2 F#3:2", 6), 80)
    bass.bass_line(CROSSING, chords, 82, [(0, "R", 4), (4, "5", 2)])
    for start, _, chord in chords:
        harp.rise(CROSSING + start, chord, 52, 12, 0.5, 64 + start)
    piano.pattern(CROSSING, voice_lead(chords, 3, 55, 72),
        [(0, (0, 1, 2), 4), (2, (0, 1, 2), -6), (4, (0, 1, 2), -4)], 64, 1.8)
    for bar in range(3):
        drums.grid(CROSSING + bar * 6, 12, {
            RIDE: "x...x...x...", KICK: "x...........", STICK: "....o...x..."}, 80 + 4 * bar)
    drums.roll(CROSSING + 12, CROSSING + 24, SNARE, 18, 84)
    drums.roll(CROSSING + 20, CROSSING + 24, CRASH, 20, 70)
    timpani.roll(CROSSING + 18, CROSSING + 24, key_of("B2"), 40, 100)


def tutti():
    """The Return. Its first eight bars are the Theme in E, the rest is new."""
    opening = "E | B/D# | C#m7 | Amaj7 | E/G# | A:4 Am6:4 | F#m7:4 B7sus4:2 B7:2 |"
    chords = progression(opening + "Cmaj7 | D | Eadd9 | E", 8)
    melody = phrase(THEME_MELODY + "r:8", 8)

    trumpet.line(RETURN, melody, 88, WHOLE_TONE)
    trumpet.line(RETURN + 56, phrase("E5:4 G5:4 | F#5:4 A5:4 | G#5:8 | -:6 r:2", 8), 94)
    violins.line(RETURN, melody, 90, WHOLE_TONE + 12)
    violins.line(RETURN + 56, phrase("E6:4 G6:4 | F#6:4 A6:4 | B6:8 | -:6 r:2", 8), 92)
    violins.pad(RETURN, voice_lead(chords, 3, 60, 75), 66)
    for part in (trumpet, violins):
        part.expression(RETURN, RETURN + 72, 106, 122)
        part.expression(RETURN + 74, RETURN + 86, 122, 84)
    flute.line(RETURN, phrase(
        "r:5 B5:.5 C#6:.5 D#6:.5 E6:.5 F#6:1 | r:8 | r:8 | r:4 E6:1 D#6:1 C#6:1 B5:1 |"
        "r:5 B5:.5 C#6:.5 D#6:.5 E6:.5 F#6:1 | E6:4 E6:4 | C#6:4 B5:4 | G6:4 E6:4 | F#6:4 D6:4 |"
        "B5:.5 C#6:.5 D#6:.5 E6:.5 F#6:.5 G#6:.5 B6:5 | -:6 r:2", 8), 84)
    oboe.line(RETURN, phrase(
        "G#4:8 | F#4:8 | G#4:8 | G#4:4 B4:4 | B4:8 | C#5:4 C5:4 | C#5:4 B4:2 A4:2 | G4:4 B4:4 |"
        "A4:4 F#5:4 | E5:8 | -:6 r:2", 8), 82)
    clarinet.line(RETURN, phrase(
        "E4:8 | D#4:8 | E4:8 | E4:4 G#4:4 | G#4:8 | A4:8 | A4:4 E4:2 D#4:2 | E4:4 G4:4 | F#4:4 A4:4 |"
        "G#4:8 | -:6 r:2", 8), 80)
    horn.line(RETURN, phrase(
        "B4:6 G#4:2 | F#4:4 B4:4 | B4:4 G#4:4 | A4:4 C#5:4 | B4:6 G#4:2 | C#5:4 C5:4 | A4:4 B4:2 A4:2 |"
        "G4:4 C5:4 | A4:4 D5:4 | E5:8 | -:6 r:2", 8), 90)
    horn.expression(RETURN, RETURN + 72, 104, 120)
    horn.expression(RETURN + 74, RETURN + 86, 118, 84)
    choir.pad(RETURN, voice_lead(chords, 4, 59, 78), 76)
    choir.expression(RETURN, RETURN + 72, 92, 122)
    choir.expression(RETURN + 74, RETURN + 86, 120, 70)
    cello.bass_line(RETURN, chords, 86, [(0, "R", 2), (2, "5", 2), (4, "8", 2), (6, "5", 2)], lowest=40)
    piano.pattern(RETURN, voice_lead(chords, 4, 55, 76), [(0, (0, 1, 2, 3), 10), (2, (2, 3), -6),
        (3, (0, 1, 2, 3), 2), (5, (2, 3), -6), (6, (0, 1, 2, 3), 2), (7, (3,), -8)], 70, 1.8)
    piano.pedal(RETURN, chords)
    guitar.strum(RETURN, voice_lead(chords, 4, 52, 71), [(0, 1, 8), (2, 1, 0), (3, -1, -6), (4, 1, 4),
        (5, -1, -6), (6, 1, 2), (7, -1, -4)], 68)
    bass.bass_line(RETURN, chords[:-1], 90,
        [(0, "R", 2), (2, "R", 1), (3, "8", 1), (4, "R", 2), (6, "5", 1), (7, "A", 1)])
    bass.note(RETURN + 80, 7, key_of("E1"), 88)
    mallets.program(RETURN, VIBRAPHONE)
    bells.line(RETURN, phrase(
        "B5:2 E6:2 F#6:1 G#6:3 | F#6:4 r:4 | r:8 | r:8 | B5:2 E6:2 F#6:1 G#6:3 | r:8 | r:8 | G6:8 | A6:8 |"
        "B6:8 | r:8", 8), 92)
    for start, chord in ((28, chords[3]), (68, chords[-3])):
        harp.rise(RETURN + start, chord[2], 45, 14, 0.25, 78)
    for start, _, chord in chords[:4]:
        harp.rise(RETURN + start, chord, 52, 8, 0.5, 72)
    for bar in range(10):
        fill = bar in (3, 7, 9)
        drums.grid(RETURN + bar * 8, 16, {
            RIDE if bar < 8 else BELL: "X.x.X.x.X.x.X.x.",
            KICK: "x..x..x.x.....x." if bar % 2 == 0 else "x..x..x.x.x.....",
            SNARE: "....X..o.o..Xxxx" if fill else "....X..o.o..X..o",
            TOM_HIGH: "............x..." if fill else "................",
            TOM_MID: ".............x.." if fill else "................",
            TOM_LOW: "..............xx" if fill else "................",
            TAMBOURINE: "..x...x...x...x.",
        }, 90)
    drums.grid(RETURN + 80, 16, {KICK: "X...............", RIDE: "x...x...x...x...", TRIANGLE: "........x......."}, 70)
    for bar, cymbal in ((0, CRASH), (4, CRASH_2), (7, CRASH), (8, CRASH_2), (9, CRASH), (10, CRASH_2)):
        drums.note(RETURN + bar * 8, 4, cymbal, 92 if bar < 10 else 64)
    for bar, name in ((0, "E2"), (1, "B2"), (4, "E2"), (6, "F#2"), (7, "C3"), (8, "D3"), (9, "E2")):
        timpani.note(RETURN + bar * 8, 3, key_of(name), 100)
        timpani.note(RETURN + bar * 8 + 3, 1, key_of(name), 80)
    timpani.roll(RETURN + 76, RETURN + 84, key_of("E2"), 92, 24)


def coda():
    chords = progression("Aadd9 | E/G# | F#m7 | Am6 | Eadd9 | Eadd9", 8)

    flute.line(CODA, phrase("B4:4 E5:4 | F#5:2 G#5:6 | A5:4 E5:4 | F#5:4 E5:2 C5:2 | B4:8 | E5:8", 8), 82)
    flute.expression(CODA, CODA + 24, 98, 112)
    flute.expression(CODA + 32, CODA + 46, 104, 40)
    cello.line(CODA, phrase("A2:8 | G#2:8 | F#2:8 | A2:4 C3:4 | E2:2 B2:2 E3:1 F#3:3 | G#3:8", 8), 78)
    cello.expression(CODA + 32, CODA + 46, 106, 36)
    violins.pad(CODA, voice_lead(chords, 3, 62, 79), 58)
    violins.expression(CODA, CODA + 24, 72, 96)
    violins.expression(CODA + 25, CODA + 46, 94, 30)
    horn.line(CODA + 24, phrase("E4:4 F#4:4 | G#4:8 | E4:8", 8), 66)
    horn.expression(CODA + 24, CODA + 46, 92, 36)
    for start, _, chord in chords[:4]:
        harp.rise(CODA + start, chord, 52, 8, 0.5, 66)
        harp.rise(CODA + start + 4, chord, 57, 8, 0.5, 60)
    harp.rise(CODA + 32, chords[4][2], 40, 16, 0.5, 58)
    harp.rise(CODA + 40, chords[5][2], 40, 10, 0.25, 54)
    piano.pattern(CODA, voice_lead(chords, 3, 57, 74)[:5], [(0, (0, 1, 2), 0)], 62, 6)
    piano.pedal(CODA, chords[:5])
    mallets.line(CODA, phrase("r:6 E5:2 | r:6 B4:2 | r:6 C#5:2 | r:6 C5:2 | r:8 | r:8", 8), 80)
    bells.line(CODA + 32, phrase("B5:2 E6:2 F#6:1 G#6:3 | r:4 B6:4", 8), 74)
    bass.line(CODA, phrase("A1:8 | G#1:8 | F#1:8 | A1:8 | E1:8 | -:8", 8), 68)
    bass.expression(CODA + 32, CODA + 46, 100, 50)
    for bar in range(3):
        drums.note(CODA + bar * 8, 4, RIDE, 54 - 4 * bar)
    drums.note(CODA + 32, 4, TRIANGLE, 48)
    drums.note(CODA + 44, 4, TRIANGLE, 40)
    timpani.roll(CODA + 40, CODA + 44, key_of("E2"), 34, 16)


def ramp(track, start, end, bpm_from, bpm_to, step):
    """Tempo changes every `step` eighths, by equal ratios: the ear hears ratios, so this sounds even."""
    count = round((end - start) / step)
    for i in range(count + 1):
        track.tempo(ticks(start + i * step), bpm_from * (bpm_to / bpm_from) ** (i / count))


def conductor():
    track = Track("First Light")
    track.meta(0, 0x02, b"2026 The MOS developers, MIT licence")
    track.meta(0, 0x01, b"Demo piece of MOS, the Musical Operating System")

    for at, num, den, clocks in ((INTRO, 4, 4, 24), (BRIDGE, 7, 8, 12), (CROSSING, 3, 4, 24), (RETURN, 4, 4, 24)):
        track.meter(ticks(at), num, den, clocks)
    for at, fifths, minor in ((INTRO, 2, 0), (BRIDGE, 2, 1), (CROSSING, 4, 0)):
        track.key(ticks(at), fifths, minor)
    for at, name in ((INTRO, "Intro"), (THEME, "Theme"), (VARIATION, "Variation"), (BRIDGE, "Bridge"),
            (CROSSING, "Crossing"), (RETURN, "Return"), (CODA, "Coda"), (END, "End")):
        track.marker(ticks(at), name)
    track.cue(ticks(VARIATION), "Loop A")
    track.cue(ticks(BRIDGE), "Loop B")

    track.tempo(0, 72)
    ramp(track, INTRO + 32, INTRO + 47, 72, 102, 1)
    track.tempo(ticks(THEME), 104)
    track.tempo(ticks(THEME + 60), 101)
    track.tempo(ticks(VARIATION), 106)
    track.tempo(ticks(BRIDGE), 116)
    ramp(track, CROSSING, CROSSING + 22, 106, 114, 2)
    track.tempo(ticks(RETURN), 112)
    ramp(track, RETURN + 80, RETURN + 87, 110, 98, 1)
    track.tempo(ticks(CODA), 96)
    ramp(track, CODA + 16, CODA + 40, 94, 54, 1)
    track.tempo(ticks(CODA + 41), 46)
    track.tempo(ticks(CODA + 44), 40)
    return track


def compose():
    for section in (intro, theme, variation, bridge, crossing, tutti, coda):
        section()
    tracks = [conductor()] + [part.finished_track() for part in PARTS]
    return file_bytes(tracks, TICKS_PER_QUARTER, ticks(END + TAIL))


def main(args):
    if len(args) == 1 and not args[0].startswith("-"):
        data = compose()
        with open(args[0], "wb") as file:
            file.write(data)
        return 0
    if len(args) == 2 and args[0] == "--check":
        with open(args[1], "rb") as file:
            if file.read() == compose():
                return 0
        print(f"{args[1]} is not what this program writes: write it again", file=sys.stderr)
        return 1
    print("usage: first_light.py [--check] FILE", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
