/* SPDX-License-Identifier: MIT */
/** The container of Guitar Pro 7 and 8: a zip with the document at Content/score.gpif. */
#include "gpif.h"

#include <score/format.h>

#include <errno.h>
#include <stdio.h>

#include <zip.h>

#define MAX_UNPACKED (64u << 20)

static int zip_refuse(struct nvx_draft *draft, zip_error_t *error)
{
	if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
		return -ENOMEM;
	return score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(0), "the zip cannot be read: %s",
		zip_error_strerror(error));
}

static int read_entry(zip_t *zip, zip_uint64_t index, size_t size, struct nvx_draft *draft)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	uint8_t *bytes = score_zalloc(alloc, size + 1, 1);
	zip_file_t *file = bytes ? zip_fopen_index(zip, index, 0) : NULL;
	int rc = bytes ? 0 : -ENOMEM;
	if (bytes && !file) {
		rc = zip_refuse(draft, zip_get_error(zip));
	} else if (file) {
		const zip_int64_t n = zip_fread(file, bytes, size);
		if (n < 0)
			rc = zip_refuse(draft, zip_file_get_error(file));
		else if ((size_t)n < size)
			rc = score_error(draft->report, GP_PARSE, "Content/score.gpif", "%zu of %zu bytes",
				(size_t)n, size);
	}
	if (file)
		zip_fclose(file);
	if (rc == 0)
		return gpif_read(bytes, size, bytes, draft);
	score_free(alloc, bytes);
	return rc;
}

static int read_zip(zip_t *zip, size_t size, struct nvx_draft *draft)
{
	zip_stat_t stat;
	zip_stat_init(&stat);
	const zip_int64_t index = zip_name_locate(zip, "Content/score.gpif", 0);
	if (index < 0 || zip_stat_index(zip, (zip_uint64_t)index, 0, &stat) < 0 ||
		!(stat.valid & ZIP_STAT_SIZE))
		return score_error(
			draft->report, GP_PARSE, SCORE_AT_BYTE(0), "the zip has no Content/score.gpif");
	if (stat.size > MAX_UNPACKED)
		return score_error(draft->report, "nvx1.limit.file", "Content/score.gpif",
			"%llu bytes are more than %u", (unsigned long long)stat.size, MAX_UNPACKED);
	/* nothing is deflated to less than a thousandth */
	if (stat.size / 1100 > size)
		return score_error(draft->report, "nvx1.limit.file", "Content/score.gpif",
			"%llu bytes in a file of %zu", (unsigned long long)stat.size, size);
	return read_entry(zip, (zip_uint64_t)index, (size_t)stat.size, draft);
}

int gp7_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	zip_error_t error;
	zip_error_init(&error);
	(void)snprintf(draft->report->dialect, sizeof(draft->report->dialect), "GP7");
	zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &error);
	zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	int rc;
	if (zip) {
		rc = read_zip(zip, size, draft);
		zip_discard(zip);
	} else {
		rc = zip_refuse(draft, &error);
		zip_source_free(source);
	}
	zip_error_fini(&error);
	if (rc == -ENOMEM && !draft->error)
		draft->error = rc;
	return rc;
}
