/* SPDX-License-Identifier: MIT */
/* What is read of songs besides searching: rows for people, sums, and whether all of it is sound. */
#include "library_search.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

static const char *const cannot_read = "the library cannot be read";

static const char *column(sqlite3_stmt *stmt, int at)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);
	return text ? text : "";
}

/** Copy, cut between two characters. */
static void copy_text(char *to, size_t size, const char *text)
{
	size_t n = strlen(text);
	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((uint8_t)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(to, text, n);
	to[n] = '\0';
}

static void append_text(char *to, size_t size, const char *text)
{
	const size_t n = strlen(to);
	copy_text(to + n, size - n, text);
}

static int add_change(
	struct song_changes *changes, uint8_t absolute, uint8_t local, uint32_t chord, uint32_t section)
{
	const uint32_t n = changes->n;
	if (n > 0 && changes->absolute[n - 1] == absolute && changes->local[n - 1] == local)
		return 0;
	if (n == changes->cap) {
		const uint32_t cap = n ? n * 2 : 256;
		uint8_t *a = realloc(changes->absolute, cap), *l = a ? realloc(changes->local, cap) : NULL;
		if (a)
			changes->absolute = a;
		if (l)
			changes->local = l;
		uint32_t *c = l ? realloc(changes->chord, cap * sizeof(*c)) : NULL;
		if (c)
			changes->chord = c;
		uint32_t *s = c ? realloc(changes->section, cap * sizeof(*s)) : NULL;
		if (!s)
			return -ENOMEM;
		changes->section = s;
		changes->cap = cap;
	}
	changes->absolute[n] = absolute;
	changes->local[n] = local;
	changes->chord[n] = chord;
	changes->section[n] = section;
	changes->n++;
	return 0;
}

void song_changes_finish(struct song_changes *changes)
{
	free(changes->absolute);
	free(changes->local);
	free(changes->chord);
	free(changes->section);
}

/** As library_add() counted them. */
int song_changes_read(struct library *lib, const uint8_t *code, size_t n_code, struct song_changes *ret)
{
	struct code_reader reader = {code, code + n_code};
	uint32_t value, chord = 0, section = 0;
	unsigned what;
	int rc, tonic = 0;
	while ((rc = code_next(&reader, &what, &value)) > 0) {
		if (what == CODE_SECTION)
			section = value;
		if (what == CODE_KEY) {
			ret->modulates |= chord > 0;
			tonic = (int)value / 2;
		}
		if (what != CODE_SYMBOL)
			continue;
		if (value == 0 || value > lib->symbol.n)
			return -EBADMSG;
		const struct dictionary_entry *entry = &lib->symbol.entry[value - 1];
		const enum mos_chord_family family =
			entry->family == 0xff ? MOS_CHORD_NONE : (enum mos_chord_family)entry->family;
		rc = add_change(ret, harmony_token(entry->class, family),
			harmony_token(entry->class - tonic, family), chord++, section);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int step_is(uint8_t step, uint8_t token)
{
	return token != HARMONY_BREAK && (step == HARMONY_ANY || step == token);
}

/** The first change at which the phrase stands; UINT32_MAX: nowhere. */
static uint32_t find_phrase(
	const struct song_changes *changes, const struct harmony_phrase *phrase, int tonic)
{
	const int in_local = !phrase->any_key && changes->modulates;
	const uint8_t *token = in_local ? changes->local : changes->absolute;
	for (uint32_t at = 0; at + phrase->n <= changes->n; at++) {
		for (int i = 0; i < (phrase->any_key ? 12 : 1); i++) {
			const int up = phrase->any_key ? i : in_local ? 0 : tonic;
			unsigned k = 0;
			while (k < phrase->n &&
				step_is(harmony_transpose(phrase->step[k], up), token[at + k]))
				k++;
			if (k == phrase->n)
				return at;
		}
	}
	return UINT32_MAX;
}

#define SHOWN_CHANGES 8u

/** Say where the phrase stands first: index of its chord, section, and the chords there. */
static int describe_place(struct library *lib, const uint8_t *code, size_t n_code,
	const struct harmony_phrase *phrase, struct library_hit *hit)
{
	struct song_changes changes = {0};
	int rc = song_changes_read(lib, code, n_code, &changes);
	const uint32_t at =
		rc < 0 ? UINT32_MAX : find_phrase(&changes, phrase, hit->tonic < 0 ? 0 : hit->tonic);
	if (at == UINT32_MAX) {
		song_changes_finish(&changes);
		return library_fail(lib, rc == -ENOMEM ? rc : -EBADMSG,
			rc == -ENOMEM ? "out of memory" : "song %lld is not what the index says",
			(long long)hit->id);
	}
	hit->place = changes.chord[at];
	if (changes.section[at] > 0 && changes.section[at] <= lib->term.n)
		copy_text(hit->section, sizeof(hit->section), lib->term.entry[changes.section[at] - 1].text);

	struct code_reader reader = {code, code + n_code};
	uint32_t value, chord = 0, change = at;
	unsigned what;
	while (code_next(&reader, &what, &value) > 0 && change < changes.n && change < at + SHOWN_CHANGES) {
		if (what != CODE_SYMBOL || chord++ != changes.chord[change])
			continue;
		if (change++ > at)
			append_text(hit->around, sizeof(hit->around), " ");
		append_text(hit->around, sizeof(hit->around), lib->symbol.entry[value - 1].text);
	}
	song_changes_finish(&changes);
	return 0;
}

static void describe_phrase(struct library_hit *hit, const struct harmony_phrase *phrase)
{
	for (unsigned i = 0; i < phrase->n; i++) {
		char text[HARMONY_TEXT_MAX] = "?";
		if (phrase->step[i] != HARMONY_ANY)
			harmony_format(phrase->step[i], text);
		if (i > 0)
			append_text(hit->phrase, sizeof(hit->phrase), " ");
		append_text(hit->phrase, sizeof(hit->phrase), text);
	}
}

static void read_key(sqlite3_stmt *stmt, int at, int *tonic, int *minor)
{
	const int known = sqlite3_column_type(stmt, at) != SQLITE_NULL;
	const int key = sqlite3_column_int(stmt, at);
	*tonic = known ? key / 2 % 12 : LIBRARY_NO_KEY;
	*minor = known ? key & 1 : 0;
}

static int describe(
	struct library *lib, const struct candidate *candidate, int similar, struct library_hit *hit)
{
	sqlite3_stmt *stmt = library_stmt(lib, SQL_GET_SONG);
	if (!stmt)
		return -EIO;
	*hit = (struct library_hit){
		.id = candidate->song, .hits = candidate->hits, .distance = candidate->distance};
	sqlite3_bind_int64(stmt, 1, candidate->song);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		return library_fail(
			lib, -EBADMSG, "the index knows song %u, and there is no such song", candidate->song);
	copy_text(hit->title, sizeof(hit->title), column(stmt, 0));
	copy_text(hit->artist, sizeof(hit->artist), column(stmt, 1));
	hit->year = sqlite3_column_int(stmt, 4);
	read_key(stmt, 5, &hit->tonic, &hit->minor);
	hit->key_inferred = sqlite3_column_int(stmt, 6);
	hit->tempo_bpm = sqlite3_column_int(stmt, 7);
	hit->n_chords = (uint32_t)sqlite3_column_int(stmt, 8);
	if (similar)
		describe_phrase(hit, candidate->phrase);
	const int rc = candidate->phrase
			       ? describe_place(lib, sqlite3_column_blob(stmt, 9),
					 (size_t)sqlite3_column_bytes(stmt, 9), candidate->phrase, hit)
			       : 0;
	sqlite3_reset(stmt);
	return rc;
}

/** A reader learns what a writer added meanwhile. */
static int refresh(struct library *lib)
{
	if (lib->in_batch)
		return 0;
	int rc = dictionary_load(lib, &lib->symbol, 1);
	return rc == 0 ? dictionary_load(lib, &lib->term, 0) : rc;
}

int search_describe(struct library *lib, const struct candidate *candidate, uint32_t n, int similar,
	struct library_found *found)
{
	int rc = refresh(lib);
	found->hit = calloc(n, sizeof(*found->hit));
	if (!found->hit)
		rc = library_fail(lib, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		rc = describe(lib, &candidate[i], similar, &found->hit[i]);
		found->n = i + 1;
	}
	return rc;
}

static char *write_chords(const struct library *lib, const uint8_t *code, size_t n_code)
{
	struct code_reader reader = {code, code + n_code};
	char *text = NULL;
	size_t size;
	uint32_t value;
	unsigned what;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	const char *between = "";
	while (code_next(&reader, &what, &value) > 0) {
		if (what == CODE_SECTION && value > 0 && value <= lib->term.n) {
			(void)fprintf(to, "%s<%s>", *between ? "\n" : "", lib->term.entry[value - 1].text);
			between = " ";
		} else if (what == CODE_SYMBOL && value > 0 && value <= lib->symbol.n) {
			(void)fprintf(to, "%s%s", between, lib->symbol.entry[value - 1].text);
			between = " ";
		}
	}
	return fclose(to) == 0 ? text : NULL;
}

int library_get(struct library *lib, int64_t id, struct library_detail *ret)
{
	sqlite3_stmt *stmt = library_stmt(lib, SQL_GET_SONG);
	*ret = (struct library_detail){0};
	if (!stmt || refresh(lib) < 0)
		return -EIO;
	sqlite3_bind_int64(stmt, 1, id);
	if (sqlite3_step(stmt) != SQLITE_ROW) {
		library_release(lib);
		return library_fail(lib, -ENOENT, "the library has no song %lld", (long long)id);
	}
	ret->title = strdup(column(stmt, 0));
	ret->artist = strdup(column(stmt, 1));
	ret->album = strdup(column(stmt, 2));
	ret->genre = strdup(column(stmt, 3));
	ret->year = sqlite3_column_int(stmt, 4);
	read_key(stmt, 5, &ret->tonic, &ret->minor);
	ret->key_inferred = sqlite3_column_int(stmt, 6);
	ret->tempo_bpm = sqlite3_column_int(stmt, 7);
	ret->chords = write_chords(lib, sqlite3_column_blob(stmt, 9), (size_t)sqlite3_column_bytes(stmt, 9));
	ret->origin = strdup(column(stmt, 10));
	ret->score_id = strdup(column(stmt, 11));
	library_release(lib);
	if (ret->title && ret->artist && ret->album && ret->genre && ret->chords && ret->origin &&
		ret->score_id)
		return 0;
	library_detail_finish(ret);
	return library_fail(lib, -ENOMEM, "out of memory");
}

void library_detail_finish(struct library_detail *detail)
{
	free(detail->chords);
	free(detail->title);
	free(detail->artist);
	free(detail->album);
	free(detail->genre);
	free(detail->origin);
	free(detail->score_id);
	*detail = (struct library_detail){0};
}

/* ---- sums ---- */

/** One number of one statement. */
static int sum(struct library *lib, const char *sql, uint64_t *ret)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	const int row = sqlite3_step(stmt);
	*ret = row == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return row == SQLITE_ROW ? 0 : library_fail_db(lib, cannot_read);
}

static int count_by_key(struct library *lib, struct library_stats *ret)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, "SELECT key,count(*) FROM song GROUP BY key", -1, &stmt, NULL) !=
		SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const uint64_t n = (uint64_t)sqlite3_column_int64(stmt, 1);
		if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
			ret->n_no_key = n;
		else
			ret->by_key[sqlite3_column_int(stmt, 0) % 24] = n;
	}
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

