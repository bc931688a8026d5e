/* SPDX-License-Identifier: MIT */
/* Tune books and the lines of a tune: file header, tune header, body, blocks of text, comments. */
#include <errno.h>
#include <string.h>

#include <score/abc.h>
#include <score/format.h>

#include "abc_impl.h"

#define MAX_FILE_HEADER 65536u
#define MAX_EXPECTED 1024u /* events of a tune: room for more is made when they come */
#define MAX_KEPT 196608u   /* extensions of an object may have 256 KiB */
#define LINE_STEP 256u
#define MAX_PLACES 256u /* beyond it places are told as bytes: finding a line costs time */

bool abc_room(struct abc_reader *r, void *items, size_t *cap, size_t n, size_t item_bytes)
{
	if (n <= *cap)
		return true;
	if (r->draft->error)
		return false;
	if (score_reserve(r->alloc, (void **)items, cap, n, item_bytes) < 0) {
		r->draft->error = -ENOMEM;
		return false;
	}
	return true;
}

uint32_t abc_src(const struct abc_reader *r, const char *at)
{
	const uintptr_t byte = (uintptr_t)at, file = (uintptr_t)r->file;
	return (uint32_t)(byte >= file && byte <= file + r->file_size ? byte - file : r->line_src);
}

static bool is_line_end(const char *file, size_t size, size_t i)
{
	return file[i] == '\n' || (file[i] == '\r' && (i + 1 == size || file[i + 1] != '\n'));
}

/** Go on to byte `src`. */
static void count_lines(struct abc_reader *r, size_t src)
{
	const char *at = r->file + r->asked_at, *end = r->file + src;
	if (memchr(at, '\r', (size_t)(end - at))) { /* old line ends count too */
		for (; r->asked_at < src; r->asked_at++)
			r->asked_line += is_line_end(r->file, r->file_size, r->asked_at);
		return;
	}
	for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		r->asked_line++;
	r->asked_at = src;
}

struct score_where abc_where_src(struct abc_reader *r, size_t src)
{
	if (r->fragment)
		return score_where_fmt("%s, byte %zu", r->fragment, src);
	if (r->n_asked >= MAX_PLACES)
		return score_where_byte(src);
	r->n_asked++;
	if (src < r->asked_at || r->asked_line == 0) {
		r->asked_at = 0;
		r->asked_line = 1;
	}
	count_lines(r, src);
	size_t begin = src;
	while (begin > 0 && !is_line_end(r->file, r->file_size, begin - 1) && src - begin < 65536)
		begin--;
	return score_where_line(r->asked_line, src - begin + 1);
}

struct score_where abc_where(struct abc_reader *r, const char *at)
{
	return abc_where_src(r, abc_src(r, at));
}

void abc_keep(struct abc_reader *r, char letter, struct abc_span text)
{
	const nvx_str clean = letter == '%' ? nvx_clean_text(r->draft, text.at, text.n) : abc_string(r, text);
	size_t n;
	const char *at = nvx_string(r->draft->pool, clean, &n);
	if (r->n_kept + n + 3 > MAX_KEPT) {
		if (!r->kept_full)
			score_warn(r->report, ABC_DROPPED, ABC_AT(r, text.at),
				"more text than is kept beside a score");
		r->kept_full = true;
		return;
	}
	if (!abc_room(r, (void *)&r->kept, &r->cap_kept, r->n_kept + n + 3, 1))
		return;
	r->kept[r->n_kept++] = letter;
	r->kept[r->n_kept++] = letter == '%' ? '%' : ':';
	memcpy(r->kept + r->n_kept, at, n);
	r->n_kept += n;
	r->kept[r->n_kept++] = '\n';
}

/** In steps: a file may have one of the two line ends only, and is not searched to its end for the other. */
size_t abc_line_length(const void *text, size_t size)
{
	const char *at = text;
	for (size_t from = 0; from < size; from += LINE_STEP) {
		const size_t n = size - from < LINE_STEP ? size - from : LINE_STEP;
		const char *lf = memchr(at + from, '\n', n);
		const char *cr = memchr(at + from, '\r', lf ? (size_t)(lf - at) - from : n);
		if (cr || lf)
			return (size_t)((cr ? cr : lf) - at);
	}
	return size;
}

