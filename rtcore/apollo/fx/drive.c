/* SPDX-License-Identifier: MIT */
#include "drive.h"

#include <math.h>
#include <string.h>

#include "fx_math.h"

#define PAST (DRIVE_TAPS - 1)
#define CABINET_S 0.0107
#define LATENCY                                                                                              \
	15u /* up and down: 63 frames of four times the rate, less the three that a frame looks forward */
#define DC_POLE 0.999f

/* A filter of second order, by the bilinear transform of the analogue one. */
enum kind { HIGH_PASS, LOW_PASS, BELL };
static const struct {
	enum kind kind;
	double hz, q, db;
} cabinet[] = {
	{HIGH_PASS, 75, 0.8, 0},
	{BELL, 115, 1.2, 5},
	{BELL, 420, 0.9, -4},
	{BELL, 2600, 1.1, 6},
	{BELL, 3800, 3, 2},
	{LOW_PASS, 4800, 0.54, 0},
	{LOW_PASS, 4800, 1.31, 0},
};

static void filter(enum kind kind, double hz, double q, double db, double *x, uint32_t n, double rate_hz)
{
	double w = 2 * FX_PI * (hz / rate_hz < 0.45 ? hz / rate_hz : 0.45), c = cos(w),
	       alpha = sin(w) / (2 * q);
	double amp = pow(10, db / 40), b0, b1, b2, a0 = 1 + alpha, a1 = -2 * c, a2 = 1 - alpha, x1 = 0,
	       x2 = 0, y1 = 0, y2 = 0;

	if (kind == BELL) {
		b0 = 1 + alpha * amp;
		b1 = -2 * c;
		b2 = 1 - alpha * amp;
		a0 = 1 + alpha / amp;
		a2 = 1 - alpha / amp;
	} else {
		b1 = kind == LOW_PASS ? 1 - c : -(1 + c);
		b0 = b2 = fabs(b1) / 2;
	}
	for (uint32_t i = 0; i < n; i++) {
		double y = (b0 * x[i] + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2) / a0;

		x2 = x1;
		x1 = x[i];
		y2 = y1;
		y1 = x[i] = y;
	}
}

static void make_cabinet(struct drive_tables *t, uint32_t rate_hz)
{
	double x[DRIVE_CABINET_MAX] = {1}, re = 0, im = 0;
	uint32_t n = (uint32_t)(CABINET_S * rate_hz);

	t->n_cabinet = n < DRIVE_CABINET_MAX ? n & ~3u : DRIVE_CABINET_MAX;
	n = t->n_cabinet;
	for (size_t i = 0; i < sizeof(cabinet) / sizeof(cabinet[0]); i++)
		filter(cabinet[i].kind, cabinet[i].hz, cabinet[i].q, cabinet[i].db, x, n, rate_hz);
	for (uint32_t i = 0; i < n; i++) {
		if (i > n - n / 4) /* the rest is faded, not cut */
			x[i] *= 0.5 + 0.5 * cos(FX_PI * (double)(i - (n - n / 4)) / (n / 4));
		re += x[i] * cos(2 * FX_PI * 800 * i / rate_hz);
		im += x[i] * sin(2 * FX_PI * 800 * i / rate_hz);
	}
	for (uint32_t i = 0; i < n; i++)
		t->cabinet[i] = (float)(x[i] / sqrt(re * re + im * im)); /* 0 dB at 800 Hz */
}

void drive_tables_init(struct drive_tables *t, uint32_t rate_hz)
{
	const uint32_t n = DRIVE_OVER * DRIVE_TAPS;
	double h[DRIVE_OVER * DRIVE_TAPS], sum = 0;

	for (uint32_t i = 0; i < n; i++) { /* sinc of corner 0.42 of the rate, Blackman window */
		double x = i - (n - 1) / 2.0, w = 2 * FX_PI * (i + 0.5) / n;

		h[i] = sin(2 * FX_PI * 0.105 * x) / (FX_PI * x) * (0.42 - 0.5 * cos(w) + 0.08 * cos(2 * w));
		sum += h[i];
	}
	for (uint32_t i = 0; i < n; i++)
		t->phase[i % DRIVE_OVER][i / DRIVE_OVER] = (float)(h[i] / sum);
	make_cabinet(t, rate_hz);
}

void drive_init(struct drive *d, const struct drive_tables *t, uint32_t rate_hz)
{
	memset(d, 0, sizeof(*d));
	d->tables = t;
	d->rate_hz = (float)rate_hz;
	d->quiet = UINT32_MAX / 2;
}

void drive_set(struct drive *d, const float *value) MOS_RT
{
	struct fx_glide *const glide[] = {&d->gain, &d->bias, &d->cabinet, &d->level};
	int asleep = drive_is_idle(d);

	d->on = value[MOS_FX_DRIVE_ON] >= 0.5f;
	d->amount.to = d->on;
	d->gain.to = (float)fx_gain_of_db(value[MOS_FX_DRIVE_GAIN_DB]);
	d->bias.to = value[MOS_FX_DRIVE_BIAS] * 0.6f;
	d->cabinet.to = value[MOS_FX_DRIVE_CABINET];
	d->level.to = (float)fx_gain_of_db(value[MOS_FX_DRIVE_LEVEL_DB]);
	if (!asleep)
		return;
	for (size_t i = 0; i < sizeof(glide) / sizeof(glide[0]); i++)
		*glide[i] = fx_glide_at(glide[i]->to);
	memset(d->past, 0, sizeof(d->past));
	memset(d->bent, 0, sizeof(d->bent));
	memset(d->spoken, 0, sizeof(d->spoken));
	memset(d->dc_in, 0, sizeof(d->dc_in));
	memset(d->dc_out, 0, sizeof(d->dc_out));
}

