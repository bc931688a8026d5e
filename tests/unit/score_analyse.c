/* SPDX-License-Identifier: MIT */
/* Analysis on demand: keys, chords, numerals, functions, cadences, voices (NVX-12, HER-17, LIB-09). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/analyse.h>

static struct score_report report;

/** A line: pitches, each with its length in eighths behind it; 0 is a rest; ends with a length of 0. */
static void line(struct nvx_draft *d, const uint8_t *notes)
{
	const uint32_t part = nvx_add_part(d);
	int64_t tick = 0;

	for (; notes[1]; notes += 2) {
		if (notes[0]) {
			struct nvx_note *n = nvx_add_note(d, part);
			n->tick = tick;
			n->duration_ticks = notes[1] * 480u;
			n->pitch = notes[0];
		}
		tick += notes[1] * 480;
	}
}
#define LINE(d, ...) line(d, (const uint8_t[]){__VA_ARGS__, 0, 0})

static struct nvx_draft draft_of(int fifths, int minor)
{
	struct nvx_draft d;

	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&d, &score_heap, &report), 0);
	nvx_set_key(nvx_add_key(&d), fifths, minor);
	return d;
}

static struct score *finish(struct nvx_draft *d)
{
	struct score *score;

	cr_assert_eq(
		nvx_finish(d, "name", &score), 0, "%s: %s", report.error[0].where, report.error[0].reason);
	return score;
}

static struct score_change analysed(const struct score *score, unsigned what)
{
	struct score_change change;

	cr_assert_eq(score_analyse(score, what, &change), 0);
	return change;
}

/** The i-th element that is added to a list. */
static const void *added(const struct score_change *change, unsigned list, unsigned i)
{
	for (size_t k = 0; k < change->n_op; k++)
		if (change->op[k].list == list && change->op[k].kind == SCORE_OP_ADD && i-- == 0)
			return change->op[k].after;
	cr_assert_fail("%u more of list %u", i + 1, list);
	return NULL;
}

struct want {
	const char *symbol, *roman;
	enum nvx_function function;
	enum nvx_cadence cadence;
};

static void expect_harmony(struct nvx_draft *d, const struct want *want, unsigned n)
{
	struct score *score = finish(d);
	struct score_change change = analysed(score, SCORE_ANALYSE_ALL);

	for (unsigned i = 0; i < n; i++) {
		const struct nvx_chord *c = added(&change, NVX_LIST_chord, i);
		const struct nvx_analysis *a = added(&change, NVX_LIST_analysis, i);
		cr_expect_str_eq(score_text(score, c->symbol), want[i].symbol, "chord %u is %s, not %s", i,
			score_text(score, c->symbol), want[i].symbol);
		cr_expect_str_eq(score_text(score, a->roman), want[i].roman, "chord %u is %s, not %s", i,
			score_text(score, a->roman), want[i].roman);
		cr_expect_eq(a->function, want[i].function, "chord %u: function %u", i, a->function);
		cr_expect_eq(a->cadence, want[i].cadence, "chord %u: cadence %u", i, a->cadence);
		uint32_t n_origin;
		const struct nvx_origin *origin = nvx_items(score->pool, a->e.origin, &n_origin);
		cr_assert_eq(n_origin, 1);
		cr_expect_eq(origin->by, NVX_ORIGIN_DETECTED);
		cr_expect(origin->confidence_1e6 > 500000 && origin->confidence_1e6 <= 1000000);
	}
	score_change_finish(&change);
	score_unref(score);
}
#define EXPECT_HARMONY(d, ...)                                                                               \
	expect_harmony(d, (const struct want[])__VA_ARGS__,                                                  \
		sizeof((const struct want[])__VA_ARGS__) / sizeof(struct want))

