/* SPDX-License-Identifier: MIT */
/* Making the audio thread's end of an insert, and the bell of all of them. */
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "insert_host.h"
#include "insert_rt.h"

struct insert *insert_create(
	struct insert_region *region, struct insert_bell *bell, uint32_t n_bell, uint32_t latency)
{
	struct insert *i = aligned_alloc(64, (sizeof(*i) + 63) / 64 * 64);

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i)); /* all of it, so that no page is missing later */
	i->region = region;
	i->bell = bell;
	i->n_bell = n_bell;
	i->want_latency = i->latency = i->total_latency = latency;
	i->n_needed = 1;
	region->latency = latency;
	return i;
}

void insert_destroy(struct insert *i)
{
	free(i);
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * A period that begins with a cycle is needed `latency` frames later. Its last frame may lie in the cycle
 * after, and only when that one has ended is it handed over.
 */
uint32_t insert_latency_for(uint32_t quantum)
{
	uint32_t frames = quantum ? quantum : INSERT_PERIOD;

	frames += INSERT_PERIOD - common_divisor(frames, INSERT_PERIOD);
	frames = (frames + INSERT_PERIOD - 1) / INSERT_PERIOD * INSERT_PERIOD;
	return frames < INSERT_LATENCY_MAX ? frames : INSERT_LATENCY_MAX;
}

struct insert_bell *insert_bell_create(void)
{
	return calloc(1, sizeof(struct insert_bell));
}

void insert_bell_destroy(struct insert_bell *b)
{
	free(b);
}

void insert_bell_ring(struct insert_bell *b)
{
	/* acquire pairs with the audio thread's release: the period that is rung for has been handed over */
	uint64_t fed = __atomic_exchange_n(&b->fed, 0, __ATOMIC_ACQUIRE);
	uint32_t *word;

	for (; fed; fed &= fed - 1) {
		word = __atomic_load_n(&b->word[__builtin_ctzll(fed)], __ATOMIC_ACQUIRE);
		/* it may have been unmapped meanwhile: then the kernel says so, and nothing happens */
		if (word)
			(void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
}
