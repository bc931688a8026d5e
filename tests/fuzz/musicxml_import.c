/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as MusicXML, compressed or not. Either refused with a place and a reason, or a score: then what
 * is written of it can be read again, with the same measures and parts.
 */
#include <errno.h>
#include <string.h>

#include <score/format.h>

#include "fuzz.h"

static int import(const uint8_t *data, size_t size, struct score_report *report, struct score **ret)
{
	struct nvx_draft draft;
	memset(report, 0, sizeof(*report));
	FUZZ_CHECK(nvx_draft_init(&draft, &score_heap, report) == 0);
	draft.repair = 1;
	const int zipped = size >= 2 && data[0] == 'P' && data[1] == 'K';
	const int rc = zipped ? mxl_import(data, size, &draft) : musicxml_import(data, size, &draft);
	if (rc < 0) {
		FUZZ_CHECK(rc == -EINVAL || rc == -E2BIG);
		FUZZ_CHECK(report->n_errors > 0 && report->error[0].reason[0]);
		FUZZ_CHECK(strcmp(report->error[0].code, "nvx1.format.library") != 0); /* or nothing would be tried */
		nvx_draft_finish(&draft);
		return rc;
	}
	return nvx_finish(&draft, NULL, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct score_report report;
	struct score *score = NULL, *again = NULL;
	struct score_bytes out;
	const int rc = import(data, size, &report, &score);
	if (rc < 0) {
		FUZZ_CHECK(report.n_errors > 0);
		return 0;
	}
	score_bytes_init(&out, &score_heap);
	memset(&report, 0, sizeof(report));
	FUZZ_CHECK(musicxml_export(score, &out, &report) == 0);
	FUZZ_CHECK(import(out.data, out.n, &report, &again) == 0);
	FUZZ_CHECK(again->n_parts == score->n_parts);
	FUZZ_CHECK(score_n_measure(again) == score_n_measure(score));
	FUZZ_CHECK(again->end_tick == score->end_tick);
	score_bytes_finish(&out);
	score_unref(score);
	score_unref(again);
	return 0;
}
