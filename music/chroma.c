/* SPDX-License-Identifier: MIT */
/* From spectra to pitch classes: peaks to semitones, semitones to notes, notes to a harmonic pitch class
 * profile. */
#include <mos/chroma.h>

#include <math.h>
#include <string.h>

#define N MOS_SEMITONES_N
#define N_HARMONICS 12
#define N_UPDATES 24
#define FALL 0.72f    /* of one harmonic to the next */
#define COMPRESS 0.7f /* a note twice as loud is not twice as much there */
#define QUIET 0.003f  /* of the loudest semitone: what is below is noise */
#define SPARSE 0.02f  /* what a note has to explain of the whole to be kept */

/* Semitones of the harmonics above their fundamental, to the nearest. */
static const int8_t harmonic[N_HARMONICS] = {0, 12, 19, 24, 28, 31, 34, 36, 38, 40, 42, 43};

void mos_semitones_init(struct mos_semitones *semitones)
{
	*semitones = (struct mos_semitones){0};
}

/* Where a parabola through three points has its top, -0.5..0.5 from the middle one. */
static float peak_offset(float left, float middle, float right)
{
	const float bend = left - 2 * middle + right;

	return bend < 0 ? 0.5f * (left - right) / bend : 0.f;
}

void mos_semitones_add(struct mos_semitones *s, const struct mos_spectrum *spectrum)
{
	const float *m = spectrum->magnitude;
	const float a4 = 440 * exp2f(spectrum->tuning_cents / 1200);
	const float first = ceilf(spectrum->low_hz / spectrum->bin_hz);
	const float last = spectrum->high_hz / spectrum->bin_hz;

	for (uint32_t i = first > 1 ? (uint32_t)first : 1; i + 1 < spectrum->n_bins && (float)i < last; i++) {
		if (!(m[i] > m[i - 1] && m[i] >= m[i + 1]))
			continue;

		/* a Hann window's peak is a parabola in decibels, nearly */
		const float at = (float)i + peak_offset(logf(m[i - 1] + 1e-12f), logf(m[i] + 1e-12f),
						    logf(m[i + 1] + 1e-12f));
		const float key = 69 + 12 * log2f(at * spectrum->bin_hz / a4);
		const float nearest = roundf(key);
		const float off = key - nearest;
		const int place = (int)nearest - MOS_SEMITONES_FIRST;

		if (place < 0 || place >= N)
			continue;
		s->level[place] += m[i] * (1 - 2 * off * off);
		s->tuning_re += m[i] * cosf(2 * (float)M_PI * off);
		s->tuning_im += m[i] * sinf(2 * (float)M_PI * off);
	}
}

float mos_semitones_tuning(const struct mos_semitones *s)
{
	if (s->tuning_re == 0 && s->tuning_im == 0)
		return 0;
	return 100 * atan2f(s->tuning_im, s->tuning_re) / (2 * (float)M_PI);
}

/* Strengths of notes whose harmonics together make `sound`. */
static void find_notes(const float sound[N], float note[N])
{
	float amplitude[N_HARMONICS], expected[N], ratio[N], sum = 0;

	for (int h = 0; h < N_HARMONICS; h++)
		amplitude[h] = h ? amplitude[h - 1] * FALL : 1;
	for (int i = 0; i < N; i++)
		sum += sound[i];
	for (int i = 0; i < N; i++)
		note[i] = sum / N;
	for (int turn = 0; turn < N_UPDATES; turn++) {
		memset(expected, 0, sizeof(expected));
		for (int i = 0; i < N; i++) {
			for (int h = 0; h < N_HARMONICS && i + harmonic[h] < N; h++)
				expected[i + harmonic[h]] += note[i] * amplitude[h];
		}
		for (int i = 0; i < N; i++)
			ratio[i] = sound[i] / (expected[i] + 1e-9f);
		for (int i = 0; i < N; i++) {
			float explained = 0, weight = 0;

			for (int h = 0; h < N_HARMONICS && i + harmonic[h] < N; h++) {
				explained += amplitude[h] * ratio[i + harmonic[h]];
				weight += amplitude[h];
			}
			note[i] *= explained / weight;
		}
	}
}

/* How much a key says about the chord, and about its bass: middle octaves and low ones. */
static float treble_weight(int key)
{
	const float off = (float)(key - 62) / 18;

	return expf(-0.5f * off * off);
}

static float bass_weight(int key)
{
	return key < 36 ? 1 : key > 60 ? 0 : (float)(60 - key) / 24;
}

static void normalise(float x[12])
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += x[i];
	for (int i = 0; i < 12 && sum > 0; i++)
		x[i] /= sum;
}

void mos_chroma_from_semitones(const struct mos_semitones *s, struct mos_chroma *ret)
{
	struct mos_chroma c = {0};
	float sound[N], note[N], top = 0, top_note = 0;

	for (int i = 0; i < N; i++) {
		c.level += s->level[i];
		top = fmaxf(top, s->level[i]);
	}
	if (!(top > 0) || !isfinite(c.level)) {
		*ret = (struct mos_chroma){0};
		return;
	}
	for (int i = 0; i < N; i++)
		sound[i] = s->level[i] > top * QUIET ? powf(s->level[i] / top, COMPRESS) : 0.f;
	find_notes(sound, note);
	for (int i = 0; i < N; i++)
		top_note = fmaxf(top_note, note[i]);
	for (int i = 0; i < N; i++) {
		const int key = MOS_SEMITONES_FIRST + i;

		if (note[i] < top_note * SPARSE)
			continue;
		c.treble[key % 12] += note[i] * treble_weight(key);
		c.bass[key % 12] += note[i] * bass_weight(key);
	}
	normalise(c.treble);
	normalise(c.bass);
	*ret = c;
}
