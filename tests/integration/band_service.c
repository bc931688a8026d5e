/* SPDX-License-Identifier: MIT */
/* mos-band as a process: what it answers, makes and plays; the test is its broker, its callers and its
 * rtcore. */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "band_rig.h"

#define CHANGES 1000

TestSuite(band_service, .init = rig_start, .fini = rig_stop, .timeout = 120);

/* "C F" in a style, endless without a count-in, at 240 BPM: a bar is a second. */
static void begin_play(struct wire_out *out, const char *style)
{
	rig_begin(out, "band.play");
	rig_put_flags(out, "chords", "Cmaj7 Dm7 G7 Cmaj7", "style", style, "tempo", "240", NULL);
	wire_open_map(out, "options");
	wire_put_i64(out, "count_in", 0);
	wire_put_i64(out, "choruses", 0);
	wire_close(out);
}

static void play(int client, const char *style)
{
	struct wire_out out;

	begin_play(&out, style);
	rig_call_out(client, &out);
	rig_expect_result();
}

static void change(int client, const char *key, const char *value, const char *at)
{
	struct wire_out out;

	rig_begin(&out, "band.change");
	rig_put_flags(&out, key, value, NULL);
	if (at)
		wire_put_str(&out, "at", at);
	rig_call_out(client, &out);
}

static const struct mos_timeline *timeline(void)
{
	return &rig.transport.timeline;
}

/* A sum over what lies in [from, to). */
static uint64_t content(int64_t from, int64_t to)
{
	const struct mos_timeline *tl = timeline();
	uint64_t sum = 0;

	for (uint32_t i = 0; i < tl->n_event; i++) {
		const struct mos_tl_event *e = &tl->event[i];

		/* A note-off that crosses the line may lie anywhere behind it. */
		if (e->tick >= from && e->tick < to && e->order == MOS_TL_NOTE_ON)
			sum += ((uint64_t)e->tick * 1000003 + e->ump[0]) * UINT64_C(0x9e3779b97f4a7c15) +
			       e->ump[1];
	}
	return sum;
}

static void run_through(int64_t from, int64_t to, uint8_t down[16][128])
{
	const struct mos_timeline *tl = timeline();

	for (uint32_t i = 0; i < tl->n_event; i++) {
		const struct mos_tl_event *e = &tl->event[i];
		uint8_t *key = &down[e->ump[0] >> 16 & 15u][e->ump[0] >> 8 & 127u];

		if (e->tick < from || e->tick >= to)
			continue;
		if (e->order == MOS_TL_NOTE_ON)
			++*key;
		else if (e->order == MOS_TL_NOTE_OFF && *key)
			--*key;
	}
}

/* What is held over the loop's end, ends behind its beginning: round by round nothing is left over. */
static void expect_paired(void)
{
	const struct mos_tl_policy *policy = &timeline()->policy;
	static uint8_t first[16][128], second[16][128];

	memset(first, 0, sizeof(first));
	run_through(0, policy->loop_end, first);
	memcpy(second, first, sizeof(second));
	run_through(policy->loop_start, policy->loop_end, second);
	cr_expect_eq(memcmp(first, second, sizeof(first)), 0, "more and more sounds");
}

static double bpm_at(int64_t tick)
{
	double npq = 0;

	for (uint32_t i = 0; i < timeline()->n_tempo && timeline()->tempo[i].tick <= tick; i++)
		npq = (double)timeline()->tempo[i].npq_start;
	return 60e9 / npq;
}

/* --- What it answers without playing --- */

