/* SPDX-License-Identifier: MIT */
/*
 * The view `rt`. Everything is added up in the kernel; missed cycles and violations of the RT rule are told
 * one by one. Filters come first in every program: most of what the machine does is none of our business.
 */
#include "bpf/kernel.h"
#include <bpf/usdt.bpf.h>

#include "rt_wait.bpf.h"

#define TASK_RUNNING 0
#define STALE_WAKE_NS 20000 /* woken so long before it left its core: it had not slept yet */

static __noinline int tell(uint32_t kind)
{
	struct rt_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&figures.n_events_lost, 1);
		return 0;
	}
	e->kind = kind;
	e->in_cycle = 1;
	e->at_ns = bpf_ktime_get_ns();
	e->cycle = now_running;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* Something that the rule forbids; it counts when the cycle's own end comes. */
static int suspect(uint32_t kind, int64_t nr, uint64_t address, uint64_t ip)
{
	uint32_t i = n_suspects;

	if (i >= SUSPECTS_MAX)
		return 0;
	suspects[i] = (struct suspect){
		.kind = kind, .nr = nr, .address = address, .ip = ip, .at_ns = bpf_ktime_get_ns()};
	n_suspects = i + 1;
	return 0;
}

static void tell_violation(const struct suspect *s)
{
	struct rt_event *e;

	if (n_details >= RT_DETAILS)
		return;
	n_details++;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&figures.n_events_lost, 1);
		return;
	}
	e->kind = s->kind;
	e->in_cycle = 1;
	e->at_ns = s->at_ns;
	e->fault.cycle = now_running.cycle;
	e->fault.nr = s->nr;
	e->fault.address = s->address;
	e->fault.ip = s->ip;
	bpf_ringbuf_submit(e, 0);
}

static void convict(const struct rt_cycle *c)
{
	figures.n_calls_inside += c->n_calls;
	figures.n_faults_inside += c->n_faults;
	figures.n_bells += c->n_bells;
	for (uint32_t i = 0; i < SUSPECTS_MAX && i < n_suspects; i++) {
		const struct suspect *s = &suspects[i];

		if (s->kind == RT_EVENT_CALL && s->nr >= 0 && s->nr < RT_CALLS)
			figures.call[s->nr].n_inside++;
		tell_violation(s);
	}
}

/* The audio thread leaves its core. */
static void switch_out(uint32_t cpu, uint64_t now, bool is_runnable)
{
	ran_ns += now - run_began_ns;
	is_off = true;
	if (is_runnable) {
		figures.n_involuntary++;
		begin_wait(&watched[RT_AUDIO], cpu, now, false);
		return;
	}
	if (is_inside)
		blocked_since_ns = now;
	else
		hist_add(&figures.run, ran_ns, now_running.cycle);
	ran_ns = 0;
}

static void switch_in(uint32_t cpu, uint64_t now)
{
	if (!run_began_ns) /* we came while it slept */
		ran_ns = 0;
	run_began_ns = now;
	is_off = false;
	now_running.cpu = cpu;
	if (blocked_since_ns) {
		now_running.blocked_ns += now - blocked_since_ns;
		blocked_since_ns = 0;
	}
}

/* The audio thread does something, so it has its core: the switch to it was not told, as happens. */
static void it_runs(uint64_t now)
{
	struct waiting *w = &watched[RT_AUDIO];

	if (!is_off)
		return;
	end_wait(RT_AUDIO, w, now);
	switch_in(bpf_get_smp_processor_id(), now);
}

#define SERVES_IRQ 1u
#define SERVES_SOFTIRQ 2u
#define SERVES_TICK 4u

static bool is_interrupted(void)
{
	uint32_t cpu = bpf_get_smp_processor_id();

	return cpu < CPUS_MAX && runs[cpu].interrupts;
}

/* Who wakes the audio thread more often than all others together drives the graph. Timers do it in anybody's
 * name. */
static void vote_for_driver(uint32_t tid)
{
	static uint32_t candidate, votes;

	if (tid == candidate) {
		votes += votes < 64;
	} else if (votes == 0) {
		candidate = tid;
		votes = 1;
	} else {
		votes--;
	}
	if (votes > 8 && candidate != watched[RT_DRIVER].tid && !is_audio(candidate)) {
		watched[RT_DRIVER].tid = figures.driver_tid =
			candidate; /* IDLE_TID: a timer, there is no other thread */
		watched[RT_DRIVER].since_ns = 0;
	}
}

