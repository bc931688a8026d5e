/* SPDX-License-Identifier: MIT */
/** The chord strip: measures in lines with the chords of the score, and where we are. Pure. */
#ifndef WIDGET_STRIP_H
#define WIDGET_STRIP_H

#include <mos/draw.h>

#include "order.h"

#define STRIP_CACHE 128u /* measures that are known at one time */
#define STRIP_CHORDS 8u  /* of a measure; more are too narrow to be read */
#define STRIP_TEXT 24u

struct strip_chord {
	int64_t tick;
	char symbol[STRIP_TEXT], roman[STRIP_TEXT];
};

struct strip_measure {
	uint32_t index;
	int is_known;
	int64_t tick, duration;
	uint32_t n_chords;
	struct strip_chord chord[STRIP_CHORDS];
};

struct strip {
	uint32_t n_measures; /* of the score */
	struct strip_measure measure[STRIP_CACHE];
	/* the picture */
	uint32_t columns; /* wanted; 0: as many as fit */
	int has_numerals;
	int is_written; /* the score has chords of its own: what is heard is left out */
	/* where we are */
	int64_t tick;
	uint32_t at; /* the measure */
	int has_place;
};

/* Forget what is known of the score. */
void strip_clear(struct strip *s, uint32_t n_measures);
/* @return a measure that is known, NULL. */
const struct strip_measure *strip_get(const struct strip *s, uint32_t index);
/* Begin a measure anew; its chords are added in order. */
struct strip_measure *strip_put(struct strip *s, uint32_t index, int64_t tick, int64_t duration);
void strip_add(struct strip_measure *m, int64_t tick, const char *symbol, const char *roman);
/* A chord was heard where the score has none written: it stands on the nearest half beat, in the place of
 * what was heard there before. @return 1: it is shown. */
int strip_hear(struct strip *s, int64_t tick, const char *symbol, const char *roman);

/* Where what is played is written. `measure` and `tick` are the clock's: the measure is of a few moments
 * before the tick. */
void strip_place(struct strip *s, const struct order *order, uint32_t measure, int64_t tick);

struct strip_layout {
	struct mos_box area;
	uint32_t columns, rows, first; /* first: index of the measure at the top left */
};
struct strip_layout strip_layout(const struct strip *s, float width, float height);
struct mos_box strip_box(const struct strip_layout *l, uint32_t index);
/* x of a tick in a measure's box. */
float strip_x(struct mos_box box, const struct strip_measure *m, int64_t tick);
/* The chord that sounds at a tick: the last one not after it, of this or an earlier measure.
 * @return 0: none is known. */
int strip_chord_at(const struct strip *s, int64_t tick, uint32_t *ret_measure, uint32_t *ret_chord);
/* The next measure of the picture that is not known; UINT32_MAX: all are. */
uint32_t strip_missing(const struct strip *s, const struct strip_layout *l);
/* @return the tick at a point, -1: no measure that is known. */
int64_t strip_tick_at(const struct strip *s, const struct strip_layout *l, struct mos_point at);

void strip_draw(struct mos_draw *d, const struct strip *s);

#endif
