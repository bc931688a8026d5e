/* SPDX-License-Identifier: MIT */
/* Calls that do not block, notices, and the connection's own ups and downs, told by mos_events_dispatch(). */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mos/client.h>

#include "fake_broker.h"

static struct fake fake;

static void setup(void)
{
	fake_init(&fake);
}

static void teardown(void)
{
	fake_finish(&fake);
}

TestSuite(libmos_async, .init = setup, .fini = teardown, .timeout = 60);

static struct mos_client *connect_with(uint32_t flags, int timeout_ms)
{
	struct mos_client_options options = {
		.name = "test", .runtime_dir = fake.dir, .flags = flags, .timeout_ms = timeout_ms};
	struct mos_client *c = NULL;
	struct mos_error err;
	int rc = mos_client_create(&options, &c, &err);

	cr_assert_eq(rc, 0, "%d %s %s", rc, err.code, err.message);
	return c;
}

/* What was told, in order: "3:ok 1:kronos.seek.range". */
struct told {
	char text[8192];
	int n;
};

struct question {
	struct told *told;
	int number;
};

static void note(struct told *told, int number, const char *what)
{
	size_t len = strlen(told->text);
	char text[16] = "";

	if (number)
		(void)snprintf(text, sizeof(text), "%d:", number);
	(void)snprintf(told->text + len, sizeof(told->text) - len, "%s%s ", text, what);
	told->n++;
}

static void done(struct mos_client *c, int rc, const struct mos_reply *reply, const struct mos_error *error,
	void *data)
{
	struct question *q = data;

	cr_expect_eq(rc == 0, reply != NULL);
	cr_expect_eq(rc == 0, error == NULL);
	note(q->told, q->number, rc == 0 ? mos_get_str(&reply->value, "say", "ok") : error->code);
}

static void ask(struct mos_client *c, const char *method, struct question *q)
{
	int rc = mos_call_async(c, &(struct mos_request){.method = method}, done, q);

	cr_assert_eq(rc, 0, "%d %s", rc, mos_client_error(c)->message);
}

static void dispatch_until(struct mos_client *c, const struct told *told, int n)
{
	while (told->n < n)
		cr_assert_geq(mos_events_dispatch(c, 5000), 0, "%s", mos_client_error(c)->message);
}

/* Answers kronos.test.hold when three of them are there, the last first, and everything else at once. */
static int backwards(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	static uint32_t held[3];
	static int n;
	struct wire_error err;

	if (strncmp(in->method, "kronos.", 7))
		return -1;
	if (!strcmp(in->method, "kronos.test.fail")) {
		wire_error_set(&err, "kronos.seek.range", "no");
		wire_begin_error(out, in->id, &err);
		return FAKE_SEND;
	}
	if (strcmp(in->method, "kronos.test.hold")) {
		wire_begin_result(out, in->id);
		wire_put_str(out, "say", "now");
		return FAKE_SEND;
	}
	held[n++] = in->id;
	while (n == 3 || (n && held[2])) {
		struct wire_out one;

		wire_out_init(&one);
		wire_begin_result(&one, held[--n]);
		cr_assert_eq(wire_end(&one), 0);
		cr_assert_eq(wire_send(sock, &one, 0), 0);
		wire_out_finish(&one);
		if (!n)
			held[2] = 0;
	}
	return FAKE_SILENCE;
}

Test(libmos_async, answers_in_any_order)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY, 0);
	struct told told = {0};
	struct question q[4] = {{&told, 1}, {&told, 2}, {&told, 3}, {&told, 4}};

	fake.handle = backwards;
	for (int i = 0; i < 2; i++)
		ask(c, "kronos.test.hold", &q[i]);
	cr_assert_eq(mos_call(c, "kronos.test.other", MOS_NO_ARGS, NULL), 0, "a blocking one in between");
	ask(c, "kronos.test.fail", &q[3]);
	ask(c, "kronos.test.hold", &q[2]);
	cr_expect_eq(told.n, 0, "told by dispatching only");
	dispatch_until(c, &told, 4);
	cr_expect_str_eq(told.text, "4:kronos.seek.range 3:ok 2:ok 1:ok ");
	mos_client_destroy(c);
}

static int silent(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	return strncmp(in->method, "kronos.", 7) ? -1 : FAKE_SILENCE;
}

