/* SPDX-License-Identifier: MIT */
/* A voice's filters: coefficients at control points, and the ramps between them. */
#include "control.h"

#define FC_STEP 2.0f   /* cents: what moves less stays; at the steepest slope that is 0.06 dB */
#define FC_LEAST -3640 /* cents of the first tuning */
#define FC_MOST (FC_LEAST + TUNING_STEP * (int)(TUNINGS - 2))
#define FC_0_HZ 8.1757989f
#define FREQ_MAX_SF2 0.45f /* rates */
#define FREQ_MAX 0.49f

uint32_t filter_sections(uint8_t type) MOS_RT
{
	switch (type) {
	case ZONE_FILTER_OFF:
		return 0;
	case ZONE_LP4:
	case ZONE_HP4:
		return 2;
	case ZONE_LP6:
	case ZONE_HP6:
		return 3;
	default:
		return 1;
	}
}

uint32_t filter_sections_of(const struct zone *z, uint8_t first) MOS_RT
{
	uint32_t n = filter_sections(first) + filter_sections(z->filter2) + z->n_eqs;

	return n < VOICE_STAGES ? n : VOICE_STAGES;
}

static int has_gain(uint8_t type) MOS_RT
{
	return type == ZONE_LOW_SHELF || type == ZONE_HIGH_SHELF || type == ZONE_PEAK;
}

static float tangent(float freq, float max) MOS_RT
{
	return rt_tan_pi(clamp(freq, 1e-5f, max));
}

void filter_tunings(struct sampler *s)
{
	for (uint32_t i = 0; i < TUNINGS; i++) {
		float freq = FC_0_HZ * rt_exp2((float)(FC_LEAST + TUNING_STEP * (int)i) * (1.0f / 1200)) / s->rate;

		s->tuning[ZONE_SF2][i] = tangent(freq, FREQ_MAX_SF2);
		s->tuning[ZONE_SFZ][i] = tangent(freq, FREQ_MAX);
	}
}

/* The tangent that tunes a section at `fc` (absolute cents): 5e-6 off in the middle, 2e-4 at the upper end. */
static float tuning_at(const struct sampler *s, uint8_t flavour, float fc) MOS_RT
{
	float x = (clamp(fc, FC_LEAST, FC_MOST) - FC_LEAST) * (1.0f / TUNING_STEP);
	const float *t = &s->tuning[flavour][(uint32_t)x];

	return t[0] + (t[1] - t[0]) * (x - (float)(uint32_t)x);
}

/* Coefficients of one section tuned by `g`, `k` = 1 / Q; `m2` is what a SoundFont's low-pass is multiplied with. */
static void section_of(uint8_t type, float g, float k, float m2, float gain_db, float c[6]) MOS_RT
{
	float a = has_gain(type) ? rt_exp2(gain_db * 0.083048202f) : 1; /* log2(10) / 40 */
	float m0 = 0, m1 = 0;

	switch (type) {
	case ZONE_LP1:
		k = 2, m1 = 1, m2 = 1;
		break;
	case ZONE_HP1:
		k = 2, m0 = 1, m1 = -1, m2 = -1;
		break;
	case ZONE_BP1: /* one pole each way: half at its centre */
		k = 2, m1 = 1, m2 = 0;
		break;
	case ZONE_AP1:
		k = 2, m0 = -1, m1 = 2, m2 = 2;
		break;
	case ZONE_HP2:
	case ZONE_HP4:
	case ZONE_HP6:
		m0 = 1, m1 = -k, m2 = -1;
		break;
	case ZONE_BP2:
		m1 = k, m2 = 0;
		break;
	case ZONE_BR2:
		m0 = 1, m1 = -k, m2 = 0;
		break;
	case ZONE_LOW_SHELF:
		g /= rt_exp2(rt_log2(a) * 0.5f);
		m0 = 1, m1 = k * (a - 1), m2 = a * a - 1;
		break;
	case ZONE_HIGH_SHELF:
		g *= rt_exp2(rt_log2(a) * 0.5f);
		m0 = a * a, m1 = k * (1 - a) * a, m2 = 1 - a * a;
		break;
	case ZONE_PEAK:
		k /= a;
		m0 = 1, m1 = k * (a * a - 1), m2 = 0;
		break;
	default:
		break;
	}
	c[SVF_A1] = 1 / (1 + g * (g + k));
	c[SVF_A2] = g * c[SVF_A1];
	c[SVF_A3] = g * c[SVF_A2];
	c[SVF_M0] = m0;
	c[SVF_M1] = m1;
	c[SVF_M2] = m2;
}

