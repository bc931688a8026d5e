/* SPDX-License-Identifier: MIT */
/* The event bus among real processes, while a score plays. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

static struct mos_event highlight(uint32_t number, uint8_t flags)
{
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT, .tick = INT64_MIN, .flags = flags};

	ev.u.highlight.keys[0] = number;
	return ev;
}

static struct mos_client *play(const char *name)
{
	struct mos_client *c = system_connect(name);

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	return c;
}

static void emit(struct mos_client *c, const struct mos_event *ev)
{
	int rc;

	while ((rc = mos_emit(c, ev)) == -EAGAIN)
		usleep(1000); /* the ring is full until rtcore's next turn */
	cr_assert_eq(rc, 0, "emit: %s", strerror(-rc));
}

/* Take numbered events until `last` came. @return how many of them, in order and once each. */
static uint32_t hear(struct mos_client *c, uint32_t first, uint32_t last)
{
	uint32_t wanted = first;
	struct mos_event ev;

	for (;;) {
		int rc = mos_events_next(c, &ev);

		cr_assert_neq(rc, -EOVERFLOW, "lost %llu", (unsigned long long)mos_events_lost(c));
		if (rc == 0) {
			rc = mos_events_wait(c, SYSTEM_WAIT_MS);
			cr_assert_eq(rc, 0, "after %u: %s", wanted - 1, strerror(-rc));
			continue;
		}
		if (rc != 1 || ev.type != MOS_EVENT_ROCKY_HIGHLIGHT)
			continue;
		cr_assert_eq(ev.u.highlight.keys[0], wanted, "wanted %u, came %llu", wanted,
			(unsigned long long)ev.u.highlight.keys[0]);
		if (wanted++ == last)
			return last - first + 1;
	}
}

static const uint32_t highlights[] = {MOS_EVENT_ROCKY_HIGHLIGHT};

Test(system_bus, hundred_in_a_frame, .timeout = 90,
	.description = "EVT-02 E2.4.4.1: 100 batched events in less than a 16 ms frame, five times: each arrives, once, in order")
{
	struct mos_client *sender = play("sender"), *reader = system_connect("reader");

	cr_assert_eq(mos_events_select(reader, highlights, 1), 0);
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 1; i <= 100; i++) {
			struct mos_event ev = highlight(round * 100 + i, 0);

			emit(sender, &ev);
		}
		cr_assert_eq(hear(reader, round * 100 + 1, round * 100 + 100), 100);
	}
	mos_transport_stop(sender);
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

