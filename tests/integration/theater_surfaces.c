/* SPDX-License-Identifier: MIT */
/* Widgets on the stage: the real broker, real processes in their sandboxes, and the theater's end of their
 * surfaces. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker_link.h"
#include "surfaces.h"
#include "widget_rig.h"

#define N_WIDGETS 100
#define STAGE_CAPS "\"surface.shapes\",\"surface.pixels\",\"input.pointer\",\"input.key\""

static struct rig rig;
static struct caller c;

/* The theater, in the test's own process. */
static struct service service = {.program = "test", .name = "theater"};
static struct rpc_context ctx;
static struct broker_link tie;
static struct surfaces *all;
static int n_came, n_gone, is_up;

static void came(struct surface *s, void *data)
{
	n_came++;
	surface_place(s, 100, 50, 1, 1);
}

static void gone(struct surface *s, void *data)
{
	n_gone++;
}

static void up(struct rpc_conn *broker, void *data)
{
	is_up = 1;
	cr_assert_eq(surfaces_link(all, broker), 0);
}

static void down(void *data)
{
	is_up = 0;
	surfaces_unlink(all);
}

static void notified(struct rpc_conn *broker, struct wire_in *in, void *data)
{
	(void)surfaces_notice(all, in);
}

static const struct surfaces_ops ops = {.came = came, .gone = gone};
static const struct broker_link_ops tie_ops = {.up = up, .down = down, .notified = notified};

/* One turn of the loop: what is there, at most 2 ms of waiting. */
static void turn(void)
{
	cr_assert_geq(sd_event_run(service.event, 2000), 0);
}

static void theater_start(void)
{
	(void)snprintf(service.runtime_dir, sizeof(service.runtime_dir), "%s", rig.dir);
	cr_assert_geq(sd_event_new(&service.event), 0);
	cr_assert_eq(rpc_context_init(&ctx, &service, NULL, 0, NULL), 0);
	cr_assert_eq(surfaces_create(&ops, NULL, &all), 0);
	cr_assert_eq(broker_link_start(&tie, &ctx, &tie_ops, NULL), 0);
	while (!is_up)
		turn();
}

static void theater_stop(void)
{
	if (!service.event)
		return;
	broker_link_stop(&tie);
	rpc_context_finish(&ctx);
	surfaces_destroy(all);
	service.event = sd_event_unref(service.event);
	is_up = 0;
}

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	caller_connect(&c, &rig);
}

static void teardown(void)
{
	theater_stop();
	caller_finish(&c);
	rig_finish(&rig);
}

TestSuite(theater_surfaces, .init = setup, .fini = teardown, .timeout = 120);

static void ok(const char *method, const char *id)
{
	cr_assert_eq(caller_call(&c, method, "id:s", id), 0, "%s %s: %s %s", method, id, c.error.code,
		c.error.message);
}

static struct surface *wait_surface(const char *id)
{
	struct surface *s;

	while (!(s = surfaces_find(all, id)))
		turn();
	return s;
}

/* Start it and wait until it has its memory. */
static struct surface *start(const char *id)
{
	struct surface *s;

	ok("broker.widget.start", id);
	do {
		turn();
		s = wait_surface(id); /* it may be another one than a turn ago */
		cr_assert_eq(fake_call(&c, id, "stage", ""), 0, "%s", c.error.message);
	} while (surface_kind(s) && caller_i64(&c, "n_surfaces") == 0);
	return s;
}

static uint32_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint32_t n = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

/* Resident memory in KiB. */
static long resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total, pages;

	cr_assert(f && fscanf(f, "%ld %ld", &total, &pages) == 2);
	(void)fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

