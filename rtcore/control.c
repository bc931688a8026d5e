/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "bell.h"
#include "loader.h"
#include "log.h"

#define READY_TIMEOUT_US 30000000u /* APO-07 */
#define PUMP_US 4000u              /* how often commands are served while no driver runs */
#define HOUSEKEEPING_US 250000u
#define BANK_TRIES 4u              /* APO-18: 1, 2, 4 s apart */
#define IN_FLIGHT_MAX 900u         /* below ENGINE_COMMANDS: an answer always finds room */
#define WAITERS_MAX 1024u
#define OUT_MAX 2048u
#define FDS_MAX 4

struct client {
	uint32_t slot, pid;
	uint64_t cookie;
	char name[48];
	int pidfd;
	int leaving;                 /**< removal is on its way through the audio thread */
	struct mos_region ring;
	struct mos_ingress_reader reader;
	sd_event_source *death;
	struct control *control;
};

struct waiter {
	uint32_t op, id, conn;
};

struct out_msg {
	struct mos_rtctl_msg msg;
	int fds[FDS_MAX];            /**< borrowed */
	uint32_t n_fds;
};

struct control {
	const struct control_options *o;
	struct engine_regions *regions;
	struct engine *engine;
	struct bell bell;
	struct loader *songs, *banks;
	struct driver *driver;
	sd_event *event;
	int listen_fd, conn_fd;
	uint32_t conn;               /**< number of the broker's connection: answers to an older one are dropped */
	sd_event_source *conn_source, *pump_source, *ready_timer, *retry_timer;
	uint32_t in_flight;
	struct out_msg *out;         /**< OUT_MAX, ring */
	uint32_t out_head, out_n;
	struct client *client[MOS_CLIENTS_MAX];
	uint32_t n_clients;

	/* Apollo's bank */
	enum mos_engine_state engine_state;
	int engine_error;
	char engine_text[200];
	char bank[224];              /**< in force */
	char wanted[224];            /**< last one asked for */
	uint64_t bank_bytes;
	uint32_t percent;            /**< written by the bank loader's thread, relaxed */
	uint64_t bank_tag;           /**< of the load that counts; others were overtaken */
	int bank_loading;            /**< a load is with the loader */
	uint32_t tries;
	struct waiter bank_waiter;   /**< of the load that counts; op 0: none */
	struct waiter ready[WAITERS_MAX];
	uint32_t n_ready;

	/* driver status, told from its own thread */
	pthread_mutex_t status_lock;
	struct driver_status status;
	int status_fd;
	enum driver_state seen_state;

	int dma_fd;                  /**< -1: not held */
};

/* --- answers to the broker --- */

static int on_conn(sd_event_source *s, int fd, uint32_t revents, void *data);

static void watch_conn(struct control *c)
{
	uint32_t want = 0;

	if (!c->conn_source)
		return;
	if (c->in_flight < IN_FLIGHT_MAX && c->out_n < OUT_MAX / 2)
		want |= EPOLLIN;
	if (c->out_n > 0)
		want |= EPOLLOUT;
	(void)sd_event_source_set_io_events(c->conn_source, want);
}

static void drop_conn(struct control *c)
{
	if (c->conn_fd < 0)
		return;
	c->conn_source = sd_event_source_disable_unref(c->conn_source);
	close(c->conn_fd);
	c->conn_fd = -1;
	c->out_n = 0;
	c->conn++;
	log_info("the broker went away; audio plays on");
}

