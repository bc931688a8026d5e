/* SPDX-License-Identifier: MIT */
/*
 * Playing along with another clock. The leader's tempo takes the place of the score's, and what is left of
 * the way to its place is made up by playing a little faster or slower: v means the same place at any rate,
 * so no note is lost, doubled or moved. Who is too far away jumps, to a measure, when the leader begins one.
 */
#include "kronos_internal.h"

#include <errno.h>

#define TAU_NS 3e8          /* what is left of an error falls to 1/e in this time */
#define MAX_CORRECTION 0.04 /* of the tempo */
#define JUMP_NS 1e8         /* from here on it is no drift but another place */
#define IN_TIME_NS 1e6
#define LOST_NS INT64_C(3000000000)
#define LOST_MIDI_NS INT64_C(1000000000)
#define LINE_MAX_NS INT64_C(60000000000)
#define MIDI_STEP_PPM 5000 /* estimates of a MIDI clock's tempo: what is less is left to the rate */
#define NPQ_FASTEST (UINT64_C(60000000000) / 300)
#define NPQ_SLOWEST UINT64_C(60000000000)

static double npq_f(const struct kronos *k) MOS_RT
{
	return (double)(int64_t)k->chase.npq;
}

/* x - y * nearest(x / y) */
static double nearest_in(double x, double y) MOS_RT
{
	double q = x / y;
	int64_t n = (int64_t)(q < 0 ? q - 0.5 : q + 0.5);

	return x - (double)n * y;
}

/* Where the leader is at this cycle's start, in ticks within the quantum, 0 <= x < quantum. */
static double leader_phase(const struct kronos *k) MOS_RT
{
	const struct kronos_chase *c = &k->chase;
	double q = (double)c->quantum, x;
	int64_t tick = c->tick % c->quantum;

	x = (double)tick + c->frac + (double)(c->now_ns - c->offset_ns - c->at_ns) / npq_f(k) * MOS_PPQ;
	x = nearest_in(x, q);
	return x < 0 ? x + q : x;
}

/* The leader is so many ticks ahead of us, within half a quantum. */
static double error_ticks(const struct kronos *k) MOS_RT
{
	const struct kronos_chase *c = &k->chase;
	uint32_t frac;
	int64_t tick = kronos_tick(k, &frac);

	return nearest_in(
		leader_phase(k) - (double)((tick + c->shift) % c->quantum) - (double)frac / 4294967296.0,
		(double)c->quantum);
}

static int is_playing(const struct kronos *k) MOS_RT
{
	return k->state == MOS_TRANSPORT_PLAYING && k->map.song;
}

void kronos_chase_measure(struct kronos *k) MOS_RT
{
	if (k->chase.leader == MOS_LEADER_LINK && k->map.song)
		k->chase.shift =
			-walk_meter_at(&k->map, walk_v_to_tick(&k->map, k->play.v, NULL)).measure_tick;
}

void kronos_set_map(struct kronos *k, const struct walk_map *next) MOS_RT
{
	int64_t tick;

	if (!k->map.song) {
		k->map = *next;
		return;
	}
	tick = walk_v_to_tick(&k->map, k->play.v, NULL);
	k->play.v = walk_convert(&k->map, next, k->play.v);
	k->map = *next;
	if (k->counting) {
		struct walk_map count = kronos_count_map(next, tick);

		count.over_num = k->count_map.over_num;
		count.over_den = k->count_map.over_den;
		k->count_v = walk_convert(&k->count_map, &count, k->count_v);
		k->count_map = count;
	}
	kronos_refresh_ahead(k);
}

static void tell_tempo(struct kronos *k, uint64_t old) MOS_RT
{
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_TEMPO,
			       .npq = k->chase.npq,
			       .old_npq = old,
			       .tick = k->map.song ? walk_v_to_tick(&k->map, k->play.v, NULL) : 0,
			       .index = MOS_TEMPO_LEADER});
}

/* One that we can play. */
static uint64_t playable(uint64_t npq) MOS_RT
{
	return npq < NPQ_FASTEST ? NPQ_FASTEST : npq > NPQ_SLOWEST ? NPQ_SLOWEST : npq;
}

