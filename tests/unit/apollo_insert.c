/* SPDX-License-Identifier: MIT */
/*
 * The audio thread's end of an insert, with a process of the test's own at the other end of the region: in
 * time, late, mad. Sound goes through it in blocks of any length.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/insert/insert_host.h"
#include "apollo/insert/insert_rt.h"

#define RATE 48000
#define PERIOD INSERT_PERIOD
#define LEVEL 0.5f

struct rig {
	struct insert_region *region;
	struct insert *insert;
	uint64_t answered;
	float gain;   /* of the process */
	uint64_t pos; /* frames sent in */
	float last, steepest;
};

static void rig_init(struct rig *r, uint32_t latency)
{
	*r = (struct rig){.gain = -0.6f};
	r->region = aligned_alloc(128, (sizeof(*r->region) + 127) / 128 * 128);
	memset(r->region, 0, sizeof(*r->region));
	r->insert = insert_create(r->region, NULL, 0, latency);
}

static void rig_finish(struct rig *r)
{
	insert_destroy(r->insert);
	free(r->region);
}

/* The process: everything that was handed over comes back. */
static void answer(struct rig *r)
{
	for (; r->answered < r->region->n_in; r->answered++) {
		struct insert_slot *in = &r->region->in[r->answered % INSERT_RING];
		struct insert_slot *out = &r->region->out[r->answered % INSERT_RING];

		for (uint32_t i = 0; i < PERIOD; i++) {
			out->l[i] = in->l[i] * r->gain;
			out->r[i] = in->r[i] * r->gain;
		}
		out->number = r->answered + 1;
		r->region->n_out = r->answered + 1;
	}
}

/* What goes in at a frame: smooth, and not periodic in anything of ours. */
static float sent(uint64_t pos)
{
	return LEVEL * sinf((float)(2 * M_PI) * (float)(pos % RATE) * 220 / RATE);
}

/* One block through it. The steepest step from frame to frame is remembered: a click would show. */
static void block(struct rig *r, uint32_t n, float *ret)
{
	float l[256], rr[256];

	for (uint32_t i = 0; i < n; i++)
		l[i] = rr[i] = sent(r->pos + i);
	insert_process(r->insert, l, rr, n);
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(l[i], rr[i]);
		r->steepest = fmaxf(r->steepest, fabsf(l[i] - r->last));
		r->last = l[i];
	}
	r->pos += n;
	if (ret)
		memcpy(ret, l, n * sizeof(float));
}

static void run(struct rig *r, uint32_t n_blocks, int is_answering)
{
	for (uint32_t i = 0; i < n_blocks; i++) {
		block(r, PERIOD, NULL);
		if (is_answering)
			answer(r);
	}
}

/* The next period must be that of `latency` frames before, times `gain`. */
static void expect(struct rig *r, uint32_t latency, float gain)
{
	float x[PERIOD];
	uint64_t pos = r->pos;

	block(r, PERIOD, x);
	for (uint32_t i = 0; i < PERIOD; i++)
		cr_assert_eq(x[i], sent(pos + i - latency) * gain, "frame %u: %g, not %g", i, (double)x[i],
			(double)(sent(pos + i - latency) * gain));
}

/* A sine of 220 Hz at 0.5 rises by 0.0144 a frame; a fade over 64 frames of twice that level adds 0.025. */
#define SMOOTH 0.05f

Test(apollo_insert, in_time,
	.description = "NAM-02: what the process gives back is heard a fixed number of frames later")
{
	static const uint32_t latency[] = {64, 128, 256, 1024};

	for (uint32_t i = 0; i < 4; i++) {
		struct rig r;

		rig_init(&r, latency[i]);
		run(&r, 60, 1);
		cr_assert_eq(insert_latency(r.insert), latency[i]);
		expect(&r, latency[i], r.gain);
		cr_assert_lt(r.steepest, SMOOTH);
		cr_assert_eq(r.insert->n_late, 0);
		rig_finish(&r);
	}
}

Test(apollo_insert, any_block, .description = "NAM-02: the same bits in blocks of any length")
{
	enum { N = 24576, LATENCY = 512 };
	static float a[N], b[N];
	struct rig r;
	uint32_t n, at;

	rig_init(&r, LATENCY);
	for (at = 0; at < N; at += 256, answer(&r))
		block(&r, 256, a + at);
	rig_finish(&r);
	rig_init(&r, LATENCY);
	for (at = 0; at < N; at += n, answer(&r)) {
		n = 1 + (at * 7919u) % 256;
		n = n < N - at ? n : N - at;
		block(&r, n, b + at);
	}
	cr_assert_arr_eq(a, b, sizeof(a));
	rig_finish(&r);
}

