/* SPDX-License-Identifier: MIT */
/**
 * What differs between two pictures of a widget, so that a lit key does not redraw the piano. What is in
 * both lists in the same order stays; time and boxes are bounded however much differs. Pure.
 */
#ifndef THEATER_CHANGES_H
#define THEATER_CHANGES_H

#include <stdint.h>

#include <mos/shape.h>

#define CHANGES_MAX 32u

struct changes_box {
	float x0, y0, x1, y1;
};

/** Boxes that changed, in the list's units; n 0: nothing did. */
struct changes {
	uint32_t n;
	struct changes_box box[CHANGES_MAX];
};

/** Box of `n` shapes from `first` on in one of the two lists. @return 0 when they draw nothing. */
typedef int changes_box_of(const void *list, uint32_t first, uint32_t n, float ret_xyxy[4]);

/** What only one of two lists has. Both lists' boxes have to be known at their own time, so
 * this is asked twice: for what was there (`is_new` 0, before it is replaced) and for what is there now.
 * `changes` grows. */
void changes_find(const struct mos_shape *old, uint32_t n_old, const struct mos_shape *now, uint32_t n_now,
	int is_new, changes_box_of *box_of, const void *list, struct changes *changes);

/** Add one; the two that lie closest become one where there is no room. */
void changes_add(struct changes *changes, struct changes_box box);

#endif
