/* SPDX-License-Identifier: MIT */
/**
 * What is played: a wish made into inputs, a performance, and what its backend gets of it. Made on the
 * worker's thread, never changed afterwards; counted, for the loop and a job may both have it. The count is
 * the loop's.
 */
#ifndef BAND_TAKE_H
#define BAND_TAKE_H

#include "wish.h"

struct take {
	unsigned refs;
	struct wish wish;       /**< what it was made of: a change begins here */
	struct band_inputs *in; /**< of each item */
	struct band_item *item;
	uint32_t n_items;
	struct band_performance *performance;
	char digest[65];           /**< of the inputs; of a setlist: of all of them, in order */
	struct band_report report; /**< of the making */
};

/** @param wish  Taken; zeroed. @return NULL: no memory. */
struct take *take_new(struct wish *wish);
void take_unref(struct take *take);

/** Files, programs, flags: everything up to the inputs. @return 0; -EINVAL with take->report; -ENOMEM. */
int take_read(struct take *take, const struct band_styles *styles);
/** The performance from its beginning. @return as take_read(). */
int take_perform(struct take *take);
/** The performance of `old`, from this bar on of `take`. @return as take_read(). */
int take_splice(struct take *take, const struct take *old, uint32_t at_bar);

bool take_is_endless(const struct take *take);
/** Of all, count-in and choruses; of an endless one, once through. */
double take_seconds(const struct take *take);

#endif
