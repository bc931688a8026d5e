/* SPDX-License-Identifier: MIT */
/* Files of the audit log. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <yyjson.h>

#include "audit_log.h"

#define LINE_MAX_BYTES 4096u

static const char first_head[AUDIT_HASH_HEX] =
	"0000000000000000000000000000000000000000000000000000000000000000";

static int hash_line(const char *line, size_t len, char ret[static AUDIT_HASH_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!EVP_Digest(line, len, digest, &n, EVP_sha256(), NULL) || n * 2 + 1 != AUDIT_HASH_HEX)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		(void)snprintf(ret + (size_t)i * 2, 3, "%02x", digest[i]);
	return 0;
}

/* --- Which files there are --- */

/* @return 1 and its first record's number, of a name that is one of ours. */
static int file_number(const char *name, uint64_t *ret)
{
	char again[64];
	char *end;

	if (strncmp(name, "audit-", 6) != 0)
		return 0;
	*ret = strtoull(name + 6, &end, 10);
	(void)snprintf(again, sizeof(again), "audit-%020" PRIu64 ".log", *ret);
	return !strcmp(again, name);
}

/* @return how many there are; the numbers of the newest and the oldest; -errno. */
static int look(const char *dir, uint64_t *ret_newest, uint64_t *ret_oldest)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int n = 0;

	if (!d)
		return -errno;
	*ret_newest = 0;
	*ret_oldest = UINT64_MAX;
	while ((entry = readdir(d))) {
		uint64_t number;

		if (!file_number(entry->d_name, &number))
			continue;
		n++;
		*ret_newest = number > *ret_newest ? number : *ret_newest;
		*ret_oldest = number < *ret_oldest ? number : *ret_oldest;
	}
	closedir(d);
	return n;
}

static void file_path(const struct audit_log *log, uint64_t number, char path[static 4096])
{
	(void)snprintf(path, 4096, "%s/audit-%020" PRIu64 ".log", log->dir, number);
}

static int open_file(struct audit_log *log, uint64_t number)
{
	char path[4096];
	struct stat st;

	file_path(log, number, path);
	log->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (log->fd < 0)
		return -errno;
	if (fstat(log->fd, &st) < 0)
		return -errno;
	log->size_bytes = (uint64_t)st.st_size;
	return 0;
}

static void remove_oldest(const struct audit_log *log)
{
	uint64_t newest, oldest;
	char path[4096];

	while (look(log->dir, &newest, &oldest) > (int)AUDIT_FILES_MAX) {
		file_path(log, oldest, path);
		if (unlink(path) < 0)
			return;
	}
}

/* --- Going on --- */

static int number_of(const char *line, size_t len, uint64_t *ret)
{
	yyjson_doc *doc = yyjson_read(line, len, 0);
	yyjson_val *n = yyjson_obj_get(yyjson_doc_get_root(doc), "n");
	int ok = yyjson_is_uint(n);

	*ret = ok ? yyjson_get_uint(n) : 0;
	yyjson_doc_free(doc);
	return ok;
}

/* The last whole line of the newest file: its number and hash. Half a line behind it is taken off. */
static int find_end(struct audit_log *log, uint64_t *ret_torn_bytes)
{
	char tail[2 * LINE_MAX_BYTES];
	uint64_t from = log->size_bytes > sizeof(tail) ? log->size_bytes - sizeof(tail) : 0;
	ssize_t got = pread(log->fd, tail, sizeof(tail), (off_t)from);
	const char *end, *start;

	if (got < 0)
		return -errno;
	end = memrchr(tail, '\n', (size_t)got);
	if (!end && from)
		return -EBADMSG; /* longer than any half of a line of ours: it stays */
	*ret_torn_bytes = (uint64_t)(tail + got - (end ? end + 1 : tail));
	if (*ret_torn_bytes) {
		log->size_bytes -= *ret_torn_bytes;
		if (ftruncate(log->fd, (off_t)log->size_bytes) < 0)
			return -errno;
	}
	if (!end)
		return 0; /* nothing was written into it yet */
	start = memrchr(tail, '\n', (size_t)(end - tail));
	start = start ? start + 1 : tail;
	if ((start == tail && from) || !number_of(start, (size_t)(end - start), &log->n))
		return -EBADMSG;
	return hash_line(start, (size_t)(end - start), log->head);
}

