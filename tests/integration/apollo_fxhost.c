/* SPDX-License-Identifier: MIT */
/*
 * Inserts with their real processes: LV2 plugins, ours and others', and neural amplifiers. The test is the
 * audio thread, the bus and control in one: a cycle of CYCLE frames, then whatever control has to do.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <lilv/lilv.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apollo/insert/inserts_internal.h"
#include "apollo/nam/nam.h"
#include "lv2/mos-test.lv2/mos_test.h"

#define RATE 48000u
#define CYCLE 256u
#define LATENCY 256u
#define STRIPS 2u
#define CYCLE_NS 8000000 /* two thirds of the real speed: the machine may be busy */
#define WAIT_NS INT64_C(30000000000)
#define SMOOTH 0.06f

struct rig {
	struct inserts *in;
	struct insert_bell *bell;
	struct insert *slot[STRIPS]; /* slot 0 of strips 0 and 1 */
	struct {
		int is_due;
		struct insert *next;
	} swap[STRIPS];
	uint32_t n; /* frames of a cycle */
	uint64_t pos;
	float (*sent)(uint64_t pos);
	float out[STRIPS][2][CYCLE];
	float last[STRIPS], steepest[STRIPS];
	uint32_t told[STRIPS][INSERTS_GAVE_UP + 1];
	int status;
	char text[512];
	int64_t next_ns;
};

static float tone(uint64_t pos)
{
	return 0.5f * sinf((float)(2 * M_PI) * (float)(pos % RATE) * 220 / RATE);
}

/* As the corpus says for `lcg`, for ever. */
static float noise(uint64_t pos)
{
	uint32_t s = (uint32_t)(pos * 2654435761u);

	s ^= s >> 15;
	s = s * 1664525u + 1013904223u;
	return ((float)(s >> 8) / 8388608.0f - 1) * 0.25f;
}

static int on_swap(void *data, uint32_t strip, uint32_t slot, struct insert *next)
{
	struct rig *r = data;

	cr_assert(strip < STRIPS && slot == 0 && !r->swap[strip].is_due);
	r->swap[strip].is_due = 1;
	r->swap[strip].next = next;
	return 0;
}

static void on_told(
	void *data, uint32_t strip, uint32_t slot, enum inserts_news news, int status, const char *text)
{
	struct rig *r = data;

	r->told[strip][news]++;
	r->status = status;
	(void)snprintf(r->text, sizeof(r->text), "%s", text);
	if (getenv("VERBOSE"))
		(void)fprintf(stderr, "%8lu: %d %d %s\n", r->pos, news, status, text);
}

static void rig_init(struct rig *r)
{
	struct inserts_config config = {.rate_hz = RATE,
		.quantum = CYCLE,
		.program = FXHOST,
		.swap = on_swap,
		.told = on_told,
		.data = r};

	(void)setenv("LV2_PATH", LV2_TEST_PATH ":/usr/lib/lv2", 1);
	memset(r, 0, sizeof(*r));
	r->sent = tone;
	r->n = CYCLE;
	r->bell = config.bell = insert_bell_create();
	cr_assert_eq(inserts_create(&config, &r->in), 0);
}

static void rig_finish(struct rig *r)
{
	inserts_destroy(r->in);
	insert_bell_destroy(r->bell);
}

/* One cycle of the audio thread, at once. */
static void cycle(struct rig *r)
{
	for (uint32_t s = 0; s < STRIPS; s++) {
		if (r->swap[s].is_due) {
			struct insert *old = insert_swap(&r->slot[s], r->swap[s].next);

			r->swap[s].is_due = 0;
			inserts_swapped(r->in, s, 0, old);
		}
		for (uint32_t i = 0; i < r->n; i++)
			r->out[s][0][i] = r->out[s][1][i] = r->sent(r->pos + i);
		if (r->slot[s])
			insert_process(r->slot[s], r->out[s][0], r->out[s][1], r->n);
		for (uint32_t i = 0; i < r->n; i++) {
			float step = fabsf(r->out[s][0][i] - r->last[s]);

			r->steepest[s] = r->steepest[s] >= step ? r->steepest[s] : step;
			r->last[s] = r->out[s][0][i];
		}
	}
	r->pos += r->n;
	if (insert_bell_due(r->bell))
		insert_bell_ring(r->bell);
	inserts_dispatch(r->in);
}

/* Offline: nothing is late. */
static void exact(struct rig *r)
{
	cycle(r);
	cr_assert_eq(inserts_settle(r->in), 0);
}

