/* SPDX-License-Identifier: MIT */
/*
 * Any bytes -> links -> charts -> scores. Either refused with a place and a reason, or a score whose playing
 * order ends. The same bytes are also read as a chart, without a link around them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/format.h>
#include <score/ireal.h>
#include <score/order.h>

#include "fuzz.h"

#define MAX_SONGS 8
#define MEMORY ((size_t)256 << 20)

static struct score_report report;

static void import(const uint8_t *data, size_t size, size_t at, const struct score_alloc *alloc)
{
	struct score_play_order order = {0};
	struct nvx_draft draft = {0};
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	if (nvx_draft_init(&draft, alloc, &report) < 0)
		return;
	draft.repair = 1;
	int rc = ireal_import_at(data, size, at, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, "fuzz", &score);
	nvx_draft_finish(&draft);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -E2BIG || rc == -ENOMEM);
	FUZZ_CHECK((rc == 0) == (score != NULL));
	if (rc == -EINVAL)
		FUZZ_CHECK(report.n_errors > 0 && report.error[0].where[0] && report.error[0].reason[0]);
	if (score && score_play_order(score, alloc, &report, &order) == 0)
		score_play_order_finish(&order);
	score_unref(score);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char chart[8192];
	struct score_budget budget;
	score_budget_init(&budget, MEMORY);
	size_t at = 0;
	uint32_t n = 0;
	while ((at = ireal_next_song(data, size, at)) < size) {
		if (n++ < MAX_SONGS)
			import(data, size, at, &budget.alloc);
		at++;
	}
	FUZZ_CHECK(ireal_count(data, size) == n);
	/* short charts are not scrambled */
	const int len = snprintf(chart, sizeof(chart), "irealb://T=C==S=C==1r34LbKcu7%.*s=P=120=0",
		size > 51 ? 51 : (int)size, (const char *)data);
	if (ireal_next_song((const uint8_t *)chart, (size_t)len, 0) < (size_t)len)
		import((const uint8_t *)chart, (size_t)len, strlen("irealb://"), &budget.alloc);
	/* those of the older links never are */
	const int open = snprintf(chart, sizeof(chart),
		"irealbook://T=C=S=C=n=%.*s=", size > 8000 ? 8000 : (int)size, (const char *)data);
	if (ireal_next_song((const uint8_t *)chart, (size_t)open, 0) < (size_t)open)
		import((const uint8_t *)chart, (size_t)open, strlen("irealbook://"), &budget.alloc);
	return 0;
}
