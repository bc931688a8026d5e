/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nam_state.h"

#define LOUDEST 1e4f   /* input beyond it is cut: 80 dB above full scale */
#define SILENCE 1e-15f /* input below it is none, so that no denormal comes in */

struct nam_state {
	struct nam_run *run;
	char *memory;
	float in[NAM_CHUNK], *out;
};

static void *place(struct nam_arena *a, size_t bytes)
{
	void *p = a->base ? a->base + a->used : NULL;

	a->used += (bytes + 63) / 64 * 64;
	return p;
}

static float *place_planes(struct nam_arena *a, uint64_t n)
{
	return place(a, n * NAM_CHUNK * sizeof(float));
}

/* What a net needs, found while its convolutions are walked. */
struct needs {
	uint32_t n_rows, n_planes; /* of the widest */
	uint32_t n_rings;
	struct nam_ring *rings; /* NULL: only counted */
	struct nam_arena *arena;
};

static void need(struct needs *n, const struct nam_conv *c)
{
	if (c->n_rows > n->n_rows)
		n->n_rows = c->n_rows;
	if (c->n_in > n->n_planes)
		n->n_planes = c->n_in;
	if (c->n_out > n->n_planes)
		n->n_planes = c->n_out;
}

static void need_ring(struct needs *n, const struct nam_conv *c)
{
	const uint32_t length = nam_conv_history(c) + NAM_CHUNK;
	/* An odd number of cache lines: planes do not fall onto each other in the cache. */
	const uint32_t stride = ((length + 2 * NAM_CHUNK + 15) / 16 | 1) * 16;

	need(n, c);
	if (n->rings) {
		float *data = place(n->arena, (size_t)stride * c->n_in * sizeof(float));

		if (data)
			n->rings[n->n_rings] = (struct nam_ring){data, c->n_in, length, stride, 0};
	}
	n->n_rings++;
}

static void walk(struct needs *n, const struct nam_net *net)
{
	n->n_rings = 0;
	switch (net->kind) {
	case NAM_WAVENET:
		for (uint32_t i = 0; i < net->wavenet.n_arrays; i++) {
			const struct nam_array *a = &net->wavenet.arrays[i];

			need(n, &a->rechannel);
			for (uint32_t j = 0; j < a->n_layers; j++) {
				const struct nam_layer *l = &a->layers[j];

				need_ring(n, &l->conv);
				need(n, &l->mixin);
				need(n, &l->layer1x1);
				need(n, &l->head1x1);
				for (uint32_t k = 0; k < NAM_N_FILMS; k++)
					need(n, &l->film[k].conv);
			}
			need_ring(n, &a->head);
		}
		for (uint32_t i = 0; i < net->wavenet.n_head; i++)
			need_ring(n, &net->wavenet.head[i]);
		break;
	case NAM_LSTM:
		break;
	case NAM_CONVNET:
		for (uint32_t i = 0; i < net->convnet.n_blocks; i++)
			need_ring(n, &net->convnet.blocks[i]);
		need(n, &net->convnet.head);
		break;
	case NAM_LINEAR:
		need_ring(n, &net->linear);
		break;
	}
}

void nam_run_place(struct nam_arena *a, const struct nam_net *net, struct nam_run **ret)
{
	struct nam_run *run = place(a, sizeof(*run)), measured = {0};
	struct needs n = {.arena = a};
	struct nam_ring unplaced[1];

	if (!run)
		run = &measured;
	*ret = a->base ? run : NULL;
	run->net = net;
	run->kernel = nam_kernel_best();
	walk(&n, net);
	run->n_rings = n.n_rings;
	run->rings = place(a, n.n_rings * sizeof(*run->rings));
	/* Without memory nothing is written there, only measured. */
	n.rings = run->rings ? run->rings : unplaced;
	walk(&n, net);
	run->scratch.rows = place(a, n.n_rows * sizeof(*run->scratch.rows));
	run->scratch.z = place_planes(a, n.n_planes);
	/* Twice: a layer's mixed condition lies behind its result. */
	run->scratch.t = place_planes(a, (uint64_t)2 * n.n_planes);
	run->scratch.u = place_planes(a, n.n_planes);
	for (int i = 0; i < 2; i++) {
		run->x[i] = place_planes(a, n.n_planes);
		run->head[i] = place_planes(a, n.n_planes);
	}
	if (net->kind == NAM_LSTM) {
		const struct nam_lstm *l = &net->lstm;

		run->xh = place(a, (size_t)2 * l->n_lanes * sizeof(float) + 64);
		run->gates = place(a, (size_t)4 * l->n_lanes * sizeof(float));
		run->h = place(a, (size_t)l->n_cells * l->n_lanes * sizeof(float));
		run->c = place(a, (size_t)l->n_cells * l->n_lanes * sizeof(float));
	}
	if (net->kind == NAM_WAVENET && net->wavenet.condition) {
		run->condition_out = place_planes(a, net->wavenet.condition->n_out);
		nam_run_place(a, net->wavenet.condition, &run->condition);
	}
}

void nam_run_chunk(struct nam_run *run, const float *in, float *out, uint32_t n, int is_first) MOS_RT
{
	switch (run->net->kind) {
	case NAM_WAVENET:
		nam_wavenet_run(run, in, out, n, is_first);
		break;
	case NAM_LSTM:
		nam_lstm_run(run, in, out, n, is_first);
		break;
	case NAM_CONVNET:
		nam_convnet_run(run, in, out, n, is_first);
		break;
	case NAM_LINEAR:
		nam_linear_run(run, in, out, n, is_first);
		break;
	}
}

void nam_reset(struct nam_state *s) MOS_RT
{
	/* Silence has always been: what every ring holds is one frame's work. */
	memset(s->in, 0, sizeof(s->in));
	nam_run_chunk(s->run, s->in, s->out, 1, 1);
}

struct nam_state *nam_state_create(const struct nam_model *m)
{
	struct nam_state *s = calloc(1, sizeof(*s));
	struct nam_arena a = {0};

	if (!s)
		return NULL;
	nam_run_place(&a, m->net, &s->run);
	(void)place_planes(&a, m->net->n_out);
	s->memory = aligned_alloc(64, a.used);
	if (!s->memory) {
		free(s);
		return NULL;
	}
	memset(s->memory, 0, a.used);
	a = (struct nam_arena){.base = s->memory};
	nam_run_place(&a, m->net, &s->run);
	s->out = place_planes(&a, m->net->n_out);
	nam_reset(s);
	return s;
}

void nam_state_destroy(struct nam_state *s)
{
	if (!s)
		return;
	free(s->memory);
	free(s);
}

void nam_process(struct nam_state *s, const float *in, float *out, uint32_t n_frames) MOS_RT
{
	for (uint32_t done = 0, n; done < n_frames; done += n) {
		n = n_frames - done < NAM_CHUNK ? n_frames - done : NAM_CHUNK;
		for (uint32_t i = 0; i < n; i++) {
			const float x = in[done + i], size = __builtin_fabsf(x);

			/* What is no number compares false. */
			s->in[i] = size >= SILENCE && size <= LOUDEST ? x
				   : size > LOUDEST                   ? __builtin_copysignf(LOUDEST, x)
								      : 0.0f;
		}
		nam_run_chunk(s->run, s->in, s->out, n, 0);
		for (uint32_t i = 0; i < n; i++) {
			const float y = s->out[i];

			out[done + i] = __builtin_fabsf(y) <= 1e6f ? y : 0.0f;
		}
	}
}

uint32_t nam_latency(const struct nam_state *s) MOS_RT
{
	(void)s;
	return 0;
}
