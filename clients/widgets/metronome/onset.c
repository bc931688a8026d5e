/* SPDX-License-Identifier: MIT */
#include "onset.h"

#include <math.h>
#include <string.h>

#define HOPS_A_SECOND 1000u
#define LOOK_AHEAD 6u /* hops, in which it gets loud */
#define LOOK_BACK 6u  /* hops, in which it began */
#define DEAF 50u      /* hops; faster than 20 a second nobody claps */
#define FLOOR 0.004f  /* -48 dBFS */
#define RISE 2.2f     /* so much louder than what dies away */
#define ABOVE_NOISE 6.0f
#define BEGUN 0.2f /* of the loudest: there it is heard */

int onset_init(struct onset *o, uint32_t rate_hz)
{
	if (rate_hz < 8000 || rate_hz > 192000)
		return -1;
	*o = (struct onset){.rate_hz = rate_hz, .hop = rate_hz / HOPS_A_SECOND};
	return 0;
}

void onset_at(struct onset *o, uint64_t frame)
{
	const uint32_t rate_hz = o->rate_hz;
	const float noise = o->noise;

	(void)onset_init(o, rate_hz);
	o->noise = noise;
	o->frame = frame;
	o->deaf = LOOK_BACK; /* until there is something before */
}

static float kept(const struct onset *o, uint64_t frame)
{
	return fabsf(o->sample[frame % ONSET_KEPT]);
}

/* First sample that is clearly of the sound that triggered. */
static uint64_t beginning(const struct onset *o)
{
	const uint64_t to = o->frame, from = to - (uint64_t)(LOOK_AHEAD + LOOK_BACK) * o->hop;
	float loudest = 0, least;

	for (uint64_t f = from; f < to; f++)
		loudest = fmaxf(loudest, kept(o, f));
	least = fmaxf(loudest * BEGUN, fminf(o->before * 1.5f, loudest * 0.9f));
	for (uint64_t f = from; f < to; f++)
		if (kept(o, f) >= least)
			return f;
	return to;
}

/* A hop is full. @return 1: an onset, its beginning in *ret_frame. */
static int step(struct onset *o, uint64_t *ret_frame)
{
	const float level = o->peak, was = o->follower[3];
	int found = 0;

	memmove(&o->follower[1], &o->follower[0], 3 * sizeof(o->follower[0]));
	o->follower[0] = fmaxf(level, o->follower[0] * 0.975f); /* 40 ms to a third */
	/* the noise rises slowly and falls quickly: a stroke is none */
	o->noise += (level - o->noise) * (level > o->noise ? 0.0005f : 0.02f);
	o->peak = 0;
	if (o->wait && --o->wait == 0) {
		*ret_frame = beginning(o);
		found = 1;
		o->deaf = DEAF;
	} else if (o->deaf) {
		o->deaf--;
	} else if (!o->wait && level > FLOOR && level > was * RISE && level > o->noise * ABOVE_NOISE) {
		o->wait = LOOK_AHEAD;
		o->before = was;
	}
	return found;
}

int onset_hear(struct onset *o, float sample, uint64_t *ret_frame)
{
	const float in = isfinite(sample) ? fminf(fmaxf(sample, -8), 8) : 0;
	/* without what rumbles: 100 Hz at 48 kHz, about that elsewhere */
	const float out = 0.987f * (o->last_out + in - o->last_in);

	o->last_in = in;
	o->last_out = fabsf(out) < 1e-15f ? 0 : out;
	o->sample[o->frame % ONSET_KEPT] = out;
	o->frame++;
	o->peak = fmaxf(o->peak, fabsf(out));
	if (++o->since < o->hop)
		return 0;
	o->since = 0;
	return step(o, ret_frame);
}
