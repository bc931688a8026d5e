/* SPDX-License-Identifier: MIT */
/**
 * Ingress: one SPSC ring a client (client writes, rtcore reads) and one dirty bitmap that says which of
 * the 1,024 rings to look at. DESIGN section 5. Every byte is written by an untrusted process: rtcore
 * copies first and checks the copy, never reads a shared field twice, keeps its own read position and
 * takes at most a fixed number of records a client a cycle. The bitmap is only a hint: rtcore also looks
 * at a few rings by turns each cycle, so a client that wipes others' bits delays them by some cycles at most.
 */
#ifndef MOS_INGRESS_H
#define MOS_INGRESS_H

#include <mos/attr.h>
#include <mos/event.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_INGRESS_ABI_MAJOR 1
#define MOS_INGRESS_ABI_MINOR 0
#define MOS_INGRESS_SLOTS 256u
#define MOS_CLIENTS_MAX 1024u

struct mos_ingress_hdr {
	struct mos_region_hdr region;
	uint32_t n_slots; /**< MOS_INGRESS_SLOTS */
	uint32_t slot_id; /**< client slot: the bit in the dirty bitmap */
	uint8_t pad0[88];
	uint64_t write_pos; /**< records written, never wraps; client only */
	uint8_t pad1[120];
	uint64_t read_pos; /**< records taken, never wraps; rtcore only */
	uint8_t pad2[120];
	/* struct mos_event slot[MOS_INGRESS_SLOTS] at offset 384 */
};
#define MOS_INGRESS_SLOTS_OFF 384u
#define MOS_INGRESS_SIZE (MOS_INGRESS_SLOTS_OFF + MOS_INGRESS_SLOTS * 64u)

struct mos_dirty_hdr {
	struct mos_region_hdr region;
	uint8_t pad0[96];
	uint64_t bits[MOS_CLIENTS_MAX / 64]; /**< bit n: ring n has news */
};

/** Client's side. Positions are private; the shared ones are told, not trusted. */
struct mos_ingress_writer {
	struct mos_ingress_hdr *hdr;
	struct mos_event *slot;
	struct mos_dirty_hdr *dirty;
	uint64_t write_pos;
	uint64_t read_pos_cached;
	uint32_t slot_id;
};

/** Lay out an empty ring in a created region (rtcore's or broker's side, before hand-over). */
int mos_ingress_init(struct mos_region *region, uint32_t slot_id);

/** @return 0, -EINVAL when the regions don't fit each other. */
int mos_ingress_writer_init(struct mos_ingress_writer *w, struct mos_region *ring, struct mos_region *dirty);

/** @return 0; -EAGAIN ring full (nothing was written: try after the next cycle). Wait-free. */
int mos_ingress_push(struct mos_ingress_writer *w, const struct mos_event *ev) MOS_RT;

/**
 * rtcore's side of the bitmap: take and clear the bits of rings 64 * word ... 64 * word + 63.
 * Drain those rings after it, never before: a push that comes later sets its bit again.
 */
uint64_t mos_dirty_take(struct mos_dirty_hdr *dirty, uint32_t word) MOS_RT;

/** rtcore's side of one client. */
struct mos_ingress_reader {
	struct mos_ingress_hdr *hdr;
	const struct mos_event *slot;
	uint64_t read_pos;
};
int mos_ingress_reader_init(struct mos_ingress_reader *r, struct mos_region *ring);

/**
 * Take the next record. @return 1 copied; 0 empty; -EPROTO the client's write_pos is nonsense (further
 * ahead than the ring is long, or moved backwards): the reader resynchronises to it and goes on.
 */
int mos_ingress_pop(struct mos_ingress_reader *r, struct mos_event *ret) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif
