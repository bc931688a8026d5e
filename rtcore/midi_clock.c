/* SPDX-License-Identifier: MIT */
/*
 * Kronos tells each clock at its exact frame. Where we jump, who follows stops, and goes on from the next
 * place that a song position can name: a 16th note. Clocks go on meanwhile, so that the tempo is known.
 */
#include "engine.h"

#define CLOCK 0xf8u
#define START 0xfau
#define CONTINUE 0xfbu
#define STOP 0xfcu
#define SONG_POSITION 0xf2u

#define TICKS_PER_SIXTEENTH (MOS_PPQ / 4)
#define MAX_POSITION 0x3fffu /* 14 bits: 1,024 measures of 4/4 */

/* A system packet of UMP: type 1, group 0. */
static void tell(struct engine *e, uint32_t offset, uint32_t status, uint32_t d1, uint32_t d2) MOS_RT
{
	engine_add(e, offset, ACTION_MIDI, 0x10000000u | status << 16 | d1 << 8 | d2, MOS_SOURCE_RTCORE,
		ORIGIN_ACTION);
}

static void stop(struct engine *e, uint32_t offset) MOS_RT
{
	if (e->midi_clock.is_running)
		tell(e, offset, STOP, 0, 0);
	e->midi_clock.is_running = 0;
}

/* Who follows goes on at this clock, if it can be told where that is. */
static void go_on(struct engine *e, uint32_t offset, int64_t tick) MOS_RT
{
	struct midi_clock *c = &e->midi_clock;
	uint32_t position = (uint32_t)(tick / TICKS_PER_SIXTEENTH);

	if (tick != c->at_tick && (tick % TICKS_PER_SIXTEENTH || tick / TICKS_PER_SIXTEENTH > MAX_POSITION))
		return;
	if (tick != c->at_tick && tick > 0)
		tell(e, offset, SONG_POSITION, position & 127, position >> 7);
	tell(e, offset, tick > 0 ? CONTINUE : START, 0, 0);
	c->is_running = 1;
}

static void clock(struct engine *e, const struct kronos_event *k) MOS_RT
{
	if (!e->midi_clock.is_running)
		go_on(e, k->offset, k->tick);
	tell(e, k->offset, CLOCK, 0, 0);
	if (e->midi_clock.is_running)
		e->midi_clock.at_tick = k->tick + WALK_CLOCK_TICKS;
}

void engine_midi_clock(struct engine *e, int on) MOS_RT
{
	if (!on)
		stop(e, 0);
	if (on && !e->midi_clock.on)
		e->midi_clock.at_tick = -1;
	e->midi_clock.on = on;
	kronos_set_clocks(&e->kronos, on);
}

void engine_midi_clock_on_kronos(struct engine *e, const struct kronos_event *k) MOS_RT
{
	if (!e->midi_clock.on)
		return;
	if (k->what == KRONOS_CLOCK)
		clock(e, k);
	else if (k->what == KRONOS_JUMP || k->what == KRONOS_SILENCE ||
		 (k->what == KRONOS_STATE && k->state != MOS_TRANSPORT_PLAYING))
		stop(e, k->offset);
}

void engine_midi_clock_leave(struct engine *e) MOS_RT
{
	if (e->midi_clock.is_running)
		engine_midi_out(e, 0, (const uint32_t[]){0x10000000u | STOP << 16, 0});
	e->midi_clock.is_running = 0;
}

void engine_midi_clock_listener(struct engine *e) MOS_RT
{
	struct midi_clock *c = &e->midi_clock;

	if (e->midi_out && !c->is_heard) {
		c->is_running = 0;
		c->at_tick = -1;
	}
	c->is_heard = e->midi_out != NULL;
}
