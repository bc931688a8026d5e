/* SPDX-License-Identifier: MIT */
/* What widgets keep and show: settings by many writers, state over restarts, and those who look on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "widget_rig.h"

#define SCHEMA                                                                                               \
	",\"settings\":{\"left\":{\"type\":\"integer\",\"default\":0},\"right\":{\"type\":\"integer\","      \
	"\"default\":0},"                                                                                    \
	"\"mood\":{\"type\":\"string\",\"default\":\"calm\"}}"

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

TestSuite(keep, .init = setup, .fini = teardown, .timeout = 120);

static void restart_broker(int sig)
{
	caller_finish(&c);
	(void)rig_end_broker(&rig, sig);
	rig_start_broker(&rig);
	caller_connect(&c, &rig);
}

/* Both numbers at once. @param revision  Negative: none is given. @return as caller_call(). */
static int set_both(struct caller *who, const char *id, int64_t value, int64_t revision)
{
	struct wire_out out;
	int sent;

	wire_out_init(&out);
	wire_begin_request(&out, ++who->id, "broker.settings.set");
	wire_put_str(&out, "id", id);
	wire_open_map(&out, "settings");
	wire_put_i64(&out, "left", value);
	wire_put_i64(&out, "right", -value);
	wire_close(&out);
	if (revision >= 0)
		wire_put_i64(&out, "revision", revision);
	cr_assert_eq(wire_end(&out), 0);
	sent = wire_send(who->sock, &out, 0);
	wire_out_finish(&out);
	return sent < 0 ? -ECONNRESET : caller_answer(who);
}

static void expect_untorn(const msgpack_object *settings, int64_t *ret)
{
	int64_t right;

	cr_assert_eq(wire_get_i64(settings, "left", ret), 0);
	cr_assert_eq(wire_get_i64(settings, "right", &right), 0);
	cr_expect_eq(right, -*ret, "a half of one change beside a half of another");
}

Test(keep, eight_writers,
	.description = "WID-11 E2.6.1.5: 8 processes change one widget's settings at once: serial, none "
		       "lost, no tear, every change "
		       "told")
{
	enum { WRITERS = 8, CHANGES = 20 };
	pid_t pid[WRITERS];
	int64_t value;

	fake_install(&rig, &c, "shared", &(struct fake){.extra = SCHEMA});
	cr_assert_eq(caller_call(&c, "broker.widget.start", "id:s", "shared"), 0, "%s", c.error.message);
	for (int i = 0; i < WRITERS; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		{
			struct caller own;
			int64_t last = 0;

			caller_connect(&own, &rig);
			for (int n = 1; n <= CHANGES; n++) {
				if (set_both(&own, "shared", i * 1000 + n, -1) < 0)
					_exit(1);
				/* Its own revision always grows. */
				if (caller_i64(&own, "revision") <= last)
					_exit(2);
				last = caller_i64(&own, "revision");
			}
			_exit(0);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		cr_assert_eq(waitpid(pid[i], &status, 0), pid[i]);
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "writer %d: %d", i, status);
	}
	cr_assert_eq(caller_call(&c, "broker.settings.get", "id:s", "shared"), 0);
	cr_expect_eq(caller_i64(&c, "revision"), WRITERS * CHANGES);
	expect_untorn(wire_get_map(c.in.result, "settings"), &value);
	cr_expect_not_null(wire_get_map(wire_get_map(c.in.result, "schema"), "mood"));
	do
		cr_assert_eq(fake_call(&c, "shared", "told", ""), 0);
	while (caller_i64(&c, "n_settings") < WRITERS * CHANGES);
	expect_untorn(wire_get_map(wire_get_map(c.in.result, "settings"), "settings"), &value);
}

