/* SPDX-License-Identifier: MIT */
#include "sfz_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int sfz_disk_open(struct sfz_disk *d, const char *path)
{
	const char *slash = strrchr(path, '/');

	*d = (struct sfz_disk){.entry = sfz_known_new()};
	d->folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	return d->folder && d->entry ? 0 : -ENOMEM;
}

void sfz_disk_close(struct sfz_disk *d)
{
	for (uint32_t i = 0; i < d->n_names; i++)
		free(d->name[i]);
	free(d->name);
	sfz_known_free(d->entry);
	free(d->folder);
}

static int is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int entry_key(const char *folder, const char *name, char *to, size_t size)
{
	size_t n = strlen(folder);

	if ((size_t)snprintf(to, size, "%s/%s", folder, name) >= size)
		return -ENAMETOOLONG;
	for (char *c = to + n; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	return 0;
}

static int keep_name(struct sfz_disk *d, const char *folder, const char *name)
{
	char key[PATH_MAX];
	int64_t *number;
	int is_new;

	if (entry_key(folder, name, key, sizeof(key)) < 0)
		return 0;
	if ((d->n_names & (d->n_names - 1)) == 0) {
		char **more = realloc(d->name, (d->n_names ? 2 * (size_t)d->n_names : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		d->name = more;
	}
	number = sfz_known_number(d->entry, key, &is_new);
	if (!number)
		return -ENOMEM;
	if (!is_new && *number > 0) /* names that differ only in letters: the first one it is */
		return 0;
	d->name[d->n_names] = strdup(name);
	if (!d->name[d->n_names])
		return -ENOMEM;
	*number = ++d->n_names;
	return 0;
}

/* Each folder once: libraries that were made where case does not count ask for thousands of names in one. */
static int read_folder(struct sfz_disk *d, const char *folder)
{
	char key[PATH_MAX];
	DIR *dir;
	int ret;

	if (entry_key(folder, "/", key, sizeof(key)) < 0) /* no name is a slash */
		return 0;
	ret = sfz_known_add(d->entry, key);
	if (ret <= 0)
		return ret;
	dir = opendir(folder);
	if (!dir)
		return 0;
	ret = 0;
	for (const struct dirent *e; ret == 0 && d->n_names < SFZ_DISK_ENTRIES && (e = readdir(dir)) != NULL;)
		ret = keep_name(d, folder, e->d_name);
	(void)closedir(dir);
	return ret;
}

/* The name in `folder` that differs from `name` only in the case of its letters. NULL: none, or no memory. */
static const char *look_up(struct sfz_disk *d, const char *folder, const char *name)
{
	char key[PATH_MAX];
	int64_t *number;
	int is_new;

	if (read_folder(d, folder) < 0 || entry_key(folder, name, key, sizeof(key)) < 0)
		return NULL;
	number = sfz_known_number(d->entry, key, &is_new);
	return number && *number > 0 ? d->name[*number - 1] : NULL;
}

/* Folder by folder: what is there under this very name, else in other letters. `path` begins as the folder.
 */
static int walk(struct sfz_disk *d, char *path, size_t size, const char *name)
{
	size_t n = strlen(path);

	while (*name) {
		size_t part = strcspn(name, "/");
		struct stat st;

		if (part > 0) {
			char one[NAME_MAX + 1], *end = path + n;

			if (part > NAME_MAX || n + 1 + part >= size)
				return -ENAMETOOLONG;
			memcpy(one, name, part);
			one[part] = '\0';
			*end = '/';
			memcpy(end + 1, one, part + 1);
			if (stat(path, &st) < 0) {
				const char *other;

				*end = '\0';
				other = look_up(d, path, one);
				if (!other || n + 1 + strlen(other) >= size)
					return -ENOENT;
				*end = '/';
				memcpy(end + 1, other, strlen(other) + 1);
			}
			n += strlen(path + n);
		}
		name += part + (name[part] == '/');
	}
	return is_regular(path) ? 0 : -ENOENT;
}

int sfz_disk_find(void *data, const char *name, char **ret_path)
{
	struct sfz_disk *d = data;
	char slashes[PATH_MAX], path[PATH_MAX];
	size_t n = strlen(name);

	if (n >= sizeof(slashes))
		return -ENAMETOOLONG;
	for (size_t i = 0; i <= n; i++)
		slashes[i] = name[i] == '\\' ? '/' : name[i];
	if ((size_t)snprintf(path, sizeof(path), "%s%s%s", slashes[0] == '/' ? "" : d->folder,
		    slashes[0] == '/' ? "" : "/", slashes) >= sizeof(path))
		return -ENAMETOOLONG;
	if (!is_regular(path)) {
		if ((size_t)snprintf(path, sizeof(path), "%s", slashes[0] == '/' ? "" : d->folder) >=
			sizeof(path))
			return -ENAMETOOLONG;
		if (walk(d, path, sizeof(path), slashes) < 0)
			return -ENOENT;
	}
	*ret_path = realpath(path, NULL);
	return *ret_path ? 0 : -errno;
}

int sfz_disk_read(void *data, const char *path, size_t max, char **ret_text, size_t *ret_size)
{
	struct sfz_disk *d = data;
	/* A pipe must not keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret = 0;
	struct stat st;
	char *text = NULL;
	size_t n = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = -EINVAL;
	else if ((uint64_t)st.st_size > max)
		ret = -EFBIG;
	else if (!(text = malloc((size_t)st.st_size + 1)))
		ret = -ENOMEM;
	while (ret == 0 && n < (size_t)st.st_size) {
		ssize_t got = read(fd, text + n, (size_t)st.st_size - n);

		if (got < 0 && errno != EINTR)
			ret = -errno;
		else if (got == 0)
			break;
		else if (got > 0)
			n += (size_t)got;
	}
	(void)close(fd);
	if (ret < 0) {
		free(text);
		return ret;
	}
	d->bytes += n;
	*ret_text = text;
	*ret_size = n;
	return 0;
}
