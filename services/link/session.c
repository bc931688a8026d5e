/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#define BEAT 1000000            /* millionths */
#define BEAT_US_FASTEST 60061   /* 999 BPM: what others allow, too */
#define BEAT_US_SLOWEST 3000000 /* 20 BPM */
#define TTL_MAX_S 60
#define SESSIONS_MEET_US 500000 /* founded that near to each other, the lesser id stays */
#define PINGS 50u
#define PING_TIMEOUT_US 50000
#define PINGS_LOST_MAX 10u
#define MEASURE_AGAIN_US INT64_C(5000000)
#define SEEN_FOR_US INT64_C(15000000)

static bool same(const struct link_id *a, const struct link_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* a * b / c, the product in 128 bits, towards minus infinity. */
static int64_t scale(int64_t a, int64_t b, int64_t c)
{
	__int128 p = (__int128)a * b, q = p / c;

	return (int64_t)(q * c > p ? q - 1 : q);
}

static int64_t beat_at(const struct link_timeline *t, int64_t ghost_us)
{
	return t->origin_beat + scale(ghost_us - t->origin_us, BEAT, t->beat_us);
}

int64_t link_node_beat(const struct link_node *n, int64_t host_us)
{
	return beat_at(&n->timeline, host_us + n->ghost_us);
}

void link_node_init(struct link_node *n, const struct link_ops *ops, void *data, const struct link_id *self,
	int64_t beat_us, int64_t host_us)
{
	*n = (struct link_node){
		.ops = ops, .data = data, .self = *self, .session = *self, .ghost_us = -host_us};
	n->timeline.beat_us = beat_us;
}

uint32_t link_node_peers(const struct link_node *n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n->n_peers; i++)
		count += same(&n->peer[i].session, &n->session);
	return count;
}

static void changed(struct link_node *n)
{
	n->n_changes++;
	n->ops->tell(n->data);
}

/* --- What others say of our session --- */

/* The timeline with the later origin is the newer one; equal ones are the same. */
static void take_timeline(struct link_node *n, const struct link_timeline *t)
{
	if (t->origin_beat <= n->timeline.origin_beat)
		return;
	n->timeline = *t;
	changed(n);
}

static void take_start_stop(struct link_node *n, const struct link_start_stop *s)
{
	if (s->time_us <= n->start_stop.time_us)
		return;
	n->start_stop = *s;
	changed(n);
}

static struct link_peer *find(struct link_node *n, const struct link_id *id)
{
	for (uint32_t i = 0; i < n->n_peers; i++)
		if (same(&n->peer[i].node, id))
			return &n->peer[i];
	return NULL;
}

static void forget(struct link_node *n, struct link_peer *p)
{
	*p = n->peer[--n->n_peers];
	n->n_changes++;
}

/* --- Measuring --- */

static bool is_seen(const struct link_node *n, const struct link_id *session, int64_t host_us)
{
	for (uint32_t i = 0; i < LINK_SEEN_MAX; i++)
		if (same(&n->seen[i].session, session) && n->seen[i].until_us > host_us)
			return true;
	return false;
}

static void see(struct link_node *n, const struct link_id *session, int64_t host_us)
{
	n->seen[n->next_seen].session = *session;
	n->seen[n->next_seen].until_us = host_us + SEEN_FOR_US;
	n->next_seen = (n->next_seen + 1) % LINK_SEEN_MAX;
}

static void ping(struct link_node *n, int64_t host_us)
{
	const struct link_probe p = {.kind = LINK_PING, .has_host = true, .host_us = host_us};
	uint8_t buf[LINK_PACKET_MAX];

	n->measure.is_due = false;
	n->measure.sent_us = host_us;
	n->measure.n_sent++;
	n->ops->ping(n->data, n->measure.way, &n->measure.to, buf, link_probe_write(&p, buf));
}

static void begin_measure(struct link_node *n, const struct link_peer *p, int64_t host_us)
{
	if (n->measure.is_on || !p->endpoint.is_known)
		return;
	n->measure = (struct link_measure){
		.is_on = true, .session = p->session, .node = p->node, .to = p->endpoint, .way = p->way};
	ping(n, host_us);
}

