/* SPDX-License-Identifier: MIT */
#include "match.h"

#include <stdlib.h>
#include <string.h>

#include <mos/event.h>

#define GROUP_BITS (UINT64_C(0x0f000000) << 32) /* a live packet changes its group on the way in */

struct early {
	struct match_end at;
	uint32_t client;
};

struct event {
	uint64_t seq; /* 0: free */
	uint32_t type;
	uint32_t n_early;
	struct match_end published, origin;
	enum match_hop whole; /* the hop from its origin to a client; N_HOPS: none */
	struct early early[MATCH_EARLY];
};

/* A client's record on its way in. */
struct coming {
	uint32_t slot, type;
	uint64_t pos;
	int is_emitted, is_taken;
	int is_over; /* published; its bell may still be told */
	struct match_end emitted, taken;
};

/* A packet of MIDI input. */
struct packet {
	uint64_t words, frame;
	struct match_end at;
	int is_waiting;
};

struct match {
	uint64_t slow_ns, first_seq, first_ns, unmatched, left_out, published;
	match_told told;
	void *data;
	int is_following;
	uint64_t follow_seq; /* 0: all */
	struct hist hop[N_HOPS];
	struct event event[MATCH_EVENTS];
	struct coming coming[MATCH_INGRESS];
	struct packet packet[MATCH_NOTES];
	uint32_t next_packet, n_clients;
	struct match_end sounded[MATCH_NOTES]; /* since the last cycle's end */
	uint32_t n_sounded;
	/* of rtcore's two publishing threads, what may be published next */
	struct coming *last_taken;
	struct packet *last_packet;
	struct match_client client[MATCH_CLIENTS];
	struct match_step step[MATCH_STEPS];
	size_t n_steps;
};

struct match *match_create(uint64_t slow_ns, match_told told, void *data)
{
	struct match *m = calloc(1, sizeof(*m));

	if (m) {
		m->slow_ns = slow_ns;
		m->told = told;
		m->data = data;
	}
	return m;
}

void match_destroy(struct match *m)
{
	free(m);
}

void match_follow(struct match *m, uint64_t seq)
{
	m->is_following = 1;
	m->follow_seq = seq;
}

static struct match_end end_of(const struct path_record *r)
{
	return (struct match_end){r->time_ns, r->tgid, r->tid};
}

/* What is told of one thread may be told before what came first on another: then it took no time. */
static uint64_t between(const struct match_end *from, const struct match_end *to)
{
	return to->time_ns > from->time_ns ? to->time_ns - from->time_ns : 0;
}

static uint64_t passed(struct match *m, enum match_hop hop, const struct match_end *from,
	const struct match_end *to, uint32_t type, uint64_t seq)
{
	uint64_t ns = between(from, to);

	hist_add(&m->hop[hop], ns, seq);
	if (m->told)
		m->told(m->data, hop, from, to, type, seq);
	return ns;
}

static void keep_step(struct match *m, const struct match_step *s)
{
	if (m->is_following && (!m->follow_seq || s->seq == m->follow_seq))
		m->step[m->n_steps++ % MATCH_STEPS] = *s;
}

static void remember(struct match *m, const struct path_record *r, uint64_t seq, uint64_t took_ns)
{
	struct match_step s = {
		.at = end_of(r), .seq = seq, .kind = r->kind, .type = r->type, .took_ns = took_ns};

	memcpy(s.comm, r->comm, sizeof(s.comm));
	keep_step(m, &s);
}

/* Of one event: what came before it had a number is told with it. */
static void remember_before(
	struct match *m, const struct event *e, uint32_t kind, const struct match_end *at, uint64_t took_ns)
{
	const struct match_step s = {
		.at = *at, .seq = e->seq, .kind = kind, .type = e->type, .took_ns = took_ns};

	if (m->follow_seq)
		keep_step(m, &s);
}

