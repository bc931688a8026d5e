/* SPDX-License-Identifier: MIT */
/* LV2 plugins as inserts in their real processes, ours and others'. */
#include <errno.h>
#include <lilv/lilv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apollo_fxhost_rig.h"
#include "lv2/mos-test.lv2/mos_test.h"

Test(apollo_fxhost, lv2_gain,
	.description = "LV2: a mono plugin on both sides, exact, delayed by what is told; its control is set "
		       "by its symbol")
{
	struct fx_rig r;
	struct mos_rtctl_insert list[2];
	struct insert_control control[2];
	char error[256];

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
	fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.5f);
	fx_set(&r, 0, "gain", -1.25f);
	for (uint32_t i = 0; i < 300; i++) { /* when the process has taken it is its own affair */
		fx_exact(&r);
		(void)usleep(1000);
	}
	fx_expect(&r, 0, LATENCY, -1.25f);
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
	fx_wait_told(&r, 0, INSERTS_REMOVED, 1);
	fx_exact(&r);
	fx_expect(&r, 0, 0, 1);
	cr_assert_lt(r.steepest[0], SMOOTH);
	cr_assert_eq(inserts_list(r.in, list, 2), 0);
	fx_finish(&r);
}

Test(apollo_fxhost, lv2_keeper,
	.description =
		"LV2: worker, state, options, event ports and reported latency; state and controls come back")
{
	struct fx_rig r;
	char *state;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:keeper");
	fx_exact(&r);
	fx_expect(&r, 0, LATENCY + 37, 1);
	cr_assert_eq(insert_latency(r.slot[0]), LATENCY + 37);
	cr_assert_eq(inserts_state_save(r.in, 0, 0, &state), 0);
	cr_assert(strstr(state, "urn:mos:test:factor"), "%s", state);
	cr_assert_eq(inserts_state_restore(r.in, 0, 0, state), 0);
	for (uint32_t i = 0; i < 4; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY + 37, 0.5f); /* it halves what it gets */
	cr_assert_neq(inserts_state_restore(r.in, 0, 0, "no state at all"), 0);
	fx_set(&r, 0, "add", 0.5f);
	for (uint32_t i = 0; i < 300; i++) {
		fx_exact(&r);
		(void)usleep(1000);
	}
	for (uint32_t i = 0; i < CYCLE; i++) /* the worker halves it */
		cr_assert_float_eq(
			r.out[0][0][i], fx_tone(r.pos - CYCLE + i - LATENCY - 37) * 0.5f + 0.25f, 1e-6);
	free(state);
	fx_finish(&r);
}

