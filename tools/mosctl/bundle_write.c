/* SPDX-License-Identifier: MIT */
/* A widget's folder becomes an archive. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "widget_bundle.h"

void bundle_list_finish(struct bundle_list *list)
{
	free(list->file);
	*list = (struct bundle_list){0};
}

static int complain(struct bundle_error *err, const char *where, int rc, const char *message)
{
	(void)snprintf(err->where, sizeof(err->where), "%s", where);
	(void)snprintf(err->message, sizeof(err->message), "%s", message ? message : strerror(-rc));
	return rc;
}

static int add(struct bundle_list *list, const char *path, const struct stat *st, struct bundle_error *err)
{
	struct bundle_file *file = list->file;

	if (list->n == BUNDLE_FILES_MAX)
		return complain(err, path, -EFBIG, "a widget has at most 1024 files");
	if ((uint64_t)st->st_size > BUNDLE_BYTES_MAX - list->bytes)
		return complain(err, path, -EFBIG, "a widget has at most 64 MiB");
	if (list->n == list->room) {
		const unsigned int room = list->room ? 2 * list->room : 16;

		file = reallocarray(file, room, sizeof(*file));
		if (!file)
			return complain(err, path, -ENOMEM, NULL);
		list->file = file;
		list->room = room;
	}
	file = &list->file[list->n++];
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	file->size = (uint64_t)st->st_size;
	file->is_executable = (st->st_mode & 0100) != 0;
	list->bytes += file->size;
	return 0;
}

static int is_left_out(const char *name)
{
	return name[0] == '.' || !strcmp(name, "__pycache__");
}

static int look(int folder, const char *below, unsigned int depth, struct bundle_list *list,
	struct bundle_error *err);

static int look_at(int folder, const char *below, const char *name, unsigned int depth,
	struct bundle_list *list, struct bundle_error *err)
{
	char path[BUNDLE_PATH_MAX];
	struct stat st;
	int fd, rc;

	if (snprintf(path, sizeof(path), "%s%s%s", below, below[0] ? "/" : "", name) >= (int)sizeof(path))
		return complain(err, below, -ENAMETOOLONG, "a path in it is too long for an archive");
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return complain(err, path, -errno, NULL);
	if (S_ISREG(st.st_mode))
		return bundle_path_ok(path) ? add(list, path, &st, err)
					    : complain(err, path, -EINVAL, "no name for a file of a widget");
	if (!S_ISDIR(st.st_mode))
		return complain(err, path, -EINVAL, "a widget has regular files only, no links");
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return complain(err, path, -errno, NULL);
	rc = look(fd, path, depth + 1, list, err);
	(void)close(fd);
	return rc;
}

static int look(
	int folder, const char *below, unsigned int depth, struct bundle_list *list, struct bundle_error *err)
{
	const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int rc = 0;

	if (!dir) {
		rc = complain(err, below, -errno, NULL);
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	if (depth > BUNDLE_DEPTH_MAX)
		rc = complain(err, below, -EFBIG, "a widget has at most 8 folders in one another");
	while (rc == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			rc = errno ? complain(err, below, -errno, NULL) : 0;
			break;
		}
		if (!is_left_out(entry->d_name))
			rc = look_at(folder, below, entry->d_name, depth, list, err);
	}
	(void)closedir(dir);
	return rc;
}

static int by_path(const void *one, const void *two)
{
	return strcmp(((const struct bundle_file *)one)->path, ((const struct bundle_file *)two)->path);
}

int bundle_look(int folder, struct bundle_list *ret, struct bundle_error *err)
{
	int rc;

	*ret = (struct bundle_list){0};
	rc = look(folder, "", 1, ret, err);
	if (rc < 0)
		bundle_list_finish(ret);
	else if (ret->n)
		qsort(ret->file, ret->n, sizeof(ret->file[0]), by_path);
	return rc;
}

static int put(int fd, const char *bytes, size_t n)
{
	while (n) {
		const ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Exactly as much as the header says: who changes a file meanwhile is told. */
static int put_content(int from, uint64_t size, int archive)
{
	static const char zeros[TAR_BLOCK];
	char bytes[65536];
	uint64_t left = size;

	while (left) {
		const ssize_t n = read(from, bytes, left < sizeof(bytes) ? (size_t)left : sizeof(bytes));
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EAGAIN;
		rc = put(archive, bytes, (size_t)n);
		if (rc < 0)
			return rc;
		left -= (uint64_t)n;
	}
	if (read(from, bytes, 1) != 0)
		return -EAGAIN;
	return put(archive, zeros, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

static int put_file(int folder, const struct bundle_file *file, int archive, struct bundle_error *err)
{
	char block[TAR_BLOCK];
	int rc = tar_put(file, block), fd;

	if (rc < 0)
		return complain(err, file->path, rc, "its path is too long for an archive");
	fd = openat(folder, file->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return complain(err, file->path, -errno, NULL);
	rc = put(archive, block, sizeof(block));
	if (rc == 0)
		rc = put_content(fd, file->size, archive);
	(void)close(fd);
	return rc < 0 ? complain(err, file->path, rc, rc == -EAGAIN ? "it changes while it is read" : NULL)
		      : 0;
}

int bundle_pack(int folder, const struct bundle_list *list, int archive, struct bundle_error *err)
{
	static const char end[2 * TAR_BLOCK];
	int rc = 0;

	for (unsigned int i = 0; i < list->n && rc == 0; i++)
		rc = put_file(folder, &list->file[i], archive, err);
	if (rc == 0 && (rc = put(archive, end, sizeof(end))) < 0)
		(void)complain(err, "", rc, NULL);
	return rc;
}
