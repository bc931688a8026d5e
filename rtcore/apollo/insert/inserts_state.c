/* SPDX-License-Identifier: MIT */
/* What an insert keeps inside of itself: asked for, or put in force, piece by piece, without waiting for it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "inserts_internal.h"

#define ANSWER_NS INT64_C(5000000000)
#define CLOSED_LOOK_MS 10

static void watch_room(struct run *r, int on)
{
	struct epoll_event ev = {.events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = r};

	(void)epoll_ctl(r->in->epoll_fd, EPOLL_CTL_MOD, r->process.socket, &ev);
}

int run_push(struct run *r)
{
	struct run_talk *t = &r->talk;
	struct insert_msg m;
	int err = 0;

	if (t->what != RUN_RESTORES || t->is_sent)
		return 0;
	do {
		run_message(&m, INSERT_OP_RESTORE, t->text + t->at);
		m.u.restore.is_first = t->at == 0;
		m.u.restore.is_last = t->at + m.size == t->n;
		err = insert_process_send(&r->process, &m);
		if (err == 0) {
			t->at += m.size;
			t->is_sent = m.u.restore.is_last != 0;
		}
	} while (err == 0 && !t->is_sent);
	watch_room(r, err == -EAGAIN);
	return err == -EAGAIN ? 0 : err;
}

int run_ask_save(struct run *r)
{
	struct insert_msg m;
	char *text;
	int err;

	if (r->talk.what != RUN_SILENT)
		return -EBUSY;
	text = malloc(INSERT_STATE_MAX + 1);
	if (!text)
		return -ENOMEM;
	run_message(&m, INSERT_OP_SAVE, "");
	err = insert_process_send(&r->process, &m);
	if (err < 0) {
		free(text);
		return err;
	}
	r->talk =
		(struct run_talk){.what = RUN_SAVES, .text = text, .until_ns = inserts_now_ns() + ANSWER_NS};
	return 0;
}

int run_ask_restore(struct run *r, const char *text)
{
	size_t n = strlen(text);
	char *copy;

	if (r->talk.what != RUN_SILENT)
		return -EBUSY;
	if (n > INSERT_STATE_MAX)
		return -EFBIG;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	r->talk = (struct run_talk){
		.what = RUN_RESTORES, .text = copy, .n = n, .until_ns = inserts_now_ns() + ANSWER_NS};
	return run_push(r);
}

static void restored(struct run *r)
{
	/* the state has values of its own; what was set since it was asked for holds */
	memcpy(r->is_set, r->talk.is_set, sizeof(r->is_set));
	free(r->state);
	r->state = r->talk.text;
	r->talk.text = NULL;
	(void)run_send_values(r);
}

void run_talk_end(struct run *r, int status)
{
	enum run_talks what = r->talk.what;
	struct inserts *in = r->in;
	int is_asked = r->end != NULL; /* else it is what the run before had */
	const char *text;

	if (what == RUN_SILENT)
		return;
	if (what == RUN_SAVES && status == 0)
		r->talk.text[r->talk.n] = '\0';
	if (what == RUN_SAVES && status == 0 && is_asked) {
		free(r->state); /* what is started again goes on from here */
		r->state = strdup(r->talk.text);
	}
	if (what == RUN_RESTORES && status == 0 && is_asked)
		restored(r);
	else if (what == RUN_RESTORES && is_asked)
		(void)run_send_values(r);
	text = r->talk.text ? r->talk.text : r->state;
	r->n_owed += status == -ETIMEDOUT && (what == RUN_SAVES || r->talk.is_sent);
	r->talk.what = RUN_SILENT;
	r->talk.status = status;
	if (is_asked && in->config.state_told)
		in->config.state_told(
			in->config.data, r->place->strip, r->place->slot, status, status < 0 ? NULL : text);
	if (what == RUN_SAVES && status == 0 && r->talk.keep)
		return;
	free(r->talk.text);
	r->talk.text = NULL;
}

/* The state has set the next control. */
static int take_value(struct run *r, float value)
{
	uint32_t i = r->talk.n_values++;

	if (i >= r->n_controls || !(value >= r->control[i].min && value <= r->control[i].max))
		return -EPROTO;
	if (!(r->end ? r->talk.is_set[i] : r->is_set[i]))
		r->control[i].value = value;
	return 0;
}

int run_said(struct run *r, const struct insert_msg *m)
{
	struct run_talk *t = &r->talk;

	switch (m->op) {
	case INSERT_OP_STATE:
		/* pieces of nothing could be said for ever, and we would listen */
		if (t->what != RUN_SAVES || m->size == 0 || m->size > INSERT_STATE_MAX - t->n)
			return -EPROTO;
		memcpy(t->text + t->n, m->text, m->size);
		t->n += m->size;
		return 0;
	case INSERT_OP_CONTROL:
		return t->is_sent ? take_value(r, m->u.control.value) : -EPROTO;
	case INSERT_OP_DONE:
		if (t->what == RUN_RESTORES && !t->is_sent)
			return -EPROTO;
		run_talk_end(r, 0);
		return 0;
	case INSERT_OP_FAILED:
		run_talk_end(r, m->u.failed.status == -ENOTSUP   ? -ENOTSUP
				: t->what == RUN_RESTORES        ? -EINVAL
				: m->u.failed.status == -EFBIG ? -EFBIG
							       : -ENOTSUP);
		return 0;
	default:
		return -EPROTO;
	}
}

/* Until what was asked has been answered. */
static int wait_end(struct run *r)
{
	char text[INSERT_PIECE];
	int err = 0;

	while (err >= 0 && r->talk.what != RUN_SILENT) {
		struct pollfd p = {.events = POLLIN};
		int64_t left_ns = r->talk.until_ns - inserts_now_ns();

		p.fd = r->closed_ns ? r->process.pidfd : r->process.socket;
		if (r->talk.what == RUN_RESTORES && !r->talk.is_sent && !r->closed_ns)
			p.events |= POLLOUT;
		if (left_ns <= 0) {
			run_talk_end(r, -ETIMEDOUT);
			break;
		}
		(void)poll(&p, 1, r->closed_ns ? CLOSED_LOOK_MS : (int)(left_ns / 1000000) + 1);
		err = run_listen(r, text, sizeof(text));
	}
	if (err < 0)
		run_talk_end(r, -EPIPE);
	return r->talk.status;
}

static struct run *run_at(struct inserts *in, uint32_t strip, uint32_t slot)
{
	struct place *p = place_find(in, strip, slot);

	return p && p->current && !p->is_removing ? p->current : NULL;
}

int inserts_state_ask(struct inserts *in, uint32_t strip, uint32_t slot, const char *text)
{
	struct run *r = run_at(in, strip, slot);

	if (!r)
		return -ENOENT;
	if (!r->process.pid)
		return -EPIPE;
	return text ? run_ask_restore(r, text) : run_ask_save(r);
}

int inserts_state_save(struct inserts *in, uint32_t strip, uint32_t slot, char **ret)
{
	int err = inserts_state_ask(in, strip, slot, NULL);
	struct run *r = run_at(in, strip, slot);

	if (err < 0)
		return err;
	r->talk.keep = 1;
	err = wait_end(r);
	if (err == 0)
		*ret = r->talk.text;
	else
		free(r->talk.text);
	r->talk.text = NULL;
	return err;
}

int inserts_state_restore(struct inserts *in, uint32_t strip, uint32_t slot, const char *text)
{
	int err = inserts_state_ask(in, strip, slot, text);

	return err < 0 ? err : wait_end(run_at(in, strip, slot));
}
