/* SPDX-License-Identifier: MIT */
/* libmos' calls and connections, against a broker that answers as each test needs. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/control.h>

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

TestSuite(libmos_client, .init = setup, .fini = teardown, .timeout = 20);

static struct mos_client *connect_with(uint32_t flags)
{
	struct mos_client_options options = {.name = "test", .runtime_dir = fake.dir, .flags = flags};
	struct mos_client *c = NULL;
	struct mos_error err;
	int rc = mos_client_create(&options, &c, &err);

	cr_assert_eq(rc, 0, "%d %s %s", rc, err.code, err.message);
	return c;
}

static void publish(int64_t tick)
{
	struct mos_event ev = fake_event(MOS_EVENT_METRONOME_BEAT, tick);

	fake_publish(&fake, &ev);
}

Test(libmos_client, nobody_runs, .description = "says where it looked and what to do")
{
	struct mos_client_options options = {.runtime_dir = "/nonexistent"};
	struct mos_client *c = (struct mos_client *)&options;
	struct mos_error err = {0};

	cr_assert_eq(mos_client_create(&options, &c, &err), -ENOENT);
	cr_assert_eq(c, (struct mos_client *)&options, "the out-parameter is left alone");
	cr_assert_str_eq(err.code, "client.broker.unreachable");
	cr_assert(strstr(err.message, "/nonexistent/mos.sock"));
	cr_assert(err.hint[0]);
}

Test(libmos_client, runtime_dir_from_environment)
{
	struct mos_client *c;

	setenv("MOS_RUNTIME_DIR", fake.dir, 1);
	cr_assert_eq(mos_client_create(NULL, &c, NULL), 0);
	cr_assert_eq(mos_client_info(c).slot, FAKE_SLOT);
	mos_client_destroy(c);
}

Test(libmos_client, waits_for_a_broker_that_starts)
{
	struct mos_client_options options = {.runtime_dir = fake.dir, .wait_ms = 10000};
	struct mos_client *c;
	char path[128];
	pid_t child;

	fake_kill(&fake);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) { /* the fake's thread lives in the process that starts it */
		fake_start(&fake);
		pause();
	}
	cr_assert_eq(mos_client_create(&options, &c, NULL), 0);
	mos_client_destroy(c);
	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	(void)snprintf(path, sizeof(path), "%s/mos.sock", fake.dir);
	(void)unlink(path);
}

Test(libmos_client, control_only_takes_no_slot)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);
	struct mos_event ev = {0};
	struct mos_now now;

	cr_assert_eq(__atomic_load_n(&fake.opened, __ATOMIC_ACQUIRE), 0);
	cr_assert_eq(mos_client_info(c).slot, UINT32_MAX);
	cr_assert_null(mos_client_clock(c));
	cr_assert_null(mos_client_counters(c));
	cr_assert_eq(mos_clock_now(c, &now), -ENOTCONN);
	cr_assert_eq(mos_events_next(c, &ev), -ENOTCONN);
	cr_assert_eq(mos_events_wait(c, 0), -ENOTCONN);
	cr_assert_eq(mos_emit(c, &ev), -ENOTCONN);
	cr_assert_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, NULL), 0);
	mos_client_destroy(c);
}

/* Sends the parameters back as the result, and every descriptor too. */
static int echo(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	if (strncmp(in->method, "kronos.", 7))
		return -1;
	wire_begin_result(out, in->id);
	for (uint32_t i = 0; i < in->params->via.map.size; i++) {
		const msgpack_object_kv *kv = &in->params->via.map.ptr[i];
		char key[64] = "";

		(void)wire_to_str(&kv->key, key, sizeof(key));
		wire_put_object(out, key, &kv->val);
	}
	for (uint32_t i = 0; i < in->n_fds; i++)
		wire_add_fd(out, in->fds[i]);
	return FAKE_SEND;
}