/* As time goes by. */
static void paced(struct rig *r)
{
	struct timespec at;
	int64_t now_ns = inserts_now_ns();

	if (r->next_ns < now_ns - CYCLE_NS)
		r->next_ns = now_ns;
	r->next_ns += CYCLE_NS;
	at = (struct timespec){.tv_sec = r->next_ns / 1000000000, .tv_nsec = r->next_ns % 1000000000};
	cycle(r);
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void wait_told(struct rig *r, uint32_t strip, enum inserts_news news, uint32_t n)
{
	int64_t until_ns = inserts_now_ns() + WAIT_NS;

	while (r->told[strip][news] < n) {
		cr_assert_lt(inserts_now_ns(), until_ns, "not told %d within 30 s; last: %s", news, r->text);
		paced(r);
	}
}

/* In force and heard. */
static void place(struct rig *r, uint32_t strip, uint32_t kind, const char *what)
{
	uint32_t n = r->told[strip][INSERTS_READY];
	char error[256] = "";

	cr_assert_eq(inserts_set(r->in, strip, 0, kind, what, error, sizeof(error)), 0, "%s", error);
	wait_told(r, strip, INSERTS_READY, n + 1);
	for (uint32_t i = 0; i < 40 && !(r->slot[strip]->heard && i > 4); i++)
		exact(r);
	for (uint32_t i = 0; i < 3; i++)
		exact(r);
	cr_assert(r->slot[strip]->heard);
}

static void refused(struct rig *r, uint32_t kind, const char *what, int status, const char *why)
{
	uint32_t n = r->told[0][INSERTS_FAILED];
	char error[256];

	cr_assert_eq(inserts_set(r->in, 0, 0, kind, what, error, sizeof(error)), 0);
	wait_told(r, 0, INSERTS_FAILED, n + 1);
	cr_assert_eq(r->status, status, "%d: %s", r->status, r->text);
	cr_assert(strstr(r->text, why), "%s", r->text);
	cr_assert_null(r->slot[0]);
	cr_assert_eq(inserts_list(r->in, NULL, 0), 0);
}

static void set(struct rig *r, uint32_t strip, const char *symbol, float value)
{
	char error[256] = "";

	cr_assert_eq(inserts_control(r->in, strip, 0, symbol, value, error, sizeof(error)), 0, "%s", error);
}

/* The tone, `latency` frames late, times `gain`. */
static void expect(const struct rig *r, uint32_t strip, uint32_t latency, float gain)
{
	for (uint32_t i = 0; i < CYCLE; i++) {
		float right = r->sent(r->pos - CYCLE + i - latency) * gain;

		cr_assert_float_eq(r->out[strip][0][i], right, 1e-6, "frame %u: %g, not %g", i,
			(double)r->out[strip][0][i], (double)right);
		cr_assert_float_eq(r->out[strip][1][i], right, 1e-6);
	}
}

Test(apollo_fxhost, lv2_gain,
	.description = "LV2: a mono plugin on both sides, exact, delayed by what is told; its control is set "
		       "by its symbol")
{
	struct rig r;
	struct mos_rtctl_insert list[2];
	struct insert_control control[2];
	char error[256];

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	exact(&r);
	expect(&r, 0, LATENCY, 0.5f);
	set(&r, 0, "gain", -1.25f);
	for (uint32_t i = 0; i < 300; i++) { /* when the process has taken it is its own affair */
		exact(&r);
		(void)usleep(1000);
	}
	expect(&r, 0, LATENCY, -1.25f);
	r.steepest[0] = 0; /* this plugin jumps to what it is told */
	cr_assert_eq(inserts_control(r.in, 0, 0, "gain", 2.5f, error, sizeof(error)), -ERANGE);
	cr_assert(strstr(error, "from -2 to 2"), "%s", error);
	cr_assert_eq(inserts_control(r.in, 0, 0, "gain", NAN, error, sizeof(error)), -ERANGE);
	cr_assert_eq(inserts_control(r.in, 0, 0, "gian", 1, error, sizeof(error)), -ENOENT);
	cr_assert_eq(inserts_control(r.in, 1, 0, "gain", 1, error, sizeof(error)), -ENOENT);
	cr_assert_eq(inserts_controls(r.in, 0, 0, control, 2), 1);
	cr_assert_str_eq(control[0].symbol, "gain");
	cr_assert_eq(control[0].value, -1.25f);
	cr_assert_eq(control[0].initial, 0.5f);
	cr_assert_eq(inserts_list(r.in, list, 2), 1);
	cr_assert_eq(list[0].latency_frames, LATENCY);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_ON);
	cr_assert_str_eq(list[0].what, "urn:mos:test:gain");
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_NONE, "", error, sizeof(error)), 0);
	wait_told(&r, 0, INSERTS_REMOVED, 1);
	exact(&r);
	expect(&r, 0, 0, 1);
	cr_assert_lt(r.steepest[0], SMOOTH);
	cr_assert_eq(inserts_list(r.in, list, 2), 0);
	rig_finish(&r);
}

Test(apollo_fxhost, lv2_keeper,
	.description =
		"LV2: worker, state, options, event ports and reported latency; state and controls come back")
{
	struct rig r;
	char *state;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:keeper");
	exact(&r);
	expect(&r, 0, LATENCY + 37, 1);
	cr_assert_eq(insert_latency(r.slot[0]), LATENCY + 37);
	cr_assert_eq(inserts_state_save(r.in, 0, 0, &state), 0);
	cr_assert(strstr(state, "urn:mos:test:factor"), "%s", state);
	cr_assert_eq(inserts_state_restore(r.in, 0, 0, state), 0);
	for (uint32_t i = 0; i < 4; i++)
		exact(&r);
	expect(&r, 0, LATENCY + 37, 0.5f); /* it halves what it gets */
	cr_assert_neq(inserts_state_restore(r.in, 0, 0, "no state at all"), 0);
	set(&r, 0, "add", 0.5f);
	for (uint32_t i = 0; i < 300; i++) {
		exact(&r);
		(void)usleep(1000);
	}
	for (uint32_t i = 0; i < CYCLE; i++) /* the worker halves it */
		cr_assert_float_eq(
			r.out[0][0][i], tone(r.pos - CYCLE + i - LATENCY - 37) * 0.5f + 0.25f, 1e-6);
	free(state);
	rig_finish(&r);
}

