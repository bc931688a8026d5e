/* SPDX-License-Identifier: MIT */
/*
 * Links, songs, fields. A song of "irealb" has ten fields, each ended by "=", and two empty ones before the
 * next; one of "irealbook" has six. Usually all of it is percent-encoded, "=" sometimes too. Some write links
 * as they are, with blanks and "<" in them: those end with their line, or their quotes.
 */
#include <errno.h>
#include <string.h>

#include "ireal_impl.h"

static const char prefix[] = "1r34LbKcu7";

#define CHUNK 50u

/** Fields of a song, and what lies between two songs. OPEN: fields of the first, charts of the second. */
enum kind { SCRAMBLED, PLAIN, OPEN };
static const unsigned n_fields[] = {10, 6, 10}, n_between[] = {2, 0, 2};

/** A place in a link. Where a song has had a percent code, its link has no blanks. */
struct link {
	const uint8_t *bytes;
	size_t size, at;
	bool is_encoded;
};

/** How long the scheme is that a link begins with here; 0: none does. */
static size_t scheme_at(const uint8_t *bytes, size_t size, size_t at)
{
	static const char *const scheme[] = {"irealb://", "irealbook://"};
	for (unsigned i = 0; i < 2; i++) {
		const size_t n = strlen(scheme[i]);
		if (size - at >= n && memcmp(bytes + at, scheme[i], n) == 0)
			return n;
	}
	return 0;
}

static bool ends(const struct link *link)
{
	const size_t at = link->at;
	if (at >= link->size)
		return true;
	const uint8_t c = link->bytes[at];
	if (c < ' ' || c == '"' || (link->is_encoded && (c == ' ' || c == '<' || c == '>')))
		return true;
	if (c == '\'' && at + 1 < link->size && link->bytes[at + 1] == '>')
		return true;
	return c == 'i' && scheme_at(link->bytes, link->size, at) > 0;
}

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/** The next character. @return false: the link ends. */
static bool next_char(struct link *link, uint8_t *ret)
{
	if (ends(link))
		return false;
	const uint8_t *at = link->bytes + link->at;
	if (*at == '%' && link->size - link->at >= 3 && hex(at[1]) >= 0 && hex(at[2]) >= 0) {
		*ret = (uint8_t)(hex(at[1]) << 4 | hex(at[2]));
		link->at += 3;
		link->is_encoded = true;
	} else {
		*ret = *at;
		link->at++;
	}
	return true;
}

/** Skip a field. @return false: the link ends with it. */
static bool skip_field(struct link *link)
{
	uint8_t c;
	while (next_char(link, &c))
		if (c == '=')
			return true;
	return false;
}

static bool field_begins(struct link link, const char *text)
{
	for (uint8_t c; *text; text++)
		if (!next_char(&link, &c) || c != (uint8_t)*text)
			return false;
	return true;
}

/** Is this where a song begins? @return its kind; -EINVAL. */
static int song_at(const uint8_t *bytes, size_t size, size_t at)
{
	struct link place[7] = {{.bytes = bytes, .size = size, .at = at}}, link = place[0];
	unsigned n = 1;
	uint8_t c = 0;
	while (n < 7 && skip_field(&link))
		place[n++] = link;
	if (n == 7 && field_begins(place[6], prefix))
		return SCRAMBLED;
	if (n >= 6 && field_begins(place[4], "n="))
		return PLAIN;
	return n == 7 && next_char(&place[6], &c) && strchr("[{*T|", c) && c ? OPEN : -EINVAL;
}

/** The first song of the next link at or after `from`; `size`: none. */
static size_t next_link(const uint8_t *bytes, size_t size, size_t from)
{
	while (from < size) {
		const uint8_t *hit = memmem(bytes + from, size - from, "irealb", 6);
		if (!hit)
			break;
		const size_t at = (size_t)(hit - bytes), n = scheme_at(bytes, size, at);
		if (n)
			return at + n;
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
		struct link link = {.bytes = bytes, .size = size, .at = from - 1};
		unsigned left = n_fields[kind] + n_between[kind];
		while (left > 0 && skip_field(&link))
			left--;
		if (left == 0 && song_at(bytes, size, link.at) >= 0)
			return link.at;
		from = link.at;
	}
	return next_link(bytes, size, from > 0 ? from - 1 : 0); /* a link without a song may lie before one */
}

uint32_t ireal_count(const uint8_t *bytes, size_t size)
{
	uint32_t n = 0;
	for (size_t at = 0; (at = ireal_next_song(bytes, size, at)) < size; at++)
		n++;
	return n;
}

/** The field at `link`, decoded, with its NUL. NULL: no memory, or too long (*ret_too_long). */
static char *take_field(struct link link, const struct score_alloc *alloc, bool *ret_too_long)
{
	struct link end = link;
	size_t n = 0;
	uint8_t c;
	while (next_char(&end, &c) && c != '=' && n <= IREAL_FIELD_MAX)
		n++;
	*ret_too_long = n > IREAL_FIELD_MAX;
	char *text = *ret_too_long ? NULL : score_zalloc(alloc, n + 1, 1);
	for (size_t k = 0; text && k < n && next_char(&link, &c); k++)
		text[k] = (char)(c ? c : ' ');
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
	static const uint8_t place[][IREAL_N_FIELDS] = {
		{0, 1, 3, 4, 6, 7, 8}, {0, 1, 2, 3, 5, 0xff, 0xff}, {0, 1, 3, 4, 6, 7, 8}};
	struct link link = {.bytes = bytes, .size = size, .at = song->at};
	bool more = true;
	for (unsigned i = 0; i < n_fields[kind]; i++) {
		for (unsigned k = 0; k < IREAL_N_FIELDS; k++) {
			bool too_long;
			if (place[kind][k] != i || !more)
				continue;
			song->field[k] = take_field(link, alloc, &too_long);
			if (too_long)
				return score_error(report, "nvx1.limit.text", SCORE_AT_BYTE(link.at),
					"a field is longer than %u bytes", IREAL_FIELD_MAX);
			if (!song->field[k])
				return -ENOMEM;
		}
		more = more && skip_field(&link);
	}
	for (unsigned k = 0; k < IREAL_N_FIELDS; k++)
		if (!song->field[k] && !(song->field[k] = score_zalloc(alloc, 1, 1)))
			return -ENOMEM;
	char *music = song->field[IREAL_MUSIC];
	if (kind != SCRAMBLED)
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
