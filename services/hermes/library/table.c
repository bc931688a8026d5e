/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mos/roman.h>
#include <mos/tonality.h>

#include "table_impl.h"

#define READ_BYTES (1u << 20)
#define MAX_RECORD_BYTES (8u << 20)

/** Fill the buffer. @return 0, -errno. */
static int read_more(struct table_import *import)
{
	if (import->at > 0) {
		memmove(import->buffer, import->buffer + import->at, import->n - import->at);
		import->n -= import->at;
		import->at = 0;
	}
	if (import->n + READ_BYTES > import->cap) {
		const size_t cap =
			import->cap * 2 > import->n + READ_BYTES ? import->cap * 2 : import->n + READ_BYTES;
		if (import->n > MAX_RECORD_BYTES)
			return library_fail(import->lib, -EINVAL, "record %llu is longer than %u bytes",
				(unsigned long long)import->n_records + 1, MAX_RECORD_BYTES);
		uint8_t *grown = realloc(import->buffer, cap);
		if (!grown)
			return library_fail(import->lib, -ENOMEM, "out of memory");
		import->buffer = grown;
		import->cap = cap;
	}
	ssize_t got;
	do {
		got = read(import->fd, import->buffer + import->n, import->cap - import->n);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return library_fail(import->lib, -errno, "%s: %s", import->path, strerror(errno));
	import->n += (size_t)got;
	import->at_end = got == 0;
	return 0;
}

/** The record's first line, and how many were read. */
static void count_lines(struct table_import *import, const uint8_t *at, size_t size)
{
	const uint8_t *end = at + size;
	while (at < end && (*at == '\n' || *at == '\r'))
		import->n_lines += *at++ == '\n';
	import->line = import->n_lines + 1;
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		import->n_lines++;
		at++;
	}
}

/** @return 1 a record; 0 the end; -EBADMSG one that cannot be read, skipped; -errno. */
static int next_record(struct table_import *import)
{
	for (;;) {
		size_t used = 0;
		const uint8_t *from = import->buffer + import->at;
		const int rc = record_read(
			&import->record, import->kind, from, import->n - import->at, import->at_end, &used);
		count_lines(import, from, used);
		import->at += used;
		import->progress.bytes += used;
		if (rc != -EAGAIN) {
			import->n_records += rc != 0;
			return rc == -ENOMEM ? library_fail(import->lib, rc, "out of memory") : rc;
		}
		const int more = read_more(import);
		if (more < 0)
			return more;
	}
}

/** A letter and an s that is a sharp, not the beginning of "sus". */
static int is_sharp(const char *text, size_t i, size_t len)
{
	return i + 1 < len && text[i] >= 'A' && text[i] <= 'G' && text[i + 1] == 's' &&
	       (i == 0 || text[i - 1] == '/') && !(i + 3 < len && text[i + 2] == 'u' && text[i + 3] == 's');
}

/** "Fsmin" -> "F#min", "Ano3d" -> "Ano3". @return length. */
static size_t respell(const char *text, size_t len, char *to, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < len && n + 2 < size; i++) {
		if (is_sharp(text, i, len)) {
			to[n++] = text[i++];
			to[n++] = '#';
		} else if (text[i] == 'd' && i >= 3 && memcmp(text + i - 3, "no3", 3) == 0) {
			continue;
		} else {
			to[n++] = text[i];
		}
	}
	to[n] = '\0';
	return n;
}

static void unread(struct table_import *import, const char *text, size_t len)
{
	const int cell = import->cell_of[COLUMN_CHORDS];
	import->progress.n_unread_chords++;
	table_note(import, cell >= 0 ? cell : import->cell_of[COLUMN_NUMERALS], "\"%.*s\" is no chord",
		len > 60 ? 60 : (int)len, text);
}

static int add_chord(struct table_import *import, const char *text, size_t len)
{
	struct mos_chord chord;
	if (len > 40) {
		unread(import, text, len);
		return library_harmony_chord(import->lib, "N.C.", 4);
	}
	const uint32_t id = dictionary_add(&import->raw, text, len, 0, NULL);
	if (id == 0)
		return -ENOMEM;
	if (id > import->n_spelled) {
		if ((id & (id - 1)) == 0 || !import->spelled) { /* room for twice as many */
			void *grown = realloc(import->spelled, (size_t)id * 2 * sizeof(*import->spelled));
			if (!grown)
				return -ENOMEM;
			import->spelled = grown;
		}
		if (mos_chord_parse(text, len, &chord, NULL) < 0)
			(void)respell(text, len, import->spelled[id - 1], sizeof(*import->spelled));
		else
			(void)snprintf(
				import->spelled[id - 1], sizeof(*import->spelled), "%.*s", (int)len, text);
		import->n_spelled = id;
	}
	const char *spelled = import->spelled[id - 1];
	const int rc = library_harmony_chord(import->lib, spelled, strlen(spelled));
	if (rc == -EINVAL)
		unread(import, text, len);
	return rc == -EINVAL ? 0 : rc;
}

