/* SPDX-License-Identifier: MIT */
/* A window on an X server without a screen: what it shows, and what is done to it. */
#include "window.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xcb/xcb.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#define WIDTH 640u
#define HEIGHT 400u
#define CANVAS_W 320u
#define CANVAS_H 180u
#define WAIT_MS 20000

static pid_t server;
static sd_event *event;
static xcb_connection_t *other; /* another client: the user */
static uint8_t canvas[4 * CANVAS_W * CANVAS_H];
static struct sink *sink;
static uint64_t n_frames;

static struct {
	uint32_t n_moves, n_downs, n_ups, n_scrolls, n_keys;
	double x, y, dy;
	uint32_t button, key, mods;
	char text[16], gone[64];
} got;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

static bool until(bool (*condition)(void *data), void *data)
{
	const int64_t end = now_ms() + WAIT_MS;

	while (!condition(data)) {
		if (now_ms() > end)
			return false;
		cr_assert_geq(sd_event_run(event, 5000), 0);
	}
	return true;
}

static void start(void)
{
	const pid_t parent = getpid();
	char number[16] = "", fd_text[16], display[24];
	size_t n = 0;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	snprintf(fd_text, sizeof(fd_text), "%d", ends[1]);
	server = fork();
	cr_assert_geq(server, 0);
	if (server == 0) {
		const char *const argv[] = {"Xvfb", "-displayfd", fd_text, "-screen", "0", "640x400x24",
			"-nolisten", "tcp", NULL};
		const int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(ends[1]);
	/* It writes its number and a line's end when it is ready. */
	while (n < sizeof(number) - 1 && !strchr(number, '\n')) {
		cr_assert_eq(poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, WAIT_MS), 1,
			"no X server");
		cr_assert_eq(read(ends[0], number + n++, 1), 1, "no X server");
	}
	close(ends[0]);
	snprintf(display, sizeof(display), ":%d", atoi(number));
	setenv("DISPLAY", display, 1);
	unsetenv("WAYLAND_DISPLAY");
	setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
	cr_assert_geq(sd_event_new(&event), 0);
	other = xcb_connect(NULL, NULL);
	cr_assert_eq(xcb_connection_has_error(other), 0);
}

static void stop(void)
{
	if (sink)
		sink->ops->close(sink);
	xcb_disconnect(other);
	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
	}
	sd_event_unref(event);
}

TestSuite(theater_window_x11, .init = start, .fini = stop, .timeout = 100);

static void on_pointer(
	void *data, enum window_pointer what, double x, double y, uint32_t button, double dx, double dy)
{
	got.n_moves += what == WINDOW_POINTER_MOVE;
	got.n_downs += what == WINDOW_POINTER_DOWN;
	got.n_ups += what == WINDOW_POINTER_UP;
	got.n_scrolls += what == WINDOW_POINTER_SCROLL;
	got.x = x;
	got.y = y;
	got.dy = dy;
	if (what == WINDOW_POINTER_DOWN)
		got.button = button;
}

static void on_key(void *data, uint32_t key, const char *text, uint32_t mods, int is_down)
{
	if (!is_down)
		return;
	got.n_keys++;
	got.key = key;
	got.mods = mods;
	snprintf(got.text, sizeof(got.text), "%s", text);
}

/** As a theater would: close it at once. */
static void on_close(void *data, const char *reason)
{
	snprintf(got.gone, sizeof(got.gone), "%s", reason ? reason : "by the user");
	sink->ops->close(sink);
	sink = NULL;
}

static int open_window(const char *output, char *error, size_t size)
{
	return window_open(event,
		&(struct window_options){
			.title = "a canvas",
			.canvas_width = CANVAS_W,
			.canvas_height = CANVAS_H,
			.width = WIDTH,
			.height = HEIGHT,
			.output = output,
			.events = {.pointer = on_pointer, .key = on_key, .close = on_close},
		},
		&sink, error, size);
}

static void paint(const struct render_rect *rect, uint8_t blue)
{
	for (int32_t y = rect->y; y < rect->y + rect->h; y++) {
		for (int32_t x = rect->x; x < rect->x + rect->w; x++) {
			uint8_t *p = canvas + 4 * ((uint32_t)y * CANVAS_W + (uint32_t)x);

			p[0] = (uint8_t)(x / 2);
			p[1] = (uint8_t)y;
			p[2] = blue;
			p[3] = 255;
		}
	}
}