Test(score_analyse, NVX_12_cadence_major,
	.description = "NVX-12: chords from notes, numerals, functions, an authentic cadence")
{
	struct nvx_draft d = draft_of(0, 0);
	LINE(&d, 72, 2, 69, 2, 71, 2, 72, 2);
	LINE(&d, 67, 2, 65, 2, 65, 2, 64, 2);
	LINE(&d, 64, 2, 60, 2, 62, 2, 60, 2);
	LINE(&d, 48, 2, 53, 2, 55, 2, 48, 2);
	EXPECT_HARMONY(&d, {
				   {"C", "I", NVX_FUNCTION_T, NVX_CADENCE_UNSET},
				   {"F", "IV", NVX_FUNCTION_SD, NVX_CADENCE_UNSET},
				   {"G7", "V7", NVX_FUNCTION_D, NVX_CADENCE_UNSET},
				   {"C", "I", NVX_FUNCTION_T, NVX_CADENCE_PAC},
			   });
}

Test(score_analyse, NVX_12_cadence_minor, .description = "NVX-12: minor, inversions, a half cadence")
{
	struct nvx_draft d = draft_of(0, 1);
	LINE(&d, 72, 2, 74, 2, 72, 2, 71, 2);
	LINE(&d, 69, 2, 69, 2, 69, 2, 68, 2);
	LINE(&d, 64, 2, 62, 2, 64, 2, 64, 2);
	LINE(&d, 57, 2, 53, 2, 52, 2, 52, 2);
	EXPECT_HARMONY(&d, {
				   {"Am", "i", NVX_FUNCTION_T, NVX_CADENCE_UNSET},
				   {"Dm/F", "iv6", NVX_FUNCTION_SD, NVX_CADENCE_UNSET},
				   {"Am/E", "i64", NVX_FUNCTION_D,
					   NVX_CADENCE_UNSET}, /* the fourth and sixth that resolve into V */
				   {"E", "V", NVX_FUNCTION_D, NVX_CADENCE_HC},
			   });
}

Test(score_analyse, NVX_12_applied_and_borrowed,
	.description = "NVX-12: applied dominants, chords of the parallel minor, a deceptive cadence")
{
	struct nvx_draft d = draft_of(0, 0);
	LINE(&d, 72, 2, 72, 2, 71, 2, 72, 2, 72, 2, 72, 2, 71, 2, 72, 2);
	LINE(&d, 67, 2, 69, 2, 67, 2, 67, 2, 68, 2, 67, 2, 67, 2, 69, 2);
	LINE(&d, 64, 2, 66, 2, 62, 2, 64, 2, 65, 2, 64, 2, 65, 2, 64, 2);
	LINE(&d, 48, 2, 50, 2, 55, 2, 48, 2, 53, 2, 48, 2, 43, 2, 45, 2);
	EXPECT_HARMONY(&d, {
				   {"C", "I", NVX_FUNCTION_T, NVX_CADENCE_UNSET},
				   {"D7", "V7/V", NVX_FUNCTION_APPLIED, NVX_CADENCE_UNSET},
				   {"G", "V", NVX_FUNCTION_D, NVX_CADENCE_UNSET},
				   {"C", "I", NVX_FUNCTION_T, NVX_CADENCE_UNSET},
				   {"Fm", "iv", NVX_FUNCTION_MODAL_INTERCHANGE, NVX_CADENCE_UNSET},
				   {"C", "I", NVX_FUNCTION_T, NVX_CADENCE_UNSET},
				   {"G7", "V7", NVX_FUNCTION_D, NVX_CADENCE_UNSET},
				   {"Am", "vi", NVX_FUNCTION_T, NVX_CADENCE_DC},
			   });
}

static enum nvx_cadence last_cadence(struct nvx_draft *d, unsigned n)
{
	struct score *score = finish(d);
	struct score_change change = analysed(score, SCORE_ANALYSE_ALL);
	const struct nvx_analysis *a = added(&change, NVX_LIST_analysis, n - 1);
	const enum nvx_cadence cadence = a->cadence;