/** "<verse_1>" */
static int add_section(struct table_import *import, const char *text, size_t len)
{
	char name[64];
	size_t n = 0;
	for (size_t i = 0; i < len && n < sizeof(name); i++)
		name[n++] = text[i] == '_' ? ' ' : text[i];
	return library_harmony_section(import->lib, name, n);
}

static int add_numeral(struct table_import *import, const char *text, size_t len, struct mos_tonality key)
{
	struct mos_roman roman;
	struct mos_chord chord;
	char symbol[MOS_CHORD_TEXT_MAX];
	if (mos_roman_parse(text, len, key.minor, &roman, NULL) < 0 ||
		mos_roman_to_chord(&roman, key, &chord) < 0 ||
		mos_chord_format(&chord, symbol, sizeof(symbol)) < 0) {
		unread(import, text, len);
		return library_harmony_chord(import->lib, "N.C.", 4);
	}
	return library_harmony_chord(import->lib, symbol, strlen(symbol));
}

static int add_harmony(struct table_import *import, const char *text, int numerals, struct mos_tonality key)
{
	int rc = 0;
	for (const char *at = text; *at && rc == 0;) {
		const size_t n = strcspn(at, " \t|,\n\r");
		if (n == 0) {
			at++;
			continue;
		}
		if (*at == '<' && n > 2 && at[n - 1] == '>')
			rc = add_section(import, at + 1, n - 2);
		else if (numerals)
			rc = add_numeral(import, at, n, key);
		else
			rc = add_chord(import, at, n);
		at += n;
	}
	return rc;
}

/** The first four digits: "1997-03-02", "19970302", "1990s". */
static int year_of(const char *text)
{
	for (const char *at = text; *at; at++)
		if (isdigit((uint8_t)at[0]) && isdigit((uint8_t)at[1]) && isdigit((uint8_t)at[2]) &&
			isdigit((uint8_t)at[3]))
			return (at[0] - '0') * 1000 + (at[1] - '0') * 100 + (at[2] - '0') * 10 + at[3] - '0';
	return 0;
}

/** "'alternative rock' 'pop'", "[...]" -> "alternative rock;pop". */
static const char *genres_of(const char *text, char *buf, size_t size)
{
	if (!strchr(text, '\''))
		return text;
	size_t n = 0;
	for (const char *at = strchr(text, '\''); at; at = strchr(at, '\'')) {
		const char *end = strchr(++at, '\'');
		if (!end || n + (size_t)(end - at) + 2 > size)
			break;
		if (n > 0)
			buf[n++] = ';';
		memcpy(buf + n, at, (size_t)(end - at));
		n += (size_t)(end - at);
		at = end + 1;
	}
	buf[n] = '\0';
	return buf;
}

/** What a cell says, noted where it is not understood. @return its number, 0: not known. */
static int tempo_of(struct table_import *import)
{
	const char *text = table_cell(import, COLUMN_TEMPO);
	char *end;
	const double bpm = strtod(text, &end);
	if (*text && (end == text || !(bpm >= 0 && bpm < 10000))) {
		table_note_column(import, COLUMN_TEMPO, "no tempo");
		return 0;
	}
	return (int)bpm;
}

int table_add_row(struct table_import *import, int64_t *ret_id)
{
	struct mos_tonality key = mos_tonality_from_class(0, 0);
	char genres[512], origin[512];
	const char *id = table_cell(import, COLUMN_ID), *year_text = table_cell(import, COLUMN_YEAR);
	const int has_key = mos_tonality_parse(table_cell(import, COLUMN_KEY), SIZE_MAX, &key) == 0;
	const int year = year_of(year_text);
	if (!has_key && *table_cell(import, COLUMN_KEY))
		table_note_column(import, COLUMN_KEY, "no key");
	if (*year_text && year == 0)
		table_note_column(import, COLUMN_YEAR, "no year");
	(void)snprintf(origin, sizeof(origin), "%s", id);
	return library_add(import->lib,
		&(struct library_song){
			.title = *table_cell(import, COLUMN_TITLE) ? table_cell(import, COLUMN_TITLE) : id,
			.artist = table_cell(import, COLUMN_ARTIST),
			.album = table_cell(import, COLUMN_ALBUM),
			.genre = genres_of(table_cell(import, COLUMN_GENRE), genres, sizeof(genres)),
			.origin = origin,
			.year = year,
			.tonic = has_key ? mos_tone_class(key.tonic) : LIBRARY_NO_KEY,
			.minor = key.minor,
			.tempo_bpm = tempo_of(import),
		},
		ret_id);
}

