/* SPDX-License-Identifier: MIT */
/* Adding songs: their harmony as codes and tokens, their rows, and what the index needs, a batch at a time.
 */
#include "library_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const cannot_write = "the library cannot be written";

static void put_code(struct harmony_draft *draft, unsigned code, int has_value, uint32_t value)
{
	if (draft->error == 0 && draft->n_code + 10 > draft->cap_code) {
		const size_t cap = draft->cap_code * 2 + 256;
		uint8_t *grown = realloc(draft->code, cap);
		if (!grown) {
			draft->error = -ENOMEM;
			return;
		}
		draft->code = grown;
		draft->cap_code = cap;
	}
	if (draft->error < 0)
		return;
	uint32_t numbers[2] = {code, value};
	for (int i = 0; i <= has_value; i++) {
		for (; numbers[i] >= 0x80; numbers[i] >>= 7)
			draft->code[draft->n_code++] = (uint8_t)(numbers[i] | 0x80);
		draft->code[draft->n_code++] = (uint8_t)numbers[i];
	}
}

int code_next(struct code_reader *reader, unsigned *ret_code, uint32_t *ret_value)
{
	uint32_t numbers[2] = {0, 0};
	if (reader->at == reader->end)
		return 0;
	for (int i = 0, n = 1; i < n; i++) {
		unsigned shift = 0;
		uint8_t byte;
		do {
			if (reader->at == reader->end || shift > 28)
				return -EBADMSG;
			byte = *reader->at++;
			numbers[i] |= (uint32_t)(byte & 0x7f) << shift;
			shift += 7;
		} while (byte & 0x80);
		if (i == 0 && (numbers[0] == CODE_SECTION || numbers[0] == CODE_KEY))
			n = 2;
	}
	*ret_code = numbers[0] < CODE_SYMBOL ? numbers[0] : CODE_SYMBOL;
	*ret_value = numbers[0] < CODE_SYMBOL ? numbers[1] : numbers[0] - CODE_SYMBOL;
	return 1;
}

static void put_token(struct harmony_draft *draft, int class, enum mos_chord_family family)
{
	const uint8_t absolute = harmony_token(class, family);
	const uint8_t local = harmony_token(class - (draft->tonic >= 0 ? draft->tonic : 0), family);
	/* One change, one token; in another key the same chord is another degree. */
	if (draft->n > 0 && draft->absolute[draft->n - 1] == absolute && draft->local[draft->n - 1] == local)
		return;
	if (draft->n == draft->cap) {
		const size_t cap = draft->cap * 2 + 256;
		uint8_t *grown = realloc(draft->absolute, cap);
		if (grown)
			draft->absolute = grown;
		uint8_t *grown_local = grown ? realloc(draft->local, cap) : NULL;
		if (!grown_local) {
			draft->error = -ENOMEM;
			return;
		}
		draft->local = grown_local;
		draft->cap = cap;
	}
	draft->absolute[draft->n] = absolute;
	draft->local[draft->n++] = local;
}

void library_harmony_begin(struct library *lib)
{
	struct harmony_draft *draft = &lib->draft;
	draft->n_code = draft->n = 0;
	draft->n_chords = 0;
	draft->modulates = 0;
	draft->first_tonic = LIBRARY_NO_KEY;
	draft->error = 0;
	draft->tonic = LIBRARY_NO_KEY;
	draft->minor = 0;
}

int library_harmony_section(struct library *lib, const char *name, size_t len)
{
	const uint32_t id = dictionary_add(&lib->term, name, len, 0, NULL);
	if (id == 0)
		return lib->draft.error = -ENOMEM;
	put_code(&lib->draft, CODE_SECTION, 1, id);
	return lib->draft.error;
}

int library_harmony_key(struct library *lib, int tonic, int minor)
{
	struct harmony_draft *draft = &lib->draft;
	if (draft->tonic == tonic && draft->minor == minor)
		return 0;
	put_code(draft, CODE_KEY, 1, (uint32_t)(tonic * 2 + minor));
	draft->tonic = tonic;
	draft->minor = minor;
	if (draft->n_chords > 0) {
		draft->modulates = 1;
	} else {
		draft->first_tonic = tonic;
		draft->first_minor = minor;
	}
	return draft->error;
}