Test(apollo_fxhost, refusals,
	.description = "LV2: what is not supported is refused with a sentence that names it")
{
	struct rig r;
	char error[256];

	rig_init(&r);
	refused(&r, MOS_INSERT_LV2, "urn:mos:test:needy", -ENOTSUP, "urn:mos:test:feature-of-dreams");
	refused(&r, MOS_INSERT_LV2, "urn:mos:test:nobody", -ENOENT, "no such plugin");
	refused(&r, MOS_INSERT_LV2, "urn:mos:test:generator", -ENOTSUP, "no audio input");
	refused(&r, MOS_INSERT_LV2, "no URI", -ENOENT, "no such plugin");
	refused(&r, MOS_INSERT_NAM, "/nowhere.nam", -ENOENT, "nowhere.nam");
	cr_assert_eq(inserts_set(r.in, 64, 0, MOS_INSERT_LV2, "x", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, INSERT_SLOTS, MOS_INSERT_LV2, "x", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, 0, 7, "x", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_LV2, "", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_NONE, "", error, sizeof(error)), -ENOENT);
	rig_finish(&r);
}

/* What the plugin does in this process, called by lilv alone. */
struct alone {
	LilvWorld *world;
	LilvInstance *instance;
	uint32_t n_ports;
	float *control;
	float in[2][INSERT_PERIOD], out[2][INSERT_PERIOD];
};

static int alone_init(struct alone *a, const char *uri_text)
{
	LilvNode *uri, *audio, *input;
	const LilvPlugin *plugin;
	uint32_t n_in = 0, n_out = 0;
	float *initial;

	a->world = lilv_world_new();
	lilv_world_load_all(a->world);
	uri = lilv_new_uri(a->world, uri_text);
	audio = lilv_new_uri(a->world, LILV_URI_AUDIO_PORT);
	input = lilv_new_uri(a->world, LILV_URI_INPUT_PORT);
	plugin = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(a->world), uri);
	if (!plugin)
		return -1;
	a->n_ports = lilv_plugin_get_num_ports(plugin);
	a->control = calloc(a->n_ports, sizeof(float));
	initial = calloc(a->n_ports, sizeof(float));
	lilv_plugin_get_port_ranges_float(plugin, NULL, NULL, initial);
	a->instance = lilv_plugin_instantiate(plugin, RATE, NULL);
	cr_assert(a->instance);
	for (uint32_t i = 0; i < a->n_ports; i++) {
		const LilvPort *port = lilv_plugin_get_port_by_index(plugin, i);
		void *to = &a->control[i];

		a->control[i] = isfinite(initial[i]) ? initial[i] : 0;
		if (lilv_port_is_a(plugin, port, audio))
			to = lilv_port_is_a(plugin, port, input) ? a->in[n_in++] : a->out[n_out++];
		lilv_instance_connect_port(a->instance, i, to);
	}
	cr_assert(n_in == 2 && n_out == 2);
	lilv_instance_activate(a->instance);
	free(initial);
	lilv_node_free(uri);
	lilv_node_free(audio);
	lilv_node_free(input);
	return 0;
}

static void alone_finish(struct alone *a)
{
	lilv_instance_deactivate(a->instance);
	lilv_instance_free(a->instance);
	lilv_world_free(a->world);
	free(a->control);
}

static uint64_t first_pos;

/* Silence, then noise from a frame on: plugins that remember hear the same from the start. */
static float late_noise(uint64_t pos)
{
	return pos < first_pos ? 0 : noise(pos);
}

static void alone_cycle(struct alone *a, uint64_t pos, float out[2][CYCLE])
{
	for (uint32_t at = 0; at < CYCLE; at += INSERT_PERIOD) {
		for (uint32_t i = 0; i < INSERT_PERIOD; i++)
			a->in[0][i] = a->in[1][i] = late_noise(pos + at + i);
		lilv_instance_run(a->instance, INSERT_PERIOD);
		memcpy(out[0] + at, a->out[0], sizeof(a->out[0]));
		memcpy(out[1] + at, a->out[1], sizeof(a->out[1]));
	}
}

