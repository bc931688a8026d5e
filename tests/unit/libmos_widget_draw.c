/* SPDX-License-Identifier: MIT */
/* When a widget draws, and on what: the test plays the broker and the theater in another thread. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mos/draw.h>
#include <mos/surface.h>

#include "fake_broker.h"

static struct fake fake;
static struct mos_region region;
static struct mos_surface surface;

/* What the widget's thread tells the director; all atomic. */
static int n_draws, n_keys, n_ready, n_pixels, n_logged, is_moving;
static long n_switches;
static struct mos_pointer last_pointer;
static int n_pointers;
static int64_t drawn_for_ns;
static char logged[256];

static void more(int *count)
{
	__atomic_fetch_add(count, 1, __ATOMIC_RELEASE);
}

static int count(const int *of)
{
	return __atomic_load_n(of, __ATOMIC_ACQUIRE);
}

static void wait_for(const int *of, int n)
{
	while (count(of) < n)
		usleep(200);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int be_broker(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	if (strncmp(in->method, "broker.widget.", 14))
		return -1;
	wire_begin_result(out, in->id);
	if (!strcmp(in->method + 14, "ready"))
		more(&n_ready);
	if (!strcmp(in->method + 14, "pixels"))
		more(&n_pixels);
	if (!strcmp(in->method + 14, "log")) {
		(void)wire_get_str(in->params, "text", logged, sizeof(logged));
		more(&n_logged);
	}
	return FAKE_SEND;
}

static void setup(void)
{
	fake_init(&fake);
	fake.handle = be_broker;
}

static void teardown(void)
{
	fake_finish(&fake);
	mos_region_finish(&region);
}

TestSuite(libmos_widget_draw, .init = setup, .fini = teardown, .timeout = 60);

/* --- The widget --- */

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	uint32_t width, height, stride;
	uint8_t *pixels = mos_draw_pixels(d, &width, &height, &stride);

	__atomic_store_n(&drawn_for_ns, mos_draw_time_ns(d), __ATOMIC_RELAXED);
	if (pixels)
		memset(pixels, 0x80, (size_t)stride * height);
	else
		mos_draw_text(d, (struct mos_point){0, 0}, 10, 0, mos_ink(MOS_TOKEN_TEXT), "%gx%g",
			(double)mos_draw_width(d), (double)mos_draw_height(d));
	if (count(&is_moving))
		mos_draw_again(d);
	more(&n_draws);
}

/* "r": redraw; anything: how often it has slept so far. */
static void key(struct mos_widget *w, const char *name, void *data)
{
	struct rusage usage;

	if (*name == 'r')
		mos_widget_redraw(w);
	if (*name == 'p')
		cr_expect_eq(mos_widget_pixels(w, 70, 20), 0);
	if (*name == 'P')
		cr_expect_eq(mos_widget_pixels(w, 70, 5000), -E2BIG);
	(void)getrusage(RUSAGE_THREAD, &usage);
	__atomic_store_n(&n_switches, usage.ru_nvcsw, __ATOMIC_RELAXED);
	more(&n_keys);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *p, void *data)
{
	last_pointer = *p;
	more(&n_pointers);
}

static const struct mos_widget_ops ops = {.key = key, .draw = draw, .pointer = pointer};

static void run(const struct mos_widget_ops *widget_ops, void *(*direct)(void *))
{
	char *argv[] = {(char *)"test-widget", NULL};
	char number[16];
	pthread_t director;

	(void)snprintf(number, sizeof(number), "%d", fake_adopt(&fake));
	setenv(MOS_WIDGET_FD_ENV, number, 1);
	setenv("MOS_WIDGET_ID", "test-widget", 1);
	cr_assert_eq(pthread_create(&director, NULL, direct, NULL), 0);
	cr_expect_eq(mos_widget_main(widget_ops, NULL, 1, argv), 0);
	pthread_join(director, NULL);
}

/* --- The director --- */

static void begin(void)
{
	fake_notify(&fake, "widget.activate", "id", "test-widget");
	wait_for(&n_ready, 1);
}

static void end(void)
{
	fake_notify(&fake, "widget.deactivate", NULL, NULL);
}

static void press(const char *name)
{
	int n = count(&n_keys);

	fake_notify(&fake, "widget.key", "key", name);
	wait_for(&n_keys, n + 1);
}

