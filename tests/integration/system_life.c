/* SPDX-License-Identifier: MIT */
/* Processes die, clients hammer, nothing grows and music goes on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

static bool is_playing(struct mos_client *c, struct mos_now *now)
{
	return mos_clock_now(c, now) == 0 && now->clock.state == MOS_TRANSPORT_PLAYING;
}

struct tick_wait {
	struct mos_client *c;
	int64_t tick;
};

static bool past_tick(void *data)
{
	struct tick_wait *w = data;
	struct mos_now now;

	return is_playing(w->c, &now) && now.clock.tick >= w->tick;
}

struct pid_wait {
	struct mos_client *c;
	pid_t old;
	pid_t (*get)(struct mos_client *c);
};

static bool other_pid(void *data)
{
	struct pid_wait *w = data;
	pid_t now = w->get(w->c);

	return now > 0 && now != w->old;
}

static struct mos_client *start_playing(const char *name)
{
	struct mos_client *c = system_connect(name);

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	return c;
}

Test(system_life, broker_killed_while_playing, .timeout = 90,
	.description = "EVT-23: the broker is killed with -9 while playing; clock and events go on, after "
		       "its restart clients "
		       "work again in their old slot")
{
	struct mos_client *c = start_playing("survivor");
	uint32_t slot = mos_client_info(c).slot;
	uint64_t generation = mos_client_info(c).generation;
	pid_t broker = system_broker_pid(c), rtcore = system_rtcore_pid(c);
	struct mos_now now;
	struct mos_event ev;
	int events = 0;

	cr_assert_gt(broker, 0);
	cr_assert(is_playing(c, &now));
	cr_assert_eq(kill(broker, SIGKILL), 0);
	/* more than a bar later than at the kill, and still rolling */
	cr_assert(system_wait(past_tick, &(struct tick_wait){c, now.clock.tick + 4 * 960}),
		"the transport stopped");
	while (mos_events_next(c, &ev) > 0)
		events++;
	cr_assert_gt(events, 0, "events stopped");
	cr_assert(system_wait(other_pid, &(struct pid_wait){c, broker, system_broker_pid}), "no new broker");
	cr_assert_eq(mos_client_info(c).slot, slot, "the client lost its slot");
	cr_assert_eq(mos_client_info(c).generation, generation);
	cr_assert_eq(system_rtcore_pid(c), rtcore, "rtcore was restarted");
	cr_assert_eq(
		mos_emit(c, &(struct mos_event){.tick = INT64_MIN, .type = MOS_EVENT_CHORD_DETECTED}), 0);
	cr_assert_eq(mos_transport_pause(c), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}

