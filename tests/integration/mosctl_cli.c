/* SPDX-License-Identifier: MIT */
/* mosctl without a running MOS: help, wrong words, files that are none, rendering. */
#include <criterion/criterion.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mosctl_run.h"

static char dir[64];
static struct said said;

static void setup(void)
{
	strcpy(dir, "/tmp/mosctl-cli-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	setenv("MOS_RUNTIME_DIR", dir, 1); /* nobody runs there */
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(mosctl_cli, .init = setup, .fini = teardown, .timeout = 60);

/* A path that is good until the fourth call after this one. */
static const char *in_dir(const char *name)
{
	static char path[4][128];
	static unsigned int next;
	char *p = path[next++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

Test(mosctl_cli, every_command_explains_itself, .description = "summary, options and an example")
{
	yyjson_doc *doc;
	yyjson_val *command, *option;
	size_t i, max, j, n_options;

	MOSCTL(&said, "help", "--json");
	cr_assert_eq(said.code, 0);
	doc = said_json(&said);
	cr_assert_geq(yyjson_arr_size(yyjson_obj_get(yyjson_doc_get_root(doc), "commands")), 28);
	yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "commands"), i, max, command)
	{
		const char *name = yyjson_get_str(yyjson_obj_get(command, "name"));
		char usage[64];

		MOSCTL(&said, name, "--help");
		cr_expect_eq(said.code, 0, "%s", name);
		(void)snprintf(usage, sizeof(usage), "Usage: mosctl %s", name);
		cr_expect(strstr(said.out, usage), "%s: %s", name, said.out);
		(void)snprintf(usage, sizeof(usage), "Example:\n  mosctl %s", name);
		cr_expect(strstr(said.out, usage), "%s has no example", name);
		yyjson_arr_foreach(yyjson_obj_get(command, "options"), j, n_options, option) cr_expect(
			strstr(said.out, yyjson_get_str(option)), "%s --%s", name, yyjson_get_str(option));
	}
	yyjson_doc_free(doc);
}

Test(mosctl_cli, wrong_words_are_usage)
{
	static const struct {
		const char *args[6];
		const char *err; /* part of what is said */
	} row[] = {
		{{NULL}, "Usage: mosctl"},
		{{"plya"}, "did you mean mosctl play?"},
		{{"statuss"}, "did you mean mosctl status?"},
		{{"xyzzyplugh"}, "mosctl --help"},
		{{"--nonsense"}, "unknown option --nonsense"},
		{{"play", "--nonsense"}, "unknown option --nonsense"},
		{{"play", "-Z"}, "unknown option -Z"},
		{{"play", "a", "b"}, "too many words: b"},
		{{"play", "--count-in"}, "needs an argument"},
		{{"play", "--count-in", "many"}, "not 0 to 16 bars: many"},
		{{"play", "--loop", "1"}, "needs two arguments"},
		{{"seek"}, "BAR[:BEAT[:TICK]] is missing"},
		{{"seek", "-1"}, "numbers below 0 after --"},
		{{"seek", "--", "-1"}, "not a place: -1"},
		{{"tempo", "-50%"}, "numbers below 0 after --"},
		{{"seek", "0"}, "not a place: 0"},
		{{"seek", "1:0"}, "not a place"},
		{{"seek", "1:2:3:4"}, "not a place"},
		{{"seek", "4294967297"}, "not a place"},
		{{"seek", "1:"}, "not a place"},
		{{"seek", "one"}, "not a place"},
		{{"tempo", "fast"}, "not a tempo"},
		{{"tempo", "nan"}, "not a tempo"},
		{{"tempo", "inf"}, "not a tempo"},
		{{"tempo", "1e999"}, "not a tempo"},
		{{"tempo", "%"}, "not a tempo"},
		{{"tempo", "12abc"}, "not a tempo"},
		{{"loop", "2", "1"}, "not two bars"},
		{{"loop", "0", "1"}, "not two bars"},
		{{"loop", "1"}, "two bars, or off"},
		{{"metronome", "loud"}, "metronome on"},
		{{"note", "C4", "--velocity", "hard"}, "--velocity"},
		{{"note", "C4", "--channel", "16"}, "--channel"},
		{{"instrument", "set", "16", "0"}, "not a channel"},
		{{"instrument", "0", "0"}, "is none of list set audition load map unmap"},
		{{"instrument", "set", "0"}, "CHANNEL PROGRAM is missing"},
		{{"instrument", "list", "--key", "C4"}, "instrument list takes no --key"},
		{{"instrument", "list", "x"}, "too many words: x"},
		{{"fx", "set", "reverb"}, "UNIT PARAM=VALUE... is missing"},
		{{"fx", "set", "reverb", "loud"}, "neither on, off nor PARAM=VALUE"},
		{{"fx", "set", "reverb", "time_s=long"}, "not a number: long"},
		{{"fx", "list", "--strip", "64"}, "not a strip"},
		{{"insert", "add", "3"}, "is missing"},
		{{"insert", "set", "3", "gain"}, "not SYMBOL=VALUE"},
		{{"insert", "remove", "3", "--slot", "4"}, "--slot: not 0 to 3"},
		{{"clip", "remove", "first"}, "not the number of a clip"},
		{{"clip", "list", "--loop"}, "clip list takes no --loop"},
		{{"insert", "bypass", "3", "maybe"}, "on or off, not maybe"},
		{{"insert", "bypass", "3"}, "is missing"},
		{{"strip", "--gain", "0"}, "which one?"},
		{{"strip", "64", "--gain", "0"}, "not a strip"},
		{{"strip", "1"}, "what is to change?"},
		{{"strip", "1", "--mute", "maybe"}, "on or off"},
		{{"events", "--type", "midi:noteon,nope"}, "no event type \"nope\""},
		{{"events", "--count", "0"}, "--count"},
		{{"emit"}, "TYPE [NAME=VALUE...] is missing"},
		{{"emit", "midi:nothing"}, "no event type \"midi:nothing\""},
		{{"emit", "--fields", "midi:nothing"}, "no event type"},
		{{"emit", "midi:noteon", "note"}, "note: not NAME=VALUE"},
		{{"emit", "midi:noteon", "notes=C4"}, "its fields are tick note key velocity"},
		{{"emit", "midi:noteon", "note=H4"}, "note=H4: not understood"},
		{{"emit", "midi:noteon", "key=256"}, "key=256: out of range"},
		{{"emit", "midi:noteon", "key=-1"}, "key=-1: out of range"},
		{{"emit", "midi:noteon", "velocity=1.1"}, "out of range"},
		{{"emit", "midi:noteon", "tick=soon"}, "tick=soon: not understood"},
		{{"emit", "midi:snapshot", "keys=C4,,E4"}, "not understood"},
		{{"emit", "midi:snapshot", "string=40,45"}, "not understood"},
		{{"emit", "chord:detected", "origin=ear"}, "origin=ear: not understood"},
		{{"emit", "chord:detected", "symbol=Cmaj7#11no3add13b5"}, "out of range"},
		{{"emit", "metronome:pattern", "steps=x..y"}, "not understood"},
		{{"emit", "metronome:beat", "bar=0"}, "bar=0: out of range"},
		{{"emit", "metronome:beat", "bpm=0"}, "bpm=0: out of range"},
		{{"emit", "midi:noteon", "--hold", "-1"}, "--hold"},
		{{"metrics", "midi:nothing"}, "no event type"},
		{{"data", "put"}, "put FILE | get ID is missing"},
		{{"data", "send", "x"}, "not \"send\""},
		{{"data", "get", "seven"}, "not the number of something shared"},
		{{"data", "get", "1", "--kind", "x"}, "--kind is for data put"},
		{{"widget"}, "VERB [ID] [WORD...] is missing"},
		{{"widget", "dance"}, "no verb \"dance\""},
		{{"widget", "start"}, "widget start: ID is missing"},
		{{"widget", "stop", "a", "b"}, "too many words: b"},
		{{"widget", "list", "--purge"}, "widget list takes no --purge"},
		{{"widget", "logs", "a", "--lines", "0"}, "--lines"},
		{{"widget", "settings", "a", "loud"}, "neither {...} nor KEY=VALUE"},
		{{"top", "--interval", "0"}, "--interval"},
		{{"render", "x.mid"}, "-o WAV is missing"},
		{{"call", "kronos.x.y", "{\"a\":"}, "not JSON, at byte 5"},
		{{"call", "kronos.x.y", "nothing"}, "neither {...} nor KEY=VALUE"},
		{{"--timeout", "soon", "ping"}, "--timeout"},
		{{"help", "plya"}, "no command"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		mosctl_run(&said, row[i].args);
		cr_expect_eq(said.code, 2, "row %zu (%s %s): exit code %d", i, row[i].args[0], row[i].args[1],
			said.code);
		cr_expect(strstr(said.err, row[i].err), "row %zu (%s %s): %s", i, row[i].args[0],
			row[i].args[1], said.err);
		cr_expect_str_empty(said.out);
	}
}

Test(mosctl_cli, nobody_runs,
	.description = "exit code 3, where it looked, what to do; with --json an error object")
{
	static const char *const commands[][4] = {{"pause"}, {"play"}, {"status"}, {"top"}, {"events"},
		{"ping"}, {"note", "C4"}, {"quit"}, {"call", "kronos.position.get"}, {"emit", "midi:noteon"},
		{"metrics"}, {"data", "get", "1"}, {"widget", "list"}, {"widget", "attach", "metronome"},
		{"kronos", "position", "get"}};
	yyjson_doc *doc;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		mosctl_run(&said, commands[i]);
		cr_expect_eq(said.code, 3, "%s: %d", commands[i][0], said.code);
		cr_expect(strstr(said.err, dir), "%s", said.err);
		cr_expect(strstr(said.err, "\nhint: "), "%s", said.err);
	}
	MOSCTL(&said, "pause", "--json");
	cr_expect_eq(said.code, 3);
	doc = said_json(&said);
	cr_expect_str_eq(yyjson_get_str(yyjson_ptr_get(yyjson_doc_get_root(doc), "/error/code")),
		"client.broker.unreachable");
	yyjson_doc_free(doc);
	cr_expect(strstr(said.err, "mosctl: "));
}

/* As other converters do: without any service. */
Test(mosctl_cli, FMT_02_FMT_05_FMT_07_files_of_music_need_no_MOS)
{
	static const char tune[] = "X:1\nT:Two Bars\nM:4/4\nL:1/4\nK:G\n\"Am\"A B c d | G4 |]\n";
	const char *abc = in_dir("tune.abc"), *xml = in_dir("tune.musicxml"), *bad = in_dir("bad.mid");
	FILE *f = fopen(abc, "w");

	cr_assert(f && fputs(tune, f) >= 0 && fclose(f) == 0);
	MOSCTL(&said, "score", "convert", abc, xml);
	cr_assert_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "score", "validate", abc, xml);
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_assert(strstr(said.out, "tune.musicxml: valid, MusicXML, 2 measures, 5 notes"), "%s", said.out);
	MOSCTL(&said, "score", "show", xml);
	cr_assert(said.code == 0 && strstr(said.out, "Two Bars"), "%s%s", said.out, said.err);
	MOSCTL(&said, "score", "diff", abc, abc);
	cr_assert(said.code == 0 && !said.out[0], "%s%s", said.out, said.err);

	f = fopen(bad, "w");
	cr_assert(f && fputs("MThd\1", f) >= 0 && fclose(f) == 0);
	MOSCTL(&said, "score", "validate", bad, abc);
	cr_assert_eq(said.code, 4, "the bad one decides: %d", said.code);
	cr_assert(strstr(said.err, "byte") && strstr(said.out, "tune.abc: valid"), "%s%s", said.out, said.err);
	/* Of a book every tune is looked at, and said to be which. */
	f = fopen(abc, "a");
	cr_assert(f && fputs("\nX:2\nT:Second\nM:4/4\nL:1/4\nK:D\nD4 |]\n", f) >= 0 && fclose(f) == 0);
	MOSCTL(&said, "score", "validate", abc);
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_assert(strstr(said.out, "tune 1 of 2: valid, ABC 2.1, 2 measures, 5 notes"), "%s", said.out);
	cr_assert(strstr(said.out, "tune 2 of 2: valid, ABC 2.1, 1 measures, 1 notes"), "%s", said.out);
	MOSCTL(&said, "score", "validate", "--json", "--index", "2", abc);
	yyjson_doc *doc = said_json(&said);
	cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(yyjson_doc_get_root(doc), "/title")), "Second");
	cr_assert_eq(yyjson_get_uint(yyjson_ptr_get(yyjson_doc_get_root(doc), "/index")), 1);
	yyjson_doc_free(doc);
	/* What is in the store is MOS' own. */
	MOSCTL(&said, "score", "list");
	cr_assert_eq(said.code, 3);
}