	cr_expect_eq(a->phrase, NVX_PHRASE_END);
	score_change_finish(&change);
	score_unref(score);
	return cadence;
}

Test(score_analyse, NVX_12_other_cadences, .description = "NVX-12: imperfect and plagal cadences")
{
	struct nvx_draft d = draft_of(0, 0); /* the third on top */
	LINE(&d, 67, 2, 67, 2, 64, 2);
	LINE(&d, 64, 2, 62, 2, 60, 2);
	LINE(&d, 60, 2, 59, 2, 55, 2);
	LINE(&d, 48, 2, 43, 2, 48, 2);
	cr_expect_eq(last_cadence(&d, 3), NVX_CADENCE_IAC);
	d = draft_of(0, 0);
	LINE(&d, 72, 2, 72, 2, 72, 2);
	LINE(&d, 67, 2, 69, 2, 67, 2);
	LINE(&d, 64, 2, 65, 2, 64, 2);
	LINE(&d, 48, 2, 41, 2, 48, 2);
	cr_expect_eq(last_cadence(&d, 3), NVX_CADENCE_PC);
}

Test(score_analyse, NVX_12_local_keys,
	.description = "NVX-12 HER-17: a piece that goes to the dominant says so where it does")
{
	struct nvx_draft d = draft_of(0, 0);
	/* I IV V I in C, then in G with its dominant twice, each for half a bar */
	LINE(&d, 72, 4, 72, 4, 71, 4, 72, 4, 71, 4, 72, 4, 69, 4, 71, 4, 72, 4, 69, 4, 67, 8);
	LINE(&d, 67, 4, 69, 4, 67, 4, 67, 4, 67, 4, 67, 4, 66, 4, 67, 4, 67, 4, 66, 4, 59, 8);
	LINE(&d, 64, 4, 65, 4, 62, 4, 64, 4, 62, 4, 64, 4, 62, 4, 62, 4, 64, 4, 60, 4, 62, 8);
	LINE(&d, 48, 4, 41, 4, 43, 4, 48, 4, 43, 4, 48, 4, 50, 4, 43, 4, 48, 4, 50, 4, 43, 8);
	struct score *score = finish(&d);
	struct score_change change = analysed(score, SCORE_ANALYSE_ROMAN);
	const struct nvx_analysis *first = added(&change, NVX_LIST_analysis, 0),
				  *last = added(&change, NVX_LIST_analysis, 10);
	cr_expect_eq(first->has_local_key, 0, "the key of the map is not said again");
	cr_expect_str_eq(score_text(score, first->roman), "I");
	cr_expect_eq(last->has_local_key, 1);
	cr_expect_eq(last->key_step, 4, "G");
	cr_expect_eq(last->key_mode, NVX_MODE_MAJOR);
	cr_expect_str_eq(score_text(score, last->roman), "I");
	score_change_finish(&change);
	score_unref(score);
}

/** Soprano over chords that are written: what its notes are there. */
static void expect_tone(const uint8_t *soprano, nvx_id note, enum nvx_nct kind)
{
	static const char *const symbols[] = {"C", "G"};
	struct nvx_draft d = draft_of(0, 0);
	line(&d, soprano);
	for (unsigned i = 0; i < 2; i++) {
		struct nvx_chord *c = nvx_add_chord(&d);
		c->e.tick = i * 3840;
		c->e.duration_ticks = 3840;
		c->symbol = nvx_text(&d, symbols[i], 1);
	}
	struct score *score = finish(&d);
	struct score_change change = analysed(score, SCORE_ANALYSE_VOICES);
	unsigned found = 0;
	for (size_t k = 0; k < change.n_op; k++) {
		const struct nvx_analysis *a = change.op[k].after;
		uint32_t n;
		const struct nvx_non_chord_tone *tone = nvx_items(score->pool, a->non_chord_tones, &n);
		for (uint32_t i = 0; i < n; i++) {
			found++;
			cr_expect_eq(tone[i].note_id, nvx_id_number('n', note));
			cr_expect_eq(tone[i].kind, kind, "kind %u, not %u", tone[i].kind, kind);
		}
	}
	cr_expect_eq(found, 1, "kind %u: %u found", kind, found);
	score_change_finish(&change);
	score_unref(score);
}
#define EXPECT_TONE(note, kind, ...) expect_tone((const uint8_t[]){__VA_ARGS__, 0, 0}, note, kind)