static void compare_alone(const char *name)
{
	struct rig r;
	struct alone a = {0};
	char text[128];
	float want[2][2][CYCLE];
	double power = 0;

	(void)snprintf(text, sizeof(text), "http://drobilla.net/plugins/mda/%s", name);
	rig_init(&r);
	if (alone_init(&a, text) < 0) {
		(void)fprintf(stderr, "%s is not installed: skipped\n", text);
		rig_finish(&r);
		return;
	}
	first_pos = UINT64_MAX;
	r.sent = late_noise;
	place(&r, 0, MOS_INSERT_LV2, text);
	/* both have heard the same number of silent periods */
	for (uint64_t n = 0; n < r.slot[0]->frame; n += INSERT_PERIOD)
		lilv_instance_run(a.instance, INSERT_PERIOD);
	first_pos = r.pos;
	for (uint32_t c = 0; c < 40; c++) {
		alone_cycle(&a, r.pos, want[c % 2]);
		exact(&r);
		for (uint32_t i = 0; c && i < CYCLE; i++) /* what comes now went in a cycle ago */
			for (uint32_t side = 0; side < 2; side++) {
				float is = r.out[0][side][i], should = want[(c - 1) % 2][side][i];

				cr_assert_eq(is, should, "%s, cycle %u, frame %u: %g, not %g", name, c, i,
					(double)is, (double)should);
				power += (double)is * (double)is;
			}
	}
	cr_assert_gt(power, 0.1);
	rig_finish(&r);
	alone_finish(&a);
}

Test(apollo_fxhost, lv2_by_others,
	.description =
		"LV2: plugins of others give the same bits as when lilv runs them in one process, only later")
{
	static const char *const name[] = {
		"Delay", "Overdrive", "RezFilter", "Ambience", "MultiBand", "Dynamics", "RingMod"};

	for (uint32_t k = 0; k < sizeof(name) / sizeof(name[0]); k++)
		compare_alone(name[k]);
}

static pid_t process_of(const struct rig *r, uint32_t strip)
{
	for (uint32_t i = 0; i < r->in->n_places; i++)
		if (r->in->place[i]->strip == strip && r->in->place[i]->current)
			return r->in->place[i]->current->process.pid;
	return 0;
}

/* What is heard must be the tone, changed by `gain` or not: no silence, no noise. */
static void still_sounds(struct rig *r, uint32_t strip)
{
	float peak = 0;

	for (uint32_t c = 0; c < 2; c++, paced(r))
		for (uint32_t i = 0; i < CYCLE; i++)
			peak = fmaxf(peak, fabsf(r->out[strip][0][i]));
	cr_assert(peak > 0.2f && peak < 0.51f, "peak %g", (double)peak);
}

Test(apollo_fxhost, killed, .timeout = 60,
	.description = "NAM-04: the process is killed: the tone continues without a click; the next one has "
		       "its controls")
{
	struct rig r;
	uint32_t c;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	set(&r, 0, "gain", 0.75f);
	for (c = 0; c < 300; c++) {
		exact(&r);
		(void)usleep(1000);
	}
	r.steepest[0] = 0; /* this plugin jumps to what it is told */
	for (uint32_t n = 1; n <= 3; n++) {
		cr_assert_eq(kill(process_of(&r, 0), SIGKILL), 0);
		wait_told(&r, 0, INSERTS_DIED, n);
		cr_assert(strstr(r.text, "signal 9"), "%s", r.text);
		for (c = 0; c < 10; c++)
			exact(&r);
		expect(&r, 0, LATENCY, 1);
		wait_told(&r, 0, INSERTS_BACK, n);
		for (c = 0; c < 10; c++)
			exact(&r);
		expect(&r, 0, LATENCY, 0.75f);
	}
	cr_assert_lt(r.steepest[0], SMOOTH);
	rig_finish(&r);
}

static uint32_t n_told;
static int state_status;
static char state_text[65536];

static void on_state(void *data, uint32_t strip, uint32_t slot, int status, const char *text)
{
	cr_assert(strip == 0 && slot == 0);
	n_told++;
	state_status = status;
	(void)snprintf(state_text, sizeof(state_text), "%s", text ? text : "");
}

static int state_of(struct rig *r, const char *text)
{
	int64_t until_ns = inserts_now_ns() + WAIT_NS;
	uint32_t n = n_told;
	int status = inserts_state_ask(r->in, 0, 0, text);

	while (status == 0 && n_told == n) {
		cr_assert_lt(inserts_now_ns(), until_ns);
		exact(r);
	}
	return status < 0 ? status : state_status;
}

Test(apollo_fxhost, state_is_kept, .timeout = 60,
	.description = "NAM-04, SCL-08: a state is read and put in force while the sound goes on; a process that is "
		       "started again has it, and what was set since")
{
	struct insert_control control;
	struct rig r;
	char state[65536];

	rig_init(&r);
	r.in->config.state_told = on_state;
	cr_assert_eq(state_of(&r, NULL), -ENOENT);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	set(&r, 0, "gain", 0.75f);
	cr_assert_eq(state_of(&r, NULL), 0);
	cr_assert(strstr(state_text, "0.75"), "%s", state_text);
	(void)snprintf(state, sizeof(state), "%s", state_text);
	set(&r, 0, "gain", -1);
	cr_assert_eq(state_of(&r, state), 0);
	cr_assert_eq(inserts_controls(r.in, 0, 0, &control, 1), 1);
	cr_assert_eq(control.value, 0.75f, "%g", (double)control.value);
	cr_expect_eq(control.is_set, 0, "the state has set it");
	for (uint32_t i = 0; i < 10; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 0.75f);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, state), 0);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, state), -EBUSY);
	set(&r, 0, "gain", 1.5f); /* asked for after the state: it holds */
	while (r.in->place[0]->current->talk.what != RUN_SILENT)
		exact(&r);
	cr_assert_eq(inserts_controls(r.in, 0, 0, &control, 1), 1);
	cr_expect(control.is_set && control.value == 1.5f);
	cr_assert_eq(kill(process_of(&r, 0), SIGKILL), 0);
	wait_told(&r, 0, INSERTS_BACK, 1);
	for (uint32_t i = 0; i < 10; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 1.5f);
	cr_assert_eq(state_of(&r, "no state at all"), -EINVAL);
	cr_assert_eq(state_of(&r, state), 0);
	cr_assert_eq(kill(process_of(&r, 0), SIGKILL), 0);
	wait_told(&r, 0, INSERTS_BACK, 2);
	for (uint32_t i = 0; i < 10; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 0.75f);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, NULL), 0);
	cr_assert_eq(kill(process_of(&r, 0), SIGKILL), 0); /* in the middle of it */
	wait_told(&r, 0, INSERTS_BACK, 3);
	cr_assert_eq(r.in->place[0]->current->talk.what, RUN_SILENT);
	rig_finish(&r);
}

