/* SPDX-License-Identifier: MIT */
/* The view `top`: every thread of MOS. */
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/types.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "box.h"
#include "chrome.h"
#include "top.h"
#include "top.skel.h"
#include "top_rows.h"

#define SCAN_NS INT64_C(1000000000)
#define ROWS_SHOWN 60u

struct top_view {
	struct top_bpf *bpf;
	bool has_faults;
	int64_t scanned_ns, shown_ns;
	struct box box;
	struct top_rows now, shown; /* what was shown last: a live picture tells the time between two */
};

static void find_processes(const struct run *run, struct top_view *v)
{
	v->scanned_ns = trace_now_ns();
	if (box_scan(&v->box, run->target.pid) < 0)
		return;
	box_tell(&v->box, bpf_map__fd(v->bpf->maps.processes));
}

/* The thread that woke this one most often. */
static void find_waker(const struct top_view *v, struct top_row *row, const struct top_wake *key)
{
	struct top_waker w;

	if (bpf_map_lookup_elem(bpf_map__fd(v->bpf->maps.wakers), key, &w) < 0 || w.n <= row->waker_n)
		return;
	row->waker_n = w.n;
	row->waker = key->waker;
	(void)snprintf(row->waker_comm, sizeof(row->waker_comm), "%.*s", TOP_COMM_LEN - 1, w.comm);
}

static void read_rows(struct top_view *v)
{
	int threads = bpf_map__fd(v->bpf->maps.threads), wakers = bpf_map__fd(v->bpf->maps.wakers);
	uint64_t now = (uint64_t)trace_now_ns();
	struct top_wake wake, *wake_at = NULL;
	uint32_t tid, *at = NULL;

	v->now.n = 0;
	for (uint32_t i = 0; i < TOP_THREADS_MAX && bpf_map_get_next_key(threads, at, &tid) == 0;
		i++, at = &tid) {
		struct top_row *row = &v->now.row[v->now.n];

		*row = (struct top_row){.tid = tid};
		if (bpf_map_lookup_elem(threads, &tid, &row->figures) < 0)
			continue;
		if (row->figures.on_ns && now > row->figures.on_ns) /* it runs at this moment */
			row->figures.run_ns += now - row->figures.on_ns;
		v->now.n++;
	}
	for (uint32_t i = 0; i < TOP_WAKERS_MAX && bpf_map_get_next_key(wakers, wake_at, &wake) == 0;
		i++, wake_at = &wake) {
		struct top_row *row = top_rows_find(&v->now, wake.tid);

		if (row)
			find_waker(v, row, &wake);
	}
}

/* Threads that are gone make room. */
static void forget_the_dead(struct top_view *v)
{
	int threads = bpf_map__fd(v->bpf->maps.threads);

	if (v->now.n < TOP_THREADS_MAX / 2)
		return;
	for (size_t i = 0; i < v->now.n; i++) {
		char path[48];

		(void)snprintf(path, sizeof(path), "/proc/%u/task/%u", v->now.row[i].figures.tgid,
			v->now.row[i].tid);
		if (access(path, F_OK) < 0)
			(void)bpf_map_delete_elem(threads, &v->now.row[i].tid);
	}
}

static void top_close(struct run *run)
{
	struct top_view *v = run->data;

	trace_detach(run);
	top_bpf__destroy(v->bpf);
	free(v);
	run->data = NULL;
}

static int start(struct run *run, struct top_view *v)
{
	int r;

	v->bpf = top_bpf__open();
	if (!v->bpf)
		return trace_say_load(run->view, -errno);
	v->has_faults = trace_has_tracepoint("page_fault_user");
	(void)bpf_program__set_autoload(v->bpf->progs.on_fault, v->has_faults);
	r = trace_load(run, v->bpf->obj);
	if (r)
		return r;
	find_processes(run, v);
	v->shown_ns = trace_now_ns();
	return trace_attach(run, v->bpf->obj);
}

static int top_open(struct run *run)
{
	struct top_view *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return trace_say(TRACE_FAILED, "no memory");
	run->data = v;
	r = start(run, v);
	if (r)
		top_close(run);
	return r;
}

static void draw_counters(struct run *run, struct top_view *v)
{
	uint64_t now = (uint64_t)trace_now_ns();
	double seconds = (double)((int64_t)now - v->shown_ns) / 1e9;

	for (size_t i = 0; i < v->now.n && seconds > 0; i++) {
		const struct top_row *row = &v->now.row[i], *before = top_rows_find(&v->shown, row->tid);
		const struct top_thread d = top_since(row, before);
		char name[64];

		(void)snprintf(name, sizeof(name), "%s %u: CPU %%", row->figures.comm, row->tid);
		chrome_counter(run->chrome, (pid_t)row->figures.tgid, name, now,
			100 * (double)d.run_ns / 1e9 / seconds);
	}
	for (size_t i = 0; i < v->box.n; i++)
		chrome_name(run->chrome, (struct chrome_track){v->box.process[i].pid, v->box.process[i].pid},
			v->box.process[i].name, NULL);
	v->shown = v->now;
	v->shown_ns = (int64_t)now;
}

static int top_poll(struct run *run, int timeout_ms)
{
	struct top_view *v = run->data;
	int r = trace_poll(NULL, timeout_ms);

	if (run->is_gone || trace_now_ns() - v->scanned_ns < SCAN_NS)
		return r;
	find_processes(run, v);
	read_rows(v);
	forget_the_dead(v);
	if (run->chrome)
		draw_counters(run, v);
	return r;
}

