/* SPDX-License-Identifier: MIT */
/**
 * Groups of parts: a choir, the strings of an orchestra. A score keeps them in its extensions, as MusicXML has them:
 * "musicxml":{"groups":[{"first":1,"last":4,"name":"Choir","symbol":"bracket","through":"no"}]}, parts from 1. Pure.
 */
#ifndef SCORE_GROUPS_H
#define SCORE_GROUPS_H

#include <score/score.h>

#define SCORE_GROUPS_MAX 32u /* that are read; a full orchestra has a dozen */
#define SCORE_GROUP_NAME 256u

/** What joins the staves on the left. */
enum score_group_symbol {
	SCORE_GROUP_UNSET = 0,
	SCORE_GROUP_NONE,
	SCORE_GROUP_BRACE,
	SCORE_GROUP_LINE,
	SCORE_GROUP_BRACKET,
	SCORE_GROUP_SQUARE,
};

/** Where its bar lines go. */
enum score_group_bars {
	SCORE_BARS_UNSET = 0,
	SCORE_BARS_APART,
	SCORE_BARS_THROUGH, /**< from its first staff to its last */
	SCORE_BARS_BETWEEN, /**< between the staves alone */
};

struct score_group {
	uint32_t first, end; /**< parts: index in the score, and the one behind the last; first < end <= n_parts */
	uint8_t symbol;      /**< enum score_group_symbol */
	uint8_t bars;        /**< enum score_group_bars */
	char name[SCORE_GROUP_NAME], short_name[SCORE_GROUP_NAME]; /**< "": none; longer ones are cut */
};

/** The groups of a score as they were written; what names no parts of it is left out. @return how many. */
uint32_t score_groups(const struct score *score, struct score_group ret[static SCORE_GROUPS_MAX]);

/** As MusicXML spells them; NULL: unset. */
const char *score_group_symbol_name(unsigned symbol);
const char *score_group_bars_name(unsigned bars);

#endif
