/* SPDX-License-Identifier: MIT */
/* Figures of the bus. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mos/ingress.h>

#include "broker.h"

#define READ_EVERY_US 250000
#define SECOND_US 1000000
#define QUESTIONS_MAX 8u /* of one connection, before the first readings */
#define IDLE_US 10000000 /* nobody has asked for so long: no more readings */

struct metrics_question {
	struct rpc_request *req;
	uint32_t type; /* 0: all */
	TAILQ_ENTRY(metrics_question) link;
};

static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* --- rtcore's counters --- */

static uint64_t count_of(const struct mos_counters_view *v, const char *prefix, const char *type)
{
	char label[64];
	int i;

	(void)snprintf(label, sizeof(label), "%s%s", prefix, type);
	i = mos_counters_find(v, label);
	return i < 0 ? 0 : mos_counters_get(v, (uint32_t)i);
}

/* Two threads publish, each counts its own. */
static uint64_t published(const struct mos_counters_view *v, const char *type)
{
	return count_of(v, "bus.published.", type) + count_of(v, "rt.published.", type);
}

/* All reasons: "bus.refused.field.midi:noteon" ... */
static uint64_t refused(const struct mos_counters_view *v, const char *type)
{
	static const char prefix[] = "bus.refused.";
	uint64_t sum = 0;

	for (uint32_t i = 0; i < v->n_labels; i++) {
		const char *name = v->label[i].name, *dot;

		if (strncmp(name, prefix, strlen(prefix)))
			continue;
		dot = strchr(name + strlen(prefix), '.');
		if (dot && !strcmp(dot + 1, type))
			sum += mos_counters_get(v, i);
	}
	return sum;
}

/* --- Readings --- */

static void take_reading(struct metrics *m, const struct rtlink *rt)
{
	struct metrics_reading *r;
	uint32_t type;

	if (m->generation != rt->generation) {
		m->generation = rt->generation;
		m->n_readings = 0;
	}
	r = &m->reading[m->n_readings++ % METRICS_READINGS];
	r->time_us = now_us();
	for (uint32_t i = 0; (type = mos_event_type_at(i)); i++)
		r->published[i] = published(&rt->counters, mos_event_type_name(type));
}

/* The newest reading that is a second old. @return NULL: there is none yet. */
static const struct metrics_reading *a_second_ago(const struct metrics *m, const struct rtlink *rt)
{
	int64_t now = now_us();

	if (m->generation != rt->generation)
		return NULL;
	for (uint64_t i = m->n_readings; i && i + METRICS_READINGS > m->n_readings; i--) {
		const struct metrics_reading *r = &m->reading[(i - 1) % METRICS_READINGS];

		if (now - r->time_us >= SECOND_US)
			return now - r->time_us < 2 * SECOND_US ? r : NULL;
	}
	return NULL;
}

/* --- The readers' figures --- */

struct readers {
	uint64_t delivered, lost, n_sampled, latency[MOS_LATENCY_BUCKETS];
	uint32_t subscribers;
};

