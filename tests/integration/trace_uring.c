/* SPDX-License-Identifier: MIT */
/*
 * A program that waits for its disk: it reads by io_uring what comes from a pipe after DELAY_MS, and less of
 * it than it asked for; a whole block of a file; from a descriptor that cannot be read; and it syncs a file.
 * It prints "ready", begins with the first line of its input, prints "done", and ends with its input. `hang`:
 * one more read, of a pipe that nothing comes from.
 *
 *     trace-uring FILE [hang]
 */
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DELAY_MS 150
#define BLOCK 4096u

static void *write_late(void *fd)
{
	static const char text[100];

	nanosleep(&(struct timespec){.tv_nsec = DELAY_MS * 1000000l}, NULL);
	(void)!write(*(int *)fd, text, sizeof(text));
	return NULL;
}

/* @return what the request came to */
static int read_by_ring(struct io_uring *ring, int fd)
{
	static char block[BLOCK];
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int n;

	io_uring_prep_read(sqe, fd, block, sizeof(block), (uint64_t)-1);
	(void)io_uring_submit(ring);
	if (io_uring_wait_cqe(ring, &cqe) < 0)
		return -1;
	n = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return n;
}

int main(int argc, char **argv)
{
	static const char text[BLOCK];
	int slow[2], never[2], file;
	struct io_uring ring;
	pthread_t thread;
	char line[16];

	if (argc < 2 || pipe(slow) < 0 || pipe(never) < 0 || io_uring_queue_init(8, &ring, 0) < 0)
		return 77; /* no io_uring here */
	file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	if (write(file, text, sizeof(text)) != (ssize_t)sizeof(text) || fdatasync(file) < 0 ||
		lseek(file, 0, SEEK_SET) < 0)
		return 1;
	if (pthread_create(&thread, NULL, write_late, &slow[1]) != 0 || read_by_ring(&ring, slow[0]) != 100 ||
		read_by_ring(&ring, file) != (int)sizeof(text) || read_by_ring(&ring, slow[1]) >= 0)
		return 1;
	(void)pthread_join(thread, NULL);
	if (argc > 2) {
		io_uring_prep_read(io_uring_get_sqe(&ring), never[0], line, sizeof(line), 0);
		(void)io_uring_submit(&ring);
	}
	puts("done");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	return 0;
}
