/* SPDX-License-Identifier: MIT */
/**
 * The library: up to millions of songs with what they are called and how their harmony goes, found in
 * milliseconds (LIB-01..10). One SQLite file (WAL): rows of songs, full text, and the phrase index of
 * postings.h in segments that merge as they grow. Everything a batch adds becomes visible, and durable, with
 * its commit.
 *
 * A struct library is one connection: one thread at a time; readers open their own. Any process may read
 * while one writes.
 */
#ifndef HERMES_LIBRARY_H
#define HERMES_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "harmony.h"

struct library;

#define LIBRARY_WHY 200u

enum library_mode { LIBRARY_READ, LIBRARY_WRITE };
/**
 * Open, with LIBRARY_WRITE make or migrate.
 * @param why  LIBRARY_WHY bytes: the reason for people, where it fails.
 * @return 0; -ENOENT; -EBUSY another process writes; -EPROTO no library, or of a newer version; -EIO ...
 */
int library_open(const char *path, enum library_mode mode, struct library **ret, char *why);
/** NULL is fine. An open batch is dropped. */
void library_close(struct library *lib);
/** Why the last call failed, for people. */
const char *library_why(const struct library *lib);

/* ---- adding ---- */

#define LIBRARY_NO_KEY (-1)

/** One song; strings are borrowed for the call, NULL or "": not known. */
struct library_song {
	const char *title, *artist, *album;
	const char *genre;    /**< several are separated by semicolons */
	const char *origin;   /**< where it came from: the file's path, a catalogue number */
	const char *score_id; /**< of Hermes' store */
	int year;             /**< 0: not known */
	int tonic;            /**< 0..11; LIBRARY_NO_KEY: inferred from the chords */
	int minor;
	int tempo_bpm; /**< 0: not known */
};

/** Begin a batch: what is added is there after library_commit(). @return 0, -errno. */
int library_begin(struct library *lib);
/** Start the next song's harmony. */
void library_harmony_begin(struct library *lib);
/** A section begins: "verse", "chorus 2". @return 0, -errno. */
int library_harmony_section(struct library *lib, const char *name, size_t len);
/** From the next chord on, another tonic. */
int library_harmony_key(struct library *lib, int tonic, int minor);
/**
 * The next chord, in lead sheet's or Harte's notation; "N.C.", "N" is none.
 * @return 0; -EINVAL no chord symbol: counted as a break, which no phrase crosses; -errno.
 */
int library_harmony_chord(struct library *lib, const char *symbol, size_t len);
/** Add the song with the harmony since library_harmony_begin(). @param ret_id  May be NULL. @return 0,
 * -errno. */
int library_add(struct library *lib, const struct library_song *song, int64_t *ret_id);
/** @return 0; -ENOSPC, -EIO ...: the batch is gone, the library is as before. */
int library_commit(struct library *lib);
void library_rollback(struct library *lib);
/** Take a song out. @return 0, -ENOENT, -errno. */
int library_remove(struct library *lib, int64_t id);

/** A file that songs come from, so that it is not read twice. */
struct library_source {
	const char *path;
	int64_t size_bytes, mtime_ns; /**< of the file that was read: another date is another file */
};
struct stat;
/** @param path  Borrowed. */
struct library_source library_source_of(const char *path, const struct stat *st);
/** @return records that were read of it; -EALREADY all of it was; -errno. */
int64_t library_source_find(struct library *lib, const struct library_source *source);
/** Within a batch. @return 0, -errno. */
int library_source_store(
	struct library *lib, const struct library_source *source, uint64_t n_records, int finished);

/* ---- finding ---- */

struct library_query {
	const char *phrase;         /**< harmony.h; NULL: any harmony */
	int phrase_minor;           /**< numerals count from the natural minor scale */
	int any_key;                /**< 1: numerals, too, count from each other only */
	int similar;                /**< 1: songs whose progressions are like it, nearest first (LIB-07) */
	const char *text;           /**< words of title, artist, album; the last one may be a beginning */
	const char *artist, *genre; /**< exactly these, letters' case aside */
	int year_from, year_to;     /**< 0: no bound */
	int tonic;                  /**< LIBRARY_NO_KEY: any */
	int minor;                  /**< 0, 1; -1: either */
	int64_t like;        /**< instead of a phrase: the songs that are most like this one; 0: none */
	const char *vectors; /**< which vectors say so; NULL: our own */
	uint32_t offset, limit;
};

