/* SPDX-License-Identifier: MIT */
/* A widget's life, the fake playing the broker. The widget runs in the test's own thread, who directs it in
 * another. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/widget.h>

#include "fake_broker.h"

static struct fake fake;

/* What the broker saw. The fake's thread writes, the director reads. */
static struct {
	int ready, done, shown, saved, logged, answered; /* atomic: how often */
	char failed[256], text[9000], log[256], answer[256], error[64];
	int64_t state_n, saved_n;
} seen;

/* What the widget was told: "activate settings:b key:x deactivate ". */
static char life[1024];

static void live_note(const char *fmt, const char *what)
{
	size_t len = strlen(life);

	(void)snprintf(life + len, sizeof(life) - len, "%s%s ", fmt, what);
}

static void more(int *count)
{
	__atomic_fetch_add(count, 1, __ATOMIC_RELEASE);
}

static void wait_for(const int *count, int n)
{
	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) < n)
		usleep(200);
}

static int be_broker(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	if (strncmp(in->method, "broker.widget.", 14))
		return -1;
	wire_begin_result(out, in->id);
	if (!strcmp(in->method + 14, "ready")) {
		(void)wire_get_str(in->params, "failed", seen.failed, sizeof(seen.failed));
		more(&seen.ready);
	} else if (!strcmp(in->method + 14, "show")) {
		(void)wire_get_str(in->params, "text", seen.text, sizeof(seen.text));
		(void)wire_get_i64(wire_get_map(in->params, "state"), "n", &seen.state_n);
		more(&seen.shown);
	} else if (!strcmp(in->method + 14, "save")) {
		(void)wire_get_i64(wire_get_map(in->params, "state"), "n", &seen.saved_n);
		more(&seen.saved);
	} else if (!strcmp(in->method + 14, "log")) {
		(void)wire_get_str(in->params, "text", seen.log, sizeof(seen.log));
		more(&seen.logged);
	} else {
		more(&seen.done);
	}
	return FAKE_SEND;
}

static void be_answered(struct fake *f, int sock, struct wire_in *in)
{
	seen.answer[0] = seen.error[0] = '\0';
	if (in->error)
		(void)wire_get_str(in->error, "code", seen.error, sizeof(seen.error));
	else
		(void)snprintf(seen.answer, sizeof(seen.answer), "%d", (int)in->result->via.map.size);
	(void)wire_get_str(in->result, "say", seen.answer, sizeof(seen.answer));
	more(&seen.answered);
}

static void setup(void)
{
	fake_init(&fake);
	fake.handle = be_broker;
	fake.answered = be_answered;
}

static void teardown(void)
{
	fake_finish(&fake);
}

TestSuite(libmos_widget, .init = setup, .fini = teardown, .timeout = 60);

/* --- What the director sends --- */

static void send_activate(void)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "widget.activate");
	wire_put_str(&out, "id", "test-widget");
	wire_put_i64(&out, "api", 1);
	wire_open_map(&out, "position");
	wire_put_f64(&out, "x", 10);
	wire_put_i64(&out, "y", 20);
	wire_close(&out);
	wire_open_map(&out, "size");
	wire_put_i64(&out, "width", 300);
	wire_put_i64(&out, "height", 200);
	wire_close(&out);
	wire_open_map(&out, "settings");
	wire_put_str(&out, "preset", "a");
	wire_close(&out);
	wire_open_map(&out, "state");
	wire_put_i64(&out, "n", 5);
	wire_close(&out);
	wire_put_str(&out, "dir", "/somewhere");
	wire_open_array(&out, "capabilities");
	wire_close(&out);
	fake_send(&fake, &out);
}

static void send_settings(const char *preset)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "widget.settings");
	wire_open_map(&out, "settings");
	wire_put_str(&out, "preset", preset);
	wire_close(&out);
	fake_send(&fake, &out);
}

static void send_call(uint32_t id, const char *method, const char *name)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_request(&out, id, method);
	wire_put_str(&out, "name", name);
	wire_open_map(&out, "params");
	wire_put_str(&out, "word", "hello");
	wire_close(&out);
	fake_send(&fake, &out);
}

/* --- The widget --- */

static int activate(struct mos_widget *w, void *data)
{
	const struct mos_widget_context *ctx = mos_widget_context(w);

	live_note("activate", "");
	cr_expect_str_eq(ctx->id, "test-widget");
	cr_expect_eq(ctx->api_version, 1);
	cr_expect_eq(ctx->x, 10.0);
	cr_expect_eq(ctx->y, 20.0);
	cr_expect_eq(ctx->width, 300.0);
	cr_expect_eq(ctx->height, 200.0);
	cr_expect_str_eq(mos_get_str(&ctx->settings, "preset", ""), "a");
	cr_expect_eq(mos_get_int(&ctx->state, "n", 0), 5);
	cr_expect_str_eq(mos_widget_dir(w), "/somewhere");
	return 0;
}

