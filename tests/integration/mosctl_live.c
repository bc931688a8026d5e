/* SPDX-License-Identifier: MIT */
/* mosctl and libmos against the real programs; runs inside mos-session with a PipeWire of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/control.h>

#include "mosctl_run.h"

#define QUARTERS 32 /* 16 s at 120 BPM: longer than anything that is done while it plays */

static struct said said;
static char dir[64], midi[128];

/* A fresh session, broker or rtcore is whole a moment later: its sink gives cycles, its score store is up. */
static void wait_until_whole(struct mos_client *c)
{
	struct mos_now now = {0};
	int hermes_up = 0;

	while (!hermes_up || mos_clock_now(c, &now) < 0 || !(now.clock.flags & MOS_CLOCK_DRIVER_UP)) {
		struct mos_reply reply;

		(void)mos_client_refresh(c);
		if (mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply) < 0)
			continue;
		hermes_up = mos_get_bool(&reply.value, "services/0/up", 0);
		mos_reply_finish(&reply);
	}
}

static void setup(void)
{
	struct mos_client *c;

	cr_assert_not_null(
		getenv("MOS_RUNTIME_DIR"), "to be run as: mos-session -p -- %s", "test-mosctl-live");
	cr_assert_eq(mos_client_create(NULL, &c, NULL), 0);
	wait_until_whole(c);
	mos_client_destroy(c);
	strcpy(dir, "/tmp/mosctl-live-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(midi, sizeof(midi), "%s/scale.mid", dir);
	write_midi(midi, QUARTERS, 0);
}

static void teardown(void)
{
	(void)unlink(midi);
	(void)rmdir(dir);
}

TestSuite(mosctl_live, .init = setup, .fini = teardown, .timeout = 60);

static void load(void)
{
	MOSCTL(&said, "load", midi);
	cr_assert_eq(said.code, 0, "%s", said.err);
}

/* A call's answer: text or number at `pointer`. */
static void expect_json(const char *pointer, const char *text)
{
	yyjson_doc *doc = said_json(&said);
	yyjson_val *v = yyjson_ptr_get(yyjson_doc_get_root(doc), pointer);

	cr_expect(yyjson_equals_str(v, text), "%s is not \"%s\": %s", pointer, text, said.out);
	yyjson_doc_free(doc);
}

static double json_number(const char *pointer)
{
	yyjson_doc *doc = said_json(&said);
	yyjson_val *v = yyjson_ptr_get(yyjson_doc_get_root(doc), pointer);
	double value;

	cr_assert(yyjson_is_num(v), "%s is no number: %s", pointer, said.out);
	value = yyjson_get_num(v);
	yyjson_doc_free(doc);
	return value;
}

Test(mosctl_live, transport_commands,
	.description =
		"KRO-27: play, pause, stop, seek, tempo, toggle, restart, loop, clear-loop are reachable")
{
	load();
	MOSCTL(&said, "seek", "3:2:480", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect_eq(json_number("/ticks"), 2 * 3840 + 960 + 480);
	cr_expect_eq(json_number("/bar"), 3);
	cr_expect_eq(json_number("/beat"), 2);
	cr_expect_eq(json_number("/tick"), 480);
	MOSCTL(&said, "play", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	expect_json("/state", "playing");
	MOSCTL(&said, "toggle", "--json");
	expect_json("/state", "paused");
	cr_expect_geq(json_number("/ticks"), 2 * 3840 + 960 + 480, "pause keeps the position");
	MOSCTL(&said, "toggle", "--json");
	expect_json("/state", "playing");
	MOSCTL(&said, "loop", "2", "3", "--json");
	cr_expect_eq(json_number("/start_ticks"), 3840);
	cr_expect_eq(json_number("/end_ticks"), 3 * 3840);
	MOSCTL(&said, "loop", "off");
	cr_expect_eq(said.code, 0);
	MOSCTL(&said, "kronos", "transport", "restart");
	expect_json("/state", "playing");
	cr_expect_lt(json_number("/ticks"), 3840);
	MOSCTL(&said, "stop", "--json");
	expect_json("/state", "stopped");
	cr_expect_eq(json_number("/ticks"), 0);
}

Test(mosctl_live, tempo_is_clamped, .description = "KRO-14: 1..300 BPM; what is no number is refused")
{
	static const struct {
		const char *bpm;
		double in_force;
		int clamped;
	} row[] = {{"0", 1, 1}, {"-5", 1, 1}, {"301", 300, 1}, {"1e9", 300, 1}, {"96.5", 96.5, 0}};

	load();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		MOSCTL(&said, "tempo", "--json", "--", row[i].bpm);
		cr_assert_eq(said.code, 0, "%s: %s", row[i].bpm, said.err);
		cr_expect_float_eq(json_number("/bpm"), row[i].in_force, 1e-6, "%s", said.out);
		cr_expect(strstr(said.out, row[i].clamped ? "\"clamped\":true" : "\"clamped\":false"), "%s",
			said.out);
	}
	MOSCTL(&said, "tempo", "50%", "--json");
	MOSCTL(&said, "tempo", "score", "--json");
	cr_expect_float_eq(json_number("/bpm"), 120, 1e-6);
}

Test(mosctl_live, seek_range_is_told,
	.description = "KRO-15: a place outside the score is refused and the range named")
{
	load();
	MOSCTL(&said, "seek", "999", "--json");
	cr_expect_eq(said.code, 1);
	expect_json("/error/code", "kronos.seek.range");
	cr_expect(strstr(said.err, "30720"), "32 quarters are 30720 ticks: %s", said.err);
	MOSCTL(&said, "seek", "1:5");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "no such bar or beat"), "bar 1 has four: %s", said.err);
}

