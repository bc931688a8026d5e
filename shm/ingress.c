/* SPDX-License-Identifier: MIT */
#include <mos/ingress.h>

#include <errno.h>

#include "words.h"

#define MASK (MOS_INGRESS_SLOTS - 1)
#define HALF (MOS_INGRESS_SLOTS / 2)
#define N_WORDS (sizeof(struct mos_event) / sizeof(uint64_t))

static_assert((MOS_INGRESS_SLOTS & MASK) == 0, "positions are masked");

static struct mos_event *slots_of(struct mos_region *ring)
{
	return (struct mos_event *)((char *)ring->base + MOS_INGRESS_SLOTS_OFF);
}

struct mos_reader_page *mos_ingress_reader_page(const struct mos_region *ring)
{
	return (struct mos_reader_page *)((char *)ring->base + MOS_INGRESS_READER_OFF);
}

int mos_ingress_init(struct mos_region *region, uint32_t slot_id)
{
	struct mos_ingress_hdr *hdr = region->base;

	if (region->size < MOS_INGRESS_SIZE || slot_id >= MOS_CLIENTS_MAX)
		return -EINVAL;
	hdr->n_slots = MOS_INGRESS_SLOTS;
	hdr->slot_id = slot_id;
	return 0;
}

int mos_ingress_writer_init(struct mos_ingress_writer *w, struct mos_region *ring)
{
	struct mos_ingress_hdr *hdr = ring->base;
	uint32_t slot_id;

	if (ring->size < MOS_INGRESS_SIZE)
		return -EINVAL;
	slot_id = __atomic_load_n(&hdr->slot_id, __ATOMIC_RELAXED);
	if (__atomic_load_n(&hdr->n_slots, __ATOMIC_RELAXED) != MOS_INGRESS_SLOTS ||
		slot_id >= MOS_CLIENTS_MAX)
		return -EINVAL;
	*w = (struct mos_ingress_writer){
		.hdr = hdr,
		.slot = slots_of(ring),
		.write_pos = __atomic_load_n(&hdr->write_pos, __ATOMIC_RELAXED),
		.read_pos = __atomic_load_n(&hdr->read_pos, __ATOMIC_ACQUIRE),
		.slot_id = slot_id,
	};
	return 0;
}

int mos_ingress_push(struct mos_ingress_writer *w, const struct mos_event *ev) MOS_RT
{
	uint64_t before = w->write_pos;

	if (before - w->read_pos >= MOS_INGRESS_SLOTS) {
		/* Pairs with the release in mos_ingress_pop(): the slot was copied before it is reused. */
		w->read_pos = __atomic_load_n(&w->hdr->read_pos, __ATOMIC_ACQUIRE);
		if (before - w->read_pos >= MOS_INGRESS_SLOTS)
			return -EAGAIN;
	}
	shm_words_store(&w->slot[before & MASK], ev, N_WORDS);
	w->write_pos = before + 1;
	/* Before write_pos: who is woken by this record sees that it is urgent. */
	if (ev->flags & MOS_EVENT_IMMEDIATE)
		__atomic_store_n(&w->hdr->urgent_pos, w->write_pos, __ATOMIC_RELAXED);
	/* Pairs with the acquire in mos_ingress_pop(). */
	__atomic_store_n(&w->hdr->write_pos, w->write_pos, __ATOMIC_RELEASE);
	/*
	 * Either we see here that the taker had taken all before this record, and ring, or the taker, looking
	 * a last time before it sleeps, sees this record: the fence orders our store before our look, and
	 * pairs with the one in mos_ingress_pop().
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	w->read_pos = __atomic_load_n(&w->hdr->read_pos, __ATOMIC_ACQUIRE);
	return ev->flags & MOS_EVENT_IMMEDIATE || w->read_pos == before || w->write_pos - w->read_pos == HALF;
}

int mos_ingress_reader_init(struct mos_ingress_reader *r, struct mos_region *ring)
{
	if (ring->size < MOS_INGRESS_SIZE)
		return -EINVAL;
	*r = (struct mos_ingress_reader){.hdr = ring->base, .slot = slots_of(ring)};
	r->read_pos = __atomic_load_n(&r->hdr->read_pos, __ATOMIC_RELAXED);
	return 0;
}

int mos_ingress_urgent(const struct mos_ingress_reader *r)
{
	uint64_t n_ready = __atomic_load_n(&r->hdr->write_pos, __ATOMIC_ACQUIRE) - r->read_pos;
	uint64_t n_urgent = __atomic_load_n(&r->hdr->urgent_pos, __ATOMIC_RELAXED) - r->read_pos;

	return n_ready >= HALF || (n_urgent > 0 && n_urgent <= MOS_INGRESS_SLOTS);
}

int mos_ingress_pop(struct mos_ingress_reader *r, struct mos_event *ret)
{
	/* Pairs with the release in mos_ingress_push(). */
	uint64_t write_pos = __atomic_load_n(&r->hdr->write_pos, __ATOMIC_ACQUIRE);
	uint64_t n_ready = write_pos - r->read_pos;
	int result = 1;

	if (n_ready == 0) {
		/* A last look before the caller sleeps: pairs with the fence in mos_ingress_push(). */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		write_pos = __atomic_load_n(&r->hdr->write_pos, __ATOMIC_ACQUIRE);
		n_ready = write_pos - r->read_pos;
		if (n_ready == 0)
			return 0;
	}
	if (n_ready > MOS_INGRESS_SLOTS) { /* too far ahead, or backwards, which wraps to a huge number */
		r->read_pos = write_pos;
		result = -EPROTO;
	} else {
		shm_words_load(ret, &r->slot[r->read_pos & MASK], N_WORDS);
		r->read_pos++;
	}
	/* Pairs with the acquire in mos_ingress_push(). */
	__atomic_store_n(&r->hdr->read_pos, r->read_pos, __ATOMIC_RELEASE);
	return result;
}
