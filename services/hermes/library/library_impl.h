/* SPDX-License-Identifier: MIT */
/** Inside the library: the connection, the dictionary, the segments. */
#ifndef HERMES_LIBRARY_IMPL_H
#define HERMES_LIBRARY_IMPL_H

#include <sqlite3.h>

#include "library.h"
#include "postings.h"

#define LIBRARY_APPLICATION_ID 0x4d4f534c /* "MOSL" */
#define LIBRARY_VERSION 2
#define LIBRARY_BATCH_ENTRIES (8u << 20) /**< 64 MiB of postings: then a segment is written */
#define LIBRARY_MERGE POSTING_MAX_MERGE  /**< segments of one level that become one of the next */

/* Codes in a song's chords; from CODE_SYMBOL on: a symbol's id. */
enum { CODE_SECTION, CODE_KEY, CODE_NO_CHORD, CODE_BREAK, CODE_SYMBOL };

/* Kinds of facets: 4 bits, then a number of 24. */
enum facet { FACET_KEY = 1, FACET_YEAR, FACET_ARTIST, FACET_GENRE };
static inline uint32_t facet_of(enum facet kind, uint32_t value)
{
	return (uint32_t)kind << 24 | (value & 0xffffff);
}

/** Texts <-> numbers from 1, held in memory while writing. */
struct dictionary {
	const char *table;
	struct dictionary_entry {
		char *text;
		uint32_t len;
		uint32_t hash;
		uint8_t class;  /**< symbols: root 0..11 */
		uint8_t family; /**< symbols: enum mos_chord_family */
		uint16_t tones; /**< symbols: pitch classes */
	} *entry;
	uint32_t n, cap;
	uint32_t n_stored; /**< entries of the table; what follows is not there yet */
	uint32_t *slot;    /**< open addressing: entry + 1 */
	uint32_t n_slots;
};

/** One song's harmony while it is added. */
struct harmony_draft {
	uint8_t *code; /**< the row's blob */
	size_t n_code, cap_code;
	uint8_t *absolute; /**< tokens counted from C */
	uint8_t *local;    /**< counted from the tonic of the moment; only with key changes */
	size_t n, cap;
	uint32_t n_chords;
	int tonic, minor;             /**< of the moment; LIBRARY_NO_KEY */
	int first_tonic, first_minor; /**< of the key that stands before the first chord */
	int modulates;
	int error;
};

enum statement {
	SQL_ADD_SONG,
	SQL_ADD_TEXT,
	SQL_ADD_BLOCK,
	SQL_ADD_SEGMENT,
	SQL_FLOOR_BLOCK,
	SQL_NEXT_BLOCK,
	SQL_SEGMENTS,
	SQL_GET_SONG,
	SQL_FIND_TEXT,
	SQL_N_STATEMENTS
};

struct library_segment {
	int64_t id;
	uint32_t first_song, n_songs;
	uint32_t level;
};

struct library {
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_N_STATEMENTS];
	int writes;
	int version; /**< of the file, when it was opened */
	int in_batch;
	int error; /**< of the batch: the first one */
	char why[LIBRARY_WHY];

	/* writing */
	struct dictionary symbol, term;
	struct harmony_draft draft;
	struct posting_set set;
	uint32_t set_first, set_songs; /**< songs in `set` */
	uint32_t next_song;
	uint64_t transition[HARMONY_N_TOKENS * HARMONY_N_TOKENS];

	/* searching: scratch for one query */
	uint16_t *tally; /**< of each song: hits; a song has at most POSTING_MAX_PLACES */
	uint8_t *touched; /**< of each LIBRARY_TALLY_SONGS: some were counted */
	uint32_t n_scratch;
};

#define LIBRARY_TALLY_SONGS 1024u

