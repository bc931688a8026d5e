/* SPDX-License-Identifier: MIT */
/*
 * mos-hermes as a process, between its callers and the broker; the test plays both. Rows HER-05, HER-11,
 * HER-13, HER-14, HER-15.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/timeline.h>

#include "smf_bytes.h"
#include "wire.h"

#define WATCHDOG_MS 20000
#define N_CLIENTS 8
#define LOADS_A_CLIENT 125 /* 1,000 in all */
#define PIPELINED 10       /* requests under way of one client */

/** What the broker's side does with kronos.timeline.load. */
enum kronos { KRONOS_TAKES, KRONOS_REFUSES, KRONOS_HANGS_UP };

static struct {
	char dir[64];
	int listener, broker;
	int client[N_CLIENTS];
	pid_t pid;
	struct wire_in in;
	enum kronos kronos;
	unsigned n_timelines; /* taken */
	uint64_t last_id;     /* of the last one taken */
	uint32_t last_events;
} rig = {.broker = -1};

static int wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, WATCHDOG_MS) == 1;
}

static void send_out(int sock, struct wire_out *out)
{
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(sock, out, 0), 0);
	wire_out_finish(out);
}

static void expect_frame(int sock, enum wire_kind kind)
{
	cr_assert(wait_readable(sock), "nothing came");
	cr_assert_eq(wire_recv(sock, &rig.in, 0), 1);
	cr_assert_eq(rig.in.kind, kind);
}

/** The service connects and registers; each client is handed over as the broker does it. */
static void accept_service(void)
{
	struct wire_out out;
	char name[32];

	cr_assert(wait_readable(rig.listener), "the service does not connect");
	rig.broker = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
	expect_frame(rig.broker, WIRE_REQUEST);
	cr_assert_str_eq(rig.in.method, "broker.service.register");
	cr_assert_eq(wire_get_str(rig.in.params, "name", name, sizeof(name)), 0);
	cr_assert_str_eq(name, "hermes");
	wire_out_init(&out);
	wire_begin_result(&out, rig.in.id);
	send_out(rig.broker, &out);
}

static int add_client(const char *cap)
{
	struct wire_out out;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	wire_out_init(&out);
	wire_begin_notify(&out, "broker.service.caller");
	wire_put_i64(&out, "client", 0);
	wire_put_i64(&out, "pid", getpid());
	wire_put_i64(&out, "uid", getuid());
	wire_put_str(&out, "name", "test");
	wire_open_array(&out, "capabilities");
	wire_put_str(&out, NULL, "score.read");
	if (cap)
		wire_put_str(&out, NULL, cap);
	wire_close(&out);
	wire_add_fd(&out, pair[1]);
	send_out(rig.broker, &out);
	close(pair[1]);
	return pair[0];
}

static void start(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/hermes-test-XXXXXX");
	cr_assert_not_null(mkdtemp(rig.dir));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig.dir);
	rig.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(rig.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(rig.listener, 4), 0);
	cr_assert_eq(wire_in_init(&rig.in), 0);
	rig.pid = fork();
	if (rig.pid == 0) {
		(void)execl(MOS_HERMES, "mos-hermes", "--runtime-dir", rig.dir, (char *)NULL);
		_exit(126);
	}
	accept_service();
	for (unsigned i = 0; i < N_CLIENTS; i++)
		rig.client[i] = add_client("score.edit");
}

/** SIGTERM ends it cleanly; a sanitizer's finding would show in the status. */
static void stop(void)
{
	char path[128];
	int status = -1;

	if (rig.pid > 0) {
		kill(rig.pid, SIGTERM);
		cr_expect_eq(waitpid(rig.pid, &status, 0), rig.pid);
		cr_expect_eq(status, 0, "status %x", (unsigned)status);
	}
	(void)snprintf(path, sizeof(path), "%s/mos.sock", rig.dir);
	unlink(path);
	rmdir(rig.dir);
	wire_in_finish(&rig.in);
}

