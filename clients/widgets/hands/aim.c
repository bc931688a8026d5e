/* SPDX-License-Identifier: MIT */
#include "aim.h"

#define BEHIND 0.28f      /* of a fret's space */
#define BEHIND_MM 7.0f    /* at most */
#define LEAD_TICKS 480.0  /* a finger's way to its next place, at most */
#define LEAVE_TICKS 120.0 /* so much earlier it leaves for that */
#define PLUCK_TICKS 90.0
#define HOVER_MM 9.0f /* above the string */
#define HOME_FRET 3u  /* where a hand with nothing to do is */
#define STRAY_MM 32.0f

/* Of wishes; of what is firm: 1. */
#define HOVERS 0.02f
#define STANDS 0.003f
#define LIES 0.25f
#define RESTS 0.004f

struct press {
	double begin, end;
	unsigned fret, from, to;
};

/* Of a finger: what it held last or holds still, and what comes. */
struct way {
	int has_last, has_next;
	struct press last, next;
};

/* From where the hand is to its fingers' natural places along the neck. */
static const float natural_x[HANDS_FINGERS] = {10, -24, -6, 12, 28};
/* Of the right hand, along the strings. */
static const float pluck_x[HANDS_FINGERS] = {-24, -8, 0, 8, 15};
/* Strings that they rest over, of six. */
static const float pluck_string[HANDS_FINGERS] = {5, 3, 2, 1, 0.4f};

float hands_scale_mm(const struct mos_fret_neck *neck)
{
	return neck->scale_mm > 0 ? neck->scale_mm : mos_fret_guitar.scale_mm;
}

struct hands_vec hands_on_string(const struct mos_fret_neck *neck, unsigned string, float x)
{
	const float part = x / hands_scale_mm(neck);

	return (struct hands_vec){.x = x,
		.y = ((float)(neck->n_strings + 1) / 2 - (float)string) *
		     (HANDS_NUT_GAP_MM + (HANDS_BRIDGE_GAP_MM - HANDS_NUT_GAP_MM) * part)};
}

struct hands_vec hands_on_fret(const struct mos_fret_neck *neck, unsigned string, unsigned fret)
{
	const float at = mos_fret_mm(neck, fret + neck->capo),
		    space = at - mos_fret_mm(neck, fret + neck->capo - 1);

	return hands_on_string(neck, string, at - fminf(space * BEHIND, BEHIND_MM));
}

/* ---- when ---- */

static int is_by(const struct hands_note *note, enum hands_side side, unsigned finger)
{
	if (!note->string)
		return 0;
	if (side == HANDS_RIGHT)
		return note->right == finger + 1;
	return note->fret && note->finger == (finger == HANDS_THUMB ? HANDS_T : finger);
}

static struct press press_of(const struct hands_note *note, enum hands_side side)
{
	const double begin = (double)note->tick;

	return (struct press){.begin = begin,
		.end = side == HANDS_RIGHT ? begin + PLUCK_TICKS : (double)note->end_tick,
		.fret = note->fret,
		.from = note->string,
		.to = note->string};
}

/* A finger that holds a fret still, or in the same moment, lies over another string too, from the beginning.
 */
static int lies_too(struct press *p, const struct hands_note *note, enum hands_side side)
{
	const struct press more = press_of(note, side);

	if (side == HANDS_RIGHT ? more.begin != p->begin
				: more.fret != p->fret || (more.begin != p->begin && more.begin >= p->end))
		return 0;
	p->from = more.from < p->from ? more.from : p->from;
	p->to = more.to > p->to ? more.to : p->to;
	p->end = more.end > p->end ? more.end : p->end;
	return 1;
}

static struct way find_way(
	const struct hands_note *note, unsigned n, enum hands_side side, unsigned finger, double tick)
{
	struct way w = {0};

	for (unsigned i = 0; i < n; i++) {
		if (!is_by(&note[i], side, finger))
			continue;
		if (w.has_next) {
			(void)lies_too(&w.next, &note[i], side);
		} else if (w.has_last && lies_too(&w.last, &note[i], side)) {
			continue;
		} else if ((double)note[i].tick <= tick) {
			w.last = press_of(&note[i], side);
			w.has_last = 1;
		} else {
			w.next = press_of(&note[i], side);
			w.has_next = 1;
		}
	}
	/* in time for what comes */
	if (w.has_last && w.has_next) {
		const double half = (w.next.begin - w.last.begin) / 2,
			     leave = w.next.begin - (half < LEAVE_TICKS ? half : LEAVE_TICKS);

		w.last.end = w.last.end < leave ? w.last.end : leave;
	}
	return w;
}

/* 0..1 of a way that ends on the beat, smooth at both ends. */
static float part_of_way(double from, double to, double tick)
{
	const double lead = to - from < LEAD_TICKS ? to - from : LEAD_TICKS, s = (tick - (to - lead)) / lead;

	return s <= 0 ? 0 : s >= 1 ? 1 : (float)(s * s * (3 - 2 * s));
}

