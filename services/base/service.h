/* SPDX-License-Identifier: MIT */
/**
 * The main() that every service has: the same flags, one sd-event loop, clean exit on SIGTERM and SIGINT,
 * sd_notify with watchdog, log lines, as many open files as the hard limit allows. A service fills struct
 * service_def and calls service_main().
 */
#ifndef MOS_BASE_SERVICE_H
#define MOS_BASE_SERVICE_H

#include <time.h>
#include <systemd/sd-event.h>

#include "fdstore.h"
#include "runtime_dir.h"

/** Exit status of every service. */
enum {
	SERVICE_EXIT_OK = 0,
	SERVICE_EXIT_FAILED = 1,
	SERVICE_EXIT_USAGE = 2,
	SERVICE_EXIT_HELD = 3, /**< another one holds the runtime directory (CNF-03) */
};

struct service {
	const char *program; /**< "mos-broker" */
	const char *name;    /**< "broker": first word of its methods */
	sd_event *event;
	char runtime_dir[RUNTIME_DIR_MAX];
	struct timespec started; /**< CLOCK_MONOTONIC */
	struct fdstore fds;      /**< what the service manager gave; who claims nothing in start() loses it */
};

struct service_def {
	const char *program;
	const char *name;
	const char *help; /**< lines between usage and options, ending in a newline */
	/** One more option with a value, without its dashes, and its line or lines of help; NULL: none. */
	const char *option, *option_help;
	const char **option_value; /**< written when it is given */
	/**
	 * Open everything. Logs what failed by itself.
	 * @return 0; -EBUSY ends in SERVICE_EXIT_HELD; other -errno in SERVICE_EXIT_FAILED.
	 */
	int (*start)(struct service *service, void *data);
	/**
	 * Asked to end by a signal. May be NULL.
	 * @return 0 end now; 1 the service ends things in order and calls service_quit() itself; a second
	 * signal is not asked about any more.
	 */
	int (*ending)(struct service *service, void *data);
	/** Close everything; also called after a failed start, so it takes what is half made. */
	void (*stop)(struct service *service, void *data);
};

/** @return the process' exit status. */
int service_main(const struct service_def *def, void *data, int argc, char **argv);

/** End the loop as soon as the current callback is done. @param rc  As the result of start(). */
void service_quit(struct service *service, int rc);

/**
 * What comes now takes long and is no hang, as a driver that compiles its shaders: the service manager waits for a
 * sign of life this long. 0: as ever again. Nothing without a watchdog.
 */
void service_patience(unsigned seconds);

/** Seconds since start. */
double service_uptime_s(const struct service *service);

#endif
