/* SPDX-License-Identifier: MIT */
/*
 * The voices of a block, divided among the workers. Strips are put into units before any voice is made, in their order, so
 * that most stay with one worker; whoever is free makes the next one. A strip's voices are one thread's and are added in
 * their order, and strips are added up afterwards, so the bits are those that one thread alone would make.
 */
#include "voice.h"

#define LEAST_SHARED 48u /* voices: fewer are sooner made than handed over */
#define UNIT_LEAST 24u   /* of a unit, or its filters would not fill their lanes */
static_assert(VOICE_UNITS <= WORKERS_UNITS);

static void divide(struct sampler *s) MOS_RT
{
	uint32_t n_voices = s->n_pool - s->n_free, least = n_voices / (VOICE_UNITS - 2);
	struct voice_unit u = {.n_voices = 0};

	least = least > UNIT_LEAST ? least : UNIT_LEAST;
	s->n_units = 0;
	for (uint64_t m = s->sounding; m; m &= m - 1) {
		uint32_t strip = (uint32_t)__builtin_ctzll(m);

		u.strips |= m & -m;
		u.n_voices += s->strip[strip].n;
		if (u.n_voices < least && (m & (m - 1)))
			continue;
		s->unit[s->n_units++] = u;
		u = (struct voice_unit){.n_voices = 0};
	}
}

static void make(void *data, uint32_t unit, uint32_t worker) MOS_RT
{
	struct sampler *s = data;
	struct voice_unit *u = &s->unit[unit];
	struct voice_work *w = s->work[worker];

	u->worker = worker;
	u->first = w->n_ended;
	render_strips(s, w, u->strips, s->to);
	u->n_ended = w->n_ended - u->first;
}

static void settle(struct sampler *s, uint32_t unit) MOS_RT
{
	const struct voice_unit *u = &s->unit[unit];

	render_settle(s, s->work[u->worker], u->first, u->n_ended);
}

uint64_t share_block(struct sampler *s, uint32_t to) MOS_RT
{
	uint32_t late;

	if (!s->workers || s->held || s->n_pool - s->n_free < LEAST_SHARED || !workers_are_free(s->workers)) {
		sampler_advance_all(s, to);
		return 0;
	}
	divide(s);
	if (s->n_units < 2) {
		sampler_advance_all(s, to);
		return 0;
	}
	s->to = to;
	for (uint32_t i = 0; i < WORKERS_MAX; i++) {
		s->work[i]->frame = s->frame;
		s->work[i]->is_heard = s->sends.is_heard;
		s->work[i]->n_ended = 0;
	}
	late = workers_run(s->workers, make, s, s->n_units, &s->job);
	for (uint32_t i = 0; i < s->n_units; i++)
		if (i != late)
			settle(s, i);
	s->work[0]->n_ended = 0;
	if (late == WORKERS_UNITS)
		return 0;
	s->held = s->sends.held = s->unit[late].strips;
	s->held_unit = late;
	s->held_frames = 0;
	return s->held;
}

int share_is_back(struct sampler *s) MOS_RT
{
	if (workers_is_late(s->workers, s->job))
		return 0;
	settle(s, s->held_unit);
	return 1;
}