Test(theater_surfaces, one_picture,
	.description = "WGT-32 WID-06: what a widget draws arrives; it comes and goes with its process, "
		       "restarted or killed")
{
	const struct mos_shape *shape;
	struct surface *s;
	float x, y, w, h;
	int64_t pid;
	uint32_t n;

	fake_install(&rig, &c, "one", &(struct fake){.capabilities = STAGE_CAPS});
	theater_start();
	s = start("one");
	cr_expect_str_eq(surface_name(s), "Fake one");
	surface_default(s, &x, &y, &w, &h);
	cr_expect(x == 1 && y == 2 && w == 100 && h == 50);
	cr_expect_eq(surface_kind(s), MOS_SURFACE_SHAPES);
	cr_expect_eq(surface_poll(s), 0);
	cr_assert_eq(fake_call(&c, "one", "paint", "n:i", (int64_t)3), 0);
	cr_expect_eq(surface_poll(s), 1);
	shape = surface_shapes(s, &n);
	cr_assert_eq(n, 3);
	cr_expect(shape[2].kind == MOS_SHAPE_BOX && shape[2].color == 1);
	cr_expect_eq(surface_poll(s), 0);
	cr_expect_eq(surface_figures(s).pictures, 1);
	ok("broker.widget.restart", "one");
	while (n_came < 2)
		turn();
	cr_expect_eq(n_gone, 1);
	s = start("one");
	cr_assert_eq(fake_call(&c, "one", "paint", "n:i", (int64_t)1), 0);
	cr_expect_eq(surface_poll(s), 1);
	cr_assert_str_eq(fake_state(&c, "one", &pid), "active");
	cr_assert_eq(kill((pid_t)pid, SIGKILL), 0);
	while (n_gone < 2)
		turn();
	ok("broker.widget.stop", "one");
	turn();
	cr_expect_null(surfaces_next(all, NULL));
}

Test(theater_surfaces, input,
	.description = "THR-26: pointer and key reach the widget that is meant and no other; one without the "
		       "capability is "
		       "deaf")
{
	const struct mos_pointer down = {MOS_POINTER_DOWN, {12.5f, 3}, 1, 1, 0};
	struct mos_pointer move = {.kind = MOS_POINTER_MOVE};
	struct surface *hears, *other, *deaf;

	fake_install(&rig, &c, "hears", &(struct fake){.capabilities = STAGE_CAPS});
	fake_install(&rig, &c, "other", &(struct fake){.capabilities = STAGE_CAPS});
	fake_install(&rig, &c, "deaf", &(struct fake){.capabilities = "\"surface.shapes\""});
	theater_start();
	hears = start("hears");
	other = start("other");
	deaf = start("deaf");
	(void)other;
	surface_pointer(hears, &down);
	surface_key(hears, "up");
	surface_pointer(deaf, &down);
	surface_key(deaf, "up");
	do {
		turn();
		cr_assert_eq(fake_call(&c, "hears", "stage", ""), 0);
	} while (caller_i64(&c, "n_pointers") == 0);
	cr_expect_str_eq(caller_str(&c, "pointer"), "down");
	cr_expect_eq(caller_f64(&c, "x"), 12.5);
	do {
		turn();
		cr_assert_eq(fake_call(&c, "hears", "told", ""), 0);
	} while (caller_i64(&c, "n_keys") == 0);
	cr_expect_str_eq(caller_str(&c, "key"), "up");
	for (int i = 0; i < 500; i++) { /* of many moves the last one arrives */
		move.at.x = (float)i;
		surface_pointer(hears, &move);
	}
	do {
		turn();
		cr_assert_eq(fake_call(&c, "hears", "stage", ""), 0);
	} while (caller_f64(&c, "x") < 499);
	cr_expect_leq(caller_i64(&c, "n_pointers"), 10);
	cr_assert_eq(fake_call(&c, "other", "stage", ""), 0);
	cr_expect_eq(caller_i64(&c, "n_pointers"), 0);
	cr_assert_eq(fake_call(&c, "other", "told", ""), 0);
	cr_expect_eq(caller_i64(&c, "n_keys"), 0);
	cr_assert_eq(fake_call(&c, "deaf", "stage", ""), 0);
	cr_expect_eq(caller_i64(&c, "n_pointers"), 0);
}

