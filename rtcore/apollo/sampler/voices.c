/* SPDX-License-Identifier: MIT */
/* The pool of voices: whose turn it is to begin, and whose to end. */
#include "lists.h"

#define CATCH_UPS 16u
#define LOOK_AT 8u /* released voices that are compared before one is stolen */

void voices_init(struct sampler *s)
{
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++) {
		s->strip[i].first = s->strip[i].last = VOICE_NONE;
		for (uint32_t k = 0; k < 128; k++)
			s->key[i][k].first = VOICE_NONE;
	}
	for (uint32_t i = 0; i < AGE_LISTS; i++)
		s->age[i].first = s->age[i].last = VOICE_NONE;
	for (uint32_t i = 0; i < s->n_pool; i++)
		s->free_list[i] = s->n_pool - 1 - i;
	s->n_free = s->n_pool;
}

void voice_end(struct sampler *s, struct voice *v) MOS_RT
{
	uint32_t i = voice_index(s, v);

	key_remove(s, i);
	age_remove(s, i);
	strip_remove(s, i, v->channel);
	if (v->stream != STREAM_NONE)
		stream_close(s->streams, v->stream);
	v->stream = STREAM_NONE;
	sends_give(&s->sends, v->bus);
	v->bus = BUS_NONE;
	v->state = VOICE_FREE;
	s->free_list[s->n_free++] = i;
}

static float loudness(const struct voice *v) MOS_RT
{
	return v->gain[0] + v->gain[1] + (v->step[0] + v->step[1]) * (float)v->k;
}

/* In the hands of a worker that is late. */
static int is_elsewhere(const struct sampler *s, uint32_t i) MOS_RT
{
	return s->held >> s->place[i].channel & 1;
}

static struct voice *oldest(const struct sampler *s, enum age_list list) MOS_RT
{
	uint32_t i = s->age[list].first;

	while (i != VOICE_NONE && is_elsewhere(s, i))
		i = s->place[i].age_next;
	return i != VOICE_NONE ? &s->voice[i] : NULL;
}

/* Of the voices that were let go first the softest; when all are held, the one held longest. */
static struct voice *victim(const struct sampler *s) MOS_RT
{
	uint32_t i = s->age[AGE_RELEASED].first, n = 0;
	struct voice *look[LOOK_AT];
	struct voice *best = NULL;

	for (uint32_t k = 0; i != VOICE_NONE && k < LOOK_AT; i = s->place[i].age_next, k++)
		if (!is_elsewhere(s, i)) {
			look[n++] = &s->voice[i];
			__builtin_prefetch(look[n - 1]);
		}
	for (uint32_t k = 0; k < n; k++)
		if (!best || loudness(look[k]) < loudness(best))
			best = look[k];
	return best ? best : oldest(s, AGE_HELD);
}

static void steal(struct sampler *s, uint32_t offset) MOS_RT
{
	struct voice *v = victim(s);

	if (!v)
		return;
	s->figures.stolen++;
	if (v->is_fresh && v->wait >= offset) { /* not heard yet */
		voice_end(s, v);
		return;
	}
	voice_unkey(s, v);
	v->state = VOICE_DYING;
	v->fade_at = offset;
	s->strip[v->channel].is_timed = 1;
	voice_set_age(s, v, AGE_DYING);
}

/*
 * A few times a block: who sends more notes than there are voices, each at a frame of its own, gets a choice that is
 * less exact.
 */
void voices_catch_up(struct sampler *s, uint32_t offset) MOS_RT
{
	if (s->caught_up == offset || s->n_caught_up == CATCH_UPS)
		return;
	s->caught_up = offset;
	s->n_caught_up++;
	sampler_advance_all(s, offset);
}

struct voice *voice_take(struct sampler *s, uint32_t offset) MOS_RT
{
	if (voices_are_full(s))
		voices_catch_up(s, offset);
	if (voices_are_full(s))
		steal(s, offset);
	if (s->n_free == 0)
		voices_catch_up(s, offset);
	if (s->n_free == 0) { /* hundreds within milliseconds: the one that has faded longest goes at once */
		struct voice *v = oldest(s, AGE_DYING);

		if (!v)
			return NULL;
		voice_end(s, v);
	}
	return &s->voice[s->free_list[--s->n_free]];
}