/* @return 1 sent, 0 try later, -errno */
static int send_now(struct control *c, const struct out_msg *m)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(sizeof(int) * FDS_MAX)]; } u = { 0 };
	struct iovec iov = { .iov_base = (void *)&m->msg, .iov_len = sizeof(m->msg) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (m->n_fds) {
		hdr.msg_control = u.buf;
		hdr.msg_controllen = CMSG_SPACE(sizeof(int) * m->n_fds);
		u.h = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
					.cmsg_len = CMSG_LEN(sizeof(int) * m->n_fds) };
		memcpy(CMSG_DATA(&u.h), m->fds, sizeof(int) * m->n_fds);
	}
	if (sendmsg(c->conn_fd, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 1;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static void flush(struct control *c)
{
	while (c->conn_fd >= 0 && c->out_n > 0) {
		int r = send_now(c, &c->out[c->out_head]);

		if (r == 0)
			break;
		if (r < 0) {
			drop_conn(c);
			return;
		}
		c->out_head = (c->out_head + 1) % OUT_MAX;
		c->out_n--;
	}
	watch_conn(c);
}

static void reply_fds(struct control *c, const struct mos_rtctl_msg *msg, uint32_t conn, const int *fds, uint32_t n_fds)
{
	struct out_msg *m;

	if (c->conn_fd < 0 || conn != c->conn)
		return;
	if (c->out_n == OUT_MAX) {
		log_warning("the broker does not read its answers; connection closed");
		drop_conn(c);
		return;
	}
	m = &c->out[(c->out_head + c->out_n++) % OUT_MAX];
	m->msg = *msg;
	m->msg.reserved0 = 0;
	m->n_fds = n_fds;
	for (uint32_t i = 0; i < n_fds; i++)
		m->fds[i] = fds[i];
	flush(c);
}

static void reply(struct control *c, const struct mos_rtctl_msg *msg, uint32_t conn)
{
	reply_fds(c, msg, conn, NULL, 0);
}

static void reply_status(struct control *c, struct waiter w, int status, const char *text)
{
	struct mos_rtctl_msg msg = { .op = w.op, .id = w.id, .status = status };

	if (text)
		(void)snprintf(msg.u.text, sizeof(msg.u.text), "%s", text);
	reply(c, &msg, w.conn);
}

/* --- commands to the audio thread --- */

static int send_cmd(struct control *c, const struct mos_rtctl_msg *msg, uint32_t op, void *ptr, uint64_t arg)
{
	struct engine_cmd cmd = { .msg = *msg, .ptr = ptr, .arg = arg, .sent_ns = engine_now_ns() };
	int r;

	cmd.msg.op = op;
	cmd.msg.reserved0 = c->conn;
	r = engine_send(c->engine, &cmd);
	if (r == 0)
		c->in_flight++;
	return r;
}

static void tell_engine_state(struct control *c)
{
	struct mos_event *ev = calloc(1, sizeof(*ev));
	struct mos_rtctl_msg msg = { 0 };

	mos_counter_set(&c->regions->counters, C_ENGINE_STATE, c->engine_state);
	mos_counter_set(&c->regions->counters, C_ENGINE_PERCENT, (int64_t)__atomic_load_n(&c->percent, __ATOMIC_RELAXED));
	if (!ev)
		return;
	*ev = (struct mos_event){ .tick = INT64_MIN, .type = MOS_EVENT_ENGINE_STATE, .source = MOS_SOURCE_RTCORE,
				  .flags = MOS_EVENT_IMMEDIATE };
	ev->u.engine = (struct mos_ev_engine){ .state = c->engine_state, .percent = c->percent, .error = c->engine_error };
	if (send_cmd(c, &msg, ENGINE_OP_EVENT, ev, 0) < 0)
		free(ev);
}

/* --- Apollo's bank: loading, waiting, retrying --- */

static void answer_ready(struct control *c, int status, const char *text)
{
	for (uint32_t i = 0; i < c->n_ready; i++)
		reply_status(c, c->ready[i], status, text);
	c->n_ready = 0;
}

static void on_progress(void *data, uint32_t percent, uint64_t bytes)
{
	struct control *c = data; /* the loader's thread */

	__atomic_store_n(&c->percent, percent, __ATOMIC_RELAXED);
	mos_counter_set(&c->regions->counters, C_ENGINE_PERCENT, percent);
	mos_counter_set(&c->regions->counters, C_ENGINE_BYTES, (int64_t)bytes);
}

static int on_ready_timeout(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
	if (c->engine_state != MOS_ENGINE_LOADING)
		return 0;
	c->engine_error = -ETIMEDOUT;
	(void)snprintf(c->engine_text, sizeof(c->engine_text), "%.150s was not loaded within 30 s", c->wanted);
	log_warning("%s; the %s plays", c->engine_text, c->bank[0] ? "bank before it" : "built-in synthesizer");
	c->engine_state = c->bank[0] ? MOS_ENGINE_READY : MOS_ENGINE_FALLBACK;
	tell_engine_state(c);
	answer_ready(c, c->bank[0] ? 0 : -ETIMEDOUT, c->engine_text);
	if (c->bank_waiter.op) {
		reply_status(c, c->bank_waiter, -ETIMEDOUT, c->engine_text);
		c->bank_waiter.op = 0;
	}
	return 0;
}

static void submit_bank(struct control *c)
{
	struct loader_job job = { .kind = LOADER_BANK, .tag = ++c->bank_tag, .fd = -1, .rate_hz = c->engine->rate_hz,
				  .channel = c->engine->apollo.channel };

	(void)snprintf(job.path, sizeof(job.path), "%s", c->wanted);
	c->engine_state = MOS_ENGINE_LOADING;
	c->percent = 0;
	c->bank_loading = 1;
	c->tries++;
	mos_counter_add(&c->regions->counters, C_ENGINE_TRIES, 1);
	tell_engine_state(c);
	if (!c->ready_timer)
		(void)sd_event_add_time_relative(c->event, &c->ready_timer, CLOCK_MONOTONIC, READY_TIMEOUT_US, 0,
						 on_ready_timeout, c);
	if (loader_submit(c->banks, &job) < 0)
		log_error("no memory to load %s", c->wanted);
}

/* Ask for a bank. While one is being loaded, only the newest request is remembered. */
static void want_bank(struct control *c, const char *path, struct waiter w)
{
	if (c->bank_waiter.op)
		reply_status(c, c->bank_waiter, -ECANCELED, "another bank was asked for meanwhile");
	c->bank_waiter = w;
	(void)snprintf(c->wanted, sizeof(c->wanted), "%s", path);
	c->tries = 0;
	c->retry_timer = sd_event_source_disable_unref(c->retry_timer);
	if (!c->bank_loading)
		submit_bank(c);
}

static int on_retry(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	c->retry_timer = sd_event_source_disable_unref(c->retry_timer);
	submit_bank(c);
	return 0;
}

static void bank_failed(struct control *c, const struct loader_job *job)
{
	c->engine_error = job->status;
	(void)snprintf(c->engine_text, sizeof(c->engine_text), "%s", job->error);
	c->engine_state = c->bank[0] ? MOS_ENGINE_READY : MOS_ENGINE_FALLBACK;
	log_warning("try %u: %s; the %s plays", c->tries, job->error, c->bank[0] ? "bank before it" : "built-in synthesizer");
	tell_engine_state(c);
	answer_ready(c, c->bank[0] ? 0 : job->status, job->error);
	if (c->bank_waiter.op) {
		reply_status(c, c->bank_waiter, job->status, job->error);
		c->bank_waiter.op = 0;
	} else if (c->tries < BANK_TRIES) {
		(void)sd_event_add_time_relative(c->event, &c->retry_timer, CLOCK_MONOTONIC, UINT64_C(1000000) << (c->tries - 1),
						 0, on_retry, c);
		return;
	}
	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
}

static void free_later(struct control *c, enum loader_kind kind, void *object)
{
	struct loader_job job = { .kind = kind, .fd = -1, .object = object };

	if (object && loader_submit(kind == LOADER_FREE_SONG ? c->songs : c->banks, &job) < 0)
		log_error("no memory to free an object");
}

static int on_bank_loaded(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct mos_rtctl_msg msg = { 0 };
	struct loader_job job;

	while (loader_take(c->banks, &job)) {
		c->bank_loading = 0;
		if (strcmp(job.path, c->wanted) != 0) { /* overtaken by a newer wish */
			free_later(c, LOADER_FREE_BANK, job.object);
			submit_bank(c);
		} else if (job.status < 0) {
			bank_failed(c, &job);
		} else {
			c->bank_bytes = job.bytes;
			if (send_cmd(c, &msg, ENGINE_OP_BANK, job.object, 0) < 0)
				free_later(c, LOADER_FREE_BANK, job.object);
		}
	}
	return 0;
}

static void bank_in_force(struct control *c)
{
	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
	c->engine_state = MOS_ENGINE_READY;
	c->engine_error = 0;
	c->engine_text[0] = 0;
	c->percent = 100;
	memcpy(c->bank, c->wanted, sizeof(c->bank));
	log_info("%s is ready (%.1f MiB)", c->bank, (double)c->bank_bytes / 1048576);
	tell_engine_state(c);
	answer_ready(c, 0, NULL);
	if (c->bank_waiter.op) {
		reply_status(c, c->bank_waiter, 0, NULL);
		c->bank_waiter.op = 0;
	}
}

/* --- songs --- */

struct song_load {
	struct waiter w;
	uint32_t flags;
	int64_t start_ns;
};

static void load_song(struct control *c, const struct mos_rtctl_msg *msg, int fd)
{
	struct song_load *s = calloc(1, sizeof(*s));
	struct loader_job job = { .kind = LOADER_SONG, .fd = fd };
	struct waiter w = { msg->op, msg->id, c->conn };

	if (fd < 0 || !s) {
		reply_status(c, w, fd < 0 ? -EINVAL : -ENOMEM, "a timeline needs a file descriptor");
		free(s);
		return;
	}
	*s = (struct song_load){ .w = w, .flags = msg->u.load.flags, .start_ns = engine_now_ns() };
	job.tag = (uint64_t)(uintptr_t)s;
	if (loader_submit(c->songs, &job) < 0) {
		reply_status(c, w, -ENOMEM, "no memory");
		close(fd);
		free(s);
		return;
	}
	(void)send_cmd(c, msg, ENGINE_OP_LOADING, NULL, 0);
}

static int on_song_loaded(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct mos_rtctl_msg msg = { 0 };
	struct loader_job job;

	while (loader_take(c->songs, &job)) {
		struct song_load *s = (struct song_load *)(uintptr_t)job.tag;

		msg.u.load.flags = s->flags;
		if (job.status < 0) {
			(void)send_cmd(c, &msg, ENGINE_OP_LOAD_FAILED, NULL, 0);
			reply_status(c, s->w, job.status, job.error);
			free(s);
			continue;
		}
		if (send_cmd(c, &msg, ENGINE_OP_SONG, job.object, job.tag) < 0) {
			reply_status(c, s->w, -EBUSY, "too many requests at once");
			free_later(c, LOADER_FREE_SONG, job.object);
			free(s);
		}
	}
	return 0;
}

static void song_in_force(struct control *c, struct engine_cmd *cmd)
{
	struct song_load *s = (struct song_load *)(uintptr_t)cmd->arg;
	struct mos_rtctl_msg msg = { .op = MOS_RTCTL_LOAD };
	struct mos_clock clock = { 0 };

	free_later(c, LOADER_FREE_SONG, cmd->ptr);
	if (!s)
		return;
	mos_counter_sample(&c->regions->counters, C_LOAD_NS, (uint64_t)(engine_now_ns() - s->start_ns));
	(void)mos_clock_read(c->regions->clock.base, &clock);
	msg.op = s->w.op;
	msg.id = s->w.id;
	msg.u.load.timeline_id = clock.timeline_id;
	msg.u.load.end_tick = clock.end_tick;
	reply(c, &msg, s->w.conn);
	free(s);
}

/* --- clients --- */

static void detach(struct client *cl)
{
	struct mos_rtctl_msg msg = { 0 };

	if (cl->leaving)
		return;
	cl->leaving = 1;
	cl->death = sd_event_source_disable_unref(cl->death);
	if (send_cmd(cl->control, &msg, ENGINE_OP_CLIENT_REMOVE, NULL, cl->slot) < 0)
		cl->leaving = 0; /* housekeeping tries again */
}

static int on_death(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	detach(data);
	return 0;
}

static void client_gone(struct control *c, uint32_t slot)
{
	struct client *cl = c->client[slot];

	if (!cl)
		return;
	c->client[slot] = NULL;
	c->n_clients--;
	mos_counter_set(&c->regions->counters, C_CLIENTS, c->n_clients);
	sd_event_source_disable_unref(cl->death);
	mos_region_finish(&cl->ring);
	if (cl->pidfd >= 0)
		close(cl->pidfd);
	free(cl);
}

static void attach(struct control *c, struct mos_rtctl_msg *msg, int pidfd)
{
	struct waiter w = { msg->op, msg->id, c->conn };
	struct client *cl = NULL;
	uint32_t slot;
	int r = -ENOMEM;

	for (slot = 0; slot < MOS_CLIENTS_MAX && c->client[slot]; slot++)
		;
	if (slot == MOS_CLIENTS_MAX) {
		reply_status(c, w, -EUSERS, "1024 clients are connected, there is no room for more");
		goto fail_fd;
	}
	cl = calloc(1, sizeof(*cl));
	if (!cl)
		goto fail;
	*cl = (struct client){ .slot = slot, .pid = msg->u.client.pid, .pidfd = pidfd, .control = c };
	memcpy(cl->name, msg->u.client.name, sizeof(cl->name) - 1);
	r = getrandom(&cl->cookie, sizeof(cl->cookie), 0) == sizeof(cl->cookie) ? 0 : -EIO;
	if (r == 0)
		r = mos_region_create("mos-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_ABI_MINOR,
				      c->regions->generation, &cl->ring);
	if (r == 0)
		r = mos_ingress_init(&cl->ring, slot);
	if (r == 0) {
		mos_region_publish(&cl->ring, MOS_MAGIC_INGRESS);
		r = mos_ingress_reader_init(&cl->reader, &cl->ring);
	}
	if (r == 0 && pidfd >= 0)
		r = sd_event_add_io(c->event, &cl->death, pidfd, EPOLLIN, on_death, cl);
	if (r < 0)
		goto fail;
	c->client[slot] = cl;
	c->n_clients++;
	mos_counter_set(&c->regions->counters, C_CLIENTS, c->n_clients);
	msg->u.client.slot = slot;
	msg->u.client.cookie = cl->cookie;
	if (send_cmd(c, msg, ENGINE_OP_CLIENT_ADD, &cl->reader, slot) == 0)
		return;
	client_gone(c, slot);
	reply_status(c, w, -EBUSY, "too many requests at once");
	return;
fail:
	reply_status(c, w, r, "no room for another client");
	if (cl)
		mos_region_finish(&cl->ring);
	free(cl);
fail_fd:
	if (pidfd >= 0)
		close(pidfd);
}

static void resume(struct control *c, struct mos_rtctl_msg *msg)
{
	uint32_t slot = msg->u.client.slot;
	struct client *cl = slot < MOS_CLIENTS_MAX ? c->client[slot] : NULL;

	/* the cookie is a secret between rtcore and that client; the process must be the same too */
	msg->status = cl && !cl->leaving && cl->cookie == msg->u.client.cookie && cl->pid == msg->u.client.pid ? 0 : -ESTALE;
	reply(c, msg, c->conn);
}

/* --- requests --- */

static void hello(struct control *c, struct mos_rtctl_msg *msg)
{
	int fds[] = { c->regions->clock.fd, c->regions->events.fd, c->regions->counters.region.fd, c->regions->dirty.fd };

	if (msg->u.hello.version != MOS_RTCTL_VERSION) {
		msg->status = -EPROTONOSUPPORT;
		reply(c, msg, c->conn);
		return;
	}
	pthread_mutex_lock(&c->status_lock);
	msg->u.hello.quantum = c->status.quantum_frames;
	pthread_mutex_unlock(&c->status_lock);
	msg->status = 0;
	msg->u.hello.pid = (uint32_t)getpid();
	msg->u.hello.generation = c->regions->generation;
	msg->u.hello.rate_hz = c->engine->rate_hz;
	reply_fds(c, msg, c->conn, fds, 4);
}

static void status(struct control *c, struct mos_rtctl_msg *msg)
{
	struct driver_status st;

	pthread_mutex_lock(&c->status_lock);
	st = c->status;
	pthread_mutex_unlock(&c->status_lock);
	msg->status = 0;
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.status.engine = c->engine_state;
	msg->u.status.percent = __atomic_load_n(&c->percent, __ATOMIC_RELAXED);
	msg->u.status.error = c->engine_error;
	msg->u.status.rt_priority = (uint32_t)st.rt_priority;
	msg->u.status.rate_hz = c->engine->rate_hz;
	msg->u.status.quantum = st.quantum_frames;
	msg->u.status.n_clients = c->n_clients;
	msg->u.status.bank_bytes = c->bank_bytes;
	(void)snprintf(msg->u.status.driver, sizeof(msg->u.status.driver), "%s", c->o->driver ? c->o->driver->name : "none");
	(void)snprintf(msg->u.status.bank, sizeof(msg->u.status.bank), "%.95s", c->bank[0] ? c->bank : "built-in");
	(void)snprintf(msg->u.status.text, sizeof(msg->u.status.text), "%.79s", c->engine_text[0] ? c->engine_text : st.text);
	reply(c, msg, c->conn);
}

static void want_ready(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct waiter w = { msg->op, msg->id, c->conn };

	if (c->engine_state == MOS_ENGINE_READY)
		reply_status(c, w, 0, NULL);
	else if (c->engine_state == MOS_ENGINE_FALLBACK)
		reply_status(c, w, c->engine_error ? c->engine_error : -ENOENT, c->engine_text);
	else if (c->n_ready == WAITERS_MAX)
		reply_status(c, w, -EBUSY, "too many wait already");
	else
		c->ready[c->n_ready++] = w;
}

static void request(struct control *c, struct mos_rtctl_msg *msg, int *fd)
{
	struct waiter w = { msg->op, msg->id, c->conn };

	mos_counter_add(&c->regions->counters, C_REQUESTS, 1);
	switch (msg->op) {
	case MOS_RTCTL_HELLO:
		hello(c, msg);
		break;
	case MOS_RTCTL_ATTACH:
		attach(c, msg, *fd);
		*fd = -1;
		break;
	case MOS_RTCTL_RESUME:
		resume(c, msg);
		break;
	case MOS_RTCTL_DETACH:
		if (msg->u.client.slot < MOS_CLIENTS_MAX && c->client[msg->u.client.slot])
			detach(c->client[msg->u.client.slot]);
		reply_status(c, w, 0, NULL);
		break;
	case MOS_RTCTL_LOAD:
		load_song(c, msg, *fd);
		*fd = -1;
		break;
	case MOS_RTCTL_UNLOAD:
		if (send_cmd(c, msg, ENGINE_OP_SONG, NULL, 0) < 0)
			reply_status(c, w, -EBUSY, "too many requests at once");
		else
			reply_status(c, w, 0, NULL);
		break;
	case MOS_RTCTL_BANK:
		msg->u.bank.path[sizeof(msg->u.bank.path) - 1] = 0;
		if (c->engine_state == MOS_ENGINE_READY && strcmp(msg->u.bank.path, c->bank) == 0 && !c->bank_loading)
			reply_status(c, w, 0, NULL);
		else
			want_bank(c, msg->u.bank.path, w);
		break;
	case MOS_RTCTL_READY:
		want_ready(c, msg);
		break;
	case MOS_RTCTL_STATUS:
		status(c, msg);
		break;
	case MOS_RTCTL_QUIT:
		reply_status(c, w, 0, NULL);
		(void)sd_event_exit(c->event, 0);
		break;
	case MOS_RTCTL_PLAY ... MOS_RTCTL_STRIP:
		if (send_cmd(c, msg, msg->op, NULL, 0) < 0)
			reply_status(c, w, -EBUSY, "too many requests at once");
		break;
	default:
		reply_status(c, w, -ENOSYS, "unknown request");
		break;
	}
}

/* One request with at most one fd. @return 1 taken, 0 none waits, -errno connection is over. */
static int receive(struct control *c, struct mos_rtctl_msg *msg, int *ret_fd)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(sizeof(int) * FDS_MAX)]; } u;
	struct iovec iov = { .iov_base = msg, .iov_len = sizeof(*msg) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	ssize_t n = recvmsg(c->conn_fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*ret_fd = -1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&hdr); h; h = CMSG_NXTHDR(&hdr, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (h->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
			if (*ret_fd < 0)
				*ret_fd = fd;
			else
				close(fd);
		}
	}
	if (n == sizeof(*msg) && !(hdr.msg_flags & MSG_TRUNC))
		return 1;
	if (*ret_fd >= 0)
		close(*ret_fd);
	return n == 0 ? -ECONNRESET : -EPROTO;
}

static int on_conn(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct mos_rtctl_msg msg;
	int r, got;

	if (revents & EPOLLOUT)
		flush(c);
	for (int i = 0; i < 64 && c->conn_fd >= 0 && c->in_flight < IN_FLIGHT_MAX && c->out_n < OUT_MAX / 2; i++) {
		r = receive(c, &msg, &got);
		if (r == 0)
			break;
		if (r < 0) {
			if (r == -EPROTO)
				log_warning("the broker sent a record of the wrong size; connection closed");
			drop_conn(c);
			return 0;
		}
		request(c, &msg, &got);
		if (got >= 0)
			close(got);
	}
	if (revents & (EPOLLHUP | EPOLLERR) && !(revents & EPOLLIN))
		drop_conn(c);
	watch_conn(c);
	return 0;
}

static int on_listen(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (conn < 0)
		return 0;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || (cred.uid != geteuid() && cred.uid != 0)) {
		log_warning("refused a connection of another user");
		close(conn);
		return 0;
	}
	if (c->conn_fd >= 0) { /* one broker: it holds a lock, so a newer one means that the older is gone */
		log_info("a new broker takes over");
		drop_conn(c);
	}
	c->conn_fd = conn;
	c->conn++;
	c->out_head = c->out_n = 0;
	if (sd_event_add_io(c->event, &c->conn_source, conn, EPOLLIN, on_conn, c) < 0)
		drop_conn(c);
	return 0;
}

