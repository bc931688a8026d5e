/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <errno.h>
#include <stdlib.h>

#define LIVE_GROUP 3u /* where clients play */

struct player {
	struct journal_reader *reader;
	struct order order;
	int with_score, at_end;
	uint64_t start_ns, first_ns; /* first_ns 0: nothing has sounded yet */
	uint64_t last_ns;            /* of the last event, in the recording's time */
	uint64_t n_emitted;
	struct mos_event next;
	int has_next;
	int has_after_jump;    /* the score has jumped: its notes end before anything else */
	uint64_t on[2][16][2]; /* what sounds: [from the score][channel][key / 64] */
	struct ordered heap[ORDER_MAX];
};

int player_create(const char *dir, const char *name, int with_score, uint64_t start_ns, struct player **ret)
{
	struct player *p = calloc(1, sizeof(*p));
	int r = p ? journal_open(dir, name, &p->reader) : -ENOMEM;

	if (r < 0) {
		free(p);
		return r;
	}
	order_init(&p->order, p->heap);
	p->with_score = with_score;
	p->start_ns = start_ns;
	*ret = p;
	return 0;
}

void player_destroy(struct player *p)
{
	if (!p)
		return;
	journal_reader_close(p->reader);
	free(p);
}

static int sounds(const struct mos_event *ev)
{
	uint32_t type = ev->u.ump.word[0] >> 28, status = ev->u.ump.word[0] >> 20 & 15;

	if (ev->type == MOS_EVENT_MIDI_NOTEON || ev->type == MOS_EVENT_MIDI_NOTEOFF)
		return 1;
	return ev->type == MOS_EVENT_MIDI_UMP && (type == 2 || type == 4) && status >= 8 && status < 15;
}

static int is_jump(const struct mos_event *ev)
{
	return ev->type == MOS_EVENT_TRANSPORT_SEEK || ev->type == MOS_EVENT_TRANSPORT_STOP ||
	       ev->type == MOS_EVENT_TRANSPORT_PAUSE;
}

static void book(struct player *p, const struct mos_event *ev)
{
	uint64_t bit = UINT64_C(1) << ev->u.note.key % 64;
	uint64_t *word =
		&p->on[ev->source == MOS_SOURCE_SCORE][ev->u.note.channel % 16][ev->u.note.key / 64 % 2];

	if (ev->type == MOS_EVENT_MIDI_NOTEON)
		*word |= bit;
	else if (ev->type == MOS_EVENT_MIDI_NOTEOFF)
		*word &= ~bit;
}

/** The end of something that sounds. @return 1, 0: nothing does. */
static int end_one(struct player *p, int from_score, struct mos_event *ret)
{
	for (uint32_t ch = 0; ch < 16; ch++)
		for (uint32_t half = 0; half < 2; half++) {
			uint64_t *word = &p->on[from_score][ch][half];
			uint32_t key = half * 64 + (uint32_t)(*word ? __builtin_ctzll(*word) : 0);

			if (!*word)
				continue;
			*word &= *word - 1;
			*ret = (struct mos_event){.type = MOS_EVENT_MIDI_NOTEOFF,
				.time_ns = p->last_ns,
				.source = from_score ? MOS_SOURCE_SCORE : MOS_SOURCE_MIDI_IN,
				.u.note = {.channel = (uint8_t)ch, .key = (uint8_t)key, .part = 0xffff}};
			return 1;
		}
	return 0;
}

/** The next event of the recording in order of time. @return 1, 0 the end, -errno. */
static int read_one(struct player *p, struct ordered *ret)
{
	while (!order_take(&p->order, p->at_end, ret)) {
		struct mos_event ev;
		int got;

		if (p->at_end)
			return 0;
		got = journal_next(p->reader, &ev);
		if (got < 0)
			return got;
		if (got == 1)
			order_put(&p->order, &ev);
		p->at_end = got == 0;
	}
	return 1;
}

/** Find the next one that sounds. @return 1, -1 the end, -errno. */
static int find(struct player *p)
{
	struct ordered event;
	int r;

	for (;;) {
		if (p->has_after_jump && end_one(p, 1, &p->next))
			return 1;
		p->has_after_jump = 0;
		r = read_one(p, &event);
		if (r < 0)
			return r;
		if (r == 0)
			return end_one(p, 1, &p->next) || end_one(p, 0, &p->next) ? 1 : -1;
		if (event.is_void)
			continue;
		if (is_jump(&event.ev)) {
			p->last_ns = event.ev.time_ns;
			p->has_after_jump = 1;
		} else if (sounds(&event.ev) && (p->with_score || event.ev.source != MOS_SOURCE_SCORE)) {
			p->next = event.ev;
			book(p, &event.ev);
			return 1;
		}
	}
}

int player_next(struct player *p, uint64_t now_ns, struct mos_event *ret)
{
	struct mos_event *ev = &p->next;
	uint64_t at_ns;
	int r;

	if (!p->has_next) {
		r = find(p);
		if (r != 1)
			return r;
		p->has_next = 1;
		p->last_ns = ev->time_ns;
		if (!p->first_ns)
			p->first_ns = ev->time_ns;
	}
	at_ns = p->start_ns + (ev->time_ns - p->first_ns);
	if (at_ns > now_ns + (uint64_t)PLAYER_AHEAD_NS)
		return 0;
	*ret = *ev;
	ret->seq = 0;
	ret->hops = 0;
	ret->source = 0;
	ret->tick = INT64_MIN;
	ret->flags = MOS_EVENT_IMMEDIATE;
	ret->time_ns = at_ns;
	if (ret->type == MOS_EVENT_MIDI_UMP)
		ret->u.ump.word[0] = (ret->u.ump.word[0] & 0xf0ffffff) | LIVE_GROUP << 24;
	else
		ret->u.note.group = LIVE_GROUP;
	return 1;
}

void player_done(struct player *p)
{
	p->has_next = 0;
	p->n_emitted++;
}

int player_release(struct player *p, struct mos_event *ret)
{
	if (!end_one(p, 1, ret) && !end_one(p, 0, ret))
		return 0;
	ret->tick = INT64_MIN;
	ret->flags = MOS_EVENT_IMMEDIATE;
	ret->source = 0;
	ret->time_ns = 0;
	ret->u.note.group = LIVE_GROUP;
	return 1;
}

uint64_t player_emitted(const struct player *p)
{
	return p->n_emitted;
}
