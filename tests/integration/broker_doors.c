/* SPDX-License-Identifier: MIT */
/* Capabilities: for each one a door that is open with it and shut without it (WID-03). */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "widget_rig.h"

static struct rig rig;
static struct caller c;

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	caller_connect(&c, &rig);
}

static void teardown(void)
{
	caller_finish(&c);
	rig_finish(&rig);
}

TestSuite(doors, .init = setup, .fini = teardown, .timeout = 120);

static void start(const char *id, const char *capabilities, const char *extra)
{
	fake_install(&rig, &c, id, &(struct fake){.capabilities = capabilities, .extra = extra});
	cr_assert_eq(caller_call(&c, "broker.widget.start", "id:s", id), 0, "%s: %s", c.error.code,
		c.error.message);
}

/* Let the widget call a method without parameters. @return the code of its refusal, "" when there was none.
 */
static const char *knock(const char *id, const char *method)
{
	static char code[64];

	cr_assert_eq(fake_call(&c, id, "door", "method:s params:m", method), 0, "%s: %s %s", method,
		c.error.code, c.error.message);
	strcpy(code, caller_str(&c, "code"));
	return code;
}

/* Methods by the capability that each needs; all are asked without parameters: past the door they fail
 * otherwise. */
static const struct {
	const char *capability, *method;
} doors[] = {
	{"clock.read", "kronos.position.get"},
	{"events.read", "broker.data.get"},
	{"events.emit", "broker.data.put"},
	{"transport.control", "kronos.transport.play"},
	{"transport.control", "kronos.transport.pause"},
	{"transport.control", "kronos.transport.stop"},
	{"transport.control", "kronos.transport.toggle"},
	{"transport.control", "kronos.transport.restart"},
	{"transport.control", "kronos.transport.seek"},
	{"transport.control", "kronos.tempo.set"},
	{"transport.control", "kronos.loop.set"},
	{"transport.control", "kronos.loop.clear"},
	{"transport.control", "kronos.meter.set"},
	{"transport.control", "kronos.metronome.set"},
	{"transport.control", "kronos.midiclock.set"},
	{"transport.control", "kronos.clock.follow"},
	{"transport.control", "kronos.clock.timecode"},
	{"status.read", "kronos.clock.status"},
	{"transport.control", "kronos.midiout.link"},
	{"transport.control", "kronos.midiout.unlink"},
	{"status.read", "kronos.midiout.ports"},
	{"apollo.play", "apollo.note.play"},
	{"apollo.play", "apollo.chord.play"},
	{"apollo.play", "apollo.melody.play"},
	{"apollo.play", "apollo.bass.play"},
	{"apollo.play", "apollo.chord.cutoff"},
	{"apollo.play", "apollo.engine.init"},
	{"apollo.play", "apollo.engine.panic"},
	{"status.read", "apollo.engine.status"},
	{"status.read", "kronos.diagnostics.get"},
	{"status.read", "broker.client.list"},
	{"status.read", "broker.system.status"},
	{"status.read", "broker.events.metrics"},
	{"status.read", "broker.widget.list"},
	{"status.read", "broker.widget.check"},
	{"status.read", "broker.settings.get"},
	{NULL, "apollo.bank.load"},
	{NULL, "apollo.instrument.set"},
	{"mixer.control", "apollo.strip.set"},
	{"mixer.control", "apollo.fx.set"},
	{"mixer.control", "apollo.fx.reset"},
	{"mixer.control", "apollo.insert.add"},
	{"mixer.control", "apollo.insert.remove"},
	{"mixer.control", "apollo.insert.set"},
	{"mixer.control", "apollo.insert.bypass"},
	{"status.read", "apollo.strip.list"},
	{"status.read", "apollo.fx.list"},
	{"status.read", "apollo.insert.list"},
	{"status.read", "apollo.insert.get"},
	{"status.read", "apollo.model.list"},
	{NULL, "apollo.insert.save"},
	{NULL, "apollo.insert.restore"},
	{NULL, "apollo.instrument.map"},
	{NULL, "apollo.clip.add"},
	{NULL, "kronos.timeline.load"},
	{NULL, "kronos.timeline.unload"},
	{NULL, "broker.service.register"},
	{NULL, "broker.score.failed"},
	{NULL, "broker.system.quit"},
	{NULL, "broker.widget.install"},
	{NULL, "broker.widget.remove"},
	{NULL, "broker.widget.start"},
	{NULL, "broker.widget.stop"},
	{NULL, "broker.widget.restart"},
	{NULL, "broker.widget.key"},
	{NULL, "broker.widget.call"},
	{NULL, "broker.settings.set"},
};