static int add_song(struct table_import *import)
{
	struct mos_tonality key = mos_tonality_from_class(0, 0);
	const int numerals = import->kind == RECORD_JSON ? !*table_cell(import, COLUMN_CHORDS)
							 : import->cell_of[COLUMN_CHORDS] < 0;
	(void)mos_tonality_parse(table_cell(import, COLUMN_KEY), SIZE_MAX, &key);
	library_harmony_begin(import->lib);
	const int rc = add_harmony(
		import, table_cell(import, numerals ? COLUMN_NUMERALS : COLUMN_CHORDS), numerals, key);
	return rc < 0 ? library_fail(import->lib, rc, "out of memory") : table_add_row(import, NULL);
}

static int add_record(struct table_import *import)
{
	switch (import->what) {
	case TABLE_OF_SLOTS:
		return table_add_slots(import);
	case TABLE_OF_STATISTICS:
		return table_add_statistics(import);
	default:
		return add_song(import);
	}
}

/** Is it a table of songs? Reads the head. */
static int read_head(struct table_import *import)
{
	int rc = read_more(import);
	if (rc < 0)
		return rc;
	import->kind = record_guess(import->buffer, import->n);
	if (import->kind == RECORD_JSON)
		return 0;
	rc = next_record(import);
	import->n_records = 0;
	if (rc == 1)
		return table_find_columns(import);
	return rc == 0 || rc == -EBADMSG
		       ? library_fail(import->lib, -EINVAL,
				 "no table of songs: it has no line that names \"chords\" or \"numerals\"")
		       : rc;
}

int table_open(struct library *lib, int fd, const char *path, struct table_import **ret, char *why)
{
	struct table_import *import = calloc(1, sizeof(*import));
	struct stat st;
	int rc = import && fstat(fd, &st) == 0 ? 0 : -ENOMEM;
	if (!import) {
		close(fd);
		return -ENOMEM;
	}
	*import = (struct table_import){.lib = lib, .fd = fd, .path = strdup(path)};
	if (rc == 0) {
		import->source = library_source_of(import->path, &st);
		import->progress.size_bytes = (uint64_t)import->source.size_bytes;
	}
	if (!import->path || rc < 0)
		rc = library_fail(lib, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = read_head(import);
	const int64_t skip = rc == 0 ? library_source_find(lib, &import->source) : rc;
	if (skip == -EALREADY)
		rc = library_fail(lib, -EALREADY, "%s is in the library already", path);
	else if (skip < 0)
		rc = (int)skip;
	while (rc == 0 && import->n_records < (uint64_t)skip) {
		const int next = next_record(import);
		if (next == 0)
			break;
		if (next < 0 && next != -EBADMSG)
			rc = next;
		import->progress.n_songs += next > 0 && import->what != TABLE_OF_STATISTICS;
	}
	if (rc < 0) {
		(void)snprintf(why, LIBRARY_WHY, "%s", library_why(lib));
		table_close(import);
		return rc;
	}
	*ret = import;
	return 0;
}

static void refuse(struct table_import *import)
{
	if (import->progress.n_refused++ > 0)
		return;
	import->progress.first_refused = import->n_records;
	(void)snprintf(import->progress.why, LIBRARY_WHY, "line %llu: %s", (unsigned long long)import->line,
		import->record.why);
}

int table_step(struct table_import *import, uint32_t max_songs)
{
	int rc = library_begin(import->lib), next = 1;
	uint64_t n = 0;
	uint32_t n_read = 0; /* what is refused takes time, too */
	if (rc == 0 && import->what == TABLE_OF_STATISTICS && import->n_records == 0)
		rc = table_forget_statistics(import);
	while (rc == 0 && n_read < max_songs && (next = next_record(import)) != 0) {
		n_read++;
		rc = next > 0 ? add_record(import) : next;
		if (rc == -EBADMSG) {
			refuse(import);
			rc = 0;
			continue;
		}
		n++;
	}
	if (rc == 0)
		rc = table_flush_slots(import);
	if (rc == 0)
		rc = library_source_store(import->lib, &import->source, import->n_records, next == 0);
	if (rc == 0)
		rc = library_commit(import->lib);
	if (rc < 0) {
		library_rollback(import->lib);
		return rc;
	}
	if (import->what == TABLE_OF_STATISTICS)
		import->progress.n_statistics += n;
	else
		import->progress.n_songs += n;
	return next != 0;
}

const struct table_progress *table_progress(const struct table_import *import)
{
	return &import->progress;
}

void table_close(struct table_import *import)
{
	if (!import)
		return;
	close(import->fd);
	free(import->path);
	free(import->buffer);
	free(import->spelled);
	free(import->slot_song);
	free(import->slot_vector);
	for (unsigned i = 0; i < RECORD_MAX_CELLS; i++)
		free(import->head[i]);
	record_finish(&import->record);
	dictionary_finish(&import->raw);
	free(import);
}