Test(mosctl_cli, bad_files,
	.description = "exit code 4 before anything else is asked; a truncated file names the byte")
{
	static const struct {
		const char *name;
		const char *err;
	} row[] = {
		{"missing.mid", "No such file"},
		{".", "is a directory"},
		{"empty.mid", "is empty"},
		{"fifo.mid", "is no regular file"},
		{"truncated.mid", "byte "},
		{"text.mid", "byte 0"},
		{"huge.mid", ""},
	};
	char wav[128];
	FILE *f;

	(void)snprintf(wav, sizeof(wav), "%s/out.wav", dir);
	write_midi(in_dir("empty.mid"), 0, 0);
	cr_assert_eq(truncate(in_dir("empty.mid"), 0), 0);
	cr_assert_eq(mkfifo(in_dir("fifo.mid"), 0600), 0);
	write_midi(in_dir("truncated.mid"), 8, 17);
	f = fopen(in_dir("text.mid"), "we");
	cr_assert_not_null(f);
	fputs("this is no music at all", f);
	fclose(f);
	f = fopen(in_dir("huge.mid"), "we");
	cr_assert_not_null(f);
	cr_assert_eq(ftruncate(fileno(f), 4l << 30), 0);
	fclose(f);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		MOSCTL(&said, "render", in_dir(row[i].name), "-o", wav);
		cr_expect_eq(said.code, 4, "%s: %d %s", row[i].name, said.code, said.err);
		cr_expect(strstr(said.err, row[i].err), "%s: %s", row[i].name, said.err);
		cr_expect_neq(access(wav, F_OK), 0, "%s left a file behind", row[i].name);
		if (i >= 4) /* only who reads it can tell */
			continue;
		MOSCTL(&said, "play", in_dir(row[i].name));
		cr_expect_eq(said.code, 4, "play %s: %d", row[i].name, said.code);
		MOSCTL(&said, "load", in_dir(row[i].name));
		cr_expect_eq(said.code, 4, "load %s: %d", row[i].name, said.code);
	}
}

