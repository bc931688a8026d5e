/* SPDX-License-Identifier: MIT */
/* From what was found to a change of the score: what is new is added, what no longer holds goes, the rest
 * stays. */
#include "analysis_private.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <score/nvx_tables.h>

#define OURS "mos.analysis"
#define KEY_CONFIDENCE 0.45 /* from which on a key is written where none was */

struct analysis {
	const struct score *score;
	struct hearing h;
	struct spans spans;
	struct voices voices;
	struct score_change *change;
	nvx_str ours;
	unsigned what;
};

static int is_ours(const struct analysis *a, const struct nvx_element *e)
{
	uint32_t n;
	const struct nvx_origin *origin = nvx_items(a->score->pool, e->origin, &n);

	return n == 1 && origin->by == NVX_ORIGIN_DETECTED && origin->name == a->ours;
}

static int add_origin(const struct analysis *a, struct nvx_element *e, float confidence)
{
	/* two digits are more than can be said, and don't change with every touch */
	const int percent = confidence <= 0 ? 0 : confidence >= 1 ? 100 : (int)(confidence * 100 + 0.5f);
	const struct nvx_origin origin = {
		.by = NVX_ORIGIN_DETECTED, .name = a->ours, .confidence_1e6 = percent * 10000};

	e->origin = nvx_pool_list(a->change->pool, &origin, 1, sizeof(origin));
	return e->origin ? 0 : -ENOMEM;
}

static int text_of(const struct analysis *a, const char *text, int len, nvx_str *ret)
{
	if (len <= 0)
		return 0;
	*ret = nvx_pool_string(a->change->pool, text, (size_t)len);
	return *ret ? 0 : -ENOMEM;
}

/* ---- what stands there already ---- */

/** A list's own entries that are not wanted any more go; `at` walks through them as new ones are made, by
 * tick. */
struct old {
	const struct analysis *a;
	unsigned list;
	uint32_t at;
};

static const struct nvx_element *old_element(const struct old *o, uint32_t i)
{
	return nvx_seq_at(&o->a->score->list[o->list], i);
}