int library_harmony_chord(struct library *lib, const char *symbol, size_t len)
{
	struct harmony_draft *draft = &lib->draft;
	int parsed;
	const uint32_t id = dictionary_add(&lib->symbol, symbol, len, 1, &parsed);
	if (id == 0)
		return draft->error = -ENOMEM;
	const struct dictionary_entry *entry = &lib->symbol.entry[id - 1];
	put_code(draft, CODE_SYMBOL + id, 0, 0);
	draft->n_chords++;
	put_token(draft, entry->class, parsed ? (enum mos_chord_family)entry->family : MOS_CHORD_NONE);
	if (draft->error < 0)
		return draft->error;
	return parsed ? 0 : -EINVAL;
}

int library_begin(struct library *lib)
{
	if (!lib->writes)
		return library_fail(lib, -EACCES, "the library is open for reading");
	const int rc = library_exec(lib, "BEGIN IMMEDIATE");
	if (rc < 0)
		return rc;
	lib->in_batch = 1;
	lib->error = 0;
	return 0;
}

/** Tokens above a tonic. Transposition by table: this runs for every change of a million songs. */
static int add_tokens(
	struct library *lib, enum posting_space space, const uint8_t *token, size_t n, int tonic)
{
	uint8_t table[HARMONY_N_TOKENS], shifted[512];
	uint8_t *to = n <= sizeof(shifted) ? shifted : malloc(n);
	if (!to)
		return -ENOMEM;
	for (unsigned t = 0; t < HARMONY_N_TOKENS; t++)
		table[t] = harmony_transpose((uint8_t)t, -tonic);
	for (size_t i = 0; i < n; i++)
		to[i] = table[token[i]];
	for (size_t i = 1; i < n && space != POSTING_FIRST_TONIC; i++)
		lib->transition[to[i - 1] * HARMONY_N_TOKENS + to[i]]++;
	int rc = posting_add(&lib->set, space, lib->set_songs, to, n);
	if (rc == 0 && space != POSTING_FIRST_TONIC)
		rc = posting_add_runs(&lib->set, space, lib->set_songs, to, n);
	if (to != shifted)
		free(to);
	return rc;
}

/** A song in one key has one stream of tokens; one that modulates has two (postings.h). */
static int add_harmony(struct library *lib, int tonic)
{
	const struct harmony_draft *draft = &lib->draft;
	int rc = posting_add_relative(&lib->set, lib->set_songs, draft->absolute, draft->n);
	if (rc == 0 && !draft->modulates)
		return add_tokens(lib, POSTING_PLAIN, draft->absolute, draft->n, tonic);
	if (rc == 0)
		rc = add_tokens(lib, POSTING_FIRST_TONIC, draft->absolute, draft->n, tonic);
	return rc < 0 ? rc : add_tokens(lib, POSTING_LOCAL_TONIC, draft->local, draft->n, 0);
}

static int add_genres(struct library *lib, const char *genres)
{
	while (*genres) {
		const char *end = strchrnul(genres, ';');
		const char *from = genres, *to = end;
		while (from < to && *from == ' ')
			from++;
		while (to > from && to[-1] == ' ')
			to--;
		if (to > from) {
			const uint32_t id = dictionary_add(&lib->term, from, (size_t)(to - from), 0, NULL);
			if (id == 0 ||
				posting_add_facet(&lib->set, facet_of(FACET_GENRE, id), lib->set_songs) < 0)
				return -ENOMEM;
		}
		genres = *end ? end + 1 : end;
	}
	return 0;
}

int library_index_song(struct library *lib, const struct library_song *song, int key, uint32_t artist)
{
	int rc = add_harmony(lib, key >= 0 ? key / 2 : 0);
	if (rc == 0 && key >= 0)
		rc = posting_add_facet(&lib->set, facet_of(FACET_KEY, (uint32_t)key), lib->set_songs);
	if (rc == 0 && song->year > 0)
		rc = posting_add_facet(&lib->set, facet_of(FACET_YEAR, (uint32_t)song->year), lib->set_songs);
	if (rc == 0 && artist)
		rc = posting_add_facet(&lib->set, facet_of(FACET_ARTIST, artist), lib->set_songs);
	if (rc == 0 && song->genre)
		rc = add_genres(lib, song->genre);
	return rc;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	if (text && *text)
		sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
}

