/* SPDX-License-Identifier: MIT */
#include "kronos.h"

#include <errno.h>

#define S(x) (1u << MOS_TRANSPORT_##x)

/* KRO-03, KRO-12: from -> the states it may become. ARCHITECTURE.md shows this table; a test compares. */
static const uint8_t legal[MOS_TRANSPORT_N_STATES] = {
	[MOS_TRANSPORT_IDLE] = S(LOADING),
	[MOS_TRANSPORT_LOADING] = S(READY) | S(STOPPED) | S(IDLE),
	[MOS_TRANSPORT_READY] = S(PLAYING) | S(LOADING) | S(IDLE),
	[MOS_TRANSPORT_PLAYING] = S(PAUSED) | S(STOPPED) | S(READY) | S(IDLE),
	[MOS_TRANSPORT_PAUSED] = S(PLAYING) | S(STOPPED) | S(READY) | S(IDLE),
	[MOS_TRANSPORT_STOPPED] = S(PLAYING) | S(LOADING) | S(READY) | S(IDLE),
};

int kronos_legal(uint8_t from, uint8_t to) MOS_RT
{
	return from < MOS_TRANSPORT_N_STATES && to < MOS_TRANSPORT_N_STATES && legal[from] >> to & 1;
}

void kronos_init(struct kronos *k, uint32_t rate_hz, kronos_sink_fn sink, void *data)
{
	*k = (struct kronos){ .map = { .rate_hz = rate_hz, .rate_ppm = 1000000 },
			      .state = MOS_TRANSPORT_IDLE, .sink = sink, .sink_data = data };
}

static void tell(struct kronos *k, const struct kronos_event *ev) MOS_RT
{
	k->sink(k->sink_data, ev);
}

int64_t kronos_tick(const struct kronos *k, uint32_t *ret_frac) MOS_RT
{
	int64_t tick;

	if (ret_frac)
		*ret_frac = 0;
	if (!k->map.song)
		return 0;
	tick = walk_v_to_tick(&k->map, k->play.v, ret_frac);
	if (k->counting)
		tick += walk_v_to_tick(&k->count_map, k->count_v, ret_frac);
	return tick;
}

static void set_state(struct kronos *k, uint8_t to, uint16_t reason, int64_t from_tick, uint32_t offset) MOS_RT
{
	uint8_t old = k->state;
	int error = 0;

	if (!kronos_legal(old, to)) { /* our own bug: mend it, say so, go on (KRO-16) */
		k->recovered++;
		error = -ENOTRECOVERABLE;
		reason = MOS_REASON_RECOVERED;
		to = k->map.song ? MOS_TRANSPORT_STOPPED : MOS_TRANSPORT_IDLE;
		old = old < MOS_TRANSPORT_N_STATES ? old : to;
	}
	k->state = to;
	tell(k, &(struct kronos_event){ .what = KRONOS_STATE, .offset = offset, .old_state = old, .state = to,
					.reason = reason, .error = error, .from_tick = from_tick,
					.tick = kronos_tick(k, NULL) });
}

static void announce(struct kronos *k, uint32_t n_frames, uint32_t base_offset) MOS_RT
{
	struct walk_item it;

	while (!k->ahead_ended) {
		it = walk_next(&k->ahead, &k->map, n_frames);
		if (it.what == WALK_NOTHING)
			return;
		if (it.what == WALK_END)
			k->ahead_ended = 1;
		else if (it.what == WALK_EVENT && k->map.song->tl.event[it.index].order != MOS_TL_CONTROL)
			tell(k, &(struct kronos_event){ .what = KRONOS_ANNOUNCE, .offset = base_offset + it.offset,
							.index = it.index, .tick = it.tick,
							.event = &k->map.song->tl.event[it.index] });
	}
}

static uint32_t lookahead_frames(const struct kronos *k) MOS_RT
{
	return k->map.rate_hz * KRONOS_LOOKAHEAD_MS / 1000u;
}

/* Frames from here to the song's first; 0 when it rolls. */
static uint32_t count_in_left(const struct kronos *k) MOS_RT
{
	kronos_v step = walk_step(&k->count_map), left;

	if (!k->counting)
		return 0;
	left = (step - 1 - k->count_v) / step;
	return left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)left;
}

/* After a jump or a change of tempo the announcer starts again from here: what it said before is void. */
static void refresh_ahead(struct kronos *k) MOS_RT
{
	uint32_t left = count_in_left(k), far = lookahead_frames(k);

	if (k->state != MOS_TRANSPORT_PLAYING)
		return;
	k->ahead = k->play;
	k->ahead_ended = 0;
	if (left < far)
		announce(k, far - left, left);
}

