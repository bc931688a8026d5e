/* SPDX-License-Identifier: MIT */
/**
 * Chords: what a symbol means and how it is written (MID-02, MID-10). One value for both notations that are read:
 * lead sheets in their dialects ("F#m7b5", "BbΔ9/D", "C-7", "Gø", "E7(b9,#11)", "C6/9") and Harte's
 * ("F#:hdim7/b3", "C:maj(*5)", "N"). Pure functions.
 */
#ifndef MOS_CHORD_H
#define MOS_CHORD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A spelled pitch class: step 0..6 = C D E F G A B, alter in semitones, -3..3. */
struct mos_tone {
	int8_t step;
	int8_t alter;
};

/** 0..11, C = 0. */
int mos_tone_class(struct mos_tone tone);
/** The tone of a pitch class on the line of fifths (F = 0, C = 1, G = 2, Bb = -1), in first .. first + 11. */
struct mos_tone mos_tone_on_fifths(int pitch_class, int first);
/** Place on the line of fifths. */
int mos_tone_fifths(struct mos_tone tone);
/**
 * Read a letter A..G and up to three accidentals (# b x and the Unicode signs) from the front of `text`.
 * @return bytes read; -EINVAL there is none.
 */
int mos_tone_parse(const char *text, size_t len, struct mos_tone *ret);
/** "F#", "Bb"; at most 5 bytes with the NUL. @return length; -EINVAL no tone; -ENOSPC. */
int mos_tone_format(struct mos_tone tone, char *buf, size_t size);

/**
 * What a chord is made of: each tone as the degree it is. 2 is 9, 4 is 11 and 6 is 13, whatever the octave; what
 * sounds alike and means another thing (#9 and b3, #11 and b5, #5 and b13, 13 and bb7) has a bit each.
 */
enum mos_degree {
	MOS_DEGREE_1 = 0,
	MOS_DEGREE_B9,
	MOS_DEGREE_9,
	MOS_DEGREE_S9, /**< #9 */
	MOS_DEGREE_B3,
	MOS_DEGREE_3,
	MOS_DEGREE_11,
	MOS_DEGREE_S11, /**< #11 */
	MOS_DEGREE_B5,
	MOS_DEGREE_5,
	MOS_DEGREE_S5, /**< #5 */
	MOS_DEGREE_B13,
	MOS_DEGREE_13,
	MOS_DEGREE_BB7,
	MOS_DEGREE_B7,
	MOS_DEGREE_7,
	MOS_N_DEGREES
};
#define MOS_HAS(degree) (1u << MOS_DEGREE_##degree)

/** What a chord is called by its first three tones. Harte's name decides there, the tones on lead sheets. */
enum mos_chord_family {
	MOS_CHORD_NONE = 0, /**< no chord: "N.C." */
	MOS_CHORD_MAJOR,
	MOS_CHORD_MINOR,
	MOS_CHORD_DIMINISHED,
	MOS_CHORD_AUGMENTED,
	MOS_CHORD_SUSPENDED,
	MOS_CHORD_OTHER, /**< power chords, single tones, lists without a third */
};

struct mos_chord {
	struct mos_tone root;
	struct mos_tone bass; /**< the root where no other */
	uint16_t degrees;     /**< bits of enum mos_degree; the bass need not be among them */
	uint8_t family;       /**< enum mos_chord_family */
	uint8_t reserved;
};

#define MOS_CHORD_TEXT_MAX 64u /**< room for every symbol that mos_chord_format() writes, with its NUL */

/**
 * Read a chord symbol; the whole of `text` (`len` bytes; SIZE_MAX: NUL-terminated).
 *
 * @param ret_where  May be NULL. Where 1 is returned, the byte at which the other chord begins, which then ends
 *                   one byte before the end; where -EINVAL is, the first byte that makes no sense.
 * @return 0; 1 another chord stands behind it in brackets, "A7(Eb7)", and is a chord too; -EINVAL, `ret` is not
 *         written.
 */
int mos_chord_parse(const char *text, size_t len, struct mos_chord *ret, size_t *ret_where);

/**
 * Write the one symbol that this chord has here ("Cm7b5", "F#maj7/A#", "N.C."): ASCII, read back as an equal
 * chord.
 * @return length; -EINVAL no chord; -ENOSPC.
 */
int mos_chord_format(const struct mos_chord *chord, char *buf, size_t size);

/** Bit n: pitch class n sounds; bass included. No chord: 0. */
uint16_t mos_chord_pitch_classes(const struct mos_chord *chord);
/** The same root, spelling included, bass and degrees. */
int mos_chord_equal(const struct mos_chord *a, const struct mos_chord *b);
/** Semitones of a degree above the root, 0..11. */
int mos_degree_semitones(enum mos_degree degree);
/** The tone that a degree is above a root, spelled as such. */
struct mos_tone mos_degree_tone(struct mos_tone root, enum mos_degree degree);
/** By third and fifth. Third missing: a fourth or second suspends. */
enum mos_chord_family mos_degrees_family(uint16_t degrees);
/** Pitch classes of degrees above a pitch class. */
uint16_t mos_degrees_pitch_classes(uint16_t degrees, int root_class);

#ifdef __cplusplus
}
#endif
#endif
