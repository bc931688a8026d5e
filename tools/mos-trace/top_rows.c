/* SPDX-License-Identifier: MIT */
#include "top_rows.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

struct top_row *top_rows_find(struct top_rows *rows, uint32_t tid)
{
	for (size_t i = 0; i < rows->n; i++)
		if (rows->row[i].tid == tid)
			return &rows->row[i];
	return NULL;
}

static void hist_subtract(struct hist *h, const struct hist *before)
{
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		h->bucket[i] -= before->bucket[i] < h->bucket[i] ? before->bucket[i] : h->bucket[i];
	h->n -= before->n < h->n ? before->n : h->n;
	h->sum -= before->sum < h->sum ? before->sum : h->sum;
}

struct top_thread top_since(const struct top_row *row, const struct top_row *before)
{
	struct top_thread d = row->figures;
	const struct top_thread *b = before ? &before->figures : NULL;

	/* numbers of threads are given anew */
	if (!b || b->tgid != d.tgid || b->run_ns > d.run_ns || b->switches > d.switches)
		return d;
	d.run_ns -= b->run_ns;
	d.switches -= b->switches;
	d.preempted -= b->preempted;
	d.wakeups -= b->wakeups;
	d.syscalls -= b->syscalls;
	d.faults -= b->faults;
	hist_subtract(&d.wait, &b->wait);
	return d;
}

struct place {
	uint64_t run_ns;
	size_t i;
};

static int by_time(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;

	if (a->run_ns != b->run_ns)
		return a->run_ns < b->run_ns ? 1 : -1;
	return (a->i > b->i) - (a->i < b->i);
}

void top_order(const struct top_thread *since, size_t n, size_t *ret)
{
	struct place *places = calloc(n ? n : 1, sizeof(*places));

	for (size_t i = 0; i < n; i++) {
		ret[i] = i;
		if (places)
			places[i] = (struct place){since[i].run_ns, i};
	}
	if (!places)
		return; /* in no order, then */
	qsort(places, n, sizeof(*places), by_time);
	for (size_t i = 0; i < n; i++)
		ret[i] = places[i].i;
	free(places);
}

const char *top_policy(const struct top_thread *t, char *buf, size_t size)
{
	switch (t->policy) {
	case SCHED_FIFO:
		(void)snprintf(buf, size, "fifo %d", 99 - t->prio);
		break;
	case SCHED_RR:
		(void)snprintf(buf, size, "rr %d", 99 - t->prio);
		break;
	case SCHED_DEADLINE:
		(void)snprintf(buf, size, "dl");
		break;
	case SCHED_BATCH:
		(void)snprintf(buf, size, "batch");
		break;
	case SCHED_IDLE:
		(void)snprintf(buf, size, "idle");
		break;
	default:
		if (t->prio < 100) /* lent: it holds what a real-time thread waits for */
			(void)snprintf(buf, size, "pi %d", 99 - t->prio);
		else
			(void)snprintf(buf, size, "nice %d", t->prio - 120);
	}
	return buf;
}

void top_waker_name(const struct top_row *row, char *buf, size_t size)
{
	if (row->waker_n == 0)
		(void)snprintf(buf, size, "-");
	else if (row->waker == 0)
		(void)snprintf(buf, size, "interrupt");
	else
		(void)snprintf(buf, size, "%s %u", row->waker_comm, row->waker);
}