Test(mosctl_cli, unreadable_file)
{
	const char *path = in_dir("secret.mid");

	if (geteuid() == 0)
		cr_skip_test("root may read everything");
	write_midi(path, 1, 0);
	cr_assert_eq(chmod(path, 0), 0);
	MOSCTL(&said, "load", path);
	cr_expect_eq(said.code, 4);
	cr_expect(strstr(said.err, "Permission denied"));
}

Test(mosctl_cli, names_cannot_forge_lines)
{
	MOSCTL(&said, "load", "/nonexistent\n\033[31mmosctl: all is well");
	cr_expect_eq(said.code, 4);
	cr_expect_null(strchr(said.err, '\033'));
	cr_expect_null(strstr(said.err, "\nmosctl: all"));
}

/* Samples of the whole file, interleaved; freed by the caller. */
static float *read_wav(const char *path, SF_INFO *ret_info)
{
	SNDFILE *f;
	float *samples;

	*ret_info = (SF_INFO){0};
	f = sf_open(path, SFM_READ, ret_info);
	cr_assert_not_null(f, "%s: %s", path, sf_strerror(NULL));
	samples = calloc((size_t)ret_info->frames + 1, 2 * sizeof(*samples));
	cr_assert_eq(sf_readf_float(f, samples, ret_info->frames), ret_info->frames);
	sf_close(f);
	return samples;
}

