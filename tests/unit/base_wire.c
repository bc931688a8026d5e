/* SPDX-License-Identifier: MIT */
/* The frame codec: round trips, bounds, descriptors, and bytes that are no frames. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"
#include "wire_utf8.h"

static struct wire_in in;
static struct wire_out out;
static int pair[2];

static void setup(void)
{
	cr_assert_eq(wire_in_init(&in), 0);
	wire_out_init(&out);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void teardown(void)
{
	wire_in_finish(&in);
	wire_out_finish(&out);
	close(pair[0]);
	close(pair[1]);
}

TestSuite(wire, .init = setup, .fini = teardown, .timeout = 30);

static void pass(void)
{
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(pair[0], &out, 0), 0);
	cr_assert_eq(wire_recv(pair[1], &in, 0), 1, "%s", in.bad);
}

Test(wire, bytes, .description = "a request is what the msgpack-RPC specification says, byte for byte")
{
	static const char expected[] = "\x94\x00\x07\xa3"
				       "a.b"
				       "\xde\x00\x02"
				       "\xa1x\xff"
				       "\xa1y\xdc\x00\x02\xc3\xc0";

	wire_begin_request(&out, 7, "a.b");
	wire_put_i64(&out, "x", -1);
	wire_open_array(&out, "y");
	wire_put_bool(&out, NULL, 1);
	wire_put_nil(&out, NULL);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(out.len, sizeof(expected) - 1);
	cr_expect_eq(memcmp(out.data, expected, out.len), 0);
}

Test(wire, round_trip, .description = "every type arrives as it was sent")
{
	const msgpack_object *list;
	int64_t i = 0;
	uint64_t u = 0;
	double f = 0;
	int b = 0;
	char s[32];

	wire_begin_request(&out, UINT32_MAX, "kronos.transport.seek");
	wire_put_i64(&out, "min", INT64_MIN);
	wire_put_u64(&out, "max", UINT64_MAX);
	wire_put_f64(&out, "third", 1.0 / 3);
	wire_put_f64(&out, "nan", (double)NAN);
	wire_put_bool(&out, "yes", 1);
	wire_put_nil(&out, "none");
	wire_put_str(&out, "text", "Größe ♯");
	wire_open_array(&out, "list");
	wire_put_i64(&out, NULL, 60);
	wire_open_map(&out, NULL);
	wire_put_bool(&out, "in", 0);
	wire_close(&out);
	wire_close(&out);
	pass();
	cr_expect_eq(in.kind, WIRE_REQUEST);
	cr_expect_eq(in.id, UINT32_MAX);
	cr_expect_str_eq(in.method, "kronos.transport.seek");
	cr_expect(wire_get_i64(in.params, "min", &i) == 0 && i == INT64_MIN);
	cr_expect(wire_get_u64(in.params, "max", &u) == 0 && u == UINT64_MAX);
	cr_expect_eq(wire_get_i64(in.params, "max", &i), -ERANGE);
	cr_expect_eq(wire_get_u64(in.params, "min", &u), -ERANGE);
	cr_expect(wire_get_f64(in.params, "third", &f) == 0 && f == 1.0 / 3);
	cr_expect(wire_get_f64(in.params, "nan", &f) == 0 && isnan(f));
	cr_expect(wire_get_bool(in.params, "yes", &b) == 0 && b == 1);
	cr_expect_eq(wire_get_bool(in.params, "none", &b), -ENOENT, "nil is absent");
	cr_expect_eq(wire_get_bool(in.params, "missing", &b), -ENOENT);
	cr_expect_eq(wire_get_bool(in.params, "text", &b), -EINVAL);
	cr_expect(wire_get_str(in.params, "text", s, sizeof(s)) == 0 && !strcmp(s, "Größe ♯"));
	cr_expect_eq(wire_get_str(in.params, "text", s, 4), -ENAMETOOLONG);
	list = wire_get_array(in.params, "list");
	cr_assert_not_null(list);
	cr_expect_eq(list->via.array.size, 2);
	cr_expect(wire_to_i64(&list->via.array.ptr[0], &i) == 0 && i == 60);
	cr_expect(wire_get_bool(&list->via.array.ptr[1], "in", &b) == 0 && b == 0);
	cr_expect_null(wire_get_map(in.params, "list"));
	cr_expect_null(wire_get(NULL, "x"));
}

Test(wire, answers, .description = "results, errors and notifications")
{
	struct wire_error sent, got;

	wire_begin_result(&out, 3);
	wire_put_i64(&out, "n", 1);
	pass();
	cr_expect(in.kind == WIRE_RESPONSE && in.id == 3 && !in.error && wire_get(in.result, "n"));
	wire_out_finish(&out);

	wire_error_set(&sent, "kronos.seek.range", "tick %d is outside", 5);
	wire_error_where(&sent, "ticks");
	wire_begin_error(&out, 4, &sent);
	pass();
	cr_assert_not_null(in.error);
	wire_error_read(in.error, &got);
	cr_expect_str_eq(got.code, "kronos.seek.range");
	cr_expect_str_eq(got.message, "tick 5 is outside");
	cr_expect_str_eq(got.where, "ticks");
	cr_expect_str_eq(got.hint, "");
	cr_expect_null(wire_get(in.error, "hint"), "what is empty is not sent");
	cr_expect_eq(in.result->via.map.size, 0);
	wire_out_finish(&out);

	wire_begin_notify(&out, "broker.service.caller");
	pass();
	cr_expect_eq(in.kind, WIRE_NOTIFY);
	cr_expect_str_eq(in.method, "broker.service.caller");
}

Test(wire, text_is_utf8, .description = "what is no UTF-8 is mended, control characters of messages too")
{
	struct wire_error err;
	char s[32], cut[] = "abc\xe2\x99", mixed[] = "a\x1b[2J\xff\xc0\xafz";

	wire_begin_notify(&out, "n");
	wire_put_str(&out, "name",
		"a\xff"
		"b");
	pass();
	cr_expect(wire_get_str(in.params, "name", s, sizeof(s)) == 0 && !strcmp(s, "a?b"), "%s", s);
	wire_error_set(&err, "c", "%s", "line\nline\x7f");
	cr_expect_str_eq(err.message, "line?line?");
	wire_utf8_mend(cut);
	cr_expect_str_eq(cut, "abc", "a character cut off at the end goes");
	wire_utf8_mend(mixed);
	cr_expect_str_eq(mixed, "a?[2J???z");
	cr_expect_eq(wire_utf8_valid("\xed\xa0\x80", 3), 0, "surrogates");
	cr_expect_eq(wire_utf8_valid("\xf4\x8f\xbf\xbf", 4), 1, "the last code point");
	cr_expect_eq(wire_utf8_valid("\xf4\x90\x80\x80", 4), 0, "beyond it");
	cr_expect_eq(wire_utf8_valid("\xe0\x80\x80", 3), 0, "overlong");
}

Test(wire, bounds, .description = "too large, too deep, too many: told by wire_end(), never cut")
{
	char *text = malloc(WIRE_FRAME_MAX);

	cr_assert_not_null(text);
	memset(text, 'x', WIRE_FRAME_MAX - 1);
	text[WIRE_FRAME_MAX - 1] = '\0';
	wire_begin_notify(&out, "n");
	wire_put_str(&out, "k", text);
	cr_expect_eq(wire_end(&out), -EMSGSIZE);
	wire_out_finish(&out);

	/* [2,"n",{"k":text}]: 1+1+2+3+2+3 bytes around the text; this one fits to the last byte */
	text[WIRE_FRAME_MAX - 12] = '\0';
	wire_begin_notify(&out, "n");
	wire_put_str(&out, "k", text);
	pass();
	cr_expect_eq(out.len, WIRE_FRAME_MAX);
	wire_out_finish(&out);

	wire_begin_notify(&out, "n");
	for (uint32_t i = 0; i < WIRE_DEPTH_MAX - 2; i++)
		wire_open_array(&out, i ? NULL : "k");
	pass();
	wire_out_finish(&out);
	wire_begin_notify(&out, "n");
	for (uint32_t i = 0; i < WIRE_DEPTH_MAX; i++)
		wire_open_array(&out, i ? NULL : "k");
	cr_expect_eq(wire_end(&out), -E2BIG);
	wire_out_finish(&out);

	wire_begin_notify(&out, "n");
	wire_add_fd(&out, -1);
	cr_expect_eq(wire_end(&out), -EBADF);
	free(text);
}