/* As the block goes on, so does the announcer; with a count-in before it even the first note is told in time. */
static void advance_ahead(struct kronos *k, uint32_t n_frames) MOS_RT
{
	uint32_t left = count_in_left(k), far = lookahead_frames(k);

	if (left <= far)
		announce(k, n_frames, far);
	else if (left < far + n_frames)
		announce(k, far + n_frames - left, left);
}

static void jump(struct kronos *k, int64_t tick) MOS_RT
{
	walk_seek(&k->play, &k->map, walk_tick_to_v(&k->map, tick));
	k->play.done = 0;
	k->play.loops = 0;
	k->counting = 0;
	tell(k, &(struct kronos_event){ .what = KRONOS_JUMP, .tick = tick, .index = k->play.next_event,
					.reason = MOS_REASON_COMMAND });
	refresh_ahead(k);
}

/* One tempo, that of the start place. */
static struct walk_map count_in_map(const struct walk_map *m, int64_t tick) MOS_RT
{
	return (struct walk_map){ .rate_hz = m->rate_hz, .rate_ppm = m->rate_ppm,
				  .fixed_npq = m->fixed_npq ? m->fixed_npq : mos_tempo_npq_at(&m->song->tempo, tick) };
}

static void start_count_in(struct kronos *k, uint32_t bars) MOS_RT
{
	int64_t tick = walk_v_to_tick(&k->map, k->play.v, NULL);
	struct mos_bbt b = walk_meter_at(&k->map, tick);
	int64_t len = bars * mos_meter_measure_ticks(b.num, b.den);

	k->count_map = count_in_map(&k->map, tick);
	k->count_map.over_num = b.num;
	k->count_map.over_den = b.den;
	k->count_v = walk_tick_to_v(&k->count_map, -len);
	k->count_next_beat = -len;
	k->counting = 1;
}

static int play(struct kronos *k, uint32_t count_in_bars, uint32_t flags, int driver_up) MOS_RT
{
	int64_t from = kronos_tick(k, NULL);

	if (k->state == MOS_TRANSPORT_PLAYING && !(flags & MOS_PLAY_RESTART)) {
		k->duplicates++;
		return 0;
	}
	if (k->state != MOS_TRANSPORT_PLAYING && !kronos_legal(k->state, MOS_TRANSPORT_PLAYING))
		return -EPERM;
	if (!driver_up)
		return -ENOTCONN;
	if (count_in_bars > 16)
		return -EINVAL;
	if (flags & MOS_PLAY_RESTART)
		jump(k, k->map.loop ? k->map.loop_start : 0);
	else if (k->play.v >= walk_tick_to_v(&k->map, k->map.song->tl.end_tick))
		jump(k, 0); /* at the very end: from the top */
	else /* controllers may have been changed by live input meanwhile */
		tell(k, &(struct kronos_event){ .what = KRONOS_JUMP, .tick = from, .index = k->play.next_event });
	if (k->state != MOS_TRANSPORT_PLAYING)
		set_state(k, MOS_TRANSPORT_PLAYING, MOS_REASON_COMMAND, from, 0);
	if (count_in_bars)
		start_count_in(k, count_in_bars);
	refresh_ahead(k);
	return 0;
}

static int pause_(struct kronos *k) MOS_RT
{
	if (k->state == MOS_TRANSPORT_PAUSED) {
		k->duplicates++;
		return 0;
	}
	if (k->state != MOS_TRANSPORT_PLAYING)
		return -EPERM;
	k->counting = 0;
	tell(k, &(struct kronos_event){ .what = KRONOS_SILENCE });
	set_state(k, MOS_TRANSPORT_PAUSED, MOS_REASON_COMMAND, kronos_tick(k, NULL), 0);
	return 0;
}

static void to_start(struct kronos *k) MOS_RT
{
	walk_seek(&k->play, &k->map, walk_tick_to_v(&k->map, 0));
	k->play.done = 0;
	k->play.loops = 0;
	k->counting = 0;
}

