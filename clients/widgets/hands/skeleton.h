/* SPDX-License-Identifier: MIT */
/**
 * A hand: 27 joints, what they turn by, and where that puts them. Millimetres and radians. It is a left hand;
 * a right one is the same in a mirror. Pure.
 *
 * Lengths are parts of the hand's, 190 mm, after B. Buchholz, T. J. Armstrong, S. A. Goldstein,
 * "Anthropometric data for describing the kinematics of the human hand", Ergonomics 35 (1992); limits are
 * those of a trained hand.
 */
#ifndef WIDGET_HANDS_SKELETON_H
#define WIDGET_HANDS_SKELETON_H

#include <math.h>
#include <stdint.h>

#define HANDS_LENGTH_MM 190.0f

struct hands_vec {
	float x, y, z;
};
static inline struct hands_vec hands_sum(struct hands_vec a, struct hands_vec b)
{
	return (struct hands_vec){a.x + b.x, a.y + b.y, a.z + b.z};
}
static inline struct hands_vec hands_less(struct hands_vec a, struct hands_vec b)
{
	return (struct hands_vec){a.x - b.x, a.y - b.y, a.z - b.z};
}
static inline struct hands_vec hands_times(struct hands_vec a, float by)
{
	return (struct hands_vec){a.x * by, a.y * by, a.z * by};
}
static inline float hands_dot(struct hands_vec a, struct hands_vec b)
{
	return a.x * b.x + a.y * b.y + a.z * b.z;
}
static inline struct hands_vec hands_cross(struct hands_vec a, struct hands_vec b)
{
	return (struct hands_vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
static inline float hands_apart(struct hands_vec a, struct hands_vec b)
{
	const struct hands_vec d = hands_less(a, b);

	return sqrtf(hands_dot(d, d));
}
static inline struct hands_vec hands_unit(struct hands_vec a)
{
	return hands_times(a, 1 / sqrtf(fmaxf(hands_dot(a, a), 1e-12f)));
}

enum hands_finger { HANDS_THUMB, HANDS_INDEX, HANDS_MIDDLE, HANDS_RING, HANDS_LITTLE, HANDS_FINGERS };

/** From the arm to the tips; those of a finger one after the other. */
enum hands_joint {
	HANDS_FOREARM,
	HANDS_WRIST,
	HANDS_PALM,
	HANDS_THUMB_CMC,
	HANDS_THUMB_MCP,
	HANDS_THUMB_IP,
	HANDS_THUMB_TIP,
	HANDS_INDEX_CMC,
	HANDS_INDEX_MCP,
	HANDS_INDEX_PIP,
	HANDS_INDEX_DIP,
	HANDS_INDEX_TIP,
	HANDS_MIDDLE_CMC,
	HANDS_MIDDLE_MCP,
	HANDS_MIDDLE_PIP,
	HANDS_MIDDLE_DIP,
	HANDS_MIDDLE_TIP,
	HANDS_RING_CMC,
	HANDS_RING_MCP,
	HANDS_RING_PIP,
	HANDS_RING_DIP,
	HANDS_RING_TIP,
	HANDS_LITTLE_CMC,
	HANDS_LITTLE_MCP,
	HANDS_LITTLE_PIP,
	HANDS_LITTLE_DIP,
	HANDS_LITTLE_TIP,
	HANDS_JOINTS
};

/** A joint, and the one that its bone comes from; the wrist has none. */
struct hands_bone {
	const char *name;
	uint8_t from;    /**< enum hands_joint */
	float length_mm; /**< 0: to the parent's own place */
	float radius_mm; /**< of the flesh, as drawn */
};
extern const struct hands_bone hands_bone[HANDS_JOINTS];

static inline enum hands_joint hands_tip(enum hands_finger finger)
{
	return (enum hands_joint)(HANDS_THUMB_TIP + 5 * (int)finger);
}

/** What the hand turns by, besides the wrist: 0..2 its place and 3..5 its turns, both from its seat; then
 * finger by finger. The ring and the little finger begin with the arch of the palm. */
#define HANDS_TURNS 28u
struct hands_turn {
	uint8_t joint;        /**< that it turns at: it moves those of its finger behind it, or all */
	float min, max, rest; /**< mm for 0..2 */
	float stiffness;      /**< how it is drawn back to rest: mm^2 for a rad^2, or for a mm^2 */
};
extern const struct hands_turn hands_turn[HANDS_TURNS];
/** The first of a finger's turns; of HANDS_FINGERS: behind the last. */
unsigned hands_first_turn(unsigned finger);

/** A place and three directions: to the fingers, to the thumb's side, out of the palm. */
struct hands_frame {
	struct hands_vec at, f, l, n;
};

/** A hand as it stands: its turns, and the joints that follow from them. */
struct hands_pose {
	float turn[HANDS_TURNS];
	float wrist[2]; /**< how the hand is bent against the forearm: to the palm, to the thumb */
	struct hands_vec joint[HANDS_JOINTS];
	struct hands_vec axis[HANDS_TURNS]; /**< of each turn, in space */
};

#define HANDS_WRIST_BENT 1.2f  /**< rad, to and from the palm */
#define HANDS_WRIST_ASIDE 0.5f /**< to and from the thumb */

/** `turn` is given, the rest follows; not the forearm. */
void hands_forward(const struct hands_frame *seat, struct hands_pose *pose);
/** The forearm, from an elbow as far as the wrist lets it. */
void hands_forearm(struct hands_pose *pose, struct hands_vec elbow);

#endif
