/* SPDX-License-Identifier: MIT */
/**
 * ABC beyond the common door of format.h: the tunes of a book one after the other, and music without a tune
 * around it.
 */
#ifndef SCORE_ABC_H
#define SCORE_ABC_H

#include <score/draft.h>

/**
 * Where the next tune begins, at or after byte `from`; `size`: none does. For whoever imports a whole book:
 * for (size_t at = 0; (at = abc_next_tune(b, n, at)) < n; at++) abc_import_at(b, n, at, ...).
 */
size_t abc_next_tune(const uint8_t *bytes, size_t size, size_t from);
/** Bytes up to the first line feed or carriage return, or all. */
size_t abc_line_length(const void *text, size_t size);
/** The tune that begins at byte `at`. @return as abc_import(). */
int abc_import_at(const uint8_t *bytes, size_t size, size_t at, struct nvx_draft *draft);

/** Where the notes of a piece of text go, and what is in force there. */
struct abc_fragment {
	uint32_t part;        /**< of the draft */
	uint8_t staff, voice; /**< from 1 */
	int64_t tick;
	uint32_t measure_ticks; /**< what goes beyond it is left out, with a warning */
	uint16_t meter_num, meter_den;
	uint16_t unit_num, unit_den; /**< L:; both 0: by the meter */
	struct nvx_key key;
	const char *where; /**< for warnings: the place of the text */
};
/** The music of one measure, without bar lines: notes and notation. @return 0, draft->error. */
int abc_read_fragment(const char *text, size_t size, const struct abc_fragment *to, struct nvx_draft *draft);

#endif
