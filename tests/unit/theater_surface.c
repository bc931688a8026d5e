/* SPDX-License-Identifier: MIT */
/* What the theater takes of a widget's pictures: the test is the broker at the other end of a socket, and the
 * widget. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "surfaces.h"

static struct service service = {.program = "test", .name = "theater"};
static struct rpc_context ctx;
static struct rpc_conn *conn;
static struct surfaces *all;
static struct mos_surface_writer w;
static struct wire_in in;
static int broker, n_came, n_gone;

static void came(struct surface *s, void *data)
{
	n_came++;
}

static void gone(struct surface *s, void *data)
{
	n_gone++;
}

static void notified(struct rpc_conn *c, struct wire_in *notice, void *data)
{
	(void)surfaces_notice(all, notice);
}

static const struct surfaces_ops ops = {.came = came, .gone = gone};
static const struct rpc_conn_ops conn_ops = {.notified = notified};

static void turn(void)
{
	cr_assert_geq(sd_event_run(service.event, 1000), 0);
}

/* Receive what the theater asks. */
static void asked(const char *method)
{
	int rc;

	while ((rc = wire_recv(broker, &in, MSG_DONTWAIT)) == -EAGAIN)
		turn();
	cr_assert_eq(rc, 1);
	cr_assert_str_eq(in.method, method);
}

static void answer(const char *code)
{
	struct wire_error err;
	struct wire_out out;

	wire_out_init(&out);
	if (code) {
		wire_error_set(&err, code, "no");
		wire_begin_error(&out, in.id, &err);
	} else {
		wire_begin_result(&out, in.id);
	}
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(broker, &out, 0), 0);
	wire_out_finish(&out);
}

static void setup(void)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	broker = pair[1];
	cr_assert_geq(sd_event_new(&service.event), 0);
	cr_assert_eq(wire_in_init(&in), 0);
	cr_assert_eq(rpc_context_init(&ctx, &service, NULL, 0, NULL), 0);
	cr_assert_eq(rpc_conn_create(&ctx, pair[0], NULL, &conn_ops, NULL, &conn), 0);
	cr_assert_eq(surfaces_create(&ops, NULL, &all), 0);
	cr_assert_eq(surfaces_link(all, conn), 0);
	asked("broker.stage.open");
	answer(NULL);
}

static void teardown(void)
{
	if (w.hdr)
		mos_surface_close(&w);
	surfaces_destroy(all);
	rpc_context_finish(&ctx);
	wire_in_finish(&in);
	close(broker);
	sd_event_unref(service.event);
}

TestSuite(theater_surface, .init = setup, .fini = teardown, .timeout = 30);

static void tell(const char *id, const char *state, const char *cap, const char *cap2, uint64_t instance)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "broker.stage.widget");
	wire_put_str(&out, "id", id);
	wire_put_str(&out, "name", "A \x1b[2J widget");
	wire_put_str(&out, "state", state);
	wire_put_u64(&out, "instance", instance);
	wire_open_array(&out, "capabilities");
	wire_put_str(&out, NULL, cap);
	wire_put_str(&out, NULL, cap2);
	wire_close(&out);
	wire_open_map(&out, "position");
	wire_put_f64(&out, "x", 1e30);
	wire_put_f64(&out, "y", 20);
	wire_close(&out);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(broker, &out, 0), 0);
	wire_out_finish(&out);
}

static void tell_pixels(uint64_t instance, uint64_t width, uint64_t height)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "broker.stage.pixels");
	wire_put_str(&out, "id", "one");
	wire_put_u64(&out, "instance", instance);
	wire_put_u64(&out, "width", width);
	wire_put_u64(&out, "height", height);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(broker, &out, 0), 0);
	wire_out_finish(&out);
}

/* The widget gets what it is handed. */
static void take_surface(const char *kind)
{
	char is[16];
	int fd;

	asked("broker.stage.surface");
	cr_assert_eq(wire_get_str(in.params, "kind", is, sizeof(is)), 0);
	cr_expect_str_eq(is, kind);
	fd = wire_take_fd(&in, 0);
	cr_assert_geq(fd, 0);
	if (w.hdr)
		mos_surface_close(&w);
	cr_assert_eq(mos_surface_open(fd, &w), 0);
	close(fd);
	answer(NULL);
}

static struct surface *start(void)
{
	tell("one", "active", "surface.shapes", "surface.pixels", 1);
	take_surface("shapes");
	return surfaces_find(all, "one");
}

static void paint(uint32_t n, uint32_t color)
{
	struct mos_shape *shape = mos_surface_begin(&w);

	cr_assert_not_null(shape);
	for (uint32_t i = 0; i < n; i++)
		shape[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = color, .w = 1, .h = 1};
	mos_surface_commit(&w, &(struct mos_surface_slot){.n = n});
}