/* A state that cannot be, whatever wrote it: stop and say so (KRO-16). */
static void mend(struct kronos *k) MOS_RT
{
	int needs_song = k->state != MOS_TRANSPORT_IDLE && k->state != MOS_TRANSPORT_LOADING;

	if (k->state < MOS_TRANSPORT_N_STATES && (k->map.song || !needs_song))
		return;
	tell(k, &(struct kronos_event){ .what = KRONOS_SILENCE });
	k->counting = 0;
	if (k->map.song)
		to_start(k);
	set_state(k, MOS_TRANSPORT_N_STATES, MOS_REASON_RECOVERED, 0, 0);
}

static int stop(struct kronos *k) MOS_RT
{
	int64_t from = kronos_tick(k, NULL);

	if (k->state == MOS_TRANSPORT_IDLE) {
		k->duplicates++; /* nothing plays: harmless */
		return 0;
	}
	if (k->state == MOS_TRANSPORT_STOPPED || k->state == MOS_TRANSPORT_READY) {
		k->duplicates++;
		to_start(k);
		return 0;
	}
	tell(k, &(struct kronos_event){ .what = KRONOS_SILENCE });
	to_start(k);
	set_state(k, MOS_TRANSPORT_STOPPED, MOS_REASON_COMMAND, from, 0);
	return 0;
}

static int seek(struct kronos *k, struct mos_rtctl_msg *msg) MOS_RT
{
	int64_t tick = msg->u.seek.tick, from = kronos_tick(k, NULL), end;

	if (!k->map.song || k->state == MOS_TRANSPORT_IDLE)
		return -EPERM;
	end = k->map.song->tl.end_tick;
	if (msg->u.seek.by_bar)
		tick = walk_tick_of(&k->map, msg->u.seek.bar, msg->u.seek.beat, msg->u.seek.sub_tick);
	msg->u.seek.range_min = 0;
	msg->u.seek.range_max = end;
	if (tick < 0 || tick > end)
		return -ERANGE;
	msg->u.seek.tick = tick;
	jump(k, tick);
	tell(k, &(struct kronos_event){ .what = KRONOS_STATE, .old_state = k->state, .state = k->state,
					.reason = MOS_REASON_COMMAND, .from_tick = from, .tick = tick });
	return 0;
}

static int tempo(struct kronos *k, struct mos_rtctl_msg *msg) MOS_RT
{
	struct walk_map next = k->map;
	int64_t tick = k->map.song ? walk_v_to_tick(&k->map, k->play.v, NULL) : 0;
	uint64_t old = walk_npq_at(&k->map, tick);

	switch (msg->u.tempo.mode) {
	case MOS_TEMPO_SCORE:
		next.fixed_npq = 0;
		next.rate_ppm = 1000000;
		break;
	case MOS_TEMPO_FIXED: /* the caller clamps to 1..300 BPM; here it is only made safe */
		if (msg->u.tempo.npq < UINT64_C(60000000000) / 300 || msg->u.tempo.npq > UINT64_C(60000000000))
			return -EINVAL;
		next.fixed_npq = msg->u.tempo.npq;
		next.rate_ppm = 1000000;
		break;
	case MOS_TEMPO_RATE:
		if (msg->u.tempo.rate_ppm < 10000 || msg->u.tempo.rate_ppm > 10000000)
			return -EINVAL;
		next.rate_ppm = msg->u.tempo.rate_ppm;
		break;
	default:
		return -EINVAL;
	}
	if (k->map.song) { /* the tick stays, the way on from it changes (KRO-08) */
		kronos_v v = walk_convert(&k->map, &next, k->play.v);

		k->map = next;
		k->play.v = v;
		if (k->counting) {
			struct walk_map count = count_in_map(&next, tick);

			count.over_num = k->count_map.over_num;
			count.over_den = k->count_map.over_den;
			k->count_v = walk_convert(&k->count_map, &count, k->count_v);
			k->count_map = count;
		}
		refresh_ahead(k);
	} else {
		k->map = next;
	}
	msg->u.tempo.npq = walk_npq_at(&k->map, tick);
	tell(k, &(struct kronos_event){ .what = KRONOS_TEMPO, .npq = msg->u.tempo.npq, .old_npq = old,
					.tick = tick, .index = msg->u.tempo.mode });
	return 0;
}

