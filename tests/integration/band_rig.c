/* SPDX-License-Identifier: MIT */
#include "band_rig.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct band_rig rig = {.broker = -1, .manager = -1, .kept = -1};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int wait_readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

static void expect_frame(int sock)
{
	cr_assert(wait_readable(sock, RIG_WATCHDOG_MS), "nothing came");
	cr_assert_eq(wire_recv(sock, &rig.in, 0), 1, "the service hung up");
}

void rig_send(int sock, struct wire_out *out)
{
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(sock, out, 0), 0);
	wire_out_finish(out);
}

/* --- The process --- */

static void accept_service(uint64_t generation)
{
	struct wire_out out;

	cr_assert(wait_readable(rig.listener, RIG_WATCHDOG_MS), "the service does not connect");
	rig.broker = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
	expect_frame(rig.broker);
	cr_assert_str_eq(rig.in.method, "broker.service.register");
	wire_out_init(&out);
	wire_begin_result(&out, rig.in.id);
	if (generation) {
		wire_put_u64(&out, "generation", generation);
		wire_put_u64(&out, "timeline_id", rig.transport.id);
	}
	rig_send(rig.broker, &out);
}

int rig_client(const char *name)
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
	wire_put_str(&out, NULL, "score.read");
	wire_put_str(&out, NULL, "status.read");
	wire_put_str(&out, NULL, "transport.control");
	wire_close(&out);
	wire_add_fd(&out, pair[1]);
	rig_send(rig.broker, &out);
	close(pair[1]);
	return pair[0];
}

static void name_manager(struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/notify", rig.dir);
}

/* As sd_listen_fds(3) and sd_notify(3) have it. */
static void start_process(void)
{
	struct sockaddr_un address;
	char pid[16];

	name_manager(&address);
	rig.pid = fork();
	if (rig.pid)
		return;
	(void)setenv("NOTIFY_SOCKET", address.sun_path, 1);
	if (rig.kept >= 0) {
		(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
		(void)setenv("LISTEN_PID", pid, 1);
		(void)setenv("LISTEN_FDS", "1", 1);
		(void)setenv("LISTEN_FDNAMES", "band", 1);
		if (rig.kept == 3)
			(void)fcntl(3, F_SETFD, 0);
		else
			(void)dup2(rig.kept, 3);
	}
	(void)execl(MOS_BAND, "mos-band", "--runtime-dir", rig.dir, (char *)NULL);
	_exit(126);
}

/* What it told its manager so far. */
static void take_kept(void)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(16 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[1024];

	for (;;) {
		struct iovec part = {text, sizeof(text) - 1};
		struct msghdr msg = {.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control)};
		const ssize_t n = recvmsg(rig.manager, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int fd = -1;

		if (n < 0)
			return;
		text[n] = '\0';
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
				memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		if (fd < 0 && !strstr(text, "FDSTOREREMOVE=1"))
			continue;
		cr_expect_not_null(strstr(text, "FDNAME=band"), "%s", text);
		if (rig.kept >= 0)
			close(rig.kept);
		rig.kept = fd;
	}
}

void rig_kill(void)
{
	kill(rig.pid, SIGKILL);
	cr_assert_eq(waitpid(rig.pid, NULL, 0), rig.pid);
	rig.pid = 0;
	take_kept();
	for (unsigned i = 0; i < RIG_CLIENTS; i++)
		close(rig.client[i]);
	close(rig.broker);
	rig.broker = -1;
}

void rig_start_again(uint64_t generation)
{
	start_process();
	accept_service(generation);
	for (unsigned i = 0; i < RIG_CLIENTS; i++)
		rig.client[i] = rig_client("test");
}

void rig_start(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/band-test-XXXXXX");
	cr_assert_not_null(mkdtemp(rig.dir));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig.dir);
	rig.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(rig.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(rig.listener, 4), 0);
	cr_assert_eq(wire_in_init(&rig.in), 0);
	name_manager(&address);
	rig.manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(rig.manager, (struct sockaddr *)&address, sizeof(address)), 0);
	rig_start_again(1);
}

static void close_timeline(void)
{
	if (rig.transport.timeline.region.base)
		mos_timeline_close(&rig.transport.timeline);
	rig.transport.timeline = (struct mos_timeline){0};
	rig.transport.id = 0;
}

static void serve(void);