static void print_row(const struct top_view *v, const struct top_row *row, const struct top_thread *d,
	double seconds, FILE *out)
{
	const struct box_process *p = box_find(&v->box, (pid_t)row->figures.tgid);
	char policy[16], t[16], waker[TOP_COMM_LEN + 16];

	top_waker_name(row, waker, sizeof(waker));
	(void)fprintf(out, "%-15.15s %-15.15s %7u %-7s %5.1f %8.1f %8.1f %7.1f %9s %8.1f %8.1f  %s\n",
		p ? p->name : "(gone)", row->figures.comm, row->tid,
		top_policy(&row->figures, policy, sizeof(policy)), 100 * (double)d->run_ns / 1e9 / seconds,
		(double)d->wakeups / seconds, (double)d->switches / seconds, (double)d->preempted / seconds,
		trace_time(hist_percentile(&d->wait, 990), t, sizeof(t)), (double)d->syscalls / seconds,
		(double)d->faults / seconds, waker);
}

static void top_text(struct run *run, FILE *out)
{
	struct top_view *v = run->data;
	struct top_thread *since = calloc(TOP_THREADS_MAX, sizeof(*since));
	size_t *order = calloc(TOP_THREADS_MAX, sizeof(*order));
	int64_t now = trace_now_ns(), begin_ns = run->is_live ? v->shown_ns : run->begin_ns;
	double seconds = (double)(now - begin_ns) / 1e9;

	read_rows(v);
	(void)fprintf(out, "%-15s %-15s %7s %-7s %5s %8s %8s %7s %9s %8s %8s  %s\n", "process", "thread",
		"tid", "policy", "CPU %", "wakes/s", "switch/s", "taken/s", "wait p99", "calls/s",
		v->has_faults ? "faults/s" : "-", "woken by");
	if (since && order) {
		for (size_t i = 0; i < v->now.n; i++)
			since[i] = top_since(&v->now.row[i],
				run->is_live ? top_rows_find(&v->shown, v->now.row[i].tid) : NULL);
		top_order(since, v->now.n, order);
		for (size_t i = 0; i < v->now.n && i < ROWS_SHOWN && seconds > 0; i++)
			print_row(v, &v->now.row[order[i]], &since[order[i]], seconds, out);
		if (v->now.n > ROWS_SHOWN)
			(void)fprintf(out, "... and %zu that ran less; --json has them all\n",
				v->now.n - ROWS_SHOWN);
	}
	free(since);
	free(order);
	if (v->bpf->bss->left_out)
		(void)fprintf(
			out, "\nthere are more than %d threads: some are missing above\n", TOP_THREADS_MAX);
	if (run->is_live) {
		v->shown = v->now;
		v->shown_ns = now;
	}
}

static void row_to_json(const struct top_view *v, const struct top_row *row, double seconds,
	yyjson_mut_doc *doc, yyjson_mut_val *list)
{
	const struct box_process *p = box_find(&v->box, (pid_t)row->figures.tgid);
	const struct top_thread *f = &row->figures;
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, list);
	char policy[16], waker[TOP_COMM_LEN + 16];

	(void)yyjson_mut_obj_add_strcpy(doc, o, "process", p ? p->name : "");
	(void)yyjson_mut_obj_add_uint(doc, o, "pid", f->tgid);
	(void)yyjson_mut_obj_add_strcpy(doc, o, "thread", f->comm);
	(void)yyjson_mut_obj_add_uint(doc, o, "tid", row->tid);
	(void)yyjson_mut_obj_add_strcpy(doc, o, "policy", top_policy(f, policy, sizeof(policy)));
	(void)yyjson_mut_obj_add_real(
		doc, o, "cpu_percent", seconds > 0 ? 100 * (double)f->run_ns / 1e9 / seconds : 0);
	(void)yyjson_mut_obj_add_uint(doc, o, "run_ns", f->run_ns);
	(void)yyjson_mut_obj_add_uint(doc, o, "wakeups", f->wakeups);
	(void)yyjson_mut_obj_add_uint(doc, o, "switches", f->switches);
	(void)yyjson_mut_obj_add_uint(doc, o, "preempted", f->preempted);
	(void)yyjson_mut_obj_add_uint(doc, o, "syscalls", f->syscalls);
	(void)yyjson_mut_obj_add_uint(doc, o, "faults", f->faults);
	(void)trace_json_hist(doc, o, "wait", &f->wait);
	top_waker_name(row, waker, sizeof(waker));
	(void)yyjson_mut_obj_add_strcpy(doc, o, "woken_by", waker);
	(void)yyjson_mut_obj_add_uint(doc, o, "woken_by_tid", row->waker);
}

static void top_json(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	struct top_view *v = run->data;
	double seconds = (double)(trace_now_ns() - run->begin_ns) / 1e9;
	yyjson_mut_val *list = yyjson_mut_obj_add_arr(doc, root, "threads");

	read_rows(v);
	for (size_t i = 0; i < v->now.n; i++)
		row_to_json(v, &v->now.row[i], seconds, doc, list);
	(void)yyjson_mut_obj_add_bool(doc, root, "has_faults", v->has_faults);
	(void)yyjson_mut_obj_add_uint(doc, root, "left_out", v->bpf->bss->left_out);
}

const struct view view_top = {
	.name = "top",
	.summary = "every thread of MOS: processor time, wake-ups, waiting for a core, system calls, page "
		   "faults",
	.help = "Shows all threads of MOS' processes, of its clients and of the PipeWire beside it: policy "
		"and priority,\n"
		"processor time, wake-ups a second and who wakes them most, how often they were taken off "
		"their core while\n"
		"they wanted to run on, how long they waited for a core, system calls and page faults. A "
		"live picture tells\n"
		"the time since the one before, a report the whole time. Without a mos-rtcore all of MOS is "
		"shown.\n",
	.needs_rtcore = false,
	.open = top_open,
	.poll = top_poll,
	.text = top_text,
	.json = top_json,
	.close = top_close,
};
