/* SPDX-License-Identifier: MIT */
#include <mos/ingress.h>

#include <errno.h>

#include "words.h"

#define MASK (MOS_INGRESS_SLOTS - 1)
#define N_WORDS (sizeof(struct mos_event) / sizeof(uint64_t))

static_assert((MOS_INGRESS_SLOTS & MASK) == 0, "positions are masked");

static struct mos_event *slots_of(struct mos_region *ring)
{
	return (struct mos_event *)((char *)ring->base + MOS_INGRESS_SLOTS_OFF);
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

int mos_ingress_writer_init(struct mos_ingress_writer *w, struct mos_region *ring, struct mos_region *dirty)
{
	struct mos_ingress_hdr *hdr = ring->base;
	uint32_t slot_id;

	if (ring->size < MOS_INGRESS_SIZE || dirty->size < sizeof(struct mos_dirty_hdr))
		return -EINVAL;
	slot_id = __atomic_load_n(&hdr->slot_id, __ATOMIC_RELAXED);
	if (__atomic_load_n(&hdr->n_slots, __ATOMIC_RELAXED) != MOS_INGRESS_SLOTS ||
		slot_id >= MOS_CLIENTS_MAX)
		return -EINVAL;
	*w = (struct mos_ingress_writer){
		.hdr = hdr,
		.slot = slots_of(ring),
		.dirty = dirty->base,
		.write_pos = __atomic_load_n(&hdr->write_pos, __ATOMIC_RELAXED),
		.read_pos_cached = __atomic_load_n(&hdr->read_pos, __ATOMIC_ACQUIRE),
		.slot_id = slot_id,
	};
	return 0;
}

int mos_ingress_push(struct mos_ingress_writer *w, const struct mos_event *ev) MOS_RT
{
	uint64_t bit = UINT64_C(1) << (w->slot_id % 64);

	if (w->write_pos - w->read_pos_cached >= MOS_INGRESS_SLOTS) {
		/* Pairs with the release in mos_ingress_pop(): the slot was copied before it is reused. */
		w->read_pos_cached = __atomic_load_n(&w->hdr->read_pos, __ATOMIC_ACQUIRE);
		if (w->write_pos - w->read_pos_cached >= MOS_INGRESS_SLOTS)
			return -EAGAIN;
	}
	shm_words_store(&w->slot[w->write_pos & MASK], ev, N_WORDS);
	w->write_pos++;
	/* Pairs with the acquire in mos_ingress_pop(). */
	__atomic_store_n(&w->hdr->write_pos, w->write_pos, __ATOMIC_RELEASE);
	/*
	 * Always a read-modify-write, even if the bit looks set: the taker may be clearing it this moment,
	 * and only the order of the two exchanges tells which side has to look at the ring. Pairs with
	 * the acquire in mos_dirty_take().
	 */
	__atomic_fetch_or(&w->dirty->bits[w->slot_id / 64], bit, __ATOMIC_RELEASE);
	return 0;
}

uint64_t mos_dirty_take(struct mos_dirty_hdr *dirty, uint32_t word) MOS_RT
{
	/* The look first spares idle cycles the exclusive access to a line that all clients write. */
	if (__atomic_load_n(&dirty->bits[word], __ATOMIC_RELAXED) == 0)
		return 0;
	/* Pairs with the release in mos_ingress_push(): who takes the bit sees the position. */
	return __atomic_exchange_n(&dirty->bits[word], 0, __ATOMIC_ACQUIRE);
}

int mos_ingress_reader_init(struct mos_ingress_reader *r, struct mos_region *ring)
{
	if (ring->size < MOS_INGRESS_SIZE)
		return -EINVAL;
	*r = (struct mos_ingress_reader){.hdr = ring->base, .slot = slots_of(ring)};
	r->read_pos = __atomic_load_n(&r->hdr->read_pos, __ATOMIC_RELAXED);
	return 0;
}

int mos_ingress_pop(struct mos_ingress_reader *r, struct mos_event *ret) MOS_RT
{
	/* Pairs with the release in mos_ingress_push(). */
	uint64_t write_pos = __atomic_load_n(&r->hdr->write_pos, __ATOMIC_ACQUIRE);
	uint64_t n_ready = write_pos - r->read_pos;
	int result = 1;

	if (n_ready == 0)
		return 0;
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