static void join(struct link_node *n, const struct link_id *session, int64_t ghost_us)
{
	n->session = *session;
	n->ghost_us = ghost_us;
	n->timeline.origin_beat = INT64_MIN; /* whatever they have */
	n->start_stop = (struct link_start_stop){.time_us = INT64_MIN};
	for (uint32_t i = 0; i < n->n_peers; i++) {
		if (!same(&n->peer[i].session, session))
			continue;
		if (n->peer[i].timeline.origin_beat > n->timeline.origin_beat)
			n->timeline = n->peer[i].timeline;
		if (n->peer[i].start_stop.time_us > n->start_stop.time_us)
			n->start_stop = n->peer[i].start_stop;
	}
	changed(n);
}

static int by_trip(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (x[1] > y[1]) - (x[1] < y[1]);
}

static int by_offset(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median of the quarter that travelled fastest: what waited in a queue on one way lies. */
static int64_t best_offset(struct link_measure *m, int64_t *ret_jitter)
{
	uint32_t n = m->n / 4 > 0 ? m->n / 4 : 1;

	qsort(m->sample, m->n, sizeof(m->sample[0]), by_trip);
	qsort(m->sample, n, sizeof(m->sample[0]), by_offset);
	*ret_jitter = (m->sample[n - 1].offset_us - m->sample[0].offset_us) / 2;
	return scale(m->sample[n / 2].offset_us, 1, 2);
}

static void end_measure(struct link_node *n, int64_t host_us)
{
	struct link_measure *m = &n->measure;
	int64_t ghost_us, jitter_us, older_us;

	m->is_on = false;
	if (m->n < PINGS / 4) {
		see(n, &m->session, host_us); /* later again */
		return;
	}
	ghost_us = best_offset(m, &jitter_us);
	if (same(&m->session, &n->session)) {
		n->measured_us = host_us;
		n->jitter_us = jitter_us;
		n->ghost_us = ghost_us;
		n->n_changes++;
		return;
	}
	see(n, &m->session, host_us);
	older_us = ghost_us - n->ghost_us;
	if (older_us < -SESSIONS_MEET_US ||
		(older_us <= SESSIONS_MEET_US && memcmp(&m->session, &n->session, sizeof(m->session)) >= 0))
		return; /* they will come to us */
	for (uint32_t i = 0; i < n->n_peers; i++)
		if (same(&n->peer[i].session, &m->session)) {
			n->measured_us = host_us;
			n->jitter_us = jitter_us;
			join(n, &m->session, ghost_us);
			return;
		}
}

static void sample(struct link_measure *m, int64_t twice_offset_us, int64_t trip_us)
{
	if (m->n == LINK_SAMPLES_MAX || trip_us < 0 || trip_us > PING_TIMEOUT_US)
		return;
	m->sample[m->n].offset_us = twice_offset_us;
	m->sample[m->n++].trip_us = trip_us;
}

static void answered(struct link_node *n, const struct link_probe *p, int64_t host_us)
{
	struct link_measure *m = &n->measure;

	if (!m->is_on || !p->has_session || !p->has_ghost || !p->has_host || p->host_us != m->sent_us)
		return;
	if (!same(&p->session, &m->session)) { /* it went elsewhere meanwhile */
		m->is_on = false;
		return;
	}
	sample(m, 2 * p->ghost_us - p->host_us - host_us, host_us - p->host_us);
	if (m->n >= PINGS || m->n_sent >= 2 * PINGS)
		end_measure(n, host_us);
	else
		m->is_due = true;
}

size_t link_node_probed(
	struct link_node *n, const void *packet, size_t size, int64_t host_us, uint8_t buf[LINK_PACKET_MAX])
{
	struct link_probe p, pong;

	if (link_probe_read(packet, size, &p) < 0) {
		n->n_bad++;
		return 0;
	}
	if (p.kind == LINK_PONG) {
		answered(n, &p, host_us);
		return 0;
	}
	pong = (struct link_probe){.kind = LINK_PONG,
		.has_session = true,
		.session = n->session,
		.has_ghost = true,
		.ghost_us = host_us + n->ghost_us,
		.n_echo = p.n_echo};
	memcpy(pong.echo, p.echo, p.n_echo);
	return link_probe_write(&pong, buf);
}

/* --- Discovery --- */

int link_node_heard(struct link_node *n, uint32_t way, const void *packet, size_t size, int64_t host_us)
{
	struct link_hello h;
	struct link_peer *p;

	if (link_hello_read(packet, size, &h) < 0) {
		n->n_bad++;
		return 0;
	}
	if (same(&h.node, &n->self))
		return 0;
	p = find(n, &h.node);
	if (h.kind == LINK_BYEBYE) {
		if (p)
			forget(n, p);
		return 0;
	}
	if (!p) {
		if (n->n_peers == LINK_PEERS_MAX)
			return 0;
		p = &n->peer[n->n_peers++];
		n->n_changes++;
	}
	*p = (struct link_peer){.node = h.node,
		.session = h.session,
		.timeline = h.timeline,
		.start_stop = h.start_stop,
		.endpoint = h.v4.is_known ? h.v4 : h.v6,
		.way = way,
		.until_us = host_us + (h.ttl_s < TTL_MAX_S ? h.ttl_s : TTL_MAX_S) * INT64_C(1000000)};
	if (same(&h.session, &n->session)) {
		take_timeline(n, &h.timeline);
		take_start_stop(n, &h.start_stop);
	} else if (!is_seen(n, &h.session, host_us)) {
		begin_measure(n, p, host_us);
	}
	return h.kind == LINK_ALIVE;
}

void link_node_hello(const struct link_node *n, enum link_kind kind, struct link_hello *ret)
{
	*ret = (struct link_hello){.kind = kind,
		.ttl_s = kind == LINK_BYEBYE ? 0 : LINK_TTL_S,
		.node = n->self,
		.session = n->session,
		.timeline = n->timeline,
		.start_stop = n->start_stop};
}

/* --- Time --- */

/* Our session's time, again and again, since clocks drift: from who founded it, or from who learned it. */
static void measure_again(struct link_node *n, int64_t host_us)
{
	const struct link_peer *best = NULL;

	if (same(&n->session, &n->self) || host_us - n->measured_us < MEASURE_AGAIN_US || n->measure.is_on ||
		is_seen(n, &n->session, host_us))
		return;
	for (uint32_t i = 0; i < n->n_peers; i++)
		if (same(&n->peer[i].session, &n->session) &&
			(!best || same(&n->peer[i].node, &n->session) ||
				(!same(&best->node, &n->session) &&
					memcmp(&n->peer[i].node, &best->node, sizeof(best->node)) < 0)))
			best = &n->peer[i];
	/* without the founder one of us leads, or all would follow each other round */
	if (best && (same(&best->node, &n->session) || memcmp(&best->node, &n->self, sizeof(n->self)) < 0))
		begin_measure(n, best, host_us);
}

void link_node_turn(struct link_node *n, int64_t host_us)
{
	struct link_measure *m = &n->measure;

	for (uint32_t i = n->n_peers; i-- > 0;)
		if (n->peer[i].until_us < host_us)
			forget(n, &n->peer[i]);
	if (m->is_on && m->is_due) {
		ping(n, host_us);
	} else if (m->is_on && host_us - m->sent_us > PING_TIMEOUT_US) {
		if (m->n_sent > m->n + PINGS_LOST_MAX)
			end_measure(n, host_us);
		else
			ping(n, host_us);
	}
	measure_again(n, host_us);
}

bool link_node_is_busy(const struct link_node *n)
{
	return n->measure.is_on;
}

/* --- What we want --- */

void link_node_set_tempo(struct link_node *n, int64_t beat_us, int64_t host_us)
{
	int64_t ghost_us = host_us + n->ghost_us, beat = beat_at(&n->timeline, ghost_us);

	beat_us = beat_us < BEAT_US_FASTEST   ? BEAT_US_FASTEST
		  : beat_us > BEAT_US_SLOWEST ? BEAT_US_SLOWEST
					      : beat_us;
	if (beat <= n->timeline.origin_beat) /* the later origin wins, so it has to be one */
		beat = n->timeline.origin_beat + 1;
	n->timeline = (struct link_timeline){.beat_us = beat_us, .origin_beat = beat, .origin_us = ghost_us};
	changed(n);
}

void link_node_set_phase(struct link_node *n, int64_t phase, int64_t quantum, int64_t host_us)
{
	int64_t beat = n->timeline.origin_beat + quantum;

	n->timeline.origin_beat = beat - beat % quantum + phase; /* a later one wins */
	n->timeline.origin_us = host_us + n->ghost_us;
	changed(n);
}

void link_node_set_playing(struct link_node *n, bool is_playing, int64_t host_us)
{
	int64_t ghost_us = host_us + n->ghost_us;

	if (ghost_us <= n->start_stop.time_us)
		ghost_us = n->start_stop.time_us + 1;
	n->start_stop = (struct link_start_stop){
		.is_playing = is_playing, .beat = link_node_beat(n, host_us), .time_us = ghost_us};
	changed(n);
}
