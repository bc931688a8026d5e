/* SPDX-License-Identifier: MIT */
/**
 * The lists that a voice stands in: of its strip, of its key, of age. Everything in constant time. Audio
 * thread.
 */
#ifndef SAMPLER_LISTS_H
#define SAMPLER_LISTS_H

#include "voice.h"

static inline uint32_t voice_index(const struct sampler *s, const struct voice *v) MOS_RT
{
	return (uint32_t)(v - s->voice);
}

static inline void age_remove(struct sampler *s, uint32_t i) MOS_RT
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

static inline void age_append(struct sampler *s, uint32_t i, enum age_list list) MOS_RT
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

static inline void strip_append(struct sampler *s, uint32_t i, uint32_t strip, struct voice_link l) MOS_RT
{
	uint32_t last = s->strip[strip].last;

	l.next = VOICE_NONE;
	l.prev = last;
	s->link[i] = l;
	if (last == VOICE_NONE)
		s->strip[strip].first = i;
	else
		s->link[last].next = i;
	s->strip[strip].last = i;
	s->strip[strip].n++;
	s->strip[strip].ordered = 0;
	s->sounding |= UINT64_C(1) << strip;
}

static inline void strip_remove(struct sampler *s, uint32_t i, uint32_t strip) MOS_RT
{
	struct voice_link l = s->link[i];

	order_remove(s, strip, i);
	if (l.prev == VOICE_NONE)
		s->strip[strip].first = l.next;
	else
		s->link[l.prev].next = l.next;
	if (l.next == VOICE_NONE)
		s->strip[strip].last = l.prev;
	else
		s->link[l.next].prev = l.prev;
	if (--s->strip[strip].n == 0)
		s->sounding &= ~(UINT64_C(1) << strip);
}

static inline void key_add(struct sampler *s, uint32_t i, uint32_t channel, uint32_t key) MOS_RT
{
	uint32_t *first = &s->key[channel][key].first;
	struct voice_place *p = &s->place[i];

	p->channel = (uint8_t)channel;
	p->key = (uint8_t)key;
	p->is_keyed = 1;
	p->key_prev = VOICE_NONE;
	p->key_next = *first;
	if (*first != VOICE_NONE)
		s->place[*first].key_prev = i;
	*first = i;
}

/** It answers to its key no more. */
static inline void key_remove(struct sampler *s, uint32_t i) MOS_RT
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

/** Into the lists of its strip, its key and its age, as held. */
static inline void voice_enlist(struct sampler *s, const struct voice *v) MOS_RT
{
	uint32_t i = voice_index(s, v);

	strip_append(s, i, v->channel,
		(struct voice_link){.n_lanes = v->n_sections ? 1u + v->is_stereo : 0, .bus = v->bus});
	key_add(s, i, v->channel, v->key);
	age_append(s, i, AGE_HELD);
}

static inline void voice_unkey(struct sampler *s, const struct voice *v) MOS_RT
{
	key_remove(s, voice_index(s, v));
}

static inline void voice_set_age(struct sampler *s, const struct voice *v, enum age_list list) MOS_RT
{
	uint32_t i = voice_index(s, v);

	age_remove(s, i);
	age_append(s, i, list);
}

/** As many as may be? */
static inline int voices_are_full(const struct sampler *s) MOS_RT
{
	return s->age[AGE_HELD].n + s->age[AGE_RELEASED].n >= s->polyphony;
}

#endif
