/* SPDX-License-Identifier: MIT */
/* Connections on an event loop of the test's own, stepped by hand: deferred answers, calls, ends, bounds. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "caps.h"
#include "rpc.h"

#define WORK_US 1000

static struct service service = {.program = "test", .name = "test"};
static struct rpc_context ctx;
static struct rpc_conn *conn;
static struct wire_in in;
static int peer, n_closed, n_notified;
static struct rpc_request *kept;

/* --- A service with a few methods --- */

static int handle_echo(struct rpc_request *req, const msgpack_object *params)
{
	int64_t n;

	if (wire_get_i64(params, "n", &n) == 0)
		wire_put_i64(&req->out, "n", n);
	return 0;
}

static int handle_keep(struct rpc_request *req, const msgpack_object *params)
{
	kept = req;
	return RPC_LATER;
}

static int handle_fail(struct rpc_request *req, const msgpack_object *params)
{
	return -EIO; /* no words: base finds some */
}

static int handle_large(struct rpc_request *req, const msgpack_object *params)
{
	for (int i = 0; i < 20000; i++)
		wire_put_str(&req->out, "key", "value");
	return 0;
}

static int handle_close(struct rpc_request *req, const msgpack_object *params)
{
	rpc_conn_close(req->conn);
	return 0;
}

static int64_t now_us(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int handle_work(struct rpc_request *req, const msgpack_object *params)
{
	const int64_t end_us = now_us(CLOCK_THREAD_CPUTIME_ID) + WORK_US;

	while (now_us(CLOCK_THREAD_CPUTIME_ID) < end_us)
		;
	return 0;
}

static int handle_fd(struct rpc_request *req, const msgpack_object *params)
{
	int fd = rpc_take_fd(req, 0);

	wire_put_bool(&req->out, "got", fd >= 0);
	close(fd);
	return 0;
}

static const struct rpc_param echo_params[] = {{"n", RPC_INT}, {"list", RPC_ARRAY | RPC_STR}, {0}};
static const struct rpc_method methods[] = {
	{"test.echo", handle_echo, echo_params},
	{"test.keep", handle_keep},
	{"test.fail", handle_fail},
	{"test.large", handle_large},
	{"test.work", handle_work},
	{"test.close", handle_close},
	{"test.fd", handle_fd, .n_fds = 1},
	{"test.admin", handle_echo, .caps = CAP_ADMIN},
};
static const struct rpc_table table = {methods, sizeof(methods) / sizeof(*methods)};

static void on_closed(struct rpc_conn *c, void *data)
{
	cr_expect_eq(c, conn);
	n_closed++;
}

static void on_notified(struct rpc_conn *c, struct wire_in *frame, void *data)
{
	n_notified++;
}

static const struct rpc_conn_ops ops = {.closed = on_closed, .notified = on_notified};

static void setup(void)
{
	const struct rpc_peer someone = {.pid = 1234, .caps = CAPS_GROUP, .name = "someone"};
	int pair[2];

	cr_assert_geq(sd_event_new(&service.event), 0);
	cr_assert_eq(rpc_context_init(&ctx, &service, &table, 1, NULL), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	peer = pair[1];
	cr_assert_eq(rpc_conn_create(&ctx, pair[0], &someone, &ops, NULL, &conn), 0);
	cr_assert_eq(wire_in_init(&in), 0);
}

static void teardown(void)
{
	rpc_context_finish(&ctx);
	wire_in_finish(&in);
	close(peer);
	sd_event_unref(service.event);
}

TestSuite(rpc, .init = setup, .fini = teardown, .timeout = 30);

/* Let the loop do what there is to do. */
static void step(void)
{
	while (sd_event_run(service.event, 0) > 0)
		;
}

static void ask_with(uint32_t id, const char *method, const char *key, int64_t value, int fd)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_request(&out, id, method);
	if (key)
		wire_put_i64(&out, key, value);
	if (fd >= 0)
		wire_add_fd(&out, fd);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(peer, &out, MSG_DONTWAIT), 0);
	wire_out_finish(&out);
}

static void ask(uint32_t id, const char *method)
{
	ask_with(id, method, NULL, 0, -1);
}

static const char *error_code(uint32_t id)
{
	static struct wire_error err;

	cr_assert_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
	cr_expect_eq(in.id, id);
	wire_error_read(in.error, &err);
	return err.code;
}

Test(rpc, answers, .description = "answers at once, errors with codes, words where a handler has none")
{
	int64_t n = 0;

	ask_with(1, "test.echo", "n", 42, -1);
	step();
	cr_assert_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
	cr_expect(in.id == 1 && !in.error && wire_get_i64(in.result, "n", &n) == 0 && n == 42);
	ask(2, "test.fail");
	ask_with(3, "test.echo", "m", 1, -1);
	ask_with(4, "test.echo", "list", 1, -1);
	ask(5, "test.none");
	ask(6, "test.admin");
	ask(7, "test.fd");
	ask(8, "test.large");
	step();
	cr_expect_str_eq(error_code(2), "rpc.request.failed");
	cr_expect_str_eq(error_code(3), "rpc.params.invalid");
	cr_expect_str_eq(error_code(4), "rpc.params.invalid");
	cr_expect_str_eq(error_code(5), "rpc.method.unknown");
	cr_expect_str_eq(error_code(6), "rpc.caller.denied");
	cr_expect_str_eq(error_code(7), "rpc.fds.missing");
	cr_expect_str_eq(error_code(8), "rpc.answer.failed", "an answer that does not fit becomes an error");
}

Test(rpc, descriptors,
	.description = "a handler takes what came beside its request; what nobody takes is closed")
{
	int got = 0, probe, before;

	before = dup(peer);
	close(before);
	ask_with(1, "test.fd", NULL, 0, peer);
	ask_with(2, "test.echo", NULL, 0, peer);
	ask(3, "test.echo");
	step();
	cr_assert_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
	cr_expect(wire_get_bool(in.result, "got", &got) == 0 && got);
	probe = dup(peer);
	cr_expect_eq(probe, before, "the lowest free descriptor is the one of before");
	close(probe);
}

Test(rpc, later, .description = "an answer later; a caller that is gone by then does no harm")
{
	ask(1, "test.keep");
	step();
	cr_assert_not_null(kept);
	cr_expect_eq(wire_recv(peer, &in, MSG_DONTWAIT), -EAGAIN);
	wire_put_i64(&kept->out, "n", 7);
	rpc_finish(kept, 0);
	cr_expect_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
	ask(2, "test.keep");
	step();
	close(peer);
	step();
	cr_expect_eq(n_closed, 1);
	cr_expect_eq(ctx.n_conns, 0);
	cr_assert_not_null(kept);
	cr_expect_null(kept->conn);
	rpc_finish(kept, 0);
	peer = dup(STDERR_FILENO);
}

Test(rpc, closed_by_handler, .description = "a handler may end its own connection")
{
	ask(1, "test.close");
	step();
	cr_expect_eq(n_closed, 1);
	cr_expect_eq(wire_recv(peer, &in, MSG_DONTWAIT), 0);
}

static int last_rc;
static int n_answered;

static void on_answered(void *data, int rc, struct wire_in *frame)
{
	last_rc = rc;
	n_answered++;
	cr_expect_eq(frame == NULL, rc == -ECONNRESET);
}

static void answer_peer(uint32_t id, int failing)
{
	struct wire_error err = {.code = "x.y.z", .message = "no"};
	struct wire_out out;

	wire_out_init(&out);
	if (failing)
		wire_begin_error(&out, id, &err);
	else
		wire_begin_result(&out, id);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(peer, &out, MSG_DONTWAIT), 0);
	wire_out_finish(&out);
}

Test(rpc, calls, .description = "our own calls: answered, refused, out of order, and ended by a hang-up")
{
	struct wire_out out;
	uint32_t id[3];

	for (int i = 0; i < 3; i++) {
		id[i] = rpc_begin_call(conn, &out, "peer.method");
		cr_assert_eq(rpc_call(conn, &out, id[i], on_answered, NULL), 0);
		cr_assert_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
		cr_expect(in.kind == WIRE_REQUEST && in.id == id[i]);
	}
	answer_peer(999, 0);
	answer_peer(id[1], 1);
	step();
	cr_expect(n_answered == 1 && last_rc == -EREMOTEIO);
	answer_peer(id[1], 0);
	answer_peer(id[0], 0);
	step();
	cr_expect(n_answered == 2 && last_rc == 0, "each is answered once");
	rpc_conn_close(conn);
	cr_expect(n_answered == 3 && last_rc == -ECONNRESET);
}

