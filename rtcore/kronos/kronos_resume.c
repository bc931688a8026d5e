/* SPDX-License-Identifier: MIT */
/* Going on where another process was. */
#include "kronos_internal.h"

#include <errno.h>

#define COUNT_BARS_MAX 16u

/*
 * A fraction of a tick lies within it, whatever the tempo does there. It was cut off, so the place is at or
 * before the one that was; where that may have been a whole frame from the song's start it was, or each note
 * would be a frame late.
 */
static kronos_v place_v(const struct walk_map *m, int64_t tick, uint32_t frac) MOS_RT
{
	kronos_v v = walk_tick_to_v(m, tick), step = walk_step(m), len, frame;

	if (!frac)
		return v;
	len = walk_tick_to_v(m, tick + 1) - v;
	v += len * (kronos_v)frac >> 32;
	frame = (v >= 0 ? v + step - 1 : v) / step * step;
	return frame - v <= (len >> 32) + 1 ? frame : v;
}

static void go_on_counting(struct kronos *k, const struct kronos_place *p) MOS_RT
{
	int64_t len, beat;

	kronos_count_in(k, p->count_bars < COUNT_BARS_MAX ? p->count_bars : COUNT_BARS_MAX);
	len = -k->count_next_beat;
	if (p->count_tick < -len || p->count_tick >= 0)
		return; /* from its beginning */
	beat = mos_meter_beat_ticks(k->count_map.over_den);
	k->count_v = place_v(&k->count_map, p->count_tick, p->tick_frac);
	/* the beat whose tick we are past has been told */
	k->count_next_beat = -((-p->count_tick - (p->tick_frac ? 1 : 0)) / beat * beat);
}

int kronos_resume(struct kronos *k, const struct kronos_place *p) MOS_RT
{
	int64_t tick = p->tick, end;
	int counts = p->state == MOS_TRANSPORT_PLAYING && p->count_bars;

	if (k->state != MOS_TRANSPORT_READY || !k->map.song)
		return -EPERM;
	end = k->map.song->tl.end_tick;
	tick = tick < 0 ? 0 : tick > end ? end : tick;
	walk_seek(&k->play, &k->map, place_v(&k->map, tick, counts || tick == end ? 0 : p->tick_frac));
	k->play.done = 0;
	k->play.loops = 0;
	k->counting = 0;
	kronos_chase_measure(k);
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_JUMP,
			       .tick = tick,
			       .index = k->play.next_event,
			       .reason = MOS_REASON_COMMAND});
	if (p->state != MOS_TRANSPORT_PLAYING && p->state != MOS_TRANSPORT_PAUSED &&
		p->state != MOS_TRANSPORT_STOPPED)
		return 0;
	kronos_set_state(k, MOS_TRANSPORT_PLAYING, MOS_REASON_COMMAND, tick, 0);
	if (counts)
		go_on_counting(k, p);
	if (p->state != MOS_TRANSPORT_PLAYING) /* there is no other way from ready to there */
		kronos_set_state(k, p->state, MOS_REASON_COMMAND, tick, 0);
	kronos_refresh_ahead(k);
	return 0;
}