Test(doors, methods,
	.description = "WID-03 SEC-09: without its capability each method is denied; with it, it is past the "
		       "door; some no widget "
		       "ever passes")
{
	start("none", "", NULL);
	start("all", ALL_CAPABILITIES, NULL);
	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
		cr_expect_str_eq(
			knock("none", doors[i].method), "rpc.caller.denied", "none: %s", doors[i].method);
		if (doors[i].capability)
			cr_expect_str_neq(knock("all", doors[i].method), "rpc.caller.denied", "all: %s",
				doors[i].method);
		else
			cr_expect_str_eq(knock("all", doors[i].method), "rpc.caller.denied", "all: %s",
				doors[i].method);
	}
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_UNLOAD), 0);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_QUIT), 0);
}

/* The last argument of a list without this one. */
static void all_but(const char *left_out, char *buf, size_t size)
{
	char copy[512] = ALL_CAPABILITIES, *save = NULL;

	buf[0] = '\0';
	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		size_t len = strlen(buf);

		if (strncmp(w + 1, left_out, strlen(left_out)) || w[strlen(left_out) + 1] != '"')
			(void)snprintf(buf + len, size - len, "%s%s", len ? "," : "", w);
	}
}

Test(doors, each_absent,
	.description = "WID-03: each capability left out alone shuts its own doors and no others",
	.timeout = 240)
{
	static const char *const capabilities[] = {"clock.read", "events.read", "events.emit",
		"transport.control", "apollo.play", "mixer.control", "status.read"};

	for (size_t k = 0; k < sizeof(capabilities) / sizeof(*capabilities); k++) {
		char list[512];

		all_but(capabilities[k], list, sizeof(list));
		start("but-one", list, NULL);
		fake_wait(&c, "but-one", "active");
		for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
			int shut = !doors[i].capability || !strcmp(doors[i].capability, capabilities[k]);

			cr_expect_eq(!strcmp(knock("but-one", doors[i].method), "rpc.caller.denied"), shut,
				"without %s: %s", capabilities[k], doors[i].method);
		}
	}
}

/* What broker.client.open answers to a widget that has its slot already is an error; what it got first is
 * kept by nobody. So the regions are asked of a second widget each. */
static void expect_regions(const char *capabilities, const char *expected, uint32_t may)
{
	char got[128] = "";
	const msgpack_object *list, *result;
	uint64_t slot = 0;

	/* Its slot is given back with the generation; then it may open again, and tells what it was given. */
	start("opener", capabilities, NULL);
	rig_stop_rtcore(&rig);
	rig_start_rtcore(&rig);
	cr_assert_eq(fake_call(&c, "opener", "open", ""), 0, "%s", c.error.message);
	result = wire_get_map(c.in.result, "result");
	cr_assert_not_null(result, "%s", caller_str(&c, "message"));
	list = wire_get_array(result, "regions");
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		char name[16];

		cr_assert_eq(wire_to_str(&list->via.array.ptr[i], name, sizeof(name)), 0);
		strcat(got, *got ? " " : "");
		strcat(got, name);
	}
	cr_expect_str_eq(got, expected, "with [%s]", capabilities);
	cr_expect_eq(caller_u64(&c, "n_fds"), list->via.array.size);
	cr_assert_eq(wire_get_u64(result, "slot", &slot), 0);
	cr_expect_eq(rtcore_double_may(rig.rt, (uint32_t)slot), may, "with [%s]", capabilities);
	cr_assert_eq(caller_call(&c, "broker.widget.remove", "id:s", "opener"), 0);
}