Test(mosctl_live, refusals_are_sentences,
	.description = "what rtcore refuses is told in words, never in left-over bytes")
{
	load();
	MOSCTL(&said, "call", "kronos.loop.set", "start_ticks=30719", "end_ticks=30720");
	cr_expect_eq(said.code, 1);
	cr_expect_str_eq(said.err, "mosctl: a loop is at least a 64th note long\n");
	MOSCTL(&said, "call", "apollo.strip.set", "strip=master", "pan=0.5");
	cr_expect_eq(said.code, 1);
	cr_expect_str_eq(said.err, "mosctl: the master has a gain, but neither pan, mute nor solo\n");
}

Test(mosctl_live, absent_service,
	.description = "a service that does not run is named, within the caller's patience")
{
	MOSCTL(&said, "ping", "nobody", "--json");
	cr_expect_eq(said.code, 3);
	expect_json("/error/code", "broker.service.absent");
	expect_json("/error/hint", "start it: mos-nobody");
}

Test(mosctl_live, status_of_a_broker_that_hangs,
	.description = "a broker that does not answer is waited for once")
{
	char path[256], text[32] = "";
	pid_t broker;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/mos-broker.pid", getenv("MOS_RUNTIME_DIR"));
	f = fopen(path, "re");
	cr_assert_not_null(f);
	cr_assert_not_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	broker = (pid_t)strtol(text, NULL, 10);
	cr_assert_gt(broker, 1);
	cr_assert_eq(kill(broker, SIGSTOP), 0);
	MOSCTL(&said, "--timeout", "0.5", "status");
	cr_assert_eq(kill(broker, SIGCONT), 0);
	cr_expect_eq(said.code, 3);
	/* the first question's failure, not that of a second try */
	cr_expect(strstr(said.err, "broker.client.open: no answer from the broker in time"), "%s", said.err);
}

Test(mosctl_live, notes, .description = "APO-16: unknown note names are refused, with a stable code")
{
	static const char *const bad[] = {"H4", "C99", "", "Cb-1", "\xf0\x9f\x8e\xb5"};

	MOSCTL(&said, "note", "C4", "16n", "--velocity", "0.3", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect_gt(json_number("/frame"), 0);
	MOSCTL(&said, "note", "60", "0.05s");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "chord", "C4", "E4", "G4", "--duration", "8n");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "melody", "C4", "64", "-d", "32n");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "bass", "C2", "-d", "16n");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "cutoff");
	cr_expect_eq(said.code, 0, "%s", said.err);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		MOSCTL(&said, "note", bad[i], "--json");
		cr_expect_eq(said.code, 1, "\"%s\": %d", bad[i], said.code);
		expect_json("/error/code", "apollo.note.invalid");
	}
	MOSCTL(&said, "panic");
	cr_expect_eq(said.code, 0, "%s", said.err);
}