static int count_by_decade(struct library *lib, struct library_stats *ret)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db,
		    "SELECT year/10*10,count(*) FROM song WHERE year IS NOT NULL GROUP BY 1 ORDER BY 1", -1,
		    &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (ret->n_decades < 32 && sqlite3_step(stmt) == SQLITE_ROW) {
		ret->decade[ret->n_decades].decade = sqlite3_column_int(stmt, 0);
		ret->decade[ret->n_decades++].n = (uint64_t)sqlite3_column_int64(stmt, 1);
	}
	sqlite3_finalize(stmt);
	return 0;
}

int library_stats(struct library *lib, struct library_stats *ret)
{
	*ret = (struct library_stats){0};
	const struct {
		const char *sql;
		uint64_t *to;
	} sums[] = {
		{"SELECT count(*) FROM song", &ret->n_songs},
		{"SELECT count(DISTINCT artist) FROM song", &ret->n_artists},
		{"SELECT ifnull(sum(n_chords),0) FROM song", &ret->n_chords},
		{"SELECT count(*) FROM symbol", &ret->n_symbols},
		{"SELECT count(*) FROM segment", &ret->n_segments},
		{"SELECT page_count*page_size FROM pragma_page_count(), pragma_page_size()",
			&ret->size_bytes},
	};
	int rc = 0;
	for (unsigned i = 0; i < sizeof(sums) / sizeof(sums[0]) && rc == 0; i++)
		rc = sum(lib, sums[i].sql, sums[i].to);
	if (rc == 0)
		rc = count_by_key(lib, ret);
	if (rc == 0)
		rc = count_by_decade(lib, ret);
	uint64_t transition[HARMONY_N_TOKENS * HARMONY_N_TOKENS];
	if (rc == 0)
		rc = library_transitions(lib, transition);
	for (unsigned i = 0; i < HARMONY_N_TOKENS * HARMONY_N_TOKENS && rc == 0; i++)
		ret->n_changes += transition[i];
	return rc;
}

