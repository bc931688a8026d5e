/* SPDX-License-Identifier: MIT */
/** A performance as a score: measures, chord symbols, sections, a part for each player, with notes. Pure. */
#ifndef BAND_SCORE_H
#define BAND_SCORE_H

#include "perform.h"

/**
 * Canonical NVX1.
 * @param timeline  Of the performance, sealed: band_performance_timeline(). Borrowed.
 * @param ret_parts  How many parts have notes.
 * @return 0; -EINVAL report; -ENOMEM. Caller frees ret->byte.
 */
int band_score(const struct band_performance *performance, int timeline, const char *title,
	struct band_report *report, struct band_bytes *ret, uint32_t *ret_parts);

#endif
