/* SPDX-License-Identifier: MIT */
/** What the tests of Guitar Pro share: import from bytes, and ways to look at a score. */
#ifndef TEST_SCORE_GUITARPRO_H
#define TEST_SCORE_GUITARPRO_H

#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>

typedef int gp_importer(const uint8_t *bytes, size_t size, struct nvx_draft *draft);

static struct score_report report;

static inline int try_import(gp_importer *importer, const void *bytes, size_t size, struct score **ret)
{
	struct nvx_draft draft;
	report = (struct score_report){};
	int rc = nvx_draft_init(&draft, &score_heap, &report);
	cr_assert_eq(rc, 0);
	draft.repair = 1;
	rc = importer(bytes, size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, "test", ret);
	nvx_draft_finish(&draft);
	return rc;
}

static inline struct score *import(gp_importer *importer, const void *bytes, size_t size)
{
	struct score *score = NULL;
	const int rc = try_import(importer, bytes, size, &score);
	cr_assert_eq(rc, 0, "%d: %s: %s: %s", rc, report.error[0].code, report.error[0].where,
		report.error[0].reason);
	return score;
}

static inline const struct nvx_note *note_of(const struct score *score, uint32_t i)
{
	cr_assert_lt(i, score->part[0]->note.n, "note %u of %u", i, score->part[0]->note.n);
	return score_part_note(score->part[0], i);
}

/** The n-th notation element of a kind. */
static inline const struct nvx_notation_element *element_of(
	const struct score *score, enum nvx_notation kind, unsigned n)
{
	for (uint32_t i = 0; i < score_n_notation(score); i++)
		if (score_notation(score, i)->e.kind == kind && n-- == 0)
			return score_notation(score, i);
	cr_assert(false, "no such element");
	return NULL;
}

static inline unsigned count_of(const struct score *score, enum nvx_notation kind)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < score_n_notation(score); i++)
		n += score_notation(score, i)->e.kind == kind;
	return n;
}

/** The technique of a type that a note has; NULL: it has none. */
static inline const struct nvx_technique_use *technique_of(
	const struct score *score, const struct nvx_note *note, enum nvx_technique type)
{
	for (uint32_t i = 0; i < score_n_tab(score); i++) {
		const struct nvx_tab *tab = score_tab(score, i);
		uint32_t n;
		const struct nvx_technique_use *use = nvx_items(score->pool, tab->techniques, &n);
		for (uint32_t k = 0; k < n && tab->e.note_id == note->id; k++)
			if (use[k].type == type)
				return &use[k];
	}
	return NULL;
}

#endif
