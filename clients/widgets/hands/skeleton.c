/* SPDX-License-Identifier: MIT */
#include "skeleton.h"

#define L HANDS_LENGTH_MM
#define CARPUS 0.25f /* of a metacarpal: the wrist's part, which does not bend */

/* Of the hand's length: metacarpal from the wrist, and the three bones of the finger. */
#define FINGER(NAME, name, mc, pp, mp, dp, thick)                                                            \
	[HANDS_##NAME##_CMC] = {name "-cmc", HANDS_WRIST, (mc) * CARPUS * L, (thick) * 1.3f},                \
	[HANDS_##NAME##_MCP] = {name "-mcp", HANDS_##NAME##_CMC, (mc) * (1 - CARPUS) * L, (thick) * 1.3f},   \
	[HANDS_##NAME##_PIP] = {name "-pip", HANDS_##NAME##_MCP, (pp) * L, (thick) * 1.08f},                 \
	[HANDS_##NAME##_DIP] = {name "-dip", HANDS_##NAME##_PIP, (mp) * L, thick},                           \
	[HANDS_##NAME##_TIP] = {name "-tip", HANDS_##NAME##_DIP, (dp) * L, (thick) * 0.85f}

const struct hands_bone hands_bone[HANDS_JOINTS] = {
	[HANDS_FOREARM] = {"forearm", HANDS_WRIST, 150, 27},
	[HANDS_WRIST] = {"wrist", HANDS_WRIST, 0, 24},
	[HANDS_PALM] = {"palm", HANDS_WRIST, 0.23f * L, 15},
	[HANDS_THUMB_CMC] = {"thumb-cmc", HANDS_WRIST, 27.5f, 14},
	[HANDS_THUMB_MCP] = {"thumb-mcp", HANDS_THUMB_CMC, 0.251f * L, 12},
	[HANDS_THUMB_IP] = {"thumb-ip", HANDS_THUMB_MCP, 0.196f * L, 10},
	[HANDS_THUMB_TIP] = {"thumb-tip", HANDS_THUMB_IP, 0.158f * L, 8.5f},
	FINGER(INDEX, "index", 0.463f, 0.245f, 0.143f, 0.097f, 8.0f),
	FINGER(MIDDLE, "middle", 0.446f, 0.266f, 0.170f, 0.108f, 8.2f),
	FINGER(RING, "ring", 0.421f, 0.244f, 0.165f, 0.107f, 7.7f),
	FINGER(LITTLE, "little", 0.414f, 0.204f, 0.117f, 0.093f, 6.7f),
};

#define SEAT_MM 60.0f
#define SEAT_TURN 0.8f
#define PLACE {HANDS_WRIST, -SEAT_MM, SEAT_MM, 0, 0.004f}
#define TURN {HANDS_WRIST, -SEAT_TURN, SEAT_TURN, 0, 60}
/* Abduction and the three knuckles; the last one rests at two thirds of the one before. */
#define KNUCKLES(NAME)                                                                                       \
	{HANDS_##NAME##_MCP, -0.44f, 0.44f, 0, 40}, {HANDS_##NAME##_MCP, -0.52f, 1.57f, 0.5f, 20},           \
		{HANDS_##NAME##_PIP, 0, 1.92f, 0.8f, 20}, {HANDS_##NAME##_DIP, -0.17f, 1.4f, 0.53f, 20}

const struct hands_turn hands_turn[HANDS_TURNS] = {
	PLACE,
	PLACE,
	PLACE,
	TURN,
	TURN,
	TURN,
	{HANDS_THUMB_CMC, -0.35f, 0.87f, 0.1f, 20},
	{HANDS_THUMB_CMC, -0.7f, 0.6f, 0, 20},
	{HANDS_THUMB_MCP, -0.17f, 1.0f, 0.2f, 20},
	{HANDS_THUMB_IP, -0.35f, 1.4f, 0.2f, 20},
	KNUCKLES(INDEX),
	KNUCKLES(MIDDLE),
	{HANDS_RING_CMC, 0, 0.17f, 0.05f, 60},
	KNUCKLES(RING),
	{HANDS_LITTLE_CMC, 0, 0.35f, 0.1f, 60},
	KNUCKLES(LITTLE),
};

/* Of the metacarpals to the thumb's side; the fingers stretch straighter ahead. */
static const float splay[HANDS_FINGERS] = {0, 0.30f, 0.07f, -0.17f, -0.42f};
#define STRAIGHTER 0.65f

unsigned hands_first_turn(unsigned finger)
{
	static const uint8_t first[HANDS_FINGERS + 1] = {6, 10, 14, 18, 23, HANDS_TURNS};

	return first[finger];
}

static struct hands_vec turned(struct hands_vec v, struct hands_vec axis, float s, float c)
{
	return hands_sum(hands_sum(hands_times(v, c), hands_times(hands_cross(axis, v), s)),
		hands_times(axis, hands_dot(axis, v) * (1 - c)));
}

static void turn_frame(struct hands_frame *at, struct hands_vec axis, float by)
{
	const float s = sinf(by), c = cosf(by);

	at->f = turned(at->f, axis, s, c);
	at->l = turned(at->l, axis, s, c);
	at->n = turned(at->n, axis, s, c);
}

/* One of the pose's turns, about an axis of the frame. */
static void take_turn(struct hands_pose *pose, unsigned i, struct hands_frame *at, struct hands_vec axis)
{
	pose->axis[i] = axis;
	turn_frame(at, axis, pose->turn[i]);
}

/* To the palm, about the joint that the frame stands at. */
static void bend(struct hands_pose *pose, unsigned i, struct hands_frame *at)
{
	take_turn(pose, i, at, hands_times(at->l, -1));
}

static void go_on(struct hands_pose *pose, enum hands_joint to, struct hands_frame *at)
{
	at->at = hands_sum(at->at, hands_times(at->f, hands_bone[to].length_mm));
	pose->joint[to] = at->at;
}

static void forward_finger(struct hands_frame at, enum hands_finger finger, struct hands_pose *pose)
{
	const enum hands_joint tip = hands_tip(finger);
	unsigned i = hands_first_turn(finger);

	turn_frame(&at, at.n, splay[finger]);
	go_on(pose, tip - 4, &at);
	if (finger >= HANDS_RING)
		bend(pose, i++, &at);
	go_on(pose, tip - 3, &at);
	turn_frame(&at, at.n, -STRAIGHTER * splay[finger]);
	take_turn(pose, i++, &at, at.n);
	for (enum hands_joint j = tip - 2; j <= tip; j++) {
		bend(pose, i++, &at);
		go_on(pose, j, &at);
	}
}

/* Its base lies on the palm's edge and looks aside; it bends across the palm. */
static void forward_thumb(struct hands_frame hand, struct hands_pose *pose)
{
	static const struct hands_vec base = {0.60f, 0.72f, 0.35f}, way = {0.58f, 0.70f, 0.42f},
				      across = {0.25f, -0.75f, 0.6f};
	const struct hands_vec in[3] = {hands_unit(base), hands_unit(way), across};
	struct hands_vec to[3];
	struct hands_frame at = hand;
	unsigned i = hands_first_turn(HANDS_THUMB);

	for (int k = 0; k < 3; k++)
		to[k] = hands_sum(hands_times(hand.f, in[k].x),
			hands_sum(hands_times(hand.l, in[k].y), hands_times(hand.n, in[k].z)));
	at.f = to[0];
	go_on(pose, HANDS_THUMB_CMC, &at);
	at.f = to[1];
	at.n = hands_unit(hands_less(to[2], hands_times(at.f, hands_dot(to[2], at.f))));
	at.l = hands_cross(at.n, at.f);
	bend(pose, i++, &at);
	take_turn(pose, i++, &at, at.n);
	go_on(pose, HANDS_THUMB_MCP, &at);
	bend(pose, i++, &at);
	go_on(pose, HANDS_THUMB_IP, &at);
	bend(pose, i++, &at);
	go_on(pose, HANDS_THUMB_TIP, &at);
}

void hands_forward(const struct hands_frame *seat, struct hands_pose *pose)
{
	struct hands_frame at = *seat, palm;

	at.at = hands_sum(at.at, (struct hands_vec){pose->turn[0], pose->turn[1], pose->turn[2]});
	pose->axis[0] = (struct hands_vec){1, 0, 0};
	pose->axis[1] = (struct hands_vec){0, 1, 0};
	pose->axis[2] = (struct hands_vec){0, 0, 1};
	take_turn(pose, 3, &at, at.n);
	take_turn(pose, 4, &at, at.l);
	take_turn(pose, 5, &at, at.f);
	pose->joint[HANDS_WRIST] = at.at;
	palm = at;
	go_on(pose, HANDS_PALM, &palm);
	forward_thumb(at, pose);
	for (int finger = HANDS_INDEX; finger < HANDS_FINGERS; finger++)
		forward_finger(at, (enum hands_finger)finger, pose);
}

void hands_forearm(struct hands_pose *pose, struct hands_vec elbow)
{
	const struct hands_vec wrist = pose->joint[HANDS_WRIST], to = hands_unit(hands_less(elbow, wrist));
	const struct hands_vec f = hands_unit(hands_less(pose->joint[HANDS_PALM], wrist));
	/* pose->axis[5] is f; the thumb's side and the palm's from the knuckles */
	const struct hands_vec across = hands_less(pose->joint[HANDS_INDEX_CMC], pose->joint[HANDS_RING_CMC]);
	const struct hands_vec l = hands_unit(hands_less(across, hands_times(f, hands_dot(across, f))));
	const struct hands_vec n = hands_cross(f, l);
	const float back = -hands_dot(to, f);
	const float bent = fminf(fmaxf(atan2f(hands_dot(to, n), back), -HANDS_WRIST_BENT), HANDS_WRIST_BENT);
	const float aside =
		fminf(fmaxf(atan2f(hands_dot(to, l), hypotf(back, hands_dot(to, n))), -HANDS_WRIST_ASIDE),
			HANDS_WRIST_ASIDE);
	const struct hands_vec way = hands_sum(hands_times(f, -cosf(bent) * cosf(aside)),
		hands_sum(hands_times(n, sinf(bent) * cosf(aside)), hands_times(l, sinf(aside))));

	pose->wrist[0] = bent;
	pose->wrist[1] = aside;
	pose->joint[HANDS_FOREARM] = hands_sum(wrist, hands_times(way, hands_bone[HANDS_FOREARM].length_mm));
}