Test(libmos_async, none_in_time_and_too_many)
{
	struct mos_client *c = connect_with(0, 20);
	struct told told = {0};
	struct question q = {&told, 1};
	struct mos_request request = {.method = "kronos.test.x"};
	int n = 0, rc;

	fake.handle = silent;
	ask(c, "kronos.test.x", &q);
	dispatch_until(c, &told, 1);
	cr_expect_str_eq(told.text, "1:client.call.timeout ");
	request.timeout_ms = 60000;
	while ((rc = mos_call_async(c, &request, done, &q)) == 0)
		cr_assert_lt(n++, 1000);
	cr_expect_eq(rc, -EAGAIN);
	cr_expect_str_eq(mos_client_error(c)->code, "client.call.limit");
	cr_expect_eq(n, 256);
	told = (struct told){0};
	mos_client_destroy(c);
	cr_expect_eq(told.n, 256, "each is told once, at the latest now: %d", told.n);
	cr_expect(!strncmp(told.text, "1:client.closed 1:client.closed ", 32), "%.40s", told.text);
}

Test(libmos_async, refused_before_they_go)
{
	struct mos_client *c = connect_with(0, 0);
	struct told told = {0};
	struct question q = {&told, 1};
	char *text = malloc(70000);

	memset(text, 'x', 69999);
	text[69999] = '\0';
	cr_expect_eq(mos_call_async(c, &(struct mos_request){.method = "nothing"}, done, &q), -EINVAL);
	cr_expect_eq(mos_call_async(c, &(struct mos_request){.method = "kronos.x.y"}, NULL, &q), -EINVAL);
	cr_expect_eq(mos_call_async(c,
			     &(struct mos_request){.method = "kronos.x.y",
				     .args = (const struct mos_field[]){mos_str("text", text)},
				     .n_args = 1},
			     done, &q),
		-EMSGSIZE);
	free(text);
	mos_client_destroy(c);
	cr_expect_eq(told.n, 0);
}

/* Asks the next question from the answer of the one before. */
static void chain(struct mos_client *c, int rc, const struct mos_reply *reply, const struct mos_error *error,
	void *data)
{
	int *left = data;

	cr_expect_eq(rc, 0);
	cr_expect_eq(mos_call(c, "kronos.test.blocking", MOS_NO_ARGS, NULL), 0);
	cr_expect_eq(mos_events_dispatch(c, 0), -EBUSY);
	if (--*left)
		cr_assert_eq(
			mos_call_async(c, &(struct mos_request){.method = "kronos.test.next"}, chain, left),
			0);
}

Test(libmos_async, from_within_an_answer)
{
	struct mos_client *c = connect_with(0, 0);
	int left = 20;

	fake.handle = backwards;
	cr_assert_eq(mos_call_async(c, &(struct mos_request){.method = "kronos.test.next"}, chain, &left), 0);
	while (left)
		cr_assert_geq(mos_events_dispatch(c, 5000), 0);
	mos_client_destroy(c);
}

/* A service behind the broker that answers `say: yes`; "gone" is none. */
static int service_sock = -1;

static void *be_service(void *arg)
{
	struct wire_in in;
	struct wire_out out;

	cr_assert_eq(wire_in_init(&in), 0);
	while (wire_recv(service_sock, &in, 0) == 1) {
		wire_out_init(&out);
		wire_begin_result(&out, in.id);
		wire_put_str(&out, "say", "yes");
		cr_assert_eq(wire_end(&out), 0);
		cr_assert_eq(wire_send(service_sock, &out, 0), 0);
		wire_out_finish(&out);
	}
	wire_in_finish(&in);
	close(service_sock);
	return NULL;
}

static int with_service(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	char name[32] = "";
	struct wire_error err;
	int pair[2];

	if (strcmp(in->method, "broker.service.connect"))
		return -1;
	(void)wire_get_str(in->params, "name", name, sizeof(name));
	if (strcmp(name, "hermes")) {
		wire_error_set(&err, "broker.service.absent", "no %s", name);
		wire_begin_error(out, in->id, &err);
		return FAKE_SEND;
	}
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	wire_begin_result(out, in->id);
	wire_add_fd(out, pair[0]);
	close(pair[0]);
	service_sock = pair[1];
	cr_assert_eq(pthread_create(f->data, NULL, be_service, NULL), 0);
	return FAKE_SEND;
}

