/* SPDX-License-Identifier: MIT */
/**
 * Where notes are played on a neck, and with which fingers (HRM-09): the cheapest way through a piece by dynamic
 * programming over the grips of each chord. A grip keeps one note a string, no more than four fingers and a reach
 * that a hand has; a string that sounds is not struck again before its note ends; moving the hand costs the more, the
 * less time there is.
 *
 * Frets are spaced as on an instrument (HRM-07): the distance of fret f from the nut is scale * (1 - 2^(-f/12)), so a
 * reach of so many millimetres is three frets at the nut and six high up.
 *
 * Time and memory are bounded whatever the notes are: of a long piece the way is looked for in stretches of some
 * thousand chords, and where a neck of many strings has too many ways of playing a chord not all are tried; each
 * chord of a piece has its share of the tries.
 *
 * Pure but for memory; any thread.
 */
#ifndef MOS_FRETTING_H
#define MOS_FRETTING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_FRET_STRINGS 12u
#define MOS_FRET_DEGREES 6u

/** The instrument. */
struct mos_fret_neck {
	uint8_t n_strings;                /**< 1..MOS_FRET_STRINGS */
	uint8_t n_frets;                  /**< 1..36 */
	uint8_t capo;                     /**< frets are counted from it */
	uint8_t open[MOS_FRET_STRINGS];   /**< keys; string 1, the highest-sounding usually, first */
	float scale_mm;                   /**< 0: 648 */
};

/** A guitar in standard tuning, 24 frets. */
static const struct mos_fret_neck mos_fret_guitar = {6, 24, 0, {64, 59, 55, 50, 45, 40}, 648.0f};

/** A note; in order of `tick`, those of a chord at the same one. */
struct mos_fret_note {
	int64_t tick; /**< no further from 0 than 2^61 */
	uint32_t duration_ticks;
	uint8_t key;          /**< 0..127 */
	uint8_t string, fret; /**< where somebody has put it: it stays there, and needs fingers alone; string 0: anywhere */
};

enum mos_fret_right { MOS_FRET_P = 1, MOS_FRET_I, MOS_FRET_M, MOS_FRET_A };

/** What is proposed for a note. */
struct mos_fret_place {
	uint8_t string; /**< 1..n_strings; 0: left out; of a note that has its place: no hand can do it */
	uint8_t fret;   /**< from the capo; 0 open */
	uint8_t finger; /**< left hand 1..4; 0: open */
	uint8_t right;  /**< enum mos_fret_right; 0: left out */
};

/** What a proposal leaves out and costs. */
struct mos_fret_report {
	size_t n_left_out;    /**< of those that had no place */
	size_t n_unreachable; /**< of these: that the neck does not have */
	size_t n_shifts;     /**< the hand moves */
	float widest_mm;     /**< of any grip: from the lowest to the highest fretted note */
};

/** The widest reach of a grip, from finger to finger, and the most fingers. */
#define MOS_FRET_REACH_MM 125.0f
#define MOS_FRET_FINGERS 4u

/** Millimetres from the nut (or capo) to a fret. */
float mos_fret_mm(const struct mos_fret_neck *neck, unsigned fret);

/**
 * Propose places.
 * @param degree  0: everything that can be played; 1: no inner tone that is there twice; 2: four notes at most; 3: three;
 *                4: the highest and the lowest; 5: the highest alone.
 * @param ret     n places.
 * @return 0; -EINVAL notes out of order or too far away, a neck without strings, a degree that is none; -ENOMEM.
 */
int mos_fret_propose(const struct mos_fret_neck *neck, const struct mos_fret_note *note, size_t n, unsigned degree,
	struct mos_fret_place *ret, struct mos_fret_report *ret_report);

#ifdef __cplusplus
}
#endif
#endif
