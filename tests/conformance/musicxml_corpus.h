/* SPDX-License-Identifier: MIT */
/** Files of the MusicXML corpus and what was counted in them (expected.tsv). */
#ifndef TEST_MUSICXML_CORPUS_H
#define TEST_MUSICXML_CORPUS_H

#include <string.h>

#include <score/format.h>
#include <score/nvx_json.h>

#define CORPUS "musicxml"
#include "corpus.h"

#define MAX_COLUMNS 64

struct table {
	char *text, *next;
	char *column[MAX_COLUMNS], *cell[MAX_COLUMNS];
	unsigned n_columns;
};

static inline unsigned split(char *line, char *cell[MAX_COLUMNS])
{
	unsigned n = 0;
	for (char *rest = line; rest && n < MAX_COLUMNS;)
		cell[n++] = strsep(&rest, "\t");
	return n;
}

static inline struct table open_table(void)
{
	struct bytes b = read_corpus("expected.tsv");
	struct table t = {.text = (char *)b.data, .next = (char *)b.data};
	t.n_columns = split(strsep(&t.next, "\n"), t.column);
	return t;
}

static inline int next_row(struct table *t)
{
	char *line = strsep(&t->next, "\n");
	if (!line || !*line)
		return 0;
	cr_assert_eq(split(line, t->cell), t->n_columns);
	return 1;
}

static inline const char *cell(const struct table *t, const char *column)
{
	for (unsigned i = 0; i < t->n_columns; i++) {
		if (strcmp(t->column[i], column) == 0)
			return t->cell[i];
	}
	cr_assert_fail("no column %s", column);
	return "";
}

static struct score_report report;

static inline int import(struct bytes b, struct score **ret)
{
	struct nvx_draft draft;
	memset(&report, 0, sizeof(report));
	*ret = NULL;
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	const int zipped = b.size > 2 && memcmp(b.data, "PK", 2) == 0;
	const int rc = zipped ? mxl_import(b.data, b.size, &draft) : musicxml_import(b.data, b.size, &draft);
	if (rc < 0) {
		nvx_draft_finish(&draft);
		return rc;
	}
	return nvx_finish(&draft, NULL, ret);
}

static inline unsigned events(const struct score *score, int rests, int graces)
{
	unsigned sum = 0;
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *e = score_notation(score, i);
		sum += e->e.kind == NVX_NOTATION_EVENT && (!rests || !e->note_ids) &&
		       (!graces || e->is_grace);
	}
	return sum;
}

#endif