Test(libmos_async, services_are_connected_to_without_blocking)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY, 0);
	struct told told = {0};
	struct question q[5] = {{&told, 1}, {&told, 2}, {&told, 3}, {&told, 4}, {&told, 5}};
	pthread_t service;

	fake.data = &service;
	fake.handle = with_service;
	ask(c, "hermes.score.get", &q[0]);
	ask(c, "hermes.score.get", &q[1]);
	ask(c, "gone.score.get", &q[2]);
	ask(c, "gone.score.get", &q[3]);
	dispatch_until(c, &told, 4);
	/* The service and the broker are two: what they answer comes in each one's own order. */
	cr_expect(strstr(told.text, "1:yes "), "%s", told.text);
	cr_expect(strstr(told.text, "2:yes "), "%s", told.text);
	cr_expect(strstr(told.text, "3:broker.service.absent 4:broker.service.absent "), "%s", told.text);
	ask(c, "hermes.score.get", &q[4]);
	dispatch_until(c, &told, 5);
	cr_expect(strstr(told.text, "5:yes"), "%s", told.text);
	mos_client_destroy(c);
	pthread_join(service, NULL);
}

Test(libmos_async, blocking_and_not_together)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY, 0);
	struct told told = {0};
	struct question q = {&told, 1};
	struct mos_reply r;
	pthread_t service;

	fake.data = &service;
	fake.handle = with_service;
	ask(c, "hermes.score.get", &q); /* its connection is under way when the blocking one wants it */
	cr_assert_eq(mos_call(c, "hermes.score.get", MOS_NO_ARGS, &r), 0, "%s", mos_client_error(c)->message);
	cr_expect_str_eq(mos_get_str(&r.value, "say", ""), "yes");
	mos_reply_finish(&r);
	dispatch_until(c, &told, 1);
	cr_expect_str_eq(told.text, "1:yes ");
	mos_client_destroy(c);
	pthread_join(service, NULL);
}

static void hear_notice(struct mos_client *c, const char *method, const struct mos_value *params, void *data)
{
	note(data, (int)mos_get_int(params, "n", 0), method);
}

/* Sends notices before and after its answer. */
static int noisy(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	int n = *(int *)f->data;

	if (strncmp(in->method, "kronos.", 7))
		return -1;
	for (int i = 1; i <= n; i++) {
		struct wire_out one;

		wire_out_init(&one);
		wire_begin_notify(&one, "n");
		wire_put_i64(&one, "n", i);
		cr_assert_eq(wire_end(&one), 0);
		cr_assert_eq(wire_send(sock, &one, 0), 0);
		wire_out_finish(&one);
	}
	wire_begin_result(out, in->id);
	return FAKE_SEND;
}

Test(libmos_async, notices_that_come_while_blocked_are_kept)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY, 0);
	struct told told = {0};
	int n = 3;

	fake.data = &n;
	fake.handle = noisy;
	mos_client_on_notice(c, hear_notice, &told);
	cr_assert_eq(mos_call(c, "kronos.test.x", MOS_NO_ARGS, NULL), 0);
	cr_expect_eq(told.n, 0);
	cr_expect_eq(mos_events_dispatch(c, 0), 3);
	cr_expect_str_eq(told.text, "1:n 2:n 3:n ");
	told = (struct told){0};
	n = 300; /* more than are kept: the oldest go */
	cr_assert_eq(mos_call(c, "kronos.test.x", MOS_NO_ARGS, NULL), 0);
	cr_expect_eq(mos_events_dispatch(c, 0), 256);
	cr_expect(!strncmp(told.text, "45:n 46:n ", 10), "%.20s", told.text);
	mos_client_destroy(c);
}

/* A service that tells something unasked, answers, and goes: an error with all that is wrong. */
static void *be_fickle_service(void *data)
{
	static const struct wire_issue issues[] = {{"nvx1.range", "/parts/0/notes/3", "0 is below 1", "0"},
		{"nvx1.type", "/measures", "a list is expected", ""}};
	struct wire_error err;
	struct wire_out out;
	struct wire_in in;

	cr_assert_eq(wire_in_init(&in), 0);
	cr_assert_eq(wire_recv(service_sock, &in, 0), 1);
	wire_out_init(&out);
	wire_begin_notify(&out, "hermes.score.changed");
	wire_put_i64(&out, "n", 9);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(service_sock, &out, 0), 0);
	wire_out_finish(&out);
	wire_error_set(&err, "hermes.score.invalid", "2 errors");
	wire_out_init(&out);
	wire_begin_error_with(
		&out, in.id, &err, &(struct wire_details){issues, 2, .title = "Second", .n_scores = 3});
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(service_sock, &out, 0), 0);
	wire_out_finish(&out);
	wire_in_finish(&in);
	close(service_sock);
	return NULL;
}

