/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char **ret_why, int rc, const char *why)
{
	*ret_why = why;
	return rc;
}

static int check_kind(int fd, size_t *ret_size, const char **ret_why)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail(ret_why, -errno, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(ret_why, -EISDIR, "it is a directory");
	if (!S_ISREG(st.st_mode))
		return fail(ret_why, -ENXIO, "it is not a regular file");
	if ((uint64_t)st.st_size > FILE_MAX_BYTES)
		return fail(ret_why, -EFBIG, "it is larger than 128 MiB");
	*ret_size = (size_t)st.st_size;
	return 0;
}

int file_read(int fd, const struct score_alloc *alloc, uint8_t **ret, size_t *ret_size, const char **ret_why)
{
	uint8_t *bytes = NULL;
	size_t cap = 0, len = 0, expected = 0;
	int rc = check_kind(fd, &expected, ret_why);
	if (rc < 0)
		return rc;

	for (;;) {
		/* One byte more than expected, so that growth shows. */
		rc = score_reserve(alloc, (void **)&bytes, &cap, (len > expected ? len : expected) + 1, 1);
		if (rc < 0) {
			rc = fail(ret_why, rc, "there is not enough memory for it");
			goto free_bytes;
		}
		const ssize_t n = pread(fd, bytes + len, cap - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = fail(ret_why, -errno, strerror(errno));
			goto free_bytes;
		}
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > FILE_MAX_BYTES) {
			rc = fail(ret_why, -EFBIG, "it is larger than 128 MiB");
			goto free_bytes;
		}
	}
	*ret = bytes;
	*ret_size = len;
	return 0;

free_bytes:
	score_free(alloc, bytes);
	return rc;
}
