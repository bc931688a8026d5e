/* SPDX-License-Identifier: MIT */
/** The chorus' loop over frames. */
#ifndef FX_KERNEL_CHORUS_H
#define FX_KERNEL_CHORUS_H

#include "chorus.h"
#include "fx_kernel_delay.h"

static void run_chorus(struct chorus *c, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT
{
	const float *in[2] = {in_l, in_r};
	float *out[2] = {out_l, out_r};
	vi alive = {0};

	for (int s = 0; s < 2; s++) {
		float x[CHORUS_VOICES][FX_ROW], feed[FX_GRID];

		for (uint32_t v = 0; v < CHORUS_VOICES; v++)
			delay_read_moving(c->ring[s], c->ring_size, c->pos, c->delay[s][v],
				c->delay_step[s][v], k, x[v], n);
		for (uint32_t i = 0; i < n; i += W) {
			vf t = frames_from(k + i), wet = {0}, y;

			for (uint32_t v = 0; v < CHORUS_VOICES; v++)
				wet += load(x[v] + i) * 0.57735027f;
			/* three copies of the same phase would be 1.73 times as high */
			y = wet * 0.57735027f * (c->feedback.now + c->feedback.step * t);
			y = tidy(c->on ? load_left(in[s] + i, n - i) + y : y);
			alive |= alive_bits(y, n - i);
			store(feed + i, y);
			store_left(out[s] + i,
				load_left(out[s] + i, n - i) + wet * (c->level.now + c->level.step * t),
				n - i);
		}
		delay_write(c->ring[s], c->ring_size, c->pos, feed, n);
	}
	c->alive |= (uint8_t)any_bit(alive);
	c->pos += n;
}

#endif
