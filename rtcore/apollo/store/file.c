/* SPDX-License-Identifier: MIT */
/* Files by what they are, not by their names: device, inode, size, time of change. */
#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int wait_on(int fd)
{
	int r = fcntl(fd, F_SETFL, 0) < 0 ? -errno : fd;

	if (r < 0)
		close(fd);
	return r;
}

int file_open(const char *path, struct file_id *ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	*ret = (struct file_id){.dev = st.st_dev,
		.ino = st.st_ino,
		.size = (uint64_t)st.st_size,
		.mtime_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
	return wait_on(fd);
}

static struct file **bucket(struct store *s, const struct file_id *id)
{
	uint64_t h = (id->ino * 0x9e3779b97f4a7c15u + id->dev) * 0x9e3779b97f4a7c15u;

	return &s->files[h >> 48];
}

struct file *file_get(struct store *s, const char *path, const struct file_id *id)
{
	struct file **b = bucket(s, id), *f;
	size_t n = strlen(path) + 1;

	for (f = *b; f; f = f->next)
		if (!memcmp(&f->id, id, sizeof(*id)) && !strcmp(f->path, path)) {
			f->n_refs++;
			return f;
		}
	f = calloc(1, sizeof(*f) + n);
	if (!f)
		return NULL;
	f->id = *id;
	f->n_refs = 1;
	f->uid = ++s->next_uid;
	memcpy(f->path, path, n);
	f->next = *b;
	*b = f;
	return f;
}

void file_put(struct store *s, struct file *f)
{
	struct file **p;

	if (--f->n_refs > 0)
		return;
	for (p = bucket(s, &f->id); *p != f; p = &(*p)->next)
		continue;
	*p = f->next;
	free(f);
}

int source_open(struct store *s, const struct source *src, int how)
{
	struct file_id id;
	int fd;

	if (how == HOW_CACHE)
		return cache_open(s, src);
	fd = file_open(src->file->path, &id);
	if (fd < 0 || !memcmp(&id, &src->file->id, sizeof(id)))
		return fd;
	close(fd);
	return -ESTALE;
}

int read_fully(int fd, void *to, size_t n, uint64_t at)
{
	uint8_t *p = to;

	while (n > 0) {
		ssize_t r = pread(fd, p, n, (off_t)at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EIO;
		p += r;
		n -= (size_t)r;
		at += (uint64_t)r;
	}
	return 0;
}
