/* SPDX-License-Identifier: MIT */
/**
 * Read a file that somebody else opened. Nothing about it is believed: neither that it is a file, nor that
 * its size stays what it is. Process: mos-hermes, any thread; blocks as long as the disk does.
 */
#ifndef HERMES_FILE_H
#define HERMES_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <score/alloc.h>

#define FILE_MAX_BYTES ((size_t)128 << 20)

/**
 * Read the whole of `fd` (borrowed; its position is neither used nor moved).
 * @param ret      On success: the content, to be freed with score_free(). Not NULL for an empty file.
 * @param ret_why  On failure: a few words for people ("it is a directory"), static or strerror()'s.
 * @return 0; -EISDIR; -ENXIO not a regular file; -EFBIG more than FILE_MAX_BYTES; -ENOMEM; -errno of fstat
 *         or pread (-EBADF: opened for writing only).
 */
int file_read(int fd, const struct score_alloc *alloc, uint8_t **ret, size_t *ret_size, const char **ret_why);

#endif
