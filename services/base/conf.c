/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "state_dir.h"

#define PATH_SIZE 512u
#define NAME_SIZE 40u

/* @return a descriptor of the state directory, or -errno. */
static int open_dir(bool makes)
{
	char path[PATH_SIZE];
	int rc = state_dir_find(path, sizeof(path), 0);

	if (rc < 0)
		return rc;
	if (makes && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	rc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return rc < 0 ? -errno : rc;
}

static int read_text(const char *name, char *text)
{
	int dir = open_dir(/* makes= */ false), fd, rc = 0;
	ssize_t n = 0;

	text[0] = '\0';
	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || (n = read(fd, text, CONF_MAX)) < 0)
		rc = -errno;
	else
		text[n] = '\0';
	if (fd >= 0)
		(void)close(fd);
	(void)close(dir);
	return rc;
}

int conf_read(const char *name, conf_take_fn take, void *data)
{
	char text[CONF_MAX + 1], *save = NULL;
	int rc = read_text(name, text);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, '=');

		if (value)
			*value++ = '\0';
		if (!value || !take(data, line, value))
			log_warning("a setting is left out: file=%s key=\"%.32s\"", name, line);
	}
	return 0;
}

static int write_part(int dir, const char *part, const char *text)
{
	const int fd = openat(dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	const ssize_t len = (ssize_t)strlen(text), n = fd < 0 ? -1 : write(fd, text, (size_t)len);
	int rc = n < 0 ? -errno : n < len ? -ENOSPC : 0;

	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

int conf_write(const char *name, const char *text)
{
	char part[NAME_SIZE];
	int dir, rc;

	if ((size_t)snprintf(part, sizeof(part), "%s.part", name) >= sizeof(part))
		return -ENAMETOOLONG;
	dir = open_dir(/* makes= */ true);
	if (dir < 0)
		return dir;
	rc = write_part(dir, part, text);
	if (rc == 0 && (renameat(dir, part, dir, name) < 0 || fsync(dir) < 0))
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(dir, part, 0);
	(void)close(dir);
	return rc;
}