Test(apollo_fxhost, refusals,
	.description = "LV2: what is not supported is refused with a sentence that names it")
{
	struct fx_rig r;
	char error[256];

	fx_init(&r);
	fx_refused(&r, MOS_INSERT_LV2, "urn:mos:test:needy", -ENOTSUP, "urn:mos:test:feature-of-dreams");
	fx_refused(&r, MOS_INSERT_LV2, "urn:mos:test:nobody", -ENOENT, "no such plugin");
	fx_refused(&r, MOS_INSERT_LV2, "urn:mos:test:generator", -ENOTSUP, "no audio input");
	fx_refused(&r, MOS_INSERT_LV2, "no URI", -ENOENT, "no such plugin");
	fx_refused(&r, MOS_INSERT_NAM, "/nowhere.nam", -ENOENT, "nowhere.nam");
	cr_assert_eq(inserts_set(r.in, 64, 0, MOS_INSERT_LV2, "x", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, INSERT_SLOTS, MOS_INSERT_LV2, "x", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, 0, 7, "x", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_LV2, "", error, sizeof(error)), -EINVAL);
	cr_assert_eq(inserts_set(r.in, 0, 0, MOS_INSERT_NONE, "", error, sizeof(error)), -ENOENT);
	fx_finish(&r);
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
static void alone_cycle(struct alone *a, uint64_t pos, float out[2][CYCLE])
{
	for (uint32_t at = 0; at < CYCLE; at += INSERT_PERIOD) {
		for (uint32_t i = 0; i < INSERT_PERIOD; i++)
			a->in[0][i] = a->in[1][i] = fx_late_noise(pos + at + i);
		lilv_instance_run(a->instance, INSERT_PERIOD);
		memcpy(out[0] + at, a->out[0], sizeof(a->out[0]));
		memcpy(out[1] + at, a->out[1], sizeof(a->out[1]));
	}
}

static void compare_alone(const char *name)
{
	struct fx_rig r;
	struct alone a = {0};
	char text[128];
	float want[2][2][CYCLE];
	double power = 0;

	(void)snprintf(text, sizeof(text), "http://drobilla.net/plugins/mda/%s", name);
	fx_init(&r);
	if (alone_init(&a, text) < 0) {
		(void)fprintf(stderr, "%s is not installed: skipped\n", text);
		fx_finish(&r);
		return;
	}
	fx_first_pos = UINT64_MAX;
	r.sent = fx_late_noise;
	fx_place(&r, 0, MOS_INSERT_LV2, text);
	/* both have heard the same number of silent periods */
	for (uint64_t n = 0; n < r.slot[0]->frame; n += INSERT_PERIOD)
		lilv_instance_run(a.instance, INSERT_PERIOD);
	fx_first_pos = r.pos;
	for (uint32_t c = 0; c < 40; c++) {
		alone_cycle(&a, r.pos, want[c % 2]);
		fx_exact(&r);
		for (uint32_t i = 0; c && i < CYCLE; i++) /* what comes now went in a cycle ago */
			for (uint32_t side = 0; side < 2; side++) {
				float is = r.out[0][side][i], should = want[(c - 1) % 2][side][i];

				cr_assert_eq(is, should, "%s, cycle %u, frame %u: %g, not %g", name, c, i,
					(double)is, (double)should);
				power += (double)is * (double)is;
			}
	}
	cr_assert_gt(power, 0.1);
	fx_finish(&r);
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

Test(apollo_fxhost, denormal, .timeout = 60,
	.description = "NAM-03: sound too small for a normal number is silence, and no reason to bypass")
{
	struct fx_rig r;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:hostile");
	fx_set(&r, 0, "mode", HOSTILE_DENORMAL);
	for (uint32_t i = 0; i < 200; i++) {
		fx_exact(&r);
		(void)usleep(1000);
	}
	for (uint32_t i = 0; i < CYCLE; i++)
		cr_assert_eq(r.out[0][0][i], 0.0f);
	cr_assert_eq(r.told[0][INSERTS_BYPASSED], 0);
	fx_finish(&r);
}

static float impulse(uint64_t pos)
{
	return pos == fx_first_pos ? 0.5f : 0.0f;
}

Test(apollo_fxhost, latency, .timeout = 60,
	.description = "NAM-02: input to output is what is told, for each cycle length; 64 frames (1.3 ms) "
		       "at a quantum of 64")
{
	static const uint32_t quantum[] = {64, 128, 256};

	for (uint32_t k = 0; k < 3; k++) {
		struct fx_rig r;
		uint64_t heard = 0;

		fx_init(&r);
		r.n = quantum[k];
		fx_first_pos = UINT64_MAX;
		r.sent = impulse;
		inserts_quantum(r.in, r.n);
		fx_place(&r, 0, MOS_INSERT_LV2, "urn:mos:test:gain");
		fx_first_pos = r.pos + 17;
		for (uint32_t c = 0; c < 10; c++) {
			fx_exact(&r);
			for (uint32_t i = 0; i < r.n; i++)
				if (r.out[0][0][i] == 0.25f)
					heard = r.pos - r.n + i;
		}
		cr_assert_eq(heard - fx_first_pos, quantum[k], "%lu frames", heard - fx_first_pos);
		cr_assert_eq(insert_latency(r.slot[0]), quantum[k]);
		fx_finish(&r);
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
