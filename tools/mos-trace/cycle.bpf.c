/* SPDX-License-Identifier: MIT */
/* The view `cycle`: one probe a stage, added up in the kernel; nothing is sent but when a trace is written.
 */
#include "bpf/kernel.h"
#include <bpf/usdt.bpf.h>

#define MOS_PROBES_OFF
#include "cycle.h"

const volatile uint32_t want_tgid = 0;
const volatile bool want_events = false;

struct cycle_figures figures = {0};

/* The cycle under way: rtcore runs one at a time. */
static struct cycle_times now_running;
static uint64_t last_ns;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

SEC("usdt")
int BPF_USDT(on_cycle_begin, uint64_t cycle, uint64_t n_frames, int64_t late_ns)
{
	struct cycle_times *c = &now_running;

	if (current_tgid() != want_tgid)
		return 0;
	c->cycle = cycle;
	c->n_frames = (uint32_t)n_frames;
	c->late_ns = late_ns > 0 ? late_ns : 0;
	c->tid = current_tid();
	for (int i = 0; i < MOS_N_STAGES; i++)
		c->stage_ns[i] = 0;
	c->begin_ns = last_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("usdt")
int BPF_USDT(on_cycle_stage, uint64_t cycle, uint64_t stage)
{
	uint64_t now = bpf_ktime_get_ns();
	struct cycle_times *c = &now_running;

	if (current_tgid() != want_tgid || c->cycle != cycle || stage >= MOS_N_STAGES)
		return 0; /* we came in the middle of it */
	c->stage_ns[stage] += now - last_ns;
	last_ns = bpf_ktime_get_ns(); /* our own time belongs to no stage */
	return 0;
}

SEC("usdt")
int BPF_USDT(on_cycle_end, uint64_t cycle, uint64_t busy_ns, uint64_t period_ns)
{
	uint64_t now = bpf_ktime_get_ns();
	struct cycle_figures *f = &figures;
	struct cycle_times *c = &now_running;

	if (current_tgid() != want_tgid || c->cycle != cycle)
		return 0;
	c->stage_ns[MOS_STAGE_bell] = now - last_ns;
	c->wall_ns = now - c->begin_ns;
	c->busy_ns = busy_ns;
	c->period_ns = period_ns;
	f->n_cycles++;
	f->n_missed += c->late_ns + busy_ns > period_ns;
	hist_add(&f->cycle, c->wall_ns, cycle);
	hist_add(&f->late, c->late_ns, cycle);
	for (int i = 0; i < MOS_N_STAGES; i++)
		if (c->stage_ns[i])
			hist_add(&f->stage[i], c->stage_ns[i], cycle);
	if (c->wall_ns > f->worst.wall_ns)
		f->worst = *c;
	if (want_events && bpf_ringbuf_output(&events, c, sizeof(*c), 0) < 0)
		f->n_lost++;
	c->cycle = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