Test(wire, descriptors,
	.description =
		"descriptors arrive close-on-exec, are taken once, and are closed when nobody takes them")
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), first, second;

	wire_begin_notify(&out, "n");
	for (uint32_t i = 0; i < WIRE_FDS_MAX; i++)
		wire_add_fd(&out, null);
	pass();
	cr_assert_eq(in.n_fds, WIRE_FDS_MAX);
	first = in.fds[0];
	second = wire_take_fd(&in, 1);
	cr_expect_neq(fcntl(second, F_GETFD) & FD_CLOEXEC, 0);
	cr_expect_eq(wire_take_fd(&in, 1), -ENOENT);
	cr_expect_eq(wire_take_fd(&in, WIRE_FDS_MAX), -ENOENT);
	wire_out_finish(&out);
	wire_begin_notify(&out, "next");
	pass();
	cr_expect_eq(fcntl(first, F_GETFD), -1, "closed with the next frame");
	cr_expect_neq(fcntl(second, F_GETFD), -1, "the one that was taken is ours");
	wire_add_fd(&out, null);
	close(second);
	wire_out_finish(&out);
	wire_begin_notify(&out, "n");
	for (uint32_t i = 0; i <= WIRE_FDS_MAX; i++)
		wire_add_fd(&out, null);
	cr_expect_eq(wire_end(&out), -E2BIG);
	close(null);
}