Test(mosctl_cli, render_says_what_the_file_holds,
	.description = "length and peak of the summary are the WAV's own")
{
	const char *midi = in_dir("four.mid"), *wav = in_dir("four.wav"), *again = in_dir("again.wav");
	float *a, *b, peak = 0;
	SF_INFO info, info_b;
	yyjson_doc *doc;
	yyjson_val *root;

	write_midi(midi, 4, 0);
	MOSCTL(&said, "render", midi, "-o", wav, "--instrument", "builtin", "--seconds", "2", "--rate",
		"44100", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	doc = said_json(&said);
	root = yyjson_doc_get_root(doc);
	a = read_wav(wav, &info);
	cr_expect_eq(info.samplerate, 44100);
	cr_expect_eq(info.channels, 2);
	cr_expect_eq(info.frames, 88200);
	cr_expect_eq(yyjson_get_uint(yyjson_obj_get(root, "frames")), (uint64_t)info.frames);
	cr_expect_eq(yyjson_get_uint(yyjson_obj_get(root, "notes")), 4);
	for (sf_count_t i = 0; i < 2 * info.frames; i++)
		peak = fmaxf(peak, fabsf(a[i]));
	cr_expect_gt(peak, 0.01f, "it sounds");
	cr_expect_float_eq(yyjson_get_num(yyjson_obj_get(root, "peak_dbfs")), 20 * log10(peak), 0.01);
	yyjson_doc_free(doc);

	MOSCTL(&said, "render", midi, "-o", again, "--instrument", "builtin", "--seconds", "2", "--rate",
		"44100");
	cr_assert_eq(said.code, 0);
	cr_expect(strstr(said.out, "2.00 s, 44100 Hz, peak "), "%s", said.out);
	b = read_wav(again, &info_b);
	cr_assert_eq(info_b.frames, info.frames);
	cr_expect_arr_eq(a, b, (size_t)info.frames * 2 * sizeof(*a), "two renders are the same to the bit");
	free(a);
	free(b);
}

Test(mosctl_cli, render_cannot_write)
{
	const char *midi = in_dir("one.mid");

	write_midi(midi, 1, 0);
	MOSCTL(&said, "render", midi, "-o", in_dir("no/such/out.wav"), "--instrument", "builtin");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "nothing was rendered"));
	MOSCTL(&said, "render", midi, "-o", in_dir("x.wav"), "--bank", in_dir("missing.sf2"));
	cr_expect_eq(said.code, 4);
}

