/* SPDX-License-Identifier: MIT */
/* Finding, making and owning the runtime directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime_dir.h"

int runtime_dir_find(const char *option, char *buf, size_t size)
{
	const char *base = option, *below = "";
	int n;

	if (!base || !base[0])
		base = getenv("MOS_RUNTIME_DIR");
	if (!base || !base[0]) {
		base = getenv("XDG_RUNTIME_DIR");
		below = "/mos";
	}
	if (!base || !base[0])
		base = "/run";
	if (base[0] != '/')
		return -EINVAL;
	n = snprintf(buf, size, "%s%s", base, below);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int runtime_dir_make(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (stat(dir, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return access(dir, W_OK | X_OK) < 0 ? -errno : 0;
}

int runtime_dir_address(const char *dir, const char *name, struct sockaddr_un *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	*ret = address;
	return 0;
}

static pid_t read_pid(int fd)
{
	char text[16] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

int runtime_dir_lock(const char *dir, const char *name, pid_t *ret_holder)
{
	char path[RUNTIME_DIR_MAX + 64], pid[16];
	int fd, len, rc;

	len = snprintf(path, sizeof(path), "%s/%s.lock", dir, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (rc == -EBUSY)
			*ret_holder = read_pid(fd);
		goto fail;
	}
	len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) != len) {
		rc = errno ? -errno : -EIO;
		goto fail;
	}
	return fd;
fail:
	close(fd);
	return rc;
}
