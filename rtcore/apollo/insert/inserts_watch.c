/* SPDX-License-Identifier: MIT */
/* How the inserts' processes do: what they say, whether they work, what becomes of them when they end. */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "inserts_internal.h"

#define START_NS INT64_C(20000000000) /* the longest start */
#define STUCK_NS INT64_C(2000000000)  /* fed for so long without an answer: started again */
#define RETRY_NS INT64_C(250000000)   /* after the first death; twice as long after each further one */
#define DEATHS_MAX 6u
#define HEALTHY_NS INT64_C(60000000000) /* after so long older deaths are forgotten */
#define SETTLE_NS INT64_C(10000000000)

/* The process of what is in force has ended: it is heard dry, and another one is started after a while. */
static void died(struct place *p, const char *how)
{
	run_stop(p->current);
	if (p->is_removing)
		return;
	p->n_deaths++;
	p->is_bypassed = 1;
	if (p->n_deaths >= DEATHS_MAX) {
		place_tell(p, INSERTS_GAVE_UP, -EPIPE, "%s, for the %uth time; it stays bypassed", how,
			p->n_deaths);
		return;
	}
	p->retry_ns = inserts_now_ns() + (RETRY_NS << (p->n_deaths - 1));
	place_tell(p, INSERTS_DIED, -EPIPE, "%s; bypassed until it has been started again", how);
}

/* What was getting ready has failed. */
static void failed(struct inserts *in, struct place *p, int status, const char *why)
{
	int is_again = p->next->is_again;

	place_cancel_next(p, status, why);
	if (is_again && p->current)
		died(p, why);
	else if (!p->current)
		place_drop(in, p);
}

static void hear(struct inserts *in, struct run *r)
{
	struct place *p = r->place;
	char text[INSERT_PIECE];
	int got = run_listen(r, text, sizeof(text));

	if (got < 0 && r == p->current)
		died(p, text);
	else if (got < 0 && p->is_swapping) /* the audio thread has its end already: dead on arrival */
		run_stop(r);
	else if (got < 0)
		failed(in, p, got, text);
	else
		place_try_swap(in, p);
}

static void look_at_current(struct place *p, int64_t now_ns)
{
	struct run *r = p->current;
	const struct insert_region *region = r->process.region.base;
	uint64_t fed = __atomic_load_n(&r->end->n_fed, __ATOMIC_RELAXED);
	uint64_t out = __atomic_load_n(&region->n_out, __ATOMIC_RELAXED);
	uint32_t why = __atomic_load_n(&r->end->why, __ATOMIC_RELAXED);

	if (!r->process.pid) {
		if (!p->retry_ns && !p->next && !p->is_removing && p->n_deaths < DEATHS_MAX)
			died(p, "its process ended");
		return;
	}
	if (out != r->seen_out || fed == r->seen_fed)
		r->progress_ns = now_ns;
	r->seen_out = out;
	r->seen_fed = fed;
	if (now_ns - r->progress_ns > STUCK_NS) {
		died(p, "it did not come back from a period");
		return;
	}
	if (why != INSERT_WELL && !p->is_bypassed) {
		p->is_bypassed = 1;
		place_tell(p, INSERTS_BYPASSED, 0,
			why == INSERT_BAD ? "its sound is no number, or far too loud; bypassed"
					  : "too late again and again; bypassed");
	} else if (why == INSERT_WELL && p->is_bypassed &&
		   __atomic_load_n(&r->end->heard, __ATOMIC_RELAXED)) {
		p->is_bypassed = 0;
		place_tell(p, INSERTS_BACK, 0, "works again");
	}
	if (now_ns - r->started_ns > HEALTHY_NS)
		p->n_deaths = 0;
}

static void look_at(struct inserts *in, struct place *p, int64_t now_ns)
{
	struct run *dead = p->current;

	if (p->current && p->current->talk.what != RUN_SILENT && now_ns > p->current->talk.until_ns)
		run_talk_end(p->current, -ETIMEDOUT);
	if (p->next && p->next->process.pid && p->next->closed_ns) {
		hear(in, p->next); /* this may be the end of the place, too */
		return;
	}
	if (p->current && p->current->process.pid && p->current->closed_ns)
		hear(in, p->current);
	if (p->current)
		look_at_current(p, now_ns);
	if (p->retry_ns && now_ns >= p->retry_ns && !p->next && !p->is_swapping) {
		p->retry_ns = 0;
		if (run_start(p, in, dead->kind, dead->what, dead, &p->next) == 0)
			p->next->is_again = 1;
		else
			died(p, "its process could not be started");
	}
	if (p->next && !p->next->end && now_ns - p->next->started_ns > START_NS)
		failed(in, p, -ETIMEDOUT, "did not get ready in time");
	else
		place_try_swap(in, p);
}

void inserts_dispatch(struct inserts *in)
{
	struct epoll_event ev;
	uint64_t ticks;

	/* one at a time: what is done about it may take the others away */
	for (uint32_t n = 0; n < 4 * INSERTS_MAX && epoll_wait(in->epoll_fd, &ev, 1, 0) == 1; n++) {
		if (ev.data.ptr) {
			hear(in, ev.data.ptr);
			continue;
		}
		(void)!read(in->timer_fd, &ticks, sizeof(ticks));
		for (uint32_t i = in->n_places; i-- > 0;)
			look_at(in, in->place[i], inserts_now_ns());
		if (in->n_places == 0)
			inserts_set_timer(in, 0);
	}
}

/* @return 1 it has answered all, or never will */
static int is_settled(const struct run *r)
{
	const struct insert_region *region = r->process.region.base;
	uint64_t fed = r->end->n_fed;
	struct pollfd p = {.fd = r->process.pidfd, .events = POLLIN};

	/* acquire: what the process wrote before is there for the audio thread's function, too */
	return fed == 0 || r->process.pid == 0 ||
	       __atomic_load_n(&region->out[(fed - 1) % INSERT_RING].number, __ATOMIC_ACQUIRE) == fed ||
	       poll(&p, 1, 0) == 1;
}

int inserts_settle(struct inserts *in)
{
	const struct timespec pause = {.tv_nsec = 20000};
	int64_t until_ns = inserts_now_ns() + SETTLE_NS;

	for (uint32_t i = 0; i < in->n_places; i++) {
		struct run *r = in->place[i]->current;

		while (r && !is_settled(r)) {
			run_wake(r);
			if (inserts_now_ns() > until_ns)
				return -ETIMEDOUT;
			(void)nanosleep(&pause, NULL);
		}
	}
	return 0;
}
