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
 * mos_emit() by one thread, which may be another but must always be the same, and the page that
 * mos_client_clock() returned, by any. After fork() the child may destroy its copy and do nothing else with
 * it; the parent's goes on. It makes a client of its own.
 *
 * Inside a widget (mos/widget.h) the client is made of the connection that the broker gave; there is no door.
 *
 * Restarts: when the broker comes back after a crash, the next call, and whatever waits for events, connects
 * again and resumes the old slot: rings and pages stay mapped. When rtcore restarts, generation and regions
 * are new, and events go on with the newest: see mos_client_refresh() and mos_client_on_connection().
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
	int wait_ms; /**< how long a broker or rtcore that is not there yet is waited for; 0: fail at once */
	uint32_t flags; /**< MOS_CLIENT_* */
};

/**
 * Connect and, unless MOS_CLIENT_CONTROL_ONLY, open a slot in the real-time plane.
 *
 * @param options   NULL: all defaults. Strings are copied.
 * @param ret_error May be NULL.
 * @return 0; -ENOENT, -ECONNREFUSED nobody runs there; -EACCES; -ETIMEDOUT; -EREMOTEIO the broker said no;
 *         -EPROTO it speaks something else or handed over a region that does not check; -ENAMETOOLONG;
 *         -EBADF a widget's descriptor is none; -ENOMEM.
 */
int mos_client_create(
	const struct mos_client_options *options, struct mos_client **ret, struct mos_error *ret_error);

/** Hang up, unmap, free; calls under way are told -ECANCELED. Not in a handler. NULL is fine. */
void mos_client_destroy(struct mos_client *client);

/** Why the last function that returned a negative number failed; valid until the next one does. Never NULL.
 * mos_emit(), mos_clock_now() and mos_events_next(), which audio threads and drawing loops call, say it by
 * what they return alone; nor are -EAGAIN, -EINTR, -EBUSY, and -ETIMEDOUT of waiting for something, explained
 * here. */
const struct mos_error *mos_client_error(const struct mos_client *client);

/**
 * All that the method said which refused the last blocking call that returned -EREMOTEIO: a map, with what
 * struct mos_error has no place for. `errors` is there a list of {code, where, reason, value} when several
 * things are wrong. Nil when nothing was refused yet. Valid until the next refusal. Never NULL.
 */
const struct mos_value *mos_client_refusal(const struct mos_client *client);

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

/** The mapped page, for readers with a thread of their own (mos/clock.h); NULL when control only, or not
 * granted. */
const struct mos_clock_page *mos_client_clock(const struct mos_client *client);

/** @return 0; -EAGAIN no whole copy to be had (somebody writes the page without pause); -ENOTCONN control
 * only; -EACCES not granted (a widget without `clock.read`). No syscall. */
int mos_clock_now(const struct mos_client *client, struct mos_now *ret);

/** The counters page (mos/counters.h); NULL when control only, or not granted. */
const struct mos_counters_view *mos_client_counters(const struct mos_client *client);

/**
 * Sleep until the transport reaches a tick, without polling: the time is computed from the clock page, and
 * computed anew when the transport stops, jumps or changes its tempo meanwhile.
 *
 * @param timeout_ms  Negative: without end.
 * @return 0 the tick is reached or passed while rolling; -ETIMEDOUT; -EINTR; -ENOTCONN control only; -EACCES
 * not granted; others as mos_events_wait().
 */
int mos_clock_wait_tick(struct mos_client *client, int64_t tick, int timeout_ms);

/** What of a place is another than before: bits. */
enum mos_place_change {
	MOS_PLACE_MOVED = 1, /**< the tick */
	MOS_PLACE_BEAT = 2,
	MOS_PLACE_BAR = 4,
	MOS_PLACE_STATE = 8,   /**< playing, paused ... */
	MOS_PLACE_TEMPO = 16, /**< not what is made up, cycle by cycle, for another clock that is followed */
	MOS_PLACE_METER = 32,
	MOS_PLACE_JUMPED = 64, /**< it is not where it would have gone: a seek, another score */
};

/** Where the transport is, as an interface shows it: all of it computed from `now`. */
struct mos_place {
	struct mos_now now;
	uint32_t bar_tick;   /**< ticks into the bar, from 0 */
	uint32_t bar_ticks;  /**< length of the bar; 0: no meter is known */
	double bar_position; /**< 0 where the bar begins, towards 1 where it ends */
	uint32_t changed;    /**< MOS_PLACE_*, since the place before */
	uint32_t reserved0;
};

/**
 * A timeline for interfaces (HER-19): sleep until there is another place to show. While the transport rolls
 * that is `hz` times a second, at multiples of 1/hz s of CLOCK_MONOTONIC; else when it starts, jumps, or its
 * tempo or meter changes, which is told at once while it rolls, too. Each place comes from the clock page alone.
 *
 * @param hz          1 .. 1000; 0: 60.
 * @param place       The one before, which the new one replaces; zeroed for the first, which comes at once with
 *                    all bits set.
 * @param timeout_ms  Negative: without end.
 * @return 0 a new place; -ETIMEDOUT; -EINTR; -EINVAL `hz`; others as mos_clock_wait_tick().
 */
