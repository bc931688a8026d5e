/* SPDX-License-Identifier: MIT */
/** Strips and what their zones send: each sound is read once, and added to all that it goes to. */
#ifndef FX_KERNEL_SUM_H
#define FX_KERNEL_SUM_H

#include "fx_kernel.h"
#include "fx_kernel_vec.h"

static void mix(const struct fx_source source[], uint32_t n_sources, float *const to[FX_SENDS][2], uint32_t n)
	MOS_RT
{
	for (uint32_t c = 0; c < 2; c++)
		for (uint32_t i = 0; i < n; i += W) {
			vf y[FX_SENDS] = {0};

			for (uint32_t s = 0; s < n_sources; s++) {
				vf x = load_left(source[s].x[c] + i, n - i);

				for (uint32_t u = 0; u < FX_SENDS; u++)
					y[u] += x * source[s].gain[u];
			}
			for (uint32_t u = 0; u < FX_SENDS; u++)
				store(to[u][c] + i, y[u]);
		}
}

INLINE vf ramp(const struct fx_ramp *r, uint32_t i) MOS_RT
{
	vf frame = frames_from(r->frame + i + 1);
	vi moves = frame <= (float)FX_RAMP;
	vf gain = r->from + (r->to - r->from) * (frame / (float)FX_RAMP);

	return (vf)(((vi)gain & moves) | ((vi)spread(r->to) & ~moves));
}

INLINE void add(float *to, vf x, uint32_t left) MOS_RT
{
	store_left(to, load_left(to, left) + x, left);
}

static void sum(struct fx_sum *s, uint32_t first, uint32_t k, uint32_t n) MOS_RT
{
	for (uint32_t c = 0; c < 2; c++) {
		int is_moving = s->gain[c].frame < FX_RAMP;
		vf most = {0};

		for (uint32_t i = first; i < first + n; i += W) {
			uint32_t left = first + n - i;
			vf gain = is_moving ? ramp(&s->gain[c], i) : spread(s->gain[c].to), x, a;
			vi is_more;

			for (uint32_t u = 0; u < FX_SENDS; u++)
				if (s->zone[u][c])
					add(s->zone_to[u][c] + i, load_left(s->zone[u][c] + i, left) * gain,
						left);
			if (!s->x[c])
				continue;
			x = load_left(s->x[c] + i, left);
			a = (vf)((vi)x & 0x7fffffff);
			is_more = a > most; /* what is no number does not count */
			most = (vf)(((vi)a & is_more) | ((vi)most & ~is_more));
			x *= gain;
			add(s->out[c] + i, x, left);
			for (uint32_t u = 0; u < FX_SENDS; u++)
				if (s->send[u][c])
					add(s->send[u][c] + i,
						x * (s->share[u] + s->step[u] * frames_from(k + i - first)),
						left);
		}
		for (int j = 0; j < W; j++)
			s->peak[c] = most[j] > s->peak[c] ? most[j] : s->peak[c];
	}
}

#endif