static int loop(struct kronos *k, struct mos_rtctl_msg *msg) MOS_RT
{
	int64_t a = msg->u.loop.start_tick, b = msg->u.loop.end_tick;

	if (!msg->u.loop.active) {
		k->map.loop = 0;
	} else {
		if (!k->map.song)
			return -EPERM;
		if (msg->u.loop.by_bar) {
			a = walk_tick_of(&k->map, msg->u.loop.start_bar, 0, 0);
			b = walk_tick_of(&k->map, msg->u.loop.end_bar, 0, 0);
			if (b > k->map.song->tl.end_tick && a >= 0 && a < k->map.song->tl.end_tick)
				b = k->map.song->tl.end_tick; /* the last bar may be shorter than written */
		}
		if (a < 0 || b > k->map.song->tl.end_tick)
			return -ERANGE;
		if (b - a < MOS_PPQ / 16) /* a 64th note: shorter loops are slips of the hand */
			return -EINVAL;
		k->map.loop = 1;
		k->map.loop_start = a;
		k->map.loop_end = b;
	}
	if (k->map.song)
		walk_loop_changed(&k->play, &k->map);
	msg->u.loop.start_tick = k->map.loop ? a : 0;
	msg->u.loop.end_tick = k->map.loop ? b : 0;
	tell(k, &(struct kronos_event){ .what = KRONOS_LOOP, .tick = kronos_tick(k, NULL) });
	refresh_ahead(k);
	return 0;
}

static int meter(struct kronos *k, const struct mos_rtctl_msg *msg) MOS_RT
{
	uint16_t num = msg->u.meter.num, den = msg->u.meter.den;
	int64_t tick;
	struct mos_bbt b;

	if (!k->map.song)
		return -EPERM;
	tick = walk_v_to_tick(&k->map, k->play.v, NULL);
	if (num == 0 && den == 0) {
		k->map.over_num = 0;
	} else {
		if (num < 1 || num > 255 || den < 1 || den > 128 || (den & (den - 1)))
			return -EINVAL;
		b = walk_meter_at(&k->map, tick); /* the measure we are in gets the new meter */
		k->map.over_tick = b.measure_tick;
		k->map.over_measure = b.measure;
		k->map.over_num = num;
		k->map.over_den = den;
	}
	k->play.next_beat = walk_next_beat(&k->map, tick);
	refresh_ahead(k);
	return 0;
}

int kronos_request(struct kronos *k, struct mos_rtctl_msg *msg, int driver_up) MOS_RT
{
	int r;

	mend(k);
	if (k->state == MOS_TRANSPORT_LOADING) /* all of them, so that their order stays */
		return -EAGAIN;
	switch (msg->op) {
	case MOS_RTCTL_PLAY:
		r = play(k, msg->u.play.count_in_bars, msg->u.play.flags, driver_up);
		break;
	case MOS_RTCTL_PAUSE:
		r = pause_(k);
		break;
	case MOS_RTCTL_STOP:
		r = stop(k);
		break;
	case MOS_RTCTL_SEEK:
		r = seek(k, msg);
		break;
	case MOS_RTCTL_TEMPO:
		r = tempo(k, msg);
		break;
	case MOS_RTCTL_LOOP:
		r = loop(k, msg);
		break;
	case MOS_RTCTL_METER:
		r = meter(k, msg);
		break;
	default:
		r = -EINVAL;
		break;
	}
	if (r == -EPERM)
		k->refused++;
	return r;
}

void kronos_loading(struct kronos *k) MOS_RT
{
	if (!kronos_legal(k->state, MOS_TRANSPORT_LOADING))
		return; /* playing, paused: the old song goes on until the new one is there */
	k->before_loading = k->state;
	set_state(k, MOS_TRANSPORT_LOADING, MOS_REASON_COMMAND, kronos_tick(k, NULL), 0);
}

void kronos_load_failed(struct kronos *k) MOS_RT
{
	if (k->state == MOS_TRANSPORT_LOADING)
		set_state(k, k->before_loading, MOS_REASON_LOADED, kronos_tick(k, NULL), 0);
}

