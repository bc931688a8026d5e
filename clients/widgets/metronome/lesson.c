/* SPDX-License-Identifier: MIT */
#include "lesson.h"

#include <stddef.h>

#define GOOD_ROUNDS 2
#define BAD_ROUNDS 3

void lesson_start(struct lesson *lesson)
{
	*lesson = (struct lesson){.stage = LESSON_GROOVE};
}

/* Four of five onsets, and no more than one stray note for five of them. */
static int is_good(const struct lesson_round *r)
{
	const uint32_t onsets = r->n_right + r->n_off + r->n_missed;

	return 5 * r->n_right >= 4 * onsets && 5 * r->n_extra <= onsets;
}

int lesson_round(struct lesson *lesson, const struct lesson_round *round)
{
	if (lesson->stage == LESSON_OFF || lesson->stage == LESSON_CELEBRATE ||
		round->n_right + round->n_off + round->n_extra == 0)
		return 0;
	if (is_good(round)) {
		lesson->bad = 0;
		if (++lesson->good < GOOD_ROUNDS)
			return 0;
		lesson->stage++;
	} else {
		lesson->good = 0;
		if (++lesson->bad < BAD_ROUNDS || lesson->stage == LESSON_GROOVE)
			return 0;
		lesson->stage--;
	}
	lesson->good = lesson->bad = 0;
	return 1;
}

static const struct {
	const char *name, *text;
} stages[LESSON_N_STAGES] = {
	{"off", ""},
	{"groove", "Play the pattern along."},
	{"layer", "Keep it over the clicks of the meter."},
	{"rotate", "The circle begins one onset later."},
	{"stabilize", "Only the downbeat is left: you keep it."},
	{"celebrate", "It is yours."},
};

const char *lesson_stage_name(uint32_t stage)
{
	return stage < LESSON_N_STAGES ? stages[stage].name : NULL;
}

const char *lesson_stage_text(uint32_t stage)
{
	return stage < LESSON_N_STAGES ? stages[stage].text : NULL;
}
