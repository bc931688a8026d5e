/* SPDX-License-Identifier: MIT */
/* Which reader a file is for. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES 512

/* @return bytes read, -errno. */
static int read_head(const char *path, unsigned char head[HEAD_BYTES], char *error, size_t error_size)
{
	/* O_NONBLOCK: a pipe must not keep us waiting. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;
	int r;

	if (fd < 0) {
		r = -errno;
		(void)snprintf(error, error_size, "cannot open %s: %s", path, strerror(-r));
		return r;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)snprintf(error, error_size, "%s is not a regular file", path);
		r = -EINVAL;
	} else if ((n = read(fd, head, HEAD_BYTES)) < 0) {
		r = -errno;
		(void)snprintf(error, error_size, "cannot read %s: %s", path, strerror(-r));
	} else {
		r = (int)n;
	}
	(void)close(fd);
	return r;
}

int load_bank(const char *path, const struct load_options *o, struct bank **ret, struct load_report *report,
	char *error, size_t error_size)
{
	unsigned char head[HEAD_BYTES];
	const int n = read_head(path, head, error, error_size);

	if (report)
		report->n_notes = report->n_unknown = 0;
	if (n < 0)
		return n;
	if (n >= 12 && memcmp(head, "RIFF", 4) == 0) {
		if (memcmp(head + 8, "sfbk", 4) == 0)
			return load_sf2(path, o, ret, report, error, error_size);
		(void)snprintf(error, error_size, "%s: byte 8: a RIFF file, but no SoundFont", path);
		return -EINVAL;
	}
	if (n == 0 || memchr(head, 0, (size_t)n)) {
		(void)snprintf(error, error_size, "%s: byte 0: neither a SoundFont nor an SFZ", path);
		return -EINVAL;
	}
	return load_sfz(path, o, ret, report, error, error_size);
}