Test(apollo_fxhost, state_too_late, .timeout = 60,
	.description = "NAM-04, SCL-08: an answer that comes when nobody waits for it any more is no answer to what was "
		       "asked after it, nor does half of a state spoil the next one")
{
	const size_t much = 900000;
	char *large = malloc(much + 1), state[sizeof(state_text)];
	struct run *run;
	struct rig r;

	cr_assert_not_null(large);
	memset(large, 'x', much);
	large[much] = '\0';
	rig_init(&r);
	r.in->config.state_told = on_state;
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	run = r.in->place[0]->current;
	set(&r, 0, "gain", 0.75f);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(inserts_state_ask(r.in, 0, 0, NULL), 0);
		run_talk_end(run, -ETIMEDOUT); /* as when time is up */
		cr_assert_eq(state_status, -ETIMEDOUT);
	}
	set(&r, 0, "gain", -1);
	cr_assert_eq(state_of(&r, NULL), 0);
	cr_expect(!strstr(state_text, "0.75") && strstr(state_text, "-1"), "%s", state_text);
	(void)snprintf(state, sizeof(state), "%s", state_text);

	cr_assert_eq(kill(process_of(&r, 0), SIGSTOP), 0);
	cr_assert_eq(inserts_state_ask(r.in, 0, 0, large), 0);
	cr_assert_eq(run->talk.is_sent, 0, "the socket takes less");
	run_talk_end(run, -ETIMEDOUT);
	cr_assert_eq(kill(process_of(&r, 0), SIGCONT), 0);
	cr_expect_eq(state_of(&r, state), 0);
	free(large);
	rig_finish(&r);
}

Test(apollo_fxhost, replaced, .timeout = 60,
	.description = "NAM-04: one that dies while another is getting ready to take its place is not missed: "
		       "that other is not started again")
{
	struct rig r;
	char error[256];
	pid_t pid;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	pid = process_of(&r, 0);
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_LV2, "urn:mos:test:gain", error, sizeof(error)), 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	wait_told(&r, 0, INSERTS_READY, 2);
	cr_assert_eq(r.told[0][INSERTS_DIED], 1);
	pid = process_of(&r, 0);
	for (uint32_t i = 0; i < 150; i++) /* it would be after 250 ms, and when that one is up */
		paced(&r);
	cr_assert_eq(process_of(&r, 0), pid);
	cr_assert_null(r.in->place[0]->next);
	cr_assert_lt(r.steepest[0], SMOOTH);
	rig_finish(&r);
}

Test(apollo_fxhost, gives_up, .timeout = 60,
	.description =
		"NAM-04: a process that always dies is not started for ever; it stays bypassed and says so")
{
	struct rig r;
	struct mos_rtctl_insert list[1];

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	set(&r, 0, "mode", HOSTILE_SEGV);
	for (uint32_t i = 0; i < 5000 && !r.told[0][INSERTS_GAVE_UP]; i++)
		paced(&r);
	cr_assert_eq(r.told[0][INSERTS_GAVE_UP], 1);
	cr_assert_eq(process_of(&r, 0), 0);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_DEAD);
	cr_assert(strstr(list[0].text, "6th time"), "%s", list[0].text);
	still_sounds(&r, 0);
	cr_assert_lt(r.steepest[0], SMOOTH);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain"); /* it can be replaced */
	exact(&r);
	expect(&r, 0, LATENCY, 0.5f);
	rig_finish(&r);
}

