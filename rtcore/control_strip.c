/* SPDX-License-Identifier: MIT */
/* The mixer's strips, as they were set and as the score names them: for those who ask. */
#include "control_internal.h"

#include <stdio.h>
#include <string.h>

#define GAIN_MIN_DB (-90.0f)
#define GAIN_MAX_DB 24.0f

static float between(float x, float min, float max)
{
	return x < min ? min : x > max ? max : x;
}

static void set_flag(uint32_t *flags, uint32_t flag, int on)
{
	*flags = on ? *flags | flag : *flags & ~flag;
}

void control_strip_set(struct control *c, const struct mos_rtctl_msg *msg)
{
	const uint32_t mask = msg->u.strip.mask, strip = msg->u.strip.strip;
	struct mos_rtctl_strip *s = &c->strip[strip < MOS_N_STRIPS ? strip : MOS_N_STRIPS];

	if (mask & 1)
		s->gain_db = between(msg->u.strip.gain_db, GAIN_MIN_DB, GAIN_MAX_DB);
	if (mask & 2)
		s->pan = between(msg->u.strip.pan, -1, 1);
	if (mask & 4)
		set_flag(&s->flags, MOS_STRIP_MUTE, msg->u.strip.mute != 0);
	if (mask & 8)
		set_flag(&s->flags, MOS_STRIP_SOLO, msg->u.strip.solo != 0);
	control_mixer_strip(c, msg);
}

void control_strip_parts(const struct song *song, struct strip_part part[MOS_N_STRIPS])
{
	memset(part, 0, MOS_N_STRIPS * sizeof(*part));
	for (uint32_t i = 0; song && i < song->tl.n_part; i++) {
		const struct mos_tl_part *p = &song->tl.part[i];
		const uint32_t strip = p->group * 16u + p->channel;

		/* of several parts that share a channel the first one names it */
		if (strip >= MOS_N_STRIPS || part[strip].flags)
			continue;
		part[strip].flags = MOS_STRIP_PART | (p->is_drums ? MOS_STRIP_DRUMS : 0);
		part[strip].program = p->program;
		(void)snprintf(
			part[strip].name, sizeof(part[strip].name), "%s", song->tl.strings + p->name_off);
	}
}

void control_strip_song(struct control *c, const struct strip_part part[MOS_N_STRIPS])
{
	for (uint32_t i = 0; i < MOS_N_STRIPS; i++) {
		struct mos_rtctl_strip *s = &c->strip[i];

		s->flags &= MOS_STRIP_MUTE | MOS_STRIP_SOLO;
		s->program = 0;
		memset(s->name, 0, sizeof(s->name));
		if (!part)
			continue;
		s->flags |= part[i].flags;
		s->program = part[i].program;
		memcpy(s->name, part[i].name, sizeof(s->name));
	}
}

void control_strip_list(struct control *c, struct mos_rtctl_msg *msg)
{
	for (uint32_t i = 0; i <= MOS_N_STRIPS; i++)
		c->strip[i].strip = i < MOS_N_STRIPS ? i : UINT32_MAX;
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.strip_list.n = MOS_N_STRIPS + 1;
	(void)control_reply_table(c, msg, &(struct control_table){c->strip, sizeof(c->strip)}, 1);
}
