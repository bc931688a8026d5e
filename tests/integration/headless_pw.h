/* SPDX-License-Identifier: MIT */
/**
 * A private PipeWire for one test: server, WirePlumber, one null sink that drives the graph, all in a
 * runtime directory of their own. The same set-up as `mos-session --private-pipewire`.
 *
 * Thread: the test's main thread. The children die with it (PR_SET_PDEATHSIG), whatever happens.
 */
#ifndef TESTS_HEADLESS_PW_H
#define TESTS_HEADLESS_PW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HEADLESS_SINK "mos-null" /**< node name of the null sink, and the default sink */
#define HEADLESS_WAIT_MS 20000 /**< how long anything may take before a test gives up: a watchdog, no limit  \
				*/

struct headless_pw {
	char dir[32];
	pid_t server, manager;
};

/**
 * Make the directory, start both programs, return when the sink has its ports and is the default.
 * PIPEWIRE_RUNTIME_DIR of this process then leads to it: libpipewire and every child find it.
 *
 * @param quantum_frames  The graph's quantum as long as no client forces another.
 * @return 0; -ENOENT when PipeWire or WirePlumber is not installed; -ETIMEDOUT. What was started then is
 *         ended by headless_pw_stop(), as after a success.
 */
int headless_pw_start(struct headless_pw *pw, uint32_t quantum_frames, uint32_t rate_hz);

/** SIGKILL to the server and its manager, as a crash would be. Returns when both are gone. */
void headless_pw_kill(struct headless_pw *pw);

/** Start both again in the same directory. @return as headless_pw_start(). */
int headless_pw_restart(struct headless_pw *pw);

/** End what runs, remove the directory. A zeroed or stopped object is fine. */
void headless_pw_stop(struct headless_pw *pw);

/**
 * Run one of PipeWire's own tools to its end; its output goes to the server's log.
 * @param argv  NULL-terminated.
 * @return exit status; 127: not installed; 128 + signal.
 */
int headless_pw_run(const struct headless_pw *pw, const char *const *argv);

/** The same again and again until it exits 0: for a link whose ports are just coming. */
bool headless_pw_run_until(const struct headless_pw *pw, const char *const *argv);

/**
 * Wait until `condition(data)` holds, looking every few milliseconds.
 * @return false when it did not within HEADLESS_WAIT_MS.
 */
bool headless_pw_wait(bool (*condition)(void *data), void *data);

/** The same with a time of one's own, for what is long by nature. */
bool headless_pw_wait_for(bool (*condition)(void *data), void *data, int64_t limit_ms);

#endif
