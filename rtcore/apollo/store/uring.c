/* SPDX-License-Identifier: MIT */
/* Reading with io_uring: registered buffers and files where the kernel allows it; plain pread() where there
 * is none. Through the page cache: with O_DIRECT reads of 64 KiB took twice as long and more of the
 * processor, and what two voices or two runs have in common was read again. */
#include "stream_priv.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ended {
	uint32_t i;
	int n;
};

struct reads {
	uint8_t *buffers;
	int fd[READ_FILES];
	int is_uring, has_buffers, has_files;
	uint32_t under_way, n_queued;
	/* without io_uring: what was read at once */
	struct ended done[READS];
	uint32_t n_done;
	struct io_uring ring;
};

struct reads *reads_create(int *ret_is_uring)
{
	struct reads *r = calloc(1, sizeof(*r));
	struct iovec v[READS];

	if (!r)
		return NULL;
	r->buffers = aligned_alloc(4096, (size_t)READS * READ_BYTES);
	if (!r->buffers) {
		free(r);
		return NULL;
	}
	memset(r->buffers, 0, (size_t)READS * READ_BYTES);
	for (uint32_t i = 0; i < READ_FILES; i++)
		r->fd[i] = -1;
	for (uint32_t i = 0; i < READS; i++)
		v[i] = (struct iovec){reads_buffer(r, i), READ_BYTES};
	r->is_uring = io_uring_queue_init(READS, &r->ring, 0) == 0;
	if (r->is_uring) {
		r->has_buffers = io_uring_register_buffers(&r->ring, v, READS) == 0;
		r->has_files = io_uring_register_files_sparse(&r->ring, READ_FILES) == 0;
	}
	*ret_is_uring = r->is_uring;
	return r;
}

void reads_destroy(struct reads *r)
{
	uint32_t i;
	int n;

	while (r->under_way > 0)
		(void)reads_next(r, 100000000, &i, &n);
	if (r->is_uring)
		io_uring_queue_exit(&r->ring);
	free(r->buffers);
	free(r);
}

uint8_t *reads_buffer(struct reads *r, uint32_t i)
{
	return r->buffers + (size_t)i * READ_BYTES;
}

void reads_file(struct reads *r, uint32_t file, int fd)
{
	r->fd[file] = fd;
	if (r->has_files && io_uring_register_files_update(&r->ring, file, &fd, 1) != 1)
		r->has_files = 0; /* those under way keep theirs */
}

static void read_now(struct reads *r, uint32_t i, uint32_t file, uint64_t at, uint32_t n_bytes)
{
	ssize_t n;

	do
		n = pread(r->fd[file], reads_buffer(r, i), n_bytes, (off_t)at);
	while (n < 0 && errno == EINTR);
	r->done[r->n_done++] = (struct ended){i, n < 0 ? -errno : (int)n};
}

int reads_start(struct reads *r, uint32_t i, uint32_t file, uint64_t at, uint32_t n_bytes)
{
	struct io_uring_sqe *sqe = r->is_uring ? io_uring_get_sqe(&r->ring) : NULL;
	int fd = r->has_files ? (int)file : r->fd[file];

	r->under_way++;
	if (!sqe) {
		read_now(r, i, file, at, n_bytes);
		return 1;
	}
	if (r->has_buffers)
		io_uring_prep_read_fixed(sqe, fd, reads_buffer(r, i), n_bytes, at, (int)i);
	else
		io_uring_prep_read(sqe, fd, reads_buffer(r, i), n_bytes, at);
	if (r->has_files)
		sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(sqe, i);
	r->n_queued++;
	return 0;
}

/* Gives what is queued to the kernel. It takes nothing while it has no memory: then it is asked again. */
static void submit(struct reads *r)
{
	int n = r->n_queued > 0 ? io_uring_submit(&r->ring) : 0;

	if (n > 0)
		r->n_queued -= (uint32_t)n;
}

int reads_next(struct reads *r, uint64_t wait_ns, uint32_t *ret_i, int *ret_n)
{
	struct __kernel_timespec t = {
		.tv_sec = (long long)(wait_ns / 1000000000), .tv_nsec = (long long)(wait_ns % 1000000000)};
	struct io_uring_cqe *cqe = NULL;

	if (r->n_done > 0) {
		*ret_i = r->done[--r->n_done].i;
		*ret_n = r->done[r->n_done].n;
		r->under_way--;
		return 1;
	}
	if (!r->is_uring || r->under_way == 0)
		return 0;
	submit(r);
	if (io_uring_peek_cqe(&r->ring, &cqe) != 0 &&
		(wait_ns == 0 || io_uring_wait_cqe_timeout(&r->ring, &cqe, &t) != 0))
		return 0;
	*ret_i = (uint32_t)io_uring_cqe_get_data64(cqe);
	*ret_n = cqe->res;
	io_uring_cqe_seen(&r->ring, cqe);
	r->under_way--;
	return 1;
}