Test(rpc, notifications, .description = "notifications reach their owner; ours reach the peer in order")
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "some.news.here");
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(peer, &out, 0), 0);
	wire_out_finish(&out);
	step();
	cr_expect_eq(n_notified, 1);
	for (int i = 0; i < 3; i++) {
		wire_out_init(&out);
		wire_begin_notify(&out, "our.news.here");
		wire_put_i64(&out, "i", i);
		cr_assert_eq(rpc_notify(conn, &out), 0);
	}
	for (int i = 0; i < 3; i++) {
		int64_t got = -1;

		cr_assert_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
		cr_expect(wire_get_i64(in.params, "i", &got) == 0 && got == i);
	}
}

Test(rpc, queue_is_bounded,
	.description = "a peer that never reads is hung up on when a mebibyte waits for it")
{
	struct wire_out out;
	char text[4096];
	size_t sent = 0;
	int rc;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	do {
		wire_out_init(&out);
		wire_begin_notify(&out, "n");
		wire_put_str(&out, "t", text);
		rc = rpc_notify(conn, &out);
		sent += sizeof(text);
	} while (rc == 0 && sent < (16u << 20));
	cr_expect_eq(rc, -ENOBUFS);
	cr_expect_geq(sent, RPC_QUEUE_MAX);
	cr_expect_eq(n_closed, 1);
	conn = NULL;
}

Test(rpc, requests_are_bounded,
	.description = "beyond 64 requests under way the peer is not read; it goes on when one is answered")
{
	struct rpc_request *all[RPC_REQUESTS_MAX];

	for (uint32_t i = 0; i < RPC_REQUESTS_MAX; i++) {
		ask(i, "test.keep");
		step();
		all[i] = kept;
	}
	kept = NULL;
	ask(RPC_REQUESTS_MAX, "test.keep");
	step();
	cr_expect_null(kept, "the 65th waits in its socket");
	rpc_finish(all[0], 0);
	step();
	cr_assert_not_null(kept);
	cr_expect_eq(kept->id, RPC_REQUESTS_MAX);
	for (uint32_t i = 1; i < RPC_REQUESTS_MAX; i++)
		rpc_finish(all[i], 0);
	rpc_finish(kept, 0);
}

Test(rpc, ration,
	.description = "SEC-09: a rationed peer that asks as fast as it can gets its share of the time, and "
		       "all its answers")
{
	const int64_t begun_us = now_us(CLOCK_MONOTONIC);
	uint32_t asked = 0, answered = 0;
	int64_t elapsed_us;

	cr_assert_eq(rpc_conn_ration(conn, 100), 0);
	do {
		struct wire_out out;

		wire_out_init(&out);
		wire_begin_request(&out, asked + 1, "test.work");
		cr_assert_eq(wire_end(&out), 0);
		asked += wire_send(peer, &out, MSG_DONTWAIT) == 0;
		wire_out_finish(&out);
		step();
		elapsed_us = now_us(CLOCK_MONOTONIC) - begun_us;
		while (wire_recv(peer, &in, MSG_DONTWAIT) > 0)
			answered++;
	} while (elapsed_us < 1000000);
	/* A tenth, what was saved up at the start, and one turn. */
	cr_expect_leq(answered * WORK_US, elapsed_us / 10 + 100000 + 32 * WORK_US, "%u", answered);
	while (answered < asked) {
		cr_assert_gt(sd_event_run(service.event, 5000000), 0, "%u of %u", answered, asked);
		while (wire_recv(peer, &in, MSG_DONTWAIT) > 0)
			answered++;
	}
	cr_expect_eq(n_closed, 0);
}

Test(rpc, malformed,
	.description = "a frame that is none ends the connection; what came before it was handled")
{
	ask(1, "test.echo");
	cr_assert_eq(send(peer, "\xc1", 1, 0), 1);
	step();
	cr_expect_eq(n_closed, 1);
	cr_expect_eq(wire_recv(peer, &in, MSG_DONTWAIT), 1);
	cr_expect_eq(in.id, 1);
	cr_expect_leq(wire_recv(peer, &in, MSG_DONTWAIT), 0);
}

Test(rpc, capabilities, .description = "capabilities have names, both ways")
{
	for (uint32_t bit = 1; bit & CAPS_ALL; bit <<= 1)
		cr_expect_eq(caps_from_name(caps_name(bit)), bit);
	cr_expect_eq(caps_from_name("root"), 0);
	cr_expect_null(caps_name(0));
}
