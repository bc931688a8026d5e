/* SPDX-License-Identifier: MIT */
/* Files and folders. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store_tree.h"
#include "text.h"

#define PATH_ROOM 512u

int tree_make_path(const char *path)
{
	char part[PATH_ROOM];

	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	for (const char *end = path + 1;; end++) {
		if (*end && *end != '/')
			continue;
		memcpy(part, path, (size_t)(end - path));
		part[end - path] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
		if (!*end)
			break;
	}
	return access(path, X_OK) < 0 ? -errno : 0;
}

int tree_open_below(int folder, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int tree_read_fd(int fd, size_t max, char **ret, size_t *ret_len)
{
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;
	char *bytes;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	while (len < (size_t)st.st_size && (n = read(fd, bytes + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	if (n < 0) {
		int rc = -errno;

		free(bytes);
		return rc;
	}
	bytes[len] = '\0';
	*ret = bytes;
	*ret_len = len;
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int tree_replace_file(int dir, const char *name, const char *bytes, size_t len)
{
	char aside[64];
	int fd, rc;

	text_set(aside, sizeof(aside), ".%s.new", name);
	fd = openat(dir, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, bytes, len);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && renameat(dir, aside, dir, name) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(dir, aside, 0);
	else if (fsync(dir) < 0)
		rc = -errno;
	return rc;
}

/* --- Copying --- */

static int fail(struct tree_copy *copy, int rc, const char *name, const char *message)
{
	if (!copy->message[0]) {
		text_set(copy->where, sizeof(copy->where), "%s", name);
		text_set(copy->message, sizeof(copy->message), "%s", message ? message : strerror(-rc));
	}
	return rc;
}

static int copy_bytes(int from, int to, struct tree_copy *copy)
{
	char *bytes = malloc(64u << 10);
	int rc = bytes ? 0 : -ENOMEM;

	while (rc == 0) {
		ssize_t n = read(from, bytes, 64u << 10);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0 ? -errno : 0;
			break;
		}
		copy->bytes += (uint64_t)n;
		rc = copy->bytes > copy->bytes_max ? -EFBIG : write_all(to, bytes, (size_t)n);
	}
	free(bytes);
	return rc;
}

static int copy_file(int from_dir, int to_dir, const char *name, struct tree_copy *copy)
{
	int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), to = -1, rc;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0) {
		rc = fail(copy, -errno, name, NULL);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		rc = fail(copy, -EINVAL, name, "it is no file any more");
		goto out;
	}
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0) {
		rc = fail(copy, -errno, name, NULL);
		goto out;
	}
	rc = copy_bytes(from, to, copy);
	if (rc == 0 && (fchmod(to, st.st_mode & 0111 ? 0755 : 0644) < 0 || fsync(to) < 0))
		rc = -errno;
	if (rc < 0)
		(void)fail(copy, rc, name, rc == -EFBIG ? "the widget is larger than 64 MiB" : NULL);
out:
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

static int copy_folder(int from, int to, struct tree_copy *copy, uint32_t depth);

static int copy_subfolder(int from_dir, int to_dir, const char *name, struct tree_copy *copy, uint32_t depth)
{
	int from, to = -1, rc;

	if (depth >= copy->depth_max)
		return fail(copy, -EFBIG, name, "folders lie too deep inside each other");
	from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from >= 0 && mkdirat(to_dir, name, 0755) == 0)
		to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || fchmod(to, 0755) < 0)
		rc = fail(copy, -errno, name, NULL);
	else
		rc = copy_folder(from, to, copy, depth);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

static int copy_entry(int from, int to, const char *name, struct tree_copy *copy, uint32_t depth)
{
	struct stat st;

	if (++copy->files > copy->files_max)
		return fail(copy, -EFBIG, name, "too many files");
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(copy, -errno, name, NULL);
	if (S_ISDIR(st.st_mode))
		return copy_subfolder(from, to, name, copy, depth + 1);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, copy);
	return fail(copy, -EINVAL, name,
		S_ISLNK(st.st_mode) ? "it is a link: a widget's folder holds files and folders only"
				    : "it is neither a file nor a folder");
}

static int copy_folder(int from, int to, struct tree_copy *copy, uint32_t depth)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!dir) {
		rc = fail(copy, -errno, ".", NULL);
		if (again >= 0)
			close(again);
		return rc;
	}
	while (rc == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			rc = copy_entry(from, to, entry->d_name, copy, depth);
	}
	closedir(dir);
	if (rc == 0 && fsync(to) < 0)
		rc = fail(copy, -errno, ".", NULL);
	return rc;
}

int tree_copy(int from, int to, struct tree_copy *copy)
{
	copy->where[0] = copy->message[0] = '\0';
	return copy_folder(from, to, copy, 0);
}

/* --- Removing --- */

/* Deeper folders are moved up first: a widget may make them as deep as it likes, our descriptors are bounded.
 */
#define REMOVE_DEPTH_MAX 16u

struct removing {
	int top;
	uint32_t depth, n_names;
	uint32_t n_done; /* removed or moved up */
};

static void remove_entry(int dir, const char *name, struct removing *r);

static void remove_folder(int dir, const char *name, struct removing *r)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags);
	struct dirent *entry;
	DIR *folder;

	/* A widget may have closed its folders, even to itself. */
	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(dir, name, flags);
	folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	(void)fchmod(fd, 0700);
	if (r->depth == 0)
		r->top = fd;
	r->depth++;
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_entry(fd, entry->d_name, r);
	}
	r->depth--;
	closedir(folder);
}

static void remove_entry(int dir, const char *name, struct removing *r)
{
	if (unlinkat(dir, name, 0) == 0) {
		r->n_done++;
		return;
	}
	if (errno == ENOENT)
		return;
	if (r->depth == REMOVE_DEPTH_MAX) {
		char up[32];

		text_set(up, sizeof(up), ".moved-%u", r->n_names++);
		/* One that is closed cannot be moved either. */
		(void)fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW);
		r->n_done += renameat(dir, name, r->top, up) == 0;
		return;
	}
	remove_folder(dir, name, r);
	r->n_done += unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

void tree_remove(int dir, const char *name)
{
	struct removing r = {0};
	uint32_t done;

	/* Each round removes 16 levels of whatever is left; one that wins nothing is the last, whatever
	 * stays.
	 */
	do {
		done = r.n_done;
		remove_entry(dir, name, &r);
	} while (r.n_done != done);
}
