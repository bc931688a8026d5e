/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <string.h>

#include "part.h"

#define FOR_LONG_MS INT32_MAX

static int has_key(const struct hands_note *note, unsigned n, uint8_t key)
{
	for (unsigned i = 0; i < n; i++)
		if (note[i].key == key)
			return 1;
	return 0;
}

/* Who is where he is wanted stays there; who stays comes first, as notes are in order. */
static void stay(struct hands_note *before, unsigned n_before, struct hands_note *next, unsigned n)
{
	unsigned n_stay = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < n_before; k++) {
			struct hands_note *old = &before[k], at = next[i];

			if (old->key != at.key || old->string != at.string || old->finger != at.finger)
				continue;
			at.tick = old->tick;
			old->end_tick = old->tick;
			memmove(next + n_stay + 1, next + n_stay, (i - n_stay) * sizeof(*next));
			next[n_stay++] = at;
			break;
		}
}

int hands_live_take(struct hands_live *live, const struct mos_fret_neck *neck, const struct played *played,
	int64_t now_ms)
{
	struct hands_note next[HANDS_LIVE];
	unsigned n = 0;
	int is_same = 1;

	live->n -= live->n_before;
	for (unsigned key = 0; key < 128 && n < HANDS_LIVE; key++)
		if (played->velocity[key]) {
			is_same &= has_key(live->note + live->n_before, live->n, (uint8_t)key);
			next[n++] = (struct hands_note){.tick = now_ms + HANDS_LIVE_MS,
				.end_tick = now_ms + FOR_LONG_MS,
				.key = (uint8_t)key,
				.finger = HANDS_NOBODY};
		}
	if (!is_same || n != live->n) {
		memmove(live->note, live->note + live->n_before, live->n * sizeof(*live->note));
		live->n_before = live->n;
		live->still_ms = now_ms + HANDS_LIVE_MS;
		for (unsigned i = 0; i < live->n; i++)
			live->note[i].end_tick = now_ms;
		hands_propose(neck, next, n);
		stay(live->note, live->n, next, n);
		memcpy(live->note + live->n, next, n * sizeof(*next));
		live->n = n;
	}
	live->n += live->n_before;
	return n > 0;
}
