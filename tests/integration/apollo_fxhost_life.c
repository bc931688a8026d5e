/* SPDX-License-Identifier: MIT */
/* Inserts whose processes die, hang, hold the processor or do what they should not: the music goes on. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo_fxhost_rig.h"
#include "lv2/mos-test.lv2/mos_test.h"

Test(apollo_fxhost, killed, .timeout = 60,
	.description = "NAM-04: the process is killed: the tone continues without a click; the next one has "
		       "its controls")
{
	struct fx_rig r;
	uint32_t c;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	fx_set(&r, 0, "gain", 0.75f);
	for (c = 0; c < 300; c++) {
		fx_exact(&r);
		(void)usleep(1000);
	}
	r.steepest[0] = 0; /* this plugin jumps to what it is told */
	for (uint32_t n = 1; n <= 3; n++) {
		cr_assert_eq(kill(fx_process_of(&r, 0), SIGKILL), 0);
		fx_wait_told(&r, 0, INSERTS_DIED, n);
		cr_assert(strstr(r.text, "signal 9"), "%s", r.text);
		for (c = 0; c < 10; c++)
			fx_exact(&r);
		fx_expect(&r, 0, LATENCY, 1);
		fx_wait_told(&r, 0, INSERTS_BACK, n);
		for (c = 0; c < 10; c++)
			fx_exact(&r);
		fx_expect(&r, 0, LATENCY, 0.75f);
	}
	cr_assert_lt(r.steepest[0], SMOOTH);
	fx_finish(&r);
}

Test(apollo_fxhost, state_is_kept, .timeout = 60,
	.description = "NAM-04, SCL-08: a state is read and put in force while the sound goes on; a process that is "
		       "started again has it, and what was set since")
{
	struct insert_control control;
	struct fx_rig r;
	char state[65536];

	fx_init(&r);
	cr_assert_eq(fx_state_of(&r, NULL), -ENOENT);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	fx_set(&r, 0, "gain", 0.75f);
	cr_assert_eq(fx_state_of(&r, NULL), 0);
	cr_assert(strstr(fx_state_text, "0.75"), "%s", fx_state_text);
	(void)snprintf(state, sizeof(state), "%s", fx_state_text);
	fx_set(&r, 0, "gain", -1);
	cr_assert_eq(fx_state_of(&r, state), 0);
	cr_assert_eq(inserts_controls(r.in, 0, 0, &control, 1), 1);
	cr_assert_eq(control.value, 0.75f, "%g", (double)control.value);
	cr_expect_eq(control.is_set, 0, "the state has set it");
	for (uint32_t i = 0; i < 10; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.75f);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, state), 0);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, state), -EBUSY);
	fx_set(&r, 0, "gain", 1.5f); /* asked for after the state: it holds */
	while (r.in->place[0]->current->talk.what != RUN_SILENT)
		fx_exact(&r);
	cr_assert_eq(inserts_controls(r.in, 0, 0, &control, 1), 1);
	cr_expect(control.is_set && control.value == 1.5f);
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGKILL), 0);
	fx_wait_told(&r, 0, INSERTS_BACK, 1);
	for (uint32_t i = 0; i < 10; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 1.5f);
	cr_assert_eq(fx_state_of(&r, "no state at all"), -EINVAL);
	cr_assert_eq(fx_state_of(&r, state), 0);
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGKILL), 0);
	fx_wait_told(&r, 0, INSERTS_BACK, 2);
	for (uint32_t i = 0; i < 10; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.75f);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, NULL), 0);
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGKILL), 0); /* in the middle of it */
	fx_wait_told(&r, 0, INSERTS_BACK, 3);
	cr_assert_eq(r.in->place[0]->current->talk.what, RUN_SILENT);
	fx_finish(&r);
}

