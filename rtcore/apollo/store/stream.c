/* SPDX-License-Identifier: MIT */
/* Streams: the audio thread's half. */
#include "stream_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RING_LEAST 8192u
#define FRAMES_MANY 8192u /* of the widest sample: 170 ms at the speed of the sample and 48 kHz */
#define FRAMES_FEW 32768u /* when there are few streams */
#define FEW 64u
#define RINGS_OVER 4096u /* bytes behind the last ring, which whoever reads in place may look at */

/* Bytes of a ring: a bank of 16-bit mono samples needs a quarter of what 24-bit stereo does. Lock held. */
static uint32_t choose_ring(const struct store *s, uint32_t n)
{
	uint32_t widest = n <= FEW || s->n_sources == 0 ? 8 : 2, bytes = RING_LEAST;
	uint64_t most = s->o.memory_bytes / STORE_RINGS / n;

	for (uint32_t i = 0; i < s->n_sources && widest < 8; i++)
		if (s->source[i] && frame_bytes(s->source[i]) > widest)
			widest = frame_bytes(s->source[i]);
	while (bytes < widest * (n <= FEW ? FRAMES_FEW : FRAMES_MANY) && bytes * 2ull <= most)
		bytes *= 2;
	return bytes;
}

/* The count tells a stack whose first one has gone and come back from one that nobody touched. */
static void push_free(struct stream_pool *p, uint32_t i) MOS_RT
{
	uint64_t first = atomic_load_explicit(&p->free, memory_order_relaxed);

	do
		atomic_store_explicit(&p->next[i], (uint32_t)first, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&p->free, &first, ((first >> 32) + 1) << 32 | i,
		memory_order_release, memory_order_relaxed));
}

/* @return STREAM_NONE: there is none */
static uint32_t pop_free(struct stream_pool *p) MOS_RT
{
	uint64_t first = atomic_load_explicit(&p->free, memory_order_acquire);
	uint32_t i, below;

	do {
		i = (uint32_t)first;
		if (i == STREAM_NONE)
			return STREAM_NONE;
		below = atomic_load_explicit(&p->next[i], memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(&p->free, &first, ((first >> 32) + 1) << 32 | below,
		memory_order_acquire, memory_order_acquire));
	return i;
}

struct stream_pool *stream_pool_create(struct store *s, uint32_t n)
{
	struct stream_pool *p = calloc(1, sizeof(*p));
	size_t size;

	if (!p)
		return NULL;
	n = n ? n : 1;
	p->store = s;
	p->n = n;
	pthread_mutex_lock(&s->lock);
	p->ring_bytes = choose_ring(s, n);
	size = (size_t)n * p->ring_bytes;
	s->resident_bytes += size;
	s->ring_bytes += size;
	pthread_mutex_unlock(&s->lock);
	p->closing_mask = 1;
	while (p->closing_mask < n)
		p->closing_mask *= 2;
	p->slot = aligned_alloc(64, n * sizeof(*p->slot));
	p->voice = calloc(n, sizeof(*p->voice));
	p->next = calloc(n, sizeof(*p->next));
	p->closing = calloc(p->closing_mask, sizeof(*p->closing));
	p->closing_mask--;
	p->rings = mmap(NULL, size + RINGS_OVER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->rings == MAP_FAILED)
		p->rings = NULL;
	if (p->slot && p->voice && p->next && p->closing && p->rings) {
		memset((void *)p->slot, 0, n * sizeof(*p->slot));
		atomic_store(&p->free, STREAM_NONE);
		for (uint32_t i = n; i-- > 0;)
			push_free(p, i);
		p->streamer = streamer_create(p);
	}
	if (p->streamer)
		return p;
	stream_pool_destroy(p);
	return NULL;
}

void stream_pool_destroy(struct stream_pool *p)
{
	size_t size;

	if (!p)
		return;
	size = (size_t)p->n * p->ring_bytes;
	if (p->streamer)
		streamer_destroy(p->streamer);
	if (p->rings)
		(void)munmap(p->rings, size + RINGS_OVER);
	pthread_mutex_lock(&p->store->lock);
	p->store->resident_bytes -= size;
	p->store->ring_bytes -= size;
	pthread_mutex_unlock(&p->store->lock);
	free(p->slot);
	free(p->voice);
	free((void *)p->next);
	free((void *)p->closing);
	free(p);
}

/* An offline render asks this between blocks; what is far enough ahead, and more than a block of 256 frames
 * needs, does not wait for the reader. What is closed is free again: who finds one free is not left to chance. */
void stream_pool_settle(struct stream_pool *p)
{
	uint32_t n_closing = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct slot *t = &p->slot[i];
		const struct voice_side *v = &p->voice[i];
		uint32_t want = atomic_load_explicit(&t->want, memory_order_relaxed), ahead;

		if (!(want & 1)) {
			n_closing += atomic_load_explicit(&t->have, memory_order_relaxed) != want;
			continue;
		}
		ahead = atomic_load_explicit(&t->have, memory_order_acquire) == want
				? atomic_load(&t->filled) - atomic_load(&t->taken)
				: 0;
		if (ahead < ahead_of(atomic_load(&t->inc), v->room) / 2 ||
			ahead < STREAM_KEEP + 64 + (2 * atomic_load(&t->inc) >> 24)) {
			streamer_settle(p->streamer);
			return;
		}
	}
	if (n_closing)
		streamer_settle(p->streamer);
}