Test(theater_surface, follows,
	.description = "WID-06 THE-07: what the broker says of a widget is checked; a picture that is the "
		       "one before damages "
		       "nothing; with the widget it goes")
{
	struct surface *s = start();
	float x, y, width, height;

	cr_expect_str_eq(surface_name(s), "A ?[2J widget");
	surface_default(s, &x, &y, &width, &height);
	cr_expect(x == 0 && y == 20 && width > 0 && height > 0, "thousandths of a canvas, or the default");
	paint(3, 7);
	cr_expect_eq(surface_poll(s), 1);
	paint(3, 7);
	cr_expect_eq(surface_poll(s), 0);
	paint(3, 8);
	cr_expect_eq(surface_poll(s), 1);
	paint(0, 8);
	cr_expect_eq(surface_poll(s), 1, "an empty picture is one");
	cr_expect_eq(surface_figures(s).pictures, 4);
	tell("none", "active", "clock.read", "", 1);
	tell("one", "gone", "", "", 1);
	while (n_gone == 0)
		turn();
	cr_expect_eq(surface_kind(surfaces_find(all, "none")), 0, "no capability, no memory");
	cr_expect_null(surfaces_find(all, "one"));
	tell("one", "gone", "", "", 1);
	turn();
	cr_expect(n_gone == 1 && n_came == 2);
}

Test(theater_surface, refused,
	.description = "THE-07: what contradicts itself is counted and leaves the picture before")
{
	struct surface *s = start();
	uint32_t n;

	paint(3, 7);
	cr_expect_eq(surface_poll(s), 1);
	cr_assert_not_null(mos_surface_begin(&w));
	mos_surface_commit(&w, &(struct mos_surface_slot){.n = 5000});
	cr_expect_eq(surface_poll(s), 0);
	cr_expect_eq(surface_figures(s).refused, 1);
	(void)surface_shapes(s, &n);
	cr_expect_eq(n, 3);
	paint(2, 7);
	cr_expect_eq(surface_poll(s), 1);
}

Test(theater_surface, greedy,
	.description = "THE-07: a widget that shows the largest pictures as fast as it can is looked at less "
		       "often, and the "
		       "others as before")
{
	struct surface *s = start(), *other;
	struct mos_surface_writer greedy = w;
	struct timespec began, now;
	double seconds;
	uint32_t n_other = 0;

	w = (struct mos_surface_writer){0};
	tell("other", "active", "surface.shapes", "", 1);
	take_surface("shapes");
	other = surfaces_find(all, "other");
	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	for (uint32_t i = 1; i <= 2000; i++) {
		struct mos_surface_writer mine = w;

		w = greedy;
		paint(MOS_SURFACE_SHAPES_MAX, i);
		greedy = w;
		w = mine;
		if (i % 100 == 0)
			paint(10, i);
		(void)surface_poll(s);
		n_other += (uint32_t)surface_poll(other);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (double)(now.tv_sec - began.tv_sec) + (double)(now.tv_nsec - began.tv_nsec) / 1e9;
	/* Half of 3,000,000 a second is its share, and one picture more. */
	cr_expect_leq((double)surface_figures(s).pictures * MOS_SURFACE_SHAPES_MAX,
		seconds * 1500000 + 2 * MOS_SURFACE_SHAPES_MAX);
	cr_expect_gt(n_other, 0);
	mos_surface_close(&greedy);
}

/* --- Pixels --- */

static uint8_t *begin_pixels(uint32_t *ret_stride)
{
	*ret_stride = (w.max_width * 4 + 63) / 64 * 64;
	return mos_surface_begin(&w);
}

static void fill(uint8_t *pixels, uint32_t stride, uint32_t width, uint32_t height, uint32_t seed)
{
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width * 4; x++)
			pixels[y * stride + x] = (uint8_t)(seed + x * 7 + y * 13);
	}
}

static void expect_filled(const struct surface *s, uint32_t width, uint32_t height, uint32_t seed)
{
	const struct mos_surface_rect *rect;
	uint32_t w_, h_, stride, n_rects, n_wrong = 0;
	const uint8_t *pixels = surface_pixels(s, &w_, &h_, &stride, &rect, &n_rects);

	cr_assert(pixels && w_ == width && h_ == height);
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width * 4; x++)
			n_wrong += pixels[y * stride + x] != (uint8_t)(seed + x * 7 + y * 13);
	}
	cr_expect_eq(n_wrong, 0, "%u bytes differ", n_wrong);
}

static void commit_pixels(uint32_t width, uint32_t height, uint32_t stride, uint32_t n_rects)
{
	struct mos_surface_slot slot = {
		.width = width,
		.height = height,
		.stride = stride,
		.n_rects = n_rects,
		.rect = {{2, 3, 4, 5}, {90, 1, 50, 2}},
	};

	mos_surface_commit(&w, &slot);
}

