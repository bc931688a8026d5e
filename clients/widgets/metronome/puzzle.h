/* SPDX-License-Identifier: MIT */
/* Puzzles in four chambers (TOU-31), made from a seed; each has an answer. */
#ifndef METRONOME_PUZZLE_H
#define METRONOME_PUZZLE_H

#include <mos/euclid.h>

enum puzzle_chamber {
	PUZZLE_BUILD =
		0,     /* k onsets on n steps, as evenly as can be, in any rotation: answered by a pattern */
	PUZZLE_ROTATE, /* by how many steps is A turned to make B? a number */
	PUZZLE_NECKLACE, /* are A and B the same circle? "yes" or "no" */
	PUZZLE_GAPS,     /* the pattern of these gaps: a pattern */
	PUZZLE_N_CHAMBERS
};

struct puzzle {
	uint32_t chamber; /* enum puzzle_chamber */
	struct mos_rhythm a, b;
	char question[320];
};

/* @return 0; -EINVAL no such chamber. */
int puzzle_make(uint32_t chamber, uint64_t seed, struct puzzle *ret);
/*
 * @param ret_why  what is wrong with the answer, or that it is right.
 * @return 1 right; 0 wrong; -EINVAL: no answer to such a question.
 */
int puzzle_check(const struct puzzle *puzzle, const char *answer, const char **ret_why);
/* An answer that is right. @param buf MOS_RHYTHM_STEPS_MAX + 1 bytes. */
void puzzle_solve(const struct puzzle *puzzle, char *buf);
const char *puzzle_chamber_name(uint32_t chamber);

#endif