/** Remember why and give -errno for SQLite's state. */
int library_fail_db(struct library *lib, const char *doing);
[[gnu::format(printf, 3, 4)]] int library_fail(struct library *lib, int rc, const char *fmt, ...);
int library_exec(struct library *lib, const char *sql);
/** The statement, reset and ready to be bound; NULL: library_fail_db() was called. */
sqlite3_stmt *library_stmt(struct library *lib, enum statement which);

/** A statement that stands on a row holds its reader's snapshot: to be called when a question is answered. */
void library_release(struct library *lib);

/** What a writer holds beside its dictionaries, as it was committed. */
int library_reload(struct library *lib);

/** Of the file, as it is now. @return 0, -errno. */
int library_version(struct library *lib, int64_t *ret);
/** The tables that version 2 brought. */
extern const char library_schema_2[];
/** Bring a library of version 1 up to date, all or nothing. @return 0, -errno. */
int library_migrate(struct library *lib);
/** Index the draft and the facets as song number lib->set_first + lib->set_songs. @return 0, -ENOMEM. */
int library_index_song(struct library *lib, const struct library_song *song, int key, uint32_t artist);

/** Read what a dictionary does not hold yet. @param symbols  1: of chords. */
int dictionary_load(struct library *lib, struct dictionary *dict, int symbols);
/** @return number from 1; 0 no memory. New ones are stored by dictionary_store(). */
uint32_t dictionary_add(struct dictionary *dict, const char *text, size_t len, int symbols, int *ret_parsed);
int dictionary_store(struct library *lib, struct dictionary *dict);
/** Forget what was not stored. */
void dictionary_rollback(struct dictionary *dict);
void dictionary_finish(struct dictionary *dict);

/**
 * A block's row: its segment, then its first key. An integer, so that a search compares numbers; in an index
 * SQLite would read the blocks themselves to compare them.
 */
#define LIBRARY_KEY_BITS 30
static inline int64_t library_block_id(int64_t segment, uint32_t first_key)
{
	return segment << LIBRARY_KEY_BITS | first_key;
}
static inline uint32_t library_block_key(int64_t id)
{
	return (uint32_t)(id & ((1 << LIBRARY_KEY_BITS) - 1));
}

/** Segments in the order of their songs. @return how many, at most `max`; -errno. */
int library_segments(struct library *lib, struct library_segment *ret, int max);
#define LIBRARY_MAX_SEGMENTS 256
/** Write a segment of what is in lib->set, and merge where enough lie side by side. */
int library_write_segment(struct library *lib);
int library_merge(struct library *lib);

/** Walk the blocks of a segment for the keys that a pattern matches. */
typedef int (*library_on_list)(void *data, uint32_t key, const struct posting_list *list);
int library_scan(struct library *lib, int64_t segment, enum posting_space space,
	const uint8_t step[static HARMONY_GRAM], library_on_list on, void *data);
/** The list of one key, e.g. a facet. Calls back at most once. */
int library_scan_key(struct library *lib, int64_t segment, uint32_t key, library_on_list on, void *data);

/** A song's changes as they were indexed, and where in its chords each one stands. */
struct song_changes {
	uint8_t *absolute, *local; /**< tokens above C, and above the tonic of the moment */
	uint32_t *chord, *section; /**< index of the chord, number of the section's name */
	uint32_t n, cap;
	int modulates;
};
/** Read a song's changes; song_changes_finish() in any case. @return 0, -ENOMEM, -EBADMSG. */
int song_changes_read(struct library *lib, const uint8_t *code, size_t n_code, struct song_changes *ret);
void song_changes_finish(struct song_changes *changes);

/** Walk a song's chords. */
struct code_reader {
	const uint8_t *at, *end;
};
/** @return 1 with code and value (section, key, symbol number); 0 at the end; -EBADMSG. */
int code_next(struct code_reader *reader, unsigned *ret_code, uint32_t *ret_value);

/** The key that chords suggest (LIB-09). `tones`: weight of each pitch class. @return 0..23 (tonic * 2 +
 * minor), -ENOENT. */
int library_infer_key(const struct dictionary *symbol, const uint8_t *code, size_t n_code);

#endif
