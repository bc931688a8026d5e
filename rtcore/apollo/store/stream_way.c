/* SPDX-License-Identifier: MIT */
/* Streams: one voice's way through a sample, with its loop unrolled. The reader's thread. */
#include "stream_priv.h"

/* Frame of the sample at `by` frames behind pos. */
static uint32_t further(const struct way *w, uint32_t by)
{
	uint64_t pos = (uint64_t)w->pos + by;

	if (w->loop_end && pos >= w->loop_end)
		pos = w->loop_start + (pos - w->loop_start) % (w->loop_end - w->loop_start);
	return pos > w->source->n_frames ? w->source->n_frames : (uint32_t)pos;
}

void way_begin(struct stream_pool *p, uint32_t i, struct way *w)
{
	struct slot *slot = &p->slot[i];

	w->filled = slot->from;
	atomic_store_explicit(&slot->filled, w->filled, memory_order_relaxed);
	if (!w->source)
		return;
	w->room = ring_room(p->ring_bytes, w->source->format, w->source->n_channels);
	w->loop_start = slot->loop_start;
	w->loop_end = slot->loop_end <= w->source->n_frames ? slot->loop_end : 0;
	w->pos = 0;
	w->pos = further(w, slot->from);
}

uint32_t way_left(struct stream_pool *p, uint32_t i, struct way *w)
{
	struct slot *slot = &p->slot[i];
	uint32_t taken = atomic_load_explicit(&slot->taken, memory_order_acquire), ahead, most;

	if ((int32_t)(taken - w->filled) > 0) { /* the voice is further than we are */
		w->pos = further(w, taken - w->filled);
		w->filled = taken;
		atomic_store_explicit(&slot->filled, taken, memory_order_release);
	}
	ahead = w->filled - taken;
	most = ahead_of(atomic_load_explicit(&slot->inc, memory_order_relaxed), w->room);
	return ahead >= most ? 0 : most - ahead;
}

void way_fill(struct stream_pool *p, uint32_t i, struct way *w, const struct layout *y, uint32_t first,
	uint32_t end, const uint8_t *bytes)
{
	const struct source *src = w->source;
	uint32_t left = way_left(p, i, w), stop = w->loop_end ? w->loop_end : src->n_frames;
	uint32_t size = format_bytes(src->format);
	uint8_t *ring = p->rings + (size_t)i * p->ring_bytes;

	if (end > stop)
		end = stop;
	while (left > 0 && w->pos >= first && w->pos < end) {
		uint32_t at = w->filled & (w->room - 1), n = end - w->pos;

		n = n < left ? n : left;
		n = n < w->room - at ? n : w->room - at;
		pcm_planes(y, src->format, bytes + (size_t)(w->pos - first) * y->frame_bytes, n,
			ring + (size_t)at * size,
			src->n_channels > 1 ? ring + (size_t)(w->room + at) * size : NULL);
		w->filled += n;
		left -= n;
		w->pos = further(w, n);
	}
	atomic_store_explicit(&p->slot[i].filled, w->filled, memory_order_release);
}

/* Of a copy in the cache whole blocks are read, since those have checksums. */
uint64_t way_read(const struct way *w, uint32_t left, struct request *q)
{
	const struct source *src = w->source;
	int is_cached = q->how == HOW_CACHE;
	uint32_t size = is_cached ? frame_bytes(src) : src->layout.frame_bytes;
	uint32_t most = READ_BYTES / size, unit = is_cached ? STORE_BLOCK / size : 1, first = w->pos;
	uint32_t stop = w->loop_end ? w->loop_end : src->n_frames;

	if (w->loop_end && w->pos >= w->loop_start && stop - w->loop_start / unit * unit <= most) {
		first = w->loop_start; /* all of a short loop: it is copied as often as the ring has room */
		left = most;
	}
	q->block = first / unit;
	q->first = first / unit * unit;
	q->end = stop - first < left ? stop : first + left;
	q->end = q->end - q->first < most ? q->end : q->first + most;
	q->end = (q->end + unit - 1) / unit * unit;
	if (q->end > src->n_frames)
		q->end = src->n_frames;
	q->bytes = (q->end - q->first) * size;
	return is_cached ? cache_at(src, q->block) : src->layout.at + (uint64_t)q->first * size;
}
