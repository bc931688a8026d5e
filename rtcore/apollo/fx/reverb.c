/* SPDX-License-Identifier: MIT */
#include "reverb.h"

#include <string.h>

#include "fx_math.h"

#define DIFFUSION 0.62f
#define LOW_HZ 200.0    /* below: `bass` counts */
#define HIGH_HZ 5000.0  /* above: `damping` counts */
#define ASKED_HZ 1000.0 /* where `time_s` holds */
#define BREATH_S 0.0003 /* less, and single resonances stand out; more, and the pitch is heard to move */
#define LATE 0.8f       /* share of the energy that is reverberation, the rest early reflections */
#define LOSS_MAX 0.9998

typedef float v4 __attribute__((vector_size(16)));

/* Milliseconds at size 1; no length is near a simple ratio of another. */
static const float line_ms[REVERB_LINES] = {21.37f, 23.71f, 25.97f, 28.43f, 31.19f, 34.03f, 37.13f, 40.61f,
	44.29f, 48.41f, 52.73f, 57.67f, 62.93f, 68.81f, 75.07f, 81.83f};
static const float diffuser_ms[2][REVERB_DIFFUSERS] = {
	{2.833f, 4.307f, 6.071f, 8.933f}, {3.191f, 4.733f, 5.669f, 8.377f}};
static const float early_ms[2][REVERB_EARLY] = {{7.3f, 13.1f, 19.9f, 26.3f, 35.9f, 44.7f, 57.1f, 71.3f},
	{8.9f, 14.9f, 18.3f, 29.7f, 33.1f, 48.1f, 53.9f, 76.7f}};
/* their squares sum to 1 - LATE, a side */
static const float early_gain[REVERB_EARLY] = {
	0.236f, -0.209f, 0.185f, 0.163f, -0.144f, 0.127f, -0.113f, 0.0997f};
static const float breath_hz[REVERB_LINES] = {0.31f, 0.73f, 0.47f, 1.03f, 0.59f, 0.37f, 0.83f, 0.67f, 0.97f,
	0.41f, 0.53f, 0.89f, 0.35f, 0.61f, 0.79f, 0.43f};
static const v4 side_l[4] = {{1, -1, 1, 1}, {-1, 1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}};
static const v4 side_r[4] = {{1, 1, -1, 1}, {1, 1, -1, -1}, {-1, 1, 1, -1}, {-1, -1, 1, 1}};
/* even lines hear the left, odd lines the right */
static const v4 feed_l[4] = {{1, 0, 1, 0}, {-1, 0, 1, 0}, {1, 0, -1, 0}, {-1, 0, -1, 0}};
static const v4 feed_r[4] = {{0, 1, 0, -1}, {0, 1, 0, 1}, {0, -1, 0, -1}, {0, 1, 0, -1}};

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
	r->late.to = (float)__builtin_sqrt(LATE / 2 * (1 - mean) / mean);
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

/* Low cut and diffusers; into the pre-delay. @return is it anything but 0? */
static int take_in(struct reverb *r, int c, const float *in, uint32_t n) MOS_RT
{
	float x[FX_GRID], w[FX_GRID], s = r->cut_state[c], v;
	int alive = 0;

	for (uint32_t i = 0; i < n; i++) {
		v = ((r->on ? in[i] : 0) - s) * r->cut;
		x[i] = (r->on ? in[i] : 0) - (v + s);
		s += v + v;
	}
	r->cut_state[c] = s;
	for (uint32_t a = 0; a < REVERB_DIFFUSERS; a++) {
		float *ring = r->diffuser[c][a];
		const float *old = delay_read(ring, r->diffuser_size, r->pos - r->diffuser_delay[c][a]);

		for (uint32_t i = 0; i < n; i++) {
			w[i] = fx_tidy(x[i] - DIFFUSION * old[i]);
			x[i] = old[i] + DIFFUSION * w[i];
		}
		delay_write(ring, r->diffuser_size, r->pos, w, n);
		alive |= !is_silent(w, n);
	}
	for (uint32_t i = 0; i < n; i++)
		x[i] = fx_tidy(x[i]);
	delay_write(r->pre[c], r->pre_size, r->pos, x, n);
	return alive || !is_silent(x, n);
}

/* y += gain * the pre-delay's signal `now` frames ago, in this grid step moving over to `next` frames ago. */
static void add_tap(const struct reverb *r, int c, uint32_t now, uint32_t next, float gain, float *y,
	uint32_t k, uint32_t n) MOS_RT
{
	const float *a = delay_read(r->pre[c], r->pre_size, r->pos - now), *b;

	if (now == next) {
		for (uint32_t i = 0; i < n; i++)
			y[i] += gain * a[i];
		return;
	}
	b = delay_read(r->pre[c], r->pre_size, r->pos - next);
	for (uint32_t i = 0; i < n; i++) {
		float t = (float)(int32_t)(k + i) / (float)FX_GRID;

		y[i] += gain * (a[i] + (b[i] - a[i]) * t);
	}
}

static inline void hadamard4(v4 x[4]) MOS_RT
{
	v4 s0 = x[0] + x[1], d0 = x[0] - x[1], s1 = x[2] + x[3], d1 = x[2] - x[3];

	x[0] = s0 + s1;
	x[1] = d0 + d1;
	x[2] = s0 - s1;
	x[3] = d0 - d1;
}

