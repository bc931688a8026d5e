/* SPDX-License-Identifier: MIT */
/* What writer and reader of the journal share, and the directory that it lies in. */
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENTS_MAX 65536u
#define SUFFIX ".journal"

uint32_t journal_crc(const void *bytes, size_t n)
{
	static uint32_t table[256];
	const uint8_t *p = bytes;
	uint32_t crc = 0xffffffff;

	if (!table[1])
		for (uint32_t i = 0; i < 256; i++) {
			table[i] = i;
			for (int bit = 0; bit < 8; bit++)
				table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
		}
	while (n--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

int journal_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= JOURNAL_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

struct segment {
	char file[64];
	struct journal_head head;
	uint64_t bytes;
};

/** @return 0 when the file is a segment with a whole head. */
static int look(int dir_fd, const char *file, struct segment *ret)
{
	struct stat st;
	int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = -EBADMSG;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		read(fd, &ret->head, sizeof(ret->head)) == sizeof(ret->head) &&
		memcmp(ret->head.magic, "MOSJRNL1", 8) == 0 &&
		ret->head.crc == journal_crc(&ret->head, offsetof(struct journal_head, crc)) &&
		memchr(ret->head.name, 0, sizeof(ret->head.name)) && journal_name_ok(ret->head.name))
		r = 0;
	close(fd);
	ret->bytes = r == 0 ? (uint64_t)st.st_size : 0;
	snprintf(ret->file, sizeof(ret->file), "%.63s", file);
	return r;
}

/** Oldest recording first, in it the first segment first. */
static int by_age(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->head.start_unix_ns != y->head.start_unix_ns)
		return x->head.start_unix_ns < y->head.start_unix_ns ? -1 : 1;
	if (strcmp(x->head.name, y->head.name) != 0)
		return strcmp(x->head.name, y->head.name);
	return x->head.segment < y->head.segment ? -1 : x->head.segment > y->head.segment;
}

/** All segments, by age; the caller frees. @return how many, -errno. */
static int scan(const char *path, struct segment **ret)
{
	struct segment *list = NULL, *more;
	DIR *dir = opendir(path);
	struct dirent *entry;
	uint32_t n = 0, cap = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) && n < SEGMENTS_MAX) {
		size_t len = strlen(entry->d_name);

		if (len <= strlen(SUFFIX) || len >= sizeof(list->file) ||
			strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) != 0)
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 32;
			more = realloc(list, cap * sizeof(*list));
			if (!more)
				goto no_memory;
			list = more;
		}
		n += look(dirfd(dir), entry->d_name, &list[n]) == 0;
	}
	closedir(dir);
	if (n)
		qsort(list, n, sizeof(*list), by_age);
	*ret = list;
	return (int)n;
no_memory:
	closedir(dir);
	free(list);
	return -ENOMEM;
}

int journal_list(const char *dir, struct journal_info *ret, uint32_t max)
{
	struct segment *list;
	int n = scan(dir, &list);
	uint32_t n_names = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		struct journal_info *last = n_names ? &ret[n_names - 1] : NULL;

		if (!last || strcmp(last->name, list[i].head.name) != 0) {
			if (n_names == max)
				break;
			last = &ret[n_names++];
			*last = (struct journal_info){.start_unix_ns = list[i].head.start_unix_ns};
			snprintf(last->name, sizeof(last->name), "%.40s", list[i].head.name);
		}
		last->segments++;
		last->bytes += list[i].bytes;
		last->n_records +=
			(list[i].bytes - sizeof(struct journal_head)) / sizeof(struct journal_record);
	}
	free(list);
	return (int)n_names;
}

