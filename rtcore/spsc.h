/* SPDX-License-Identifier: MIT */
/**
 * In-process SPSC queue of fixed records: one producer thread, one consumer thread, never waits. Used
 * between the control, loader and audio threads of rtcore. Both sides belong to us, so positions are
 * trusted here (ingress rings are the hostile kind, see mos/ingress.h).
 */
#ifndef RTCORE_SPSC_H
#define RTCORE_SPSC_H

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <mos/attr.h>

struct spsc {
	uint8_t *mem; /**< owned by whoever called spsc_init() */
	uint32_t record_size;
	uint32_t n_records;              /**< power of two */
	alignas(128) uint64_t write_pos; /**< producer only */
	alignas(128) uint64_t read_pos;  /**< consumer only */
};

static inline void spsc_init(struct spsc *q, void *mem, uint32_t record_size, uint32_t n_records)
{
	*q = (struct spsc){.mem = mem, .record_size = record_size, .n_records = n_records};
}

/** @return 0, -1 full. */
static inline int spsc_push(struct spsc *q, const void *record) MOS_RT
{
	uint64_t w = q->write_pos;

	/* acquire pairs with the release in spsc_pop(): the slot is free before we write it */
	if (w - __atomic_load_n(&q->read_pos, __ATOMIC_ACQUIRE) == q->n_records)
		return -1;
	memcpy(q->mem + (w & (q->n_records - 1)) * q->record_size, record, q->record_size);
	__atomic_store_n(&q->write_pos, w + 1, __ATOMIC_RELEASE);
	return 0;
}

/** @return 1 copied, 0 empty. */
static inline int spsc_pop(struct spsc *q, void *ret) MOS_RT
{
	uint64_t r = q->read_pos;

	/* acquire pairs with the release in spsc_push(): the record is whole */
	if (r == __atomic_load_n(&q->write_pos, __ATOMIC_ACQUIRE))
		return 0;
	memcpy(ret, q->mem + (r & (q->n_records - 1)) * q->record_size, q->record_size);
	__atomic_store_n(&q->read_pos, r + 1, __ATOMIC_RELEASE);
	return 1;
}

static inline uint32_t spsc_fill(const struct spsc *q) MOS_RT
{
	return (uint32_t)(__atomic_load_n(&q->write_pos, __ATOMIC_RELAXED) -
			  __atomic_load_n(&q->read_pos, __ATOMIC_RELAXED));
}

#endif