Test(band_service, precedence,
	.description = "T-21: a flag beats the program, that the defaults of a setlist, those the style's: "
		       "each value "
		       "is shown with its source")
{
	static const struct {
		const char *program, *flag, *setlist, *value, *from;
	} cases[] = {
		{"", NULL, NULL, "120", "default"},
		{"", NULL, "100", "100", "setlist"},
		{"tempo: 90\n", NULL, "100", "90", "file"},
		{"tempo: 90\n", "80", "100", "80", "flag"},
		{"", "80", NULL, "80", "flag"},
	};
	char text[128], from[16];
	struct wire_out out;
	double value;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rig_begin(&out, "band.program.check");
		(void)snprintf(
			text, sizeof(text), "chords: [Cmaj7, G7]\nstyle: swing_basic\n%s", cases[i].program);
		wire_put_str(&out, "program", text);
		if (cases[i].flag)
			rig_put_flags(&out, "tempo", cases[i].flag, NULL);
		if (cases[i].setlist) {
			wire_open_map(&out, "defaults");
			wire_put_str(&out, "tempo", cases[i].setlist);
			wire_close(&out);
		}
		rig_call_out(rig.client[0], &out);
		rig_expect_result();
		const msgpack_object *tempo = wire_get_map(wire_get_map(rig.in.result, "inputs"), "tempo");
		cr_assert_eq(wire_get_f64(tempo, "value", &value), 0);
		cr_assert_eq(wire_get_str(tempo, "from", from, sizeof(from)), 0);
		cr_expect_float_eq(value, atof(cases[i].value), 1e-9, "case %u: %g", i, value);
		if (strcmp(cases[i].from, "default") != 0) /* a style may know better */
			cr_expect_str_eq(from, cases[i].from, "case %u: %s", i, from);
		cr_expect_eq(strlen(rig_text("digest")), 64);
	}
}

Test(band_service, program_with_faults,
	.description = "T-16: a program with faults: checked, they are listed with their places; created, it "
		       "is refused "
		       "with a structured error, and no file comes beside it")
{
	static const char program[] = "chords: [Cmaj7, H7]\nstyle: swing_basic\n";
	struct wire_out out;

	rig_begin(&out, "band.program.check");
	wire_put_str(&out, "program", program);
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	cr_assert_geq(wire_get_array(rig.in.result, "issues")->via.array.size, 1);
	cr_expect_null(wire_get(rig.in.result, "digest"));
	for (unsigned i = 0; i < 3; i++) {
		static const char *const methods[] = {"band.file.create", "band.score.create", "band.play"};

		rig_begin(&out, methods[i]);
		wire_put_str(&out, "program", program);
		rig_call_out(rig.client[0], &out);
		rig_expect_error("band.program.invalid", "/chords/1");
	}
	rig_begin(&out, "band.file.create");
	rig_put_flags(&out, "chords", "C", "style", "bosa", NULL);
	rig_call_out(rig.client[0], &out);
	rig_expect_error("band.style.unknown", NULL);
	rig_begin(&out, "band.file.create");
	rig_put_flags(&out, "chord", "C", NULL);
	rig_call_out(rig.client[0], &out);
	rig_expect_error("rpc.params.invalid", "flags.chord");
	cr_expect_eq(rig.n_loads, 0);
}

/* The same file twice, its digest told; exported, and as a score. */
Test(band_service, files,
	.description =
		"T-1 T-23 T-28 T-63: files: equal each time, the contract's one to its digest; exported "
		"twice is as once; and a score")
{
	/* vectors.tsv, V1 */
	static const char events[] = "40f86612ee41b30a", file[] = "64aec75fa7d07164";
	uint8_t *first = NULL;
	size_t size, again_size;
	struct wire_out out;

	for (unsigned i = 0; i < 2; i++) {
		rig_begin(&out, "band.file.create");
		rig_put_flags(&out, "chords", "Cmaj7 Dm7 G7 Cmaj7", "style", "swing_basic", "tempo", "120",
			"voicing", "reference", NULL);
		wire_put_bool(&out, "reference", 1);
		rig_call_out(rig.client[0], &out);
		rig_expect_result();
		cr_expect_eq(strncmp(rig_text("events_digest"), events, strlen(events)), 0, "%s",
			rig_text("events_digest"));
		cr_expect_eq(strncmp(rig_text("file_digest"), file, strlen(file)), 0, "%s",
			rig_text("file_digest"));
		cr_expect_eq(rig_number("notes"), 64);
		cr_expect_eq(rig_number("bars"), 4);
	}
	rig_begin(&out, "band.file.create");
	rig_put_flags(&out, "chords", "Dm7 G7 Cmaj7", "style", "bossa", "tempo", "140", NULL);
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	const uint8_t *bytes = rig_bytes(&size);
	cr_expect_eq(memcmp(bytes, "MThd", 4), 0);
	for (unsigned i = 0; i < 2; i++) {
		const int fd = rig_file(bytes, size);

		rig_begin(&out, "band.file.export");
		wire_add_fd(&out, fd);
		close(fd);
		rig_call_out(rig.client[0], &out);
		rig_expect_result();
		bytes = rig_bytes(&again_size);
		if (i == 0) {
			first = malloc(again_size);
			memcpy(first, bytes, again_size);
			size = again_size;
		}
	}
	cr_expect_eq(size, again_size);
	cr_expect_eq(memcmp(first, bytes, size), 0, "twice is not as once");
	free(first);
	rig_begin(&out, "band.score.create");
	rig_put_flags(&out, "chords", "Dm7 G7 Cmaj7", "style", "bossa", NULL);
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	cr_expect_eq(rig_number("parts"), 3);
	bytes = rig_bytes(&size);
	cr_expect_not_null(memmem(bytes, size, "\"Cmaj7\"", 7));
	const int fd = rig_file("no midi", 7);
	rig_begin(&out, "band.file.export");
	wire_add_fd(&out, fd);
	close(fd);
	rig_call_out(rig.client[0], &out);
	rig_expect_error("band.file.invalid", "byte 0");
}

