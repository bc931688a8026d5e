/* SPDX-License-Identifier: MIT */
/**
 * The event ring: written by two threads of rtcore (audio and bus), read by any number of readers in any number
 * of processes. A writer never waits and never looks at a reader, so publishing costs the same for 1 and for
 * 1,000 readers (EVT-03). Each reader owns its cursor; one that was lapped learns how many it lost (EVT-17).
 *
 * A writer claims a number, then writes that slot. Each 64-byte slot is its own seqlock, its `seq` is the
 * record's number: the writer stores MOS_SEQ_BUSY, then the words, then seq with release; a reader copies
 * and checks seq before and after. A writer that dies half-way leaves MOS_SEQ_BUSY behind and no reader ever
 * sees a torn record. A reader that comes to a number that is claimed and not yet written finds nothing new
 * until it is. ABI 2.0.
 */
#ifndef MOS_EVENT_RING_H
#define MOS_EVENT_RING_H

#include <mos/attr.h>
#include <mos/event.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_EVENT_RING_ABI_MAJOR 2
#define MOS_EVENT_RING_ABI_MINOR 0
#define MOS_EVENT_RING_SLOTS_DEFAULT 16384u /**< 1 MiB: 10 s of a very dense score */
#define MOS_SEQ_BUSY UINT64_MAX
#define MOS_EVENT_STAMP_EVERY 16u /**< of so many records one carries the time of its publishing */
#define MOS_EVENT_AHEAD_SHORT 4u  /**< one writer gets ahead of the other by less than n_slots - this */

/** When a record was published: the sample that delivery times are measured by (EVT-10, EVT-20). */
struct mos_event_stamp {
	uint64_t seq;     /**< of the record, a multiple of MOS_EVENT_STAMP_EVERY; 0: none */
	uint64_t time_ns; /**< CLOCK_MONOTONIC */
};

struct mos_event_ring_hdr {
	struct mos_region_hdr region;
	uint32_t n_slots; /**< power of two, at least MOS_EVENT_STAMP_EVERY */
	uint32_t reserved0;
	uint8_t pad0[88];
	uint64_t write_seq; /**< newest number whose record is whole (the other writer may still be at an older one), 0:
				 none yet; writers only, never falls */
	uint8_t pad1[120];
	/** futex words by enum mos_event_group; each grows by one when its sleepers are to look; bus thread only */
	uint32_t bell[MOS_EVENT_N_GROUPS];
	uint8_t pad2[64];
	/* struct mos_event slot[n_slots] at MOS_EVENT_RING_SLOTS_OFF,
	   then struct mos_event_stamp stamp[n_slots / MOS_EVENT_STAMP_EVERY] */
};
#define MOS_EVENT_RING_SLOTS_OFF 384u

/** Bytes of a region with `n_slots` slots. */
size_t mos_event_ring_size(uint32_t n_slots);

/**
 * The ring as its writers share it, private to their process: `claim` is the one word that both change. The
 * shared header is never read again.
 */
struct mos_event_log {
	struct mos_event_ring_hdr *hdr;
	struct mos_event *slot;
	struct mos_event_stamp *stamp;
	uint64_t mask;
	uint64_t claim; /**< newest number given out (atomic) */
	int stamping;   /**< 0: no stamps are written, for measuring what they cost */
};

/** One writer's own state; one thread. */
struct mos_event_writer {
	struct mos_event_log *log;
	/** Lower bound of the number being written, 0: none (atomic): the other writer never laps it. */
	uint64_t busy_seq;
	struct mos_event_writer *other; /**< the second writer, NULL: there is none */
};

/** Lay out an empty ring in a created (not yet published) region. @return 0, -EINVAL n_slots. */
int mos_event_log_init(struct mos_event_log *log, struct mos_region *region, uint32_t n_slots);
/** Writers of one log; `other` may be set later, before both run. */
void mos_event_writer_init(struct mos_event_writer *w, struct mos_event_log *log, struct mos_event_writer *other);

/**
 * Publish a copy of `ev`; its seq is ignored and assigned. Wait-free.
 * @param now_ns  For the stamp, where this record carries one; 0: take the clock then.
 * @return the record's seq; 0: not published, the other writer has stood still for a whole lap.
 */
uint64_t mos_event_publish(struct mos_event_writer *w, const struct mos_event *ev, uint64_t now_ns) MOS_RT;

/** Reader's side; one thread at a time. */
struct mos_event_reader {
	const struct mos_event_ring_hdr *hdr;
	const struct mos_event *slot;
	const struct mos_event_stamp *stamp;
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

/** When record `seq` was published; 0: it is not among the sampled ones, or the stamp is gone. */
uint64_t mos_event_stamp_of(const struct mos_event_reader *r, uint64_t seq) MOS_RT;

/** Bells of groups as they stood when last looked at. */
struct mos_event_bells {
	uint32_t seen[MOS_EVENT_N_GROUPS];
};

/** Read the bells of `groups` (bit enum mos_event_group); *before* draining, so that no ring is missed. */
void mos_event_bells(const struct mos_event_reader *r, uint32_t groups, struct mos_event_bells *ret) MOS_RT;

/**
 * Sleep until the bell of one of the groups rings after `bells`, or timeout (negative: none). One group costs
 * one FUTEX_WAIT, several a futex_waitv; where the kernel has none, MOS_EVENT_GROUP_ANY's bell is waited for.
 * @return 0 rung, -ETIMEDOUT, -EINTR, -EINVAL no group. Not for the audio thread.
 */
int mos_event_wait(
	const struct mos_event_reader *r, uint32_t groups, const struct mos_event_bells *bells, int64_t timeout_ns);

/**
 * Ring: bump the words of `groups` and of MOS_EVENT_GROUP_ANY, and wake who sleeps on them. For the bus
 * thread, not the audio thread.
 */
void mos_event_ring_bells(struct mos_event_log *log, uint32_t groups);

#ifdef __cplusplus
}
#endif
#endif
