/* SPDX-License-Identifier: MIT */
#include "rt_print.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "chrome.h"

static uint64_t weight(const struct rt_held *h)
{
	return h->ns + h->wake_ns + h->driver_ns;
}

static int by_weight(const void *va, const void *vb)
{
	uint64_t a = weight(va), b = weight(vb);

	return (a < b) - (a > b);
}

uint32_t rt_list_held(const struct rt_view *v, struct rt_held *list, uint32_t max)
{
	static struct rt_held all[RT_OTHERS_MAX];
	uint32_t n = 0, key, *before = NULL;

	while (n < RT_OTHERS_MAX && bpf_map_get_next_key(v->held_fd, before, &key) == 0) {
		if (bpf_map_lookup_elem(v->held_fd, &key, &all[n]) == 0)
			n++;
		before = &key;
	}
	qsort(all, n, sizeof(all[0]), by_weight);
	n = n < max ? n : max;
	memcpy(list, all, n * sizeof(all[0]));
	return n;
}

const char *rt_who(const struct rt_other *o, char *buf, size_t size)
{
	if (o->prio < 0)
		(void)snprintf(buf, size, "%.*s %u (deadline)", RT_COMM, o->comm, o->tid);
	else if (o->prio < 100)
		(void)snprintf(buf, size, "%.*s %u (real-time %d)", RT_COMM, o->comm, o->tid, 99 - o->prio);
	else
		(void)snprintf(buf, size, "%.*s %u (nice %d)", RT_COMM, o->comm, o->tid, o->prio - 120);
	return buf;
}

int rt_priority(const struct rt_view *v)
{
	struct sched_param p = {0};

	return v->figures->tid && sched_getparam((pid_t)v->figures->tid, &p) == 0 ? p.sched_priority : 0;
}

const char *rt_where(pid_t pid, uint64_t address, char *buf, size_t size)
{
	char path[32], line[512], name[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	(void)snprintf(buf, size, "?");
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		uint64_t from, to, offset;
		const char *slash;

		name[0] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %255[^\n]", &from, &to,
			    &offset, name) < 3 ||
			address < from || address >= to)
			continue;
		slash = strrchr(name, '/');
		if (name[0] == '/')
			(void)snprintf(buf, size, "%s+0x%" PRIx64, slash + 1, address - from + offset);
		else
			(void)snprintf(buf, size, "%s", name[0] ? name : "anonymous memory");
		break;
	}
	if (f)
		(void)fclose(f);
	return buf;
}

static void print_held(const struct rt_view *v, FILE *out)
{
	struct rt_held list[RT_SHOWN];
	uint32_t n = rt_list_held(v, list, RT_SHOWN);
	char who[64], t[4][16];

	if (n == 0)
		return;
	(void)fprintf(out, "\n%-36s %8s %9s %9s %9s %9s\n", "in our place", "times", "time", "longest",
		"at wake", "driver's");
	for (uint32_t i = 0; i < n; i++)
		(void)fprintf(out, "%-36s %8" PRIu64 " %9s %9s %9s %9s\n",
			rt_who(&list[i].other, who, sizeof(who)), list[i].n,
			trace_time(list[i].ns, t[0], sizeof(t[0])),
			trace_time(list[i].max_ns, t[1], sizeof(t[1])),
			trace_time(list[i].wake_ns, t[2], sizeof(t[2])),
			trace_time(list[i].driver_ns, t[3], sizeof(t[3])));
}

static void print_calls(const struct rt_figures *f, FILE *out)
{
	char name[24];

	(void)fprintf(out,
		"\nsystem calls: %" PRIu64 ", inside the cycle %" PRIu64 " and %" PRIu64
		" to ring the bell\n",
		f->n_calls, f->n_calls_inside, f->n_bells);
	for (uint32_t i = 0; i < RT_CALLS; i++)
		if (f->call[i].n)
			(void)fprintf(out, "  %-18s %9" PRIu64 "%s\n",
				trace_syscall_name(i, name, sizeof(name)), f->call[i].n,
				f->call[i].n_inside ? "  INSIDE THE CYCLE" : "");
}

static void print_violations(const struct run *run, const struct rt_view *v, FILE *out)
{
	char name[24], at[300], address[300];

	for (uint32_t i = 0; i < v->n_violations && i < RT_SHOWN; i++) {
		const struct rt_event *e = &v->violation[i];

		if (e->kind == RT_EVENT_CALL)
			(void)fprintf(out, "  cycle %" PRIu64 ": system call %s at %s\n", e->fault.cycle,
				trace_syscall_name(e->fault.nr, name, sizeof(name)),
				rt_where(run->target.pid, e->fault.ip, at, sizeof(at)));
		else
			(void)fprintf(out, "  cycle %" PRIu64 ": page fault at 0x%" PRIx64 " (%s) by %s\n",
				e->fault.cycle, e->fault.address,
				rt_where(run->target.pid, e->fault.address, address, sizeof(address)),
				rt_where(run->target.pid, e->fault.ip, at, sizeof(at)));
	}
	if (v->n_violations > RT_SHOWN)
		(void)fprintf(out, "  and %u more\n", v->n_violations - RT_SHOWN);
}

