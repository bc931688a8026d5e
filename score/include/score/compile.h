/* SPDX-License-Identifier: MIT */
/**
 * Score -> timeline: what rtcore plays (HER-20, FMT-08). Notes of unmuted parts in playing order (repeats, endings,
 * jumps unfolded), shifted by their offsets and by the drums' feel; ends before starts at one tick (Tritone rule).
 *
 * Each part gets a strip: its port's UMP group and its MIDI channel where they are given and free, else the next free
 * one; drums on channel 10. Parts that share port and channel by their own word share the strip.
 *
 * The compiler keeps what it made of each part, and makes again only what changed between two snapshots of one
 * document: the result equals that of a new compiler, to the byte. Any thread, one at a time.
 */
#ifndef SCORE_COMPILE_H
#define SCORE_COMPILE_H

#include <mos/timeline.h>

#include <score/order.h>
#include <score/score.h>

struct score_compiler;

struct score_compiler *score_compiler_new(const struct score_alloc *alloc);
/** NULL is fine. */
void score_compiler_free(struct score_compiler *compiler);

/** What was compiled last; good until the next compile. */
struct score_compiled {
	struct mos_timeline_src src; /**< sorted; for mos_timeline_build() */
	int64_t duration_ns;         /**< at the score's own tempo */
	uint32_t n_parts_made;       /**< parts that were not taken from the last compile */
};

/**
 * @return 0; -EINVAL with the report filled (nvx1.order.endless, longer than 667 hours, more than MOS_TL_MAX_EVENTS);
 *         -ENOMEM. After a failure the compiler holds nothing, and the next compile is a full one.
 */
int score_compile(struct score_compiler *compiler, const struct score *score, struct score_report *report,
	struct score_compiled *ret);

#endif
