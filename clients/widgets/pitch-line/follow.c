/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

#define HOPS_A_SECOND 200u
#define PERIODS_MIN 2.35 /* fewer tell nothing */
#define PERIODS_FINE 6.0 /* enough for what moves */
#define NEAR 1.06        /* the fine look: within a semitone of the coarse one */
#define BEGUN 0.08f      /* of the loudest: there the sound has begun */
#define SAME_CENTS 80.0  /* two looks agree */

struct follow {
	uint32_t rate_hz, hop, since, n_heard;
	uint32_t size, coarse, at; /* coarse: samples that are usually looked at; size: at low tones */
	float *ring, *sound, *nsdf, *padded;
	fftwf_complex *spectrum;
	fftwf_plan forth, back;
	double last_hz; /* of the look before; 0: none */
};

struct follow *follow_create(uint32_t rate_hz)
{
	struct follow *f = rate_hz >= 22050 && rate_hz <= 192000 ? calloc(1, sizeof(*f)) : NULL;

	if (!f)
		return NULL;
	f->rate_hz = rate_hz;
	f->hop = rate_hz / HOPS_A_SECOND;
	f->coarse = rate_hz * 4 / 125; /* 32 ms: two and a half periods of E2 */
	f->size = rate_hz * 8 / 125;
	f->ring = calloc(f->size, sizeof(float));
	f->sound = calloc(f->size, sizeof(float));
	f->nsdf = calloc(f->size / 2 + 1, sizeof(float));
	f->padded = fftwf_alloc_real(2 * (size_t)f->size);
	f->spectrum = fftwf_alloc_complex(f->size + 1);
	if (f->padded && f->spectrum) {
		f->forth = fftwf_plan_dft_r2c_1d((int)(2 * f->size), f->padded, f->spectrum, FFTW_ESTIMATE);
		f->back = fftwf_plan_dft_c2r_1d((int)(2 * f->size), f->spectrum, f->padded, FFTW_ESTIMATE);
	}
	if (f->ring && f->sound && f->nsdf && f->forth && f->back)
		return f;
	follow_destroy(f);
	return NULL;
}

void follow_destroy(struct follow *f)
{
	if (!f)
		return;
	if (f->forth)
		fftwf_destroy_plan(f->forth);
	if (f->back)
		fftwf_destroy_plan(f->back);
	fftwf_free(f->padded);
	fftwf_free(f->spectrum);
	free(f->ring);
	free(f->sound);
	free(f->nsdf);
	free(f);
}

uint32_t follow_hop(const struct follow *f)
{
	return f->hop;
}

void follow_reset(struct follow *f)
{
	f->n_heard = f->since = 0;
	f->last_hz = 0;
}

/*
 * The newest n samples in order, from where a sound begins in them: silence before it makes it look less
 * periodic than it is. @return how many.
 */
static uint32_t take(struct follow *f, uint32_t n)
{
	float loudest = 0;
	uint32_t from = 0;
	double mean = 0;

	for (uint32_t i = 0; i < n; i++) {
		f->sound[i] = f->ring[(f->at + f->size - n + i) % f->size];
		loudest = fmaxf(loudest, fabsf(f->sound[i]));
	}
	while (from < n && fabsf(f->sound[from]) < loudest * BEGUN)
		from++;
	n -= from;
	memmove(f->sound, f->sound + from, n * sizeof(float));
	for (uint32_t i = 0; i < n; i++)
		mean += f->sound[i];
	for (uint32_t i = 0; i < n; i++)
		f->sound[i] -= (float)(mean / n);
	return n;
}

static struct mos_pitch_found detect(
	struct follow *f, const float *sound, uint32_t n, double min_hz, double max_hz)
{
	const uint32_t size = 2 * f->size;

	memcpy(f->padded, sound, n * sizeof(float));
	memset(f->padded + n, 0, (size - n) * sizeof(float));
	fftwf_execute(f->forth);
	for (uint32_t k = 0; k <= f->size; k++) {
		const float re = crealf(f->spectrum[k]), im = cimagf(f->spectrum[k]);

		f->spectrum[k] = (re * re + im * im) / (float)size;
	}
	fftwf_execute(f->back);
	return mos_pitch_detect(sound, f->padded, f->nsdf, n, f->rate_hz, min_hz, max_hz);
}

/* What is heard in the newest samples, as far back as is needed. */
static struct follow_point look(struct follow *f, double min_confidence)
{
	const uint32_t lengths[] = {f->coarse, f->size};
	struct mos_pitch_found found = {0}, fine;
	uint32_t n = 0, n_fine;

	for (uint32_t i = 0; i < 2; i++) {
		n = take(f, lengths[i] < f->n_heard ? lengths[i] : f->n_heard);
		found = n >= 64 ? detect(f, f->sound, n, FOLLOW_MIN_HZ, FOLLOW_MAX_HZ)
				: (struct mos_pitch_found){0};
		if (found.hz * n >= PERIODS_MIN * f->rate_hz && found.confidence >= min_confidence)
			break;
		found.hz = 0;
	}
	if (found.hz <= 0)
		return (struct follow_point){.confidence = found.confidence};
	n_fine = (uint32_t)(PERIODS_FINE * f->rate_hz / found.hz);
	n_fine = n_fine > f->rate_hz / 125 ? n_fine : f->rate_hz / 125; /* 8 ms */
	if (n_fine >= n)
		return (struct follow_point){found.hz, found.confidence, n / 2.0};
	fine = detect(f, f->sound + n - n_fine, n_fine, found.hz / NEAR, found.hz * NEAR);
	if (fine.hz <= 0 || fine.confidence < min_confidence)
		return (struct follow_point){found.hz, found.confidence, n / 2.0};
	return (struct follow_point){fine.hz, fine.confidence, n_fine / 2.0};
}

int follow_hear(
	struct follow *f, const float *sample, uint32_t n, double min_confidence, struct follow_point *ret)
{
	double before;

	for (uint32_t i = 0; i < n; i++) {
		f->ring[f->at] = isfinite(sample[i]) ? sample[i] : 0;
		f->at = (f->at + 1) % f->size;
	}
	f->n_heard = f->n_heard + n < f->size ? f->n_heard + n : f->size;
	f->since += n;
	if (f->since < f->hop)
		return 0;
	f->since %= f->hop;
	*ret = look(f, min_confidence);
	before = f->last_hz;
	f->last_hz = ret->hz;
	/* one look alone may be the attack's noise, or an octave wrong */
	if (ret->hz > 0 && (before <= 0 || fabs(1200 * log2(ret->hz / before)) > SAME_CENTS))
		ret->hz = 0;
	return 1;
}