static void count(_Atomic uint64_t *c) MOS_RT
{
	atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

/* Closed streams are free again once the reader has let go of them; it does so in the order of its table,
 * nearly in ours. One thread does this at a time, and the others go without. */
static void reclaim(struct stream_pool *p) MOS_RT
{
	uint32_t i;

	if (atomic_exchange_explicit(&p->is_reclaiming, 1, memory_order_acquire))
		return;
	/* acquire pairs with stream_close() */
	while ((i = atomic_load_explicit(&p->closing[p->closing_head & p->closing_mask], memory_order_acquire)) > 0) {
		const struct slot *t = &p->slot[--i];

		if (atomic_load_explicit(&t->have, memory_order_acquire) !=
			atomic_load_explicit(&t->want, memory_order_relaxed))
			break;
		atomic_store_explicit(&p->closing[p->closing_head++ & p->closing_mask], 0, memory_order_relaxed);
		push_free(p, i);
	}
	atomic_store_explicit(&p->is_reclaiming, 0, memory_order_release);
}

uint32_t stream_open(struct stream_pool *p, const struct sample *s, uint32_t from, uint32_t loop_start,
	uint32_t loop_end, uint64_t inc) MOS_RT
{
	struct voice_side *v;
	struct slot *t;
	uint32_t i;

	reclaim(p);
	i = s->source == BANK_NONE ? STREAM_NONE : pop_free(p);
	if (i == STREAM_NONE) {
		count(&p->refused);
		return STREAM_NONE;
	}
	t = &p->slot[i];
	v = &p->voice[i];
	if (loop_end > s->n_frames || loop_start >= loop_end)
		loop_start = loop_end = 0;
	v->ring = p->rings + (size_t)i * p->ring_bytes;
	v->n_frames = s->n_frames;
	v->format = s->format;
	v->n_channels = s->n_channels;
	v->is_loop = loop_end > 0;
	v->room = ring_room(p->ring_bytes, s->format, s->n_channels);
	t->source = s->source;
	t->from = from;
	t->loop_start = loop_start;
	t->loop_end = loop_end;
	atomic_store_explicit(&t->taken, from, memory_order_relaxed);
	atomic_store_explicit(&t->inc, inc, memory_order_relaxed);
	atomic_store_explicit(
		&t->want, atomic_load_explicit(&t->want, memory_order_relaxed) + 1, memory_order_release);
	atomic_fetch_add_explicit(&p->open, 1, memory_order_relaxed);
	count(&p->opened);
	return i;
}

void stream_speed(struct stream_pool *p, uint32_t stream, uint64_t inc) MOS_RT
{
	atomic_store_explicit(&p->slot[stream].inc, inc, memory_order_relaxed);
}

void stream_close(struct stream_pool *p, uint32_t stream) MOS_RT
{
	struct slot *t = &p->slot[stream];
	uint32_t at = atomic_fetch_add_explicit(&p->closing_tail, 1, memory_order_relaxed);

	atomic_store_explicit(
		&t->want, atomic_load_explicit(&t->want, memory_order_relaxed) + 1, memory_order_release);
	atomic_store_explicit(&p->closing[at & p->closing_mask], stream + 1, memory_order_release);
	atomic_fetch_sub_explicit(&p->open, 1, memory_order_relaxed);
}

/* Frames v .. v + n of one channel, which lie in the ring without a wrap. */
static void copy(const struct voice_side *s, uint32_t channel, uint32_t v, float *to, uint32_t n) MOS_RT
{
	size_t at = (size_t)channel * s->room + (v & (s->room - 1));

	if (s->format == SAMPLE_S16) {
		const int16_t *from = (const int16_t *)s->ring + at;

		for (uint32_t i = 0; i < n; i++)
			to[i] = (float)from[i] * (1.0f / 32768.0f);
	} else {
		memcpy(to, (const float *)s->ring + at, n * sizeof(*to));
	}
}

static uint32_t there(const struct slot *t, uint32_t v, uint32_t n) MOS_RT
{
	uint32_t ahead;

	if (atomic_load_explicit(&t->have, memory_order_acquire) !=
			atomic_load_explicit(&t->want, memory_order_relaxed) ||
		(int32_t)(v - atomic_load_explicit(&t->taken, memory_order_relaxed)) < 0)
		return 0;
	ahead = atomic_load_explicit(&t->filled, memory_order_acquire) - v;
	return (int32_t)ahead < 0 ? 0 : ahead < n ? ahead : n;
}

void stream_pass(struct stream_pool *p, uint32_t stream, uint32_t v) MOS_RT
{
	struct slot *t = &p->slot[stream];

	if ((int32_t)(v - STREAM_KEEP - atomic_load_explicit(&t->taken, memory_order_relaxed)) > 0)
		atomic_store_explicit(&t->taken, v - STREAM_KEEP, memory_order_release);
}

uint32_t stream_ready(struct stream_pool *p, uint32_t stream, uint32_t v) MOS_RT
{
	const struct voice_side *s = &p->voice[stream];
	const struct slot *t = &p->slot[stream];
	uint32_t before = atomic_load_explicit(&t->taken, memory_order_relaxed) - v, n;

	before = (int32_t)before > 0 ? before : 0;
	n = there(t, v + before, STREAM_ENOUGH);
	if (!s->is_loop && v + before + n >= s->n_frames)
		return STREAM_ENOUGH;
	return n > 0 ? before + n : 0;
}

uint32_t stream_read(struct stream_pool *p, uint32_t stream, uint32_t v, float *l, float *r, uint32_t n)
	MOS_RT
{
	const struct slot *t = &p->slot[stream];
	const struct voice_side *s = &p->voice[stream];
	uint32_t got = there(t, v, n), edge = s->room - (v & (s->room - 1));
	uint32_t first = got < edge ? got : edge;

	stream_pass(p, stream, v);
	for (uint32_t c = 0; c < (r ? 2u : 1u); c++) {
		float *to = c == 0 ? l : r;
		uint32_t from = c < s->n_channels ? c : 0;

		copy(s, from, v, to, first);
		copy(s, from, v + first, to + first, got - first);
	}
	if (got < n && !s->is_loop && v + got >= s->n_frames) {
		memset(l + got, 0, (n - got) * sizeof(*l));
		if (r)
			memset(r + got, 0, (n - got) * sizeof(*r));
		got = n;
	}
	if (got < n)
		count(&p->late);
	return got;
}

uint32_t stream_span(struct stream_pool *p, uint32_t stream, uint32_t v, const int16_t *ret[2]) MOS_RT
{
	const struct voice_side *s = &p->voice[stream];
	uint32_t at = v & (s->room - 1);

	if (s->format != SAMPLE_S16)
		return 0;
	for (uint32_t c = 0; c < 2; c++)
		ret[c] = (const int16_t *)s->ring + (c < s->n_channels ? c : 0) * (size_t)s->room + at;
	return there(&p->slot[stream], v, s->room - at);
}

void stream_pool_figures(const struct stream_pool *p, struct stream_figures *ret) MOS_RT
{
	ret->late = atomic_load_explicit(&p->late, memory_order_relaxed);
	ret->bytes = atomic_load_explicit(&p->bytes, memory_order_relaxed);
	ret->opened = atomic_load_explicit(&p->opened, memory_order_relaxed);
	ret->refused = atomic_load_explicit(&p->refused, memory_order_relaxed);
	ret->open = atomic_load_explicit(&p->open, memory_order_relaxed);
}