static void be_hostile(struct rig *r, enum hostile_mode mode)
{
	struct mos_rtctl_insert list[STRIPS];
	uint32_t bypassed, cycles = 0;

	memset(r->told, 0, sizeof(r->told));
	place(r, 1, MOS_INSERT_LV2, "urn:mos:test:hostile");
	r->steepest[0] = r->steepest[1] = 0;
	set(r, 1, "mode", (float)mode);
	do {
		paced(r);
		bypassed = r->told[1][INSERTS_BYPASSED] + r->told[1][INSERTS_DIED];
		cr_assert(r->slot[0]->heard || r->slot[0]->why == INSERT_WELL,
			"mode %d: the other one suffers", mode);
	} while (!bypassed && cycles++ < 2000);
	cr_assert(bypassed, "mode %d", mode);
	/* a second: 187 cycles; memory that is eaten takes what it takes */
	if (mode != HOSTILE_EATS)
		cr_assert_lt(cycles, 187, "mode %d: named after %u cycles", mode, cycles);
	cr_assert(strstr(r->text, "strip 1, insert 0, Test hostile: "), "%s", r->text);
	still_sounds(r, 1);
	still_sounds(r, 0);
	cr_assert_lt(r->steepest[0], SMOOTH, "mode %d: %g", mode, (double)r->steepest[0]);
	cr_assert_lt(r->steepest[1], SMOOTH, "mode %d: %g", mode, (double)r->steepest[1]);
	cr_assert_eq(inserts_list(r->in, list, STRIPS), 2);
}

static void hostile(enum hostile_mode mode)
{
	struct rig r;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	be_hostile(&r, mode);
	rig_finish(&r);
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
	struct rig r;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	set(&r, 0, "mode", HOSTILE_SPINS);
	wait_told(&r, 0, INSERTS_DIED, 1);
	cr_assert(strstr(r.text, "used the processor without a pause") || strstr(r.text, "did not come back"),
		"%s", r.text);
	still_sounds(&r, 0);
	rig_finish(&r);
}

Test(apollo_fxhost, closes, .timeout = 60,
	.description = "NAM-04: a plugin that closes all descriptors goes on; when it cannot be told "
		       "anything any more, another starts")
{
	struct rig r;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	set(&r, 0, "mode", HOSTILE_CLOSES);
	for (uint32_t i = 0; i < 60; i++)
		paced(&r);
	still_sounds(&r, 0);
	set(&r, 0, "mode", HOSTILE_NOT);
	wait_told(&r, 0, INSERTS_DIED, 1);
	wait_told(&r, 0, INSERTS_BACK, 1);
	still_sounds(&r, 0);
	cr_assert_lt(r.steepest[0], SMOOTH);
	rig_finish(&r);
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
	struct rig r;
	uint32_t mine = n_children(getpid());

	rig_init(&r);
	(void)signal(SIGTERM, SIG_IGN);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	place(&r, 1, MOS_INSERT_LV2, "urn:mos:test:hostile");
	set(&r, 1, "mode", HOSTILE_RUDE);
	for (uint32_t i = 0; i < 50; i++)
		paced(&r);
	cr_assert_eq(n_children(process_of(&r, 1)), 0);
	cr_assert_eq(n_children(getpid()), mine + 2);
	still_sounds(&r, 0);
	still_sounds(&r, 1);
	rig_finish(&r);
}

Test(apollo_fxhost, denormal, .timeout = 60,
	.description = "NAM-03: sound too small for a normal number is silence, and no reason to bypass")
{
	struct rig r;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	set(&r, 0, "mode", HOSTILE_DENORMAL);
	for (uint32_t i = 0; i < 200; i++) {
		exact(&r);
		(void)usleep(1000);
	}
	for (uint32_t i = 0; i < CYCLE; i++)
		cr_assert_eq(r.out[0][0][i], 0.0f);
	cr_assert_eq(r.told[0][INSERTS_BYPASSED], 0);
	rig_finish(&r);
}

static const char *model(const char *name)
{
	static char path[4096];

	const char *given = getenv("MOS_CORPORA");

	(void)snprintf(path, sizeof(path), "%s/nam/core/%s",
		given ? given : MOS_SOURCE_ROOT "/../shared/corpora", name);
	if (access(path, R_OK) == 0)
		return path;
	(void)fprintf(stderr, "%s is not there: skipped\n", path);
	return NULL;
}

Test(apollo_fxhost, nam_sound, .timeout = 120,
	.description = "NAM-02: an amplifier model as an insert gives the model's own bits, a cycle later")
{
	const char *path = model("wavenet.nam");
	struct nam_model *m;
	struct nam_state *state;
	char error[256] = "";
	float x[2][CYCLE];
	struct rig r;

	if (!path)
		return;
	cr_assert_eq(nam_load(path, NAM_SIZE_BEST, &m, error, sizeof(error)), 0, "%s", error);
	state = nam_state_create(m);
	rig_init(&r);
	first_pos = UINT64_MAX;
	r.sent = late_noise;
	place(&r, 0, MOS_INSERT_NAM, path);
	set(&r, 0, "normalize", 0);
	for (uint32_t i = 0; i < 200; i++) {
		exact(&r);
		(void)usleep(1000);
	}
	for (uint64_t n = 0; n < r.slot[0]->frame; n += CYCLE) {
		memset(x[0], 0, sizeof(x[0]));
		nam_process(state, x[0], x[0], CYCLE);
	}
	first_pos = r.pos;
	for (uint32_t c = 0; c < 30; c++) {
		for (uint32_t i = 0; i < CYCLE; i++)
			x[c % 2][i] = late_noise(r.pos + i);
		nam_process(state, x[c % 2], x[c % 2], CYCLE);
		exact(&r);
		for (uint32_t i = 0; c && i < CYCLE; i++)
			cr_assert_float_eq(r.out[0][1][i], x[(c - 1) % 2][i], 1e-6,
				"cycle %u, frame %u: %g, not %g", c, i, (double)r.out[0][1][i],
				(double)x[(c - 1) % 2][i]);
	}
	cr_assert_eq(insert_latency(r.slot[0]), LATENCY);
	rig_finish(&r);
	nam_state_destroy(state);
	nam_free(m);
}

