/* SPDX-License-Identifier: MIT */
/* Telling handlers what has happened, and the descriptor that says that something has. */
#include <errno.h>
#include <poll.h>

#include "client_impl.h"

/* One call lets a busy ring have its caller for so many events, then the caller looks after its other work.
 */
#define EVENTS_A_TURN 256
#define NO_THREAD_NS (50 * MS_NS)

/* Does anything of interest come over sockets? Otherwise the futexes alone are slept on. */
static int expects_frames(const struct mos_client *c)
{
	return c->bell_fd.epoll_fd >= 0 || c->n_async || c->on_notice || c->on_connection || c->on_widget ||
	       !c->plane || !c->plane->events.base;
}

static int lacks_thread(const struct mos_client *c)
{
	return c->bell_fd.epoll_fd >= 0 && !c->bell_fd.running && c->plane && c->plane->events.base;
}

int client_watch(struct mos_client *c)
{
	struct plane *plane = c->plane;

	if (!lacks_thread(c))
		return 0;
	return bell_fd_start(&c->bell_fd, &plane->reader, plane->clock.base, c->link.check_ns);
}

static int64_t due_ns(const struct mos_client *c)
{
	int64_t link_ns = link_due_ns(c), async_ns = async_due_ns(c);

	if (!TAILQ_EMPTY(&c->inbox))
		return 0;
	if (lacks_thread(c)) /* none was to be had for the new ring: look, and try again */
		return client_now_ns() + NO_THREAD_NS;
	return link_ns < async_ns ? link_ns : async_ns;
}

void client_rearm(struct mos_client *c)
{
	if (c->bell_fd.epoll_fd >= 0)
		bell_fd_set_timer(&c->bell_fd, due_ns(c));
}

/* @return events told, -errno but for what is none here. */
static int tell_events(struct mos_client *c)
{
	struct mos_event event;
	int n = 0, rc = 1;

	if (!c->plane || !c->plane->events.base)
		return 0;
	for (int looks = 0; looks < EVENTS_A_TURN && (rc == 1 || rc == -EOVERFLOW); looks++) {
		rc = mos_events_next(c, &event);
		if (rc == 1) {
			listeners_tell(c, &event);
			n++;
		}
	}
	return n;
}

/* @return what was told; -errno of link_turn() when that was nothing. */
static int turn(struct mos_client *c)
{
	int rc = 0, n;

	c->dispatching = 1;
	n = tell_events(c); /* the ones that are in a hurry */
	if (expects_frames(c) || client_now_ns() >= c->link.turn_at_ns) {
		rc = link_turn(c);
		n += inbox_tell(c);
	}
	c->dispatching = 0;
	listeners_sweep(c);
	client_rearm(c);
	return n ? n : rc;
}

/* Until something may have happened. @return 0, -ETIMEDOUT, -EINTR, others. */
static int sleep_until(struct mos_client *c, int64_t deadline_ns)
{
	struct pollfd pfd = {.events = POLLIN};
	struct timespec ts;
	int64_t left_ns;
	int rc;

	if (!expects_frames(c))
		return events_wait_until(c, deadline_ns);
	pfd.fd = mos_events_fd(c);
	if (pfd.fd < 0)
		return pfd.fd;
	left_ns = deadline_ns - client_now_ns();
	if (left_ns < 0)
		left_ns = 0;
	ts = (struct timespec){left_ns / SECOND_NS, left_ns % SECOND_NS};
	rc = ppoll(&pfd, 1, deadline_ns == INT64_MAX ? NULL : &ts, NULL);
	return rc < 0 ? -errno : rc == 0 ? -ETIMEDOUT : 0;
}

int mos_events_dispatch(struct mos_client *client, int timeout_ms)
{
	int64_t deadline_ns = INT64_MAX;
	int rc;

	if (client->dispatching)
		return -EBUSY;
	if (timeout_ms > 0)
		deadline_ns = client_now_ns() + (int64_t)timeout_ms * MS_NS;
	for (;;) {
		rc = turn(client);
		if (rc != 0 || timeout_ms == 0)
			return rc;
		rc = sleep_until(client, deadline_ns);
		if (rc == -ETIMEDOUT)
			return turn(client);
		if (rc < 0)
			return rc;
	}
}

int mos_events_fd(struct mos_client *client)
{
	struct mos_client *c = client;
	struct plane *plane = c->plane;
	int rc;

	if (c->bell_fd.epoll_fd >= 0)
		return c->bell_fd.epoll_fd;
	rc = bell_fd_open(&c->bell_fd);
	if (rc < 0)
		return client_fail(c, rc, "client.descriptor.failed", "no descriptor for events to be had");
	if (plane && plane->events.base) {
		reading_begin(c);
		bell_fd_watch(&c->bell_fd, c->reading.groups, &c->reading.bells);
		rc = client_watch(c);
		if (rc < 0) {
			bell_fd_close(&c->bell_fd);
			return client_fail(c, rc, "client.thread.failed", "no thread for events to be had");
		}
	}
	if (c->broker.sock >= 0)
		bell_fd_add(&c->bell_fd, c->broker.sock);
	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++) {
		if (c->services[i].sock >= 0)
			bell_fd_add(&c->bell_fd, c->services[i].sock);
	}
	client_rearm(c);
	return c->bell_fd.epoll_fd;
}
