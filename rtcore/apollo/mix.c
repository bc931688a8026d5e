/* SPDX-License-Identifier: MIT */
#include "mix.h"

#include <string.h>

#define NO_KILL UINT32_MAX
#define DC_FALL 0.95f /* a frame: -60 dB after 3 ms */
#define DC_END 1e-6f

void mix_init(struct mixer *m, uint32_t rate_hz)
{
	*m = (struct mixer){.master_gain = 1,
		.master_now = 1,
		.limiter_gain = 1,
		.limiter_release = 1.0f / (0.08f * (float)rate_hz),
		.meter_fall = 1.0f - 2.302585f / (float)rate_hz};
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		m->strip[i] = (struct strip){.gain = 1, .now_l = 1, .now_r = 1, .kill_offset = NO_KILL};
}

void mix_killed(struct mixer *m, uint32_t strip, uint32_t offset) MOS_RT
{
	if (m->strip[strip].kill_offset == NO_KILL)
		m->strip[strip].kill_offset = offset;
}

void mix_update(struct mixer *m) MOS_RT
{
	m->any_solo = 0;
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		m->any_solo |= m->strip[i].solo;
}

static void fade(float *dc, float *x, uint32_t from, uint32_t to) MOS_RT
{
	for (uint32_t i = from; i < to && *dc != 0; i++) {
		*dc *= DC_FALL;
		if (*dc < DC_END && *dc > -DC_END)
			*dc = 0;
		x[i] += *dc;
	}
}

/* Where sound was cut, let its last value fade instead of jumping to what comes next. */
static void declick(struct strip *s, float *l, float *r, uint32_t n) MOS_RT
{
	uint32_t cut = s->kill_offset;

	if (cut != NO_KILL) {
		fade(&s->dc_l, l, 0, cut); /* an older fade goes on up to the cut */
		fade(&s->dc_r, r, 0, cut);
		s->dc_l = cut ? l[cut - 1] : s->last_l;
		s->dc_r = cut ? r[cut - 1] : s->last_r;
		s->kill_offset = NO_KILL;
	} else {
		cut = 0;
	}
	fade(&s->dc_l, l, cut, n);
	fade(&s->dc_r, r, cut, n);
}

static float peak_of(const float *x, uint32_t n) MOS_RT
{
	float p = 0, a;

	for (uint32_t i = 0; i < n; i++) {
		a = x[i] < 0 ? -x[i] : x[i];
		p = a > p ? a : p;
	}
	return p;
}

/* The gains asked for: pan is balance, so a centred strip passes as it is. */
static void strip_target(const struct mixer *m, const struct strip *s, float *ret_l, float *ret_r) MOS_RT
{
	int silent = s->mute || (m->any_solo && !s->solo);

	*ret_l = silent ? 0 : s->gain * (s->pan > 0 ? 1 - s->pan : 1);
	*ret_r = silent ? 0 : s->gain * (s->pan < 0 ? 1 + s->pan : 1);
}

static void add_strip(struct strip *s, float to_l, float to_r, const float *l, const float *r, float *out_l,
	float *out_r, uint32_t n) MOS_RT
{
	float step_l = (to_l - s->now_l) / (float)n, step_r = (to_r - s->now_r) / (float)n;

	if (step_l == 0 && step_r == 0) {
		for (uint32_t i = 0; i < n; i++) {
			out_l[i] += l[i] * to_l;
			out_r[i] += r[i] * to_r;
		}
	} else {
		for (uint32_t i = 0; i < n; i++) {
			out_l[i] += l[i] * (s->now_l + step_l * (float)(i + 1));
			out_r[i] += r[i] * (s->now_r + step_r * (float)(i + 1));
		}
	}
	s->now_l = to_l;
	s->now_r = to_r;
}

/* No look-ahead, so no latency: the gain falls at once where a sample would pass the ceiling, and rises
 * slowly. */
static void limit(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT
{
	float g = m->limiter_gain, a, b, p;

	if (g == 1 && peak_of(l, n) <= MIX_CEILING && peak_of(r, n) <= MIX_CEILING)
		return;
	m->limited++;
	for (uint32_t i = 0; i < n; i++) {
		a = l[i] < 0 ? -l[i] : l[i];
		b = r[i] < 0 ? -r[i] : r[i];
		p = a > b ? a : b;
		g += (1 - g) * m->limiter_release;
		if (p * g > MIX_CEILING)
			g = MIX_CEILING / p;
		if (g > 0.99999f)
			g = 1;
		l[i] *= g;
		r[i] *= g;
	}
	m->limiter_gain = g;
}

void mix_render(struct mixer *m, struct strip_bufs *bufs, const float *extra, float *out_l, float *out_r,
	uint32_t n) MOS_RT
{
	float fall = 1 - (1 - m->meter_fall) * (float)n, step, p, to_l, to_r;

	memset(out_l, 0, n * sizeof(float));
	memset(out_r, 0, n * sizeof(float));
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++) {
		struct strip *s = &m->strip[i];

		s->peak *= fall;
		strip_target(m, s, &to_l, &to_r);
		if (s->kill_offset != NO_KILL || s->dc_l != 0 || s->dc_r != 0) {
			strip_touch(bufs, i, n);
			declick(s, bufs->l[i], bufs->r[i], n);
		}
		if (!(bufs->active >> i & 1)) {
			s->last_l = s->last_r = 0;
			s->now_l = to_l; /* nothing sounds: no need to glide there */
			s->now_r = to_r;
			continue;
		}
		s->last_l = bufs->l[i][n - 1];
		s->last_r = bufs->r[i][n - 1];
		add_strip(s, to_l, to_r, bufs->l[i], bufs->r[i], out_l, out_r, n);
		p = peak_of(bufs->l[i], n) * s->now_l;
		s->peak = p > s->peak ? p : s->peak;
		p = peak_of(bufs->r[i], n) * s->now_r;
		s->peak = p > s->peak ? p : s->peak;
	}
	if (extra)
		for (uint32_t i = 0; i < n; i++) {
			out_l[i] += extra[i];
			out_r[i] += extra[i];
		}
	step = (m->master_gain - m->master_now) / (float)n;
	if (step != 0 || m->master_now != 1)
		for (uint32_t i = 0; i < n; i++) {
			float g = m->master_now + step * (float)(i + 1);

			out_l[i] *= g;
			out_r[i] *= g;
		}
	m->master_now = m->master_gain;
	limit(m, out_l, out_r, n);
	m->peak_l *= fall;
	m->peak_r *= fall;
	p = peak_of(out_l, n);
	m->peak_l = p > m->peak_l ? p : m->peak_l;
	p = peak_of(out_r, n);
	m->peak_r = p > m->peak_r ? p : m->peak_r;
}