#define GM_BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define DELAY "http://drobilla.net/plugins/mda/Delay"
#define SECOND_BANK "/usr/share/sounds/sf2/TimGM6mb.sf2"

static void wait_for_the_bank(void)
{
	MOSCTL(&said, "--timeout", "30", "call", "apollo.engine.init");
	if (said.code != 0)
		cr_skip_test("no sound font: %s", said.err);
}

Test(mosctl_live, instruments,
	.description = "APO-02 APO-14 APO-24: presets are listed and searched, a file is mapped and heard at "
		       "its place, "
		       "taken out again; what is no sound font is refused and changes nothing")
{
	wait_for_the_bank();
	MOSCTL(&said, "instrument", "list", "--search", "grand piano");
	cr_expect_eq(said.code, 0, "%s", said.err);
	cr_expect(strstr(said.out, "0:0 "), "%s", said.out);
	cr_expect_null(strstr(said.out, "drums"));
	MOSCTL(&said, "instrument", "list", "--json");
	cr_expect_gt(json_number("/n"), 128);
	cr_expect_eq(json_number("/presets/0/program"), 0);
	MOSCTL(&said, "call", "apollo.engine.status");
	cr_expect_gt(json_number("/presets"), 128);
	cr_expect_gt(json_number("/polyphony"), 100);
	cr_expect_gt(json_number("/resident_bytes"), 1 << 20);
	cr_expect_lt(json_number("/resident_bytes"), json_number("/bank_bytes"));
	if (access(SECOND_BANK, R_OK) == 0) {
		MOSCTL(&said, "instrument", "map", SECOND_BANK, "--bank", "5", "--program", "3", "--preset",
			"19");
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "instrument", "list", "--file", SECOND_BANK);
		cr_expect(strncmp(said.out, "5:3 ", 4) == 0, "%s", said.out);
		MOSCTL(&said, "instrument", "set", "2", "3", "--bank", "5");
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "instrument", "unmap", SECOND_BANK);
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "instrument", "unmap", SECOND_BANK);
		cr_expect_eq(said.code, 4, "it is not mapped any more");
		MOSCTL(&said, "instrument", "map", SECOND_BANK, "--preset", "77:77");
		cr_expect_eq(said.code, 4);
		cr_expect(strstr(said.err, "has no preset 77:77"), "%s", said.err);
	}
	MOSCTL(&said, "instrument", "audition", "violin", "--key", "A4", "--json");
	cr_expect_eq(said.code, 0, "%s", said.err);
	cr_expect_gt(json_number("/frame"), 0);
	MOSCTL(&said, "instrument", "load", midi);
	cr_expect_eq(said.code, 4, "no sound font: %s", said.err);
	MOSCTL(&said, "instrument", "list", "--search", "piano", "--json");
	cr_expect_gt(json_number("/n"), 0, "what played plays on");
	MOSCTL(&said, "panic");
}

Test(mosctl_live, effects, .description = "effects are set, listed, refused out of range, reset")
{
	MOSCTL(&said, "fx", "set", "reverb", "on", "time_s=2.5");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "fx", "set", "eq", "on", "low_db=-3", "--strip", "9");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "fx", "list");
	cr_expect(strstr(said.out, "* time_s"), "%s", said.out);
	cr_expect(strstr(said.out, "* strip 9: eq low_db=-3"), "%s", said.out);
	cr_expect(strstr(said.out, "  low_db "), "that of the master is as it was: %s", said.out);
	MOSCTL(&said, "fx", "list", "--json");
	cr_expect_eq(json_number("/n"), 4);
	MOSCTL(&said, "fx", "set", "reverb", "time_s=2000");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "0.1 to 20 is possible"), "%s", said.err);
	MOSCTL(&said, "fx", "reset", "reverb");
	MOSCTL(&said, "fx", "reset", "send");
	cr_expect_eq(said.code, 0, "of all strips: %s", said.err);
	MOSCTL(&said, "fx", "list", "--json");
	cr_expect_eq(json_number("/n"), 2);
	MOSCTL(&said, "fx", "reset");
	MOSCTL(&said, "fx", "list", "--json");
	cr_expect_eq(json_number("/n"), 0);
}