Test(theater_surfaces, shown,
	.description =
		"WID-13: a widget is told when it is shown again or has another size, and at no other time")
{
	struct surface *s;
	int64_t wakes;

	fake_install(&rig, &c, "one", &(struct fake){.capabilities = STAGE_CAPS});
	theater_start();
	s = start("one");
	cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	cr_expect_eq(caller_bool(&c, "shown"), 1);
	wakes = caller_i64(&c, "n_wakes");
	for (int i = 0; i < 50; i++) {
		surface_place(s, 100, 50, 1, i);
		turn();
	}
	surface_place(s, 100, 50, 0, 0);
	for (int i = 0; i < 50; i++) {
		surface_place(s, 100, 50, 0, i);
		turn();
	}
	cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	cr_expect_eq(caller_i64(&c, "n_wakes"), wakes);
	cr_expect_eq(caller_bool(&c, "shown"), 0);
	surface_place(s, 200, 50, 1, 1);
	surface_place(s, 210, 50, 1, 1);
	surface_place(s, 220, 50, 1, 1);
	do {
		turn();
		cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	} while (caller_i64(&c, "n_wakes") == wakes);
	cr_expect_eq(caller_bool(&c, "shown"), 1);
	cr_expect_eq(caller_f64(&c, "width"), 220);
	for (int i = 0; i < 20; i++)
		turn();
	cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	cr_expect_leq(caller_i64(&c, "n_wakes"), wakes + 2, "three changes, one of them under way");
}

/* What the widget said when it tried a door. */
static const char *door(const char *id, const char *method, int64_t width, int64_t height)
{
	static char code[64];
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_request(&out, ++c.id, "broker.widget.call");
	wire_put_str(&out, "id", id);
	wire_put_str(&out, "name", "door");
	wire_open_map(&out, "params");
	wire_put_str(&out, "method", method);
	wire_open_map(&out, "params");
	if (width) {
		wire_put_i64(&out, "width", width);
		wire_put_i64(&out, "height", height);
	}
	wire_close(&out);
	wire_close(&out);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(c.sock, &out, 0), 0);
	wire_out_finish(&out);
	cr_assert_eq(caller_answer(&c), 0, "%s", c.error.message);
	(void)snprintf(code, sizeof(code), "%s", caller_str(&c, "code"));
	return code;
}

Test(theater_surfaces, pixels,
	.description = "THE-07 WGT-32: a picture in pixels, of the size that was asked for; too large, too "
		       "often or without "
		       "the capability it is refused")
{
	const struct mos_surface_rect *rect;
	uint32_t width, height, stride, n_rects;
	const uint8_t *pixels;
	struct surface *s;

	fake_install(&rig, &c, "one", &(struct fake){.capabilities = STAGE_CAPS});
	fake_install(&rig, &c, "plain", &(struct fake){.capabilities = "\"surface.shapes\""});
	theater_start();
	s = start("one");
	(void)start("plain");
	cr_expect_str_eq(door("plain", "broker.widget.pixels", 64, 64), "rpc.caller.denied");
	cr_expect_str_eq(door("one", "broker.widget.pixels", 5000, 64), "rpc.params.invalid");
	cr_expect_str_eq(door("one", "broker.widget.pixels", 300, 200), "");
	cr_expect_str_eq(door("one", "broker.widget.pixels", 300, 201), "broker.widget.busy");
	cr_expect_str_eq(door("one", "broker.stage.open", 0, 0), "rpc.caller.denied");
	cr_expect_str_eq(door("one", "broker.stage.pointer", 0, 0), "rpc.caller.denied");
	while (surface_kind(s) != MOS_SURFACE_PIXELS)
		turn();
	do {
		turn();
		cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	} while (caller_i64(&c, "n_surfaces") < 2);
	cr_assert_eq(fake_call(&c, "one", "paint-pixels", ""), 0);
	while (!surface_poll(s))
		turn();
	pixels = surface_pixels(s, &width, &height, &stride, &rect, &n_rects);
	cr_assert(pixels && width == 300 && height == 200 && stride == 1200 && n_rects == 1);
	cr_expect(pixels[0] == 0x42 && pixels[199 * 1200 + 1199] == 0x42);
}