Test(apollo_fxhost, switched_off, .timeout = 120,
	.description = "WGT-17: an amplifier that is switched off is heard as it came in, exactly as late as with it, without a "
		       "click; it stays off when its process has to be started again; another one in its place is on")
{
	const char *const half = MOS_SOURCE_ROOT "/tests/integration/models/crunch.nam";
	struct mos_rtctl_insert list[1];
	char error[256] = "";
	struct rig r;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_NAM, half);
	exact(&r);
	expect(&r, 0, LATENCY, 0.5f);
	r.steepest[0] = 0;
	set(&r, 0, MOS_INSERT_BYPASS, 1);
	for (uint32_t i = 0; i < 4; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 1);
	cr_assert_eq(insert_latency(r.slot[0]), LATENCY);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_OFF);
	cr_assert_eq(inserts_control(r.in, 0, 0, MOS_INSERT_BYPASS, 0.5f, error, sizeof(error)), -ERANGE);
	set(&r, 0, MOS_INSERT_BYPASS, 0);
	for (uint32_t i = 0; i < 4; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 0.5f);
	cr_assert_lt(r.steepest[0], SMOOTH, "%g", (double)r.steepest[0]);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_ON);

	set(&r, 0, MOS_INSERT_BYPASS, 1);
	cr_assert_eq(kill(process_of(&r, 0), SIGKILL), 0);
	wait_told(&r, 0, INSERTS_DIED, 1);
	for (uint32_t i = 0; i < 2000 && (!process_of(&r, 0) || r.in->place[0]->next); i++)
		paced(&r);
	cr_assert(process_of(&r, 0) && !r.in->place[0]->next, "it is not there again");
	for (uint32_t i = 0; i < 100; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 1);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_OFF);
	set(&r, 0, MOS_INSERT_BYPASS, 0);
	for (uint32_t i = 0; i < 100; i++)
		exact(&r);
	expect(&r, 0, LATENCY, 0.5f);

	set(&r, 0, MOS_INSERT_BYPASS, 1);
	place(&r, 0, MOS_INSERT_NAM, half);
	exact(&r);
	expect(&r, 0, LATENCY, 0.5f);
	rig_finish(&r);
}

/* A model that is a filter of two taps, whose sound for a sine is known by formula. */
static void write_linear(char *path, uint32_t rate_hz)
{
	int fd = mkstemps(path, sizeof(".nam") - 1);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	cr_assert(f);
	(void)fprintf(f,
		"{\"version\":\"0.5.4\",\"architecture\":\"Linear\",\"config\":"
		"{\"receptive_field\":2,\"bias\":false},\"weights\":[0.25,0.5],\"sample_rate\":%u}\n",
		rate_hz);
	cr_assert_eq(fclose(f), 0);
}

static void hear_rate(uint32_t rate_hz, uint32_t late)
{
	char path[] = "/tmp/mos-fxhost-XXXXXX.nam";
	double step = 2 * M_PI * 220 / rate_hz, real = 0.25 + 0.5 * cos(step), imag = -0.5 * sin(step);
	struct rig r;
	double worst = 0;

	write_linear(path, rate_hz);
	rig_init(&r);
	place(&r, 0, MOS_INSERT_NAM, path);
	for (uint32_t i = 0; i < 8; i++)
		exact(&r);
	cr_expect_eq(insert_latency(r.slot[0]), LATENCY + late, "%u Hz: %u", rate_hz, insert_latency(r.slot[0]));
	for (uint32_t i = 0; i < CYCLE; i++) {
		double phase = 2 * M_PI * 220 * (double)((r.pos - CYCLE + i - LATENCY - late) % RATE) / RATE;
		double right = 0.5 * (real * sin(phase) + imag * cos(phase));

		worst = fmax(worst, fabs((double)r.out[0][0][i] - right));
	}
	cr_expect_lt(worst, 5e-5, "%u Hz: %g", rate_hz, worst);
	(void)unlink(path);
	rig_finish(&r);
}

Test(apollo_fxhost, nam_rate, .timeout = 60,
	.description = "NAM-05: a model for another rate than the engine's sounds as at its own: a filter of known "
		       "response, and the latency is told")
{
	char path[] = "/tmp/mos-fxhost-XXXXXX.nam";
	struct rig r;

	hear_rate(48000, 0);
	hear_rate(44100, 36 + 38);
	hear_rate(96000, 33 + 33);
	hear_rate(32000, 49 + 51);
	write_linear(path, 48000);
	rig_init(&r);
	r.in->config.state_told = on_state;
	place(&r, 0, MOS_INSERT_NAM, path);
	cr_expect_eq(state_of(&r, NULL), -ENOTSUP, "it keeps none");
	cr_expect_eq(state_of(&r, "state"), -ENOTSUP);
	rig_finish(&r);
	(void)unlink(path);
	(void)memcpy(path, "/tmp/mos-fxhost-XXXXXX.nam", sizeof(path));
	write_linear(path, 47999);
	rig_init(&r);
	refused(&r, MOS_INSERT_NAM, path, -ENOTSUP, "47999 Hz, too far from the engine's 48000 Hz");
	(void)unlink(path);
	rig_finish(&r);
}

