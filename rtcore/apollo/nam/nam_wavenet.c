/* SPDX-License-Identifier: MIT */
/*
 * A chunk through a WaveNet. Each layer: dilated convolution of its input, the condition mixed in, activation
 * (gated by a second half of the channels, or blended with it), a matrix back to the channels, added to the
 * input; what was activated is summed for the head. FiLM scales and shifts by the condition where a layer has
 * it.
 */
#include <string.h>

#include "nam_state.h"

static uint32_t whole_steps(uint32_t n) MOS_RT
{
	return (n + NAM_STEP - 1) / NAM_STEP * NAM_STEP;
}

static void add(float *to, const float *from, uint32_t n_planes, uint32_t n) MOS_RT
{
	const uint32_t whole = whole_steps(n);

	for (uint32_t p = 0; p < n_planes; p++)
		for (uint32_t f = 0; f < whole; f++)
			to[p * NAM_CHUNK + f] += from[p * NAM_CHUNK + f];
}

/* @param to  may be x. */
static void film(struct nam_run *run, const struct nam_film *fi, const float *condition, const float *x,
	float *to, uint32_t n) MOS_RT
{
	const uint32_t whole = whole_steps(n);
	float *by = run->scratch.u;

	nam_conv_planes(run, &fi->conv, condition, NULL, by, n);
	for (uint32_t p = 0; p < fi->n; p++) {
		const float *scale = by + (size_t)p * NAM_CHUNK, *shift = scale + (size_t)fi->n * NAM_CHUNK;
		const float *from = x + (size_t)p * NAM_CHUNK;
		float *y = to + (size_t)p * NAM_CHUNK;

		for (uint32_t f = 0; f < whole; f++)
			y[f] = fi->has_shift ? from[f] * scale[f] + shift[f] : from[f] * scale[f];
	}
}

/* What is in front of the activation: z = conv(x) + mixin(condition). */
static void convolve(struct nam_run *run, const struct nam_layer *l, struct nam_ring *ring,
	const float *condition, uint32_t n_condition, uint32_t n) MOS_RT
{
	float *z = run->scratch.z, *t = run->scratch.t;

	nam_conv_ring(run, &l->conv, ring, l->has_mixin ? NULL : condition, n_condition, z, n);
	if (l->has_mixin) {
		const float *mixed = condition;

		if (l->film[NAM_FILM_CONV_POST].is_active)
			film(run, &l->film[NAM_FILM_CONV_POST], condition, z, z, n);
		if (l->film[NAM_FILM_MIXIN_PRE].is_active) {
			/* In the upper half of t: the lower one takes the result. */
			float *room = t + (size_t)l->conv.n_out * NAM_CHUNK;

			film(run, &l->film[NAM_FILM_MIXIN_PRE], condition, condition, room, n);
			mixed = room;
		}
		nam_conv_planes(run, &l->mixin, mixed, NULL, t, n);
		if (l->film[NAM_FILM_MIXIN_POST].is_active)
			film(run, &l->film[NAM_FILM_MIXIN_POST], condition, t, t, n);
		add(z, t, l->conv.n_out, n);
	}
	if (l->film[NAM_FILM_ACT_PRE].is_active)
		film(run, &l->film[NAM_FILM_ACT_PRE], condition, z, z, n);
}

static void activate(struct nam_run *run, const struct nam_layer *l, uint32_t n_channels, uint32_t n) MOS_RT
{
	const uint32_t whole = whole_steps(n);
	float *z = run->scratch.z, *t = run->scratch.t;
	const float *gate = z + (size_t)n_channels * NAM_CHUNK;

	if (l->gating == NAM_GATING_BLENDED)
		memcpy(t, z, (size_t)n_channels * NAM_CHUNK * sizeof(float));
	nam_activate(run, &l->act, z, n_channels, n);
	if (l->gating == NAM_GATING_NONE)
		return;
	nam_activate(run, &l->gate, z + (size_t)n_channels * NAM_CHUNK, n_channels, n);
	for (uint32_t p = 0; p < n_channels; p++)
		for (uint32_t f = 0; f < whole; f++) {
			const uint32_t i = p * NAM_CHUNK + f;

			z[i] = l->gating == NAM_GATING_GATED ? z[i] * gate[i]
							     : gate[i] * z[i] + (1.0f - gate[i]) * t[i];
		}
}