Test(mosctl_live, strips,
	.description = "WGT-31: mosctl strip alone lists what plays or was set, and the master; models are named")
{
	MOSCTL(&said, "strip", "41", "--gain", "-7.5", "--pan", "-0.25", "--solo", "on");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "strip");
	cr_expect(strstr(said.out, "strip 41    -7.5 dB  pan -0.25  solo"), "%s", said.out);
	cr_expect(strstr(said.out, "master       0.0 dB"), "%s", said.out);
	cr_expect_null(strstr(said.out, "strip 42"), "%s", said.out);
	MOSCTL(&said, "strip", "41", "--gain", "0", "--pan", "0", "--solo", "off");
	MOSCTL(&said, "strip");
	cr_expect_null(strstr(said.out, "strip 41"), "%s", said.out);
	MOSCTL(&said, "insert", "models", "--json");
	cr_expect_eq(strncmp(said.out, "{\"models\":[", 11), 0, "%s", said.out);
	MOSCTL(&said, "insert", "add", "63", "no such amplifier", "--json");
	expect_json("/error/code", "apollo.value.invalid");
	MOSCTL(&said, "insert", "bypass", "63", "on", "--json");
	expect_json("/error/code", "apollo.insert.absent");
}

Test(mosctl_live, inserts,
	.description = "NAM-03: what is no plugin is refused by name, nothing is left in the strip; a plugin's "
		       "state is saved and put in force again")
{
	char state[] = "/tmp/mos-live-XXXXXX-echo.ttl";
	int fd = mkstemps(state, sizeof("-echo.ttl") - 1);

	cr_assert_geq(fd, 0);
	close(fd);
	MOSCTL(&said, "insert", "add", "48", "urn:mos:none");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "urn:mos:none"), "%s", said.err);
	MOSCTL(&said, "insert", "list", "--json");
	cr_expect_str_eq(said.out, "{\"inserts\":[]}\n");
	MOSCTL(&said, "insert", "show", "48", "--json");
	expect_json("/error/code", "apollo.insert.absent");
	MOSCTL(&said, "insert", "plugins");
	if (said.code == 0 && strstr(said.out, DELAY)) {
		MOSCTL(&said, "insert", "add", "48", DELAY);
		cr_expect_eq(said.code, 0, "%s", said.err);
		cr_expect_str_eq(said.out, "strip 48, slot 0\n");
		MOSCTL(&said, "insert", "set", "48", "feedback=0.4");
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "insert", "show", "48");
		cr_expect(strstr(said.out, "feedback"), "%s", said.out);
		MOSCTL(&said, "insert", "bypass", "48", "on");
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "insert", "list");
		cr_expect(strstr(said.out, ", off, "), "%s", said.out);
		MOSCTL(&said, "insert", "bypass", "48", "off");
		MOSCTL(&said, "insert", "list");
		cr_expect_null(strstr(said.out, ", off, "), "%s", said.out);
		MOSCTL(&said, "insert", "save", "48", state);
		cr_expect_eq(said.code, 0, "%s", said.err);
		cr_expect(strstr(said.out, "echo.ttl: ") && strstr(said.out, " bytes"), "%s", said.out);
		MOSCTL(&said, "insert", "set", "48", "feedback=0.125");
		MOSCTL(&said, "insert", "restore", "48", state);
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "insert", "show", "48");
		cr_expect(strstr(said.out, " 0.4 "), "%s", said.out);
		MOSCTL(&said, "insert", "restore", "48", midi, "--json");
		expect_json("/error/code", "apollo.state.invalid");
		MOSCTL(&said, "insert", "save", "47", state, "--json");
		expect_json("/error/code", "apollo.insert.absent");
		(void)unlink(state);
		MOSCTL(&said, "insert", "set", "48", "feedback=4000");
		cr_expect_eq(said.code, 1, "out of range");
		MOSCTL(&said, "insert", "list", "--json");
		cr_expect_null(
			strstr(said.out, "\"dead\""), "on, or too late on a busy machine: %s", said.out);
		cr_expect_gt(json_number("/inserts/0/latency_frames"), 0);
		MOSCTL(&said, "insert", "remove", "48");
		cr_expect_eq(said.code, 0, "%s", said.err);
		MOSCTL(&said, "insert", "list", "--json");
		cr_expect_str_eq(said.out, "{\"inserts\":[]}\n");
	}
	MOSCTL(&said, "insert", "add", "63", midi);
	cr_expect_neq(said.code, 0, "a MIDI file is no plugin");
}

