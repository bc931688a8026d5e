/* SPDX-License-Identifier: MIT */
/** mosctl widget pack, install: a widget's folder as one file, a tar archive whose bytes follow from the
 * content alone. */
#ifndef MOSCTL_WIDGET_BUNDLE_H
#define MOSCTL_WIDGET_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

/* What the broker takes, and not more. */
#define BUNDLE_BYTES_MAX (64u << 20) /**< of all files */
#define BUNDLE_FILES_MAX 1024u
#define BUNDLE_DEPTH_MAX 8u
#define BUNDLE_PATH_MAX 256u /**< with the NUL: what a header of tar has room for */

/** One file of it. */
struct bundle_file {
	char path[BUNDLE_PATH_MAX]; /**< below the folder */
	uint64_t size;
	int is_executable;
};

struct bundle_list {
	struct bundle_file *file;
	unsigned int n, room;
	uint64_t bytes;
};

/** What is wrong, in words; `where` is a path in the bundle, or "". */
struct bundle_error {
	char message[160], where[BUNDLE_PATH_MAX];
};

void bundle_list_finish(struct bundle_list *list);

/* bundle_read.c */
/**
 * Unpack below an empty folder. Whoever made the archive is not trusted: regular files only, no path out of
 * the folder, bounded.
 * @return 0; -EINVAL, -EFBIG, -errno with *err filled: what is there by then is the caller's to remove.
 */
int bundle_unpack(int archive, int folder, struct bundle_error *err);
/** Is a path of a bundle one that may be written below a folder? */
int bundle_path_ok(const char *path);

/* bundle_write.c */
/** All files below a folder, by path. What begins with a dot, and __pycache__, is left out. @return 0,
 * -errno. */
int bundle_look(int folder, struct bundle_list *ret, struct bundle_error *err);
/** Write them as a tar archive: no owners, no times, one order. @return 0, -errno. */
int bundle_pack(int folder, const struct bundle_list *list, int archive, struct bundle_error *err);

/* bundle_tar.c: a header of POSIX' ustar format. */
#define TAR_BLOCK 512u

/** @return 0, -ENAMETOOLONG. */
int tar_put(const struct bundle_file *file, char block[static TAR_BLOCK]);
/** @return 1; 0: the end's block of zeros; -EINVAL: no header, or of what is no regular file; -ENAMETOOLONG.
 */
int tar_get(const char block[static TAR_BLOCK], struct bundle_file *ret);

#endif