static void deactivate(struct mos_widget *w, void *data)
{
	live_note("deactivate", "");
}

static int settings(struct mos_widget *w, void *data)
{
	live_note("settings:", mos_get_str(&mos_widget_context(w)->settings, "preset", "?"));
	return 0;
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	live_note("key:", name);
}

static int call(struct mos_widget *w, const char *name, const struct mos_value *params, void *data)
{
	static char much[70000];

	live_note("call:", name);
	if (!strcmp(name, "echo"))
		mos_widget_reply(w, MOS_ARGS(mos_str("say", mos_get_str(params, "word", "?"))));
	if (!strcmp(name, "much")) {
		memset(much, 'x', sizeof(much) - 1);
		mos_widget_reply(w, MOS_ARGS(mos_str("say", much)));
	}
	if (!strcmp(name, "refuse"))
		return mos_widget_refuse(
			w, "test.word.bad", "%s is no word", mos_get_str(params, "word", "?"));
	return strcmp(name, "fail") ? 0 : -EINVAL;
}

static const struct mos_widget_ops all_ops = {activate, deactivate, settings, key, call};

/* Run a widget to its end while `direct` plays the broker. @return its exit code. */
static int run(const struct mos_widget_ops *ops, void *(*direct)(void *), void *data)
{
	char *argv[] = {(char *)"test-widget", NULL};
	char number[16];
	pthread_t director;
	int rc;

	(void)snprintf(number, sizeof(number), "%d", fake_adopt(&fake));
	setenv(MOS_WIDGET_FD_ENV, number, 1);
	setenv("MOS_WIDGET_ID", "test-widget", 1);
	cr_assert_eq(pthread_create(&director, NULL, direct, NULL), 0);
	rc = mos_widget_main(ops, data, 1, argv);
	cr_expect_null(getenv(MOS_WIDGET_FD_ENV), "children do not inherit it");
	pthread_join(director, NULL);
	return rc;
}

static void *direct_all(void *arg)
{
	static const struct {
		const char *method, *name, *answer, *error;
	} row[] = {
		{"widget.call", "echo", "hello", ""},
		{"widget.call", "nothing", "0", ""},
		{"widget.call", "refuse", "", "test.word.bad"},
		{"widget.call", "fail", "", "widget.call.failed"},
		{"widget.call", "much", "", "rpc.answer.failed"},
		{"widget.other", "echo", "", "rpc.method.unknown"},
	};

	send_settings("early"); /* before it is active: nobody is told */
	send_activate();
	wait_for(&seen.ready, 1);
	cr_expect_str_eq(seen.failed, "");
	send_activate(); /* twice */
	fake_notify(&fake, "widget.key", "key", "up");
	send_settings("b");
	fake_notify(&fake, "widget.unheard-of", NULL, NULL);
	for (int i = 0; i < (int)(sizeof(row) / sizeof(row[0])); i++) {
		send_call((uint32_t)i + 1000, row[i].method, row[i].name);
		wait_for(&seen.answered, i + 1);
		cr_expect_str_eq(seen.answer, row[i].answer, "%s: %s", row[i].name, seen.answer);
		cr_expect_str_eq(seen.error, row[i].error, "%s: %s", row[i].name, seen.error);
	}
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
	wait_for(&seen.done, 1);
	return NULL;
}

Test(libmos_widget, whole_life,
	.description = "WID-08 WID-09: activate with its context, settings, keys, calls and their errors, "
		       "deactivate, the end")
{
	cr_expect_eq(run(&all_ops, direct_all, NULL), 0);
	cr_expect_str_eq(life,
		"activate key:up settings:b call:echo call:nothing call:refuse call:fail call:much "
		"deactivate ",
		"%s", life);
}

static void *direct_nothing(void *arg)
{
	send_activate();
	wait_for(&seen.ready, 1);
	fake_notify(&fake, "widget.key", "key", "x");
	send_settings("b");
	send_call(7, "widget.call", "echo");
	wait_for(&seen.answered, 1);
	cr_expect_str_eq(seen.error, "rpc.method.unknown");
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
	return NULL;
}

Test(libmos_widget, all_ops_are_optional, .description = "WID-08: a widget without any function of its own")
{
	cr_expect_eq(run(&(struct mos_widget_ops){0}, direct_nothing, NULL), 0);
}

