/* SPDX-License-Identifier: MIT */
/**
 * The inside of a client, shared by libmos' own files. Functions fill client->error and return a negative
 * errno when they fail, unless they say otherwise. One thread, but for mos_emit() and the bell's thread.
 */
#ifndef MOS_CLIENT_IMPL_H
#define MOS_CLIENT_IMPL_H

#include <mos/audio_tap.h>
#include <mos/client.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/region.h>

#include <sys/queue.h>
#include <sys/types.h>

#include "bell_fd.h"
#include "wire.h"

#define CLIENT_NAME_MAX 48
#define CLIENT_SERVICES_MAX 8
#define CLIENT_TIMEOUT_DEFAULT_MS 5000
#define CLIENT_CAPS_MAX 32
#define CLIENT_CAP_NAME_MAX 32
#define CLIENT_ASYNC_MAX 256 /* calls under way */
#define CLIENT_INBOX_MAX 256 /* notices and requests kept while nobody dispatches */
#define CLIENT_TYPES_ALL UINT64_MAX

#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)
/** How often a sleeper looks whether broker and rtcore still are the ones it knows. */
#define CLIENT_CHECK_NS (500 * MS_NS)
#define RETRY_FIRST_NS (20 * MS_NS) /* between two looks for a broker that is gone, at first */

/** A frame that waits for its socket. */
struct frame {
	STAILQ_ENTRY(frame) link;
	uint32_t id;
	struct wire_out out;
};

/** One socket of ours: to the broker (`service` empty) or, through it, to a service. */
struct conn {
	int sock;    /**< -1: not connected */
	int ready;   /**< frames of the outbox may go: the slot is opened, the service connected */
	int opening; /**< a service's: broker.service.connect is under way, as a call that does not block */
	uint32_t next_id;
	uint32_t wait_id; /**< what a blocking call waits for, when `waiting` */
	int waiting;
	STAILQ_HEAD(frames, frame) outbox;
	uint32_t n_outbox;
	char service[CLIENT_NAME_MAX];
};

/** What broker.client.open handed over, mapped; absent regions are zero. */
struct plane {
	struct mos_region clock, events, ingress, audio, midi;
	struct mos_counters_view counters;
	struct mos_event_reader reader;
	struct mos_ingress_writer writer;
	struct mos_reader_page *figures;
	uint64_t generation; /**< of the rtcore whose regions they are */
	int doorbell;
	int may_emit, may_play, may_send;
};

enum item_kind { ITEM_NOTICE, ITEM_REQUEST, ITEM_ANSWER, ITEM_CONNECTION };

/** Something for mos_events_dispatch() to tell; an answer waits in `async` until it has come. */
struct item {
	TAILQ_ENTRY(item) link;
	enum item_kind kind;
	struct conn *conn;
	uint32_t id; /**< requests, answers */
	char method[WIRE_METHOD_MAX];
	struct mos_reply reply; /**< params of notices and requests; an answer's result */
	uint32_t n_fds;         /**< 1: `fd` came beside a notice to a widget, and may be taken */
	int fd;
	/* answers */
	int64_t deadline_ns;
	struct conn *opens; /**< not a caller's: the socket to this service comes with it */
	mos_call_done done;
	void *data;
	int rc;
	struct mos_error error;
	/* changes */
	enum mos_connection connection;
};
TAILQ_HEAD(items, item);

enum link_state { LINK_DOWN, LINK_OPENING, LINK_UP };

/** The way to the broker: what is known of it, and the one question that libmos itself has under way. */
struct link {
	enum link_state state;
	int given;            /**< the connection was given (a widget's): it is never made again */
	uint32_t question_id; /**< 0: none; else broker.client.open (LINK_OPENING) or broker.system.status */
	int64_t question_deadline_ns;
	int open_rc;         /**< of the last broker.client.open: 0, 1 regions are new, negative */
	int64_t retry_at_ns; /**< LINK_DOWN */
	int64_t retry_ns;
	int64_t down_since_ns;
	int told_lost, was_up;
	int renew;           /**< another rtcore has come: open a slot with it */
	int down_rc;         /**< of the last try to connect */
	int64_t check_at_ns; /**< next look whether rtcore is another */
	int64_t check_ns;
	int64_t turn_at_ns; /**< next link_turn() of a client that expects nothing */
};

struct listener_list {
	TAILQ_HEAD(, mos_listener) head;
};

/** Which events are wanted, and by whom. */
struct reading {
	int begun;       /**< asked for events at all: only then they count as listened to */
	int by_handlers; /**< listeners were registered: they say what is wanted */
	int is_selected; /**< mos_events_select() said it */
	uint64_t selected;
	uint64_t wanted;              /**< bit mos_event_type_index() */
	uint32_t groups;              /**< bells to sleep on; 0: none */
	struct mos_event_bells bells; /**< sampled before the last look that found the ring empty */
	uint64_t lost_before;         /**< lost in planes that are gone */

