/* SPDX-License-Identifier: MIT */
/* An archive becomes a folder. Nothing in it is believed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "widget_bundle.h"

static int complain(struct bundle_error *err, const char *where, int rc, const char *message)
{
	(void)snprintf(err->where, sizeof(err->where), "%s", where);
	(void)snprintf(err->message, sizeof(err->message), "%s", message ? message : strerror(-rc));
	return rc;
}

int bundle_path_ok(const char *path)
{
	unsigned int depth = 0;

	for (const char *part = path;; part = strchr(part, '/') + 1) {
		const size_t len = strcspn(part, "/");

		/* Empty, ".", "..", and what packing leaves out. */
		if (!len || part[0] == '.' || ++depth > BUNDLE_DEPTH_MAX)
			return 0;
		for (size_t i = 0; i < len; i++) {
			if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
				return 0;
		}
		if (!part[len])
			return 1;
	}
}

static int get(int fd, char *bytes, size_t n)
{
	while (n) {
		const ssize_t done = read(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -ENODATA;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The folders on the way. */
static int make_way(int folder, const char *path)
{
	char way[BUNDLE_PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(way, path, (size_t)(slash - path));
		way[slash - path] = '\0';
		if (mkdirat(folder, way, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int copy(int archive, uint64_t size, int to)
{
	char bytes[65536];

	while (size) {
		const size_t n = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);
		int rc = get(archive, bytes, n);

		for (size_t done = 0; rc == 0 && done < n;) {
			const ssize_t put = write(to, bytes + done, n - done);

			if (put < 0 && errno == EINTR)
				continue;
			if (put <= 0)
				rc = put < 0 ? -errno : -EIO;
			else
				done += (size_t)put;
		}
		if (rc < 0)
			return rc;
		size -= n;
	}
	return 0;
}

static int unpack_file(int archive, int folder, const struct bundle_file *file)
{
	char pad[TAR_BLOCK];
	int rc = make_way(folder, file->path), fd;

	if (rc < 0)
		return rc;
	/* Nothing is there twice: the folder was empty. */
	fd = openat(folder, file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		file->is_executable ? 0755 : 0644);
	if (fd < 0)
		return -errno;
	rc = copy(archive, file->size, fd);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	return rc < 0 ? rc : get(archive, pad, (TAR_BLOCK - file->size % TAR_BLOCK) % TAR_BLOCK);
}

int bundle_unpack(int archive, int folder, struct bundle_error *err)
{
	struct bundle_file file = {0};
	char block[TAR_BLOCK];
	uint64_t bytes = 0;

	for (unsigned int n = 0;; n++) {
		int rc = get(archive, block, sizeof(block));

		if (rc == 0)
			rc = tar_get(block, &file);
		else
			file.path[0] = '\0';
		if (rc == -ENODATA)
			return complain(err, file.path, -EINVAL, "it ends in the middle");
		if (rc < 0)
			return complain(err, "", rc == -ENAMETOOLONG ? -EINVAL : rc,
				rc == -EINVAL ? "no bundle of a widget: a tar archive with regular files is"
					      : NULL);
		if (rc == 0)
			return n ? 0 : complain(err, "", -EINVAL, "nothing is in it");
		if (!bundle_path_ok(file.path))
			return complain(err, file.path, -EINVAL, "no path for a file of a widget");
		if (n == BUNDLE_FILES_MAX || file.size > BUNDLE_BYTES_MAX - bytes)
			return complain(err, file.path, -EFBIG, "a widget has at most 1024 files, 64 MiB");
		bytes += file.size;
		rc = unpack_file(archive, folder, &file);
		if (rc < 0)
			return complain(err, file.path, rc == -ENODATA ? -EINVAL : rc,
				rc == -ENODATA  ? "it ends in the middle"
				: rc == -EEXIST ? "it is there twice"
						: NULL);
	}
}
