/* SPDX-License-Identifier: MIT */
/*
 * Any bytes -> score, by each of Guitar Pro's doors: the binary files, both containers, and (what begins with
 * '<') the document inside of them, which mutation of a packed file would hardly reach. Refused with a
 * reason, or a score whose every note lies in its parts and whose import is the same a second time; never
 * more memory than the budget.
 */
#include <errno.h>
#include <string.h>

#include <score/format.h>

#include "fuzz.h"
#include "gpif.h"

static int read_bytes(const uint8_t *data, size_t size, struct nvx_draft *draft)
{
	if (size > 0 && data[0] == '<')
		return gpif_read(data, size, NULL, draft);
	if (size > 1 && data[0] == 'P' && data[1] == 'K')
		return gp7_import(data, size, draft);
	if (size > 3 && memcmp(data, "BCF", 3) == 0)
		return gpx_import(data, size, draft);
	return gp_import(data, size, draft);
}

static int import(const uint8_t *data, size_t size, struct score_report *report, struct score **ret)
{
	static struct score_budget budget;
	struct nvx_draft draft;
	score_budget_init(&budget, (size_t)512 << 20);
	*report = (struct score_report){};
	int rc = nvx_draft_init(&draft, &budget.alloc, report);
	draft.repair = 1;
	if (rc == 0)
		rc = read_bytes(data, size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, "fuzz", ret);
	nvx_draft_finish(&draft);
	return rc;
}

static void check_score(const struct score *score)
{
	FUZZ_CHECK(score->n_parts > 0 && score_n_measure(score) > 0);
	for (uint32_t p = 0; p < score->n_parts; p++)
		for (uint32_t i = 0; i < score->part[p]->note.n; i++) {
			const struct nvx_note *note = score_part_note(score->part[p], i);
			FUZZ_CHECK(note->pitch < 128 && note->velocity > 0 && note->velocity < 128);
			FUZZ_CHECK(
				note->tick >= 0 && note->tick < score->end_tick && note->duration_ticks > 0);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct score_report report, again_report;
	struct score *score = NULL, *again = NULL;
	const int rc = import(data, size, &report, &score);
	if (rc < 0) {
		/* or nothing would be tried */
		FUZZ_CHECK(report.n_errors == 0 || strcmp(report.error[0].code, "nvx1.format.library") != 0);
		FUZZ_CHECK(rc == -EINVAL || rc == -E2BIG || rc == -ENOMEM);
		FUZZ_CHECK(rc == -ENOMEM || (report.n_errors > 0 && report.error[0].reason[0]));
		return 0;
	}
	check_score(score);
	const struct score_state state = score_state(score);
	score_unref(score);
	FUZZ_CHECK(import(data, size, &again_report, &again) == 0);
	FUZZ_CHECK(score_state_equal(score_state(again), state));
	FUZZ_CHECK(again_report.n_warnings == report.n_warnings);
	score_unref(again);
	return 0;
}
