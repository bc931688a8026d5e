/* SPDX-License-Identifier: MIT */
#include "zip.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* The same bytes whenever they are written: a zip has to say some date, and this is its first. */
#define FIRST_DAY (0x21u << 16)

static void *open_target(void *opaque, const void *, int)
{
	return opaque;
}

/** What an archive holds may be changed: the head of an entry, when its size is known. */
static uLong write_target(void *, void *stream, const void *from, uLong size)
{
	struct score_zip *target = stream;
	const uint64_t end = target->out->n - target->from;
	const uint64_t over = size < end - target->at ? size : end - target->at;
	if (over)
		memcpy(target->out->data + target->from + target->at, from, over);
	score_bytes_put(target->out, (const char *)from + over, size - over);
	if (target->out->error)
		return 0;
	target->at += size;
	return size;
}

static ZPOS64_T tell_target(void *, void *stream)
{
	return ((const struct score_zip *)stream)->at;
}

static long seek_target(void *, void *stream, ZPOS64_T offset, int origin)
{
	struct score_zip *target = stream;
	const uint64_t end = target->out->n - target->from;
	const uint64_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
			      : origin == ZLIB_FILEFUNC_SEEK_CUR ? target->at
								 : end;
	if (offset > end - base)
		return -1;
	target->at = base + offset;
	return 0;
}

static int close_target(void *, void *)
{
	return 0;
}

static int target_error(void *, void *stream)
{
	return ((const struct score_zip *)stream)->out->error;
}

int score_zip_open(struct score_zip *zip)
{
	zlib_filefunc64_def functions = {
		.zopen64_file = open_target,
		.zwrite_file = write_target,
		.ztell64_file = tell_target,
		.zseek64_file = seek_target,
		.zclose_file = close_target,
		.zerror_file = target_error,
		.opaque = zip,
	};
	zip->from = zip->out->n;
	zip->file = zip->libraries->zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &functions);
	return zip->file ? 0 : -ENOMEM;
}

int score_zip_add(struct score_zip *zip, const char *name, const void *data, size_t size, int is_stored)
{
	const struct score_libraries *mini = zip->libraries;
	const zip_fileinfo info = {.dosDate = FIRST_DAY};
	if (size > INT_MAX || mini->zipOpenNewFileInZip64(zip->file, name, &info, NULL, 0, NULL, 0, NULL,
				      is_stored ? 0 : Z_DEFLATED, Z_BEST_COMPRESSION, 0) != ZIP_OK)
		return -ENOMEM;
	const int rc = mini->zipWriteInFileInZip(zip->file, data, (unsigned)size);
	return mini->zipCloseFileInZip(zip->file) == ZIP_OK && rc == ZIP_OK ? 0 : -ENOMEM;
}

int score_zip_close(struct score_zip *zip)
{
	return zip->libraries->zipClose(zip->file, NULL) == ZIP_OK ? 0 : -ENOMEM;
}
