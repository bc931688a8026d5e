/* SPDX-License-Identifier: MIT */
/* Another song, or new content of the same, has come into force: how it is to be played, and what it left
 * hanging. */
#include "engine.h"

#include <string.h>

#define ORPHAN_EVENTS 8192u /* looked at for the end of a note after an edit */

static void look(const struct song *s, uint32_t from, uint32_t to, struct score_ahead *ret) MOS_RT
{
	for (uint32_t i = from; i < to && ret->n_looked < ORPHAN_EVENTS; i++, ret->n_looked++) {
		const struct mos_tl_event *ev = &s->tl.event[i];
		uint32_t ch = (ev->ump[0] >> 24 & 15) * 16 + (ev->ump[0] >> 16 & 15),
			 key = ev->ump[0] >> 8 & 127;
		uint64_t bit = UINT64_C(1) << key % 64;

		if (ev->order == MOS_TL_NOTE_ON)
			ret->begins[ch][key / 64] |= bit;
		if (ev->order != MOS_TL_NOTE_OFF)
			continue;
		ret->ends[ch][key / 64] |= bit;
		if (!(ret->begins[ch][key / 64] & bit) && ret->n_ends[ch][key] < UINT8_MAX)
			ret->n_ends[ch][key]++;
	}
}

/* In the order in which it will be played: in a song's own loop what is let go behind its start lies ahead,
 * too. */
static void look_ahead(const struct engine *e, struct score_ahead *ret) MOS_RT
{
	const struct kronos *k = &e->kronos;
	const struct song *s = k->map.song;
	uint32_t next = k->play.next_event;

	memset(ret, 0, sizeof(*ret));
	if (k->song_loop && k->play.in_loop) {
		look(s, next, song_event_at(s, k->map.loop_end + 1), ret);
		look(s, song_event_at(s, k->map.loop_start), next, ret);
	} else {
		look(s, next, s->tl.n_event, ret);
	}
}

/* An end is swallowed only if the score brings more of them than keys are down, before it strikes the key
 * again. */
static void mend_gate(struct mos_gate *gate, const struct score_ahead *ahead, uint32_t ch, uint32_t key)
	MOS_RT
{
	int spare = ahead->n_ends[ch][key] - gate->down[ch][key];

	if (gate->dropped[ch][key] > spare)
		gate->dropped[ch][key] = spare > 0 ? (uint8_t)spare : 0;
}

/* So often as it was struck: who listens may count. */
static void end_key(struct engine *e, uint32_t ch, uint32_t key) MOS_RT
{
	uint8_t sound = e->sound_gate.down[ch][key], out = e->out.score.gate.down[ch][key];

	for (uint8_t n = sound > out ? sound : out; n > 0; n--)
		engine_add(e, 0, ump_cv1((uint8_t)(ch / 16), 0x80, (uint8_t)(ch % 16), (uint8_t)key, 64), 0,
			MOS_SOURCE_SCORE, ORIGIN_SCORE);
}

void engine_end_orphans(struct engine *e) MOS_RT
{
	struct score_ahead *ahead = &e->ahead;

	if (!e->kronos.map.song || e->kronos.state != MOS_TRANSPORT_PLAYING)
		return;
	look_ahead(e, ahead);
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++)
		for (uint32_t key = 0; key < 128; key++) {
			mend_gate(&e->sound_gate, ahead, ch, key);
			mend_gate(&e->out.score.gate, ahead, ch, key);
			if (!(ahead->ends[ch][key / 64] >> key % 64 & 1))
				end_key(e, ch, key);
		}
}

void engine_take_policy(struct engine *e) MOS_RT
{
	const struct song *s = e->kronos.map.song;
	const struct mos_tl_policy p = s ? s->tl.policy : (struct mos_tl_policy){0};
	const struct mos_gate_policy gate = {.late_drop_ms = p.late_drop_ms,
		.ghost_vel_max = p.ghost_vel_max,
		.panic = p.flags & MOS_TL_PANIC,
		.no_overlap = p.flags & MOS_TL_NO_OVERLAP};
	uint32_t route = p.flags & (MOS_TL_NO_SOUND | MOS_TL_NO_MIDI), was = e->route;

	e->sound_gate.policy = e->out.score.gate.policy = gate;
	e->route = route;
	if (route != was)
		engine_add(e, 0, ACTION_ROUTE, route & ~was, MOS_SOURCE_RTCORE, ORIGIN_ACTION);
}