Test(libmos_client, values_there_and_back)
{
	const struct mos_value items[] = {mos_value_str("C4"), mos_value_int(60), mos_value_list(NULL, 0)};
	const struct mos_field inner[] = {mos_int("bar", 3), mos_list("notes", items, 3)};
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);
	struct mos_reply r;

	fake.handle = echo;
	cr_assert_eq(
		mos_call(c, "kronos.test.echo",
			MOS_ARGS(mos_int("min", INT64_MIN), mos_int("max", INT64_MAX), mos_real("bpm", 120.5),
				mos_bool("on", 7), mos_str("text", "d\xc3\xa9j\xc3\xa0"),
				mos_str("nil", NULL), mos_field("map", mos_value_map(inner, 2)),
				(struct mos_field){"big", {MOS_VALUE_NATURAL, 0, {.natural = UINT64_MAX}}}),
			&r),
		0);
	cr_expect_eq(r.value.type, MOS_VALUE_MAP);
	cr_expect_eq(r.value.len, 8);
	cr_expect_eq(mos_get_int(&r.value, "min", 0), INT64_MIN);
	cr_expect_eq(mos_get_int(&r.value, "max", 0), INT64_MAX);
	cr_expect_eq(mos_get_real(&r.value, "bpm", 0), 120.5);
	cr_expect_eq(mos_get_bool(&r.value, "on", 0), 1);
	cr_expect_str_eq(mos_get_str(&r.value, "text", ""), "d\xc3\xa9j\xc3\xa0");
	cr_expect_eq(mos_get(&r.value, "nil")->type, MOS_VALUE_NIL);
	cr_expect_eq(mos_get_natural(&r.value, "big", 0), UINT64_MAX);
	cr_expect_eq(mos_get_int(&r.value, "big", -1), -1, "does not fit");
	cr_expect_eq(mos_get_real(&r.value, "big", 0), 0x1p64);
	cr_expect_eq(mos_get_int(&r.value, "map/bar", 0), 3);
	cr_expect_str_eq(mos_get_str(&r.value, "map/notes/0", ""), "C4");
	cr_expect_eq(mos_get_natural(&r.value, "map/notes/1", 0), 60);
	cr_expect_eq(mos_get(&r.value, "map/notes/2")->len, 0);
	cr_expect_null(mos_get(&r.value, "map/notes/3"));
	cr_expect_null(mos_get(&r.value, "map/notes/-1"));
	cr_expect_null(mos_get(&r.value, "map/notes/99999999999"));
	cr_expect_null(mos_get(&r.value, "map/ba"));
	cr_expect_null(mos_get(&r.value, "bpm/x"));
	cr_expect_null(mos_get(NULL, "bpm"));
	cr_expect_eq(mos_get(&r.value, ""), &r.value);
	cr_expect_eq(mos_get_int(&r.value, "text", 5), 5, "another type");
	mos_reply_finish(&r);
	mos_client_destroy(c);
}

Test(libmos_client, descriptors_both_ways)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);
	int fd = memfd_create("there-and-back", MFD_CLOEXEC);
	struct stat sent, got;
	struct mos_reply r;

	fake.handle = echo;
	cr_assert_eq(mos_call_request(c,
			     &(struct mos_request){.method = "kronos.test.echo", .fds = &fd, .n_fds = 1}, &r),
		0);
	cr_assert_eq(r.n_fds, 1);
	cr_assert_neq(r.fds[0], fd);
	cr_assert_eq(fstat(fd, &sent), 0);
	cr_assert_eq(fstat(r.fds[0], &got), 0);
	cr_assert_eq(sent.st_ino, got.st_ino);
	fd = r.fds[0];
	mos_reply_finish(&r);
	cr_assert_eq(fcntl(fd, F_GETFD), -1, "the reply's descriptors are closed with it");
	mos_client_destroy(c);
}

static int refuse(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	struct wire_error err;

	if (strcmp(in->method, "kronos.transport.seek"))
		return -1;
	wire_error_set(&err, "kronos.seek.range", "bar 99 is past the end");
	wire_error_where(&err, "bar");
	wire_error_hint(&err, "1 to 32");
	wire_begin_error(out, in->id, &err);
	return FAKE_SEND;
}

Test(libmos_client, errors_arrive_whole)
{
	struct mos_client *c = connect_with(0);

	fake.handle = refuse;
	cr_assert_eq(mos_transport_seek_bar(c, 99, 1, 0), -EREMOTEIO);
	cr_expect_str_eq(mos_client_error(c)->code, "kronos.seek.range");
	cr_expect_str_eq(mos_client_error(c)->message, "bar 99 is past the end");
	cr_expect_str_eq(mos_client_error(c)->where, "bar");
	cr_expect_str_eq(mos_client_error(c)->hint, "1 to 32");
	cr_assert_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, NULL), 0, "the connection goes on");
	mos_client_destroy(c);
}

Test(libmos_client, no_method_names)
{
	static const char *const bad[] = {
		"", "kronos", ".x", "averyveryveryveryveryveryveryveryveryveryverylongservicename.x"};
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(mos_call(c, bad[i], MOS_NO_ARGS, NULL), -EINVAL, "\"%s\"", bad[i]);
	mos_client_destroy(c);
}

Test(libmos_client, too_large_is_refused_here)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);
	char *text = malloc(70000);

	memset(text, 'x', 69999);
	text[69999] = '\0';
	cr_assert_eq(mos_call(c, "kronos.test.echo", MOS_ARGS(mos_str("text", text)), NULL), -EMSGSIZE);
	cr_assert_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, NULL), 0);
	free(text);
	mos_client_destroy(c);
}

/* Answers "late" only when the next request is there, before answering that one. */
static int late(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	static uint32_t late_id;

	if (!strcmp(in->method, "kronos.test.late")) {
		late_id = in->id;
		return FAKE_SILENCE;
	}
	if (strcmp(in->method, "kronos.test.next"))
		return -1;
	wire_begin_result(out, late_id);
	wire_put_str(out, "who", "late");
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(sock, out, 0), 0);
	wire_out_finish(out);
	wire_out_init(out);
	wire_begin_notify(out, "broker.test.noise");
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(sock, out, 0), 0);
	wire_out_finish(out);
	wire_out_init(out);
	wire_begin_result(out, in->id);
	wire_put_str(out, "who", "next");
	return FAKE_SEND;
}

Test(libmos_client, late_answers_and_notifications_are_passed_over)
{
	struct mos_client *c = connect_with(0);
	struct mos_reply r;

	fake.handle = late;
	cr_assert_eq(mos_call_request(
			     c, &(struct mos_request){.method = "kronos.test.late", .timeout_ms = 1}, NULL),
		-ETIMEDOUT);
	cr_expect_str_eq(mos_client_error(c)->code, "client.call.timeout");
	cr_assert_eq(mos_call(c, "kronos.test.next", MOS_NO_ARGS, &r), 0);
	cr_expect_str_eq(mos_get_str(&r.value, "who", ""), "next");
	mos_reply_finish(&r);
	mos_client_destroy(c);
}

static int hang_up_once(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	return strcmp(in->method, "kronos.transport.play") ? -1 : FAKE_HANG_UP;
}

Test(libmos_client, hang_up_while_waiting_is_told_not_repeated)
{
	struct mos_client *c = connect_with(0);

	fake.handle = hang_up_once;
	cr_assert_eq(mos_transport_play(c, 0), -ECONNRESET);
	cr_expect_str_eq(mos_client_error(c)->code, "client.connection.lost");
	cr_assert_eq(
		mos_call(c, "broker.system.status", MOS_NO_ARGS, NULL), 0, "the next call connects again");
	cr_assert_eq(__atomic_load_n(&fake.resumed, __ATOMIC_ACQUIRE), 1);
	mos_client_destroy(c);
}

static int garbage(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	const unsigned char *what = f->data;

	if (strncmp(in->method, "kronos.", 7))
		return -1;
	(void)send(sock, what + 1, what[0], MSG_NOSIGNAL);
	return FAKE_SILENCE;
}

Test(libmos_client, garbage_ends_the_connection)
{
	/* Length, then bytes: no msgpack, an answer cut short, an array of 2^32 entries, an id that is nil.
	 */
	static const unsigned char frames[][16] = {
		{1, 0xc1},
		{3, 0x93, 0x01, 0x00},
		{5, 0xdd, 0xff, 0xff, 0xff, 0xff},
		{4, 0x94, 0x01, 0xc0, 0xc0},
	};

	fake.handle = garbage;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct mos_client *c = connect_with(0);

		fake.data = (void *)frames[i];
		cr_expect_eq(mos_transport_pause(c), -EPROTO, "frame %zu", i);
		cr_expect_str_eq(mos_client_error(c)->code, "client.answer.invalid");
		mos_client_destroy(c);
	}
}

/* Answers with a value that is no text, number, list or map. */
static int binary(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	const msgpack_object bin = {.type = MSGPACK_OBJECT_BIN, .via.bin = {.size = 3, .ptr = "abc"}};

	if (strncmp(in->method, "kronos.", 7))
		return -1;
	wire_begin_result(out, in->id);
	wire_put_object(out, "x", &bin);
	return FAKE_SEND;
}

Test(libmos_client, unreadable_values_are_refused)
{
	struct mos_client *c = connect_with(0);
	struct mos_reply r;

	fake.handle = binary;
	cr_assert_eq(mos_call(c, "kronos.test.x", MOS_NO_ARGS, &r), -EPROTO);
	mos_client_destroy(c);
}

Test(libmos_client, broker_restart_resumes_the_slot,
	.description = "the broker dies and comes back: same slot, same ring")
{
	struct mos_client *c = connect_with(0);
	const struct mos_clock_page *page = mos_client_clock(c);
	struct mos_event ev;

	publish(1);
	fake_kill(&fake);
	publish(2);
	cr_assert_eq(mos_events_next(c, &ev), 1, "no broker is needed to read");
	cr_assert_eq(ev.tick, 1);
	fake_start(&fake);
	cr_assert_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, NULL), 0);
	cr_assert_eq(__atomic_load_n(&fake.resumed, __ATOMIC_ACQUIRE), 1);
	cr_assert_eq(mos_client_clock(c), page);
	cr_assert_eq(mos_events_next(c, &ev), 1);
	cr_assert_eq(ev.tick, 2, "nothing was missed in between");
	cr_assert_eq(mos_client_refresh(c), 0);
	mos_client_destroy(c);
}