/* Aim a section's coefficients at `c` for the next control point; at a voice's start they are there at once.
 */
static void aim(struct kernel_section *x, const float c[6], int is_fresh) MOS_RT
{
	for (uint32_t i = 0; i < 6; i++) {
		if (is_fresh)
			x->c[i] = c[i];
		x->d[i] = (c[i] - x->c[i]) * (1.0f / SAMPLER_CONTROL);
	}
}

/* The ramp of the control period before has come to its end. */
static void arrive(struct voice *v) MOS_RT
{
	for (uint32_t j = 0; j < v->n_sections; j++)
		for (uint32_t i = 0; i < 6; i++) {
			v->section[j].c[i] += v->section[j].d[i] * SAMPLER_CONTROL;
			v->section[j].d[i] = 0;
		}
	v->filter_moves = 0;
}

/* What its parameters ask of a filter. */
static void ask(const struct voice *v, uint32_t which, float *ret_fc, float *ret_q) MOS_RT
{
	*ret_fc = v->param[which ? ZP_FC2 : ZP_FC];
	*ret_q = v->param[which ? ZP_Q2 : ZP_Q];
	if (v->flavour == ZONE_SF2) {
		*ret_fc = clamp(*ret_fc, 1500, 13500);
		*ret_q = clamp(*ret_q, -30.1f, 929.9f);
	}
}

static void set_filter(const struct sampler *s, struct voice *v, uint32_t which, uint32_t first, int is_settled) MOS_RT
{
	uint8_t type = which ? v->zone->filter2 : v->filter;
	struct voice_filter *f = which ? &v->filter_2 : &v->filter_1;
	uint32_t n = filter_sections(type);
	float fc, q, c[6];

	if (which) {
		ask(v, which, &fc, &q);
	} else {
		if (is_settled) /* parameters are far away */
			ask(v, which, &v->fc, &v->q);
		fc = v->fc;
		q = v->q;
	}
	if (which == 0 && v->moves)
		fc = moved(v, fc, MOVE_FC);
	for (uint32_t i = 0; i < v->n_flex; i++)
		fc += v->flex[i].value * (which ? flex_of(v)[i].to_fc2 : flex_of(v)[i].to_fc);
	if (q == f->q && fc - f->fc < FC_STEP && fc - f->fc > -FC_STEP &&
		!(is_settled && has_gain(type))) /* the gain may be new */
		return;
	f->fc = fc;
	if (q != f->q || v->is_fresh) {
		f->q = q;
		q = clamp(q, -200, 960) * RT_LOG2_PER_CB;
		f->k = rt_exp2(-q);
		f->m2 = type == ZONE_LP2_SF2 ? rt_exp2(-0.5f * q) : 1;
	}
	section_of(type, tuning_at(s, v->flavour, fc), f->k, f->m2,
		has_gain(type) ? v->param[which ? ZP_FILTER_GAIN2 : ZP_FILTER_GAIN] : 0, c);
	for (uint32_t i = 0; i < n; i++)
		aim(&v->section[first + i], c, v->is_fresh);
	v->filter_moves = 1;
}

static void set_eq(const struct sampler *s, struct voice *v, uint32_t first) MOS_RT
{
	for (uint32_t i = 0; i < v->zone->n_eqs && first + i < VOICE_STAGES; i++) {
		const float *p = &v->param[(uint32_t)ZP_EQ + 3 * i];
		float freq = FC_0_HZ * rt_exp2(clamp(p[0], -2400, 16000) * (1.0f / 1200)) / s->rate, c[6];
		float width = rt_exp2(clamp(p[1], 0.001f, 8)); /* 2^octaves: Q = sqrt(w) / (w - 1) */

		section_of(ZONE_PEAK, tangent(freq, FREQ_MAX),
			(width - 1) / rt_exp2(rt_log2(width) * 0.5f), 1, p[2], c);
		aim(&v->section[first + i], c, v->is_fresh);
		v->filter_moves = 1;
	}
}

void filter_control(const struct sampler *s, struct voice *v, int is_settled) MOS_RT
{
	uint32_t first = filter_sections(v->filter), second;

	if (v->n_sections == 0)
		return;
	if (v->filter_moves && !v->is_fresh)
		arrive(v);
	if (v->n_sections == first) { /* the zone need not be read */
		set_filter(s, v, 0, 0, is_settled);
		return;
	}
	second = filter_sections(v->zone->filter2);
	if (first)
		set_filter(s, v, 0, 0, is_settled);
	if (second && first + second <= VOICE_STAGES)
		set_filter(s, v, 1, first, is_settled);
	if (is_settled && v->zone->n_eqs)
		set_eq(s, v, first + second);
}