Test(mosctl_live, clips,
	.description = "APO-32: a clip is put at a bar, listed in ticks, taken off; a broken file is refused "
		       "by name")
{
	char wav[160];
	int64_t id;

	load();
	(void)snprintf(wav, sizeof(wav), "%s/clip.wav", dir);
	MOSCTL(&said, "render", midi, "-o", wav, "--instrument", "builtin", "--seconds", "1");
	cr_assert_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "clip", "add", wav, "--at", "3", "--to", "4", "--bpm", "120", "--loop", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect_eq(json_number("/start_ticks"), 2 * 3840);
	cr_expect_eq(json_number("/end_ticks"), 4 * 3840);
	id = (int64_t)json_number("/id");
	MOSCTL(&said, "clip", "list", "--json");
	cr_expect_eq(json_number("/clips/0/id"), (double)id);
	cr_expect_eq(json_number("/clips/0/bpm"), 120);
	MOSCTL(&said, "clip", "add", midi);
	cr_expect_neq(said.code, 0);
	cr_expect(strstr(said.err, "scale.mid"), "%s", said.err);
	MOSCTL(&said, "clip", "remove");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "clip", "list", "--json");
	cr_expect_str_eq(said.out, "{\"clips\":[]}\n");
	MOSCTL(&said, "clip", "remove", "99");
	cr_expect_eq(said.code, 1);
	(void)unlink(wav);
}

Test(mosctl_live, mixing)
{
	MOSCTL(&said, "instrument", "set", "0", "Church Organ", "--json");
	cr_expect_eq(said.code, 0, "%s", said.err);
	cr_expect_eq(json_number("/program"), 19);
	MOSCTL(&said, "instrument", "set", "0", "200");
	cr_expect_eq(said.code, 1);
	MOSCTL(&said, "strip", "48", "--gain", "-6", "--pan", "0.5", "--mute", "off", "--solo", "off");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "strip", "master", "--gain", "0");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "metronome", "on", "--gain", "-12");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "metronome", "off");
	cr_expect_eq(said.code, 0, "%s", said.err);
}

Test(mosctl_live, files_are_loaded_and_refused,
	.description = "HER-11: a malformed score is refused with its place")
{
	char path[192];

	MOSCTL(&said, "load", midi, "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect_eq(json_number("/end_ticks"), QUARTERS * 960);
	cr_expect_float_eq(json_number("/seconds"), QUARTERS * 0.5, 1e-6);
	cr_expect_eq(json_number("/parts/0/notes"), QUARTERS);
	(void)snprintf(path, sizeof(path), "%s/cut.mid", dir);
	write_midi(path, 4, 17);
	MOSCTL(&said, "load", path, "--json");
	cr_expect_eq(said.code, 4, "%s", said.err);
	expect_json("/error/code", "hermes.score.invalid");
	cr_expect(strstr(said.err, "byte "), "%s", said.err);
	MOSCTL(&said, "check", path);
	cr_expect_eq(said.code, 4);
	(void)unlink(path);
	MOSCTL(&said, "hermes", "score", "get");
	cr_expect_eq(said.code, 0);
	cr_expect_eq(json_number("/end_ticks"), QUARTERS * 960, "what was loaded before is still there");
}

Test(mosctl_live, play_and_wait_for_the_end)
{
	write_midi(midi, 2, 0); /* one second */
	MOSCTL(&said, "play", midi, "--wait");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "call", "kronos.position.get");
	expect_json("/state", "stopped");
	MOSCTL(&said, "play", "--follow");
	cr_expect_eq(said.code, 0, "%s", said.err);
	cr_expect(strstr(said.out, "stopped"), "%s", said.out);
}

