/* SPDX-License-Identifier: MIT */
/** References to the pieces of a score, for those that build the next. */
#ifndef SCORE_SCORE_PRIVATE_H
#define SCORE_SCORE_PRIVATE_H

#include <score/score.h>

struct score_part *score_part_ref(struct score_part *part);
/** NULL is fine. */
void score_part_unref(const struct score_alloc *alloc, struct score_part *part);

/** What its maker has worked out already. */
void score_know_state(struct score *score, struct score_state state);

#endif