const struct song *kronos_swap(struct kronos *k, const struct song *song, int update) MOS_RT
{
	const struct song *old = k->map.song;
	struct walk_map from = k->map;
	int64_t tick, from_tick = kronos_tick(k, NULL);

	if (old && song && old->tl.id == song->tl.id)
		k->duplicates++; /* the same music again: harmless (KRO-22) */
	if (update && old && song) {
		k->map.song = song;
		if (k->map.loop && k->map.loop_end > song->tl.end_tick)
			k->map.loop = 0;
		tick = walk_v_to_tick(&from, k->play.v, NULL);
		if (tick > song->tl.end_tick)
			walk_seek(&k->play, &k->map, walk_tick_to_v(&k->map, song->tl.end_tick));
		else
			walk_seek(&k->play, &k->map, walk_convert(&from, &k->map, k->play.v));
		kronos_load_failed(k); /* nothing was rolling: back to where the load began */
		refresh_ahead(k);
		return old;
	}
	if (k->state == MOS_TRANSPORT_PLAYING || k->state == MOS_TRANSPORT_PAUSED)
		tell(k, &(struct kronos_event){ .what = KRONOS_SILENCE });
	k->map = (struct walk_map){ .song = song, .rate_hz = from.rate_hz, .rate_ppm = 1000000 };
	k->counting = 0;
	if (song)
		to_start(k);
	if (song && k->state == MOS_TRANSPORT_IDLE) /* nobody said that a load had begun */
		set_state(k, MOS_TRANSPORT_LOADING, MOS_REASON_LOADED, from_tick, 0);
	if (k->state != (song ? MOS_TRANSPORT_READY : MOS_TRANSPORT_IDLE))
		set_state(k, song ? MOS_TRANSPORT_READY : MOS_TRANSPORT_IDLE, MOS_REASON_LOADED, from_tick, 0);
	return old;
}

static void tell_beat(struct kronos *k, uint32_t offset, int64_t tick, struct mos_bbt bbt, uint8_t count_in) MOS_RT
{
	tell(k, &(struct kronos_event){ .what = KRONOS_BEAT, .offset = offset, .tick = tick, .bbt = bbt,
					.npq = walk_npq_at(&k->map, tick), .count_in = count_in,
					.strength = mos_meter_beat_strength(bbt.num, bbt.den, bbt.beat) });
}

/* Count in from `offset`; returns the frame at which the song starts, or n_frames. */
static uint32_t count_in(struct kronos *k, uint32_t n_frames) MOS_RT
{
	kronos_v step = walk_step(&k->count_map), v;
	int64_t start = walk_v_to_tick(&k->map, k->play.v, NULL), f;
	uint32_t frames;

	for (;;) {
		v = k->count_next_beat < 0 ? walk_tick_to_v(&k->count_map, k->count_next_beat) : 0;
		f = v <= k->count_v ? 0 : (int64_t)((v - k->count_v + step - 1) / step);
		if (f >= n_frames) {
			k->count_v += step * (int64_t)n_frames;
			return n_frames;
		}
		frames = (uint32_t)f;
		if (k->count_next_beat >= 0)
			break;
		/* ticks before the start count as one measure after another; -len starts a measure */
		int64_t mt = mos_meter_measure_ticks(k->count_map.over_num, k->count_map.over_den);
		int64_t bt = mos_meter_beat_ticks(k->count_map.over_den);
		int64_t in = (k->count_next_beat % mt + mt) % mt;
		struct mos_bbt b = { .beat = (uint32_t)(in / bt), .num = k->count_map.over_num,
				     .den = k->count_map.over_den,
				     .measure_tick = start + k->count_next_beat - in,
				     .beat_tick = start + k->count_next_beat };

		tell_beat(k, frames, start + k->count_next_beat, b, 1);
		k->count_next_beat += bt;
	}
	k->counting = 0;
	return frames;
}

void kronos_block(struct kronos *k, uint32_t n_frames) MOS_RT
{
	struct walk_item it;
	uint32_t first = 0;
	int64_t tick;
	uint64_t npq;

	mend(k);
	if (k->state != MOS_TRANSPORT_PLAYING)
		return;
	advance_ahead(k, n_frames);
	if (k->counting) {
		first = count_in(k, n_frames);
		if (k->counting)
			return;
	}
	k->play.done = first;
	for (;;) {
		it = walk_next(&k->play, &k->map, n_frames);
		switch (it.what) {
		case WALK_NOTHING:
			return;
		case WALK_TEMPO:
			if (k->map.fixed_npq)
				break; /* the user's tempo stands over the score's */
			npq = it.index ? k->map.song->tempo.seg[it.index - 1].npq_end : 0;
			tell(k, &(struct kronos_event){ .what = KRONOS_TEMPO, .offset = it.offset, .tick = it.tick,
							.npq = walk_npq_at(&k->map, it.tick), .old_npq = npq });
			break;
		case WALK_KEY:
			tell(k, &(struct kronos_event){ .what = KRONOS_KEY, .offset = it.offset, .tick = it.tick,
							.index = it.index });
			break;
		case WALK_BEAT:
			tell_beat(k, it.offset, it.tick, walk_meter_at(&k->map, it.tick), 0);
			break;
		case WALK_EVENT:
			tell(k, &(struct kronos_event){ .what = KRONOS_EVENT, .offset = it.offset, .tick = it.tick,
							.index = it.index,
							.event = &k->map.song->tl.event[it.index] });
			break;
		case WALK_WRAP:
			tell(k, &(struct kronos_event){ .what = KRONOS_JUMP, .offset = it.offset,
							.tick = k->map.loop_start, .index = k->play.next_event,
							.reason = MOS_REASON_LOOP });
			tell(k, &(struct kronos_event){ .what = KRONOS_LOOP, .offset = it.offset,
							.tick = k->map.loop_start, .from_tick = it.tick,
							.reason = MOS_REASON_LOOP });
			break;
		case WALK_END:
			tick = it.tick;
			to_start(k);
			set_state(k, MOS_TRANSPORT_STOPPED, MOS_REASON_END_OF_SCORE, tick, it.offset);
			return;
		}
	}
}