Test(apollo_fxhost, state_too_late, .timeout = 60,
	.description = "NAM-04, SCL-08: an answer that comes when nobody waits for it any more is no answer to what was "
		       "asked after it, nor does half of a state spoil the next one")
{
	const size_t much = 900000;
	char *large = malloc(much + 1), state[sizeof(fx_state_text)];
	struct run *run;
	struct fx_rig r;

	cr_assert_not_null(large);
	memset(large, 'x', much);
	large[much] = '\0';
	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	run = r.in->place[0]->current;
	fx_set(&r, 0, "gain", 0.75f);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(inserts_state_ask(r.in, 0, 0, NULL), 0);
		run_talk_end(run, -ETIMEDOUT); /* as when time is up */
		cr_assert_eq(fx_state_status, -ETIMEDOUT);
	}
	fx_set(&r, 0, "gain", -1);
	cr_assert_eq(fx_state_of(&r, NULL), 0);
	cr_expect(!strstr(fx_state_text, "0.75") && strstr(fx_state_text, "-1"), "%s", fx_state_text);
	(void)snprintf(state, sizeof(state), "%s", fx_state_text);

	cr_assert_eq(kill(fx_process_of(&r, 0), SIGSTOP), 0);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, large), 0);
	cr_assert_eq(run->talk.is_sent, 0, "the socket takes less");
	run_talk_end(run, -ETIMEDOUT);
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGCONT), 0);
	cr_expect_eq(fx_state_of(&r, state), 0);
	free(large);
	fx_finish(&r);
}

Test(apollo_fxhost, replaced, .timeout = 60,
	.description = "NAM-04: one that dies while another is getting ready to take its place is not missed: "
		       "that other is not started again")
{
	struct fx_rig r;
	char error[256];
	pid_t pid;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	pid = fx_process_of(&r, 0);
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_LV2, "urn:mos:test:gain", error, sizeof(error)), 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	fx_wait_told(&r, 0, INSERTS_READY, 2);
	cr_assert_eq(r.told[0][INSERTS_DIED], 1);
	pid = fx_process_of(&r, 0);
	for (uint32_t i = 0; i < 150; i++) /* it would be after 250 ms, and when that one is up */
		fx_paced(&r);
	cr_assert_eq(fx_process_of(&r, 0), pid);
	cr_assert_null(r.in->place[0]->next);
	cr_assert_lt(r.steepest[0], SMOOTH);
	fx_finish(&r);
}

Test(apollo_fxhost, gives_up, .timeout = 60,
	.description =
		"NAM-04: a process that always dies is not started for ever; it stays bypassed and says so")
{
	struct fx_rig r;
	struct mos_rtctl_insert list[1];

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	fx_set(&r, 0, "mode", HOSTILE_SEGV);
	for (uint32_t i = 0; i < 5000 && !r.told[0][INSERTS_GAVE_UP]; i++)
		fx_paced(&r);
	cr_assert_eq(r.told[0][INSERTS_GAVE_UP], 1);
	cr_assert_eq(fx_process_of(&r, 0), 0);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_DEAD);
	cr_assert(strstr(list[0].text, "6th time"), "%s", list[0].text);
	fx_still_sounds(&r, 0);
	cr_assert_lt(r.steepest[0], SMOOTH);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain"); /* it can be replaced */
	fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.5f);
	fx_finish(&r);
}

static void be_hostile(struct fx_rig *r, enum hostile_mode mode)
{
	struct mos_rtctl_insert list[STRIPS];
	uint32_t bypassed, cycles = 0;

	memset(r->told, 0, sizeof(r->told));
	fx_place(r, 1, MOS_INSERT_LV2, "urn:mos:test:hostile");
	r->steepest[0] = r->steepest[1] = 0;
	fx_set(r, 1, "mode", (float)mode);
	do {
		fx_paced(r);
		bypassed = r->told[1][INSERTS_BYPASSED] + r->told[1][INSERTS_DIED];
		cr_assert(r->slot[0]->heard || r->slot[0]->why == INSERT_WELL,
			"mode %d: the other one suffers", mode);
	} while (!bypassed && cycles++ < 2000);
	cr_assert(bypassed, "mode %d", mode);
	/* a second: 187 cycles; memory that is eaten takes what it takes */
	if (mode != HOSTILE_EATS)
		cr_assert_lt(cycles, 187, "mode %d: named after %u cycles", mode, cycles);
	cr_assert(strstr(r->text, "strip 1, insert 0, Test hostile: "), "%s", r->text);
	fx_still_sounds(r, 1);
	fx_still_sounds(r, 0);
	cr_assert_lt(r->steepest[0], SMOOTH, "mode %d: %g", mode, (double)r->steepest[0]);
	cr_assert_lt(r->steepest[1], SMOOTH, "mode %d: %g", mode, (double)r->steepest[1]);
	cr_assert_eq(inserts_list(r->in, list, STRIPS), 2);
}