/* The leader's tempo is ours. */
static void take_tempo(struct kronos *k) MOS_RT
{
	const struct kronos_chase *c = &k->chase;
	uint64_t base = playable(c->npq), now = k->map.fixed_npq, off = now > base ? now - base : base - now,
		 old;
	struct walk_map next = k->map;

	if (now && off <= base / 1000000 * (c->leader == MOS_LEADER_MIDI ? MIDI_STEP_PPM : 0))
		return;
	old = walk_npq_at(&k->map, k->map.song ? walk_v_to_tick(&k->map, k->play.v, NULL) : 0);
	next.fixed_npq = base;
	next.rate_ppm = 1000000;
	kronos_set_map(k, &next);
	tell_tempo(k, old);
}

/* Nobody leads any more: the tempo stays as it was last, without what was made up. */
static void keep_tempo(struct kronos *k) MOS_RT
{
	struct walk_map next = k->map;

	next.fixed_npq = playable(k->chase.npq);
	next.rate_ppm = 1000000;
	kronos_set_map(k, &next);
}

static void set_rate(struct kronos *k, double by) MOS_RT
{
	double ppm = 1e6 * by + 0.5;
	uint32_t rate = ppm < 10000 ? 10000 : ppm > 10000000 ? 10000000 : (uint32_t)ppm;

	k->map.rate_ppm = rate;
	k->count_map.rate_ppm = rate;
}

static kronos_v ticks_to_v(const struct walk_map *count_map, double ticks) MOS_RT
{
	return (kronos_v)(ticks * (double)(int64_t)count_map->fixed_npq) * count_map->rate_hz;
}

static void tell_place(struct kronos *k, int64_t from, int64_t tick) MOS_RT
{
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_STATE,
			       .old_state = k->state,
			       .state = k->state,
			       .reason = MOS_REASON_LEADER,
			       .from_tick = from,
			       .tick = tick});
}

void kronos_chase_start(struct kronos *k, int64_t tick, kronos_v wait, int64_t leader_tick) MOS_RT
{
	int64_t from = kronos_tick(k, NULL);
	uint8_t old = k->state;

	if (!k->map.song || (old != MOS_TRANSPORT_PLAYING && !kronos_legal(old, MOS_TRANSPORT_PLAYING)))
		return;
	tick = tick < 0 ? 0 : tick > k->map.song->tl.end_tick ? k->map.song->tl.end_tick : tick;
	kronos_move(k, tick);
	if (old != MOS_TRANSPORT_PLAYING)
		kronos_set_state(k, MOS_TRANSPORT_PLAYING, MOS_REASON_LEADER, from, 0);
	else
		tell_place(k, from, tick);
	kronos_count_in(k, 0);
	k->count_v = -wait;
	k->chase.shift = leader_tick - tick;
	kronos_refresh_ahead(k);
}

void kronos_chase_place(struct kronos *k, int64_t tick) MOS_RT
{
	int64_t from = kronos_tick(k, NULL);

	if (!k->map.song || k->state == MOS_TRANSPORT_PLAYING || k->state == MOS_TRANSPORT_LOADING)
		return;
	tick = tick > k->map.song->tl.end_tick ? k->map.song->tl.end_tick : tick;
	kronos_move(k, tick);
	tell_place(k, from, tick);
}

void kronos_chase_launch(struct kronos *k, int64_t count_ticks) MOS_RT
{
	const struct kronos_chase *c = &k->chase;
	int64_t tick = walk_v_to_tick(&k->map, k->play.v, NULL), in_measure;
	double wait;

	if (!c->is_heard)
		return;
	in_measure = tick - walk_meter_at(&k->map, tick).measure_tick;
	wait = nearest_in(
		(double)((in_measure - count_ticks) % c->quantum) - leader_phase(k), (double)c->quantum);
	if (wait < 0)
		wait += (double)c->quantum;
	if (!k->counting)
		kronos_count_in(k, 0);
	wait += (double)count_ticks;
	k->count_v = -ticks_to_v(&k->count_map, wait);
	k->chase.shift = (int64_t)(leader_phase(k) + wait + 0.5) - tick;
}

