/* SPDX-License-Identifier: MIT */
/**
 * The runtime directory: where the broker's door, rtcore's socket and the lock files are. One directory is
 * one studio; tests and second users have their own. Main thread.
 */
#ifndef MOS_BASE_RUNTIME_DIR_H
#define MOS_BASE_RUNTIME_DIR_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#define RUNTIME_DIR_MAX 96u /**< with its NUL: "/rtcore.sock" has to fit into sockaddr_un behind it */

/**
 * Where it is: `option` (--runtime-dir; NULL: none), else $MOS_RUNTIME_DIR, else $XDG_RUNTIME_DIR/mos, else
 * /run/mos.
 * @return 0; -ENAMETOOLONG; -EINVAL not an absolute path.
 */
int runtime_dir_find(const char *option, char *buf, size_t size);

/** Make it, mode 0700, if it is not there. @return 0; -ENOTDIR, -EACCES not writable; other -errno. */
int runtime_dir_make(const char *dir);

/** Address of the socket `name` in it. `dir` is at most RUNTIME_DIR_MAX long. @return 0, -ENAMETOOLONG. */
int runtime_dir_address(const char *dir, const char *name, struct sockaddr_un *ret);

/**
 * Be the one `name` of this directory: take the lock on `name`.lock and write our pid into it. The lock is
 * the kernel's and ends with the process however it dies; the file stays and means nothing by itself.
 * @param ret_holder  Written on -EBUSY: pid of the holder, 0 when it has not written it yet.
 * @return an fd to keep open; -EBUSY somebody holds it; other -errno.
 */
int runtime_dir_lock(const char *dir, const char *name, pid_t *ret_holder);

#endif