SEC("tp_btf/sched_waking")
int BPF_PROG(on_waking, struct task_struct *p)
{
	uint32_t tid = p->pid;
	uint64_t now;

	if (tid == IDLE_TID)
		return 0;
	for (uint32_t i = 0; i < RT_N_WATCHED; i++) {
		struct waiting *w = &watched[i];

		if (tid != w->tid)
			continue;
		now = bpf_ktime_get_ns();
		if (!w->since_ns)
			begin_wait(w, bpf_get_smp_processor_id(), now, true);
		if (i == RT_AUDIO) {
			__sync_fetch_and_add(&figures.n_wakes, 1);
			vote_for_driver(is_interrupted() ? IDLE_TID : current_tid());
		}
	}
	return 0;
}

/* Where it will run is known now: who runs there holds it up. */
SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *p)
{
	uint32_t tid = p->pid;

	if (tid == IDLE_TID)
		return 0;
	for (uint32_t i = 0; i < RT_N_WATCHED; i++)
		if (tid == watched[i].tid && watched[i].since_ns)
			watched[i].cpu = task_core(p);
	return 0;
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(on_migrate, struct task_struct *p, int cpu)
{
	uint32_t tid = p->pid;

	if (tid == IDLE_TID)
		return 0;
	if (is_audio(tid))
		__sync_fetch_and_add(&figures.n_migrations, 1);
	for (uint32_t i = 0; i < RT_N_WATCHED; i++) {
		struct waiting *w = &watched[i];

		if (tid != w->tid || !w->since_ns)
			continue;
		if (w->cpu < CPUS_MAX && runs[w->cpu].since_ns)
			account(i, w, &runs[w->cpu], bpf_ktime_get_ns());
		w->cpu = cpu;
	}
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(
	on_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	uint32_t cpu = bpf_get_smp_processor_id(), from = prev->pid, to = next->pid;
	uint64_t now = bpf_ktime_get_ns();
	struct runs *r;

	if (cpu >= CPUS_MAX)
		return 0;
	r = &runs[cpu];
	for (uint32_t i = 0; i < RT_N_WATCHED; i++) {
		struct waiting *w = &watched[i];

		if (!w->tid)
			continue;
		if (w->since_ns && w->cpu == cpu && r->since_ns)
			account(i, w, r, now);
		if (to == w->tid)
			end_wait(i, w, now);
		else if (from == w->tid && w->since_ns && now - w->since_ns > STALE_WAKE_NS)
			w->since_ns = 0;
	}
	if (is_audio(from)) {
		it_runs(now);
		switch_out(cpu, now, preempt || prev_state == TASK_RUNNING);
	}
	if (is_audio(to))
		switch_in(cpu, now);
	r->since_ns = now;
	describe(&r->who, next);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_cycle_begin, uint64_t cycle, uint64_t n_frames, int64_t late_ns, int64_t bell)
{
	uint64_t now = bpf_ktime_get_ns();
	struct rt_cycle *c = &now_running;
	uint32_t tid = current_tid();

	if (current_tgid() != want_tgid)
		return 0;
	if (tid != watched[RT_AUDIO].tid) {
		watched[RT_AUDIO].tid = figures.tid = tid;
		watched[RT_AUDIO].since_ns = 0;
		figures.n_threads++;
		run_began_ns = now;
		ran_ns = 0;
		is_off = false;
	}
	it_runs(now);
	figures.n_unseen += is_inside; /* the end of the cycle before */
	n_suspects = 0;
	bell_fd = (int32_t)bell;
	c->cycle = cycle;
	c->tid = tid;
	c->late_ns = late_ns > 0 ? late_ns : 0;
	c->wake = last_wake;
	c->driver.ns = 0;
	if (last_driver_ns > c->begin_ns)
		c->driver = last_driver;
	c->begin_ns = now;
	c->preempted.ns = c->preempted.other_ns = c->preempted.idle_ns = 0;
	c->irq_ns = c->blocked_ns = c->call_ns = 0;
	c->n_preempted = c->n_calls = c->n_faults = c->n_ticks = c->n_bells = 0;
	c->last_call = -1;
	c->fault_address = c->fault_ip = 0;
	is_inside = true;
	return 0;
}

SEC("usdt")
int BPF_USDT(on_cycle_end, uint64_t cycle, uint64_t busy_ns, uint64_t period_ns)
{
	struct rt_cycle *c = &now_running;

	if (!is_inside || current_tid() != c->tid || c->cycle != cycle)
		return 0;
	is_inside = false;
	convict(c);
	c->wall_ns = bpf_ktime_get_ns() - c->begin_ns;
	c->busy_ns = busy_ns;
	c->period_ns = period_ns;
	figures.n_cycles++;
	figures.n_preempted += c->n_preempted != 0;
	hist_add(&figures.cycle, c->wall_ns, cycle);
	if (c->late_ns + busy_ns > period_ns) {
		figures.n_missed++;
		tell(RT_EVENT_MISS);
	}
	if (want_trace)
		tell(RT_EVENT_CYCLE);
	last_wake.ns = last_wake.other_ns = last_wake.idle_ns = 0;
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_call, struct pt_regs *regs, long nr)
{
	struct rt_cycle *c = &now_running;
	struct rt_calls *call;

	if (!is_audio(current_tid()))
		return 0;
	call_began_ns = bpf_ktime_get_ns();
	it_runs(call_began_ns);
	call_nr = nr;
	figures.n_calls++;
	if (nr >= 0 && nr < RT_CALLS) {
		call = &figures.call[nr];
		call->n++;
	}
	if (!is_inside)
		return 0;
	if (nr == nr_write && bell_fd >= 0 && (int32_t)PT_REGS_PARM1_SYSCALL(regs) == bell_fd &&
		c->n_bells == 0) {
		c->n_bells++;
		return 0;
	}
	c->n_calls++;
	c->last_call = (int32_t)nr;
	return suspect(RT_EVENT_CALL, nr, 0, PT_REGS_IP(regs));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_return, struct pt_regs *regs, long result)
{
	uint64_t now = bpf_ktime_get_ns(), ns;

	if (!is_audio(current_tid()))
		return 0;
	it_runs(now);
	if (!call_began_ns)
		return 0;
	ns = now - call_began_ns;
	call_began_ns = 0;
	if (call_nr >= 0 && call_nr < RT_CALLS)
		figures.call[call_nr].ns += ns;
	if (is_inside)
		now_running.call_ns += ns;
	return 0;
}

static int fault(unsigned long address, unsigned long ip)
{
	struct rt_cycle *c = &now_running;

	figures.n_faults++;
	if (is_inside) {
		c->n_faults++;
		c->fault_address = address;
		c->fault_ip = ip;
		suspect(RT_EVENT_FAULT, -1, address, ip);
	}
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(on_fault, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return is_audio(current_tid()) ? fault(address, PT_REGS_IP(regs)) : 0;
}

/* The kernel touched our memory for us, in a system call. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(on_kernel_fault, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return is_audio(current_tid()) ? fault(address, PT_REGS_IP(regs)) : 0;
}

static int interrupt_begins(uint64_t *began, uint32_t what)
{
	uint32_t cpu = bpf_get_smp_processor_id();

	if (cpu < CPUS_MAX)
		runs[cpu].interrupts |= what;
	if (is_inside && is_audio(current_tid()))
		*began = bpf_ktime_get_ns();
	return 0;
}

static int interrupt_ends(uint64_t *began, uint32_t what)
{
	uint32_t cpu = bpf_get_smp_processor_id();

	if (cpu < CPUS_MAX)
		runs[cpu].interrupts &= ~what;
	if (*began && is_audio(current_tid())) {
		if (is_inside)
			now_running.irq_ns += bpf_ktime_get_ns() - *began;
		*began = 0;
	}
	return 0;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(on_irq, int irq)
{
	return interrupt_begins(&irq_began_ns, SERVES_IRQ);
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(on_irq_end, int irq)
{
	return interrupt_ends(&irq_began_ns, SERVES_IRQ);
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq, unsigned int vector)
{
	return interrupt_begins(&softirq_began_ns, SERVES_SOFTIRQ);
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_end, unsigned int vector)
{
	return interrupt_ends(&softirq_began_ns, SERVES_SOFTIRQ);
}

SEC("tp_btf/local_timer_entry")
int BPF_PROG(on_tick, int vector)
{
	if (is_inside && is_audio(current_tid()))
		now_running.n_ticks++;
	return interrupt_begins(&tick_began_ns, SERVES_TICK);
}

SEC("tp_btf/local_timer_exit")
int BPF_PROG(on_tick_end, int vector)
{
	return interrupt_ends(&tick_began_ns, SERVES_TICK);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
