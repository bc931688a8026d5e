/* SPDX-License-Identifier: MIT */
/* What people ask of the transport. */
#include "kronos_internal.h"

#include <errno.h>

/* One tempo, that of the start place. */
struct walk_map kronos_count_map(const struct walk_map *m, int64_t tick) MOS_RT
{
	return (struct walk_map){.rate_hz = m->rate_hz,
		.rate_ppm = m->rate_ppm,
		.fixed_npq = m->fixed_npq ? m->fixed_npq : mos_tempo_npq_at(&m->song->tempo, tick)};
}

void kronos_count_in(struct kronos *k, uint32_t bars) MOS_RT
{
	int64_t tick = walk_v_to_tick(&k->map, k->play.v, NULL);
	struct mos_bbt b = walk_meter_at(&k->map, tick);
	int64_t len = bars * mos_meter_measure_ticks(b.num, b.den);

	k->count_map = kronos_count_map(&k->map, tick);
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
		kronos_jump(k, k->map.loop ? k->map.loop_start : 0);
	else if (k->play.v >= walk_tick_to_v(&k->map, k->map.song->tl.end_tick))
		kronos_jump(k, 0); /* at the very end: from the top */
	else                       /* controllers may have been changed by live input meanwhile */
		kronos_tell(k, &(struct kronos_event){
				       .what = KRONOS_JUMP, .tick = from, .index = k->play.next_event});
	if (k->state != MOS_TRANSPORT_PLAYING)
		kronos_set_state(k, MOS_TRANSPORT_PLAYING, MOS_REASON_COMMAND, from, 0);
	if (count_in_bars)
		kronos_count_in(k, count_in_bars);
	kronos_chase_launch(k, count_in_bars ? -k->count_next_beat : 0);
	kronos_refresh_ahead(k);
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
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_SILENCE});
	kronos_set_state(k, MOS_TRANSPORT_PAUSED, MOS_REASON_COMMAND, kronos_tick(k, NULL), 0);
	return 0;
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
		kronos_to_start(k);
		return 0;
	}
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_SILENCE});
	kronos_to_start(k);
	kronos_set_state(k, MOS_TRANSPORT_STOPPED, MOS_REASON_COMMAND, from, 0);
	return 0;
}

static int seek(struct kronos *k, struct mos_rtctl_msg *msg) MOS_RT
{
	int64_t tick = msg->u.seek.tick, from = kronos_tick(k, NULL), end;
	int was_counting = k->counting;

	if (!k->map.song || k->state == MOS_TRANSPORT_IDLE)
		return -EPERM;
	end = k->map.song->tl.end_tick;
	if (msg->u.seek.by_frame)
		tick = kronos_song_tick(k, tick);
	else if (msg->u.seek.by_bar)
		tick = walk_tick_of(&k->map, msg->u.seek.bar, msg->u.seek.beat, msg->u.seek.sub_tick);
	msg->u.seek.range_min = 0;
	msg->u.seek.range_max = end;
	if (tick < 0 || tick > end)
		return -ERANGE;
	msg->u.seek.tick = tick;
	kronos_move(k, tick);
	if (was_counting) /* it still waits for the clock that is followed */
		kronos_chase_launch(k, 0);
	kronos_refresh_ahead(k);
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_STATE,
			       .old_state = k->state,
			       .state = k->state,
			       .reason = MOS_REASON_COMMAND,
			       .from_tick = from,
			       .tick = tick});
	return 0;
}

static int tempo(struct kronos *k, struct mos_rtctl_msg *msg) MOS_RT
{
	struct walk_map next = k->map;
	int64_t tick = k->map.song ? walk_v_to_tick(&k->map, k->play.v, NULL) : 0;
	uint64_t old = walk_npq_at(&k->map, tick);
	int r;

	switch (msg->u.tempo.mode) {
	case MOS_TEMPO_SCORE:
		next.fixed_npq = 0;
		next.rate_ppm = 1000000;
		break;
	case MOS_TEMPO_FIXED: /* the caller clamps to 1..300 BPM; here it is only made safe */
		if (msg->u.tempo.npq < UINT64_C(60000000000) / 300 ||
			msg->u.tempo.npq > UINT64_C(60000000000))
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
	r = kronos_chase_tempo(k, msg);
	if (r < 0)
		return r;
	kronos_set_map(k, &next); /* the tick stays, the way on from it changes (KRO-08) */
	msg->u.tempo.npq = walk_npq_at(&k->map, tick);
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_TEMPO,
			       .npq = msg->u.tempo.npq,
			       .old_npq = old,
			       .tick = tick,
			       .index = msg->u.tempo.mode});
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
		if (b - a < MOS_TL_MIN_LOOP) /* shorter ones are slips of the hand */
			return -EINVAL;
		k->map.loop = 1;
		k->map.loop_start = a;
		k->map.loop_end = b;
	}
	k->song_loop = 0;
	if (k->map.song)
		walk_loop_changed(&k->play, &k->map);
	msg->u.loop.start_tick = k->map.loop ? a : 0;
	msg->u.loop.end_tick = k->map.loop ? b : 0;
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_LOOP, .tick = kronos_tick(k, NULL)});
	kronos_refresh_ahead(k);
	return 0;
}

static int meter(struct kronos *k, struct mos_rtctl_msg *msg) MOS_RT
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
	msg->u.meter.at_tick = k->map.over_tick;
	k->play.next_beat = walk_next_beat(&k->map, tick);
	kronos_refresh_ahead(k);
	return 0;
}

int kronos_request(struct kronos *k, struct mos_rtctl_msg *msg, int driver_up) MOS_RT
{
	int r;

	kronos_mend(k);
	if (k->state == MOS_TRANSPORT_LOADING) /* all of them, so that their order stays */
		return -EAGAIN;
	switch (msg->op) {
	case MOS_RTCTL_PLAY:
		r = play(k, msg->u.play.count_in_bars, msg->u.play.flags, driver_up);
		msg->u.play.from_tick = k->map.song ? walk_v_to_tick(&k->map, k->play.v, NULL) : 0;
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
