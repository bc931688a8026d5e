/* SPDX-License-Identifier: MIT */
/** What came beside a request because it is too large for a frame (base/memfd.h makes such). */
#ifndef HERMES_SEALED_H
#define HERMES_SEALED_H

#include <stddef.h>

#include <score/bytes.h>

/**
 * Read a sealed memfd; never waits, whatever was handed over.
 * @param bytes  Initialised; appended to.
 * @return 0; -EPERM it is not sealed against writing and shrinking; -EFBIG more than `max` bytes; -ENOMEM;
 * -errno.
 */
int sealed_read(int fd, size_t max, struct score_bytes *bytes);

#endif
