/* SPDX-License-Identifier: MIT */
/** Inside the import of tables: what is read, which column means what. */
#ifndef HERMES_TABLE_IMPL_H
#define HERMES_TABLE_IMPL_H

#include "library_impl.h"
#include "table.h"
#include "table_record.h"

enum table_kind { TABLE_OF_SONGS, TABLE_OF_SLOTS, TABLE_OF_STATISTICS };
#define TABLE_SLOTS 27u

/** What a column means. */
enum column {
	COLUMN_TITLE,
	COLUMN_ARTIST,
	COLUMN_ALBUM,
	COLUMN_GENRE,
	COLUMN_YEAR,
	COLUMN_KEY,
	COLUMN_TEMPO,
	COLUMN_ID,
	COLUMN_CHORDS,
	COLUMN_NUMERALS,
	COLUMN_STAT_CHORD, /**< of statistics: a chord, what follows it, how often */
	COLUMN_STAT_NEXT,
	COLUMN_STAT_COUNT,
	N_COLUMNS
};

struct table_import {
	struct library *lib;
	int fd;
	char *path;
	struct library_source source;
	enum record_kind kind;
	enum table_kind what;
	int cell_of[N_COLUMNS]; /**< -1: the table has none */
	int slot_of[TABLE_SLOTS];
	char *head[RECORD_MAX_CELLS]; /**< names of the columns, as they are written */

	uint8_t *buffer;
	size_t n, at, cap;
	int at_end;

	struct record record;
	uint64_t n_records; /**< read, the head not counted */
	uint64_t line;      /**< that the record begins in, from 1 */
	uint64_t n_lines;   /**< read */
	struct table_progress progress;
	struct dictionary raw; /**< chords as the table spells them */
	char (*spelled)[48];   /**< and as they are meant */
	uint32_t n_spelled;

	/* songs of a table of slots, until the step ends */
	uint32_t *slot_song;
	float *slot_vector;
	uint32_t n_slots, cap_slots;
};

/** Which table is it? Reads the names of the head. @return 0; -EINVAL none (library_why()); -ENOMEM. */
int table_find_columns(struct table_import *import);
/** The record's text in a column; "" where there is none. */
const char *table_cell(const struct table_import *import, enum column column);
/** Something in a cell is not understood: counted, the first one is kept with its line and column. */
[[gnu::format(printf, 3, 4)]] void table_note(struct table_import *import, int cell, const char *fmt, ...);
void table_note_column(struct table_import *import, enum column column, const char *what);

/* table_other.c: a record of the other kinds. @return 0; -EBADMSG refused, record.why says why; -errno. */
int table_add_slots(struct table_import *import);
int table_add_statistics(struct table_import *import);
/** What an earlier edition of the file said. @return 0, -errno. */
int table_forget_statistics(struct table_import *import);
/** The step ends: what table_add_slots() collected goes into the batch. @return 0, -errno. */
int table_flush_slots(struct table_import *import);
/** Add the record's row with the harmony since library_harmony_begin(). @return 0, -errno. */
int table_add_row(struct table_import *import, int64_t *ret_id);

#endif