static int submit(const struct render_rect *damage)
{
	return sink->ops->submit(sink, &(struct sink_frame){
					       .rgba = canvas,
					       .stride = 4 * CANVAS_W,
					       .width = CANVAS_W,
					       .height = CANVAS_H,
					       .damage = damage,
					       .n_damage = damage != NULL,
					       .sequence = ++n_frames,
				       });
}

static bool wants(void *data)
{
	return sink->ops->wants(sink);
}

static xcb_window_t find_window(void)
{
	const xcb_window_t root = xcb_setup_roots_iterator(xcb_get_setup(other)).data->root;
	xcb_query_tree_reply_t *tree = xcb_query_tree_reply(other, xcb_query_tree(other, root), NULL);
	xcb_window_t ret = XCB_NONE;

	cr_assert_not_null(tree);
	if (xcb_query_tree_children_length(tree) > 0)
		ret = xcb_query_tree_children(tree)[0];
	free(tree);
	return ret;
}

/** How many pixels of the screen are not what they should be; blue for what lies in `changed`, 10 elsewhere.
 */
static size_t n_wrong(const struct render_rect *changed, uint8_t blue, uint32_t width, uint32_t height)
{
	const uint32_t high = width * CANVAS_H / CANVAS_W, top = (height - high) / 2;
	xcb_get_image_reply_t *image = xcb_get_image_reply(other,
		xcb_get_image(other, XCB_IMAGE_FORMAT_Z_PIXMAP, find_window(), 0, 0, (uint16_t)width,
			(uint16_t)height, UINT32_MAX),
		NULL);
	const uint8_t *p;
	size_t wrong = 0;

	cr_assert_not_null(image);
	p = xcb_get_image_data(image);
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++, p += 4) {
			const int32_t u = (int32_t)(x * CANVAS_W / width),
				      v = (int32_t)((y - top) * CANVAS_H / high);
			const bool inside = y >= top && y < top + high;
			const bool is_new = changed && u >= changed->x && u < changed->x + changed->w &&
					    v >= changed->y && v < changed->y + changed->h;

			if (inside)
				wrong += p[2] != u / 2 || p[1] != v || p[0] != (is_new ? blue : 10);
			else
				wrong += p[0] || p[1] || p[2];
		}
	}
	free(image);
	return wrong;
}

static bool is_mapped(void *data)
{
	const xcb_window_t window = find_window();
	xcb_get_window_attributes_reply_t *reply =
		window ? xcb_get_window_attributes_reply(
				 other, xcb_get_window_attributes(other, window), NULL)
		       : NULL;
	const bool ret = reply && reply->map_state == XCB_MAP_STATE_VIEWABLE;

	free(reply);
	return ret;
}

static void open_and_show(void)
{
	const struct render_rect all = {0, 0, CANVAS_W, CANVAS_H};
	char error[128] = "";

	paint(&all, 10);
	cr_assert_eq(open_window(NULL, error, sizeof(error)), 0, "%s", error);
	cr_assert(until(is_mapped, NULL));
	cr_assert_eq(submit(&all), 0);
	cr_assert(until(wants, NULL), "the server never read the picture");
}

Test(theater_window_x11, shows,
	.description = "THE-06: the window shows the canvas, whole and then what changed, to the pixel")
{
	const struct render_rect part = {100, 50, 30, 20};
	uint64_t copied;

	open_and_show();
	cr_expect_eq(n_wrong(NULL, 0, WIDTH, HEIGHT), 0);
	paint(&part, 200);
	copied = sink->n_copied_bytes;
	cr_assert_eq(submit(&part), 0);
	cr_assert(until(wants, NULL));
	cr_expect_eq(n_wrong(&part, 200, WIDTH, HEIGHT), 0);
	cr_expect_eq(sink->n_copied_bytes - copied, 4u * 60 * 40);
}

static bool is_right_when_smaller(void *data)
{
	const struct render_rect none = {0, 0, 1, 1};

	if (sink->ops->wants(sink))
		submit(&none);
	return n_wrong(NULL, 0, 320, 200) == 0;
}