int mos_place_next(struct mos_client *client, uint32_t hz, struct mos_place *place, int timeout_ms);

/* --- Events. Pull (mos_events_next) or handlers (mos_events_dispatch): a program uses one or the other. ---
 */

/**
 * Say which types mos_events_next() is to return; the others wake nobody. Handlers say it by registering:
 * from the first one on only their types are taken, and the ones selected.
 * @param types  n enum mos_event_type; n 0: all (the state of a new client).
 * @return 0; -EINVAL an unknown type, nothing changed.
 */
int mos_events_select(struct mos_client *client, const uint32_t *types, size_t n);

/**
 * Next event since the client was created, in order, without waiting.
 * @return 1 an event; 0 none yet; -EOVERFLOW this reader was too slow: mos_events_lost() grew, go on reading;
 *         -ENOTCONN control only; -EACCES not granted (a widget without `events.read`). No syscall, but for
 * the one that clears mos_events_fd().
 */
int mos_events_next(struct mos_client *client, struct mos_event *ret);

/** Events missed so far by being too slow. */
uint64_t mos_events_lost(const struct mos_client *client);

/**
 * Sleep until there is something for mos_events_next(). Restarts of broker and rtcore are followed meanwhile.
 * @param timeout_ms  Negative: without end.
 * @return 0 look now; -ETIMEDOUT; -EINTR a signal came; -ENOTCONN, -EACCES as mos_events_next(); -ENOENT,
 *         -ECONNREFUSED broker and rtcore have been gone for longer than a call may take, and nobody is told
 * of it by mos_client_on_connection(); -ECONNRESET a widget's broker is gone.
 */
int mos_events_wait(struct mos_client *client, int timeout_ms);

/** Hears an event. It may call methods, add and end listeners, its own included, and emit; it must not
 * destroy the client. Being slow or failing is its own affair: other programs have cursors of their own. */
typedef void (*mos_event_handler)(const struct mos_event *event, void *data);

/** A handler's registration (KRO-10, EVT-08). */
struct mos_listener;

/**
 * Have events of a type handled by mos_events_dispatch(), from the next one on. The same handler may be
 * registered more than once, and is called as often.
 *
 * @param type  enum mos_event_type; 0: all.
 * @param ret   The client's; ends with mos_events_off() or with the client. May be NULL.
 * @return 0; -EINVAL no handler, or an unknown type; -ENOTCONN control only; -EACCES not granted; -ENOMEM.
 */
int mos_events_on(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data,
	struct mos_listener **ret);
/** Unsubscribe, once: the handler is not called again, not even for an event that is being told. NULL is
 * fine.
 */
void mos_events_off(struct mos_listener *listener);
/** E1's off(type, listener): end every registration of this handler with this data for this type.
 * @return how many there were. */
int mos_events_off_handler(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data);
/** End all listeners of this client (EVT-09). */
void mos_events_off_all(struct mos_client *client);

/**
 * Tell the listeners, in the order of their registration, what has happened since the last event taken; call
 * back for answers (mos_call_async()), notices and changes of the connection; wait for something to happen
 * when nothing has. Takes the same events as mos_events_next(). A client for calls only, or one without
 * `events.read`, is told of the rest.
 *
 * @param timeout_ms  0: do not wait; negative: wait without end.
 * @return what was told: events taken from the ring, at most 256 a call, and callbacks; 0 nothing within the
 *         time; -EBUSY called by a handler; others as mos_events_wait(). What was lost, mos_events_lost()
 * tells.
 *
 * A client that has asked for nothing but events sleeps on their bells alone; one that waits for answers,
 * notices or the connection sleeps on mos_events_fd().
 */
int mos_events_dispatch(struct mos_client *client, int timeout_ms);

/**
 * A descriptor for poll, epoll, sd-event, GLib: readable when mos_events_dispatch(client, 0) has something to
 * do. Level-triggered; dispatching clears it. The client's: do not read or close it. Its first call starts a
 * thread that sleeps in the place of the program.
 * @return the descriptor; -errno.
 */
int mos_events_fd(struct mos_client *client);

/**
 * Hand an event to rtcore; `seq` and `source` are ignored. With MOS_EVENT_IMMEDIATE in its flags it is
 * delivered at once, else with its 16 ms frame (E1's emit(event, immediate)). Wait-free, audio threads
 * allowed; an immediate event costs one write() to the doorbell, batched ones one a frame.
 * @return 0; -EAGAIN the ring is full: after rtcore's next turn there is room; -ENOTCONN control only;
 *         -EACCES not granted; -EINVAL the record does not check (mos_event_check()); -ELOOP more
 *         hops than MOS_HOPS_MAX: rtcore drops it and names the circle by bus:notice (EVT-18).
 */
int mos_emit(struct mos_client *client, const struct mos_event *event) MOS_RT;

