/* SPDX-License-Identifier: MIT */
/*
 * THE-13: a score that is engraved again after an edit is what the edited score gives from the beginning, to
 * the bit: scores made here and those of the corpora, each edited at random again and again. Files above
 * LARGE bytes only with MOS_LONG set. MOS_SEED makes other edits.
 */
#include <criterion/criterion.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/edit.h>
#include <score/format.h>

#define CORPUS ""
#include "corpus.h"

#define LARGE 40000
#define MANY 64 /* systems: of these most have to be left as they are */

static struct font_set *fonts;
static const struct engrave_metrics *metrics;
static struct score_report report;
static uint64_t dice;
static unsigned n_files, n_edits, n_systems, n_set;

static void setup(void)
{
	char error[512] = "";
	const char *seed = getenv("MOS_SEED");
	cr_assert_eq(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)),
		0, "%s", error);
	metrics = font_metrics(fonts);
	dice = seed ? strtoull(seed, NULL, 10) : 1;
	n_files = n_edits = n_systems = n_set = 0;
}

static void teardown(void)
{
	font_close(fonts);
}

static uint32_t roll(uint32_t n)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return n ? (uint32_t)((dice >> 33) % n) : 0;
}

/* ---- edits ---- */

static void edit_note(const struct score *score, struct score_change *c)
{
	const struct score_part *part = score->part[roll(score->n_parts)];
	if (!part->note.n)
		return;
	const struct nvx_note *old = score_part_note(part, roll(part->note.n));
	struct nvx_note note = *old;
	switch (roll(4)) {
	case 0:
		(void)score_change_add(c, SCORE_OP_REMOVE, NVX_LIST_note, part->part.id, 0, old, NULL);
		return;
	case 1:
		note.id = 0;
		note.extra = 0;
		note.pitch = (uint8_t)(note.pitch < 100 ? note.pitch + 1u + roll(9) : note.pitch - 4u);
		(void)score_change_add(c, SCORE_OP_ADD, NVX_LIST_note, part->part.id, 0, NULL, &note);
		return;
	case 2:
		note.duration_ticks = note.duration_ticks / 2 + 1;
		break;
	default:
		note.pitch = (uint8_t)(note.pitch > 20 ? note.pitch - 1u - roll(3) : note.pitch + 5u);
	}
	(void)score_change_add(c, SCORE_OP_REPLACE, NVX_LIST_note, part->part.id, 0, old, &note);
}

/** Of a layer: gone, elsewhere, or there twice. */
static void edit_element(const struct score *score, struct score_change *c)
{
	static const uint8_t lists[] = {NVX_LIST_form, NVX_LIST_chord, NVX_LIST_analysis, NVX_LIST_tab,
		NVX_LIST_diagram, NVX_LIST_fingering, NVX_LIST_notation, NVX_LIST_notation, NVX_LIST_lyric,
		NVX_LIST_marker};
	unsigned list = NVX_LIST_notation;
	for (unsigned i = 0; i < 20; i++) {
		list = lists[roll(sizeof(lists))];
		if (score->list[list].n)
			break;
	}
	const struct nvx_seq *seq = &score->list[list];
	uint64_t copy[64];
	if (!seq->n)
		return;
	const void *item = nvx_seq_at(seq, roll(seq->n));
	memcpy(copy, item, seq->item_bytes);
	struct nvx_element *e = (struct nvx_element *)(void *)copy;
	switch (roll(3)) {
	case 0:
		(void)score_change_add(c, SCORE_OP_REMOVE, list, 0, 0, item, NULL);
		break;
	case 1:
		e->tick = score->end_tick > 960 ? roll((uint32_t)(score->end_tick / 960)) * 960 : 0;
		(void)score_change_add(c, SCORE_OP_REPLACE, list, 0, 0, item, copy);
		break;
	default:
		e->id = 0;
		e->tick += e->tick + 960 < score->end_tick ? 960 : 0;
		(void)score_change_add(c, SCORE_OP_ADD, list, 0, 0, NULL, copy);
	}
}