Test(apollo_insert, latency_is_enough,
	.description = "NAM-02: with cycles of any length a period is asked for in a later cycle than it was "
		       "handed over")
{
	for (uint32_t q = 1; q <= 8192; q += q < 300 ? 1 : 97) {
		uint32_t latency = insert_latency_for(q);

		cr_assert_eq(latency % PERIOD, 0);
		cr_assert_lt(latency, PERIOD * (INSERT_RING - 1u));
		for (uint64_t k = 0; k < 2 * q + 2; k++) {
			uint64_t handed_over = (k * PERIOD + PERIOD - 1) / q,
				 needed = (k * PERIOD + latency) / q;

			cr_assert_gt(needed, handed_over, "quantum %u, period %lu", q, k);
		}
	}
	cr_assert_eq(insert_latency_for(64), 64);
	cr_assert_eq(insert_latency_for(128), 128);
	cr_assert_eq(insert_latency_for(32), 64);
}

Test(apollo_insert, one_gap,
	.description = "NAM-03: a period that is missing is dry, without a click, and it comes back")
{
	struct rig r;

	rig_init(&r, 64);
	run(&r, 40, 1);
	run(&r, 1, 0); /* not answered */
	run(&r, 2, 1); /* the first of these misses it, and fades out */
	cr_assert_eq(r.insert->n_late, 1);
	cr_assert_eq(r.insert->why, INSERT_WELL);
	expect(&r, 64, 1);
	answer(&r);
	run(&r, 12, 1);
	expect(&r, 64, r.gain);
	cr_assert_lt(r.steepest, SMOOTH);
	rig_finish(&r);
}

Test(apollo_insert, bypassed_and_back,
	.description = "NAM-03: late again and again is bypassed: the sound goes on dry, equally late, and "
		       "back when it works")
{
	struct rig r;

	rig_init(&r, 128);
	run(&r, 40, 1);
	run(&r, 12, 0);
	cr_assert_eq(r.insert->why, INSERT_LATE);
	cr_assert_geq(r.insert->n_late, 8);
	expect(&r, 128, 1);
	run(&r, 100, 1); /* in time again, but not long enough */
	cr_assert_eq(r.insert->why, INSERT_LATE);
	expect(&r, 128, 1);
	answer(&r);
	run(&r, 300, 1);
	cr_assert_eq(r.insert->why, INSERT_WELL);
	cr_assert_eq(r.insert->heard, 1);
	expect(&r, 128, r.gain);
	cr_assert_lt(r.steepest, SMOOTH);
	rig_finish(&r);
}

Test(apollo_insert, now_and_then,
	.description =
		"NAM-03: one that is late every sixth time is bypassed within a second, without a click")
{
	struct rig r;

	rig_init(&r, 64);
	run(&r, 40, 1);
	for (uint32_t i = 0; i < 750 && r.insert->why == INSERT_WELL; i++) {
		block(&r, PERIOD, NULL);
		if (i % 6)
			answer(&r);
	}
	cr_assert_eq(r.insert->why, INSERT_LATE);
	cr_assert_lt(r.steepest, SMOOTH);
	rig_finish(&r);
}

static float smashed(uint32_t what)
{
	static const float x[] = {NAN, INFINITY, -INFINITY, 1e9f, -17.0f};

	return x[what];
}

Test(apollo_insert, no_numbers,
	.description =
		"NAM-03: NaN, Inf and what is far too loud are never heard; the third time it is bypassed")
{
	for (uint32_t what = 0; what < 5; what++) {
		struct rig r;

		rig_init(&r, 64);
		run(&r, 40, 1);
		for (uint32_t i = 1; i <= 3; i++) {
			run(&r, 1, 1);
			r.region->out[(r.answered - 1) % INSERT_RING].r[i * 20] = smashed(what);
			run(&r, 8, 1);
			cr_assert_eq(r.insert->n_bad, i);
			cr_assert_eq(r.insert->why, i < 3 ? INSERT_WELL : INSERT_BAD);
		}
		expect(&r, 64, 1);
		cr_assert_lt(r.steepest, SMOOTH); /* a NaN would not be less either */
		rig_finish(&r);
	}
}

Test(apollo_insert, denormals, .description = "NAM-03: numbers too small to hear are zeros")
{
	struct rig r;
	float x[PERIOD];

	rig_init(&r, 64);
	run(&r, 40, 1);
	for (uint32_t i = 0; i < PERIOD; i++)
		r.region->out[(r.answered - 1) % INSERT_RING].l[i] =
			r.region->out[(r.answered - 1) % INSERT_RING].r[i] = 1e-40f;
	block(&r, PERIOD, x);
	for (uint32_t i = 0; i < PERIOD; i++)
		cr_assert_eq(x[i], 0.0f);
	rig_finish(&r);
}

