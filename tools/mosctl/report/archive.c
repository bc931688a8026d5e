/* SPDX-License-Identifier: MIT */
#include "report/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 512u

/* POSIX ustar. Numbers are octal text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6],
		version[2], owner[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
static_assert(sizeof(struct header) == BLOCK);

static struct archived *find(struct archive *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (!strcmp(b->file[i].name, name))
			return &b->file[i];
	return NULL;
}

int archive_add(struct archive *b, const char *name, const char *text, int is_link)
{
	const size_t len = strlen(text);
	struct archived *f = find(b, name);
	char *copy;

	if (f && (f->len || !len))
		return 0;
	if ((!f && b->n == ARCHIVE_FILES_MAX) || len > ARCHIVE_BYTES_MAX - b->bytes ||
		(is_link && len > 100)) {
		b->left_out++;
		return -ENOSPC;
	}
	if (!f && b->n == b->room) {
		struct archived *grown = realloc(b->file, (b->room * 2 + 64) * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		b->file = grown;
		b->room = b->room * 2 + 64;
	}
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	if (!f) {
		f = &b->file[b->n];
		*f = (struct archived){.name = strdup(name)};
		if (!f->name) {
			free(copy);
			return -ENOMEM;
		}
		b->n++;
	}
	free(f->text);
	f->text = copy;
	f->len = len;
	f->is_link = is_link;
	b->bytes += len;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct archived *)a)->name, ((const struct archived *)b)->name);
}

/* Names are ours, or of a kernel's files: a long one is cut at a '/', as the format has it. @return 0,
 * -ENAMETOOLONG. */
static int set_name(struct header *h, const char *top, const char *name)
{
	char full[PATH_MAX];
	const int n = snprintf(full, sizeof(full), "%s/%s", top, name);
	const char *slash;

	if (n < 0 || (size_t)n >= sizeof(full))
		return -ENAMETOOLONG;
	if ((size_t)n <= sizeof(h->name)) {
		memcpy(h->name, full, (size_t)n);
		return 0;
	}
	slash = strchr(full + n - (int)sizeof(h->name) - 1, '/');
	if (!slash || (size_t)(slash - full) > sizeof(h->prefix))
		return -ENAMETOOLONG;
	memcpy(h->prefix, full, (size_t)(slash - full));
	memcpy(h->name, slash + 1, strlen(slash + 1));
	return 0;
}

static int put_file(FILE *to, const char *top, const struct archived *f)
{
	static const char zeros[BLOCK];
	struct header h = {0};
	const size_t size = f->is_link ? 0 : f->len;
	unsigned int sum = 0;

	if (set_name(&h, top, f->name) < 0)
		return -ENAMETOOLONG;
	(void)snprintf(h.mode, sizeof(h.mode), "%07o", 0600);
	(void)snprintf(h.uid, sizeof(h.uid), "%07o", 0);
	(void)snprintf(h.gid, sizeof(h.gid), "%07o", 0);
	(void)snprintf(h.size, sizeof(h.size), "%011zo", size);
	(void)snprintf(h.mtime, sizeof(h.mtime), "%011o", 0);
	h.type = f->is_link ? '2' : '0';
	if (f->is_link)
		memcpy(h.link, f->text, f->len);
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((const unsigned char *)&h)[i];
	(void)snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);
	h.checksum[7] = ' ';
	(void)fwrite(&h, sizeof(h), 1, to);
	(void)fwrite(f->text, 1, size, to);
	(void)fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, to);
	return 0;
}

/* What was only seen to be there, and is a folder, too: its files say so. */
static int is_folder(const struct archive *b, size_t i)
{
	const size_t len = strlen(b->file[i].name);

	for (size_t k = i + 1; k < b->n && !strncmp(b->file[k].name, b->file[i].name, len); k++)
		if (b->file[k].name[len] == '/')
			return 1;
	return 0;
}

static int put_all(struct archive *b, const char *top, FILE *to)
{
	static const char zeros[2 * BLOCK];

	qsort(b->file, b->n, sizeof(*b->file), by_name);
	for (size_t i = 0; i < b->n; i++)
		if (!is_folder(b, i) && put_file(to, top, &b->file[i]) < 0)
			b->left_out++;
	(void)fwrite(zeros, 1, sizeof(zeros), to);
	return ferror(to) ? -EIO : 0;
}

/* A filter between us and the file. @return the end to write to; -errno. */
static int start_compressor(const char *name, int out, pid_t *ret_pid)
{
	const char *const gzip[] = {"gzip", "-n", "-9", NULL}, *const zstd[] = {
								       "zstd", "-q", "-19", "-c", NULL};
	const char *const *argv = strcmp(name, "zstd") ? gzip : zstd;
	posix_spawn_file_actions_t actions;
	int pair[2], rc;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	rc = -posix_spawnp(ret_pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pair[0]);
	if (rc < 0) {
		close(pair[1]);
		return rc;
	}
	return pair[1];
}

static int write_to(struct archive *b, const char *top, int fd, const char *compressor)
{
	pid_t pid = -1;
	int end = compressor ? start_compressor(compressor, fd, &pid) : dup(fd), status = 0, rc;
	FILE *to;

	if (end < 0)
		return compressor ? end : -errno;
	to = fdopen(end, "w");
	if (!to) {
		close(end);
		rc = -ENOMEM;
	} else {
		rc = put_all(b, top, to);
		if (fclose(to) != 0 && rc == 0)
			rc = -errno;
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0 && status != 0)
		rc = -EIO;
	return rc < 0 ? rc : fsync(fd) < 0 ? -errno : 0;
}

int archive_write(struct archive *b, const char *top, const char *path, const char *compressor)
{
	char beside[PATH_MAX];
	int fd, rc;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= sizeof(beside))
		return -ENAMETOOLONG;
	fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 from its first moment */
	if (fd < 0)
		return -errno;
	rc = write_to(b, top, fd, compressor);
	close(fd);
	if (rc == 0 && rename(beside, path) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlink(beside);
	return rc;
}

void archive_finish(struct archive *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->file[i].name);
		free(b->file[i].text);
	}
	free(b->file);
	*b = (struct archive){0};
}
