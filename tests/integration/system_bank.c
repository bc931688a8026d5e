/* SPDX-License-Identifier: MIT */
/* A bank that comes late and slowly: nobody waits in vain, nothing asked for is lost. Run by system_bank.sh.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/rtctl.h>

#include "system.h"

#define REAL_BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define INITS 32
#define NOTES 100
#define SILENT_MDB (-90000)

/* --- The bank, and its gate --- */

static struct mos_client *watcher;

static void let_bank_appear(void)
{
	cr_assert_eq(symlink(REAL_BANK, getenv("TEST_BANK")), 0);
}

static bool open_gate(void *data)
{
	int *fd = data;

	*fd = open(getenv("TEST_GATE"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return *fd >= 0; /* ENXIO: the loader is not there yet */
}

/* Let the loader go on, once it is at the gate. */
static void let_bank_load(void)
{
	int fd;

	cr_assert(system_wait(open_gate, &fd), "the bank is not loaded");
	close(fd);
}

static uint32_t engine_state(void)
{
	return (uint32_t)system_counter(watcher, "apollo.state");
}

static bool is_in_force(void *data)
{
	return engine_state() == MOS_ENGINE_READY;
}

struct tries {
	uint64_t n;
	uint32_t state;
};

static bool has_tried(void *data)
{
	const struct tries *t = data;

	return system_counter(watcher, "apollo.load_tries") == t->n && engine_state() == t->state;
}

static void setup(void)
{
	if (access(REAL_BANK, R_OK) < 0)
		cr_skip_test(REAL_BANK " is not installed");
	watcher = system_connect("watcher");
}

static void teardown(void)
{
	mos_client_destroy(watcher);
}

TestSuite(system_bank, .init = setup, .fini = teardown, .timeout = 120);

/* --- Who waits for it --- */

struct init {
	pthread_t thread;
	int rc, ready;
	char code[64], bank[256];
	int *answered;
};

static void *ask_init(void *data)
{
	struct init *init = data;
	struct mos_reply reply = {0};
	struct mos_client *c;

	init->rc = mos_client_create(
		&(struct mos_client_options){
			.name = "init", .flags = MOS_CLIENT_CONTROL_ONLY, .timeout_ms = 2 * SYSTEM_WAIT_MS},
		&c, NULL);
	if (init->rc < 0)
		return NULL;
	init->rc = mos_call(c, "apollo.engine.init", MOS_NO_ARGS, &reply);
	if (init->rc < 0)
		(void)snprintf(init->code, sizeof(init->code), "%s", mos_client_error(c)->code);
	init->ready = mos_get_bool(&reply.value, "ready", 0);
	(void)snprintf(init->bank, sizeof(init->bank), "%s", mos_get_str(&reply.value, "bank", ""));
	mos_reply_finish(&reply);
	mos_client_destroy(c);
	__atomic_add_fetch(init->answered, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void start_inits(struct init init[], int n, int *answered)
{
	for (int i = 0; i < n; i++) {
		init[i] = (struct init){.answered = answered};
		cr_assert_eq(pthread_create(&init[i].thread, NULL, ask_init, &init[i]), 0);
	}
}

static void finish_inits(struct init init[], int n)
{
	for (int i = 0; i < n; i++)
		cr_assert_eq(pthread_join(init[i].thread, NULL), 0);
}

/* --- What is played meanwhile --- */

static int key_of(int i)
{
	return 36 + i % 60;
}

static void play_notes(void)
{
	int64_t last = 0;

	for (int i = 0; i < NOTES; i++) {
		struct mos_reply reply;

		cr_assert_eq(
			mos_call(watcher, "apollo.note.play",
				MOS_ARGS(mos_int("note", key_of(i)), mos_str("duration", "32n")), &reply),
			0, "note %d: %s", i, mos_client_error(watcher)->message);
		cr_expect_geq(mos_get_int(&reply.value, "frame", -1), last,
			"note %d sounds before the one before", i);
		last = mos_get_int(&reply.value, "frame", -1);
		mos_reply_finish(&reply);
	}
}

/* What Apollo's state was, since the last look. */
struct seen {
	uint32_t state[16];
	int32_t error[16];
	int n_states;
};

static void look(struct seen *seen)
{
	struct mos_event ev;
	int rc;

	while ((rc = mos_events_next(watcher, &ev)) != 0) {
		cr_assert_eq(rc, 1, "events were lost");
		if (ev.type == MOS_EVENT_ENGINE_STATE && seen->n_states < 16) {
			seen->state[seen->n_states] = ev.u.engine.state;
			seen->error[seen->n_states++] = ev.u.engine.error;
		}
	}
}

/* A cycle after the answers. */
static bool ready_is_told(void *data)
{
	struct seen *seen = data;

	look(seen);
	return seen->n_states && seen->state[seen->n_states - 1] == MOS_ENGINE_READY;
}

struct notes_wait {
	uint64_t notes; /**< begun, in all */
	int loud;
};

static bool all_sounded(void *data)
{
	struct notes_wait *w = data;

	w->loud |= (int64_t)system_counter(watcher, "apollo.peak_l") > SILENT_MDB;
	return w->loud && system_counter(watcher, "apollo.notes") >= w->notes &&
	       system_counter(watcher, "apollo.keys_down") == 0;
}

/* All that is asked for sounds, in order; by whatever instrument is there. */
static void expect_notes_sound(void)
{
	struct notes_wait w = {.notes = system_counter(watcher, "apollo.notes") + NOTES};

	play_notes();
	cr_assert(system_wait(all_sounded, &w), "%s; notes missing: %lld",
		w.loud ? "heard" : "nothing is heard",
		(long long)(w.notes - system_counter(watcher, "apollo.notes")));
	cr_expect_eq(system_counter(watcher, "apollo.notes"), w.notes);
	cr_expect_eq(system_counter(watcher, "live.dropped"), 0);
}

static bool driver_runs(void *data)
{
	struct mos_now now;

	return mos_clock_now(watcher, &now) == 0 && now.clock.flags & MOS_CLOCK_DRIVER_UP;
}

/* The status as mosctl shows it. */
static void expect_status(const char *state, int64_t percent_min, int64_t percent_max)
{
	struct mos_reply reply;
	int64_t percent;

	cr_assert_eq(mos_call(watcher, "apollo.engine.status", MOS_NO_ARGS, &reply), 0);
	percent = mos_get_int(&reply.value, "percent", -1);
	cr_expect_str_eq(mos_get_str(&reply.value, "state", ""), state);
	cr_expect(percent >= percent_min && percent <= percent_max, "%s: %lld %%", state, (long long)percent);
	mos_reply_finish(&reply);
}

Test(system_bank, late_and_slow,
	.description = "APO-18: the bank appears at the third try, each try is told; APO-06: 100 notes asked "
		       "for while it "
		       "loads all sound, in order; APO-15 APO-23: 32 clients that ask for Apollo get one "
		       "load and one "
		       "answer, when it is ready; APO-08: progress from 0 to 100")
{
	struct init init[INITS];
	struct seen seen = {0};
	int answered = 0, i = 0;

	cr_assert(system_wait(driver_runs, NULL));
	start_inits(init, INITS / 2, &answered); /* asked before there is any bank */
	cr_assert(system_wait(has_tried, &(struct tries){2, MOS_ENGINE_FALLBACK}), "no second try");
	cr_expect_eq(__atomic_load_n(&answered, __ATOMIC_ACQUIRE), 0, "another try is to come");
	let_bank_appear();
	cr_assert(system_wait(has_tried, &(struct tries){3, MOS_ENGINE_LOADING}), "no third try");
	start_inits(&init[INITS / 2], INITS / 2, &answered);
	look(&seen);
	expect_status("loading", 0, 59);
	expect_notes_sound();
	cr_expect_eq(engine_state(), MOS_ENGINE_LOADING, "all that was before the bank");
	cr_expect_eq(__atomic_load_n(&answered, __ATOMIC_ACQUIRE), 0, "it is not ready");

	let_bank_load();
	finish_inits(init, INITS);
	cr_expect_eq(answered, INITS);
	for (i = 0; i < INITS; i++) {
		cr_expect_eq(init[i].rc, 0, "client %d: %s", i, init[i].code);
		cr_expect(init[i].ready);
		cr_expect_str_eq(init[i].bank, getenv("TEST_BANK"));
	}
	cr_expect_eq(system_counter(watcher, "apollo.load_tries"), 3, "however many asked");
	expect_status("ready", 100, 100);

	cr_assert(system_wait(ready_is_told, &seen));
	for (i = 0; i < seen.n_states && seen.state[i] != MOS_ENGINE_FALLBACK; i++)
		;
	cr_assert_leq(i + 3, seen.n_states, "each try is told: %d events", seen.n_states);
	cr_expect_eq(seen.error[i], -ENOENT, "the second try failed, and says why");
	cr_expect_eq(seen.state[i + 1], MOS_ENGINE_LOADING);
	cr_expect_eq(seen.state[i + 2], MOS_ENGINE_READY);
	expect_notes_sound();
}

Test(system_bank, never_loaded,
	.description = "APO-07: after 30 s whoever waits is told of the timeout, and the built-in "
		       "synthesizer goes on playing; "
		       "a bank that comes later still is taken")
{
	struct init init;
	int answered = 0;

	let_bank_appear();
	cr_assert(system_wait(driver_runs, NULL));
	start_inits(&init, 1, &answered);
	finish_inits(&init, 1);
	cr_expect_eq(init.rc, -EREMOTEIO);
	cr_expect_str_eq(init.code, "apollo.engine.timeout");
	expect_status("fallback", 0, 59);
	expect_notes_sound();
	let_bank_load();
	cr_assert(system_wait(is_in_force, NULL), "the bank came, and nobody took it");
	expect_status("ready", 100, 100);
}
