/* SPDX-License-Identifier: MIT */
#include "sync.h"

#define NS_PER_S INT64_C(1000000000)
#define COMMAND_NS NS_PER_S /* JACK's transport has done by then what it was told, or never will */
#define STARTING_NS (NS_PER_S * 3 / 2)
#define TRIES_MAX 3u
#define TARGET_CYCLES 16u
#define HOLD_NS (NS_PER_S / 2)
#define HOLD_MAX_NS (NS_PER_S * 8)
#define SETTLED_NS (NS_PER_S * 10)
#define REFRESH_NS (NS_PER_S / 20)

static int64_t absolute(int64_t x) MOS_RT
{
	return x < 0 ? -x : x;
}

/* Frames that JACK's transport went on since the cycle before, if it rolled. */
static int64_t advance(const struct sync *s, const struct sync_in *in) MOS_RT
{
	const int64_t length_ns = in->n_frames * NS_PER_S / in->rate_hz;

	if (!s->was_rolling || !length_ns)
		return 0;
	return (in->time_ns - s->time_ns + length_ns / 2) / length_ns * in->n_frames;
}

/* Somebody sent JACK's transport elsewhere, and it was not us. */
static bool is_located(struct sync *s, const struct sync_in *in) MOS_RT
{
	const int32_t by = (int32_t)(in->frame - s->frame);
	/* where it begins to roll, or ends, it may be one cycle ahead; where cycles are lost, behind */
	const int64_t limit = advance(s, in) + (s->was_rolling || in->rolls ? in->n_frames : 0);
	const bool is_other = by < 0 || by > limit;

	if (s->has_target) {
		const uint32_t beyond = in->frame - s->target;

		if (beyond <= (in->rolls ? TARGET_CYCLES * in->n_frames : 0)) {
			s->has_target = false;
			return false;
		}
		if (s->target_cycles-- > 0 && !is_other)
			return false;
		s->has_target = false;
	}
	return is_other;
}

static void locate(struct sync *s, struct sync_out *ret, int64_t to) MOS_RT
{
	ret->locates = true;
	ret->to = to < 0 ? 0 : to > UINT32_MAX ? UINT32_MAX : (uint32_t)to;
	s->has_target = true;
	s->target = ret->to;
	s->target_cycles = TARGET_CYCLES;
	s->n_located++;
}

static void ask(struct sync *s, struct sync_out *ret, enum sync_ask what) MOS_RT
{
	ret->ask = what;
	s->asked = what;
	s->is_asking = true;
	s->n_asked++;
}

static void command(struct sync *s, const struct sync_in *in, struct sync_out *ret, bool on) MOS_RT
{
	ret->command = on;
	s->command = on;
	s->command_until_ns = in->time_ns + COMMAND_NS;
}

/* Who did what, and what the other one has to do then. */
static void decide(struct sync *s, const struct sync_in *in, bool located, struct sync_out *ret) MOS_RT
{
	const bool mos = in->mos.rolls, on_changed = s->command < 0 && in->is_on != s->was_on;

	if (located && in->mos.has_song) {
		const bool starts = on_changed && in->is_on && !mos;

		s->is_apart = false;
		s->was_on = starts || s->was_on;
		ask(s, ret, starts ? SYNC_PLAY : SYNC_SEEK); /* a stop beside it is seen afterwards */
	} else if (mos != s->was_mos && s->command < 0) {
		s->is_apart = false;
		s->was_mos = mos;
		s->was_on = in->is_on;
		if (in->is_on != mos)
			command(s, in, ret, mos);
	} else if (on_changed) {
		s->was_on = in->is_on;
		s->is_apart = s->is_apart && in->is_on;
		if (in->is_on != mos && in->mos.has_song)
			ask(s, ret, in->is_on ? SYNC_PLAY : SYNC_PAUSE);
	}
}

/* --- Place --- */

/* Two cycles ahead: in the next one it waits there, in the one after it rolls. */
static void locate_rolling(struct sync *s, const struct sync_in *in, struct sync_out *ret) MOS_RT
{
	s->skew = 0;
	s->is_sent = true;
	locate(s, ret, in->mos.frame + 2 * (int64_t)in->n_frames + s->ahead);
}

