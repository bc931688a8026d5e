/* SPDX-License-Identifier: MIT */
/* The RIFF walk: every size is checked against the file before anything is read. */
#include "sf2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CHUNKS 4096u
#define MAX_RECORDS 65536u /* an index has 16 bits */

static const struct {
	char id[5];
	uint8_t size;
} tables[SF2_TABLES] = {
	[PHDR] = {"phdr", 38},
	[PBAG] = {"pbag", 4},
	[PMOD] = {"pmod", 10},
	[PGEN] = {"pgen", 4},
	[INST] = {"inst", 22},
	[IBAG] = {"ibag", 4},
	[IMOD] = {"imod", 10},
	[IGEN] = {"igen", 4},
	[SHDR] = {"shdr", 46},
};

struct chunk {
	char id[5];
	uint64_t at; /* of its content */
	uint32_t n_bytes;
};

int sf2_fail(const struct sf2 *s, int r, const char *format, ...)
{
	const int n = snprintf(s->error, s->error_size, "%s: ", s->path);
	va_list args;

	if (n < 0 || (size_t)n >= s->error_size)
		return r;
	va_start(args, format);
	(void)vsnprintf(s->error + n, s->error_size - (size_t)n, format, args);
	va_end(args);
	return r;
}

static uint64_t place(const struct sf2 *s, enum sf2_table_id table, uint32_t record)
{
	return s->table[table].at + (uint64_t)record * tables[table].size;
}

int sf2_fail_at(const struct sf2 *s, int r, enum sf2_table_id table, uint32_t record, const char *format, ...)
{
	char what[128];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return sf2_fail(s, r, "byte %llu: %s record %u: %s", (unsigned long long)place(s, table, record),
		tables[table].id, record, what);
}

void sf2_note(const struct sf2 *s, enum sf2_table_id table, uint32_t record, const char *format, ...)
{
	struct load_report *report = s->report;
	va_list args;
	char *note;
	int n;

	if (!report || report->n_notes++ >= LOAD_NOTES)
		return;
	note = report->note[report->n_notes - 1];
	n = snprintf(note, sizeof(report->note[0]),
		"byte %llu: %s record %u: ", (unsigned long long)place(s, table, record), tables[table].id,
		record);
	if (n < 0 || (size_t)n >= sizeof(report->note[0]))
		return;
	va_start(args, format);
	(void)vsnprintf(note + n, sizeof(report->note[0]) - (size_t)n, format, args);
	va_end(args);
}

const uint8_t *sf2_record(const struct sf2 *s, enum sf2_table_id table, uint32_t record)
{
	return s->table[table].data + (size_t)record * tables[table].size;
}

