/* SPDX-License-Identifier: MIT */
/* mos-theater as a process, with the test as its broker and its callers: who may do what, a configuration
 * that is wrong. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire.h"

#define WATCHDOG_MS 60000

static struct {
	char dir[64], config[96];
	int listener, broker;
	pid_t pid;
	struct wire_in in;
} rig = {.listener = -1, .broker = -1};

static void send_frame(int sock, struct wire_out *out)
{
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(sock, out, 0), 0);
	wire_out_finish(out);
}

static void receive(int sock)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, WATCHDOG_MS), 1, "nothing came");
	cr_assert_eq(wire_recv(sock, &rig.in, 0), 1, "it hung up");
}

static void write_config(const char *text)
{
	FILE *f = fopen(rig.config, "we");

	cr_assert_not_null(f);
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
}

static void make_dir(const char *config)
{
	strcpy(rig.dir, "/tmp/mos-theater-XXXXXX");
	cr_assert_not_null(mkdtemp(rig.dir));
	(void)snprintf(rig.config, sizeof(rig.config), "%s/theater.ini", rig.dir);
	write_config(config);
}

static void run(int error_fd)
{
	rig.pid = fork();
	if (rig.pid != 0)
		return;
	if (error_fd >= 0)
		(void)dup2(error_fd, STDERR_FILENO);
	(void)setenv("XDG_CACHE_HOME", rig.dir, 1);
	(void)setenv("XDG_CONFIG_HOME", rig.dir, 1);
	(void)execl(
		MOS_THEATER, "mos-theater", "--runtime-dir", rig.dir, "--config", rig.config, (char *)NULL);
	_exit(126);
}

/* It connects twice: as a service, and as a program that follows the clock, which is told to come later. */
static void accept_service(void)
{
	for (;;) {
		struct pollfd p = {.fd = rig.listener, .events = POLLIN};
		struct wire_out out;
		int sock;

		cr_assert_eq(poll(&p, 1, WATCHDOG_MS), 1, "it does not connect");
		sock = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
		receive(sock);
		if (strcmp(rig.in.method, "broker.service.register") != 0) {
			close(sock);
			continue;
		}
		wire_out_init(&out);
		wire_begin_result(&out, rig.in.id);
		send_frame(sock, &out);
		rig.broker = sock;
		return;
	}
}

static void start(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	make_dir("[theater]\ndivisor=16\nstreams=no\nwindow=no\n");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig.dir);
	rig.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(rig.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(rig.listener, 4), 0);
	cr_assert_eq(wire_in_init(&rig.in), 0);
	run(-1);
	accept_service();
}

static void stop(void)
{
	char command[96];
	int status = -1;

	kill(rig.pid, SIGTERM);
	cr_expect_eq(waitpid(rig.pid, &status, 0), rig.pid);
	cr_expect_eq(status, 0, "status %x", (unsigned)status);
	close(rig.broker);
	close(rig.listener);
	wire_in_finish(&rig.in);
	(void)snprintf(command, sizeof(command), "rm -r %s", rig.dir);
	cr_expect_eq(system(command), 0);
}

static int caller(const char *name, const char *capability)
{
	struct wire_out out;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	wire_out_init(&out);
	wire_begin_notify(&out, "broker.service.caller");
	wire_put_i64(&out, "client", 0);
	wire_put_i64(&out, "pid", getpid());
	wire_put_i64(&out, "uid", getuid());
	wire_put_str(&out, "name", name);
	wire_open_array(&out, "capabilities");
	wire_put_str(&out, NULL, "status.read");
	if (capability)
		wire_put_str(&out, NULL, capability);
	wire_close(&out);
	wire_add_fd(&out, pair[1]);
	send_frame(rig.broker, &out);
	close(pair[1]);
	return pair[0];
}

struct command {
	const char *method, *text_key, *text, *truth_key;
};

