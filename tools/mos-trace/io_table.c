/* SPDX-License-Identifier: MIT */
#include "io_table.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of io_uring's operations those that MOS or its libraries could send (linux/io_uring.h; the numbers are
 * ABI). */
static const char *const uring_op[] = {
	[0] = "nop",
	[1] = "readv",
	[2] = "writev",
	[3] = "fsync",
	[4] = "read_fixed",
	[5] = "write_fixed",
	[6] = "poll_add",
	[7] = "poll_remove",
	[8] = "sync_file_range",
	[9] = "sendmsg",
	[10] = "recvmsg",
	[11] = "timeout",
	[12] = "timeout_remove",
	[13] = "accept",
	[14] = "async_cancel",
	[15] = "link_timeout",
	[16] = "connect",
	[17] = "fallocate",
	[18] = "openat",
	[19] = "close",
	[20] = "files_update",
	[21] = "statx",
	[22] = "read",
	[23] = "write",
	[24] = "fadvise",
	[25] = "madvise",
	[26] = "send",
	[27] = "recv",
	[28] = "openat2",
};

static const char *const call_name[] = {
	[IO_CALL_READ] = "read",
	[IO_CALL_WRITE] = "write",
	[IO_CALL_FSYNC] = "fsync",
	[IO_CALL_FDATASYNC] = "fdatasync",
	[IO_CALL_TRUNCATE] = "truncate",
};

const char *io_op_name(uint32_t is_uring, uint32_t op, char *buf, size_t size)
{
	const char *const *names = is_uring ? uring_op : call_name;
	size_t n = is_uring ? sizeof(uring_op) / sizeof(*uring_op) : sizeof(call_name) / sizeof(*call_name);

	if (op < n && names[op])
		return names[op];
	(void)snprintf(buf, size, "op %u", op);
	return buf;
}

void io_path(uint32_t tgid, uint64_t ino, const char *name, char *buf, size_t size)
{
	char dir_path[64], path[512];
	const struct dirent *entry;
	struct stat st;
	DIR *dir;

	(void)snprintf(buf, size, "%s", name);
	(void)snprintf(dir_path, sizeof(dir_path), "/proc/%u/fd", tgid);
	dir = opendir(dir_path);
	while (dir && (entry = readdir(dir))) {
		const char *last;
		ssize_t n;

		if (fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 || st.st_ino != ino)
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, path, sizeof(path) - 1);
		path[n < 0 ? 0 : n] = '\0';
		/* another file system may have the same number */
		last = strrchr(path, '/');
		if (!last || strncmp(last + 1, name, strlen(name)) != 0)
			continue;
		(void)snprintf(buf, size, "%.*s", (int)size - 1, path);
		break;
	}
	if (dir)
		(void)closedir(dir);
}

static struct io_row *row_of(struct io_table *t, const struct io_record *r)
{
	struct io_row *row;

	for (size_t i = 0; i < t->n; i++) {
		row = &t->row[i];
		if (row->tgid == r->tgid && row->is_uring == r->is_uring && row->op == r->op &&
			row->ino == r->ino && row->dev == r->dev)
			return row;
	}
	if (t->n == IO_ROWS_MAX)
		return NULL;
	row = &t->row[t->n++];
	*row = (struct io_row){
		.tgid = r->tgid, .is_uring = r->is_uring, .op = r->op, .dev = r->dev, .ino = r->ino};
	(void)snprintf(row->comm, sizeof(row->comm), "%.*s", (int)sizeof(r->comm) - 1, r->comm);
	io_path(r->tgid, r->ino, r->file, row->file, sizeof(row->file));
	return row;
}

struct io_row *io_table_add(struct io_table *t, const struct io_record *r)
{
	struct io_row *row = row_of(t, r);
	uint64_t ns = r->end_ns > r->begin_ns ? r->end_ns - r->begin_ns : 0;

	if (!row) {
		t->left_out++;
		return NULL;
	}
	hist_add(&row->took, ns, r->end_ns);
	row->slow += ns >= t->slow_ns;
	if (r->result < 0) {
		row->errors++;
		row->last_error = (int32_t)r->result;
	} else if (r->asked) {
		row->bytes += (uint64_t)r->result;
		row->shorter += (uint64_t)r->result < r->asked;
	}
	return row;
}
