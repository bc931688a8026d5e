/* SPDX-License-Identifier: MIT */
#include "ear.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

#define N_WINDOWS 3u
#define HOPS_A_SECOND 40u
#define PERIODS 5.0 /* that a window holds at least; fewer, and the ends tell */

/* One length of sound, with what its transform needs. The shorter, the sooner it knows. */
struct window {
	uint32_t n;
	double min_hz; /* the lowest pitch that it is long enough for */
	float *padded; /* 2 n; the sound, then its autocorrelation */
	fftwf_complex *spectrum;
	fftwf_plan forth, back;
};

struct ear {
	uint32_t rate_hz, hop, since; /* samples since the last look */
	uint32_t n_heard;             /* of the ring, since the last hole */
	uint32_t size, at;
	float *ring;  /* `size` newest samples, `at` is where the next one goes */
	float *sound; /* the newest ones in order */
	float *nsdf;
	struct window window[N_WINDOWS]; /* shortest first */
};

static int make_window(struct window *w, uint32_t n, uint32_t rate_hz)
{
	w->n = n;
	w->min_hz = PERIODS * rate_hz / n;
	w->padded = fftwf_alloc_real(2 * (size_t)n);
	w->spectrum = fftwf_alloc_complex(n + 1);
	if (!w->padded || !w->spectrum)
		return -1;
	w->forth = fftwf_plan_dft_r2c_1d((int)(2 * n), w->padded, w->spectrum, FFTW_ESTIMATE);
	w->back = fftwf_plan_dft_c2r_1d((int)(2 * n), w->spectrum, w->padded, FFTW_ESTIMATE);
	return w->forth && w->back ? 0 : -1;
}

struct ear *ear_create(uint32_t rate_hz)
{
	struct ear *ear = NULL;
	uint32_t n = 2048;

	if (rate_hz >= 22050 && rate_hz <= 192000)
		ear = calloc(1, sizeof(*ear));
	if (!ear)
		return NULL;
	while (n * 48000ull < 2048ull * rate_hz)
		n *= 2;
	ear->rate_hz = rate_hz;
	ear->hop = rate_hz / HOPS_A_SECOND;
	ear->size = n << (N_WINDOWS - 1);
	ear->ring = calloc(ear->size, sizeof(float));
	ear->sound = calloc(ear->size, sizeof(float));
	ear->nsdf = calloc(ear->size / 2 + 1, sizeof(float));
	for (uint32_t i = 0; i < N_WINDOWS; i++)
		if (make_window(&ear->window[i], n << i, rate_hz) < 0)
			goto fail;
	/* the longest does what it can */
	ear->window[N_WINDOWS - 1].min_hz = EAR_MIN_HZ;
	if (ear->ring && ear->sound && ear->nsdf)
		return ear;
fail:
	ear_destroy(ear);
	return NULL;
}

void ear_destroy(struct ear *ear)
{
	if (!ear)
		return;
	for (uint32_t i = 0; i < N_WINDOWS; i++) {
		struct window *w = &ear->window[i];

		if (w->forth)
			fftwf_destroy_plan(w->forth);
		if (w->back)
			fftwf_destroy_plan(w->back);
		fftwf_free(w->padded);
		fftwf_free(w->spectrum);
	}
	free(ear->ring);
	free(ear->sound);
	free(ear->nsdf);
	free(ear);
}

uint32_t ear_hop(const struct ear *ear)
{
	return ear->hop;
}

void ear_reset(struct ear *ear)
{
	ear->n_heard = 0;
	ear->since = 0;
}

/* The sound against itself, later. Twice the length: what runs out at the end does not come in at the start.
 */
static void correlate(struct window *w, const float *sound)
{
	memcpy(w->padded, sound, w->n * sizeof(float));
	memset(w->padded + w->n, 0, w->n * sizeof(float));
	fftwf_execute(w->forth);
	for (uint32_t k = 0; k <= w->n; k++) {
		float re = crealf(w->spectrum[k]), im = cimagf(w->spectrum[k]);

		w->spectrum[k] = (re * re + im * im) / (2.0f * (float)w->n);
	}
	fftwf_execute(w->back);
}

/* Without what does not swing: an offset looks like a very low tone. */
static void take_newest(struct ear *ear, uint32_t n)
{
	double mean = 0;

	for (uint32_t i = 0; i < n; i++) {
		ear->sound[i] = ear->ring[(ear->at + ear->size - n + i) % ear->size];
		mean += ear->sound[i];
	}
	mean /= n;
	for (uint32_t i = 0; i < n; i++)
		ear->sound[i] -= (float)mean;
}

static struct mos_pitch_found look(struct ear *ear)
{
	struct mos_pitch_found found = {0, 0};

	for (uint32_t i = 0; i < N_WINDOWS && ear->n_heard >= ear->window[i].n; i++) {
		struct window *w = &ear->window[i];

		take_newest(ear, w->n);
		correlate(w, ear->sound);
		found = mos_pitch_detect(
			ear->sound, w->padded, ear->nsdf, w->n, ear->rate_hz, EAR_MIN_HZ, EAR_MAX_HZ);
		if (found.hz >= w->min_hz)
			return found;
	}
	return ear->n_heard >= ear->size ? found : (struct mos_pitch_found){0, 0};
}

int ear_hear(struct ear *ear, const float *sample, uint32_t n, struct mos_pitch_found *ret)
{
	for (uint32_t i = 0; i < n; i++) {
		ear->ring[ear->at] = isfinite(sample[i]) ? sample[i] : 0;
		ear->at = (ear->at + 1) % ear->size;
	}
	ear->n_heard = ear->n_heard + n < ear->size ? ear->n_heard + n : ear->size;
	ear->since += n;
	if (ear->since < ear->hop)
		return 0;
	ear->since %= ear->hop;
	*ret = look(ear);
	return 1;
}
