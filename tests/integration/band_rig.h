/* SPDX-License-Identifier: MIT */
/**
 * mos-band as a process, with the test as its broker, its callers, its service manager, and an rtcore whose
 * transport keeps time.
 */
#ifndef TEST_BAND_RIG_H
#define TEST_BAND_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <mos/timeline.h>

#include "wire.h"

#define RIG_WATCHDOG_MS 20000
#define RIG_CLIENTS 3
#define RIG_LOG 64

/** Caller's view of the transport that the test plays. */
struct rig_transport {
	bool playing, down; /**< down: every question is answered rtcore.down */
	bool refuses_play;
	uint64_t replaced_by;         /**< after the next update rtcore begins anew, with this score */
	int64_t tick, time_ns;        /**< where it was when it began to move */
	struct mos_timeline timeline; /**< in force; n_event 0: none */
	uint64_t id;
	char linked[64];
};

struct band_rig {
	char dir[64];
	int listener, broker; /**< -1: none */
	int client[RIG_CLIENTS];
	int manager, kept; /**< where it says what is to be kept, and what was; -1 */
	pid_t pid;
	struct wire_in in; /**< the last frame */
	struct rig_transport transport;
	unsigned n_loads, n_updates, n_clients;
	char log[RIG_LOG][WIRE_METHOD_MAX]; /**< kronos methods, in order, but for questions */
	unsigned n_log;
};

extern struct band_rig rig;

void rig_start(void);
/** SIGTERM ends it cleanly; a sanitizer's finding would show in the status. */
void rig_stop(void);
/** SIGTERM; the broker is served until it has ended. */
void rig_end(void);
/** SIGKILL. What it gave its manager to keep is there for the next one. */
void rig_kill(void);
/** The next one, which is told what rtcore plays. @param generation  Of rtcore; 0: there is none. */
void rig_start_again(uint64_t generation);
int rig_client(const char *name);

/** Serve the broker's side until `sock` has something. */
void rig_wait(int sock);
/** Serve it for so long. */
void rig_pass(int ms);
void rig_rtcore_up(uint64_t generation, uint64_t timeline_id);
/** Where the transport is, through the timeline's loop. */
int64_t rig_tick(void);
/** Where it plays on from. */
void rig_go_to(int64_t tick);
/** Somebody else's score is in force now. */
void rig_replace(uint64_t id);

void rig_begin(struct wire_out *out, const char *method);
void rig_send(int sock, struct wire_out *out);
void rig_answer(int sock);
void rig_call_out(int sock, struct wire_out *out);
void rig_call(int sock, const char *method);
void rig_notice(int sock, const char *method);
/** A text, and flags after it: "chords", "C F", ..., NULL. For rig_begin()'s frame. */
void rig_put_flags(struct wire_out *out, ...);
void rig_expect_error(const char *code, const char *where);
void rig_expect_result(void);
const char *rig_text(const char *key);
int64_t rig_number(const char *key);
bool rig_truth(const char *key);
/** Bytes of the descriptor beside the last answer; good until the next. */
const uint8_t *rig_bytes(size_t *ret_size);
int rig_file(const void *bytes, size_t n);
/** Whether these methods stand in the log in this order: "kronos.transport.stop kronos.timeline.unload". */
bool rig_logged(const char *methods);

#endif
