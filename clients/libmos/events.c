/* SPDX-License-Identifier: MIT */
/* Events as a program pulls them: which are wanted, the next one, sleep until there is one. */
#include <errno.h>
#include <time.h>

#include "client_impl.h"
#include "../../shm/probe.h"

#define ANSWER_NS (20 * MS_NS) /* while something was asked, its answer is looked for so often */

void reading_init(struct mos_client *c)
{
	c->reading.wanted = CLIENT_TYPES_ALL;
	c->reading.groups = 1u << MOS_EVENT_GROUP_ANY;
	for (uint32_t i = 0; i <= MOS_EVENT_TYPES_MAX; i++)
		TAILQ_INIT(&c->reading.list[i].head);
	TAILQ_INIT(&c->reading.ended.head);
}

static void tell_figures(const struct mos_client *c)
{
	struct mos_reader_page *page = c->plane ? c->plane->figures : NULL;

	if (!page)
		return;
	__atomic_store_n(&page->interest, c->reading.begun ? c->reading.wanted : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->listeners, c->reading.n_listeners, __ATOMIC_RELAXED);
}

static uint32_t groups_of(uint64_t wanted)
{
	uint32_t groups = 0;

	if (wanted == CLIENT_TYPES_ALL)
		return 1u << MOS_EVENT_GROUP_ANY;
	for (uint32_t i = 0; i < MOS_EVENT_TYPES_MAX; i++) {
		if (wanted & (UINT64_C(1) << i))
			groups |= 1u << mos_event_group(mos_event_type_at(i));
	}
	return groups;
}

void reading_changed(struct mos_client *c)
{
	struct reading *r = &c->reading;

	r->wanted = r->is_selected ? r->selected : 0;
	if (r->by_handlers)
		r->wanted |= listeners_wanted(c);
	else if (!r->is_selected)
		r->wanted = CLIENT_TYPES_ALL;
	r->groups = groups_of(r->wanted);
	bell_fd_watch(&c->bell_fd, r->groups, &r->bells);
	tell_figures(c);
}

void reading_begin(struct mos_client *c)
{
	if (c->reading.begun)
		return;
	c->reading.begun = 1;
	tell_figures(c);
}

int mos_events_select(struct mos_client *client, const uint32_t *types, size_t n)
{
	uint64_t selected = 0;

	for (size_t i = 0; i < n; i++) {
		int index = mos_event_type_index(types[i]);

		if (index < 0)
			return client_fail(
				client, -EINVAL, "client.event.unknown", "no type of event: %#x", types[i]);
		selected |= UINT64_C(1) << index;
	}
	client->reading.is_selected = n > 0;
	client->reading.selected = selected;
	client->reading.begun = 1;
	reading_changed(client);
	return 0;
}

/* Bucket b: latencies of bit length b. */
static uint32_t bucket_of(uint64_t ns)
{
	uint32_t bits = ns ? 64 - (uint32_t)__builtin_clzll(ns) : 0;

	return bits < MOS_LATENCY_BUCKETS ? bits : MOS_LATENCY_BUCKETS - 1;
}

/* Only this client writes its page: a load and a store are enough. Readers may see a figure a moment late. */
static void note_delivery(struct plane *plane, int index, const struct mos_event *event)
{
	struct mos_reader_figures *figures = &plane->figures->type[index];
	uint64_t stamp_ns = mos_event_stamp_of(&plane->reader, event->seq);

	__atomic_store_n(&figures->delivered, figures->delivered + 1, __ATOMIC_RELAXED);
	if (stamp_ns) {
		uint64_t now_ns = (uint64_t)client_now_ns();
		uint32_t *bucket = &figures->latency[bucket_of(now_ns > stamp_ns ? now_ns - stamp_ns : 0)];

		__atomic_store_n(bucket, *bucket + 1, __ATOMIC_RELAXED);
	}
}

int mos_events_next(struct mos_client *client, struct mos_event *ret)
{
	struct plane *plane = client->plane;
	struct mos_event_bells bells;
	struct mos_event event;
	int sampled = 0;

	if (!plane)
		return -ENOTCONN;
	if (!plane->events.base)
		return -EACCES;
	reading_begin(client);
	/* At most a ring of unwanted ones a call; what remains then keeps the next sleep short. */
	for (uint64_t i = 0; i <= plane->reader.mask + 2; i++) {
		int rc = mos_event_next(&plane->reader, &event);
		int index;

		if (rc == 1) {
			index = mos_event_type_index(event.type);
			if (index < 0 || !(client->reading.wanted & (UINT64_C(1) << index)))
				continue;
			MOS_PROBE(receive, event.seq, event.type, plane->generation, plane->writer.slot_id);
			note_delivery(plane, index, &event);
			*ret = event;
			return 1;
		}
		if (rc < 0) {
			MOS_PROBE(receive_lost, plane->reader.lost, plane->generation, plane->writer.slot_id);
			__atomic_store_n(&plane->figures->lost, mos_events_lost(client), __ATOMIC_RELAXED);
			return rc;
		}
		if (sampled) {
			client->reading.bells = bells;
			bell_fd_arm(&client->bell_fd, &bells, client->link.check_ns);
			return 0;
		}
		/* Empty, it seems. A bell that rings between this and the look that proves it makes the
		   next sleep return at once. */
		bells = client->reading.bells;
		mos_event_bells(&plane->reader, client->reading.groups, &bells);
		sampled = 1;
	}
	return 0;
}

uint64_t mos_events_lost(const struct mos_client *client)
{
	return client->reading.lost_before + (client->plane ? client->plane->reader.lost : 0);
}

/* @return 0 a bell rang, -ETIMEDOUT, -EINTR. */
static int sleep_once(const struct mos_client *c, int64_t ns)
{
	struct timespec ts = {ns / SECOND_NS, ns % SECOND_NS};

	if (c->reading.groups)
		return mos_event_wait(&c->plane->reader, c->reading.groups, &c->reading.bells, ns);
	return nanosleep(&ts, NULL) < 0 ? -errno : -ETIMEDOUT;
}

int events_wait_until(struct mos_client *c, int64_t deadline_ns)
{
	for (;;) {
		int64_t left_ns = deadline_ns - client_now_ns();
		/* A futex does not hear the broker's answer. */
		int64_t most_ns = c->link.question_id ? ANSWER_NS : CLIENT_CHECK_NS;
		int rc;

		if (left_ns < 0)
			left_ns = 0;
		rc = sleep_once(c, left_ns < most_ns ? left_ns : most_ns);
		if (rc != -ETIMEDOUT)
			return rc;
		if (left_ns <= most_ns)
			return -ETIMEDOUT;
		rc = link_turn(c);
		client_rearm(c);
		if (rc < 0)
			return rc;
		if (!TAILQ_EMPTY(&c->inbox))
			return 0;
	}
}

int mos_events_wait(struct mos_client *client, int timeout_ms)
{
	int64_t deadline_ns = timeout_ms < 0 ? INT64_MAX : client_now_ns() + (int64_t)timeout_ms * MS_NS;

	if (!client->plane)
		return plane_denied(client, -ENOTCONN, NULL);
	if (!client->plane->events.base)
		return plane_denied(client, -EACCES, "events.read");
	reading_begin(client);
	return events_wait_until(client, deadline_ns);
}