int journal_trim(const char *dir, uint64_t keep_bytes, const char *keep)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n, r = 0;
	struct segment *list;
	uint64_t total = 0;

	if (dir_fd < 0)
		return -errno;
	n = scan(dir, &list);
	if (n < 0) {
		close(dir_fd);
		return n;
	}
	for (int i = 0; i < n; i++)
		total += list[i].bytes;
	for (int i = 0; i < n && total > keep_bytes; i++) {
		if (keep && strcmp(list[i].file, keep) == 0)
			continue;
		if (unlinkat(dir_fd, list[i].file, 0) < 0)
			r = -errno;
		else
			total -= list[i].bytes;
	}
	free(list);
	close(dir_fd);
	return r;
}

int journal_remove(const char *dir, const char *name)
{
	int dir_fd, n, found = 0, r = 0;
	struct segment *list;

	if (!journal_name_ok(name))
		return -EINVAL;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	n = scan(dir, &list);
	for (int i = 0; i < n; i++) {
		if (strcmp(list[i].head.name, name) != 0)
			continue;
		found = 1;
		if (unlinkat(dir_fd, list[i].file, 0) < 0)
			r = -errno;
	}
	if (n >= 0)
		free(list);
	close(dir_fd);
	return n < 0 ? n : found ? r : -ENOENT;
}

struct journal_reader {
	int dir_fd;
	struct segment *list; /* only this recording's */
	int n, at;            /* `at`: the segment that is open, or to be opened */
	FILE *file;
	uint64_t index; /* of the next record */
	uint64_t in_segment;
	uint64_t torn;
};

int journal_open(const char *dir, const char *name, struct journal_reader **ret)
{
	struct journal_reader *r;
	struct segment *list;
	int n, mine = 0;

	if (!journal_name_ok(name))
		return -EINVAL;
	n = scan(dir, &list);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		if (strcmp(list[i].head.name, name) == 0)
			list[mine++] = list[i];
	r = mine ? calloc(1, sizeof(*r)) : NULL;
	if (!r) {
		free(list);
		return mine ? -ENOMEM : -ENOENT;
	}
	r->list = list;
	r->n = mine;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0) {
		n = -errno;
		journal_reader_close(r);
		return n;
	}
	*ret = r;
	return 0;
}

static int open_segment(struct journal_reader *r)
{
	int fd = openat(r->dir_fd, r->list[r->at].file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	r->file = fdopen(fd, "rb");
	if (!r->file) {
		close(fd);
		return -ENOMEM;
	}
	r->in_segment = 0;
	return fseek(r->file, sizeof(struct journal_head), SEEK_SET) < 0 ? -errno : 0;
}

static void end_segment(struct journal_reader *r)
{
	uint64_t whole = sizeof(struct journal_head) + r->in_segment * sizeof(struct journal_record);

	r->torn += r->list[r->at].bytes > whole ? r->list[r->at].bytes - whole : 0;
	fclose(r->file);
	r->file = NULL;
	r->at++;
}

static int is_whole(const struct journal_record *record)
{
	return (record->kind == JOURNAL_EVENT || record->kind == JOURNAL_GAP) &&
	       record->crc ==
		       journal_crc(&record->index, sizeof(*record) - offsetof(struct journal_record, index));
}

int journal_next(struct journal_reader *r, struct mos_event *ret)
{
	struct journal_record record;

	while (r->at < r->n) {
		int e;

		if (!r->file) {
			uint64_t first = r->list[r->at].head.first_index, missing = first - r->index;

			if (first > r->index) {
				r->index = first;
				*ret = (struct mos_event){.seq = missing};
				return 2;
			}
			e = open_segment(r);
			if (e < 0)
				return e;
		}
		if (fread(&record, sizeof(record), 1, r->file) != 1 || !is_whole(&record) ||
			record.index != r->index) {
			end_segment(r);
			continue;
		}
		r->in_segment++;
		r->index++;
		*ret = record.ev;
		return record.kind == JOURNAL_EVENT ? 1 : 2;
	}
	return 0;
}

const struct journal_head *journal_reader_head(const struct journal_reader *r)
{
	return &r->list[0].head;
}

uint64_t journal_reader_torn(const struct journal_reader *r)
{
	return r->torn;
}

void journal_reader_close(struct journal_reader *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r->list);
	free(r);
}