/** Take a line off the front, without its end. */
static bool next_line(struct abc_span *text, struct abc_span *ret)
{
	if (text->n == 0)
		return false;
	const size_t n = abc_line_length(text->at, text->n);
	size_t used = n < text->n ? n + 1 : n;
	if (used < text->n && text->at[n] == '\r' && text->at[used] == '\n')
		used++;
	*ret = (struct abc_span){text->at, n};
	text->at += used;
	text->n -= used;
	return true;
}

static struct abc_span without_comment(struct abc_span line)
{
	const char *from = line.at;
	const char *end = line.at + line.n;
	for (const char *p; (p = memchr(from, '%', (size_t)(end - from))); from = p + 1)
		if (p == line.at || p[-1] != '\\')
			return (struct abc_span){line.at, (size_t)(p - line.at)};
	return line;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_field(const struct abc_reader *r, struct abc_span line)
{
	if (line.n < 2 || line.at[1] != ':' || !(is_letter(line.at[0]) || line.at[0] == '+'))
		return false;
	/* "A:|" and "d::" are notes before a repeat sign */
	return !(r->in_body && line.n > 2 && (line.at[2] == '|' || line.at[2] == ':') &&
		 strchr("ABCDEFGabcdefgzx", line.at[0]));
}

enum block { NO_BLOCK, TEXT_BLOCK, DRAWING_BLOCK };

static enum block block_begins(struct abc_span line)
{
	if (abc_starts(line, "%%begintext"))
		return TEXT_BLOCK;
	return abc_starts(line, "%%begin") ? DRAWING_BLOCK : NO_BLOCK;
}

static void block_line(struct abc_reader *r, enum block *block, struct abc_span line)
{
	if (abc_starts(line, "%%end")) {
		*block = NO_BLOCK;
		return;
	}
	if (*block == DRAWING_BLOCK)
		return;
	if (abc_starts(line, "%%"))
		line = (struct abc_span){line.at + 2, line.n - 2};
	char text[1024] = "text ";
	const size_t n = line.n < sizeof(text) - 5 ? line.n : sizeof(text) - 5;
	memcpy(text + 5, line.at, n);
	abc_keep(r, '%', (struct abc_span){text, n + 5});
}

static void end_header(struct abc_reader *r, struct abc_span line)
{
	if (!r->has_key)
		score_warn(r->report, ABC_BAD, ABC_AT(r, line.at), "the music begins without a K: field");
	abc_field(r, 'K', (struct abc_span){line.at, 0}, false);
}

static void read_line(struct abc_reader *r, struct abc_span raw, enum block *block)
{
	r->line_src = abc_src(r, raw.at);
	if (*block != NO_BLOCK) {
		block_line(r, block, raw);
		return;
	}
	if (raw.n >= 2 && raw.at[0] == '%' && raw.at[1] == '%') {
		*block = block_begins(raw);
		if (*block == DRAWING_BLOCK)
			score_warn(r->report, ABC_DROPPED, ABC_AT(r, raw.at), "a drawing is left out");
		if (*block == NO_BLOCK)
			abc_directive(r, (struct abc_span){raw.at + 2, raw.n - 2});
		return;
	}
	const struct abc_span line = abc_trim(without_comment(raw));
	if (line.n == 0)
		return;
	if (is_field(r, line)) {
		const struct abc_span text = abc_trim((struct abc_span){line.at + 2, line.n - 2});
		abc_field(r, line.at[0], text, false);
		if (line.at[0] != '+')
			r->last_field = line.at[0];
		return;
	}
	if (!r->in_body && r->last_field == 'H') {
		abc_field(r, 'H', line, false);
		return;
	}
	if (!r->in_body && (r->has_later_key || !memchr(line.at, '|', line.n))) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, line.at), "no field and no music");
		score_warn_value(r->report, line.at, (uint32_t)(line.n < 80 ? line.n : 80));
		return;
	}
	if (!r->in_body)
		end_header(r, line);
	abc_music_line(r, line);
}

