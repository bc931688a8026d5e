/* SPDX-License-Identifier: MIT */
/*
 * Following time code: it says where in the song's time we are, not in which tempo. Tempo and tempo map stay
 * ours; what is missing of the way is made up by the rate, as for a clock, and who is too far away jumps.
 */
#include "kronos_internal.h"

#define TAU_NS 3e8 /* what is left of an error falls to 1/e in this time */
#define MAX_CORRECTION 0.04
#define JUMP_NS 1e8
#define IN_TIME_NS 1e6
#define STOPPED_NS INT64_C(150000000) /* so many quarter frames do not get lost: it stands */
#define SPEED_MIN 0.5
#define SPEED_MAX 2.0

static double song_frames(const struct kronos *k) MOS_RT
{
	return (double)k->play.v / 9.6e11; /* rate 1 */
}

/* Where it is, in frames of the song. */
static double leader_at(const struct kronos *k, int64_t now_ns) MOS_RT
{
	const struct kronos_time *t = &k->time;

	return t->frame + (double)(now_ns - k->chase.offset_ns - t->at_ns) * 1e-9 * k->map.rate_hz * t->speed;
}

/* @return -1: outside of the song. */
static int64_t tick_at(const struct kronos *k, double frame) MOS_RT
{
	int64_t tick;

	if (!k->map.song || frame < 0 || frame > 1e15)
		return -1;
	tick = kronos_song_tick(k, (int64_t)frame);
	return tick < k->map.song->tl.end_tick ? tick : -1;
}

static void set_rate(struct kronos *k, double by) MOS_RT
{
	double ppm = 1e6 * by + 0.5;

	k->map.rate_ppm = ppm < 10000 ? 10000 : ppm > 10000000 ? 10000000 : (uint32_t)ppm;
	k->count_map.rate_ppm = k->map.rate_ppm;
}

void kronos_time_end(struct kronos *k) MOS_RT
{
	if (k->time.is_heard)
		set_rate(k, 1);
	k->time = (struct kronos_time){0};
}

void kronos_time_heard(struct kronos *k) MOS_RT
{
	k->time.said_ns = k->chase.now_ns;
}

void kronos_time_lead(struct kronos *k, const struct kronos_time *line, int64_t now_ns) MOS_RT
{
	struct kronos_time *t = &k->time;
	int64_t tick;

	t->frame = line->frame;
	t->at_ns = line->at_ns;
	t->speed = line->speed < SPEED_MIN ? SPEED_MIN : line->speed > SPEED_MAX ? SPEED_MAX : line->speed;
	t->is_heard = 1;
	if (t->has_begun)
		return;
	tick = tick_at(k, leader_at(k, now_ns));
	if (tick < 0) /* not yet, or no longer */
		return;
	t->has_begun = t->is_led = 1;
	t->has_place = 0;
	kronos_chase_start(k, tick, 0, tick);
}

void kronos_time_place(struct kronos *k, int64_t frame) MOS_RT
{
	int64_t tick = tick_at(k, (double)frame);

	k->time.has_begun = 0;
	k->time.has_place = tick >= 0 && k->state == MOS_TRANSPORT_PLAYING;
	k->time.place = tick;
	if (tick >= 0)
		kronos_chase_place(k, tick);
}

/* It says nothing more: it stands. */
static void stand(struct kronos *k) MOS_RT
{
	const struct kronos_time last = k->time;

	kronos_time_end(k);
	if (last.is_led)
		kronos_chase_stop(k);
	if (last.has_place)
		kronos_chase_place(k, last.place);
}

void kronos_time_cycle(struct kronos *k, double frame_ns, double nominal_ns) MOS_RT
{
	struct kronos_time *t = &k->time;
	double error_ns, by;
	int64_t tick;

	if (!t->is_heard)
		return;
	if (k->chase.now_ns - t->said_ns > STOPPED_NS) {
		stand(k);
		return;
	}
	t->is_in_time = 0;
	t->error_ns = 0;
	if (k->state != MOS_TRANSPORT_PLAYING || k->counting || !k->map.song)
		return;
	error_ns = (leader_at(k, k->chase.now_ns) - song_frames(k)) / k->map.rate_hz * 1e9;
	if (error_ns > JUMP_NS || error_ns < -JUMP_NS) {
		tick = tick_at(k, leader_at(k, k->chase.now_ns));
		if (tick >= 0) {
			k->chase.n_jumps++;
			kronos_chase_start(k, tick, 0, tick);
		}
		error_ns = 0;
	}
	t->error_ns = (int64_t)error_ns;
	t->is_in_time = error_ns < IN_TIME_NS && error_ns > -IN_TIME_NS;
	by = error_ns / TAU_NS;
	by = by > MAX_CORRECTION ? MAX_CORRECTION : by < -MAX_CORRECTION ? -MAX_CORRECTION : by;
	set_rate(k, (t->speed + by) * frame_ns / nominal_ns);
}

void kronos_time_state(const struct kronos *k, struct mos_rtctl_follow_state *ret) MOS_RT
{
	ret->is_heard = (uint32_t)k->time.is_heard;
	ret->is_in_time = (uint32_t)k->time.is_in_time;
	ret->error_ns = k->time.error_ns;
}