Test(system_bus, immediate_overtakes_a_flood, .timeout = 90,
	.description = "EVT-12: while another client floods the batched lane, every immediate event arrives, in order")
{
	struct mos_client *sender = play("sender"), *reader = system_connect("reader");
	pid_t flood = fork();

	if (flood == 0) {
		struct mos_client *c;
		struct mos_event ev = {.type = MOS_EVENT_ROCKY_FEEDBACK, .tick = INT64_MIN, .u.feedback = {.message = "flood"}};

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (mos_client_create(&(struct mos_client_options){.name = "flood"}, &c, NULL) < 0)
			_exit(1);
		for (;;)
			(void)mos_emit(c, &ev);
	}
	cr_assert_eq(mos_events_select(reader, highlights, 1), 0);
	for (uint32_t i = 1; i <= 500; i++) {
		struct mos_event ev = highlight(i, MOS_EVENT_IMMEDIATE);

		emit(sender, &ev);
		cr_assert_eq(hear(reader, i, i), 1);
	}
	cr_assert_eq(waitpid(flood, NULL, WNOHANG), 0, "the flood ended by itself");
	cr_assert_eq(kill(flood, SIGKILL), 0);
	cr_assert_eq(waitpid(flood, NULL, 0), flood);
	mos_transport_stop(sender);
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

Test(system_bus, newest_snapshot, .timeout = 60,
	.description = "EVT-13: of 50 snapshots emitted at once a reader gets few, the last of them always")
{
	struct mos_client *sender = system_connect("sender"), *reader = system_connect("reader");
	const uint32_t types[] = {MOS_EVENT_MIDI_SNAPSHOT};
	struct mos_event ev = {0};
	uint32_t n = 0;

	memset(ev.u.snapshot.string, 0xff, sizeof(ev.u.snapshot.string));
	cr_assert_eq(mos_events_select(reader, types, 1), 0);
	for (uint32_t i = 1; i <= 50; i++) {
		struct mos_event out = {.type = MOS_EVENT_MIDI_SNAPSHOT, .tick = INT64_MIN};

		memset(out.u.snapshot.string, 0xff, sizeof(out.u.snapshot.string));
		out.u.snapshot.keys[0] = UINT64_C(1) << i;
		out.u.snapshot.n_keys = 1;
		emit(sender, &out);
	}
	while (ev.u.snapshot.keys[0] != UINT64_C(1) << 50) {
		int rc = mos_events_next(reader, &ev);

		if (rc == 0)
			cr_assert_eq(mos_events_wait(reader, SYSTEM_WAIT_MS), 0, "the last one did not come");
		else
			n++;
	}
	cr_assert_leq(n, 10, "%u snapshots of 50 came", n); /* as many as frames went by while they were emitted */
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

/* Answers every highlight that it did not make itself. */
static _Noreturn void answer_for_ever(const char *name, int ready)
{
	struct mos_client *c;
	struct mos_event ev;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mos_client_create(&(struct mos_client_options){.name = name}, &c, NULL) < 0)
		_exit(1);
	(void)!write(ready, "r", 1);
	for (;;) {
		if (mos_events_next(c, &ev) != 1) {
			(void)mos_events_wait(c, -1);
			continue;
		}
		if (ev.type == MOS_EVENT_ROCKY_HIGHLIGHT && ev.source != mos_client_info(c).slot) {
			struct mos_event out = highlight(1, MOS_EVENT_IMMEDIATE);

			/* past what libmos allows: the record is made by hand, as a careless library would */
			out.hops = (uint8_t)(ev.hops + 1);
			(void)mos_emit(c, &out);
		}
	}
}

Test(system_bus, circle_of_answers, .timeout = 60,
	.description = "EVT-18 E2.4.4.7: A answers B answers A: it ends at eight hops, and a notice names both")
{
	struct mos_client *c = system_connect("witness");
	uint32_t n_highlights = 0, max_hops = 0;
	struct mos_event ev, start = highlight(1, MOS_EVENT_IMMEDIATE);
	pid_t pid[2];
	int ready[2];
	char byte[1];

	cr_assert_eq(pipe(ready), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			answer_for_ever(i ? "answers-b" : "answers-a", ready[1]);
	}
	for (int i = 0; i < 2; i++)
		cr_assert_eq(read(ready[0], byte, 1), 1);
	emit(c, &start);
	for (;;) {
		if (mos_events_next(c, &ev) != 1) {
			cr_assert_eq(mos_events_wait(c, SYSTEM_WAIT_MS), 0, "no notice came");
			continue;
		}
		if (ev.type == MOS_EVENT_ROCKY_HIGHLIGHT) {
			n_highlights++;
			max_hops = ev.hops > max_hops ? ev.hops : max_hops;
		}
		if (ev.type == MOS_EVENT_BUS_NOTICE && ev.u.notice.reason == MOS_BUS_CYCLE)
			break;
	}
	cr_assert_eq(max_hops, MOS_HOPS_MAX);
	cr_assert_neq(ev.u.notice.source, ev.u.notice.other);
	cr_assert_neq(ev.u.notice.source, mos_client_info(c).slot);
	cr_assert_neq(ev.u.notice.other, mos_client_info(c).slot);
	cr_assert_neq(ev.u.notice.other, 0xffff);
	/* two answer the first, each of these is answered by the other one: two chains */
	cr_assert_leq(n_highlights, 1 + 2 * MOS_HOPS_MAX);
	for (int i = 0; i < 2; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	mos_client_destroy(c);
}

Test(system_bus, broker_stopped, .timeout = 60,
	.description = "EVT-23: the broker is stopped (SIGSTOP): events flow between programs all the same")
{
	struct mos_client *sender = system_connect("sender"), *reader = system_connect("reader");
	pid_t broker = system_broker_pid(sender);

	cr_assert_gt(broker, 0);
	cr_assert_eq(mos_events_select(reader, highlights, 1), 0);
	cr_assert_eq(kill(broker, SIGSTOP), 0);
	for (uint32_t i = 1; i <= 200; i++) {
		struct mos_event ev = highlight(i, (uint8_t)(i % 2 ? MOS_EVENT_IMMEDIATE : 0));

		emit(sender, &ev);
	}
	cr_assert_eq(hear(reader, 1, 200), 200);
	cr_assert_eq(kill(broker, SIGCONT), 0);
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

static void fail_on_fifth(const struct mos_event *ev, void *data)
{
	if (ev->u.highlight.keys[0] == 5) {
		if (data)
			abort();
		(void)raise(SIGSTOP);
	}
}

Test(system_bus, handlers_that_fail, .timeout = 60,
	.description = "EVT-06 E2.4.4.9 EVT-22: a handler crashes, another hangs for ever: the others get every event")
{
	struct mos_client *sender = system_connect("sender"), *reader = system_connect("reader");
	pid_t pid[2];
	int ready[2], status;
	char byte[1];

	cr_assert_eq(mos_events_select(reader, highlights, 1), 0);
	cr_assert_eq(pipe(ready), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			struct mos_client *c;

			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)signal(SIGABRT, SIG_DFL);
			if (mos_client_create(&(struct mos_client_options){.name = "unlucky"}, &c, NULL) < 0)
				_exit(1);
			(void)mos_events_on(c, MOS_EVENT_ROCKY_HIGHLIGHT, fail_on_fifth, i ? c : NULL, NULL);
			(void)!write(ready[1], "r", 1);
			for (;;)
				(void)mos_events_dispatch(c, -1);
		}
	}
	for (int i = 0; i < 2; i++)
		cr_assert_eq(read(ready[0], byte, 1), 1);
	for (uint32_t i = 1; i <= 2000; i++) {
		struct mos_event ev = highlight(i, (uint8_t)(i % 4 ? 0 : MOS_EVENT_IMMEDIATE));

		emit(sender, &ev);
	}
	cr_assert_eq(hear(reader, 1, 2000), 2000);
	cr_assert_eq(waitpid(pid[1], &status, 0), pid[1]);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	cr_assert_eq(waitpid(pid[0], &status, WUNTRACED), pid[0]);
	cr_assert(WIFSTOPPED(status), "the one that hangs is still there");
	kill(pid[0], SIGKILL);
	waitpid(pid[0], NULL, 0);
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

static bool has_delivered(void *data)
{
	struct mos_event_metrics m;

	cr_assert_eq(mos_events_metrics(data, MOS_EVENT_ROCKY_HIGHLIGHT, &m), 0, "%s", mos_client_error(data)->message);
	return m.delivered >= 3000;
}

Test(system_bus, metrics_of_a_known_stream, .timeout = 60,
	.description = "EVT-10: figures of a type: count, refused, delivered, subscribers; unknown types are told so")
{
	struct mos_client *sender = system_connect("sender"), *reader = system_connect("reader"), *other = system_connect("other");
	struct mos_event_metrics before, m;

	cr_assert_eq(mos_events_select(reader, highlights, 1), 0);
	cr_assert_eq(mos_events_select(other, (const uint32_t[]){MOS_EVENT_TEMPO_CHANGE}, 1), 0);
	cr_assert_eq(mos_events_metrics(sender, MOS_EVENT_ROCKY_HIGHLIGHT, &before), 0, "%s", mos_client_error(sender)->message);
	for (uint32_t i = 1; i <= 3000; i++) {
		struct mos_event ev = highlight(i, 0);

		emit(sender, &ev);
		if (i % 100 == 0)
			cr_assert_eq(hear(reader, i - 99, i), 100);
	}
	cr_assert(system_wait(has_delivered, sender));
	cr_assert_eq(mos_events_metrics(sender, MOS_EVENT_ROCKY_HIGHLIGHT, &m), 0);
	cr_assert_eq(m.count - before.count, 3000);
	cr_assert_geq(m.delivered, 3000);
	cr_assert_gt(m.n_sampled, 100, "one in 16 carries the time");
	cr_assert_gt(m.p50_ns, 0);
	cr_assert_geq(m.p99_ns, m.p50_ns);
	cr_assert_eq(m.lost, 0);
	/* the sender hears all types, the other one only the tempo */
	cr_assert_eq(m.subscribers, before.subscribers);
	cr_assert_geq(m.subscribers, 1);
	cr_assert_eq(mos_events_metrics(sender, 0x7777, &m), -ENOENT);
	mos_client_destroy(other);
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

/* --- A thousand clients --- */

#define N_CLIENTS 1000u

struct crowd {
	uint32_t n_each; /* clients of a process */
	uint32_t n_ready;
	uint32_t last;  /* number of the last event, 0: not known yet */
	uint32_t n_all; /* clients that got every event */
};

static _Noreturn void be_crowd(struct crowd *crowd)
{
	struct mos_client **c = calloc(crowd->n_each, sizeof(struct mos_client *));
	uint32_t *wanted = calloc(crowd->n_each, sizeof(uint32_t));
	uint32_t n_good = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint32_t i = 0; i < crowd->n_each; i++) {
		if (mos_client_create(&(struct mos_client_options){.name = "crowd",
					      .timeout_ms = SYSTEM_WAIT_MS,
					      .wait_ms = SYSTEM_WAIT_MS},
			    &c[i], NULL) < 0)
			_exit(1);
		(void)mos_events_select(c[i], highlights, 1);
		wanted[i] = 1;
	}
	__atomic_fetch_add(&crowd->n_ready, crowd->n_each, __ATOMIC_RELEASE);
	while (n_good < crowd->n_each) {
		uint32_t last = __atomic_load_n(&crowd->last, __ATOMIC_ACQUIRE);

		(void)mos_events_wait(c[0], 100);
		n_good = 0;
		for (uint32_t i = 0; i < crowd->n_each; i++) {
			struct mos_event ev;
			int rc;

			while ((rc = mos_events_next(c[i], &ev)) != 0) {
				if (rc == 1 && ev.u.highlight.keys[0] == wanted[i])
					wanted[i]++;
				else
					_exit(2);
			}
			n_good += last && wanted[i] == last + 1;
		}
	}
	__atomic_fetch_add(&crowd->n_all, n_good, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static bool all_ready(void *data)
{
	return __atomic_load_n(&((struct crowd *)data)->n_ready, __ATOMIC_ACQUIRE) == N_CLIENTS;
}

static bool all_done(void *data)
{
	return __atomic_load_n(&((struct crowd *)data)->n_all, __ATOMIC_ACQUIRE) == N_CLIENTS;
}

static void tell_a_crowd(uint32_t n_processes, uint32_t n_events)
{
	struct crowd *crowd =
		mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct mos_client *c = play("conductor");
	static pid_t pid[N_CLIENTS];
	struct mos_now before, now;

	crowd->n_each = N_CLIENTS / n_processes;
	for (uint32_t i = 0; i < n_processes; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			be_crowd(crowd);
	}
	cr_assert(system_wait(all_ready, crowd), "%u clients have come in", crowd->n_ready);
	cr_assert_eq(mos_clock_now(c, &before), 0);
	for (uint32_t i = 1; i <= n_events; i++) {
		struct mos_event ev = highlight(i, (uint8_t)(i % 10 ? 0 : MOS_EVENT_IMMEDIATE));

		emit(c, &ev);
	}
	__atomic_store_n(&crowd->last, n_events, __ATOMIC_RELEASE);
	cr_assert(system_wait(all_done, crowd), "%u clients have all", crowd->n_all);
	cr_assert_eq(mos_clock_now(c, &now), 0);
	cr_assert_gt(now.clock.frame, before.clock.frame, "the engine went on");
	for (uint32_t i = 0; i < n_processes; i++)
		kill(pid[i], SIGKILL);
	for (uint32_t i = 0; i < n_processes; i++)
		waitpid(pid[i], NULL, 0);
	mos_transport_stop(c);
	mos_client_destroy(c);
}

Test(system_bus, a_thousand_clients, .timeout = 200,
	.description = "SCL-01 EVT-03 E2.4.4.4: 1,000 clients in five processes get each of 1,000 events, once and "
		       "in order, while a score plays")
{
	tell_a_crowd(5, 1000);
}

Test(system_bus, a_thousand_processes, .timeout = 200,
	.description = "SCL-01 EVT-03 E2.4.4.4: 1,000 processes, all asleep, get each of 200 events, once and in "
		       "order, while a score plays")
{
	tell_a_crowd(N_CLIENTS, 200);
}
