/* SPDX-License-Identifier: MIT */
/**
 * The set of programs that make up a running MOS: started in order, each waited for, restarted when one
 * dies, ended in reverse order. mos-session only; one thread, one poll loop.
 */
#ifndef MOS_SESSION_SESSION_H
#define MOS_SESSION_SESSION_H

#include <limits.h>

#include "child.h"
#include "notify.h"
#include "pipewire.h"

#define SESSION_CHILDREN_MAX 10

struct session {
	struct child_place place;                 /**< set by the caller before session_init */
	struct child child[SESSION_CHILDREN_MAX]; /**< in starting order; filled by the caller */
	uint32_t n_children;
	bool restart_always; /**< set by the caller: a daemon that ends with code 0 comes back, too */

	/* Private. */
	char notify_path[PATH_MAX];
	int signal_fd;
	int notify_fd;
	int store_fd;    /**< epoll: what is stored and has hung up */
	bool starting;   /**< a death now is a failure to start */
	bool failed;     /**< said why already */
	bool stopping;   /**< nothing is restarted any more */
	bool crashed;    /**< one that was to end died of a fault of its own; said already */
	int stop_signal; /**< SIGINT, SIGTERM or SIGHUP that asked for the end; 0: none */
};

/**
 * Take over signals, become the reaper of everything below, open the readiness socket.
 * @return 0 or -errno; finish with session_finish in either case.
 */
int session_init(struct session *session);

/**
 * Start one child and wait until it is ready.
 *
 * @return 0 ready; -EINTR the user wants to end; -ECHILD it, or one started before it, ended first (who says
 *         nothing for 30 s is ended); other -errno: it could not be started. All but -EINTR were explained
 *         on standard error.
 */
int session_start(struct session *session, struct child *child);

/**
 * Wait until the private PipeWire is this far.
 * @return 0; -EINTR, -ECHILD (explained), -ETIMEDOUT after 15 s (explained), -ENOENT pw-dump is not
 *         installed (explained), other -errno.
 */
int session_wait_for_pipewire(struct session *session, enum pipewire_stage stage);

/**
 * Run until the command ends, the user asks for the end, or, without a command, every daemon that notifies
 * has ended by itself with code 0 (a `quit` through the broker). Dead daemons are restarted meanwhile. A
 * command still has 3 s after the signal that the user sent.
 *
 * @param command  Running foreground child; NULL: none.
 */
void session_run(struct session *session, struct child *command);

/**
 * End a child: SIGTERM, and after 3 s SIGKILL. Returns when it is gone; no-op for one that does not run.
 */
void session_end(struct session *session, struct child *child);

/** End all in reverse order, then whatever they left behind; close everything. Safe after a failed init. */
void session_finish(struct session *session);

#endif
