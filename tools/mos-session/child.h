/* SPDX-License-Identifier: MIT */
/**
 * One program that the session runs. mos-session only.
 *
 * A child dies with the session (PR_SET_PDEATHSIG), starts with default signals, and leaves its pid in
 * `<runtime dir>/NAME.pid` for as long as it runs, so that a test can find and kill it. When to start,
 * restart or end it is the session's policy (session.h), not decided here.
 */
#ifndef MOS_SESSION_CHILD_H
#define MOS_SESSION_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "fdstore.h"

enum child_kind {
	CHILD_DAEMON,     /**< background, own process group, stdin is /dev/null, restarted when it dies */
	CHILD_FOREGROUND, /**< the user's command: keeps terminal, process group and standard streams */
	CHILD_PROBE, /**< asks one question and ends; prints to `output_fd`, and its errors are not shown */
};

/** Zeroed plus `name`, `kind` and `argv` is a child that was never started. Strings are borrowed. */
struct child {
	const char *name;
	enum child_kind kind;
	const char *const *argv; /**< NULL-terminated; [0] a path, or a name to be found in PATH */
	const char *const *env;  /**< NAME=VALUE, NULL-terminated, beside the session's own; may be NULL */
	int output_fd;           /**< probe: where it prints; borrowed */
	bool notifies;           /**< says READY=1 by itself; others are ready once started */
	bool keep_down;          /**< stays down when it dies */

	pid_t pid; /**< 0: not running */
	bool ready;
	bool hung;            /**< was told to end since it said nothing */
	bool ended_well;      /**< its last end was exit code 0 */
	int status;           /**< of its last end, as wait(2) gives it */
	int64_t started_ns;   /**< CLOCK_MONOTONIC */
	int64_t restart_ns;   /**< when to start it again; 0: not due */
	int64_t backoff_ns;   /**< wait before the next restart */
	int64_t alive_ns;     /**< last WATCHDOG=1, or its start */
	int64_t watchdog_ns;  /**< what it asked for; 0: the place's */
	struct fdstore store; /**< what its next process gets */
};

/** Where all children of a session live. Borrowed by every call. */
struct child_place {
	const char *runtime_dir;
	const char *notify_path; /**< given as NOTIFY_SOCKET to children that notify */
	const char *log_dir;     /**< daemons write to log_dir/NAME.log; NULL: the session's standard error */
	struct rlimit nofile;    /**< open files of a program; the session allows itself more */
	int64_t watchdog_ns;     /**< children that notify say WATCHDOG=1 within this time; 0: need not */
};

/** CLOCK_MONOTONIC, ns. */
int64_t child_now_ns(void);

/**
 * Start the program.
 *
 * @return 0; -errno of fork, or of opening the log. A program that cannot be executed is no error here:
 *         it says so on standard error and ends with code 127 (not found) or 126, as a shell's would.
 */
int child_start(struct child *child, const struct child_place *place);

/** Send a signal, if it runs. */
void child_signal(const struct child *child, int signal);

/** The session waited for `child->pid` and got `status`: note it, remove the pid file. */
void child_ended(struct child *child, const struct child_place *place, int status);

/** Exit code as a shell reports it: the program's own, or 128 + signal. */
int child_exit_code(const struct child *child);

/** One phrase for messages: "ended with code 1", "was killed by signal 9 (Killed)". */
void child_describe_end(const struct child *child, char *text, size_t size);

#endif
