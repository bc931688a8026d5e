/* SPDX-License-Identifier: MIT */
/**
 * Inverse kinematics of a hand (HRM-07): the turns that bring its tips to their goals, the place of the hand
 * itself among them. Damped least squares over all turns at once; a turn that is at its limit and would go on
 * is held there. What the goals leave open rests; the pull of rest fades, so that goals that can be reached
 * are reached to some hundredths of a millimetre. At most HANDS_ROUNDS steps, no memory, nothing of the last
 * call: equal goals, equal bits. Pure.
 */
#ifndef WIDGET_HANDS_SOLVE_H
#define WIDGET_HANDS_SOLVE_H

#include "skeleton.h"

#define HANDS_GOALS 20u
#define HANDS_ROUNDS 72u

struct hands_goal {
	uint8_t joint;   /**< enum hands_joint, of a finger */
	uint8_t is_firm; /**< it is to be reached; else it is where the joint would rather be */
	float weight;    /**< of one that is firm: 1 */
	struct hands_vec at;
};

struct hands_task {
	struct hands_frame seat; /**< where the hand would be by itself: its limits are counted from there */
	struct hands_vec elbow;
	unsigned n;
	struct hands_goal goal[HANDS_GOALS];
};

struct hands_result {
	float error_mm; /**< of the firm goal that is missed the most; 0: there is none */
	unsigned rounds;
};

/** @param ret  Always within its limits, as near as it comes. */
struct hands_result hands_solve(const struct hands_task *task, struct hands_pose *ret);

#endif