int64_t kronos_frames_to_tick(const struct kronos *k, int64_t tick) MOS_RT
{
	kronos_v d, step = walk_step(&k->map);

	if (k->state != MOS_TRANSPORT_PLAYING || k->counting)
		return -1;
	d = walk_tick_to_v(&k->map, tick) - k->play.v;
	if (d < 0)
		return -1;
	d = (d + step - 1) / step;
	return d > INT64_MAX ? INT64_MAX : (int64_t)d;
}

uint64_t kronos_ticks_to_frames(const struct kronos *k, uint64_t ticks) MOS_RT
{
	uint64_t npq = walk_npq_at(&k->map, kronos_tick(k, NULL));
	unsigned __int128 frames = (unsigned __int128)ticks * npq * k->map.rate_hz / (MOS_PPQ * UINT64_C(1000000000));

	return frames > UINT64_MAX ? UINT64_MAX : (uint64_t)frames;
}

void kronos_clock(const struct kronos *k, struct mos_clock *c) MOS_RT
{
	int rolling = k->state == MOS_TRANSPORT_PLAYING;
	struct mos_bbt b = { .num = 4, .den = 4 };
	int64_t tick, at;
	uint32_t i, n;

	c->state = k->state;
	c->rate_hz = k->map.rate_hz;
	c->rate_ppm = k->map.rate_ppm;
	c->flags = (rolling ? MOS_CLOCK_ROLLING : 0) | (rolling && k->counting ? MOS_CLOCK_COUNT_IN : 0) |
		   (k->map.loop ? MOS_CLOCK_LOOP : 0) | (k->map.fixed_npq ? MOS_CLOCK_TEMPO_OVERRIDE : 0);
	tick = kronos_tick(k, &c->tick_frac);
	c->tick = tick;
	at = k->counting ? walk_v_to_tick(&k->map, k->play.v, NULL) : tick;
	c->ns_per_quarter = walk_npq_at(&k->map, at);
	c->loop_start_tick = k->map.loop ? k->map.loop_start : 0;
	c->loop_end_tick = k->map.loop ? k->map.loop_end : 0;
	c->end_tick = 0;
	c->timeline_id = 0;
	c->next_beat_tick = 0;
	c->next_beat_ns = 0;
	c->key_fifths = 0;
	c->key_minor = 0;
	if (k->map.song) {
		b = walk_meter_at(&k->map, at);
		c->end_tick = k->map.song->tl.end_tick;
		c->timeline_id = k->map.song->tl.id;
		n = k->map.song->tl.n_key;
		/* the next one may lie at this very place */
		for (i = k->play.next_key < n ? k->play.next_key + 1 : n; i-- > 0;)
			if (k->map.song->tl.key[i].tick <= at) {
				c->key_fifths = k->map.song->tl.key[i].fifths;
				c->key_minor = k->map.song->tl.key[i].minor;
				break;
			}
		c->next_beat_tick = k->counting ? at + k->count_next_beat : k->play.next_beat;
		if (rolling) {
			const struct walk_map *m = k->counting ? &k->count_map : &k->map;
			kronos_v d = walk_tick_to_v(m, k->counting ? k->count_next_beat : k->play.next_beat) -
				     (k->counting ? k->count_v : k->play.v);

			/* one v unit is 1/(960*rate) ns at rate 1; rate_ppm stretches it */
			c->next_beat_ns = (int64_t)(d * 1000000 / m->rate_ppm / ((kronos_v)960 * m->rate_hz));
		}
	}
	c->meter_num = b.num;
	c->meter_den = b.den;
	c->measure = b.measure;
	c->measure_tick = b.measure_tick;
}