static int cannot(struct mos_widget *w, void *data)
{
	return -ENODEV;
}

static void *direct_failure(void *arg)
{
	send_activate();
	wait_for(&seen.ready, 1);
	return NULL;
}

Test(libmos_widget, activate_fails,
	.description = "WID-09: a failing activate is told with its reason, and the process ends")
{
	cr_expect_eq(run(&(struct mos_widget_ops){.activate = cannot, .deactivate = deactivate},
			     direct_failure, NULL),
		1);
	cr_expect_str_eq(seen.failed, "No such device");
}

static void *direct_bad_settings(void *arg)
{
	send_activate();
	wait_for(&seen.ready, 1);
	send_settings("x");
	wait_for(&seen.logged, 1);
	return NULL;
}

Test(libmos_widget, settings_fail)
{
	cr_expect_eq(run(&(struct mos_widget_ops){.settings = cannot}, direct_bad_settings, NULL), 1);
	cr_expect_str_eq(seen.log, "settings: No such device");
}

static void *direct_hang_up(void *arg)
{
	send_activate();
	wait_for(&seen.ready, 1);
	fake_hang_up(&fake);
	return NULL;
}

Test(libmos_widget, ends_with_its_broker,
	.description = "WID-05: a widget whose broker is gone deactivates and ends by itself")
{
	cr_expect_eq(run(&all_ops, direct_hang_up, NULL), 1);
	cr_expect_str_eq(life, "activate deactivate ");
}

static void *direct_garbage(void *arg)
{
	send_activate();
	wait_for(&seen.ready, 1);
	cr_assert_eq(send(__atomic_load_n(&fake.newest_sock, __ATOMIC_ACQUIRE), "\xc1", 1, 0), 1);
	return NULL;
}

Test(libmos_widget, garbage_ends_it)
{
	cr_expect_eq(run(&all_ops, direct_garbage, NULL), 1);
	cr_expect_str_eq(life, "activate deactivate ");
}

Test(libmos_widget, waits_for_rtcore,
	.description = "WID-10 E2.6.1.3: an rtcore that comes later than the widget is waited for")
{
	fake.down = 4;
	cr_expect_eq(run(&all_ops, direct_all, NULL), 0);
}

/* --- Timers, showing, keeping --- */

#define SHOWS 400

static int n_shows;
static struct mos_timer *ended;

static void show_next(struct mos_widget *w, void *data)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "number %d\n", ++n_shows);
	cr_assert_eq(mos_widget_show(w, text, MOS_ARGS(mos_int("n", n_shows))), 0);
	if (n_shows == SHOWS) {
		mos_timer_end(data ? *(struct mos_timer **)data : NULL);
		more(&seen.answered); /* a signal to the director */
	}
}

static struct mos_timer *shower;

static int activate_shows(struct mos_widget *w, void *data)
{
	return mos_widget_timer(w, 0, 1, show_next, &shower, &shower);
}

static void *direct_shows(void *arg)
{
	send_activate();
	wait_for(&seen.answered, 1);
	wait_for(&seen.shown, 1);
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
	wait_for(&seen.done, 1);
	return NULL;
}

