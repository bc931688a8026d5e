/* SPDX-License-Identifier: MIT */
/*
 * What does each effect cost, in nanoseconds a frame? The mixer renders white noise in its strips; the
 * effect's cost is the difference to the mixer without it. At 48 kHz a frame has 20,833 ns, so 208 ns are a
 * percent of a core.
 *
 * Good: the mixer alone with 16 strips below 50 ns, the reverb below 200 ns, an equaliser or compressor below
 * 30 ns.
 */
#include <string.h>

#include "apollo/mix.h"
#include "bench.h"

#define RATE 48000
#define RUNS 40
#define BLOCKS 200

static struct mixer mixer;
static struct strip_bufs bufs;
static float noise[65536 + 1024], out[2][BLOCK_MAX];

struct setting {
	uint32_t strip, unit, param;
	float value;
};

static const struct effect {
	const char *name;
	float level; /* of the noise */
	struct setting set[6];
	uint32_t n;
} effects[] = {
	{"eq", 0.1f,
		{{0, MOS_FX_EQ, MOS_FX_EQ_ON, 1}, {0, MOS_FX_EQ, MOS_FX_EQ_LOW_DB, 3},
			{0, MOS_FX_EQ, MOS_FX_EQ_MID1_DB, -3}, {0, MOS_FX_EQ, MOS_FX_EQ_MID2_DB, 3},
			{0, MOS_FX_EQ, MOS_FX_EQ_HIGH_DB, -3}},
		5},
	{"compressor", 0.5f, {{0, MOS_FX_COMPRESSOR, MOS_FX_COMPRESSOR_ON, 1}}, 1},
	{"drive", 0.1f, {{0, MOS_FX_DRIVE, MOS_FX_DRIVE_ON, 1}, {0, MOS_FX_DRIVE, MOS_FX_DRIVE_CABINET, 0}},
		2},
	{"drive.cabinet", 0.1f, {{0, MOS_FX_DRIVE, MOS_FX_DRIVE_ON, 1}}, 1},
	{"reverb", 0.1f, {{MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_ON, 1}}, 1},
	{"chorus", 0.1f, {{MIX_MASTER, MOS_FX_CHORUS, MOS_FX_CHORUS_ON, 1}}, 1},
	{"limiter.idle", 0.1f, {{MIX_MASTER, MOS_FX_LIMITER, MOS_FX_LIMITER_LOOK_AHEAD_MS, 2}}, 1},
	{"limiter.working", 2, {{MIX_MASTER, MOS_FX_LIMITER, MOS_FX_LIMITER_LOOK_AHEAD_MS, 2}}, 1},
};

static int64_t block(uint32_t strips, uint32_t n, uint32_t at, float level)
{
	int64_t ns;

	bufs.active = 0;
	for (uint32_t s = 0; s < strips; s++) {
		strip_touch(&bufs, s, n);
		for (uint32_t i = 0; i < n; i++) {
			bufs.l[s][i] = noise[(at + s * 331) % 65536 + i] * level;
			bufs.r[s][i] = noise[(at + s * 731) % 65536 + i] * level;
		}
	}
	ns = bench_now_ns();
	mix_render(&mixer, &bufs, NULL, out[0], out[1], n);
	return bench_now_ns() - ns;
}

/* ns a frame: the least of the runs, since others take time, but none gives any. */
static double measure(uint32_t strips, uint32_t n, float level)
{
	double best = 1e18;

	for (int run = 0; run < RUNS; run++) {
		int64_t ns = 0;

		for (uint32_t b = 0; b < BLOCKS; b++)
			ns += block(strips, n, b * n, level);
		if ((double)ns / BLOCKS / n < best)
			best = (double)ns / BLOCKS / n;
	}
	return best;
}

static void start(void)
{
	mix_init(&mixer, RATE);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		mix_channel(&mixer, i, 0, 127, 127);
}

int main(void)
{
	uint64_t seed = 1;
	char name[64];

	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		noise[i] = (float)((double)(int32_t)(seed >> 32) / 2147483648.0);
	}
	for (uint32_t n = 64; n <= BLOCK_MAX; n *= 4) {
		for (uint32_t strips = 1; strips <= 16; strips *= 16) {
			start();
			(void)snprintf(name, sizeof(name), "mixer.strips%u.block%u", strips, n);
			bench_print(name, measure(strips, n, 0.02f), "ns/frame", NULL, 0);
		}
		for (size_t e = 0; e < sizeof(effects) / sizeof(effects[0]); e++) {
			const struct effect *x = &effects[e];
			double alone;

			start();
			alone = measure(1, n, x->level);
			for (uint32_t i = 0; i < x->n; i++)
				if (mix_fx_set(&mixer, x->set[i].strip, x->set[i].unit, x->set[i].param,
					    x->set[i].value) < 0)
					return EXIT_FAILURE;
			for (uint32_t b = 0; b < 400; b++) /* what moves has arrived */
				(void)block(1, n, b * n, x->level);
			(void)snprintf(name, sizeof(name), "mixer.%s.block%u", x->name, n);
			bench_print(name, measure(1, n, x->level) - alone, "ns/frame", NULL, 0);
		}
	}
	return 0;
}