static inline void transpose4(v4 x[4]) MOS_RT
{
	v4 a = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5),
	   b = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
	v4 c = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7),
	   d = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);

	x[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
	x[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
	x[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
	x[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

static inline v4 load(const float *x) MOS_RT
{
	v4 v;

	__builtin_memcpy(&v, x, sizeof(v));
	return v;
}

static inline void store(float *x, v4 v) MOS_RT
{
	__builtin_memcpy(x, &v, sizeof(v));
}

static inline v4 tidy4(v4 x) MOS_RT
{
	v4 a = (v4)((__attribute__((vector_size(16))) int32_t)x & 0x7fffffff);

	return (v4)((__attribute__((vector_size(16))) int32_t)x & (a >= FX_TINY) & (a < 1e6f));
}

static inline float sum4(v4 x) MOS_RT
{
	return (x[0] + x[1]) + (x[2] + x[3]);
}

/* The losses and the matrix, four lines a vector. bus[frame][line]: what the lines gave; then what they get.
 */
static void feed_back(struct reverb *r, float (*bus)[REVERB_LINES], const float *in_l, const float *in_r,
	float *late_l, float *late_r, uint32_t k, uint32_t n) MOS_RT
{
	const v4 pole_high = {r->split[0], r->split[0], r->split[0], r->split[0]};
	const v4 pole_low = {r->split[1], r->split[1], r->split[1], r->split[1]};
	v4 high[4], low[4];

	for (int q = 0; q < 4; q++) {
		high[q] = load(r->state_high + 4 * q);
		low[q] = load(r->state_low + 4 * q);
	}
	for (uint32_t i = 0; i < n; i++) {
		const float t = (float)(int32_t)(k + i) * r->moving, feed = 0.35355339f;
		const v4 time = {t, t, t, t},
			 l = {in_l[i] * feed, in_l[i] * feed, in_l[i] * feed, in_l[i] * feed},
			 rr = {in_r[i] * feed, in_r[i] * feed, in_r[i] * feed, in_r[i] * feed};
		v4 y[4], to_l = {0}, to_r = {0};

		for (int q = 0; q < 4; q++) {
			v4 x = load(bus[i] + 4 * q), v = (x - high[q]) * pole_high, lp = v + high[q], w, lp2;

			high[q] = lp + v;
			w = (x - low[q]) * pole_low;
			lp2 = w + low[q];
			low[q] = lp2 + w;
			y[q] = x * (load(r->now.high + 4 * q) + load(r->step.high + 4 * q) * time) +
			       lp * (load(r->now.mid + 4 * q) + load(r->step.mid + 4 * q) * time) +
			       lp2 * (load(r->now.low + 4 * q) + load(r->step.low + 4 * q) * time);
			to_l += y[q] * side_l[q];
			to_r += y[q] * side_r[q];
		}
		late_l[i] = sum4(to_l);
		late_r[i] = sum4(to_r);
		hadamard4(y);
		transpose4(y);
		hadamard4(y);
		for (int q = 0; q < 4; q++)
			store(bus[i] + 4 * q, tidy4(y[q] * 0.25f + (l * feed_l[q] + rr * feed_r[q])));
	}
	for (int q = 0; q < 4; q++) {
		store(r->state_high + 4 * q, high[q]);
		store(r->state_low + 4 * q, low[q]);
	}
}

static int run_lines(struct reverb *r, float *late_l, float *late_r, uint32_t k, uint32_t n) MOS_RT
{
	float bus[FX_GRID][REVERB_LINES], x[FX_GRID], in[2][FX_GRID] = {0};
	int alive = 0;

	for (int c = 0; c < 2; c++)
		add_tap(r, c, r->pre_now, r->pre_next, 1, in[c], k, n);
	for (uint32_t j = 0; j < REVERB_LINES; j++) {
		delay_read_moving(r->line[j], r->line_size, r->pos, r->delay[j], r->delay_step[j], k, x, n);
		for (uint32_t i = 0; i < n; i++)
			bus[i][j] = x[i];
	}
	feed_back(r, bus, in[0], in[1], late_l, late_r, k, n);
	for (uint32_t j = 0; j < REVERB_LINES; j++) {
		for (uint32_t i = 0; i < n; i++)
			x[i] = bus[i][j];
		delay_write(r->line[j], r->line_size, r->pos, x, n);
		alive |= !is_silent(x, n);
	}
	return alive;
}

void reverb_process(struct reverb *r, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT
{
	float late[2][FX_GRID], early[2][FX_GRID] = {0};
	if (!r->awake && (!r->on || (is_silent(in_l, n) && is_silent(in_r, n))))
		return;
	r->awake = 1;
	r->alive |= (uint8_t)(take_in(r, 0, in_l, n) | take_in(r, 1, in_r, n));
	r->alive |= (uint8_t)run_lines(r, late[0], late[1], k, n);
	for (int c = 0; c < 2; c++)
		for (uint32_t i = 0; i < REVERB_EARLY; i++)
			add_tap(r, i % 2 ? !c : c, r->early_now[c][i], r->early_next[c][i], early_gain[i],
				early[c], k, n);
	r->pos += n;
	for (uint32_t i = 0; i < n; i++) {
		float t = (float)(int32_t)(k + i), level = r->level.now + r->level.step * t,
		      gain = r->late.now + r->late.step * t;
		float a = early[0][i] + late[0][i] * gain, b = early[1][i] + late[1][i] * gain;
		float mid = (a + b) * 0.5f, side = (a - b) * 0.5f * (r->width.now + r->width.step * t);

		out_l[i] += (mid + side) * level;
		out_r[i] += (mid - side) * level;
	}
}