Test(libmos_widget, shows_the_newest_at_most_sixty_a_second)
{
	struct timespec begin, end;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	cr_expect_eq(run(&(struct mos_widget_ops){.activate = activate_shows}, direct_shows, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
	cr_expect_str_eq(seen.text, "number 400\n", "the newest, at the latest at the end: %s", seen.text);
	cr_expect_eq(seen.state_n, SHOWS);
	cr_expect_leq(seen.shown, seconds * 60 + 2, "%d in %f s", seen.shown, seconds);
	cr_expect_lt(seen.shown, SHOWS);
}

static void count_fires(struct mos_widget *w, void *data)
{
	++*(int *)data;
}

static int once, often;

static void end_others(struct mos_widget *w, void *data)
{
	live_note("end", "");
	mos_timer_end(ended);
	mos_timer_end(data ? *(struct mos_timer **)data : NULL); /* itself */
	more(&seen.answered);
}

static struct mos_timer *self;

static int activate_timers(struct mos_widget *w, void *data)
{
	cr_expect_eq(mos_widget_timer(w, 0, 0, NULL, NULL, NULL), -EINVAL);
	cr_assert_eq(mos_widget_timer(w, 1, 0, count_fires, &once, NULL), 0);
	cr_assert_eq(mos_widget_timer(w, 1, 1, count_fires, &often, NULL), 0);
	cr_assert_eq(mos_widget_timer(w, 60000, 0, count_fires, &once, &ended), 0);
	return mos_widget_timer(w, 30, 1, end_others, &self, &self);
}

static void *direct_timers(void *arg)
{
	send_activate();
	wait_for(&seen.answered, 1);
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
	return NULL;
}

Test(libmos_widget, timers)
{
	cr_expect_eq(run(&(struct mos_widget_ops){.activate = activate_timers}, direct_timers, NULL), 0);
	cr_expect_eq(once, 1);
	cr_expect_gt(often, 1);
	cr_expect_str_eq(life, "end ", "it ended itself");
}

static int activate_saves(struct mos_widget *w, void *data)
{
	static char much[40000];

	memset(much, 'x', sizeof(much) - 1);
	cr_expect_eq(mos_widget_save(w, MOS_ARGS(mos_str("much", much))), -EMSGSIZE);
	cr_expect_eq(mos_widget_save(w, MOS_ARGS(mos_int("n", 6))), 0);
	much[8193] = '\0';
	cr_expect_eq(mos_widget_show(w, much, MOS_NO_ARGS), -EMSGSIZE);
	much[8192] = '\0';
	cr_expect_eq(mos_widget_show(w, much, MOS_NO_ARGS), 0);
	mos_widget_log(w, "%d %s", 1, "line");
	mos_widget_reply(w, MOS_NO_ARGS); /* to nobody */
	return 0;
}

static void *direct_saves(void *arg)
{
	send_activate();
	wait_for(&seen.ready, 1);
	wait_for(&seen.logged, 1);
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
	return NULL;
}

Test(libmos_widget, keeps_and_logs)
{
	cr_expect_eq(run(&(struct mos_widget_ops){.activate = activate_saves}, direct_saves, NULL), 0);
	cr_expect_eq(seen.saved, 1);
	cr_expect_eq(seen.saved_n, 6);
	cr_expect_str_eq(seen.log, "1 line");
	cr_expect_eq(strlen(seen.text), 8192);
}

/* --- The bus from within --- */

static void answer_beat(const struct mos_event *event, void *data)
{
	struct mos_event answer = {
		.type = MOS_EVENT_ROCKY_HIGHLIGHT, .flags = MOS_EVENT_IMMEDIATE, .tick = event->tick};

	cr_assert_eq(mos_emit_answer(mos_widget_client(data), &answer, event), 0);
	more(&seen.answered);
}

static int activate_bus(struct mos_widget *w, void *data)
{
	return mos_events_on(mos_widget_client(w), MOS_EVENT_METRONOME_BEAT, answer_beat, w, NULL);
}

static void take_answer(int64_t tick)
{
	struct mos_event got;

	cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 1);
	cr_expect_eq(got.tick, tick);
	cr_expect_eq(got.hops, 1);
	cr_expect_eq(got.flags, MOS_EVENT_IMMEDIATE);
}

static void *direct_bus(void *arg)
{
	struct mos_event beat = fake_event(MOS_EVENT_METRONOME_BEAT, 960);
	int before;

	send_activate();
	wait_for(&seen.ready, 1);
	fake_publish(&fake, &beat);
	wait_for(&seen.answered, 1);
	take_answer(960);
	/* rtcore is restarted: the widget opens its slot anew on the one connection that it has. */
	before = __atomic_load_n(&fake.opened, __ATOMIC_ACQUIRE);
	fake_new_rtcore(&fake);
	fake_notify(&fake, "broker.client.renew", NULL, NULL);
	wait_for(&fake.opened, before + 1);
	beat.tick = 1920;
	while (__atomic_load_n(&seen.answered, __ATOMIC_ACQUIRE) < 2) { /* until it reads the new ring */
		fake_publish(&fake, &beat);
		usleep(1000);
	}
	take_answer(1920);
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
	return NULL;
}

Test(libmos_widget, hears_and_answers,
	.description =
		"EVT-07: a widget listens and emits; it follows an rtcore restart on its one connection")
{
	cr_expect_eq(run(&(struct mos_widget_ops){.activate = activate_bus}, direct_bus, NULL), 0);
}

/* --- By hand --- */

static int activate_by_hand(struct mos_widget *w, void *data)
{
	cr_expect_str_eq(mos_widget_context(w)->id, program_invocation_short_name);
	cr_expect_eq(mos_get_int(&mos_widget_context(w)->settings, "volume", 11), 11);
	cr_expect_eq(mos_get_int(&mos_widget_context(w)->state, "n", 3), 3);
	cr_expect_eq(mos_widget_save(w, MOS_NO_ARGS), -ENOTSUP);
	cr_expect_null(mos_widget_dir(w));
	return mos_widget_show(w, "here I am", MOS_NO_ARGS);
}

static void key_by_hand(struct mos_widget *w, const char *name, void *data)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "key %s", name);
	(void)mos_widget_show(w, text, MOS_NO_ARGS);
}

