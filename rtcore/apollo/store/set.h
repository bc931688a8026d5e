/* SPDX-License-Identifier: MIT */
/* A set of samples while it is made (set.c) and filled (load.c). */
#ifndef STORE_SET_H
#define STORE_SET_H

#include "priv.h"

#define SET_LOOPS 4u

/* What zones want of a sample. */
struct want {
	uint32_t start_min, start_max; /* start_min BANK_NONE: nobody said */
	uint32_t n_loops;
	struct store_loop loop[SET_LOOPS];
	int is_whole;
};

struct entry {
	struct source *source;
	struct resident *resident; /* NULL: not yet loaded */
	struct want want;
	uint8_t how; /* it was planned for */
};

struct store_set {
	struct store *store;
	struct entry *entry;
	struct sample *sample;
	uint32_t *by_source; /* hash: sample + 1; 0: free */
	uint32_t n, room, n_slots;
	uint64_t resident_bytes;
	int is_loaded;
};

/* The stretches of a sample that are to be in memory. */
struct plan {
	uint32_t n_extents;
	struct {
		uint32_t first, end;
	} extent[SAMPLE_EXTENTS];
};

/* plan.c. @param k  of PLAN_SCALE: how generous */
#define PLAN_SCALE 256u
void plan_make(const struct store_set *set, const struct entry *e, uint32_t k, struct plan *ret);
uint64_t plan_bytes(const struct source *src, const struct plan *p);
/* What is there already. Lock held. */
struct resident *plan_covered(const struct source *src, const struct plan *p);
/* The most generous k that the budget allows; lock held. @return -ENOMEM: none, then *ret_bytes is what is
 * needed */
int plan_choose(const struct store_set *set, uint32_t *ret_k, uint64_t *ret_bytes);

/* arena.c */
struct arena *arena_make(size_t size); /* with one reference */
void arena_drop(struct arena *a);
/* Where the extents of a plan lie in the arena, which gets a reference more. NULL: no memory */
struct resident *resident_place(struct arena *a, uint8_t *at, const struct source *src, const struct plan *p);

#endif
