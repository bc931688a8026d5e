/* SPDX-License-Identifier: MIT */
/**
 * A program's connection to MOS: calls to the broker and the services, and the real-time plane (clock page,
 * event ring, own ingress ring, counters) mapped into the program.
 *
 *     struct mos_client *c;
 *     struct mos_error err;
 *
 *     if (mos_client_create(&(struct mos_client_options){ .name = "my-app" }, &c, &err) < 0)
 *             errx(1, "%s (%s)", err.message, err.hint);
 *     mos_transport_play(c, 0);
 *     ...
 *     mos_client_destroy(c);
 *
 * Thread: a client belongs to one thread at a time. Two of its parts may be used beside that thread:
 * mos_emit() by one other thread, and the page that mos_client_clock() returned, by any.
 *
 * Restarts: when the broker comes back after a crash, the next call connects again and resumes the old slot:
 * rings and pages stay mapped. When rtcore restarts, generation and regions are new; the next call and
 * mos_events_wait() notice, see mos_client_refresh().
 */
#ifndef MOS_CLIENT_H
#define MOS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <mos/attr.h>
#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/event.h>
#include <mos/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mos_client;

#define MOS_REPLY_FDS_MAX 16

/** Why something failed. Text is UTF-8, NUL-terminated; absent parts are empty. */
struct mos_error {
	char code[64];     /**< stable: "kronos.seek.range"; libmos' own begin with "client." */
	char message[256]; /**< one English sentence */
	char where[96];    /**< the parameter, byte or place meant */
	char hint[192];    /**< what to do about it */
};

#define MOS_CLIENT_CONTROL_ONLY                                                                              \
	0x1u /**< calls only: takes no slot, maps nothing; clock, events, emit say -ENOTCONN */

struct mos_client_options {
	const char *name;        /**< shown in lists, at most 47 bytes; NULL: the program's name */
	const char *runtime_dir; /**< NULL: $MOS_RUNTIME_DIR, else $XDG_RUNTIME_DIR/mos, else /run/mos */
	int timeout_ms;          /**< of every call; 0: 5000 */
	int wait_ms;    /**< how long a broker that is not there yet is waited for; 0: fail at once */
	uint32_t flags; /**< MOS_CLIENT_* */
};

/**
 * Connect and, unless MOS_CLIENT_CONTROL_ONLY, open a slot in the real-time plane.
 *
 * @param options   NULL: all defaults. Strings are copied.
 * @param ret_error May be NULL.
 * @return 0; -ENOENT, -ECONNREFUSED nobody runs there; -EACCES; -ETIMEDOUT; -EREMOTEIO the broker said no;
 *         -EPROTO it speaks something else or handed over a region that does not check; -ENAMETOOLONG;
 * -ENOMEM.
 */
int mos_client_create(
	const struct mos_client_options *options, struct mos_client **ret, struct mos_error *ret_error);

/** Hang up, unmap, free. NULL is fine. */
void mos_client_destroy(struct mos_client *client);

/** Why the last function that returned a negative number failed; valid until the next one does. Never NULL.
 */
const struct mos_error *mos_client_error(const struct mos_client *client);

/** What the broker granted. */
struct mos_client_info {
	uint32_t slot;    /**< event source number of this client; UINT32_MAX: none (control only) */
	uint32_t rate_hz; /**< frames a second */
	uint32_t quantum; /**< frames a cycle */
	uint32_t reserved0;
	uint64_t generation; /**< of rtcore; changes when it restarts; 0: none (control only) */
};
struct mos_client_info mos_client_info(const struct mos_client *client);

/**
 * Look whether broker or rtcore were restarted, and follow. One small call.
 *
 * @return 0 as before; 1 rtcore is another: regions are mapped anew, pointers from mos_client_clock() and
 *         mos_client_counters() are to be fetched again (the old ones stay readable until the next such
 *         change), events continue with the newest; negative as mos_client_create().
 */
int mos_client_refresh(struct mos_client *client);

/* --- Calls. They block the caller until answered or timed out; not for the audio thread. --- */

/** An answer. Zero it or let mos_call() fill it; finish it when done. */
struct mos_reply {
	struct mos_value value;     /**< the result, a map */
	int fds[MOS_REPLY_FDS_MAX]; /**< owned by the reply; take one by setting its place to -1 */
	uint32_t n_fds;
	void *memory; /**< private */
};
void mos_reply_finish(struct mos_reply *reply);