Test(mosctl_live, events_are_printed,
	.description = "EVT-11: the nine types are emitted, received and printed by mosctl events")
{
	static const uint32_t emitted[] = {MOS_EVENT_MIDI_NOTEON, MOS_EVENT_MIDI_NOTEOFF,
		MOS_EVENT_MIDI_SNAPSHOT, MOS_EVENT_CHORD_DETECTED, MOS_EVENT_BRAID_HIGHLIGHT,
		MOS_EVENT_ROCKY_FEEDBACK, MOS_EVENT_ROCKY_HIGHLIGHT, MOS_EVENT_METRONOME_PATTERN};
	enum { N = sizeof(emitted) / sizeof(emitted[0]) };
	struct mos_client *c;
	struct mos_event ev;
	uint32_t seen = 0, slot;
	int beat = 0, rc;
	FILE *pipe;
	char line[1024];

	load();
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "emitter"}, &c, NULL), 0);
	slot = mos_client_info(c).slot;
	pipe = popen("'" MOSCTL_PATH "'"
		     " events --json --type midi:noteon,midi:noteoff,midi:snapshot,chord:detected,"
		     "braid:highlight,rocky:feedback,rocky:highlight,metronome:pattern,metronome:beat",
		"r");
	cr_assert_not_null(pipe);
	cr_assert_eq(mos_transport_play(c, 0), 0);
	/* The score's own notes show that mosctl listens; then everything that is emitted has to come. */
	cr_assert_not_null(fgets(line, sizeof(line), pipe));
	for (uint32_t i = 0; i < N; i++) {
		ev = (struct mos_event){.type = emitted[i], .tick = INT64_MIN};
		if (i < 2)
			ev.u.note = (struct mos_ev_note){
				.channel = 15, .key = 60, .velocity = 20000, .part = 0xffff};
		if (emitted[i] == MOS_EVENT_METRONOME_PATTERN)
			ev.u.pattern.n_steps = 8;
		while ((rc = mos_emit(c, &ev)) == -EAGAIN)
			usleep(1000);
		cr_assert_eq(rc, 0);
	}
	while ((seen != (1u << N) - 1 || !beat) && fgets(line, sizeof(line), pipe)) {
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);
		yyjson_val *root = yyjson_doc_get_root(doc);
		const char *type = yyjson_get_str(yyjson_obj_get(root, "type"));
		const char *source = yyjson_get_str(yyjson_obj_get(root, "source"));

		cr_assert_not_null(doc, "%s", line);
		beat |= !strcmp(type, "metronome:beat");
		for (uint32_t i = 0; i < N; i++) {
			if (!strcmp(type, mos_event_type_name(emitted[i])) &&
				strtoul(source, NULL, 10) == slot && source[0] >= '0' && source[0] <= '9')
				seen |= 1u << i;
		}
		yyjson_doc_free(doc);
	}
	cr_expect_eq(seen, (1u << N) - 1, "seen: %x", seen);
	cr_expect(beat);
	(void)pclose(pipe); /* it ends at its next write: the music is still playing */
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}

Test(mosctl_live, events_end_by_count)
{
	int lines = 0;

	load();
	MOSCTL(&said, "play", "--restart");
	MOSCTL(&said, "events", "--json", "--count", "5");
	cr_expect_eq(said.code, 0, "%s", said.err);
	for (char *p = said.out; (p = strchr(p, '\n')); p++)
		lines++;
	cr_expect_eq(lines, 5);
	MOSCTL(&said, "events", "--count", "1", "--type", "metronome:beat");
	cr_expect(strstr(said.out, "metronome:beat"), "%s", said.out);
	MOSCTL(&said, "stop");
}

