/* SPDX-License-Identifier: MIT */
/*
 * Notes and controls as the messages that are sent. Of an endless performance that is what lies before the
 * loop's end: what would sound over it ends in the loop already, for the round before it is the same, and
 * what is early for its next round is struck at its end.
 */
#include "perform_private.h"

#include <errno.h>
#include <stdlib.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct writer {
	struct perform_message *message;
	uint32_t n;
	int64_t end; /* nothing from here on */
};

static void put(struct writer *w, const struct perform_message *message)
{
	if (message->tick >= w->end)
		return;
	w->message[w->n] = *message;
	w->message[w->n].index = w->n;
	w->n++;
}

static void put_note(struct writer *w, const struct perform_note *note, int64_t shift)
{
	struct perform_message message = {
		.tick = note->on + shift,
		.id = note->id,
		.len = (uint32_t)(note->off - note->on),
		.rank = BAND_RANK_ON,
		.track = note->track,
		.status = (uint8_t)(0x90 | note->channel),
		.data1 = note->key,
		.data2 = note->velocity,
	};

	put(w, &message);
	message.tick = note->off + shift;
	message.len = 0;
	message.rank = BAND_RANK_OFF;
	message.status = (uint8_t)(0x80 | note->channel);
	message.data2 = 0;
	put(w, &message);
}

static int in_order(const void *left, const void *right)
{
	const struct perform_message *a = left;
	const struct perform_message *b = right;
	int order = ORDER(a->tick, b->tick);

	if (order == 0)
		order = ORDER(a->rank, b->rank);
	if (order == 0)
		order = ORDER(a->track, b->track);
	if (order == 0)
		order = ORDER(a->status & 0xf, b->status & 0xf);
	if (order == 0)
		order = ORDER(a->data1, b->data1);
	return order ? order : ORDER(a->index, b->index);
}

void perform_sort(struct perform_message *message, uint32_t n)
{
	qsort(message, n, sizeof(*message), in_order);
}

int perform_messages(const struct band_performance *p, struct band_report *report,
	struct perform_message **ret, uint32_t *ret_n)
{
	const size_t room = 4 * (size_t)p->n_notes + p->n_controls + 1;
	struct writer w = {.message = calloc(room, sizeof(*w.message)), .end = INT64_MAX};
	int64_t start = 0;

	if (!w.message) {
		perform_failed(-ENOMEM, report);
		return -ENOMEM;
	}
	if (p->endless)
		(void)band_performance_loop(p, &start, &w.end);
	for (uint32_t i = 0; i < p->n_notes; i++) {
		const struct perform_note *note = &p->note[i];

		put_note(&w, note, 0);
		if (p->endless && note->bar >= p->loop_from && note->on < start)
			put_note(&w, note, w.end - start);
	}
	for (uint32_t i = 0; i < p->n_controls; i++) {
		const struct perform_control *control = &p->control[i];

		put(&w, &(struct perform_message){
				.tick = control->tick,
				.rank = control->rank,
				.track = control->track,
				.status = control->status,
				.data1 = control->data1,
				.data2 = control->data2,
			});
	}
	perform_sort(w.message, w.n);
	*ret = w.message;
	*ret_n = w.n;
	return 0;
}
