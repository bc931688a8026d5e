/* SPDX-License-Identifier: MIT */
/**
 * The sender's loop (contract 2.2, 7; tritone.md 12): a schedule, a clock, a port. Everything due within the
 * look-ahead is handed over once, in order, through the gate; every way out leaves nothing sounding. The loop
 * is pure: the thread in thread.c gives it CLOCK_MONOTONIC, tests a clock of their own.
 */
#ifndef BAND_LIVE_H
#define BAND_LIVE_H

#include <mos/midi_gate.h>

#include "perform.h"

#define BAND_TICK_NS 10000000      /**< tick_s 0.01 */
#define BAND_LOOKAHEAD_NS 50000000 /**< lookahead_s 0.05 */

/** Where messages go. After an error (-errno) the loop ends with RT_BACKEND_FAILURE. Closed once, always. */
struct band_sender {
	/**
	 * @param due_ns  CLOCK_MONOTONIC; past or 0: at once. Messages of one time keep their order. A
	 * backend that can't schedule has `waits`: it gets what is due.
	 */
	int (*send)(struct band_sender *sender, int64_t due_ns, const uint32_t ump[2]);
	int (*flush)(struct band_sender *sender);
	void (*close)(struct band_sender *sender); /**< sends what waits for its time, and frees the sender */
	bool waits;
};

struct band_backend {
	const char *name, *alias, *text; /**< "alsa-seq", "rtmidi", one line for people */
	/**
	 * @param port  A port's name or a part of it that no other has; NULL or empty: the backend's own
	 * choice.
	 * @return 0; -ENODEV: not on this machine, -ENOENT: no such port, -EEXIST: ambiguous; the report has
	 * the ports. -ENOMEM without a report.
	 */
	int (*open)(const char *port, struct band_report *report, struct band_sender **ret);
	/** Names of ports that could be opened. @return count, -ENODEV. */
	int (*ports)(char (*ret)[128], uint32_t max);
	bool built; /**< false: built without its library; open() says how to get it (T-26) */
};
/** alsa-seq, alsa-raw, collect; `pipewire` (mido) is rtcore's and not in here. Ends with a NULL name. */
extern const struct band_backend band_backends[];
const struct band_backend *band_backend_find(const char *name);

/** What was decided about a message. */
struct band_decision {
	int64_t due_ns, sent_ns;
	uint32_t ump[2];
	uint8_t verdict; /**< enum mos_gate_verdict */
};

struct band_loop;
/**
 * Copies the schedule; the sender is the loop's afterwards.
 * @return NULL: errno is EINVAL (nothing that can be played: times, kinds, a loop below 1 ms) or ENOMEM; the
 * sender is still the caller's.
 */
struct band_loop *band_loop_new(const struct band_schedule *schedule, const struct mos_gate_policy *policy,
	struct band_sender *sender, int64_t start_ns);
/**
 * From `at_ns` on play this, which has the same bars before: both count alike up to there, behind the loop's
 * end the loop's time is counted on. Where one waits already, the place is counted by that one, and so is the
 * position from now on. What sounds at that line and has no end in the new one is let go.
 * @return 0; -EINVAL: no such place; -ETIME: too late, it was handed over already; -ESHUTDOWN: it ended;
 * -ENOMEM.
 */
int band_loop_replace(struct band_loop *loop, const struct band_schedule *schedule, int64_t at_ns);
/**
 * Hand over what is due. @return ns until it wants to be called again; 0: at the end; -EIO the backend
 * failed. In both of these cases it ended itself. `log` may be NULL: otherwise each decision is told.
 */
int64_t band_loop_run(struct band_loop *loop, int64_t now_ns,
	void (*log)(void *data, const struct band_decision *decision), void *log_data);
/** Where it is in the schedule that it was given last, ns from its start; in its loop it goes round. */
int64_t band_loop_position(const struct band_loop *loop, int64_t now_ns);
void band_loop_counts(const struct band_loop *loop, uint64_t *sent, uint64_t *late, uint64_t *dropped);
/** Release, panic as the policy says, close the sender; behind what was handed over ahead. Safe to repeat. */
void band_loop_end(struct band_loop *loop);
void band_loop_free(struct band_loop *loop);

/** A thread that runs a loop: SCHED_FIFO where allowed, sleeping to absolute times. */
struct band_thread;
/** The loop is the thread's afterwards, and freed with it; on failure (-errno) it stays the caller's. */
int band_thread_start(struct band_loop *loop, struct band_thread **ret);
/** As band_loop_replace(); answered when the thread has taken it. One caller at a time. */
int band_thread_replace(struct band_thread *thread, const struct band_schedule *schedule, int64_t at_ns);
struct band_thread_status {
	int64_t position_ns;
	uint64_t n_sent, n_late, n_dropped;
	int error; /**< 0, or why it ended */
	bool ended;
	bool realtime; /**< SCHED_FIFO; false: not allowed here, an ordinary thread */
};
void band_thread_status(struct band_thread *thread, struct band_thread_status *ret);
/** Ends and frees it: nothing sounds afterwards. */
void band_thread_stop(struct band_thread *thread);

#endif
