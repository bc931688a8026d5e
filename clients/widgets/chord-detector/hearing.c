/* SPDX-License-Identifier: MIT */
#include "hearing.h"

#include <fftw3.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Each window and the band that it is for: its resolution is some 4 / length_s Hz, and a new sound shows in
 * it after a part of its length. Measured over progressions with four sounds
 * (tests/conformance/chords_audio.c): a third, longer window for the bass finds no more and answers later.
 */
static const struct {
	float length_s;
	float low_hz, high_hz;
} band[] = {{0.17f, 40, 260}, {0.085f, 260, 4200}};
#define N_BANDS (sizeof(band) / sizeof(band[0]))

#define WINDOW_TOP 0.75f   /* where in its length a window is highest: what is newest counts most */
#define TUNING_KEEP 0.995f /* a step; half is forgotten after 3 s */

struct fft {
	unsigned int n;
	float *window;
	float *in;
	fftwf_complex *out;
	float *magnitude;
	fftwf_plan plan;
};

struct hearing {
	unsigned int rate_hz, hop;
	float *past; /* the newest samples, oldest first; as many as the longest window */
	unsigned int n_past;
	struct fft fft[N_BANDS];
	float tuning_re, tuning_im, tuning_cents;
};

/* The power of two next to a length. */
static unsigned int window_size(float seconds, unsigned int rate_hz)
{
	return 1u << (unsigned int)lroundf(log2f(seconds * (float)rate_hz));
}

static int fft_init(struct fft *f, unsigned int n)
{
	f->n = n;
	f->window = fftwf_alloc_real(n);
	f->in = fftwf_alloc_real(n);
	f->out = fftwf_alloc_complex(n / 2 + 1);
	f->magnitude = fftwf_alloc_real(n / 2 + 1);
	if (!f->window || !f->in || !f->out || !f->magnitude)
		return 0;
	/* Hann, skewed, and scaled so that a sine's peak is its amplitude whatever the length */
	for (unsigned int i = 0; i < n; i++) {
		const float at = ((float)i + 0.5f) / (float)n;
		const float skewed = at < WINDOW_TOP ? 0.5f * at / WINDOW_TOP
						     : 0.5f + 0.5f * (at - WINDOW_TOP) / (1 - WINDOW_TOP);

		f->window[i] = (1 - cosf(2 * (float)M_PI * skewed)) * 2 / (float)n;
	}
	f->plan = fftwf_plan_dft_r2c_1d((int)n, f->in, f->out, FFTW_ESTIMATE);
	return f->plan != NULL;
}

struct hearing *hearing_create(unsigned int rate_hz)
{
	struct hearing *h;

	if (rate_hz < 8000 || rate_hz > 192000)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->rate_hz = rate_hz;
	h->hop = (unsigned int)lroundf(HEARING_HOP_S * (float)rate_hz);
	for (size_t i = 0; i < N_BANDS; i++) {
		if (!fft_init(&h->fft[i], window_size(band[i].length_s, rate_hz)))
			goto fail;
	}
	h->n_past = h->fft[0].n;
	h->past = calloc(h->n_past, sizeof(*h->past));
	if (!h->past)
		goto fail;
	return h;

fail:
	hearing_destroy(h);
	return NULL;
}

void hearing_destroy(struct hearing *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < N_BANDS; i++) {
		if (h->fft[i].plan)
			fftwf_destroy_plan(h->fft[i].plan);
		fftwf_free(h->fft[i].window);
		fftwf_free(h->fft[i].in);
		fftwf_free(h->fft[i].out);
		fftwf_free(h->fft[i].magnitude);
	}
	free(h->past);
	free(h);
}

unsigned int hearing_hop(const struct hearing *h)
{
	return h->hop;
}

float hearing_tuning(const struct hearing *h)
{
	return h->tuning_cents;
}

static void look(struct hearing *h, size_t i, struct mos_semitones *semitones)
{
	struct fft *f = &h->fft[i];
	const float *newest = h->past + h->n_past - f->n;

	for (unsigned int k = 0; k < f->n; k++)
		f->in[k] = newest[k] * f->window[k];
	fftwf_execute(f->plan);
	for (unsigned int k = 0; k <= f->n / 2; k++)
		f->magnitude[k] = hypotf(f->out[k][0], f->out[k][1]);
	mos_semitones_add(semitones, &(struct mos_spectrum){
					     .magnitude = f->magnitude,
					     .n_bins = f->n / 2 + 1,
					     .bin_hz = (float)h->rate_hz / (float)f->n,
					     .low_hz = band[i].low_hz,
					     .high_hz = band[i].high_hz,
					     .tuning_cents = h->tuning_cents,
				     });
}

/* Follow the tuning slowly: by what is off now against what is assumed. */
static void follow_tuning(struct hearing *h, const struct mos_semitones *s)
{
	const float turn = 2 * (float)M_PI * h->tuning_cents / 100;

	h->tuning_re = h->tuning_re * TUNING_KEEP + s->tuning_re * cosf(turn) - s->tuning_im * sinf(turn);
	h->tuning_im = h->tuning_im * TUNING_KEEP + s->tuning_re * sinf(turn) + s->tuning_im * cosf(turn);
	if (h->tuning_re != 0 || h->tuning_im != 0)
		h->tuning_cents = 100 * atan2f(h->tuning_im, h->tuning_re) / (2 * (float)M_PI);
}

void hearing_step(struct hearing *h, const float *sample, struct mos_chroma *ret)
{
	struct mos_semitones semitones;

	memmove(h->past, h->past + h->hop, (h->n_past - h->hop) * sizeof(*h->past));
	for (unsigned int i = 0; i < h->hop; i++)
		h->past[h->n_past - h->hop + i] = isfinite(sample[i]) ? sample[i] : 0;
	mos_semitones_init(&semitones);
	for (size_t i = 0; i < N_BANDS; i++)
		look(h, i, &semitones);
	follow_tuning(h, &semitones);
	mos_chroma_from_semitones(&semitones, ret);
}
