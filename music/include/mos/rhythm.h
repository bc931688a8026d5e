/* SPDX-License-Identifier: MIT */
/**
 * Rhythms as circles of steps: text, rotation, gaps, evenness, necklaces (TOU-02, TOU-14, TOU-15, TOU-16). A
 * pattern is at most 128 steps, each an onset or a rest; the circle has no first step but the one that is
 * played first. Pure functions.
 */
#ifndef MOS_RHYTHM_H
#define MOS_RHYTHM_H

#include <stddef.h>
#include <stdint.h>

#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_RHYTHM_STEPS_MAX 128

struct mos_rhythm {
	uint64_t onset[2]; /**< bit s % 64 of onset[s / 64]: an onset on step s; bits from n_steps on are 0 */
	uint32_t n_steps;  /**< 1..128 */
};

/** 1 when n_steps is in its range and no bit lies outside. The other functions ask for such a pattern. */
int mos_rhythm_is_valid(const struct mos_rhythm *rhythm) MOS_RT;
/** 1: an onset; 0: a rest, or no such step. */
int mos_rhythm_has(const struct mos_rhythm *rhythm, uint32_t step) MOS_RT;
/** Make a step an onset (1) or a rest (0); nothing where there is no such step. */
void mos_rhythm_put(struct mos_rhythm *rhythm, uint32_t step, int onset) MOS_RT;
uint32_t mos_rhythm_pulses(const struct mos_rhythm *rhythm) MOS_RT;
int mos_rhythm_equal(const struct mos_rhythm *a, const struct mos_rhythm *b) MOS_RT;

/**
 * The same circle begun `steps` later (negative: earlier): step s of the result is step s + steps of
 * `rhythm`. "x..x..x." by 3 is "x..x.x..".
 */
struct mos_rhythm mos_rhythm_rotate(const struct mos_rhythm *rhythm, int64_t steps) MOS_RT;

/**
 * Read "x..x..x.": x, X, 1 and o are onsets, '.', '-', '0' and '_' rests; spaces and '|' only divide.
 * @return 0; -EINVAL another byte, no step, or more than 128.
 */
int mos_rhythm_parse(const char *text, struct mos_rhythm *ret);
/** Write it with x and '.', NUL-terminated. @return length; -ENOSPC it needs n_steps + 1 bytes. */
int mos_rhythm_format(const struct mos_rhythm *rhythm, char *buf, size_t size);

/**
 * Steps from each onset to the next, around the circle; the first onset's is first.
 * @param gaps  Room for `max`; at most that many are written.
 * @return number of onsets, which is that of the gaps.
 */
uint32_t mos_rhythm_gaps(const struct mos_rhythm *rhythm, uint8_t *gaps, uint32_t max) MOS_RT;
/** 1 - variance / mean of the gaps: 1 where all are alike, less the more they differ, below 0 for a clump. 0
 * without onsets. */
double mos_rhythm_evenness(const struct mos_rhythm *rhythm) MOS_RT;

/**
 * The necklace: that rotation of the pattern whose onsets come earliest (read as text, the greatest), the
 * same one for all its rotations.
 * @param ret_rotation  May be NULL: the least rotation of `rhythm` that is it.
 */
struct mos_rhythm mos_rhythm_necklace(const struct mos_rhythm *rhythm, uint32_t *ret_rotation) MOS_RT;
/** Least rotation that makes `to` of `from`, -1: they are beads of different necklaces. */
int mos_rhythm_rotation_between(const struct mos_rhythm *from, const struct mos_rhythm *to) MOS_RT;
/** Number of different rotations: n_steps, or a divisor of it where the pattern repeats within itself. */
uint32_t mos_rhythm_period(const struct mos_rhythm *rhythm) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif
