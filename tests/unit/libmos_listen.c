/* SPDX-License-Identifier: MIT */
/* Handlers of events, over a ring that the test writes itself. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>

#include "fake_broker.h"

static struct fake fake;
static struct mos_client *client;

static void setup(void)
{
	fake_init(&fake);
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "test", .runtime_dir = fake.dir},
			     &client, NULL),
		0);
}

static void teardown(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
}

TestSuite(libmos_listen, .init = setup, .fini = teardown, .timeout = 60);

static void publish(uint32_t type, int64_t tick)
{
	struct mos_event ev = fake_event(type, tick);

	fake_publish(&fake, &ev);
}

/* What a handler heard. */
struct heard {
	int n;
	uint32_t type;
	int64_t tick;
};

static void hear(const struct mos_event *event, void *data)
{
	struct heard *heard = data;

	heard->n++;
	heard->type = event->type;
	heard->tick = event->tick;
}

Test(libmos_listen, each_transport_event,
	.description = "KRO-10: play, pause, stop, seek, tempo, loop, tick, measure, state and error each "
		       "reach their "
		       "handler, no other one, and none after it unsubscribed")
{
	static const uint32_t type[] = {MOS_EVENT_TRANSPORT_PLAY, MOS_EVENT_TRANSPORT_PAUSE,
		MOS_EVENT_TRANSPORT_STOP, MOS_EVENT_TRANSPORT_SEEK, MOS_EVENT_TEMPO_CHANGE,
		MOS_EVENT_TRANSPORT_LOOP, MOS_EVENT_METRONOME_BEAT, MOS_EVENT_TRANSPORT_MEASURE,
		MOS_EVENT_TRANSPORT_STATE, MOS_EVENT_TRANSPORT_ERROR};
	enum { N = sizeof(type) / sizeof(type[0]) };
	struct heard heard[N] = {0}, all = {0};
	struct mos_listener *on[N], *on_all;

	for (int i = 0; i < N; i++)
		cr_assert_eq(mos_events_on(client, type[i], hear, &heard[i], &on[i]), 0);
	cr_assert_eq(mos_events_on(client, 0, hear, &all, &on_all), 0);
	for (int i = 0; i < N; i++)
		publish(type[i], 100 + i);
	cr_assert_eq(mos_events_dispatch(client, 0), N);
	for (int i = 0; i < N; i++) {
		cr_expect_eq(heard[i].n, 1, "type %#x: %d", type[i], heard[i].n);
		cr_expect_eq(heard[i].type, type[i]);
		cr_expect_eq(heard[i].tick, 100 + i);
		mos_events_off(on[i]);
		publish(type[i], 0);
	}
	cr_assert_eq(mos_events_dispatch(client, 0), N);
	cr_expect_eq(mos_events_dispatch(client, 0), 0, "each event is told once");
	for (int i = 0; i < N; i++)
		cr_expect_eq(heard[i].n, 1, "type %#x is heard after its end", type[i]);
	cr_expect_eq(all.n, 2 * N);
	mos_events_off(on_all);
	publish(type[0], 0);
	cr_assert_eq(mos_events_dispatch(client, 0), 0, "nobody listens any more");
	cr_expect_eq(all.n, 2 * N);
}

/* Ends itself and `other`, starts `late`, and tries to dispatch. */
struct meddler {
	struct mos_listener *self, *other, *added;
	struct heard late;
	int n, nested;
};

static void meddle(const struct mos_event *event, void *data)
{
	struct meddler *m = data;

	m->n++;
	m->nested = mos_events_dispatch(client, 0);
	mos_events_off(m->self);
	mos_events_off(m->other);
	cr_assert_eq(mos_events_on(client, 0, hear, &m->late, &m->added), 0);
}

Test(libmos_listen, handlers_may_end_listeners,
	.description = "KRO-10: while an event is told, listeners come and go")
{
	struct meddler m = {0};
	struct heard other = {0};

	cr_assert_eq(mos_events_on(client, 0, meddle, &m, &m.self), 0);
	cr_assert_eq(mos_events_on(client, 0, hear, &other, &m.other), 0);
	publish(MOS_EVENT_TRANSPORT_PLAY, 1);
	publish(MOS_EVENT_TRANSPORT_STOP, 2);
	cr_assert_eq(mos_events_dispatch(client, 0), 2);
	cr_expect_eq(m.n, 1, "it ended itself");
	cr_expect_eq(m.nested, -EBUSY);
	cr_expect_eq(other.n, 0, "it was ended before its turn");
	cr_expect_eq(m.late.n, 1, "it hears from the next event on");
	cr_expect_eq(m.late.type, MOS_EVENT_TRANSPORT_STOP);
	/* the last one, and one never ended, go with the client */
}

