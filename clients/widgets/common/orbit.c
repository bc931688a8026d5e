/* SPDX-License-Identifier: MIT */
#include "orbit.h"

#include <string.h>

#define RADIANS_PER_POINT 0.008f
#define NEARER (1 / 1.1f)
#define FARTHER 1.1f
#define KEY_TURN 0.2617994f /* 15 degrees */
#define KEY_TILT 0.0872665f /* 5 */

int orbit_pointer(struct orbit *o, const struct mos_pointer *at, struct orbit_move *ret)
{
	*ret = (struct orbit_move){.zoom = 1};
	if (at->kind == MOS_POINTER_WHEEL && at->wheel != 0) {
		ret->zoom = at->wheel > 0 ? NEARER : FARTHER;
	} else if (at->kind == MOS_POINTER_DOWN && at->button == 1) {
		o->is_held = 1;
	} else if (o->is_held && at->kind == MOS_POINTER_MOVE && at->buttons & 1) {
		ret->turn = (o->from.x - at->at.x) * RADIANS_PER_POINT;
		ret->tilt = (at->at.y - o->from.y) * RADIANS_PER_POINT;
	} else if (!o->is_held) {
		return 0;
	}
	o->from = at->at;
	if (!(at->buttons & 1))
		o->is_held = 0;
	return 1;
}

int orbit_key(const char *key, struct orbit_move *ret)
{
	static const struct {
		const char *key;
		struct orbit_move move;
	} keys[] = {
		{"left", {-KEY_TURN, 0, 1}},
		{"right", {KEY_TURN, 0, 1}},
		{"up", {0, KEY_TILT, 1}},
		{"down", {0, -KEY_TILT, 1}},
		{"+", {0, 0, NEARER}},
		{"-", {0, 0, FARTHER}},
	};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i].key) == 0) {
			*ret = keys[i].move;
			return 1;
		}
	}
	return 0;
}
