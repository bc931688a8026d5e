/* SPDX-License-Identifier: MIT */
#include "turns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAY_MAX 512u /* of longer loops the end is met seldom */
#define AHEAD 320u   /* frames that are left wherever in a turn one begins: */
static_assert(AHEAD > KERNEL_S16_SPEED * SAMPLER_CONTROL + 2 * KERNEL_TAPS_MAX); /* a control period, at any speed */
#define WORDS_MAX (2u << 20) /* of all loops: more are not worth their memory */
#define BUCKETS 1024u

struct spec {
	const struct sample *sample;
	uint32_t start, end, next; /* next: of its bucket */
};

struct turns_maker {
	struct spec *spec; /* number 0: none */
	uint32_t n, room;
	size_t n_words;
	int is_full;
	uint16_t bucket[BUCKETS];
};

struct turns_maker *turns_begin(void)
{
	struct turns_maker *m = calloc(1, sizeof(*m));

	if (m)
		m->n = 1;
	return m;
}

static const struct sample_extent *extent_of(const struct spec *x)
{
	for (uint32_t i = 0; i < x->sample->n_extents; i++) {
		const struct sample_extent *e = &x->sample->extent[i];

		if (e->first <= x->start && x->end <= e->end)
			return e;
	}
	return NULL;
}

static uint32_t frames_of(const struct spec *x)
{
	return x->end - x->start + AHEAD;
}

static size_t words_of(const struct spec *x)
{
	return (size_t)(frames_of(x) + KERNEL_OVER) * x->sample->n_channels;
}

uint16_t turns_of(struct turns_maker *m, const struct voice *v)
{
	struct spec x = {v->sample, v->loop_start, v->loop_end, 0};
	uint16_t *bucket;

	if (!v->sample || v->sample->format != SAMPLE_S16 || !v->is_looping || v->loop_limit != VOICE_NEVER ||
		v->zone->is_reverse || x.end <= x.start || x.end - x.start >= WAY_MAX || !extent_of(&x))
		return 0;
	bucket = &m->bucket[((uintptr_t)x.sample / sizeof(*x.sample) + x.start) % BUCKETS];
	for (uint32_t i = *bucket; i; i = m->spec[i].next)
		if (m->spec[i].sample == x.sample && m->spec[i].start == x.start && m->spec[i].end == x.end)
			return (uint16_t)i;
	if (m->n > UINT16_MAX || m->n_words + words_of(&x) > WORDS_MAX)
		return 0;
	if (m->n >= m->room) {
		uint32_t room = m->room ? 2 * m->room : 64;
		struct spec *more = realloc(m->spec, room * sizeof(*more));

		if (!more) {
			m->is_full = 1;
			return 0;
		}
		m->spec = more;
		m->room = room;
	}
	x.next = *bucket;
	m->spec[m->n] = x;
	m->n_words += words_of(&x);
	return *bucket = (uint16_t)m->n++;
}

static void lay_out(const struct spec *x, int16_t *to, struct turns *ret)
{
	const struct sample_extent *e = extent_of(x);
	uint32_t n = frames_of(x) + KERNEL_OVER, way = x->end - x->start;

	ret->n_frames = frames_of(x);
	for (uint32_t c = 0; c < x->sample->n_channels; c++, to += n) {
		memcpy(to, (const int16_t *)e->data[c] + (x->start - e->first), way * sizeof(*to));
		for (uint32_t i = way; i < n; i++)
			to[i] = to[i - way];
		ret->data[c] = to;
	}
	if (x->sample->n_channels == 1)
		ret->data[1] = ret->data[0];
}

int turns_end(struct turns_maker *m, struct sampler *s)
{
	int16_t *at = malloc(m->n_words * sizeof(*at) + 1);
	int r = -ENOMEM;

	s->turns_words = at;
	s->turns = calloc(m->n, sizeof(*s->turns));
	if (at && s->turns && !m->is_full) {
		for (uint32_t i = 1; i < m->n; i++) {
			lay_out(&m->spec[i], at, &s->turns[i]);
			at += words_of(&m->spec[i]);
		}
		r = 0;
	}
	free(m->spec);
	free(m);
	return r;
}

void turns_destroy(struct sampler *s)
{
	free(s->turns);
	free(s->turns_words);
}
