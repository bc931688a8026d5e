/* SPDX-License-Identifier: MIT */
/* Where we are: position, and the clock page's content. */
#include "kronos_internal.h"

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

static int is_rolling(const struct kronos *k) MOS_RT
{
	return k->state == MOS_TRANSPORT_PLAYING && !k->counting;
}

/* First frame at or after a place `ahead` of the next block's start. */
static int64_t frames_of(const struct kronos *k, kronos_v ahead) MOS_RT
{
	kronos_v step = walk_step(&k->map), frames = ahead > 0 ? (ahead + step - 1) / step : 0;

	return frames > INT64_MAX ? INT64_MAX : (int64_t)frames;
}

/* The way to the loop's end and on from its start to a tick that is `behind` us, if that is shorter than
 * back; else -1. */
static kronos_v way_round(const struct kronos *k, int64_t tick, kronos_v behind) MOS_RT
{
	kronos_v way;

	if (!k->play.in_loop || tick < k->map.loop_start)
		return -1;
	way = walk_tick_to_v(&k->map, k->map.loop_end) - walk_tick_to_v(&k->map, k->map.loop_start) - behind;
	return way < behind ? way : -1;
}

int64_t kronos_frames_to_tick(const struct kronos *k, int64_t tick) MOS_RT
{
	kronos_v ahead;

	if (!is_rolling(k))
		return -1;
	ahead = walk_tick_to_v(&k->map, tick) - k->play.v;
	if (ahead < 0)
		ahead = way_round(k, tick, -ahead);
	return ahead < 0 ? -1 : frames_of(k, ahead);
}

int64_t kronos_frames_to_wrap(const struct kronos *k) MOS_RT
{
	if (!is_rolling(k) || !k->play.in_loop)
		return -1;
	return frames_of(k, walk_tick_to_v(&k->map, k->map.loop_end) - k->play.v);
}

uint64_t kronos_ticks_to_frames(const struct kronos *k, uint64_t ticks) MOS_RT
{
	uint64_t npq = walk_npq_at(&k->map, kronos_tick(k, NULL));
	unsigned __int128 frames =
		(unsigned __int128)ticks * npq * k->map.rate_hz / (MOS_PPQ * UINT64_C(1000000000));

	return frames > UINT64_MAX ? UINT64_MAX : (uint64_t)frames;
}

/* A cycle that begins at the very end of the loop goes on from its start: to readers it is there already. */
static int at_wrap(const struct kronos *k) MOS_RT
{
	return k->map.song && !k->counting && k->play.in_loop &&
	       k->play.v >= walk_tick_to_v(&k->map, k->map.loop_end);
}

/* The length of a frame in v; what is made up for another clock comes and goes, and no frame is that long. */
static kronos_v song_step(const struct kronos *k) MOS_RT
{
	struct walk_map m = {.rate_ppm = k->chase.is_heard || k->time.is_heard ? 1000000 : k->map.rate_ppm};

	return walk_step(&m);
}

/* First frame at or after. */
static int64_t frame_of(kronos_v v, kronos_v step) MOS_RT
{
	kronos_v frame = v > 0 ? (v + step - 1) / step : v / step;

	return frame > INT64_MAX ? INT64_MAX : (int64_t)frame;
}

int64_t kronos_song_tick(const struct kronos *k, int64_t frame) MOS_RT
{
	const kronos_v at = (kronos_v)frame * song_step(k),
		       end = walk_tick_to_v(&k->map, k->map.song->tl.end_tick);

	if (at < 0)
		return -1;
	/* v is asked within the song alone */
	return at > end ? k->map.song->tl.end_tick + (frame > frame_of(end, song_step(k)))
			: walk_v_to_tick(&k->map, at, NULL);
}

void kronos_clock_song(const struct kronos *k, struct mos_clock_song *ret) MOS_RT
{
	kronos_v v = k->play.v;

	*ret = (struct mos_clock_song){0};
	if (!k->map.song)
		return;
	if (at_wrap(k))
		v -= walk_tick_to_v(&k->map, k->map.loop_end) - walk_tick_to_v(&k->map, k->map.loop_start);
	ret->frame = frame_of(v, song_step(k));
	ret->end_frame = frame_of(walk_tick_to_v(&k->map, k->map.song->tl.end_tick), song_step(k));
}

void kronos_clock(const struct kronos *k, struct mos_clock *c) MOS_RT
{
	int rolling = k->state == MOS_TRANSPORT_PLAYING;
	struct mos_bbt b = {.num = 4, .den = 4};
	kronos_v v = k->counting ? k->count_v : k->play.v;
	int64_t tick, at;
	uint32_t i, n;

	c->state = k->state;
	c->rate_hz = k->map.rate_hz;
	c->rate_ppm = k->map.rate_ppm;
	c->flags = (rolling ? MOS_CLOCK_ROLLING : 0) | (rolling && k->counting ? MOS_CLOCK_COUNT_IN : 0) |
		   (k->map.loop ? MOS_CLOCK_LOOP : 0) | (k->map.fixed_npq ? MOS_CLOCK_TEMPO_OVERRIDE : 0) |
		   (k->chase.is_heard ? MOS_CLOCK_FOLLOWS : 0);
	tick = kronos_tick(k, &c->tick_frac);
	if (at_wrap(k)) {
		v -= walk_tick_to_v(&k->map, k->map.loop_end) - walk_tick_to_v(&k->map, k->map.loop_start);
		tick = walk_v_to_tick(&k->map, v, &c->tick_frac);
	}
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
		c->next_beat_tick = k->counting  ? at + k->count_next_beat
				    : at_wrap(k) ? walk_next_beat(&k->map, k->map.loop_start - 1)
						 : k->play.next_beat;
		if (rolling) {
			const struct walk_map *m = k->counting ? &k->count_map : &k->map;
			kronos_v d =
				walk_tick_to_v(m, k->counting ? k->count_next_beat : c->next_beat_tick) - v;

			/* one v unit is 1/(960*rate) ns at rate 1; rate_ppm stretches it */
			c->next_beat_ns = (int64_t)(d * 1000000 / m->rate_ppm / ((kronos_v)960 * m->rate_hz));
		}
	}
	c->meter_num = b.num;
	c->meter_den = b.den;
	c->measure = b.measure;
	c->measure_tick = b.measure_tick;
}