static void make(enum mos_surface_kind kind, uint32_t width, uint32_t height)
{
	mos_region_finish(&region);
	cr_assert_eq(mos_region_create_sparse("test-surface", mos_surface_size(kind, width, height),
			     MOS_SURFACE_ABI_MAJOR, MOS_SURFACE_ABI_MINOR, 1, &region),
		0);
	cr_assert_eq(mos_surface_init(&surface, &region, kind, width, height), 0);
	mos_region_publish(&region, MOS_MAGIC_SURFACE);
}

static void give(const char *kind)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "widget.surface");
	wire_put_str(&out, "kind", kind);
	if (strcmp(kind, "none"))
		wire_add_fd(&out, region.fd);
	fake_send(&fake, &out);
}

static void place(float width, float height, int shown)
{
	mos_surface_place(&surface, width, height, shown, now_ns() + 30000000);
	fake_notify(&fake, "widget.stage", NULL, NULL);
}

/* @return what it wrote. */
static const char *take(void)
{
	static char text[33];
	struct mos_surface_frame f;

	while (mos_surface_take(&surface, &f) == 0)
		usleep(200);
	text[0] = '\0';
	if (surface.kind == MOS_SURFACE_SHAPES && f.n)
		memcpy(text, f.shape[0].p, 32);
	mos_surface_release(&surface);
	return text;
}

static void *direct_hidden(void *arg)
{
	const struct timespec a_while = {.tv_nsec = 150000000};
	long before;

	begin();
	press("r"); /* without a surface */
	make(MOS_SURFACE_SHAPES, 0, 0);
	give("shapes");
	press("r");
	cr_expect_eq(count(&n_draws), 0, "nobody sees it");
	__atomic_store_n(&is_moving, 1, __ATOMIC_RELEASE);
	place(400, 300, 1);
	cr_expect_str_eq(take(), "400x300");
	for (int i = 0; i < 5; i++)
		(void)take();
	place(400, 300, 0);
	press("x"); /* it may be about to look */
	press("x");
	before = __atomic_load_n(&n_switches, __ATOMIC_RELAXED);
	cr_expect_eq(surface.hdr->shown, 0);
	(void)nanosleep(&a_while, NULL); /* what is measured: nine frames of the theater */
	press("r");
	cr_expect_leq(__atomic_load_n(&n_switches, __ATOMIC_RELAXED) - before, 2, "it slept through");
	cr_expect_leq(count(&n_draws), 7);
	before = count(&n_draws);
	place(400, 300, 1);
	wait_for(&n_draws, (int)before + 1);
	(void)take();
	end();
	return NULL;
}

Test(libmos_widget_draw, hidden,
	.description = "WID-13: a widget that nobody sees is not asked to draw and does not wake, also one "
		       "that moves; "
		       "it draws when it is seen again")
{
	run(&ops, direct_hidden);
}

static void *direct_still(void *arg)
{
	begin();
	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_place(&surface, 100, 50, 1, 0);
	give("shapes");
	cr_expect_str_eq(take(), "100x50", "at once");
	press("x");
	cr_expect_eq(count(&n_draws), 1, "nothing has changed");
	place(100, 50, 1);
	press("x");
	cr_expect_eq(count(&n_draws), 1, "it has the size it had");
	place(120, 50, 1);
	cr_expect_str_eq(take(), "120x50");
	press("r");
	press("r");
	press("r");
	(void)take();
	cr_expect_leq(count(&n_draws), 4, "asked for often, drawn as often as there are frames");
	give("none");
	press("r");
	press("r");
	cr_expect_leq(count(&n_draws), 4, "the theater has gone");
	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_place(&surface, 10, 10, 1, 0);
	give("shapes");
	cr_expect_str_eq(take(), "10x10", "and is back");
	end();
	return NULL;
}

Test(libmos_widget_draw, still,
	.description = "WGT-32 WID-13: a widget draws when it has a surface, another size, or asks for it")
{
	run(&ops, direct_still);
}

