/* SPDX-License-Identifier: MIT */
/** Shapes of slurs: what ink they pass, and the bow that passes it best (bow.c). */
#ifndef ENGRAVE_BOW_H
#define ENGRAVE_BOW_H

#include "layers.h"

/** The edge of some ink that faces a bow: a straight line from x0 to x1. */
struct eng_edge {
	float x0, x1, y0, y1;
	float clear; /**< how far a bow stays off it */
};

struct eng_edges {
	float side; /**< where the bow goes: -1 above, 1 below */
	struct eng_edge *edge;
	uint32_t n, max;
};

struct eng_bow_end {
	float x, y;
	int is_free;   /**< at no note: the end of a line */
	int is_beside; /**< of a head, within what stands above or below it */
};

struct eng_bow_shape {
	float x0, y0, x1, y1, h0, h1; /**< ends; how far the control points go off the chord */
	float cost;                   /**< 0: as it would be with nothing in its way */
};

/** What of a shape faces the bow; its y is moved by `dy`. @return 0, -ENOMEM. */
int eng_add_edges(struct eng *e, struct eng_edges *edges, const struct mos_shape *shape, float dy);
int eng_add_edge(struct eng *e, struct eng_edges *edges, struct eng_edge edge);
/** y of an end outside of all that stands there. `from`, `to`: where the bow goes. */
float eng_outside_of(const struct eng_edges *edges, float x, float y, float from, float to);
/** Of many bows, the one that costs least. */
struct eng_bow_shape eng_best_bow(const struct eng_edges *edges, struct eng_bow_end a, struct eng_bow_end b);

#endif