struct library_hit {
	int64_t id;
	uint32_t hits;  /**< times that the phrase occurs; 0: no phrase was asked for */
	uint32_t place; /**< of the first: index of the chord, as they are written */
	float distance; /**< of a similar one, 0: it is the phrase itself; of a song that is like one, 1 -
			   cosine */
	int tonic, minor;
	int key_inferred;
	int year, tempo_bpm;
	uint32_t n_chords;
	char title[160], artist[96], section[48]; /**< section that the place lies in */
	char around[96];                          /**< the chords there */
	char phrase[64];                          /**< similar: what was found, as numerals */
};

struct library_found {
	uint64_t n_songs, n_hits; /**< in all */
	uint32_t n;
	struct library_hit *hit; /**< owned: library_found_finish() */
};
/** Most hits first, then in the order in which they were added. @return 0; -EINVAL (library_why()); -errno.
 */
int library_search(struct library *lib, const struct library_query *query, struct library_found *ret);
void library_found_finish(struct library_found *found);

struct library_detail {
	char *chords; /**< "<verse> C Am | ..." one line a section; owned */
	char *title, *artist, *album, *genre, *origin, *score_id;
	int year, tonic, minor, key_inferred, tempo_bpm;
};
/** @return 0, -ENOENT, -errno. */
int library_get(struct library *lib, int64_t id, struct library_detail *ret);
void library_detail_finish(struct library_detail *detail);

struct library_stats {
	uint64_t n_songs, n_artists, n_chords, n_changes, n_symbols, n_segments, size_bytes;
	uint64_t by_key[24]; /**< tonic * 2 + minor */
	uint64_t n_no_key;
	struct {
		int decade;
		uint64_t n;
	} decade[32];
	uint32_t n_decades;
};
int library_stats(struct library *lib, struct library_stats *ret);
/** Transitions of chords over the library: ret[from * HARMONY_N_TOKENS + to], local tonic (LIB-10). */
int library_transitions(struct library *lib, uint64_t ret[static HARMONY_N_TOKENS * HARMONY_N_TOKENS]);
/** Statistics that were imported, most first, at most `max`. `next` is "" where they are of single chords. */
int library_statistics(struct library *lib, uint32_t max,
	void (*on)(void *data, const char *chord, const char *next, double n), void *data);
/** Calls back for each genre with its number of songs, most first. @return 0, -errno. */
int library_genres(struct library *lib, void (*on)(void *data, const char *genre, uint64_t n), void *data);

/* ---- vectors (LIB-06): off until some are there ---- */

#define LIBRARY_VECTORS_OWN "harmony" /**< the set that library_embed() makes (embedding.h) */
#define LIBRARY_VECTORS_SLOTS "slots" /**< what tables of 27 slots bring (table.h) */
#define LIBRARY_VECTORS_NAME 48u      /**< bytes of a set's name, with its end */
/**
 * Make vectors of the songs that have none yet, at most so many; a batch of its own.
 * @return 1 there are more; 0; -errno.
 */
int library_embed(struct library *lib, uint32_t max_songs);

struct library_vectors_report {
	uint64_t n_songs;       /**< that have a vector now */
	uint64_t n_unknown;     /**< lines that name no song of the library: left out */
	char first_unknown[96]; /**< "line 7: ..." */
	uint32_t dims;
};
/**
 * Take vectors from a table of float32 in NumPy's format, and from a text with one line for each of its rows:
 * a song's number, or its origin ("=12" is the origin 12). A set of this name is replaced;
 * LIBRARY_VECTORS_OWN is refused. A batch of its own.
 * @return 0; -EINVAL (library_why()), nothing is changed; -errno.
 */
int library_vectors_import(struct library *lib, const char *name, int vectors_fd, int songs_fd,
	struct library_vectors_report *ret);
/** An empty set, instead of one that is there; within a batch. @return 0, -EINVAL, -errno. */
int library_vectors_begin(struct library *lib, const char *name, uint32_t dims);
/** Add vectors of length 1, n * dims numbers. @param song  Rising. @return 0, -ENOENT, -errno. */
int library_vectors_add(
	struct library *lib, const char *name, const uint32_t *song, const float *vector, uint32_t n);
/** There is a set of this name and so many numbers from now on; within a batch. @return 0, -EINVAL, -errno.
 */
int library_vectors_ensure(struct library *lib, const char *name, uint32_t dims);
/** @return 0, -ENOENT, -errno. */
int library_vectors_drop(struct library *lib, const char *name);
int library_vectors_each(
	struct library *lib, void (*on)(void *data, const char *name, uint32_t dims, uint64_t n), void *data);

/** Read every row, block and checksum. @return number of faults; -errno. */
int64_t library_check(struct library *lib, void (*on)(void *data, const char *fault), void *data);

#endif