Test(wire, no_descriptors_left, .description = "a receiver that may open no more is told, and keeps none")
{
	const struct rlimit few = {64, 64};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), spare[64], n = 0;

	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	wire_begin_notify(&out, "n");
	wire_add_fd(&out, null);
	wire_add_fd(&out, null);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(pair[0], &out, 0), 0);
	while (n < 64 && (spare[n] = dup(null)) >= 0)
		n++;
	close(spare[--n]); /* room for one of the two */
	cr_expect_eq(wire_recv(pair[1], &in, 0), -EBADMSG);
	cr_expect_str_eq(in.bad, "file descriptors were cut off: too many, or none to be had");
	wire_in_finish(&in);
	cr_expect_eq(dup(null), spare[n], "the one that came was closed");
	while (n)
		close(spare[--n]);
	close(null);
}

Test(wire, hangup, .description = "the end of the peer, and a peer that is not there any more")
{
	close(pair[0]);
	cr_expect_eq(wire_recv(pair[1], &in, 0), 0);
	wire_begin_notify(&out, "n");
	cr_assert_eq(wire_end(&out), 0);
	cr_expect_eq(wire_send(pair[1], &out, 0), -EPIPE, "and no signal");
	pair[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

Test(wire, no_frames, .description = "bytes that are no frame are refused with a reason")
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *bad;
	} row[] = {
#define ROW(bytes, bad) {bytes, sizeof(bytes) - 1, bad}
		ROW("", "truncated or no msgpack"),
		ROW("\xc1", "truncated or no msgpack"),
		ROW("\xc0", "no array that begins with 0, 1 or 2"),
		ROW("\x90", "no array that begins with 0, 1 or 2"),
		ROW("\x93\x03\xa1x\x80", "no array that begins with 0, 1 or 2"),
		ROW("\x93\xff\xa1x\x80", "no array that begins with 0, 1 or 2"),
		ROW("\x93\x00\x01\x80", "wrong number of fields"),
		ROW("\x94\x02\xa1x\x80\x80", "wrong number of fields"),
		ROW("\x94\x00\xff\xa1x\x80", "the id is no 32-bit number"),
		ROW("\x94\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xa1x\x80", "the id is no 32-bit number"),
		ROW("\x94\x00\x01\x05\x80", "the method is no name"),
		ROW("\x94\x00\x01\xa0\x80", "the method is no name"),
		ROW("\x94\x00\x01\xa2x\x00\x80", "the method is no name"),
		ROW("\x94\x00\x01\xa1\xff\x80", "the method is no name"),
		ROW("\x94\x00\x01\xa1x\x90", "params is no map"),
		ROW("\x94\x00\x01\xa1x\xc0", "params is no map"),
		ROW("\x94\x01\x01\x05\x80", "error is neither nil nor a map"),
		ROW("\x94\x01\x01\xc0\x05", "result is neither nil nor a map"),
		ROW("\x93\x02\xa1x\x80\x00", "bytes after the value"),
		ROW("\x94\x00\x01\xa1x\x81\xa1y", "truncated or no msgpack"),
		ROW("\xdd\xff\xff\xff\xff", "truncated or no msgpack"),
		ROW("\xdf\x80\x00\x00\x00", "truncated or no msgpack"),
		ROW("\xdb\xff\xff\xff\xff", "truncated or no msgpack"),
		ROW("\xc6\xff\xff\xff\xff", "truncated or no msgpack"),
		ROW("\xc9\xff\xff\xff\xff\x01", "truncated or no msgpack"),
		ROW("\xca\x00\x00\x00", "truncated or no msgpack"),
		ROW("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x00",
			"containers nested too deep"),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		cr_expect_eq(wire_decode(&in, row[i].bytes, row[i].len), -EBADMSG, "row %zu", i);
		cr_expect_str_eq(in.bad, row[i].bad, "row %zu: %s", i, in.bad);
	}
}

