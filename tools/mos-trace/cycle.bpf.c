/* SPDX-License-Identifier: MIT */
/* The view `cycle`: one probe a cycle, added up in the kernel; nothing is sent but when a trace is written.
 */
#include "bpf/kernel.h"
#include <bpf/usdt.bpf.h>

#define MOS_PROBES_OFF
#include "cycle.h"

const volatile uint32_t want_tgid = 0;
const volatile bool want_events = false;

struct cycle_figures figures = {0};

/* The cycle that is told: rtcore runs one at a time. */
static struct cycle_seen seen;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

SEC("usdt")
int BPF_USDT(on_cycle_times, const void *times)
{
	struct cycle_figures *f = &figures;
	const struct mos_cycle_times *c = &seen.times;
	uint64_t late_ns;

	if (current_tgid() != want_tgid)
		return 0;
	if (bpf_probe_read_user(&seen.times, sizeof(seen.times), times) < 0) {
		f->n_lost++;
		return 0;
	}
	late_ns = c->late_ns > 0 ? (uint64_t)c->late_ns : 0;
	f->n_cycles++;
	f->n_missed += late_ns + c->busy_ns > c->period_ns;
	hist_add(&f->cycle, c->wall_ns, c->cycle);
	hist_add(&f->late, late_ns, c->cycle);
	for (int i = 0; i < MOS_N_STAGES; i++)
		if (c->stage_ns[i])
			hist_add(&f->stage[i], c->stage_ns[i], c->cycle);
	if (c->wall_ns > f->worst.wall_ns)
		f->worst = *c;
	seen.tid = current_tid();
	if (want_events && bpf_ringbuf_output(&events, &seen, sizeof(seen), 0) < 0)
		f->n_lost++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