void rig_end(void)
{
	int status = -1;
	pid_t ended = 0;

	kill(rig.pid, SIGTERM);
	for (int left = RIG_WATCHDOG_MS; left > 0 && ended == 0; left -= 5) {
		if (wait_readable(rig.broker, 5)) { /* no broker: it only waits */
			char peek;

			if (recv(rig.broker, &peek, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
				close(rig.broker);
				rig.broker = -1;
				continue;
			}
			serve();
		}
		ended = waitpid(rig.pid, &status, WNOHANG);
	}
	cr_expect_eq(ended, rig.pid, "it does not end");
	cr_expect_eq(status, 0, "status %x", (unsigned)status);
	rig.pid = 0;
}

void rig_stop(void)
{
	char command[96];

	if (rig.pid > 0)
		rig_end();
	for (unsigned i = 0; i < RIG_CLIENTS; i++)
		close(rig.client[i]);
	if (rig.broker >= 0)
		close(rig.broker);
	if (rig.kept >= 0)
		close(rig.kept);
	close(rig.manager);
	close(rig.listener);
	close_timeline();
	(void)snprintf(command, sizeof(command), "rm -r %s", rig.dir);
	cr_expect_eq(system(command), 0);
	wire_in_finish(&rig.in);
}

/* --- rtcore's side --- */

/* ns from the timeline's beginning to a tick. */
static double ns_of(int64_t tick)
{
	const struct mos_timeline *tl = &rig.transport.timeline;
	double ns = 0;

	for (uint32_t i = 0; i < tl->n_tempo; i++) {
		const int64_t from = tl->tempo[i].tick;
		int64_t to = i + 1 < tl->n_tempo ? tl->tempo[i + 1].tick : INT64_MAX;

		if (from >= tick)
			break;
		to = to < tick ? to : tick;
		ns += (double)(to - from) * (double)tl->tempo[i].npq_start / 960;
	}
	return ns;
}

static double npq_at(int64_t tick)
{
	const struct mos_timeline *tl = &rig.transport.timeline;
	double npq = 5e8;

	for (uint32_t i = 0; i < tl->n_tempo && tl->tempo[i].tick <= tick; i++)
		npq = (double)tl->tempo[i].npq_start;
	return npq;
}

int64_t rig_tick(void)
{
	const struct rig_transport *t = &rig.transport;
	const struct mos_tl_policy *policy = &t->timeline.policy;
	double ns = ns_of(t->tick) + (double)(now_ns() - t->time_ns);

	if (!t->playing)
		return t->tick;
	const double end = ns_of(policy->loop_end), start = ns_of(policy->loop_start);
	while (policy->loop_end && t->tick < policy->loop_end && ns >= end)
		ns -= end - start;
	int64_t low = 0, high = INT64_C(1) << 34;
	while (low + 1 < high) {
		const int64_t middle = (low + high) / 2;

		if (ns_of(middle) <= ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void rig_go_to(int64_t tick)
{
	rig.transport.tick = tick;
	rig.transport.time_ns = now_ns();
}

void rig_replace(uint64_t id)
{
	rig.transport.id = id;
}

static void put_position(struct wire_out *out)
{
	const struct mos_tl_policy *policy = &rig.transport.timeline.policy;
	const int64_t tick = rig_tick();

	wire_put_str(out, "state", rig.transport.playing ? "playing" : "stopped");
	wire_put_i64(out, "ticks", tick);
	wire_put_i64(out, "time_ns", now_ns());
	wire_put_f64(out, "bpm", 60e9 / npq_at(tick));
	wire_put_bool(out, "rolling", rig.transport.playing);
	wire_put_u64(out, "timeline_id", rig.transport.id);
	if (policy->loop_end) {
		wire_open_map(out, "loop");
		wire_put_i64(out, "start_ticks", policy->loop_start);
		wire_put_i64(out, "end_ticks", policy->loop_end);
		wire_close(out);
	}
}

static void load(struct wire_out *out)
{
	struct mos_timeline_error err = {0};
	struct mos_timeline timeline;
	int update = 0;

	(void)wire_get_bool(rig.in.params, "update", &update);
	const int64_t tick = update ? rig_tick() : 0;
	const int fd = wire_take_fd(&rig.in, 0);
	cr_assert_eq(mos_timeline_open(fd, &timeline, &err), 0, "%s: %s", err.table, err.reason);
	close(fd);
	close_timeline();
	rig.transport.timeline = timeline;
	rig.transport.id = timeline.id;
	rig.transport.playing = rig.transport.playing && update;
	rig_go_to(tick);
	rig.n_loads++;
	rig.n_updates += (unsigned)update;
	wire_put_u64(out, "id", timeline.id);
	wire_put_i64(out, "end_ticks", timeline.end_tick);
}

/* @return code of an error, NULL. */
static const char *serve_kronos(const char *method, struct wire_out *out)
{
	struct rig_transport *t = &rig.transport;
	int64_t tick = 0;

	if (t->down)
		return "rtcore.down";
	if (strcmp(method, "kronos.position.get") == 0) {
		put_position(out);
		return NULL;
	}
	if (strcmp(method, "kronos.diagnostics.get") == 0) {
		wire_put_u64(out, "gate.sent", rig.n_loads * 100);
		return NULL;
	}
	if (strcmp(method, "kronos.midiout.ports") == 0) {
		wire_open_array(out, "ports");
		wire_open_map(out, NULL);
		wire_put_str(out, "name", "Synth:in");
		wire_put_bool(out, "linked", t->linked[0] != '\0');
		wire_close(out);
		wire_close(out);
		return NULL;
	}
	if (rig.n_log < RIG_LOG)
		(void)snprintf(rig.log[rig.n_log++], sizeof(rig.log[0]), "%s", method);
	if (strcmp(method, "kronos.timeline.load") == 0) {
		load(out);
	} else if (strcmp(method, "kronos.timeline.unload") == 0) {
		close_timeline();
	} else if (strcmp(method, "kronos.transport.play") == 0) {
		if (t->refuses_play)
			return "kronos.driver.down";
		rig_go_to(t->tick);
		t->playing = true;
		put_position(out);
	} else if (strcmp(method, "kronos.transport.stop") == 0) {
		rig_go_to(rig_tick());
		t->playing = false;
		put_position(out);
	} else if (strcmp(method, "kronos.transport.seek") == 0) {
		cr_expect_eq(wire_get_i64(rig.in.params, "ticks", &tick), 0);
		rig_go_to(tick);
		put_position(out);
	} else if (strcmp(method, "kronos.midiout.link") == 0) {
		char port[sizeof(t->linked)] = "";

		(void)wire_get_str(rig.in.params, "port", port, sizeof(port));
		if (strcmp(port, "Synth") != 0)
			return "kronos.midiout.unknown";
		strcpy(t->linked, "Synth:in");
		wire_put_str(out, "port", t->linked);
	} else if (strcmp(method, "kronos.midiout.unlink") == 0) {
		t->linked[0] = '\0';
	} else {
		cr_expect_fail("%s is asked for", method);
	}
	return NULL;
}

static void serve(void)
{
	struct wire_error error;
	struct wire_out out;
	const char *code;

	expect_frame(rig.broker);
	cr_assert_eq(rig.in.kind, WIRE_REQUEST);
	const uint32_t id = rig.in.id;
	wire_out_init(&out);
	wire_begin_result(&out, id);
	/* What callers changed is told to the broker beside all else (SEC-04). */
	code = strcmp(rig.in.method, "broker.audit.note") != 0 ? serve_kronos(rig.in.method, &out) : NULL;
	if (code) {
		wire_out_finish(&out);
		wire_out_init(&out);
		wire_error_set(&error, code, "the test says no to %s", rig.in.method);
		wire_begin_error(&out, id, &error);
	}
	rig_send(rig.broker, &out);
	if (rig.transport.replaced_by && rig.n_updates) {
		rig_replace(rig.transport.replaced_by);
		rig.transport.replaced_by = 0;
		rig_rtcore_up(2, rig.transport.id);
	}
}

void rig_rtcore_up(uint64_t generation, uint64_t timeline_id)
{
	struct wire_out out;

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
			serve();
		if (p[0].revents)
			return;
	}
}

void rig_pass(int ms)
{
	const int64_t end = now_ns() + (int64_t)ms * 1000000;

	for (int64_t left; (left = end - now_ns()) > 0;) {
		if (wait_readable(rig.broker, (int)(left / 1000000) + 1))
			serve();
	}
}

bool rig_logged(const char *methods)
{
	char text[512];
	unsigned at = 0;

	(void)snprintf(text, sizeof(text), "%s", methods);
	for (char *save, *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		while (at < rig.n_log && strcmp(rig.log[at], word) != 0)
			at++;
		if (at++ == rig.n_log)
			return false;
	}
	return true;
}

/* --- The callers' side --- */

void rig_begin(struct wire_out *out, const char *method)
{
	wire_out_init(out);
	wire_begin_request(out, 7, method);
}

void rig_put_flags(struct wire_out *out, ...)
{
	va_list args;

	va_start(args, out);
	wire_open_map(out, "flags");
	for (const char *key; (key = va_arg(args, const char *));)
		wire_put_str(out, key, va_arg(args, const char *));
	wire_close(out);
	va_end(args);
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

void rig_call_out(int sock, struct wire_out *out)
{
	rig_send(sock, out);
	rig_answer(sock);
}

void rig_call(int sock, const char *method)
{
	struct wire_out out;

	rig_begin(&out, method);
	rig_call_out(sock, &out);
}

void rig_expect_error(const char *code, const char *where)
{
	struct wire_error err;

	cr_assert_not_null(rig.in.error, "it succeeded, not %s", code);
	wire_error_read(rig.in.error, &err);
	cr_expect_str_eq(err.code, code, "%s: %s: %s", err.code, err.where, err.message);
	if (where)
		cr_expect_eq(strncmp(err.where, where, strlen(where)), 0, "%s", err.where);
	cr_expect_gt(strlen(err.message), 10);
	cr_expect_eq(rig.in.n_fds, 0, "nothing comes beside a refusal");
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

bool rig_truth(const char *key)
{
	int value = 0;

	cr_assert_eq(wire_get_bool(map_of_last(), key, &value), 0, "no %s", key);
	return value;
}

const uint8_t *rig_bytes(size_t *ret_size)
{
	static uint8_t *bytes;
	struct stat st;
	const int fd = wire_take_fd(&rig.in, 0);

	cr_assert_geq(fd, 0, "nothing came beside the answer");
	cr_assert_eq(fstat(fd, &st), 0);
	free(bytes);
	bytes = malloc((size_t)st.st_size + 1);
	cr_assert_eq(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	close(fd);
	*ret_size = (size_t)st.st_size;
	return bytes;
}

int rig_file(const void *bytes, size_t n)
{
	const int fd = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	return fd;
}
