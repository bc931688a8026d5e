/* SPDX-License-Identifier: MIT */
#include "live.h"

static int add(struct live *l, struct live_item item) MOS_RT
{
	if (l->n_waiting == LIVE_WAITING) {
		l->dropped++;
		return -1;
	}
	l->waiting[l->n_waiting++] = item;
	return 0;
}

int live_at_frame(struct live *l, uint64_t frame, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT
{
	return add(l, (struct live_item){ .frame = frame, .ump = { word0, word1 }, .source = source });
}

int live_at_tick(struct live *l, int64_t tick, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT
{
	return add(l, (struct live_item){ .frame = UINT64_MAX, .tick = tick, .ump = { word0, word1 }, .source = source });
}

static uint32_t channel_of(uint32_t word0) MOS_RT
{
	return (word0 >> 24 & 15) * 16 + (word0 >> 16 & 15);
}

/* Keep the books of who holds which key; 1.0 and 2.0 channel voice alike. */
static void book(struct live *l, const struct live_item *it) MOS_RT
{
	uint32_t type = it->ump[0] >> 28, status = it->ump[0] >> 20 & 15, ch = channel_of(it->ump[0]);
	uint8_t key = (uint8_t)(it->ump[0] >> 8 & 127);
	int on = status == 9 && (type == 4 || (it->ump[0] & 127));

	if ((type != 2 && type != 4) || (status != 8 && status != 9))
		return;
	for (uint32_t i = 0; i < l->n_held; i++)
		if (l->held[i].channel == ch && l->held[i].key == key) {
			l->held[i] = l->held[--l->n_held];
			break;
		}
	if (on && l->n_held < LIVE_HELD) {
		l->held[l->n_held].source = it->source;
		l->held[l->n_held].channel = (uint8_t)ch;
		l->held[l->n_held++].key = key;
	}
}

/* Offset of an item in the block, or -1: not in this one. What is already past sounds at once. */
static int64_t due(const struct live_item *it, const struct kronos *k, const struct block *b) MOS_RT
{
	int64_t at;

	if (it->frame != UINT64_MAX)
		at = it->frame <= b->frame ? 0 : (int64_t)(it->frame - b->frame);
	else if (k->state != MOS_TRANSPORT_PLAYING || k->counting)
		return -1;
	else
		at = it->tick <= kronos_tick(k, NULL) ? 0 : kronos_frames_to_tick(k, it->tick);
	return at < b->n_frames ? at : -1;
}

/* Note-offs before note-ons where both are due at one frame (the rule of scores holds here too). */
static int is_off(const struct live_item *it) MOS_RT
{
	return (it->ump[0] >> 20 & 15) == 8;
}

void live_collect(struct live *l, const struct kronos *k, struct block *b) MOS_RT
{
	uint32_t kept;

	for (int offs = 1; offs >= 0; offs--) {
		kept = 0;
		for (uint32_t i = 0; i < l->n_waiting; i++) {
			struct live_item *it = &l->waiting[i];
			int64_t at = is_off(it) == offs ? due(it, k, b) : -1;

			if (at < 0 || block_add(b, (uint32_t)at, it->ump[0], it->ump[1], it->source, ORIGIN_LIVE) < 0)
				l->waiting[kept++] = *it;
			else
				book(l, it);
		}
		l->n_waiting = kept;
	}
}

void live_release(struct live *l, struct block *b, uint16_t source) MOS_RT
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_waiting; i++)
		if (source != UINT16_MAX && l->waiting[i].source != source)
			l->waiting[kept++] = l->waiting[i];
	l->n_waiting = kept;
	kept = 0;
	for (uint32_t i = 0; i < l->n_held; i++) {
		uint8_t ch = l->held[i].channel;

		if (source != UINT16_MAX && l->held[i].source != source)
			l->held[kept++] = l->held[i];
		else
			(void)block_add(b, 0, ump_cv1(ch / 16, 0x80, ch % 16, l->held[i].key, 64), 0, source, ORIGIN_LIVE);
	}
	l->n_held = kept;
}

void live_purge(struct live *l, uint32_t channel) MOS_RT
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_waiting; i++)
		if (channel_of(l->waiting[i].ump[0]) != channel)
			l->waiting[kept++] = l->waiting[i];
	l->n_waiting = kept;
	kept = 0;
	for (uint32_t i = 0; i < l->n_held; i++)
		if (l->held[i].channel != channel)
			l->held[kept++] = l->held[i];
	l->n_held = kept;
}
