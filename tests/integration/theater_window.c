/* SPDX-License-Identifier: MIT */
/* A window on a Wayland compositor without a screen: what it shows, as the compositor's own screenshot has
 * it. */
#include "window.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 640
#define HEIGHT 400
#define CANVAS_W 320u
#define CANVAS_H 180u
#define WAIT_MS 20000

static char dir[32];
static pid_t weston;
static sd_event *event;
static uint8_t canvas[4 * CANVAS_W * CANVAS_H];
static struct sink *sink;
static uint64_t n_frames;
static char gone[128];

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

static pid_t spawn(const char *const *argv)
{
	const pid_t parent = getpid(), pid = fork();
	int null;

	cr_assert_geq(pid, 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR);
	if (getppid() != parent || null < 0 || chdir(dir) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
		dup2(null, STDERR_FILENO) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
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

/* It is there a moment before anybody listens. */
static bool is_let_in(void *data)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/screen", dir);
	is = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return is;
}

static void start(void)
{
	static const char *const argv[] = {"weston", "--backend=headless", "--renderer=pixman",
		"--socket=screen", "--width=640", "--height=400", "--idle-time=0", "--no-config",
		"--shell=kiosk", "--debug", NULL};

	snprintf(dir, sizeof(dir), "/tmp/mos-window-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("WAYLAND_DISPLAY", "screen", 1);
	cr_assert_geq(sd_event_new(&event), 0);
	weston = spawn(argv);
	cr_assert(until(is_let_in, NULL), "no weston");
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

static void stop(void)
{
	if (sink)
		sink->ops->close(sink);
	if (weston > 0) {
		kill(weston, SIGKILL);
		waitpid(weston, NULL, 0);
	}
	sd_event_unref(event);
	nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(theater_window, .init = start, .fini = stop, .timeout = 100);

static void on_close(void *data, const char *reason)
{
	snprintf(gone, sizeof(gone), "%s", reason ? reason : "by the user");
}

static int open_window(bool fullscreen, const char *output, char *error, size_t size)
{
	return window_open(event,
		&(struct window_options){
			.title = "a canvas",
			.canvas_width = CANVAS_W,
			.canvas_height = CANVAS_H,
			.width = 200,
			.height = 200,
			.fullscreen = fullscreen,
			.output = output,
			.events = {.close = on_close},
		},
		&sink, error, size);
}

/** Colours that tell where a pixel comes from. */
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

static bool reaped(void *data)
{
	return waitpid(*(const pid_t *)data, NULL, WNOHANG) != 0;
}

static bool is_picture(const struct dirent *entry)
{
	const size_t n = strlen(entry->d_name);

	return n > 4 && strcmp(entry->d_name + n - 4, ".png") == 0;
}

/** The compositor's own picture of the screen, RGB. */
static void look(uint8_t *ret)
{
	static const char *const shooter[] = {"weston-screenshooter", NULL};
	char from[300], to[64];
	const char *const decoder[] = {"gst-launch-1.0", "-q", "filesrc", from, "!", "pngdec", "!",
		"videoconvert", "!", "video/x-raw,format=RGB", "!", "filesink", to, NULL};
	struct dirent *entry;
	FILE *file;
	pid_t pid = spawn(shooter);
	DIR *all;

	cr_assert(until(reaped, &pid));
	all = opendir(dir);
	cr_assert_not_null(all);
	do {
		entry = readdir(all);
		cr_assert_not_null(entry, "the compositor made no picture");
	} while (!is_picture(entry));
	snprintf(from, sizeof(from), "location=%s/%s", dir, entry->d_name);
	snprintf(to, sizeof(to), "location=%s/rgb", dir);
	pid = spawn(decoder);
	cr_assert(until(reaped, &pid));
	file = fopen(to + strlen("location="), "re");
	cr_assert_not_null(file);
	cr_assert_eq(fread(ret, 3 * WIDTH * HEIGHT, 1, file), 1);
	fclose(file);
	unlink(from + strlen("location="));
	closedir(all);
}

/** 320 x 180 in 640 x 400: twice as large, 20 lines of black above and below. */
static void check_screen(const struct render_rect *changed, uint8_t blue)
{
	static uint8_t screen[3 * WIDTH * HEIGHT];
	size_t wrong = 0;

	look(screen);
	for (int32_t y = 0; y < HEIGHT; y++) {
		for (int32_t x = 0; x < WIDTH; x++) {
			const uint8_t *p = screen + 3 * (y * WIDTH + x);
			const int32_t u = x / 2, v = (y - 20) / 2;
			const bool inside = y >= 20 && y < 380;
			const bool is_new = changed && u >= changed->x && u < changed->x + changed->w &&
					    v >= changed->y && v < changed->y + changed->h;

			if (inside)
				wrong += p[0] != u / 2 || p[1] != v || p[2] != (is_new ? blue : 10);
			else
				wrong += p[0] || p[1] || p[2];
		}
	}
	cr_expect_eq(wrong, 0, "%zu pixels differ", wrong);
}

Test(theater_window, shows,
	.description = "THE-06: the window shows the canvas, whole and then what changed, to the pixel")
{
	const struct render_rect all = {0, 0, CANVAS_W, CANVAS_H}, part = {100, 50, 30, 20};
	uint64_t copied;
	char error[128] = "";

	paint(&all, 10);
	cr_assert_eq(open_window(true, NULL, error, sizeof(error)), 0, "%s", error);
	cr_assert(until(wants, NULL));
	cr_assert_eq(submit(&all), 0);
	cr_assert(until(wants, NULL), "the compositor never asked for the next");
	check_screen(NULL, 0);

	/* Each of the buffers has had all of it by then. */
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(submit(&part), 0);
		cr_assert(until(wants, NULL));
	}
	copied = sink->n_copied_bytes;
	paint(&part, 200);
	cr_assert_eq(submit(&part), 0);
	cr_assert(until(wants, NULL));
	check_screen(&part, 200);
	cr_expect_lt(
		sink->n_copied_bytes - copied, 4ull * 4 * 4 * 30 * 20, "more than what changed was copied");
}

static bool is_gone(void *data)
{
	return gone[0] != 0;
}

Test(theater_window, display_dies,
	.description = "THE-06: a display that goes away is told, nothing else breaks")
{
	const struct render_rect all = {0, 0, CANVAS_W, CANVAS_H};
	char error[128] = "";

	cr_assert_eq(open_window(false, NULL, error, sizeof(error)), 0, "%s", error);
	cr_assert(until(wants, NULL));
	cr_assert_eq(submit(&all), 0);
	kill(weston, SIGKILL);
	cr_assert(until(is_gone, NULL));
	cr_expect_str_eq(gone, "the display went away");
	cr_expect_not(sink->ops->wants(sink));
	cr_expect_eq(submit(&all), 0);
}

Test(theater_window, outputs,
	.description = "THE-06: a monitor is found by its name; one that is not there is refused")
{
	char error[128] = "";

	cr_expect_eq(open_window(true, "DP-9", error, sizeof(error)), -ENODEV);
	cr_expect_not_null(strstr(error, "output"), "%s", error);
	cr_assert_eq(open_window(true, "headless", error, sizeof(error)), 0, "%s", error);
	cr_assert(until(wants, NULL));
}

Test(theater_window, no_display,
	.description = "THE-06: no display is normal: it is told, there is no window")
{
	char error[128] = "";

	setenv("WAYLAND_DISPLAY", "nowhere", 1);
	unsetenv("DISPLAY");
	cr_expect_eq(open_window(false, NULL, error, sizeof(error)), -ENOENT);
	cr_expect_not_null(strstr(error, "no display"), "%s", error);
}
