/* SPDX-License-Identifier: MIT */
/**
 * Ingress: what a client sends. One region a client: an SPSC ring (client writes, rtcore's bus thread reads)
 * and the client's own figures as a reader. DESIGN section 5. Every byte is written by an untrusted process:
 * rtcore copies first and checks the copy, never reads a shared field twice, keeps its own read position and
 * takes at most a fixed number of records a client a turn.
 *
 * Beside the region goes the doorbell, an eventfd of the client's own: rung for an immediate record, for the
 * first batched one in an empty ring, and when the ring is half full. Nothing is shared with other clients, so
 * none can hide another's records. ABI 2.0.
 */
#ifndef MOS_INGRESS_H
#define MOS_INGRESS_H

#include <mos/attr.h>
#include <mos/event.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_INGRESS_ABI_MAJOR 2
#define MOS_INGRESS_ABI_MINOR 0
#define MOS_INGRESS_SLOTS 256u
#define MOS_CLIENTS_MAX 1024u
#define MOS_LATENCY_BUCKETS 32u /**< bucket b: latencies of bit length b in ns, the last takes all above */

/** A reader's figures for one type. Written by the client, shown by mosctl; nothing acts on them. */
struct mos_reader_figures {
	uint64_t delivered; /**< records handed to the program */
	uint32_t latency[MOS_LATENCY_BUCKETS]; /**< publishing to delivery, of the sampled records */
};

struct mos_ingress_hdr {
	struct mos_region_hdr region;
	uint32_t n_slots; /**< MOS_INGRESS_SLOTS */
	uint32_t slot_id; /**< client slot */
	uint8_t pad0[88];
	uint64_t write_pos;  /**< records written, never wraps; client only */
	uint64_t urgent_pos; /**< write_pos after the newest immediate record; client only; a hint */
	uint8_t pad1[112];
	uint64_t read_pos; /**< records taken, never wraps; rtcore only */
	uint8_t pad2[120];
	/* struct mos_event slot[MOS_INGRESS_SLOTS] at MOS_INGRESS_SLOTS_OFF, struct mos_reader_page after them */
};
#define MOS_INGRESS_SLOTS_OFF 384u

/** The client's figures, at MOS_INGRESS_READER_OFF; client only. */
struct mos_reader_page {
	uint64_t interest; /**< bit mos_event_type_index(type): somebody here listens to it */
	uint64_t lost;     /**< records missed by being lapped */
	uint64_t listeners; /**< handlers registered */
	uint64_t reserved[5];
	struct mos_reader_figures type[MOS_EVENT_TYPES_MAX]; /**< by mos_event_type_index() */
};
#define MOS_INGRESS_READER_OFF (MOS_INGRESS_SLOTS_OFF + MOS_INGRESS_SLOTS * 64u)
#define MOS_INGRESS_SIZE (MOS_INGRESS_READER_OFF + sizeof(struct mos_reader_page))

/** Client's side. Positions are private; the shared ones are told, not trusted. */
struct mos_ingress_writer {
	struct mos_ingress_hdr *hdr;
	struct mos_event *slot;
	uint64_t write_pos;
	uint64_t read_pos; /**< as seen last */
	uint32_t slot_id;
};

/** Lay out an empty ring in a created region (rtcore's side, before hand-over). */
int mos_ingress_init(struct mos_region *region, uint32_t slot_id);

/** @return 0, -EINVAL when the header does not fit. */
int mos_ingress_writer_init(struct mos_ingress_writer *w, struct mos_region *ring);

/** The figures in an attached region. */
struct mos_reader_page *mos_ingress_reader_page(const struct mos_region *ring);

/**
 * @return 1 written, and the doorbell has to be rung; 0 written; -EAGAIN ring full (nothing was written: try
 * again after rtcore's next turn). Wait-free.
 */
int mos_ingress_push(struct mos_ingress_writer *w, const struct mos_event *ev) MOS_RT;

/** rtcore's side of one client; bus thread. */
struct mos_ingress_reader {
	struct mos_ingress_hdr *hdr;
	const struct mos_event *slot;
	uint64_t read_pos;
};
int mos_ingress_reader_init(struct mos_ingress_reader *r, struct mos_region *ring);

/** 1: an immediate record waits, or the ring is half full; 0: what waits may wait for its frame. A hint. */
int mos_ingress_urgent(const struct mos_ingress_reader *r);

/**
 * Take the next record. @return 1 copied; 0 empty; -EPROTO the client's write_pos is nonsense (further
 * ahead than the ring is long, or moved backwards): the reader resynchronises to it and goes on.
 */
int mos_ingress_pop(struct mos_ingress_reader *r, struct mos_event *ret);

#ifdef __cplusplus
}
#endif
#endif