Test(band_service, lists, .description = "styles and backends are listed, whatever is there")
{
	rig_call(rig.client[0], "band.style.list");
	rig_expect_result();
	cr_expect_geq(rig_number("n"), 60, "48 of the reference's, and ours");
	rig_call(rig.client[0], "band.backend.list");
	rig_expect_result();
	const msgpack_object *list = wire_get_array(rig.in.result, "backends");
	cr_assert_eq(list->via.array.size, 4);
	char name[32];
	cr_assert_eq(wire_get_str(&list->via.array.ptr[0], "name", name, sizeof(name)), 0);
	cr_expect_str_eq(name, "pipewire");
	cr_expect_eq(wire_get_array(&list->via.array.ptr[0], "ports")->via.array.size, 1);
}

Test(band_service, setlists,
	.description = "T-16: a setlist is read, and played from programs that lie one behind the other "
		       "beside the "
		       "request; a fault in one of them is told with its number")
{
	static const char list[] =
		"{\"name\":\"Gig\",\"tempo\":140,\"programs\":[{\"config\":\"a.ztprog\",\"repeat\":2},"
		"{\"config\":\"b.ztprog\"}]}";
	static const char programs[] = "chords: [C, G]\nstyle: bossa\nchords: [Am, D7, G]\nstyle: swing\n";
	const int64_t second = strstr(programs, "chords: [Am") - programs;
	struct wire_out out;

	int fd = rig_file(list, strlen(list));
	rig_begin(&out, "band.setlist.check");
	wire_add_fd(&out, fd);
	close(fd);
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	cr_expect_str_eq(rig_text("kind"), "setlist");
	const msgpack_object *items = wire_get_array(rig.in.result, "items");
	cr_assert_eq(items->via.array.size, 2);
	int64_t repeats = 0;
	cr_expect_eq(wire_get_i64(&items->via.array.ptr[0], "repeats", &repeats), 0);
	cr_expect_eq(repeats, 2);
	for (unsigned i = 0; i < 2; i++) {
		fd = rig_file(programs, strlen(programs));
		rig_begin(&out, "band.play");
		wire_open_array(&out, "setlist");
		wire_open_map(&out, NULL);
		wire_put_i64(&out, "at", 0);
		wire_put_i64(&out, "bytes", second);
		wire_put_i64(&out, "repeats", 2);
		wire_close(&out);
		wire_open_map(&out, NULL);
		wire_put_i64(&out, "at", second + i * 4096);
		wire_put_i64(&out, "bytes", (int64_t)strlen(programs) - second);
		wire_close(&out);
		wire_close(&out);
		wire_open_map(&out, "options");
		wire_put_i64(&out, "choruses", 1);
		wire_put_i64(&out, "count_in", 0);
		wire_close(&out);
		wire_add_fd(&out, fd);
		close(fd);
		rig_call_out(rig.client[0], &out);
		if (i) {
			rig_expect_error("band.program.invalid", "setlist.1");
			continue;
		}
		rig_expect_result();
		cr_expect_eq(rig_number("bars"), 2 * 2 + 3);
		change(rig.client[0], "tempo", "200", NULL);
		rig_expect_result();
		change(rig.client[0], "chords", "F Bb", NULL);
		rig_expect_result();
		change(rig.client[0], "tempo", "210", NULL);
		rig_expect_result();
		rig_call(rig.client[0], "band.stop");
		rig_expect_result();
	}
}

