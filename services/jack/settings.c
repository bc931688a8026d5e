/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "state_dir.h"

#define FILE_NAME "/jack.conf"
#define PART_NAME "/jack.conf.part"
#define PATH_SIZE 512u
#define FILE_MAX 256

static bool set_line(struct jack_settings *s, const char *key, const char *value)
{
	if (strcmp(key, "on") != 0 || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0))
		return false;
	s->is_on = *value == '1';
	return true;
}

int jack_settings_read(struct jack_settings *ret)
{
	char path[PATH_SIZE], text[FILE_MAX + 1], *save = NULL;
	int rc = state_dir_find(path, sizeof(path), sizeof(PART_NAME)), fd;
	ssize_t n;

	*ret = (struct jack_settings){0};
	if (rc < 0)
		return rc;
	strcat(path, FILE_NAME);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	n = read(fd, text, FILE_MAX);
	rc = n < 0 ? -errno : 0;
	close(fd);
	if (rc < 0)
		return rc;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, '=');

		if (value)
			*value++ = '\0';
		if (!value || !set_line(ret, line, value))
			log_warning("a setting is left out: file=%s key=\"%.32s\"", path, line);
	}
	return 0;
}

static int write_part(const char *path, const struct jack_settings *s)
{
	char text[FILE_MAX];
	int n = snprintf(text, sizeof(text), "on=%d\n", s->is_on);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)n) != n)
		rc = errno ? -errno : -EIO;
	else if (fsync(fd) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int jack_settings_write(const struct jack_settings *s)
{
	char path[PATH_SIZE], part[PATH_SIZE];
	int rc = state_dir_find(path, sizeof(path), sizeof(PART_NAME));

	if (rc < 0)
		return rc;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	strcpy(part, path);
	strcat(part, PART_NAME);
	strcat(path, FILE_NAME);
	rc = write_part(part, s);
	if (rc == 0 && rename(part, path) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlink(part);
	return rc;
}