	/** Place 0: of all types; then by mos_event_type_index() + 1. In the order of registration. */
	struct listener_list list[MOS_EVENT_TYPES_MAX + 1];
	struct listener_list ended; /**< ended while events were told: freed after */
	uint64_t n_registered;      /**< ever: numbers the registrations */
	uint64_t n_listeners;
};

struct mos_client {
	struct mos_error error;
	struct mos_value refusal; /* the last refusal of a blocking call, whole; nil: none yet */
	void *refusal_memory;
	pid_t pid; /* who made it; a child of fork() has a copy that is good for nothing */
	char name[CLIENT_NAME_MAX];
	char socket_path[108]; /* as long as sockaddr_un allows */
	int timeout_ms, wait_ms;
	uint32_t flags;
	struct wire_in in; /* every connection receives into it: one frame at a time */
	struct conn broker;
	struct conn services[CLIENT_SERVICES_MAX];
	struct link link;

	struct mos_client_info info;
	uint64_t cookie;
	char caps[CLIENT_CAPS_MAX][CLIENT_CAP_NAME_MAX];
	uint32_t n_caps;
	struct plane *plane;   /* NULL: none. Atomic: mos_emit() has a thread of its own */
	uint32_t emitting;     /* threads in mos_emit(); atomic */
	struct plane *retired; /* of the rtcore before this one: still mapped for late readers */

	struct reading reading;
	struct items async, inbox;
	uint32_t n_async, n_unasked; /* calls under way; notices and requests in the inbox */
	struct bell_fd bell_fd;
	int dispatching; /* a handler may be running: listeners are not freed now */
	const struct mos_event *telling; /* what handlers hear now; NULL: nothing */
	int closing;

	void (*on_connection)(struct mos_client *, enum mos_connection, void *);
	void *on_connection_data;
	void (*on_notice)(struct mos_client *, const char *, const struct mos_value *, void *);
	void *on_notice_data;
	/** Widgets: requests, and notices that begin with "widget."; it may take item->reply. */
	void (*on_widget)(struct mos_client *, struct item *, void *);
	void *on_widget_data;
};