static void *direct_moving(void *arg)
{
	int64_t last_ns = 0;
	uint32_t taken = 0;
	int before;

	__atomic_store_n(&is_moving, 1, __ATOMIC_RELEASE);
	begin();
	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_place(&surface, 100, 50, 1, now_ns() + 20000000);
	give("shapes");
	for (int i = 0; i < 12; i++) {
		(void)take();
		cr_expect_gt((uint32_t)surface.hdr->taken, taken);
		taken = (uint32_t)surface.hdr->taken;
		cr_expect_geq(__atomic_load_n(&drawn_for_ns, __ATOMIC_RELAXED), last_ns);
		last_ns = __atomic_load_n(&drawn_for_ns, __ATOMIC_RELAXED);
		mos_surface_place(&surface, 100, 50, 1, now_ns() + 20000000);
	}
	/* Nobody takes the next one: it is the last. */
	before = count(&n_draws);
	wait_for(&n_draws, (int)taken + 1);
	(void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	cr_expect_leq(count(&n_draws), before + 1, "no picture after one that nobody has taken");
	(void)take();
	(void)take();
	end();
	return NULL;
}

Test(libmos_widget_draw, moving,
	.description =
		"THE-02 WID-13: a widget that moves draws once a frame, for the time when it will be seen")
{
	run(&ops, direct_moving);
}

static int n_chords;

static void on_chord(const struct mos_event *ev, void *data)
{
	mos_widget_redraw(data);
	more(&n_chords);
}

static int hear_chords(struct mos_widget *w, void *data)
{
	cr_expect_eq(mos_events_on(mos_widget_client(w), MOS_EVENT_CHORD_DETECTED, on_chord, w, NULL), 0);
	return 0;
}

/* Told at this time; heard when it returns. */
static void chord(int64_t time_ns, uint8_t flags)
{
	struct mos_event ev = fake_event(MOS_EVENT_CHORD_DETECTED, INT64_MIN);
	const int n = count(&n_chords);

	ev.time_ns = (uint64_t)time_ns;
	ev.flags = flags;
	fake_publish(&fake, &ev);
	wait_for(&n_chords, n + 1);
}

static struct mos_surface_answer take_answer(void)
{
	struct mos_surface_frame f;

	while (mos_surface_take(&surface, &f) == 0)
		usleep(200);
	mos_surface_release(&surface);
	return f.answer;
}

static void *direct_answers(void *arg)
{
	const int64_t begin_ns = now_ns();
	struct mos_surface_answer a;

	begin();
	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_place(&surface, 100, 50, 1, 0);
	give("shapes");
	a = take_answer();
	cr_expect(a.event_ns == 0 && a.commit_ns >= begin_ns, "nothing had happened");
	chord(begin_ns, MOS_EVENT_IMMEDIATE);
	/* While nobody takes that one, two more: the older is what the next picture is late for. */
	wait_for(&n_draws, 2);
	chord(begin_ns + 1000, MOS_EVENT_IMMEDIATE);
	chord(begin_ns + 2000, MOS_EVENT_IMMEDIATE);
	a = take_answer();
	cr_expect(a.event_ns == begin_ns && a.commit_ns > begin_ns && a.commit_ns <= now_ns());
	a = take_answer();
	cr_expect_eq(a.event_ns, begin_ns + 1000, "%lld", (long long)(a.event_ns - begin_ns));
	chord(now_ns() + 100000000, MOS_EVENT_SCHEDULED);
	cr_expect_eq(take_answer().event_ns, 0, "it is not due yet");
	chord(now_ns() + 100000000, 0);
	a = take_answer();
	cr_expect(a.event_ns > begin_ns && a.event_ns <= a.commit_ns, "no picture is older than its event");
	place(100, 50, 0);
	press("x");
	chord(begin_ns, 0);
	place(100, 50, 1);
	cr_expect_eq(take_answer().event_ns, 0, "it is drawn because somebody looks again");
	end();
	return NULL;
}

Test(libmos_widget_draw, answers,
	.description = "TIM-13 TIM-14: a picture says which event it answers, and when it was shown")
{
	run(&(struct mos_widget_ops){.activate = hear_chords, .key = key, .draw = draw}, direct_answers);
}

static void tell_pointer(const char *kind, double x, int64_t button)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "widget.pointer");
	wire_put_str(&out, "kind", kind);
	wire_put_f64(&out, "x", x);
	wire_put_f64(&out, "y", 7.5);
	wire_put_i64(&out, "button", button);
	wire_put_i64(&out, "buttons", 1);
	wire_put_f64(&out, "wheel", -1);
	fake_send(&fake, &out);
}

