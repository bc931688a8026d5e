/* SPDX-License-Identifier: MIT */
/**
 * The black box: what rtcore has to be told again after it was killed. A region of its own that outlives the
 * process in the service manager's store of descriptors; the control thread writes it, the next process reads
 * it.
 *
 * It holds the requests that set a state, the last one for each target, the effects' parameters, and where
 * the transport was. A process may die between any two stores: an entry has two slots, the one that is not in
 * force is written, then one store puts it in force. Checksums tell what a fault scribbled over. No key of it
 * is secret, and nothing of it is trusted: the next process takes the requests through the same checks as the
 * broker's.
 */
#ifndef RTCORE_RESUME_H
#define RTCORE_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mos/fx.h>
#include <mos/region.h>
#include <mos/rtctl.h>

#define RESUME_MAGIC 0x584f424du /* "MBOX" */
#define RESUME_ABI_MAJOR 1u
#define RESUME_ABI_MINOR 0u
#define RESUME_ENTRIES 1024u
#define RESUME_STARTS                                                                                        \
	2u /**< so many starts with a box there may be within RESUME_LOOP_NS: one more is a crash loop */
#define RESUME_LOOP_NS INT64_C(10'000'000'000)

/** As the effects are set; the last strip: master and the whole. A float is never half written. */
typedef float resume_fx[MOS_N_STRIPS + 1][MOS_FX_N_UNITS][MOS_FX_PARAMS_MAX];

/** Where the transport was. */
struct resume_place {
	uint64_t timeline_id; /**< 0: nothing was loaded */
	int64_t tick;         /**< while counting in: before the start point */
	uint32_t tick_frac;
	uint32_t state; /**< enum mos_transport_state */
	uint32_t flags; /**< MOS_CLOCK_COUNT_IN, MOS_CLOCK_LOOP */
	uint32_t reserved;
};

struct resume_slot {
	uint64_t check; /**< of what follows */
	uint64_t order; /**< rising as they came */
	struct mos_rtctl_msg msg;
};

struct resume_entry {
	uint32_t in_force; /**< 0: none, else the slot's number from 1 */
	uint32_t reserved;
	struct resume_slot slot[2];
};

struct resume_place_slot {
	uint64_t check;
	struct resume_place place;
};

/** The region's content. */
struct resume_box {
	struct mos_region_hdr region;
	uint64_t layout; /**< sizes and numbers that both processes must have in common */
	uint64_t clock;  /**< generation of the clock page that says where we are; 0: `place` says it */
	uint32_t place_in_force; /**< as of an entry */
	uint32_t n_starts;       /**< the next of `start_ns`, modulo RESUME_STARTS */
	struct resume_place_slot place[2];
	int64_t start_ns[RESUME_STARTS]; /**< CLOCK_BOOTTIME of the processes that went on with this box */
	resume_fx fx;
	struct resume_entry entry[RESUME_ENTRIES];
};

struct resume {
	struct mos_region region;
	struct resume_box *box; /**< in the region */
	uint64_t last_order;
	bool is_full; /**< something found no room */
};

/** An empty box. @return 0, -errno. */
int resume_create(uint64_t generation, struct resume *ret);

/**
 * The box of a process that died. What is not sound of it is emptied.
 * @param fd       Borrowed.
 * @param ret_bad  How many entries and parameters were not sound.
 * @param ret_why  A sentence when it is refused.
 * @return 0; -EINVAL: of no use at all; -errno.
 */
int resume_open(int fd, struct resume *ret, uint32_t *ret_bad, const char **ret_why);

/** Unmaps; the region lives on where a descriptor of it is. */
void resume_finish(struct resume *r);

/** Empty it: nothing is to be brought back any more. */
void resume_forget(struct resume *r);

/** A process goes on with this box; CLOCK_BOOTTIME. @return 1: too many have done so lately: it is not to be
 * used. */
int resume_started(struct resume *r, int64_t now_ns);

/** A request that set something, answered with success. @return 0; -ENOSPC: it will not be brought back. */
int resume_put(struct resume *r, const struct mos_rtctl_msg *msg);
/** Nothing is set there any more. */
void resume_drop(struct resume *r, const struct mos_rtctl_msg *msg);
/** Drop all requests of this kind for which `is_meant` says yes; NULL: all. */
void resume_drop_op(struct resume *r, uint32_t op,
	bool (*is_meant)(const struct mos_rtctl_msg *msg, const void *data), const void *data);
/**
 * The requests of one kind, oldest first. @param order  Begin with 0; moved on. @return 1, 0: that was all.
 */
int resume_next(const struct resume *r, uint32_t op, uint64_t *order, struct mos_rtctl_msg *ret);
/** The request for the same target as `like`. @return 1, 0. */
int resume_find(const struct resume *r, const struct mos_rtctl_msg *like, struct mos_rtctl_msg *ret);

/** Where the transport was, by this process' own reckoning: no clock page says it from here on. */
void resume_set_place(struct resume *r, const struct resume_place *place);
/** @return 1, 0: there is none. */
int resume_get_place(const struct resume *r, struct resume_place *ret);
/** The clock page of this generation says where we are from here on. */
void resume_set_clock(struct resume *r, uint64_t generation);

#endif
