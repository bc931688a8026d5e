/* SPDX-License-Identifier: MIT */
/* Guided practice (TOU-30): five stages, each left when two rounds in a row were played well. */
#ifndef METRONOME_LESSON_H
#define METRONOME_LESSON_H

#include <stdint.h>

enum lesson_stage {
	LESSON_OFF = 0,
	LESSON_GROOVE,    /* the pattern with the metronome */
	LESSON_LAYER,     /* over clicks of the meter */
	LESSON_ROTATE,    /* begun one onset later */
	LESSON_STABILIZE, /* with the metronome silent but for the downbeat */
	LESSON_CELEBRATE,
	LESSON_N_STAGES
};

struct lesson {
	uint32_t stage;     /* enum lesson_stage */
	uint32_t good, bad; /* rounds in a row */
};

/* A round that was played. */
struct lesson_round {
	uint32_t n_right, n_off /* early or late */, n_missed, n_extra;
};

void lesson_start(struct lesson *lesson);
/* @return 1: another stage begins. Three bad rounds in a row lead back by one. A round that nobody played is
 * none. */
int lesson_round(struct lesson *lesson, const struct lesson_round *round);
/* "groove" ...; NULL beyond. */
const char *lesson_stage_name(uint32_t stage);
/* What to do. */
const char *lesson_stage_text(uint32_t stage);

#endif