static void add_notation(const struct score *score, struct score_change *c)
{
	const struct score_part *part = score->part[roll(score->n_parts)];
	const uint32_t measures = score_n_measure(score), m = roll(measures);
	struct nvx_notation_element el = {
		.e = {.tick = score_measure(score, m)->tick, .part_id = part->part.id, .staff = 1}};
	const struct nvx_measure *last = score_measure(score, m + roll(measures - m < 9 ? measures - m : 9));
	el.e.duration_ticks = (uint32_t)(last->tick + last->duration_ticks - el.e.tick);
	switch (roll(5)) {
	case 0:
		el.e.kind = NVX_NOTATION_HAIRPIN;
		break;
	case 1:
		el.e.kind = NVX_NOTATION_PEDAL;
		break;
	case 2:
		el.e.kind = NVX_NOTATION_OCTAVE;
		el.octave = 1;
		break;
	case 3:
		el.e.kind = NVX_NOTATION_DYNAMIC;
		el.e.duration_ticks = 0;
		el.text = nvx_pool_string(score->pool, "mf", 2);
		break;
	default:
		el.e.kind = NVX_NOTATION_TEXT;
		el.e.duration_ticks = 0;
		el.text = nvx_pool_string(score->pool, "dolce", 5);
		el.style = NVX_TEXT_EXPRESSION;
	}
	(void)score_change_add(c, SCORE_OP_ADD, NVX_LIST_notation, 0, 0, NULL, &el);
}

static void add_slur(const struct score *score, struct score_change *c)
{
	const uint32_t n = score_n_notation(score);
	nvx_id from = 0;
	if (!n)
		return;
	for (uint32_t i = roll(n), steps = 1 + roll(30); i < n; i++) {
		const struct nvx_notation_element *el = score_notation(score, i);
		if (el->e.kind != NVX_NOTATION_EVENT || !el->note_ids)
			continue;
		if (!from)
			from = el->e.id;
		else if (--steps == 0) {
			const struct nvx_notation_element slur = {.e = {.tick = el->e.tick,
									  .part_id = el->e.part_id,
									  .kind = NVX_NOTATION_SLUR},
				.from_event_id = from,
				.to_event_id = el->e.id};
			(void)score_change_add(c, SCORE_OP_ADD, NVX_LIST_notation, 0, 0, NULL, &slur);
			return;
		}
	}
}

static void edit_measure(const struct score *score, struct score_change *c)
{
	const uint32_t i = roll(score_n_measure(score));
	const struct nvx_measure *old = score_measure(score, i);
	struct nvx_measure m = *old;
	switch (roll(5)) {
	case 0:
		m.barline =
			(uint8_t)(m.barline == NVX_BARLINE_DOUBLE ? NVX_BARLINE_LIGHT : NVX_BARLINE_DOUBLE);
		break;
	case 1:
		m.repeat_end = m.repeat_end ? 0 : 2;
		break;
	case 2:
		m.line_break = (uint8_t)roll(3);
		break;
	case 3:
		m.jump = m.jump ? NVX_JUMP_NONE : NVX_JUMP_SEGNO;
		break;
	default:
		m.number = nvx_pool_string(score->pool, "x7", 2);
	}
	(void)score_change_add(c, SCORE_OP_REPLACE, NVX_LIST_measure, 0, i, old, &m);
}

static void add_measure(const struct score *score, struct score_change *c)
{
	const uint32_t i = roll(score_n_measure(score));
	struct nvx_measure m = *score_measure(score, i);
	m.id = 0;
	m.beats = 0;
	m.ending_type = NVX_ENDING_NONE;
	m.ending_numbers = 0;
	(void)score_change_shift(c, score, m.tick, m.duration_ticks);
	(void)score_change_add(c, SCORE_OP_ADD, NVX_LIST_measure, 0, i, NULL, &m);
}

/** Key, meter, tempo: another one from some measure on. */
static void edit_map(const struct score *score, struct score_change *c)
{
	const int64_t tick = score_measure(score, roll(score_n_measure(score)))->tick;
	const struct nvx_key *key = score_key_at(score, tick);
	const struct nvx_tempo *tempo = score_tempo_at(score, tick);
	struct nvx_key k = *key;
	struct nvx_tempo t = *tempo;
	if (roll(2)) {
		k.tick = tick;
		k.fifths_given = 0;
		nvx_set_key(&k, (int)roll(11) - 5, 0);
		(void)score_change_add(c, key->tick == tick ? SCORE_OP_REPLACE : SCORE_OP_ADD, NVX_LIST_key,
			0, 0, key->tick == tick ? key : NULL, &k);
	} else {
		t.tick = tick;
		t.extra = 0;
		t.ns_per_quarter = 300000000 + roll(500) * 1000000;
		(void)score_change_add(c, tempo->tick == tick ? SCORE_OP_REPLACE : SCORE_OP_ADD,
			NVX_LIST_tempo, 0, 0, tempo->tick == tick ? tempo : NULL, &t);
	}
}

