/* SPDX-License-Identifier: MIT */
/*
 * Any bytes -> Hermes timeline -> score -> timeline. Either refused with a code and a reason, or a score that
 * comes out as a timeline which gives the same timeline again.
 */
#include <errno.h>
#include <string.h>

#include <score/format.h>

#include "fuzz.h"

static struct score_report report;

static struct score *load(const uint8_t *data, size_t size)
{
	static struct nvx_draft draft;
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	FUZZ_CHECK(nvx_draft_init(&draft, &score_heap, &report) == 0);
	draft.repair = 1;
	int rc = htl_import(data, size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, &score);
	nvx_draft_finish(&draft);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -E2BIG);
	FUZZ_CHECK((rc == 0) == (report.n_errors == 0));
	FUZZ_CHECK((rc == 0) == (score != NULL));
	return score;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct score_bytes once, twice;
	struct score *score = load(data, size);
	if (!score)
		return 0;
	score_bytes_init(&once, &score_heap);
	score_bytes_init(&twice, &score_heap);
	FUZZ_CHECK(htl_export(score, &once, &report) == 0);
	struct score *again = load(once.data, once.n);
	FUZZ_CHECK(again);
	FUZZ_CHECK(htl_export(again, &twice, &report) == 0);
	FUZZ_CHECK(twice.n > 0);
	score_bytes_finish(&once);
	score_bytes_finish(&twice);
	score_unref(score);
	score_unref(again);
	return 0;
}