/* The song's frames go on while its tempo changes; JACK's are frames of sound. */
static void keep_skew(struct sync *s, const struct sync_in *in) MOS_RT
{
	const struct place *a = &s->mos, *b = &in->mos;

	if (a->rolls && a->clock.cycle != b->clock.cycle)
		s->skew += a->song.frame + (int64_t)(b->clock.frame - a->clock.frame) - b->song.frame;
}

/* It rolls again: who waits for slow ones rolls late, and next time we reckon with that. */
static void learn(struct sync *s, const struct sync_in *in, int64_t off) MOS_RT
{
	const int64_t most = in->rate_hz;

	s->ahead -= off;
	s->ahead = s->ahead < 0 ? 0 : s->ahead > most ? most : s->ahead;
}

/* All others stop for a moment when it is sent elsewhere: the next time not so soon. */
static void hold(struct sync *s, const struct sync_in *in) MOS_RT
{
	s->hold_ns = !s->hold_ns ? HOLD_NS : s->hold_ns < HOLD_MAX_NS ? 2 * s->hold_ns : HOLD_MAX_NS;
	s->hold_until_ns = in->time_ns + s->hold_ns;
	s->n_tries = 0;
}

static void place_rolling(struct sync *s, const struct sync_in *in, bool moved, struct sync_out *ret) MOS_RT
{
	int64_t off;

	if (moved)
		s->skew = 0;
	else
		keep_skew(s, in);
	off = (int64_t)in->frame - in->mos.frame - s->skew;
	if (absolute(off) <= in->n_frames) {
		if (s->is_sent && !moved && 2 * absolute(off) > in->n_frames)
			learn(s, in, off);
		s->is_sent = false;
		s->n_tries = 0;
		if (in->time_ns - s->hold_until_ns > SETTLED_NS)
			s->hold_ns = 0;
		return;
	}
	if (!moved && in->time_ns < s->hold_until_ns)
		return;
	if (s->is_sent && !moved)
		learn(s, in, off);
	if (!moved && (!s->is_sent || s->n_tries++ >= TRIES_MAX))
		hold(s, in);
	locate_rolling(s, in, ret);
}

/*
 * It waits for all to be ready, and rolls in the next cycle if all are. Once: where it is sent elsewhere, all
 * have to get ready again.
 */
static void place_starting(struct sync *s, const struct sync_in *in, struct sync_out *ret) MOS_RT
{
	const int64_t off = (int64_t)in->frame - (in->mos.frame + in->n_frames), near = in->n_frames / 8;

	s->skew = 0;
	if (!s->is_sent && (off < -near || off > near))
		locate_rolling(s, in, ret);
}

static bool is_other_bbt(const struct place_bbt *a, const struct place_bbt *b) MOS_RT
{
	return a->bar != b->bar || a->beat != b->beat || a->tick != b->tick || a->num != b->num ||
	       a->den != b->den || a->bpm < b->bpm || a->bpm > b->bpm;
}

/* Where both stand JACK's frame is the song's; who sent it between two ticks keeps it there. */
static void place_standing(struct sync *s, const struct sync_in *in, struct sync_out *ret) MOS_RT
{
	const int64_t off = (int64_t)in->frame - in->mos.frame;
	const bool is_other = !s->is_fresh && s->mos.is_there && in->mos.frame != s->mos.frame;
	struct place_bbt bbt;

	s->skew = 0;
	s->hold_ns = s->hold_until_ns = 0;
	s->is_fresh = false;
	if ((is_other && off) || off < 0 || off >= place_tick_frames(&in->mos)) {
		locate(s, ret, in->mos.frame);
		return;
	}
	/* others are told of another tempo or meter only with a place */
	if (in->mos.clock.flags & MOS_CLOCK_COUNT_IN || in->time_ns < s->refresh_ns)
		return;
	place_bbt(&in->mos, 0, &bbt);
	if (!is_other_bbt(&bbt, &s->bbt))
		return;
	s->bbt = bbt;
	s->refresh_ns = in->time_ns + REFRESH_NS;
	locate(s, ret, in->frame);
}

