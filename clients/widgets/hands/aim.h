/* SPDX-License-Identifier: MIT */
/**
 * Where the fingers of two hands are wanted at a moment (HRM-08): the left one's on a neck, the right one's
 * on the strings over the sound hole. A finger stays down for as long as its notes last, leaves in time, and
 * is there on the beat; one that has several strings at a fret lies over them. The hand goes with its
 * fingers. Pure.
 *
 * Space, in millimetres: x along the strings from the nut to the bridge, y across them to the
 * highest-sounding one, 0 in the middle, z away from the frets.
 */
#ifndef WIDGET_HANDS_AIM_H
#define WIDGET_HANDS_AIM_H

#include <mos/fretting.h>

#include "solve.h"

enum hands_side { HANDS_LEFT, HANDS_RIGHT, HANDS_SIDES };

#define HANDS_T 5u /* left hand: the thumb, over the neck */
#define HANDS_C 5u /* right hand: the little finger, behind enum mos_fret_right */

/** A note and who plays it; in order of `tick`. */
struct hands_note {
	int64_t tick, end_tick;
	uint8_t key;
	uint8_t string; /**< from 1, the highest-sounding; 0: it is not played */
	uint8_t fret;   /**< from the capo; 0: open */
	uint8_t finger; /**< left: 1..4, HANDS_T; 0: open, or nobody knows */
	uint8_t right;  /**< enum mos_fret_right, HANDS_C; 0: nobody knows */
};

#define HANDS_NUT_GAP_MM 7.2f /* from string to string */
#define HANDS_BRIDGE_GAP_MM 10.8f
#define HANDS_HOLE 0.78f /* of the scale: where strings are plucked */

/** Of its strings, as mos_fret_mm() counts. */
float hands_scale_mm(const struct mos_fret_neck *neck);
struct hands_vec hands_on_string(const struct mos_fret_neck *neck, unsigned string, float x);
/** Where a fingertip presses: just behind the fret. @param fret  from the capo, 1 at least. */
struct hands_vec hands_on_fret(const struct mos_fret_neck *neck, unsigned string, unsigned fret);

/** What a finger does at that moment. */
struct hands_touch {
	uint8_t is_down;
	uint8_t from, to; /**< strings that it holds or plucks, the highest-sounding one first */
	uint8_t fret;
};

/**
 * @param ret        In space; of the right hand in the mirror, y the other way round (hands_show() turns it
 * back).
 * @param ret_touch  Of each finger.
 */
void hands_aim(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n,
	enum hands_side side, double tick, struct hands_task *ret,
	struct hands_touch ret_touch[HANDS_FINGERS]);

/** A hand as it is seen. */
struct hands_seen {
	struct hands_pose pose; /**< its joints in space, on either side */
	struct hands_touch touch[HANDS_FINGERS];
	struct hands_result result;
};
void hands_show(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n,
	enum hands_side side, double tick, struct hands_seen *ret);

#endif
