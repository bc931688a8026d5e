/* SPDX-License-Identifier: MIT */
#include "hand.h"

#include <string.h>

int hand_part(const struct hand *h, int under)
{
	return h->part ? h->part : under;
}

int hand_move(struct hand *h, const struct mos_pointer *at, int part, const struct hand_feel *feel, float now,
	float there, float *ret)
{
	if (at->kind == MOS_POINTER_DOWN && at->button == 3) {
		*ret = feel->rest;
		return 1;
	}
	if (at->kind == MOS_POINTER_WHEEL) {
		*ret = now + at->wheel * feel->per_wheel;
		return 1;
	}
	if (at->kind == MOS_POINTER_DOWN && at->button == 1) {
		*h = (struct hand){.part = part, .from_y = at->at.y, .from = now};
		*ret = there;
		return feel->per_point <= 0; /* a knob stays where it is */
	}
	if (at->kind != MOS_POINTER_MOVE || h->part != part || !(at->buttons & 1))
		return 0;
	*ret = feel->per_point > 0 ? h->from + (h->from_y - at->at.y) * feel->per_point : there;
	return 1;
}

void hand_end(struct hand *h, const struct mos_pointer *at)
{
	if (!(at->buttons & 1))
		h->part = 0;
}

int hand_key(const char *key, const char *less, const char *more)
{
	return strcmp(key, less) == 0 ? -1 : strcmp(key, more) == 0;
}
