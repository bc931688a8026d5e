/* SPDX-License-Identifier: MIT */
/** Controls under a hand: what pointer and keys do to knobs and faders, the same in each widget that has
 * some. Pure. */
#ifndef WIDGET_HAND_H
#define WIDGET_HAND_H

#include <mos/draw.h>

/** How a control is moved. */
struct hand_feel {
	float rest;      /**< where the right button puts it */
	float per_wheel; /**< by a step of the wheel */
	float per_point; /**< for each point upwards, of one that is turned; 0: it goes where the pointer is
			  */
};

/* Zeroed: it holds nothing. */
struct hand {
	int part;           /* the widget's own number of what is held; 0: nothing */
	float from_y, from; /* where it was taken hold of */
};

/* Which part the pointer means: the one that is held, else the one that is under it. */
int hand_part(const struct hand *h, int under);
/* What the pointer does to that part, which stands at `now`; `there`: the value of the place where the
 * pointer is. The left button holds it until it is up. @return 1: *ret is what it is to be. */
int hand_move(struct hand *h, const struct mos_pointer *at, int part, const struct hand_feel *feel, float now,
	float there, float *ret);
/* Call it last for each pointer: without the left button nothing is held. */
void hand_end(struct hand *h, const struct mos_pointer *at);

/* A pair of keys. @return -1, 1; 0: it is neither. */
int hand_key(const char *key, const char *less, const char *more);

#endif
