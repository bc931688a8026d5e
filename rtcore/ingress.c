/* SPDX-License-Identifier: MIT */
/* What clients play: the bus thread has checked it, here it gets its place in time. */
#include "engine.h"

#define AHEAD_MAX_NS INT64_C(3600000000000)

static void play(struct engine *e, const struct engine_sound *s) MOS_RT
{
	int64_t ahead_ns = s->time_ns ? (int64_t)(s->time_ns - (uint64_t)e->anchor_ns) : 0;

	if (s->tick != INT64_MIN) {
		(void)live_at_tick(&e->live, s->tick, s->ump[0], s->ump[1], s->slot);
		return;
	}
	if (ahead_ns < 0 || ahead_ns > AHEAD_MAX_NS)
		ahead_ns = 0;
	(void)live_at_frame(&e->live, e->frame + (uint64_t)((double)ahead_ns / e->dll.frame_ns), s->ump[0],
		s->ump[1], s->slot);
}

/* Its last record came before this in the queue. */
static void leave(struct engine *e, uint16_t slot) MOS_RT
{
	struct engine_cmd gone = {.msg.op = ENGINE_OP_CLIENT_REMOVE, .arg = slot};

	engine_make_room(e);
	live_release(&e->live, &e->block, slot);
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