static int remove_until(struct old *o, int64_t tick)
{
	for (; o->at < o->a->score->list[o->list].n && old_element(o, o->at)->tick < tick; o->at++) {
		const struct nvx_element *e = old_element(o, o->at);

		if (is_ours(o->a, e) &&
			score_change_add(o->a->change, SCORE_OP_REMOVE, o->list, 0, 0, e, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

/** Lists that ours have: those of equal content have handles of their own each. */
struct list_field {
	uint16_t at, item_bytes;
};
static const struct list_field chord_lists[] = {
	{offsetof(struct nvx_chord, e.origin), sizeof(struct nvx_origin)}};
static const struct list_field analysis_lists[] = {
	{offsetof(struct nvx_analysis, e.origin), sizeof(struct nvx_origin)},
	{offsetof(struct nvx_analysis, voice_leading), sizeof(struct nvx_voice_leading)},
	{offsetof(struct nvx_analysis, non_chord_tones), sizeof(struct nvx_non_chord_tone)},
};

union any_item {
	struct nvx_element e;
	struct nvx_chord chord;
	struct nvx_analysis analysis;
	char bytes[sizeof(struct nvx_analysis)];
};

/** Whether both say the same, ids aside. */
static int says_the_same(const struct old *o, const struct nvx_element *a, const struct nvx_element *b)
{
	const int is_chord = o->list == NVX_LIST_chord;
	const struct list_field *field = is_chord ? chord_lists : analysis_lists;
	const size_t n_fields = is_chord ? 1 : 3,
		     size = is_chord ? sizeof(struct nvx_chord) : sizeof(struct nvx_analysis);
	const struct nvx_pool *pool = o->a->score->pool;
	union any_item x = {0}, y = {0};

	memcpy(&x, a, size);
	memcpy(&y, b, size);
	for (size_t i = 0; i < n_fields; i++) {
		nvx_list *l = (nvx_list *)(x.bytes + field[i].at), *r = (nvx_list *)(y.bytes + field[i].at);
		uint32_t n, m;
		const void *p = nvx_items(pool, *l, &n), *q = nvx_items(pool, *r, &m);

		if (n != m || (n && memcmp(p, q, (size_t)n * field[i].item_bytes) != 0))
			return 0;
		*l = *r = 0;
	}
	x.e.id = y.e.id = 0;
	return memcmp(&x, &y, size) == 0;
}

/** Bring in an item (it begins with its element): as an addition, unless the same stands there. */
static int bring(struct old *o, struct nvx_element *item)
{
	const struct score *score = o->a->score;
	int rc = remove_until(o, item->tick), is_there = 0;

	for (; rc == 0 && o->at < score->list[o->list].n && old_element(o, o->at)->tick == item->tick;
		o->at++) {
		const struct nvx_element *e = old_element(o, o->at);

		if (!is_ours(o->a, e))
			continue;
		if (!is_there && says_the_same(o, e, item))
			is_there = 1;
		else if (score_change_add(o->a->change, SCORE_OP_REMOVE, o->list, 0, 0, e, NULL) < 0)
			rc = -ENOMEM;
	}
	if (rc == 0 && !is_there)
		rc = score_change_add(o->a->change, SCORE_OP_ADD, o->list, 0, 0, NULL, item);
	return rc;
}

/* ---- keys, chords ---- */

static int write_key(struct analysis *a)
{
	const struct nvx_key *written = score_n_key(a->score) ? score_key(a->score, 0) : NULL;
	struct nvx_key key;
	double confidence;

	if (!written || written->step != NVX_KEY_NONE || score_n_key(a->score) != 1 ||
		score_find_key(a->score, &key, &confidence) < 0 || confidence < KEY_CONFIDENCE)
		return 0;
	key.tick = written->tick;
	key.extra = written->extra;
	if (written->fifths_given && written->fifths != key.fifths) {
		key.fifths = written->fifths;
		key.fifths_given = 1;
	}
	return score_change_add(a->change, SCORE_OP_REPLACE, NVX_LIST_key, 0, 0, written, &key);
}

/** Chords that are not ours. */
static int has_written_chords(const struct analysis *a)
{
	for (uint32_t i = 0; i < score_n_chord(a->score); i++)
		if (!is_ours(a, &score_chord(a->score, i)->e))
			return 1;
	return 0;
}

static int write_chords(struct analysis *a)
{
	struct old old = {.a = a, .list = NVX_LIST_chord};
	int rc = 0;

	for (size_t i = 0; i < a->spans.n && rc == 0; i++) {
		const struct span *s = &a->spans.span[i];
		struct nvx_chord chord = {0};
		char text[MOS_CHORD_TEXT_MAX];

		nvx_table_init(nvx_table_of(NVX_LIST_chord), &chord);
		chord.e.tick = s->tick;
		chord.e.duration_ticks = (uint32_t)(s->end - s->tick);
		rc = text_of(a, text, mos_chord_format(&s->chord, text, sizeof(text)), &chord.symbol);
		if (rc == 0)
			rc = add_origin(a, &chord.e, s->confidence);
		if (rc == 0 && chord.symbol)
			rc = bring(&old, &chord.e);
	}
	return rc ? rc : remove_until(&old, INT64_MAX);
}

/** Chords of the notes, unless there are written ones. @param ret_is_heard  They may become the layer. */
static int find_chords(struct analysis *a, int *ret_is_heard)
{
	const int is_sheet = a->h.n_sound && !a->h.sound[0].id; /* what sounds are the symbols */
	struct spans heard = {0};
	int rc = is_sheet ? 0 : analysis_chords_heard(&a->h, &heard);

	*ret_is_heard = !has_written_chords(a);
	if (*ret_is_heard) {
		a->spans = heard;
	} else {
		if (rc == 0)
			rc = analysis_chords_written(&a->h, &heard, &a->spans);
		score_free(a->h.alloc, heard.span);
	}
	return rc ? rc : analysis_local_keys(&a->h, &a->spans);
}

/* ---- the layer ---- */

/** What a person or a file says of a place stays alone there. */
static int is_taken(const struct analysis *a, const struct span *s)
{
	const struct nvx_seq *list = &a->score->list[NVX_LIST_analysis];

	for (uint32_t i = nvx_seq_find(list, s->tick); i < list->n; i++) {
		const struct nvx_analysis *there = nvx_seq_at(list, i);

		if (there->e.tick >= s->end)
			return 0;
		if (!is_ours(a, &there->e) && (there->roman || there->function || there->cadence))
			return 1;
	}
	return 0;
}

static int same_key(struct mos_tonality a, struct mos_tonality b)
{
	return mos_tone_class(a.tonic) == mos_tone_class(b.tonic) && a.minor == b.minor;
}

static int fill_harmony(const struct analysis *a, const struct span *s, struct nvx_analysis *to)
{
	struct mos_tonality written;
	char text[MOS_ROMAN_TEXT_MAX];
	int rc = 0;

	if (!s->has_roman)
		return 0;
	if (a->what & SCORE_ANALYSE_ROMAN) {
		rc = text_of(a, text, mos_roman_format(&s->roman, text, sizeof(text)), &to->roman);
		to->function = s->function;
	}
	if (a->what & SCORE_ANALYSE_CADENCES) {
		to->cadence = s->cadence;
		to->phrase = s->is_phrase_end ? NVX_PHRASE_END : NVX_PHRASE_UNSET;
	}
	/* numerals mean nothing without their key */
	if (!analysis_written_key(score_key_at(a->score, s->tick), &written) || !same_key(written, s->key)) {
		to->has_local_key = 1;
		to->key_step = s->key.tonic.step;
		to->key_alter = s->key.tonic.alter;
		to->key_mode = s->key.minor ? NVX_MODE_MINOR : NVX_MODE_MAJOR;
	}
	return rc;
}

static int fill_voices(struct analysis *a, size_t i, struct nvx_analysis *to)
{
	struct voices *v = &a->voices;
	struct nvx_pool *pool = a->change->pool;
	int rc = analysis_voices(v, &a->spans, i);

	for (uint32_t k = 0; k < v->n_leading && rc == 0; k++) {
		const char *rule = analysis_rules[v->leading[k].rule];
		v->leading[k].rule = 0;
		rc = text_of(a, rule, (int)strlen(rule), &v->leading[k].rule);
	}
	if (rc == 0 && v->n_leading) {
		to->voice_leading = nvx_pool_list(pool, v->leading, v->n_leading, sizeof(*v->leading));
		rc = to->voice_leading ? 0 : -ENOMEM;
	}
	if (rc == 0 && v->n_tone) {
		to->non_chord_tones = nvx_pool_list(pool, v->tone, (uint32_t)v->n_tone, sizeof(*v->tone));
		rc = to->non_chord_tones ? 0 : -ENOMEM;
	}
	return rc;
}

static int write_analysis(struct analysis *a)
{
	struct old old = {.a = a, .list = NVX_LIST_analysis};
	int rc = 0;

	a->voices.h = &a->h;
	for (size_t i = 0; i < a->spans.n && rc == 0; i++) {
		const struct span *s = &a->spans.span[i];
		struct nvx_analysis item = {0};

		nvx_table_init(nvx_table_of(NVX_LIST_analysis), &item);
		item.e.tick = s->tick;
		item.e.duration_ticks = (uint32_t)(s->end - s->tick);
		rc = fill_harmony(a, s, &item);
		/* symbols alone have no voices */
		if (rc == 0 && (a->what & SCORE_ANALYSE_VOICES) && a->h.n_sound && a->h.sound[0].id)
			rc = fill_voices(a, i, &item);
		if (rc == 0)
			rc = add_origin(a, &item.e, s->confidence);
		if (rc == 0 && !is_taken(a, s) &&
			(item.roman || item.function || item.cadence || item.has_local_key ||
				item.voice_leading || item.non_chord_tones))
			rc = bring(&old, &item.e);
	}
	return rc ? rc : remove_until(&old, INT64_MAX);
}

static int analyse(struct analysis *a)
{
	const unsigned layer = SCORE_ANALYSE_ROMAN | SCORE_ANALYSE_CADENCES | SCORE_ANALYSE_VOICES;
	int rc, is_heard;

	a->ours = nvx_pool_string(a->change->pool, OURS, strlen(OURS));
	if (!a->ours)
		return -ENOMEM;
	rc = hearing_init(&a->h, a->score, nvx_pool_alloc(a->score->pool));
	if (rc == 0 && (a->what & SCORE_ANALYSE_KEYS))
		rc = write_key(a);
	if (rc == 0)
		rc = analysis_keys(&a->h);
	if (rc < 0)
		return rc;
	rc = find_chords(a, &is_heard);
	if (rc == 0 && is_heard && (a->what & SCORE_ANALYSE_CHORDS))
		rc = write_chords(a);
	if (rc == 0 && (a->what & layer)) {
		analysis_harmony(&a->h, &a->spans);
		analysis_cadences(&a->h, &a->spans);
		rc = write_analysis(a);
	}
	return rc;
}

int score_analyse(const struct score *score, unsigned what, struct score_change *ret)
{
	struct analysis a = {.score = score, .change = ret, .what = what};
	int rc;

	score_change_init(ret, score);
	rc = analyse(&a);
	score_free(nvx_pool_alloc(score->pool), a.spans.span);
	score_free(nvx_pool_alloc(score->pool), a.voices.tone);
	if (a.h.alloc)
		hearing_finish(&a.h);
	if (rc < 0) {
		score_change_finish(ret);
		*ret = (struct score_change){0};
	}
	return rc;
}