/** A frame of the service to the broker: a timeline to load. At most one is under way (HER-14). */
static void serve_broker(void)
{
	struct mos_timeline timeline;
	struct mos_timeline_error err = {0};
	struct wire_error refusal;
	struct wire_out out;

	expect_frame(rig.broker, WIRE_REQUEST);
	cr_assert_str_eq(rig.in.method, "kronos.timeline.load");
	const int fd = wire_take_fd(&rig.in, 0);
	cr_assert_geq(fd, 0);
	cr_assert_eq(mos_timeline_open(fd, &timeline, &err), 0, "%s: %s", err.table, err.reason);
	close(fd);
	struct pollfd more = {.fd = rig.broker, .events = POLLIN};
	cr_expect_eq(poll(&more, 1, 0), 0, "a second load while one is active");

	if (rig.kronos == KRONOS_HANGS_UP) {
		close(rig.broker);
		rig.broker = -1;
	} else if (rig.kronos == KRONOS_REFUSES) {
		wire_error_set(&refusal, "kronos.timeline.invalid", "this timeline is refused");
		wire_out_init(&out);
		wire_begin_error(&out, rig.in.id, &refusal);
		send_out(rig.broker, &out);
	} else {
		rig.n_timelines++;
		rig.last_id = timeline.id;
		rig.last_events = timeline.n_event;
		wire_out_init(&out);
		wire_begin_result(&out, rig.in.id);
		wire_put_u64(&out, "id", timeline.id);
		wire_put_i64(&out, "end_ticks", timeline.end_tick);
		send_out(rig.broker, &out);
	}
	mos_timeline_close(&timeline);
}

/** Wait for the answer of one client; the broker's side works meanwhile. */
static void await_answer(int sock)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = sock, .events = POLLIN}, {.fd = rig.broker, .events = POLLIN}};
		cr_assert_gt(poll(p, 2, WATCHDOG_MS), 0, "no answer");
		if (p[1].revents)
			serve_broker();
		if (p[0].revents)
			break;
	}
	expect_frame(sock, WIRE_RESPONSE);
}

/** A file with one note of this key. */
static int song_fd(uint8_t key)
{
	static struct smf_bytes b;
	b = (struct smf_bytes){0};
	smf_head(&b, 0, 1, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x04, 'S', 'o', 'n', 'g', 0x00, 0x90, key, 0x40, 0x60, 0x80, key, 0x40,
		0x00, 0xff, 0x2f, 0x00);
	smf_end(&b);
	int fd = memfd_create("song", MFD_CLOEXEC);
	cr_assert_eq(write(fd, b.data, b.size), (ssize_t)b.size);
	return fd;
}

static void request(int sock, const char *method, int fd)
{
	struct wire_out out;
	wire_out_init(&out);
	wire_begin_request(&out, 7, method);
	if (fd >= 0) {
		wire_put_str(&out, "name", "a file");
		wire_add_fd(&out, fd);
	}
	send_out(sock, &out);
	if (fd >= 0)
		close(fd);
}

static void call(int sock, const char *method, int fd)
{
	request(sock, method, fd);
	await_answer(sock);
}

static void expect_error(const char *code, const char *where)
{
	struct wire_error err;
	cr_assert_not_null(rig.in.error, "it succeeded");
	wire_error_read(rig.in.error, &err);
	cr_expect_str_eq(err.code, code, "%s: %s", err.code, err.message);
	if (where)
		cr_expect_str_eq(err.where, where, "%s", err.where);
	cr_expect_gt(strlen(err.message), 10);
}

static uint64_t state_id(void)
{
	char id[32] = "";
	cr_assert_null(rig.in.error);
	cr_assert_eq(wire_get_str(rig.in.result, "state_id", id, sizeof(id)), 0);
	return strtoull(id, NULL, 16);
}

static uint64_t get_state(void)
{
	call(rig.client[0], "hermes.score.get", -1);
	return state_id();
}

TestSuite(hermes_service, .init = start, .fini = stop, .timeout = 120);