static void *play_a_bit_later(void *data)
{
	publish(MOS_EVENT_TRANSPORT_PLAY, 5);
	return NULL;
}

Test(libmos_listen, waits, .description = "KRO-10: dispatch sleeps until something happens")
{
	struct mos_listener *l;
	struct heard heard = {0};
	pthread_t thread;

	cr_assert_eq(mos_events_on(client, MOS_EVENT_TRANSPORT_PLAY, hear, &heard, &l), 0);
	cr_expect_eq(mos_events_dispatch(client, 1), 0, "nothing within a millisecond");
	cr_assert_eq(pthread_create(&thread, NULL, play_a_bit_later, NULL), 0);
	cr_assert_eq(mos_events_dispatch(client, -1), 1);
	cr_expect_eq(heard.tick, 5);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(libmos_listen, a_busy_ring,
	.description = "a call ends after 256 events; what was lost is counted and passed over")
{
	struct mos_listener *l;
	struct heard heard = {0};
	int taken = 0, n;

	cr_assert_eq(mos_events_on(client, 0, hear, &heard, &l), 0);
	for (int i = 1; i <= 100000; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	while ((n = mos_events_dispatch(client, 0)) > 0) {
		cr_assert_leq(n, 256);
		taken += n;
	}
	cr_expect_eq(n, 0);
	cr_expect_eq(heard.n, taken);
	cr_expect_eq(heard.tick, 100000);
	cr_expect_eq((uint64_t)taken + mos_events_lost(client), 100000);
	cr_expect_gt(mos_events_lost(client), 0);
}

Test(libmos_listen, by_type_wildcard_and_twice,
	.description = "EVT-08: listeners by type, for all types, and the same one twice; each is called as "
		       "often as registered")
{
	struct heard typed = {0}, all = {0}, twice = {0}, other = {0};
	struct mos_listener *first, *second;

	cr_assert_eq(mos_events_on(client, MOS_EVENT_CHORD_DETECTED, hear, &typed, NULL), 0);
	cr_assert_eq(mos_events_on(client, 0, hear, &all, NULL), 0);
	cr_assert_eq(mos_events_on(client, MOS_EVENT_CHORD_DETECTED, hear, &twice, &first), 0);
	cr_assert_eq(mos_events_on(client, MOS_EVENT_CHORD_DETECTED, hear, &twice, &second), 0);
	cr_assert_eq(mos_events_on(client, MOS_EVENT_TUNER_PITCH, hear, &other, NULL), 0);
	publish(MOS_EVENT_CHORD_DETECTED, 1);
	publish(MOS_EVENT_KEY_CHANGE, 2);
	cr_assert_eq(mos_events_dispatch(client, 0), 2);
	cr_expect_eq(typed.n, 1);
	cr_expect_eq(all.n, 2);
	cr_expect_eq(twice.n, 2);
	cr_expect_eq(other.n, 0);
	mos_events_off(first);
	publish(MOS_EVENT_CHORD_DETECTED, 3);
	cr_assert_eq(mos_events_dispatch(client, 0), 1);
	cr_expect_eq(twice.n, 3, "one of the two is left");
	cr_assert_eq(mos_events_on(client, MOS_EVENT_CHORD_DETECTED, hear, &twice, &first), 0);
	cr_expect_eq(mos_events_off_handler(client, MOS_EVENT_KEY_CHANGE, hear, &twice), 0, "another type");
	cr_expect_eq(mos_events_off_handler(client, 0, hear, &twice), 0, "it is not a wildcard");
	cr_expect_eq(mos_events_off_handler(client, MOS_EVENT_CHORD_DETECTED, hear, &twice), 2);
	publish(MOS_EVENT_CHORD_DETECTED, 4);
	cr_assert_eq(mos_events_dispatch(client, 0), 1);
	cr_expect_eq(twice.n, 3);
	cr_expect_eq(typed.n, 3);
}

Test(libmos_listen, all_of_one_client,
	.description = "EVT-09: removing all listeners ends the caller's, and nobody else's")
{
	struct heard mine = {0}, others = {0};
	struct mos_client *other;
	struct mos_reader_page *page = mos_ingress_reader_page(&fake.ingress);

	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "other", .runtime_dir = fake.dir},
			     &other, NULL),
		0);
	cr_assert_eq(mos_events_on(other, 0, hear, &others, NULL), 0);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(mos_events_on(client, 0, hear, &mine, NULL), 0);
		cr_assert_eq(mos_events_on(client, MOS_EVENT_CHORD_DETECTED, hear, &mine, NULL), 0);
	}
	cr_expect_eq(page->listeners, 6, "the two share the fake's page: the last one's figure");
	mos_events_off_all(client);
	cr_expect_eq(page->listeners, 0);
	cr_expect_eq(page->interest, 0);
	publish(MOS_EVENT_CHORD_DETECTED, 1);
	cr_expect_eq(mos_events_dispatch(client, 0), 0);
	cr_expect_eq(mos_events_dispatch(other, 0), 1);
	cr_expect_eq(mine.n, 0);
	cr_expect_eq(others.n, 1);
	mos_events_off_all(client);
	mos_client_destroy(other);
}