static int with_fickle_service(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	int pair[2];

	if (strcmp(in->method, "broker.service.connect"))
		return -1;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	wire_begin_result(out, in->id);
	wire_add_fd(out, pair[0]);
	close(pair[0]);
	service_sock = pair[1];
	cr_assert_eq(pthread_create(f->data, NULL, be_fickle_service, NULL), 0);
	return FAKE_SEND;
}

static void hear_lost(struct mos_client *c, const char *method, const struct mos_value *params, void *data)
{
	note(data, (int)mos_get_int(params, "n", 0), method);
	if (!strcmp(method, "client.service.lost"))
		note(data, 0, mos_get_str(params, "service", "?"));
}

Test(libmos_async, notices_of_a_service_and_its_end,
	.description =
		"HER-04 HER-11: what a service tells is heard, its end too; a refusal says all that is wrong")
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY, 0);
	struct told told = {0};
	pthread_t service;

	fake.data = &service;
	fake.handle = with_fickle_service;
	mos_client_on_notice(c, hear_lost, &told);
	cr_expect_eq(mos_client_refusal(c)->type, MOS_VALUE_NIL);
	cr_assert_eq(mos_call(c, "hermes.score.edit", MOS_NO_ARGS, NULL), -EREMOTEIO);
	cr_expect_str_eq(mos_client_error(c)->code, "hermes.score.invalid");
	cr_expect_str_eq(mos_get_str(mos_client_refusal(c), "errors/0/reason", ""), "0 is below 1");
	cr_expect_str_eq(mos_get_str(mos_client_refusal(c), "errors/0/value", ""), "0");
	cr_expect_str_eq(mos_get_str(mos_client_refusal(c), "errors/1/where", ""), "/measures");
	cr_expect_null(mos_get(mos_client_refusal(c), "errors/1/value"));
	cr_expect_str_eq(mos_get_str(mos_client_refusal(c), "title", ""), "Second");
	cr_expect_eq(mos_get_int(mos_client_refusal(c), "scores", 0), 3);
	pthread_join(service, NULL);
	while (!strstr(told.text, "lost"))
		cr_assert_geq(mos_events_dispatch(c, 1000), 0);
	cr_expect_str_eq(told.text, "9:hermes.score.changed client.service.lost hermes ");
	mos_client_destroy(c);
}

static void hear_answer(struct fake *f, int sock, struct wire_in *in)
{
	char code[64] = "";

	if (in->kind == WIRE_RESPONSE && in->id == 4711 && in->error)
		(void)wire_get_str(in->error, "code", code, sizeof(code));
	if (!strcmp(code, "rpc.method.unknown"))
		__atomic_store_n((int *)f->data, 1, __ATOMIC_RELEASE);
}

Test(libmos_async, requests_to_a_program_are_refused)
{
	struct mos_client *c;
	struct wire_out out;
	int refused = 0;

	fake.data = &refused;
	fake.answered = hear_answer;
	c = connect_with(MOS_CLIENT_CONTROL_ONLY, 0);
	wire_out_init(&out);
	wire_begin_request(&out, 4711, "what.is.this");
	fake_send(&fake, &out);
	while (!__atomic_load_n(&refused, __ATOMIC_ACQUIRE))
		cr_assert_geq(mos_events_dispatch(c, 1), 0);
	mos_client_destroy(c);
}

static void hear_connection(struct mos_client *c, enum mos_connection connection, void *data)
{
	static const char *const word[] = {"lost", "back", "new"};

	note(data, 0, word[connection]);
}

