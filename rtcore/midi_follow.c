/* SPDX-License-Identifier: MIT */
/*
 * Pulses become a line in time, which Kronos follows. Start and continue take effect with the pulse that
 * comes after them, in its very frame. What began before we listened has pulses, but no beats.
 */
#include "engine.h"

#define CLOCK 0xf8u
#define START 0xfau
#define CONTINUE 0xfbu
#define STOP 0xfcu
#define SONG_POSITION 0xf2u

#define TICKS_PER_SIXTEENTH (MOS_PPQ / 4)
#define PULSES_A_QUARTER 24
#define CATCH_UP_NS INT64_C(10'000'000'000) /* who was away for longer cannot know where the leader is */

static void begin(struct engine *e, uint32_t offset) MOS_RT
{
	struct midi_follow *m = &e->midi_follow;
	struct kronos *k = &e->kronos;

	m->starts = 0;
	m->is_running = 1;
	m->was.npq = 0;
	m->tick = m->from >= 0 ? m->from : kronos_tick(k, NULL);
	m->from = -1;
	k->chase.quantum = MOS_PPQ;
	kronos_chase_start(k, m->tick, (kronos_v)walk_step(&k->map) * offset, m->tick);
}

/* The leader went on while there was nobody here: by the tempo that was, to the pulse. */
static void catch_up(struct engine *e, uint32_t offset, int64_t at_ns) MOS_RT
{
	struct midi_follow *m = &e->midi_follow;
	const struct midi_follow_was was = m->was;
	const struct walk_map *map = &e->kronos.map;
	const int64_t passed_ns = at_ns - was.at_ns;

	m->was.npq = 0;
	if (!map->song || e->kronos.state != MOS_TRANSPORT_PLAYING || passed_ns < 0 || passed_ns > CATCH_UP_NS)
		return;
	m->from = was.tick + (int64_t)((double)passed_ns * MOS_PPQ / (double)was.npq);
	m->from = (m->from + WALK_CLOCK_TICKS / 2) / WALK_CLOCK_TICKS * WALK_CLOCK_TICKS;
	if (map->loop && was.tick < map->loop_end && m->from >= map->loop_end)
		m->from = map->loop_start + (m->from - map->loop_start) % (map->loop_end - map->loop_start);
	if (m->from < map->song->tl.end_tick)
		begin(e, offset);
	m->from = -1;
}

static void clock(struct engine *e, uint32_t offset) MOS_RT
{
	struct midi_follow *m = &e->midi_follow;
	const int64_t at_ns = engine_frame_ns(e, e->frame + offset);
	int32_t n = pulse_take(&m->pulse, at_ns);
	struct mos_rtctl_lead line;

	m->tick += n * WALK_CLOCK_TICKS;
	if (m->starts)
		begin(e, offset);
	else if (m->was.npq)
		catch_up(e, offset, at_ns);
	else if (m->is_running)
		m->from = -1; /* a song position from which it did not go on */
	if (m->pulse.n < 2)
		return;
	line = (struct mos_rtctl_lead){.tick = m->tick,
		.at_ns = pulse_at_ns(&m->pulse),
		.npq = (uint64_t)(m->pulse.period * PULSES_A_QUARTER)};
	if (kronos_lead(&e->kronos, &line) == 0)
		engine_count(e, C_FOLLOW_PULSES, 1);
}

static void position(struct engine *e, uint32_t sixteenth) MOS_RT
{
	struct midi_follow *m = &e->midi_follow;

	m->from = (int64_t)sixteenth * TICKS_PER_SIXTEENTH;
	kronos_chase_place(&e->kronos, m->from);
}

void engine_midi_follow(struct engine *e, uint32_t word, uint32_t offset) MOS_RT
{
	struct midi_follow *m = &e->midi_follow;

	if (e->kronos.chase.leader != MOS_LEADER_MIDI)
		return;
	switch (word >> 16 & 0xff) {
	case CLOCK:
		clock(e, offset);
		break;
	case START:
		m->from = 0;
		m->starts = 1;
		break;
	case CONTINUE:
		m->starts = 1;
		break;
	case STOP:
		m->starts = m->is_running = 0;
		m->was.npq = 0;
		e->kronos.chase.quantum = WALK_CLOCK_TICKS;
		kronos_chase_stop(&e->kronos);
		break;
	case SONG_POSITION:
		position(e, (word >> 8 & 127) | (word & 127) << 7);
		break;
	default:
		break;
	}
}

int engine_follow(struct engine *e, struct mos_rtctl_msg *msg) MOS_RT
{
	int is_other = msg->u.follow.leader != e->kronos.chase.leader,
	    r = kronos_follow(&e->kronos, &msg->u.follow);

	if (r < 0)
		return r;
	if (is_other) {
		e->midi_follow = (struct midi_follow){.from = -1};
		e->timecode_in = (struct timecode_in){.n_sysex = 0};
	}
	if (e->kronos.chase.leader == MOS_LEADER_MIDI)
		e->kronos.chase.quantum = e->midi_follow.is_running ? MOS_PPQ : WALK_CLOCK_TICKS;
	kronos_follow_state(&e->kronos, &msg->u.follow_state);
	return 0;
}
