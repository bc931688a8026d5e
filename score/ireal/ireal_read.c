/* SPDX-License-Identifier: MIT */
/*
 * Links, songs, fields. A song of "irealb" has ten fields, each ended by "=", and two empty ones before the
 * next; one of "irealbook" has six. All of it is percent-encoded, "=" sometimes too.
 */
#include <errno.h>
#include <string.h>

#include "ireal_impl.h"

static const char prefix[] = "1r34LbKcu7";

#define CHUNK 50u

/** Fields of a song, and what lies between two songs. */
enum kind { SCRAMBLED, PLAIN };
static const unsigned n_fields[] = {10, 6}, n_between[] = {2, 0};

static bool ends_link(uint8_t c)
{
	return c <= ' ' || c == '"' || c == '<' || c == '>';
}

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/** One character of the link at `at`. @return bytes it takes there. */
static size_t decode(const uint8_t *bytes, size_t size, size_t at, uint8_t *ret)
{
	if (bytes[at] == '%' && size - at >= 3 && hex(bytes[at + 1]) >= 0 && hex(bytes[at + 2]) >= 0) {
		*ret = (uint8_t)(hex(bytes[at + 1]) << 4 | hex(bytes[at + 2]));
		return 3;
	}
	*ret = bytes[at];
	return 1;
}

/** Skip a field. @return 1: *at is where the next one begins; 0: the link ends with it, there. */
static int skip_field(const uint8_t *bytes, size_t size, size_t *at)
{
	uint8_t c;
	while (*at < size && !ends_link(bytes[*at])) {
		*at += decode(bytes, size, *at, &c);
		if (c == '=')
			return 1;
	}
	return 0;
}

static bool field_begins(const uint8_t *bytes, size_t size, size_t at, const char *text)
{
	for (uint8_t c; *text; text++) {
		if (at >= size || ends_link(bytes[at]))
			return false;
		at += decode(bytes, size, at, &c);
		if (c != (uint8_t)*text)
			return false;
	}
	return true;
}

/** Is this where a song begins? @return its kind; -EINVAL. */
static int song_at(const uint8_t *bytes, size_t size, size_t at)
{
	size_t place[7] = {at};
	unsigned n = 1;
	while (n < 7 && skip_field(bytes, size, &at))
		place[n++] = at;
	if (n == 7 && field_begins(bytes, size, place[6], prefix))
		return SCRAMBLED;
	return n >= 6 && field_begins(bytes, size, place[4], "n=") ? PLAIN : -EINVAL;
}

/** The first song of the next link at or after `from`; `size`: none. */
static size_t next_link(const uint8_t *bytes, size_t size, size_t from)
{
	static const char *const scheme[] = {"irealb://", "irealbook://"};
	while (from < size) {
		const uint8_t *hit = memmem(bytes + from, size - from, "irealb", 6);
		if (!hit)
			break;
		const size_t at = (size_t)(hit - bytes);
		for (unsigned i = 0; i < 2; i++) {
			const size_t n = strlen(scheme[i]);
			if (size - at >= n && memcmp(hit, scheme[i], n) == 0)
				return at + n;
		}
		from = at + 1;
	}
	return size;
}

int ireal_is(const uint8_t *bytes, size_t size)
{
	return next_link(bytes, size, 0) < size;
}

size_t ireal_next_song(const uint8_t *bytes, size_t size, size_t from)
{
	/* Who asks for the one after the song before need not begin at the link's start. */
	const int kind = from > 0 && from <= size ? song_at(bytes, size, from - 1) : -EINVAL;
	if (kind >= 0) {
		size_t at = from - 1;
		unsigned left = n_fields[kind] + n_between[kind];
		while (left > 0 && skip_field(bytes, size, &at))
			left--;
		if (left == 0 && song_at(bytes, size, at) >= 0)
			return at;
		from = at;
	}
	return next_link(bytes, size, from);
}

uint32_t ireal_count(const uint8_t *bytes, size_t size)
{
	uint32_t n = 0;
	for (size_t at = 0; (at = ireal_next_song(bytes, size, at)) < size; at++)
		n++;
	return n;
}

