/* SPDX-License-Identifier: MIT */
/**
 * The bus: what clients emit becomes events for everybody. One thread (`mos-bus`, bus_thread.c) serves the
 * clients' rings, wakes who sleeps on the event ring, and wakes control. bus.c decides whose turn it is,
 * bus_record.c what becomes of one record. Neither of those two takes the clock or waits, so that tests step
 * them by hand.
 *
 * A client's doorbell says that its ring wants a look. Is there an immediate record in it, or is it half
 * full, it is served at once; else with the next frame of 16 ms. Each has a share of a frame; what is beyond
 * it stays in the client's own ring.
 */
#ifndef RTCORE_BUS_H
#define RTCORE_BUS_H

#include <pthread.h>

#include "engine.h"

#define BUS_FRAME_NS 16000000u /**< TIM-08, EVT-02 */
#define BUS_SHARE 512u         /**< records, and rings of the doorbell, a client a frame */
#define BUS_FIRST 8u  /**< of these so many at once, where its doorbell asks for it; then with the others */
#define BUS_ROUND 32u /**< records of one client before it is the next one's turn */
#define BUS_FRAME_RECORDS 8192u /**< of all clients a frame; past it each still has BUS_ROUND */
#define BUS_FRAME_RINGS 4096u   /**< likewise rings of doorbells */
#define BUS_TURN 256u           /**< records before the doorbells are looked at again */
#define BUS_COMMANDS 1024u
#define BUS_ANSWERS 2048u
#define BUS_NOTICE_NS INT64_C(1000000000)
#define BUS_N_REASONS (MOS_BUS_REFUSED + 1)

/** One bit a client slot. */
struct bus_set {
	uint64_t word[MOS_CLIENTS_MAX / 64];
};

/** What ENGINE_OP_CLIENT_ADD hands over. */
struct bus_attach {
	struct mos_ingress_reader ring;
	int doorbell; /**< borrowed until the client is gone; -1: none */
	uint32_t may; /**< MOS_MAY_* */
};

struct bus_client {
	struct bus_attach in;
	uint64_t frame; /**< the one of the next two figures */
	uint32_t n_records;
	uint32_t n_rings;
	int is_flooding; /**< its share of it is spent, and that was counted */
	uint64_t serve;  /**< the engine's, of the next figure */
	uint32_t n_sounding;
	int has_held;     /**< `held` was taken from the ring and waits for a cycle, or for its frame */
	int has_snapshot; /**< `snapshot` waits for its frame's end */
	struct mos_event held, snapshot;
	uint64_t n_noticed[BUS_N_REASONS]; /**< bad records or frames so far */
	int64_t noticed_ns[BUS_N_REASONS]; /**< when it was last told */
};

/** The bus thread's, but for what is marked. */
struct bus {
	struct engine *engine;
	struct spsc commands; /**< control -> bus: struct engine_cmd */
	struct spsc answers;  /**< bus -> control */
	uint64_t frame;       /**< number of the running frame */
	uint32_t n_records;   /**< taken in it, of all clients */
	uint32_t n_rings;     /**< likewise doorbells heard */
	uint64_t serves;      /**< the engine's, as seen last */
	uint32_t groups;      /**< bells to ring now */
	uint32_t lane;        /**< bells to ring with the frame */
	int ring_lane;        /**< 1: the frame has begun, not all of it is told yet */
	struct bus_set attached;
	struct bus_set urgent;  /**< to be served now */
	struct bus_set due;     /**< to be served in this frame, after those */
	struct bus_set ending;  /**< of these, whose last frame has ended: their snapshots are told */
	struct bus_set waiting; /**< in the next frame */
	struct bus_set blocked; /**< when the audio thread has taken what sounds */
	struct bus_set leaving; /**< gone; the audio thread is still to be told */
	struct bus_set muted;   /**< their doorbells are not listened to in this frame */
	uint32_t next;          /**< whose turn it is */
	uint16_t far[2]; /**< the last two that told an event of MOS_HOPS_MAX hops, the newer first */
	struct bus_client client[MOS_CLIENTS_MAX];

	/* bus_thread.c */
	pthread_t thread;
	int fd;         /**< eventfd that the audio thread and control write; owned */
	int control_fd; /**< eventfd that control polls; owned */
	int epoll_fd, timer_fd;
	int64_t timer_ns; /**< what the timer is set to, 0: not */
	int stop;         /**< atomic */
	int started;
};

static inline void bus_set_add(struct bus_set *s, uint32_t slot)
{
	s->word[slot / 64] |= UINT64_C(1) << slot % 64;
}

static inline void bus_set_remove(struct bus_set *s, uint32_t slot)
{
	s->word[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static inline int bus_set_has(const struct bus_set *s, uint32_t slot)
{
	return (int)(s->word[slot / 64] >> slot % 64 & 1);
}

/* bus.c */

/** A zeroed struct bus, its descriptors opened or -1, becomes one without clients. @return 0, -ENOMEM. */
int bus_init(struct bus *b, struct engine *e);
void bus_finish(struct bus *b);
/** Control thread. @return 0, -EAGAIN full. */
int bus_send(struct bus *b, const struct engine_cmd *cmd);
/** Control thread: take an answer. @return 1, 0 none. */
int bus_receive(struct bus *b, struct engine_cmd *ret);

/** A client's doorbell was rung. */
void bus_doorbell(struct bus *b, uint32_t slot, int64_t now_ns);
/** Serve commands, and clients up to BUS_TURN records. @return 1: somebody is still to be served now. */
int bus_turn(struct bus *b, int64_t now_ns);
/** When the next turn is wanted though nothing rings; 0: only then. */
int64_t bus_deadline_ns(const struct bus *b);
/** Count one more of `reason` from a client, and tell everybody, at most once a second. */
void bus_notice(struct bus *b, uint32_t slot, enum mos_bus_reason reason, uint32_t type, uint16_t other,
	int64_t now_ns);

/* bus_record.c */

/** Publish; a time of 0 becomes now. */
void bus_publish(struct bus *b, struct mos_event *ev, int64_t now_ns);
/** Check a client's record and do what it asks for. @return 0 done, or refused; -EAGAIN: it has to wait for a
 * cycle. */
int bus_take(struct bus *b, uint32_t slot, struct mos_event *ev, int64_t now_ns);

/* bus_thread.c */

/** Make the descriptors; before control waits for control_fd. @return 0 or -errno. */
int bus_open(struct bus *b);
/** Start the thread. @return 0 or -errno. */
int bus_start(struct bus *b);
/** End the thread and close the descriptors. */
void bus_stop(struct bus *b);
/** Control: there are commands. */
void bus_wake(struct bus *b);
/** Listen to a client's doorbell, or not. @return 0 or -errno. */
int bus_listen(struct bus *b, uint32_t slot);
void bus_unlisten(struct bus *b, uint32_t slot);
/** Shut out a doorbell for the rest of a frame, and let it in again. */
void bus_mute(struct bus *b, uint32_t slot, int mute);

#endif
