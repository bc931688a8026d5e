/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "song.h"

#define MAX_EVENTS (4 * BAND_EVENTS_MAX)
#define MAX_NS (INT64_C(1) << 60) /* 36 years */

/* Of each key: notes that are open while a schedule is walked through; ends less beginnings in the loop. */
struct balance {
	uint32_t open[MOS_GATE_CHANNELS][SONG_KEYS];
	int32_t extra[MOS_GATE_CHANNELS][SONG_KEYS];
};

bool song_note(const uint32_t ump[2], struct song_note *ret)
{
	const uint32_t type = ump[0] >> 28, status = ump[0] >> 20 & 15;

	if ((type != 2 && type != 4) || (status != 8 && status != 9))
		return false;
	*ret = (struct song_note){
		.channel = (ump[0] >> 24 & 15) << 4 | (ump[0] >> 16 & 15),
		.key = ump[0] >> 8 & 127,
		.is_on = status == 9 && (type == 4 || (ump[0] & 127) != 0),
	};
	return ret->channel < MOS_GATE_CHANNELS;
}

static bool is_playable(const struct band_schedule *s, int64_t at_ns)
{
	if (s->n_due > MAX_EVENTS || s->end_ns < 0 || s->end_ns > MAX_NS || at_ns < 0)
		return false;
	if (s->loop_start_ns != 0 || s->loop_end_ns != 0) {
		if (s->loop_start_ns < 0 || s->loop_end_ns > MAX_NS ||
			s->loop_end_ns - s->loop_start_ns < SONG_MIN_LOOP_NS || at_ns >= s->loop_end_ns)
			return false;
	}
	for (uint32_t i = 0; i < s->n_due; i++) {
		const uint32_t type = s->due[i].ump[0] >> 28;

		if (s->due[i].due_ns < 0 || s->due[i].due_ns > MAX_NS || s->due[i].rank > BAND_RANK_ON ||
			(type != 1 && type != 2 && type != 4))
			return false;
	}
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct song_event *x = a, *y = b;

	if (x->due_ns != y->due_ns)
		return x->due_ns < y->due_ns ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/*
 * In a loop the same event comes again and again, but not every one belongs to every pass. The end of a note
 * that rings over the loop's end is folded back into it and first heard in the pass behind its own. Where a
 * key has more ends than beginnings in the loop, the first ones are of notes that began before it and are
 * heard once. What else lies behind the loop is never reached.
 */
static void fold(struct song *song, struct balance *b)
{
	const int64_t end = song->loop_start_ns + song->loop_len_ns;
	uint32_t n = 0;

	for (uint32_t i = 0; i < song->n_events; i++) {
		struct song_event e = song->event[i];
		struct song_note note;

		if (song_note(e.ump, &note)) {
			uint32_t *open = &b->open[note.channel][note.key];
			const bool is_end = !note.is_on && (e.due_ns < end || *open);

			if (note.is_on && e.due_ns < end)
				(*open)++;
			*open -= is_end && *open;
			if (e.due_ns >= song->loop_start_ns)
				b->extra[note.channel][note.key] += is_end - (note.is_on && e.due_ns < end);
			if (is_end && e.due_ns >= end) {
				e.pass = (e.due_ns - song->loop_start_ns) / song->loop_len_ns;
				e.due_ns -= e.pass * song->loop_len_ns;
			}
		}
		if (e.due_ns < end)
			song->event[n++] = e;
	}
	/* in order of time, so the tails still come last */
	for (uint32_t i = 0; i < n; i++) {
		struct song_event *e = &song->event[i];
		struct song_note note;

		if (song_note(e->ump, &note) && !note.is_on && e->due_ns >= song->loop_start_ns &&
			b->extra[note.channel][note.key] > 0) {
			b->extra[note.channel][note.key]--;
			e->once = true;
		}
	}
	song->n_events = n;
	qsort(song->event, n, sizeof(song->event[0]), by_time);
	song->n_before = song_find(song, song->loop_start_ns);
}

static void find_carry(struct song *song, struct balance *b)
{
	for (uint32_t i = 0; i < song->n_events; i++) {
		const struct song_event *e = &song->event[i];
		struct song_note note;
		uint32_t *n;

		if (!song_note(e->ump, &note))
			continue;
		n = &b->open[note.channel][note.key];
		if (e->due_ns < song->at_ns) {
			*n += note.is_on;
			*n -= !note.is_on && *n;
		} else if (!note.is_on && *n) {
			uint8_t *carry = &song->carry[note.channel][note.key];

			(*n)--;
			if (*carry < UINT8_MAX)
				(*carry)++;
		}
	}
}

int song_new(const struct band_schedule *schedule, int64_t at_ns, struct song **ret)
{
	const uint32_t n = schedule->n_due;
	struct song *song;
	struct balance *balance;

	if (!is_playable(schedule, at_ns))
		return -EINVAL;
	song = calloc(1, sizeof(*song));
	balance = calloc(1, sizeof(*balance));
	if (song)
		song->event = calloc(n ? n : 1, sizeof(*song->event));
	if (!song || !balance || !song->event) {
		song_free(song);
		free(balance);
		return -ENOMEM;
	}
	song->n_events = song->n_before = n;
	song->at_ns = at_ns;
	song->end_ns = schedule->end_ns;
	for (uint32_t i = 0; i < n; i++) {
		const struct band_due *due = &schedule->due[i];

		song->event[i] = (struct song_event){.due_ns = due->due_ns,
			.ump = {due->ump[0], due->ump[1]},
			.order = i,
			.rank = due->rank};
	}
	qsort(song->event, n, sizeof(song->event[0]), by_time);
	find_carry(song, balance);
	if (n && song->event[n - 1].due_ns > song->end_ns)
		song->end_ns = song->event[n - 1].due_ns;
	if (schedule->loop_end_ns > schedule->loop_start_ns) {
		*balance = (struct balance){0};
		song->loop_start_ns = schedule->loop_start_ns;
		song->loop_len_ns = schedule->loop_end_ns - schedule->loop_start_ns;
		fold(song, balance);
	}
	free(balance);
	*ret = song;
	return 0;
}

void song_free(struct song *song)
{
	while (song) {
		struct song *next = song->next;

		free(song->event);
		free(song);
		song = next;
	}
}

uint32_t song_find(const struct song *song, int64_t due_ns)
{
	uint32_t low = 0, high = song->n_events;

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (song->event[mid].due_ns < due_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int64_t song_position(const struct song_place *place, int64_t now_ns)
{
	const int64_t position = now_ns - place->origin_ns;

	if (position <= 0)
		return 0;
	if (place->loop_len_ns == 0)
		return position < place->end_ns ? position : place->end_ns;
	if (position < place->loop_start_ns)
		return position;
	return place->loop_start_ns + (position - place->loop_start_ns) % place->loop_len_ns;
}
