/* SPDX-License-Identifier: MIT */
/*
 * Writing: records gather in batches; one batch at a time is with the kernel, as a write and, linked to it, a
 * sync. So a crash leaves a beginning of the recording, never a hole.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_RECORDS 640u
#define N_BATCHES (JOURNAL_PENDING_MAX / BATCH_RECORDS)

struct batch {
	struct journal_record record[BATCH_RECORDS];
	uint32_t n;
	uint64_t offset;      /* in the segment */
	uint32_t segment;     /* that it belongs to */
	uint64_t first_index; /* of its first record */
	int last;             /* of its segment: the next one belongs to another file */
};

struct journal {
	char dir[4096];
	struct journal_limits limits;
	struct journal_head head; /* of the segment that is open */
	uint32_t segment;         /* that the next record belongs to */
	struct io_uring ring;
	int uring;
	int fd;                /* the segment that is written */
	uint64_t offset;       /* where the next record of the newest segment goes */
	uint64_t index;        /* of the next record */
	uint32_t first, count; /* batches in use: the oldest, how many; the newest one is filled */
	int under_way; /* completions that the oldest one still waits for; 0: it is not with the kernel */
	uint32_t n_to_write; /* bytes of it that were asked for */
	int failed;          /* -errno, for good */
	struct journal_figures figures;
	struct batch batch[N_BATCHES];
};

static void segment_file(const struct journal *j, uint32_t segment, char *ret, size_t size)
{
	snprintf(ret, size, "%s.%04u.journal", j->head.name, segment);
}

static int write_all(int fd, const void *bytes, size_t n, uint64_t offset)
{
	const uint8_t *at = bytes;

	while (n > 0) {
		ssize_t done = pwrite(fd, at, n, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		at += done;
		offset += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}

/** A new file with its head; its name is on disk too. */
static int open_segment(struct journal *j)
{
	char file[64], path[4096 + 64];
	int r, dir_fd;

	segment_file(j, j->head.segment, file, sizeof(file));
	snprintf(path, sizeof(path), "%s/%s", j->dir, file);
	j->head.crc = journal_crc(&j->head, offsetof(struct journal_head, crc));
	j->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->fd < 0)
		return -errno;
	r = write_all(j->fd, &j->head, sizeof(j->head), 0);
	if (r == 0 && fdatasync(j->fd) < 0)
		r = -errno;
	dir_fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && (dir_fd < 0 || fsync(dir_fd) < 0))
		r = -errno;
	if (dir_fd >= 0)
		close(dir_fd);
	if (r < 0) {
		(void)unlink(path);
		return r;
	}
	j->figures.segments++;
	j->figures.bytes += sizeof(j->head);
	/* room for the one that begins */
	(void)journal_trim(j->dir,
		j->limits.keep_bytes > j->limits.segment_bytes
			? j->limits.keep_bytes - j->limits.segment_bytes
			: 0,
		file);
	return 0;
}

int journal_create(const char *dir, const char *name, const struct journal_limits *limits, uint64_t start_ns,
	uint64_t start_unix_ns, struct journal **ret)
{
	struct journal_reader *other;
	struct journal *j;
	int r;

	if (!journal_name_ok(name) || strlen(dir) >= sizeof(j->dir) ||
		limits->segment_bytes < sizeof(struct journal_head) + sizeof(struct batch))
		return -EINVAL;
	if (journal_open(dir, name, &other) == 0) {
		journal_reader_close(other);
		return -EEXIST;
	}
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	strcpy(j->dir, dir);
	j->limits = *limits;
	memcpy(j->head.magic, "MOSJRNL1", 8);
	j->head.segment = j->segment = 1;
	j->head.ppq = MOS_PPQ;
	j->head.start_ns = start_ns;
	j->head.start_unix_ns = start_unix_ns;
	snprintf(j->head.name, sizeof(j->head.name), "%s", name);
	j->fd = -1;
	j->offset = sizeof(j->head);
	j->count = 1;
	j->batch[0].offset = j->offset;
	r = open_segment(j);
	if (r < 0) {
		if (j->fd >= 0)
			close(j->fd);
		free(j);
		return r;
	}
	j->uring = io_uring_queue_init(8, &j->ring, 0) == 0;
	j->figures.uring = j->uring;
	*ret = j;
	return 0;
}

static struct batch *newest(struct journal *j)
{
	return &j->batch[(j->first + j->count - 1) % N_BATCHES];
}

/** The oldest batch is on disk, or will never be. Behind the last of a segment there is always another. */
static void retire(struct journal *j)
{
	struct batch *b = &j->batch[j->first];
	int last = b->last;

	j->figures.bytes += b->n * sizeof(b->record[0]);
	b->n = 0;
	b->last = 0;
	if (j->count > 1) {
		j->first = (j->first + 1) % N_BATCHES;
		j->count--;
	} else {
		b->offset = j->offset;
	}
	if (!last || j->failed)
		return;
	close(j->fd);
	j->head.segment = j->batch[j->first].segment;
	j->head.first_index = j->batch[j->first].first_index;
	j->failed = open_segment(j);
}