/* ---- the left hand ---- */

/* Where the hand is for what is held at a moment, and until when that is. @return 0: nothing is. */
static int find_grip(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n, double tick,
	float *ret_x, double *ret_end)
{
	unsigned fingers = 0;
	float sum = 0;

	*ret_end = tick;
	for (unsigned f = HANDS_INDEX; f < HANDS_FINGERS; f++) {
		const struct way w = find_way(note, n, HANDS_LEFT, f, tick);

		if (w.has_last && w.last.end > tick) {
			sum += hands_on_fret(neck, w.last.to, w.last.fret).x - natural_x[f];
			*ret_end = w.last.end > *ret_end ? w.last.end : *ret_end;
			fingers++;
		}
	}
	*ret_x = fingers ? sum / (float)fingers : 0;
	return fingers > 0;
}

/* The hand goes to a grip as its fingers do, once they have left the one before. */
static float hand_x(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n, double tick)
{
	const float home = hands_on_fret(neck, 1, HOME_FRET).x - natural_x[HANDS_MIDDLE];
	const struct hands_note *last = NULL, *next = NULL;
	float from = home, to = home;
	double leave = 0, end;

	for (unsigned i = 0; i < n && !next; i++) {
		if (!note[i].string || !note[i].fret || !note[i].finger || note[i].finger > 4)
			continue;
		if ((double)note[i].tick <= tick)
			last = &note[i];
		else
			next = &note[i];
	}
	const int has_last = last && find_grip(neck, note, n, (double)last->tick, &from, &leave),
		  has_next = next && find_grip(neck, note, n, (double)next->tick, &to, &end);
	if (!has_last || !has_next)
		return has_last ? from : to;
	/* a finger that stays makes no other one late */
	const double at_last = (double)next->tick - LEAVE_TICKS, half = (double)(last->tick + next->tick) / 2;
	leave = leave < at_last ? leave : at_last;
	return from + (to - from) * part_of_way(leave > half ? leave : half, (double)next->tick, tick);
}

static void want(struct hands_task *task, unsigned joint, int is_firm, float weight, struct hands_vec at)
{
	if (task->n < HANDS_GOALS)
		task->goal[task->n++] = (struct hands_goal){
			.joint = (uint8_t)joint, .is_firm = (uint8_t)is_firm, .weight = weight, .at = at};
}

/* A finger on a string stands on its tip; one on several lies over them. */
static void want_shape(struct hands_task *task, const struct mos_fret_neck *neck, unsigned finger,
	const struct press *p, struct hands_vec tip)
{
	const unsigned joint = hands_tip((enum hands_finger)finger);
	const float dp = hands_bone[joint].length_mm, mp = hands_bone[joint - 1].length_mm;
	const float flesh = hands_bone[joint].radius_mm;

	if (finger == HANDS_THUMB)
		return;
	if (p->to == p->from) {
		want(task, joint - 1, 0, STANDS,
			hands_sum(tip, (struct hands_vec){0, 0.3f * dp, 0.95f * dp}));
		return;
	}
	const float span = hands_on_string(neck, p->from, tip.x).y - tip.y;
	const int is_long = span > dp;

	want(task, joint - 1, 0, LIES,
		hands_sum(tip, (struct hands_vec){0, 0.98f * dp, is_long ? 2 : 0.2f * dp}));
	if (is_long)
		want(task, joint - 2, 0, LIES,
			hands_sum(tip, (struct hands_vec){0, 0.98f * (dp + mp), flesh}));
}

static struct hands_vec tip_on(const struct mos_fret_neck *neck, const struct press *p)
{
	return hands_on_fret(neck, p->to, p->fret);
}

/* On its way from one place to the next, above the strings. */
static struct hands_vec tip_between(
	const struct mos_fret_neck *neck, const struct way *w, double tick, float *ret_arrived)
{
	const struct press *any = w->has_next ? &w->next : &w->last;
	struct hands_vec at = tip_on(neck, any);
	float up = HOVER_MM;

	*ret_arrived = 0;
	if (w->has_next) {
		const double from = w->has_last ? w->last.end : w->next.begin - LEAD_TICKS;
		const float s = part_of_way(from, w->next.begin, tick);

		if (w->has_last) {
			const struct hands_vec last = tip_on(neck, &w->last);

			at = hands_sum(last, hands_times(hands_less(at, last), s));
		}
		up *= 1 - s * s;
		*ret_arrived = s * s * s * s;
	}
	if (w->has_last && tick - w->last.end < LEAVE_TICKS)
		up *= (float)((tick - w->last.end) / LEAVE_TICKS);
	at.z = up;
	return at;
}

static void aim_left(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n, double tick,
	struct hands_task *task, struct hands_touch *touch)
{
	const float x = hand_x(neck, note, n, tick);
	const struct hands_vec edge = hands_on_string(neck, 1, x);

