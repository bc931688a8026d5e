/* SPDX-License-Identifier: MIT */
/**
 * Standard MIDI Files and MIDI clip files <-> scores: the rules (FMT-03, FMT-09, TIM-07). The functions are
 * in score/format.h. Pure: the same bytes give the same score.
 *
 * Ticks. With a division of D ticks a quarter, file tick t becomes t * 960 / D, rounded to nearest, halves
 * up: exact whenever D divides 960 * t. Every time is converted from the track's start, so that rounding does
 * not add up: nothing is ever more than half a tick (0.26 ms at 120 BPM) off.
 *
 * SMPTE division. F frames a second (29 is 30000/1001) of T ticks make R = F * T ticks a second. A file
 * tick becomes k = round(1920 / R), at least 1, score ticks, under a fixed tempo of 960 / (R * k) seconds a
 * quarter: time is exact, to the nanosecond in a quarter. For 25 x 40 that is 125 BPM. Tempo events have
 * no meaning in such a file and are ignored with a warning.
 *
 * Format 2. The sequences follow one another in file order, each under its own tempo and meter (120 BPM
 * and 4/4 where it states none).
 *
 * Parts. A part is what one track says on one channel of one port. Ports 0..15 are kept; a higher number
 * takes the highest port that is free. Channel 10 is drums.
 *
 * Notes. A note-off ends the oldest sounding note of its track, port, channel and key (first in, first
 * out). A note that is never ended ends with its track, with a warning. A note without length lasts one tick,
 * so that it sounds. A note-off without its note-on is ignored.
 *
 * Programs. A part's first program before its first note, with the bank that was chosen before it, is the
 * part's instrument; it is in force from the start. Where the channel sounded before (in another track), it
 * stays a change of program; so do all later ones. A part that names no program has that of the part which
 * shares its channel.
 *
 * Controls keep their order. Parameters (RPN, NRPN) of a Standard MIDI File stay the controllers they are;
 * those of MIDI 2.0 are parameters. What MIDI 2.0 says in more bits than MIDI 1.0 has, or at one note, stays
 * a UMP. System exclusive messages go to the track's first part on their port; those of a track without
 * parts, if it is the first, to the first part of their port, else to a part of their own without a channel.
 * One that was sent at several times stays in packets (UMP). Empty ones go, with a warning.
 *
 * Texts. Title: the first track name that is not empty; in karaoke files the first @T. A part is called like
 * its track, with its channel where the track has several; the instrument's name is its sound. Markers are
 * rehearsal markers, cues cues, all other text is a comment, of the part in whose own track it stands (but
 * the first track: there it is the song's). Lyrics: midi_text.c. They hang on the highest note that starts at
 * their tick, in the part of their track that has most such notes.
 *
 * Not kept, and told: SMPTE offset, sequence numbers, sequencer-specific and unknown events, another click or
 * notated quarter than the meter's own, escaped bytes.
 *
 * Export. Format 1, 960 ticks a quarter: a track of the song (tempo, meter, key, markers, comments), then one
 * a part. Repeats and jumps are played out. Linear tempo becomes steps, each at most 0.1 ms off at any place
 * and right at its borders; a tempo is rounded to the microsecond a quarter (10 ns in clips). Measures of
 * another length than their meter get a meter of their own, unless the next one states its meter anyway.
 */
#ifndef SCORE_SMF_SCORE_H
#define SCORE_SMF_SCORE_H

#include <score/format.h>

#define SMF_DIVISION 960u

#endif
