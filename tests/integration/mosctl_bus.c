/* SPDX-License-Identifier: MIT */
/* mosctl on the bus: emit, events, metrics, data; runs inside mos-session. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>

#include "mosctl_run.h"

static struct said said;

static void setup(void)
{
	struct mos_now now = {0};
	struct mos_client *c;

	cr_assert_not_null(getenv("MOS_RUNTIME_DIR"), "to be run inside mos-session -p");
	cr_assert_eq(mos_client_create(NULL, &c, NULL), 0);
	while (mos_clock_now(c, &now) < 0 || !(now.clock.flags & MOS_CLOCK_DRIVER_UP))
		cr_assert_geq(mos_client_refresh(c), 0);
	mos_client_destroy(c);
}

TestSuite(mosctl_bus, .init = setup, .timeout = 120);

/* mosctl events in the background, its output in a pipe. */
struct watcher {
	pid_t pid;
	FILE *out;
};

static struct watcher watch(const char *const more[])
{
	const char *argv[16] = {MOSCTL_PATH, "events"};
	struct watcher w;
	int pair[2];

	for (int i = 0; more[i]; i++)
		argv[i + 2] = more[i];
	cr_assert_eq(pipe(pair), 0);
	w.pid = fork();
	cr_assert_geq(w.pid, 0);
	if (w.pid == 0) {
		dup2(pair[1], STDOUT_FILENO);
		close(pair[0]);
		close(pair[1]);
		execv(argv[0], (char *const *)argv);
		_exit(126);
	}
	close(pair[1]);
	w.out = fdopen(pair[0], "re");
	cr_assert_not_null(w.out);
	return w;
}

static void end(struct watcher *w)
{
	int status;

	(void)kill(w->pid, SIGINT);
	cr_assert_eq(waitpid(w->pid, &status, 0), w->pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "Ctrl-C is a good end");
	(void)fclose(w->out);
}

/* A watcher listens a moment after it was started: tell until the first comes. */
static void until_heard(struct watcher *w, const char *const emit[], char *line, size_t size)
{
	fd_set readable;
	struct timeval now = {0};
	int fd = fileno(w->out);

	do {
		mosctl_run(&said, emit);
		cr_assert_eq(said.code, 0, "%s: %s", emit[1], said.err);
		FD_ZERO(&readable);
		FD_SET(fd, &readable);
		now = (struct timeval){.tv_usec = 200'000};
	} while (select(fd + 1, &readable, NULL, NULL, &now) == 0);
	cr_assert_not_null(fgets(line, (int)size, w->out));
}

static const struct {
	const char *emit[14];
	const char *text; /* in what mosctl events prints */
} nine[] = {
	{{"emit", "midi:noteon", "note=F#4", "velocity=0.5", "channel=2"},
		"note=F#4 key=66 velocity=0.500 channel=2"},
	{{"emit", "midi:noteoff", "key=66", "channel=2"}, "note=F#4 key=66"},
	{{"emit", "midi:snapshot", "keys=C4,E4,67", "sustain=127", "string=40,-,-,-,-,64"},
		"keys=C4,E4,G4 n_keys=3 string=E2,-,-,-,-,E4 sustain=127 channels=-"},
	{{"emit", "chord:detected", "symbol=F#m7b5/A", "root=F#", "bass=A", "pitches=F#,A,C,E", "key_tonic=G",
		 "origin=audio", "source=bulk", "fusion=midi,audio", "confidence=1", "version=7"},
		"symbol=F#m7b5/A root=F# bass=A pitches=C,E,F#,A key_tonic=G origin=audio source=bulk "
		"fusion=midi,audio confidence=1.000 version=7"},
	{{"emit", "braid:highlight", "roman=viio7/V", "symbol=F#dim7", "key_tonic=C"},
		"roman=viio7/V symbol=F#dim7 key_tonic=C key_minor=0 confidence=0.000"},
	{{"emit", "rocky:feedback", "kind=early", "message=a bit early"},
		"kind=early message=\"a bit early\""},
	{{"emit", "rocky:highlight", "kind=hint", "keys=60"}, "kind=hint keys=C4"},
	{{"emit", "metronome:beat", "bar=3", "beat=2", "bpm=90", "step=5", "n_steps=8"},
		"bar=3 beat=2 meter_num=4 meter_den=4 accent=0 count_in=0 bpm=90.000 step=5 n_steps=8"},
	{{"emit", "metronome:pattern", "steps=x..x..x.", "euclidean=1", "id=4"},
		"steps=x..x..x. n_steps=8 n_pulses=3 rotation=0 euclidean=1 id=4"},
};

Test(mosctl_bus, nine_types,
	.description =
		"EVT-11 EVT-24: each of the nine types is emitted, received and printed by mosctl events")
{
	for (size_t i = 0; i < sizeof(nine) / sizeof(nine[0]); i++) {
		const char *const only[] = {"--type", nine[i].emit[1], NULL};
		struct watcher w = watch(only);
		char line[512];

		until_heard(&w, nine[i].emit, line, sizeof(line));
		if (!strstr(line, nine[i].text)) /* rtcore tells one, too: what is held as it begins */
			until_heard(&w, nine[i].emit, line, sizeof(line));
		cr_expect(strstr(line, nine[i].text), "%s: %s", nine[i].emit[1], line);
		cr_expect(strstr(said.out, nine[i].text), "emit prints what was delivered: %s", said.out);
		end(&w);
	}
}

Test(mosctl_bus, our_types, .description = "EVT-25: the further types too, and JSON has sets as lists")
{
	static const struct {
		const char *emit[6], *pointer, *json;
	} row[] = {
		{{"emit", "metronome:tap-tempo", "bpm=96.5", "n_taps=4"}, "/data/bpm", "96.5"},
		{{"emit", "metronome:voice-guidance", "kind=cue", "text=one more"}, "/data/text",
			"\"one more\""},
		{{"emit", "metronome:gamification", "kind=streak", "value=12", "text=days"}, "/data/value",
			"12"},
		{{"emit", "tuner:pitch", "hz=441.5", "note=A4", "cents=-12.5"}, "/data/cents", "-12.5"},
		{{"emit", "midi:snapshot", "keys=C4,E4"}, "/data/keys", "[60,64]"},
		{{"emit", "chord:detected", "symbol=Am7/G"}, "/data/pitches", "[\"C\",\"E\",\"G\",\"A\"]"},
		{{"emit", "midi:ump", "word0=0x20b00740"}, "/data/word0", NULL},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *args[8];
		yyjson_doc *doc;
		char *value;
		int n = 0;

		for (; row[i].emit[n]; n++)
			args[n] = row[i].emit[n];
		args[n] = "--json";
		args[n + 1] = NULL;
		mosctl_run(&said, args);
		cr_assert_eq(said.code, 0, "%s: %s", args[1], said.err);
		doc = said_json(&said);
		value = yyjson_val_write(yyjson_ptr_get(yyjson_doc_get_root(doc), row[i].pointer), 0, NULL);
		cr_assert_not_null(value, "%s: %s", row[i].pointer, said.out);
		if (row[i].json)
			cr_expect_str_eq(value, row[i].json);
		free(value);
		yyjson_doc_free(doc);
	}
}

Test(mosctl_bus, both_lanes, .description = "EVT-07: emit, and emit --immediate, as they were delivered")
{
	MOSCTL(&said, "emit", "rocky:feedback", "message=x", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect(strstr(said.out, "\"immediate\":false"), "%s", said.out);
	MOSCTL(&said, "emit", "rocky:feedback", "message=x", "--immediate", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect(strstr(said.out, "\"immediate\":true"), "%s", said.out);
}

Test(mosctl_bus, refused,
	.description = "EVT-05: what does not check is refused here, what is not ours to tell there")
{
	static const char *const foreign[] = {"transport:play", "transport:measure", "tempo:change",
		"meter:change", "score:loaded", "engine:state", "mixer:change", "widget:state", "bus:notice"};

	MOSCTL(&said, "emit", "chord:detected", "key_tonic=C", "key_minor=2");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.err, "a field is out of its range"), "%s", said.err);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		MOSCTL(&said, "emit", foreign[i]);
		cr_expect_eq(said.code, 1, "%s: %d %s", foreign[i], said.code, said.out);
		cr_expect(
			strstr(said.err, "only rtcore and the broker tell"), "%s: %s", foreign[i], said.err);
	}
}