/* Every type that msgpack has, each a value of a map: our walk over the bytes must agree with msgpack-c. */
Test(wire, every_type, .description = "all types of msgpack are walked over as msgpack-c reads them")
{
	static const struct {
		const char *bytes;
		size_t len;
	} value[] = {
#define V(bytes) {bytes, sizeof(bytes) - 1}
		V("\x7f"),
		V("\x81\xa1k\x01"),
		V("\x92\x01\x02"),
		V("\xa2hi"),
		V("\xc0"),
		V("\xc2"),
		V("\xc3"),
		V("\xc4\x01z"),
		V("\xc5\x00\x01z"),
		V("\xc6\x00\x00\x00\x01z"),
		V("\xc7\x01\x05z"),
		V("\xc8\x00\x01\x05z"),
		V("\xc9\x00\x00\x00\x01\x05z"),
		V("\xca\x00\x00\x00\x00"),
		V("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"),
		V("\xcc\x01"),
		V("\xcd\x00\x01"),
		V("\xce\x00\x00\x00\x01"),
		V("\xcf\x00\x00\x00\x00\x00\x00\x00\x01"),
		V("\xd0\x01"),
		V("\xd1\x00\x01"),
		V("\xd2\x00\x00\x00\x01"),
		V("\xd3\x00\x00\x00\x00\x00\x00\x00\x01"),
		V("\xd4\x05z"),
		V("\xd5\x05zz"),
		V("\xd6\x05zzzz"),
		V("\xd7\x05zzzzzzzz"),
		V("\xd8\x05zzzzzzzzzzzzzzzz"),
		V("\xd9\x01z"),
		V("\xda\x00\x01z"),
		V("\xdb\x00\x00\x00\x01z"),
		V("\xdc\x00\x01\x01"),
		V("\xdd\x00\x00\x00\x01\x01"),
		V("\xde\x00\x01\xa1k\x01"),
		V("\xdf\x00\x00\x00\x01\xa1k\x01"),
		V("\xe0"),
#undef V
	};

	for (size_t i = 0; i < sizeof(value) / sizeof(*value); i++) {
		char frame[64] = "\x93\x02\xa1n\x82\xa1"
				 "a";
		size_t len = 7;

		memcpy(frame + len, value[i].bytes, value[i].len);
		len += value[i].len;
		memcpy(frame + len, "\xa1z\x2a", 3);
		len += 3;
		cr_assert_eq(wire_decode(&in, frame, len), 1, "value %zu: %s", i, in.bad);
		{
			int64_t after = 0;

			cr_expect(wire_get_i64(in.params, "z", &after) == 0 && after == 42, "value %zu", i);
		}
		for (size_t cut = 1; cut < len; cut++)
			cr_expect_eq(
				wire_decode(&in, frame, len - cut), -EBADMSG, "value %zu cut by %zu", i, cut);
	}
}
