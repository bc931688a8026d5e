/* SPDX-License-Identifier: MIT */
/**
 * A studio for a test: a runtime directory of its own, the real mos-broker in it, a stand-in for rtcore, and
 * callers that speak raw frames.
 */
#ifndef TEST_BROKER_RIG_H
#define TEST_BROKER_RIG_H

#include <stdarg.h>
#include <sys/types.h>

#include "rtcore_double.h"
#include "wire.h"

struct rig {
	char dir[64];
	char state[80], bundles[80]; /**< $MOS_STATE_DIR and $MOS_WIDGET_PATH of the broker */
	pid_t broker; /**< 0: none runs */
	struct rtcore_double *rt;
	uint64_t generation;
};

/** Make the directory. With `rtcore`, the stand-in too; then the broker, and wait until it is ready. */
void rig_start(struct rig *rig, int rtcore);
void rig_finish(struct rig *rig);

/** Start the broker and wait for its READY=1. */
void rig_start_broker(struct rig *rig);
/** Send `signal`, wait for its end. @return as waitpid()'s status. */
int rig_end_broker(struct rig *rig, int signal);
/** Start the stand-in, of a new generation, and wait until the broker has greeted it. */
void rig_start_rtcore(struct rig *rig);
void rig_stop_rtcore(struct rig *rig);
/** Run mos-broker on the directory to its end. @return its exit status; `err` gets its stderr. */
int rig_run_second(const struct rig *rig, char *err, size_t size);
/** Open descriptors of the broker. */
uint32_t rig_broker_fds(const struct rig *rig);

/** One connection to the broker, or to a service through it. Blocking. */
struct caller {
	int sock;
	struct wire_in in;
	struct wire_error error; /**< of the last call that failed */
	uint32_t id;
};

void caller_connect(struct caller *c, const struct rig *rig);
void caller_adopt(struct caller *c, int sock);
void caller_finish(struct caller *c);

/**
 * Send a request; `fmt` names the parameters: "note:s velocity:f". Types: i int64_t, u uint64_t, f double,
 * s string, b int as bool, n nil (no argument), l a string of words as a list, k a string of numbers as a
 * list, m nothing (an empty map).
 */
void caller_send(struct caller *c, const char *method, const char *fmt, ...);
/** Put such parameters into an open map. */
void caller_put(struct wire_out *out, const char *fmt, va_list args);
/** Receive until the answer to the last request sent; notifications before it are skipped. @return as
 * caller_call(). */
int caller_answer(struct caller *c);
/** Ask for the slot that a client had before, by its cookie. @return as caller_call(). */
int caller_resume(struct caller *c, const char *name, uint64_t slot, uint64_t cookie);
/** Both. @return 0, c->in.result is the answer; -EREMOTEIO, c->error; -ECONNRESET the broker hung up. */
int caller_call(struct caller *c, const char *method, const char *fmt, ...);
/** The same with descriptors beside the request; they stay the caller's. */
int caller_call_fd(struct caller *c, int fd, const char *method, const char *fmt, ...);
/** Receive a notification. */
void caller_notified(struct caller *c, const char *method);

/** Values of the last answer; a missing or wrong one ends the test. */
int64_t caller_i64(struct caller *c, const char *key);
uint64_t caller_u64(struct caller *c, const char *key);
double caller_f64(struct caller *c, const char *key);
int caller_bool(struct caller *c, const char *key);
const char *caller_str(struct caller *c, const char *key);

/** broker.client.open as `name`. */
void caller_open(struct caller *c, const char *name);

/** Assert that the call failed with `code`, and with `where` unless NULL. */
#define expect_error(c, rc, code_, where_)                                                                   \
	do {                                                                                                 \
		cr_expect_eq((rc), -EREMOTEIO, "expected %s", code_);                                        \
		cr_expect_str_eq((c)->error.code, code_, "%s: %s", (c)->error.code, (c)->error.message);     \
		if ((const char *)(where_))                                                                  \
			cr_expect_str_eq((c)->error.where, where_);                                          \
	} while (0)

#endif