Test(theater_surface, large_pixels,
	.description = "THE-07: a picture that is too large for a frame's share is copied over several, and "
		       "shown when it is "
		       "whole")
{
	const uint32_t width = 2400, height = 1500;
	struct surface *s = start();
	uint32_t stride, a, b, c, n_rects, n_polls = 0;
	const struct mos_surface_rect *rect;
	uint8_t *pixels;

	paint(3, 7);
	cr_expect_eq(surface_poll(s), 1);
	tell_pixels(2, 100, 100); /* of another process */
	tell_pixels(1, 100000, 100);
	tell_pixels(1, width, height);
	take_surface("pixels");
	cr_expect_eq(surface_kind(s), MOS_SURFACE_PIXELS);
	cr_expect_eq(surface_poll(s), 1, "it shows nothing now");
	pixels = begin_pixels(&stride);
	fill(pixels, stride, width, height, 1);
	commit_pixels(width, height, stride, 0);
	while (!surface_poll(s)) {
		cr_expect_null(surface_pixels(s, &a, &b, &c, &rect, &n_rects));
		n_polls++;
	}
	cr_expect_gt(n_polls, 0);
	expect_filled(s, width, height, 1);
}

Test(theater_surface, changed_pixels,
	.description = "THE-07: of a picture that says what has changed that much is copied; of one that "
		       "follows a missed "
		       "one, all")
{
	const struct mos_surface_rect *rect;
	uint32_t stride, width, height, own, n_rects;
	struct surface *s = start();
	const uint8_t *shown;
	uint8_t *pixels;

	tell_pixels(1, 100, 40);
	take_surface("pixels");
	pixels = begin_pixels(&stride);
	fill(pixels, stride, 100, 40, 1);
	commit_pixels(100, 40, stride, 2);
	cr_expect_eq(surface_poll(s), 1);
	expect_filled(s, 100, 40, 1); /* the first is whole, whatever it says */
	pixels = begin_pixels(&stride);
	fill(pixels, stride, 100, 40, 2);
	commit_pixels(100, 40, stride, 2);
	cr_expect_eq(surface_poll(s), 1);
	shown = surface_pixels(s, &width, &height, &own, &rect, &n_rects);
	cr_expect(n_rects == 2 && rect[1].x == 90 && rect[1].w == 10);
	cr_expect_eq(shown[3 * own + 2 * 4], (uint8_t)(2 + 8 * 7 + 3 * 13));
	cr_expect_eq(
		shown[3 * own + 1 * 4], (uint8_t)(1 + 4 * 7 + 3 * 13), "what it did not name is as before");
	cr_expect_eq(shown[2 * own + 99 * 4], (uint8_t)(2 + 396 * 7 + 2 * 13));
	(void)begin_pixels(&stride);
	commit_pixels(100, 40, stride, 2); /* missed */
	pixels = begin_pixels(&stride);
	fill(pixels, stride, 100, 40, 4);
	commit_pixels(100, 40, stride, 2);
	cr_expect_eq(surface_poll(s), 1);
	expect_filled(s, 100, 40, 4);
	/* A smaller one in the same slots. */
	pixels = begin_pixels(&stride);
	fill(pixels, 128, 20, 10, 5);
	commit_pixels(20, 10, 128, 2);
	cr_expect_eq(surface_poll(s), 1);
	expect_filled(s, 20, 10, 5);
}

Test(theater_surface, no_memory_without_end,
	.description = "THE-07: all surfaces together have at most 1 GiB; who would go beyond gets none, the "
		       "others keep theirs")
{
	struct surface *s = start();
	char id[16];

	for (int i = 0; i < 6; i++) {
		struct wire_out out;

		(void)snprintf(id, sizeof(id), "big%d", i);
		tell(id, "active", "surface.pixels", "", 1);
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.stage.pixels");
		wire_put_str(&out, "id", id);
		wire_put_u64(&out, "instance", 1);
		wire_put_u64(&out, "width", 4096);
		wire_put_u64(&out, "height", 4096);
		cr_assert_eq(wire_end(&out), 0);
		cr_assert_eq(wire_send(broker, &out, 0), 0);
		wire_out_finish(&out);
	}
	while (!surfaces_find(all, "big5"))
		turn();
	turn();
	turn();
	cr_expect_eq(surface_kind(surfaces_find(all, "big4")), MOS_SURFACE_PIXELS);
	cr_expect_eq(surface_kind(surfaces_find(all, "big5")), 0);
	paint(1, 1);
	cr_expect_eq(surface_poll(s), 1);
}

Test(theater_surface, denied,
	.description = "WGT-32: a broker that lets us see no widgets is said so, and lived with")
{
	surfaces_unlink(all);
	cr_assert_eq(surfaces_link(all, conn), 0);
	asked("broker.stage.open");
	answer("rpc.caller.denied");
	for (int i = 0; i < 3; i++)
		turn();
	cr_expect_null(surfaces_next(all, NULL));
}
