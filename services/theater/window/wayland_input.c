/* SPDX-License-Identifier: MIT */
/* Pointer and keys, told in the canvas' pixels and as key symbols. */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wayland_priv.h"

#define EVDEV_TO_XKB 8u

static void tell_pointer(
	struct window *window, enum window_pointer what, uint32_t button, double dx, double dy)
{
	if (window->events.pointer)
		window->events.pointer(window->events.data, what, window->x, window->y, button, dx, dy);
}

static void place(struct window *window, wl_fixed_t x, wl_fixed_t y)
{
	copy_fit_point(&window->fit, wl_fixed_to_double(x) * window->scale,
		wl_fixed_to_double(y) * window->scale, &window->x, &window->y);
}

static void show_cursor(struct window *window, uint32_t serial)
{
	struct wl_cursor *cursor =
		window->theme ? wl_cursor_theme_get_cursor(window->theme, "default") : NULL;
	struct wl_cursor_image *image;

	if (window->theme && !cursor)
		cursor = wl_cursor_theme_get_cursor(window->theme, "left_ptr");
	if (!cursor || !cursor->image_count || !window->cursor)
		return;
	image = cursor->images[0];
	wl_surface_attach(window->cursor, wl_cursor_image_get_buffer(image), 0, 0);
	wl_surface_damage_buffer(window->cursor, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(window->cursor);
	wl_pointer_set_cursor(window->pointer, serial, window->cursor, (int32_t)image->hotspot_x,
		(int32_t)image->hotspot_y);
}

static void on_enter(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface,
	wl_fixed_t x, wl_fixed_t y)
{
	show_cursor(data, serial);
	place(data, x, y);
	tell_pointer(data, WINDOW_POINTER_MOVE, 0, 0, 0);
}

static void on_leave(void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface)
{
	tell_pointer(data, WINDOW_POINTER_LEAVE, 0, 0, 0);
}

static void on_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
	place(data, x, y);
	tell_pointer(data, WINDOW_POINTER_MOVE, 0, 0, 0);
}

static void on_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time, uint32_t button,
	uint32_t state)
{
	if (button >= BTN_LEFT)
		tell_pointer(data,
			state == WL_POINTER_BUTTON_STATE_PRESSED ? WINDOW_POINTER_DOWN : WINDOW_POINTER_UP,
			button - BTN_LEFT, 0, 0);
}

static void on_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value)
{
	/* Ten units are a notch, by custom of all compositors. */
	const double notches = wl_fixed_to_double(value) / 10;
	const bool across = axis == WL_POINTER_AXIS_HORIZONTAL_SCROLL;

	tell_pointer(data, WINDOW_POINTER_SCROLL, 0, across ? notches : 0, across ? 0 : notches);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = on_enter,
	.leave = on_leave,
	.motion = on_motion,
	.button = on_button,
	.axis = on_axis,
};

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size)
{
	struct window *window = data;
	char *text = format == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 && size
			     ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0)
			     : MAP_FAILED;

	close(fd);
	if (text == MAP_FAILED)
		return;
	xkb_state_unref(window->keys);
	xkb_keymap_unref(window->keymap);
	/* No context, since there was no memory for one: no keys. */
	window->keymap = !window->xkb ? NULL
				      : xkb_keymap_new_from_buffer(window->xkb, text, strnlen(text, size),
						XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	window->keys = window->keymap ? xkb_state_new(window->keymap) : NULL;
	munmap(text, size);
}

static uint32_t modifiers(struct xkb_state *keys)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} mods[] = {{XKB_MOD_NAME_SHIFT, 1}, {XKB_MOD_NAME_CTRL, 2}, {XKB_MOD_NAME_ALT, 4},
		{XKB_MOD_NAME_LOGO, 8}};
	uint32_t bits = 0;

	for (size_t i = 0; i < sizeof(mods) / sizeof(*mods); i++) {
		if (xkb_state_mod_name_is_active(keys, mods[i].name, XKB_STATE_MODS_EFFECTIVE) > 0)
			bits |= mods[i].bit;
	}
	return bits;
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key,
	uint32_t state)
{
	struct window *window = data;
	const bool is_down = state == WL_KEYBOARD_KEY_STATE_PRESSED;
	char text[16] = "";
	xkb_keysym_t symbol;

	if (!window->keys)
		return;
	symbol = xkb_state_key_get_one_sym(window->keys, key + EVDEV_TO_XKB);
	xkb_state_key_get_utf8(window->keys, key + EVDEV_TO_XKB, text, sizeof(text));
	if (symbol == XKB_KEY_F11) {
		if (is_down)
			window_toggle_fullscreen(window);
		return;
	}
	/* Control characters are keys, not text. */
	if ((unsigned char)text[0] < ' ' || text[0] == 127)
		text[0] = 0;
	if (window->events.key)
		window->events.key(window->events.data, symbol, text, modifiers(window->keys), is_down);
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group)
{
	struct window *window = data;

	if (window->keys)
		xkb_state_update_mask(window->keys, depressed, latched, locked, 0, 0, group);
}

static void on_keys_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys)
{
}

static void on_keys_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = on_keymap,
	.enter = on_keys_enter,
	.leave = on_keys_leave,
	.key = on_key,
	.modifiers = on_modifiers,
};

static void on_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	struct window *window = data;
	const bool points = capabilities & WL_SEAT_CAPABILITY_POINTER;
	const bool types = capabilities & WL_SEAT_CAPABILITY_KEYBOARD;

	if (points && !window->pointer) {
		window->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(window->pointer, &pointer_listener, window);
	} else if (!points && window->pointer) {
		wl_pointer_destroy(window->pointer);
		window->pointer = NULL;
	}
	if (types && !window->keyboard) {
		window->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(window->keyboard, &keyboard_listener, window);
	} else if (!types && window->keyboard) {
		wl_keyboard_destroy(window->keyboard);
		window->keyboard = NULL;
	}
}

static const struct wl_seat_listener seat_listener = {.capabilities = on_capabilities};

void window_input_init(struct window *window, struct wl_seat *seat)
{
	window->seat = seat;
	wl_seat_add_listener(seat, &seat_listener, window);
	window->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
}

void window_input_finish(struct window *window)
{
	xkb_state_unref(window->keys);
	xkb_keymap_unref(window->keymap);
	xkb_context_unref(window->xkb);
	if (window->keyboard)
		wl_keyboard_destroy(window->keyboard);
	if (window->pointer)
		wl_pointer_destroy(window->pointer);
	if (window->seat)
		wl_seat_destroy(window->seat);
	if (window->cursor)
		wl_surface_destroy(window->cursor);
	if (window->theme)
		wl_cursor_theme_destroy(window->theme);
}