Test(score_analyse, NVX_12_non_chord_tones,
	.description = "NVX-12: passing, neighbour, suspension, appoggiatura, anticipation, escape, pedal")
{
	EXPECT_TONE(2, NVX_NCT_PASSING, 60, 2, 62, 2, 64, 4, 62, 8);
	EXPECT_TONE(2, NVX_NCT_NEIGHBOR, 64, 2, 65, 2, 64, 4, 62, 8);
	EXPECT_TONE(2, NVX_NCT_SUSPENSION, 64, 4, 60, 6, 59, 6);        /* held into the next chord */
	EXPECT_TONE(3, NVX_NCT_SUSPENSION, 64, 4, 60, 4, 60, 2, 59, 6); /* struck again */
	EXPECT_TONE(2, NVX_NCT_APPOGGIATURA, 60, 2, 65, 2, 64, 4, 62, 8);
	EXPECT_TONE(3, NVX_NCT_ANTICIPATION, 60, 4, 64, 3, 62, 1, 62, 8);
	EXPECT_TONE(2, NVX_NCT_ESCAPE, 64, 3, 65, 1, 60, 4, 62, 8);
	EXPECT_TONE(1, NVX_NCT_PEDAL, 60, 16);
}

Test(score_analyse, NVX_12_voice_leading,
	.description = "NVX-12: how voices move, parallels, leading tones and sevenths")
{
	struct nvx_draft d = draft_of(0, 0);
	LINE(&d, 72, 4, 71, 4, 72, 4, 74, 4);
	LINE(&d, 67, 4, 65, 4, 64, 4, 67, 4);
	LINE(&d, 60, 4, 62, 4, 60, 4, 62, 4); /* with the soprano in octaves at the end */
	LINE(&d, 48, 4, 43, 4, 48, 4, 43, 4);
	struct score *score = finish(&d);
	struct score_change change = analysed(score, SCORE_ANALYSE_VOICES);
	static const struct {
		enum nvx_motion motion[4];
		const char *rule[4];
	} want[] = {
		{{NVX_MOTION_STEP, NVX_MOTION_STEP, NVX_MOTION_STEP, NVX_MOTION_LEAP}, {"", "", "", ""}},
		{{NVX_MOTION_STEP, NVX_MOTION_STEP, NVX_MOTION_STEP, NVX_MOTION_LEAP},
			{"leading-tone-rises", "seventh-falls", "", ""}},
		{{NVX_MOTION_STEP, NVX_MOTION_LEAP, NVX_MOTION_STEP, NVX_MOTION_LEAP},
			{"", "", "parallel-octaves", ""}},
	};
	for (unsigned i = 0; i < 3; i++) {
		const struct nvx_analysis *a = added(&change, NVX_LIST_analysis, i);
		uint32_t n;
		const struct nvx_voice_leading *v = nvx_items(score->pool, a->voice_leading, &n);
		cr_assert_eq(n, 4, "chord %u: %u voices", i + 1, n);
		for (unsigned k = 0; k < 4; k++) {
			cr_expect_eq(v[k].motion, want[i].motion[k], "chord %u, voice %u: motion %u", i + 1,
				k, v[k].motion);
			cr_expect_str_eq(score_text(score, v[k].rule), want[i].rule[k],
				"chord %u, voice %u: %s", i + 1, k, score_text(score, v[k].rule));
		}
	}
	score_change_finish(&change);
	score_unref(score);
}

