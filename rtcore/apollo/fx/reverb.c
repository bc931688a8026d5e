/* SPDX-License-Identifier: MIT */
#include "reverb.h"

#include <string.h>

#include "fx_math.h"

#define LOW_HZ 200.0    /* below: `bass` counts */
#define HIGH_HZ 5000.0  /* above: `damping` counts */
#define ASKED_HZ 1000.0 /* where `time_s` holds */
#define BREATH_S 0.0003 /* less, and single resonances stand out; more, and the pitch is heard to move */
#define LOSS_MAX 0.9998

/* Milliseconds at size 1; no length is near a simple ratio of another. */
static const float line_ms[REVERB_LINES] = {21.37f, 23.71f, 25.97f, 28.43f, 31.19f, 34.03f, 37.13f, 40.61f,
	44.29f, 48.41f, 52.73f, 57.67f, 62.93f, 68.81f, 75.07f, 81.83f};
static const float diffuser_ms[2][REVERB_DIFFUSERS] = {
	{2.833f, 4.307f, 6.071f, 8.933f}, {3.191f, 4.733f, 5.669f, 8.377f}};
static const float early_ms[2][REVERB_EARLY] = {{7.3f, 13.1f, 19.9f, 26.3f, 35.9f, 44.7f, 57.1f, 71.3f},
	{8.9f, 14.9f, 18.3f, 29.7f, 33.1f, 48.1f, 53.9f, 76.7f}};
static const float breath_hz[REVERB_LINES] = {0.31f, 0.73f, 0.47f, 1.03f, 0.59f, 0.37f, 0.83f, 0.67f, 0.97f,
	0.41f, 0.53f, 0.89f, 0.35f, 0.61f, 0.79f, 0.43f};

static uint32_t ring_size(uint32_t least, uint32_t most)
{
	uint32_t n = 256;

	while (n < least && n < most)
		n *= 2;
	return n;
}

void reverb_init(struct reverb *r, uint32_t rate_hz)
{
	const struct mos_fx_param *p;

	memset(r, 0, sizeof(*r));
	r->kernel = fx_kernel_best();
	r->rate_hz = (float)rate_hz;
	r->line_size = ring_size((uint32_t)(0.083 * rate_hz), REVERB_LINE_MAX);
	r->pre_size = ring_size((uint32_t)(0.28 * rate_hz) + 2 * FX_GRID, REVERB_PRE_MAX);
	r->diffuser_size = ring_size((uint32_t)(0.0095 * rate_hz) + 2 * FX_GRID, REVERB_DIFFUSER_MAX);
	r->split[0] = (float)fx_tan_pi(HIGH_HZ / rate_hz < 0.45 ? HIGH_HZ / rate_hz : 0.45);
	r->split[1] = (float)fx_tan_pi(LOW_HZ / rate_hz);
	for (int i = 0; i < 2; i++)
		r->split[i] /= 1 + r->split[i];
	for (uint32_t c = 0; c < 2; c++)
		for (uint32_t i = 0; i < REVERB_DIFFUSERS; i++) {
			uint32_t d = (uint32_t)(diffuser_ms[c][i] * 0.001f * r->rate_hz),
				 least = FX_GRID + 2 + 7 * i + 3 * c;

			r->diffuser_delay[c][i] = d > least ? d : least;
		}
	(void)mos_fx_params(MOS_FX_REVERB, &p);
	for (uint32_t i = 0; i < MOS_FX_REVERB_N; i++)
		r->value[i] = p[i].initial;
	r->level = fx_glide_at(0);
	r->width = fx_glide_at(p[MOS_FX_REVERB_WIDTH].initial);
	r->late = fx_glide_at(0);
	r->size = fx_glide_at(p[MOS_FX_REVERB_SIZE].initial);
}

void reverb_set(struct reverb *r, const float *value) MOS_RT
{
	memcpy(r->value, value, sizeof(r->value));
	r->on = value[MOS_FX_REVERB_ON] >= 0.5f;
	r->level.to = r->on ? (float)fx_gain_of_db(value[MOS_FX_REVERB_LEVEL_DB]) : 0;
	r->width.to = value[MOS_FX_REVERB_WIDTH];
	r->size.to = value[MOS_FX_REVERB_SIZE];
	if (!r->awake)
		r->size = fx_glide_at(r->size.to);
	r->cut = (float)fx_tan_pi(value[MOS_FX_REVERB_LOW_CUT_HZ] / r->rate_hz < 0.45f
					  ? value[MOS_FX_REVERB_LOW_CUT_HZ] / r->rate_hz
					  : 0.45);
	r->cut /= 1 + r->cut;
	r->losses_due = 1;
}

int reverb_is_idle(const struct reverb *r) MOS_RT
{
	return !r->on && !r->awake;
}

/* A delay of these seconds at the size in force, in frames that the ring allows. */
static double frames_of(const struct reverb *r, double s, uint32_t least, uint32_t most) MOS_RT
{
	double d = s * (0.3 + 0.7 * (double)r->size.next) * r->rate_hz;

	return d < least ? least : d > most ? most : d;
}