int library_transitions(struct library *lib, uint64_t ret[static HARMONY_N_TOKENS * HARMONY_N_TOKENS])
{
	const size_t size = HARMONY_N_TOKENS * HARMONY_N_TOKENS * sizeof(*ret);
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, "SELECT value FROM fact WHERE name='transitions'", -1, &stmt, NULL) !=
		SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	memset(ret, 0, size);
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == (int)size)
		memcpy(ret, sqlite3_column_blob(stmt, 0), size);
	sqlite3_finalize(stmt);
	return 0;
}

int library_statistics(struct library *lib, uint32_t max,
	void (*on)(void *data, const char *chord, const char *next, double n), void *data)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db,
		    "SELECT chord,next,n FROM statistic ORDER BY n DESC,source,chord,next LIMIT ?1", -1,
		    &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	sqlite3_bind_int64(stmt, 1, max);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		on(data, column(stmt, 0), column(stmt, 1), sqlite3_column_double(stmt, 2));
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

struct genre_count {
	const char *name;
	uint64_t n;
};

/** Songs of the lists of one facet; those that were removed are still in them. */
struct song_count {
	uint64_t n;
	uint32_t base;
	uint32_t *removed, n_removed; /**< in rising order; owned */
};

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static int count_list(void *data, uint32_t key, const struct posting_list *list)
{
	struct song_count *count = data;
	struct posting_list l = *list;
	struct posting p;
	int rc;
	while ((rc = posting_next(&l, &p)) > 0) {
		const uint32_t song = count->base + p.song;
		count->n += count->n_removed == 0 ||
			    !bsearch(&song, count->removed, count->n_removed, sizeof(song), compare_numbers);
	}
	return rc;
}

