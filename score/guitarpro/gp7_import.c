/* SPDX-License-Identifier: MIT */
/** The container of Guitar Pro 7 and 8: a zip with the document at Content/score.gpif. */
#include "gpif.h"

#include <score/format.h>

#include <errno.h>
#include <stdio.h>

#include "../zip/zip.h"

#define MAX_UNPACKED (64u << 20)
#define CONTENT "Content/score.gpif"

static int read_entry(struct score_unzip *zip, size_t size, struct nvx_draft *draft)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	uint8_t *bytes = score_zalloc(alloc, size + 1, 1);
	if (!bytes)
		return -ENOMEM;
	const int64_t n = score_unzip_read(zip, bytes, size);
	if (n == (int64_t)size)
		return gpif_read(bytes, size, bytes, draft);
	score_free(alloc, bytes);
	return n < 0 ? score_error(draft->report, GP_PARSE, CONTENT, "it cannot be unpacked")
		     : score_error(draft->report, GP_PARSE, CONTENT, "%lld of %zu bytes", (long long)n, size);
}

static int read_zip(struct score_unzip *zip, size_t size, struct nvx_draft *draft)
{
	struct score_unzip_entry entry;
	if (score_unzip_find(zip, score_unzip_is_named, CONTENT, &entry) < 0)
		return score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(0), "the zip has no " CONTENT);
	if (entry.is_foreign)
		return score_error(draft->report, GP_PARSE, CONTENT, "it cannot be unpacked");
	if (entry.size > MAX_UNPACKED)
		return score_error(draft->report, "nvx1.limit.file", CONTENT, "%llu bytes are more than %u",
			(unsigned long long)entry.size, MAX_UNPACKED);
	/* nothing is deflated to less than a thousandth */
	if (entry.size / 1100 > size)
		return score_error(draft->report, "nvx1.limit.file", CONTENT, "%llu bytes in a file of %zu",
			(unsigned long long)entry.size, size);
	return read_entry(zip, (size_t)entry.size, draft);
}

int gp7_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	struct score_unzip zip = {.bytes = bytes, .size = size, .libraries = score_libraries(draft->report)};
	(void)snprintf(draft->report->dialect, sizeof(draft->report->dialect), "GP7");
	if (!zip.libraries)
		return -EINVAL;
	if (score_unzip_open(&zip) < 0)
		return score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(0), "the zip cannot be read");
	const int rc = read_zip(&zip, size, draft);
	score_unzip_close(&zip);
	if (rc == -ENOMEM && !draft->error)
		draft->error = rc;
	return rc;
}
