/* SPDX-License-Identifier: MIT */
/**
 * The broker's tie to rtcore: the records of mos/rtctl.h over $MOS_RUNTIME_DIR/rtcore.sock, asynchronous, in
 * the order they are given. Connects by itself, and again when rtcore was restarted. Main thread.
 */
#ifndef BROKER_RTLINK_H
#define BROKER_RTLINK_H

#include <sys/queue.h>
#include <systemd/sd-event.h>

#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/region.h>
#include <mos/rtctl.h>

#include "retry.h"

/** Regions that HELLO's answer carries, in its order. */
enum { RTLINK_CLOCK, RTLINK_EVENTS, RTLINK_COUNTERS, RTLINK_AUDIO, RTLINK_MIDI, RTLINK_N_REGIONS };

/**
 * What became of a request.
 * @param rc   0: rtcore answered, `msg` says what (msg->status may be a failure); -ECONNRESET rtcore went
 * away first; -ETIMEDOUT it did not answer in time. `msg` is NULL then.
 * @param fds  n_fds descriptors beside the answer. Borrowed: duplicate one to keep it.
 */
typedef void rtlink_answered(
	void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds);

struct rtlink_ops {
	/** Greeted; link->generation and the regions are in force. */
	void (*up)(void *data);
	/** The connection ended, or the greeting on it failed. */
	void (*down)(void *data);
};

struct rtlink_request;

/** Caller's memory; read-only for others. */
struct rtlink {
	sd_event *event; /**< borrowed */
	const char *runtime_dir;
	const struct rtlink_ops *ops;
	void *data;

	int up;
	uint32_t pid, rate_hz, quantum;  /**< as greeted with */
	uint64_t generation;             /**< 0: never seen one; kept while down, to know it again */
	int region_fd[RTLINK_N_REGIONS]; /**< owned; for handing on; -1 while down */
	struct mos_region clock;         /**< attached while up */
	struct mos_counters_view counters;

	/* private */
	int sock;
	sd_event_source *io, *deadline;
	struct retry retry;
	int absence_logged;
	uint32_t next_id, n_pending;
	TAILQ_HEAD(, rtlink_request) pending; /* sent and unsent, oldest first */
};

/** Start; goes on for ever, also when there is no rtcore yet. @return 0, -errno of the event loop. */
int rtlink_start(struct rtlink *link, sd_event *event, const char *runtime_dir, const struct rtlink_ops *ops,
	void *data);
/** Ends what is pending with -ECONNRESET. Zeroed links are not fine; started or half-started ones are. */
void rtlink_stop(struct rtlink *link);

/**
 * Ask rtcore. While the first greeting is under way requests wait for it.
 * @param msg  op and u; copied.
 * @param fd   Goes beside it, -1: none. Borrowed.
 * @return 0: `answered` is called once, later; otherwise never: -ENOTCONN rtcore is down; -ENOBUFS too much
 *         waits already; -ENOMEM; -errno of duplicating fd.
 */
int rtlink_request(
	struct rtlink *link, const struct mos_rtctl_msg *msg, int fd, rtlink_answered *answered, void *data);

/** 1: connected, and it is not known yet what is at the other end. up() or down() follows within 5 s. */
int rtlink_greeting(const struct rtlink *link);

/** Copy the clock page. @return 0; -ENOTCONN while down; -EAGAIN no consistent copy was had. */
int rtlink_read_clock(const struct rtlink *link, struct mos_clock *ret);
/** The same with the song's place; of an older rtcore, which tells none, all zero. */
int rtlink_read_song(const struct rtlink *link, struct mos_clock *ret, struct mos_clock_song *ret_song);

#endif