Test(mosctl_live, status_shows_the_five_thresholds,
	.description = "TIM-10: mosctl status --json shows all five figures of E1.3.1")
{
	static const struct {
		const char *name;
		double limit_ms;
	} row[] = {{"transport jitter", 1}, {"input to output", 5}, {"look-ahead", 100}, {"seek", 10},
		{"frame", 16.7}};
	yyjson_doc *doc;
	yyjson_val *timing;

	load();
	MOSCTL(&said, "seek", "2");
	MOSCTL(&said, "status", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	expect_json("/transport/state", "ready");
	doc = said_json(&said);
	timing = yyjson_obj_get(yyjson_doc_get_root(doc), "timing");
	cr_assert_eq(yyjson_arr_size(timing), 5);
	for (size_t i = 0; i < 5; i++) {
		yyjson_val *one = yyjson_arr_get(timing, i);

		cr_expect(yyjson_equals_str(yyjson_obj_get(one, "name"), row[i].name));
		cr_expect_eq(yyjson_get_num(yyjson_obj_get(one, "limit_ms")), row[i].limit_ms);
		cr_expect_not_null(yyjson_obj_get(one, "value_ms"));
		cr_expect_gt(yyjson_get_len(yyjson_obj_get(one, "method")), 20, "how it was measured");
		if (yyjson_is_num(yyjson_obj_get(one, "value_ms")))
			cr_expect_eq(yyjson_get_bool(yyjson_obj_get(one, "ok")),
				i == 2 ? yyjson_get_num(yyjson_obj_get(one, "value_ms")) == row[i].limit_ms
				       : yyjson_get_num(yyjson_obj_get(one, "value_ms")) < row[i].limit_ms);
		else
			cr_expect(yyjson_is_null(yyjson_obj_get(one, "ok")), "not measured: neither");
	}
	cr_expect(yyjson_is_num(yyjson_ptr_get(yyjson_doc_get_root(doc), "/timing/0/value_ms")));
	cr_expect(yyjson_is_num(yyjson_ptr_get(yyjson_doc_get_root(doc), "/timing/3/value_ms")),
		"a seek was just made");
	cr_expect(yyjson_is_obj(yyjson_ptr_get(yyjson_doc_get_root(doc), "/counters")));
	yyjson_doc_free(doc);
	MOSCTL(&said, "status");
	cr_expect_eq(said.code, 0);
	cr_expect(strstr(said.out, "hermes"));
}

Test(mosctl_live, top_prints_once_without_a_terminal)
{
	load();
	MOSCTL(&said, "top");
	cr_expect_eq(said.code, 0, "%s", said.err);
	cr_expect(strstr(said.out, "master L"), "%s", said.out);
	cr_expect(strstr(said.out, "xruns "), "%s", said.out);
	cr_expect_null(strchr(said.out, '\033'));
	MOSCTL(&said, "top", "--json");
	(void)json_number("/counters/rt.cycle/p99");
	(void)json_number("/transport/quantum");
}

Test(mosctl_live, doctor_is_content)
{
	MOSCTL(&said, "doctor");
	cr_expect_eq(said.code, 0, "%s", said.out);
	cr_expect(strstr(said.out, "ok    mos.running"), "%s", said.out);
	cr_expect(strstr(said.out, "frames at 48000 Hz"), "%s", said.out);
	cr_expect(strstr(said.out, " mos.engine "), "what plays: %s", said.out);
	MOSCTL(&said, "doctor", "mos.versions", "pipewire.socket");
	cr_expect(strstr(said.out, "2 ok, 0 to know, 0 to improve, 0 to mend"), "%s", said.out);
}

Test(mosctl_live, doctor_names_the_bank_that_failed)
{
	MOSCTL(&said, "call", "apollo.bank.load", "path=/no/such.sf2");
	cr_expect_eq(said.code, 4);
	MOSCTL(&said, "doctor");
	cr_expect_eq(said.code, 0, "something plays all the same: %s", said.out);
	cr_expect(strstr(said.out, "warn  mos.engine"), "%s", said.out);
	cr_expect(strstr(said.out, "/no/such.sf2: No such file"), "%s", said.out);
}

Test(mosctl_live, raw_calls)
{
	MOSCTL(&said, "call", "kronos.position.get");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "call", "kronos.transport.seek", "{\"baa\":1}", "--json");
	cr_expect_eq(said.code, 1);
	expect_json("/error/code", "rpc.params.invalid");
	MOSCTL(&said, "call", "kronos.no.such");
	cr_expect_eq(said.code, 1);
	MOSCTL(&said, "ping", "hermes", "--json");
	cr_expect_eq(said.code, 0, "%s", said.err);
	expect_json("/name", "hermes");
}

