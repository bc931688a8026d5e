/* SPDX-License-Identifier: MIT */
/*
 * Any bytes -> NVX1 or UMF -> score -> canonical bytes. Either refused with a code, a place and a reason, or
 * a score whose canonical form loads again to the same bytes, as NVX1 and through UMF.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/nvx_json.h>

#include "fuzz.h"

static struct score_report report;

static struct score *load(const uint8_t *data, size_t size)
{
	static struct nvx_draft draft;
	struct score *score = NULL;
	report = (struct score_report){0};
	FUZZ_CHECK(nvx_draft_init(&draft, &score_heap, &report) == 0);
	int rc = nvx_read(data, size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, &score);
	nvx_draft_finish(&draft);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -E2BIG);
	FUZZ_CHECK((rc == 0) == (report.n_errors == 0));
	FUZZ_CHECK((rc == 0) == (score != NULL));
	for (uint32_t i = 0; i < report.n_errors && i < SCORE_MAX_ISSUES; i++)
		FUZZ_CHECK(report.error[i].code && report.error[i].reason[0]);
	return score;
}

static void check_copy(const struct score_bytes *canonical, const struct score_bytes *text)
{
	struct score_bytes again;
	struct score *copy = load(text->data, text->n);
	FUZZ_CHECK(copy);
	score_bytes_init(&again, &score_heap);
	FUZZ_CHECK(nvx_write(copy, NVX_CANONICAL, &again) == 0);
	FUZZ_CHECK(again.n == canonical->n && memcmp(again.data, canonical->data, again.n) == 0);
	score_bytes_finish(&again);
	score_unref(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct score *score = load(data, size);
	if (!score)
		return 0;
	struct score_bytes canonical, text;
	score_bytes_init(&canonical, &score_heap);
	score_bytes_init(&text, &score_heap);
	FUZZ_CHECK(nvx_write(score, NVX_CANONICAL, &canonical) == 0);
	check_copy(&canonical, &canonical);
	FUZZ_CHECK(nvx_write_umf(score, NVX_PRETTY, &text) == 0);
	check_copy(&canonical, &text);
	score_bytes_finish(&canonical);
	score_bytes_finish(&text);
	score_unref(score);
	return 0;
}
