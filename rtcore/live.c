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

/* What lets something go: the end of a note, a pedal up, all notes off. Never lost, or a note would hang. */
static int lets_go(const struct live_item *it) MOS_RT
{
	struct chan_msg m;

	if (chan_decode(it->ump, &m) < 0)
		return 0;
	return m.status == 8 || (m.status == 9 && m.d2 == 0) ||
	       (m.status == 0xb && ((m.d1 >= 64 && m.d1 <= 69 && m.d2 < 64) || m.d1 >= 120));
}

static int is_note(const struct live_item *it) MOS_RT
{
	return status_of(it) == 8 || status_of(it) == 9;
}

/* What live_collect() asks about an item. */
struct moment {
	const struct kronos *kronos;
	const struct block *block;
	int64_t tick;
	int is_rolling;
	int in_loop;
	int64_t wrap; /* offset of the loop's end, -1: not in this block */
};

static int is_beyond(const struct live_item *it, const struct moment *now) MOS_RT
{
	return now->wrap >= 0 && it->tick >= now->kronos->map.loop_end;
}

/* Behind us, but nearer through the loop's end. */
static int is_next_time_round(const struct live_item *it, const struct moment *now) MOS_RT
{
	return it->tick < now->tick && kronos_frames_to_tick(now->kronos, it->tick) >= 0;
}

/*
 * In a loop: what is beyond its end when it wraps is void; and the end of a note that begins the next time
 * round waits for that, even if its own tick comes before.
 */
static void sort_out_loop(struct live *l, const struct moment *now) MOS_RT
{
	uint16_t owner[LIVE_KEYS] = {0}; /* by key: source + 1 of a start that does not come now */
	uint8_t pass[LIVE_KEYS];         /* and what becomes of it */

	for (uint32_t i = 0; i < l->n_waiting; i++) {
		struct live_item *it = &l->waiting[i];
		uint32_t key = key_of(it->ump[0]);

		it->pass = LIVE_NOW;
		if (it->frame != UINT64_MAX)
			continue;
		if (!lets_go(it)) {
			it->pass = is_beyond(it, now) ? LIVE_NEVER : LIVE_NOW;
			if (!is_note(it) || (it->pass == LIVE_NOW && !is_next_time_round(it, now)))
				continue;
			owner[key] = it->source + 1u;
			pass[key] = it->pass == LIVE_NOW ? LIVE_NEXT : LIVE_NEVER;
		} else if (is_note(it) && owner[key] == it->source + 1u) {
			owner[key] = 0;
			if (pass[key] == LIVE_NEVER ? is_beyond(it, now) : it->tick >= now->tick)
				it->pass = pass[key];
		}
	}
}

/* Offset of an item in the block, or -1: not in this one. What is already past sounds at once. */
static int64_t due(const struct live_item *it, const struct moment *now) MOS_RT
{
	int64_t at;

	if (it->frame != UINT64_MAX)
		at = it->frame <= now->block->frame ? 0 : (int64_t)(it->frame - now->block->frame);
	else if (!now->is_rolling || (now->in_loop && it->pass == LIVE_NEXT))
		return -1;
	else
		at = is_beyond(it, now) ? now->wrap : kronos_frames_to_tick(now->kronos, it->tick);
	return at >= now->block->n_frames ? -1 : at < 0 ? 0 : at;
}

/* @return 1: done with it; 0: it waits on. */
static int collect(const struct live_item *it, const struct moment *now, struct block *b) MOS_RT
{
	int64_t at = due(it, now);

	if (now->in_loop && it->frame == UINT64_MAX && it->pass == LIVE_NEVER)
		return 1;
	return at >= 0 && block_add(b, (uint32_t)at, it->ump[0], it->ump[1], it->source, ORIGIN_LIVE) == 0;
}

static struct moment moment_of(const struct kronos *k, const struct block *b) MOS_RT
{
	struct moment now = {.kronos = k,
		.block = b,
		.tick = kronos_tick(k, NULL),
		.is_rolling = k->state == MOS_TRANSPORT_PLAYING && !k->counting,
		.wrap = kronos_frames_to_wrap(k)};