Test(apollo_fxhost, too_slow, .timeout = 90,
	.description = "NAM-03: a model that is too slow is switched off by itself, without a click, and "
		       "back on when it is not")
{
	const char *path = model("wavenet.nam");
	struct rig r;
	uint32_t c;

	if (!path)
		return;
	rig_init(&r);
	place(&r, 0, MOS_INSERT_NAM, path);
	set(&r, 0, "output_db", -24);
	for (c = 0; c < 100; c++)
		paced(&r);
	r.steepest[0] = 0;
	cr_assert_eq(kill(process_of(&r, 0), SIGSTOP), 0);
	wait_told(&r, 0, INSERTS_BYPASSED, 1);
	cr_assert(strstr(r.text, "too late again and again"), "%s", r.text);
	still_sounds(&r, 0);
	expect(&r, 0, LATENCY, 1);
	cr_assert_eq(kill(process_of(&r, 0), SIGCONT), 0);
	wait_told(&r, 0, INSERTS_BACK, 1);
	for (c = 0; c < 10; c++)
		exact(&r);
	cr_assert(r.slot[0]->heard);
	cr_assert_lt(r.steepest[0], SMOOTH);
	rig_finish(&r);
}

Test(apollo_fxhost, overloaded, .timeout = 60,
	.description = "NAM-03: a plugin that always takes a bit too long is bypassed; its process lives and "
		       "rests, it is not ended")
{
	struct rig r;

	rig_init(&r);
	place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	set(&r, 0, "mode", HOSTILE_SLOW);
	wait_told(&r, 0, INSERTS_BYPASSED, 1);
	for (uint32_t i = 0; i < 200; i++)
		paced(&r);
	still_sounds(&r, 0);
	cr_assert_eq(r.told[0][INSERTS_DIED], 0);
	set(&r, 0, "mode", HOSTILE_NOT);
	wait_told(&r, 0, INSERTS_BACK, 1);
	cr_assert_lt(r.steepest[0], SMOOTH);
	rig_finish(&r);
}

static float impulse(uint64_t pos)
{
	return pos == first_pos ? 0.5f : 0.0f;
}

Test(apollo_fxhost, latency, .timeout = 60,
	.description = "NAM-02: input to output is what is told, for each cycle length; 64 frames (1.3 ms) "
		       "at a quantum of 64")
{
	static const uint32_t quantum[] = {64, 128, 256};

	for (uint32_t k = 0; k < 3; k++) {
		struct rig r;
		uint64_t heard = 0;

		rig_init(&r);
		r.n = quantum[k];
		first_pos = UINT64_MAX;
		r.sent = impulse;
		inserts_quantum(r.in, r.n);
		place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
		first_pos = r.pos + 17;
		for (uint32_t c = 0; c < 10; c++) {
			exact(&r);
			for (uint32_t i = 0; i < r.n; i++)
				if (r.out[0][0][i] == 0.25f)
					heard = r.pos - r.n + i;
		}
		cr_assert_eq(heard - first_pos, quantum[k], "%lu frames", heard - first_pos);
		cr_assert_eq(insert_latency(r.slot[0]), quantum[k]);
		rig_finish(&r);
	}
}

static void output_of(const char *arguments, int code, char *ret, size_t size)
{
	char command[4096];
	FILE *f;
	size_t n;

	(void)snprintf(command, sizeof(command), FXHOST " %s 2>&1", arguments);
	f = popen(command, "r");
	cr_assert(f);
	n = fread(ret, 1, size - 1, f);
	ret[n] = '\0';
	cr_assert_eq(WEXITSTATUS(pclose(f)), code, "%s: %s", command, ret);
}

Test(apollo_fxhost, list, .timeout = 60,
	.description = "LV2: the plugins that are installed are listed with their ports, and whether they "
		       "can be an insert")
{
	static char text[1 << 20];

	(void)setenv("LV2_PATH", LV2_TEST_PATH, 1);
	output_of("--list", 0, text, sizeof(text));
	cr_assert(strstr(text, "urn:mos:test:gain") &&
			  strstr(text, "no insert: urn:mos:test:feature-of-dreams"),
		"%s", text);
	output_of("--list --json", 0, text, sizeof(text));
	cr_assert(strstr(text, "\"uri\": \"urn:mos:test:gain\""), "%s", text);
	cr_assert(strstr(text, "\"min\": -2.0,"), "%s", text);
	cr_assert(strstr(text, "\"needs\": \"urn:mos:test:feature-of-dreams\""), "%s", text);
	output_of("--help", 0, text, sizeof(text));
	output_of("", 2, text, sizeof(text));
	output_of("--nonsense", 2, text, sizeof(text));
	output_of("--list --insert", 2, text, sizeof(text));
	output_of("--insert 3<&- 4<&-", 1, text, sizeof(text));
}
