/* SPDX-License-Identifier: MIT */
/* The line: what was heard in the last seconds, and its picture (WGT-15). */
#ifndef PITCH_LINE_LINE_H
#define PITCH_LINE_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <mos/draw.h>

#define LINE_POINTS 2048u /* the newest ones: 20 s */

struct line_point {
	int64_t time_ns; /* CLOCK_MONOTONIC */
	double key;      /* 69.25: A4 and a quarter of a semitone */
};

struct line {
	struct line_point point[LINE_POINTS]; /* in time, a ring */
	uint32_t n, next;
	double middle; /* key in the middle of the picture; 0: nothing was heard yet */
	double seconds, a4_hz;
};

/* A pitch was heard. Points come in time; a later one is not put before an earlier one. */
void line_add(struct line *line, int64_t time_ns, double hz);
/* Forget it. */
void line_clear(struct line *line);
/* Point i from the newest, NULL beyond. */
const struct line_point *line_point(const struct line *line, uint32_t i);
/* The picture for a time: keys as rows, now at the right. @return 1: it moves on. */
int line_draw(struct mos_draw *d, struct line *line);
/* Where a time and a key are in the box of a picture. */
struct mos_point line_place(
	const struct line *line, struct mos_box box, int64_t now_ns, int64_t time_ns, double key);
/* The box of the line in a picture of this size. */
struct mos_box line_box(float width, float height);

#endif