/** The same for an answer to another event: its hops plus one travel along. -ELOOP: that would be too many
 * (EVT-18). */
int mos_emit_answer(struct mos_client *client, const struct mos_event *event, const struct mos_event *cause)
	MOS_RT;

/** Figures of a type of event, over the whole system (EVT-10). */
struct mos_event_metrics {
	uint64_t count;          /**< published */
	double rate_hz;          /**< over the last second */
	uint64_t refused;        /**< records of clients that did not check, all reasons */
	uint64_t coalesced;      /**< replaced by a newer one before their frame (snapshots) */
	uint64_t delivered;      /**< handed to programs, all readers */
	uint64_t lost;           /**< missed by readers that were lapped, of whatever type */
	uint32_t subscribers;    /**< clients that listen to it */
	uint32_t n_sampled;      /**< deliveries that the latencies are from */
	uint64_t p50_ns, p99_ns; /**< publishing to delivery, upper bounds; 0: none sampled */
};
/** @return 0; -ENOENT an unknown type; others as mos_call(). Not quick: rates are taken over a second. */
int mos_events_metrics(struct mos_client *client, uint32_t type, struct mos_event_metrics *ret);

/* --- Something big: referred to by events, never carried by them (EVT-19). --- */

#define MOS_DATA_MAX (64u << 20) /**< bytes of one */
#define MOS_DATA_PER_CLIENT 16u  /**< shared at one time; the oldest goes when one more is shared */

/**
 * Share bytes and tell everybody by data:shared.
 * @param kind    What it is, 1 to 15 bytes.
 * @param n       At least 1.
 * @param ret_id  May be NULL.
 * @return 0; -EINVAL; -EFBIG more than MOS_DATA_MAX, the error names the limit; others as mos_call().
 */
int mos_data_share(
	struct mos_client *client, const char *kind, const void *bytes, size_t n, uint64_t *ret_id);
/**
 * Look at what somebody shared: mapped read-only, sealed, so it cannot change. Unmap it with
 * mos_data_release().
 * @return 0; -ENOENT it is gone; others as mos_call().
 */
int mos_data_get(struct mos_client *client, uint64_t id, const void **ret_bytes, size_t *ret_n);
void mos_data_release(const void *bytes, size_t n);

/* --- Calls that do not block, and what comes unasked. Told by mos_events_dispatch(). --- */

/**
 * An answer has come, or will not. @param rc as mos_call(). @param reply valid for the call, NULL unless rc
 * is 0.
 * @param error valid for the call, NULL when rc is 0.
 */
typedef void (*mos_call_done)(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data);

/** Send and return. @return 0: `done` is called once, later, at the latest when the client is destroyed
 * (-ECANCELED); otherwise never: -EAGAIN 256 calls are under way, others as mos_call_request(). */
int mos_call_async(
	struct mos_client *client, const struct mos_request *request, mos_call_done done, void *data);

enum mos_connection {
	MOS_CONNECTION_LOST =
		0, /**< the broker is gone; the real-time plane goes on; libmos tries again by itself */
	MOS_CONNECTION_BACK = 1, /**< connected again, the slot is the old one */
	MOS_CONNECTION_NEW = 2,  /**< rtcore was restarted: pages are mapped anew (mos_client_refresh()) */
};

/** Be told of restarts. One handler a client; NULL: none. */
void mos_client_on_connection(struct mos_client *client,
	void (*handler)(struct mos_client *, enum mos_connection, void *data), void *data);

/**
 * Be told of notices ([2, method, params] frames) of the broker and of services that were called, those too
 * that come while a call blocks; of more than 256 not yet told the oldest go. One handler a client; NULL:
 * none. `params` is valid for the call.
 *
 * What a service was asked to tell (hermes.score.subscribe) ends with the connection to it: then libmos says
 * "client.service.lost" with `service` = its name. To go on, ask again: the call connects anew.
 */
void mos_client_on_notice(struct mos_client *client,
	void (*handler)(struct mos_client *, const char *method, const struct mos_value *params, void *data),
	void *data);

/** Whether a capability was granted: "events.read". 0 for a client for calls only: the broker has not said.
 */
int mos_client_can(const struct mos_client *client, const char *capability);

/** What rtcore hears and plays (mos/audio_tap.h), from now on. After MOS_CONNECTION_NEW another one is to be
 * had, as with mos_client_clock(). @return 0; -ENOTCONN; -EACCES without `audio.in`. */
struct mos_audio_reader;
int mos_client_audio(struct mos_client *client, struct mos_audio_reader *ret);

struct mos_event_reader;
/** MIDI input as it comes in, from now on: one midi:ump record a packet, its group, notes and all (mos_event_next()). No
 * bell rings for it: look as often as you need it. After MOS_CONNECTION_NEW another one is to be had. @return 0;
 * -ENOTCONN; -EACCES without `midi.in`. */
int mos_client_midi_in(struct mos_client *client, struct mos_event_reader *ret);

#ifdef __cplusplus
}
#endif
#endif
