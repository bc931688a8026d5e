/* SPDX-License-Identifier: MIT */
/*
 * The key that each chord is in: a way through the 24 keys (Viterbi) on which chords are what they usually
 * are, dominants go to their tonics, and the key changes where that explains more than it costs.
 */
#include "analysis_private.h"

#include <errno.h>
#include <string.h>

#include <mos/chord_name.h>

#define N_KEYS 24 /* major 0..11, minor 12..23 */
#define CHANGE_COST 1.6f
#define FAR_COST 1.2f
#define RESOLUTION 1.0f /* dominant, then its tonic */
#define WRITTEN_BONUS 0.03f
#define BAR_BONUS 0.05f /* of the key that the notes of the bar are in */
#define FOREIGN (-0.4f)

enum kind { KIND_MAJOR, KIND_MINOR, KIND_DIM, KIND_HALF_DIM, KIND_DIM7, KIND_DOMINANT7, KIND_AUG, N_KINDS };

/** How much a chord speaks for a key, by mode, semitones above the tonic; missing: FOREIGN. */
static const struct voice_for {
	uint8_t minor, above, kind;
	float value;
} voices_for[] = {
	{0, 0, KIND_MAJOR, 1.0f},
	{0, 2, KIND_MINOR, 0.8f},
	{0, 4, KIND_MINOR, 0.35f},
	{0, 5, KIND_MAJOR, 0.8f},
	{0, 7, KIND_MAJOR, 1.0f},
	{0, 7, KIND_DOMINANT7, 1.4f},
	{0, 9, KIND_MINOR, 0.7f},
	{0, 11, KIND_DIM, 0.9f},
	{0, 11, KIND_HALF_DIM, 1.0f},
	{0, 11, KIND_DIM7, 0.6f},
	{0, 2, KIND_MAJOR, 0},
	{0, 2, KIND_DOMINANT7, 0},
	{0, 4, KIND_MAJOR, 0},
	{0, 9, KIND_MAJOR, -0.1f},
	{0, 0, KIND_DOMINANT7, -0.1f},
	{0, 5, KIND_MINOR, 0.1f},
	{0, 2, KIND_HALF_DIM, 0.2f},
	{0, 6, KIND_DIM, 0},
	{0, 6, KIND_HALF_DIM, 0},
	{0, 6, KIND_DIM7, 0},
	{0, 10, KIND_MAJOR, 0.1f},
	{0, 7, KIND_MINOR, -0.1f},
	{1, 0, KIND_MINOR, 1.0f},
	{1, 2, KIND_DIM, 0.8f},
	{1, 2, KIND_HALF_DIM, 0.9f},
	{1, 3, KIND_MAJOR, 0.4f},
	{1, 5, KIND_MINOR, 0.8f},
	{1, 7, KIND_MAJOR, 1.0f},
	{1, 7, KIND_DOMINANT7, 1.4f},
	{1, 7, KIND_MINOR, 0.3f},
	{1, 8, KIND_MAJOR, 0.65f},
	{1, 10, KIND_MAJOR, 0.4f},
	{1, 11, KIND_DIM, 0.9f},
	{1, 11, KIND_DIM7, 1.3f},
	{1, 11, KIND_HALF_DIM, 0.2f},
	{1, 5, KIND_MAJOR, 0.35f},
	{1, 0, KIND_MAJOR, 0.2f},
	{1, 2, KIND_MINOR, 0.1f},
	{1, 9, KIND_DIM, 0.1f},
	{1, 9, KIND_HALF_DIM, 0.2f},
	{1, 3, KIND_AUG, 0.4f},
	{1, 0, KIND_DOMINANT7, -0.1f},
	{1, 10, KIND_DOMINANT7, 0},
	{1, 6, KIND_DIM7, 0},
	{1, 1, KIND_MAJOR, 0.1f},
};

static enum kind kind_of(const struct mos_chord *c)
{
	switch (c->family) {
	case MOS_CHORD_MINOR:
		return KIND_MINOR;
	case MOS_CHORD_DIMINISHED:
		return c->degrees & MOS_HAS(BB7)  ? KIND_DIM7
		       : c->degrees & MOS_HAS(B7) ? KIND_HALF_DIM
						  : KIND_DIM;
	case MOS_CHORD_AUGMENTED:
		return KIND_AUG;
	default:
		return c->degrees & MOS_HAS(B7) ? KIND_DOMINANT7 : KIND_MAJOR;
	}
}

struct table {
	float value[2][12][N_KINDS];
};

static void fill(struct table *t)
{
	for (int minor = 0; minor < 2; minor++)
		for (int above = 0; above < 12; above++)
			for (int kind = 0; kind < N_KINDS; kind++)
				t->value[minor][above][kind] = FOREIGN;
	for (size_t i = 0; i < sizeof(voices_for) / sizeof(voices_for[0]); i++)
		t->value[voices_for[i].minor][voices_for[i].above][voices_for[i].kind] = voices_for[i].value;
}

/** How far two keys lie apart: 0 the same, 1 fifth, relative, parallel, 2 anything else. */
static int distance(int a, int b)
{
	const int fifth = (b % 12 - a % 12 + 12) % 12;

	if (a == b)
		return 0;
	if (a / 12 == b / 12)
		return fifth == 5 || fifth == 7 ? 1 : 2;
	return fifth == 0 || fifth == (a < 12 ? 9 : 3) ? 1 : 2;
}

static int is_dominant_of(const struct span *s, enum kind kind, int tonic)
{
	const int above = (mos_tone_class(s->chord.root) - tonic + 12) % 12;

	return (above == 7 && (kind == KIND_MAJOR || kind == KIND_DOMINANT7)) ||
	       (above == 11 && (kind == KIND_DIM || kind == KIND_HALF_DIM || kind == KIND_DIM7));
}

/** How well a chord, and the step to it, fit into every key. */
static void weigh(const struct table *t, const struct hearing *h, const struct spans *spans, size_t i,
	float ret[N_KEYS])
{
	const struct span *s = &spans->span[i], *before = i > 0 && s[-1].end == s->tick ? s - 1 : NULL;
	const enum kind kind = kind_of(&s->chord), kind_before = before ? kind_of(&before->chord) : kind;
	const int root = mos_tone_class(s->chord.root);
	const float quarters = (float)(s->end - s->tick) / NVX_PPQ;
	const float weight = quarters < 0.5f ? 0.5f : quarters > 2 ? 1.5f : 0.5f + quarters / 2;
	struct mos_tonality written;

	for (int k = 0; k < N_KEYS; k++) {
		const int tonic = k % 12, minor = k / 12;

		ret[k] = weight * t->value[minor][(root - tonic + 12) % 12][kind];
		if (before && root == tonic && kind == (minor ? KIND_MINOR : KIND_MAJOR) &&
			is_dominant_of(before, kind_before, tonic))
			ret[k] += RESOLUTION;
	}
	const struct mos_tonality bar = analysis_key_at(h, s->tick);
	ret[mos_tone_class(bar.tonic) + 12 * bar.minor] += BAR_BONUS * weight;
	if (analysis_written_key(score_key_at(h->score, s->tick), &written))
		ret[mos_tone_class(written.tonic) + 12 * written.minor] += WRITTEN_BONUS * weight;
}

/** Away from the key that is written at the beginning, or found for the whole, it goes by a change. */
static void begin_at_home(const struct hearing *h, float value[N_KEYS])
{
	struct mos_tonality home = h->whole;

	if (!analysis_written_key(score_key_at(h->score, 0), &home) && !h->has_key)
		return;
	for (int k = 0; k < N_KEYS; k++) {
		const int d = distance(k, mos_tone_class(home.tonic) + 12 * home.minor);
		value[k] = -(d ? CHANGE_COST : 0) - (d > 1 ? FAR_COST : 0);
	}
}

int analysis_local_keys(const struct hearing *h, struct spans *spans)
{
	uint8_t (*from)[N_KEYS] = score_zalloc(h->alloc, spans->n ? spans->n : 1, sizeof(*from));
	float value[N_KEYS] = {0}, here[N_KEYS], next[N_KEYS];
	struct table table;
	int k = 0;

	if (!from)
		return -ENOMEM;
	fill(&table);
	begin_at_home(h, value);
	for (size_t i = 0; i < spans->n; i++) {
		float most = value[0];

		for (int at = 1; at < N_KEYS; at++)
			most = value[at] > most ? value[at] : most;
		weigh(&table, h, spans, i, here);
		for (int to = 0; to < N_KEYS; to++) {
			int best = to;

			for (int at = 0; at < N_KEYS; at++) {
				const int d = distance(at, to);
				if (d &&
					value[at] - CHANGE_COST - (d > 1 ? FAR_COST : 0) >
						value[best] -
							(best == to ? 0
								    : CHANGE_COST + (distance(best, to) > 1
												    ? FAR_COST
												    : 0)))
					best = at;
			}
			const int d = distance(best, to);
			from[i][to] = (uint8_t)best;
			next[to] = value[best] - (d ? CHANGE_COST : 0) - (d > 1 ? FAR_COST : 0) + here[to] -
				   most;
		}
		memcpy(value, next, sizeof(value));
	}
	for (int i = 1; i < N_KEYS; i++)
		if (value[i] > value[k])
			k = i;
	for (size_t i = spans->n; i-- > 0;) {
		struct span *s = &spans->span[i];

		s->key = analysis_spelled(k, score_key_at(h->score, s->tick));
		if (!s->is_written)
			mos_chord_spell(&s->chord, &s->key);
		k = from[i][k];
	}
	score_free(h->alloc, from);
	return 0;
}
