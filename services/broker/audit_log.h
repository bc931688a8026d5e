/* SPDX-License-Identifier: MIT */
/**
 * The audit log's files: one record a line, JSON, each with the SHA-256 of the line before it, so that
 * nothing in the middle can be changed, taken out or put in without notice (SEC-04; docs/INSTALL.md says how
 * it is checked). A file is named by its first record's number, audit-N.log; a full one is followed by the
 * next, whose first line goes on with the chain; the oldest are removed. Whoever owns the files can write all
 * of them anew: the newest hash is therefore told to the journal now and then, which is not theirs.
 *
 * A line is in the file when it was added, and on the disk when it was flushed. What a crash left of a half
 * line is taken off at the next start. Not thread-safe.
 */
#ifndef BROKER_AUDIT_LOG_H
#define BROKER_AUDIT_LOG_H

#include <stdint.h>
#include <stdio.h>

#include "audit_note.h"

#define AUDIT_HASH_HEX 65u        /**< with its NUL */
#define AUDIT_FILE_MAX (4u << 20) /**< bytes after which a new file begins */
#define AUDIT_FILES_MAX 8u

/** Caller's memory. */
struct audit_log {
	char dir[4096 - 64];
	int fd;              /**< of the newest file; -1: closed */
	uint64_t n;          /**< records so far */
	uint64_t size_bytes; /**< of the newest file */
	uint64_t file_max_bytes;
	char head[AUDIT_HASH_HEX]; /**< hash of the newest line */
};

/**
 * Open the log in the folder `dir`, and go on with its chain.
 * @param ret_torn_bytes  What was taken off its end.
 * @return 0, -errno; -EBADMSG the newest line is none of ours: a new file begins a new chain, and `n` goes
 * on.
 */
int audit_log_open(struct audit_log *log, const char *dir, uint64_t *ret_torn_bytes);
/** Zeroed or closed ones with fd -1 are fine. */
void audit_log_close(struct audit_log *log);

/**
 * Add a record.
 * @param by     The service that tells it.
 * @param times  So many of the same, one after the other.
 * @return 0; -errno: the file is as before.
 */
int audit_log_add(struct audit_log *log, const char *by, const struct audit_note *note, uint64_t times);

#endif
