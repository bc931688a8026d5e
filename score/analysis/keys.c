/* SPDX-License-Identifier: MIT */
/*
 * Keys. Of the whole: key profiles over all that sounds, and the chord that ends the piece, which knows best.
 * Of every bar: the way through the 24 keys that fits the bars best and changes least (Viterbi).
 */
#include "analysis_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_KEYS 24 /* major 0..11, minor 12..23 */
#define END_BONUS 0.16f
#define END_BASS_BONUS 0.10f
#define WRITTEN_BONUS 0.12f
#define RELATIVE_BONUS 0.05f
#define CHANGE_COST 0.45f
#define FAR_COST 0.25f
#define ENOUGH 0.5f /* quarters of sound below which nothing is said */

static int is_minor_mode(const struct nvx_key *key)
{
	return key->mode == NVX_MODE_MINOR || key->mode == NVX_MODE_DORIAN ||
	       key->mode == NVX_MODE_PHRYGIAN || key->mode == NVX_MODE_AEOLIAN ||
	       key->mode == NVX_MODE_LOCRIAN;
}

int analysis_written_key(const struct nvx_key *key, struct mos_tonality *ret)
{
	if (key->step == NVX_KEY_NONE)
		return 0;
	*ret = (struct mos_tonality){{key->step, key->alter}, (uint8_t)is_minor_mode(key), 0};
	return 1;
}

struct nvx_key analysis_to_nvx(struct mos_tonality key)
{
	return (struct nvx_key){.step = key.tonic.step,
		.alter = key.tonic.alter,
		.mode = key.minor ? NVX_MODE_MINOR : NVX_MODE_MAJOR,
		.fifths = (int8_t)mos_tonality_fifths(key)};
}

static int number_of(struct mos_tonality key)
{
	return mos_tone_class(key.tonic) + 12 * key.minor;
}

struct mos_tonality analysis_spelled(int number, const struct nvx_key *written)
{
	const struct mos_tonality key = mos_tonality_from_class(number % 12, number / 12);
	struct mos_tonality other = key;
	const int fifths = mos_tonality_fifths(key);

	if (!written || (written->step == NVX_KEY_NONE && !written->fifths_given))
		return key;
	/* of the enharmonic pair the nearer one on the line of fifths */
	other.tonic = mos_tone_on_fifths(number % 12, mos_tone_fifths(key.tonic) + (fifths > 0 ? -12 : 1));
	const int there = mos_tonality_fifths(other);
	if (there >= -7 && there <= 7 && abs(there - written->fifths) < abs(fifths - written->fifths))
		return other;
	return key;
}

static float sum_of(const float weight[12])
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += weight[i];
	return sum;
}

static void add_weights(float to[12], const struct hearing *h, uint32_t measure, float factor)
{
	for (uint32_t b = h->first_beat[measure]; b < h->first_beat[measure + 1]; b++)
		for (int i = 0; i < 12; i++)
			to[i] += factor * h->beat[b].weight[i];
}

/** The last chord: major or minor on its bass. @return number of the key, -1: no such chord. */
static int last_chord(const struct hearing *h)
{
	for (uint32_t b = h->n_beat; b-- > 0;) {
		const struct beat *beat = &h->beat[b];

		if (beat->bass == NO_PITCH)
			continue;
		const int root = beat->bass % 12;
		const float third = beat->weight[(root + 4) % 12],
			    minor_third = beat->weight[(root + 3) % 12];
		return minor_third > third ? root + 12 : root;
	}
	return -1;
}

/** Written key or signature speaks for itself and for its relative. */
static void favour_written(float match[N_KEYS], const struct nvx_key *written)
{
	struct mos_tonality key;

	if (!written)
		return;
	if (analysis_written_key(written, &key)) {
		match[number_of(key)] += WRITTEN_BONUS;
		const struct mos_tonality relative =
			mos_tonality_from_signature(mos_tonality_fifths(key), !key.minor);
		match[number_of(relative)] += RELATIVE_BONUS;
	} else if (written->fifths_given) {
		match[number_of(mos_tonality_from_signature(written->fifths, 0))] += WRITTEN_BONUS;
		match[number_of(mos_tonality_from_signature(written->fifths, 1))] += WRITTEN_BONUS;
	}
}