static int read_removed(struct library *lib, struct song_count *count)
{
	sqlite3_stmt *stmt;
	uint32_t cap = 0;
	if (sqlite3_prepare_v2(lib->db, "SELECT song FROM removed ORDER BY song", -1, &stmt, NULL) !=
		SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (count->n_removed == cap) {
			cap = cap ? cap * 2 : 256;
			uint32_t *grown = realloc(count->removed, cap * sizeof(*grown));
			if (!grown) {
				sqlite3_finalize(stmt);
				return library_fail(lib, -ENOMEM, "out of memory");
			}
			count->removed = grown;
		}
		count->removed[count->n_removed++] = (uint32_t)sqlite3_column_int64(stmt, 0);
	}
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

static int compare_genres(const void *a, const void *b)
{
	const struct genre_count *x = a, *y = b;
	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

int library_genres(struct library *lib, void (*on)(void *data, const char *genre, uint64_t n), void *data)
{
	struct library_segment segment[LIBRARY_MAX_SEGMENTS];
	int rc = refresh(lib);
	const int n_segments = rc == 0 ? library_segments(lib, segment, LIBRARY_MAX_SEGMENTS) : rc;
	struct genre_count *genre = n_segments < 0 ? NULL : calloc(lib->term.n + 1, sizeof(*genre));
	struct song_count count = {0};
	uint32_t n = 0;
	if (n_segments < 0)
		return n_segments;
	if (!genre)
		return library_fail(lib, -ENOMEM, "out of memory");
	rc = read_removed(lib, &count);
	for (uint32_t i = 0; i < lib->term.n && rc == 0; i++) {
		count.n = 0;
		for (int s = 0; s < n_segments && rc == 0; s++) {
			count.base = segment[s].first_song;
			rc = library_scan_key(lib, segment[s].id,
				posting_key(POSTING_FACET, facet_of(FACET_GENRE, i + 1)), count_list, &count);
		}
		if (count.n > 0)
			genre[n++] = (struct genre_count){lib->term.entry[i].text, count.n};
	}
	if (rc == 0)
		qsort(genre, n, sizeof(*genre), compare_genres);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		on(data, genre[i].name, genre[i].n);
	free(count.removed);
	free(genre);
	library_release(lib);
	return rc;
}

/* ---- is it sound? ---- */

struct checking {
	struct library *lib;
	void (*on)(void *data, const char *fault);
	void *data;
	int64_t faults;
};

[[gnu::format(printf, 2, 3)]] static void fault(struct checking *checking, const char *fmt, ...)
{
	char text[LIBRARY_WHY];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	checking->faults++;
	checking->on(checking->data, text);
}

static int check_rows(struct checking *checking)
{
	struct library *lib = checking->lib;
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, "SELECT id,n_chords,chords FROM song ORDER BY id", -1, &stmt, NULL) !=
		SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const uint8_t *code = sqlite3_column_blob(stmt, 2);
		struct code_reader reader = {code, code + sqlite3_column_bytes(stmt, 2)};
		uint32_t value, n = 0;
		unsigned what;
		int rc;
		while ((rc = code_next(&reader, &what, &value)) > 0) {
			if (what == CODE_SYMBOL && (value == 0 || value > lib->symbol.n))
				rc = -EBADMSG;
			n += what == CODE_SYMBOL;
			if (rc < 0)
				break;
		}
		if (rc < 0 || n != (uint32_t)sqlite3_column_int64(stmt, 1))
			fault(checking, "the chords of song %lld are damaged",
				(long long)sqlite3_column_int64(stmt, 0));
	}
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

static int check_blocks(struct checking *checking)
{
	struct library *lib = checking->lib;
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db,
		    "SELECT block.id,data,n_songs FROM block LEFT JOIN segment ON segment.id=block.id>>30",
		    -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const int64_t id = sqlite3_column_int64(stmt, 0);
		struct posting_block block = posting_block_open(library_block_key(id),
			sqlite3_column_blob(stmt, 1), (size_t)sqlite3_column_bytes(stmt, 1));
		struct posting_list list;
		struct posting p;
		int rc;
		while ((rc = posting_block_next(&block, &list)) > 0) {
			while ((rc = posting_next(&list, &p)) > 0)
				if (p.song >= (uint32_t)sqlite3_column_int64(stmt, 2))
					rc = -EBADMSG;
			if (rc < 0)
				break;
		}
		if (rc < 0)
			fault(checking, "block %u of segment %lld of the index is damaged",
				library_block_key(id), (long long)(id >> LIBRARY_KEY_BITS));
	}
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

static int check_vectors(struct checking *checking)
{
	struct library *lib = checking->lib;
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db,
		    "SELECT vector_block.id,data,dims FROM vector_block"
		    " LEFT JOIN vector_set ON vector_set.id=vector_block.id>>32",
		    -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		if (vector_block_check(sqlite3_column_blob(stmt, 1), (size_t)sqlite3_column_bytes(stmt, 1),
			    (uint32_t)sqlite3_column_int64(stmt, 2)) < 0)
			fault(checking, "block %lld of the vectors is damaged",
				(long long)sqlite3_column_int64(stmt, 0));
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

static int check_file(struct checking *checking)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(checking->lib->db, "PRAGMA integrity_check", -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(checking->lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		if (strcmp(column(stmt, 0), "ok") != 0)
			fault(checking, "%s", column(stmt, 0));
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(checking->lib, cannot_read);
}

int64_t library_check(struct library *lib, void (*on)(void *data, const char *fault), void *data)
{
	struct checking checking = {lib, on, data, 0};
	int rc = refresh(lib);
	if (rc == 0)
		rc = check_file(&checking);
	if (rc == 0)
		rc = check_rows(&checking);
	if (rc == 0)
		rc = check_blocks(&checking);
	if (rc == 0)
		rc = check_vectors(&checking);
	return rc < 0 ? rc : checking.faults;
}