void sf2_name(const uint8_t name[20], char ret[44])
{
	size_t n = 0;

	for (uint32_t i = 0; i < 20 && name[i]; i++) {
		const uint8_t c = name[i];

		if (c >= 0xa0) { /* Latin-1, of which banks make use */
			ret[n++] = (char)(0xc0 | c >> 6);
			ret[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			ret[n++] = c >= ' ' && c < 0x7f ? (char)c : '?';
		}
	}
	while (n > 0 && ret[n - 1] == ' ')
		n--;
	ret[n] = 0;
}

static int read_at(const struct sf2 *s, uint64_t at, void *to, size_t n)
{
	uint8_t *p = to;

	while (n > 0) {
		const ssize_t got = pread(s->fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sf2_fail(s, -errno, "byte %llu: %s", (unsigned long long)at, strerror(errno));
		if (got == 0)
			return sf2_fail(s, -EINVAL, "byte %llu: the file ends", (unsigned long long)at);
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* The chunk at *at, and *at behind it. @return 1; 0: less than a chunk's head is left before `end`. */
static int next_chunk(const struct sf2 *s, uint64_t *at, uint64_t end, struct chunk *ret)
{
	uint8_t head[8];
	int r;

	if (*at + sizeof(head) > end)
		return 0;
	r = read_at(s, *at, head, sizeof(head));
	if (r < 0)
		return r;
	memcpy(ret->id, head, 4);
	ret->id[4] = 0;
	for (uint32_t i = 0; i < 4; i++)
		if (ret->id[i] < ' ' || ret->id[i] > '~')
			return sf2_fail(
				s, -EINVAL, "byte %llu: no chunk begins here", (unsigned long long)*at);
	ret->n_bytes = sf2_u32(head + 4);
	ret->at = *at + sizeof(head);
	if (ret->n_bytes > end - ret->at)
		return sf2_fail(s, -EINVAL, "byte %llu: chunk %s of %u bytes is longer than what it is in",
			(unsigned long long)*at, ret->id, ret->n_bytes);
	*at = ret->at + ret->n_bytes + (ret->n_bytes & 1);
	return 1;
}

/* Into a list: its kind, and its content without it. */
static int enter(const struct sf2 *s, struct chunk *c, char kind[5])
{
	int r;

	if (c->n_bytes < 4)
		return sf2_fail(
			s, -EINVAL, "byte %llu: a list of %u bytes", (unsigned long long)c->at, c->n_bytes);
	r = read_at(s, c->at, kind, 4);
	kind[4] = 0;
	c->at += 4;
	c->n_bytes -= 4;
	return r;
}

static int read_table(struct sf2 *s, enum sf2_table_id id, const struct chunk *c)
{
	struct sf2_table *t = &s->table[id];
	const uint32_t size = tables[id].size, n = c->n_bytes / size;

	if (t->data)
		return sf2_fail(s, -EINVAL, "byte %llu: a second %s", (unsigned long long)c->at, c->id);
	if (n == 0 || c->n_bytes % size != 0)
		return sf2_fail(s, -EINVAL, "byte %llu: %s has %u bytes, which are no records of %u",
			(unsigned long long)c->at, c->id, c->n_bytes, size);
	t->at = c->at;
	t->n = n < MAX_RECORDS ? n : MAX_RECORDS;
	t->data = malloc((size_t)t->n * size);
	if (!t->data)
		return sf2_fail(s, -ENOMEM, "no memory for its tables");
	return read_at(s, c->at, t->data, (size_t)t->n * size);
}

static int take(struct sf2 *s, const char *list, const struct chunk *c)
{
	uint8_t version[4];
	int r = 0;

	if (strcmp(list, "INFO") == 0 && strcmp(c->id, "ifil") == 0 && c->n_bytes >= sizeof(version)) {
		r = read_at(s, c->at, version, sizeof(version));
		s->major = (uint16_t)sf2_u16(version);
		s->minor = (uint16_t)sf2_u16(version + 2);
	} else if (strcmp(list, "sdta") == 0 && strcmp(c->id, "smpl") == 0) {
		s->smpl_at = c->at;
		s->smpl_bytes = c->n_bytes;
	} else if (strcmp(list, "sdta") == 0 && strcmp(c->id, "sm24") == 0) {
		/* One byte a frame, the last one padded; anything else is to be ignored. */
		if (s->smpl_at && c->n_bytes >= s->smpl_bytes / 2)
			s->sm24_at = c->at;
	} else if (strcmp(list, "pdta") == 0) {
		for (uint32_t i = 0; i < SF2_TABLES && r == 0; i++)
			if (strcmp(c->id, tables[i].id) == 0)
				r = read_table(s, i, c);
	}
	return r;
}

static int walk(struct sf2 *s, uint64_t at, uint64_t end)
{
	char list[5];
	struct chunk outer, inner;
	uint32_t n = 0;
	int r;

	while ((r = next_chunk(s, &at, end, &outer)) > 0) {
		if (strcmp(outer.id, "LIST") != 0)
			continue;
		r = enter(s, &outer, list);
		for (uint64_t in = outer.at; r >= 0;) {
			if (n++ >= MAX_CHUNKS)
				return sf2_fail(s, -EINVAL, "byte %llu: more than %u chunks",
					(unsigned long long)in, MAX_CHUNKS);
			r = next_chunk(s, &in, outer.at + outer.n_bytes, &inner);
			if (r <= 0)
				break;
			r = take(s, list, &inner);
		}
		if (r < 0)
			return r;
		if (n++ >= MAX_CHUNKS)
			return sf2_fail(s, -EINVAL, "byte %llu: more than %u chunks", (unsigned long long)at,
				MAX_CHUNKS);
	}
	return r;
}

static int check_file(struct sf2 *s)
{
	uint8_t head[12];
	struct stat st;
	uint64_t end;
	int r;

	if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return sf2_fail(s, -EINVAL, "not a regular file");
	s->n_bytes = (uint64_t)st.st_size;
	if (s->n_bytes < sizeof(head))
		return sf2_fail(s, -EINVAL, "byte %llu: the file ends", (unsigned long long)s->n_bytes);
	r = read_at(s, 0, head, sizeof(head));
	if (r < 0)
		return r;
	if (memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "sfbk", 4) != 0)
		return sf2_fail(s, -EINVAL, "byte 0: no RIFF sfbk header");
	/* What follows the RIFF chunk is none of its business; where it claims to be longer, a chunk in it
	 * will be. */
	end = 8 + (uint64_t)sf2_u32(head + 4);
	return walk(s, sizeof(head), end < s->n_bytes ? end : s->n_bytes);
}

int sf2_open(struct sf2 *s)
{
	int r;

	s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0)
		return sf2_fail(s, -errno, "cannot open it: %s", strerror(errno));
	r = check_file(s);
	(void)close(s->fd);
	s->fd = -1;
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < SF2_TABLES; i++)
		if (!s->table[i].data)
			return sf2_fail(s, -EINVAL, "byte %llu: the file ends without its table %s",
				(unsigned long long)s->n_bytes, tables[i].id);
	if (s->major == 2 && s->minor < 4)
		s->sm24_at = 0; /* not known to that version */
	return 0;
}
