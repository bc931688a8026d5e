/* SPDX-License-Identifier: MIT */
/*
 * Chords from notes: for every beat, how well each chord explains what sounds; over the beats, the way that
 * explains most and changes least, rather at strong beats than at weak ones (Viterbi).
 */
#include "analysis_private.h"

#include <errno.h>
#include <string.h>

#include <mos/chord_name.h>

/** Chords that are looked for. */
static const struct quality {
	uint16_t tones; /**< pitch classes above C */
	uint16_t degrees;
	float cost; /**< how seldom it is */
} qualities[] = {
	{0x091, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5), 0},
	{0x089, MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5), 0},
	{0x049, MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5), 0.06f},
	{0x111, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(S5), 0.2f},
	{0x491, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(B7), 0.04f},
	{0x891, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(7), 0.10f},
	{0x489, MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5) | MOS_HAS(B7), 0.10f},
	{0x449, MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5) | MOS_HAS(B7), 0.06f},
	{0x249, MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5) | MOS_HAS(BB7), 0.08f},
	{0x0a1, MOS_HAS(1) | MOS_HAS(11) | MOS_HAS(5), 0.2f},
};
#define N_QUALITIES (sizeof(qualities) / sizeof(qualities[0]))
#define N_CHORDS (12 * (int)N_QUALITIES)
#define SILENCE N_CHORDS
#define N_STATES (N_CHORDS + 1)

/* Beats looked at together: what was decided before them stays. */
#define WINDOW 2048u

#define FOREIGN_COST 1.1f
#define MISSING_THIRD 0.16f
#define MISSING_FIFTH 0.05f
#define MISSING_OTHER 0.14f
#define BASS_ROOT 0.16f
#define BASS_TONE 0.05f
#define BASS_FOREIGN 0.12f
#define DIATONIC 0.08f
#define CHANGE_STRONG 0.10f
#define CHANGE_WEAK 0.16f
#define LONG_CHORD (8 * NVX_PPQ) /* longer than that, what is written is compared with what sounds */
#define THERE 0.08f              /* share of the sound from which on a tone counts */

static uint16_t rotate(uint16_t tones, int by)
{
	return (uint16_t)((tones << by | tones >> (12 - by)) & 0xfff);
}

static float missing_cost(const struct quality *q, const float share[12], int root)
{
	float cost = 0;

	for (int t = 1; t < 12; t++) {
		if (!(q->tones >> t & 1) || share[(t + root) % 12] >= THERE)
			continue;
		cost += t == 3 || t == 4 ? MISSING_THIRD : t == 7 ? MISSING_FIFTH : MISSING_OTHER;
	}
	return cost;
}

/** How well every chord explains a beat. */
static void weigh(const struct beat *b, struct mos_tonality key, float ret[N_STATES])
{
	const uint16_t scale = mos_tonality_scale(key);
	float share[12], sum = 0;

	for (int i = 0; i < 12; i++)
		sum += b->weight[i];
	if (b->bass == NO_PITCH || sum <= 0) {
		memset(ret, 0, N_STATES * sizeof(*ret));
		ret[SILENCE] = 1;
		return;
	}
	for (int i = 0; i < 12; i++)
		share[i] = b->weight[i] / sum;
	for (int q = 0; q < (int)N_QUALITIES; q++) {
		for (int root = 0; root < 12; root++) {
			const uint16_t tones = rotate(qualities[q].tones, root);
			float in = 0;

			for (int i = 0; i < 12; i++)
				in += tones >> i & 1 ? share[i] : 0;
			float v = in - FOREIGN_COST * (1 - in) - qualities[q].cost -
				  missing_cost(&qualities[q], share, root);
			if (share[root] < THERE)
				v -= MISSING_OTHER;
			v += b->bass % 12 == root        ? BASS_ROOT
			     : tones >> b->bass % 12 & 1 ? BASS_TONE
							 : -BASS_FOREIGN;
			v += (tones & ~scale) == 0 ? DIATONIC : 0;
			ret[q * 12 + root] = v;
		}
	}
	ret[SILENCE] = -1;
}

/** The states of `n` beats from `first` on. @param value  Of the beat before; of the last one after it. */
static void find_way(const struct hearing *h, uint32_t first, uint32_t n, float value[N_STATES],
	uint8_t (*from)[N_STATES], uint8_t *ret)
{
	float here[N_STATES];
	int best = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct beat *b = &h->beat[first + i];
		const float change = b->strength == 2 ? CHANGE_STRONG : CHANGE_WEAK;
		int most = 0;

		for (int s = 1; s < N_STATES; s++)
			if (value[s] > value[most])
				most = s;
		const float other = value[most] - change, base = value[most];
		weigh(b, h->key[b->measure], here);
		for (int s = 0; s < N_STATES; s++) {
			const int stays = value[s] >= other;

			from[i][s] = (uint8_t)(stays ? s : most);
			value[s] = (stays ? value[s] : other) + here[s] - base;
		}
	}
	for (int s = 1; s < N_STATES; s++)
		if (value[s] > value[best])
			best = s;
	for (uint32_t i = n; i-- > 0;) {
		ret[i] = (uint8_t)best;
		best = from[i][best];
	}
}

static struct mos_chord chord_of(int state, uint8_t bass, struct mos_tonality key)
{
	const struct quality *q = &qualities[state / 12];
	const int root = state % 12, low = bass % 12;
	struct mos_chord chord = {.root = mos_tonality_from_class(root, 0).tonic,
		.degrees = q->degrees,
		.family = (uint8_t)mos_degrees_family(q->degrees)};