void kronos_chase_stop(struct kronos *k) MOS_RT
{
	if (k->state != MOS_TRANSPORT_PLAYING)
		return;
	k->counting = 0;
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_SILENCE});
	kronos_set_state(k, MOS_TRANSPORT_PAUSED, MOS_REASON_LEADER, kronos_tick(k, NULL), 0);
}

/* The measure, or the part of it of a quantum's length, that begins nearest to where we are, before the end.
 */
static int64_t nearest_start(const struct kronos *k) MOS_RT
{
	int64_t tick = walk_v_to_tick(&k->map, k->play.v, NULL), end = k->map.song->tl.end_tick, len, step,
		at;
	struct mos_bbt b = walk_meter_at(&k->map, tick);

	len = mos_meter_measure_ticks(b.num, b.den);
	step = k->chase.quantum < len ? k->chase.quantum : len;
	at = b.measure_tick + (tick - b.measure_tick + step / 2) / step * step;
	if (at > b.measure_tick + len)
		at = b.measure_tick + len;
	if (k->play.in_loop && at >= k->map.loop_end)
		at = k->map.loop_start;
	return at < end ? at : b.measure_tick + (tick - b.measure_tick) / step * step;
}

/* Too far to be drift: when the leader begins a quantum within this cycle, we do. @return 1: we are there. */
static int jump_to_leader(struct kronos *k, double cycle_ns) MOS_RT
{
	double wait = (double)k->chase.quantum - leader_phase(k);

	if (k->counting || wait * npq_f(k) / MOS_PPQ > cycle_ns)
		return 0;
	k->chase.n_jumps++;
	kronos_chase_start(k, nearest_start(k), (kronos_v)(wait * npq_f(k)) * k->map.rate_hz, 0);
	return 1;
}

/* It is heard no more: the tempo stays as it was last. */
static void fall_silent(struct kronos *k) MOS_RT
{
	k->chase.is_heard = 0;
	k->chase.is_in_time = 0;
	k->chase.n_lost++;
	keep_tempo(k);
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_STATE,
			       .old_state = k->state,
			       .state = k->state,
			       .reason = MOS_REASON_LEADER,
			       .error = -ETIMEDOUT,
			       .from_tick = kronos_tick(k, NULL),
			       .tick = kronos_tick(k, NULL)});
}

void kronos_chase_now(struct kronos *k, int64_t now_ns) MOS_RT
{
	k->chase.now_ns = now_ns;
}

void kronos_chase_cycle(struct kronos *k, uint32_t n_frames, double frame_ns, double nominal_ns) MOS_RT
{
	struct kronos_chase *c = &k->chase;
	int64_t silent_ns = c->now_ns - c->said_ns;
	double error_ns = 0, by;

	if (!c->is_heard)
		return;
	if (silent_ns > (c->leader == MOS_LEADER_MIDI ? LOST_MIDI_NS : LOST_NS)) {
		fall_silent(k);
		return;
	}
	take_tempo(k);
	if (is_playing(k)) {
		error_ns = error_ticks(k) * npq_f(k) / MOS_PPQ;
		if ((error_ns > JUMP_NS || error_ns < -JUMP_NS) && jump_to_leader(k, frame_ns * n_frames))
			error_ns = 0;
	}
	c->error_ns = (int64_t)error_ns;
	c->is_in_time = is_playing(k) && error_ns < IN_TIME_NS && error_ns > -IN_TIME_NS;
	by = error_ns > JUMP_NS || error_ns < -JUMP_NS ? 0 : error_ns / TAU_NS;
	by = by > MAX_CORRECTION ? MAX_CORRECTION : by < -MAX_CORRECTION ? -MAX_CORRECTION : by;
	set_rate(k, (1 + by) * frame_ns / nominal_ns * (double)(int64_t)k->map.fixed_npq / npq_f(k));
}

