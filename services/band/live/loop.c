/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "outlet.h"

#define NEVER INT64_MAX

struct band_loop {
	struct outlet out;
	int result; /* 0 while it plays; 1 played to its end; -errno */

	struct song *song;
	struct song_place place;
	int64_t pass;
	uint32_t at; /* the event that is next */

	struct song *waiting; /* takes over at waiting_ns; NULL: none */
	int64_t waiting_ns;
	struct song *old; /* freed by whoever changes next: never while playing */

	int64_t handed_ns; /* up to here, all was handed over */
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct song_place place_of(const struct song *song, int64_t origin_ns)
{
	return (struct song_place){origin_ns, song->loop_start_ns, song->loop_len_ns, song->end_ns};
}

struct band_loop *band_loop_new(const struct band_schedule *schedule, const struct mos_gate_policy *policy,
	struct band_sender *sender, int64_t start_ns)
{
	struct band_loop *loop = calloc(1, sizeof(*loop));
	const int rc = loop ? song_new(schedule, 0, &loop->song) : -ENOMEM;

	if (rc < 0) {
		free(loop);
		errno = -rc;
		return NULL;
	}
	outlet_init(&loop->out, *policy, sender);
	loop->place = place_of(loop->song, start_ns);
	loop->handed_ns = INT64_MIN;
	return loop;
}

/*** Walking ***/

static bool is_heard(const struct song_event *event, int64_t pass_now)
{
	return event->once ? pass_now == event->pass : pass_now >= event->pass;
}

/** Due time of the event that is next, heard or not; NEVER: there is none. */
static int64_t next_due(const struct band_loop *loop)
{
	const struct song *song = loop->song;
	const int64_t pass_ns = loop->pass * song->loop_len_ns;

	if (loop->at < song->n_events)
		return loop->place.origin_ns + pass_ns + song->event[loop->at].due_ns;
	if (song->loop_len_ns == 0 || song->n_before == song->n_events)
		return NEVER;
	return loop->place.origin_ns + pass_ns + song->loop_len_ns + song->event[song->n_before].due_ns;
}

/** Take it. @return NULL: it is not heard in this pass. */
static const struct song_event *take(struct band_loop *loop)
{
	const struct song_event *event;

	if (loop->at == loop->song->n_events) {
		loop->at = loop->song->n_before;
		loop->pass++;
	}
	event = &loop->song->event[loop->at++];
	return is_heard(event, loop->pass) ? event : NULL;
}

static int change_over(struct band_loop *loop, int64_t now_ns)
{
	loop->song->next = loop->old;
	loop->old = loop->song;
	loop->song = loop->waiting;
	loop->waiting = NULL;
	loop->place = place_of(loop->song, loop->waiting_ns - loop->song->at_ns);
	loop->pass = 0;
	loop->at = song_find(loop->song, loop->song->at_ns);
	return outlet_settle(&loop->out, loop->song, loop->waiting_ns, now_ns);
}

/** Everything due up to then, in order. */
static int hand_over_until(struct band_loop *loop, int64_t until_ns, int64_t now_ns)
{
	for (;;) {
		struct held *held = outlet_held(&loop->out);
		const int64_t held_ns = held ? held->due_ns : NEVER;
		const int64_t song_ns = next_due(loop);
		const int64_t waiting_ns = loop->waiting ? loop->waiting_ns : NEVER;
		const int64_t due_ns = least(least(song_ns, held_ns), waiting_ns);
		int rc = 0;

		if (due_ns > until_ns)
			return 0;
		if (due_ns == held_ns) {
			rc = outlet_pass_held(&loop->out, held, now_ns);
		} else if (due_ns == waiting_ns) {
			rc = change_over(loop, now_ns);
		} else {
			const struct song_event *event = take(loop);

			if (event)
				rc = outlet_pass(&loop->out, due_ns, event->ump, now_ns);
		}
		if (rc < 0)
			return rc;
	}
}

int64_t band_loop_run(struct band_loop *loop, int64_t now_ns,
	void (*log)(void *data, const struct band_decision *decision), void *log_data)
{
	int64_t until_ns, next_ns, end_ns;
	const struct held *held;
	int rc;

	if (loop->result != 0)
		return loop->result < 0 ? -EIO : 0;
	until_ns = now_ns + (loop->out.sender->waits ? 0 : BAND_LOOKAHEAD_NS);
	loop->out.log = log;
	loop->out.log_data = log_data;
	rc = hand_over_until(loop, until_ns, now_ns);
	loop->out.log = NULL;
	if (rc >= 0)
		rc = outlet_flush(&loop->out);
	if (rc < 0) {
		loop->result = rc;
		band_loop_end(loop);
		return -EIO;
	}
	if (loop->handed_ns < until_ns)
		loop->handed_ns = until_ns;

	end_ns = loop->place.origin_ns + loop->place.end_ns;
	held = outlet_held(&loop->out);
	next_ns = least(next_due(loop), held ? held->due_ns : NEVER);
	if (loop->waiting)
		next_ns = least(next_ns, loop->waiting_ns);
	if (next_ns == NEVER) {
		if (loop->place.loop_len_ns == 0 && now_ns >= end_ns) {
			loop->result = 1;
			band_loop_end(loop);
			return 0;
		}
		/* an endless song of nothing but silence is looked after now and then */
		next_ns = loop->place.loop_len_ns == 0 ? end_ns : now_ns + loop->place.loop_len_ns;
		return next_ns - now_ns;
	}
	next_ns -= until_ns;
	return next_ns > BAND_TICK_NS || loop->out.sender->waits ? next_ns : BAND_TICK_NS;
}

/*** Changing ***/

/** Lengths of the loop that it has been round, by what was handed over. */
static int64_t rounds_ns(const struct band_loop *loop)
{
	const struct song_place *place = &loop->place;
	const int64_t ns = loop->handed_ns < place->origin_ns ? 0 : loop->handed_ns - place->origin_ns;

	if (place->loop_len_ns == 0 || ns < place->loop_start_ns)
		return 0;
	return (ns - place->loop_start_ns) / place->loop_len_ns * place->loop_len_ns;
}

/** When it comes to a place, counted on from where it is now. @return -errno */
static int reach(const struct band_loop *loop, int64_t at_ns, int64_t *ret_ns)
{
	const struct song *song = loop->waiting ? loop->waiting : loop->song;
	const int64_t len_ns = song->loop_len_ns;
	int64_t ns;

	if (len_ns == 0 && at_ns > song->end_ns)
		return -EINVAL;
	if (loop->waiting) {
		ns = loop->waiting_ns + at_ns - song->at_ns;
	} else {
		ns = loop->place.origin_ns + rounds_ns(loop) + at_ns;
		/* counted on from before a wrap that was handed over meanwhile */
		if (len_ns && at_ns >= song->loop_start_ns + len_ns && ns - len_ns > loop->handed_ns)
			ns -= len_ns;
	}
	if (ns <= loop->handed_ns)
		return -ETIME;
	*ret_ns = ns;
	return 0;
}

int loop_change(struct band_loop *loop, struct song *song, struct song **ret_old)
{
	int64_t at_ns;
	int rc;

	if (loop->result != 0)
		return -ESHUTDOWN;
	rc = reach(loop, song->at_ns, &at_ns);
	if (rc < 0)
		return rc;
	*ret_old = loop->old;
	loop->old = NULL;
	if (loop->waiting) {
		/* it has the other's bars before its own, so it may begin where that one would have */
		if (loop->waiting_ns <= at_ns) {
			at_ns = loop->waiting_ns;
			song->at_ns = loop->waiting->at_ns;
			memcpy(song->carry, loop->waiting->carry, sizeof(song->carry));
		}
		loop->waiting->next = *ret_old;
		*ret_old = loop->waiting;
	}
	loop->waiting = song;
	loop->waiting_ns = at_ns;
	return 0;
}

int band_loop_replace(struct band_loop *loop, const struct band_schedule *schedule, int64_t at_ns)
{
	struct song *song, *old = NULL;
	int rc = song_new(schedule, at_ns, &song);

	if (rc < 0)
		return rc;
	rc = loop_change(loop, song, &old);
	song_free(rc < 0 ? song : old);
	return rc;
}

struct loop_view loop_view(const struct band_loop *loop)
{
	return (struct loop_view){
		.place = loop->waiting ? place_of(loop->waiting, loop->waiting_ns - loop->waiting->at_ns)
				       : loop->place,
		.n_sent = loop->out.gate.n_sent,
		.n_late = loop->out.gate.n_late,
		.n_dropped = loop->out.gate.n_dropped,
	};
}

int64_t band_loop_position(const struct band_loop *loop, int64_t now_ns)
{
	const struct loop_view view = loop_view(loop);

	return song_position(&view.place, now_ns);
}

void band_loop_counts(const struct band_loop *loop, uint64_t *sent, uint64_t *late, uint64_t *dropped)
{
	*sent = loop->out.gate.n_sent;
	*late = loop->out.gate.n_late;
	*dropped = loop->out.gate.n_dropped;
}

void band_loop_end(struct band_loop *loop)
{
	outlet_end(&loop->out);
	if (loop->result == 0)
		loop->result = 1;
}

void band_loop_free(struct band_loop *loop)
{
	if (!loop)
		return;
	band_loop_end(loop);
	song_free(loop->song);
	song_free(loop->waiting);
	song_free(loop->old);
	free(loop);
}
