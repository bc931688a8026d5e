/* SPDX-License-Identifier: MIT */
#include "kronos_internal.h"

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
	*k = (struct kronos){.map = {.rate_hz = rate_hz, .rate_ppm = 1000000},
		.state = MOS_TRANSPORT_IDLE,
		.chase.quantum = 4 * MOS_PPQ,
		.sink = sink,
		.sink_data = data};
}

void kronos_tell(struct kronos *k, const struct kronos_event *ev) MOS_RT
{
	k->sink(k->sink_data, ev);
}

void kronos_set_state(struct kronos *k, uint8_t to, uint16_t reason, int64_t from_tick, uint32_t offset)
	MOS_RT
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
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_STATE,
			       .offset = offset,
			       .old_state = old,
			       .state = to,
			       .reason = reason,
			       .error = error,
			       .from_tick = from_tick,
			       .tick = kronos_tick(k, NULL)});
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
		else if (it.what == WALK_WRAP)
			kronos_tell_ends(k, KRONOS_ANNOUNCE, base_offset + it.offset);
		else if (it.what == WALK_EVENT && k->map.song->tl.event[it.index].order != MOS_TL_CONTROL)
			kronos_tell(k, &(struct kronos_event){.what = KRONOS_ANNOUNCE,
					       .offset = base_offset + it.offset,
					       .index = it.index,
					       .tick = it.tick,
					       .event = &k->map.song->tl.event[it.index]});
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
void kronos_refresh_ahead(struct kronos *k) MOS_RT
{
	uint32_t left = count_in_left(k), far = lookahead_frames(k);

	if (k->state != MOS_TRANSPORT_PLAYING)
		return;
	k->ahead = k->play;
	k->ahead.clocks = 0;
	k->ahead_ended = 0;
	if (left < far)
		announce(k, far - left, left);
}

/* As the block goes on, so does the announcer; with a count-in before it even the first note is told in time.
 */
void kronos_advance_ahead(struct kronos *k, uint32_t n_frames) MOS_RT
{
	uint32_t left = count_in_left(k), far = lookahead_frames(k);

	if (left <= far)
		announce(k, n_frames, far);
	else if (left < far + n_frames)
		announce(k, far + n_frames - left, left);
}

void kronos_set_clocks(struct kronos *k, int on) MOS_RT
{
	walk_clocks(&k->play, &k->map, on);
}

void kronos_move(struct kronos *k, int64_t tick) MOS_RT
{
	walk_seek(&k->play, &k->map, walk_tick_to_v(&k->map, tick));
	k->play.done = 0;
	k->play.loops = 0;
	k->counting = 0;
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_JUMP,
			       .tick = tick,
			       .index = k->play.next_event,
			       .reason = MOS_REASON_COMMAND});
}

void kronos_jump(struct kronos *k, int64_t tick) MOS_RT
{
	kronos_move(k, tick);
	kronos_refresh_ahead(k);
}

void kronos_to_start(struct kronos *k) MOS_RT
{
	walk_seek(&k->play, &k->map, walk_tick_to_v(&k->map, 0));
	k->play.done = 0;
	k->play.loops = 0;
	k->counting = 0;
}

/* A state that cannot be, whatever wrote it: stop and say so (KRO-16). */
void kronos_mend(struct kronos *k) MOS_RT
{
	int needs_song = k->state != MOS_TRANSPORT_IDLE && k->state != MOS_TRANSPORT_LOADING;

	if (k->state < MOS_TRANSPORT_N_STATES && (k->map.song || !needs_song))
		return;
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_SILENCE});
	k->counting = 0;
	if (k->map.song)
		kronos_to_start(k);
	kronos_set_state(k, MOS_TRANSPORT_N_STATES, MOS_REASON_RECOVERED, 0, 0);
}

