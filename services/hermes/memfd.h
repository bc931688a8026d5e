/* SPDX-License-Identifier: MIT */
/** What is too large for a frame travels in a memfd beside it, sealed, so that it cannot change while it is
 * read. */
#ifndef HERMES_MEMFD_H
#define HERMES_MEMFD_H

#include <stddef.h>

#include <score/bytes.h>

/** @return an fd, the caller's; -errno. */
int memfd_make(const char *name, const void *bytes, size_t n);
/**
 * Read a sealed one; never waits, whatever was handed over.
 * @param bytes  Initialised; appended to.
 * @return 0; -EPERM it is not sealed against writing and shrinking; -EFBIG more than `max` bytes; -ENOMEM;
 * -errno.
 */
int memfd_read(int fd, size_t max, struct score_bytes *bytes);

#endif