static void bind_number(sqlite3_stmt *stmt, int at, int64_t value, int known)
{
	if (known)
		sqlite3_bind_int64(stmt, at, value);
	else
		sqlite3_bind_null(stmt, at);
}

static int add_row(
	struct library *lib, const struct library_song *song, int key, int inferred, uint32_t artist)
{
	sqlite3_stmt *stmt = library_stmt(lib, SQL_ADD_SONG);
	if (!stmt)
		return -EIO;
	sqlite3_bind_int64(stmt, 1, lib->next_song);
	bind_text(stmt, 2, song->title);
	bind_number(stmt, 3, artist, artist > 0);
	bind_text(stmt, 4, song->album);
	bind_text(stmt, 5, song->genre);
	bind_number(stmt, 6, song->year, song->year > 0);
	bind_number(stmt, 7, key, key >= 0);
	bind_number(stmt, 8, 1, inferred);
	bind_number(stmt, 9, song->tempo_bpm, song->tempo_bpm > 0);
	sqlite3_bind_int64(stmt, 10, lib->draft.n_chords);
	sqlite3_bind_blob(stmt, 11, lib->draft.code, (int)lib->draft.n_code, SQLITE_STATIC);
	bind_text(stmt, 12, song->origin);
	bind_text(stmt, 13, song->score_id);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		return library_fail_db(lib, cannot_write);

	stmt = library_stmt(lib, SQL_ADD_TEXT);
	if (!stmt)
		return -EIO;
	sqlite3_bind_int64(stmt, 1, lib->next_song);
	bind_text(stmt, 2, song->title);
	bind_text(stmt, 3, song->artist);
	bind_text(stmt, 4, song->album);
	return sqlite3_step(stmt) == SQLITE_DONE ? 0 : library_fail_db(lib, cannot_write);
}

int library_add(struct library *lib, const struct library_song *song, int64_t *ret_id)
{
	struct harmony_draft *draft = &lib->draft;
	if (!lib->in_batch)
		return library_fail(lib, -EINVAL, "no batch is open");
	if (draft->n_code == 0 && draft->cap_code == 0)
		put_code(draft, CODE_NO_CHORD, 0, 0),
			draft->n_code = 0; /* so that there is a blob to point to */
	if (draft->error < 0)
		return library_fail(lib, lib->error = draft->error, "out of memory");

	int tonic = song->tonic, minor = song->minor, inferred = 0;
	if (tonic < 0 && draft->first_tonic >= 0) {
		tonic = draft->first_tonic;
		minor = draft->first_minor;
	}
	int key = tonic >= 0 ? tonic * 2 + (minor != 0) : -1;
	if (key < 0) {
		key = library_infer_key(&lib->symbol, draft->code, draft->n_code);
		inferred = key >= 0;
	}

	uint32_t artist = 0;
	int rc = 0;
	if (song->artist && *song->artist &&
		!(artist = dictionary_add(&lib->term, song->artist, strlen(song->artist), 0, NULL)))
		rc = -ENOMEM;
	if (lib->set_songs == 0)
		lib->set_first = lib->next_song;
	if (rc == 0)
		rc = library_index_song(lib, song, key, artist);
	if (rc < 0)
		return library_fail(lib, lib->error = rc, "out of memory");
	rc = add_row(lib, song, key, inferred, artist);
	if (rc < 0)
		return lib->error = rc;
	if (ret_id)
		*ret_id = lib->next_song;
	lib->next_song++;
	lib->set_songs++;
	if (lib->set_songs == POSTING_MAX_SONGS || lib->set.n >= LIBRARY_BATCH_ENTRIES)
		return lib->error = library_write_segment(lib);
	return 0;
}

static int store_transitions(struct library *lib)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, "INSERT OR REPLACE INTO fact VALUES('transitions',?1)", -1, &stmt,
		    NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_write);
	sqlite3_bind_blob(stmt, 1, lib->transition, (int)sizeof(lib->transition), SQLITE_STATIC);
	const int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : library_fail_db(lib, cannot_write);
}

