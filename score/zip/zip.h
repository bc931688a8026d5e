/* SPDX-License-Identifier: MIT */
/**
 * Zip archives in memory, as compressed MusicXML and Guitar Pro 7 come in: minizip, which needs zlib alone,
 * given bytes where it expects a file. Its own functions do the rest.
 */
#ifndef SCORE_ZIP_H
#define SCORE_ZIP_H

#include <score/bytes.h>

#include "../libraries/libraries.h"

struct score_unzip_entry {
	uint64_t size, packed_size; /**< as the archive says */
	int is_foreign;             /**< encrypted, or packed as no zip of music is */
	char name[1024];            /**< cut */
};

struct score_unzip {
	const uint8_t *bytes; /**< borrowed until it is closed */
	uint64_t size, at;
	const struct score_libraries *libraries;
	unzFile file;
};

/** @param zip  Zeroed but for bytes, size and libraries. @return 0; -EINVAL: no archive, or no memory. */
int score_unzip_open(struct score_unzip *zip);
void score_unzip_close(struct score_unzip *zip);
/** How many entries it says to have. */
uint64_t score_unzip_count(struct score_unzip *zip);
/** The first entry that `is_it` likes becomes the current one. @return 0, -ENOENT. */
int score_unzip_find(struct score_unzip *zip, int (*is_it)(const char *name, const void *ctx),
	const void *ctx, struct score_unzip_entry *ret);
/** For score_unzip_find(): the name that `ctx` is. */
int score_unzip_is_named(const char *name, const void *ctx);
/** The current entry. @return how many of `size` bytes there are; -EINVAL: it cannot be unpacked. */
int64_t score_unzip_read(struct score_unzip *zip, uint8_t *to, size_t size);

struct score_zip {
	struct score_bytes *out;
	uint64_t from, at; /**< where the archive begins in `out`; behind that */
	const struct score_libraries *libraries;
	zipFile file;
};

/** @param zip  Zeroed but for `out` and libraries. @return 0, -ENOMEM. */
int score_zip_open(struct score_zip *zip);
/** @return 0, -ENOMEM. */
int score_zip_add(struct score_zip *zip, const char *name, const void *data, size_t size, int is_stored);
/** @return 0; -ENOMEM: what is in `out` is no archive. */
int score_zip_close(struct score_zip *zip);

#endif
