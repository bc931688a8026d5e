/* SPDX-License-Identifier: MIT */
/*
 * Both ways by windowed sines, each sample from an exact table: the places between two frames that occur
 * repeat, since the rates are whole numbers. Frame i of the engine lies at i * model / engine frames of the
 * model.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../apollo/insert/insert.h"
#include "nam_rate.h"

#define HALF 32    /* zero crossings on each side */
#define PASS 0.911 /* of the lower rate's half: what is above fades */
#define BETA 9.0   /* -90 dB */
#define RATIO_MAX 8u
#define STEPS_MAX 1024u /* places between two frames */
#define RING 4096u      /* frames: far more than a filter and a period at the highest ratio */
#define MADE_MAX (INSERT_PERIOD * RATIO_MAX + RATIO_MAX) /* frames of the model in a period */

/* From a signal in a ring to another rate. Place k of the new one is k * from / to. */
struct way {
	uint64_t from, to; /* without a common divisor */
	int half;          /* of the filter, frames of the old rate */
	float *table;      /* `to` steps of 2 * half taps */
};

struct nam_rate {
	struct way there, back;
	uint32_t latency;
	uint64_t n_in, n_made, n_out; /* frames so far: of the engine, of the model, of the engine */
	float in[RING], made[RING];
};

static double bessel_i0(double x)
{
	double term = 1, sum = 1;

	for (int i = 1; i < 60; i++) {
		term *= x * x / 4 / i / i;
		sum += term;
	}
	return sum;
}

static int way_init(struct way *w, uint32_t from_hz, uint32_t to_hz)
{
	uint32_t a = from_hz, b = to_hz;
	double lower = from_hz < to_hz ? 1.0 : (double)to_hz / from_hz, cut = lower * PASS;

	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	w->from = from_hz / a;
	w->to = to_hz / a;
	w->half = (int)ceil(HALF / lower);
	if (w->to > STEPS_MAX)
		return -ENOTSUP;
	w->table = calloc(w->to * 2 * (size_t)w->half, sizeof(*w->table));
	if (!w->table)
		return -ENOMEM;
	for (uint64_t s = 0; s < w->to; s++) {
		float *taps = w->table + s * 2 * (uint64_t)w->half;
		double sum = 0;

		for (int k = 0; k < 2 * w->half; k++) {
			double t = (double)(k - w->half + 1) - (double)s / (double)w->to, x = t / w->half;
			double window = x * x < 1 ? bessel_i0(BETA * sqrt(1 - x * x)) / bessel_i0(BETA) : 0;
			double y = t == 0 ? cut : sin(M_PI * t * cut) / (M_PI * t);

			taps[k] = (float)(y * window);
			sum += y * window;
		}
		for (int k = 0; k < 2 * w->half; k++)
			taps[k] = (float)((double)taps[k] / sum);
	}
	return 0;
}

/* Frames of the old rate that have to be there for place k. */
static uint64_t needs(const struct way *w, uint64_t k)
{
	return k * w->from / w->to + (uint64_t)w->half + 1;
}

/* Place k; what lies before the beginning is silence, which the ring begins with. */
static float at(const struct way *w, const float *ring, uint64_t k)
{
	uint64_t place = k * w->from, frame = place / w->to;
	const float *taps = w->table + place % w->to * 2 * (uint64_t)w->half;
	float sum = 0;

	for (int i = 0; i < 2 * w->half; i++)
		sum += taps[i] * ring[(frame + (uint64_t)(int64_t)(i - w->half + 1)) % RING];
	return sum;
}

int nam_rate_create(uint32_t engine_hz, uint32_t model_hz, struct nam_rate **ret)
{
	struct nam_rate *r;
	int err;

	if (!engine_hz || !model_hz || engine_hz > (uint64_t)model_hz * RATIO_MAX ||
		model_hz > (uint64_t)engine_hz * RATIO_MAX)
		return -ENOTSUP;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	err = way_init(&r->there, engine_hz, model_hz);
	if (err == 0)
		err = way_init(&r->back, model_hz, engine_hz);
	if (err < 0) {
		nam_rate_destroy(r);
		return err;
	}
	/* so late that what a frame needs of the model has been made of what the model needs of the engine */
	r->latency = (uint32_t)r->there.half + 1 +
		     (uint32_t)(((uint64_t)(r->back.half + 2) * engine_hz + model_hz - 1) / model_hz);
	*ret = r;
	return 0;
}

void nam_rate_destroy(struct nam_rate *r)
{
	if (!r)
		return;
	free(r->there.table);
	free(r->back.table);
	free(r);
}

void nam_rate_process(struct nam_rate *r, struct nam_state *state, const float *in, float *out)
{
	float x[MADE_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < INSERT_PERIOD; i++)
		r->in[r->n_in++ % RING] = in[i];
	while (n < MADE_MAX && needs(&r->there, r->n_made + n) <= r->n_in) {
		x[n] = at(&r->there, r->in, r->n_made + n);
		n++;
	}
	nam_process(state, x, x, n);
	for (uint32_t i = 0; i < n; i++)
		r->made[r->n_made++ % RING] = x[i];
	for (uint32_t i = 0; i < INSERT_PERIOD; i++, r->n_out++)
		out[i] = r->n_out < r->latency ? 0 : at(&r->back, r->made, r->n_out - r->latency);
}

uint32_t nam_rate_latency(const struct nam_rate *r)
{
	return r->latency;
}
