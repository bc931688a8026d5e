/* SPDX-License-Identifier: MIT */
/* A score goes on where a process was that is dead. */
#include "engine.h"

int engine_resume(struct engine *e, const struct engine_resume *r) MOS_RT
{
	int status = kronos_resume(&e->kronos, &r->place);

	if (status < 0)
		return status;
	engine_midi_out_stale(e);
	if (e->kronos.state != MOS_TRANSPORT_PLAYING || e->kronos.counting)
		return 0;
	if (e->kronos.chase.leader == MOS_LEADER_MIDI)
		e->midi_follow.was = (struct midi_follow_was){r->place.tick, r->at_ns, r->npq};
	/* A pad or an organ comes back, not only what is struck from here on. */
	for (uint32_t i = 0; i < r->n_notes && i < ENGINE_RESUME_NOTES; i++)
		engine_add(e, 0, r->note[i].ump[0], r->note[i].ump[1], MOS_SOURCE_SCORE, ORIGIN_SCORE);
	return 0;
}