int library_commit(struct library *lib)
{
	int rc = lib->error;
	if (!lib->in_batch)
		return library_fail(lib, -EINVAL, "no batch is open");
	if (rc == 0 && lib->set_songs > 0)
		rc = library_write_segment(lib);
	if (rc == 0)
		rc = dictionary_store(lib, &lib->symbol);
	if (rc == 0)
		rc = dictionary_store(lib, &lib->term);
	if (rc == 0)
		rc = store_transitions(lib);
	library_release(lib);
	if (rc == 0)
		rc = library_exec(lib, "COMMIT");
	if (rc < 0) {
		library_rollback(lib);
		return rc;
	}
	lib->in_batch = 0;
	lib->symbol.n_stored = lib->symbol.n;
	lib->term.n_stored = lib->term.n;
	return 0;
}

void library_rollback(struct library *lib)
{
	if (!lib->in_batch)
		return;
	library_release(lib);
	char why[LIBRARY_WHY];
	memcpy(why, lib->why, sizeof(why)); /* the reason stays the first one */
	(void)library_exec(lib, "ROLLBACK");
	dictionary_rollback(&lib->symbol);
	dictionary_rollback(&lib->term);
	posting_set_finish(&lib->set);
	lib->set_songs = 0;
	lib->in_batch = 0;
	memset(lib->transition, 0, sizeof(lib->transition));
	(void)library_reload(lib);
	memcpy(lib->why, why, sizeof(why));
}

/** Its changes are no longer among the sums (LIB-10). @return 0, -errno. */
static int take_off_transitions(struct library *lib, int64_t id)
{
	struct song_changes changes = {0};
	sqlite3_stmt *row = library_stmt(lib, SQL_GET_SONG);
	if (!row)
		return -EIO;
	sqlite3_bind_int64(row, 1, id);
	if (sqlite3_step(row) != SQLITE_ROW) {
		sqlite3_reset(row);
		return 0; /* there is none: that is told where it is to be deleted */
	}
	const int tonic = sqlite3_column_int(row, 5) % 24 / 2;
	int rc = song_changes_read(
		lib, sqlite3_column_blob(row, 9), (size_t)sqlite3_column_bytes(row, 9), &changes);
	sqlite3_reset(row);
	for (uint32_t i = 1; rc == 0 && i < changes.n; i++) {
		const uint8_t from = changes.modulates ? changes.local[i - 1]
						       : harmony_transpose(changes.absolute[i - 1], -tonic),
			      to = changes.modulates ? changes.local[i]
						     : harmony_transpose(changes.absolute[i], -tonic);
		uint64_t *n = &lib->transition[from * HARMONY_N_TOKENS + to];
		*n -= *n > 0;
	}
	song_changes_finish(&changes);
	if (rc == -EBADMSG) /* damaged: it may go all the same */
		rc = 0;
	return rc < 0 ? library_fail(lib, rc, "out of memory") : store_transitions(lib);
}

int library_remove(struct library *lib, int64_t id)
{
	sqlite3_stmt *stmt;
	uint64_t before[HARMONY_N_TOKENS * HARMONY_N_TOKENS];
	memcpy(before, lib->transition, sizeof(before));
	static const char *const sql[] = {"INSERT INTO removed SELECT id FROM song WHERE id=?1",
		"DELETE FROM song_text WHERE rowid=?1", "DELETE FROM song WHERE id=?1"};
	int changed = 0, rc = library_exec(lib, "SAVEPOINT remove");
	if (rc == 0)
		rc = take_off_transitions(lib, id);
	for (unsigned i = 0; i < 3 && rc == 0; i++) {
		if (sqlite3_prepare_v2(lib->db, sql[i], -1, &stmt, NULL) != SQLITE_OK)
			rc = library_fail_db(lib, cannot_write);
		if (rc < 0)
			break;
		sqlite3_bind_int64(stmt, 1, id);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			rc = library_fail_db(lib, cannot_write);
		sqlite3_finalize(stmt);
		if (i == 0 && rc == 0)
			changed = sqlite3_changes(lib->db);
	}
	if (rc < 0) {
		(void)sqlite3_exec(lib->db, "ROLLBACK TO remove", NULL, NULL, NULL);
		memcpy(lib->transition, before, sizeof(before));
	}
	const int released = library_exec(lib, "RELEASE remove");
	if (rc < 0 || released < 0)
		return rc < 0 ? rc : released;
	return changed ? 0 : library_fail(lib, -ENOENT, "the library has no song %lld", (long long)id);
}
