/* SPDX-License-Identifier: MIT */
/* The view `rt`: is the audio thread left in peace, and if not, by whom. rt_cause.c judges missed cycles. */
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rt_print.h"
#include "rt.skel.h"

#define STEAL_LOOK_NS 50000000

static int attach_probes(struct run *run, struct rt_bpf *b)
{
	int r = trace_attach_probe(
		run, b->progs.on_cycle_begin, run->target.pid, run->target.exe, "cycle_begin");

	return r ? r
		 : trace_attach_probe(
			   run, b->progs.on_cycle_end, run->target.pid, run->target.exe, "cycle_end");
}

/* Not every architecture has all of these. */
static void leave_out_missing(struct rt_view *v, struct rt_bpf *b)
{
	v->knows_faults = trace_has_tracepoint("page_fault_user");
	v->knows_ticks = trace_has_tracepoint("local_timer_entry");
	(void)bpf_program__set_autoload(b->progs.on_fault, v->knows_faults);
	(void)bpf_program__set_autoload(
		b->progs.on_kernel_fault, v->knows_faults && trace_has_tracepoint("page_fault_kernel"));
	(void)bpf_program__set_autoload(b->progs.on_tick, v->knows_ticks);
	(void)bpf_program__set_autoload(b->progs.on_tick_end, v->knows_ticks);
}

static void look_at_steal(struct rt_view *v, int64_t now_ns)
{
	uint64_t was[RT_CORES_MAX], tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	FILE *f;
	char line[512];

	if (now_ns - v->steal_looked_ns < STEAL_LOOK_NS)
		return;
	f = fopen("/proc/stat", "re");
	memcpy(was, v->steal, sizeof(was));
	while (f && fgets(line, sizeof(line), f)) {
		uint64_t steal;
		uint32_t core;

		if (sscanf(line, "cpu%u %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &core, &steal) == 2 &&
			core < RT_CORES_MAX)
			v->steal[core] = steal * tick_ns;
	}
	if (f)
		(void)fclose(f);
	for (uint32_t i = 0; i < RT_CORES_MAX; i++) {
		v->steal_before[i] = v->steal_now[i];
		v->steal_now[i] = v->steal_looked_ns ? v->steal[i] - was[i] : 0;
		v->stolen_ns += v->steal_now[i];
	}
	v->steal_looked_ns = now_ns;
}

static void take_miss(struct rt_view *v, const struct rt_cycle *c)
{
	struct rt_context x = v->context;
	struct rt_miss *m;

	x.typical_ns = hist_percentile(&v->figures->cycle, 500);
	x.stolen_ns = c->cpu < RT_CORES_MAX ? v->steal_now[c->cpu] + v->steal_before[c->cpu] : 0;
	m = &v->miss[v->n_misses++ % RT_MISSES];
	m->cycle = *c;
	m->verdict = rt_judge(c, &x);
	v->n_by_cause[m->verdict.cause]++;
	v->context.missed_cycle = c->cycle;
	v->context.missed_end_ns = c->begin_ns + c->wall_ns;
}

static int on_event(void *data, void *bytes, size_t size)
{
	struct run *run = data;
	struct rt_view *v = run->data;
	const struct rt_event *e = bytes;

	if (size < sizeof(*e))
		return 0;
	if (e->kind == RT_EVENT_MISS)
		take_miss(v, &e->cycle);
	else if ((e->kind == RT_EVENT_CALL || e->kind == RT_EVENT_FAULT) && v->n_violations < RT_DETAILS)
		v->violation[v->n_violations++] = *e;
	if (run->chrome)
		rt_trace(run, e);
	return 0;
}

static void rt_close(struct run *run)
{
	struct rt_view *v = run->data;

	trace_detach(run);
	ring_buffer__free(v->ring);
	rt_bpf__destroy(v->bpf);
	free(v);
	run->data = NULL;
}

static int load(struct run *run, struct rt_view *v)
{
	struct rt_bpf *b = rt_bpf__open();
	int r;

	if (!b)
		return trace_say_load(run->view, -errno);
	v->bpf = b;
	b->rodata->want_tgid = (uint32_t)run->target.pid;
	b->rodata->want_trace = run->chrome != NULL;
	b->rodata->nr_write = SYS_write;
	leave_out_missing(v, b);
	r = trace_load(run, b->obj);
	if (r)
		return r;
	v->figures = &b->bss->figures;
	v->held_fd = bpf_map__fd(b->maps.held);
	v->ring = ring_buffer__new(bpf_map__fd(b->maps.events), on_event, run, NULL);
	if (!v->ring)
		return trace_say(TRACE_FAILED, "the ring of events: %s", strerror(errno));
	r = attach_probes(run, b);
	return r ? r : trace_attach(run, b->obj);
}

static int rt_open(struct run *run)
{
	struct rt_view *v = calloc(1, sizeof(*v));
	struct timespec tick = {0};
	int r;

	if (!v)
		return trace_say(TRACE_FAILED, "no memory");
	(void)clock_getres(CLOCK_MONOTONIC_COARSE, &tick); /* one tick */
	v->context.tick_ns = (uint64_t)tick.tv_nsec;
	run->data = v;
	r = load(run, v);
	if (r)
		rt_close(run);
	return r;
}

static int rt_poll(struct run *run, int timeout_ms)
{
	struct rt_view *v = run->data;

	look_at_steal(v, trace_now_ns());
	return trace_poll(v->ring, timeout_ms);
}

const struct view view_rt = {
	.name = "rt",
	.summary = "is the audio thread left in peace, and if not, by whom",
	.help = "Wake-up latency and time run of the audio thread; who ran in its place; interrupts, "
		"migrations; system\n"
		"calls and page faults, those inside the cycle one by one (the RT rule allows one write to "
		"the bell);\n"
		"and why each missed cycle was missed: what took most of the time.\n",
	.needs_rtcore = true,
	.open = rt_open,
	.poll = rt_poll,
	.text = rt_text,
	.json = rt_json,
	.close = rt_close,
};