/* Every byte is a stranger's, and may change while it is read: sums saturate, nothing is an index. */
static uint64_t add_up(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static void add_reader(struct readers *sum, const struct mos_region *ring, uint32_t index)
{
	const struct mos_reader_page *page = mos_ingress_reader_page(ring);
	const struct mos_reader_figures *figures = &page->type[index];

	sum->subscribers += (uint32_t)(__atomic_load_n(&page->interest, __ATOMIC_RELAXED) >> index & 1);
	sum->lost = add_up(sum->lost, __atomic_load_n(&page->lost, __ATOMIC_RELAXED));
	sum->delivered = add_up(sum->delivered, __atomic_load_n(&figures->delivered, __ATOMIC_RELAXED));
	for (uint32_t b = 0; b < MOS_LATENCY_BUCKETS; b++) {
		uint32_t n = __atomic_load_n(&figures->latency[b], __ATOMIC_RELAXED);

		sum->latency[b] += n;
		sum->n_sampled += n;
	}
}

static void add_readers(struct readers *sum, const struct broker *b, uint32_t index)
{
	const struct client *c;

	*sum = (struct readers){0};
	TAILQ_FOREACH (c, &b->clients.list, link) {
		if (c->state == CLIENT_ATTACHED && c->ring.base)
			add_reader(sum, &c->ring, index);
	}
}

/* Upper bound of the bucket in which the share `q` of the samples is reached. */
static uint64_t quantile(const struct readers *sum, uint64_t permille)
{
	uint64_t wanted = (sum->n_sampled * permille + 999) / 1000, seen = 0;

	for (uint32_t b = 0; sum->n_sampled && b < MOS_LATENCY_BUCKETS; b++) {
		seen += sum->latency[b];
		if (seen >= wanted)
			return (UINT64_C(1) << b) - 1;
	}
	return 0;
}

/* --- Answers --- */

static void put_type(
	struct wire_out *out, const struct broker *b, uint32_t index, const struct metrics_reading *then)
{
	const char *name = mos_event_type_name(mos_event_type_at(index));
	const struct mos_counters_view *v = &b->rtlink.counters;
	uint64_t count = published(v, name);
	double seconds = (double)(now_us() - then->time_us) / 1e6;
	struct readers sum;

	add_readers(&sum, b, index);
	wire_open_map(out, NULL);
	wire_put_str(out, "type", name);
	wire_put_u64(out, "count", count);
	wire_put_f64(out, "rate_hz", (double)(count - then->published[index]) / seconds);
	wire_put_u64(out, "refused", refused(v, name));
	wire_put_u64(out, "coalesced", strcmp(name, "midi:snapshot") ? 0 : count_of(v, "bus.coalesced", ""));
	wire_put_u64(out, "delivered", sum.delivered);
	wire_put_u64(out, "lost", sum.lost);
	wire_put_u64(out, "subscribers", sum.subscribers);
	wire_put_u64(out, "n_sampled", sum.n_sampled);
	wire_put_u64(out, "p50_ns", quantile(&sum, 500));
	wire_put_u64(out, "p99_ns", quantile(&sum, 990));
	wire_close(out);
}

static int answer(struct rpc_request *req, uint32_t type, const struct metrics_reading *then)
{
	const struct broker *b = broker_of(req);

	wire_open_array(&req->out, "types");
	for (uint32_t i = 0; mos_event_type_at(i); i++) {
		if (!type || mos_event_type_at(i) == type)
			put_type(&req->out, b, i, then);
	}
	wire_close(&req->out);
	return 0;
}

static void answer_waiting(struct broker *b)
{
	struct metrics *m = &b->metrics;
	const struct metrics_reading *then = b->rtlink.up ? a_second_ago(m, &b->rtlink) : NULL;
	struct metrics_question *q, *next;

	for (q = TAILQ_FIRST(&m->waiting); q; q = next) {
		next = TAILQ_NEXT(q, link);
		if (b->rtlink.up && !then)
			continue;
		TAILQ_REMOVE(&m->waiting, q, link);
		if (!q->req->conn)
			rpc_finish(q->req, -ECONNRESET);
		else
			rpc_finish(q->req,
				then ? answer(q->req, q->type, then) : gateway_fail_link(q->req, -ENOTCONN));
		free(q);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct broker *b = data;
	struct metrics *m = &b->metrics;

	if (b->rtlink.up)
		take_reading(m, &b->rtlink);
	answer_waiting(b);
	if (TAILQ_EMPTY(&m->waiting) && now_us() - m->asked_us > IDLE_US) {
		m->timer = sd_event_source_disable_unref(m->timer);
		m->n_readings = 0;
		return 0;
	}
	(void)sd_event_source_set_time(source, usec + READ_EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start_reading(struct broker *b)
{
	struct metrics *m = &b->metrics;

	if (m->timer)
		return 0;
	take_reading(m, &b->rtlink);
	return sd_event_add_time_relative(
		b->service->event, &m->timer, CLOCK_MONOTONIC, READ_EVERY_US, 0, on_timer, b);
}

int metrics_handle(struct rpc_request *req, const msgpack_object *params)
{
	struct broker *b = broker_of(req);
	const struct metrics_reading *then;
	struct metrics_question *q;
	uint32_t type = 0, waiting = 0;
	char name[64];
	int rc;

	if (wire_get(params, "type")) {
		type = wire_get_str(params, "type", name, sizeof(name)) < 0 ? 0
									    : mos_event_type_from_name(name);
		if (!type)
			return rpc_fail_at(
				req, "type", "broker.event.unknown", "there is no such type of event");
	}
	if (!b->rtlink.up)
		return gateway_fail_link(req, -ENOTCONN);
	b->metrics.asked_us = now_us();
	then = a_second_ago(&b->metrics, &b->rtlink);
	if (then)
		return answer(req, type, then);
	rc = start_reading(b);
	if (rc < 0)
		return rc;
	/* All are answered in one go: nobody makes that a long one. */
	TAILQ_FOREACH (q, &b->metrics.waiting, link)
		waiting += q->req->conn == req->conn;
	if (waiting >= QUESTIONS_MAX)
		return -EBUSY;
	q = malloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = (struct metrics_question){.req = req, .type = type};
	TAILQ_INSERT_TAIL(&b->metrics.waiting, q, link);
	return RPC_LATER;
}

void metrics_init(struct metrics *metrics)
{
	TAILQ_INIT(&metrics->waiting);
}

void metrics_finish(struct metrics *metrics)
{
	struct metrics_question *q;

	while ((q = TAILQ_FIRST(&metrics->waiting))) {
		TAILQ_REMOVE(&metrics->waiting, q, link);
		rpc_finish(q->req, -ECANCELED);
		free(q);
	}
	metrics->timer = sd_event_source_disable_unref(metrics->timer);
}
