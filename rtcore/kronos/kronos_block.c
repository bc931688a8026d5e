/* SPDX-License-Identifier: MIT */
/* The sequencer: what lies within a block, in order of time. */
#include "kronos_internal.h"

static void tell_beat(struct kronos *k, uint32_t offset, int64_t tick, struct mos_bbt bbt, uint8_t count_in)
	MOS_RT
{
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_BEAT,
			       .offset = offset,
			       .tick = tick,
			       .bbt = bbt,
			       .npq = walk_npq_at(&k->map, tick),
			       .count_in = count_in,
			       .strength = mos_meter_beat_strength(bbt.num, bbt.den, bbt.beat)});
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
		struct mos_bbt b = {.beat = (uint32_t)(in / bt),
			.num = k->count_map.over_num,
			.den = k->count_map.over_den,
			.measure_tick = start + k->count_next_beat - in,
			.beat_tick = start + k->count_next_beat};

		tell_beat(k, frames, start + k->count_next_beat, b, 1);
		k->count_next_beat += bt;
	}
	k->counting = 0;
	return frames;
}

void kronos_tell_ends(struct kronos *k, enum kronos_note what, uint32_t offset) MOS_RT
{
	const struct mos_timeline *tl = &k->map.song->tl;

	if (!k->song_loop)
		return;
	for (uint32_t i = song_event_at(k->map.song, k->map.loop_end);
		i < tl->n_event && tl->event[i].tick == k->map.loop_end && tl->event[i].order == MOS_TL_NOTE_OFF; i++)
		kronos_tell(k, &(struct kronos_event){.what = what,
				       .offset = offset,
				       .tick = k->map.loop_end,
				       .index = i,
				       .event = &tl->event[i]});
}

static void tell_wrap(struct kronos *k, uint32_t offset, int64_t from_tick) MOS_RT
{
	k->chase.shift += k->map.loop_end - k->map.loop_start; /* the clock that is followed goes on */
	kronos_tell_ends(k, KRONOS_EVENT, offset);
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_JUMP,
			       .offset = offset,
			       .tick = k->map.loop_start,
			       .index = k->play.next_event,
			       .reason = MOS_REASON_LOOP,
			       .is_seamless = k->song_loop != 0});
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_LOOP,
			       .offset = offset,
			       .tick = k->map.loop_start,
			       .from_tick = from_tick,
			       .reason = MOS_REASON_LOOP});
}

void kronos_block(struct kronos *k, uint32_t n_frames) MOS_RT
{
	struct walk_item it;
	uint32_t first = 0;
	int64_t tick;
	uint64_t npq;

	kronos_mend(k);
	if (k->state != MOS_TRANSPORT_PLAYING)
		return;
	kronos_advance_ahead(k, n_frames);
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
		case WALK_CLOCK:
			kronos_tell(k, &(struct kronos_event){
					       .what = KRONOS_CLOCK, .offset = it.offset, .tick = it.tick});
			break;
		case WALK_TEMPO:
			if (k->map.fixed_npq)
				break; /* the user's tempo stands over the score's */
			npq = it.index ? k->map.song->tempo.seg[it.index - 1].npq_end : 0;
			kronos_tell(k, &(struct kronos_event){.what = KRONOS_TEMPO,
					       .offset = it.offset,
					       .tick = it.tick,
					       .npq = walk_npq_at(&k->map, it.tick),
					       .old_npq = npq});
			break;
		case WALK_KEY:
			kronos_tell(k, &(struct kronos_event){.what = KRONOS_KEY,
					       .offset = it.offset,
					       .tick = it.tick,
					       .index = it.index});
			break;
		case WALK_BEAT:
			tell_beat(k, it.offset, it.tick, walk_meter_at(&k->map, it.tick), 0);
			break;
		case WALK_EVENT:
			kronos_tell(k, &(struct kronos_event){.what = KRONOS_EVENT,
					       .offset = it.offset,
					       .tick = it.tick,
					       .index = it.index,
					       .event = &k->map.song->tl.event[it.index]});
			break;
		case WALK_WRAP:
			tell_wrap(k, it.offset, it.tick);
			break;
		case WALK_END:
			tick = it.tick;
			kronos_to_start(k);
			kronos_set_state(k, MOS_TRANSPORT_STOPPED, MOS_REASON_END_OF_SCORE, tick, it.offset);
			return;
		}
	}
}