Test(keep, compare_and_swap,
	.description = "WID-11 WID-04 E2.6.1.5: a change made on an older revision is refused with the newer "
		       "one; nothing changes")
{
	int64_t value;

	fake_install(&rig, &c, "careful", &(struct fake){.extra = SCHEMA});
	cr_assert_eq(set_both(&c, "careful", 5, 0), 0);
	cr_expect_eq(caller_i64(&c, "revision"), 1);
	expect_error(&c, set_both(&c, "careful", 6, 0), "broker.settings.stale", "revision");
	cr_expect_not_null(strstr(c.error.message, "revision 1"), "%s", c.error.message);
	cr_assert_eq(set_both(&c, "careful", 7, 1), 0);
	cr_assert_eq(caller_call(&c, "broker.settings.get", "id:s", "careful"), 0);
	expect_untorn(wire_get_map(c.in.result, "settings"), &value);
	cr_expect_eq(value, 7);
	cr_assert_eq(caller_call(&c, "broker.settings.set", "id:s settings:m", "careful"), 0,
		"nothing to change: fine");
}

Test(keep, invalid,
	.description = "WID-15 E2.6.1.10: one value that does not fit refuses the change, and says where")
{
	struct wire_out out;
	int64_t value;

	fake_install(&rig, &c, "strict", &(struct fake){.extra = SCHEMA});
	wire_out_init(&out);
	wire_begin_request(&out, ++c.id, "broker.settings.set");
	wire_put_str(&out, "id", "strict");
	wire_open_map(&out, "settings");
	wire_put_i64(&out, "left", 9);
	wire_put_str(&out, "right", "nine");
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(c.sock, &out, 0), 0);
	wire_out_finish(&out);
	expect_error(&c, caller_answer(&c), "broker.settings.invalid", "/right");
	cr_assert_eq(caller_call(&c, "broker.settings.get", "id:s", "strict"), 0);
	expect_untorn(wire_get_map(c.in.result, "settings"), &value);
	cr_expect_eq(value, 0);
}

Test(keep, killed_between,
	.description = "WID-15 E2.6.1.10: the broker is killed with -9 amid changes, 10 times: what was "
		       "answered is there, whole")
{
	fake_install(&rig, &c, "durable", &(struct fake){.extra = SCHEMA});
	for (int round = 0; round < 10; round++) {
		const struct timespec pause = {.tv_nsec = 3000000L + round * 1700000L};
		int64_t answered = -1, value;
		int pipe_fds[2], status;
		pid_t pid;

		cr_assert_eq(pipe(pipe_fds), 0);
		pid = fork();
		if (!pid) {
			struct caller own;

			caller_connect(&own, &rig);
			for (int64_t n = round * 100000; set_both(&own, "durable", n, -1) == 0; n++)
				(void)!write(pipe_fds[1], &n, sizeof(n));
			_exit(0);
		}
		close(pipe_fds[1]);
		cr_assert_eq(read(pipe_fds[0], &answered, sizeof(answered)), (ssize_t)sizeof(answered));
		(void)nanosleep(&pause, NULL);
		restart_broker(SIGKILL);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		while (read(pipe_fds[0], &value, sizeof(value)) == sizeof(value))
			answered = value;
		close(pipe_fds[0]);
		cr_assert_eq(caller_call(&c, "broker.settings.get", "id:s", "durable"), 0);
		expect_untorn(wire_get_map(c.in.result, "settings"), &value);
		cr_expect(value == answered || value == answered + 1, "round %d: %lld answered, %lld there",
			round, (long long)answered, (long long)value);
	}
}

Test(keep, state,
	.description = "WID-05: what a widget saves it gets again at its next activation, also after the "
		       "broker was killed")
{
	const msgpack_object *state;
	int64_t n;

	fake_install(&rig, &c, "mindful", &(struct fake){0});
	cr_assert_eq(caller_call(&c, "broker.widget.start", "id:s", "mindful"), 0);
	cr_assert_eq(fake_call(&c, "mindful", "told", ""), 0);
	cr_expect_null(wire_get_map(wire_get_map(c.in.result, "activation"), "state"), "never saved: nil");
	cr_assert_eq(
		fake_call(&c, "mindful", "save", "beats:i name:s ratio:f", (int64_t)41, "caf\xc3\xa9", 0.1),
		0);
	cr_expect_str_eq(caller_str(&c, "code"), "");
	for (int i = 0; i < 2; i++) {
		double ratio = 0;
		char name[16];

		if (i)
			restart_broker(SIGKILL);
		else
			cr_assert_eq(caller_call(&c, "broker.widget.restart", "id:s", "mindful"), 0);
		fake_wait(&c, "mindful", "active");
		cr_assert_eq(fake_call(&c, "mindful", "told", ""), 0);
		state = wire_get_map(wire_get_map(c.in.result, "activation"), "state");
		cr_assert_eq(wire_get_i64(state, "beats", &n), 0);
		cr_expect_eq(n, 41);
		cr_assert_eq(wire_get_str(state, "name", name, sizeof(name)), 0);
		cr_expect_str_eq(name, "caf\xc3\xa9");
		cr_assert_eq(wire_get_f64(state, "ratio", &ratio), 0);
		cr_expect_eq(ratio, 0.1);
	}
}

