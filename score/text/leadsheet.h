/* SPDX-License-Identifier: MIT */
/**
 * A score as a lead sheet of text: chords, notes, lyrics and tablature under one another, bar by bar, for a
 * terminal and for people (export format "text").
 *
 * Each bar is a grid: its columns are the ticks at which something stands, its lines the same for the whole
 * sheet. So what belongs together stands in one column, whatever the width of its neighbours.
 */
#ifndef SCORE_LEADSHEET_H
#define SCORE_LEADSHEET_H

#include <score/bytes.h>
#include <score/score.h>

#define SHEET_WIDTH 88u
#define SHEET_MAX_LINES 64u
#define SHEET_MAX_COLUMNS 256u /**< of a bar; what is beyond is left out, with an ellipsis */

enum sheet_line_kind { SHEET_CHORDS, SHEET_NOTES, SHEET_TAB, SHEET_LYRICS };

/** A line of the sheet: chords; notes of a part; one string of a part's tablature; one verse. */
struct sheet_line {
	uint8_t kind;   /**< enum sheet_line_kind */
	uint8_t number; /**< string from 1, verse from 1 */
	uint32_t part;  /**< index */
	nvx_id part_id;
	char name[12]; /**< in front: "e|", "1." */
};

/** Something in a line at a tick. */
struct sheet_cell {
	int64_t tick;
	uint8_t line;
	char text[48];
};

struct sheet {
	const struct score *score;
	struct sheet_line line[SHEET_MAX_LINES];
	uint32_t n_lines;
	struct sheet_cell *cell; /**< sorted by tick, then line */
	size_t n_cells, cap_cells;
	int error; /**< -ENOMEM; stays */
};

/** Which lines there are. */
void sheet_find_lines(struct sheet *sheet);
/** Fill sheet->cell. */
void sheet_find_cells(struct sheet *sheet);
/** Title, names, key, meter, tempo. */
void sheet_write_head(const struct score *score, struct score_bytes *out);

/** Columns that text takes on a terminal: characters, not bytes. */
uint32_t sheet_text_width(const char *text);
/** "C#4" by the spelling of the key. */
void sheet_note_name(unsigned pitch, int fifths, char buf[static 8]);

#endif