/* --- Playing --- */

Test(band_service, dry_run,
	.description = "T-22: every value of playing is shown with its source, and nothing is played")
{
	static const char *const keys[] = {"late_drop_ms", "ghost_vel_max", "panic", "clave", "click"};
	struct wire_out out;
	int64_t value;
	int on;
	char text[16];

	rig_begin(&out, "band.play");
	rig_put_flags(&out, "chords", "C G", "style", "swing", "grid", "8", NULL);
	wire_open_map(&out, "options");
	wire_put_i64(&out, "late_drop_ms", 50);
	wire_put_i64(&out, "ghost_vel_max", 30);
	wire_put_bool(&out, "panic", 0);
	wire_put_str(&out, "clave", "son_2_3");
	wire_put_bool(&out, "click", 1);
	wire_close(&out);
	wire_put_str(&out, "backend", "mido");
	wire_put_str(&out, "port", "Synth");
	wire_put_bool(&out, "dry_run", 1);
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	const msgpack_object *options = wire_get_map(rig.in.result, "options");
	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const msgpack_object *option = wire_get_map(options, keys[i]);

		cr_assert_eq(wire_get_str(option, "from", text, sizeof(text)), 0, "%s", keys[i]);
		cr_expect_str_eq(text, "flag", "%s", keys[i]);
	}
	cr_expect_eq(wire_get_i64(wire_get_map(options, "late_drop_ms"), "value", &value), 0);
	cr_expect_eq(value, 50);
	cr_expect_eq(wire_get_i64(wire_get_map(options, "ghost_vel_max"), "value", &value), 0);
	cr_expect_eq(value, 30);
	cr_expect_eq(wire_get_bool(wire_get_map(options, "panic"), "value", &on), 0);
	cr_expect_not(on);
	cr_expect_eq(wire_get_str(wire_get_map(options, "choruses"), "from", text, sizeof(text)), 0);
	cr_expect_str_eq(text, "default");
	cr_expect_eq(
		wire_get_i64(wire_get_map(wire_get_map(rig.in.result, "inputs"), "grid"), "value", &value),
		0);
	cr_expect_eq(value, 8);
	cr_expect_str_eq(rig_text("backend"), "pipewire");
	cr_expect_str_eq(rig_text("port"), "Synth");
	cr_expect_eq(rig.n_log, 0, "nothing was asked of rtcore");
}

Test(band_service, foreign_link,
	.description = "T-19: a link to the port that was there before the band played is there afterwards")
{
	struct wire_out out;

	strcpy(rig.transport.linked, "Synth:in");
	begin_play(&out, "bossa");
	wire_put_str(&out, "port", "Synth");
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	rig_begin(&out, "band.stop");
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	cr_expect_eq(rig.transport.id, 0);
	cr_expect_str_eq(rig.transport.linked, "Synth:in");
}

Test(band_service, play_and_stop,
	.description = "T-19: rtcore gets a looped timeline and plays it; stop stops it, takes it away, and "
		       "undoes the "
		       "link that was made")
{
	struct wire_out out;

	begin_play(&out, "bossa");
	wire_put_str(&out, "port", "Synth");
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	cr_expect(rig_truth("endless"));
	cr_expect_str_eq(rig_text("port"), "Synth:in");
	cr_expect(rig_logged("kronos.midiout.link kronos.timeline.load kronos.transport.play"));
	const struct mos_tl_policy *policy = &timeline()->policy;
	cr_expect_eq(policy->late_drop_ms, 35);
	cr_expect_eq(policy->ghost_vel_max, 22);
	cr_expect(policy->flags & MOS_TL_PANIC);
	cr_expect(policy->flags & MOS_TL_NO_SOUND, "a port was named");
	cr_expect_gt(policy->loop_end, policy->loop_start);
	expect_paired();
	rig_notice(rig.client[0], "band.changed");
	cr_expect_eq(rig_number("bar"), 1);
	cr_expect_str_eq(rig_text("chord"), "Cmaj7");
	cr_expect_str_eq(rig_text("next_chord"), "Dm7");
	rig_notice(rig.client[0], "band.changed");
	cr_expect_eq(rig_number("bar"), 2);
	cr_expect_eq(rig_number("chorus_bar"), 2);
	cr_expect_str_eq(rig_text("chord"), "Dm7");
	rig_call(rig.client[1], "band.status");
	cr_expect(rig_truth("playing"));
	cr_expect_str_eq(rig_text("style"), "bossa");
	rig_call(rig.client[1], "band.stop");
	rig_expect_result();
	cr_expect_eq(rig_number("bar"), 2);
	cr_expect(rig_logged("kronos.transport.stop kronos.timeline.unload kronos.midiout.unlink"));
	cr_expect_not(rig.transport.playing);
	cr_expect_eq(rig.transport.id, 0);
	rig_notice(rig.client[0], "band.ended");
	cr_expect_str_eq(rig_text("reason"), "stopped");
	rig_call(rig.client[0], "band.stop");
	rig_expect_error("band.idle", NULL);
	rig_call(rig.client[0], "band.status");
	cr_expect_not(rig_truth("playing"));
}

