/* SPDX-License-Identifier: MIT */
/**
 * The inside of a client, shared by libmos' own files. Functions fill client->error and return a negative
 * errno when they fail, unless they say otherwise.
 */
#ifndef MOS_CLIENT_IMPL_H
#define MOS_CLIENT_IMPL_H

#include <mos/client.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/region.h>

#include <sys/queue.h>

#include "wire.h"

#define CLIENT_NAME_MAX 48
#define CLIENT_SERVICES_MAX 8
#define CLIENT_TIMEOUT_DEFAULT_MS 5000

/** One socket of ours: to the broker (`service` empty) or, through it, to a service. */
struct conn {
	int sock; /**< -1: not connected */
	uint32_t next_id;
	char service[CLIENT_NAME_MAX];
};

/** What broker.client.open handed over, mapped. */
struct plane {
	struct mos_region clock, events, ingress, dirty;
	struct mos_counters_view counters;
	struct mos_event_reader reader;
	struct mos_ingress_writer writer;
};

struct mos_client {
	struct mos_error error;
	char name[CLIENT_NAME_MAX];
	char socket_path[108]; /* as long as sockaddr_un allows */
	int timeout_ms, wait_ms;
	uint32_t flags;
	struct wire_in in; /* every connection receives into it: one call at a time */
	struct conn broker;
	struct conn services[CLIENT_SERVICES_MAX];

	struct mos_client_info info;
	uint64_t cookie;
	struct plane plane;
	struct plane retired; /* of the rtcore before this one: still mapped for late readers */
	uint32_t bell_seen;   /* sampled before the last look that found the ring empty */
	uint64_t lost_before; /* events lost in planes that are gone */
	TAILQ_HEAD(listeners, mos_listener) listeners;
	int dispatching; /* a handler may be running: listeners are not freed now */
};

/* client_error.c: the two return `rc`, so that a failure is one line. */
int client_fail(struct mos_client *c, int rc, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void client_hint(struct mos_client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* conn.c: one connection. Times are CLOCK_MONOTONIC. */
int64_t client_now_ns(void);
int conn_connect(struct mos_client *c, int64_t deadline_ns);
void conn_close(struct conn *conn);
/** Drop what came unasked. @return 0, or -ECONNRESET when the peer has hung up (error not filled). */
int conn_drain(struct mos_client *c, struct conn *conn);
/**
 * One request, one answer; the answer's frame is in c->in afterwards.
 * @return 0; -EPIPE not sent: the peer has hung up before (safe to try again); others as mos_call_request().
 */
int conn_call(
	struct mos_client *c, struct conn *conn, const struct mos_request *request, int64_t deadline_ns);

/* plane.c: mapping. @return 0, -EPROTO and others of mos_region_attach(); *ret is untouched on failure. */
int plane_open(struct mos_client *c, struct plane *ret);
void plane_finish(struct plane *plane);

/** listen.c: end all listeners. */
void listeners_finish(struct mos_client *c);

/**
 * client.c: connect where needed, open or resume the slot.
 * @return 0 as before; 1 regions are new; negative.
 */
int client_open(struct mos_client *c, int64_t deadline_ns);

#endif
