/* SPDX-License-Identifier: MIT */
/*
 * What an inner loop costs a voice and frame, in blocks of 64 whose samples are in the first cache. Beside it
 * the generic build of the same loop.
 */
#include <stdlib.h>
#include <string.h>

#include "apollo/sampler/kernel.h"
#include "bench.h"
#include "sampler.h"

#define N KERNEL_FRAMES
#define SETS 8 /* of filters: in a sampler the same ones come back after hundreds of others */
#define ROUNDS 2000
#define TRIES 15

alignas(64) static float window[64 * N], voice[KERNEL_LANES][N], out[2][N];
alignas(64) static int16_t pcm[4 * N];
alignas(64) static struct kernel_section filter[SETS][KERNEL_LANES];

enum loop { LINEAR, CUBIC, SINC8, WORDS, FROM_S16, MIX2, MIX_VOICES, SVF, SVF_MOVING, VOICE, N_LOOPS };
static const char *const loop_name[N_LOOPS] = {"linear", "cubic", "sinc8", "cubic_s16", "from_s16", "mix2",
	"mix_voices", "svf", "svf_moving", "voice"};

/* A voice: its samples converted, read at its speed, added to both sides. */
static void run(const struct kernel *k, enum loop loop, double speed)
{
	const float gain[2] = {0.1f, 0.2f}, step[2] = {1e-4f, -1e-4f};
	uint64_t inc = (uint64_t)(speed * 0x1p32), pos = inc / 3;
	struct kernel_lane lane[SETS][KERNEL_LANES];
	struct kernel_gain mixed[KERNEL_LANES];
	struct kernel_read read[KERNEL_LANES];

	for (uint32_t i = 0; i < KERNEL_LANES; i++) {
		for (uint32_t j = 0; j < SETS; j++)
			lane[j][i] = (struct kernel_lane){&filter[j][i], voice[i], 0};
		read[i] = (struct kernel_read){pcm, pos & ~511ull, inc & ~511ull, voice[i], N};
		mixed[i] = (struct kernel_gain){.gain = {0.1f, 0.2f}, .step = {1e-4f, -1e-4f}, .x = voice[i]};
	}
	for (uint32_t r = 0; r < ROUNDS; r++) {
		switch (loop) {
		case LINEAR:
		case CUBIC:
		case SINC8:
			k->interp[loop](window, pos, inc, voice[r % KERNEL_LANES], N);
			break;
		case WORDS:
			k->interp_s16[KERNEL_CUBIC](read, KERNEL_LANES);
			break;
		case FROM_S16:
			k->from_s16(pcm, window, N);
			break;
		case MIX2:
			k->mix2(voice[r % KERNEL_LANES], N, 0, gain, step, out[0], out[1]);
			break;
		case MIX_VOICES:
			k->mix_voices(mixed, KERNEL_LANES, N, out[0], out[1]);
			break;
		case VOICE:
			k->interp_s16[KERNEL_CUBIC](read, 1);
			k->mix2(voice[0], N, 0, gain, step, out[0], out[1]);
			break;
		default:
			k->svf(lane[r % SETS], KERNEL_LANES, 0, N);
			break;
		}
		pos = (pos + 0x12345678) & 0xffffffff;
	}
}

static double ns_of(const struct kernel *k, enum loop loop, double speed)
{
	double best = 1e9, ns;
	int64_t from_ns;

	memset(filter, 0, sizeof(filter));
	for (uint32_t i = 0; i < SETS * KERNEL_LANES; i++) { /* 3.4 kHz at 48 kHz, Q 1 */
		struct kernel_section *f = &filter[i / KERNEL_LANES][i % KERNEL_LANES];

		memcpy(f->c, (float[SVF_N]){0.78f, 0.178f, 0.041f, 1}, sizeof(f->c));
		f->d[0] = loop == SVF_MOVING ? 1e-6f : 0;
	}
	for (uint32_t t = 0; t < TRIES; t++) {
		from_ns = bench_now_ns();
		run(k, loop, speed);
		ns = (double)(bench_now_ns() - from_ns) / ROUNDS / N;
		best = ns < best ? ns : best;
	}
	return loop == WORDS || loop == SVF || loop == SVF_MOVING || loop == MIX_VOICES ? best / KERNEL_LANES
											: best;
}

void sampler_kernels(void)
{
	static const double speeds[] = {0.5, 1, 1.5, 2, 8};
	const struct kernel *all[3];
	uint32_t n = kernel_all(all);
	char name[80];

	for (uint32_t i = 0; i < sizeof(window) / sizeof(*window); i++)
		window[i] = (float)(i * 2654435761u >> 8) * 0x1p-24f - 0.5f;
	memcpy(voice, window, sizeof(voice));
	for (uint32_t loop = 0; loop < N_LOOPS; loop++)
		for (uint32_t s = 0; s < sizeof(speeds) / sizeof(*speeds); s++) {
			int has_speed = loop <= WORDS || loop == VOICE;
			double generic;

			if ((!has_speed && speeds[s] != 1) ||
				((loop == VOICE || loop == WORDS) && speeds[s] > 2))
				continue;
			generic = ns_of(all[0], loop, speeds[s]);
			for (uint32_t a = 0; a < n; a++) {
				snprintf(name, sizeof(name),
					has_speed ? "sampler.kernel.%s.%s.speed_%g" : "sampler.kernel.%s.%s",
					loop_name[loop], all[a]->name, speeds[s]);
				bench_print(name, ns_of(all[a], loop, speeds[s]), "ns/voice-sample",
					a ? "generic" : NULL, generic);
			}
		}
}