/** The field at `at`, decoded, with its NUL. NULL: no memory, or too long (*ret_too_long). */
static char *take_field(
	const uint8_t *bytes, size_t size, size_t at, const struct score_alloc *alloc, bool *ret_too_long)
{
	size_t n = 0, end = at;
	uint8_t c;
	*ret_too_long = false;
	while (end < size && !ends_link(bytes[end])) {
		end += decode(bytes, size, end, &c);
		if (c == '=')
			break;
		if (++n > IREAL_FIELD_MAX) {
			*ret_too_long = true;
			return NULL;
		}
	}
	char *text = score_zalloc(alloc, n + 1, 1);
	for (size_t k = 0; text && k < n; k++) {
		at += decode(bytes, size, at, &c);
		text[k] = (char)(c ? c : ' ');
	}
	return text;
}

/** Pieces of 50 characters have been turned around in part; a last one of up to 51 has not. */
static void unscramble(char *music)
{
	size_t left = strlen(music);
	for (char *piece = music; left > CHUNK + 1; piece += CHUNK, left -= CHUNK)
		for (unsigned i = 0; i < 24; i++) {
			if (i >= 5 && i < 10)
				continue;
			const char swap = piece[i];
			piece[i] = piece[CHUNK - 1 - i];
			piece[CHUNK - 1 - i] = swap;
		}
}

static int read_song(const uint8_t *bytes, size_t size, enum kind kind, const struct score_alloc *alloc,
	struct score_report *report, struct ireal_song *song)
{
	/* which field is what; 0xff: this kind has none */
	static const uint8_t place[2][IREAL_N_FIELDS] = {{0, 1, 3, 4, 6, 7, 8}, {0, 1, 2, 3, 5, 0xff, 0xff}};
	size_t at = song->at;
	int more = 1;
	for (unsigned i = 0; i < n_fields[kind]; i++) {
		for (unsigned k = 0; k < IREAL_N_FIELDS; k++) {
			bool too_long;
			if (place[kind][k] != i || !more)
				continue;
			song->field[k] = take_field(bytes, size, at, alloc, &too_long);
			if (too_long)
				return score_error(report, "nvx1.limit.text", SCORE_AT_BYTE(at),
					"a field is longer than %u bytes", IREAL_FIELD_MAX);
			if (!song->field[k])
				return -ENOMEM;
		}
		more = more && skip_field(bytes, size, &at);
	}
	for (unsigned k = 0; k < IREAL_N_FIELDS; k++)
		if (!song->field[k] && !(song->field[k] = score_zalloc(alloc, 1, 1)))
			return -ENOMEM;
	char *music = song->field[IREAL_MUSIC];
	if (kind == PLAIN)
		return 0;
	memmove(music, music + sizeof(prefix) - 1, strlen(music) - (sizeof(prefix) - 1) + 1);
	unscramble(music);
	return 0;
}

int ireal_import_at(const uint8_t *bytes, size_t size, size_t at, struct nvx_draft *draft)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	struct ireal_chart chart = {0};
	struct ireal_song song = {.at = at};
	const struct score_where where = score_where_byte(at);
	const int kind = at < size ? song_at(bytes, size, at) : -EINVAL;
	if (kind < 0)
		return score_error(draft->report, "IMPORT_PARSE_001", where.text,
			"no song: its fields are not there, or the chart's is none");
	int rc = read_song(bytes, size, (enum kind)kind, alloc, draft->report, &song);
	if (rc == 0)
		rc = ireal_read_bars(song.field[IREAL_MUSIC], alloc, draft->report, where.text, &chart);
	if (rc == 0)
		rc = ireal_build(&song, &chart, where.text, draft);
	for (unsigned k = 0; k < IREAL_N_FIELDS; k++)
		score_free(alloc, song.field[k]);
	score_free(alloc, chart.bar);
	return rc;
}

int ireal_import_song(const uint8_t *bytes, size_t size, uint32_t index, struct nvx_draft *draft)
{
	size_t at = ireal_next_song(bytes, size, 0);
	for (uint32_t i = 0; i < index && at < size; i++)
		at = ireal_next_song(bytes, size, at + 1);
	if (at >= size)
		return score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT_BYTE(0),
			"song number %u is asked for, and there are %u", index + 1, ireal_count(bytes, size));
	return ireal_import_at(bytes, size, at, draft);
}

int ireal_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	return ireal_import_song(bytes, size, 0, draft);
}
