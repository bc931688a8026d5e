/* SPDX-License-Identifier: MIT */
/*
 * Neural amplifiers: how many times faster than real time at 48 kHz one core runs the usual sizes of the
 * format's WaveNet (feather 3,026, lite 6,554, standard 13,802 weights), in periods of 256 and 64 frames; and
 * the nanoseconds of a multiplication beside it. Goal: a standard model in a tenth of the time at most. The
 * weights are noise: they do not change the time.
 */
#include <stdlib.h>
#include <string.h>

#include <nam.h>

#include "bench.h"

#define SECONDS 4
#define RATE 48000

static const char feather[] = "1,2,4,8,16,32,64", lite_2[] = "128,256,512,1,2,4,8,16,32,64,128,256,512",
		  standard[] = "1,2,4,8,16,32,64,128,256,512";

static const struct {
	const char *name;
	int channels, n_weights;
	const char *dilations[2];
} size[] = {
	{"feather", 8, 3026, {feather, lite_2}},
	{"lite", 12, 6554, {feather, lite_2}},
	{"standard", 16, 13802, {standard, standard}},
};

static struct nam_model *make(size_t i)
{
	char *text, error[256];
	size_t n;
	FILE *f = open_memstream(&text, &n);
	struct nam_model *m = NULL;
	uint32_t seed = 1;
	const int c = size[i].channels;

	fprintf(f, "{\"version\":\"0.5.0\",\"architecture\":\"WaveNet\",\"config\":{\"layers\":[");
	for (int a = 0; a < 2; a++)
		fprintf(f,
			"%s{\"input_size\":%d,\"condition_size\":1,\"channels\":%d,\"head_size\":%d,\"kernel_"
			"size\":3,"
			"\"dilations\":[%s],\"activation\":\"Tanh\",\"gated\":false,\"head_bias\":%s}",
			a ? "," : "", a ? c : 1, a ? c / 2 : c, a ? 1 : c / 2, size[i].dilations[a],
			a ? "true" : "false");
	fprintf(f, "],\"head\":null,\"head_scale\":0.02},\"weights\":[");
	for (int w = 0; w < size[i].n_weights; w++) {
		seed = seed * 1664525u + 1013904223u;
		fprintf(f, "%s%.6f", w ? "," : "", ((seed >> 8) / 8388608.0 - 1) * 0.3);
	}
	fprintf(f, "]}");
	fclose(f);
	if (nam_parse(text, n, "bench", NAM_SIZE_BEST, &m, error, sizeof(error)) < 0) {
		fprintf(stderr, "nam: %s\n", error);
		exit(1);
	}
	free(text);
	return m;
}

static double measure(struct nam_state *s, uint32_t period)
{
	static float block[256];
	uint32_t seed = 1;
	const int64_t from = bench_now_ns();

	for (uint32_t at = 0; at < SECONDS * RATE; at += period) {
		for (uint32_t i = 0; i < period; i++) {
			seed = seed * 1664525u + 1013904223u;
			block[i] = (float)(seed >> 8) / 33554432.0f - 0.25f;
		}
		nam_process(s, block, block, period);
	}
	return (double)(bench_now_ns() - from) / 1e9;
}

int main(void)
{
	bench_pin(bench_nth_cpu(1));
	for (size_t i = 0; i < sizeof(size) / sizeof(*size); i++) {
		struct nam_model *m = make(i);
		struct nam_state *s = nam_state_create(m);

		for (uint32_t period = 64; period <= 256; period *= 4) {
			char name[64];
			double best = 1e9;

			for (int run = 0; run < 5; run++) {
				const double t = measure(s, period);
				best = t < best ? t : best;
			}
			(void)snprintf(name, sizeof(name), "nam.%s.block%u", size[i].name, period);
			bench_print(name, SECONDS / best, "x real time", "goal 10 x", 10);
			fprintf(stderr, "nam: %s: %.3f ns a multiplication\n", name,
				best * 1e9 / (SECONDS * RATE) / (double)nam_info(m)->n_multiplies);
		}
		nam_state_destroy(s);
		nam_free(m);
	}
	return 0;
}
