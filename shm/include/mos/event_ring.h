/* SPDX-License-Identifier: MIT */
/**
 * The event ring: one writer (rtcore's audio thread), any number of readers in any number of processes.
 * The writer never waits and never looks at a reader, so publishing costs the same for 1 and for 1,000
 * readers (EVT-03). Each reader owns its cursor; one that was lapped learns how many it lost (EVT-17).
 *
 * Each 64-byte slot is its own seqlock, its `seq` is the record's number: the writer stores
 * MOS_SEQ_BUSY, then the words, then seq with release; a reader copies and checks seq before and after.
 * A writer that dies half-way leaves MOS_SEQ_BUSY behind and no reader ever sees a torn record.
 */
#ifndef MOS_EVENT_RING_H
#define MOS_EVENT_RING_H

#include <mos/attr.h>
#include <mos/event.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_EVENT_RING_ABI_MAJOR 1
#define MOS_EVENT_RING_ABI_MINOR 0
#define MOS_EVENT_RING_SLOTS_DEFAULT 16384u /**< 1 MiB: 10 s of a very dense score */
#define MOS_SEQ_BUSY UINT64_MAX

struct mos_event_ring_hdr {
	struct mos_region_hdr region;
	uint32_t n_slots; /**< power of two */
	uint32_t reserved0;
	uint8_t pad0[88];
	uint64_t write_seq; /**< number of the newest whole record, 0: none yet; writer only */
	uint8_t pad1[120];
	uint32_t bell; /**< futex word, grows by one each time sleepers are to look; writer's helper only */
	uint8_t pad2[124];
	/* struct mos_event slot[n_slots] follows at MOS_EVENT_RING_SLOTS_OFF */
};
#define MOS_EVENT_RING_SLOTS_OFF 384u

/** Bytes of a region with `n_slots` slots. */
size_t mos_event_ring_size(uint32_t n_slots);

/** Writer's side. `slot`, `mask` are private copies: the shared header is never read again. */
struct mos_event_writer {
	struct mos_event_ring_hdr *hdr;
	struct mos_event *slot;
	uint64_t mask;
	uint64_t next_seq;
};

/** Lay out an empty ring in a created (not yet published) region. @return 0, -EINVAL n_slots. */
int mos_event_writer_init(struct mos_event_writer *w, struct mos_region *region, uint32_t n_slots);

/** Publish a copy of `ev`; its seq is ignored and assigned. Wait-free. @return the record's seq. */
uint64_t mos_event_publish(struct mos_event_writer *w, const struct mos_event *ev) MOS_RT;

/** Reader's side; one thread at a time. */
struct mos_event_reader {
	const struct mos_event_ring_hdr *hdr;
	const struct mos_event *slot;
	uint64_t mask;
	uint64_t next_seq; /**< number of the next record wanted */
	uint64_t lost;     /**< records missed so far by being lapped */
};

/**
 * Start reading an attached region: only what is published from now on (`from_oldest` 0) or from the
 * oldest record still whole (1).
 * @return 0; -EINVAL when header values don't fit the region.
 */
int mos_event_reader_init(struct mos_event_reader *r, const struct mos_region *region, int from_oldest);

/**
 * Copy the next record out.
 * @param ret  Written only when 1 is returned.
 * @return 1 a record was copied; 0 nothing new; -EOVERFLOW lapped: `lost` grew by the number missed and
 *         the next call continues at the oldest record still whole.
 * Wait-free, no syscall.
 */
int mos_event_next(struct mos_event_reader *r, struct mos_event *ret) MOS_RT;

/**
 * Sleep until the bell rings after `bell_seen`, or timeout. Read the bell with mos_event_bell() *before*
 * draining, so that no ring is missed.
 * @return 0 rung, -ETIMEDOUT, -EINTR. Not for the audio thread.
 */
int mos_event_wait(const struct mos_event_reader *r, uint32_t bell_seen, int64_t timeout_ns);
uint32_t mos_event_bell(const struct mos_event_reader *r) MOS_RT;

/** Ring: bump the word and wake all sleepers (one futex call). For the bell thread, not the audio thread. */
void mos_event_ring_bell(struct mos_event_writer *w);

#ifdef __cplusplus
}
#endif
#endif