Test(theater_surfaces, only_the_theater,
	.description = "THR-26 THE-07: whoever is not the theater can neither see surfaces nor send the "
		       "pointer; the broker "
		       "refuses what makes no sense")
{
	static const char pointer[] = "broker.stage.pointer";
	struct caller t;
	int fd;

	fake_install(&rig, &c, "one", &(struct fake){.capabilities = "\"surface.shapes\",\"input.pointer\""});
	fake_install(&rig, &c, "deaf", &(struct fake){0});
	ok("broker.widget.start", "one");
	ok("broker.widget.start", "deaf");
	expect_error(&c, caller_call(&c, "broker.stage.open", ""), "rpc.caller.denied", NULL);
	caller_connect(&t, &rig);
	cr_assert_eq(caller_call(&t, "broker.service.register", "name:s", "theater"), 0);
	caller_send(&t, "broker.stage.open", "");
	caller_notified(&t, "broker.stage.widget");
	cr_assert_eq(caller_answer(&t), 0, "%s", t.error.message);
	expect_error(&c, caller_call(&c, pointer, "id:s kind:s x:f y:f", "one", "move", 1.0, 1.0),
		"rpc.caller.denied", NULL);
	cr_expect_eq(caller_call(&t, pointer, "id:s kind:s x:f y:f", "one", "move", 1.0, 1.0), 0);
	expect_error(&t, caller_call(&t, pointer, "id:s kind:s x:f y:f", "one", "jump", 1.0, 1.0),
		"rpc.params.invalid", "kind");
	expect_error(&t, caller_call(&t, pointer, "id:s kind:s x:f y:f", "one", "move", 1e9, 1.0),
		"rpc.params.invalid", "x");
	expect_error(&t, caller_call(&t, pointer, "id:s kind:s x:f y:f", "deaf", "move", 1.0, 1.0),
		"broker.widget.deaf", "deaf");
	expect_error(&t, caller_call(&t, pointer, "id:s kind:s x:f y:f", "none", "move", 1.0, 1.0),
		"broker.widget.unknown", "none");
	fd = dup(STDIN_FILENO);
	expect_error(&t,
		caller_call_fd(&t, fd, "broker.stage.surface", "id:s instance:i kind:s", "one", (int64_t)9,
			"shapes"),
		"broker.widget.failed", "one");
	expect_error(&t,
		caller_call_fd(&t, fd, "broker.stage.surface", "id:s instance:i kind:s", "one", (int64_t)1,
			"pixels"),
		"broker.widget.deaf", "one");
	close(fd);
	ok("broker.widget.stop", "one");
	expect_error(&t, caller_call(&t, pointer, "id:s kind:s x:f y:f", "one", "move", 1.0, 1.0),
		"broker.widget.failed", "one");
	caller_finish(&t);
}

Test(theater_surfaces, theater_gone,
	.description = "WGT-32: when the theater goes its surfaces are taken back, the widget plays on, and "
		       "a new theater "
		       "shows it again")
{
	fake_install(&rig, &c, "one", &(struct fake){.capabilities = STAGE_CAPS});
	theater_start();
	(void)start("one");
	theater_stop();
	do
		cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	while (caller_i64(&c, "n_taken_back") == 0);
	theater_start();
	(void)wait_surface("one");
	do {
		turn();
		cr_assert_eq(fake_call(&c, "one", "stage", ""), 0);
	} while (caller_i64(&c, "n_surfaces") < 2);
	cr_expect_str_eq(fake_state(&c, "one", NULL), "active");
}

Test(theater_surfaces, broker_gone,
	.description =
		"WGT-32: while the broker is away the pictures stay, and those that did not come back go")
{
	fake_install(&rig, &c, "one", &(struct fake){.capabilities = STAGE_CAPS});
	fake_install(&rig, &c, "two", &(struct fake){.capabilities = STAGE_CAPS});
	theater_start();
	(void)start("one");
	(void)start("two");
	ok("broker.widget.stop", "two");
	while (surfaces_find(all, "two"))
		turn();
	ok("broker.widget.start", "two");
	(void)wait_surface("two");
	caller_finish(&c);
	(void)rig_end_broker(&rig, SIGKILL);
	while (is_up)
		turn();
	cr_expect(surfaces_find(all, "one") && surfaces_find(all, "two"));
	rig_start_broker(&rig);
	caller_connect(&c, &rig);
	while (!is_up)
		turn();
	(void)start("one");
	(void)start("two");
	cr_assert_eq(fake_call(&c, "one", "paint", "n:i", (int64_t)2), 0);
	while (!surface_poll(surfaces_find(all, "one")))
		turn();
}

