/* SPDX-License-Identifier: MIT */
/*
 * Any bytes -> tunes -> scores. Either refused with a place and a reason, or a score whose playing order ends
 * and whose ABC can be read again. The same bytes are also read as the music of a measure.
 */
#include <errno.h>
#include <string.h>

#include <score/abc.h>
#include <score/format.h>
#include <score/order.h>

#include "fuzz.h"

#define MAX_TUNES 4
#define MEMORY ((size_t)256 << 20)

static struct score_report report;

static struct score *finish(struct nvx_draft *draft, int rc)
{
	struct score *score = NULL;
	if (rc == 0)
		rc = nvx_finish(draft, "fuzz", &score);
	else
		nvx_draft_finish(draft);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -E2BIG || rc == -ENOMEM);
	FUZZ_CHECK((rc == 0) == (score != NULL));
	if (rc == -EINVAL)
		FUZZ_CHECK(report.n_errors > 0 && report.error[0].where[0] && report.error[0].reason[0]);
	return score;
}

static struct score *import(const uint8_t *data, size_t size, size_t at, const struct score_alloc *alloc)
{
	struct nvx_draft draft = {0};
	memset(&report, 0, sizeof(report));
	if (nvx_draft_init(&draft, alloc, &report) < 0)
		return NULL;
	draft.repair = 1;
	return finish(&draft, abc_import_at(data, size, at, &draft));
}

static void check_again(const struct score *score, const struct score_alloc *alloc)
{
	struct score_play_order order = {0};
	struct score_bytes out;
	memset(&report, 0, sizeof(report));
	if (score_play_order(score, alloc, &report, &order) == 0)
		score_play_order_finish(&order);
	score_bytes_init(&out, alloc);
	const int rc = abc_export(score, &out, &report);
	FUZZ_CHECK(rc == 0 || rc == -ENOMEM);
	if (rc == 0) {
		struct score *again = import(out.data, out.n, 0, alloc);
		FUZZ_CHECK(again || report.n_errors == 0 ||
			   strncmp(report.error[0].code, "nvx1.limit", 10) == 0);
		score_unref(again);
	}
	score_bytes_finish(&out);
}

static void check_fragment(const uint8_t *data, size_t size, const struct score_alloc *alloc)
{
	struct nvx_draft draft = {0};
	memset(&report, 0, sizeof(report));
	if (nvx_draft_init(&draft, alloc, &report) < 0)
		return;
	draft.repair = 1;
	const struct abc_fragment to = {.part = nvx_add_part(&draft),
		.staff = 1,
		.voice = 1,
		.measure_ticks = 3840,
		.meter_num = 4,
		.meter_den = 4,
		.key = {.step = NVX_KEY_NONE},
		.where = "measure 1"};
	score_unref(finish(&draft, abc_read_fragment((const char *)data, size, &to, &draft)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct score_budget budget;
	score_budget_init(&budget, MEMORY);
	int n = 0;
	for (size_t at = 0; n < MAX_TUNES && (at = abc_next_tune(data, size, at)) < size; at += 2, n++) {
		struct score *score = import(data, size, at, &budget.alloc);
		if (score)
			check_again(score, &budget.alloc);
		score_unref(score);
	}
	FUZZ_CHECK(abc_count(data, size) >= (uint32_t)n);
	check_fragment(data, size < 4096 ? size : 4096, &budget.alloc);
	FUZZ_CHECK(budget.used_bytes == 0);
	return 0;
}
