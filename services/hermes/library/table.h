/* SPDX-License-Identifier: MIT */
/**
 * Tables of songs into the library (LIB-08): comma or tab separated with a line of names, or one JSON object
 * a line. Columns are known by their names in any order; what a table does not say stays unknown:
 *
 *   title song name track · artist artist_name artist_id · album · genre genres main_genre · year
 * release_date decade · key tonality · tempo bpm · id song_id ... · chords · numerals roman
 *
 * Columns "chords" or "numerals" make a table of songs. Two others are known by their names, too: songs with
 * how often they use each of the 27 slots of the chord cubes (I ii .. Other, or slot_1 .. slot_27), and
 * statistics: chord from numeral · next to · count n frequency.
 *
 * Chords are a text: symbols between blanks, "|" and "," ignored, "<verse_1>" begins a section, "Fsmin" is
 * F#min and "D/Fs" is D/F#. Numerals need a key; without one they count from C. Reading is in steps, so that
 * a caller keeps control: a step commits what it read, and an import that was cut off goes on where its last
 * step ended.
 */
#ifndef HERMES_LIBRARY_TABLE_H
#define HERMES_LIBRARY_TABLE_H

#include "library.h"

struct table_import;

struct table_progress {
	uint64_t bytes, size_bytes; /**< read so far, of how many; size 0: a pipe */
	uint64_t n_songs;           /**< added, by earlier runs too */
	uint64_t n_refused;         /**< records that could not be read */
	uint64_t first_refused;     /**< record of the first one, from 1 */
	char why[LIBRARY_WHY];      /**< why it was refused */
	uint64_t n_unread_chords;   /**< symbols that mean nothing to us: breaks */
	uint64_t n_statistics;      /**< rows of statistics */
	uint64_t n_notes;           /**< cells that were not understood: their rows are in all the same */
	char note[LIBRARY_WHY];     /**< the first of them: line, column, what */
};

/**
 * Begin, or go on with a table of this path, size and date that was not read to its end.
 * @param fd    At its start; taken.
 * @param path  Where it came from: told as the songs' origin.
 * @return 0; -EINVAL no table of songs (why); -EALREADY it was read to its end before; -errno.
 */
int table_open(struct library *lib, int fd, const char *path, struct table_import **ret, char *why);
/** Read and commit up to `max_songs`. @return 1 there is more; 0 the end; -errno (library_why()). */
int table_step(struct table_import *import, uint32_t max_songs);
const struct table_progress *table_progress(const struct table_import *import);
/** NULL is fine. */
void table_close(struct table_import *import);

#endif
