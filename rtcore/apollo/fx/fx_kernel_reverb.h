/* SPDX-License-Identifier: MIT */
/** The reverb's loop over frames. Filters that feed on themselves have a line a lane, the matrix has a frame
 * a lane. */
#ifndef FX_KERNEL_REVERB_H
#define FX_KERNEL_REVERB_H

#include "fx_kernel_delay.h"
#include "reverb.h"

#define DIFFUSION 0.62f
#define GROUPS (REVERB_LINES / W) /* vectors of lines */

/* Signs with which the lines are heard; even lines are fed the left, odd ones the right. */
static const float side_l[REVERB_LINES] = {1, -1, 1, 1, -1, 1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1};
static const float side_r[REVERB_LINES] = {1, 1, -1, 1, 1, 1, -1, -1, -1, 1, 1, -1, -1, -1, 1, 1};
static const float feed[REVERB_LINES] = {1, 1, 1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1, 1, -1, -1};

/* their squares sum to 1 - REVERB_LATE, a side */
static const float early_gain[REVERB_EARLY] = {
	0.236f, -0.209f, 0.185f, 0.163f, -0.144f, 0.127f, -0.113f, 0.0997f};

static const float silence[FX_GRID];

/* Low cut and diffusers; into the pre-delay. @return bits: it is something but 0 */
static vi take_in(struct reverb *r, const float *in_l, const float *in_r, uint32_t n) MOS_RT
{
	float x[2][FX_ROW] = {0}, w[FX_GRID], s[2] = {r->cut_state[0], r->cut_state[1]};
	const float *in[2] = {r->on ? in_l : silence, r->on ? in_r : silence}, cut = r->cut;
	vi alive = {0};

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < 2; c++) {
			float v = in[c][i] - s[c];

			x[c][i] = in[c][i] - (v * cut + s[c]);
			s[c] += v * (2 * cut);
		}
	for (uint32_t c = 0; c < 2; c++) {
		r->cut_state[c] = s[c];
		for (uint32_t a = 0; a < REVERB_DIFFUSERS; a++) {
			float *ring = r->diffuser[c][a];
			const float *old =
				delay_read(ring, r->diffuser_size, r->pos - r->diffuser_delay[c][a]);

			for (uint32_t i = 0; i < n; i += W) {
				vf y = load(old + i), z = tidy(load(x[c] + i) - DIFFUSION * y);

				store(x[c] + i, y + DIFFUSION * z);
				store(w + i, z);
				alive |= alive_bits(z, n - i);
			}
			delay_write(ring, r->diffuser_size, r->pos, w, n);
		}
		for (uint32_t i = 0; i < n; i += W) {
			vf z = tidy(load(x[c] + i));

			store(x[c] + i, z);
			alive |= alive_bits(z, n - i);
		}
		delay_write(r->pre[c], r->pre_size, r->pos, x[c], n);
	}
	return alive;
}

/* y += gain * the pre-delay's signal `now` frames ago, in this grid step moving over to `next` frames ago. */
static void add_tap(const struct reverb *r, uint32_t c, uint32_t now, uint32_t next, float gain, float *y,
	uint32_t k, uint32_t n) MOS_RT
{
	const float *a = delay_read(r->pre[c], r->pre_size, r->pos - now),
		    *b = delay_read(r->pre[c], r->pre_size, r->pos - next);

	for (uint32_t i = 0; i < n; i += W) {
		vf x = load(a + i);

		if (now != next)
			x += (load(b + i) - x) * (frames_from(k + i) / (float)FX_GRID);
		store(y + i, load(y + i) + gain * x);
	}
}

/* The losses: what the lines give becomes what the matrix gets. */
static void lose(struct reverb *r, float (*x)[FX_ROW], uint32_t k, uint32_t n) MOS_RT
{
	vf high[GROUPS], low[GROUPS], g_high[GROUPS], g_mid[GROUPS], g_low[GROUPS];

	for (uint32_t q = 0; q < GROUPS; q++) {
		high[q] = load(r->state_high + W * q);
		low[q] = load(r->state_low + W * q);
		g_high[q] = load(r->now.high + W * q);
		g_mid[q] = load(r->now.mid + W * q);
		g_low[q] = load(r->now.low + W * q);
	}
	for (uint32_t i = 0; i < n; i += 4)
		for (uint32_t q = 0; q < GROUPS; q++) {
			float *row[W];
			vf rows[4], frame[4];

			for (uint32_t j = 0; j < W; j++)
				row[j] = x[W * q + j] + i;
			load_rows((const float *const *)row, rows);
			transpose(rows, frame);
			for (uint32_t f = 0; f < 4 && f < n - i; f++) {
				vf v = (frame[f] - high[q]) * r->split[0], lp = v + high[q],
				   w = (frame[f] - low[q]) * r->split[1], lp2 = w + low[q];

				high[q] = lp + v;
				low[q] = lp2 + w;
				if (r->moving) {
					float t = (float)(int32_t)(k + i + f);

					g_high[q] =
						load(r->now.high + W * q) + load(r->step.high + W * q) * t;
					g_mid[q] = load(r->now.mid + W * q) + load(r->step.mid + W * q) * t;
					g_low[q] = load(r->now.low + W * q) + load(r->step.low + W * q) * t;
				}
				frame[f] = frame[f] * g_high[q] + lp * g_mid[q] + lp2 * g_low[q];
			}
			transpose(frame, rows);
			store_rows(row, rows);
		}
	for (uint32_t q = 0; q < GROUPS; q++) {
		store(r->state_high + W * q, high[q]);
		store(r->state_low + W * q, low[q]);
	}
}

