/* SPDX-License-Identifier: MIT */
/**
 * Hands for what is played and written nowhere: the keys that sound are fingered as mos_fret_propose() would,
 * and the hands go there as soon as they are known. Ticks are milliseconds here. Pure but for that one's
 * memory.
 */
#ifndef WIDGET_HANDS_LIVE_H
#define WIDGET_HANDS_LIVE_H

#include "aim.h"
#include "played.h"

#define HANDS_LIVE 16u    /* keys at once; more are left out */
#define HANDS_LIVE_MS 120 /* the way of a finger that knew nothing: it leaves at once */

/** Zeroed: silence. */
struct hands_live {
	struct hands_note note[2 * HANDS_LIVE]; /* those of before, those that sound */
	unsigned n_before, n;                   /* n: of both */
	int64_t still_ms;                       /* from then on nothing moves */
};

/** @return 1: something sounds. */
int hands_live_take(struct hands_live *live, const struct mos_fret_neck *neck, const struct played *played,
	int64_t now_ms);

#endif