/** What stands before the first tune counts for all of them: L:, M:, U:, m:, I: and so on. */
static void read_file_header(struct abc_reader *r, size_t size)
{
	enum block block = NO_BLOCK;
	struct abc_span text = {r->file, size < MAX_FILE_HEADER ? size : MAX_FILE_HEADER}, line;
	if (size >= 3 && memcmp(r->file, "\xef\xbb\xbf", 3) == 0)
		text = (struct abc_span){r->file + 3, text.n - 3};
	while (next_line(&text, &line)) {
		const bool is_plain = line.n == 0 || (!is_field(r, line) && line.at[0] != '%');
		if (block == NO_BLOCK &&
			(is_plain || (line.at[0] == '%' && (line.n < 2 || line.at[1] != '%'))))
			continue;
		if (block == NO_BLOCK && line.at[0] != '%' && !strchr("CILMmORUZ", line.at[0]))
			continue;
		read_line(r, line, &block);
	}
	r->n_kept = 0; /* texts there belong to the book */
}

/** What follows a blank line is no part of the tune; say so where it looks as if it should be. */
static void check_rest(struct abc_reader *r, struct abc_span rest)
{
	struct abc_span line;
	while (next_line(&rest, &line)) {
		if (line.n == 0 || line.at[0] == '%')
			continue;
		const char *bar = memchr(line.at, '|', line.n);
		if (!bar || !memchr(bar + 1, '|', line.n - (size_t)(bar + 1 - line.at)))
			continue;
		score_warn(r->report, ABC_BAD, ABC_AT(r, line.at),
			"music behind the blank line that ends the tune is not read");
		return;
	}
}

static bool header_goes_on(const struct abc_reader *r, struct abc_span rest)
{
	struct abc_span line;
	while (next_line(&rest, &line))
		if (abc_trim(line).n > 0 && line.at[0] != '%')
			return is_field(r, line);
	return false;
}

static void read_tune(struct abc_reader *r, struct abc_span text)
{
	enum block block = NO_BLOCK;
	struct abc_span line;
	while (!r->draft->error && next_line(&text, &line)) {
		if (block == NO_BLOCK && abc_trim(line).n == 0) {
			if (r->in_body || !header_goes_on(r, text))
				break;
			score_warn(r->report, ABC_BAD, ABC_AT(r, line.at), "blank line in the header");
			continue;
		}
		read_line(r, line, &block);
		if (r->draft->cancel && atomic_load_explicit(r->draft->cancel, memory_order_relaxed))
			r->draft->error = -ECANCELED;
	}
	if (block == TEXT_BLOCK)
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a block of text has no end");
	check_rest(r, text);
}

void abc_reader_init(struct abc_reader *r, struct nvx_draft *draft, const void *bytes, size_t size)
{
	*r = (struct abc_reader){
		.draft = draft,
		.alloc = nvx_pool_alloc(draft->pool),
		.report = draft->report,
		.file = bytes,
		.file_size = size,
		.current = ABC_NONE,
		.setup = {.propagate = 'p'},
		.key = {.step = NVX_KEY_NONE},
		.defaults = {.channel = NVX_NO_U8, .bank = UINT16_MAX, .velocity = 100, .propagate = 'p'},
	};
}

void abc_reader_finish(struct abc_reader *r)
{
	for (size_t i = 0; i < r->n_voice; i++) {
#define X(list, type) score_free(r->alloc, r->voice[i].list);
		ABC_VOICE_LISTS(X)
#undef X
	}
	score_free(r->alloc, r->macro);
	score_free(r->alloc, r->voice);
	score_free(r->alloc, r->note);
	score_free(r->alloc, r->keys);
	score_free(r->alloc, r->meters);
	score_free(r->alloc, r->clefs);
	score_free(r->alloc, r->kept);
	score_free(r->alloc, r->scratch);
}