Test(band_service, changes,
	.description =
		"T-19: while it plays: tempo, style, chords, intensity from the next bar line on that can be "
		"reached, all before it as it was, nothing left to sound on; the last change wins")
{
	static const char *const flags[][2] = {{"tempo", "300"}, {"style", "swing"}, {"chords", "Am7 D7"},
		{"intensity", "hard"}, {"transpose", "3"}};
	int64_t line = 0;

	play(rig.client[0], "bossa");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		const int64_t at = rig_tick();
		const int64_t until = at + 1920; /* half a bar: the line is behind it or in it */
		const uint64_t before = content(at, at + 240);

		change(rig.client[0], flags[i][0], flags[i][1], NULL);
		rig_expect_result();
		line = rig_number("ticks");
		cr_expect_gt(line, at, "%s", flags[i][0]);
		cr_expect_leq(line, until + 7680, "%s: within two bars", flags[i][0]);
		if (line >= at + 240)
			cr_expect_eq(content(at, at + 240), before, "%s: what was to be heard", flags[i][0]);
		cr_expect_gt(timeline()->policy.loop_end, line);
		cr_expect_geq(timeline()->policy.loop_start, line);
		expect_paired();
		if (i == 0) {
			cr_expect_float_eq(bpm_at(line), 300, 0.01);
			cr_expect_float_eq(bpm_at(line - 1), 240, 0.01);
		}
	}
	cr_expect_float_eq(bpm_at(line), 300, 0.01, "changes add up");
	rig_call(rig.client[0], "band.status");
	cr_expect_str_eq(rig_text("style"), "swing");
	/* Two for one line: the second is what is heard. */
	change(rig.client[0], "tempo", "200", "chorus");
	rig_expect_result();
	change(rig.client[0], "tempo", "210", NULL);
	rig_expect_result();
	cr_expect_float_eq(bpm_at(rig_number("ticks")), 210, 0.01);
	cr_expect_float_eq(bpm_at(timeline()->policy.loop_end - 1), 210, 0.01);
	change(rig.client[0], "style", "bosa", NULL);
	rig_expect_error("band.style.unknown", NULL);
	change(rig.client[0], "tempo", "215", NULL);
	rig_expect_result(); /* it plays on, and what was refused is forgotten */
	rig_call(rig.client[0], "band.stop");
	rig_expect_result();
	change(rig.client[0], "tempo", "100", NULL);
	rig_expect_error("band.idle", NULL);
}

static long rss_kib(void)
{
	char path[64], line[256];
	long kib = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)rig.pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	}
	if (f)
		(void)fclose(f);
	return kib;
}

Test(band_service, a_thousand_changes,
	.description = "T-19: a thousand changes while it plays: it does not grow, and what it plays does "
		       "not either")
{
	char tempo[8];
	long early = 0;

	play(rig.client[0], "chacha_bass"); /* what it plays decides how long this takes */
	for (unsigned i = 0; i < CHANGES; i++) {
		(void)snprintf(tempo, sizeof(tempo), "%u", 200 + i % 100);
		change(rig.client[0], "tempo", tempo, NULL);
		rig_expect_result();
		/* Time goes faster here. */
		rig_go_to(timeline()->policy.loop_start + 100);
		if (i == CHANGES / 2)
			early = rss_kib();
	}
	const long late = rss_kib();
	if (!getenv("ASAN_OPTIONS"))
		cr_expect_lt(late - early, 8192, "%ld KiB, then %ld KiB", early, late);
	expect_paired();
	rig_call(rig.client[0], "band.stop");
	rig_expect_result();
}

