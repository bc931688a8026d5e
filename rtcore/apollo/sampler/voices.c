/* SPDX-License-Identifier: MIT */
/* The pool of voices and the lists they stand in: of the strip, of the key, of age. Everything in constant time. */
#include "voice.h"

#define CATCH_UPS 16u
#define LOOK_AT 8u /* released voices that are compared before one is stolen */

static void age_remove(struct sampler *s, uint32_t i) MOS_RT
{
	const struct voice_place *p = &s->place[i];
	struct age *a = &s->age[p->age_list];

	if (p->age_prev == VOICE_NONE)
		a->first = p->age_next;
	else
		s->place[p->age_prev].age_next = p->age_next;
	if (p->age_next == VOICE_NONE)
		a->last = p->age_prev;
	else
		s->place[p->age_next].age_prev = p->age_prev;
	a->n--;
}

static void age_append(struct sampler *s, uint32_t i, enum age_list list) MOS_RT
{
	struct voice_place *p = &s->place[i];
	struct age *a = &s->age[list];

	p->age_list = (uint8_t)list;
	p->age_prev = a->last;
	p->age_next = VOICE_NONE;
	if (a->last == VOICE_NONE)
		a->first = i;
	else
		s->place[a->last].age_next = i;
	a->last = i;
	a->n++;
}

static uint32_t index_of(const struct sampler *s, const struct voice *v) MOS_RT
{
	return (uint32_t)(v - s->voice);
}

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

void voice_set_age(struct sampler *s, struct voice *v, enum age_list list) MOS_RT
{
	uint32_t i = index_of(s, v);

	age_remove(s, i);
	age_append(s, i, list);
}

void voice_enlist(struct sampler *s, struct voice *v) MOS_RT
{
	uint32_t i = index_of(s, v), *first = &s->key[v->channel][v->key].first;
	struct voice_place *p = &s->place[i];

	s->link[i] = (struct voice_link){.next = VOICE_NONE,
		.prev = s->strip[v->channel].last,
		.n_lanes = v->n_sections ? 1u + v->is_stereo : 0};
	if (s->link[i].prev == VOICE_NONE)
		s->strip[v->channel].first = i;
	else
		s->link[s->link[i].prev].next = i;
	s->strip[v->channel].last = i;
	s->strip[v->channel].n++;
	s->sounding |= UINT64_C(1) << v->channel;
	p->channel = v->channel;
	p->key = v->key;
	p->key_prev = VOICE_NONE;
	p->key_next = *first;
	if (*first != VOICE_NONE)
		s->place[*first].key_prev = i;
	*first = i;
	p->is_keyed = 1;
	age_append(s, i, AGE_HELD);
}

static void unkey(struct sampler *s, uint32_t i) MOS_RT
{
	struct voice_place *p = &s->place[i];

	if (!p->is_keyed)
		return;
	p->is_keyed = 0;
	if (p->key_prev == VOICE_NONE)
		s->key[p->channel][p->key].first = p->key_next;
	else
		s->place[p->key_prev].key_next = p->key_next;
	if (p->key_next != VOICE_NONE)
		s->place[p->key_next].key_prev = p->key_prev;
}

void voice_unkey(struct sampler *s, struct voice *v) MOS_RT
{
	unkey(s, index_of(s, v));
}

void voice_end(struct sampler *s, struct voice *v) MOS_RT
{
	uint32_t i = index_of(s, v), ch = v->channel;
	struct voice_link l = s->link[i];

	unkey(s, i);
	age_remove(s, i);
	if (l.prev == VOICE_NONE)
		s->strip[ch].first = l.next;
	else
		s->link[l.prev].next = l.next;
	if (l.next == VOICE_NONE)
		s->strip[ch].last = l.prev;
	else
		s->link[l.next].prev = l.prev;
	if (--s->strip[ch].n == 0)
		s->sounding &= ~(UINT64_C(1) << ch);
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

static int is_full(const struct sampler *s) MOS_RT
{
	return s->age[AGE_HELD].n + s->age[AGE_RELEASED].n >= s->polyphony;
}

struct voice *voice_take(struct sampler *s, uint32_t offset) MOS_RT
{
	if (is_full(s))
		voices_catch_up(s, offset);
	if (is_full(s))
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
