/* SPDX-License-Identifier: MIT */
#include "path_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <mos/event.h>

#include "box.h"

#define CLIENTS_SHOWN 40u
#define STEPS_SHOWN 64u

static const char *type_name(uint32_t type)
{
	const char *name = type ? mos_event_type_name(type) : NULL;

	return name ? name : "-";
}

static const char *step_words(uint32_t kind)
{
	switch (kind) {
	case PATH_MIDI_IN:
		return "MIDI in";
	case PATH_NOTE_SOUNDED:
		return "goes to its instrument";
	case PATH_PUBLISH:
		return "lies in the event ring";
	case PATH_TAKE:
		return "taken by the bus thread";
	case PATH_EMIT:
		return "emitted";
	case PATH_RECEIVE:
		return "received";
	case PATH_LISTENED:
		return "its listener has returned";
	default:
		return "?";
	}
}

static const char *step_name(uint32_t kind)
{
	static const char *const name[] = {
		[PATH_MIDI_IN] = "midi_in",
		[PATH_NOTE_SOUNDED] = "note_sounded",
		[PATH_PUBLISH] = "publish",
		[PATH_TAKE] = "ingress_take",
		[PATH_EMIT] = "emit",
		[PATH_DOORBELL] = "doorbell",
		[PATH_RECEIVE] = "receive",
		[PATH_LOST] = "receive_lost",
		[PATH_LISTENED] = "listener_end",
		[PATH_CYCLE] = "cycle_end",
	};

	return name[kind];
}

/* The program; what the thread was called where the program is gone. */
static void name_of(const struct match_client *c, char *buf, size_t size)
{
	box_name((pid_t)c->tgid, buf, size);
	if (!strcmp(buf, "?"))
		(void)snprintf(buf, size, "%s", c->comm);
}

static bool is_gone(const struct match_client *c)
{
	return box_is_gone((pid_t)c->tgid);
}

static uint64_t worst_of(const struct match_client *c)
{
	uint64_t ns = c->receive.max > c->listener.max ? c->receive.max : c->listener.max;

	return ns > c->in_listener_ns ? ns : c->in_listener_ns;
}

/* The worst ones first. */
static int by_worst(const void *va, const void *vb)
{
	const struct match_client *const *a = va, *const *b = vb;

	return (worst_of(*a) < worst_of(*b)) - (worst_of(*a) > worst_of(*b));
}

static size_t sorted(const struct match *m, const struct match_client *ret[MATCH_CLIENTS])
{
	size_t n = 0;

	while (n < MATCH_CLIENTS && (ret[n] = match_client(m, n)))
		n++;
	qsort(ret, n, sizeof(*ret), by_worst);
	return n;
}

static void print_client(const struct match_client *c, FILE *out)
{
	char name[BOX_NAME_LEN], t[5][16];

	name_of(c, name, sizeof(name));
	(void)fprintf(out, "%-20.20s %7u %8" PRIu64 " %9s %9s %9s %9s %9s %6" PRIu64 "%s\n", name, c->tgid,
		c->receive.n, trace_time(hist_percentile(&c->receive, 500), t[0], 16),
		trace_time(hist_percentile(&c->receive, 990), t[1], 16), trace_time(c->receive.max, t[2], 16),
		trace_time(hist_percentile(&c->listener, 990), t[3], 16),
		trace_time(c->listener.max, t[4], 16), c->lost, is_gone(c) ? "  (gone)" : "");
}