static int find_key(const struct hearing *h, struct mos_tonality *ret, double *ret_confidence)
{
	float weight[12] = {0}, match[N_KEYS];
	const int last = last_chord(h);
	const struct nvx_key *written = score_n_key(h->score) ? score_key(h->score, 0) : NULL;
	int best = 0, second = -1;

	for (uint32_t m = 0; m < h->n_measure; m++)
		add_weights(weight, h, m, 1);
	if (sum_of(weight) < ENOUGH || mos_tonality_match(weight, match) < 0)
		return -ENOENT;
	if (last >= 0) {
		match[last] += END_BONUS;
		match[last % 12] += END_BASS_BONUS; /* minor pieces may end in major, and without a third */
		match[last % 12 + 12] += END_BASS_BONUS;
	}
	if (written && written->step == NVX_KEY_NONE)
		favour_written(match, written);
	for (int k = 1; k < N_KEYS; k++)
		if (match[k] > match[best])
			best = k;
	for (int k = 0; k < N_KEYS; k++)
		if (k != best && (second < 0 || match[k] > match[second]))
			second = k;
	*ret = analysis_spelled(best, written);
	if (ret_confidence) {
		const double margin = (double)(match[best] - match[second]) * 2 + 0.4;
		*ret_confidence = margin < 0 ? 0 : margin > 1 ? 1 : margin;
	}
	return 0;
}

int score_find_key(const struct score *score, struct nvx_key *ret, double *ret_confidence)
{
	struct hearing h;
	struct mos_tonality key;
	int rc = hearing_init(&h, score, nvx_pool_alloc(score->pool));

	if (rc == 0)
		rc = find_key(&h, &key, ret_confidence);
	if (rc == 0)
		*ret = analysis_to_nvx(key);
	hearing_finish(&h);
	return rc;
}

/* ---- bar by bar ---- */

/** How far two keys lie apart: 0 the same, 1 fifth, relative, parallel, 2 anything else. */
static int distance(int a, int b)
{
	const int fifth = (b % 12 - a % 12 + 12) % 12;

	if (a == b)
		return 0;
	if (a / 12 == b / 12)
		return fifth == 5 || fifth == 7 ? 1 : 2;
	if (fifth == 0)
		return 1;
	return fifth == (a < 12 ? 9 : 3) ? 1 : 2;
}

static void match_bar(const struct hearing *h, uint32_t m, float match[N_KEYS])
{
	float weight[12] = {0};

	add_weights(weight, h, m, 1);
	if (m > 0)
		add_weights(weight, h, m - 1, 0.5f);
	if (m + 1 < h->n_measure)
		add_weights(weight, h, m + 1, 0.5f);
	memset(match, 0, N_KEYS * sizeof(*match));
	if (sum_of(weight) >= ENOUGH)
		(void)mos_tonality_match(weight, match);
	favour_written(match, score_key_at(h->score, score_measure(h->score, m)->tick));
}

int analysis_keys(struct hearing *h)
{
	uint8_t (*from)[N_KEYS] = score_zalloc(h->alloc, h->n_measure + 1u, sizeof(*from));
	float value[N_KEYS] = {0}, match[N_KEYS], next[N_KEYS];
	int k = 0;

	h->key = score_zalloc(h->alloc, h->n_measure + 1u, sizeof(*h->key));
	if (!from || !h->key) {
		score_free(h->alloc, from);
		return -ENOMEM;
	}
	if (find_key(h, &h->whole, NULL) == 0) {
		value[number_of(h->whole)] = WRITTEN_BONUS;
		h->has_key = 1;
	}
	for (uint32_t m = 0; m < h->n_measure; m++) {
		match_bar(h, m, match);
		for (int to = 0; to < N_KEYS; to++) {
			int best = to;
			float most = value[to];

			for (int at = 0; at < N_KEYS; at++) {
				const int d = distance(at, to);
				const float v =
					value[at] - (d > 0 ? CHANGE_COST : 0) - (d > 1 ? FAR_COST : 0);
				if (v > most) {
					most = v;
					best = at;
				}
			}
			from[m][to] = (uint8_t)best;
			next[to] = most + match[to];
		}
		memcpy(value, next, sizeof(value));
	}
	for (int i = 1; i < N_KEYS; i++)
		if (value[i] > value[k])
			k = i;
	for (uint32_t m = h->n_measure; m-- > 0;) {
		h->key[m] = analysis_spelled(k, score_key_at(h->score, score_measure(h->score, m)->tick));
		k = from[m][k];
	}
	score_free(h->alloc, from);
	return 0;
}

struct mos_tonality analysis_key_at(const struct hearing *h, int64_t tick)
{
	struct mos_tonality key = {0};

	if (h->n_measure)
		key = h->key[score_measure_at(h->score, tick)];
	return key;
}
