/* SPDX-License-Identifier: MIT */
#include "eq.h"

#include "fx_math.h"

#define SHELF_Q 0.70710678

typedef float lanes __attribute__((vector_size(16))); /* left, right, unused */

static const struct {
	uint8_t hz, db, q; /* q 0: a shelf */
} bands[EQ_BANDS] = {
	{MOS_FX_EQ_LOW_HZ, MOS_FX_EQ_LOW_DB, 0},
	{MOS_FX_EQ_MID1_HZ, MOS_FX_EQ_MID1_DB, MOS_FX_EQ_MID1_Q},
	{MOS_FX_EQ_MID2_HZ, MOS_FX_EQ_MID2_DB, MOS_FX_EQ_MID2_Q},
	{MOS_FX_EQ_HIGH_HZ, MOS_FX_EQ_HIGH_DB, 0},
};

static struct eq_coef flat(void) MOS_RT
{
	return (struct eq_coef){.m0 = 1};
}

void eq_init(struct eq *e, uint32_t rate_hz)
{
	const struct mos_fx_param *p;

	*e = (struct eq){.rate_hz = (float)rate_hz};
	(void)mos_fx_params(MOS_FX_EQ, &p);
	for (uint32_t i = 0; i < MOS_FX_EQ_N; i++)
		e->value[i] = fx_glide_at(p[i].initial);
	for (uint32_t b = 0; b < EQ_BANDS; b++)
		e->band[b].now = e->band[b].next = flat();
}

void eq_set(struct eq *e, const float *value) MOS_RT
{
	for (uint32_t i = 0; i < MOS_FX_EQ_N; i++)
		e->value[i].to = value[i];
	for (uint32_t b = 0; b < EQ_BANDS; b++) {
		if (value[MOS_FX_EQ_ON] < 0.5f) /* switched off it becomes flat */
			e->value[bands[b].db].to = 0;
		if (!(e->used >> b & 1)) { /* while it is flat nothing is heard of where it lies */
			e->value[bands[b].hz] = fx_glide_at(value[bands[b].hz]);
			if (bands[b].q)
				e->value[bands[b].q] = fx_glide_at(value[bands[b].q]);
		}
	}
}

int eq_is_idle(const struct eq *e) MOS_RT
{
	int idle = e->used == 0;

	for (uint32_t b = 0; b < EQ_BANDS; b++)
		idle &= e->value[bands[b].db].to == 0;
	return idle;
}

int eq_is_silent(const struct eq *e) MOS_RT
{
	int any = 0;

	for (uint32_t b = 0; b < EQ_BANDS; b++)
		for (int c = 0; c < 2; c++)
			any |= e->band[b].ic1[c] != 0 || e->band[b].ic2[c] != 0;
	return !any;
}

/* Gains 10^(dB/20) = amp^2. */
static struct eq_coef coef_of(const struct eq *e, uint32_t b) MOS_RT
{
	double hz = e->value[bands[b].hz].next / e->rate_hz, db = e->value[bands[b].db].next;
	double amp = fx_exp2(db * 0.08304820237218405870), root = fx_exp2(db * 0.04152410118609202935);
	double g = fx_tan_pi(hz < 0.49 ? hz : 0.49), k = 1 / SHELF_Q, a1, m0 = 1, m1, m2;

	if (bands[b].q) {
		k = 1 / ((double)e->value[bands[b].q].next * amp);
		m1 = k * (amp * amp - 1);
		m2 = 0;
	} else if (b == 0) {
		g /= root;
		m1 = k * (amp - 1);
		m2 = amp * amp - 1;
	} else {
		g *= root;
		m0 = amp * amp;
		m1 = k * (1 - amp) * amp;
		m2 = 1 - amp * amp;
	}
	a1 = 1 / (1 + g * (g + k));
	return (struct eq_coef){
		(float)a1, (float)(g * a1), (float)(g * g * a1), (float)m0, (float)m1, (float)m2};
}

static void step_to(struct eq_band *b, struct eq_coef to) MOS_RT
{
	const float share = 1 / (float)FX_GRID;

	b->now = b->next;
	b->next = to;
	b->step = (struct eq_coef){(to.a1 - b->now.a1) * share, (to.a2 - b->now.a2) * share,
		(to.a3 - b->now.a3) * share, (to.m0 - b->now.m0) * share, (to.m1 - b->now.m1) * share,
		(to.m2 - b->now.m2) * share};
}