Test(libmos_client, rtcore_restart_gives_new_regions)
{
	struct mos_client *c = connect_with(0);
	const struct mos_clock_page *old = mos_client_clock(c);
	struct mos_clock copy;
	struct mos_event ev;

	fake_new_rtcore(&fake);
	cr_assert_eq(mos_client_refresh(c), 1);
	cr_assert_eq(mos_client_info(c).generation, 2);
	cr_assert_neq(mos_client_clock(c), old);
	cr_assert_eq(mos_clock_read(old, &copy), 0, "the old page is still readable");
	publish(77);
	cr_assert_eq(mos_events_next(c, &ev), 1);
	cr_assert_eq(ev.tick, 77);
	cr_assert_eq(mos_client_refresh(c), 0);
	mos_client_destroy(c);
}

Test(libmos_client, open_without_all_descriptors_is_refused)
{
	struct mos_client_options options = {.name = "test", .runtime_dir = fake.dir};
	struct mos_client *c;
	struct mos_error err;

	for (fake.fds_missing = 1; fake.fds_missing <= 6; fake.fds_missing++) {
		cr_expect_eq(mos_client_create(&options, &c, &err), -EPROTO);
		cr_expect_str_eq(err.code, "client.answer.invalid");
	}
	fake.fds_missing = 0;
	fake.withheld = "doorbell";
	cr_expect_eq(mos_client_create(&options, &c, &err), -EPROTO, "it cannot be done without");
	fake.withheld = "ingress";
	cr_expect_eq(mos_client_create(&options, &c, &err), -EPROTO, "it cannot be done without");
}

Test(libmos_client, regions_of_another_version_are_refused)
{
	struct mos_client_options options = {.name = "test", .runtime_dir = fake.dir};
	struct mos_client *c;
	struct mos_error err;

	((struct mos_region_hdr *)fake.events.base)->abi_major++;
	cr_assert_eq(mos_client_create(&options, &c, &err), -EPROTO);
	cr_expect_str_eq(err.code, "client.region.invalid");
	cr_expect(strstr(err.message, "\"events\""));
	cr_expect(strstr(err.hint, "version"));
}

/* One end of a pair is the service's; its first question is answered, then the service dies. */
static int pair_end = -1;

static int give_service(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	int pair[2];

	if (strcmp(in->method, "broker.service.connect"))
		return -1;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	wire_begin_result(out, in->id);
	wire_add_fd(out, pair[0]);
	close(pair[0]);
	pair_end = pair[1];
	atomic_fetch_add((atomic_int *)f->data, 1);
	return FAKE_SEND;
}

static void *service_once(void *arg)
{
	struct wire_in in;
	struct wire_out out;

	while (pair_end < 0)
		usleep(100);
	cr_assert_eq(wire_in_init(&in), 0);
	cr_assert_eq(wire_recv(pair_end, &in, 0), 1);
	wire_out_init(&out);
	wire_begin_result(&out, in.id);
	wire_put_str(&out, "method", in.method);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(pair_end, &out, 0), 0);
	wire_out_finish(&out);
	wire_in_finish(&in);
	return NULL;
}

Test(libmos_client, services_are_reached_through_the_broker)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);
	atomic_int connects = 0;

	fake.data = &connects;
	fake.handle = give_service;
	for (int i = 1; i <= 2; i++) {
		struct mos_reply r;
		pthread_t service;

		pair_end = -1;
		cr_assert_eq(pthread_create(&service, NULL, service_once, NULL), 0);
		cr_assert_eq(mos_call(c, "hermes.score.get", MOS_NO_ARGS, &r), 0, "%s",
			mos_client_error(c)->message);
		cr_expect_str_eq(mos_get_str(&r.value, "method", ""), "hermes.score.get");
		mos_reply_finish(&r);
		pthread_join(service, NULL);
		close(pair_end); /* the service dies; the second round makes a new connection */
		cr_expect_eq(atomic_load(&connects), i);
	}
	mos_client_destroy(c);
}

Test(libmos_client, score_files_that_cannot_be_read)
{
	struct mos_client *c = connect_with(MOS_CLIENT_CONTROL_ONLY);
	char fifo[128];

	cr_expect_eq(mos_score_load(c, "/nonexistent.mid", NULL), -ENOENT);
	cr_expect_str_eq(mos_client_error(c)->code, "client.file.unreadable");
	cr_expect_eq(mos_score_load(c, fake.dir, NULL), -EISDIR);
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", fake.dir);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_expect_eq(mos_score_load(c, fifo, NULL), -ESPIPE, "and does not hang");
	cr_assert_eq(unlink(fifo), 0);
	mos_client_destroy(c);
}