/* --- what comes back from the audio thread --- */

static void client_added(struct control *c, struct engine_cmd *cmd)
{
	struct client *cl = c->client[cmd->arg];

	cmd->msg.op = MOS_RTCTL_ATTACH;
	if (cl)
		reply_fds(c, &cmd->msg, cmd->msg.reserved0, &cl->ring.fd, 1);
}

static const char *status_text(const struct engine_cmd *cmd)
{
	switch (cmd->msg.status) {
	case -EPERM:
		return "not possible in this state of the transport";
	case -ENOTCONN:
		return "nothing drives the clock: no sink is running";
	case -EBUSY:
		return "too many requests wait for the score to be loaded";
	default:
		return NULL;
	}
}

static void take_answers(struct control *c)
{
	struct engine_cmd cmd;

	while (engine_receive(c->engine, &cmd)) {
		if (cmd.msg.op != ENGINE_OP_RETIRED)
			c->in_flight--;
		switch (cmd.msg.op) {
		case ENGINE_OP_LOADING:
		case ENGINE_OP_LOAD_FAILED:
			break;
		case ENGINE_OP_SONG:
			song_in_force(c, &cmd);
			break;
		case ENGINE_OP_BANK:
			free_later(c, LOADER_FREE_BANK, cmd.ptr);
			bank_in_force(c);
			break;
		case ENGINE_OP_RETIRED:
			free_later(c, LOADER_FREE_BANK, cmd.ptr);
			break;
		case ENGINE_OP_EVENT:
			free(cmd.ptr);
			break;
		case ENGINE_OP_CLIENT_ADD:
			client_added(c, &cmd);
			break;
		case ENGINE_OP_CLIENT_REMOVE:
			client_gone(c, (uint32_t)cmd.arg);
			break;
		default:
			if (cmd.msg.status < 0 && cmd.msg.status != -ERANGE && status_text(&cmd))
				(void)snprintf(cmd.msg.u.text, sizeof(cmd.msg.u.text), "%s", status_text(&cmd));
			reply(c, &cmd.msg, cmd.msg.reserved0);
			break;
		}
	}
	watch_conn(c);
}