Test(score_analyse, LIB_09_key_where_none_is,
	.description = "LIB-09 HER-17: a key is found where the score has none, and only there")
{
	struct nvx_draft d = draft_of(0, 0);
	static const uint8_t tune[] = {67, 2, 69, 2, 71, 2, 72, 2, 74, 4, 71, 4, 72, 2, 69, 2, 71, 2, 67, 2,
		66, 2, 69, 2, 67, 8, 0, 0};
	struct nvx_key key;
	double confidence;

	d.key[0].step = NVX_KEY_NONE;
	line(&d, tune);
	struct score *score = finish(&d);
	cr_assert_eq(score_find_key(score, &key, &confidence), 0);
	cr_expect_eq(key.step, 4);
	cr_expect_eq(key.alter, 0);
	cr_expect_eq(key.mode, NVX_MODE_MAJOR);
	cr_expect_eq(key.fifths, 1);
	cr_expect(confidence > 0.45 && confidence <= 1);
	struct score_change change = analysed(score, SCORE_ANALYSE_KEYS);
	cr_assert_eq(change.n_op, 1);
	cr_expect_eq(change.op[0].list, NVX_LIST_key);
	cr_expect_eq(((const struct nvx_key *)change.op[0].after)->step, 4);
	score_change_finish(&change);
	score_unref(score);

	d = draft_of(3, 1);
	line(&d, tune);
	score = finish(&d);
	change = analysed(score, SCORE_ANALYSE_KEYS);
	cr_expect_eq(change.n_op, 0, "what is written stays");
	score_change_finish(&change);
	score_unref(score);

	d = draft_of(0, 0);
	score = finish(&d);
	cr_expect_eq(score_find_key(score, &key, &confidence), -ENOENT, "silence has no key");
	score_unref(score);
}

Test(score_analyse, NVX_12_again,
	.description =
		"NVX-12: analysed twice changes nothing; what people wrote stays; what no longer holds goes")
{
	struct nvx_draft d = draft_of(0, 0);
	LINE(&d, 72, 4, 71, 4, 72, 8);
	LINE(&d, 64, 4, 65, 4, 64, 8);
	LINE(&d, 48, 4, 43, 4, 48, 8);
	struct nvx_analysis *mine = nvx_add_analysis(&d);
	mine->e.tick = 0;
	mine->e.duration_ticks = 1920;
	mine->roman = nvx_text(&d, "I6", 2);
	struct score *score = finish(&d), *next;
	struct score_change change = analysed(score, SCORE_ANALYSE_ALL);
	cr_assert_eq(score_apply(score, &change, &report, &next), 0, "%s: %s", report.error[0].where,
		report.error[0].reason);
	score_change_finish(&change);
	score_unref(score);
	score = next;
	cr_assert_eq(score_n_analysis(score), 3, "%u", score_n_analysis(score));
	cr_expect_str_eq(score_text(score, score_analysis(score, 0)->roman), "I6");
	cr_assert_eq(score_n_chord(score), 3);
	change = analysed(score, SCORE_ANALYSE_ALL);
	cr_expect_eq(change.n_op, 0, "%zu operations", change.n_op);
	score_change_finish(&change);

	/* the leading tone becomes a fourth: another chord */
	struct nvx_note before = *score_part_note(score->part[0], 1), after = before;
	after.pitch = 74;
	score_change_init(&change, score);
	cr_assert_eq(score_change_add(&change, SCORE_OP_REPLACE, NVX_LIST_note, score->part[0]->part.id, 0,
			     &before, &after),
		0);
	cr_assert_eq(score_apply(score, &change, &report, &next), 0);
	score_change_finish(&change);
	score_unref(score);
	score = next;
	change = analysed(score, SCORE_ANALYSE_ALL);
	unsigned removed = 0;
	for (size_t i = 0; i < change.n_op; i++)
		removed += change.op[i].kind == SCORE_OP_REMOVE;
	cr_expect_gt(removed, 0);
	cr_assert_eq(score_apply(score, &change, &report, &next), 0, "%s", report.error[0].reason);
	cr_expect_eq(score_n_chord(next), 3);
	score_change_finish(&change);
	score_unref(score);
	score_unref(next);
}