static void *direct_pointer(void *arg)
{
	begin();
	tell_pointer("down", 3.25, 1);
	tell_pointer("somersault", 4, 1);
	wait_for(&n_pointers, 1);
	press("x");
	cr_expect_eq(count(&n_pointers), 1);
	cr_expect(last_pointer.kind == MOS_POINTER_DOWN && last_pointer.at.x == 3.25f &&
		  last_pointer.at.y == 7.5f && last_pointer.button == 1 && last_pointer.buttons == 1 &&
		  last_pointer.wheel == -1);
	tell_pointer("leave", 0, 0);
	wait_for(&n_pointers, 2);
	cr_expect_eq(last_pointer.kind, MOS_POINTER_LEAVE);
	end();
	return NULL;
}

Test(libmos_widget_draw, pointer, .description = "THR-26: the widget is told what the pointer does on it")
{
	run(&ops, direct_pointer);
}

static void *direct_pixels(void *arg)
{
	struct mos_surface_frame f;

	begin();
	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_place(&surface, 100, 50, 1, 0);
	press("P");
	press("p");
	cr_expect_eq(count(&n_pixels), 1);
	give("shapes"); /* of before it was heard */
	press("r");
	cr_expect_eq(count(&n_draws), 0);
	make(MOS_SURFACE_PIXELS, 70, 20);
	mos_surface_place(&surface, 100, 50, 1, 0);
	give("pixels");
	while (mos_surface_take(&surface, &f) == 0)
		usleep(200);
	cr_expect(f.width == 70 && f.height == 20 && f.stride == 320 && f.n_rects == 0);
	cr_expect_eq(f.pixels[19 * 320 + 69 * 4], 0x80);
	mos_surface_release(&surface);
	end();
	return NULL;
}

Test(libmos_widget_draw, pixels,
	.description = "WGT-32: a widget with surface.pixels draws a picture of the size that it asked for")
{
	run(&ops, direct_pixels);
}

static int wants_pixels(struct mos_widget *w, void *data)
{
	cr_expect_eq(mos_widget_pixels(w, 64, 64), -EACCES);
	return 0;
}

static void *direct_nothing(void *arg)
{
	begin();
	tell_pointer("down", 1, 1);
	give("none");
	end();
	return NULL;
}

Test(libmos_widget_draw, no_pixels_without_the_capability,
	.description = "THE-07: pixels need surface.pixels")
{
	fake.denied = "surface.pixels";
	run(&(struct mos_widget_ops){.activate = wants_pixels}, direct_nothing);
}

static void *direct_garbage(void *arg)
{
	begin();
	make(MOS_SURFACE_SHAPES, 0, 0);
	surface.hdr->max_width = 5;
	surface.hdr->kind = 2;
	give("shapes");
	wait_for(&n_logged, 1);
	cr_expect(strstr(logged, "cannot draw"), "%s", logged);
	press("r");
	cr_expect_eq(count(&n_draws), 0);
	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_place(&surface, 1.0f / 0.0f, 50, 1, 0);
	give("shapes");
	press("r");
	cr_expect_eq(count(&n_draws), 0, "that is no size");
	end();
	return NULL;
}

Test(libmos_widget_draw, garbage)
{
	run(&ops, direct_garbage);
}

/* --- By hand --- */

static void draw_and_end(struct mos_widget *w, struct mos_draw *d, void *data)
{
	draw(w, d, data);
	(void)raise(SIGTERM);
}

Test(libmos_widget_draw, by_hand,
	.description =
		"WGT-32: started by hand, a widget's picture goes to the file that the environment names")
{
	char *argv[] = {(char *)"by-hand", NULL}, path[100];
	struct mos_shape shape[2];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/shapes", fake.dir);
	unsetenv(MOS_WIDGET_FD_ENV);
	unsetenv("MOS_WIDGET_ID");
	setenv("MOS_RUNTIME_DIR", fake.dir, 1);
	setenv("MOS_WIDGET_SHAPES", path, 1);
	setenv("MOS_WIDGET_SIZE", "640x360", 1);
	(void)freopen("/dev/null", "r", stdin);
	cr_expect_eq(mos_widget_main(&(struct mos_widget_ops){.draw = draw_and_end}, NULL, 1, argv), 0);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	cr_expect_eq(fread(shape, sizeof(*shape), 2, file), 1);
	cr_expect(shape[0].kind == MOS_SHAPE_TEXT && !memcmp(shape[0].p, "640x360", 7));
	(void)fclose(file);
	(void)unlink(path);
}