static void print_misses(const struct rt_view *v, FILE *out)
{
	uint64_t first = v->n_misses > RT_SHOWN ? v->n_misses - RT_SHOWN : 0;
	char who[64], t[4][16];

	if (v->n_misses == 0)
		return;
	(void)fprintf(out, "\nmissed cycles, by what took most of the time:\n");
	for (uint32_t i = 0; i < RT_N_CAUSES; i++)
		if (v->n_by_cause[i])
			(void)fprintf(out, "  %-16s %5" PRIu64 "  %s\n", rt_cause_word[i], v->n_by_cause[i],
				rt_cause_what[i]);
	(void)fprintf(out, "the last of them:\n");
	for (uint64_t i = first; i < v->n_misses; i++) {
		const struct rt_miss *m = &v->miss[i % RT_MISSES];

		(void)fprintf(out, "  cycle %" PRIu64 ": called %s late, took %s of %s: %s %s%s%s\n",
			m->cycle.cycle, trace_time(m->cycle.late_ns, t[0], sizeof(t[0])),
			trace_time(m->cycle.busy_ns, t[1], sizeof(t[1])),
			trace_time(m->cycle.period_ns, t[2], sizeof(t[2])), rt_cause_word[m->verdict.cause],
			trace_time(m->verdict.ns, t[3], sizeof(t[3])), m->verdict.other.tid ? " by " : "",
			m->verdict.other.tid ? rt_who(&m->verdict.other, who, sizeof(who)) : "");
	}
}

void rt_text(struct run *run, FILE *out)
{
	const struct rt_view *v = run->data;
	const struct rt_figures *f = v->figures;
	char t[16], comm[32], priority[32] = "no real-time priority";

	if (f->n_cycles == 0) {
		trace_print_no_cycle(out, &run->target);
		return;
	}
	trace_comm((pid_t)f->tid, comm, sizeof(comm));
	if (rt_priority(v))
		(void)snprintf(priority, sizeof(priority), "real-time %d", rt_priority(v));
	(void)fprintf(out, "thread %s %u (%s) of mos-rtcore %d: %" PRIu64 " cycles, %" PRIu64 " missed\n\n",
		comm, f->tid, priority, run->target.pid, f->n_cycles, f->n_missed);
	trace_print_hist_head(out, "");
	trace_print_hist(out, "wake-up latency", &f->wake);
	trace_print_hist(out, "run a wake-up", &f->run);
	trace_print_hist(out, "cycle", &f->cycle);
	trace_print_hist(out, "pre-empted", &f->preempted);
	if (f->driver_tid) {
		trace_print_hist(out, "driver's wake-up", &f->driver_wake);
		trace_comm((pid_t)f->driver_tid, comm, sizeof(comm));
		(void)fprintf(out, "(the driver is %s %u)\n", comm, f->driver_tid);
	}
	(void)fprintf(out,
		"\nswitched out unasked %" PRIu64 ", cycles pre-empted %" PRIu64 ", migrations %" PRIu64
		", stolen from the machine %s\n",
		f->n_involuntary, f->n_preempted, f->n_migrations, trace_time(v->stolen_ns, t, sizeof(t)));
	if (v->knows_faults)
		(void)fprintf(out, "page faults %" PRIu64 ", inside the cycle %" PRIu64 "\n", f->n_faults,
			f->n_faults_inside);
	else
		(void)fprintf(out, "page faults: this kernel does not tell\n");
	print_held(v, out);
	print_calls(f, out);
	print_violations(run, v, out);
	print_misses(v, out);
	if (f->n_unseen)
		(void)fprintf(out,
			"\ncycles whose end the kernel did not tell, and that are left out: %" PRIu64 "\n",
			f->n_unseen);
	if (f->n_events_lost)
		(void)fprintf(
			out, "\nnot told, since too much happened: %" PRIu64 " events\n", f->n_events_lost);
	if (f->n_others_lost)
		(void)fprintf(out,
			"\nnot listed above: %" PRIu64 " slices of tasks that came when %u were known\n",
			f->n_others_lost, RT_OTHERS_MAX);
}

void rt_trace(struct run *run, const struct rt_event *e)
{
	struct chrome_track at = {run->target.pid, (pid_t)((struct rt_view *)run->data)->figures->tid};
	const struct rt_cycle *c = &e->cycle;
	char args[160], name[24];

	trace_name_audio(run, at.tid);
	if (e->kind == RT_EVENT_CYCLE) {
		(void)snprintf(args, sizeof(args),
			"{\"cycle\":%" PRIu64 ",\"late_ns\":%" PRIu64 ",\"period_ns\":%" PRIu64 "}", c->cycle,
			c->late_ns, c->period_ns);
		chrome_slice(run->chrome, at, "rt", "cycle", c->begin_ns, c->wall_ns, args);
		chrome_counter(
			run->chrome, at.pid, "wake-up latency, us", c->begin_ns, (double)c->wake.ns / 1e3);
		chrome_counter(
			run->chrome, at.pid, "pre-empted, us", c->begin_ns, (double)c->preempted.ns / 1e3);
	} else if (e->kind == RT_EVENT_MISS) {
		chrome_instant(run->chrome, at, "rt", "missed", e->at_ns, NULL);
	} else if (e->kind == RT_EVENT_FAULT) {
		(void)snprintf(args, sizeof(args), "{\"address\":%" PRIu64 ",\"ip\":%" PRIu64 "}",
			e->fault.address, e->fault.ip);
		chrome_instant(run->chrome, at, "rt", "page fault", e->at_ns, args);
	} else if (e->kind == RT_EVENT_CALL) {
		chrome_instant(run->chrome, at, "rt", trace_syscall_name(e->fault.nr, name, sizeof(name)),
			e->at_ns, NULL);
	}
}