Test(apollo_insert, mad_numbers,
	.description = "NAM-04: whatever the process writes into the region, the sound goes on dry and stays "
		       "in bounds")
{
	struct rig r;
	uint32_t seed = 1;

	rig_init(&r, 64);
	run(&r, 40, 1);
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t *word = (uint32_t *)&r.region->n_out; /* all that belongs to the process, and `in` */
		size_t n = (sizeof(*r.region) - offsetof(struct insert_region, n_out)) / sizeof(*word);

		for (uint32_t k = 0; k < 200; k++) {
			seed = seed * 1664525u + 1013904223u;
			word[(seed >> 8) % n] = seed;
		}
		r.region->own_latency = seed;
		r.region->out[i % INSERT_RING].number = seed & 1 ? UINT64_MAX : seed;
		block(&r, PERIOD, NULL);
		cr_assert(isfinite(r.last) && fabsf(r.last) <= 1);
	}
	cr_assert_neq(r.insert->why, INSERT_WELL);
	cr_assert_lt(r.steepest, SMOOTH);
	rig_finish(&r);
}

Test(apollo_insert, own_latency, .description = "NAM-02: a plugin's own latency delays the dry sound as well")
{
	struct rig r;

	rig_init(&r, 64);
	r.region->own_latency = 100;
	run(&r, 60, 1);
	cr_assert_eq(insert_latency(r.insert), 164);
	run(&r, 12, 0);
	expect(&r, 164, 1);
	cr_assert_lt(r.steepest, SMOOTH);
	rig_finish(&r);
}

Test(apollo_insert, quantum_changes,
	.description = "NAM-02: another cycle length changes the latency without a click")
{
	struct rig r;

	rig_init(&r, 64);
	run(&r, 60, 1);
	r.insert->want_latency = insert_latency_for(256);
	run(&r, 60, 1);
	expect(&r, 256, r.gain);
	cr_assert_lt(r.steepest, SMOOTH);
	cr_assert_eq(r.insert->n_late, 0);
	rig_finish(&r);
}

Test(apollo_insert, another_one,
	.description = "NAM-04: when a process has died, the next one's end goes on where that one was, "
		       "without a click")
{
	struct rig r, next;
	struct insert *slot = NULL;

	rig_init(&r, 64);
	rig_init(&next, 128);
	cr_assert_null(insert_swap(&slot, r.insert));
	run(&r, 60, 1);
	block(&r, 23, NULL); /* in the middle of a period */
	cr_assert_eq(insert_swap(&slot, next.insert), r.insert);
	next.pos = r.pos;
	next.last = r.last;
	next.steepest = r.steepest;
	run(&next, 4, 1);
	run(&next, 60, 1);
	expect(&next, 128, next.gain);
	cr_assert_lt(next.steepest, SMOOTH);
	cr_assert_eq(insert_swap(&slot, NULL), next.insert);
	cr_assert_null(slot);
	rig_finish(&r);
	rig_finish(&next);
}

Test(apollo_insert, leaves,
	.description = "NAM-03: an insert that is taken out crosses over to the sound that comes in")
{
	struct rig r;

	rig_init(&r, 512);
	run(&r, 60, 1);
	r.insert->want_leave = 1;
	run(&r, 3, 1);
	cr_assert_eq(r.insert->left, 0);
	run(&r, 10, 1);
	cr_assert_eq(r.insert->left, 1);
	expect(&r, 0, 1);
	cr_assert_lt(r.steepest, SMOOTH);
	rig_finish(&r);
}

Test(apollo_insert, bell,
	.description = "NAM-04: the audio thread asks for the bell once for all periods of a cycle")
{
	struct insert_bell *bell = insert_bell_create();
	struct rig r;

	rig_init(&r, 64);
	r.insert->bell = bell;
	r.insert->n_bell = 5;
	block(&r, 63, NULL);
	cr_assert_eq(insert_bell_due(bell), 0);
	block(&r, 1, NULL);
	run(&r, 3, 0);
	cr_assert_eq(bell->fed, UINT64_C(1) << 5);
	cr_assert_eq(insert_bell_due(bell), 1);
	cr_assert_eq(insert_bell_due(bell), 0);
	insert_bell_ring(bell);
	cr_assert_eq(bell->fed, 0);
	insert_bell_destroy(bell);
	rig_finish(&r);
}
