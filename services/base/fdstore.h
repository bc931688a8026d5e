/* SPDX-License-Identifier: MIT */
/**
 * Descriptors that outlive the process: what the service manager (systemd, mos-session) opened for it or was
 * given by the process before it, and giving it some to keep. Without a manager there is none, and nothing is
 * kept. Names have up to 255 bytes, no ':' and no control characters. What comes back was ours, and may be of
 * an older version or half of what there was: check it as a stranger's. Main thread.
 */
#ifndef MOS_BASE_FDSTORE_H
#define MOS_BASE_FDSTORE_H

#include <stdint.h>

#define FDSTORE_NAME_MAX 256u /**< with its NUL */

struct fdstore_item {
	int fd; /**< -1: claimed */
	char *name;
};

/** Zeroed is empty. */
struct fdstore {
	struct fdstore_item *item;
	uint32_t n;
};

/** Take what there is, close-on-exec; programs that we start hear nothing of it. @return their number,
 * -errno. */
int fdstore_take(struct fdstore *store);

/**
 * Claim the next one whose name begins with `prefix`.
 * @param ret_name  Its whole name.
 * @return the descriptor, the caller's now; -ENOENT there is no more.
 */
int fdstore_claim(struct fdstore *store, const char *prefix, char ret_name[static FDSTORE_NAME_MAX]);

/**
 * Close what nobody claimed.
 * @param forget  1: and have the manager forget it; 0: the next process may do better.
 */
void fdstore_finish(struct fdstore *store, int forget);

/** Have the manager keep a copy for the process after this one. @return 1 told; 0 there is no manager;
 * -errno. */
int fdstore_keep(const char *name, int fd);

/** Have the manager forget all of that name. */
void fdstore_forget(const char *name);

#endif