Test(band_service, through_the_wrap,
	.description = "a change that comes when the loop has jumped back is made again for the next line")
{
	play(rig.client[0], "bossa");
	rig_go_to(timeline()->policy.loop_end - 100);
	change(rig.client[0], "tempo", "260", NULL);
	rig_expect_result();
	const int64_t line = rig_number("ticks");
	cr_expect_gt(line, rig_tick(), "it is ahead");
	cr_expect_float_eq(bpm_at(line), 260, 0.01);
	cr_expect_float_eq(bpm_at(rig_tick()), 240, 0.01);
}

static bool is_playing(int client)
{
	rig_call(client, "band.status");
	rig_expect_result();
	return rig_truth("playing");
}

static void await_playing(int client)
{
	while (!is_playing(client))
		rig_pass(5); /* the test's time limit ends a wait in vain */
}

Test(band_service, killed,
	.description = "SCL-08 T-19: killed with -9 while rtcore plays what was changed: the next one begins "
		       "nothing anew, knows "
		       "what plays, changes it, stops it and undoes its link")
{
	struct wire_out out;

	begin_play(&out, "bossa");
	wire_put_str(&out, "port", "Synth");
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	change(rig.client[0], "style", "swing", NULL);
	rig_expect_result();
	change(rig.client[0], "tempo", "250", "chorus");
	rig_expect_result();
	const unsigned loads = rig.n_loads;
	const uint64_t id = rig.transport.id;
	rig_kill();
	cr_assert_geq(rig.kept, 0, "it gave its manager nothing to keep");
	rig_start_again(1);
	await_playing(rig.client[1]);
	cr_expect_str_eq(rig_text("style"), "swing");
	cr_expect_str_eq(rig_text("port"), "Synth:in");
	cr_expect_eq(rig.n_loads, loads);
	cr_expect_eq(rig.transport.id, id);
	change(rig.client[1], "intensity", "hard", NULL);
	rig_expect_result();
	/* What was adopted is kept, too. */
	rig_kill();
	rig_start_again(1);
	await_playing(rig.client[2]);
	rig_call(rig.client[2], "band.stop");
	rig_expect_result();
	cr_expect_eq(rig.transport.id, 0);
	cr_expect_str_eq(rig.transport.linked, "");
	/* What has ended is not there again. */
	rig_kill();
	rig_start_again(1);
	cr_expect_not(is_playing(rig.client[0]));
}

Test(band_service, killed_behind_the_wrap,
	.description = "SCL-08: a change that was made again behind the loop's jump is one change, for the "
		       "next process too")
{
	play(rig.client[0], "bossa");
	rig_go_to(timeline()->policy.loop_end - 100);
	change(rig.client[0], "tempo", "260", NULL);
	rig_expect_result();
	change(rig.client[0], "intensity", "hard", NULL);
	rig_expect_result();
	rig_kill();
	rig_start_again(1);
	await_playing(rig.client[0]);
	cr_expect_float_eq(bpm_at(timeline()->policy.loop_end - 1), 260, 0.01);
}

Test(band_service, killed_with_rtcore,
	.description = "SCL-08: killed together with rtcore, and asked for other things before that is back: "
		       "what plays is ours all "
		       "the same")
{
	enum { QUESTIONS = 24 };
	struct wire_out out;

	play(rig.client[0], "bossa");
	rig_kill();
	rig_start_again(0);
	cr_expect_not(is_playing(rig.client[1]));
	/* Enough to do for a while. */
	for (unsigned i = 0; i < QUESTIONS; i++) {
		begin_play(&out, "swing");
		wire_put_bool(&out, "dry_run", 1);
		rig_send(rig.client[0], &out);
	}
	rig_answer(rig.client[0]);
	rig_rtcore_up(2, rig.transport.id);
	for (unsigned i = 1; i < QUESTIONS; i++) {
		rig_answer(rig.client[0]);
		rig_expect_result();
	}
	await_playing(rig.client[1]);
	cr_expect_str_eq(rig_text("style"), "bossa");
}

