/* SPDX-License-Identifier: MIT */
/* The metronome as lines of text: the pattern as a line and as a circle, the step that sounds, how it is
 * counted. */
#ifndef METRONOME_VIEW_H
#define METRONOME_VIEW_H

#include "config.h"

#define VIEW_TEXT_SIZE 8192

struct metro_view_state {
	const struct metro_config *config;
	uint16_t num, den; /* meter in force */
	int32_t step;      /* that sounds now; -1: none */
	int32_t playing;
	double bpm;
	const char *message; /* the newest one; "" none */
	int32_t help;        /* 1: what the keys do, in the place of the pattern */
};

/* @param buf  VIEW_TEXT_SIZE bytes, NUL-terminated UTF-8. @return length. */
size_t metro_view(const struct metro_view_state *state, char *buf);

#endif
