/* SPDX-License-Identifier: MIT */
/*
 * The chord detector's ear (MET-04, TIM-12): how long an answer takes that a model makes of sound, and how
 * often it is right. An answer is one look, 48 a second: two FFTs, chroma, the ear's model of chords and a small
 * network behind it, in processor time. Chords of eight kinds on all roots, in close position and with a bass
 * below, each for a second, of tones with eight harmonics that fade, with noise 40 dB below them; right is
 * root and family, counted in looks from 0.2 s on.
 *
 * Good: an answer below 100 ms at the 99th percentile, its hop of sound included, and 50 without it; 95 % right.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "detector.h"
#include "hearing.h"

#define RATE 48000u
#define KINDS 8
#define ROOTS 12
#define VOICINGS 2
#define HOPS_MAX (KINDS * ROOTS * VOICINGS * 64)

static const struct {
	const char *symbol;
	int tone[4], n;
} kinds[KINDS] = {
	{"", {0, 4, 7}, 3},
	{"m", {0, 3, 7}, 3},
	{"7", {0, 4, 7, 10}, 4},
	{"m7", {0, 3, 7, 10}, 4},
	{"maj7", {0, 4, 7, 11}, 4},
	{"dim", {0, 3, 6}, 3},
	{"aug", {0, 4, 8}, 3},
	{"sus4", {0, 5, 7}, 3},
};

struct figures {
	double ms[HOPS_MAX];
	size_t n;
	uint32_t n_late, n_right;
};

static double cpu_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A tone that was struck at 0. */
static double tone(int key, double t)
{
	const double hz = 440 * exp2((key - 69) / 12.0);
	double sum = 0;

	for (int k = 1; k <= 8 && hz * k < 6000; k++)
		sum += sin(2 * M_PI * hz * k * t) * exp(-t * (1 + 0.4 * k)) / k;
	return sum;
}

static void sound(float *ret, unsigned n, double t, const int *key, int n_keys)
{
	static uint32_t noise = 1;

	for (unsigned i = 0; i < n; i++) {
		double sum = 0;

		for (int k = 0; k < n_keys; k++)
			sum += tone(key[k], t + (double)i / RATE);
		noise = noise * 1664525 + 1013904223;
		ret[i] = (float)(0.1 * sum + 0.001 * ((double)noise / 0x1p31 - 1));
	}
}

/* Augmented chords sound the same on three roots, those with a suspended fourth on two: what is written
 * counts, or what has the same tones. */
static int is_right(const struct mos_chord *heard, const struct mos_chord *want)
{
	return heard->family != MOS_CHORD_NONE &&
	       (mos_chord_pitch_classes(heard) == mos_chord_pitch_classes(want) ||
		       (mos_tone_class(heard->root) == mos_tone_class(want->root) &&
			       heard->family == want->family));
}

static void play(const int *key, int n_keys, const struct mos_chord *want, struct figures *f)
{
	static struct detector d;
	struct hearing *h = hearing_create(RATE);
	const unsigned hop = hearing_hop(h);
	struct mos_chroma chroma;
	struct detection told;
	float sample[8192];
	int64_t now_ns = 1000000000;

	detector_init(&d);
	for (unsigned k = 0; (k + 1) * hop < RATE && f->n < HOPS_MAX; k++) {
		double begin;

		sound(sample, hop, (double)(k * hop) / RATE, key, n_keys);
		now_ns += (int64_t)(HEARING_HOP_S * 1e9f);
		begin = cpu_ms();
		hearing_step(h, sample, &chroma);
		detector_hear(&d, &chroma, HEARING_HOP_S, now_ns);
		(void)detector_tick(&d, now_ns, &told);
		f->ms[f->n++] = cpu_ms() - begin;
		if ((double)(k * hop) / RATE < 0.2)
			continue;
		f->n_late++;
		f->n_right += (uint32_t)is_right(&d.heard.chord, want);
	}
	hearing_destroy(h);
}

int main(void)
{
	static const char *const root[ROOTS] = {
		"C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
	static struct figures f;

	for (int kind = 0; kind < KINDS; kind++)
		for (int r = 0; r < ROOTS; r++)
			for (int v = 0; v < VOICINGS; v++) {
				struct mos_chord want;
				char symbol[16];
				int key[5], n = 0;

				(void)snprintf(symbol, sizeof(symbol), "%s%s", root[r], kinds[kind].symbol);
				if (mos_chord_parse(symbol, strlen(symbol), &want, NULL) < 0)
					return 1;
				if (v)
					key[n++] = 36 + r;
				for (int i = 0; i < kinds[kind].n; i++)
					key[n++] = 60 + r + kinds[kind].tone[i];
				play(key, n, &want, &f);
			}
	bench_sort(f.ms, f.n);
	bench_print("hearing.answer.compute.p50", bench_at(f.ms, f.n, 0.5), "ms", "goal 100 ms", 100);
	bench_print("hearing.answer.p99", bench_at(f.ms, f.n, 0.99) + 1e3 * (double)HEARING_HOP_S, "ms",
		"goal 100 ms", 100);
	bench_print("hearing.accuracy", 100.0 * f.n_right / f.n_late, "%", "goal 95 %", 95);
	return 0;
}
