/* SPDX-License-Identifier: MIT */
/**
 * Hearing chords in sound (CHD-01): from magnitude spectra to what pitch classes sound, from there to a chord with a
 * confidence. The spectra come from outside (an FFT is not music); everything here is pure and allocates nothing.
 *
 *     mos_semitones_add() for each spectrum and the band it is good for -> semitones
 *     mos_chroma_from_semitones()   harmonics explained away            -> chroma
 *     mos_chord_ear_hear()          templates, smoothed over time       -> chord
 *
 * It runs on the device and needs nothing but the samples (CHD-04).
 */
#ifndef MOS_CHROMA_H
#define MOS_CHROMA_H

#include <mos/chord.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_SEMITONES_FIRST 28 /**< E1, 41 Hz: the lowest key that is looked at */
#define MOS_SEMITONES_N 84     /**< seven octaves, to Eb8 */

/** Sound by semitone, on a logarithmic frequency axis: element i is key MOS_SEMITONES_FIRST + i. */
struct mos_semitones {
	float level[MOS_SEMITONES_N];
	/** Where the peaks were between the keys: the sum of unit vectors weighted by level, see mos_semitones_tuning(). */
	float tuning_re, tuning_im;
};

/** One magnitude spectrum and the part of it that is wanted. */
struct mos_spectrum {
	const float *magnitude; /**< n_bins of them, linear, from 0 Hz on; scale does not matter but between spectra */
	uint32_t n_bins;
	float bin_hz;       /**< distance of bins */
	float low_hz;       /**< band to take: from this on */
	float high_hz;      /**< and below this */
	float tuning_cents; /**< how far above 440 Hz the A is, -50..50 */
};

/** Start anew. */
void mos_semitones_init(struct mos_semitones *semitones);
/** Add the peaks of a spectrum; each goes to its nearest semitones. */
void mos_semitones_add(struct mos_semitones *semitones, const struct mos_spectrum *spectrum);
/** By how many cents what was added is off the tuning it was added with, -50..50. 0: nothing there. */
float mos_semitones_tuning(const struct mos_semitones *semitones);

struct mos_chroma {
	float treble[12]; /**< share of each pitch class, sum 1; all 0: silence */
	float bass[12];   /**< the same of what is below C4 and low in the sound */
	float level;      /**< of the whole, in the unit of the spectra */
};

/**
 * Which notes make this sound? Each is a fundamental with falling harmonics; their strengths are found by
 * multiplicative updates (Lee and Seung, 2000), so that overtones count as part of the note below.
 */
void mos_chroma_from_semitones(const struct mos_semitones *semitones, struct mos_chroma *ret);

/** What one ear knows. */
#define MOS_EAR_N_QUALITIES 8
#define MOS_EAR_N_STATES (12 * MOS_EAR_N_QUALITIES + 1)

struct mos_chord_ear {
	float belief[MOS_EAR_N_STATES]; /**< sum 1; the last is "no chord" */
	float bass[12];                 /**< what lay lowest of late */
	float usual_level;              /**< how loud it usually is: silence is far below */
	int32_t state;                  /**< what was said last: root + 12 * quality */
};

struct mos_chord_heard {
	struct mos_chord chord; /**< spelled as is usual; mos_chord_spell() for a key */
	float confidence;       /**< 0..1: how sure it is of this chord */
};

void mos_chord_ear_init(struct mos_chord_ear *ear);
/**
 * Hear the next bit of sound: one step of a hidden Markov model over major, minor, diminished, augmented, suspended
 * and seventh chords and silence.
 * @param seconds  Since the last step; the shorter, the more likely that the chord is still the same.
 * @return 1 the chord is another than before; 0.
 */
int mos_chord_ear_hear(
	struct mos_chord_ear *ear, const struct mos_chroma *chroma, float seconds, struct mos_chord_heard *ret);

#ifdef __cplusplus
}
#endif
#endif