/* What is wrong with a client, and what that does to it. */
static void print_slow(const struct path_report *r, const struct match_client *c, FILE *out)
{
	char name[BOX_NAME_LEN], t[16];

	name_of(c, name, sizeof(name));
	(void)fprintf(out, "SLOW: %s (%u)", name, c->tgid);
	if (c->late)
		(void)fprintf(out,
			" received %" PRIu64 " of %" PRIu64 " events later than %" PRIu64
			" ms, the worst (%" PRIu64 ") after %s;",
			c->late, c->receive.n, r->slow_ms, c->receive.tag_of_max,
			trace_time(c->receive.max, t, sizeof(t)));
	if (c->long_listeners)
		(void)fprintf(out, " its listeners took longer than that %" PRIu64 " times, at worst %s;",
			c->long_listeners, trace_time(c->listener.max, t, sizeof(t)));
	if (c->in_listener_ns >= r->slow_ms * 1000000)
		(void)fprintf(out, " a listener was called %s ago and has not returned;",
			trace_time(c->in_listener_ns, t, sizeof(t)));
	if (c->lost)
		(void)fprintf(
			out, " lost %" PRIu64 " events that were overwritten before it read them;", c->lost);
	(void)fputc('\n', out);
}

static void print_clients(const struct path_report *r, FILE *out)
{
	const struct match_client **c = calloc(MATCH_CLIENTS, sizeof(const struct match_client *));
	size_t n = c ? sorted(r->match, c) : 0;

	(void)fprintf(out, "\n%-20s %7s %8s %9s %9s %9s %9s %9s %6s\n", "client", "pid", "received", "p50",
		"p99", "max", "listn p99", "listn max", "lost");
	for (size_t i = 0; i < n && i < CLIENTS_SHOWN; i++)
		print_client(c[i], out);
	if (n > CLIENTS_SHOWN)
		(void)fprintf(out, "... and %zu that were quicker; --json has them all\n", n - CLIENTS_SHOWN);
	for (size_t i = 0; i < n; i++)
		if (match_is_slow(r->match, c[i]))
			print_slow(r, c[i], out);
	free(c);
}

static void print_steps(const struct path_report *r, FILE *out)
{
	size_t n = 0, from;
	uint64_t begin_ns = 0;

	while (match_step(r->match, n))
		n++;
	from = n > STEPS_SHOWN ? n - STEPS_SHOWN : 0;
	if (r->event)
		(void)fprintf(out, "\nEvent %" PRIu64 ":%s\n", r->event, n ? "" : " has not been seen");
	else
		(void)fprintf(out, "\nSteps of %s%s:\n", type_name(r->type), from ? ", the newest" : "");
	for (size_t i = from; i < n; i++) {
		const struct match_step *s = match_step(r->match, i);
		char took[16], since[16], comm[PATH_COMM_LEN + 1] = {0};

		if (!begin_ns)
			begin_ns = s->at.time_ns;
		memcpy(comm, s->comm, PATH_COMM_LEN);
		if (!comm[0])
			trace_comm((pid_t)s->at.tid, comm, sizeof(comm));
		(void)fprintf(out, "  +%-10s %-16.16s %7u  ",
			trace_time(s->at.time_ns > begin_ns ? s->at.time_ns - begin_ns : 0, since,
				sizeof(since)),
			comm, s->at.tid);
		if (s->seq)
			(void)fprintf(out, "%-8" PRIu64 " ", s->seq);
		(void)fprintf(out, "%s%s%s\n", step_words(s->kind), s->took_ns ? " after " : "",
			s->took_ns ? trace_time(s->took_ns, took, sizeof(took)) : "");
	}
}

void path_print(const struct path_report *r, FILE *out)
{
	(void)fprintf(out, "%" PRIu64 " events of mos-rtcore %d\n\n", match_published(r->match), r->rtcore);
	trace_print_hist_head(out, "hop");
	for (uint32_t i = 0; i < N_HOPS; i++)
		if (match_hop(r->match, i)->n)
			trace_print_hist(out, match_hop_name(i), match_hop(r->match, i));
	print_clients(r, out);
	if (r->event || r->type)
		print_steps(r, out);
	if (r->dropped)
		(void)fprintf(out,
			"\n%" PRIu64
			" records found no room and are missing above; --type NAME makes them fewer\n",
			r->dropped);
	if (match_left_out(r->match))
		(void)fprintf(out, "\n%" PRIu64 " receivings of clients beyond %u are missing above\n",
			match_left_out(r->match), MATCH_CLIENTS);
}