	chord.bass = rotate(q->tones, root) >> low & 1 ? mos_tonality_from_class(low, 0).tonic : chord.root;
	mos_chord_spell(&chord, &key);
	return chord;
}

static int put_span(
	const struct hearing *h, struct spans *spans, const struct beat *b, int state, float confidence)
{
	struct span *last = spans->n ? &spans->span[spans->n - 1] : NULL;
	const struct mos_tonality key = h->key[b->measure];

	if (state == SILENCE)
		return 0;
	const struct mos_chord chord = chord_of(state, b->bass, key);
	if (last && last->end == b->tick && mos_chord_equal(&last->chord, &chord)) {
		last->end += b->len;
		last->confidence +=
			(confidence - last->confidence) * (float)b->len / (float)(last->end - last->tick);
		return 0;
	}
	if (score_reserve(h->alloc, (void **)&spans->span, &spans->cap, spans->n + 1, sizeof(*spans->span)) <
		0)
		return -ENOMEM;
	spans->span[spans->n++] = (struct span){.tick = b->tick,
		.end = b->tick + b->len,
		.chord = chord,
		.key = key,
		.top = b->top,
		.confidence = confidence};
	return 0;
}

/** What share of the sound belongs to the chord. */
static float confidence_of(const struct beat *b, int state)
{
	const uint16_t tones = state == SILENCE ? 0 : rotate(qualities[state / 12].tones, state % 12);
	float in = 0, sum = 0;

	for (int i = 0; i < 12; i++) {
		sum += b->weight[i];
		in += tones >> i & 1 ? b->weight[i] : 0;
	}
	return sum > 0 ? in / sum : 0;
}

int analysis_chords_heard(const struct hearing *h, struct spans *ret)
{
	uint8_t (*from)[N_STATES] = score_zalloc(h->alloc, WINDOW, sizeof(*from));
	uint8_t *state = score_zalloc(h->alloc, WINDOW, 1);
	float value[N_STATES] = {0};
	int rc = from && state ? 0 : -ENOMEM;

	for (uint32_t first = 0; first < h->n_beat && rc == 0; first += WINDOW) {
		const uint32_t n = h->n_beat - first < WINDOW ? h->n_beat - first : WINDOW;

		find_way(h, first, n, value, from, state);
		for (uint32_t i = 0; i < n && rc == 0; i++)
			rc = put_span(h, ret, &h->beat[first + i], state[i],
				confidence_of(&h->beat[first + i], state[i]));
	}
	score_free(h->alloc, from);
	score_free(h->alloc, state);
	return rc;
}

/** The beat that a tick lies in. */
static uint32_t beat_at(const struct hearing *h, int64_t tick)
{
	uint32_t lo = 0, hi = h->n_beat;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (h->beat[mid].tick <= tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : 0;
}

/** Whether a symbol is about these notes: one that stands there for many bars may be the only one of a piece.
 */
static int is_believed(const struct hearing *h, const struct span *s)
{
	const uint16_t tones = mos_chord_pitch_classes(&s->chord);
	float in = 0, sum = 0;

	for (uint32_t b = beat_at(h, s->tick); b < h->n_beat && h->beat[b].tick < s->end; b++) {
		for (int i = 0; i < 12; i++) {
			sum += h->beat[b].weight[i];
			in += tones >> i & 1 ? h->beat[b].weight[i] : 0;
		}
	}
	return s->end - s->tick <= LONG_CHORD || sum <= 0 || in > sum / 2;
}

static int put(const struct hearing *h, struct spans *spans, const struct span *s)
{
	if (score_reserve(h->alloc, (void **)&spans->span, &spans->cap, spans->n + 1, sizeof(*s)) < 0)
		return -ENOMEM;
	spans->span[spans->n++] = *s;
	return 0;
}

/** What was heard between two ticks, where nothing is written. */
static int fill_gap(const struct hearing *h, const struct spans *heard, size_t *at, int64_t from, int64_t to,
	struct spans *ret)
{
	int rc = 0;

	while (*at < heard->n && heard->span[*at].end <= from)
		++*at;
	for (size_t i = *at; rc == 0 && i < heard->n && heard->span[i].tick < to; i++) {
		struct span s = heard->span[i];

		s.tick = s.tick < from ? from : s.tick;
		s.end = s.end > to ? to : s.end;
		rc = put(h, ret, &s);
	}
	return rc;
}

int analysis_chords_written(const struct hearing *h, const struct spans *heard, struct spans *ret)
{
	const struct nvx_chord *c;
	int64_t end = 0;
	size_t at = 0;
	int rc = 0;

	for (struct nvx_seq_iter it = nvx_seq_from(&h->score->list[NVX_LIST_chord], 0);
		rc == 0 && (c = nvx_seq_next(&it));) {
		struct span s = {.tick = c->e.tick,
			.end = c->e.tick + c->e.duration_ticks,
			.key = analysis_key_at(h, c->e.tick),
			.top = h->n_beat ? h->beat[beat_at(h, c->e.tick)].top : NO_PITCH,
			.is_written = 1,
			.confidence = 1};

		if (s.tick < end ||
			mos_chord_parse(score_text(h->score, c->symbol), SIZE_MAX, &s.chord, NULL) < 0 ||
			!s.chord.degrees || !is_believed(h, &s))
			continue; /* also: several parts have chords, the first speaks for all */
		rc = fill_gap(h, heard, &at, end, s.tick, ret);
		if (rc == 0)
			rc = put(h, ret, &s);
		end = s.end;
	}
	return rc ? rc : fill_gap(h, heard, &at, end, INT64_MAX, ret);
}