/* --- A hundred --- */

struct tally {
	int n_painters, n_scribblers, fewest;
	int64_t worst_ns;
	uint64_t refused;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void check_painted(const struct surface *s)
{
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		cr_assert(n == 8 && shape[i].kind == MOS_SHAPE_BOX && shape[i].color == shape[0].color &&
				  shape[i].w == 1,
			"%s", surface_id(s));
}

/* One frame of the theater. */
static void frame(struct tally *t)
{
	int64_t began = now_ns();
	struct surface *s;

	*t = (struct tally){.fewest = 1000000, .worst_ns = t->worst_ns};
	for (s = surfaces_next(all, NULL); s; s = surfaces_next(all, s)) {
		surface_place(s, 100, 50, 1, began);
		(void)surface_poll(s);
	}
	if (now_ns() - began > t->worst_ns)
		t->worst_ns = now_ns() - began;
	for (s = surfaces_next(all, NULL); s; s = surfaces_next(all, s)) {
		struct surface_figures figures = surface_figures(s);

		t->refused += figures.refused;
		t->n_scribblers += surface_id(s)[0] == 's';
		if (surface_id(s)[0] != 'p')
			continue;
		check_painted(s);
		t->n_painters++;
		if ((int)figures.pictures < t->fewest)
			t->fewest = (int)figures.pictures;
	}
}

Test(theater_surfaces, a_hundred,
	.description = "THE-07 WID-06: 100 processes draw at once, 20 of them garbage and 20 until they die: "
		       "the pictures of "
		       "the others arrive whole, and nothing of any of them stays")
{
	struct tally tally = {0};
	uint32_t fds, broker_fds;
	long memory;
	char id[16];

	for (int i = 0; i < N_WIDGETS; i++) {
		const char *how = i % 5 == 1 ? "scribble" : i % 5 == 3 ? "paint-die" : "paint";

		(void)snprintf(id, sizeof(id), "%c%d", i % 5 == 1 ? 's' : i % 5 == 3 ? 'd' : 'p', i);
		fake_install(&rig, &c, id, &(struct fake){.capabilities = STAGE_CAPS, .behaviour = how});
	}
	theater_start();
	for (int i = 0; i < 10; i++)
		turn();
	fds = open_fds();
	broker_fds = rig_broker_fds(&rig);
	memory = resident();
	for (int i = 0; i < N_WIDGETS; i++) {
		(void)snprintf(id, sizeof(id), "%c%d", i % 5 == 1 ? 's' : i % 5 == 3 ? 'd' : 'p', i);
		(void)caller_call(&c, "broker.widget.start", "id:s", id); /* some die of it */
		frame(&tally);
		turn();
	}
	do {
		frame(&tally);
		turn();
	} while (tally.n_painters < 60 || tally.n_scribblers < 20 || tally.fewest < 30 || n_gone < 20);
	cr_expect_gt(tally.refused, 0, "some of the garbage contradicts itself");
	(void)fprintf(stderr, "100 widgets: worst look at all of them %.2f ms, %llu pictures refused\n",
		(double)tally.worst_ns / 1e6, (unsigned long long)tally.refused);
	for (int i = 0; i < N_WIDGETS; i++) {
		(void)snprintf(id, sizeof(id), "%c%d", i % 5 == 1 ? 's' : i % 5 == 3 ? 'd' : 'p', i);
		ok("broker.widget.stop", id);
		turn();
	}
	while (surfaces_next(all, NULL))
		turn();
	for (int i = 0; i < 20; i++) /* what waits to be sent holds its descriptors */
		turn();
	cr_expect_eq(open_fds(), fds, "%u, before it were %u", open_fds(), fds);
	cr_expect_leq(rig_broker_fds(&rig), broker_fds + 4);
	cr_expect_leq(resident(), memory + 20000, "KiB: now %ld, before %ld", resident(), memory);
}
