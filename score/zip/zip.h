/* SPDX-License-Identifier: MIT */
/**
 * Zip archives in memory, as compressed MusicXML and Guitar Pro 7 come in: minizip, which needs zlib alone,
 * given bytes where it expects a file. Its own functions do the rest.
 */
#ifndef SCORE_ZIP_H
#define SCORE_ZIP_H

#include <minizip/unzip.h>
#include <minizip/zip.h>

#include <score/bytes.h>

struct score_unzip_entry {
	uint64_t size, packed_size; /**< as the archive says */
	int is_foreign;             /**< encrypted, or packed as no zip of music is */
	char name[1024];            /**< cut */
};

struct score_unzip_source {
	const uint8_t *bytes; /**< borrowed until unzClose() */
	uint64_t size, at;
};

/** @param source  Zeroed but for bytes and size. @return unzClose() it; NULL: no archive, or no memory. */
unzFile score_unzip_open(struct score_unzip_source *source);
/** How many entries it says to have. */
uint64_t score_unzip_count(unzFile zip);
/** The first entry that `is_it` likes becomes the current one. @return 0, -ENOENT. */
int score_unzip_find(unzFile zip, int (*is_it)(const char *name, const void *ctx), const void *ctx,
	struct score_unzip_entry *ret);
/** For score_unzip_find(): the name that `ctx` is. */
int score_unzip_is_named(const char *name, const void *ctx);
/** The current entry. @return how many of `size` bytes there are; -EINVAL: it cannot be unpacked. */
int64_t score_unzip_read(unzFile zip, uint8_t *to, size_t size);

struct score_zip_target {
	struct score_bytes *out;
	uint64_t from, at; /**< where the archive begins in `out`; behind that */
};

/** @param target  Zeroed but for `out`. @return zipClose() it; NULL: no memory. */
zipFile score_zip_open(struct score_zip_target *target);
/** @return 0, -ENOMEM. */
int score_zip_add(zipFile zip, const char *name, const void *data, size_t size, int is_stored);

#endif