static void client_to_json(
	const struct path_report *r, const struct match_client *c, yyjson_mut_doc *doc, yyjson_mut_val *to)
{
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, to);
	char name[BOX_NAME_LEN];

	name_of(c, name, sizeof(name));
	(void)yyjson_mut_obj_add_strcpy(doc, o, "name", name);
	(void)yyjson_mut_obj_add_uint(doc, o, "pid", c->tgid);
	(void)yyjson_mut_obj_add_uint(doc, o, "slot", c->slot);
	(void)trace_json_hist(doc, o, "receive", &c->receive);
	(void)trace_json_hist(doc, o, "listener", &c->listener);
	(void)yyjson_mut_obj_add_uint(doc, o, "worst_event", c->receive.tag_of_max);
	(void)yyjson_mut_obj_add_uint(doc, o, "late", c->late);
	(void)yyjson_mut_obj_add_uint(doc, o, "long_listeners", c->long_listeners);
	(void)yyjson_mut_obj_add_uint(doc, o, "in_listener_ns", c->in_listener_ns);
	(void)yyjson_mut_obj_add_uint(doc, o, "lost", c->lost);
	(void)yyjson_mut_obj_add_uint(doc, o, "reordered", c->reordered);
	(void)yyjson_mut_obj_add_uint(doc, o, "duplicates", c->duplicates);
	(void)yyjson_mut_obj_add_bool(doc, o, "slow", match_is_slow(r->match, c));
	(void)yyjson_mut_obj_add_bool(doc, o, "gone", is_gone(c));
}

static void step_to_json(const struct match_step *s, yyjson_mut_doc *doc, yyjson_mut_val *to)
{
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, to);
	char comm[PATH_COMM_LEN + 1] = {0};

	memcpy(comm, s->comm, PATH_COMM_LEN);
	if (!comm[0])
		trace_comm((pid_t)s->at.tid, comm, sizeof(comm));
	(void)yyjson_mut_obj_add_str(doc, o, "step", step_name(s->kind));
	(void)yyjson_mut_obj_add_uint(doc, o, "seq", s->seq);
	(void)yyjson_mut_obj_add_uint(doc, o, "time_ns", s->at.time_ns);
	(void)yyjson_mut_obj_add_uint(doc, o, "took_ns", s->took_ns);
	(void)yyjson_mut_obj_add_uint(doc, o, "pid", s->at.tgid);
	(void)yyjson_mut_obj_add_uint(doc, o, "tid", s->at.tid);
	(void)yyjson_mut_obj_add_strcpy(doc, o, "thread", comm);
}

void path_to_json(const struct path_report *r, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *hops = yyjson_mut_obj_add_obj(doc, root, "hops"), *list;
	const struct match_client *c;
	const struct match_step *s;

	(void)yyjson_mut_obj_add_uint(doc, root, "published", match_published(r->match));
	(void)yyjson_mut_obj_add_uint(doc, root, "slow_ms", r->slow_ms);
	for (uint32_t i = 0; i < N_HOPS; i++)
		(void)trace_json_hist(doc, hops, match_hop_name(i), match_hop(r->match, i));
	list = yyjson_mut_obj_add_arr(doc, root, "clients");
	for (size_t i = 0; (c = match_client(r->match, i)); i++)
		client_to_json(r, c, doc, list);
	list = yyjson_mut_obj_add_arr(doc, root, "steps");
	for (size_t i = 0; (s = match_step(r->match, i)); i++)
		step_to_json(s, doc, list);
	(void)yyjson_mut_obj_add_uint(doc, root, "dropped", r->dropped);
	(void)yyjson_mut_obj_add_uint(doc, root, "unmatched", match_unmatched(r->match));
	(void)yyjson_mut_obj_add_uint(doc, root, "clients_left_out", match_left_out(r->match));
}