static void hostile(enum hostile_mode mode)
{
	struct fx_rig r;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	be_hostile(&r, mode);
	fx_finish(&r);
}

#define HOSTILE(MODE, WHAT)                                                                                  \
	Test(apollo_fxhost, hostile_##MODE, .timeout = 90,                                                   \
		.description = "NAM-03: a plugin that " WHAT                                                 \
			       ": the music goes on, it is bypassed and named within a second")              \
	{                                                                                                    \
		hostile(HOSTILE_##MODE);                                                                     \
	}
HOSTILE(SLEEPS, "sleeps")
HOSTILE(BLOCKS, "blocks for ever")
HOSTILE(SPINS, "never returns and holds the processor")
HOSTILE(NAN, "makes no numbers")
HOSTILE(INF, "makes infinite sound")
HOSTILE(HUGE, "is far too loud")
HOSTILE(SEGV, "touches foreign memory")
HOSTILE(ABORTS, "aborts")
HOSTILE(EATS, "eats all memory")
HOSTILE(EXITS, "exits")

Test(apollo_fxhost, holds_the_processor, .timeout = 60,
	.description = "NAM-03: what holds the processor is ended, and it is said why; without real-time "
		       "priority, that it does not come back")
{
	struct fx_rig r;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	fx_set(&r, 0, "mode", HOSTILE_SPINS);
	fx_wait_told(&r, 0, INSERTS_DIED, 1);
	cr_assert(strstr(r.text, "used the processor without a pause") || strstr(r.text, "did not come back"),
		"%s", r.text);
	fx_still_sounds(&r, 0);
	fx_finish(&r);
}

Test(apollo_fxhost, closes, .timeout = 60,
	.description = "NAM-04: a plugin that closes all descriptors goes on; when it cannot be told "
		       "anything any more, another starts")
{
	struct fx_rig r;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	fx_set(&r, 0, "mode", HOSTILE_CLOSES);
	for (uint32_t i = 0; i < 60; i++)
		fx_paced(&r);
	fx_still_sounds(&r, 0);
	fx_set(&r, 0, "mode", HOSTILE_NOT);
	fx_wait_told(&r, 0, INSERTS_DIED, 1);
	fx_wait_told(&r, 0, INSERTS_BACK, 1);
	fx_still_sounds(&r, 0);
	cr_assert_lt(r.steepest[0], SMOOTH);
	fx_finish(&r);
}

static uint32_t n_children(pid_t pid)
{
	char path[64], text[256] = "";
	uint32_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(text, sizeof(text), f))
		for (const char *c = text; *c; c++)
			n += *c == ' ';
	(void)fclose(f);
	return n;
}

Test(apollo_fxhost, rude, .timeout = 60,
	.description = "NAM-04: a plugin that prints, forks, signals and starts programs can do none of it")
{
	struct fx_rig r;
	uint32_t mine = n_children(getpid());

	fx_init(&r);
	(void)signal(SIGTERM, SIG_IGN);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	fx_place(&r, 1, MOS_INSERT_LV2, "urn:mos:test:hostile");
	fx_set(&r, 1, "mode", HOSTILE_RUDE);
	for (uint32_t i = 0; i < 50; i++)
		fx_paced(&r);
	cr_assert_eq(n_children(fx_process_of(&r, 1)), 0);
	cr_assert_eq(n_children(getpid()), mine + 2);
	fx_still_sounds(&r, 0);
	fx_still_sounds(&r, 1);
	fx_finish(&r);
}

Test(apollo_fxhost, overloaded, .timeout = 60,
	.description = "NAM-03: a plugin that always takes a bit too long is bypassed; its process lives and "
		       "rests, it is not ended")
{
	struct fx_rig r;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	fx_set(&r, 0, "mode", HOSTILE_SLOW);
	fx_wait_told(&r, 0, INSERTS_BYPASSED, 1);
	for (uint32_t i = 0; i < 200; i++)
		fx_paced(&r);
	fx_still_sounds(&r, 0);
	cr_assert_eq(r.told[0][INSERTS_DIED], 0);
	fx_set(&r, 0, "mode", HOSTILE_NOT);
	fx_wait_told(&r, 0, INSERTS_BACK, 1);
	cr_assert_lt(r.steepest[0], SMOOTH);
	fx_finish(&r);
}