INLINE void hadamard4(vf *a, vf *b, vf *c, vf *d) MOS_RT
{
	vf s0 = *a + *b, d0 = *a - *b, s1 = *c + *d, d1 = *c - *d;

	*a = s0 + s1;
	*b = d0 + d1;
	*c = s0 - s1;
	*d = d0 - d1;
}

/* The matrix, and what comes in; in place. late: what is heard of it. @return bits: it is something but 0 */
static vi turn(float (*x)[FX_ROW], float (*in)[FX_ROW], float (*late)[FX_ROW], uint32_t n) MOS_RT
{
	vi alive = {0};

	for (uint32_t i = 0; i < n; i += W) {
		vf y[REVERB_LINES], l[4] = {0}, r[4] = {0}, come[2];

		for (uint32_t j = 0; j < REVERB_LINES; j++) {
			y[j] = load(x[j] + i);
			l[j % 4] += y[j] * side_l[j];
			r[j % 4] += y[j] * side_r[j];
		}
		store(late[0] + i, (l[0] + l[1]) + (l[2] + l[3]));
		store(late[1] + i, (r[0] + r[1]) + (r[2] + r[3]));
		for (uint32_t p = 0; p < 4; p++)
			hadamard4(&y[p], &y[4 + p], &y[8 + p], &y[12 + p]);
		for (uint32_t c = 0; c < 2; c++)
			come[c] = load(in[c] + i) * 0.35355339f;
		for (uint32_t q = 0; q < 4; q++) {
			hadamard4(&y[4 * q], &y[4 * q + 1], &y[4 * q + 2], &y[4 * q + 3]);
			for (uint32_t p = 0; p < 4; p++) {
				vf z = tidy(y[4 * q + p] * 0.25f + come[q % 2] * feed[4 * p + q]);

				alive |= alive_bits(z, n - i);
				store(x[4 * p + q] + i, z);
			}
		}
	}
	return alive;
}

static void run_reverb(struct reverb *r, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT
{
	float x[REVERB_LINES][FX_ROW], in[2][FX_ROW] = {0}, late[2][FX_ROW], early[2][FX_ROW] = {0};
	vi alive = take_in(r, in_l, in_r, n);

	for (uint32_t c = 0; c < 2; c++)
		add_tap(r, c, r->pre_now, r->pre_next, 1, in[c], k, n);
	for (uint32_t j = 0; j < REVERB_LINES; j++)
		delay_read_moving(
			r->line[j], r->line_size, r->pos, r->delay[j], r->delay_step[j], k, x[j], n);
	lose(r, x, k, n);
	alive |= turn(x, in, late, n);
	for (uint32_t j = 0; j < REVERB_LINES; j++)
		delay_write(r->line[j], r->line_size, r->pos, x[j], n);
	for (uint32_t c = 0; c < 2; c++)
		for (uint32_t i = 0; i < REVERB_EARLY; i++)
			add_tap(r, i % 2 ? !c : c, r->early_now[c][i], r->early_next[c][i], early_gain[i],
				early[c], k, n);
	r->alive |= (uint8_t)any_bit(alive);
	r->pos += n;
	for (uint32_t i = 0; i < n; i += W) {
		vf t = frames_from(k + i), level = r->level.now + r->level.step * t,
		   gain = r->late.now + r->late.step * t;
		vf a = load(early[0] + i) + load(late[0] + i) * gain,
		   b = load(early[1] + i) + load(late[1] + i) * gain;
		vf mid = (a + b) * 0.5f, side = (a - b) * 0.5f * (r->width.now + r->width.step * t);

		store_left(out_l + i, load_left(out_l + i, n - i) + (mid + side) * level, n - i);
		store_left(out_r + i, load_left(out_r + i, n - i) + (mid - side) * level, n - i);
	}
}

#endif