static int on_answers(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
	take_answers(data);
	return 0;
}

/* --- the driver, and life without one --- */

static void driver_told(void *data, const struct driver_status *st)
{
	struct control *c = data; /* the driver's thread */
	uint64_t one = 1;

	pthread_mutex_lock(&c->status_lock);
	c->status = *st;
	pthread_mutex_unlock(&c->status_lock);
	(void)!write(c->status_fd, &one, sizeof(one));
}

/* The driver has one data pointer for both of its callbacks. Audio thread. */
static void run_cycle(void *data, struct driver_cycle *cycle) MOS_RT
{
	engine_cycle(((struct control *)data)->engine, cycle);
}

static int on_pump(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	engine_pump(c->engine);
	(void)sd_event_source_set_time_relative(s, PUMP_US);
	return 0;
}

static int on_driver(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct driver_status st;
	uint64_t n;

	if (fd >= 0)
		(void)!read(fd, &n, sizeof(n));
	pthread_mutex_lock(&c->status_lock);
	st = c->status;
	pthread_mutex_unlock(&c->status_lock);
	mos_counter_set(&c->regions->counters, C_DRIVER_STATE, st.state);
	if (st.state == DRIVER_RUNNING && c->seen_state != DRIVER_RUNNING)
		mos_counter_add(&c->regions->counters, C_DRIVER_RESTARTS, 1);
	if (st.text[0])
		log_info("%s", st.text);
	c->seen_state = st.state;
	if (c->pump_source)
		(void)sd_event_source_set_enabled(c->pump_source, st.state == DRIVER_RUNNING ? SD_EVENT_OFF : SD_EVENT_ON);
	if (c->pump_source && st.state != DRIVER_RUNNING)
		(void)sd_event_source_set_time_relative(c->pump_source, 0);
	return 0;
}

