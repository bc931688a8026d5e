/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "apollo/channel.h"

static uint32_t status_of(const struct live_item *it) MOS_RT
{
	return it->ump[0] >> 20 & 15;
}

/* [channel * 128 + key] of a note packet */
static uint32_t key_of(uint32_t word0) MOS_RT
{
	return (word0 >> 16 & 15) * 128 + (word0 >> 8 & 127);
}

/* One client can't take the place of others, nor all of them that of the keyboard. Ends find room longer than
 * starts. */
static int has_room(const struct live *l, const struct live_item *it) MOS_RT
{
	uint32_t mine = LIVE_PER_CLIENT, all = LIVE_CLIENTS;

	if (it->source >= MOS_CLIENTS_MAX)
		return l->n_waiting < LIVE_WAITING;
	if (status_of(it) == 9) {
		mine -= mine / 4;
		all -= all / 4;
	}
	return l->waiting_of[it->source] < mine && l->n_clients < all;
}

static int add(struct live *l, struct live_item item) MOS_RT
{
	if (!has_room(l, &item)) {
		l->dropped++;
		return -1;
	}
	if (item.source < MOS_CLIENTS_MAX) {
		l->waiting_of[item.source]++;
		l->n_clients++;
	}
	l->waiting[l->n_waiting++] = item;
	return 0;
}

static void forget(struct live *l, const struct live_item *it) MOS_RT
{
	if (it->source < MOS_CLIENTS_MAX) {
		l->waiting_of[it->source]--;
		l->n_clients--;
	}
}

int live_at_frame(struct live *l, uint64_t frame, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT
{
	return add(l, (struct live_item){.frame = frame, .ump = {word0, word1}, .source = source});
}

int live_at_tick(struct live *l, int64_t tick, uint32_t word0, uint32_t word1, uint16_t source) MOS_RT
{
	return add(l, (struct live_item){
			      .frame = UINT64_MAX, .tick = tick, .ump = {word0, word1}, .source = source});
}

static void hold(struct live *l, uint32_t key, uint32_t holder) MOS_RT
{
	l->n_held += (holder != 0) - (l->holder[key] != 0);
	l->holder[key] = holder;
}

void live_book(struct live *l, const struct block_event *ev) MOS_RT
{
	struct chan_msg m;

	if (chan_decode(ev->ump, &m) < 0)
		return;
	if (m.status == 9 && m.d2)
		hold(l, key_of(ev->ump[0]), ev->source + 1u);
	else if (m.status == 8 || m.status == 9)
		hold(l, key_of(ev->ump[0]), 0);
	else if (m.status == 0xb && m.d1 >= 120 && m.d1 != 121 && m.d1 != 122) /* all sound or notes off */
		for (uint32_t key = 0; key < 128; key++)
			hold(l, m.channel % 16 * 128 + key, 0);
}

/* Offset of an item in the block, or -1: not in this one. What is already past sounds at once. */
static int64_t due(
	const struct live_item *it, const struct kronos *k, int64_t now_tick, const struct block *b) MOS_RT
{
	int64_t at;

	if (it->frame != UINT64_MAX)
		at = it->frame <= b->frame ? 0 : (int64_t)(it->frame - b->frame);
	else if (k->state != MOS_TRANSPORT_PLAYING || k->counting)
		return -1;
	else
		at = it->tick <= now_tick ? 0 : kronos_frames_to_tick(k, it->tick);
	return at < b->n_frames ? at : -1;
}

/*
 * On the score's grid the score's rule holds: at one tick the end of a note comes before the start of the
 * next. Everything else keeps the order in which it came, or a key tapped within a cycle would hang.
 */
static int ends_first(const struct live *l, const struct live_item *it) MOS_RT
{
	return it->frame == UINT64_MAX && status_of(it) == 8 && l->holder[key_of(it->ump[0])];
}

void live_collect(struct live *l, const struct kronos *k, struct block *b) MOS_RT
{
	int64_t now_tick = l->n_waiting ? kronos_tick(k, NULL) : 0;
	uint32_t kept;

	for (int ends = 1; ends >= 0; ends--) {
		kept = 0;
		for (uint32_t i = 0; i < l->n_waiting; i++) {
			struct live_item *it = &l->waiting[i];
			int64_t at = ends && !ends_first(l, it) ? -1 : due(it, k, now_tick, b);

			if (at < 0 || block_add(b, (uint32_t)at, it->ump[0], it->ump[1], it->source,
					      ORIGIN_LIVE) < 0)
				l->waiting[kept++] = *it;
			else
				forget(l, it);
		}
		l->n_waiting = kept;
	}
}

void live_release(struct live *l, struct block *b, uint16_t source) MOS_RT
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_waiting; i++)
		if (l->waiting[i].source != source)
			l->waiting[kept++] = l->waiting[i];
		else
			forget(l, &l->waiting[i]);
	l->n_waiting = kept;
	for (uint32_t key = 0; key < LIVE_KEYS; key++)
		if (l->holder[key] == source + 1u)
			(void)block_add(b, 0,
				ump_cv1(MOS_GROUP_LIVE, 0x80, (uint8_t)(key / 128), key % 128, 64), 0, source,
				ORIGIN_LIVE);
}

void live_purge(struct live *l, uint32_t channel) MOS_RT
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_waiting; i++)
		if (channel != UINT32_MAX && (l->waiting[i].ump[0] >> 16 & 15) != channel)
			l->waiting[kept++] = l->waiting[i];
		else
			forget(l, &l->waiting[i]);
	l->n_waiting = kept;
}