Test(system_life, hermes_killed, .timeout = 90,
	.description = "HER-13: hermes dies while playing: what plays goes on, the next load works")
{
	struct mos_client *c = start_playing("reader");
	struct mos_reply reply = {0};
	struct mos_now now;
	pid_t pid;

	cr_assert_eq(mos_call(c, "hermes.service.ping", MOS_NO_ARGS, &reply), 0);
	pid = (pid_t)mos_get_int(&reply.value, "pid", 0);
	mos_reply_finish(&reply);
	cr_assert_gt(pid, 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert(is_playing(c, &now));
	cr_assert(system_wait(past_tick, &(struct tick_wait){c, now.clock.tick + 960}));
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	mos_transport_stop(c);
	mos_client_destroy(c);
}

/* Not from its start: it goes on. */
static bool score_is_back(void *data)
{
	struct mos_reply reply = {0};
	bool is_back = false;

	if (mos_call(data, "kronos.position.get", MOS_NO_ARGS, &reply) == 0)
		is_back = strcmp(mos_get_str(&reply.value, "state", ""), "playing") == 0 &&
			  mos_get_int(&reply.value, "ticks", -1) > 0 &&
			  mos_get_int(&reply.value, "end_ticks", 0) > 0;
	mos_reply_finish(&reply);
	return is_back;
}

Test(system_life, rtcore_killed, .timeout = 90,
	.description = "HER-13: rtcore is killed: it is restarted with another generation, the same client "
		       "goes on, and "
		       "so does the score (system_resume.c: where it was); the next load works")
{
	struct mos_client *c = start_playing("patient");
	uint64_t generation = mos_client_info(c).generation;
	pid_t pid = system_rtcore_pid(c);

	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert(system_wait(other_pid, &(struct pid_wait){c, pid, system_rtcore_pid}), "no new rtcore");
	cr_assert_geq(mos_client_refresh(c), 0, "%s", mos_client_error(c)->message);
	cr_assert_neq(mos_client_info(c).generation, generation);
	system_wait_playable(c);
	cr_assert(system_wait(score_is_back, c), "rtcore has no score");
	cr_assert_eq(mos_transport_pause(c), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_stop(c), 0);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	mos_transport_stop(c);
	mos_client_destroy(c);
}

static bool no_keys_down(void *data)
{
	return system_counter(data, "apollo.keys_down") == 0;
}

static bool keys_down(void *data)
{
	return system_counter(data, "apollo.keys_down") > 0;
}

#define OURS 2 /* slots while a test begins: its own, and the theater's */

struct clients_wait {
	struct mos_client *c;
	uint64_t n;
};

static bool clients_are(void *data)
{
	struct clients_wait *w = data;

	return system_counter(w->c, "control.clients") == w->n;
}

Test(system_life, client_killed_while_holding_a_note, .timeout = 60,
	.description = "EVT-04 APO-21: a client is killed with -9 while a key is down: its note ends, its "
		       "slot is free")
{
	struct mos_client *c = system_connect("watcher");
	uint64_t before;
	pid_t pid;

	system_wait_playable(c);
	cr_assert(system_wait(no_keys_down, c));
	cr_assert(system_wait(clients_are, &(struct clients_wait){c, OURS}));
	before = system_counter(c, "control.clients");
	pid = fork();
	if (pid == 0) {
		struct mos_client *mine = NULL;
		struct mos_event on = {.tick = INT64_MIN, .type = MOS_EVENT_MIDI_NOTEON};

		on.u.note = (struct mos_ev_note){.key = 60, .velocity = 0xc000};
		if (mos_client_create(&(struct mos_client_options){.name = "doomed"}, &mine, NULL) < 0 ||
			mos_emit(mine, &on) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert(system_wait(keys_down, c), "the note does not sound");
	cr_assert_eq(system_counter(c, "control.clients"), before + 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert(system_wait(no_keys_down, c), "the note hangs");
	cr_assert(system_wait(clients_are, &(struct clients_wait){c, before}), "the slot is not free");
	mos_client_destroy(c);
}

#define HAMMERS 8
#define PAIRS 1250 /* a thread: 10,000 play and stop in all */

struct hammer {
	pthread_t thread;
	unsigned seed;
	int calls, answered, refused;
	int failed;
	char why[128];
};

static void one_call(struct hammer *h, struct mos_client *c, int r)
{
	h->calls++;
	if (r == 0) {
		h->answered++;
	} else if (r == -EREMOTEIO && (strcmp(mos_client_error(c)->code, "kronos.state.illegal") == 0)) {
		h->answered++;
		h->refused++;
	} else {
		h->failed++;
		(void)snprintf(h->why, sizeof(h->why), "%d %.40s %.60s", r, mos_client_error(c)->code,
			mos_client_error(c)->message);
	}
}

static void *hammer_transport(void *data)
{
	struct hammer *h = data;
	struct mos_client *c = NULL;

	if (mos_client_create(&(struct mos_client_options){.name = "hammer", .timeout_ms = SYSTEM_WAIT_MS},
		    &c, NULL) < 0) {
		h->failed++;
		return NULL;
	}
	for (int i = 0; i < 150; i++)
		switch (rand_r(&h->seed) % 4) {
		case 0:
			one_call(h, c, mos_transport_play(c, 0));
			break;
		case 1:
			one_call(h, c, mos_transport_pause(c));
			break;
		case 2:
			one_call(h, c, mos_transport_seek_ticks(c, rand_r(&h->seed) % 100000));
			break;
		default:
			one_call(h, c, mos_transport_stop(c));
			break;
		}
	mos_client_destroy(c);
	return NULL;
}

static void run_hammers(struct hammer h[HAMMERS], void *(*run)(void *))
{
	for (unsigned i = 0; i < HAMMERS; i++) {
		h[i] = (struct hammer){.seed = 1000 + i};
		cr_assert_eq(pthread_create(&h[i].thread, NULL, run, &h[i]), 0);
	}
}

static int join_hammers(struct hammer h[HAMMERS])
{
	int calls = 0;

	for (unsigned i = 0; i < HAMMERS; i++) {
		pthread_join(h[i].thread, NULL);
		cr_assert_eq(
			h[i].failed, 0, "hammer %u: %d calls failed, last: %s", i, h[i].failed, h[i].why);
		cr_assert_eq(h[i].calls, h[i].answered);
		calls += h[i].calls;
	}
	return calls;
}

/* from -> to, as kronos.c and ARCHITECTURE.md have it */
static bool legal(uint8_t from, uint8_t to)
{
	static const uint8_t table[] = {
		[MOS_TRANSPORT_IDLE] = 1u << MOS_TRANSPORT_LOADING,
		[MOS_TRANSPORT_LOADING] =
			1u << MOS_TRANSPORT_READY | 1u << MOS_TRANSPORT_STOPPED | 1u << MOS_TRANSPORT_IDLE,
		[MOS_TRANSPORT_READY] =
			1u << MOS_TRANSPORT_PLAYING | 1u << MOS_TRANSPORT_LOADING | 1u << MOS_TRANSPORT_IDLE,
		[MOS_TRANSPORT_PLAYING] = 1u << MOS_TRANSPORT_PAUSED | 1u << MOS_TRANSPORT_STOPPED |
					  1u << MOS_TRANSPORT_READY | 1u << MOS_TRANSPORT_IDLE,
		[MOS_TRANSPORT_PAUSED] = 1u << MOS_TRANSPORT_PLAYING | 1u << MOS_TRANSPORT_STOPPED |
					 1u << MOS_TRANSPORT_READY | 1u << MOS_TRANSPORT_IDLE,
		[MOS_TRANSPORT_STOPPED] = 1u << MOS_TRANSPORT_PLAYING | 1u << MOS_TRANSPORT_LOADING |
					  1u << MOS_TRANSPORT_READY | 1u << MOS_TRANSPORT_IDLE,
	};

	return from < sizeof(table) && to < sizeof(table) && table[from] >> to & 1;
}

Test(system_life, hammered_by_8_clients_while_loading, .timeout = 120,
	.description = "KRO-13 KRO-03 KRO-12: play, pause, stop, seek from 8 clients while scores load: "
		       "every call is answered, "
		       "every transition is legal, each starts where the one before it ended")
{
	struct mos_client *c = system_connect("judge");
	struct hammer h[HAMMERS];
	struct mos_event ev;
	int transitions = 0, last = -1;
	int r;

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0);
	while (mos_events_next(c, &ev) != 0)
		;
	run_hammers(h, hammer_transport);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(join_hammers(h), HAMMERS * 150);
	cr_assert_eq(mos_transport_stop(c), 0);
	while ((r = mos_events_next(c, &ev)) != 0) {
		cr_assert_eq(r, 1, "the judge was lapped");
		if (ev.type != MOS_EVENT_TRANSPORT_STATE)
			continue;
		transitions++;
		cr_assert(legal(ev.u.transport.old_state, ev.u.transport.state), "%s to %s is not legal",
			mos_transport_state_name(ev.u.transport.old_state),
			mos_transport_state_name(ev.u.transport.state));
		cr_assert(last < 0 || last == ev.u.transport.old_state, "a transition is missing");
		last = ev.u.transport.state;
	}
	cr_assert_gt(transitions, 50);
	cr_assert_eq(system_counter(c, "kronos.recovered"), 0);
	cr_assert_eq(system_counter(c, "kronos.queue"), 0);
	mos_client_destroy(c);
}

struct fds_wait {
	pid_t pid;
	int n;
};

static bool fds_are_back(void *data)
{
	struct fds_wait *w = data;

	return system_fds(w->pid) <= w->n;
}

static void *hammer_play_stop(void *data)
{
	struct hammer *h = data;
	struct mos_client *c = NULL;

	if (mos_client_create(&(struct mos_client_options){.name = "cycler", .timeout_ms = SYSTEM_WAIT_MS},
		    &c, NULL) < 0) {
		h->failed++;
		return NULL;
	}
	for (int i = 0; i < PAIRS; i++) {
		one_call(h, c, mos_transport_play(c, 0));
		one_call(h, c, mos_transport_stop(c));
	}
	mos_client_destroy(c);
	return NULL;
}

Test(system_life, ten_thousand_play_stop, .timeout = 180,
	.description = "KRO-17: 10,000 play and stop: no growth in memory, descriptors, queues or slots")
{
	struct mos_client *c = system_connect("accountant");
	struct hammer h[HAMMERS];
	pid_t rtcore, broker;
	long rss_rt, rss_br;
	int fds_rt, fds_br;

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0);
	run_hammers(h, hammer_transport); /* warm: pools and buffers have their size after this */
	(void)join_hammers(h);
	/* a hammer's slot is given back when rtcore hears of its end, which may be a moment later */
	cr_assert(system_wait(clients_are, &(struct clients_wait){c, OURS}), "a slot was not given back");
	rtcore = system_rtcore_pid(c);
	broker = system_broker_pid(c);
	rss_rt = system_rss_kib(rtcore);
	rss_br = system_rss_kib(broker);
	cr_assert_eq(mos_transport_stop(c), 0);
	fds_rt = system_fds(rtcore);
	fds_br = system_fds(broker);
	run_hammers(h, hammer_play_stop);
	cr_assert_eq(join_hammers(h), HAMMERS * PAIRS * 2);
	cr_assert(system_wait(clients_are, &(struct clients_wait){c, OURS}), "a slot was not given back");
	cr_assert_eq(system_counter(c, "live.waiting"), 0);
	cr_assert_eq(system_counter(c, "kronos.queue"), 0);
	cr_assert_leq(system_rss_kib(rtcore), rss_rt + 1024, "rtcore grew from %ld to %ld KiB", rss_rt,
		system_rss_kib(rtcore));
	cr_assert_leq(system_rss_kib(broker), rss_br + 1024, "broker grew from %ld to %ld KiB", rss_br,
		system_rss_kib(broker));
	/* rtcore holds /dev/cpu_dma_latency while it plays and lets it go a moment after */
	cr_assert(system_wait(fds_are_back, &(struct fds_wait){rtcore, fds_rt}),
		"rtcore keeps %d descriptors, had %d", system_fds(rtcore), fds_rt);
	cr_assert(system_wait(fds_are_back, &(struct fds_wait){broker, fds_br}),
		"broker keeps %d descriptors, had %d", system_fds(broker), fds_br);
	mos_client_destroy(c);
}

Test(system_life, second_of_each_is_refused, .timeout = 30,
	.description = "CNF-03: a second rtcore or broker on the same runtime directory is refused and told "
		       "who holds it")
{
	struct mos_client *c = system_connect("first");
	pid_t rtcore = system_rtcore_pid(c), broker = system_broker_pid(c);
	char cmd[1024], line[512], want[32];
	FILE *p;

	(void)snprintf(cmd, sizeof(cmd), "'%s' --driver none 2>&1", MOS_RTCORE);
	p = popen(cmd, "re");
	cr_assert_not_null(fgets(line, sizeof(line), p));
	(void)snprintf(want, sizeof(want), "%d", (int)rtcore);
	cr_assert_not_null(strstr(line, want), "the holder is not named: %s", line);
	cr_assert_neq(pclose(p), 0);
	(void)snprintf(cmd, sizeof(cmd), "'%s' 2>&1", MOS_BROKER);
	p = popen(cmd, "re");
	cr_assert_not_null(fgets(line, sizeof(line), p));
	(void)snprintf(want, sizeof(want), "%d", (int)broker);
	cr_assert_not_null(strstr(line, want), "the holder is not named: %s", line);
	cr_assert_neq(pclose(p), 0);
	cr_assert_eq(system_rtcore_pid(c), rtcore, "the first one was disturbed");
	mos_client_destroy(c);
}