Test(mosctl_bus, metrics, .description = "EVT-10: a table of figures; undefined for an unknown type")
{
	yyjson_doc *doc;
	uint64_t before, after;

	MOSCTL(&said, "metrics", "rocky:highlight", "--json");
	cr_assert_eq(said.code, 0, "%s", said.err);
	doc = said_json(&said);
	before = yyjson_get_uint(yyjson_ptr_get(yyjson_doc_get_root(doc), "/types/0/count"));
	yyjson_doc_free(doc);
	MOSCTL(&said, "emit", "rocky:highlight", "keys=C4");
	cr_assert_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "metrics", "rocky:highlight", "--json");
	doc = said_json(&said);
	after = yyjson_get_uint(yyjson_ptr_get(yyjson_doc_get_root(doc), "/types/0/count"));
	yyjson_doc_free(doc);
	cr_expect_eq(after, before + 1);
	MOSCTL(&said, "metrics");
	cr_expect(strstr(said.out, "rocky:highlight "), "%s", said.out);
	cr_expect(strstr(said.out, "p99"), "%s", said.out);
	MOSCTL(&said, "metrics", "rocky:nothing");
	cr_expect_eq(said.code, 2);
	MOSCTL(&said, "call", "broker.events.metrics", "type=rocky:nothing", "--json");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "broker.event.unknown"), "%s", said.out);
}

Test(mosctl_bus, data,
	.description = "EVT-19 E2.4.4.8: a file is shared while mosctl runs, and fetched by its number")
{
	char path[] = "/tmp/mosctl-data-XXXXXX", out[64], number[32], back[64] = "";
	pid_t pid;
	int pair[2], fd = mkstemp(path), status;
	FILE *f;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "a chroma", 8), 8);
	close(fd);
	(void)snprintf(out, sizeof(out), "%s.back", path);
	cr_assert_eq(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pair[1], STDOUT_FILENO);
		close(pair[0]);
		close(pair[1]);
		execl(MOSCTL_PATH, MOSCTL_PATH, "data", "put", path, "--kind", "chroma", NULL);
		_exit(126);
	}
	close(pair[1]);
	f = fdopen(pair[0], "re");
	cr_assert_not_null(fgets(number, sizeof(number), f));
	number[strcspn(number, "\n")] = '\0';
	MOSCTL(&said, "data", "get", number, "-o", out);
	cr_assert_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "data", "get", number);
	cr_expect_str_eq(said.out, "a chroma");
	(void)kill(pid, SIGINT);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	(void)fclose(f);
	f = fopen(out, "re");
	cr_assert_not_null(f);
	cr_assert_not_null(fgets(back, sizeof(back), f));
	cr_expect_str_eq(back, "a chroma");
	(void)fclose(f);
	/* Its owner is gone; the broker sees that a moment later. */
	do
		MOSCTL(&said, "data", "get", number, "--json");
	while (said.code == 0);
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "broker.data.absent"), "%s", said.out);
	(void)unlink(path);
	(void)unlink(out);
}
