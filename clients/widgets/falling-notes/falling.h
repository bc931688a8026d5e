/* SPDX-License-Identifier: MIT */
/** Notes of the score that fall towards the keys, and touch them when they are due. In the order in which
 * they are played: measures and ticks are those of the clock. Pure. */
#ifndef WIDGET_FALLING_H
#define WIDGET_FALLING_H

#include <mos/draw.h>
#include <mos/value.h>

#include "order.h"
#include "piano.h"

#define FALLING_MEASURES 16u /**< that are known at once */
#define FALLING_NOTES 384u   /**< of a measure; more are left out */

struct falling_note {
	int64_t tick, duration;
	uint8_t key, part, velocity;
};

struct falling_measure {
	uint32_t index;  /**< as played */
	uint32_t number; /**< as written, from 1 */
	int is_known;
	int is_old;             /**< of before an edit: drawn until it is known anew */
	int64_t tick, duration; /**< duration 0: nothing is known of it but that it cannot be had */
	uint32_t n;
	struct falling_note note[FALLING_NOTES];
};

struct falling {
	struct falling_measure measure[FALLING_MEASURES]; /**< index modulo their number */
	struct order order;                               /**< n_measures 0: there is no score */
	uint32_t at;                                      /**< measure that plays */
	int64_t tick;                                     /**< where it plays */
	int64_t from_tick; /**< counting in, what is written before the start does not fall: it will not sound
			    */
	uint32_t only_part; /**< 0: all of them; else its number, from 1 */
	double ahead_beats; /**< how much is seen above the keys */
};

/** Another score, or an edited one: what is known stays in sight until it is known anew. `order` is to be
 * set. */
void falling_clear(struct falling *f, int is_edited);
/** Index of a measure that will be seen and is not known, the nearest first; UINT32_MAX: none. */
uint32_t falling_missing(const struct falling *f);
/** What hermes.note.list answered for the written measure that is played as number `index`; rows that are no
 * notes are left out. */
void falling_put(struct falling *f, uint32_t index, const struct mos_value *answer);

/** Where a tick lies above the keys: the lower edge of `lane` is now. */
float falling_y(const struct falling *f, struct mos_box lane, int64_t tick);
void falling_draw(struct mos_draw *d, const struct falling *f, const struct played *played);

#endif