static void put_place(struct sync *s, const struct sync_in *in, struct sync_out *ret) MOS_RT
{
	const bool moved = place_moved(&s->mos, &in->mos);

	/* people sent MOS elsewhere: from there on both are one again */
	if (!in->is_on && !in->mos.rolls && !s->mos.rolls && in->mos.frame != s->mos.frame)
		s->is_apart = false;
	if (!in->mos.has_song || s->is_apart || s->command >= 0 || s->has_target || ret->command >= 0)
		return;
	if (in->mos.rolls && in->rolls)
		place_rolling(s, in, moved, ret);
	else if (in->mos.rolls && in->is_on)
		place_starting(s, in, ret);
	else if (!in->mos.rolls && !in->is_on)
		place_standing(s, in, ret);
}

/* --- A cycle --- */

static void watch_command(struct sync *s, const struct sync_in *in) MOS_RT
{
	if (s->command < 0 || (in->is_on != (s->command == 1) && in->time_ns < s->command_until_ns))
		return;
	if (in->is_on != (s->command == 1))
		s->was_mos = in->is_on; /* somebody was in between, or it went astray: MOS is the master */
	s->command = -1;
	s->was_on = in->is_on;
}

static bool is_ready(struct sync *s, const struct sync_in *in, const struct sync_out *out) MOS_RT
{
	if (!in->is_on || in->rolls) {
		s->starting_ns = 0;
		return true;
	}
	if (!s->starting_ns)
		s->starting_ns = in->time_ns;
	if (in->time_ns - s->starting_ns > STARTING_NS)
		return true;
	return !s->is_asking && !out->locates && (s->is_apart || !(in->mos.clock.flags & MOS_CLOCK_COUNT_IN));
}

static void begin(struct sync *s, const struct sync_in *in) MOS_RT
{
	*s = (struct sync){.is_begun = true,
		.was_on = in->is_on,
		.is_asking = s->is_asking,
		.asked = s->asked,
		.is_apart = in->is_on && !in->mos.rolls,
		.command = -1,
		.frame = in->frame,
		.time_ns = in->time_ns,
		.was_rolling = in->rolls,
		.n_located = s->n_located,
		.n_asked = s->n_asked};
}

void sync_cycle(struct sync *s, const struct sync_in *in, struct sync_out *ret) MOS_RT
{
	bool located;

	*ret = (struct sync_out){.command = -1, .ready = true};
	if (!in->mos.is_there || !in->rate_hz || !in->n_frames) {
		s->is_begun = false;
		return;
	}
	if (!s->is_begun)
		begin(s, in);
	if (!in->is_on)
		s->is_sent = false;
	watch_command(s, in);
	located = is_located(s, in);
	s->was_located = s->was_located || located;
	if (!s->is_asking) {
		located = s->was_located; /* perhaps while an answer was awaited: who pulls a slider goes on
					     and on */
		s->was_located = false;
		decide(s, in, located, ret);
	}
	if (!s->is_asking)
		put_place(s, in, ret);
	ret->ready = is_ready(s, in, ret);
	s->mos = in->mos;
	s->frame = in->frame;
	s->time_ns = in->time_ns;
	s->was_rolling = in->rolls;
}

void sync_answered(struct sync *s, bool is_done, const struct place *mos) MOS_RT
{
	if (!s->is_asking)
		return;
	s->is_asking = false;
	s->is_fresh = true;
	s->is_apart = !is_done;
	/* who was quicker than this answer, and did something else, is heard next */
	if (s->asked == SYNC_PLAY && is_done)
		s->was_mos = mos->rolls || mos->clock.state != MOS_TRANSPORT_PLAYING;
	else if (s->asked == SYNC_PAUSE || !is_done)
		s->was_mos = false;
}

uint32_t sync_next_frame(const struct sync *s, const struct sync_in *in) MOS_RT
{
	return s->has_target ? s->target : in->frame + (in->rolls ? in->n_frames : 0);
}

bool sync_bbt(const struct sync *s, const struct sync_in *in, uint32_t frame, struct place_bbt *ret) MOS_RT
{
	const struct place *m = &in->mos;

	if (!m->is_there)
		return false;
	if (!m->has_song || s->is_apart || (in->is_on && !m->rolls))
		place_bbt_alone(m, frame, in->rate_hz, ret);
	else
		place_bbt(m, (int64_t)frame - m->frame - s->skew, ret);
	return true;
}
