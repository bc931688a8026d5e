/* SPDX-License-Identifier: MIT */
#include "walker.h"

#include <errno.h>
#include <stdint.h>

#define V_NEVER ((kronos_v)INT64_MAX * INT64_MAX)

kronos_v walk_tick_to_v(const struct walk_map *m, int64_t tick) MOS_RT
{
	if (m->fixed_npq)
		return (kronos_v)tick * (int64_t)m->fixed_npq * m->rate_hz;
	return (kronos_v)mos_tempo_tick_to_u(&m->song->tempo, tick) * m->rate_hz;
}

/* floor(a / b) for b > 0 */
static kronos_v div_floor(kronos_v a, kronos_v b) MOS_RT
{
	kronos_v q = a / b;

	return q * b > a ? q - 1 : q;
}

int64_t walk_v_to_tick(const struct walk_map *m, kronos_v v, uint32_t *ret_frac) MOS_RT
{
	kronos_v u = div_floor(v, m->rate_hz), at, len;
	int64_t tick;

	if (m->fixed_npq)
		tick = (int64_t)div_floor(u, (kronos_v)m->fixed_npq);
	else
		tick = mos_tempo_u_to_tick(&m->song->tempo, (int64_t)u);
	if (ret_frac) {
		at = walk_tick_to_v(m, tick);
		len = walk_tick_to_v(m, tick + 1) - at;
		*ret_frac = len > 0 ? (uint32_t)((v - at) * ((kronos_v)1 << 32) / len) : 0;
	}
	return tick;
}

kronos_v walk_convert(const struct walk_map *from, const struct walk_map *to, kronos_v v) MOS_RT
{
	int64_t tick = walk_v_to_tick(from, v, NULL);
	kronos_v a0 = walk_tick_to_v(from, tick), a1 = walk_tick_to_v(from, tick + 1);
	kronos_v b0 = walk_tick_to_v(to, tick), b1 = walk_tick_to_v(to, tick + 1);

	/* one tick is at most 6e10 u * 192e3 frames/s = 1.2e16 units, so the product fits */
	return b0 + (v - a0) * (b1 - b0) / (a1 - a0);
}

uint64_t walk_npq_at(const struct walk_map *m, int64_t tick) MOS_RT
{
	uint64_t npq = m->fixed_npq;

	if (!npq)
		npq = m->song ? mos_tempo_npq_at(&m->song->tempo, tick) : MOS_NPQ_120;
	return npq * UINT64_C(1000000) / m->rate_ppm;
}

struct mos_bbt walk_meter_at(const struct walk_map *m, int64_t tick) MOS_RT
{
	struct mos_bbt b;
	int64_t len, rel, beat;

	if (!m->over_num || tick < m->over_tick)
		return mos_meter_at(&m->song->meter, tick);
	len = mos_meter_measure_ticks(m->over_num, m->over_den);
	beat = mos_meter_beat_ticks(m->over_den);
	rel = tick - m->over_tick;
	b = (struct mos_bbt){.measure = m->over_measure + (uint32_t)(rel / len),
		.beat = (uint32_t)(rel % len / beat),
		.tick = (uint32_t)(rel % len % beat),
		.num = m->over_num,
		.den = m->over_den,
		.measure_tick = tick - rel % len};
	b.beat_tick = b.measure_tick + b.beat * beat;
	return b;
}

int64_t walk_next_beat(const struct walk_map *m, int64_t tick) MOS_RT
{
	if (!m->over_num || tick < m->over_tick) {
		int64_t next = mos_meter_next_beat(&m->song->meter, tick);

		return m->over_num && next > m->over_tick ? m->over_tick : next;
	}
	return walk_meter_at(m, tick).beat_tick + mos_meter_beat_ticks(m->over_den);
}

int64_t walk_tick_of(const struct walk_map *m, uint32_t measure, uint32_t beat, uint32_t tick) MOS_RT
{
	int64_t beat_len = m->over_num ? mos_meter_beat_ticks(m->over_den) : 0;

	if (!m->over_num || measure < m->over_measure)
		return mos_meter_tick_of(&m->song->meter, measure, beat, tick);
	if (beat >= m->over_num || tick >= beat_len)
		return -ERANGE;
	return m->over_tick +
	       (measure - m->over_measure) * mos_meter_measure_ticks(m->over_num, m->over_den) +
	       beat * beat_len + tick;
}

static kronos_v event_v(const struct walk_map *m, uint32_t i) MOS_RT
{
	if (i >= m->song->tl.n_event)
		return V_NEVER;
	if (m->fixed_npq)
		return walk_tick_to_v(m, m->song->tl.event[i].tick);
	return (kronos_v)m->song->event_u[i] * m->rate_hz;
}

void walk_loop_changed(struct walker *w, const struct walk_map *m) MOS_RT
{
	/* The end may have been passed by less than a frame at the end of a block: then its wrap is still
	 * due. */
	kronos_v passed = w->in_loop ? walk_step(m) : 0;

	w->in_loop = m->loop && w->v - passed < walk_tick_to_v(m, m->loop_end);
}

