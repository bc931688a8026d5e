/* SPDX-License-Identifier: MIT */
/*
 * Files. In: the mistakes that people make are told before anything else happens. Out: what was there stays whole until
 * the new content is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mosctl.h"

int file_check(struct ctl *ctl, const char *path)
{
	char name[256];
	struct stat st;

	printable(path, name, sizeof(name));
	if (stat(path, &st) < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, errno == ENOENT ? "check the path" : NULL, "%s: %s", name,
			strerror(errno));
	if (S_ISDIR(st.st_mode))
		return ctl_fail(ctl, CTL_BAD_FILE, "name a file in it", "%s: is a directory", name);
	if (!S_ISREG(st.st_mode))
		return ctl_fail(ctl, CTL_BAD_FILE, "copy it to a file first", "%s: is no regular file", name);
	if (st.st_size == 0)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: is empty", name);
	if (access(path, R_OK) < 0)
		return ctl_fail(
			ctl, CTL_BAD_FILE, "ls -l shows who may read it", "%s: %s", name, strerror(errno));
	return CTL_OK;
}

int file_copy(int from, int to)
{
	char buf[65536];
	off_t at = 0;
	ssize_t n;
	while ((n = pread(from, buf, sizeof(buf), at)) > 0) {
		for (ssize_t done = 0; done < n;) {
			const ssize_t put = write(to, buf + done, (size_t)(n - done));
			if (put < 0 && errno == EINTR)
				continue;
			if (put <= 0)
				return put < 0 ? -errno : -EIO;
			done += put;
		}
		at += n;
	}
	return n < 0 ? -errno : 0;
}

/* A name is durable when its folder is. */
static int sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const int len = slash ? (int)(slash - path) + (slash == path) : 1;
	(void)snprintf(folder, sizeof(folder), "%.*s", len, slash ? path : ".");
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Some file systems have nothing to sync there. */
	const int rc = fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
	(void)close(fd);
	return rc;
}

/* A pipe or a device is written to, not replaced. */
static int write_into(int from, const char *path)
{
	const int to = open(path, O_WRONLY | O_CLOEXEC);
	if (to < 0)
		return -errno;
	int rc = file_copy(from, to);
	if (close(to) < 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int write_beside(int from, const char *path)
{
	char temporary[PATH_MAX];
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	const int to = mkostemp(temporary, O_CLOEXEC);
	if (to < 0)
		return -errno;
	const mode_t mask = umask(0);
	(void)umask(mask);
	int rc = file_copy(from, to);
	if (rc == 0 && (fchmod(to, 0666 & ~mask) < 0 || fsync(to) < 0))
		rc = -errno;
	if (close(to) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temporary, path) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlink(temporary);
	return rc < 0 ? rc : sync_folder(path);
}

int file_replace(int from, const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? write_beside(from, path) : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return write_into(from, path);
	/* A link stays one: what it leads to is replaced. */
	char *real = realpath(path, NULL);
	const int rc = real ? write_beside(from, real) : -errno;
	free(real);
	return rc;
}
