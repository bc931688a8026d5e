/* SPDX-License-Identifier: MIT */
/* What a widget keeps in memory files and in files. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "usage.h"

#define MEMFDS_MAX 1024
#define DEPTH_MAX 16

struct memfds {
	struct {
		uint64_t inode, bytes;
	} each[MEMFDS_MAX];
	size_t n;
	bool failed;
};

static void add(struct memfds *memfds, uint64_t inode, uint64_t bytes)
{
	for (size_t i = 0; i < memfds->n; i++)
		if (memfds->each[i].inode == inode)
			return;
	if (memfds->n == MEMFDS_MAX) {
		memfds->failed = true;
		return;
	}
	memfds->each[memfds->n].inode = inode;
	memfds->each[memfds->n++].bytes = bytes;
}

/** Who opens a process' files while it ends is told many things; that it may not is told only by one who
 * hides. */
static void note_failure(struct memfds *memfds)
{
	if (errno == EACCES || errno == EPERM)
		memfds->failed = true;
}

static void add_held(struct memfds *memfds, int proc_fd, const char *pid)
{
	char path[300], target[64];
	const struct dirent *entry;
	struct stat status;
	ssize_t n;
	DIR *dir;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		note_failure(memfds);
		return;
	}
	while ((entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));
		if (n > 7 && strncmp(target, "/memfd:", 7) == 0 &&
			fstatat(dirfd(dir), entry->d_name, &status, 0) == 0)
			add(memfds, status.st_ino, (uint64_t)status.st_blocks * 512);
	}
	(void)closedir(dir);
}

/** One that is closed lives on while it is mapped: as long as the mapping reaches, at most. */
static void add_mapped(struct memfds *memfds, int proc_fd, const char *pid)
{
	uint64_t from, to, offset, inode;
	char path[300], line[512];
	FILE *file = NULL;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/maps", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		file = fdopen(fd, "r");
	if (!file) {
		note_failure(memfds);
		return;
	}
	while (fgets(line, sizeof(line), file))
		if (strstr(line, " /memfd:") &&
			sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %" SCNu64, &from, &to,
				&offset, &inode) == 4)
			add(memfds, inode, offset + to - from);
	(void)fclose(file);
}

uint64_t usage_memfd_bytes(DIR *proc)
{
	static struct memfds memfds;
	const struct dirent *entry;
	uint64_t bytes = 0;

	memfds.n = 0;
	memfds.failed = false;
	/* First those of which the size is known, then what is left. */
	for (int mapped = 0; mapped < 2; mapped++) {
		rewinddir(proc);
		while ((entry = readdir(proc))) {
			if (atoi(entry->d_name) <= 1)
				continue;
			if (mapped)
				add_mapped(&memfds, dirfd(proc), entry->d_name);
			else
				add_held(&memfds, dirfd(proc), entry->d_name);
		}
	}
	for (size_t i = 0; i < memfds.n; i++)
		bytes += memfds.each[i].bytes;
	return memfds.failed ? UINT64_MAX : bytes;
}

static void walk(int dir_fd, unsigned int depth, unsigned int files_max, struct dir_usage *usage)
{
	DIR *dir = fdopendir(dir_fd);
	const struct dirent *entry;
	struct stat status;
	int fd;

	if (!dir) {
		(void)close(dir_fd);
		return;
	}
	while (usage->files <= files_max && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		usage->files++;
		usage->bytes += (uint64_t)status.st_blocks * 512;
		if (!S_ISDIR(status.st_mode))
			continue;
		fd = depth < DEPTH_MAX ? openat(dirfd(dir), entry->d_name,
						 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
				       : -1;
		if (fd >= 0)
			walk(fd, depth + 1, files_max, usage);
		else if (errno == EACCES || depth == DEPTH_MAX)
			usage->too_deep = true;
	}
	(void)closedir(dir);
}

void usage_directory(int dir_fd, unsigned int files_max, struct dir_usage *ret)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret = (struct dir_usage){0};
	if (fd >= 0)
		walk(fd, 0, files_max, ret);
}