/* First key entry at or after `tick`. */
static uint32_t key_at(const struct song *s, int64_t tick) MOS_RT
{
	uint32_t lo = 0, hi = s->tl.n_key;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->tl.key[mid].tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* First tick not passed at v. */
static int64_t tick_ahead(const struct walk_map *m, kronos_v v) MOS_RT
{
	int64_t tick = walk_v_to_tick(m, v, NULL);

	return walk_tick_to_v(m, tick) < v ? tick + 1 : tick;
}

void walk_clocks(struct walker *w, const struct walk_map *m, int on) MOS_RT
{
	w->clocks = on;
	if (m->song)
		w->next_clock = (tick_ahead(m, w->v) + WALK_CLOCK_TICKS - 1) / WALK_CLOCK_TICKS *
				WALK_CLOCK_TICKS;
}

void walk_seek(struct walker *w, const struct walk_map *m, kronos_v v) MOS_RT
{
	const struct song *s = m->song;
	int64_t tick = tick_ahead(m, v);
	uint32_t i;

	w->v = v;
	walk_clocks(w, m, w->clocks);
	w->next_event = song_event_at(s, tick);
	w->next_beat = walk_next_beat(m, tick - 1);
	i = mos_tempo_seg_at_tick(&s->tempo, tick);
	w->next_tempo = s->tempo.seg[i].tick < tick ? i + 1 : i;
	w->next_key = key_at(s, tick);
	w->in_loop = 0;
	walk_loop_changed(w, m);
}

void walk_resume(struct walker *w, const struct walk_map *m, kronos_v v) MOS_RT
{
	kronos_v last = v - walk_step(m) + 1;
	int in_loop = w->in_loop;

	walk_seek(w, m, last > 0 ? last : 0);
	w->v = v;
	w->in_loop = in_loop;
	walk_loop_changed(w, m);
}

/* Frame, counted from the walker, of a place ahead: the first frame at or after it. */
static int64_t frames_to(const struct walker *w, const struct walk_map *m, kronos_v v) MOS_RT
{
	kronos_v d = v - w->v, step = walk_step(m);

	if (d <= 0)
		return 0;
	d = (d + step - 1) / step;
	return d > INT64_MAX ? INT64_MAX : (int64_t)d;
}

struct walk_item walk_next(struct walker *w, const struct walk_map *m, uint32_t n_frames) MOS_RT
{
	const struct song *s = m->song;
	struct walk_item item = {.what = WALK_NOTHING};
	kronos_v best = V_NEVER, v, wrap_v = 0, start_v;
	uint32_t left = n_frames - w->done;
	int64_t k;

	/* Ties: what comes first here wins; the loop's end cuts off what lies on it, the song's end does not.
	 */
	if (w->in_loop) {
		best = wrap_v = walk_tick_to_v(m, m->loop_end);
		item = (struct walk_item){.what = WALK_WRAP, .tick = m->loop_end};
	}
	if (w->clocks && w->next_clock < s->tl.end_tick) {
		v = walk_tick_to_v(m, w->next_clock);
		if (v < best) {
			best = v;
			item = (struct walk_item){.what = WALK_CLOCK, .tick = w->next_clock};
		}
	}
	if (w->next_tempo < s->tempo.n_seg) {
		v = walk_tick_to_v(m, s->tempo.seg[w->next_tempo].tick);
		if (v < best) {
			best = v;
			item = (struct walk_item){.what = WALK_TEMPO,
				.index = w->next_tempo,
				.tick = s->tempo.seg[w->next_tempo].tick};
		}
	}
	if (w->next_key < s->tl.n_key) {
		v = walk_tick_to_v(m, s->tl.key[w->next_key].tick);
		if (v < best) {
			best = v;
			item = (struct walk_item){
				.what = WALK_KEY, .index = w->next_key, .tick = s->tl.key[w->next_key].tick};
		}
	}
	v = walk_tick_to_v(m, w->next_beat);
	if (v < best && w->next_beat < s->tl.end_tick) {
		best = v;
		item = (struct walk_item){.what = WALK_BEAT, .tick = w->next_beat};
	}
	v = event_v(m, w->next_event);
	if (v < best) {
		best = v;
		item = (struct walk_item){
			.what = WALK_EVENT, .index = w->next_event, .tick = s->tl.event[w->next_event].tick};
	}
	v = walk_tick_to_v(m, s->tl.end_tick);
	if (v < best) {
		best = v;
		item = (struct walk_item){.what = WALK_END, .tick = s->tl.end_tick};
	}

	k = item.what == WALK_NOTHING ? INT64_MAX : frames_to(w, m, best);
	if (k >= left) {
		w->v += (kronos_v)left * walk_step(m);
		w->done = 0;
		return (struct walk_item){.what = WALK_NOTHING, .offset = n_frames};
	}
	item.offset = w->done + (uint32_t)k;
	switch (item.what) {
	case WALK_CLOCK:
		w->next_clock += WALK_CLOCK_TICKS;
		break;
	case WALK_TEMPO:
		w->next_tempo++;
		break;
	case WALK_KEY:
		w->next_key++;
		break;
	case WALK_BEAT:
		w->next_beat = walk_next_beat(m, w->next_beat);
		break;
	case WALK_EVENT:
		w->next_event++;
		break;
	case WALK_WRAP:
		start_v = walk_tick_to_v(m, m->loop_start);
		/* past the end by less than a frame; a loop may be shorter than that */
		v = start_v + (w->v + (kronos_v)k * walk_step(m) - wrap_v) % (wrap_v - start_v);
		walk_seek(w, m, start_v); /* cursors at the start itself ... */
		w->v = v;                 /* ... position a fraction of a frame behind it */
		w->done = item.offset;
		w->loops++;
		break;
	case WALK_END:
		w->v = best;
		w->done = 0;
		break;
	case WALK_NOTHING:
		break;
	}
	return item;
}
