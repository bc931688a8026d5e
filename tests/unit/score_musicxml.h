/* SPDX-License-Identifier: MIT */
/** What the tests of MusicXML share: a score from a measure's text, and text from a score. */
#ifndef TEST_SCORE_MUSICXML_H
#define TEST_SCORE_MUSICXML_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>

static struct score_report report;

static inline int import_bytes(const void *bytes, size_t size, struct score **ret)
{
	struct nvx_draft draft;
	memset(&report, 0, sizeof(report));
	*ret = NULL;
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	const int zipped = size > 2 && memcmp(bytes, "PK", 2) == 0;
	const int rc = zipped ? mxl_import(bytes, size, &draft) : musicxml_import(bytes, size, &draft);
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

/** A part of these measures (with their tags), with what stands in its score-part besides the name. */
static inline struct score *import_part(const char *head, const char *measures)
{
	static char text[65536];
	(void)snprintf(text, sizeof(text),
		"<score-partwise version='4.0'><part-list><score-part "
		"id='P1'><part-name>A</part-name>%s</score-part>"
		"</part-list><part id='P1'>%s</part></score-partwise>",
		head, measures);
	return import_text(text);
}

static inline char *export_text(const struct score *score)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	memset(&report, 0, sizeof(report));
	cr_assert_eq(musicxml_export(score, &out, &report), 0);
	score_bytes_u8(&out, 0);
	return (char *)out.data;
}

/** The n-th element of a kind. */
static inline const struct nvx_notation_element *element(const struct score *score, unsigned kind, unsigned n)
{
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		if (score_notation(score, i)->e.kind == kind && n-- == 0)
			return score_notation(score, i);
	}
	cr_assert_fail("no such element");
	return NULL;
}

static inline const struct nvx_note *note_at(const struct score *score, uint32_t n)
{
	cr_assert_lt(n, score->part[0]->note.n);
	return score_part_note(score->part[0], n);
}

#define ATTRIBUTES "<attributes><divisions>4</divisions></attributes>"
#define NOTE(step, octave, duration, more)                                                                   \
	"<note><pitch><step>" step "</step><octave>" octave "</octave></pitch><duration>" duration           \
	"</duration>" more "</note>"
#define MEASURE(number, content) "<measure number='" number "'>" content "</measure>"

#endif
