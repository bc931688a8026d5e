/* SPDX-License-Identifier: MIT */
/** The result's memory: what emit.c and grid.c fill and engraving.c looks into. */
#ifndef ENGRAVE_EMIT_H
#define ENGRAVE_EMIT_H

#include "impl.h"

struct engraving_memory {
	int64_t *ends; /**< by note: the latest end of all notes up to it */
};
static inline struct engraving_memory *engraving_memory(const struct engraving *e)
{
	return e->memory;
}
/** Room for so many of each, in one piece; counts other than the pages', systems' and shapes' are 0. */
struct engraving *engraving_new(uint32_t n_pages, uint32_t n_systems, uint32_t n_measures, uint32_t n_columns,
	uint32_t n_notes, uint32_t n_chords, uint32_t n_shapes);

#endif
