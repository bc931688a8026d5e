/* SPDX-License-Identifier: MIT */
/**
 * Playing measured against a rhythm (TOU-34, TOU-44): which onset was meant, how early or late it was played,
 * what was missed, and the figures of it. Times are ns of one clock, as integers: an offset is exact. Pure
 * functions.
 */
#ifndef MOS_RHYTHM_PRACTICE_H
#define MOS_RHYTHM_PRACTICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Figures of a series. Zeroed: empty. */
struct mos_timing {
	uint32_t n;
	int64_t min_ns, max_ns;
	double mean_ns;
	double m2; /**< sum of the squares of the distances from the mean */
};
void mos_timing_add(struct mos_timing *timing, int64_t value_ns);
/** Standard deviation in ns; 0 for fewer than two values. */
double mos_timing_jitter_ns(const struct mos_timing *timing);

enum mos_judgement {
	MOS_JUDGE_RIGHT = 0,
	MOS_JUDGE_EARLY,
	MOS_JUDGE_LATE,
	MOS_JUDGE_EXTRA, /**< no onset near it */
	MOS_JUDGE_MISSED,
	MOS_N_JUDGEMENTS
};

struct mos_judged {
	uint32_t kind;     /**< enum mos_judgement */
	uint32_t step;     /**< of the onset meant; 0 for an extra one */
	int64_t time_ns;   /**< of the onset meant; of the note, for an extra one */
	int64_t offset_ns; /**< played minus meant: negative is early; 0 where nothing was played or meant */
};

#define MOS_PRACTICE_PENDING 64

/** Set the windows and leave the rest zero. */
struct mos_practice {
	int64_t right_ns;  /**< as far off at most is right */
	int64_t window_ns; /**< as far off at most is early or late; further, extra */
	struct {
		int64_t time_ns;
		uint32_t step;
	} pending[MOS_PRACTICE_PENDING]; /**< onsets not played yet, in time */
	uint32_t n_pending;
	uint32_t count[MOS_N_JUDGEMENTS];
	struct mos_timing offset; /**< of what was right, early or late */
};

/**
 * An onset to be played, later than those before it.
 * @return 0; -ENOSPC: MOS_PRACTICE_PENDING are waiting, call mos_practice_pass().
 */
int mos_practice_expect(struct mos_practice *practice, int64_t time_ns, uint32_t step);
/** A note was played: judged against the nearest onset that is not taken. Notes may come some ms out of
 * order. */
struct mos_judged mos_practice_play(struct mos_practice *practice, int64_t time_ns);
/**
 * Time has come this far: the next onset that can't be played any more is missed. Call it until it returns 0,
 * and with the time that notes are sure to have arrived for.
 * @return 1 an onset was missed; 0 none.
 */
int mos_practice_pass(struct mos_practice *practice, int64_t now_ns, struct mos_judged *ret);
/** The music jumped or stopped: nothing is expected now; figures stay. */
void mos_practice_forget(struct mos_practice *practice);

#ifdef __cplusplus
}
#endif
#endif