static void edit_part(const struct score *score, struct score_change *c)
{
	const uint32_t i = roll(score->n_parts);
	struct nvx_part part = score->part[i]->part;
	if (roll(2)) {
		part.name = nvx_pool_string(score->pool, "Other", 5);
		(void)score_change_add(
			c, SCORE_OP_REPLACE, NVX_LIST_part, 0, i, &score->part[i]->part, &part);
		return;
	}
	struct nvx_note note = {.tick = score_measure(score, roll(score_n_measure(score)))->tick,
		.duration_ticks = 960,
		.pitch = 62,
		.velocity = 90,
		.release_velocity = 64,
		.channel = NVX_NO_U8};
	part.id = nvx_id_number('p', 5000 + roll(100000));
	part.regions = 0;
	part.extra = 0;
	(void)score_change_add(c, SCORE_OP_ADD, NVX_LIST_part, 0, score->n_parts, NULL, &part);
	(void)score_change_add(c, SCORE_OP_ADD, NVX_LIST_note, part.id, 0, NULL, &note);
}

static void edit_title(const struct score *score, struct score_change *c)
{
	struct nvx_globals globals = score->globals;
	globals.metadata.subtitle =
		globals.metadata.subtitle ? 0 : nvx_pool_string(score->pool, "Second thoughts", 15);
	(void)score_change_add(c, SCORE_OP_REPLACE, SCORE_EDIT_GLOBALS, 0, 0, &score->globals, &globals);
}

/** @return 0: the edit broke a rule, or there is nothing of the kind. */
static int edit(struct score **score)
{
	static void (*const edits[])(const struct score *, struct score_change *) = {edit_note, edit_note,
		edit_note, edit_note, edit_element, edit_element, edit_element, add_notation, add_notation,
		add_slur, edit_measure, add_measure, edit_map, edit_part, edit_title};
	struct score_change change;
	struct score *next = NULL;
	score_change_init(&change, *score);
	edits[roll(sizeof(edits) / sizeof(*edits))](*score, &change);
	memset(&report, 0, sizeof(report));
	const int rc = change.n_op ? score_apply(*score, &change, &report, &next) : -EINVAL;
	score_change_finish(&change);
	if (rc < 0)
		return 0;
	score_unref(*score);
	*score = next;
	return 1;
}

/* ---- both ways ---- */

static uint32_t first_difference(const void *a, const void *b, size_t n, size_t size)
{
	for (uint32_t i = 0; i < n; i++) {
		if (memcmp((const char *)a + i * size, (const char *)b + i * size, size) != 0)
			return i;
	}
	return UINT32_MAX;
}

