/* SPDX-License-Identifier: MIT */
/* What is kept in memory of each sample: its attack, a loop that is short, all of it when it is short. */
#include "set.h"

#include <errno.h>

#define HEAD_MANY 2880u /* frames of attack in a bank of many samples: 60 ms at 48 kHz */
#define HEAD_FEW 8192u  /* in a bank of few */
#define FEW 256u
#define HEAD_LEAST 256u
#define LOOP_LONGEST 16384u
#define JOIN 2048u /* frames between two stretches that are not worth a gap, or a stream */
#define AROUND 64u /* frames around a loop that interpolation may want */
#define TAIL 4096u /* frames behind a loop, for voices that leave it */

static uint32_t head_of(const struct store_set *set)
{
	uint32_t head = set->store->o.head_frames;

	if (head)
		return head;
	head = set->n <= FEW ? HEAD_FEW : (uint32_t)((uint64_t)HEAD_FEW * FEW / set->n);
	return head < HEAD_MANY ? HEAD_MANY : head;
}

static uint32_t add_up_to(uint32_t a, uint32_t b, uint32_t most)
{
	return b >= most || a > most - b ? most : a + b;
}

/* The span of the loops, when it is short; 0: none that is worth it. */
static int loop_span(const struct want *w, uint32_t longest, uint32_t *ret_first, uint32_t *ret_end)
{
	uint32_t first = 0, end = 0;

	for (uint32_t i = 0; i < w->n_loops; i++) {
		uint32_t a = end == 0 || w->loop[i].start < first ? w->loop[i].start : first;
		uint32_t b = w->loop[i].end > end ? w->loop[i].end : end;

		if (b - a > longest)
			continue; /* those that were taken stay */
		first = a;
		end = b;
	}
	*ret_first = first;
	*ret_end = end;
	return end > first;
}

void plan_make(const struct store_set *set, const struct entry *e, uint32_t k, struct plan *ret)
{
	const struct want *w = &e->want;
	uint32_t n = e->source->n_frames, head, longest, join, first, a, b;

	*ret = (struct plan){.n_extents = 1, .extent[0] = {0, n}};
	if (set->store->o.is_resident || w->is_whole || e->how == HOW_DECODE)
		return;
	head = (uint32_t)((uint64_t)head_of(set) * k / PLAN_SCALE);
	longest = (uint32_t)((uint64_t)LOOP_LONGEST * k / PLAN_SCALE);
	join = JOIN * k / PLAN_SCALE;
	if (head < HEAD_LEAST)
		head = HEAD_LEAST;
	first = w->start_min == BANK_NONE || w->start_min < AROUND ? 0 : w->start_min - AROUND;
	ret->extent[0].first = first;
	ret->extent[0].end = add_up_to(w->start_max, head, n);
	if (loop_span(w, longest, &a, &b)) {
		a = a > AROUND ? a - AROUND : 0;
		b = add_up_to(b, n - b < TAIL ? TAIL : k < PLAN_SCALE / 2 ? AROUND : TAIL, n);
		if (a <= add_up_to(ret->extent[0].end, join, n)) {
			if (a < first)
				ret->extent[0].first = a;
			if (b > ret->extent[0].end)
				ret->extent[0].end = b;
		} else {
			ret->n_extents = 2;
			ret->extent[1].first = a;
			ret->extent[1].end = b;
		}
	}
	b = ret->extent[ret->n_extents - 1].end;
	if (n - b <= join)
		ret->extent[ret->n_extents - 1].end = n;
}

uint64_t plan_bytes(const struct source *src, const struct plan *p)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < p->n_extents; i++) {
		uint64_t n = p->extent[i].end - p->extent[i].first + 2 * STORE_PAD;

		sum += (n * format_bytes(src->format) + 63) / 64 * 64 * src->n_channels;
	}
	return sum;
}

static int covers(const struct resident *r, uint32_t first, uint32_t end)
{
	for (uint32_t i = 0; i < r->n_extents; i++)
		if (r->extent[i].first <= first && end <= r->extent[i].end)
			return 1;
	return 0;
}

struct resident *plan_covered(const struct source *src, const struct plan *p)
{
	for (struct resident *r = src->resident; r; r = r->next) {
		uint32_t i = 0;

		while (i < p->n_extents && covers(r, p->extent[i].first, p->extent[i].end))
			i++;
		if (i == p->n_extents)
			return r;
	}
	return NULL;
}

static uint64_t total(const struct store_set *set, uint32_t k)
{
	uint64_t sum = 0;
	struct plan p;

	for (uint32_t i = 0; i < set->n; i++) {
		plan_make(set, &set->entry[i], k, &p);
		if (!plan_covered(set->entry[i].source, &p))
			sum += plan_bytes(set->entry[i].source, &p);
	}
	return sum;
}

int plan_choose(const struct store_set *set, uint32_t *ret_k, uint64_t *ret_bytes)
{
	const struct store *s = set->store;
	uint64_t rings = s->o.is_resident ? 0 : s->o.memory_bytes / STORE_RINGS;
	uint64_t used = s->resident_bytes + (rings > s->ring_bytes ? rings - s->ring_bytes : 0);
	uint64_t left = s->o.memory_bytes > used ? s->o.memory_bytes - used : 0;
	uint32_t lo = 0, hi = PLAN_SCALE;

	*ret_k = PLAN_SCALE;
	*ret_bytes = total(set, PLAN_SCALE);
	if (*ret_bytes <= left)
		return 0;
	*ret_bytes = total(set, 0);
	if (*ret_bytes > left)
		return -ENOMEM;
	while (hi - lo > 1) { /* lo fits, hi does not */
		uint32_t k = (lo + hi) / 2;
		uint64_t bytes = total(set, k);

		if (bytes <= left) {
			lo = k;
			*ret_bytes = bytes;
		} else {
			hi = k;
		}
	}
	*ret_k = lo;
	return 0;
}
