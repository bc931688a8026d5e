/* SPDX-License-Identifier: MIT */
#include "windows.h"

#include <errno.h>
#include <string.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include "log.h"
#include "window.h"

#define LINES 1080u /* of the picture that a window gets; it scales it to its own size */

static void tell(struct window_of *of, enum mos_pointer_kind kind, double x, double y, uint32_t button, double wheel)
{
	const float scale = (float)of->divisor;
	const struct mos_pointer pointer = {.kind = kind,
		.at = {(float)x * scale, (float)y * scale},
		.button = button,
		.buttons = of->buttons,
		.wheel = (float)wheel};

	stage_pointer(of->canvas, &pointer);
}

static void on_pointer(
	void *data, enum window_pointer what, double x, double y, uint32_t button, double dx, double dy)
{
	/* Left, right, middle there; left, middle, right for widgets. */
	static const uint32_t numbers[] = {1, 3, 2};
	struct window_of *of = data;
	const uint32_t number = button < 3 ? numbers[button] : button + 1,
		       bit = number < 32 ? 1u << (number - 1) : 0;

	switch (what) {
	case WINDOW_POINTER_MOVE:
		tell(of, MOS_POINTER_MOVE, x, y, 0, 0);
		break;
	case WINDOW_POINTER_DOWN:
		of->buttons |= bit;
		tell(of, MOS_POINTER_DOWN, x, y, number, 0);
		break;
	case WINDOW_POINTER_UP:
		of->buttons &= ~bit;
		tell(of, MOS_POINTER_UP, x, y, number, 0);
		break;
	case WINDOW_POINTER_SCROLL:
		tell(of, MOS_POINTER_WHEEL, x, y, 0, -dy);
		break;
	case WINDOW_POINTER_LEAVE:
		of->buttons = 0;
		tell(of, MOS_POINTER_LEAVE, x, y, 0, 0);
		break;
	}
}

static void on_key(void *data, uint32_t key, const char *text, uint32_t mods, int is_down)
{
	static const struct {
		uint32_t key;
		const char *name;
	} names[] = {{XKB_KEY_Up, "up"}, {XKB_KEY_Down, "down"}, {XKB_KEY_Left, "left"},
		{XKB_KEY_Right, "right"}, {XKB_KEY_Return, "enter"}, {XKB_KEY_KP_Enter, "enter"},
		{XKB_KEY_Escape, "escape"}, {XKB_KEY_Tab, "tab"}, {XKB_KEY_BackSpace, "backspace"}};
	struct window_of *of = data;

	if (!is_down)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].key == key) {
			stage_key(of->canvas, names[i].name);
			return;
		}
	if (*text)
		stage_key(of->canvas, text);
}

static void shut(struct window_of *of)
{
	if (!of->sink)
		return;
	stage_remove_eye(of->canvas, of->sink);
	of->sink->ops->close(of->sink);
	of->sink = NULL;
}

static void on_close(void *data, const char *reason)
{
	struct window_of *of = data;

	log_info("a window is closed: reason=\"%s\"", reason ? reason : "asked for");
	shut(of);
}

/* @return 0; -ENOENT no display. */
static int open_one(struct window_of *of, struct stage_canvas *canvas)
{
	const struct theater_config *config = canvas->stage->config;
	const int is_portrait = canvas->which == SCENE_PORTRAIT;
	const uint32_t lines = is_portrait ? canvas->width : canvas->height;
	struct window_options options = {.title = is_portrait ? "MOS portrait" : "MOS",
		.width = is_portrait ? 540 : 1280,
		.height = is_portrait ? 960 : 720,
		.fullscreen = config->fullscreen,
		.output = *config->output ? config->output : NULL,
		.events = {.pointer = on_pointer, .key = on_key, .close = on_close, .data = of}};
	char error[256] = "";
	int rc;

	*of = (struct window_of){.canvas = canvas, .divisor = lines > LINES ? lines / LINES : 1};
	options.canvas_width = canvas->width / of->divisor;
	options.canvas_height = canvas->height / of->divisor;
	rc = window_open(canvas->stage->service->event, &options, &of->sink, error, sizeof(error));
	if (rc == 0)
		rc = stage_add_eye(canvas, of->sink, of->divisor);
	if (rc < 0 && of->sink) {
		of->sink->ops->close(of->sink);
		of->sink = NULL;
	}
	if (rc < 0 && (rc != -ENOENT || strcmp(config->window, "auto") != 0))
		log_warning("no window: reason=\"%s\"", *error ? error : strerror(-rc));
	return rc;
}

void windows_open(struct windows *w, struct stage *stage)
{
	const char *which = stage->config->window;

	if (strcmp(which, "no") == 0)
		return;
	if (strcmp(which, "portrait") != 0 &&
		open_one(&w->of[SCENE_LANDSCAPE], &stage->canvas[SCENE_LANDSCAPE]) == -ENOENT)
		log_info("no display: pictures go to video nodes and files");
	if (strcmp(which, "portrait") == 0 || strcmp(which, "both") == 0)
		(void)open_one(&w->of[SCENE_PORTRAIT], &stage->canvas[SCENE_PORTRAIT]);
}

void windows_close(struct windows *w)
{
	for (int i = 0; i < SCENE_N_CANVASES; i++)
		shut(&w->of[i]);
}
