/* SPDX-License-Identifier: MIT */
/** A chart on its way: fields of a song, then bars of cells, then the draft. */
#ifndef IREAL_IMPL_H
#define IREAL_IMPL_H

#include <stdbool.h>

#include <score/ireal.h>

#define IREAL_FIELD_MAX 16384u /**< bytes of one field, decoded; songs have some hundred */
#define IREAL_BARS_MAX 4096u
#define IREAL_CELLS_MAX 64u /**< of one bar; charts have 4 to 16 */
#define IREAL_SYMBOL_MAX 32u
#define IREAL_TEXT_MAX 192u /**< all that is written above a bar, with its NUL */

enum ireal_field {
	IREAL_TITLE,
	IREAL_COMPOSER,
	IREAL_STYLE,
	IREAL_KEY,
	IREAL_MUSIC,
	IREAL_PLAYER_STYLE,
	IREAL_BPM,
	IREAL_N_FIELDS
};

struct ireal_song {
	size_t at;                   /**< byte of the title */
	char *field[IREAL_N_FIELDS]; /**< decoded, NUL-terminated; "" where there is none */
};

struct ireal_chord {
	uint16_t cell;
	char symbol[IREAL_SYMBOL_MAX]; /**< as lead sheets write it: "Dm7b5", "N.C." */
};

/** Marks that stand at a bar; nvx1's jump holds one of them. */
enum {
	IREAL_SEGNO = 1,
	IREAL_TO_CODA = 2,
	IREAL_CODA = 4,
	IREAL_FINE = 8,
	IREAL_DACAPO = 16,
	IREAL_DALSEGNO = 32
};

struct ireal_bar {
	struct ireal_chord chord[IREAL_CELLS_MAX / 4];
	uint16_t n_chords, n_cells;
	uint16_t meter_num, meter_den; /**< from here on; 0: as before */
	char section;                  /**< 'A'; 0: none begins */
	char text[IREAL_TEXT_MAX];
	uint8_t marks;
	uint8_t until;  /**< IREAL_CODA or IREAL_FINE: where the way back leads; 0 */
	uint8_t ending; /**< number of the ending that begins; 0: none */
	uint8_t times;  /**< "3x": how often the section is played; 0 */
	bool repeat_start, repeat_end, is_double, is_final;
};

struct ireal_chart {
	struct ireal_bar *bar;
	uint32_t n_bars;
	size_t cap;
};

/** Cells to bars. @param where  The place of the song, for warnings. @return 0; -EINVAL, -ENOMEM, -E2BIG. */
int ireal_read_bars(const char *music, const struct score_alloc *alloc, struct score_report *report,
	const char *where, struct ireal_chart *ret);
/** Bars and fields to a draft. */
int ireal_build(const struct ireal_song *song, const struct ireal_chart *chart, const char *where,
	struct nvx_draft *draft);

#endif