static void deactivate_by_hand(struct mos_widget *w, void *data)
{
	(void)mos_widget_show(w, "good bye", MOS_NO_ARGS);
}

static const struct mos_widget_ops by_hand = {
	.activate = activate_by_hand, .key = key_by_hand, .deactivate = deactivate_by_hand};

static _Noreturn void be_by_hand(void)
{
	char *argv[] = {(char *)"by-hand", NULL};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	unsetenv(MOS_WIDGET_FD_ENV);
	unsetenv("MOS_WIDGET_ID");
	setenv("MOS_RUNTIME_DIR", fake.dir, 1);
	_exit(mos_widget_main(&by_hand, NULL, 1, argv));
}

/* Read until `text` has come. */
static void read_until(int fd, const char *text)
{
	static char got[65536];
	size_t n = 0;

	while (!memmem(got, n, text, strlen(text))) {
		ssize_t more_bytes;

		cr_assert_lt(n, sizeof(got));
		more_bytes = read(fd, got + n, sizeof(got) - n);
		cr_assert_gt(more_bytes, 0, "ended before \"%s\" came: %.*s", text, (int)n, got);
		n += (size_t)more_bytes;
	}
}

Test(libmos_widget, by_hand_without_a_terminal,
	.description = "started by hand: text on standard output, ended by a signal")
{
	int out[2], status;
	pid_t pid;

	cr_assert_eq(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		be_by_hand();
	}
	close(out[1]);
	read_until(out[0], "here I am\n");
	cr_assert_eq(kill(pid, SIGTERM), 0);
	read_until(out[0], "good bye\n");
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", status);
}

Test(libmos_widget, by_hand_on_a_terminal,
	.description = "started by hand: keys by their names; the terminal is left as it was")
{
	static const struct {
		const char *typed, *name;
	} row[] = {{"a", "key a"}, {"\033[A", "key up"}, {"\033OB", "key down"}, {"\r", "key enter"},
		{"\t", "key tab"}, {"\177", "key backspace"}, {"\xc3\xa9", "key \xc3\xa9"},
		{"\033", "key escape"}};
	struct termios before, during, after;
	int master, slave, status;
	pid_t pid;

	memset(&before, 0, sizeof(before)); /* with what lies between the members */
	memset(&after, 0, sizeof(after));
	cr_assert_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	cr_assert_eq(tcgetattr(slave, &before), 0);
	pid = fork();
	if (pid == 0) {
		close(master);
		(void)dup2(slave, STDIN_FILENO);
		(void)dup2(slave, STDOUT_FILENO);
		be_by_hand();
	}
	read_until(master, "here I am");
	cr_assert_eq(tcgetattr(slave, &during), 0);
	cr_expect_eq(during.c_lflag & (ICANON | ECHO), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_assert_eq(
			write(master, row[i].typed, strlen(row[i].typed)), (ssize_t)strlen(row[i].typed));
		read_until(master, row[i].name);
	}
	cr_assert_eq(kill(pid, SIGINT), 0);
	read_until(master, "good bye");
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", status);
	cr_assert_eq(tcgetattr(slave, &after), 0);
	cr_expect_eq(memcmp(&after, &before, sizeof(after)), 0);
	close(slave);
	close(master);
}

Test(libmos_widget, arguments)
{
	char *help[] = {(char *)"w", (char *)"--help", NULL},
	     *version[] = {(char *)"w", (char *)"--version", NULL};
	char *unknown[] = {(char *)"w", (char *)"-x", NULL}, *none[] = {(char *)"w", NULL};

	cr_expect_eq(mos_widget_main(&by_hand, NULL, 2, help), 0);
	cr_expect_eq(mos_widget_main(&by_hand, NULL, 2, version), 0);
	cr_expect_eq(mos_widget_main(&by_hand, NULL, 2, unknown), 2);
	setenv("MOS_RUNTIME_DIR", "/nonexistent", 1);
	cr_expect_eq(mos_widget_main(&by_hand, NULL, 1, none), 1, "nobody runs there");
	setenv(MOS_WIDGET_FD_ENV, "rubbish", 1);
	cr_expect_eq(mos_widget_main(&by_hand, NULL, 1, none), 1);
	setenv(MOS_WIDGET_FD_ENV, "0", 1);
	cr_expect_eq(mos_widget_main(&by_hand, NULL, 1, none), 1, "not a socket");
}
