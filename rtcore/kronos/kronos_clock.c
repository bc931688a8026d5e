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
	unsigned __int128 frames =
		(unsigned __int128)ticks * npq * k->map.rate_hz / (MOS_PPQ * UINT64_C(1000000000));

	return frames > UINT64_MAX ? UINT64_MAX : (uint64_t)frames;
}

void kronos_clock(const struct kronos *k, struct mos_clock *c) MOS_RT
{
	int rolling = k->state == MOS_TRANSPORT_PLAYING;
	struct mos_bbt b = {.num = 4, .den = 4};
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