Test(hermes_service, HER_05_load_and_get,
	.description = "HER-05 HER-06: nil before the first load; then what was loaded, "
		       "and rtcore has that timeline")
{
	char text[64];
	double seconds;
	int64_t value;

	call(rig.client[0], "hermes.score.get", -1);
	cr_assert_null(rig.in.error);
	cr_expect_eq(rig.in.result->via.map.size, 1);
	call(rig.client[1], "hermes.score.load", song_fd(60));
	const uint64_t id = state_id();
	cr_expect_eq(id, rig.last_id);
	cr_expect_eq(rig.last_events, 2);
	for (unsigned again = 0; again < 2; again++) {
		cr_assert_eq(wire_get_str(rig.in.result, "title", text, sizeof(text)), 0);
		cr_expect_str_eq(text, "Song");
		cr_assert_eq(wire_get_str(rig.in.result, "format", text, sizeof(text)), 0);
		cr_expect_str_eq(text, "SMF 0");
		cr_assert_eq(wire_get_i64(rig.in.result, "end_ticks", &value), 0);
		cr_expect_eq(value, 960);
		cr_assert_eq(wire_get_f64(rig.in.result, "seconds", &seconds), 0);
		cr_expect_float_eq(seconds, 0.5, 1e-9);
		cr_expect_eq(wire_get_array(rig.in.result, "parts")->via.array.size, 1);
		cr_expect_eq(wire_get_array(rig.in.result, "warnings")->via.array.size, 0);
		cr_expect_eq(get_state(), id);
	}
}

