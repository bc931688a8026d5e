/* SPDX-License-Identifier: MIT */
/* The tie to rtcore. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mos/event_ring.h>
#include <mos/ingress.h>

#include "broker_link.h"
#include "fdmsg.h"
#include "log.h"
#include "rtlink.h"

/* More than any burst of all clients; beyond it rtcore does not answer and more would not help. */
#define PENDING_MAX 4096u

struct rtlink_request {
	struct mos_rtctl_msg msg;
	int fd; /* owned until sent; -1: none */
	int sent;
	uint64_t deadline_us; /* CLOCK_MONOTONIC; UINT64_MAX: none */
	rtlink_answered *answered;
	void *data;
	TAILQ_ENTRY(rtlink_request) link;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Until when an answer is waited for, in seconds; 0: as long as rtcore lives. */
static uint64_t patience_s(uint32_t op)
{
	switch (op) {
	case MOS_RTCTL_ATTACH:
	case MOS_RTCTL_RESUME:
	case MOS_RTCTL_DETACH:
		return 0; /* giving up on them would lose a client's slot */
	case MOS_RTCTL_LOAD:
	case MOS_RTCTL_BANK:
		return 120;
	case MOS_RTCTL_READY:
		return 35; /* rtcore itself answers after 30 */
	case MOS_RTCTL_HELLO:
	case MOS_RTCTL_STATUS:
		return 5; /* answered by its control thread alone */
	default:
		return 60; /* commands wait while a score is loaded */
	}
}

static void finish_request(struct rtlink *link, struct rtlink_request *r, int rc,
	const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
	TAILQ_REMOVE(&link->pending, r, link);
	link->n_pending--;
	if (r->fd >= 0)
		close(r->fd);
	r->answered(r->data, rc, msg, fds, n_fds);
	free(r);
}

static void close_regions(struct rtlink *link)
{
	for (int i = 0; i < RTLINK_N_REGIONS; i++) {
		if (link->region_fd[i] >= 0)
			close(link->region_fd[i]);
		link->region_fd[i] = -1;
	}
	mos_region_finish(&link->clock);
	mos_counters_detach(&link->counters);
}

static void disconnect(struct rtlink *link)
{
	int was_up = link->up;

	if (link->sock < 0)
		return;
	link->up = 0;
	link->io = sd_event_source_disable_unref(link->io);
	close(link->sock);
	link->sock = -1;
	close_regions(link);
	while (!TAILQ_EMPTY(&link->pending))
		finish_request(link, TAILQ_FIRST(&link->pending), -ECONNRESET, NULL, NULL, 0);
	if (was_up)
		log_warning("rtcore is gone, trying again: pid=%u", link->pid);
	link->ops->down(link->data);
	retry_later(&link->retry);
}

/* @return 0 sent all that may be sent; -errno the connection is of no use. */
static int send_pending(struct rtlink *link)
{
	struct rtlink_request *r;
	int waiting = 0, rc;

	TAILQ_FOREACH (r, &link->pending, link) {
		if (r->sent)
			continue;
		if (!link->up && r->msg.op != MOS_RTCTL_HELLO)
			break;
		rc = fdmsg_send(link->sock, &r->msg, sizeof(r->msg), &r->fd, r->fd >= 0, MSG_DONTWAIT);
		if (rc == -EAGAIN) {
			waiting = 1;
			break;
		}
		if (rc < 0)
			return rc;
		r->sent = 1;
		if (r->fd >= 0)
			close(r->fd);
		r->fd = -1;
	}
	return sd_event_source_set_io_events(link->io, waiting ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void arm_deadline(struct rtlink *link)
{
	uint64_t next = UINT64_MAX;
	struct rtlink_request *r;

	TAILQ_FOREACH (r, &link->pending, link) {
		if (r->deadline_us < next)
			next = r->deadline_us;
	}
	if (next == UINT64_MAX) {
		(void)sd_event_source_set_enabled(link->deadline, SD_EVENT_OFF);
	} else {
		(void)sd_event_source_set_time(link->deadline, next);
		(void)sd_event_source_set_enabled(link->deadline, SD_EVENT_ONESHOT);
	}
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct rtlink *link = data;
	struct rtlink_request *r, *next;
	uint64_t now = now_us();

	/* Unsent requests count too: rtcore not reading is rtcore not answering. */
	for (r = TAILQ_FIRST(&link->pending); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r->deadline_us > now)
			continue;
		log_warning("rtcore did not answer in time: op=%u id=%u", r->msg.op, r->msg.id);
		finish_request(link, r, -ETIMEDOUT, NULL, NULL, 0);
		/* The callback may have ended the connection, and with it everything pending. */
		next = TAILQ_FIRST(&link->pending);
	}
	arm_deadline(link);
	return 0;
}

static int add_request(
	struct rtlink *link, const struct mos_rtctl_msg *msg, int fd, rtlink_answered *answered, void *data)
{
	struct rtlink_request *r;
	uint64_t patience = patience_s(msg->op);
	int rc;

	if (link->n_pending == PENDING_MAX)
		return -ENOBUFS;
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct rtlink_request){.msg = *msg, .fd = -1, .answered = answered, .data = data};
	if (fd >= 0) {
		r->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (r->fd < 0) {
			rc = -errno;
			free(r);
			return rc;
		}
	}
	r->msg.id = link->next_id++;
	r->msg.status = 0;
	r->msg.reserved0 = 0;
	r->deadline_us = patience ? now_us() + patience * 1000000 : UINT64_MAX;
	TAILQ_INSERT_TAIL(&link->pending, r, link);
	link->n_pending++;
	arm_deadline(link);
	/* A connection that broke is noticed by its hang-up, which answers this request as well. */
	(void)send_pending(link);
	return 0;
}

int rtlink_request(
	struct rtlink *link, const struct mos_rtctl_msg *msg, int fd, rtlink_answered *answered, void *data)
{
	if (link->sock < 0)
		return -ENOTCONN;
	return add_request(link, msg, fd, answered, data);
}

int rtlink_greeting(const struct rtlink *link)
{
	return link->sock >= 0 && !link->up;
}

int rtlink_read_clock(const struct rtlink *link, struct mos_clock *ret)
{
	return link->up ? mos_clock_read(link->clock.base, ret) : -ENOTCONN;
}

int rtlink_read_song(const struct rtlink *link, struct mos_clock *ret, struct mos_clock_song *ret_song)
{
	int rc = link->up ? mos_clock_read_song(link->clock.base, ret, ret_song) : -ENOTCONN;

	if (rc != -ENOTSUP)
		return rc;
	*ret_song = (struct mos_clock_song){0};
	return rtlink_read_clock(link, ret);
}

/* --- Receiving --- */

/* HELLO's answer: the regions are checked here, once, before anybody is given them. */
static int take_hello(struct rtlink *link, const struct mos_rtctl_msg *msg, int *fds, uint32_t n_fds)
{
	enum mos_attach_step step = MOS_ATTACH_OK;
	int rc;

	if (msg->status < 0 || msg->u.hello.version != MOS_RTCTL_VERSION) {
		log_error("rtcore speaks another version: status=%d version=%u ours=%d", msg->status,
			msg->u.hello.version, MOS_RTCTL_VERSION);
		return -EPROTO;
	}
	if (n_fds != RTLINK_N_REGIONS || !msg->u.hello.generation) {
		log_error("rtcore's greeting is incomplete: fds=%u generation=%llu", n_fds,
			(unsigned long long)msg->u.hello.generation);
		return -EPROTO;
	}
	rc = mos_region_attach(fds[RTLINK_CLOCK], MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR, MOS_CLOCK_PAGE_MIN,
		/* writable= */ 0, &link->clock, &step);
	if (rc >= 0)
		rc = mos_counters_attach(fds[RTLINK_COUNTERS], &link->counters, &step);
	if (rc < 0) {
		log_error("rtcore's regions cannot be used: %s", mos_attach_step_str(step));
		return rc;
	}
	for (uint32_t i = 0; i < RTLINK_N_REGIONS; i++) {
		link->region_fd[i] = fds[i];
		fds[i] = -1;
	}
	link->pid = msg->u.hello.pid;
	link->generation = msg->u.hello.generation;
	link->rate_hz = msg->u.hello.rate_hz;
	link->quantum = msg->u.hello.quantum;
	return 0;
}

static int take_answer(struct rtlink *link, const struct mos_rtctl_msg *msg, int *fds, uint32_t n_fds)
{
	struct rtlink_request *r;
	int rc;

	TAILQ_FOREACH (r, &link->pending, link) {
		if (r->sent && r->msg.id == msg->id)
			break;
	}
	if (!r || r->msg.op != msg->op) {
		log_debug("rtcore answers what was not asked, or too late, ignoring: op=%u id=%u", msg->op,
			msg->id);
		return 0;
	}
	if (msg->op != MOS_RTCTL_HELLO) {
		finish_request(link, r, 0, msg, fds, n_fds);
		return 0;
	}
	rc = take_hello(link, msg, fds, n_fds);
	if (rc < 0)
		return rc;
	finish_request(link, r, 0, msg, NULL, 0);
	link->up = 1;
	link->absence_logged = 0;
	retry_reset(&link->retry);
	log_info("rtcore is up: pid=%u generation=%llu rate=%u quantum=%u", link->pid,
		(unsigned long long)link->generation, link->rate_hz, link->quantum);
	link->ops->up(link->data);
	return send_pending(link);
}

/* @return 1 there may be more; 0 nothing there; -errno the connection is of no use. */
static int read_one(struct rtlink *link)
{
	struct mos_rtctl_msg msg;
	int fds[FDMSG_FDS_MAX];
	uint32_t n_fds;
	ssize_t n;
	int rc;

	n = fdmsg_recv(link->sock, &msg, sizeof(msg), fds, &n_fds, MSG_DONTWAIT);
	if (n == -EAGAIN)
		return 0;
	if (n == sizeof(msg)) {
		rc = take_answer(link, &msg, fds, n_fds);
	} else if (n == 0 || n == -ECONNRESET) { /* it ended; reset: with something of ours unread */
		rc = -ECONNRESET;
	} else {
		log_error("rtcore sent what is no record: bytes=%zd", n);
		rc = -EPROTO;
	}
	for (uint32_t i = 0; i < n_fds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return rc < 0 ? rc : 1;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct rtlink *link = data;
	int rc = 0;

	if (revents & EPOLLOUT)
		rc = send_pending(link);
	while (rc >= 0 && (rc = read_one(link)) > 0)
		;
	if (rc < 0)
		disconnect(link);
	else
		arm_deadline(link);
	return 0;
}

/* --- Connecting --- */

static void on_hello(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
	struct rtlink *link = data;

	if (rc == -ETIMEDOUT)
		disconnect(link);
}

/* Only our own user's rtcore: the directory may be in a place where others can write. */
static int check_owner(int sock)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	return cred.uid == geteuid() || cred.uid == 0 ? 0 : -EPERM;
}

static int greet(struct rtlink *link)
{
	struct mos_rtctl_msg hello = {.op = MOS_RTCTL_HELLO};
	int rc;

	rc = sd_event_add_io(link->event, &link->io, link->sock, EPOLLIN, on_io, link);
	if (rc < 0)
		return rc;
	hello.u.hello.version = MOS_RTCTL_VERSION;
	hello.u.hello.pid = (uint32_t)getpid();
	return add_request(link, &hello, -1, on_hello, link);
}

static void try_connect(void *data)
{
	struct rtlink *link = data;
	int sock = broker_link_connect(link->runtime_dir, "rtcore.sock"), rc = sock;

	if (sock >= 0) {
		link->sock = sock;
		rc = check_owner(sock);
		if (rc >= 0)
			rc = greet(link);
		if (rc >= 0)
			return;
	}
	if (!link->absence_logged)
		log_notice("no rtcore yet, waiting for it: dir=%s error=\"%s\"", link->runtime_dir,
			strerror(-rc));
	link->absence_logged = 1;
	if (sock >= 0)
		disconnect(link);
	else
		retry_later(&link->retry);
}

int rtlink_start(struct rtlink *link, sd_event *event, const char *runtime_dir, const struct rtlink_ops *ops,
	void *data)
{
	int rc;

	*link = (struct rtlink){
		.event = event,
		.runtime_dir = runtime_dir,
		.ops = ops,
		.data = data,
		.sock = -1,
		.next_id = 1,
		.region_fd = {-1, -1, -1, -1},
		.clock = {.fd = -1},
	};
	TAILQ_INIT(&link->pending);
	rc = sd_event_add_time(event, &link->deadline, CLOCK_MONOTONIC, 0, 0, on_deadline, link);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(link->deadline, SD_EVENT_OFF);
	if (rc >= 0)
		rc = retry_init(&link->retry, event, try_connect, link);
	if (rc < 0)
		return rc;
	try_connect(link);
	return 0;
}

void rtlink_stop(struct rtlink *link)
{
	disconnect(link);
	retry_finish(&link->retry);
	link->deadline = sd_event_source_disable_unref(link->deadline);
}