Test(libmos_async, the_broker_dies_and_comes_back,
	.description =
		"a program that dispatches is connected again by itself, its slot the old one, and told so")
{
	struct mos_client *c = connect_with(0, 0);
	const struct mos_clock_page *page = mos_client_clock(c);
	struct told told = {0}, answers = {0};
	struct question q[2] = {{&answers, 1}, {&answers, 2}};

	mos_client_on_connection(c, hear_connection, &told);
	fake.handle = silent;
	ask(c, "kronos.test.x", &q[0]);
	fake_kill(&fake);
	dispatch_until(c, &told, 1);
	cr_expect_str_eq(told.text, "lost ");
	dispatch_until(c, &answers, 1);
	cr_expect_str_eq(answers.text, "1:client.connection.lost ");
	cr_expect_eq(mos_call_async(c, &(struct mos_request){.method = "kronos.x.y"}, done, &q[1]), -ENOENT);
	cr_expect_eq(mos_events_dispatch(c, 30), 0, "tries again meanwhile, in vain");
	fake_start(&fake);
	dispatch_until(c, &told, 2);
	cr_expect_str_eq(told.text, "lost back ");
	cr_expect_eq(__atomic_load_n(&fake.resumed, __ATOMIC_ACQUIRE), 1);
	cr_expect_eq(mos_client_clock(c), page);
	cr_expect_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, NULL), 0);
	mos_client_destroy(c);
}

static void *new_rtcore(void *arg)
{
	fake_new_rtcore(&fake);
	fake_notify(&fake, "broker.client.renew", NULL, NULL);
	return NULL;
}

Test(libmos_async, another_rtcore_told_by_the_broker)
{
	struct mos_client *c = connect_with(0, 0);
	struct told told = {0};
	pthread_t thread;

	for (int round = 0; round < 3; round++) {
		fake.opens_once = round == 1; /* a broker that wants another connection for it */
		told = (struct told){0};
		mos_client_on_connection(c, hear_connection, &told);
		cr_assert_eq(pthread_create(&thread, NULL, new_rtcore, NULL), 0);
		while (!strstr(told.text, "new"))
			cr_assert_geq(mos_events_dispatch(c, 5000), 0);
		pthread_join(thread, NULL);
		cr_expect_eq(mos_client_info(c).generation, (uint64_t)round + 2);
		cr_expect_str_eq(told.text, round == 1 ? "lost new " : "new ");
	}
	mos_client_destroy(c);
}

Test(libmos_async, another_rtcore_found_by_the_clock_that_stands,
	.description = "rtcore died without a word: the clock's silence is noticed, the broker asked, the "
		       "regions are new")
{
	struct mos_client *c = connect_with(0, 0);
	struct told told = {0};

	mos_client_on_connection(c, hear_connection, &told);
	cr_assert_eq(mos_events_dispatch(c, 0), 0);
	fake_new_rtcore(&fake);
	dispatch_until(c, &told, 1);
	cr_expect_str_eq(told.text, "new ");
	mos_client_destroy(c);
}

Test(libmos_async, gone_for_good,
	.description = "who does not follow the connection is told by an error when MOS is gone for longer "
		       "than a call may take")
{
	struct mos_client *c = connect_with(0, 100);
	int rc;

	fake_kill(&fake);
	cr_expect_eq(mos_events_wait(c, 1), -ETIMEDOUT, "not at once");
	rc = mos_events_wait(c, -1);
	cr_expect_eq(rc, -ENOENT, "%d", rc);
	cr_expect_str_eq(mos_client_error(c)->code, "client.broker.unreachable");
	mos_client_destroy(c);
}

static int garbage(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	if (strncmp(in->method, "kronos.", 7))
		return -1;
	(void)send(sock, "\x94\x01\xc0", 3, MSG_NOSIGNAL);
	return FAKE_SILENCE;
}

Test(libmos_async, garbage_ends_the_connection_not_the_program)
{
	struct mos_client *c = connect_with(0, 0);
	struct told told = {0}, answers = {0};
	struct question q = {&answers, 1};

	mos_client_on_connection(c, hear_connection, &told);
	fake.handle = garbage;
	ask(c, "kronos.test.x", &q);
	dispatch_until(c, &answers, 1);
	cr_expect_str_eq(answers.text, "1:client.answer.invalid ");
	dispatch_until(c, &told, 2);
	cr_expect_str_eq(told.text, "lost back ");
	mos_client_destroy(c);
}

Test(libmos_async, waits_for_an_rtcore_that_starts)
{
	struct mos_client_options options = {.name = "test", .runtime_dir = fake.dir, .wait_ms = 20000};
	struct mos_client *c;

	fake.down = 3;
	cr_assert_eq(mos_client_create(&options, &c, NULL), 0);
	mos_client_destroy(c);
	options.wait_ms = 0;
	fake.down = 1;
	cr_assert_eq(mos_client_create(&options, &c, NULL), -EREMOTEIO);
}