Test(libmos_listen, a_thousand,
	.description =
		"EVT-03 E2.4.4.4: 1,000 listeners in one program, each hears what it asked for, in order")
{
	static struct heard heard[1000];
	static struct mos_listener *on[1000];
	int n_beats = 0;

	for (int i = 0; i < 1000; i++)
		cr_assert_eq(
			mos_events_on(client, mos_event_type_at((uint32_t)i % 25), hear, &heard[i], &on[i]),
			0);
	for (int round = 1; round <= 10; round++) {
		publish(MOS_EVENT_METRONOME_BEAT, round);
		cr_assert_eq(mos_events_dispatch(client, 0), 1);
	}
	for (int i = 0; i < 1000; i++) {
		int beats = mos_event_type_at((uint32_t)i % 25) == MOS_EVENT_METRONOME_BEAT;

		cr_expect_eq(heard[i].n, beats ? 10 : 0, "listener %d: %d", i, heard[i].n);
		n_beats += beats;
	}
	cr_expect_eq(n_beats, 40);
	for (int i = 999; i >= 0; i--)
		mos_events_off(on[i]);
	publish(MOS_EVENT_METRONOME_BEAT, 0);
	cr_expect_eq(mos_events_dispatch(client, 0), 0);
}

/* --- Random nesting --- */

#define N_TYPES 3
#define N_MOST 400

static const uint32_t some_type[N_TYPES + 1] = {
	0, MOS_EVENT_CHORD_DETECTED, MOS_EVENT_METRONOME_BEAT, MOS_EVENT_KEY_CHANGE};

/* The model: who is registered, and who has heard the event that is being told. */
struct member {
	struct mos_listener *listener;
	uint32_t type;
	int alive, heard;
};

static struct {
	struct member member[N_MOST];
	int n, n_before; /* registered ever; when this event began */
	int newest;      /* who heard it last */
	uint32_t type;
	uint64_t seed;
} model;

static uint32_t random_below(uint32_t n)
{
	model.seed = model.seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(model.seed >> 33) % n;
}

static void nest(const struct mos_event *event, void *data);

static void change_something(void)
{
	int i = model.n ? (int)random_below((uint32_t)model.n) : 0;

	switch (random_below(10)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (model.n == N_MOST)
			return;
		model.member[model.n] =
			(struct member){.type = some_type[random_below(N_TYPES + 1)], .alive = 1};
		cr_assert_eq(mos_events_on(client, model.member[model.n].type, nest, &model.member[model.n],
				     &model.member[model.n].listener),
			0);
		model.n++;
		return;
	case 4:
	case 5:
	case 6:
		if (!model.n || !model.member[i].alive)
			return;
		mos_events_off(model.member[i].listener);
		model.member[i].alive = 0;
		return;
	case 7:
		if (!model.n)
			return;
		cr_assert_eq(mos_events_off_handler(client, model.member[i].type, nest, &model.member[i]),
			model.member[i].alive);
		model.member[i].alive = 0;
		return;
	case 8:
		if (random_below(10))
			return;
		mos_events_off_all(client);
		for (int k = 0; k < model.n; k++)
			model.member[k].alive = 0;
		return;
	default:
		cr_assert_eq(mos_events_dispatch(client, 0), -EBUSY);
	}
}

static void nest(const struct mos_event *event, void *data)
{
	struct member *m = data;
	int number = (int)(m - model.member);

	cr_assert(m->alive, "%d was ended", number);
	cr_assert(!m->type || m->type == event->type, "%d asked for another type", number);
	cr_assert(!m->heard, "%d hears it twice", number);
	cr_assert_lt(number, model.n_before, "%d came during this event", number);
	cr_assert_gt(number, model.newest, "%d out of its turn", number);
	m->heard = 1;
	model.newest = number;
	for (uint32_t k = random_below(3); k; k--)
		change_something();
}

