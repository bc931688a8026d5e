/* SPDX-License-Identifier: MIT */
#include "hermes_rig.h"

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

struct hermes_rig rig = {.broker = -1};

static int wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, RIG_WATCHDOG_MS) == 1;
}

static void expect_frame(int sock)
{
	cr_assert(wait_readable(sock), "nothing came");
	cr_assert_eq(wire_recv(sock, &rig.in, 0), 1, "the service hung up");
}

void rig_send(int sock, struct wire_out *out)
{
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(sock, out, 0), 0);
	wire_out_finish(out);
}

/* --- The process --- */

void rig_accept(void)
{
	struct wire_out out;
	char name[32];

	cr_assert(wait_readable(rig.listener), "the service does not connect");
	rig.broker = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
	expect_frame(rig.broker);
	cr_assert_eq(rig.in.kind, WIRE_REQUEST);
	cr_assert_str_eq(rig.in.method, "broker.service.register");
	cr_assert_eq(wire_get_str(rig.in.params, "name", name, sizeof(name)), 0);
	cr_assert_str_eq(name, "hermes");
	wire_out_init(&out);
	wire_begin_result(&out, rig.in.id);
	if (rig.generation) {
		wire_put_u64(&out, "generation", rig.generation);
		wire_put_u64(&out, "timeline_id", rig.timeline_id);
	}
	rig_send(rig.broker, &out);
}

int rig_client(const char *cap)
{
	struct wire_out out;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	wire_out_init(&out);
	wire_begin_notify(&out, "broker.service.caller");
	wire_put_i64(&out, "client", 0);
	wire_put_i64(&out, "pid", getpid() + rig.n_clients++ / 32); /* no process may have many */
	wire_put_i64(&out, "uid", getuid());
	wire_put_str(&out, "name", "test");
	wire_open_array(&out, "capabilities");
	wire_put_str(&out, NULL, "score.read");
	if (cap)
		wire_put_str(&out, NULL, cap);
	wire_close(&out);
	wire_add_fd(&out, pair[1]);
	rig_send(rig.broker, &out);
	close(pair[1]);
	return pair[0];
}

static void spawn(void)
{
	char state[96];

	(void)snprintf(state, sizeof(state), "%s/state", rig.dir);
	rig.pid = fork();
	if (rig.pid == 0) {
		(void)setenv("MOS_STATE_DIR", state, 1);
		(void)execl(MOS_HERMES, "mos-hermes", "--runtime-dir", rig.dir, (char *)NULL);
		_exit(126);
	}
	rig_accept();
	for (unsigned i = 0; i < RIG_CLIENTS; i++)
		rig.client[i] = rig_client("score.edit");
}

void rig_start(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/hermes-test-XXXXXX");
	cr_assert_not_null(mkdtemp(rig.dir));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig.dir);
	rig.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(rig.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(rig.listener, 4), 0);
	cr_assert_eq(wire_in_init(&rig.in), 0);
	spawn();
}

void rig_end(int signal)
{
	int status = -1;

	kill(rig.pid, signal);
	cr_expect_eq(waitpid(rig.pid, &status, 0), rig.pid);
	if (signal == SIGTERM)
		cr_expect_eq(status, 0, "status %x", (unsigned)status);
	rig.pid = 0;
	for (unsigned i = 0; i < RIG_CLIENTS; i++) {
		if (rig.client[i] >= 0)
			close(rig.client[i]);
	}
	if (rig.broker >= 0)
		close(rig.broker);
	rig.broker = -1;
}

void rig_start_again(void)
{
	spawn();
}

void rig_stop(void)
{
	char command[96];

	if (rig.pid > 0)
		rig_end(SIGTERM);
	close(rig.listener);
	(void)snprintf(command, sizeof(command), "rm -r %s", rig.dir);
	cr_expect_eq(system(command), 0);
	wire_in_finish(&rig.in);
}

/* --- The broker's side --- */

static void answer_load(uint32_t id, const struct mos_timeline *timeline, int update)
{
	struct wire_error refusal;
	struct wire_out out;

	wire_out_init(&out);
	switch (rig.kronos) {
	case KRONOS_HANGS_UP:
		close(rig.broker);
		rig.broker = -1;
		return;
	case KRONOS_WAITS:
		rig.waiting_id = id;
		return;
	case KRONOS_REFUSES:
		wire_error_set(&refusal, "kronos.timeline.invalid", "this timeline is refused");
		wire_begin_error(&out, id, &refusal);
		break;
	case KRONOS_TAKES:
		rig.n_timelines++;
		rig.n_updates += (unsigned)update;
		rig.last_id = timeline->id;
		rig.last_events = timeline->n_event;
		rig.last_end = timeline->end_tick;
		wire_begin_result(&out, id);
		wire_put_u64(&out, "id", timeline->id);
		wire_put_i64(&out, "end_ticks", timeline->end_tick);
		break;
	}
	rig_send(rig.broker, &out);
}

/* What callers changed is told to the broker beside all else (SEC-04). @return 1: this was that, answered. */
static int serve_note(void)
{
	struct wire_out out;

	if (rig.in.kind != WIRE_REQUEST || strcmp(rig.in.method, "broker.audit.note") != 0)
		return 0;
	wire_out_init(&out);
	wire_begin_result(&out, rig.in.id);
	rig_send(rig.broker, &out);
	return 1;
}