Test(score_analyse, NVX_12_lead_sheet, .description = "NVX-12: symbols without notes have numerals too")
{
	static const char *const symbols[] = {"Dm7", "G7", "Cmaj7", "no chord at all", "A7"};
	static const char *const numerals[] = {"ii7", "V7", "I7", "V7/ii"};
	struct nvx_draft d = draft_of(0, 0);
	for (unsigned i = 0; i < 5; i++) {
		struct nvx_chord *c = nvx_add_chord(&d);
		c->e.tick = i * 3840;
		c->e.duration_ticks = 3840;
		c->symbol = nvx_text(&d, symbols[i], strlen(symbols[i]));
	}
	d.end_tick = 5 * 3840;
	struct score *score = finish(&d);
	struct score_change change = analysed(score, SCORE_ANALYSE_ALL);
	for (unsigned i = 0; i < 4; i++) {
		const struct nvx_analysis *a = added(&change, NVX_LIST_analysis, i);
		cr_expect_str_eq(score_text(score, a->roman), numerals[i], "%s", score_text(score, a->roman));
		cr_expect_eq(a->voice_leading, 0);
	}
	score_change_finish(&change);
	score_unref(score);
}

Test(score_analyse, HER_11_hostile,
	.description = "HER-11: huge bars, endless notes and clusters end in time", .timeout = 20)
{
	struct nvx_draft d = draft_of(0, 0);
	for (unsigned i = 0; i < 2000; i++)
		nvx_add_measure(&d)->duration_ticks = i % 7 == 0 ? 3000000000u : 3840;
	for (unsigned i = 0; i < 2000; i++)
		d.measure[i].irregular = NVX_IRREGULAR_LONG;
	const uint32_t part = nvx_add_part(&d);
	for (unsigned i = 0; i < 50000; i++) {
		struct nvx_note *n = nvx_add_note(&d, part);
		n->tick = i % 3 ? i : i * INT64_C(1000000);
		n->duration_ticks = UINT32_MAX - i;
		n->pitch = (uint8_t)(i * 7 % 128);
	}
	d.repair = 1;
	struct score *score = finish(&d);
	struct score_change change = analysed(score, SCORE_ANALYSE_ALL);
	cr_expect_gt(change.n_op, 0);
	score_change_finish(&change);
	score_unref(score);
}

/* ---- out of memory ---- */

struct failing {
	struct score_alloc alloc;
	unsigned left;
};

static void *fail_after(void *ctx, void *ptr, size_t size)
{
	struct failing *f = ctx;

	if (size && f->left-- == 0) {
		f->left = 0;
		return NULL;
	}
	return score_heap.resize(score_heap.ctx, ptr, size);
}

Test(score_analyse, HER_11_no_memory, .description = "HER-11: each allocation may fail: an error, no leak")
{
	struct failing f = {.alloc = {.resize = fail_after, .ctx = &f}, .left = UINT32_MAX};
	struct nvx_draft d;
	unsigned n = 0;

	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&d, &f.alloc, &report), 0);
	LINE(&d, 72, 4, 71, 4, 72, 8);
	LINE(&d, 64, 4, 65, 4, 64, 8);
	struct score *score = finish(&d);
	for (int rc = -ENOMEM; rc == -ENOMEM; n++) {
		struct score_change change;
		f.left = n;
		rc = score_analyse(score, SCORE_ANALYSE_ALL, &change);
		f.left = UINT32_MAX;
		cr_assert(rc == 0 || rc == -ENOMEM, "allocation %u: %d", n, rc);
		if (rc == 0)
			score_change_finish(&change);
	}
	cr_expect_gt(n, 8, "%u allocations", n);
	score_unref(score);
}