/* @return the error's code, "" when there is none. */
static const char *call(int sock, const struct command *command)
{
	static char code[64];
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_request(&out, 7, command->method);
	if (command->text_key)
		wire_put_str(&out, command->text_key, command->text);
	if (command->truth_key)
		wire_put_bool(&out, command->truth_key, 1);
	send_frame(sock, &out);
	receive(sock);
	*code = '\0';
	if (rig.in.error)
		cr_assert_eq(wire_get_str(rig.in.error, "code", code, sizeof(code)), 0);
	return code;
}

/* What the original's remote control could do and is the theater's; the rest is kronos', hermes'. */
static const struct command commands[] = {
	{"theater.scene.show", "name", "performance", NULL},
	{"theater.theme.set", "name", "paper", NULL},
	{"theater.item.set", "id", "transport", "visible"},
	{"theater.layer.set", "layer", "chords", "visible"},
	{"theater.focus.set", "id", "transport", NULL},
	{"theater.focus.set", NULL, NULL, NULL},
	{"theater.input.pointer", "kind", "leave", NULL},
	{"theater.input.key", "key", "up", NULL},
};
static const struct command queries[] = {
	{"theater.scene.list", NULL, NULL, NULL},
	{"theater.scene.get", NULL, NULL, NULL},
	{"theater.widget.list", NULL, NULL, NULL},
	{"theater.stream.list", NULL, NULL, NULL},
	{"theater.status.get", NULL, NULL, NULL},
};

Test(theater_service, roles, .init = start, .fini = stop, .timeout = 120,
	.description = "THR-16: a director commands; an observer asks, and may not command")
{
	const int director = caller("director", "stage.control"), observer = caller("observer", NULL);

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		cr_expect_str_eq(call(director, &queries[i]), "", "%s", queries[i].method);
		cr_expect_str_eq(call(observer, &queries[i]), "", "%s", queries[i].method);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		cr_expect_str_eq(call(director, &commands[i]), "", "%s", commands[i].method);
		cr_expect_str_eq(
			call(observer, &commands[i]), "rpc.caller.denied", "%s", commands[i].method);
	}
	close(director);
	close(observer);
}

Test(theater_service, shot, .init = start, .fini = stop, .timeout = 120,
	.description = "THR-01 THR-09: without a broker's clock, a score or a widget there is a picture all "
		       "the same")
{
	const int director = caller("director", "stage.control");
	uint8_t head[24] = {0};
	int fd;

	(void)call(director, &(struct command){"theater.canvas.shot", "canvas", "portrait", NULL});
	if (rig.in.error) { /* no Vulkan device: it says what is missing */
		char code[64] = "", hint[192] = "";

		(void)wire_get_str(rig.in.error, "code", code, sizeof(code));
		(void)wire_get_str(rig.in.error, "hint", hint, sizeof(hint));
		cr_expect_str_eq(code, "theater.device.absent");
		cr_expect_str_neq(hint, "");
		close(director);
		return;
	}
	fd = wire_take_fd(&rig.in, 0);
	cr_assert_geq(fd, 0);
	cr_assert_eq(pread(fd, head, sizeof(head), 0), (ssize_t)sizeof(head));
	cr_expect_arr_eq(head, "\x89PNG\r\n\x1a\n", 8);
	cr_expect_eq(head[18] << 8 | head[19], 4320 / 16);
	cr_expect_eq(head[22] << 8 | head[23], 7680 / 16);
	close(fd);
	close(director);
}

Test(theater_service, wrong_config, .timeout = 60,
	.description = "THR-09: a wrong configuration is named with its line, and nothing runs")
{
	char text[1024] = "", command[96];
	int pipes[2], status = 0;
	ssize_t n;

	make_dir("[theater]\ndivisor=3\n");
	cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
	run(pipes[1]);
	close(pipes[1]);
	for (size_t at = 0; (n = read(pipes[0], text + at, sizeof(text) - 1 - at)) > 0;)
		at += (size_t)n;
	close(pipes[0]);
	cr_assert_eq(waitpid(rig.pid, &status, 0), rig.pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %x", (unsigned)status);
	cr_expect_not_null(strstr(text, "theater.ini:2: \"divisor\""), "%s", text);
	(void)snprintf(command, sizeof(command), "rm -r %s", rig.dir);
	cr_expect_eq(system(command), 0);
}
