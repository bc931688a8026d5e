/* SPDX-License-Identifier: MIT */
/** What is too large for a frame travels in a memfd beside it, sealed, so that it cannot change while it is
 * read. */
#ifndef MOS_BASE_MEMFD_H
#define MOS_BASE_MEMFD_H

#include <stddef.h>

/** @return an fd, the caller's, sealed against everything; -errno. */
int memfd_make(const char *name, const void *bytes, size_t n);

#endif
