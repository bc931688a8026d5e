/* SPDX-License-Identifier: MIT */
/* Memory of samples: one mapping for what a bank adds, given back in parts. */
#include "set.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void arena_drop(struct arena *a)
{
	if (--a->n_refs > 0)
		return;
	(void)munmap(a->base, a->size);
	free(a);
}

void resident_put(struct store *s, struct source *src, struct resident *r)
{
	struct resident **p;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from, to;

	if (--r->n_refs > 0)
		return;
	for (p = &src->resident; *p && *p != r; p = &(*p)->next)
		continue;
	if (*p)
		*p = r->next;
	s->resident_bytes -= r->bytes;
	/* Others may live in the arena for long. */
	from = ((uintptr_t)r->data + page - 1) / page * page;
	to = ((uintptr_t)r->data + r->bytes) / page * page;
	if (r->arena->n_refs > 1 && from < to && munlock((void *)from, to - from) == 0)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
	arena_drop(r->arena);
	free(r);
}

struct arena *arena_make(size_t size)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->size = size ? size : 1;
	a->base = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->base == MAP_FAILED) {
		free(a);
		return NULL;
	}
	/* Voices read all over it: with ordinary pages each would first look its page up. */
	(void)madvise(a->base, a->size, MADV_HUGEPAGE);
	a->n_refs = 1;
	return a;
}

struct resident *resident_place(struct arena *a, uint8_t *at, const struct source *src, const struct plan *p)
{
	struct resident *r = calloc(1, sizeof(*r));
	uint32_t size = format_bytes(src->format);

	if (!r)
		return NULL;
	r->arena = a;
	r->data = at;
	r->bytes = plan_bytes(src, p);
	r->n_refs = 1;
	r->n_extents = p->n_extents;
	for (uint32_t i = 0; i < p->n_extents; i++) {
		uint64_t n = p->extent[i].end - p->extent[i].first + 2 * STORE_PAD;

		r->extent[i].first = p->extent[i].first;
		r->extent[i].end = p->extent[i].end;
		for (uint32_t c = 0; c < src->n_channels; c++) {
			r->extent[i].data[c] = at + (size_t)STORE_PAD * size;
			at += (n * size + 63) / 64 * 64;
		}
	}
	a->n_refs++;
	return r;
}
