/* SPDX-License-Identifier: MIT */
/** Files and folders, written through to the disk, read without following links. Under store.c. */
#ifndef BROKER_WIDGETS_STORE_TREE_H
#define BROKER_WIDGETS_STORE_TREE_H

#include <stddef.h>
#include <stdint.h>

/** mkdir -p, mode 0700. @return 0, -errno. */
int tree_make_path(const char *path);

/** Open a path below a folder: no link is followed, nothing leads out. @return an fd, -errno. */
int tree_open_below(int folder, const char *path, int flags);

/** Read a regular file whole. @param ret  To be freed; a NUL follows. @return 0; -EINVAL no regular file;
 * -EFBIG; other -errno. */
int tree_read_fd(int fd, size_t max, char **ret, size_t *ret_len);

/** Put a file into a folder, in one step, on disk when it returns. @return 0, -errno. */
int tree_replace_file(int dir, const char *name, const char *bytes, size_t len);

struct tree_copy {
	uint64_t bytes_max, bytes;
	uint32_t files_max, files, depth_max;
	char where[96]; /**< of what could not be copied */
	char message[160];
};

/** Copy files and folders, nothing else, on disk when it returns. Modes become 0755 and 0644, by who may
 * execute.
 * @return 0; -EINVAL a link, a device ...; -EFBIG too much; other -errno, with where and message. */
int tree_copy(int from, int to, struct tree_copy *copy);

/** rm -rf; what cannot be removed stays. */
void tree_remove(int dir, const char *name);

#endif