/** Give the oldest batch to the kernel. */
static void submit(struct journal *j)
{
	struct batch *b = &j->batch[j->first];
	struct io_uring_sqe *sqe;

	j->n_to_write = b->n * (uint32_t)sizeof(b->record[0]);
	if (!j->uring) {
		j->failed = write_all(j->fd, b->record, j->n_to_write, b->offset);
		if (j->failed == 0 && fdatasync(j->fd) < 0)
			j->failed = -errno;
		retire(j);
		return;
	}
	/* Records that come now go to the next batch, or are written when this one is done. */
	sqe = io_uring_get_sqe(&j->ring);
	io_uring_prep_write(sqe, j->fd, b->record, j->n_to_write, b->offset);
	io_uring_sqe_set_data64(sqe, 1);
	sqe->flags |= IOSQE_IO_LINK;
	sqe = io_uring_get_sqe(&j->ring);
	io_uring_prep_fsync(sqe, j->fd, IORING_FSYNC_DATASYNC);
	io_uring_sqe_set_data64(sqe, 2);
	if (io_uring_submit(&j->ring) == 2)
		j->under_way = 2;
	else
		j->failed = -EIO;
}

static void complete(struct journal *j, struct io_uring_cqe *cqe)
{
	if (cqe->res < 0 && cqe->res != -ECANCELED && !j->failed)
		j->failed = cqe->res;
	/* A write that was cut short has used up the disk, or the limit of a file. */
	if (io_uring_cqe_get_data64(cqe) == 1 && cqe->res >= 0 && (uint32_t)cqe->res != j->n_to_write &&
		!j->failed)
		j->failed = -ENOSPC;
	io_uring_cqe_seen(&j->ring, cqe);
	if (--j->under_way == 0)
		retire(j);
}

/** Take what the kernel has done. @param wait  1: until the oldest batch is done. */
static void reap(struct journal *j, int wait)
{
	struct io_uring_cqe *cqe;

	while (j->under_way > 0) {
		int r = wait ? io_uring_wait_cqe(&j->ring, &cqe) : io_uring_peek_cqe(&j->ring, &cqe);

		if (r == -EINTR)
			continue;
		if (r < 0) {
			if (wait && !j->failed)
				j->failed = r;
			return;
		}
		complete(j, cqe);
	}
}

/** The newest batch is closed; the next record begins another. Waits where all are full. */
static int next_batch(struct journal *j)
{
	while (j->count == N_BATCHES) {
		if (j->under_way == 0 && !j->failed)
			submit(j);
		reap(j, /* wait= */ 1);
		if (j->failed)
			return j->failed;
	}
	j->count++;
	newest(j)->offset = j->offset;
	newest(j)->segment = j->segment;
	newest(j)->first_index = j->index;
	return 0;
}

static int append(struct journal *j, uint32_t kind, const struct mos_event *ev)
{
	struct batch *b = newest(j);
	struct journal_record *record;

	if (j->failed)
		return j->failed;
	if (j->offset + sizeof(*record) > j->limits.segment_bytes && !b->last) {
		b->last = 1;
		j->segment++;
		j->offset = sizeof(j->head);
	}
	/* What is with the kernel, full, or the end of a segment takes no more. */
	if (b->last || b->n == BATCH_RECORDS || (j->count == 1 && j->under_way > 0)) {
		if (next_batch(j) < 0)
			return j->failed;
		b = newest(j);
	}
	record = &b->record[b->n++];
	*record = (struct journal_record){.kind = kind, .index = j->index++, .ev = *ev};
	record->crc = journal_crc(&record->index, sizeof(*record) - offsetof(struct journal_record, index));
	j->offset += sizeof(*record);
	if (b->n == BATCH_RECORDS)
		return journal_flush(j);
	return 0;
}

int journal_append(struct journal *j, const struct mos_event *ev)
{
	j->figures.n_events++;
	return append(j, JOURNAL_EVENT, ev);
}

int journal_gap(struct journal *j, uint64_t n_missing)
{
	j->figures.n_gaps++;
	return append(j, JOURNAL_GAP, &(struct mos_event){.seq = n_missing});
}

int journal_flush(struct journal *j)
{
	reap(j, /* wait= */ 0);
	if (j->under_way == 0 && !j->failed && (j->batch[j->first].n > 0 || j->batch[j->first].last))
		submit(j);
	return j->failed;
}

int journal_close(struct journal *j)
{
	int r;

	if (!j)
		return 0;
	do {
		journal_flush(j);
		reap(j, /* wait= */ 1);
	} while (!j->failed && (j->count > 1 || j->batch[j->first].n > 0));
	r = j->failed;
	if (j->uring)
		io_uring_queue_exit(&j->ring);
	if (j->fd >= 0)
		close(j->fd);
	free(j);
	return r;
}

struct journal_figures journal_figures(const struct journal *j)
{
	return j->figures;
}
