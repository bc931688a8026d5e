/* SPDX-License-Identifier: MIT */
/**
 * The descriptors that a child wants to have again after it died, as systemd keeps them (sd_notify(3),
 * FDSTORE=1): kept while it is down, handed to its next process as sd_listen_fds_with_names(3) takes them,
 * closed when it ends for good. mos-session only.
 */
#ifndef MOS_SESSION_FDSTORE_H
#define MOS_SESSION_FDSTORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FDSTORE_MAX 4096u     /**< descriptors of one child: those of a thousand clients */
#define FDSTORE_NAME_MAX 255u /**< bytes of one name, as systemd has it */
#define FDSTORE_NAMES_MAX                                                                                    \
	65'536u /**< bytes of all names of a child, with their ':': one word of environment */

struct fdstore_entry {
	int fd;
	dev_t dev; /**< of its inode: most open files have one of their own */
	ino_t ino;
	char *name;
};

/** Zeroed is empty. */
struct fdstore {
	struct fdstore_entry *entry;
	uint32_t n, room;
	size_t names_len;
};

/**
 * Keep `fd`, which is the store's from now on in any case: one that is refused, or kept under this name
 * already, is closed.
 *
 * @param watch_fd  An epoll set: the descriptor is watched there, with itself as data, for its hang-up; -1:
 * keep it whatever happens at its other end.
 * @return 1 kept, 0 it was there already; -EINVAL no name that can be handed on; -ENOSPC full; other -errno.
 */
int fdstore_add(struct fdstore *store, int watch_fd, const char *name, int fd);

/** Close all of this name. */
void fdstore_remove(struct fdstore *store, int watch_fd, const char *name);

/** The other end of `fd` is gone: close it. @return 1 it was in this store, 0. */
int fdstore_hung_up(struct fdstore *store, int watch_fd, int fd);

void fdstore_clear(struct fdstore *store, int watch_fd);

/**
 * In the new process, before it becomes the program: put what is kept from descriptor 3 on and say so in the
 * environment. An empty store removes what the environment said.
 * @return 0 or -errno.
 */
int fdstore_hand_over(const struct fdstore *store);

#endif
