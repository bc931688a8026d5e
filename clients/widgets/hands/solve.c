/* SPDX-License-Identifier: MIT */
#include "solve.h"

#include <string.h>

#define N HANDS_TURNS
#define STEP_RAD 0.5f /* of a round, at most */
#define DAMPING_FIRST 1e-2f
#define DAMPING_LEAST 1e-7f
#define DAMPING_MOST 1e4f
#define GAIN_LEAST 1e-4f /* of the cost: less of it ends a stage */
#define COST_LEAST 1e-7f

/* How much of the pull to rest there is, stage by stage. */
static const float pull[] = {1, 0.1f, 0.01f, 0.001f};
#define STAGES (sizeof(pull) / sizeof(pull[0]))

/* Least squares at a pose: the matrix's lower half, and downhill. */
struct normal {
	float a[N][N], down[N];
};

static unsigned finger_of(unsigned joint)
{
	return joint <= HANDS_THUMB_TIP ? HANDS_THUMB : (joint - HANDS_INDEX_CMC) / 5 + HANDS_INDEX;
}

static float cost(const struct hands_task *task, const struct hands_pose *pose, float rest)
{
	float sum = 0;

	for (unsigned i = 0; i < task->n; i++) {
		const struct hands_vec d = hands_less(task->goal[i].at, pose->joint[task->goal[i].joint]);

		sum += task->goal[i].weight * hands_dot(d, d);
	}
	for (unsigned i = 0; i < N; i++) {
		const float d = hands_turn[i].rest - pose->turn[i];

		sum += rest * hands_turn[i].stiffness * d * d;
	}
	return sum;
}

/* How a joint moves with a turn. */
static struct hands_vec slope(const struct hands_pose *pose, unsigned turn, unsigned joint)
{
	return turn < 3 ? pose->axis[turn]
			: hands_cross(pose->axis[turn],
				  hands_less(pose->joint[joint], pose->joint[hands_turn[turn].joint]));
}

static void add_goal(struct normal *m, const struct hands_goal *goal, const struct hands_pose *pose)
{
	const unsigned finger = finger_of(goal->joint), end = hands_first_turn(finger + 1);
	const struct hands_vec d = hands_less(goal->at, pose->joint[goal->joint]);
	struct hands_vec by[N];
	unsigned turn[N], n = 0;

	for (unsigned i = 0; i < end; i = i == 5 ? hands_first_turn(finger) : i + 1)
		if (i < 6 || hands_turn[i].joint < goal->joint) {
			turn[n] = i;
			by[n++] = slope(pose, i, goal->joint);
		}
	for (unsigned i = 0; i < n; i++) {
		const struct hands_vec heavy = hands_times(by[i], goal->weight);

		m->down[turn[i]] += hands_dot(heavy, d);
		for (unsigned k = 0; k <= i; k++)
			m->a[turn[i]][turn[k]] += hands_dot(heavy, by[k]);
	}
}

static void make_normal(
	const struct hands_task *task, const struct hands_pose *pose, float rest, struct normal *m)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < task->n; i++)
		add_goal(m, &task->goal[i], pose);
	for (unsigned i = 0; i < N; i++) {
		m->a[i][i] += rest * hands_turn[i].stiffness;
		m->down[i] += rest * hands_turn[i].stiffness * (hands_turn[i].rest - pose->turn[i]);
	}
}

static int is_held(const struct hands_pose *pose, unsigned i, float down)
{
	return (pose->turn[i] <= hands_turn[i].min && down < 0) ||
	       (pose->turn[i] >= hands_turn[i].max && down > 0);
}

/* The step downhill, by Cholesky's method, without the turns that are held. */
static void find_step(const struct normal *m, const struct hands_pose *pose, float damping, float ret[N])
{
	float c[N][N];
	int held[N];

	for (unsigned i = 0; i < N; i++) {
		held[i] = is_held(pose, i, m->down[i]);
		for (unsigned k = 0; k <= i; k++) {
			float sum = held[i] || held[k] ? 0 : m->a[i][k];

			if (i == k)
				sum = held[i] ? 1 : sum * (1 + damping) + 1e-6f;
			for (unsigned j = 0; j < k; j++)
				sum -= c[i][j] * c[k][j];
			c[i][k] = i == k ? sqrtf(fmaxf(sum, 1e-9f)) : sum / c[k][k];
		}
	}
	for (unsigned i = 0; i < N; i++) {
		float sum = held[i] ? 0 : m->down[i];

		for (unsigned k = 0; k < i; k++)
			sum -= c[i][k] * ret[k];
		ret[i] = sum / c[i][i];
	}
	for (unsigned i = N; i-- > 0;) {
		for (unsigned k = i + 1; k < N; k++)
			ret[i] -= c[k][i] * ret[k];
		ret[i] /= c[i][i];
	}
}

static void take_step(const struct hands_frame *seat, const struct hands_pose *from, const float step[N],
	struct hands_pose *ret)
{
	float most = STEP_RAD;

	for (unsigned i = 3; i < N; i++)
		most = fmaxf(most, fabsf(step[i]));
	for (unsigned i = 0; i < N; i++)
		ret->turn[i] = fminf(fmaxf(from->turn[i] + step[i] * (STEP_RAD / most), hands_turn[i].min),
			hands_turn[i].max);
	hands_forward(seat, ret);
}

/* Downhill, until nothing is gained. @return rounds. */
static unsigned settle(
	const struct hands_task *task, struct hands_pose *pose, float rest, unsigned most_rounds)
{
	float now = cost(task, pose, rest), damping = DAMPING_FIRST;
	struct normal m;
	unsigned rounds = 0;

	make_normal(task, pose, rest, &m);
	while (rounds < most_rounds && damping < DAMPING_MOST) {
		struct hands_pose next;
		float step[N];

		rounds++;
		find_step(&m, pose, damping, step);
		take_step(&task->seat, pose, step, &next);
		const float then = cost(task, &next, rest);
		if (!(then < now)) {
			damping *= 8;
			continue;
		}
		const int is_settled = now - then < GAIN_LEAST * now || then < COST_LEAST;

		*pose = next;
		now = then;
		damping = fmaxf(damping / 6, DAMPING_LEAST);
		if (is_settled)
			break;
		make_normal(task, pose, rest, &m);
	}
	return rounds;
}

struct hands_result hands_solve(const struct hands_task *task, struct hands_pose *ret)
{
	struct hands_result result = {0};

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < N; i++)
		ret->turn[i] = hands_turn[i].rest;
	hands_forward(&task->seat, ret);
	for (unsigned i = 0; i < STAGES; i++)
		result.rounds += settle(task, ret, pull[i], HANDS_ROUNDS / STAGES);
	hands_forearm(ret, task->elbow);
	for (unsigned i = 0; i < task->n; i++)
		if (task->goal[i].is_firm)
			result.error_mm = fmaxf(result.error_mm,
				hands_apart(task->goal[i].at, ret->joint[task->goal[i].joint]));
	return result;
}