	now.in_loop = now.wrap >= 0;
	if (now.wrap >= b->n_frames)
		now.wrap = -1;
	return now;
}

/*
 * On the score's grid the score's rule holds: at one tick the end of a note comes before the start of the
 * next. Everything else keeps the order in which it came, or a key tapped within a cycle would hang.
 */
static void collect_ends(struct live *l, const struct moment *now, struct block *b) MOS_RT
{
	uint16_t owner[LIVE_KEYS] = {0}; /* by key: source + 1 of a start that waits */
	int64_t from[LIVE_KEYS];         /* and its tick: what ends later, ends that one */
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_waiting; i++) {
		struct live_item *it = &l->waiting[i];
		uint32_t key = key_of(it->ump[0]);
		int is_end = it->frame == UINT64_MAX && status_of(it) == 8 && l->holder[key] &&
			     !(owner[key] == it->source + 1u && from[key] < it->tick);

		if (is_end && collect(it, now, b)) {
			forget(l, it);
			continue;
		}
		if (it->frame == UINT64_MAX && status_of(it) == 9) {
			owner[key] = it->source + 1u;
			from[key] = it->tick;
		}
		l->waiting[kept++] = *it;
	}
	l->n_waiting = kept;
}

void live_collect(struct live *l, const struct kronos *k, struct block *b) MOS_RT
{
	struct moment now;
	uint32_t kept = 0;

	if (l->n_waiting == 0)
		return;
	now = moment_of(k, b);
	if (now.in_loop)
		sort_out_loop(l, &now);
	collect_ends(l, &now, b);
	for (uint32_t i = 0; i < l->n_waiting; i++) {
		struct live_item *it = &l->waiting[i];

		if (collect(it, &now, b))
			forget(l, it);
		else
			l->waiting[kept++] = *it;
	}
	l->n_waiting = kept;
}

/* What live_jump() has met so far, by key: source + 1, 0: nothing. */
struct passed {
	uint16_t ended[LIVE_KEYS];  /* a note that sounds: its end was there */
	uint16_t start[LIVE_KEYS];  /* a start that waits: its end is still to come */
	uint8_t is_void[LIVE_KEYS]; /* that start, and so its end */
};

enum fate { STAYS, VOID, ENDS };

/* In order of arrival, in which an end follows its start: either the start waits, too, or it sounds. */
static enum fate end_of_note(const struct live *l, const struct live_item *it, int passed, struct passed *p)
	MOS_RT
{
	uint32_t key = key_of(it->ump[0]);
	uint16_t owner = it->source + 1u;

	if (p->start[key] == owner) {
		p->start[key] = 0;
		return p->is_void[key] ? VOID : STAYS;
	}
	if (l->holder[key] == owner && p->ended[key] != owner) {
		p->ended[key] = owner;
		return ENDS;
	}
	return passed ? VOID : STAYS;
}

static enum fate fate_of(const struct live *l, const struct live_item *it, int64_t tick, struct passed *p)
	MOS_RT
{
	uint32_t key = key_of(it->ump[0]);
	int passed = it->tick < tick;

	if (it->frame != UINT64_MAX)
		return STAYS;
	if (lets_go(it))
		return is_note(it) ? end_of_note(l, it, passed, p) : passed ? ENDS : STAYS;
	if (is_note(it)) {
		p->start[key] = it->source + 1u;
		p->is_void[key] = (uint8_t)passed;
	}
	return passed ? VOID : STAYS;
}

void live_jump(struct live *l, int64_t tick, uint64_t frame) MOS_RT
{
	struct passed p = {0};
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->n_waiting; i++) {
		struct live_item *it = &l->waiting[i];
		enum fate fate = fate_of(l, it, tick, &p);

		if (fate == VOID) {
			forget(l, it);
			continue;
		}
		if (fate == ENDS)
			it->frame = frame;
		l->waiting[kept++] = *it;
	}
	l->n_waiting = kept;
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
