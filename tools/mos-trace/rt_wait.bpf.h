/* SPDX-License-Identifier: MIT */
/**
 * The view `rt` in the kernel: its state, and who runs in whose place. Included by rt.bpf.c alone.
 */
#ifndef MOS_TRACE_RT_WAIT_BPF_H
#define MOS_TRACE_RT_WAIT_BPF_H

#include "rt.h"

#define CPUS_MAX 256
#define IDLE_TID 0

const volatile uint32_t want_tgid = 0;
const volatile bool want_trace = false;
const volatile int64_t nr_write = 1;

struct rt_figures figures = {0};

/** A watched thread that waits for its core. */
struct waiting {
	uint32_t tid; /* 0: there is none */
	uint32_t cpu;
	uint64_t since_ns; /* 0: it does not wait */
	uint64_t told_ns;  /* up to here others' time is accounted */
	bool is_wake;      /* else it was pre-empted */
	struct rt_wait so_far;
};
static struct waiting watched[RT_N_WATCHED];

/** Who runs on each core, and since when. */
struct runs {
	uint64_t since_ns;
	uint32_t interrupts; /* bits of those that are being served */
	struct rt_other who;
};
static struct runs runs[CPUS_MAX];

/* The audio thread's state */
static struct rt_cycle now_running;
static bool is_inside;
static int32_t bell_fd;
static uint64_t run_began_ns, ran_ns; /* since its last wake-up */
static uint64_t call_began_ns, irq_began_ns, softirq_began_ns, tick_began_ns, blocked_since_ns;
static int64_t call_nr;
static struct rt_wait last_wake, last_driver;
static uint64_t last_driver_ns;
static uint32_t n_details;
static bool is_off; /* it has left its core */

/** What may have been against the rule, in the cycle under way. */
#define SUSPECTS_MAX 8
struct suspect {
	uint64_t at_ns, address, ip;
	int64_t nr;
	uint32_t kind;
};
static struct suspect suspects[SUSPECTS_MAX];
static uint32_t n_suspects;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RT_OTHERS_MAX);
	__type(key, uint32_t);
	__type(value, struct rt_held);
} held SEC(".maps");

static inline bool is_audio(uint32_t tid)
{
	return tid != IDLE_TID && tid == watched[RT_AUDIO].tid;
}

static void describe(struct rt_other *to, const struct task_struct *p)
{
	to->tid = p->pid;
	to->tgid = p->tgid;
	to->prio = p->prio;
	bpf_core_read(to->comm, sizeof(to->comm), &p->comm);
}

/* `who` had the core for so long while a watched thread waited for it. */
static void charge(uint32_t which, const struct rt_other *who, uint64_t ns, bool is_wake)
{
	static const struct rt_held none;
	uint32_t tid = who->tid;
	struct rt_held *h = bpf_map_lookup_elem(&held, &tid);

	if (!h) {
		bpf_map_update_elem(&held, &tid, &none, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&held, &tid);
	}
	if (!h) {
		__sync_fetch_and_add(&figures.n_others_lost, 1);
		return;
	}
	h->other = *who;
	if (which == RT_DRIVER) {
		h->n_driver++;
		h->driver_ns += ns;
	} else if (is_wake) {
		h->n_wake++;
		h->wake_ns += ns;
		if (ns > h->max_wake_ns)
			h->max_wake_ns = ns;
	} else {
		h->n++;
		h->ns += ns;
		if (ns > h->max_ns)
			h->max_ns = ns;
	}
}

/* The slice of whoever runs on the core that a watched thread waits for has ended, or is looked at. */
static void account(uint32_t which, struct waiting *w, const struct runs *r, uint64_t now)
{
	uint64_t from = r->since_ns > w->told_ns ? r->since_ns : w->told_ns;
	uint64_t ns = now > from ? now - from : 0;

	w->told_ns = now;
	if (r->who.tid == w->tid || ns == 0)
		return;
	if (r->who.tid == IDLE_TID) {
		w->so_far.idle_ns += ns;
		return;
	}
	if (ns > w->so_far.other_ns) {
		w->so_far.other_ns = ns;
		w->so_far.other = r->who;
	}
	charge(which, &r->who, ns, w->is_wake);
}

static void begin_wait(struct waiting *w, uint32_t cpu, uint64_t now, bool is_wake)
{
	w->cpu = cpu;
	w->since_ns = w->told_ns = now;
	w->is_wake = is_wake;
	w->so_far.ns = w->so_far.other_ns = w->so_far.idle_ns = 0;
	w->so_far.other.tid = 0;
}

static void audio_waited(struct waiting *w)
{
	struct rt_cycle *c = &now_running;

	if (w->is_wake) {
		hist_add(&figures.wake, w->so_far.ns, c->cycle + 1);
		if (w->so_far.ns > last_wake.ns)
			last_wake = w->so_far;
		return;
	}
	hist_add(&figures.preempted, w->so_far.ns, c->cycle);
	if (!is_inside) {
		last_wake.ns += w->so_far.ns; /* between wake-up and cycle: it makes the cycle late, too */
		if (w->so_far.other_ns > last_wake.other_ns) {
			last_wake.other_ns = w->so_far.other_ns;
			last_wake.other = w->so_far.other;
		}
		return;
	}
	c->n_preempted++;
	c->preempted.ns += w->so_far.ns;
	c->preempted.idle_ns += w->so_far.idle_ns;
	if (w->so_far.other_ns > c->preempted.other_ns) {
		c->preempted.other_ns = w->so_far.other_ns;
		c->preempted.other = w->so_far.other;
	}
}

static void end_wait(uint32_t which, struct waiting *w, uint64_t now)
{
	if (!w->since_ns)
		return;
	w->so_far.ns = now - w->since_ns;
	w->since_ns = 0;
	if (which == RT_AUDIO) {
		audio_waited(w);
	} else if (w->is_wake) {
		hist_add(&figures.driver_wake, w->so_far.ns, now_running.cycle + 1);
		last_driver = w->so_far;
		last_driver_ns = now;
	}
}

#endif
