/* SPDX-License-Identifier: MIT */
/** A camera that goes round what it looks at: what pointer and keys do to it, the same in each widget that
 * has one. Pure. */
#ifndef WIDGET_ORBIT_H
#define WIDGET_ORBIT_H

#include <mos/draw.h>

struct orbit_move {
	float turn, tilt; /**< radians more */
	float zoom;       /**< the distance becomes so many times what it was */
};

/* Zeroed: it is not held. */
struct orbit {
	struct mos_point from; /* where the pointer was while it is held */
	int is_held;
};

/* Drawn with the left button it turns; the wheel: nearer. @return 1: it is the camera's, *ret says how it
 * moves. */
int orbit_pointer(struct orbit *o, const struct mos_pointer *at, struct orbit_move *ret);
/* Arrows, "+", "-". @return 0: another key. */
int orbit_key(const char *key, struct orbit_move *ret);

#endif
