/* SPDX-License-Identifier: MIT */
/**
 * Drawing for widgets: a picture is a list of shapes (mos/shape.h), made anew each time in struct
 * mos_widget_ops' `draw`, which is called when the widget is shown and has asked for it
 * (mos_widget_redraw()), was resized, or wants every frame (mos_draw_again()). Coordinates are points: a
 * canvas is 1,920 points wide (portrait 1,080), the widget's own top left corner is 0, 0. Colours are the
 * theme's (enum mos_token, with mos_ink()) or one's own (MOS_RGBA).
 *
 *     static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
 *     {
 *             struct mos_box area = mos_draw_panel(d, "Beats");
 *             mos_draw_text(d, mos_box_center(area), 48, MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT), "%d", n_beats);
 *     }
 *
 * More shapes than a surface holds are left out, once said in the widget's log. Thread: mos_widget_main()'s,
 * inside `draw`.
 */
#ifndef MOS_DRAW_H
#define MOS_DRAW_H

#include <mos/shape.h>
#include <mos/widget.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mos_draw;

struct mos_point {
	float x, y;
};
struct mos_box {
	float x, y, w, h;
};

/** A colour: of the theme, or one's own. */
struct mos_ink {
	uint32_t color;
	uint8_t is_token;
};
static inline struct mos_ink mos_ink(enum mos_token token)
{
	return (struct mos_ink){MOS_TOKEN(token, 255), 1};
}
static inline struct mos_ink mos_ink_faint(enum mos_token token, float opacity)
{
	return (struct mos_ink){MOS_TOKEN(token, opacity <= 0 ? 0 : opacity >= 1 ? 255 : opacity * 255), 1};
}
static inline struct mos_ink mos_ink_rgba(uint32_t rgba)
{
	return (struct mos_ink){rgba, 0};
}
/** The colour of a pitch class, 0..11 = C..B. */
struct mos_ink mos_ink_pitch(int pitch_class);

/** Places of a text. */
enum {
	MOS_LEFT = 0,
	MOS_CENTER = 1, /**< x is its middle */
	MOS_RIGHT = 2,  /**< x is its right end */
	MOS_MIDDLE = 4, /**< y is the middle of its capitals, else the baseline */
	MOS_BOLD = 8,
	MOS_MONO = 16,
	MOS_ITALIC = 32, /**< where neither of these two is asked for */
};

/** What is drawn on. */
float mos_draw_width(const struct mos_draw *d);
float mos_draw_height(const struct mos_draw *d);
struct mos_box mos_draw_area(const struct mos_draw *d);
/** When this picture will be seen, CLOCK_MONOTONIC: ask the clock for the position at that time. */
int64_t mos_draw_time_ns(const struct mos_draw *d);
/** Draw again at the next frame: while something moves. */
void mos_draw_again(struct mos_draw *d);

void mos_draw_box(struct mos_draw *d, struct mos_box box, float radius, struct mos_ink fill);
void mos_draw_frame(struct mos_draw *d, struct mos_box box, float radius, float border, struct mos_ink fill,
	struct mos_ink edge);
/** Of two colours of the theme, or of two of one's own; else it is all `top`. */
void mos_draw_gradient(
	struct mos_draw *d, struct mos_box box, float radius, struct mos_ink top, struct mos_ink bottom);
void mos_draw_line(
	struct mos_draw *d, struct mos_point from, struct mos_point to, float thickness, struct mos_ink ink);
void mos_draw_polyline(
	struct mos_draw *d, const struct mos_point *point, size_t n, float thickness, struct mos_ink ink);
/** Angles in radians, clockwise from 12 o'clock. */
void mos_draw_arc(struct mos_draw *d, struct mos_point center, float radius, float thickness, float start,
	float sweep, struct mos_ink ink);
void mos_draw_sector(struct mos_draw *d, struct mos_point center, float radius, float start, float sweep,
	struct mos_ink ink);
void mos_draw_disc(struct mos_draw *d, struct mos_point center, float radius, struct mos_ink ink);
void mos_draw_quad(struct mos_draw *d, const struct mos_point point[4], struct mos_ink ink);
void mos_draw_triangle(
	struct mos_draw *d, struct mos_point a, struct mos_point b, struct mos_point c, struct mos_ink ink);
