/* SPDX-License-Identifier: MIT */
#include "doctor/box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mosctl.h"

#define PROGRAM_SECONDS "5"

int box_open(struct box *box, const char *root)
{
	*box = (struct box){.root_fd = -1};
	if (!root)
		return 0;
	box->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return box->root_fd < 0 ? -errno : 0;
}

void box_close(struct box *box)
{
	if (box->root_fd >= 0)
		close(box->root_fd);
	box->root_fd = -1;
}

static int open_in(const struct box *box, const char *path, int flags)
{
	/* openat2() takes nothing beside O_PATH that it would not look at. */
	const int all = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	const struct open_how how = {
		.flags = (uint64_t)all, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	int fd;

	if (box_is_live(box))
		fd = open(path, all);
	else
		fd = (int)syscall(SYS_openat2, box->root_fd, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

static void tell(const struct box *box, const char *path, const char *text, int is_link)
{
	if (box->seen)
		box->seen(box->data, path, text, is_link);
}

static int read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		ssize_t n = read(fd, buf + len, size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (int)len;
}

int box_text_private(const struct box *box, const char *path, char *buf, size_t size)
{
	struct stat st;
	int fd = open_in(box, path, O_RDONLY), rc;

	buf[0] = '\0';
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else
		rc = S_ISREG(st.st_mode) ? read_all(fd, buf, size) : -EINVAL;
	close(fd);
	return rc;
}

int box_text(const struct box *box, const char *path, char *buf, size_t size)
{
	int rc = box_text_private(box, path, buf, size);

	if (rc >= 0)
		tell(box, path, buf, 0);
	return rc;
}

int box_line(const struct box *box, const char *path, char *buf, size_t size)
{
	int rc = box_text(box, path, buf, size);

	if (rc < 0)
		return rc;
	buf[strcspn(buf, "\n")] = '\0';
	return buf[0] ? 0 : -ENODATA;
}

int box_number(const struct box *box, const char *path, long long *ret)
{
	char text[64], *end;
	int rc = box_line(box, path, text, sizeof(text));

	if (rc < 0)
		return rc;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return end == text || errno ? -EINVAL : 0;
}

int box_link(const struct box *box, const char *path, char *buf, size_t size)
{
	int fd = open_in(box, path, O_PATH | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, size - 1);
	close(fd);
	if (n <= 0)
		return n < 0 ? -errno : -EINVAL;
	buf[n] = '\0';
	tell(box, path, buf, 1);
	return 0;
}

int box_exists(const struct box *box, const char *path)
{
	int fd = open_in(box, path, O_PATH);

	if (fd < 0)
		return 0;
	close(fd);
	tell(box, path, "", 0);
	return 1;
}

static int compare(const void *a, const void *b)
{
	return strverscmp(a, b);
}

int box_names(const struct box *box, const char *dir, const char *only, struct box_names *ret)
{
	const size_t len = strlen(only);
	int fd = open_in(box, dir, O_RDONLY | O_DIRECTORY);
	const struct dirent *entry;
	DIR *d;

	ret->n = 0;
	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (ret->n < BOX_NAMES_MAX && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, only, len) != 0 ||
			strlen(entry->d_name) >= BOX_NAME_MAX)
			continue;
		strcpy(ret->name[ret->n++], entry->d_name);
	}
	closedir(d);
	qsort(ret->name, ret->n, BOX_NAME_MAX, compare);
	for (unsigned int i = 0; i < ret->n && box->seen; i++) {
		char path[512];

		tell(box, BOX_PATH(path, "%s/%s", dir, ret->name[i]), "", 0);
	}
	return 0;
}

int box_program(const struct box *box, const char *key, const char *const argv[], char *buf, size_t size)
{
	const char *all[24] = {"timeout", PROGRAM_SECONDS};
	char err[512], path[128];
	size_t n = 2;
	int rc;

	buf[0] = '\0';
	(void)snprintf(path, sizeof(path), "/programs/%s", key);
	if (!box_is_live(box)) {
		rc = box_text_private(box, path, buf, size);
		return rc < 0 ? rc : 0;
	}
	while (*argv && n + 1 < sizeof(all) / sizeof(all[0]))
		all[n++] = *argv++;
	rc = program_run(all, &(struct program_says){buf, size, err, sizeof(err)});
	if (rc == 127 || rc == 126)
		return -ENOENT;
	if (rc != 0)
		return -EIO;
	tell(box, path, buf, 0);
	return 0;
}

const char *box_path(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(buf, size, fmt, args);
	va_end(args);
	return buf;
}

const char *box_field(const char *text, const char *key)
{
	const size_t len = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		const char *at = line + len;

		if (strncmp(line, key, len) != 0 || (*at != ':' && *at != ' ' && *at != '\t'))
			continue;
		return at + strspn(at, ": \t");
	}
	return NULL;
}

int box_has_word(const char *text, const char *word)
{
	static const char ends[] = " \t\n,";
	const size_t len = strlen(word);

	for (const char *at = text; len && (at = strstr(at, word)); at += len) {
		if ((at == text || strchr(ends, at[-1])) && (!at[len] || strchr(ends, at[len])))
			return 1;
	}
	return 0;
}