/**
 * Call a method by its name. Methods of `broker`, `kronos` and `apollo` go to the broker; for any other
 * service a connection is made through the broker at the first call and kept.
 *
 * @param args    n_args fields, see MOS_ARGS and MOS_NO_ARGS.
 * @param ret     NULL when the answer does not matter; filled on 0 only.
 * @return 0; -EREMOTEIO the method failed, mos_client_error() has its code; -ETIMEDOUT no answer in time;
 *         -ECONNRESET hung up while waiting: it may or may not have been carried out; -ENOENT,
 *         -ECONNREFUSED nobody runs; -EMSGSIZE, -E2BIG parameters too large (64 KiB) or too deep;
 *         -EPROTO an answer that is none; -EINVAL no method name; -ENOMEM.
 */
int mos_call(struct mos_client *client, const char *method, const struct mos_field *args, size_t n_args,
	struct mos_reply *ret);

/** mos_call() with everything said. */
struct mos_request {
	const char *method;
	const struct mos_field *args;
	size_t n_args;
	const int *fds; /**< borrowed: sent beside the call, in this order */
	size_t n_fds;
	int timeout_ms; /**< 0: the client's */
};
int mos_call_request(struct mos_client *client, const struct mos_request *request, struct mos_reply *ret);

/* --- The real-time plane. No call, no lock. --- */

/** Where the transport is at one instant, extrapolated from the clock page. */
struct mos_now {
	int64_t time_ns;        /**< CLOCK_MONOTONIC of this reading */
	int64_t tick;           /**< 960 PPQ */
	uint32_t tick_frac;     /**< 1/2^32 tick */
	uint32_t bar;           /**< from 1, as people count */
	uint32_t beat;          /**< from 1, in denominator units */
	uint32_t beat_tick;     /**< ticks into the beat, from 0 */
	double bpm;             /**< quarters a minute, rate included */
	struct mos_clock clock; /**< the copy that this was computed from */
};

/** The mapped page, for readers with a thread of their own (mos/clock.h); NULL when control only. */
const struct mos_clock_page *mos_client_clock(const struct mos_client *client);

/** @return 0; -EAGAIN no whole copy to be had (somebody writes the page without pause); -ENOTCONN control
 * only. No syscall. */
int mos_clock_now(const struct mos_client *client, struct mos_now *ret);

/** The counters page (mos/counters.h); NULL when control only. */
const struct mos_counters_view *mos_client_counters(const struct mos_client *client);

/**
 * Next event since the client was created, in order, without waiting.
 * @return 1 an event; 0 none yet; -EOVERFLOW this reader was too slow: mos_events_lost() grew, go on reading;
 *         -ENOTCONN control only. No syscall.
 */
int mos_events_next(struct mos_client *client, struct mos_event *ret);

/** Events missed so far by being too slow. */
uint64_t mos_events_lost(const struct mos_client *client);

/**
 * Sleep until there is something for mos_events_next().
 * @param timeout_ms  Negative: without end.
 * @return 0 look now; -ETIMEDOUT; -EINTR a signal came; otherwise as mos_client_refresh().
 */
int mos_events_wait(struct mos_client *client, int timeout_ms);

/** Hears an event. It may call methods, add and end listeners, its own included; it must not destroy the
 * client. */
typedef void (*mos_event_handler)(const struct mos_event *event, void *data);

/** A handler's registration (KRO-10). */
struct mos_listener;

/**
 * Have events of a type handled by mos_events_dispatch(), from the next one on.
 *
 * @param type  enum mos_event_type; 0: all.
 * @param ret   The client's; ends with mos_events_off() or with the client.
 * @return 0; -EINVAL no handler; -ENOMEM.
 */
int mos_events_on(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data,
	struct mos_listener **ret);
/** Unsubscribe: the handler is not called again, not even for an event that is being told. NULL is fine. */
void mos_events_off(struct mos_listener *listener);

/**
 * Tell the listeners, in the order of their registration, what has happened since the last event taken; wait
 * for something to happen when nothing has. Takes the same events as mos_events_next(): a program uses one or
 * the other.
 *
 * @param timeout_ms  0: do not wait; negative: wait without end.
 * @return events taken from the ring, at most 256 a call; 0 none within the time; -EBUSY called by a handler;
 *         -ENOTCONN control only; others as mos_events_wait(). What was lost, mos_events_lost() tells.
 */
int mos_events_dispatch(struct mos_client *client, int timeout_ms);

/**
 * Hand an event to rtcore; `seq` and `source` are ignored. Wait-free, audio threads allowed.
 * @return 0; -EAGAIN the ring is full: after the next cycle there is room; -ENOTCONN control only.
 */
int mos_emit(struct mos_client *client, const struct mos_event *event) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif
