/* SPDX-License-Identifier: MIT */
/** Requests added up by process, operation and file. Pure but for the names of files. */
#ifndef MOS_TRACE_IO_TABLE_H
#define MOS_TRACE_IO_TABLE_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "hist.h"
#include "io.h"

#define IO_ROWS_MAX 512u
#define IO_PATH_LEN 256

struct io_row {
	uint32_t tgid, is_uring, op, dev;
	uint64_t ino;
	char file[IO_PATH_LEN]; /**< whole, where the process still has it open; else its last name */
	char comm[IO_COMM_LEN]; /**< of the thread that asked first */
	struct hist took;
	uint64_t bytes, errors, shorter, slow;
	int32_t last_error; /**< -errno */
};

struct io_table {
	uint64_t slow_ns, left_out;
	size_t n;
	struct io_row row[IO_ROWS_MAX];
};

/** @return the row; NULL: there are too many files, it is counted in left_out */
struct io_row *io_table_add(struct io_table *t, const struct io_record *r);
/** "read", "write", "fsync" ...; "op N" for what has no name here. @return buf or a constant */
const char *io_op_name(uint32_t is_uring, uint32_t op, char *buf, size_t size);
/** What /proc/PID/fd has with this inode; else `name`. */
void io_path(uint32_t tgid, uint64_t ino, const char *name, char *buf, size_t size);

#endif
