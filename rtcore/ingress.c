/* SPDX-License-Identifier: MIT */
/* What clients play: the bus thread has checked it, here it gets its place in time. */
#include "engine.h"

#define AHEAD_MAX_NS INT64_C(3600000000000)
#define RELEASES_MAX (SONG_CHANNELS * (128 + MIDI_SEND_PEDALS) / BLOCK_EVENTS_MAX + 2) /* every key of the output */

static void play(struct engine *e, const struct engine_sound *s) MOS_RT
{
	int64_t ahead_ns = s->time_ns ? (int64_t)(s->time_ns - (uint64_t)e->anchor_ns) : 0;
	uint64_t frame;

	if (!s->to_output && s->tick != INT64_MIN) {
		(void)live_at_tick(&e->live, s->tick, s->ump[0], s->ump[1], s->slot);
		return;
	}
	if (ahead_ns < 0 || ahead_ns > AHEAD_MAX_NS)
		ahead_ns = 0;
	frame = e->frame + (uint64_t)((double)ahead_ns / e->dll.frame_ns);
	if (!s->to_output)
		(void)live_at_frame(&e->live, frame, s->ump[0], s->ump[1], s->slot);
	else if (midi_send_add(&e->send, frame, s->ump, s->slot) < 0)
		engine_count(e, C_MIDI_DROPPED, 1);
}

/* Its last record came before this in the queue. */
static void leave(struct engine *e, uint16_t slot) MOS_RT
{
	struct engine_cmd gone = {.msg.op = ENGINE_OP_CLIENT_REMOVE, .arg = slot};

	engine_make_room(e);
	live_release(&e->live, &e->block, slot);
	for (uint32_t i = 0; i < RELEASES_MAX && midi_send_release(&e->send, &e->block, slot) < 0; i++)
		engine_make_room(e);
	(void)spsc_push(&e->answers, &gone); /* there is room: control asked for it */
}

void engine_ingress(struct engine *e) MOS_RT
{
	struct engine_sound s;
	uint32_t leaves = 0;

	for (uint32_t i = 0;
		i < ENGINE_SOUNDS_PER_CYCLE && leaves < ENGINE_LEAVES_PER_CYCLE && spsc_pop(&e->sounds, &s);
		i++) {
		if (s.leaves) {
			leave(e, s.slot);
			leaves++;
		} else {
			play(e, &s);
		}
	}
}
