/* SPDX-License-Identifier: MIT */
#include "zip.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ENCRYPTED 1u /* of an entry's flags */

static void *open_source(void *opaque, const void *, int)
{
	return opaque;
}

static uLong read_source(void *, void *stream, void *to, uLong size)
{
	struct score_unzip *source = stream;
	const uint64_t left = source->size - source->at;
	const uint64_t n = size < left ? size : left;
	if (n)
		memcpy(to, source->bytes + source->at, n);
	source->at += n;
	return n;
}

static ZPOS64_T tell_source(void *, void *stream)
{
	return ((const struct score_unzip *)stream)->at;
}

static long seek_source(void *, void *stream, ZPOS64_T offset, int origin)
{
	struct score_unzip *source = stream;
	const uint64_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
			      : origin == ZLIB_FILEFUNC_SEEK_CUR ? source->at
								 : source->size;
	if (offset > source->size - base)
		return -1;
	source->at = base + offset;
	return 0;
}

static int close_source(void *, void *)
{
	return 0;
}

static int no_error(void *, void *)
{
	return 0;
}

int score_unzip_open(struct score_unzip *zip)
{
	zlib_filefunc64_def functions = {
		.zopen64_file = open_source,
		.zread_file = read_source,
		.ztell64_file = tell_source,
		.zseek64_file = seek_source,
		.zclose_file = close_source,
		.zerror_file = no_error,
		.opaque = zip,
	};
	zip->file = zip->libraries->unzOpen2_64("", &functions);
	return zip->file ? 0 : -EINVAL;
}

void score_unzip_close(struct score_unzip *zip)
{
	(void)zip->libraries->unzClose(zip->file);
}

uint64_t score_unzip_count(struct score_unzip *zip)
{
	unz_global_info64 info;
	return zip->libraries->unzGetGlobalInfo64(zip->file, &info) == UNZ_OK ? info.number_entry : 0;
}

int score_unzip_is_named(const char *name, const void *ctx)
{
	return strcmp(name, ctx) == 0;
}

int score_unzip_find(struct score_unzip *zip, int (*is_it)(const char *name, const void *ctx),
	const void *ctx, struct score_unzip_entry *ret)
{
	const struct score_libraries *mini = zip->libraries;
	for (int rc = mini->unzGoToFirstFile(zip->file); rc == UNZ_OK;
		rc = mini->unzGoToNextFile(zip->file)) {
		unz_file_info64 info;
		*ret = (struct score_unzip_entry){};
		if (mini->unzGetCurrentFileInfo64(
			    zip->file, &info, ret->name, sizeof(ret->name) - 1, NULL, 0, NULL, 0) != UNZ_OK)
			break;
		if (!is_it(ret->name, ctx))
			continue;
		ret->size = info.uncompressed_size;
		ret->packed_size = info.compressed_size;
		ret->is_foreign = (info.flag & ENCRYPTED) != 0 ||
				  (info.compression_method != 0 && info.compression_method != Z_DEFLATED);
		return 0;
	}
	return -ENOENT;
}

int64_t score_unzip_read(struct score_unzip *zip, uint8_t *to, size_t size)
{
	const struct score_libraries *mini = zip->libraries;
	size_t done = 0;
	int n = 1;
	if (mini->unzOpenCurrentFile(zip->file) != UNZ_OK)
		return -EINVAL;
	while (done < size && n > 0) {
		const size_t left = size - done;
		n = mini->unzReadCurrentFile(zip->file, to + done, left < INT_MAX ? (unsigned)left : INT_MAX);
		if (n > 0)
			done += (size_t)n;
	}
	/* A checksum that is wrong over a document that can be read is no reason to refuse it. */
	(void)mini->unzCloseCurrentFile(zip->file);
	return (int64_t)done;
}