Test(libmos_listen, random_nesting,
	.description =
		"EVT-16 E2.4.4.5: subscribing and unsubscribing during delivery, at random, against a model")
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		model = (typeof(model)){.seed = seed};
		for (int i = 0; i < 10; i++) {
			model.member[model.n] =
				(struct member){.type = some_type[random_below(N_TYPES + 1)], .alive = 1};
			cr_assert_eq(mos_events_on(client, model.member[model.n].type, nest,
					     &model.member[model.n], &model.member[model.n].listener),
				0);
			model.n++;
		}
		for (int i = 0; i < 50; i++) {
			uint32_t type = some_type[1 + random_below(N_TYPES)];

			for (int k = 0; k < model.n; k++)
				model.member[k].heard = 0;
			model.n_before = model.n;
			model.newest = -1;
			publish(type, i);
			(void)mos_events_dispatch(client, 0);
			for (int k = 0; k < model.n_before; k++) {
				const struct member *m = &model.member[k];

				cr_assert(m->heard || !m->alive || (m->type && m->type != type),
					"seed %llu: %d did not hear event %d", (unsigned long long)seed, k,
					i);
			}
		}
		mos_events_off_all(client);
		(void)mos_events_dispatch(client, 0);
	}
}

/* --- Handlers that fail --- */

enum mood { GOOD, CRASHES, BLOCKS, SLOW };

struct part {
	enum mood mood;
	int report; /* where a good one says how many it heard */
	int n;
};

static void misbehave(const struct mos_event *event, void *data)
{
	struct part *part = data;

	part->n++;
	if (part->mood == CRASHES && part->n == 3)
		raise(SIGKILL);
	if (part->mood == BLOCKS && part->n == 3)
		for (;;)
			pause();
	if (part->mood == SLOW)
		(void)poll(NULL, 0, 1);
}

static _Noreturn void be_reader(enum mood mood, int ready, int report)
{
	struct part part = {.mood = mood, .report = report};
	struct mos_client *c;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mos_client_create(
		    &(struct mos_client_options){.name = "reader", .runtime_dir = fake.dir}, &c, NULL) < 0 ||
		mos_events_on(c, 0, misbehave, &part, NULL) < 0 || write(ready, "r", 1) != 1)
		_exit(1);
	while (part.n < 200)
		(void)mos_events_dispatch(c, 1000);
	(void)!write(report, "d", 1);
	_exit(0);
}

static int start_reader(enum mood mood, int ready, int report)
{
	int pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0)
		be_reader(mood, ready, report);
	return pid;
}

Test(libmos_listen, failing_handlers,
	.description = "EVT-06 E2.4.4.9: programs whose handler crashes, blocks for ever or is slow: all "
		       "others get every event")
{
	static const enum mood mood[] = {GOOD, CRASHES, BLOCKS, SLOW, GOOD, CRASHES};
	enum { N = sizeof(mood) / sizeof(mood[0]) };
	int ready[2], report[2], pid[N];
	char byte;

	fake_finish(&fake);
	mos_client_destroy(client);
	fake_init_ring(&fake, 1024);
	cr_assert_eq(pipe(ready), 0);
	cr_assert_eq(pipe(report), 0);
	for (int i = 0; i < N; i++) {
		pid[i] = start_reader(mood[i], ready[1], report[1]);
		cr_assert_eq(read(ready[0], &byte, 1), 1);
	}
	for (int i = 0; i < 200; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(read(report[0], &byte, 1), 1, "both good ones and the slow one heard all 200");
	for (int i = 0; i < N; i++) {
		int status;

		if (mood[i] == BLOCKS)
			(void)kill(pid[i], SIGKILL);
		cr_assert_eq(waitpid(pid[i], &status, 0), pid[i]);
		if (mood[i] == GOOD || mood[i] == SLOW)
			cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		else
			cr_expect(WIFSIGNALED(status));
	}
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "test", .runtime_dir = fake.dir},
			     &client, NULL),
		0);
}

Test(libmos_listen, refusals)
{
	struct mos_client *plain;
	struct mos_listener *l = NULL;

	cr_expect_eq(mos_events_on(client, 0, NULL, NULL, &l), -EINVAL);
	cr_expect_eq(mos_events_on(client, 0x7777, hear, NULL, &l), -EINVAL, "no such type");
	cr_expect_null(l);
	mos_events_off(NULL);
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "plain",
					       .runtime_dir = fake.dir,
					       .flags = MOS_CLIENT_CONTROL_ONLY},
			     &plain, NULL),
		0);
	cr_expect_eq(mos_events_on(plain, 0, hear, NULL, &l), -ENOTCONN);
	cr_expect_eq(mos_events_dispatch(plain, 0), 0, "but answers and notices are told");
	mos_client_destroy(plain);
}