static void serve_load(void)
{
	struct mos_timeline timeline;
	struct mos_timeline_error err = {0};
	const uint32_t id = rig.in.id;
	int update = 0;

	(void)wire_get_bool(rig.in.params, "update", &update);
	const int fd = wire_take_fd(&rig.in, 0);
	cr_assert_geq(fd, 0);
	cr_assert_eq(mos_timeline_open(fd, &timeline, &err), 0, "%s: %s", err.table, err.reason);
	close(fd);
	struct pollfd more = {.fd = rig.broker, .events = POLLIN};
	if (poll(&more, 1, 0) == 1) {
		expect_frame(rig.broker);
		if (!serve_note())
			cr_expect_str_neq(rig.in.method, "kronos.timeline.load", "a second load while one is active");
	}
	answer_load(id, &timeline, update);
	mos_timeline_close(&timeline);
}

void rig_serve(void)
{
	struct wire_out out;

	expect_frame(rig.broker);
	if (serve_note())
		return;
	cr_assert_eq(rig.in.kind, WIRE_REQUEST);
	if (strcmp(rig.in.method, "kronos.timeline.load") == 0) {
		serve_load();
		return;
	}
	cr_assert_str_eq(rig.in.method, "broker.score.failed");
	rig.n_failed++;
	cr_assert_eq(wire_get_i64(rig.in.params, "load_id", &rig.last_failed), 0);
	wire_out_init(&out);
	wire_begin_result(&out, rig.in.id);
	rig_send(rig.broker, &out);
}

void rig_rtcore_up(uint64_t generation, uint64_t timeline_id)
{
	struct wire_out out;

	rig.generation = generation;
	rig.timeline_id = timeline_id;
	wire_out_init(&out);
	wire_begin_notify(&out, "broker.rtcore.up");
	wire_put_u64(&out, "generation", generation);
	wire_put_u64(&out, "timeline_id", timeline_id);
	rig_send(rig.broker, &out);
}

void rig_wait(int sock)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = sock, .events = POLLIN}, {.fd = rig.broker, .events = POLLIN}};
		cr_assert_gt(poll(p, 2, RIG_WATCHDOG_MS), 0, "no answer");
		if (p[1].revents)
			rig_serve();
		if (p[0].revents)
			return;
	}
}

void rig_wait_timelines(unsigned n)
{
	while (rig.n_timelines < n) {
		cr_assert(wait_readable(rig.broker), "%u of %u timelines came", rig.n_timelines, n);
		rig_serve();
	}
}

/* --- The callers' side --- */

void rig_begin(struct wire_out *out, const char *method)
{
	wire_out_init(out);
	wire_begin_request(out, 7, method);
}

void rig_answer(int sock)
{
	do {
		rig_wait(sock);
		expect_frame(sock);
	} while (rig.in.kind == WIRE_NOTIFY);
	cr_assert_eq(rig.in.kind, WIRE_RESPONSE);
}

void rig_notice(int sock, const char *method)
{
	do {
		rig_wait(sock);
		expect_frame(sock);
		cr_assert_eq(rig.in.kind, WIRE_NOTIFY);
	} while (strcmp(rig.in.method, method) != 0);
}

int rig_is_quiet(int sock, int ms)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};
	return poll(&p, 1, ms) == 0;
}

void rig_call_out(int sock, struct wire_out *out)
{
	rig_send(sock, out);
	rig_answer(sock);
}

void rig_request(int sock, const char *method, int fd)
{
	struct wire_out out;

	rig_begin(&out, method);
	if (fd >= 0) {
		wire_put_str(&out, "name", "a file");
		wire_add_fd(&out, fd);
	}
	rig_send(sock, &out);
	if (fd >= 0)
		close(fd);
}

void rig_call(int sock, const char *method, int fd)
{
	rig_request(sock, method, fd);
	rig_answer(sock);
}

void rig_expect_error(const char *code, const char *where)
{
	struct wire_error err;

	cr_assert_not_null(rig.in.error, "it succeeded, not %s", code);
	wire_error_read(rig.in.error, &err);
	cr_expect_str_eq(err.code, code, "%s: %s", err.code, err.message);
	if (where)
		cr_expect_str_eq(err.where, where, "%s", err.where);
	cr_expect_gt(strlen(err.message), 10);
}

void rig_expect_result(void)
{
	struct wire_error err = {0};

	if (rig.in.error)
		wire_error_read(rig.in.error, &err);
	cr_assert_null(rig.in.error, "%s: %s: %s", err.code, err.where, err.message);
}

static const msgpack_object *map_of_last(void)
{
	return rig.in.kind == WIRE_NOTIFY ? rig.in.params : rig.in.result;
}

const char *rig_text(const char *key)
{
	static char text[8][512];
	static unsigned at;
	char *buf = text[at++ % 8];

	if (wire_get_str(map_of_last(), key, buf, sizeof(text[0])) < 0)
		buf[0] = '\0';
	return buf;
}

int64_t rig_number(const char *key)
{
	int64_t value = -1;

	cr_assert_eq(wire_get_i64(map_of_last(), key, &value), 0, "no %s", key);
	return value;
}

int rig_file(const void *bytes, size_t n)
{
	const int fd = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	return fd;
}

int rig_song(uint8_t key)
{
	static struct smf_bytes b;

	b = (struct smf_bytes){0};
	smf_head(&b, 0, 1, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x04, 'S', 'o', 'n', 'g', 0x00, 0x90, key, 0x40, 0x60, 0x80, key, 0x40,
		0x00, 0xff, 0x2f, 0x00);
	smf_end(&b);
	return rig_file(b.data, b.size);
}