Test(hermes_service, HER_13_failures_leave_the_old_score,
	.description = "HER-11 HER-13: bad music, a directory, a refusal "
		       "of rtcore: place and reason, and nothing changes")
{
	call(rig.client[0], "hermes.score.load", song_fd(60));
	const uint64_t id = state_id();

	int fd = memfd_create("bad", MFD_CLOEXEC);
	cr_assert_eq(write(fd, "MThd\0\0\0\6\0\0\0\1\0\0", 14), 14);
	call(rig.client[1], "hermes.score.load", fd);
	expect_error("hermes.score.invalid", "byte 12");
	cr_expect_eq(get_state(), id);

	call(rig.client[1], "hermes.score.load", memfd_create("empty", MFD_CLOEXEC));
	expect_error("hermes.score.invalid", "byte 0");
	call(rig.client[1], "hermes.score.load", open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	expect_error("hermes.file.unreadable", NULL);
	fd = memfd_create("large", MFD_CLOEXEC);
	cr_assert_eq(ftruncate(fd, (off_t)4 << 30), 0);
	call(rig.client[1], "hermes.score.check", fd);
	expect_error("hermes.file.unreadable", NULL);

	rig.kronos = KRONOS_REFUSES;
	call(rig.client[1], "hermes.score.load", song_fd(61));
	expect_error("kronos.timeline.invalid", NULL);
	cr_expect_eq(get_state(), id);

	rig.kronos = KRONOS_HANGS_UP;
	call(rig.client[1], "hermes.score.load", song_fd(62));
	expect_error("rtcore.down", NULL);
	cr_expect_eq(get_state(), id);
	accept_service();
	rig.kronos = KRONOS_TAKES;
	call(rig.client[1], "hermes.score.load", song_fd(62));
	cr_expect_neq(state_id(), id);
	cr_expect_eq(get_state(), rig.last_id);
}

Test(hermes_service, check_changes_nothing,
	.description = "HER-11: check answers like load and loads nothing")
{
	call(rig.client[0], "hermes.score.check", song_fd(60));
	const uint64_t checked = state_id();
	cr_expect_eq(rig.n_timelines, 0);
	call(rig.client[0], "hermes.score.load", song_fd(60));
	cr_expect_eq(state_id(), checked);
	cr_expect_eq(rig.n_timelines, 1);
}

Test(hermes_service, HER_15_same_file_same_state,
	.description = "HER-15: loaded again it is the same state; rtcore gets "
		       "its timeline, for it may have lost it")
{
	call(rig.client[0], "hermes.score.load", song_fd(60));
	const uint64_t id = state_id();
	call(rig.client[1], "hermes.score.load", song_fd(60));
	cr_expect_eq(state_id(), id);
	cr_expect_eq(rig.n_timelines, 2);
	cr_expect_eq(rig.last_id, id);
	call(rig.client[1], "hermes.score.load", song_fd(61));
	cr_expect_neq(state_id(), id);
}

Test(hermes_service, refused_requests,
	.description = "missing file, unknown key, missing capability, a caller that hangs up")
{
	call(rig.client[0], "hermes.score.load", -1);
	expect_error("rpc.params.invalid", "name");

	struct wire_out out;
	wire_out_init(&out);
	wire_begin_request(&out, 1, "hermes.score.load");
	wire_put_str(&out, "name", "x");
	send_out(rig.client[0], &out);
	await_answer(rig.client[0]);
	expect_error("rpc.fds.missing", NULL);

	const int watcher = add_client(NULL);
	call(watcher, "hermes.score.load", song_fd(60));
	expect_error("rpc.caller.denied", NULL);
	close(watcher);

	/* Loads of a caller that is gone still happen, and nobody is waited for. */
	for (unsigned i = 0; i < 5; i++)
		request(rig.client[2], "hermes.score.load", song_fd((uint8_t)(70 + i)));
	close(rig.client[2]);
	call(rig.client[3], "hermes.score.load", song_fd(90));
	/* requests of different callers have no order: the other five may come after this one */
	while (rig.n_timelines < 6) {
		cr_assert(wait_readable(rig.broker), "%u of 6 loads came", (unsigned)rig.n_timelines);
		serve_broker();
	}
	cr_expect_eq(get_state(), rig.last_id);
}

Test(hermes_service, HER_14_loads_queue,
	.description = "HER-14: 8 clients, 1,000 loads: one active at a time, each answered "
		       "once, in order, and the last one is in force")
{
	unsigned sent[N_CLIENTS] = {0}, answered[N_CLIENTS] = {0}, n_answered = 0;
	uint64_t id_of[N_CLIENTS];

	for (unsigned i = 0; i < N_CLIENTS; i++) {
		call(rig.client[i], "hermes.score.check", song_fd((uint8_t)(60 + i)));
		id_of[i] = state_id();
	}
	while (n_answered < N_CLIENTS * LOADS_A_CLIENT) {
		struct pollfd p[N_CLIENTS + 1];
		for (unsigned i = 0; i < N_CLIENTS; i++) {
			while (sent[i] < LOADS_A_CLIENT && sent[i] - answered[i] < PIPELINED) {
				request(rig.client[i], "hermes.score.load",
					song_fd((uint8_t)(60 + (i + sent[i]) % N_CLIENTS)));
				sent[i]++;
			}
			p[i] = (struct pollfd){.fd = rig.client[i], .events = POLLIN};
		}
		p[N_CLIENTS] = (struct pollfd){.fd = rig.broker, .events = POLLIN};
		cr_assert_gt(poll(p, N_CLIENTS + 1, WATCHDOG_MS), 0, "stuck after %u answers", n_answered);
		if (p[N_CLIENTS].revents)
			serve_broker();
		for (unsigned i = 0; i < N_CLIENTS; i++) {
			if (!p[i].revents)
				continue;
			expect_frame(rig.client[i], WIRE_RESPONSE);
			cr_expect_eq(state_id(), id_of[(i + answered[i]) % N_CLIENTS], "client %u, answer %u",
				i, answered[i]);
			answered[i]++;
			n_answered++;
		}
	}
	for (unsigned i = 0; i < N_CLIENTS; i++) {
		struct pollfd p = {.fd = rig.client[i], .events = POLLIN};
		cr_expect_eq(poll(&p, 1, 0), 0, "one answer too many");
	}
	cr_expect_eq(rig.n_timelines, N_CLIENTS * LOADS_A_CLIENT);
	cr_expect_eq(get_state(), rig.last_id);
}
