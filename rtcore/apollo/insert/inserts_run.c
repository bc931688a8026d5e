/* SPDX-License-Identifier: MIT */
/* One process of an insert: from its start to its end, its controls and its state. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inserts_internal.h"

#define PRIORITY 80u /* SCHED_FIFO, where it may: below PipeWire's audio threads (88), above the bus */
#define UNASKED_MAX 1000u /* datagrams, until it is taken for mad */
#define CLOSED_NS INT64_C(1000000000) /* the longest that a process without a line may live */

int64_t inserts_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

void run_message(struct insert_msg *m, uint32_t op, const char *text)
{
	memset(m, 0, offsetof(struct insert_msg, text));
	m->op = op;
	m->size = (uint32_t)strnlen(text, sizeof(m->text) - 1);
	memcpy(m->text, text, m->size);
}

static int watch(struct run *r, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = r};

	return epoll_ctl(r->in->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static void take_after(struct run *r, const struct run *like)
{
	memcpy(r->control, like->control, sizeof(r->control));
	memcpy(r->is_set, like->is_set, sizeof(r->is_set));
	memcpy(r->name, like->name, sizeof(r->name));
	r->n_controls = like->n_controls;
	r->state = like->state ? strdup(like->state) : NULL;
}

int run_start(struct place *p, struct inserts *in, uint32_t kind, const char *what, const struct run *like,
	struct run **ret)
{
	struct run *r;
	struct insert_msg m;
	int err;

	if (in->bells == UINT64_MAX)
		return -ENOSPC;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct run){
		.in = in, .place = p, .kind = kind, .n_bell = (uint32_t)__builtin_ctzll(~in->bells)};
	(void)snprintf(r->what, sizeof(r->what), "%s", what);
	(void)snprintf(r->name, sizeof(r->name), "%s", what);
	if (like)
		take_after(r, like);
	err = insert_process_start(in->program, in->config.rate_hz, &r->process);
	if (err < 0) {
		free(r->state);
		free(r);
		return err;
	}
	in->bells |= UINT64_C(1) << r->n_bell;
	r->started_ns = r->progress_ns = inserts_now_ns();
	run_message(&m, INSERT_OP_START, what);
	m.u.start.kind = kind;
	m.u.start.priority = PRIORITY;
	err = insert_process_send(&r->process, &m);
	if (err == 0)
		err = watch(r, r->process.socket);
	if (err == 0)
		err = watch(r, r->process.pidfd);
	if (err < 0) {
		run_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

void run_stop(struct run *r)
{
	run_talk_end(r, -EPIPE);
	if (r->process.pid)
		insert_process_end(&r->process); /* closing takes them out of the epoll set */
}

void run_free(struct run *r)
{
	if (!r)
		return;
	run_stop(r);
	r->in->bells &= ~(UINT64_C(1) << r->n_bell);
	if (r->in->config.bell)
		__atomic_store_n(&r->in->config.bell->word[r->n_bell], NULL, __ATOMIC_RELEASE);
	insert_destroy(r->end);
	mos_region_finish(&r->process.region);
	free(r->talk.text);
	free(r->state);
	free(r);
}

static uint32_t *word_of(const struct run *r)
{
	struct insert_region *region = r->process.region.base;

	return (uint32_t *)&region->n_in; /* little-endian: its low half */
}

void run_wake(struct run *r)
{
	(void)syscall(SYS_futex, word_of(r), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int find_control(const struct run *r, const char *symbol)
{
	for (uint32_t i = 0; i < r->n_controls; i++)
		if (strcmp(r->control[i].symbol, symbol) == 0)
			return (int)i;
	return -1;
}

static int send_value(struct run *r, uint32_t index)
{
	struct insert_msg m;

	run_message(&m, INSERT_OP_SET, "");
	m.u.set.index = index;
	m.u.set.value = r->control[index].value;
	return insert_process_send(&r->process, &m);
}

/* It goes to logs and answers. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static int is_symbol(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return 0;
	return n > 0;
}

/* A control that the process names. What was set before it was started again stays set. */
static int add_control(struct run *r, const struct insert_msg *m, uint32_t index)
{
	struct insert_control c = {.min = m->u.control.min,
		.max = m->u.control.max,
		.initial = m->u.control.initial,
		.value = m->u.control.value};

	if (index >= INSERT_CONTROLS_MAX || m->size >= sizeof(c.symbol) || !is_symbol(m->text, m->size))
		return -EPROTO;
	if (!(c.min <= c.initial && c.initial <= c.max && c.min <= c.value && c.value <= c.max))
		return -EPROTO;
	memcpy(c.symbol, m->text, m->size);
	if (index < r->n_controls && r->is_set[index] && strcmp(r->control[index].symbol, c.symbol) == 0)
		c.value = r->control[index].value;
	else
		r->is_set[index] = 0;
	r->control[index] = c;
	return 0;
}

int run_send_values(struct run *r)
{
	int err = 0;

	for (uint32_t i = 0; i < r->n_controls && err == 0; i++)
		if (r->is_set[i])
			err = send_value(r, i);
	return err;
}

static int bring_up_end(struct run *r)
{
	struct insert_msg sync;
	int err = run_send_values(r);

	run_message(&sync, INSERT_OP_SYNC, "");
	return err < 0 ? err : insert_process_send(&r->process, &sync);
}

/* It is there: what was restored and set before comes first, then it is asked whether it has taken that. */
static int bring_up(struct run *r, const struct insert_msg *m)
{
	(void)snprintf(r->name, sizeof(r->name), "%.*s", (int)m->size, m->text);
	r->n_controls = r->n_named;
	r->is_up = 1;
	return r->state ? run_ask_restore(r, r->state) : bring_up_end(r);
}

static int get_ready(struct run *r)
{
	r->end = insert_create(r->process.region.base, r->in->config.bell, r->n_bell, r->in->latency);
	if (!r->end)
		return -ENOMEM;
	r->end->want_off = r->is_again && r->place->is_off;
	if (r->in->config.bell)
		__atomic_store_n(&r->in->config.bell->word[r->n_bell], word_of(r), __ATOMIC_RELEASE);
	return 1;
}

/* An answer that nobody waits for any more. @return 0; -EPROTO: there is no end of it. */
static int ignore(struct run *r, const struct insert_msg *m)
{
	if (r->n_unasked++ == UNASKED_MAX)
		return -EPROTO;
	if (r->n_owed && (m->op == INSERT_OP_DONE || m->op == INSERT_OP_FAILED)) {
		r->n_owed--;
		r->n_unasked = 0;
	}
	return 0;
}

/* The line of a process that ends is closed a moment before its end can be asked for. */
static int listen_for_end(const struct run *r, char *text, size_t size)
{
	if (insert_process_has_ended(&r->process, text, size))
		return -EPIPE;
	if (inserts_now_ns() - r->closed_ns < CLOSED_NS)
		return 0;
	(void)snprintf(text, size, "its process closed the line");
	return -EPIPE;
}

int run_listen(struct run *r, char *text, size_t size)
{
	struct insert_msg m;
	int got = 0, err = 0;

	if (r->closed_ns)
		return listen_for_end(r, text, size);
	/* what it said before it ended counts: a line that takes nothing any more is still read */
	(void)run_push(r);
	while (err == 0 && (got = insert_process_receive(&r->process, &m)) > 0) {
		if (r->talk.what != RUN_SILENT && !r->n_owed) {
			err = run_said(r, &m);
			if (err == 0 && r->talk.what == RUN_SILENT && !r->end) {
				if (r->talk.status < 0) {
					(void)snprintf(text, size, "it does not take the state that it had");
					return r->talk.status;
				}
				err = bring_up_end(r);
			}
			continue;
		}
		make_plain(m.text);
		if (r->end) {
			err = ignore(r, &m);
			continue;
		}
		if (m.op == INSERT_OP_CONTROL && !r->is_up) {
			err = add_control(r, &m, r->n_named++);
		} else if (m.op == INSERT_OP_READY && !r->is_up) {
			err = bring_up(r, &m);
		} else if (m.op == INSERT_OP_DONE && r->is_up) {
			err = get_ready(r);
		} else if (m.op == INSERT_OP_FAILED) {
			(void)snprintf(text, size, "%s", m.text);
			return m.u.failed.status < 0 && m.u.failed.status > -4096 ? m.u.failed.status
										  : -EINVAL;
		} else {
			err = -EPROTO;
		}
	}
	if (err == -EPIPE || got == -EPIPE) {
		(void)epoll_ctl(r->in->epoll_fd, EPOLL_CTL_DEL, r->process.socket, NULL);
		r->closed_ns = inserts_now_ns();
		return listen_for_end(r, text, size);
	}
	if (err < 0 || got < 0) {
		(void)snprintf(text, size, "its process talks nonsense, or there is no memory");
		return -EPIPE;
	}
	if (err == 0 && insert_process_has_ended(&r->process, text, size))
		return -EPIPE;
	return err;
}

int run_set(struct run *r, const char *symbol, float value, char *error, size_t size)
{
	int i = find_control(r, symbol);

	if (i < 0) {
		(void)snprintf(error, size, "%s has no control '%s'", r->name, symbol);
		return -ENOENT;
	}
	if (!(value >= r->control[i].min && value <= r->control[i].max)) {
		(void)snprintf(error, size, "%s of %s goes from %g to %g", symbol, r->name,
			(double)r->control[i].min, (double)r->control[i].max);
		return -ERANGE;
	}
	r->control[i].value = value;
	r->is_set[i] = r->talk.is_set[i] = 1;
	if (r->talk.what == RUN_RESTORES)
		return 0; /* once that has been done */
	(void)send_value(r, (uint32_t)i); /* a process that is gone hears it from the next start */
	return 0;
}