static void layer(struct nam_run *run, const struct nam_array *a, const struct nam_layer *l,
	struct nam_ring *ring, const float *condition, float *x, float *head, uint32_t n, int is_first) MOS_RT
{
	float *z = run->scratch.z, *t = run->scratch.t;
	const float *remembered = x;

	if (l->film[NAM_FILM_CONV_PRE].is_active) {
		film(run, &l->film[NAM_FILM_CONV_PRE], condition, x, t, n);
		remembered = t;
	}
	nam_ring_write(ring, remembered, n, is_first);
	convolve(run, l, ring, condition, a->n_condition, n);
	nam_ring_advance(ring, n);
	activate(run, l, a->n_bottleneck, n);
	if (l->film[NAM_FILM_ACT_POST].is_active)
		film(run, &l->film[NAM_FILM_ACT_POST], condition, z, z, n);
	if (!l->has_head1x1) {
		add(head, z, a->n_head_in, n);
	} else if (l->film[NAM_FILM_HEAD_POST].is_active) {
		nam_conv_planes(run, &l->head1x1, z, NULL, t, n);
		film(run, &l->film[NAM_FILM_HEAD_POST], condition, t, t, n);
		add(head, t, a->n_head_in, n);
	} else {
		nam_conv_planes(run, &l->head1x1, z, head, head, n);
	}
	if (l->film[NAM_FILM_LAYER_POST].is_active) {
		nam_conv_planes(run, &l->layer1x1, z, NULL, t, n);
		film(run, &l->film[NAM_FILM_LAYER_POST], condition, t, t, n);
		add(x, t, a->n_channels, n);
	} else if (l->has_layer1x1) {
		nam_conv_planes(run, &l->layer1x1, z, x, x, n);
	}
}

/* @return the planes of the head's sum for the next array. */
static float *array(struct nam_run *run, uint32_t i, struct nam_ring **ring, const float *x,
	const float *condition, float *head, uint32_t n, int is_first) MOS_RT
{
	const struct nam_array *a = &run->net->wavenet.arrays[i];
	float *now = run->x[i & 1], *next_head = head == run->head[0] ? run->head[1] : run->head[0];

	nam_conv_planes(run, &a->rechannel, x, NULL, now, n);
	for (uint32_t j = 0; j < a->n_layers; j++)
		layer(run, a, &a->layers[j], (*ring)++, condition, now, head, n, is_first);
	nam_ring_write(*ring, head, n, is_first);
	nam_conv_ring(run, &a->head, *ring, NULL, 0, next_head, n);
	nam_ring_advance((*ring)++, n);
	return next_head;
}

void nam_wavenet_run(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT
{
	const struct nam_wavenet *wn = &run->net->wavenet;
	const uint32_t whole = whole_steps(n);
	struct nam_ring *ring = run->rings;
	const float *condition = in, *x = in;
	float *head = run->head[0];
	uint32_t n_out = wn->arrays[wn->n_arrays - 1].n_head_out;

	if (run->condition) {
		nam_run_chunk(run->condition, in, run->condition_out, n, is_first);
		condition = run->condition_out;
	}
	memset(head, 0, (size_t)wn->arrays[0].n_head_in * NAM_CHUNK * sizeof(float));
	for (uint32_t i = 0; i < wn->n_arrays; i++) {
		head = array(run, i, &ring, x, condition, head, n, is_first);
		x = run->x[i & 1];
	}
	for (uint32_t p = 0; p < n_out; p++)
		for (uint32_t f = 0; f < whole; f++)
			head[p * NAM_CHUNK + f] *= wn->head_scale;
	for (uint32_t i = 0; i < wn->n_head; i++) {
		float *next = head == run->head[0] ? run->head[1] : run->head[0];

		nam_activate(run, &wn->head_act, head, wn->head[i].n_in, n);
		nam_ring_write(ring, head, n, is_first);
		nam_conv_ring(run, &wn->head[i], ring, NULL, 0, next, n);
		nam_ring_advance(ring++, n);
		head = next;
		n_out = wn->head[i].n_out;
	}
	memcpy(out, head, (size_t)n_out * NAM_CHUNK * sizeof(float));
}