Test(mosctl_cli, render_replaces_files_only,
	.description = "what is no file is refused before anything is rendered, and stays what it is")
{
	const char *midi = in_dir("one.mid"), *fifo = in_dir("fifo"), *wav = in_dir("out.wav");
	struct stat st;

	write_midi(midi, 1, 0);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	MOSCTL(&said, "render", midi, "-o", fifo, "--instrument", "builtin");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "is not a regular file"), "%s", said.err);
	cr_expect(stat(fifo, &st) == 0 && S_ISFIFO(st.st_mode), "the pipe was replaced");
	MOSCTL(&said, "render", midi, "-o", dir, "--instrument", "builtin");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "is a directory"), "%s", said.err);
	write_midi(wav, 1, 0); /* any file will do */
	MOSCTL(&said, "render", midi, "-o", wav, "--instrument", "builtin");
	cr_expect_eq(said.code, 0, "a file is replaced: %s", said.err);
}

Test(mosctl_cli, output_that_cannot_be_written,
	.description = "a full disk under standard output is a failure, and told")
{
	static const char *const command[] = {"version", "help", "doctor"};
	char line[256];

	for (size_t i = 0; i < sizeof(command) / sizeof(command[0]); i++) {
		(void)snprintf(
			line, sizeof(line), "'%s' %s >/dev/full 2>'%s'", MOSCTL_PATH, command[i], in_dir("err"));
		cr_expect_eq(WEXITSTATUS(system(line)), 1, "%s", command[i]);
		(void)snprintf(line, sizeof(line), "grep -q 'No space left' '%s'", in_dir("err"));
		cr_expect_eq(system(line), 0, "%s says nothing", command[i]);
	}
}

Test(mosctl_cli, every_type_has_fields, .description = "EVT-11 EVT-25: what each type tells has names")
{
	static struct said fields;
	char *rest, *type;
	unsigned int n = 0;

	MOSCTL(&said, "emit", "--fields");
	cr_assert_eq(said.code, 0, "%s", said.err);
	for (type = strtok_r(said.out, "\n", &rest); type; type = strtok_r(NULL, "\n", &rest)) {
		MOSCTL(&fields, "emit", "--fields", type);
		cr_expect(fields.code == 0 && fields.out[0], "%s", type);
		n++;
	}
	cr_expect_geq(n, 31);
}

