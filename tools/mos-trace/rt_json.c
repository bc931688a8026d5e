/* SPDX-License-Identifier: MIT */
#include "rt_print.h"

#include <string.h>

static void add_other(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct rt_other *o)
{
	(void)yyjson_mut_obj_add_strncpy(doc, to, "comm", o->comm, strnlen(o->comm, RT_COMM));
	(void)yyjson_mut_obj_add_uint(doc, to, "tid", o->tid);
	(void)yyjson_mut_obj_add_uint(doc, to, "pid", o->tgid);
	(void)yyjson_mut_obj_add_int(
		doc, to, "rt_priority", o->prio >= 0 && o->prio < 100 ? 99 - o->prio : 0);
}

static void add_calls(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct rt_figures *f)
{
	yyjson_mut_val *calls = yyjson_mut_obj_add_arr(doc, root, "syscalls");
	char name[24];

	for (uint32_t i = 0; i < RT_CALLS; i++) {
		yyjson_mut_val *o;

		if (!f->call[i].n)
			continue;
		o = yyjson_mut_arr_add_obj(doc, calls);
		(void)yyjson_mut_obj_add_strcpy(doc, o, "name", trace_syscall_name(i, name, sizeof(name)));
		(void)yyjson_mut_obj_add_uint(doc, o, "number", i);
		(void)yyjson_mut_obj_add_uint(doc, o, "n", f->call[i].n);
		(void)yyjson_mut_obj_add_uint(doc, o, "n_in_cycle", f->call[i].n_inside);
		(void)yyjson_mut_obj_add_uint(doc, o, "ns", f->call[i].ns);
	}
}

static void add_held(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct rt_view *v)
{
	yyjson_mut_val *all = yyjson_mut_obj_add_arr(doc, root, "in_our_place");
	struct rt_held list[32];
	uint32_t n = rt_list_held(v, list, 32);

	for (uint32_t i = 0; i < n; i++) {
		yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, all);

		add_other(doc, o, &list[i].other);
		(void)yyjson_mut_obj_add_uint(doc, o, "preempted", list[i].n);
		(void)yyjson_mut_obj_add_uint(doc, o, "preempted_ns", list[i].ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "preempted_max_ns", list[i].max_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "at_wakeup", list[i].n_wake);
		(void)yyjson_mut_obj_add_uint(doc, o, "at_wakeup_ns", list[i].wake_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "at_wakeup_max_ns", list[i].max_wake_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "driver_ns", list[i].driver_ns);
	}
}

static void add_misses(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct rt_view *v)
{
	yyjson_mut_val *causes = yyjson_mut_obj_add_obj(doc, root, "causes"), *all;
	uint64_t first = v->n_misses > RT_MISSES ? v->n_misses - RT_MISSES : 0;

	for (uint32_t i = 0; i < RT_N_CAUSES; i++)
		if (v->n_by_cause[i])
			(void)yyjson_mut_obj_add_uint(doc, causes, rt_cause_word[i], v->n_by_cause[i]);
	all = yyjson_mut_obj_add_arr(doc, root, "misses");
	for (uint64_t i = first; i < v->n_misses; i++) {
		const struct rt_miss *m = &v->miss[i % RT_MISSES];
		yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, all);

		(void)yyjson_mut_obj_add_uint(doc, o, "cycle", m->cycle.cycle);
		(void)yyjson_mut_obj_add_uint(doc, o, "begin_ns", m->cycle.begin_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "late_ns", m->cycle.late_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "busy_ns", m->cycle.busy_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "period_ns", m->cycle.period_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "core", m->cycle.cpu);
		(void)yyjson_mut_obj_add_str(doc, o, "cause", rt_cause_word[m->verdict.cause]);
		(void)yyjson_mut_obj_add_uint(doc, o, "cause_ns", m->verdict.ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "wakeup_ns", m->cycle.wake.ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "preempted_ns", m->cycle.preempted.ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "irq_ns", m->cycle.irq_ns);
		(void)yyjson_mut_obj_add_uint(doc, o, "blocked_ns", m->cycle.blocked_ns);
		if (m->verdict.other.tid)
			add_other(doc, yyjson_mut_obj_add_obj(doc, o, "by"), &m->verdict.other);
	}
}

static void add_violations(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const struct run *run, const struct rt_view *v)
{
	yyjson_mut_val *all = yyjson_mut_obj_add_arr(doc, root, "violations");
	char text[300];

	for (uint32_t i = 0; i < v->n_violations; i++) {
		const struct rt_event *e = &v->violation[i];
		yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, all);

		(void)yyjson_mut_obj_add_uint(doc, o, "cycle", e->fault.cycle);
		(void)yyjson_mut_obj_add_str(
			doc, o, "kind", e->kind == RT_EVENT_CALL ? "syscall" : "page fault");
		if (e->kind == RT_EVENT_CALL)
			(void)yyjson_mut_obj_add_strcpy(
				doc, o, "syscall", trace_syscall_name(e->fault.nr, text, sizeof(text)));
		else
			(void)yyjson_mut_obj_add_uint(doc, o, "address", e->fault.address);
		(void)yyjson_mut_obj_add_strcpy(
			doc, o, "at", rt_where(run->target.pid, e->fault.ip, text, sizeof(text)));
	}
}

void rt_json(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	const struct rt_view *v = run->data;
	const struct rt_figures *f = v->figures;

	(void)yyjson_mut_obj_add_uint(doc, root, "tid", f->tid);
	(void)yyjson_mut_obj_add_uint(doc, root, "driver_tid", f->driver_tid);
	(void)yyjson_mut_obj_add_int(doc, root, "rt_priority", rt_priority(v));
	(void)yyjson_mut_obj_add_uint(doc, root, "cycles", f->n_cycles);
	(void)yyjson_mut_obj_add_uint(doc, root, "missed", f->n_missed);
	(void)yyjson_mut_obj_add_uint(doc, root, "cycles_unseen", f->n_unseen);
	(void)yyjson_mut_obj_add_uint(doc, root, "wakeups", f->n_wakes);
	(void)yyjson_mut_obj_add_uint(doc, root, "involuntary_switches", f->n_involuntary);
	(void)yyjson_mut_obj_add_uint(doc, root, "cycles_preempted", f->n_preempted);
	(void)yyjson_mut_obj_add_uint(doc, root, "migrations", f->n_migrations);
	(void)yyjson_mut_obj_add_uint(doc, root, "stolen_ns", v->stolen_ns);
	if (v->knows_faults) {
		(void)yyjson_mut_obj_add_uint(doc, root, "faults", f->n_faults);
		(void)yyjson_mut_obj_add_uint(doc, root, "faults_in_cycle", f->n_faults_inside);
	}
	(void)yyjson_mut_obj_add_uint(doc, root, "syscalls_in_cycle", f->n_calls_inside);
	(void)yyjson_mut_obj_add_uint(doc, root, "bells", f->n_bells);
	(void)yyjson_mut_obj_add_uint(doc, root, "events_lost", f->n_events_lost);
	(void)trace_json_hist(doc, root, "wakeup", &f->wake);
	(void)trace_json_hist(doc, root, "run", &f->run);
	(void)trace_json_hist(doc, root, "cycle", &f->cycle);
	(void)trace_json_hist(doc, root, "preempted", &f->preempted);
	if (f->driver_tid)
		(void)trace_json_hist(doc, root, "driver_wakeup", &f->driver_wake);
	add_calls(doc, root, f);
	add_held(doc, root, v);
	add_violations(doc, root, run, v);
	add_misses(doc, root, v);
}
