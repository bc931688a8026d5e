/* SPDX-License-Identifier: MIT */
/* A neural amplifier as an insert: mono sum in, both sides out, gains before and behind it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fxhost.h"
#include "nam_rate.h"
#include "../apollo/nam/nam.h"

#define LOUDNESS_DB (-18.0f) /* what normalised models are brought to */
#define GAIN_MAX_DB 24.0f

enum { INPUT_DB, OUTPUT_DB, NORMALIZE, N_CONTROLS };

struct nam_fx {
	struct fx fx;
	struct nam_model *model;
	struct nam_state *state;
	struct nam_rate *rate; /* NULL: the model was made for the engine's */
	struct fx_control control[N_CONTROLS];
	float gain_in, gain_out; /* in force at the last period's end */
};

static float from_db(float db)
{
	return powf(10, db / 20);
}

static float asked(const struct nam_fx *n, uint32_t control)
{
	float value;

	__atomic_load(&n->control[control].value, &value, __ATOMIC_RELAXED);
	return value;
}

static float output_gain(const struct nam_fx *n)
{
	const struct nam_info *info = nam_info(n->model);
	float db = asked(n, OUTPUT_DB);

	if (info->has_loudness && asked(n, NORMALIZE) >= 0.5f)
		db += LOUDNESS_DB - info->loudness_db;
	return from_db(fminf(db, 2 * GAIN_MAX_DB));
}

static uint32_t run(struct fx *fx, const struct insert_cue *cue, const float *in_l, const float *in_r, float *out_l,
	float *out_r)
{
	struct nam_fx *n = (struct nam_fx *)fx;
	float gain_in = from_db(asked(n, INPUT_DB)), gain_out = output_gain(n), x[INSERT_PERIOD], share;
	float step_in = (gain_in - n->gain_in) / INSERT_PERIOD,
	      step_out = (gain_out - n->gain_out) / INSERT_PERIOD;

	for (uint32_t i = 0; i < INSERT_PERIOD; i++) {
		share = (float)(i + 1);
		x[i] = 0.5f * (in_l[i] + in_r[i]) * (n->gain_in + step_in * share);
	}
	if (n->rate)
		nam_rate_process(n->rate, n->state, x, x);
	else
		nam_process(n->state, x, x, INSERT_PERIOD);
	for (uint32_t i = 0; i < INSERT_PERIOD; i++) {
		share = (float)(i + 1);
		out_l[i] = out_r[i] = x[i] * (n->gain_out + step_out * share);
	}
	n->gain_in = gain_in;
	n->gain_out = gain_out;
	return nam_latency(n->state) + (n->rate ? nam_rate_latency(n->rate) : 0);
}

static void destroy(struct fx *fx)
{
	struct nam_fx *n = (struct nam_fx *)fx;

	nam_rate_destroy(n->rate);
	nam_state_destroy(n->state);
	nam_free(n->model);
	free(n);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int fx_nam_create(const char *path, uint32_t rate_hz, struct fx **ret, char *error, size_t error_size)
{
	static const struct fx_control controls[N_CONTROLS] = {
		[INPUT_DB] = {.symbol = "input_db", .min = -GAIN_MAX_DB, .max = GAIN_MAX_DB},
		[OUTPUT_DB] = {.symbol = "output_db", .min = -GAIN_MAX_DB, .max = GAIN_MAX_DB},
		[NORMALIZE] = {.symbol = "normalize", .min = 0, .max = 1, .initial = 1, .value = 1},
	};
	struct nam_fx *n = calloc(1, sizeof(*n));
	const struct nam_info *info;
	int r;

	if (!n)
		return -ENOMEM;
	n->fx = (struct fx){.control = n->control, .n_controls = N_CONTROLS, .run = run, .destroy = destroy};
	memcpy(n->control, controls, sizeof(controls));
	r = nam_load(path, NAM_SIZE_BEST, &n->model, error, error_size);
	if (r < 0)
		goto fail;
	info = nam_info(n->model);
	if (info->rate_hz != rate_hz)
		r = nam_rate_create(rate_hz, info->rate_hz, &n->rate);
	if (r == -ENOTSUP)
		(void)snprintf(error, error_size,
			"%s: the model was made for %u Hz, too far from the engine's %u Hz", base_name(path),
			info->rate_hz, rate_hz);
	if (r < 0)
		goto fail;
	n->state = nam_state_create(n->model);
	if (!n->state) {
		r = -ENOMEM;
		goto fail;
	}
	(void)snprintf(n->fx.name, sizeof(n->fx.name), "%s", info->name[0] ? info->name : base_name(path));
	n->gain_in = 1;
	n->gain_out = output_gain(n);
	*ret = &n->fx;
	return 0;

fail:
	destroy(&n->fx);
	return r;
}
