/* SPDX-License-Identifier: MIT */
/** The opcodes that set more than one field, and what is counted (lfoN, egN). */
#ifndef SFZ_SPECIAL_H
#define SFZ_SPECIAL_H

#include "sfz_opcode.h"

#define SFZ_NAME_NUMBERS 4u

struct sfz_name {
	char text[96]; /**< lower case, each run of digits is one & */
	uint32_t n_numbers;
	uint32_t number[SFZ_NAME_NUMBERS];
};

/** @param what  enum sfz_special. */
enum sfz_outcome sfz_special_set(
	struct sfz_region *r, uint32_t what, const struct sfz_name *n, const char *value, uint32_t owner);
/** The one that is called `number`, or a free one. NULL: none is left. */
struct sfz_lfo_state *sfz_lfo_numbered(struct sfz_region *r, uint32_t number);
struct sfz_flex_state *sfz_flex_numbered(struct sfz_region *r, uint32_t number);

#endif