/* Slow things: the latency request while playing, removals that found the queue full. */
static int on_housekeeping(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;
	struct mos_clock clock;
	int32_t zero = 0;
	int playing = mos_clock_read(c->regions->clock.base, &clock) == 0 && clock.state == MOS_TRANSPORT_PLAYING;

	if (playing && c->dma_fd < 0 && c->o->dma_latency) {
		c->dma_fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
		if (c->dma_fd >= 0)
			(void)!write(c->dma_fd, &zero, sizeof(zero));
	} else if (!playing && c->dma_fd >= 0) {
		close(c->dma_fd);
		c->dma_fd = -1;
	}
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX; i++)
		if (c->client[i] && !c->client[i]->leaving && c->client[i]->pidfd >= 0 && !c->client[i]->death)
			detach(c->client[i]);
	take_answers(c);
	(void)sd_notify(0, "WATCHDOG=1");
	(void)sd_event_source_set_time_relative(s, HOUSEKEEPING_US);
	return 0;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *data)
{
	struct control *c = data;

	(void)sd_event_exit(c->event, 0);
	return 0;
}

/* --- setting up and tearing down --- */

static int listen_at(const char *dir)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t old;
	int fd, r;

	if ((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s/rtcore.sock", dir) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(a.sun_path); /* the lock says that nobody listens there */
	old = umask(0177);
	r = bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0 ? -errno : fd;
	umask(old);
	if (r < 0)
		close(fd);
	return r;
}

static int set_up_events(struct control *c)
{
	sd_event_source *s = NULL;
	int r = sd_event_default(&c->event);

	if (r >= 0)
		r = sd_event_add_signal(c->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_signal, c);
	if (r >= 0)
		r = sd_event_add_signal(c->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_signal, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, c->listen_fd, EPOLLIN, on_listen, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, c->bell.control_fd, EPOLLIN, on_answers, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, loader_fd(c->songs), EPOLLIN, on_song_loaded, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, loader_fd(c->banks), EPOLLIN, on_bank_loaded, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, c->status_fd, EPOLLIN, on_driver, c);
	if (r >= 0)
		r = sd_event_add_time_relative(c->event, &c->pump_source, CLOCK_MONOTONIC, 0, 0, on_pump, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->pump_source, SD_EVENT_ON);
	if (r >= 0)
		r = sd_event_add_time_relative(c->event, &s, CLOCK_MONOTONIC, HOUSEKEEPING_US, 0, on_housekeeping, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(s, SD_EVENT_ON);
	if (r >= 0)
		r = sd_event_source_set_floating(s, 1);
	sd_event_source_unref(s);
	return r;
}

static void tear_down(struct control *c)
{
	char path[4096];

	(void)sd_notify(0, "STOPPING=1");
	if (c->driver)
		c->o->driver->destroy(c->driver); /* no cycle runs from here on */
	bell_finish(&c->bell);
	if (c->engine) {
		engine_pump(c->engine); /* what was still queued comes back to be freed */
		take_answers(c);
	}
	loader_destroy(c->songs);
	loader_destroy(c->banks);
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX; i++)
		client_gone(c, i);
	engine_destroy(c->engine);
	if (c->conn_fd >= 0)
		close(c->conn_fd);
	if (c->listen_fd >= 0) {
		close(c->listen_fd);
		(void)snprintf(path, sizeof(path), "%s/rtcore.sock", c->o->runtime_dir);
		(void)unlink(path);
	}
	if (c->dma_fd >= 0)
		close(c->dma_fd);
	if (c->status_fd >= 0)
		close(c->status_fd);
	sd_event_source_disable_unref(c->conn_source);
	sd_event_source_disable_unref(c->pump_source);
	sd_event_source_disable_unref(c->ready_timer);
	sd_event_source_disable_unref(c->retry_timer);
	sd_event_unref(c->event);
	free(c->out);
	free(c);
}

int control_run(const struct control_options *o, struct engine_regions *regions)
{
	struct control *c = calloc(1, sizeof(*c));
	int r = -ENOMEM;

	if (!c)
		return EXIT_FAILURE;
	c->o = o;
	c->regions = regions;
	c->conn_fd = c->dma_fd = c->bell.fd = -1;
	pthread_mutex_init(&c->status_lock, NULL);
	c->out = calloc(OUT_MAX, sizeof(*c->out));
	c->status_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->listen_fd = listen_at(o->runtime_dir);
	if (c->listen_fd < 0) {
		r = c->listen_fd;
		log_error("%s/rtcore.sock: %s", o->runtime_dir, strerror(-r));
		goto out;
	}
	r = bell_init(&c->bell);
	if (r < 0)
		goto out;
	r = -ENOMEM;
	c->engine = engine_create(o->driver_config.rate_hz, regions, c->bell.fd);
	c->songs = loader_create("mos-songs", NULL, NULL);
	c->banks = loader_create("mos-banks", on_progress, c);
	if (!c->out || c->status_fd < 0 || !c->engine || !c->songs || !c->banks)
		goto out;
	r = set_up_events(c);
	if (r >= 0)
		r = bell_start(&c->bell, c->engine);
	if (r >= 0 && o->driver)
		r = o->driver->create(&o->driver_config, run_cycle, driver_told, c, &c->driver);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		goto out;
	}
	if (o->bank_path)
		want_bank(c, o->bank_path, (struct waiter){ 0 });
	else
		c->engine_state = MOS_ENGINE_FALLBACK;
	(void)sd_notify(0, "READY=1");
	r = sd_event_loop(c->event);
out:
	tear_down(c);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