void eq_grid(struct eq *e) MOS_RT
{
	e->moving = 0;
	for (uint32_t b = 0; b < EQ_BANDS; b++) {
		struct fx_glide *db = &e->value[bands[b].db], *hz = &e->value[bands[b].hz],
				*q = &e->value[bands[b].q];
		struct eq_band *band = &e->band[b];
		int rests = fx_glide_rests(db) && fx_glide_rests(hz) && (!bands[b].q || fx_glide_rests(q));

		if (rests && band->step.a1 == 0 && band->step.m0 == 0 && band->step.m1 == 0 &&
			band->step.m2 == 0) {
			if (db->now == 0 && e->used >> b & 1) {
				e->used &= ~(1u << b);
				*band = (struct eq_band){.now = flat(), .next = flat()};
			}
		} else {
			int begins = !(e->used >> b & 1);

			fx_glide_grid(db, 1);
			fx_glide_grid(hz, 100);
			if (bands[b].q)
				fx_glide_grid(q, 1);
			if (begins) { /* only its gains move */
				band->next = coef_of(e, b);
				band->next.m0 = 1;
				band->next.m1 = band->next.m2 = 0;
				e->used |= 1u << b;
			}
			step_to(band, coef_of(e, b));
			e->moving = 1;
		}
		for (int c = 0; c < 2; c++) {
			band->ic1[c] = fx_tidy(band->ic1[c]);
			band->ic2[c] = fx_tidy(band->ic2[c]);
		}
	}
}

static inline lanes splat(float x) MOS_RT
{
	return (lanes){x, x, x, x};
}

/*
 * All bands in one pass, so that the processor works on a band of one frame beside the next band of the frame
 * before. A flat one passes its input as it is.
 */
static void run(struct eq *e, float *l, float *r, uint32_t n) MOS_RT
{
	lanes ic1[EQ_BANDS], ic2[EQ_BANDS], a1[EQ_BANDS], a2[EQ_BANDS], a3[EQ_BANDS], m0[EQ_BANDS],
		m1[EQ_BANDS], m2[EQ_BANDS];

	for (uint32_t b = 0; b < EQ_BANDS; b++) {
		const struct eq_band *band = &e->band[b];

		ic1[b] = (lanes){band->ic1[0], band->ic1[1]};
		ic2[b] = (lanes){band->ic2[0], band->ic2[1]};
		a1[b] = splat(band->now.a1);
		a2[b] = splat(band->now.a2);
		a3[b] = splat(band->now.a3);
		m0[b] = splat(band->now.m0);
		m1[b] = splat(band->now.m1);
		m2[b] = splat(band->now.m2);
	}
	for (uint32_t i = 0; i < n; i++) {
		lanes x = {l[i], r[i]};

		for (uint32_t b = 0; b < EQ_BANDS; b++) {
			lanes v3 = x - ic2[b], v1 = a1[b] * ic1[b] + a2[b] * v3,
			      v2 = ic2[b] + (a2[b] * ic1[b] + a3[b] * v3);

			x = m0[b] * x + m1[b] * v1 + m2[b] * v2;
			ic1[b] = v1 + v1 - ic1[b];
			ic2[b] = v2 + v2 - ic2[b];
		}
		l[i] = x[0];
		r[i] = x[1];
	}
	for (uint32_t b = 0; b < EQ_BANDS; b++)
		for (int c = 0; c < 2; c++) {
			e->band[b].ic1[c] = ic1[b][c];
			e->band[b].ic2[c] = ic2[b][c];
		}
}

static void run_moving(struct eq_band *b, float *l, float *r, uint32_t k, uint32_t n) MOS_RT
{
	const struct eq_coef *c = &b->now, *d = &b->step;
	float *x[2] = {l, r};

	for (int ch = 0; ch < 2; ch++) {
		float ic1 = b->ic1[ch], ic2 = b->ic2[ch];

		for (uint32_t i = 0; i < n; i++) {
			float t = (float)(int32_t)(k + i), a1 = c->a1 + d->a1 * t, a2 = c->a2 + d->a2 * t,
			      a3 = c->a3 + d->a3 * t;
			float v3 = x[ch][i] - ic2, v1 = a1 * ic1 + a2 * v3, v2 = ic2 + (a2 * ic1 + a3 * v3);

			x[ch][i] = (c->m0 + d->m0 * t) * x[ch][i] + (c->m1 + d->m1 * t) * v1 +
				   (c->m2 + d->m2 * t) * v2;
			ic1 = v1 + v1 - ic1;
			ic2 = v2 + v2 - ic2;
		}
		b->ic1[ch] = ic1;
		b->ic2[ch] = ic2;
	}
}

void eq_process(struct eq *e, float *l, float *r, uint32_t k, uint32_t n) MOS_RT
{
	if (!e->moving) {
		run(e, l, r, n);
		return;
	}
	for (uint32_t b = 0; b < EQ_BANDS; b++)
		if (e->used >> b & 1)
			run_moving(&e->band[b], l, r, k, n);
}
