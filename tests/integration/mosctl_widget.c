/* SPDX-License-Identifier: MIT */
/* mosctl widget against the real broker and a real widget (examples/widget-hello); runs inside mos-session.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>

#include "mosctl_run.h"

static struct said said;
static char dir[64], folder[128];

static void in_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void in_shell(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void setup(void)
{
	cr_assert_not_null(getenv("MOS_RUNTIME_DIR"), "to be run inside mos-session -p");
	strcpy(dir, "/tmp/mosctl-widget-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(folder, sizeof(folder), "%s/widget-hello", dir);
	in_shell("mkdir '%s' && cp '%s/widget-hello' '%s/widget.json' '%s'", folder, WIDGET_HELLO,
		WIDGET_HELLO, folder);
	MOSCTL(&said, "widget", "install", folder);
	cr_assert_eq(said.code, 0, "%s", said.err);
}

static void teardown(void)
{
	MOSCTL(&said, "widget", "remove", "widget-hello", "--purge");
	in_shell("rm -rf '%s'", dir);
}

TestSuite(mosctl_widget, .init = setup, .fini = teardown, .timeout = 120);

static void start(void)
{
	MOSCTL(&said, "widget", "start", "widget-hello");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect_str_eq(said.out, "widget-hello: active\n");
}

Test(mosctl_widget, life,
	.description = "WID-16 WID-05: install, list, start, call, restart, logs, stop, remove")
{
	yyjson_doc *doc;
	yyjson_val *first;

	MOSCTL(&said, "widget", "install", folder, "--json");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "broker.widget.taken"), "%s", said.out);
	MOSCTL(&said, "widget", "install", folder, "--replace");
	cr_expect_eq(said.code, 0, "%s", said.err);
	start();
	MOSCTL(&said, "widget", "list");
	cr_expect(strstr(said.out, "widget-hello         1.0.0     active"), "%s", said.out);
	MOSCTL(&said, "widget", "list", "--names");
	cr_expect(strstr(said.out, "widget-hello\n"), "%s", said.out);
	MOSCTL(&said, "widget", "call", "widget-hello", "beats.get");
	doc = said_json(&said);
	first = yyjson_doc_get_root(doc);
	cr_expect(yyjson_is_int(yyjson_obj_get(first, "beats")), "%s", said.out);
	yyjson_doc_free(doc);
	MOSCTL(&said, "widget", "call", "widget-hello", "no.such", "--json");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "hello.method.unknown"), "%s", said.out);
	MOSCTL(&said, "widget", "restart", "widget-hello");
	cr_expect_str_eq(said.out, "widget-hello: active\n", "%s", said.err);
	MOSCTL(&said, "widget", "logs", "widget-hello");
	cr_expect(strstr(said.out, "hello, with 0 beats"), "%s", said.out);
	MOSCTL(&said, "widget", "stop", "widget-hello");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "widget", "list");
	cr_expect(strstr(said.out, "widget-hello         1.0.0     stopped"), "%s", said.out);
	MOSCTL(&said, "widget", "remove", "widget-hello");
	cr_expect_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "widget", "start", "widget-hello", "--json");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "broker.widget.unknown"), "%s", said.out);
}

Test(mosctl_widget, check,
	.description = "WID-03: what a widget may do is said in words; what is wrong, with its place")
{
	MOSCTL(&said, "widget", "check", folder);
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect(strstr(said.out, "Hello 1.0.0 (widget-hello), API 1\n"), "%s", said.out);
	cr_expect(strstr(said.out, "follow the clock"), "%s", said.out);
	cr_expect(strstr(said.out, "see keys typed into it"), "%s", said.out);
	cr_expect(!strstr(said.out, "play notes"), "%s", said.out);
	in_shell("sed -i 's/\"input.key\"/\"input.keys\"/' '%s/widget.json'", folder);
	MOSCTL(&said, "widget", "check", folder, "--json");
	cr_expect_neq(said.code, 0);
	cr_expect(strstr(said.out, "broker.widget.invalid"), "%s", said.out);
	cr_expect(strstr(said.out, "/capabilities/2"), "%s", said.out);
	MOSCTL(&said, "widget", "check", "./nowhere");
	cr_expect_eq(said.code, 4);
}

Test(mosctl_widget, settings, .description = "WID-11: settings are shown and changed, all or none")
{
	start();
	MOSCTL(&said, "widget", "settings", "widget-hello");
	cr_expect(strstr(said.out, "greeting=Hello  (string)  What it says\n"), "%s", said.out);
	MOSCTL(&said, "widget", "settings", "widget-hello", "greeting=Good evening");
	cr_assert_eq(said.code, 0, "%s", said.err);
	MOSCTL(&said, "widget", "settings", "widget-hello", "greeting=Good night", "nonsense=1", "--json");
	cr_expect_eq(said.code, 1);
	cr_expect(strstr(said.out, "broker.settings.invalid"), "%s", said.out);
	cr_expect(strstr(said.out, "nonsense"), "its place: %s", said.out);
	MOSCTL(&said, "widget", "settings", "widget-hello", "greeting=x", "--revision", "999", "--json");
	cr_expect(strstr(said.out, "broker.settings.stale"), "%s", said.out);
	MOSCTL(&said, "widget", "settings", "widget-hello");
	cr_expect(strstr(said.out, "greeting=Good evening"), "%s", said.out);
}

Test(mosctl_widget, attach_once, .description = "WID-08: what it shows is printed once, as text and as JSON")
{
	start();
	MOSCTL(&said, "widget", "attach", "widget-hello", "--once");
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_expect_str_eq(said.out, "Hello from widget-hello\n0 beats so far\n");
	MOSCTL(&said, "widget", "attach", "widget-hello", "--once", "--json");
	cr_expect(strstr(said.out, "\"beats\":0"), "%s", said.out);
	MOSCTL(&said, "widget", "stop", "widget-hello");
	MOSCTL(&said, "widget", "attach", "widget-hello", "--once");
	cr_expect_eq(said.code, 1, "%s", said.out);
}

/* Read the terminal until `text` is on it. */
static void until_seen(int terminal, char *seen, size_t size, const char *text)
{
	size_t len = 0;

	seen[0] = '\0';
	while (!strstr(seen, text)) {
		struct pollfd pfd = {terminal, POLLIN, 0};
		ssize_t n;

		cr_assert_eq(poll(&pfd, 1, 20'000), 1, "no \"%s\" in: %s", text, seen);
		if (len > size / 2) { /* older pictures may go */
			memmove(seen, seen + len / 2, len - len / 2 + 1);
			len -= len / 2;
		}
		n = read(terminal, seen + len, size - 1 - len);
		cr_assert_gt(n, 0, "it ended before \"%s\": %s", text, seen);
		len += (size_t)n;
		seen[len] = '\0';
	}
}

Test(mosctl_widget, attach_on_a_terminal,
	.description = "WID-08: a full screen that follows; keys go to it, q leaves")
{
	static char seen[65536];
	struct winsize size = {.ws_row = 24, .ws_col = 60};
	int terminal, status;
	ssize_t n;
	pid_t pid;

	start();
	pid = forkpty(&terminal, NULL, NULL, &size);
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		execl(MOSCTL_PATH, MOSCTL_PATH, "widget", "attach", "widget-hello", NULL);
		_exit(126);
	}
	until_seen(terminal, seen, sizeof(seen), "Hello from widget-hello");
	cr_expect(strstr(seen, "\033[?1049h"), "the alternate screen: %s", seen);
	MOSCTL(&said, "widget", "settings", "widget-hello", "greeting=Servus");
	until_seen(terminal, seen, sizeof(seen), "Servus from widget-hello");
	cr_assert_eq(write(terminal, "0", 1), 1);
	cr_assert_eq(write(terminal, "q", 1), 1);
	while ((n = read(terminal, seen, sizeof(seen) - 1)) > 0 || (n < 0 && errno == EINTR))
		seen[n > 0 ? n : 0] = '\0';
	cr_expect(strstr(seen, "\033[?1049l"), "the screen is given back: %s", seen);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(terminal);
}

Test(mosctl_widget, attach_ends_with_the_widget,
	.description = "WID-05: attached to a widget that stops, mosctl ends")
{
	static char seen[65536];
	struct winsize size = {.ws_row = 24, .ws_col = 60};
	int terminal, status;
	pid_t pid;

	start();
	pid = forkpty(&terminal, NULL, NULL, &size);
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		execl(MOSCTL_PATH, MOSCTL_PATH, "widget", "attach", "widget-hello", NULL);
		_exit(126);
	}
	until_seen(terminal, seen, sizeof(seen), "Hello from widget-hello");
	MOSCTL(&said, "widget", "stop", "widget-hello");
	cr_expect_eq(said.code, 0, "%s", said.err);
	while (read(terminal, seen, sizeof(seen) - 1) > 0)
		;
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(terminal);
}