Test(doors, regions,
	.description = "WID-03: a widget is handed the pages that it may read, and what its records may do "
		       "is granted likewise")
{
	expect_regions("", "ingress doorbell", 0);
	expect_regions("\"clock.read\"", "clock ingress doorbell", 0);
	expect_regions("\"events.read\"", "events ingress doorbell", 0);
	expect_regions("\"status.read\"", "counters ingress doorbell", 0);
	expect_regions("\"audio.in\"", "ingress doorbell audio", 0);
	expect_regions("\"events.emit\"", "ingress doorbell", MOS_MAY_EMIT);
	expect_regions("\"apollo.play\"", "ingress doorbell", MOS_MAY_PLAY);
	expect_regions("\"midi.in\"", "ingress doorbell midi", 0);
	expect_regions("\"midi.out\"", "ingress doorbell", MOS_MAY_MIDI_OUT);
	expect_regions("\"surface.shapes\",\"surface.pixels\",\"input.pointer\","
		       "\"video.out\","
		       "\"ai.call\",\"score.read\",\"score.edit\"",
		"ingress doorbell", 0);
	expect_regions(ALL_CAPABILITIES, "clock events counters ingress doorbell audio midi",
		MOS_MAY_EMIT | MOS_MAY_PLAY | MOS_MAY_MIDI_OUT);
}

Test(doors, services,
	.description = "WID-03: a widget is brought to services that its manifest names only, with its own "
		       "capabilities")
{
	struct caller service;
	const msgpack_object *list;

	caller_connect(&service, &rig);
	cr_assert_eq(caller_call(&service, "broker.service.register", "name:s", "hermes"), 0);
	start("reader", "\"score.read\"", ",\"services\":[\"hermes\"]");
	start("stranger", ALL_CAPABILITIES, NULL);
	cr_assert_eq(fake_call(&c, "stranger", "service", "name:s", "hermes"), 0);
	cr_expect_str_eq(caller_str(&c, "code"), "rpc.caller.denied");
	cr_assert_eq(fake_call(&c, "reader", "service", "name:s", "theater"), 0);
	cr_expect_str_eq(caller_str(&c, "code"), "rpc.caller.denied");
	cr_assert_eq(fake_call(&c, "reader", "service", "name:s", "hermes"), 0);
	cr_expect_str_eq(caller_str(&c, "code"), "");
	caller_notified(&service, "broker.service.caller");
	list = wire_get_array(service.in.params, "capabilities");
	cr_assert_eq(list->via.array.size, 1);
	cr_expect_eq(memcmp(list->via.array.ptr[0].via.str.ptr, "score.read", 10), 0);
	caller_finish(&service);
}

/* Let the widget ask for an insert. @return the code of its refusal, "" when there was none. */
static const char *ask_insert(const char *kind, const char *what)
{
	static char code[64];

	cr_assert_eq(fake_call(&c, "mixing", "insert", "kind:s what:s", kind, what), 0, "%s %s", c.error.code,
		c.error.message);
	strcpy(code, caller_str(&c, "code"));
	return code;
}

Test(doors, amplifiers,
	.description = "WGT-17 SEC-09: with mixer.control a widget chooses among the models that the box knows, by name: "
		       "neither a path, nor a plugin, nor a name that leads out of their folder")
{
	static const char *const denied[] = {"/etc/passwd", "/tmp/x.nam", "../crunch", "x/crunch", "./crunch"};
	static const char *const unknown[] = {"nothing", "..", ".hidden", "crunch.nam"};
	struct mos_rtctl_msg m;

	start("mixing", "\"mixer.control\"", NULL);
	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++)
		cr_expect_str_eq(ask_insert("nam", denied[i]), "rpc.caller.denied", "%s", denied[i]);
	cr_expect_str_eq(ask_insert("lv2", "urn:x"), "rpc.caller.denied");
	cr_expect_str_eq(ask_insert("lv2", "crunch"), "rpc.caller.denied");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		cr_expect_str_eq(ask_insert("nam", unknown[i]), "apollo.value.invalid", "%s", unknown[i]);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_INSERT), 0);
	cr_expect_str_eq(ask_insert("nam", "crunch"), "");
	m = rtcore_double_wait(rig.rt, MOS_RTCTL_INSERT, 1);
	cr_expect_str_eq(m.u.insert.what + strlen(m.u.insert.what) - 11, "/crunch.nam");
	cr_expect(m.u.insert.what[0] == '/' && m.u.insert.strip == 63 && m.u.insert.kind == MOS_INSERT_NAM);
}