/* ---- books ---- */

static bool is_line_start(const uint8_t *bytes, size_t at)
{
	return at == 0 || bytes[at - 1] == '\n' || bytes[at - 1] == '\r' ||
	       (at == 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0);
}

static size_t next_field(const uint8_t *bytes, size_t size, size_t from, char letter)
{
	for (const uint8_t *p; from < size && (p = memchr(bytes + from, letter, size - from));) {
		const size_t at = (size_t)(p - bytes);
		if (at + 1 < size && p[1] == ':' && is_line_start(bytes, at))
			return at;
		from = at + 1;
	}
	return size;
}

size_t abc_next_tune(const uint8_t *bytes, size_t size, size_t from)
{
	return next_field(bytes, size, from, 'X');
}

uint32_t abc_count(const uint8_t *bytes, size_t size)
{
	uint32_t n = 0;
	for (size_t at = 0; (at = abc_next_tune(bytes, size, at)) < size; at += 2)
		n++;
	/* a single tune may lack its number */
	return n > 0 ? n : next_field(bytes, size, 0, 'K') < size;
}

int abc_import_at(const uint8_t *bytes, size_t size, size_t at, struct nvx_draft *draft)
{
	if (draft->error)
		return draft->error;
	if (size > UINT32_MAX / 2)
		return score_error(draft->report, "nvx1.limit.file", "byte 0", "%zu bytes, the limit is %u",
			size, UINT32_MAX / 2);
	struct abc_reader *r = score_zalloc(nvx_pool_alloc(draft->pool), 1, sizeof(*r));
	if (!r)
		return draft->error = -ENOMEM;
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	abc_reader_init(r, draft, bytes, size);
	if (draft->lines && draft->lines->at <= at) {
		r->asked_at = (size_t)draft->lines->at;
		r->asked_line = draft->lines->line;
	}
	memcpy(draft->report->dialect, "ABC 2.1", sizeof("ABC 2.1"));
	const size_t first = abc_next_tune(bytes, size, 0);
	if (first > 0 && first < size)
		read_file_header(r, first);
	r->last_field = 0;
	const size_t end = abc_next_tune(bytes, size, at + 1);
	r->has_later_key = next_field(bytes, end, at, 'K') < end;
	r->n_expected = end - at < 4 * MAX_EXPECTED ? (end - at) / 4 : MAX_EXPECTED;
	(void)abc_room(r, (void *)&r->note, &r->cap_note, r->n_expected, sizeof(r->note[0]));
	read_tune(r, (struct abc_span){(const char *)bytes + at, end - at});
	if (!draft->globals.metadata.id) /* every tune has a number; nobody gave this one another */
		draft->globals.metadata.id = nvx_text(draft, "1", 1);
	int rc = draft->error;
	if (rc == 0 && !r->has_key && !r->has_body_music)
		rc = score_error(draft->report, ABC_BAD, ABC_AT(r, (const char *)bytes + at),
			"the tune has neither a K: field nor music");
	if (rc == 0) {
		abc_build(r);
		rc = draft->error;
	}
	if (draft->lines)
		*draft->lines = (struct score_lines){r->asked_at, r->asked_line};
	abc_reader_finish(r);
	score_free(alloc, r);
	return rc;
}

int abc_import_tune(const uint8_t *bytes, size_t size, uint32_t index, struct nvx_draft *draft)
{
	size_t at = abc_next_tune(bytes, size, 0);
	if (at == size && index == 0 && abc_count(bytes, size) == 1)
		return abc_import_at(bytes, size, 0, draft);
	for (uint32_t i = 0; i < index && at < size; i++)
		at = abc_next_tune(bytes, size, at + 2);
	if (at == size)
		return score_error(draft->report, ABC_BAD, "byte 0",
			"no tune with the index %u: %u begin with X:", index, abc_count(bytes, size));
	return abc_import_at(bytes, size, at, draft);
}

int abc_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	return abc_import_tune(bytes, size, 0, draft);
}
