/* SPDX-License-Identifier: MIT */
/** What the tests of ABC share: a score from a text, and short descriptions of what came of it. */
#ifndef TEST_SCORE_ABC_H
#define TEST_SCORE_ABC_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/abc.h>
#include <score/format.h>
#include <score/order.h>

static struct score_report report;

static inline int import_bytes(const void *bytes, size_t size, struct score **ret)
{
	struct nvx_draft draft;
	memset(&report, 0, sizeof(report));
	*ret = NULL;
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	const int rc = abc_import(bytes, size, &draft);
	if (rc < 0) {
		nvx_draft_finish(&draft);
		return rc;
	}
	return nvx_finish(&draft, NULL, ret);
}

static inline struct score *import_text(const char *text)
{
	struct score *score;
	const int rc = import_bytes(text, strlen(text), &score);
	cr_assert_eq(rc, 0, "%d %s: %s", rc, report.error[0].where, report.error[0].reason);
	return score;
}

/** A tune in C, 4/4, L:1/8 with this music. */
static inline struct score *import_music(const char *music)
{
	static char text[16384];
	(void)snprintf(text, sizeof(text), "X:1\nT:t\nM:4/4\nL:1/8\nK:C\n%s\n", music);
	return import_text(text);
}

static inline const struct score_issue *find_warning(const char *code)
{
	for (uint32_t i = 0; i < report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		if (strcmp(report.warning[i].code, code) == 0)
			return &report.warning[i];
	return NULL;
}

/** Notes of a part in their order: "60@0+480 62@480+480". */
static inline const char *notes_of(const struct score *score, uint32_t part)
{
	static char text[8192];
	size_t n = 0;
	text[0] = 0;
	for (uint32_t i = 0; i < score->part[part]->note.n && n < sizeof(text) - 64; i++) {
		const struct nvx_note *note = score_part_note(score->part[part], i);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u@%lld+%u", i ? " " : "", note->pitch,
			(long long)note->tick, note->duration_ticks);
	}
	return text;
}

/** Pitches alone: "60 62". */
static inline const char *pitches_of(const struct score *score, uint32_t part)
{
	static char text[8192];
	size_t n = 0;
	text[0] = 0;
	for (uint32_t i = 0; i < score->part[part]->note.n && n < sizeof(text) - 64; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", i ? " " : "",
			score_part_note(score->part[part], i)->pitch);
	return text;
}

/** Measures: "3840 1920s |: :|2 [1". */
static inline const char *measures_of(const struct score *score)
{
	static const char *const irregular[] = {"", "p", "s", "l"};
	static char text[8192];
	size_t n = 0;
	text[0] = 0;
	for (uint32_t i = 0; i < score_n_measure(score) && n < sizeof(text) - 128; i++) {
		const struct nvx_measure *m = score_measure(score, i);
		uint32_t count;
		const uint8_t *numbers = nvx_items(score->pool, m->ending_numbers, &count);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%u%s", i ? " " : "",
			m->repeat_start ? "|:" : "", m->duration_ticks, irregular[m->irregular]);
		if (m->ending_type == NVX_ENDING_START || m->ending_type == NVX_ENDING_START_STOP)
			for (uint32_t k = 0; k < count; k++)
				n += (size_t)snprintf(
					text + n, sizeof(text) - n, "%s%u", k ? "," : "[", numbers[k]);
		if (m->ending_type == NVX_ENDING_STOP || m->ending_type == NVX_ENDING_START_STOP)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "]");
		if (m->repeat_end)
			n += (size_t)snprintf(text + n, sizeof(text) - n, ":|%u", m->repeat_end);
	}
	return text;
}

/** Played measures, from 1: "1 2 1 3". */
static inline const char *order_of(const struct score *score)
{
	static char text[8192];
	struct score_play_order order;
	size_t n = 0;
	text[0] = 0;
	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0);
	for (uint32_t i = 0; i < order.n; i++)
		for (uint32_t m = order.run[i].first; m <= order.run[i].last && n < sizeof(text) - 16; m++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", n ? " " : "", m + 1);
	score_play_order_finish(&order);
	return text;
}

/** Notation of one kind, in order; NULL behind the last. */
static inline const struct nvx_notation_element *notation(
	const struct score *score, enum nvx_notation kind, unsigned index)
{
	for (uint32_t i = 0; i < score_n_notation(score); i++)
		if (score_notation(score, i)->e.kind == kind && index-- == 0)
			return score_notation(score, i);
	return NULL;
}

/** Values of events: "8 4. z8 16". */
static inline const char *values_of(const struct score *score)
{
	static const char *const names[] = {"-", "maxima", "long", "breve", "1", "2", "4", "8", "16", "32",
		"64", "128", "256", "512", "1024"};
	static char text[8192];
	const struct nvx_notation_element *e;
	size_t n = 0;
	text[0] = 0;
	for (unsigned i = 0; (e = notation(score, NVX_NOTATION_EVENT, i)) && n < sizeof(text) - 32; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s%s%.*s", n ? " " : "",
			e->note_ids ? "" : "z", e->is_grace ? "g" : "", names[e->value], e->dots, "....");
	return text;
}

static inline const char *lyrics_of(const struct score *score, unsigned verse)
{
	static const char *const marks[] = {"", "-", "-", ""};
	static char text[8192];
	size_t n = 0;
	text[0] = 0;
	for (uint32_t i = 0; i < score_n_lyric(score) && n < sizeof(text) - 256; i++) {
		const struct nvx_lyric *lyric = score_lyric(score, i);
		if (lyric->verse == verse)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s%s@%lld", n ? " " : "",
				score_text(score, lyric->text), marks[lyric->syllabic],
				lyric->extend ? "_" : "", (long long)lyric->e.tick);
	}
	return text;
}

static inline const char *chords_of(const struct score *score)
{
	static char text[8192];
	size_t n = 0;
	text[0] = 0;
	for (uint32_t i = 0; i < score_n_chord(score) && n < sizeof(text) - 256; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s@%lld+%u", n ? " " : "",
			score_text(score, score_chord(score, i)->symbol),
			(long long)score_chord(score, i)->e.tick, score_chord(score, i)->e.duration_ticks);
	return text;
}

/** The ABC of a score; the caller frees it. */
static inline char *export_text(const struct score *score)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	memset(&report, 0, sizeof(report));
	cr_assert_eq(abc_export(score, &out, &report), 0);
	score_bytes_u8(&out, 0);
	return (char *)out.data;
}

/** Import, compare one description, let go. */
#define CHECK_MUSIC(row, describe, music, expected)                                                          \
	do {                                                                                                 \
		struct score *score_ = import_music(music);                                                  \
		const char *is_ = describe(score_);                                                          \
		cr_expect_str_eq(is_, expected, row ": %s became %s", music, is_);                           \
		score_unref(score_);                                                                         \
	} while (0)

#endif
