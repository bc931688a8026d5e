/* SPDX-License-Identifier: MIT */
/* Pointer and keys of an X11 window, told as those of Wayland are. */
#include <errno.h>

#include "x11_priv.h"

int x11_input_init(struct x11 *x11)
{
	int32_t keyboard;

	if (!xkb_x11_setup_xkb_extension(x11->connection, XKB_X11_MIN_MAJOR_XKB_VERSION,
		    XKB_X11_MIN_MINOR_XKB_VERSION, XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL, NULL, NULL,
		    NULL))
		return -EPROTO;
	keyboard = xkb_x11_get_core_keyboard_device_id(x11->connection);
	x11->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	if (!x11->xkb)
		return -ENOMEM;
	x11->keymap = xkb_x11_keymap_new_from_device(
		x11->xkb, x11->connection, keyboard, XKB_KEYMAP_COMPILE_NO_FLAGS);
	x11->keys =
		x11->keymap ? xkb_x11_state_new_from_device(x11->keymap, x11->connection, keyboard) : NULL;
	return x11->keys ? 0 : -EPROTO;
}

void x11_input_finish(struct x11 *x11)
{
	xkb_state_unref(x11->keys);
	xkb_keymap_unref(x11->keymap);
	xkb_context_unref(x11->xkb);
}

static void tell_pointer(struct x11 *x11, enum window_pointer what, uint32_t button, double dx, double dy)
{
	if (x11->events.pointer)
		x11->events.pointer(x11->events.data, what, x11->x, x11->y, button, dx, dy);
}

static void take_button(struct x11 *x11, uint32_t button, bool is_down)
{
	/* The core protocol's: left, middle, right, four of the wheel, the rest. */
	static const uint32_t ours[] = {0, 2, 1};
	static const double wheel[4][2] = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}};

	if (button >= 4 && button <= 7) {
		if (is_down)
			tell_pointer(
				x11, WINDOW_POINTER_SCROLL, 0, wheel[button - 4][0], wheel[button - 4][1]);
	} else if (button >= 1) {
		tell_pointer(x11, is_down ? WINDOW_POINTER_DOWN : WINDOW_POINTER_UP,
			button <= 3 ? ours[button - 1] : button - 5, 0, 0);
	}
}

static void take_key(struct x11 *x11, uint32_t key, uint32_t state, bool is_down)
{
	char text[16] = "";
	xkb_keysym_t symbol;
	uint32_t mods = 0;

	/* The event tells the effective modifiers and the group (bits 13 and 14). */
	xkb_state_update_mask(x11->keys, state & 0xff, 0, 0, 0, 0, state >> 13 & 3);
	symbol = xkb_state_key_get_one_sym(x11->keys, key);
	xkb_state_key_get_utf8(x11->keys, key, text, sizeof(text));
	if (symbol == XKB_KEY_F11) {
		if (is_down)
			x11_ask_fullscreen(x11, 2);
		return;
	}
	/* Control characters are keys, not text. */
	if ((unsigned char)text[0] < ' ' || text[0] == 127)
		text[0] = 0;
	mods |= state & XCB_MOD_MASK_SHIFT ? 1 : 0;
	mods |= state & XCB_MOD_MASK_CONTROL ? 2 : 0;
	mods |= state & XCB_MOD_MASK_1 ? 4 : 0;
	mods |= state & XCB_MOD_MASK_4 ? 8 : 0;
	if (x11->events.key)
		x11->events.key(x11->events.data, symbol, text, mods, is_down);
}

static void place(struct x11 *x11, int16_t x, int16_t y)
{
	copy_fit_point(&x11->fit, x, y, &x11->x, &x11->y);
}

void x11_input_take(struct x11 *x11, const xcb_generic_event_t *event)
{
	/* Events of pointer and keys share their layout. */
	const xcb_button_press_event_t *press = (const xcb_button_press_event_t *)event;
	const uint8_t type = event->response_type & 0x7f;

	switch (type) {
	case XCB_MOTION_NOTIFY:
		place(x11, press->event_x, press->event_y);
		tell_pointer(x11, WINDOW_POINTER_MOVE, 0, 0, 0);
		break;
	case XCB_BUTTON_PRESS:
	case XCB_BUTTON_RELEASE:
		place(x11, press->event_x, press->event_y);
		take_button(x11, press->detail, type == XCB_BUTTON_PRESS);
		break;
	case XCB_LEAVE_NOTIFY:
		tell_pointer(x11, WINDOW_POINTER_LEAVE, 0, 0, 0);
		break;
	case XCB_KEY_PRESS:
	case XCB_KEY_RELEASE:
		take_key(x11, press->detail, press->state, type == XCB_KEY_PRESS);
		break;
	default:
		break;
	}
}