int drive_is_idle(const struct drive *d) MOS_RT
{
	return !d->on && d->amount.next == 0 && d->amount.step == 0;
}

int drive_is_silent(const struct drive *d) MOS_RT
{
	return drive_is_idle(d) || d->quiet > DRIVE_CABINET_MAX + 4 * DRIVE_TAPS;
}

uint32_t drive_latency(const struct drive *d) MOS_RT
{
	return d->on ? LATENCY : 0;
}

void drive_grid(struct drive *d) MOS_RT
{
	fx_glide_grid(&d->amount, 1);
	fx_glide_grid(&d->gain, 1);
	fx_glide_grid(&d->bias, 1);
	fx_glide_grid(&d->cabinet, 1);
	fx_glide_grid(&d->level, 1);
	for (int c = 0; c < 2; c++)
		d->dc_out[c] = fx_tidy(d->dc_out[c]);
	d->quiet = d->alive ? 0 : d->quiet < UINT32_MAX / 2 ? d->quiet + FX_GRID : d->quiet;
	d->alive = 0;
}

/* Near the hyperbolic tangent, and 1 from 3 on. */
static inline float bend(float x) MOS_RT
{
	float y = x > 3 ? 3 : x < -3 ? -3 : x, s = y * y;

	return y * (27 + s) / (27 + 9 * s);
}

/* The signal at four times the rate, bent; by phases, behind the PAST older ones. */
static void bend_piece(struct drive *d, const float *x, float (*out)[PAST + FX_GRID], uint32_t k, uint32_t n)
	MOS_RT
{
	for (uint32_t p = 0; p < DRIVE_OVER; p++) {
		float *y = out[p] + PAST;

		memset(y, 0, n * sizeof(float));
		for (uint32_t t = 0; t < DRIVE_TAPS; t++) {
			float h = d->tables->phase[p][t] * DRIVE_OVER;

			for (uint32_t i = 0; i < n; i++)
				y[i] += h * x[PAST + i - t];
		}
		for (uint32_t i = 0; i < n; i++) {
			float at = (float)(int32_t)(k + i), bias = d->bias.now + d->bias.step * at;

			y[i] = bend(y[i] * (d->gain.now + d->gain.step * at) + bias) - bend(bias);
		}
	}
}

static void decimate(const struct drive *d, const float (*x)[PAST + FX_GRID], float *y, uint32_t n) MOS_RT
{
	memset(y, 0, n * sizeof(float));
	for (uint32_t t = 0; t < DRIVE_TAPS; t++)
		for (uint32_t p = 0; p < DRIVE_OVER; p++) {
			const float *from = x[DRIVE_OVER - 1 - p] + PAST - t;
			float h = d->tables->phase[p][t];

			for (uint32_t i = 0; i < n; i++)
				y[i] += h * from[i];
		}
}

static void speak(struct drive *d, int c, float *x, uint32_t k, uint32_t n) MOS_RT
{
	const uint32_t taps = d->tables->n_cabinet;
	float buf[DRIVE_CABINET_MAX + FX_GRID], y[FX_GRID] = {0};

	memcpy(buf, d->spoken[c], (taps - 1) * sizeof(float));
	memcpy(buf + taps - 1, x, n * sizeof(float));
	memcpy(d->spoken[c], buf + n, (taps - 1) * sizeof(float));
	if (fx_glide_rests(&d->cabinet) && d->cabinet.next == 0)
		return;
	for (uint32_t t = 0; t < taps; t++) {
		const float *from = buf + taps - 1 - t;
		float h = d->tables->cabinet[t];

		for (uint32_t i = 0; i < n; i++)
			y[i] += h * from[i];
	}
	for (uint32_t i = 0; i < n; i++)
		x[i] += (y[i] - x[i]) * (d->cabinet.now + d->cabinet.step * (float)(int32_t)(k + i));
}

static void side(struct drive *d, int c, float *x, uint32_t k, uint32_t n) MOS_RT
{
	float in[PAST + FX_GRID], over[DRIVE_OVER][PAST + FX_GRID], y[FX_GRID];
	float any = 0;

	memcpy(in, d->past[c], PAST * sizeof(float));
	memcpy(in + PAST, x, n * sizeof(float));
	memcpy(d->past[c], in + n, PAST * sizeof(float));
	for (uint32_t p = 0; p < DRIVE_OVER; p++)
		memcpy(over[p], d->bent[c][p], PAST * sizeof(float));
	bend_piece(d, in, over, k, n);
	for (uint32_t p = 0; p < DRIVE_OVER; p++)
		memcpy(d->bent[c][p], over[p] + n, PAST * sizeof(float));
	decimate(d, over, y, n);
	for (uint32_t i = 0; i < n; i++) { /* what the lopsided bend adds in direct current */
		d->dc_out[c] = y[i] - d->dc_in[c] + DC_POLE * d->dc_out[c];
		d->dc_in[c] = y[i];
		y[i] = d->dc_out[c];
	}
	speak(d, c, y, k, n);
	for (uint32_t i = 0; i < n; i++) {
		float t = (float)(int32_t)(k + i), amount = d->amount.now + d->amount.step * t;

		any = x[i] != 0 || y[i] != 0 ? 1 : any;
		x[i] += (y[i] * (d->level.now + d->level.step * t) - x[i]) * amount;
	}
	d->alive |= any > 0;
}

void drive_process(struct drive *d, float *l, float *r, uint32_t k, uint32_t n) MOS_RT
{
	side(d, 0, l, k, n);
	side(d, 1, r, k, n);
}
