/* SPDX-License-Identifier: MIT */
/**
 * Pitch names (APO-16): C4 = 60. A name is a letter A..G (either case), accidentals (# b x ## bb, and the
 * Unicode sharp, flat, natural and doubles), an octave -1..9. "Cb4" is 59, "B#3" is 60. Pure functions.
 */
#ifndef MOS_PITCH_H
#define MOS_PITCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A spelled pitch: step 0..6 = C D E F G A B, alter in semitones, octave of the letter. */
struct mos_pitch {
	int8_t step;
	int8_t alter; /**< -2..2 */
	int8_t octave;
};

/**
 * Parse the whole of `name` (`len` bytes; SIZE_MAX: NUL-terminated). `ret` is written only on success.
 * @return 0; -EINVAL not a pitch name ("H4", "", "C", emoji, trailing bytes); -ERANGE a name whose key is
 *         outside 0..127 ("C99", "Cb-1").
 */
int mos_pitch_parse(const char *name, size_t len, struct mos_pitch *ret);
/** MIDI key of a spelled pitch; -ERANGE no such key, or step or alter outside their ranges. */
int mos_pitch_key(struct mos_pitch pitch);
/** Shortcut: name -> key 0..127, or the errors of mos_pitch_parse(). */
int mos_key_from_name(const char *name);
/**
 * Spell a key (0..127) for a key signature (fifths, clamped to -7..7): in C: C C# D Eb E F F# G Ab A Bb B, in
 * other keys the same transposed, so that the notes of the scale come out diatonic.
 */
struct mos_pitch mos_pitch_spell(uint8_t key, int fifths);
/**
 * Write the name ("C#4", "Bb-1"), NUL-terminated; at most 8 bytes with the NUL.
 * @return length; -EINVAL no pitch; -ENOSPC.
 */
int mos_pitch_format(struct mos_pitch pitch, char *buf, size_t size);
/** 1 when both sound the same key. */
int mos_pitch_enharmonic(struct mos_pitch a, struct mos_pitch b);
/** Frequency in Hz, equal temperament; a4_hz 440 by default. */
double mos_key_to_hz(double key, double a4_hz);

#ifdef __cplusplus
}
#endif
#endif
