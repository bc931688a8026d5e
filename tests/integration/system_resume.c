/* SPDX-License-Identifier: MIT */
/*
 * kill -9, and what is heard of it: rtcore is back where it was, with all that was set; of any other process
 * nothing is heard. The sink's monitor is recorded; the piece's pitch says where we are.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gap.h"
#include "mosctl_run.h"
#include "pipewire.h"
#include "pw_listener.h"
#include "system.h"

#define RATE 48000u
#define QUANTUM 128
#define BOUND_MS 300.0
#define ROOM 3.0          /* this machine may be loaded; bench/resume.c has the bound itself */
#define MISSED_MS 60.0    /* a virtual machine stands still for up to 30 ms by itself; who is needed is away for longer */
#define HEAR_FRAMES 4096u /* enough to tell two semitones apart */

static char dir[] = "/tmp/mos-resume-XXXXXX", piece[128], wav[128];
static struct said said;

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void write_wav(const char *path)
{
	SF_INFO info = {.samplerate = (int)RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	SNDFILE *f = sf_open(path, SFM_WRITE, &info);
	static short zero[RATE];

	cr_assert_not_null(f);
	cr_assert_eq(sf_write_short(f, zero, RATE), RATE);
	sf_close(f);
}

static void setup(void)
{
	cr_assert(mkdtemp(dir));
	(void)snprintf(piece, sizeof(piece), "%s/piece.mid", dir);
	(void)snprintf(wav, sizeof(wav), "%s/clip.wav", dir);
	cr_assert_eq(gap_write_piece(piece), 0);
	write_wav(wav);
}

static void teardown(void)
{
	(void)unlink(piece);
	(void)unlink(wav);
	(void)rmdir(dir);
}

TestSuite(resume, .init = setup, .fini = teardown);

static void mosctl(const char *const args[])
{
	mosctl_run(&said, args);
	cr_assert_eq(said.code, 0, "mosctl %s %s: %s", args[0], args[1] ? args[1] : "", said.err);
}
#define CTL(...) mosctl((const char *const[]){__VA_ARGS__, NULL})

static bool is_back(void *data)
{
	struct mos_client *c = data;
	struct mos_now now;

	return mos_client_refresh(c) >= 0 && mos_clock_now(c, &now) == 0 &&
	       now.clock.flags & MOS_CLOCK_DRIVER_UP && now.clock.state == MOS_TRANSPORT_PLAYING;
}

struct pid_wait {
	struct mos_client *c;
	pid_t old;
};

static bool is_other_rtcore(void *data)
{
	struct pid_wait *w = data;
	pid_t pid = system_rtcore_pid(w->c);

	return pid > 0 && pid != w->old;
}

static void wait_other_rtcore(struct mos_client *c, pid_t old)
{
	cr_assert(system_wait(is_other_rtcore, &(struct pid_wait){c, old}), "rtcore does not come back");
}

/* Three deaths within ten seconds would be a crash loop: each test begins with a clean slate. Each is a
 * process of its own; when the one before began stands in a file. */
static void be_past_the_loop(void)
{
	int64_t last = 0, left;
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/resume-test", getenv("MOS_RUNTIME_DIR"));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0, "%s", path);
	if (pread(fd, &last, sizeof(last), 0) == (ssize_t)sizeof(last)) {
		left = last + INT64_C(10500000000) - now_ns();
		if (left > 0)
			(void)nanosleep(&(struct timespec){left / 1000000000, left % 1000000000}, NULL);
	}
	last = now_ns();
	cr_assert_eq(pwrite(fd, &last, sizeof(last), 0), (ssize_t)sizeof(last));
	close(fd);
}

/* What was set, as a program sees it; the place, which moves on, left out. */
static void append(char *buf, size_t size, const char *method)
{
	size_t at = strlen(buf);

	CTL("call", method);
	(void)snprintf(buf + at, size - at, "%s %s\n", method, said.out);
}

/* How often an insert came too late is no setting. */
static void leave_out_late(char *text)
{
	char *end;

	while ((text = strstr(text, "\"late\":")) && (end = strchr(text, ',')))
		memmove(text, end, strlen(end) + 1);
}

static char *all_settings(struct mos_client *c)
{
	static const char *const method[] = {
		"apollo.strip.list", "apollo.fx.list", "apollo.insert.list", "apollo.clip.list", "kronos.midiout.ports"};
	char *buf = calloc(1, 1u << 18);
	struct mos_reply reply = {0};

	for (uint32_t i = 0; i < sizeof(method) / sizeof(method[0]); i++)
		append(buf, 1u << 18, method[i]);
	leave_out_late(buf);
	mosctl_run(&said, (const char *const[]){"insert", "show", "0", NULL}); /* there may be none yet */
	(void)snprintf(buf + strlen(buf), (1u << 18) - strlen(buf), "%s\n", said.out);
	cr_assert_eq(mos_call(c, "kronos.position.get", MOS_NO_ARGS, &reply), 0);
	size_t at = strlen(buf);
	(void)snprintf(buf + at, (1u << 18) - at,
		"%s bpm=%f rate=%f loop=%lld..%lld end=%lld metronome=%d id=%llu title=%s",
		mos_get_str(&reply.value, "state", ""), mos_get_real(&reply.value, "bpm", 0),
		mos_get_real(&reply.value, "rate", 0),
		(long long)mos_get_int(&reply.value, "loop/start_ticks", -1),
		(long long)mos_get_int(&reply.value, "loop/end_ticks", -1),
		(long long)mos_get_int(&reply.value, "end_ticks", -1),
		mos_get_bool(&reply.value, "metronome", 0),
		(unsigned long long)mos_get_natural(&reply.value, "timeline_id", 0),
		mos_get_str(&reply.value, "title", ""));
	mos_reply_finish(&reply);
	return buf;
}

struct settings {
	struct mos_client *c;
	const char *expected;
	char *now;
};

/* Clips and inserts are loaded by and by. */
static bool are_all_there(void *data)
{
	struct settings *s = data;

	free(s->now);
	s->now = all_settings(s->c);
	return strcmp(s->now, s->expected) == 0;
}

static struct mos_client *play_piece(const char *name)
{
	struct mos_client *c = system_connect(name);

	be_past_the_loop();
	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, piece, NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	return c;
}

static struct capture *record(uint32_t seconds)
{
	struct capture *cap = NULL;

	cr_assert_eq(capture_start(PIPEWIRE_SINK, RATE, (uint64_t)seconds * RATE, &cap), 0);
	cr_assert(capture_wait(cap, RATE), "the recorder hears nothing");
	return cap;
}

Test(resume, rtcore_plays_on, .timeout = 120,
	.description = "SCL-08: rtcore is killed with -9 while playing: the music is back within the "
		       "bound, where it "
		       "was")
{
	struct mos_client *c = play_piece("listener");
	struct capture *cap = record(20);
	pid_t pid = system_rtcore_pid(c);
	struct mos_now before, after;
	uint64_t from;

	cr_assert_eq(mos_clock_wait_tick(c, 4 * MOS_PPQ + 200, SYSTEM_WAIT_MS), 0);
	from = capture_frames(cap) - RATE / 4;
	cr_assert_eq(mos_clock_now(c, &before), 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	wait_other_rtcore(c, pid);
	cr_assert(system_wait(is_back, c), "it does not play on");
	cr_assert(capture_wait(cap, capture_frames(cap) + RATE), "the recorder stopped");
	cr_assert_eq(mos_clock_now(c, &after), 0);
	struct gap gap = gap_longest(cap, from, capture_frames(cap));
	double ms = (double)(gap.end - gap.begin) * 1000 / RATE;
	(void)fprintf(stderr, "rtcore killed: %.0f ms without music\n", ms);
	cr_expect_gt(gap.end, gap.begin, "nothing was killed");
	cr_expect_lt(ms, BOUND_MS * ROOM);
	cr_expect_lt(gap.end, capture_frames(cap) - RATE / 2, "it is not heard");

	int key = gap_key_at(cap, gap.begin - HEAR_FRAMES - 256, HEAR_FRAMES),
	    next = gap_key_at(cap, gap.end + 1024, HEAR_FRAMES);
	cr_assert_geq(key, 0);
	cr_assert_geq(next, 0);
	cr_expect((next - key + (int)GAP_KEYS) % (int)GAP_KEYS <= 1, "beat %d before, beat %d after", key,
		next);
	/* the clock agrees: it has counted what was heard, and not the silence */
	double heard = (double)(after.time_ns - before.time_ns) / 1e6 - ms,
	       counted = (double)(after.tick - before.tick) * 500 / MOS_PPQ;
	cr_expect_lt(fabs(heard - counted), 50 * ROOM, "%.0f ms were heard, %.0f ms counted", heard, counted);
	capture_stop(cap);
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}

/* The state that the test's keeper has written. */
static void expect_factor(const char *path, double factor)
{
	char text[8192] = "", *at;
	FILE *f = fopen(path, "r");

	cr_assert(f);
	(void)!fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	at = strstr(text, "urn:mos:test:factor");
	at = at ? strchr(at, '"') : NULL;
	cr_assert(at, "%s", text);
	cr_expect_float_eq(strtod(at + 1, NULL), factor, 1e-6, "%s", text);
}

Test(resume, all_that_was_set, .timeout = 120,
	.description = "SCL-08: tempo, loop, meter, metronome, strips, effects, clips, programs, plugins and "
		       "what these keep inside "
		       "are in force again "
		       "after kill -9 of rtcore")
{
	struct mos_client *c = play_piece("setter");
	pid_t pid = system_rtcore_pid(c);
	struct settings s = {.c = c};
	char *before, state[] = "/tmp/mos-resume-XXXXXX";
	int fd = mkstemp(state);

	cr_assert_geq(fd, 0);
	close(fd);
	CTL("tempo", "90%");
	CTL("loop", "2", "9");
	CTL("metronome", "on");
	CTL("strip", "0", "--gain", "-3", "--pan", "0.25");
	CTL("strip", "5", "--mute", "on");
	CTL("fx", "set", "eq", "on", "low_db=3", "--strip", "0");
	CTL("fx", "set", "reverb", "on", "time_s=2.4");
	CTL("instrument", "set", "0", "Vibraphone");
	CTL("clip", "add", wav, "--at", "3");
	CTL("insert", "add", "0", "urn:mos:test:gain");
	CTL("insert", "set", "0", "gain=1.5");
	CTL("insert", "bypass", "0", "on");
	CTL("insert", "add", "3", "urn:mos:test:keeper");
	CTL("insert", "save", "3", state);
	expect_factor(state, 1);
	CTL("insert", "restore", "3", state); /* it halves what it gets */
	before = all_settings(c);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	wait_other_rtcore(c, pid);
	cr_assert(system_wait(is_back, c), "it does not play on");
	s.expected = before;
	if (!system_wait(are_all_there, &s))
		cr_expect_str_eq(s.now, before);
	CTL("insert", "save", "3", state);
	expect_factor(state, 0.5);
	(void)unlink(state);
	CTL("insert", "remove", "3");
	free(before);
	free(s.now);
	CTL("fx", "reset");
	CTL("clip", "remove");
	CTL("insert", "remove", "0");
	CTL("strip", "5", "--mute", "off");
	CTL("metronome", "off");
	CTL("stop");
	mos_client_destroy(c);
}

Test(resume, paused_stays_paused, .timeout = 120,
	.description = "SCL-08: what was paused is paused after kill -9 of rtcore, at its place, and "
		       "goes on from there")
{
	struct mos_client *c = play_piece("pauser");
	pid_t pid = system_rtcore_pid(c);
	struct mos_reply reply = {0};
	struct mos_now now;

	cr_assert_eq(mos_clock_wait_tick(c, 3 * MOS_PPQ, SYSTEM_WAIT_MS), 0);
	cr_assert_eq(mos_transport_pause(c), 0);
	cr_assert_eq(mos_clock_now(c, &now), 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	wait_other_rtcore(c, pid);
	cr_assert_eq(mos_call(c, "kronos.position.get", MOS_NO_ARGS, &reply), 0);
	cr_expect_str_eq(mos_get_str(&reply.value, "state", ""), "paused");
	cr_expect_eq(mos_get_int(&reply.value, "ticks", -1), now.tick);
	mos_reply_finish(&reply);
	system_wait_playable(c);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}

struct heard_wait {
	struct pw_listener *listener;
	uint32_t from, status, data; /* from this packet on: a control change, or any note-on (data 128) */
};

static bool is_heard(void *data)
{
	struct heard_wait *w = data;
	uint32_t n = pw_listener_count(w->listener);

	for (uint32_t i = w->from; i < n; i++) {
		uint32_t word = pw_listener_get(w->listener, i).word;

		if ((word >> 16 & 0xf0) == w->status && (w->data > 127 || (word >> 8 & 127) == w->data))
			return true;
	}
	return false;
}

/* rtcore hears of a new port a moment later than who made it. */
static bool can_link(void *data)
{
	mosctl_run(&said, (const char *const[]){"midi-out", "link", "mos-test-synth:in", NULL});
	return said.code == 0;
}

/* A busy machine lets a client miss cycles, and what came in them. */
static bool has_missed(const struct pw_listener *listener, int64_t since_ns)
{
	const int64_t *time_ns, cycle_ns = INT64_C(1000000000) * QUANTUM / RATE;
	uint32_t n = pw_listener_cycles(listener, &time_ns);

	for (uint32_t i = 1; i < n; i++)
		if (time_ns[i] > since_ns && time_ns[i] - time_ns[i - 1] > cycle_ns * 3 / 2)
			return true;
	return false;
}

Test(resume, midi_output_plays_on, .timeout = 120,
	.description = "APO-21 SCL-08: after kill -9 of rtcore its MIDI output is linked again, to who lets "
		       "go of what the dead "
		       "one held, and plays on")
{
	struct mos_client *c = play_piece("pianist");
	struct pw_listener *listener = pw_listener_start("mos-test-synth", "in");
	pid_t pid = system_rtcore_pid(c);
	struct heard_wait w = {listener, 0, 0x90, 128};
	int64_t kill_ns;

	cr_assert(system_wait(can_link, NULL), "%s", said.err);
	cr_assert(system_wait(is_heard, &w), "nothing is sent");
	kill_ns = now_ns();
	cr_assert_eq(kill(pid, SIGKILL), 0);
	w.from = pw_listener_count(listener);
	wait_other_rtcore(c, pid);
	cr_expect(system_wait(is_heard, &w), "it does not play on");
	w.status = 0xb0;
	w.data = 123;
	if (!is_heard(&w)) {
		cr_expect(has_missed(listener, kill_ns), "it is not told to let go");
		(void)fprintf(
			stderr, "the listener missed cycles: whether it was told to let go is not known\n");
	}
	CTL("midi-out", "unlink");
	cr_assert_eq(mos_transport_stop(c), 0);
	pw_listener_stop(listener);
	mos_client_destroy(c);
}

struct victim {
	const char *name, *ping;
};

static pid_t pid_of(struct mos_client *c, const struct victim *v)
{
	struct mos_reply reply = {0};
	pid_t pid = 0;

	if (mos_call(c, v->ping, MOS_NO_ARGS, &reply) == 0)
		pid = (pid_t)mos_get_int(&reply.value, "pid", 0);
	mos_reply_finish(&reply);
	return pid;
}

struct victim_wait {
	struct mos_client *c;
	const struct victim *v;
	pid_t old;
};

static bool is_other(void *data)
{
	struct victim_wait *w = data;
	pid_t pid = pid_of(w->c, w->v);

	return pid > 0 && pid != w->old;
}

Test(resume, nobody_else_is_missed, .timeout = 120,
	.description = "SCL-08 EVT-23: broker, Hermes, band and theater are killed with -9 one after "
		       "the other: the "
		       "sound has no gap, and each is back")
{
	static const struct victim victim[] = {{"mos-broker", "broker.service.ping"},
		{"mos-hermes", "hermes.service.ping"}, {"mos-band", "band.service.ping"},
		{"mos-theater", "theater.service.ping"}};
	struct mos_client *c = play_piece("bystander");
	struct capture *cap = record(60);
	pid_t rtcore = system_rtcore_pid(c);

	for (uint32_t i = 0; i < sizeof(victim) / sizeof(victim[0]); i++) {
		pid_t pid = pid_of(c, &victim[i]);
		uint64_t from = capture_frames(cap);

		cr_assert_gt(pid, 0, "%s", victim[i].name);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert(system_wait(is_other, &(struct victim_wait){c, &victim[i], pid}), "%s is not back",
			victim[i].name);
		cr_assert(capture_wait(cap, from + 2 * RATE), "the recorder stopped");
		struct gap gap = gap_longest(cap, from, capture_frames(cap));
		double ms = (double)(gap.end - gap.begin) * 1000 / RATE;
		cr_expect_lt(ms, MISSED_MS, "%s was missed for %.0f ms", victim[i].name, ms);
	}
	cr_expect_eq(system_rtcore_pid(c), rtcore);
	capture_stop(cap);
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}

Test(resume, crash_loop_ends, .timeout = 120,
	.description = "SCL-08: the third death within ten seconds is followed by an empty start; "
		       "Hermes gives its score "
		       "again, and it can be played")
{
	struct mos_client *c = play_piece("stubborn");
	struct mos_reply reply = {0};

	for (int i = 0; i < 3; i++) {
		pid_t pid = system_rtcore_pid(c);

		cr_assert_gt(pid, 0);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		wait_other_rtcore(c, pid);
	}
	system_wait_playable(c);
	cr_assert_eq(mos_call(c, "kronos.position.get", MOS_NO_ARGS, &reply), 0);
	cr_expect_str_neq(mos_get_str(&reply.value, "state", ""), "playing");
	mos_reply_finish(&reply);
	cr_assert_eq(mos_score_load(c, piece, NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_stop(c), 0);
	mos_client_destroy(c);
}