Test(band_service, another_score_meanwhile,
	.description = "SCL-08: what rtcore plays when the next one comes is not what the killed one had: it "
		       "is left alone")
{
	play(rig.client[0], "bossa");
	rig_kill();
	rig_replace(77);
	rig.n_log = 0;
	rig_start_again(1);
	cr_expect_not(is_playing(rig.client[0]));
	rig_call(rig.client[0], "band.stop");
	rig_expect_error("band.idle", NULL);
	cr_expect_eq(rig.n_log, 0);
}

/* A tune whose text is longer, or shorter, than the program that is made of it. */
static void play_tune(size_t padding)
{
	char *text = NULL;
	size_t size = 0;
	struct wire_out out;
	FILE *f = open_memstream(&text, &size);

	cr_assert_not_null(f);
	(void)fprintf(f, "X:1\nT:Tune\n");
	for (size_t i = 0; i < padding; i++)
		(void)fprintf(f, "%% nothing but a comment, line %zu\n", i);
	(void)fprintf(f, "M:4/4\nL:1/4\nK:C\n\"C\"CEGE|\"G7\"GBdB|\"Am\"AceC|\"F\"FAcA|\n");
	(void)fclose(f);
	rig_begin(&out, "band.play");
	rig_put_flags(&out, "style", "bossa", "tempo", "240", NULL);
	wire_open_map(&out, "options");
	wire_put_i64(&out, "count_in", 0);
	wire_put_i64(&out, "choruses", 0);
	wire_close(&out);
	const int fd = rig_file(text, size);
	free(text);
	wire_add_fd(&out, fd);
	close(fd);
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
}

Test(band_service, changes_of_a_tune,
	.description = "T-19 SCL-08: what was made of somebody's score is changed as anything else, whatever "
		       "the length of its file, "
		       "and known again after kill -9")
{
	static const size_t padding[] = {0, 1000};

	for (unsigned i = 0; i < 2; i++) {
		play_tune(padding[i]);
		change(rig.client[0], "tempo", "250", NULL);
		rig_expect_result();
		cr_expect_float_eq(bpm_at(timeline()->policy.loop_end - 1), 250, 0.01);
		rig_call(rig.client[0], "band.status");
		cr_expect_str_eq(rig_text("name"), "Tune");
		rig_kill();
		rig_start_again(1);
		await_playing(rig.client[0]);
		cr_expect_str_eq(rig_text("name"), "Tune");
		rig_call(rig.client[0], "band.stop");
		rig_expect_result();
	}
}

Test(band_service, backends,
	.description = "T-27: a backend or port that is not there: refused at once and clearly, nothing "
		       "sent, nothing "
		       "left behind")
{
	struct wire_out out;

	begin_play(&out, "bossa");
	wire_put_str(&out, "backend", "theremin");
	rig_call_out(rig.client[0], &out);
	rig_expect_error("band.backend.unavailable", "RT_BACKEND_FAILURE");
	begin_play(&out, "bossa");
	wire_put_str(&out, "port", "Piano");
	rig_call_out(rig.client[0], &out);
	rig_expect_error("band.port.unknown", NULL);
	cr_expect_eq(rig.n_loads, 0);
	begin_play(&out, "bossa");
	wire_put_str(&out, "backend", "alsa-raw");
	wire_put_str(&out, "port", "no such device");
	rig_call_out(rig.client[0], &out);
	cr_assert_not_null(rig.in.error);
	rig.transport.refuses_play = true;
	begin_play(&out, "bossa");
	wire_put_str(&out, "port", "Synth");
	rig_call_out(rig.client[0], &out);
	rig_expect_error("band.backend.unavailable", "RT_BACKEND_FAILURE");
	cr_expect_eq(rig.transport.id, 0, "the timeline is taken away");
	cr_expect_str_eq(rig.transport.linked, "", "the link is undone");
	rig.transport.refuses_play = false;
	rig.transport.down = true;
	begin_play(&out, "bossa");
	rig_call_out(rig.client[0], &out);
	rig_expect_error("band.backend.unavailable", "RT_BACKEND_FAILURE");
	rig_call(rig.client[0], "band.status");
	cr_expect_not(rig_truth("playing"));
}

