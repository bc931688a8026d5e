/* SPDX-License-Identifier: MIT */
#include "align.h"

#include <stdlib.h>
#include <string.h>

#include "../block.h"

#define RING (ALIGN_MAX + BLOCK_MAX) /* a block more: what is read was not overwritten by it */
static_assert((RING & (RING - 1)) == 0);
#define FADE 256u /* frames */

struct line {
	uint32_t at;       /* of the ring, where the next frame goes */
	uint32_t n_behind; /* frames that are remembered, at most ALIGN_MAX */
	uint32_t from, to; /* delays; on the way from one to the other */
	uint32_t faded;    /* frames; FADE: there */
	uint32_t n_silent; /* frames since something came in */
	float ring[2][RING];
};

struct align {
	int is_settled; /* delays hold at once, while nothing has come in */
	struct line line[ALIGN_LINES];
};

struct align *align_create(void)
{
	struct align *a = malloc(sizeof(*a));

	if (!a)
		return NULL;
	memset(a, 0, sizeof(*a)); /* all of it, so that no page is missing later */
	for (uint32_t i = 0; i < ALIGN_LINES; i++) {
		a->line[i].faded = FADE;
		a->line[i].n_silent = ALIGN_MAX + FADE;
	}
	return a;
}

void align_destroy(struct align *a)
{
	free(a);
}

uint32_t align_line(uint32_t strip) MOS_RT
{
	if (strip < ALIGN_STRIPS)
		return strip;
	return strip == ALIGN_CLIPS ? ALIGN_STRIPS : ALIGN_NONE;
}

int align_is_awake(const struct align *a, uint32_t line, uint32_t delay) MOS_RT
{
	const struct line *d = &a->line[line];

	return d->n_silent < ALIGN_MAX + FADE || d->to != delay || d->faded < FADE;
}

void align_pass(struct align *a, uint32_t line) MOS_RT
{
	a->line[line].n_behind = 0;
}

void align_settle(struct align *a) MOS_RT
{
	a->is_settled = 1;
	for (uint32_t i = 0; i < ALIGN_LINES; i++)
		a->line[i].n_behind = ALIGN_MAX;
}

static void steer(struct line *d, uint32_t delay, int at_once) MOS_RT
{
	if (d->faded < FADE || d->to == delay || d->n_behind < delay)
		return;
	d->from = d->to;
	d->to = delay;
	d->faded = at_once ? FADE : 0;
}

static void read_back(const struct line *d, const float *ring, float *x, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i++) {
		float late = ring[(d->at + i - d->to) % RING], share;

		x[i] = late;
		if (d->faded + i >= FADE)
			continue;
		share = (float)(d->faded + i) / (float)FADE;
		x[i] = ring[(d->at + i - d->from) % RING] * (1 - share) + late * share;
	}
}

static int sounds(const float *x, uint32_t n) MOS_RT
{
	uint32_t any = 0;

	for (uint32_t i = 0; i < n; i++)
		any |= x[i] != 0;
	return any != 0;
}

void align_process(struct align *a, uint32_t line, uint32_t delay, float *l, float *r, uint32_t n) MOS_RT
{
	struct line *d = &a->line[line];
	float *const side[2] = {l, r};
	int is_heard = 0;

	delay = delay < ALIGN_MAX ? delay : ALIGN_MAX;
	steer(d, delay, a->is_settled);
	for (uint32_t c = 0; c < 2 && side[c]; c++) {
		is_heard |= sounds(side[c], n);
		for (uint32_t i = 0; i < n; i++)
			d->ring[c][(d->at + i) % RING] = side[c][i];
		if (d->to != 0 || d->faded < FADE)
			read_back(d, d->ring[c], side[c], n);
	}
	a->is_settled &= !is_heard;
	d->n_silent = is_heard ? 0 : d->n_silent + n < ALIGN_MAX + FADE ? d->n_silent + n : ALIGN_MAX + FADE;
	d->n_behind = d->n_behind + n < ALIGN_MAX ? d->n_behind + n : ALIGN_MAX;
	d->faded = FADE - d->faded > n ? d->faded + n : FADE;
	d->at = (d->at + n) % RING;
}