Test(theater_window_x11, resized,
	.description = "THE-06: a window of another size shows the whole canvas in it")
{
	const uint32_t size[] = {320, 200};

	open_and_show();
	xcb_configure_window(other, find_window(), XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, size);
	xcb_flush(other);
	cr_expect(until(is_right_when_smaller, NULL));
}

static bool has_keys_and_buttons(void *data)
{
	return got.n_moves && got.n_downs && got.n_ups && got.n_scrolls && got.n_keys;
}

static void send_input(uint8_t type, uint8_t detail, uint16_t state, int16_t x, int16_t y)
{
	const xcb_window_t window = find_window();
	const xcb_button_press_event_t event_sent = {.response_type = type,
		.detail = detail,
		.event = window,
		.state = state,
		.event_x = x,
		.event_y = y,
		.same_screen = 1};

	xcb_send_event(other, 0, window, XCB_EVENT_MASK_NO_EVENT, (const char *)&event_sent);
}

Test(theater_window_x11, input, .description = "THR-26: pointer and keys are told in the canvas' own pixels")
{
	open_and_show();
	send_input(XCB_MOTION_NOTIFY, 0, 0, 300, 120);
	send_input(XCB_BUTTON_PRESS, 3, 0, 320, 200);
	send_input(XCB_BUTTON_RELEASE, 3, 0, 320, 200);
	send_input(XCB_BUTTON_PRESS, 5, 0, 100, 20);
	/* The key of "a" on every keyboard map of an X server without one. */
	send_input(XCB_KEY_PRESS, 38, XCB_MOD_MASK_SHIFT, 100, 20);
	xcb_flush(other);
	cr_assert(until(has_keys_and_buttons, NULL));
	cr_expect_eq(got.n_moves, 1);
	cr_expect_eq(got.n_downs, 1);
	cr_expect_eq(got.button, 1, "the right one");
	cr_expect_eq(got.dy, 1, "one notch down");
	cr_expect_float_eq(got.x, 50, 1e-9);
	cr_expect_float_eq(got.y, 0, 1e-9);
	cr_expect_eq(got.key, XKB_KEY_A);
	cr_expect_str_eq(got.text, "A");
	cr_expect_eq(got.mods, 1);
}

static bool is_gone(void *data)
{
	return got.gone[0] != 0;
}

/* The server hears of the end on another connection than ours. */
static bool is_off_screen(void *data)
{
	return find_window() == XCB_NONE;
}

Test(theater_window_x11, closed_by_user,
	.description = "THE-06: the user closes the window; it may go inside the call")
{
	xcb_client_message_event_t message = {.response_type = XCB_CLIENT_MESSAGE, .format = 32};
	xcb_intern_atom_reply_t *protocols, *delete;

	open_and_show();
	protocols = xcb_intern_atom_reply(other, xcb_intern_atom(other, 0, 12, "WM_PROTOCOLS"), NULL);
	delete = xcb_intern_atom_reply(other, xcb_intern_atom(other, 0, 16, "WM_DELETE_WINDOW"), NULL);
	message.window = find_window();
	message.type = protocols->atom;
	message.data.data32[0] = delete->atom;
	xcb_send_event(other, 0, message.window, XCB_EVENT_MASK_NO_EVENT, (const char *)&message);
	xcb_flush(other);
	cr_assert(until(is_gone, NULL));
	cr_expect_str_eq(got.gone, "by the user");
	cr_expect(until(is_off_screen, NULL));
	free(protocols);
	free(delete);
}

Test(theater_window_x11, display_dies,
	.description = "THE-06: a display that goes away is told, nothing else breaks")
{
	open_and_show();
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	server = 0;
	cr_assert(until(is_gone, NULL));
	cr_expect_str_eq(got.gone, "the display went away");
}

Test(theater_window_x11, none, .description = "THE-06: no display is normal: it is told, there is no window")
{
	char error[128] = "";

	cr_expect_eq(open_window("DP-1", error, sizeof(error)), -ENODEV);
	setenv("DISPLAY", ":9999", 1);
	cr_expect_eq(open_window(NULL, error, sizeof(error)), -ENOENT);
	cr_expect_not_null(strstr(error, "no display"), "%s", error);
	unsetenv("DISPLAY");
	cr_expect_eq(open_window(NULL, error, sizeof(error)), -ENOENT);
}