void mos_draw_curve(struct mos_draw *d, const struct mos_point point[4], float thickness, struct mos_ink ink);
void mos_draw_text(struct mos_draw *d, struct mos_point at, float size, unsigned how, struct mos_ink ink,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/** The same, at most so wide: narrowed, then cut. Without MOS_MIDDLE it hangs from the top of the box. */
void mos_draw_text_in(struct mos_draw *d, struct mos_box box, float size, unsigned how, struct mos_ink ink,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/** A sign of the music font by its SMuFL code point; `staff_space` in points. */
void mos_draw_glyph(
	struct mos_draw *d, struct mos_point at, uint32_t code_point, float staff_space, struct mos_ink ink);
/** What follows is seen inside the box only, and inside of the one before; nests up to 8 deep. */
void mos_draw_clip(struct mos_draw *d, struct mos_box box);
void mos_draw_clip_end(struct mos_draw *d);

/** Shapes drawn in between are moved and scaled; nests up to 16 deep. */
void mos_draw_push(struct mos_draw *d, struct mos_point origin, float scale);
void mos_draw_pop(struct mos_draw *d);
/** What follows is fainter, until the mos_draw_pop() that ends the innermost push. */
void mos_draw_fade(struct mos_draw *d, float opacity);

/** The usual background with a title ("": none). @return what is left inside. */
struct mos_box mos_draw_panel(struct mos_draw *d, const char *title);
/** A button; @return its box, for mos_box_has(). */
struct mos_box mos_draw_button(struct mos_draw *d, struct mos_box box, const char *label, int is_on);

/* Layout. */
static inline struct mos_point mos_box_center(struct mos_box b)
{
	return (struct mos_point){b.x + b.w / 2, b.y + b.h / 2};
}
static inline int mos_box_has(struct mos_box b, struct mos_point p)
{
	return p.x >= b.x && p.y >= b.y && p.x < b.x + b.w && p.y < b.y + b.h;
}
struct mos_box mos_box_inset(struct mos_box box, float by);
/** Part `i` of `n` equal ones, beside each other or below each other, `gap` apart. */
struct mos_box mos_box_column(struct mos_box box, unsigned i, unsigned n, float gap);
struct mos_box mos_box_row(struct mos_box box, unsigned i, unsigned n, float gap);
/** Cut a piece off: `box` is what is left. */
struct mos_box mos_box_cut_top(struct mos_box *box, float h);
struct mos_box mos_box_cut_left(struct mos_box *box, float w);
struct mos_box mos_box_cut_bottom(struct mos_box *box, float h);
struct mos_box mos_box_cut_right(struct mos_box *box, float w);
/** The largest box of this shape (width / height) in the middle. */
struct mos_box mos_box_fit(struct mos_box box, float aspect);

/** What the pointer did where the widget is shown, with capability `input.pointer`. */
enum mos_pointer_kind {
	MOS_POINTER_MOVE,
	MOS_POINTER_DOWN,
	MOS_POINTER_UP,
	MOS_POINTER_LEAVE,
	MOS_POINTER_WHEEL
};
struct mos_pointer {
	enum mos_pointer_kind kind;
	struct mos_point at; /**< in the widget's points */
	uint32_t button;     /**< 1 left, 2 middle, 3 right */
	uint32_t buttons;    /**< bits of those that are down: 1 << (button - 1) */
	float wheel;         /**< notches, positive away from the user */
};

/** Have `draw` called for the next frame. Cheap, as often as one likes. */
void mos_widget_redraw(struct mos_widget *widget);

/** With `surface.pixels`: a picture of one's own of at most this size, from now on instead of shapes.
 * @return 0; -EACCES without the capability; -E2BIG; -ENOTSUP started by hand; others as mos_call(), which it
 * is. */
int mos_widget_pixels(struct mos_widget *widget, uint32_t width, uint32_t height);
/** In `draw`, then: rows to fill. RGBA8, premultiplied. What is in them is old. NULL: shapes are drawn. */
uint8_t *mos_draw_pixels(struct mos_draw *d, uint32_t *ret_width, uint32_t *ret_height, uint32_t *ret_stride);

#ifdef __cplusplus
}
#endif
#endif
