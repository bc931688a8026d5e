/* SPDX-License-Identifier: MIT */
#include "midi_send.h"

#include "apollo/channel.h"

static const uint8_t pedal[MIDI_SEND_PEDALS] = {64, 66, 69};

static int begins(const uint32_t ump[2]) MOS_RT
{
	return (ump[0] >> 20 & 15) == 9;
}

int midi_send_add(struct midi_send *s, uint64_t frame, const uint32_t ump[2], uint16_t source) MOS_RT
{
	uint32_t all = MIDI_SEND_WAITING, mine = MIDI_SEND_PER_CLIENT;

	if (begins(ump)) { /* ends find room longer than beginnings */
		all -= all / 4;
		mine -= mine / 4;
	}
	if (source >= MOS_CLIENTS_MAX || s->n_waiting >= all || s->waiting_of[source] >= mine)
		return -1;
	s->waiting_of[source]++;
	s->waiting[s->n_waiting++] =
		(struct midi_send_item){.frame = frame, .ump = {ump[0], ump[1]}, .source = source};
	return 0;
}

void midi_send_collect(struct midi_send *s, struct block *b) MOS_RT
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->n_waiting; i++) {
		const struct midi_send_item *it = &s->waiting[i];
		uint64_t at = it->frame > b->frame ? it->frame - b->frame : 0;

		if (at < b->n_frames &&
			block_add(b, (uint32_t)at, it->ump[0], it->ump[1], it->source, ORIGIN_OUTPUT) == 0)
			s->waiting_of[it->source]--;
		else
			s->waiting[kept++] = *it;
	}
	s->n_waiting = kept;
}

static void hold(struct midi_send *s, uint16_t *holder, uint16_t now) MOS_RT
{
	s->n_held += (now != 0) - (*holder != 0);
	*holder = now;
}

void midi_send_book(struct midi_send *s, const struct block_event *ev) MOS_RT
{
	uint16_t mine = (uint16_t)(ev->source + 1u);
	struct chan_msg m;

	if (chan_decode(ev->ump, &m) < 0 || m.channel >= SONG_CHANNELS)
		return;
	if (m.status == 8 || m.status == 9)
		hold(s, &s->holder[m.channel][m.d1], m.status == 9 && m.d2 ? mine : 0);
	for (uint32_t i = 0; m.status == 0xb && i < MIDI_SEND_PEDALS; i++)
		if (m.d1 == pedal[i])
			hold(s, &s->pedal[m.channel][i], m.d2 >= 64 ? mine : 0);
}

/* @return 0; -1: the block is full. */
static int release_channel(const struct midi_send *s, struct block *b, uint16_t source, uint8_t ch) MOS_RT
{
	const uint8_t group = ch / 16, channel = ch % 16;

	for (uint8_t key = 0; key < 128; key++)
		if (s->holder[ch][key] == source + 1u &&
			block_add(b, 0, ump_cv1(group, 0x80, channel, key, 64), 0, source, ORIGIN_OUTPUT) < 0)
			return -1;
	for (uint32_t i = 0; i < MIDI_SEND_PEDALS; i++)
		if (s->pedal[ch][i] == source + 1u &&
			block_add(b, 0, ump_cv1(group, 0xb0, channel, pedal[i], 0), 0, source,
				ORIGIN_OUTPUT) < 0)
			return -1;
	return 0;
}

int midi_send_release(struct midi_send *s, struct block *b, uint16_t source) MOS_RT
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->n_waiting; i++)
		if (s->waiting[i].source != source)
			s->waiting[kept++] = s->waiting[i];
	s->n_waiting = kept;
	s->waiting_of[source] = 0;
	for (uint8_t ch = 0; ch < SONG_CHANNELS && s->n_held; ch++)
		if (release_channel(s, b, source, ch) < 0)
			return -1;
	return 0;
}
