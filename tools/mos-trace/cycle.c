/* SPDX-License-Identifier: MIT */
/* The view `cycle`: how long each stage of the audio cycle takes. */
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chrome.h"
#include "cycle.h"
#include "cycle.skel.h"

static const struct {
	const char *name, *what;
} stages[MOS_N_STAGES] = {
#define X(name, number, what) [number] = {#name, what},
	MOS_PROBE_STAGES(X)
#undef X
};

struct cycle_view {
	struct cycle_bpf *bpf;
	struct ring_buffer *ring; /* NULL: no trace is written */
};

/* One cycle into the trace: its stages one after the other, blocks of one stage put together. */
static int on_event(void *data, void *bytes, size_t size)
{
	struct run *run = data;
	const struct cycle_seen *seen = bytes;
	const struct mos_cycle_times *c = &seen->times;
	struct chrome_track at = {run->target.pid, (pid_t)seen->tid};
	uint64_t begin_ns = (uint64_t)c->begin_ns, late_ns = c->late_ns > 0 ? (uint64_t)c->late_ns : 0;
	char args[128];

	if (size < sizeof(*seen))
		return 0;
	(void)snprintf(args, sizeof(args),
		"{\"cycle\":%" PRIu64 ",\"frames\":%u,\"late_ns\":%" PRIu64 ",\"period_ns\":%" PRIu64 "}",
		c->cycle, c->n_frames, late_ns, c->period_ns);
	trace_name_audio(run, at.tid);
	chrome_slice(run->chrome, at, "cycle", "cycle", begin_ns, c->wall_ns, args);
	for (uint32_t i = 0; i < MOS_N_STAGES; i++) {
		if (c->stage_ns[i])
			chrome_slice(
				run->chrome, at, "cycle", stages[i].name, begin_ns, c->stage_ns[i], NULL);
		begin_ns += c->stage_ns[i];
	}
	chrome_counter(run->chrome, at.pid, "called late, us", (uint64_t)c->begin_ns, (double)late_ns / 1e3);
	return 0;
}

static void cycle_close(struct run *run)
{
	struct cycle_view *v = run->data;

	trace_detach(run);
	ring_buffer__free(v->ring);
	cycle_bpf__destroy(v->bpf);
	free(v);
	run->data = NULL;
}

static int cycle_open(struct run *run)
{
	struct cycle_view *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return trace_say(TRACE_FAILED, "no memory");
	run->data = v;
	v->bpf = cycle_bpf__open();
	if (!v->bpf) {
		r = trace_say_load(run->view, -errno);
		cycle_close(run);
		return r;
	}
	v->bpf->rodata->want_tgid = (uint32_t)run->target.pid;
	v->bpf->rodata->want_events = run->chrome != NULL;
	r = trace_load(run, v->bpf->obj);
	if (r == 0 && run->chrome) {
		v->ring = ring_buffer__new(bpf_map__fd(v->bpf->maps.events), on_event, run, NULL);
		if (!v->ring)
			r = trace_say(TRACE_FAILED, "the ring of events: %s", strerror(errno));
	}
	if (r == 0)
		r = trace_attach_probe(
			run, v->bpf->progs.on_cycle_times, run->target.pid, run->target.exe, "cycle_times");
	if (r)
		cycle_close(run);
	return r;
}

static int cycle_poll(struct run *run, int timeout_ms)
{
	struct cycle_view *v = run->data;

	return trace_poll(v->ring, timeout_ms);
}

static void print_worst(const struct mos_cycle_times *w, FILE *out)
{
	char a[16], b[16];

	(void)fprintf(out, "\nThe worst was cycle %" PRIu64 ": %s of %s, called %s late (%u frames)\n",
		w->cycle, trace_time(w->wall_ns, a, sizeof(a)), trace_time(w->period_ns, b, sizeof(b)),
		trace_time(w->late_ns > 0 ? (uint64_t)w->late_ns : 0, (char[16]){0}, 16), w->n_frames);
	for (uint32_t i = 0; i < MOS_N_STAGES; i++)
		(void)fprintf(out, "  %-9s %10s  %3.0f %%  %s\n", stages[i].name,
			trace_time(w->stage_ns[i], a, sizeof(a)),
			w->wall_ns ? 100.0 * (double)w->stage_ns[i] / (double)w->wall_ns : 0, stages[i].what);
}

static void cycle_text(struct run *run, FILE *out)
{
	const struct cycle_figures *f = &((struct cycle_view *)run->data)->bpf->bss->figures;

	if (f->n_cycles == 0) {
		trace_print_no_cycle(out, &run->target);
		return;
	}
	(void)fprintf(out, "%" PRIu64 " cycles of mos-rtcore %d, %" PRIu64 " missed\n\n", f->n_cycles,
		run->target.pid, f->n_missed);
	trace_print_hist_head(out, "stage");
	for (uint32_t i = 0; i < MOS_N_STAGES; i++)
		trace_print_hist(out, stages[i].name, &f->stage[i]);
	trace_print_hist(out, "cycle", &f->cycle);
	trace_print_hist(out, "called late", &f->late);
	print_worst(&f->worst, out);
	if (f->n_lost)
		(void)fprintf(out,
			"\n%" PRIu64
			" cycles are left out: they came faster than they could be written, or could not be read\n",
			f->n_lost);
}

static void cycle_json(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	const struct cycle_figures *f = &((struct cycle_view *)run->data)->bpf->bss->figures;
	yyjson_mut_val *all = yyjson_mut_obj_add_obj(doc, root, "stages"), *worst;

	(void)yyjson_mut_obj_add_uint(doc, root, "cycles", f->n_cycles);
	(void)yyjson_mut_obj_add_uint(doc, root, "missed", f->n_missed);
	(void)yyjson_mut_obj_add_uint(doc, root, "events_lost", f->n_lost);
	for (uint32_t i = 0; i < MOS_N_STAGES; i++)
		(void)trace_json_hist(doc, all, stages[i].name, &f->stage[i]);
	(void)trace_json_hist(doc, root, "cycle", &f->cycle);
	(void)trace_json_hist(doc, root, "late", &f->late);
	if (f->n_cycles == 0)
		return;
	worst = yyjson_mut_obj_add_obj(doc, root, "worst");
	(void)yyjson_mut_obj_add_uint(doc, worst, "cycle", f->worst.cycle);
	(void)yyjson_mut_obj_add_uint(doc, worst, "begin_ns", (uint64_t)f->worst.begin_ns);
	(void)yyjson_mut_obj_add_uint(doc, worst, "wall_ns", f->worst.wall_ns);
	(void)yyjson_mut_obj_add_uint(doc, worst, "period_ns", f->worst.period_ns);
	(void)yyjson_mut_obj_add_uint(
		doc, worst, "late_ns", f->worst.late_ns > 0 ? (uint64_t)f->worst.late_ns : 0);
	all = yyjson_mut_obj_add_obj(doc, worst, "stages_ns");
	for (uint32_t i = 0; i < MOS_N_STAGES; i++)
		(void)yyjson_mut_obj_add_uint(doc, all, stages[i].name, f->worst.stage_ns[i]);
}

const struct view view_cycle = {
	.name = "cycle",
	.summary = "how long each stage of the audio cycle takes",
	.help = "A histogram for each stage of the cycle, for the cycle as a whole, and for how late the "
		"graph called;\n"
		"and the worst cycle, stage by stage. Blocks of one cycle are added up.\n",
	.needs_rtcore = true,
	.open = cycle_open,
	.poll = cycle_poll,
	.text = cycle_text,
	.json = cycle_json,
	.close = cycle_close,
};