Test(band_service, own_thread,
	.description =
		"T-19 T-22: a backend of its own: it plays, changes, tells bars, and stops with counts")
{
	struct wire_out out;

	begin_play(&out, "bossa");
	wire_put_str(&out, "backend", "collect");
	rig_call_out(rig.client[0], &out);
	rig_expect_result();
	cr_expect_str_eq(rig_text("backend"), "collect");
	cr_expect_eq(rig.n_loads, 0, "rtcore has nothing to do with it");
	rig_notice(rig.client[0], "band.changed");
	change(rig.client[0], "tempo", "280", NULL);
	rig_expect_result();
	const int64_t bar = rig_number("at_bar");
	do
		rig_notice(rig.client[0], "band.changed");
	while (rig_number("bar") < bar);
	double tempo = 0;
	cr_expect_eq(wire_get_f64(rig.in.params, "tempo", &tempo), 0);
	cr_expect_float_eq(tempo, 280, 0.01);
	rig_call(rig.client[0], "band.stop");
	rig_expect_result();
	cr_expect_gt(rig_number("sent"), 10);
}

Test(band_service, rtcore_again,
	.description = "rtcore was restarted: it is given the timeline again and plays on from the bar "
		       "where it was")
{
	play(rig.client[0], "bossa");
	rig_notice(rig.client[0], "band.changed");
	rig_notice(rig.client[0], "band.changed");
	const uint64_t id = rig.transport.id;
	rig.transport.playing = false;
	rig_replace(0);
	rig.n_log = 0;
	rig_rtcore_up(2, 0);
	while (!rig.transport.playing)
		rig_pass(5);
	cr_expect_eq(rig.transport.id, id);
	cr_expect(rig_logged("kronos.timeline.load kronos.transport.seek kronos.transport.play"));
	cr_expect_eq(rig.transport.tick, 3840, "%lld", (long long)rig.transport.tick);
	rig_call(rig.client[0], "band.status");
	cr_expect(rig_truth("playing"));
}

Test(band_service, replaced_in_a_change,
	.description =
		"rtcore begins anew with another score while a change is under way: the band has ended, and "
		"the service goes on")
{
	play(rig.client[0], "bossa");
	rig.transport.replaced_by = 77;
	change(rig.client[1], "tempo", "260", NULL);
	rig_expect_error("band.idle", NULL);
	rig_notice(rig.client[0], "band.ended");
	cr_expect_str_eq(rig_text("reason"), "replaced");
	rig_call(rig.client[1], "band.status");
	cr_expect_not(rig_truth("playing"));
	play(rig.client[1], "swing");
}

Test(band_service, who_ends_it,
	.description = "T-19: another score, the end, the caller's hang-up, the service's own end: the band "
		       "ends, and "
		       "says why")
{
	struct wire_out out;

	play(rig.client[0], "bossa");
	rig_replace(77);
	rig_notice(rig.client[0], "band.ended");
	cr_expect_str_eq(rig_text("reason"), "replaced");
	cr_expect_not(rig_logged("kronos.transport.stop"), "what plays now is not ours");

	play(rig.client[0], "bossa");
	begin_play(&out, "bossa");
	rig_call_out(rig.client[1], &out);
	rig_expect_error("band.taken", NULL);
	rig.transport.playing = false;
	rig_notice(rig.client[0], "band.ended");
	cr_expect_str_eq(rig_text("reason"), "stopped");

	/* One chorus of four bars, moved near its end. */
	rig_begin(&out, "band.play");
	rig_put_flags(&out, "chords", "C F G C", "style", "swing", "tempo", "240", NULL);
	wire_open_map(&out, "options");
	wire_put_i64(&out, "choruses", 1);
	wire_put_i64(&out, "count_in", 0);
	wire_close(&out);
	rig_call_out(rig.client[1], &out);
	rig_expect_result();
	cr_expect_not(rig_truth("endless"));
	rig_go_to(timeline()->end_tick - 480);
	rig_pass(300);
	rig.transport.playing = false;
	rig_notice(rig.client[1], "band.ended");
	cr_expect_str_eq(rig_text("reason"), "end");

	begin_play(&out, "bossa");
	wire_put_bool(&out, "hold", 1);
	rig_call_out(rig.client[2], &out);
	rig_expect_result();
	rig.n_log = 0;
	close(rig.client[2]);
	rig.client[2] = rig_client("test");
	while (!rig_logged("kronos.transport.stop kronos.timeline.unload"))
		rig_pass(5);

	play(rig.client[0], "bossa");
	rig.n_log = 0;
	rig_end();
	cr_expect(rig_logged("kronos.transport.stop kronos.timeline.unload"), "it ends in silence");
}