void kronos_loading(struct kronos *k) MOS_RT
{
	if (!kronos_legal(k->state, MOS_TRANSPORT_LOADING))
		return; /* playing, paused: the old song goes on until the new one is there */
	k->before_loading = k->state;
	kronos_set_state(k, MOS_TRANSPORT_LOADING, MOS_REASON_COMMAND, kronos_tick(k, NULL), 0);
}

void kronos_load_failed(struct kronos *k) MOS_RT
{
	if (k->state == MOS_TRANSPORT_LOADING)
		kronos_set_state(k, k->before_loading, MOS_REASON_LOADED, kronos_tick(k, NULL), 0);
}

/*
 * The loop that a song brings with it is in force when the song is (mos_tl_policy). One that people set stays when
 * the new song has none; one that came with a song goes with it. @return 1: it is another loop now.
 */
static int take_loop(struct kronos *k, const struct walk_map *from) MOS_RT
{
	struct walk_map *m = &k->map;
	const struct mos_timeline *tl = &m->song->tl;

	if (tl->policy.loop_end > tl->policy.loop_start) {
		m->loop = k->song_loop = 1;
		m->loop_start = tl->policy.loop_start;
		m->loop_end = tl->policy.loop_end;
	} else if (k->song_loop || m->loop_end > tl->end_tick) {
		m->loop = k->song_loop = 0;
	}
	return m->loop != from->loop ||
	       (m->loop && (m->loop_start != from->loop_start || m->loop_end != from->loop_end));
}

static void tell_loop(struct kronos *k) MOS_RT
{
	kronos_tell(k, &(struct kronos_event){.what = KRONOS_LOOP, .tick = kronos_tick(k, NULL)});
}

/* The same place in new content. */
static void update(struct kronos *k, const struct song *song) MOS_RT
{
	struct walk_map from = k->map;
	int64_t tick = walk_v_to_tick(&from, k->play.v, NULL);
	int is_other_loop;

	k->map.song = song;
	is_other_loop = take_loop(k, &from);
	if (tick > song->tl.end_tick)
		walk_seek(&k->play, &k->map, walk_tick_to_v(&k->map, song->tl.end_tick));
	else
		walk_resume(&k->play, &k->map, walk_convert(&from, &k->map, k->play.v));
	kronos_load_failed(k); /* nothing was rolling: back to where the load began */
	if (is_other_loop)
		tell_loop(k);
	kronos_refresh_ahead(k);
}

const struct song *kronos_swap(struct kronos *k, const struct song *song, int update_only) MOS_RT
{
	const struct song *old = k->map.song;
	struct walk_map from = k->map;
	int64_t from_tick = kronos_tick(k, NULL);
	int is_other_loop;

	if (old && song && old->tl.id == song->tl.id)
		k->duplicates++; /* the same music again: harmless (KRO-22) */
	if (update_only && old && song) {
		update(k, song);
		return old;
	}
	if (k->state == MOS_TRANSPORT_PLAYING || k->state == MOS_TRANSPORT_PAUSED)
		kronos_tell(k, &(struct kronos_event){.what = KRONOS_SILENCE});
	k->map = (struct walk_map){.song = song, .rate_hz = from.rate_hz, .rate_ppm = 1000000};
	k->counting = 0;
	k->song_loop = 0;
	from = k->map;
	is_other_loop = song && take_loop(k, &from);
	if (song)
		kronos_to_start(k);
	if (song && k->state == MOS_TRANSPORT_IDLE) /* nobody said that a load had begun */
		kronos_set_state(k, MOS_TRANSPORT_LOADING, MOS_REASON_LOADED, from_tick, 0);
	if (k->state != (song ? MOS_TRANSPORT_READY : MOS_TRANSPORT_IDLE))
		kronos_set_state(
			k, song ? MOS_TRANSPORT_READY : MOS_TRANSPORT_IDLE, MOS_REASON_LOADED, from_tick, 0);
	if (is_other_loop)
		tell_loop(k);
	return old;
}