/* Where the lines are read in the next grid step: their length, and the breath. */
static void move_lines(struct reverb *r) MOS_RT
{
	for (uint32_t i = 0; i < REVERB_LINES; i++) {
		double turns = r->breath * (double)(FX_GRID * breath_hz[i]) / r->rate_hz + i * 0.381966;
		double d = frames_of(r, line_ms[i] * 0.001, 2 * FX_GRID + 3 * i, r->line_size - 2 * FX_GRID);
		double way;

		d += BREATH_S * r->rate_hz * fx_sin_turns(turns);
		d = d < FX_GRID + 4 ? FX_GRID + 4 : d;
		r->delay[i] = r->delay_next[i];
		way = d - r->delay[i];
		/* a room that grows is heard, but its pitch stays near; one that sleeps may jump */
		if (!r->awake)
			r->delay[i] = d;
		else if (way > 0.1 * FX_GRID)
			d = r->delay[i] + 0.1 * FX_GRID;
		else if (way < -0.1 * FX_GRID)
			d = r->delay[i] - 0.1 * FX_GRID;
		r->delay_next[i] = d;
		r->delay_step[i] = (float)((d - r->delay[i]) / FX_GRID);
	}
}

static void move_early(struct reverb *r) MOS_RT
{
	double most = r->pre_size - 2 * FX_GRID;

	r->pre_now = r->pre_next;
	r->pre_next = (uint32_t)(r->value[MOS_FX_REVERB_PRE_DELAY_MS] * 0.001f * r->rate_hz);
	for (int c = 0; c < 2; c++)
		for (uint32_t i = 0; i < REVERB_EARLY; i++) {
			double d = r->pre_next + frames_of(r, early_ms[c][i] * 0.001, 1, r->pre_size);

			r->early_now[c][i] = r->early_next[c][i];
			r->early_next[c][i] = (uint32_t)(d < most ? d : most);
		}
}

/* Real part of a pole's response: what it passes of a middle frequency, near enough. */
static double passes(double corner_hz, double hz) MOS_RT
{
	return 1 / (1 + hz * hz / (corner_hz * corner_hz));
}

static void new_losses(struct reverb *r) MOS_RT
{
	double high = passes(HIGH_HZ, ASKED_HZ), low = passes(LOW_HZ, ASKED_HZ), mean = 0,
	       time_s = r->value[MOS_FX_REVERB_TIME_S];

	for (uint32_t i = 0; i < REVERB_LINES; i++) {
		/* -60 dB after time_s: 2^(log2(0.001) d / time) a round */
		double x = -9.965784284662087 *
			   frames_of(r, line_ms[i] * 0.001, 2 * FX_GRID + 3 * i, r->line_size - 2 * FX_GRID) /
			   r->rate_hz / time_s;
		double g = fx_exp2(x), g_high = fx_exp2(x / r->value[MOS_FX_REVERB_DAMPING]),
		       g_low = fx_exp2(x / r->value[MOS_FX_REVERB_BASS]);
		/* the poles' skirts reach the middle: there the three together make g */
		double g_mid = (g - g_high * (1 - high) - g_low * low) / (high - low);

		g_mid = g_mid < LOSS_MAX ? g_mid > 0 ? g_mid : 0 : LOSS_MAX;
		if (!r->on)
			g_high = g_mid = g_low = 0;
		r->next.high[i] = (float)g_high;
		r->next.mid[i] = (float)(g_mid - g_high);
		r->next.low[i] = (float)(g_low - g_mid);
		mean += g * g / REVERB_LINES;
	}
	/* noise comes back as loud as it was sent: a round returns `mean` of the energy */
	r->late.to = (float)__builtin_sqrt(REVERB_LATE / 2 * (1 - mean) / mean);
}

void reverb_grid(struct reverb *r) MOS_RT
{
	const float share = 1 / (float)FX_GRID;

	fx_glide_grid(&r->level, 1);
	fx_glide_grid(&r->width, 1);
	r->losses_due |= !fx_glide_rests(&r->size);
	fx_glide_grid(&r->size, 1);
	r->now = r->next;
	if (r->losses_due)
		new_losses(r);
	for (uint32_t i = 0; i < REVERB_LINES && r->losses_due; i++) {
		r->step.high[i] = (r->next.high[i] - r->now.high[i]) * share;
		r->step.mid[i] = (r->next.mid[i] - r->now.mid[i]) * share;
		r->step.low[i] = (r->next.low[i] - r->now.low[i]) * share;
	}
	r->moving = r->losses_due;
	r->losses_due = 0;
	fx_glide_grid(&r->late, 1);
	if (!r->awake)
		r->late = fx_glide_at(r->late.to);
	r->breath++;
	move_lines(r);
	move_early(r);
	for (uint32_t i = 0; i < REVERB_LINES; i++) {
		r->state_high[i] = fx_tidy(r->state_high[i]);
		r->state_low[i] = fx_tidy(r->state_low[i]);
	}
	for (int c = 0; c < 2; c++)
		r->cut_state[c] = fx_tidy(r->cut_state[c]);
	r->quiet = r->alive ? 0 : r->quiet + FX_GRID;
	r->alive = 0;
	if (r->awake && r->quiet > r->line_size + r->pre_size + REVERB_DIFFUSERS * r->diffuser_size) {
		r->awake = 0;
		r->quiet = 0;
		memset(r->state_high, 0, sizeof(r->state_high));
		memset(r->state_low, 0, sizeof(r->state_low));
		memset(r->cut_state, 0, sizeof(r->cut_state));
	}
}

static int is_silent(const float *x, uint32_t n) MOS_RT
{
	float most = 0;

	for (uint32_t i = 0; i < n; i++)
		most = x[i] != 0 ? 1 : most;
	return most == 0;
}

void reverb_process(struct reverb *r, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT
{
	if (!r->awake && (!r->on || (is_silent(in_l, n) && is_silent(in_r, n))))
		return;
	r->awake = 1;
	r->kernel->reverb(r, in_l, in_r, out_l, out_r, k, n);
}
