/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <inttypes.h>

#include "chrome.h"

void trace_print_no_cycle(FILE *out, const struct target *target)
{
	(void)fprintf(out, "no cycle yet of mos-rtcore %d\n  hint: is there a sink? mosctl status tells\n",
		target->pid);
}

void trace_print_hist_head(FILE *out, const char *what)
{
	(void)fprintf(out, "%-16s %9s %9s %9s %9s %9s %9s\n", what, "n", "min", "p50", "p99", "p99.9", "max");
}

void trace_print_hist(FILE *out, const char *name, const struct hist *h)
{
	char t[5][16];

	(void)fprintf(out, "%-16s %9" PRIu64 " %9s %9s %9s %9s %9s\n", name, h->n,
		trace_time(h->n ? h->min : 0, t[0], sizeof(t[0])),
		trace_time(hist_percentile(h, 500), t[1], sizeof(t[1])),
		trace_time(hist_percentile(h, 990), t[2], sizeof(t[2])),
		trace_time(hist_percentile(h, 999), t[3], sizeof(t[3])),
		trace_time(h->max, t[4], sizeof(t[4])));
}

yyjson_mut_val *trace_json_hist(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const char *name, const struct hist *h)
{
	yyjson_mut_val *o = yyjson_mut_obj_add_obj(doc, to, name);

	(void)yyjson_mut_obj_add_uint(doc, o, "n", h->n);
	(void)yyjson_mut_obj_add_uint(doc, o, "min_ns", h->n ? h->min : 0);
	(void)yyjson_mut_obj_add_uint(doc, o, "p50_ns", hist_percentile(h, 500));
	(void)yyjson_mut_obj_add_uint(doc, o, "p99_ns", hist_percentile(h, 990));
	(void)yyjson_mut_obj_add_uint(doc, o, "p999_ns", hist_percentile(h, 999));
	(void)yyjson_mut_obj_add_uint(doc, o, "max_ns", h->max);
	(void)yyjson_mut_obj_add_uint(doc, o, "mean_ns", h->n ? h->sum / h->n : 0);
	return o;
}

void trace_name_audio(struct run *run, pid_t tid)
{
	struct chrome_track at = {run->target.pid, tid};
	char comm[32];

	if (chrome_is_named(run->chrome, at))
		return;
	trace_comm(run->target.pid, comm, sizeof(comm));
	chrome_name(run->chrome, at, comm, NULL);
	trace_comm(tid, comm, sizeof(comm));
	chrome_name(run->chrome, at, NULL, comm);
}
