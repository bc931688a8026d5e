/* SPDX-License-Identifier: MIT */
/* Files that other people open for us (HER-11: what cannot be read is refused with a reason). */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"

static int expect_failure(int fd, const char *part)
{
	uint8_t *bytes;
	size_t size;
	const char *why = NULL;
	cr_assert_geq(fd, 0);
	const int rc = file_read(fd, &score_heap, &bytes, &size, &why);
	close(fd);
	cr_assert_lt(rc, 0);
	cr_expect(strstr(why, part) != NULL, "%s", why);
	return rc;
}

static int memory_file(off_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	cr_assert_eq(ftruncate(fd, size), 0);
	return fd;
}

Test(hermes_file, refusals, .description = "HER-11: directory, FIFO, socket-like things, 4 GiB, written-only")
{
	int fds[2];
	cr_expect_eq(expect_failure(open("/", O_RDONLY | O_DIRECTORY), "directory"), -EISDIR);
	cr_assert_eq(pipe(fds), 0);
	close(fds[1]);
	cr_expect_eq(expect_failure(fds[0], "not a regular file"), -ENXIO);
	cr_expect_eq(expect_failure(open("/dev/zero", O_RDONLY), "not a regular file"), -ENXIO);
	cr_expect_eq(expect_failure(memory_file((off_t)4 << 30), "larger than 128 MiB"), -EFBIG);
	cr_expect_eq(expect_failure(memory_file((off_t)FILE_MAX_BYTES + 1), "larger than 128 MiB"), -EFBIG);

	char path[] = "/tmp/hermes-file-XXXXXX";
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	close(fd);
	fd = open(path, O_WRONLY);
	unlink(path);
	cr_expect_eq(expect_failure(fd, "Bad file descriptor"), -EBADF);
}

Test(hermes_file, content,
	.description = "the whole of it, from the start, wherever the descriptor stands; empty is fine")
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 4096, 1000003};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = memory_file((off_t)sizes[i]);
		uint8_t *bytes;
		size_t size;
		const char *why;
		if (sizes[i]) {
			cr_assert_eq(pwrite(fd, "x", 1, (off_t)sizes[i] - 1), 1);
			cr_assert_eq(lseek(fd, 0, SEEK_END), (off_t)sizes[i]);
		}
		cr_assert_eq(file_read(fd, &score_heap, &bytes, &size, &why), 0);
		cr_expect_eq(size, sizes[i]);
		cr_assert_not_null(bytes);
		if (sizes[i])
			cr_expect_eq(bytes[sizes[i] - 1], 'x');
		if (sizes[i])
			cr_expect_eq(lseek(fd, 0, SEEK_CUR), (off_t)sizes[i], "the position was not moved");
		score_free(&score_heap, bytes);
		close(fd);
	}
}

/** Make the file another size when the reader asks for memory: between its fstat() and its reading. */
struct resizer {
	int fd;
	off_t size;
};

static void *resizing_resize(void *ctx, void *ptr, size_t size_bytes)
{
	struct resizer *r = ctx;
	if (size_bytes && r->size >= 0) {
		cr_assert_eq(ftruncate(r->fd, r->size), 0);
		r->size = -1;
	}
	return score_heap.resize(NULL, ptr, size_bytes);
}

Test(hermes_file, size_changes,
	.description = "HER-11: a file that grows or shrinks meanwhile is read as it is then")
{
	static const struct {
		off_t before, after;
		int rc;
	} cases[] = {{1000, 10, 0}, {1000, 100000, 0}, {1000, 0, 0}, {10, (off_t)FILE_MAX_BYTES + 1, -EFBIG}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct resizer r = {memory_file(cases[i].before), cases[i].after};
		const struct score_alloc alloc = {resizing_resize, &r};
		uint8_t *bytes;
		size_t size;
		const char *why;
		const int rc = file_read(r.fd, &alloc, &bytes, &size, &why);
		cr_assert_eq(rc, cases[i].rc, "case %zu", i);
		if (rc == 0) {
			cr_expect_eq(size, (size_t)cases[i].after);
			score_free(&alloc, bytes);
		}
		close(r.fd);
	}
}