/* --- Looking on --- */

Test(keep, viewers,
	.description = "WID-05 WID-16: who attaches sees what is shown, made harmless, the newest last; and "
		       "the end of it")
{
	struct caller viewer;
	char text[64];

	fake_install(&rig, &c, "visible", &(struct fake){0});
	cr_assert_eq(caller_call(&c, "broker.widget.start", "id:s", "visible"), 0);
	caller_connect(&viewer, &rig);
	cr_assert_eq(caller_call(&viewer, "broker.widget.attach", "id:s", "visible"), 0);
	cr_expect_str_eq(caller_str(&viewer, "text"), "");
	for (int i = 0; i < 30; i++) {
		(void)snprintf(text, sizeof(text), "\x1b[31mframe %d\n", i);
		cr_assert_eq(fake_call(&c, "visible", "show", "text:s", text), 0);
		cr_expect_str_eq(caller_str(&c, "code"), "");
	}
	do {
		caller_notified(&viewer, "broker.widget.shown");
		cr_assert_eq(wire_get_str(viewer.in.params, "text", text, sizeof(text)), 0);
		cr_expect_eq(strncmp(text, "?[31mframe ", 11), 0, "%s", text);
	} while (strcmp(text, "?[31mframe 29\n"));
	cr_assert_eq(caller_call(&c, "broker.widget.stop", "id:s", "visible"), 0);
	caller_notified(&viewer, "broker.widget.ended");
	cr_assert_eq(wire_get_str(viewer.in.params, "id", text, sizeof(text)), 0);
	cr_expect_str_eq(text, "visible");
	cr_assert_eq(caller_call(&viewer, "broker.widget.detach", "id:s", "visible"), 0);
	caller_finish(&viewer);
}

Test(keep, lazy_viewer,
	.description = "SEC-09: a viewer that does not read keeps neither the widget nor the others waiting")
{
	struct caller viewer;
	char big[4096];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	fake_install(&rig, &c, "busy", &(struct fake){0});
	cr_assert_eq(caller_call(&c, "broker.widget.start", "id:s", "busy"), 0);
	caller_connect(&viewer, &rig);
	cr_assert_eq(caller_call(&viewer, "broker.widget.attach", "id:s", "busy"), 0);
	for (int i = 0; i < 2000; i++)
		cr_assert_eq(fake_call(&c, "busy", "show", "text:s", big), 0, "%s", c.error.message);
	cr_expect_eq(caller_call(&viewer, "broker.service.ping", ""), 0, "it is not even hung up on");
	caller_finish(&viewer);
}

Test(keep, calls,
	.description = "WID-16: a call gets the widget's answer or its refusal in harmless words; one that "
		       "is not answered ends "
		       "after 4 s")
{
	fake_install(&rig, &c, "helper", &(struct fake){0});
	cr_assert_eq(caller_call(&c, "broker.widget.start", "id:s", "helper"), 0);
	cr_assert_eq(fake_call(&c, "helper", "echo", "a:i b:s", (int64_t)-5, "x"), 0);
	cr_expect_eq(wire_get_map(c.in.result, "params")->via.map.size, 2);
	expect_error(&c, fake_call(&c, "helper", "refuse", ""), "fake.thing.refused", NULL);
	cr_expect_str_eq(c.error.message, "not?[2J today");
	expect_error(&c, fake_call(&c, "helper", "silence", ""), "broker.widget.timeout", NULL);
	cr_assert_eq(fake_call(&c, "helper", "echo", ""), 0, "it is asked again all the same");
}
