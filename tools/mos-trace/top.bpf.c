/* SPDX-License-Identifier: MIT */
/* What the threads of MOS do: their time, their waking, their waiting for a core. */
#include "bpf/kernel.h"

#include "top.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TOP_PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TOP_THREADS_MAX);
	__type(key, __u32);
	__type(value, struct top_thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TOP_WAKERS_MAX);
	__type(key, struct top_wake);
	__type(value, struct top_waker);
} wakers SEC(".maps");

__u64 left_out = 0; /* threads beyond the map */

static const struct top_thread no_figures;

enum { SERVES_TIMER = 1, SERVES_IRQ = 2, SERVES_SOFTIRQ = 4 };

/* What each core serves at this moment: who runs there is not the one that wakes. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} serves SEC(".maps");

static __always_inline int interrupt(__u32 which, bool begins)
{
	__u32 zero = 0, *now = bpf_map_lookup_elem(&serves, &zero);

	if (now)
		*now = begins ? *now | which : *now & ~which;
	return 0;
}

static __always_inline bool is_interrupt(void)
{
	__u32 zero = 0, *now = bpf_map_lookup_elem(&serves, &zero);

	return now && *now;
}

/* The figures of a thread of ours; NULL: of somebody else. */
static __always_inline struct top_thread *figures_of(const struct task_struct *p)
{
	__u32 tid = (__u32)p->pid, tgid = (__u32)p->tgid;
	struct top_thread *t = bpf_map_lookup_elem(&threads, &tid);

	if (t && (t->tgid == tgid || !t->tgid))
		return t;
	if (!bpf_map_lookup_elem(&processes, &tgid))
		return NULL;
	/* a number that another thread had before is used again; else two cores may meet here */
	(void)bpf_map_update_elem(&threads, &tid, &no_figures, t ? BPF_ANY : BPF_NOEXIST);
	t = bpf_map_lookup_elem(&threads, &tid);
	if (t)
		t->tgid = tgid;
	else
		__sync_fetch_and_add(&left_out, 1);
	return t;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(
	on_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	__u64 now = bpf_ktime_get_ns();
	struct top_thread *t = prev->pid ? figures_of(prev) : NULL;
	__u32 zero = 0, *serving = bpf_map_lookup_elem(&serves, &zero);

	if (serving) /* where softirqs are threads (PREEMPT_RT) they may be taken off, too */
		*serving = 0;
	if (t) {
		bool wants_more = preempt || prev_state == 0;

		if (t->on_ns)
			t->run_ns += now - t->on_ns;
		t->on_ns = 0;
		t->switches++;
		t->preempted += wants_more;
		t->queued_ns = wants_more ? now : 0;
	}
	t = next->pid ? figures_of(next) : NULL;
	if (t) {
		if (t->queued_ns && now > t->queued_ns)
			hist_add(&t->wait, now - t->queued_ns, 0);
		t->queued_ns = 0;
		t->on_ns = now;
		t->prio = next->prio;
		t->policy = next->policy;
		(void)bpf_probe_read_kernel_str(t->comm, sizeof(t->comm), next->comm);
	}
	return 0;
}

static __always_inline void woken_by(__u32 tid)
{
	struct top_wake key = {.tid = tid, .waker = is_interrupt() ? 0 : current_tid()};
	struct top_waker *w = bpf_map_lookup_elem(&wakers, &key);
	struct top_waker first = {.n = 1};

	if (w) {
		__sync_fetch_and_add(&w->n, 1);
		return;
	}
	(void)bpf_get_current_comm(first.comm, sizeof(first.comm));
	(void)bpf_map_update_elem(&wakers, &key, &first, BPF_ANY);
}

SEC("tp_btf/sched_waking")
int BPF_PROG(on_waking, struct task_struct *p)
{
	struct top_thread *t = figures_of(p);

	if (!t)
		return 0;
	__sync_fetch_and_add(&t->wakeups, 1);
	if (!t->on_ns && !t->queued_ns)
		t->queued_ns = bpf_ktime_get_ns();
	woken_by((__u32)p->pid);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_sys_enter)
{
	__u32 tid = current_tid();
	struct top_thread *t = bpf_map_lookup_elem(&threads, &tid);

	if (t && t->tgid == current_tgid())
		t->syscalls++;
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(on_fault)
{
	__u32 tid = current_tid();
	struct top_thread *t = bpf_map_lookup_elem(&threads, &tid);

	if (t && t->tgid == current_tgid())
		t->faults++;
	return 0;
}

#define INTERRUPT(name, tracepoint, which, begins)                                                           \
	SEC("tp_btf/" tracepoint)                                                                            \
	int BPF_PROG(name)                                                                                   \
	{                                                                                                    \
		return interrupt(which, begins);                                                             \
	}
INTERRUPT(on_timer, "hrtimer_expire_entry", SERVES_TIMER, true)
INTERRUPT(on_timer_end, "hrtimer_expire_exit", SERVES_TIMER, false)
INTERRUPT(on_irq, "irq_handler_entry", SERVES_IRQ, true)
INTERRUPT(on_irq_end, "irq_handler_exit", SERVES_IRQ, false)
INTERRUPT(on_softirq, "softirq_entry", SERVES_SOFTIRQ, true)
INTERRUPT(on_softirq_end, "softirq_exit", SERVES_SOFTIRQ, false)