static struct match_client *client_of(struct match *m, uint32_t tgid, uint32_t slot, const char *comm)
{
	struct match_client *c;

	for (uint32_t i = 0; i < m->n_clients; i++)
		if (m->client[i].tgid == tgid && m->client[i].slot == slot)
			return &m->client[i];
	if (m->n_clients == MATCH_CLIENTS) {
		m->left_out++;
		return NULL;
	}
	c = &m->client[m->n_clients++];
	*c = (struct match_client){.tgid = tgid, .slot = slot};
	memcpy(c->comm, comm, sizeof(c->comm));
	c->comm[sizeof(c->comm) - 1] = '\0';
	return c;
}

/* The event's place, for a new one if it has another's. NULL: it is older than what lies there. */
static struct event *event_of(struct match *m, uint64_t seq)
{
	struct event *e = &m->event[seq % MATCH_EVENTS];

	if (seq == 0 || e->seq > seq)
		return NULL;
	if (e->seq < seq)
		*e = (struct event){.seq = seq, .whole = N_HOPS};
	return e;
}

static uint64_t received(
	struct match *m, const struct event *e, struct match_client *c, const struct match_end *at)
{
	uint64_t ns = passed(m, HOP_RING_RECEIVE, &e->published, at, e->type, e->seq);

	hist_add(&c->receive, ns, e->seq);
	c->late += ns >= m->slow_ns;
	if (e->whole != N_HOPS)
		(void)passed(m, e->whole, &e->origin, at, e->type, e->seq);
	return ns;
}

/* The origin, when it is the very next that this thread publishes and of its kind. */
static void find_origin(struct match *m, struct event *e, uint32_t source)
{
	struct coming *c = m->last_taken;
	struct packet *p = m->last_packet;

	if (source < 1024 && c && c->taken.tid == e->published.tid && c->slot == source &&
		c->type == e->type) {
		(void)passed(m, HOP_TAKE_RING, &c->taken, &e->published, e->type, e->seq);
		if (c->is_emitted) {
			e->origin = c->emitted;
			e->whole = HOP_EMIT_RECEIVE;
			remember_before(m, e, PATH_EMIT, &c->emitted, 0);
		}
		remember_before(
			m, e, PATH_TAKE, &c->taken, c->is_emitted ? between(&c->emitted, &c->taken) : 0);
		c->is_over = 1;
		m->last_taken = NULL;
	} else if (source == MOS_SOURCE_MIDI_IN && p && p->at.tid == e->published.tid) {
		(void)passed(m, HOP_MIDI_RING, &p->at, &e->published, e->type, e->seq);
		e->origin = p->at;
		e->whole = HOP_MIDI_RECEIVE;
		remember_before(m, e, PATH_MIDI_IN, &p->at, 0);
		m->last_packet = NULL;
	}
}

static void on_publish(struct match *m, const struct path_record *r)
{
	struct event *e = event_of(m, r->number);

	if (!e || e->published.time_ns)
		return;
	m->published++;
	if (m->first_seq == 0) {
		m->first_seq = r->number;
		m->first_ns = r->time_ns;
	}
	e->type = r->type;
	e->published = end_of(r);
	find_origin(m, e, r->slot);
	remember(m, r, r->number, e->whole == N_HOPS ? 0 : between(&e->origin, &e->published));
	for (uint32_t i = 0; i < e->n_early; i++)
		(void)received(m, e, &m->client[e->early[i].client], &e->early[i].at);
	e->n_early = 0;
}

/*
 * What was published before we looked is at least so late as we have looked. That is how a client is seen
 * that is so far behind that it never comes to what we saw published.
 */
static uint64_t received_old(struct match *m, struct match_client *c, const struct path_record *r)
{
	uint64_t ns = r->time_ns > m->first_ns ? r->time_ns - m->first_ns : 0;

	if (ns < m->slow_ns)
		return 0;
	hist_add(&c->receive, ns, r->number);
	c->late++;
	return ns;
}