Test(mosctl_cli, doctor_looks_at_the_sandbox, .description = "WID-07: what holds widgets is looked at")
{
	static const char *const names[] = {"bubblewrap", "namespaces", "seccomp", "landlock", "cgroup", "trial"};

	MOSCTL(&said, "doctor", "sandbox", "--json");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "\"name\":\"sandbox.%s\"", names[i]);
		cr_expect(strstr(said.out, name), "%s: %s", name, said.out);
	}
}

Test(mosctl_cli, doctor_reports_each_line_with_a_verdict)
{
	yyjson_doc *doc;
	yyjson_val *root, *check;
	uint64_t n[4] = {0};
	size_t i, max;

	MOSCTL(&said, "doctor", "--json");
	doc = said_json(&said);
	root = yyjson_doc_get_root(doc);
	yyjson_arr_foreach(yyjson_obj_get(root, "checks"), i, max, check)
	{
		const char *verdict = yyjson_get_str(yyjson_obj_get(check, "verdict"));

		n[!strcmp(verdict, "ok")	 ? 0
			: !strcmp(verdict, "warn") ? 1
			: !strcmp(verdict, "fail") ? 2
						   : 3]++;
		cr_expect(yyjson_obj_get(check, "name") && yyjson_obj_get(check, "text"));
	}
	cr_expect_geq(max, 40);
	cr_expect_eq(yyjson_get_uint(yyjson_obj_get(root, "ok")), n[0]);
	cr_expect_eq(yyjson_get_uint(yyjson_obj_get(root, "warn")), n[1]);
	cr_expect_eq(yyjson_get_uint(yyjson_obj_get(root, "fail")), n[2]);
	cr_expect_eq(yyjson_get_uint(yyjson_obj_get(root, "info")), n[3]);
	cr_expect_eq(said.code, n[2] ? 1 : 0);
	yyjson_doc_free(doc);
	MOSCTL(&said, "doctor");
	cr_expect(strstr(said.out, "mos-session"), "says how to start MOS, which does not run here: %s",
		said.out);
}

Test(mosctl_cli, doctor_sees_a_missing_pipewire)
{
	unsetenv("PIPEWIRE_RUNTIME_DIR");
	setenv("XDG_RUNTIME_DIR", dir, 1);
	MOSCTL(&said, "doctor");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "fail  pipewire.socket"), "%s", said.out);
	cr_expect(strstr(said.out, "pipewire-0: No such file"), "%s", said.out);
}

Test(mosctl_cli, doctor_runs_single_checks)
{
	MOSCTL(&said, "doctor", "kernel.version");
	cr_expect_eq(said.code, 0, "%s", said.out);
	cr_expect(strstr(said.out, "kernel.version") && !strstr(said.out, "kernel.preempt"), "%s", said.out);
	MOSCTL(&said, "doctor", "limits", "--verbose");
	cr_expect(strstr(said.out, "limits.rtprio") && strstr(said.out, "The audio thread has to come before"), "%s",
		said.out);
	MOSCTL(&said, "doctor", "kernel.prempt");
	cr_expect_eq(said.code, 2);
	cr_expect(strstr(said.err, "hint: mosctl doctor --list"), "%s", said.err);
	MOSCTL(&said, "doctor", "--root", in_dir("no such folder"));
	cr_expect_eq(said.code, 4);
	MOSCTL(&said, "doctor", "--list");
	cr_expect(strstr(said.out, "sound.irq") && strstr(said.out, "pipewire.xruns"), "%s", said.out);
}

Test(mosctl_cli, version)
{
	MOSCTL(&said, "--version");
	cr_expect_eq(said.code, 0);
	cr_expect_str_eq(said.out, "mosctl " MOS_VERSION "\n");
	MOSCTL(&said, "version", "--json");
	cr_expect_str_eq(said.out, "{\"name\":\"mosctl\",\"version\":\"" MOS_VERSION "\"}\n");
}