static uint64_t count_lines(int fd)
{
	char part[LINE_MAX_BYTES];
	uint64_t n = 0;
	off_t at = 0;
	ssize_t got;

	while ((got = pread(fd, part, sizeof(part), at)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			n += part[i] == '\n';
		at += got;
	}
	return n;
}

/* A file that a crash left empty goes on with the one before it. */
static int go_back(struct audit_log *log, uint64_t newest, uint64_t *ret_torn_bytes)
{
	char path[4096];
	uint64_t oldest;
	int rc;

	file_path(log, newest, path);
	(void)close(log->fd);
	log->fd = -1;
	if (unlink(path) < 0)
		return -errno;
	log->n = newest - 1;
	rc = look(log->dir, &newest, &oldest);
	if (rc <= 0)
		return rc < 0 ? rc : open_file(log, log->n + 1);
	rc = open_file(log, newest);
	return rc < 0 ? rc : find_end(log, ret_torn_bytes);
}

int audit_log_open(struct audit_log *log, const char *dir, uint64_t *ret_torn_bytes)
{
	uint64_t newest, oldest;
	int rc;

	*log = (struct audit_log){.fd = -1, .file_max_bytes = AUDIT_FILE_MAX};
	*ret_torn_bytes = 0;
	memcpy(log->head, first_head, sizeof(first_head));
	if ((size_t)snprintf(log->dir, sizeof(log->dir), "%s", dir) >= sizeof(log->dir))
		return -ENAMETOOLONG;
	rc = look(dir, &newest, &oldest);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return open_file(log, 1);
	rc = open_file(log, newest);
	if (rc >= 0)
		rc = find_end(log, ret_torn_bytes);
	if (rc >= 0 && !log->size_bytes)
		rc = go_back(log, newest, ret_torn_bytes);
	if (rc == -EBADMSG) {
		uint64_t lines = count_lines(log->fd);

		/* What is there stays, for whoever wants to know what became of it; no number is given twice.
		 */
		log->n = lines ? newest - 1 + lines : newest;
		(void)close(log->fd);
		rc = open_file(log, log->n + 1);
		return rc < 0 ? rc : -EBADMSG;
	}
	return rc;
}

void audit_log_close(struct audit_log *log)
{
	if (log->fd < 0)
		return;
	(void)fdatasync(log->fd);
	(void)close(log->fd);
	log->fd = -1;
}

/* --- Adding --- */

static void put_time(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	struct timespec now;
	struct tm tm;
	char text[40];
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, sizeof(text) - n, ".%06ldZ", now.tv_nsec / 1000);
	yyjson_mut_obj_add_strcpy(doc, root, "time", text);
}

/* @return the line, to be freed; NULL: no memory. */
static char *make_line(const struct audit_log *log, const char *by, const struct audit_note *note,
	uint64_t times, size_t *ret_len)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	char *line = NULL;

	if (root) {
		yyjson_mut_doc_set_root(doc, root);
		yyjson_mut_obj_add_uint(doc, root, "n", log->n + 1);
		put_time(doc, root);
		yyjson_mut_obj_add_str(doc, root, "by", by);
		yyjson_mut_obj_add_sint(doc, root, "pid", note->pid);
		yyjson_mut_obj_add_sint(doc, root, "uid", note->uid);
		yyjson_mut_obj_add_str(doc, root, "name", note->name);
		yyjson_mut_obj_add_str(doc, root, "did", note->method);
		yyjson_mut_obj_add_str(doc, root, "with", note->with);
		yyjson_mut_obj_add_str(doc, root, "result", note->code[0] ? note->code : "ok");
		yyjson_mut_obj_add_uint(doc, root, "times", times);
		yyjson_mut_obj_add_str(doc, root, "prev", log->head);
		line = yyjson_mut_write(doc, YYJSON_WRITE_ESCAPE_UNICODE, ret_len);
	}
	yyjson_mut_doc_free(doc);
	return line;
}

/* All of it, or nothing. */
static int append(struct audit_log *log, char *line, size_t len)
{
	ssize_t put;

	line[len] = '\n'; /* in the place of the NUL */
	put = write(log->fd, line, len + 1);
	if (put == (ssize_t)len + 1) {
		log->size_bytes += len + 1;
		return 0;
	}
	if (put < 0)
		return -errno;
	return ftruncate(log->fd, (off_t)log->size_bytes) < 0 ? -errno : -ENOSPC;
}

static int next_file(struct audit_log *log)
{
	int full = log->fd, rc = open_file(log, log->n + 1);

	if (rc < 0) {
		if (log->fd >= 0 && log->fd != full)
			(void)close(log->fd);
		log->fd = full;
		return rc;
	}
	(void)fdatasync(full);
	(void)close(full);
	remove_oldest(log);
	return 0;
}

int audit_log_add(struct audit_log *log, const char *by, const struct audit_note *note, uint64_t times)
{
	char head[AUDIT_HASH_HEX];
	size_t len;
	char *line;
	int rc = 0;

	if (log->fd < 0)
		return -EBADF;
	/* A new file that cannot be had is no reason to lose a record. */
	if (log->size_bytes >= log->file_max_bytes)
		(void)next_file(log);
	line = make_line(log, by, note, times, &len);
	if (!line || len > LINE_MAX_BYTES)
		rc = line ? -E2BIG : -ENOMEM;
	if (rc >= 0)
		rc = hash_line(line, len, head);
	if (rc >= 0)
		rc = append(log, line, len);
	free(line);
	if (rc < 0)
		return rc;
	log->n++;
	memcpy(log->head, head, sizeof(head));
	return 0;
}