static void check_same(const char *name, unsigned round, const struct engraving *a, const struct engraving *b)
{
#define SAME(list)                                                                                           \
	do {                                                                                                 \
		cr_assert_eq(a->n_##list##s, b->n_##list##s, "%s, edit %u: %u and %u " #list "s", name,      \
			round, a->n_##list##s, b->n_##list##s);                                              \
		const uint32_t at = first_difference(a->list, b->list, a->n_##list##s, sizeof(*a->list));    \
		cr_assert_eq(at, UINT32_MAX, "%s, edit %u: " #list " %u of %u differs", name, round, at,     \
			a->n_##list##s);                                                                     \
	} while (0)
	SAME(page);
	SAME(system);
	SAME(measure);
	SAME(column);
	SAME(note);
	SAME(chord);
	SAME(shape);
#undef SAME
	cr_assert_eq(a->n_elements, b->n_elements, "%s, edit %u", name, round);
}

static void compare(const char *name, unsigned round, struct engrave_kept *kept, const struct score *score,
	const struct engrave_options *o)
{
	struct engraving *full, *again;
	const int rc = engrave(score, o, metrics, NULL, NULL, &full);
	cr_assert_eq(engrave_again(kept, score, o, metrics, NULL, NULL, &again), rc, "%s", name);
	if (rc < 0)
		return;
	check_same(name, round, full, again);
	n_systems += full->n_systems;
	n_set += engrave_kept_set(kept);
	engraving_free(full);
	engraving_free(again);
}

/** In one of the ways that a theater shows scores. */
static struct engrave_options some_options(void)
{
	struct engrave_options o = engrave_default_options();
	switch (roll(6)) {
	case 0:
		o.page_width = 60;
		break;
	case 1:
		o.page_height = 0;
		o.with_title = 0;
		break;
	case 2:
		o.layout = ENGRAVE_LEAD_SHEET;
		break;
	case 3:
		o.layout = ENGRAVE_CONTINUOUS;
		break;
	default:
		break;
	}
	return o;
}

static void check_edits(const char *name, struct score *score, unsigned n)
{
	const struct engrave_options o = some_options(), narrow = some_options();
	struct engrave_kept *kept = engrave_kept_new();
	cr_assert_not_null(kept);
	compare(name, 0, kept, score, &o);
	for (unsigned i = 1; i <= n; i++) {
		if (!edit(&score))
			continue;
		n_edits++;
		compare(name, i, kept, score, &o);
		if (roll(4) == 0)
			compare(name, i, kept, score, &narrow);
	}
	engrave_kept_free(kept);
	score_unref(score);
}

/* ---- scores ---- */

TestSuite(engrave_again, .init = setup, .fini = teardown, .timeout = 300);

/** Two hands, with what a player leaves behind: chords, rests; notes that are held, up to so many times an
 * eighth. */
static struct score *played(unsigned measures, unsigned holds)
{
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	const uint32_t part = nvx_add_part(&draft);
	nvx_draft_part(&draft, part)->name = nvx_text(&draft, "Piano", 5);
	for (unsigned i = 0; i < measures * 16; i++) {
		struct nvx_note *note;
		if (roll(5) == 0)
			continue;
		note = nvx_add_note(&draft, part);
		note->tick = (int64_t)i * 240;
		note->duration_ticks = 240 << roll(holds);
		note->pitch = (uint8_t)(roll(2) ? 60 + roll(24) : 38 + roll(22));
	}
	for (unsigned i = 0; i < measures; i += 3) {
		struct nvx_chord *chord = nvx_add_chord(&draft);
		chord->e.tick = (int64_t)i * 3840;
		chord->e.duration_ticks = 3840;
		chord->symbol = nvx_text(&draft, roll(2) ? "Bbmaj7" : "C#m", roll(2) ? 3 : 2);
	}
	cr_assert_eq(nvx_finish(&draft, "played", &score), 0);
	return score;
}

Test(engrave_again, played,
	.description = "THE-13: an edit of what was played gives the bits of a whole engraving")
{
	for (unsigned i = 0; i < 12; i++)
		check_edits("played", played(4 + roll(40), 3), 25);
	(void)fprintf(stderr, "%u edits: %u of %u systems were set\n", n_edits, n_set, n_systems);
}

Test(engrave_again, little, .description = "THE-13: an edit of one bar leaves the other lines alone")
{
	const struct engrave_options o = engrave_default_options();
	struct engrave_kept *kept = engrave_kept_new();
	struct score *score = played(200, 1), *next;
	compare("little", 0, kept, score, &o);
	cr_assert_geq(engrave_kept_set(kept), MANY);
	for (unsigned i = 0; i < 20; i++) {
		const struct score_part *part = score->part[0];
		const struct nvx_note *old = score_part_note(part, roll(part->note.n));
		struct nvx_note note = *old;
		struct score_change change;
		note.pitch = (uint8_t)(note.pitch + 1);
		score_change_init(&change, score);
		(void)score_change_add(
			&change, SCORE_OP_REPLACE, NVX_LIST_note, part->part.id, 0, old, &note);
		cr_assert_eq(score_apply(score, &change, &report, &next), 0);
		score_change_finish(&change);
		score_unref(score);
		score = next;
		compare("little", i + 1, kept, score, &o);
		/* its own line, and those of its pages that move apart otherwise */
		cr_expect_leq(engrave_kept_set(kept), MANY / 4, "%u systems", engrave_kept_set(kept));
	}
	engrave_kept_free(kept);
	score_unref(score);
}

/** @param data  unsigned: how many edits. */
static void check_file(const char *path, struct bytes bytes, void *data)
{
	struct score *score;
	memset(&report, 0, sizeof(report));
	if (score_import(bytes.data, bytes.size, &(struct score_import){.alloc = &score_heap, .name = "x"}, &report,
		    &score, NULL) < 0)
		return; /* its own tests say why */
	n_files++;
	check_edits(path, score, *(const unsigned *)data);
}

static void check_corpus(const char *folder, unsigned edits, unsigned least)
{
	walk_corpus(folder, LARGE, check_file, &edits);
	(void)fprintf(stderr, "%s: %u files, %u edits: %u of %u systems were set\n", folder, n_files, n_edits,
		n_set, n_systems);
	cr_expect_geq(n_files, least, "%s: only %u files were read", folder, n_files);
}

Test(engrave_again, musicxml,
	.description = "THE-13: edits of every MusicXML file give the bits of a whole engraving")
{
	check_corpus("musicxml", 12, 400);
}

Test(engrave_again, abc, .description = "THE-13: edits of every ABC file give the bits of a whole engraving")
{
	check_corpus("abc", 12, 80);
}

Test(engrave_again, guitarpro,
	.description = "THE-13: edits of every Guitar Pro file give the bits of a whole engraving")
{
	check_corpus("guitarpro", 8, 100);
}