static pid_t pid_of(struct mos_client *c, const char *method, const char *path)
{
	struct mos_reply reply;
	pid_t pid;

	cr_assert_eq(mos_call(c, method, MOS_NO_ARGS, &reply), 0, "%s", mos_client_error(c)->message);
	pid = (pid_t)mos_get_int(&reply.value, path, 0);
	mos_reply_finish(&reply);
	cr_assert_gt(pid, 1);
	return pid;
}

Test(mosctl_live, broker_killed_while_playing,
	.description = "EVT-23: clock and events go on without a broker; then the client resumes its slot")
{
	struct mos_client_info before;
	struct mos_clock first, later;
	struct mos_client *c;
	struct mos_event ev;
	int rc;

	load();
	cr_assert_eq(mos_client_create(NULL, &c, NULL), 0);
	before = mos_client_info(c);
	cr_assert_eq(mos_transport_play(c, 0), 0);
	cr_assert_eq(mos_clock_read(mos_client_clock(c), &first), 0);
	cr_assert_eq(kill(pid_of(c, "broker.service.ping", "pid"), SIGKILL), 0);
	while (mos_events_next(c, &ev) == 1 || ev.time_ns < (uint64_t)first.time_ns + 300000000)
		(void)mos_events_wait(c, 1000); /* 300 ms of music go by */
	cr_assert_eq(mos_clock_read(mos_client_clock(c), &later), 0);
	cr_expect_gt(later.tick, first.tick, "the music went on");
	cr_expect_gt(later.cycle, first.cycle);
	/* The call that finds the connection dead connects again, as soon as there is a broker. */
	while ((rc = mos_call(c, "kronos.position.get", MOS_NO_ARGS, NULL)) == -ECONNRESET ||
		rc == -EREMOTEIO)
		;
	cr_assert_eq(rc, 0, "%d %s", rc, mos_client_error(c)->message);
	cr_expect_eq(mos_client_info(c).slot, before.slot);
	cr_expect_eq(mos_client_info(c).generation, before.generation);
	cr_assert_eq(mos_clock_read(mos_client_clock(c), &later), 0);
	cr_expect_eq(later.state, MOS_TRANSPORT_PLAYING);
	cr_assert_eq(mos_transport_stop(c), 0, "%s", mos_client_error(c)->message);
	mos_client_destroy(c);
}

Test(mosctl_live, rtcore_killed,
	.description = "a new rtcore is followed: new generation, new clock, events again")
{
	uint64_t before;
	struct mos_client *c;
	int rc;

	cr_assert_eq(mos_client_create(NULL, &c, NULL), 0);
	before = mos_client_info(c).generation;
	cr_assert_eq(kill(pid_of(c, "broker.system.status", "rtcore/pid"), SIGKILL), 0);
	while ((rc = mos_client_refresh(c)) != 1)
		cr_assert(rc == 0 || rc == -EREMOTEIO, "%d %s", rc, mos_client_error(c)->message);
	cr_expect_neq(mos_client_info(c).generation, before);
	wait_until_whole(c);
	MOSCTL(&said, "play", midi, "--json"); /* the score went with rtcore */
	cr_assert_eq(said.code, 0, "%s", said.err);
	for (struct mos_event ev = {0}; ev.type != MOS_EVENT_METRONOME_BEAT;) {
		if (mos_events_next(c, &ev) == 0)
			cr_assert_neq(mos_events_wait(c, 10000), -ETIMEDOUT);
	}
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}