Test(doors, keys, .description = "WID-03: without input.key a widget hears no key; with it, it does")
{
	start("deaf", "", NULL);
	start("hearing", "\"input.key\"", NULL);
	expect_error(&c, caller_call(&c, "broker.widget.key", "id:s key:s", "deaf", "up"),
		"broker.widget.deaf", "deaf");
	cr_assert_eq(caller_call(&c, "broker.widget.key", "id:s key:s", "hearing", "up"), 0);
	cr_assert_eq(fake_call(&c, "hearing", "told", ""), 0);
	cr_expect_eq(caller_u64(&c, "n_keys"), 1);
	cr_expect_str_eq(caller_str(&c, "key"), "up");
	cr_assert_eq(fake_call(&c, "deaf", "told", ""), 0);
	cr_expect_eq(caller_u64(&c, "n_keys"), 0);
}

Test(doors, own_files,
	.description =
		"WID-03: files.own is a folder of its own, told at activation; without it there is none")
{
	char dir[256];

	start("keeper", "\"files.own\"", NULL);
	start("poor", "", NULL);
	cr_assert_eq(fake_call(&c, "keeper", "told", ""), 0);
	cr_assert_eq(wire_get_str(wire_get_map(c.in.result, "activation"), "dir", dir, sizeof(dir)), 0);
	cr_assert_eq(fake_call(&c, "keeper", "write", "path:s", dir), 0);
	cr_expect_eq(caller_bool(&c, "ok"), 1);
	cr_assert_eq(fake_call(&c, "poor", "told", ""), 0);
	cr_expect_eq(wire_get_str(wire_get_map(c.in.result, "activation"), "dir", dir, sizeof(dir)), -ENOENT);
	cr_assert_eq(fake_call(&c, "poor", "write", "path:s", "."), 0);
	cr_expect_eq(caller_bool(&c, "ok"), 0);
}

Test(doors, others,
	.description = "SEC-09 WID-03: a widget looks into no other one, and a person is no widget")
{
	static const char *const methods[] = {
		"broker.widget.get", "broker.widget.logs", "broker.widget.attach"};
	static const char *const duties[] = {
		"broker.widget.ready", "broker.widget.done", "broker.widget.show"};

	start("curious", ALL_CAPABILITIES, NULL);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(fake_call(&c, "curious", "about", "method:s id:s", methods[i], "curious"), 0);
		cr_expect_str_eq(caller_str(&c, "code"), "rpc.caller.denied", "%s", methods[i]);
		expect_error(&c, caller_call(&c, duties[i], ""), "rpc.caller.denied", NULL);
	}
}

Test(doors, words, .description = "WID-03: check says in words what a widget may do, and what it may not")
{
	char parent[RIG_PATH], path[RIG_PATH], text[160];
	const msgpack_object *words;

	(void)snprintf(parent, sizeof(parent), "%s/new", rig.dir);
	fake_make(parent, "asked",
		&(struct fake){.capabilities = "\"clock.read\",\"apollo.play\"",
			.extra = ",\"dependencies\":[{\"id\":\"nobody\"}]"},
		path);
	cr_assert_eq(caller_call(&c, "broker.widget.check", "path:s", path), 0, "%s", c.error.message);
	words = wire_get_array(c.in.result, "words");
	cr_assert_eq(words->via.array.size, 3);
	cr_assert_eq(wire_to_str(&words->via.array.ptr[1], text, sizeof(text)), 0);
	cr_expect_str_eq(text, "It may play notes.");
	cr_expect_eq(wire_get_array(c.in.result, "warnings")->via.array.size, 1, "nobody is not installed");
	cr_expect_str_eq(fake_state(&c, "asked", NULL), "", "nothing has changed");
}

Test(doors, fight,
	.description = "WID-04 E2.6.1.1: two widgets fight over the tempo: every call is answered, rtcore "
		       "gets them one by one")
{
	start("left", "\"transport.control\"", NULL);
	start("right", "\"transport.control\"", NULL);
	for (int i = 0; i < 50; i++) {
		struct caller other;

		caller_connect(&other, &rig);
		caller_send(&other, "broker.widget.list", "");
		cr_assert_eq(fake_call(&c, i % 2 ? "left" : "right", "tempo", "bpm:f", 60.0 + i), 0, "%s",
			c.error.message);
		cr_expect_str_eq(caller_str(&c, "code"), "");
		caller_finish(&other);
	}
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_TEMPO), 50);
	cr_expect_eq(rtcore_double_wait(rig.rt, MOS_RTCTL_TEMPO, 50).u.tempo.npq, 550458716,
		"the last one: 109 BPM");
}