/* client_error.c: the two return `rc`, so that a failure is one line. */
int client_fail(struct mos_client *c, int rc, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void client_hint(struct mos_client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* conn.c: one connection. Times are CLOCK_MONOTONIC. */
int64_t client_now_ns(void);
/** Connect to the door, trying until the deadline. */
int conn_connect(struct mos_client *c, int64_t deadline_ns);
/** Hang up; what waits in the outbox is dropped. */
void conn_close(struct mos_client *c, struct conn *conn);
/** The peer is gone: conn_close(), and tell everybody whom it concerns. `rc`: what calls under way get. */
void conn_lost(struct mos_client *c, struct conn *conn, int rc);
/**
 * Take one frame and deal with it.
 * @return 1 it is the answer that conn->wait_id waits for, in c->in; 0 it was something else; -EAGAIN nothing
 *         there; -ECONNRESET hung up, -EPROTO no valid frame, -ENOMEM (error not filled, connection still
 * open).
 */
int conn_receive(struct mos_client *c, struct conn *conn);
/** Take what is there. @return 0; negative: the connection was lost, and told so (error not filled). */
int conn_pump(struct mos_client *c, struct conn *conn);
/** Wait for `events`. @return 0, -ETIMEDOUT, -errno (error not filled). Hang-ups count as ready. */
int conn_wait(int sock, short events, int64_t deadline_ns);
/** Encode a request. @return 0, or negative with the error filled; finish `out` in any case. */
int conn_encode(struct mos_client *c, uint32_t id, const struct mos_request *request, struct wire_out *out);
/**
 * Send a frame without blocking, or keep it until that can be done. Takes what is in `out`.
 * @return 0; -ENOBUFS the outbox is full; -EPIPE, other -errno of sending (error not filled).
 */
int conn_post(struct mos_client *c, struct conn *conn, uint32_t id, struct wire_out *out);
/** Send what waits. @return 0 all gone or the socket full; negative as conn_post(). */
int conn_flush(struct mos_client *c, struct conn *conn);
void conn_forget(struct conn *conn, uint32_t id); /**< drop a frame that has not gone yet */
/**
 * One request, one answer; the answer's frame is in c->in afterwards.
 * @return 0; -EPIPE not sent: the peer has hung up before (safe to try again); others as mos_call_request().
 */
int conn_call(
	struct mos_client *c, struct conn *conn, const struct mos_request *request, int64_t deadline_ns);
const char *conn_peer(const struct conn *conn);

/* link.c: the way to the broker, kept up. */
/** Connect where needed, open or resume the slot. @return 0 as before; 1 regions are new; negative. */
int link_open(struct mos_client *c, int64_t deadline_ns);
/** Begin that without waiting. @return 0 under way or there; negative. */
int link_begin(struct mos_client *c, int64_t deadline_ns);
/** c->in holds the answer to link.question_id. */
void link_answer(struct mos_client *c);
/** c->in holds a notice: is it libmos' own? 1: dealt with. */
int link_notice(struct mos_client *c);
/** The broker's connection is lost. */
void link_down(struct mos_client *c);
/** What has to be done now and then: frames, restarts, deadlines. c->error stays. @return 0; -errno the
 * broker is gone for longer than a call may take. */
int link_turn(struct mos_client *c);
int64_t link_due_ns(const struct mos_client *c); /**< when the next link_turn() has to be; INT64_MAX: none */

/* dispatch.c: with a descriptor in use, see that it is readable when the next thing is due. */
void client_rearm(struct mos_client *c);
/** With a descriptor in use, see that a thread sleeps on the ring. @return 0, -errno. */
int client_watch(struct mos_client *c);

/* grant.c: take slot, capabilities and regions out of the answer in c->in. `ret_fresh` 1: regions are new. */
int grant_take(struct mos_client *c, int *ret_fresh);

/* call.c */
int call_is_brokers(const char *service);
/** Service part of a method's name. */
int call_service_of(struct mos_client *c, const char *method, char service[static CLIENT_NAME_MAX]);
/** The connection kept for a service, or the place for a new one. */
struct conn *call_find_service(struct mos_client *c, const char *service);
void call_take_error(struct mos_client *c);   /**< the error of the answer in c->in */
void call_take_refusal(struct mos_client *c); /**< the same, and all that it says */
int call_take_reply(struct mos_client *c, const char *method, struct mos_reply *ret); /**< its result */
int call_take_service(struct mos_client *c, struct conn *conn); /**< its socket. 0: none came */

/* async.c: calls that do not block. */
void async_answer(struct mos_client *c, struct conn *conn); /**< c->in holds an answer */
void async_fail(
	struct mos_client *c, const struct conn *conn, int rc); /**< all of `conn`; NULL: all there are */
void async_expire(struct mos_client *c, int64_t now_ns);
int64_t async_due_ns(const struct mos_client *c);

/* inbox.c: what is to be told. */
void inbox_unasked(struct mos_client *c, struct conn *conn);       /**< c->in holds a notice or a request */
void inbox_hung_up(struct mos_client *c, const struct conn *conn); /**< nobody wants its answers any more */
void inbox_answer(struct mos_client *c, struct item *item);
void inbox_service_lost(
	struct mos_client *c, const struct conn *conn); /**< no notices come from it any more */
void inbox_connection(struct mos_client *c, enum mos_connection connection);
int inbox_tell(struct mos_client *c); /**< @return callbacks made */
void inbox_finish(struct mos_client *c);
void item_free(struct item *item);

/* plane.c: mapping. @return 0, -EPROTO and others of mos_region_attach(); *ret is untouched on failure. */
int plane_open(struct mos_client *c, struct plane **ret);
void plane_free(struct plane *plane);
/** -ENOTCONN there is none, -EACCES not this part of it: fill the error. @return rc. */
int plane_denied(struct mos_client *c, int rc, const char *capability);

/* events.c */
void reading_init(struct mos_client *c);
void reading_begin(struct mos_client *c);   /**< from now on it counts as listened to */
void reading_changed(struct mos_client *c); /**< what is wanted, or the plane, is another */
/** Sleep until a bell of interest rings, or something is in the inbox. @return as mos_events_wait(). */
int events_wait_until(struct mos_client *c, int64_t deadline_ns);

/** clock.c: is the clock page older than a running rtcore's? 0 where there is none to look at. */
int clock_is_stale(const struct mos_client *c);
/** The bells of what moves the transport by surprise. */
#define CLOCK_JUMP_GROUPS ((1u << MOS_EVENT_GROUP_TRANSPORT) | (1u << MOS_EVENT_GROUP_SCORE))
/** Sleep, but for these bells, which were asked for before the page was read. @return 0, -ETIMEDOUT, -EINTR. */
int clock_nap(const struct plane *plane, const struct mos_event_bells *bells, int64_t ns);

/* listen.c */
uint64_t listeners_wanted(const struct mos_client *c);
void listeners_finish(struct mos_client *c);
/** Tell an event to whom it concerns; in mos_events_dispatch() only. */
void listeners_tell(struct mos_client *c, const struct mos_event *event);
void listeners_sweep(struct mos_client *c);

#endif