static void on_receive(struct match *m, const struct path_record *r)
{
	struct match_client *c = client_of(m, r->tgid, r->slot, r->comm);
	const struct match_end at = end_of(r);
	struct event *e;
	uint64_t ns = 0;

	if (!c)
		return;
	if (r->number == c->last_seq) {
		c->duplicates++;
		return;
	}
	if (r->number < c->last_seq) {
		c->reordered++;
	} else {
		c->last_seq = r->number;
	}
	e = event_of(m, r->number);
	if (r->number < m->first_seq)
		ns = received_old(m, c, r);
	else if (e && e->published.time_ns)
		ns = received(m, e, c, &at);
	else if (e && e->n_early < MATCH_EARLY)
		e->early[e->n_early++] = (struct early){at, (uint32_t)(c - m->client)};
	else
		m->unmatched++;
	remember(m, r, r->number, ns);
}

static void on_lost(struct match *m, const struct path_record *r)
{
	struct match_client *c = client_of(m, r->tgid, r->slot, r->comm);

	if (c && r->number > c->lost)
		c->lost = r->number;
}

static void on_listened(struct match *m, const struct path_record *r)
{
	const struct match_end from = {r->begin_ns, r->tgid, r->tid}, to = end_of(r);
	struct match_client *c = client_of(m, r->tgid, r->slot, r->comm);
	uint64_t ns = passed(m, HOP_LISTENER, &from, &to, r->type, r->number);

	remember(m, r, r->number, ns);
	if (!c)
		return;
	hist_add(&c->listener, ns, r->number);
	c->long_listeners += ns >= m->slow_ns;
}

static struct coming *coming_of(struct match *m, const struct path_record *r)
{
	return &m->coming[(r->slot * 2654435761u + r->number) % MATCH_INGRESS];
}

static int is_it(const struct coming *c, const struct path_record *r)
{
	return !c->is_over && c->pos == r->number && c->slot == r->slot && c->type == r->type;
}

static void on_emit(struct match *m, const struct path_record *r)
{
	struct coming *c = coming_of(m, r);

	if (is_it(c, r) && c->is_taken && !c->is_emitted) { /* it was taken before we were told */
		c->emitted = end_of(r);
		c->is_emitted = 1;
		(void)passed(m, HOP_EMIT_TAKE, &c->emitted, &c->taken, r->type, 0);
	} else {
		*c = (struct coming){.slot = r->slot,
			.type = r->type,
			.pos = r->number,
			.is_emitted = 1,
			.emitted = end_of(r)};
		if (m->last_taken == c)
			m->last_taken = NULL;
	}
	remember(m, r, 0, 0);
}

static void on_doorbell(struct match *m, const struct path_record *r)
{
	struct path_record last = *r;
	struct coming *c;
	struct match_end at = end_of(r);

	last.number--;
	c = coming_of(m, &last);
	if (c->pos == last.number && c->slot == r->slot && c->is_emitted && c->emitted.tid == r->tid)
		(void)passed(m, HOP_EMIT_BELL, &c->emitted, &at, c->type, 0);
}

static void on_take(struct match *m, const struct path_record *r)
{
	struct coming *c = coming_of(m, r);
	uint64_t ns = 0;

	if (!is_it(c, r))
		*c = (struct coming){.slot = r->slot, .type = r->type, .pos = r->number};
	if (!c->is_taken) { /* a record that finds no room for its sound is tried again */
		c->taken = end_of(r);
		c->is_taken = 1;
		if (c->is_emitted)
			ns = passed(m, HOP_EMIT_TAKE, &c->emitted, &c->taken, r->type, 0);
		remember(m, r, 0, ns);
	}
	m->last_taken = c;
}

static void on_midi_in(struct match *m, const struct path_record *r)
{
	struct packet *p = &m->packet[m->next_packet++ % MATCH_NOTES];

	*p = (struct packet){r->key & ~GROUP_BITS, r->number, end_of(r), /* is_waiting= */ 1};
	m->last_packet = p;
	remember(m, r, 0, 0);
}

