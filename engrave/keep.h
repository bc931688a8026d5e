/* SPDX-License-Identifier: MIT */
/**
 * Engraving again after an edit. What a system shows follows from what it is made of: once lines are broken
 * and its columns have their places, all of that is mixed into a key (same.c). A system whose key is known
 * from the time before takes its ink from there (keep.c), and no pass looks at it.
 *
 * Systems that something joins (a slur, a tie, a line behind a syllable) share their fate: what is decided
 * for one piece may follow from what stands in the other.
 */
#ifndef ENGRAVE_KEEP_H
#define ENGRAVE_KEEP_H

#include <score/mix.h>

#include "impl.h"

struct eng_key {
	uint64_t word[2];
};

/** While keys are made. */
struct eng_same {
	struct eng *e;
	struct mix128 *mix;     /**< per system */
	uint32_t *first_event;  /**< likewise, and one behind */
	uint32_t *joined_until; /**< likewise: the last that something joins it with */
	uint32_t n_mixed;       /**< elements, once for each system that they last through */
	int is_cancelled;
};

/** Keys of all systems, and the first system of those that each is joined with. @return 0, -ENOMEM,
 * -ECANCELED. */
int eng_find_keys(struct eng *e, struct eng_key *key, uint32_t *home);

/** Mix words into a system's key. */
void eng_same_mix(struct eng_same *s, uint32_t system, const void *data, size_t n);
/** What is drawn in one of these systems depends on the others. */
void eng_same_join(struct eng_same *s, uint32_t first, uint32_t last);
/** An event as its system knows it, whatever comes before. */
uint32_t eng_same_event(const struct eng_same *s, uint32_t system, uint32_t event);
/* What those know who draw them. */
int eng_same_lyrics(struct eng_same *s);  /**< lyrics.c */
int eng_same_endings(struct eng_same *s); /**< outside.c */

struct engrave_kept;
/** One run's share of what is kept. */
struct eng_keep {
	struct engrave_kept *kept;
	struct eng_key *key;      /**< per system */
	uint32_t *home;           /**< likewise */
	uint32_t *first_event;    /**< likewise */
	struct kept_system **old; /**< likewise: where its ink is taken from; NULL: it is set */
	float *staff_y;           /**< by system and staff: before pages are filled */
	struct eng_box *ink;      /**< per system, likewise */
};

/** Behind eng_hide(): systems that are known are left alone from now on. */
int eng_keep_begin(struct eng *e, struct engrave_kept *kept);
/** Behind eng_stack(): remember the distances that are as usual. */
void eng_keep_stacked(struct eng *e);
/** Behind eng_pages(). @return 1: systems whose staves are farther apart now have to be set after all: they
 * are all that is to be done; `before` then gets the chords of those that have been. */
int eng_keep_moved(struct eng *e);
/** When all is set that has to be: what is kept is left alone, chords get their places. */
void eng_keep_settle(struct eng *e, const struct eng_chord_place *before);
/**
 * Remember what was set now, forget what nobody asked for in the last runs.
 * @param order  Ink of each system in the order of its pages, as eng_emit() has it.
 * @param start  By system: where its ink begins in `order`; and one behind.
 */
void eng_keep_end(struct eng *e, const uint32_t *order, const uint32_t *start);

/** Ink with its measure and head as its system counts them. */
struct kept_ink {
	struct mos_shape shape;
	struct eng_box box;
	uint32_t staff, measure;
	uint32_t event, head; /**< of its chord; event ENG_NONE: it is no head */
};
/** Ink of a system that is kept, in the order of its pages; NULL and 0: it is not. */
const struct kept_ink *eng_kept_ink(const struct eng *e, uint32_t system, uint32_t *ret_n);

#endif