	task->seat = (struct hands_frame){.at = {x, edge.y + 46, -42},
		.f = hands_unit((struct hands_vec){0, -0.28f, 0.96f}),
		.l = {-1, 0, 0}};
	task->seat.n = hands_cross(task->seat.f, task->seat.l);
	task->elbow = (struct hands_vec){x + 60, edge.y + 190, -190};
	for (unsigned f = HANDS_THUMB; f < HANDS_FINGERS; f++) {
		const struct way w = find_way(note, n, HANDS_LEFT, f, tick);
		const unsigned joint = hands_tip((enum hands_finger)f);
		float arrived = 0;

		if (w.has_last && w.last.end > tick) {
			const struct hands_vec tip = tip_on(neck, &w.last);

			touch[f] = (struct hands_touch){
				1, (uint8_t)w.last.from, (uint8_t)w.last.to, (uint8_t)w.last.fret};
			want(task, joint, 1, 1, tip);
			want_shape(task, neck, f, &w.last, tip);
			continue;
		}
		struct hands_vec tip = {
			x + natural_x[f], f == HANDS_THUMB ? 0 : 4, f == HANDS_THUMB ? -22 : HOVER_MM * 1.6f};

		if (w.has_last || w.has_next) {
			const struct hands_vec at = tip_between(neck, &w, tick, &arrived);

			/* it stays with its hand */
			tip = (struct hands_vec){
				fminf(fmaxf(at.x, tip.x - STRAY_MM), tip.x + STRAY_MM), at.y, at.z};
			arrived *= fmaxf(1 - fabsf(at.x - tip.x) / STRAY_MM, 0);
		}
		want(task, joint, 0, (f == HANDS_THUMB ? RESTS : HOVERS) + arrived, tip);
	}
}

/* ---- the right hand, in the mirror ---- */

static void aim_right(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n,
	double tick, struct hands_task *task, struct hands_touch *touch)
{
	const float x = hands_scale_mm(neck) * HANDS_HOLE;

	task->seat = (struct hands_frame){.at = {x + 12, 80, 48},
		.f = hands_unit((struct hands_vec){-0.1f, -0.95f, -0.2f}),
		.l = hands_unit((struct hands_vec){-0.95f, 0.1f, 0})};
	task->seat.n = hands_unit(hands_cross(task->seat.f, task->seat.l));
	task->seat.l = hands_cross(task->seat.n, task->seat.f);
	task->elbow = (struct hands_vec){x + 150, 260, 60};
	for (unsigned f = HANDS_THUMB; f < HANDS_FINGERS; f++) {
		const struct way w = find_way(note, n, HANDS_RIGHT, f, tick);
		const unsigned joint = hands_tip((enum hands_finger)f);
		const struct press *p = w.has_last && w.last.end > tick ? &w.last
					: w.has_next                    ? &w.next
									: NULL;
		const int is_down = p && p == &w.last;
		const float resting = 1 + (pluck_string[f] - 1) * (float)(neck->n_strings - 1) / 5;
		struct hands_vec tip = hands_on_string(neck, 0, x + pluck_x[f]);
		const struct hands_vec gap =
			hands_less(hands_on_string(neck, 1, tip.x), hands_on_string(neck, 0, tip.x));
		float arrived = 0;

		tip.y += gap.y * resting;
		tip.z = HOVER_MM * 0.6f;
		if (is_down) {
			tip = hands_on_string(neck, p->to, tip.x);
			touch[f] = (struct hands_touch){1, (uint8_t)p->from, (uint8_t)p->to, 0};
		} else if (p) {
			const double from = w.has_last ? w.last.end : p->begin - LEAD_TICKS;
			const float s = part_of_way(from, p->begin, tick);

			tip = hands_sum(
				tip, hands_times(hands_less(hands_on_string(neck, p->to, tip.x), tip), s));
			arrived = s * s * s * s;
		}
		tip.y = -tip.y;
		want(task, joint, is_down, is_down ? 1 : HOVERS + arrived, tip);
	}
}

void hands_aim(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n,
	enum hands_side side, double tick, struct hands_task *ret,
	struct hands_touch ret_touch[HANDS_FINGERS])
{
	ret->n = 0;
	for (unsigned f = 0; f < HANDS_FINGERS; f++)
		ret_touch[f] = (struct hands_touch){0};
	(side == HANDS_LEFT ? aim_left : aim_right)(neck, note, n, tick, ret, ret_touch);
}

void hands_show(const struct mos_fret_neck *neck, const struct hands_note *note, unsigned n,
	enum hands_side side, double tick, struct hands_seen *ret)
{
	struct hands_task task;

	hands_aim(neck, note, n, side, tick, &task, ret->touch);
	ret->result = hands_solve(&task, &ret->pose);
	for (unsigned i = 0; side == HANDS_RIGHT && i < HANDS_JOINTS; i++)
		ret->pose.joint[i].y = -ret->pose.joint[i].y;
}
