/* SPDX-License-Identifier: MIT */
/**
 * Tonality: tonic and mode, what musicians call the key (mos/pitch.h calls keys what a piano has). Its names and
 * signatures, and finding it from what was played. Pure functions; the caller owns all memory.
 */
#ifndef MOS_TONALITY_H
#define MOS_TONALITY_H

#include <mos/chord.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mos_tonality {
	struct mos_tone tonic;
	uint8_t minor; /**< 1: minor */
	uint8_t reserved;
};

/** From a signature, as key:change has it; fifths is clamped to -7..7. */
struct mos_tonality mos_tonality_from_signature(int fifths, int minor);
/** From a pitch class, spelled with the fewest accidentals: Db and F# major, C#, Eb, F#, G# and Bb minor. */
struct mos_tonality mos_tonality_from_class(int pitch_class, int minor);
/** Its signature: -7 flats .. 7 sharps; beyond that for tonics like G# major. */
int mos_tonality_fifths(struct mos_tonality tonality);
/** Bit n: pitch class n belongs to its scale; minor has the raised sixth and seventh too. */
uint16_t mos_tonality_scale(struct mos_tonality tonality);
/**
 * Read "Eb", "F# minor", "C:min", "Am", "bb" (a small letter is minor). The whole of `text`; SIZE_MAX:
 * NUL-terminated.
 * @return 0; -EINVAL, `ret` is not written.
 */
int mos_tonality_parse(const char *text, size_t len, struct mos_tonality *ret);
/** "F# minor", at most 12 bytes with the NUL. @return length; -EINVAL, -ENOSPC. */
int mos_tonality_format(struct mos_tonality tonality, char *buf, size_t size);

/** Finding: weights of pitch classes that fade, compared with what the keys usually have; a key once found stays
 * until another has been better for a while. */
struct mos_tonality_finder {
	float weight[12];
	struct mos_tonality found; /**< valid while `is_found` */
	uint8_t is_found;
	uint8_t reserved[3];
	int32_t rival;      /**< 0..11 major, 12..23 minor: who is better now; -1: nobody */
	float rival_s;      /**< since when, seconds */
	float confidence;   /**< 0..1, of what is found */
};

void mos_tonality_finder_init(struct mos_tonality_finder *finder);
/**
 * Tell what sounded.
 * @param weight     Of each pitch class, 0 and above: how much of the time it sounded, how loud.
 * @param seconds    For how long; what was told before fades to half in 12 s.
 * @return 1 the found key changed; 0.
 */
int mos_tonality_finder_add(struct mos_tonality_finder *finder, const float weight[12], float seconds);
/** The best key for weights, without memory: 0..11 major, 12..23 minor; -1: none sounds.
 * @param ret_match  24 correlations, -1..1; may be NULL. */
int mos_tonality_match(const float weight[12], float ret_match[24]);

#ifdef __cplusplus
}
#endif
#endif
