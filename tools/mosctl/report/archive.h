/* SPDX-License-Identifier: MIT */
/** Files for a tar archive: sorted by name, without times and owners, so that the same content gives the same
 * bytes. */
#ifndef MOSCTL_ARCHIVE_H
#define MOSCTL_ARCHIVE_H

#include <stddef.h>

#define ARCHIVE_FILES_MAX 4096u
#define ARCHIVE_BYTES_MAX (32u << 20)

struct archive {
	struct archived {
		char *name, *text;
		size_t len;
		int is_link; /**< `text` is where it leads to */
	} *file;
	size_t n, room, bytes;
	unsigned int left_out; /**< files that found no room, or whose name is too long */
};

/** A name that is there already keeps its text, but for an empty one. `text` is copied. @return 0, -errno. */
int archive_add(struct archive *b, const char *name, const char *text, int is_link);
/**
 * Write all of it below the folder `top`.
 * @return 0, -errno. Compression is another program's: "gzip", "zstd"; NULL: none.
 */
int archive_write(struct archive *b, const char *top, const char *path, const char *compressor);
void archive_finish(struct archive *b);

#endif
