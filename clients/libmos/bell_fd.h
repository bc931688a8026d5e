/* SPDX-License-Identifier: MIT */
/**
 * The bells of the event ring as a descriptor: a thread sleeps on the futexes in the place of the program and
 * rings an eventfd, which lies in an epoll set beside the sockets and a timer. Private to libmos.
 *
 * The thread rings once, then sleeps until it is armed again: by the look that finds the ring empty, wherever
 * that look is taken. So the descriptor is readable for as long as there is something to do, and no longer.
 */
#ifndef MOS_BELL_FD_H
#define MOS_BELL_FD_H

#include <pthread.h>
#include <stdint.h>

#include <mos/clock.h>
#include <mos/event_ring.h>

struct bell_fd {
	int epoll_fd; /**< -1: not in use */
	int event_fd;
	int timer_fd;
	int64_t timer_ns; /**< what the timer is set to; INT64_MAX: off */
	pthread_t thread;
	int running;
	uint32_t change; /**< futex: grows with each change of what follows; atomic */
	uint32_t rung;   /**< 1: the thread has rung and waits to be armed; atomic */
	pthread_mutex_t lock;
	/* under the lock */
	struct mos_event_reader reader;     /**< for its bells only */
	const struct mos_clock_page *clock; /**< NULL: none; a clock that stands still rings too */
	int64_t check_ns;                   /**< look at it this often */
	uint32_t groups;
	struct mos_event_bells bells;
	int armed, quit;
};

/** No resources yet. */
void bell_fd_init(struct bell_fd *b);
/** Make the descriptors. @return 0, -errno. */
int bell_fd_open(struct bell_fd *b);
/** End the thread, close everything. */
void bell_fd_close(struct bell_fd *b);
/** The same in a child of fork(), where there is no thread, and the set is the parent's too. */
void bell_fd_forget(struct bell_fd *b);

/** Start the thread on a ring, armed; `clock` may be NULL. @return 0, -errno. */
int bell_fd_start(struct bell_fd *b, const struct mos_event_reader *reader,
	const struct mos_clock_page *clock, int64_t check_ns);
/** End the thread: the pages that it looks at are going. */
void bell_fd_stop(struct bell_fd *b);
/** Sleep on other bells. */
void bell_fd_watch(struct bell_fd *b, uint32_t groups, const struct mos_event_bells *bells);
/** The ring was found empty after `bells` had been sampled: cheap when the thread has not rung. */
void bell_fd_arm(struct bell_fd *b, const struct mos_event_bells *bells, int64_t check_ns);

/** Sockets of the set; sock may be closed afterwards. */
void bell_fd_add(struct bell_fd *b, int sock);
void bell_fd_remove(struct bell_fd *b, int sock);
/** Be readable when it may be written to, too. */
void bell_fd_want_room(struct bell_fd *b, int sock, int wanted);
/** Be readable from this time on; INT64_MAX: never. */
void bell_fd_set_timer(struct bell_fd *b, int64_t at_ns);

#endif