int kronos_lead(struct kronos *k, const struct mos_rtctl_lead *line) MOS_RT
{
	struct kronos_chase *c = &k->chase;
	int64_t ago;

	if (c->leader == MOS_LEADER_INTERNAL)
		return -EPERM;
	if (line->npq < MOS_LEADER_NPQ_MIN || line->npq > MOS_LEADER_NPQ_MAX ||
		line->tick < -MOS_TL_MAX_TICK || line->tick > MOS_TL_MAX_TICK ||
		__builtin_sub_overflow(c->now_ns, line->at_ns, &ago) || ago > LINE_MAX_NS ||
		ago < -LINE_MAX_NS)
		return -EINVAL;
	c->said_ns = c->now_ns;
	if (line->n_tempo != c->n_tempo) /* it does not know of our change of tempo yet */
		return 0;
	c->tick = line->tick;
	c->frac = (double)line->tick_frac / 4294967296.0;
	c->at_ns = line->at_ns;
	c->npq = line->npq;
	c->is_heard = 1;
	return 0;
}

int kronos_follow(struct kronos *k, const struct mos_rtctl_follow *asked) MOS_RT
{
	struct kronos_chase *c = &k->chase;
	struct mos_rtctl_follow follow = *asked, *f = &follow;
	int is_same = f->leader == c->leader;

	if (f->quantum_ticks == 0)
		f->quantum_ticks = is_same ? c->quantum : 4 * MOS_PPQ;
	if (f->offset_ns == MOS_LEADER_AS_IS)
		f->offset_ns = is_same ? c->offset_ns : 0;
	if (f->leader >= MOS_LEADER_N || f->offset_ns > MOS_LEADER_OFFSET_MAX_NS ||
		f->offset_ns < -MOS_LEADER_OFFSET_MAX_NS || f->quantum_ticks < WALK_CLOCK_TICKS ||
		f->quantum_ticks > MOS_LEADER_QUANTUM_MAX)
		return -EINVAL;
	c->quantum = f->quantum_ticks;
	c->offset_ns = f->offset_ns;
	if (is_same)
		return 0;
	if (c->is_heard)
		keep_tempo(k);
	*c = (struct kronos_chase){.leader = f->leader,
		.quantum = f->quantum_ticks,
		.offset_ns = f->offset_ns,
		.now_ns = c->now_ns,
		.n_lost = c->n_lost,
		.n_jumps = c->n_jumps};
	kronos_time_end(k);
	kronos_chase_measure(k);
	return 0;
}

int kronos_chase_tempo(struct kronos *k, const struct mos_rtctl_msg *msg) MOS_RT
{
	struct kronos_chase *c = &k->chase;

	if (k->time.is_heard && msg->u.tempo.mode == MOS_TEMPO_RATE) /* the rate is what follows time code */
		return -EOPNOTSUPP;
	if (!c->is_heard)
		return 0;
	if (c->leader == MOS_LEADER_MIDI || msg->u.tempo.mode != MOS_TEMPO_FIXED)
		return -EOPNOTSUPP;
	c->frac = leader_phase(k); /* the line goes on from here at another tempo */
	c->tick = 0;
	c->at_ns = c->now_ns - c->offset_ns;
	c->npq = msg->u.tempo.npq;
	c->n_tempo++;
	return 0;
}

static void put_phase(const struct kronos *k, struct mos_rtctl_follow_state *ret) MOS_RT
{
	const struct kronos_chase *c = &k->chase;
	int64_t phase = (kronos_tick(k, &ret->phase_frac) + c->shift) % c->quantum;

	ret->phase = (uint32_t)(phase < 0 ? phase + c->quantum : phase);
	ret->at_ns = c->now_ns - c->offset_ns;
}

void kronos_follow_state(const struct kronos *k, struct mos_rtctl_follow_state *ret) MOS_RT
{
	const struct kronos_chase *c = &k->chase;

	*ret = (struct mos_rtctl_follow_state){.leader = c->leader,
		.quantum_ticks = c->quantum,
		.offset_ns = c->offset_ns,
		.npq = c->is_heard ? c->npq : walk_npq_at(&k->map, k->map.song ? kronos_tick(k, NULL) : 0),
		.error_ns = c->is_heard ? c->error_ns : 0,
		.n_lost = c->n_lost,
		.n_jumps = c->n_jumps,
		.is_heard = (uint32_t)c->is_heard,
		.n_tempo = c->n_tempo,
		.state = k->state,
		.is_in_time = (uint32_t)c->is_in_time};
	if (is_playing(k))
		put_phase(k, ret);
	if (c->leader == MOS_LEADER_MTC)
		kronos_time_state(k, ret);
}