static void on_sounded(struct match *m, const struct path_record *r)
{
	const struct match_end at = end_of(r);
	uint64_t ns = 0;

	for (uint32_t i = 0; i < MATCH_NOTES; i++) {
		struct packet *p = &m->packet[i];

		if (!p->is_waiting || p->frame != r->number || p->words != (r->key & ~GROUP_BITS))
			continue;
		ns = passed(m, HOP_MIDI_SOUND, &p->at, &at, 0, 0);
		p->is_waiting = 0;
		break;
	}
	if (m->n_sounded < MATCH_NOTES)
		m->sounded[m->n_sounded++] = at;
	remember(m, r, 0, ns);
}

static void on_cycle(struct match *m, const struct path_record *r)
{
	const struct match_end at = end_of(r);

	for (uint32_t i = 0; i < m->n_sounded; i++)
		(void)passed(m, HOP_SOUND_OUT, &m->sounded[i], &at, 0, 0);
	m->n_sounded = 0;
}

void match_take(struct match *m, const struct path_record *r)
{
	static void (*const taker[])(struct match *, const struct path_record *) = {
		[PATH_MIDI_IN] = on_midi_in,
		[PATH_NOTE_SOUNDED] = on_sounded,
		[PATH_PUBLISH] = on_publish,
		[PATH_TAKE] = on_take,
		[PATH_EMIT] = on_emit,
		[PATH_DOORBELL] = on_doorbell,
		[PATH_RECEIVE] = on_receive,
		[PATH_LOST] = on_lost,
		[PATH_LISTENED] = on_listened,
		[PATH_CYCLE] = on_cycle,
	};

	if (r->kind < sizeof(taker) / sizeof(*taker) && taker[r->kind])
		taker[r->kind](m, r);
}

void match_listener(struct match *m, const struct path_listener *l, uint64_t now_ns)
{
	struct match_client *c = client_of(m, l->tgid, l->slot, l->comm);

	if (c && now_ns > l->begin_ns && now_ns - l->begin_ns > c->in_listener_ns)
		c->in_listener_ns = now_ns - l->begin_ns;
}

const char *match_hop_name(enum match_hop hop)
{
	static const char *const name[N_HOPS] = {
#define X(sym, name, words) [HOP_##sym] = name,
		MATCH_HOPS(X)
#undef X
	};

	return name[hop];
}

const char *match_hop_words(enum match_hop hop)
{
	static const char *const text[N_HOPS] = {
#define X(sym, name, words) [HOP_##sym] = words,
		MATCH_HOPS(X)
#undef X
	};

	return text[hop];
}

const struct hist *match_hop(const struct match *m, enum match_hop hop)
{
	return &m->hop[hop];
}

const struct match_client *match_client(const struct match *m, size_t i)
{
	return i < m->n_clients ? &m->client[i] : NULL;
}

bool match_is_slow(const struct match *m, const struct match_client *c)
{
	return c->late || c->long_listeners || c->lost || c->in_listener_ns >= m->slow_ns;
}

const struct match_step *match_step(const struct match *m, size_t i)
{
	size_t n = m->n_steps < MATCH_STEPS ? m->n_steps : MATCH_STEPS;

	return i < n ? &m->step[(m->n_steps - n + i) % MATCH_STEPS] : NULL;
}

uint64_t match_unmatched(const struct match *m)
{
	uint64_t n = m->unmatched;

	/* and those that wait for it still */
	for (uint32_t i = 0; i < MATCH_EVENTS; i++)
		if (m->first_seq && m->event[i].seq > m->first_seq)
			n += m->event[i].n_early;
	return n;
}

uint64_t match_left_out(const struct match *m)
{
	return m->left_out;
}

uint64_t match_published(const struct match *m)
{
	return m->published;
}
