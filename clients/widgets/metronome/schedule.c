/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <string.h>

#define NOTE_TICKS 60
#define SLACK_NS INT64_C(30000000) /* a look may be wrong by so much, a jump is more */

/* Where the transport is to be by now, had nothing happened. */
static int64_t expected(const struct metro_schedule *s, const struct metro_now *now)
{
	return s->last_tick + (s->rolling ? metro_ticks_in(now, now->time_ns - s->last_ns) : 0);
}

/* Ticks that rtcore still waits for somewhere ahead are not sent a second time. */
static int take_sent(struct metro_schedule *s, const struct metro_hit *hit)
{
	for (uint32_t i = 0; i < s->n_sent; i++) {
		if (s->sent[i].tick != hit->tick || s->sent[i].key != hit->key)
			continue;
		s->sent[i] = s->sent[--s->n_sent];
		return 1;
	}
	return 0;
}

static void forget_sent_until(struct metro_schedule *s, int64_t tick)
{
	for (uint32_t i = 0; i < s->n_sent;)
		if (s->sent[i].tick <= tick)
			s->sent[i] = s->sent[--s->n_sent];
		else
			i++;
}

static void keep_sent(struct metro_schedule *s, const struct metro_hit *hit)
{
	if (s->n_sent == METRO_SENT) {
		memmove(&s->sent[0], &s->sent[1], (METRO_SENT - 1) * sizeof(s->sent[0]));
		s->n_sent--;
	}
	s->sent[s->n_sent].tick = hit->tick;
	s->sent[s->n_sent++].key = hit->key;
}

/* The tick that it began at, when that was just now, or the first whole one from now on. */
static int64_t first_tick(struct metro_schedule *s, const struct metro_now *now)
{
	const int64_t tick = now->tick + (now->frac > 0);
	const int just =
		s->has_start && s->start <= tick && tick - s->start <= metro_ticks_in(now, 2 * SLACK_NS);

	s->has_start = 0;
	if (just)
		return s->start;
	return tick > 0 ? tick : 0;
}

/* Follow the position. @return 1: it is not where it was to be. */
static int follow(struct metro_schedule *s, const struct metro_now *now)
{
	const int64_t slack = metro_ticks_in(now, SLACK_NS) + 4, length = now->loop_end - now->loop_start;
	const int64_t want = expected(s, now);
	int64_t off = now->tick - want;
	int jumped = 0;

	if (now->loop_end && s->begun && off < -slack && off + length >= -slack && off + length <= slack) {
		s->next -= length; /* the loop's end is behind us, and what was to sound before it */
		s->n_sent = 0;
		off = 0;
	}
	if (!s->begun || off < -slack || off > slack) {
		jumped = s->begun;
		forget_sent_until(s, want);
		s->begun = 1;
		s->next = first_tick(s, now);
	} else if (s->next < now->tick) {
		s->n_late++; /* we slept too long: what is past is left out */
		s->next = now->tick;
	}
	forget_sent_until(s, now->tick);
	return jumped;
}

/* Standing: what is ahead is told anew when it goes on, but rtcore has its hits and keeps them. */
static int stand(struct metro_schedule *s, const struct metro_now *now)
{
	const int stopped = s->rolling;

	if (s->rolling)
		forget_sent_until(s, expected(s, now));
	s->rolling = s->begun = 0;
	return stopped;
}

/* `ahead`: ticks from the hits' own places to where they are counted from now, across the loop's end. */
static void give(struct metro_schedule *s, const struct metro_now *now, int64_t ahead, int64_t until,
	int by_tick, struct metro_batch *ret)
{
	struct metro_score *score = &s->score;

	for (uint32_t i = 0; i < score->n_hits; i++) {
		const struct metro_hit *h = &score->hit[i];
		const int64_t off = h->tick + NOTE_TICKS < until ? h->tick + NOTE_TICKS : until - 1;

		if (by_tick && take_sent(s, h)) {
			keep_sent(s, h);
			continue;
		}
		if (ret->n_hits == METRO_HITS_MAX) {
			s->n_left_out++;
			continue;
		}
		ret->hit[ret->n_hits++] = (struct metro_due){.hit = *h,
			.time_ns = metro_time_of(now, h->tick + ahead),
			.off_tick = off > h->tick ? off : h->tick + 1,
			.by_tick = by_tick};
		if (by_tick)
			keep_sent(s, h);
	}
	for (uint32_t i = 0; i < score->n_marks && ret->n_marks < METRO_HITS_MAX; i++)
		ret->mark[ret->n_marks++] = (struct metro_due_mark){
			score->mark[i], metro_time_of(now, score->mark[i].tick + ahead)};
	s->n_left_out += score->n_left_out;
}

void metro_schedule(struct metro_schedule *s, const struct metro_config *config, const struct metro_now *now,
	int linked, struct metro_batch *ret)
{
	const struct metro_place place = {now->measure_tick, now->measure, now->num, now->den, linked};
	const int loops = now->loop_end > now->loop_start && now->tick < now->loop_end;
	const int64_t length = now->loop_end - now->loop_start;
	int64_t target = now->tick + metro_ticks_in(now, METRO_AHEAD_NS) + 1;

	ret->n_hits = ret->n_marks = 0;
	ret->jumped = (uint32_t)(now->rolling ? follow(s, now) : stand(s, now));
	s->rolling = (int32_t)now->rolling;
	s->last_tick = now->tick;
	s->last_ns = now->time_ns;
	if (!now->rolling)
		return;
	if (!loops && now->end_tick > 0 && target > now->end_tick)
		target = now->end_tick;
	while (s->next < target) {
		const int64_t rounds =
			loops && s->next >= now->loop_end ? (s->next - now->loop_end) / length + 1 : 0;
		const int64_t ahead = rounds * length, from = s->next - ahead;
		int64_t to = target - ahead;

		if (loops && to > now->loop_end)
			to = now->loop_end;
		s->score.n_hits = s->score.n_marks = s->score.n_left_out = 0;
		metro_hits(config, &place, from, to, &s->score);
		give(s, now, ahead, loops ? now->loop_end : INT64_MAX, linked && rounds == 0, ret);
		s->next = to + ahead;
	}
}

void metro_schedule_start(struct metro_schedule *schedule, int64_t tick)
{
	schedule->start = tick;
	schedule->has_start = 1;
}
