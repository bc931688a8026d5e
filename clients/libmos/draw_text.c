/* SPDX-License-Identifier: MIT */
/* Texts, and what is made of texts and boxes: the panel, the button. */
#include "draw_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BYTES 32u /* of a text lie in its own record */
#define MORE_BYTES 60u
#define MORE_OFF 4u
#define ASCENT 0.75f /* of a capital, of the em: near enough for a line in a box */

static uint8_t flags_of(unsigned how)
{
	uint8_t flags = 0;

	if (how & MOS_CENTER)
		flags |= MOS_SHAPE_CENTER;
	else if (how & MOS_RIGHT)
		flags |= MOS_SHAPE_RIGHT;
	if (how & MOS_MIDDLE)
		flags |= MOS_SHAPE_MIDDLE;
	if (how & MOS_BOLD)
		flags |= MOS_SHAPE_BOLD;
	if (how & MOS_MONO)
		flags |= MOS_SHAPE_MONO;
	if (how & MOS_ITALIC)
		flags |= MOS_SHAPE_ITALIC;
	return flags;
}

/* Length without a character that was cut in two. */
static uint32_t whole_characters(const char *text, uint32_t len)
{
	uint32_t first = len;

	while (first && len - first < 4 && ((unsigned char)text[first - 1] & 0xc0) == 0x80)
		first--;
	if (first && (unsigned char)text[first - 1] >= 0xc0) {
		unsigned char c = (unsigned char)text[first - 1];
		uint32_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

		if (len - (first - 1) < n)
			return first - 1;
	}
	return len;
}

static void add_text(struct mos_draw *d, struct mos_point at, float width, float size, unsigned how,
	struct mos_ink ink, const char *fmt, va_list args) __attribute__((format(printf, 7, 0)));

static void add_text(struct mos_draw *d, struct mos_point at, float width, float size, unsigned how,
	struct mos_ink ink, const char *fmt, va_list args)
{
	char text[MOS_SHAPE_TEXT_MAX + 1];
	struct mos_shape *s;
	uint32_t len, n_more, done;
	int n = vsnprintf(text, sizeof(text), fmt, args);

	if (n <= 0 || !(size > 0))
		return;
	len = n > (int)MOS_SHAPE_TEXT_MAX ? whole_characters(text, MOS_SHAPE_TEXT_MAX) : (uint32_t)n;
	n_more = len > FIRST_BYTES ? (len - FIRST_BYTES + MORE_BYTES - 1) / MORE_BYTES : 0;
	s = draw_add(d, MOS_SHAPE_TEXT, n_more);
	if (!s)
		return;
	at = draw_at(d, at);
	s->glyph = len;
	s->x = at.x;
	s->y = at.y;
	s->w = width * draw_scale(d);
	s->h = size * draw_scale(d);
	s->flags = flags_of(how);
	draw_color(d, s, ink);
	done = len < FIRST_BYTES ? len : FIRST_BYTES;
	memcpy(s->p, text, done);
	for (uint32_t i = 1; i <= n_more; i++) {
		uint32_t take = len - done < MORE_BYTES ? len - done : MORE_BYTES;

		s[i].kind = MOS_SHAPE_MORE;
		memcpy((char *)&s[i] + MORE_OFF, text + done, take);
		done += take;
	}
}

void mos_draw_text(struct mos_draw *d, struct mos_point at, float size, unsigned how, struct mos_ink ink,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_text(d, at, 0, size, how, ink, fmt, args);
	va_end(args);
}

void mos_draw_text_in(struct mos_draw *d, struct mos_box box, float size, unsigned how, struct mos_ink ink,
	const char *fmt, ...)
{
	struct mos_point at = {box.x, box.y + size * ASCENT};
	va_list args;

	if (!(box.w > 0))
		return;
	if (how & MOS_CENTER)
		at.x = box.x + box.w / 2;
	else if (how & MOS_RIGHT)
		at.x = box.x + box.w;
	if (how & MOS_MIDDLE)
		at.y = box.y + box.h / 2;
	va_start(args, fmt);
	add_text(d, at, box.w, size, how, ink, fmt, args);
	va_end(args);
}

/* --- Made of these --- */

static float between(float v, float low, float high)
{
	return v < low ? low : v > high ? high : v;
}

struct mos_box mos_draw_panel(struct mos_draw *d, const char *title)
{
	struct mos_box area = mos_draw_area(d), inside, line;
	float small = area.w < area.h ? area.w : area.h;
	float edge = between(small * 0.06f, 4, 16), size = between(small * 0.09f, 11, 20);

	mos_draw_frame(d, area, between(small * 0.06f, 4, 12), 1, mos_ink(MOS_TOKEN_PANEL),
		mos_ink(MOS_TOKEN_PANEL_EDGE));
	inside = mos_box_inset(area, edge);
	if (!title || !*title)
		return inside;
	line = mos_box_cut_top(&inside, size);
	mos_draw_text_in(d, line, size, MOS_MIDDLE | MOS_BOLD, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", title);
	(void)mos_box_cut_top(&inside, edge * 0.6f);
	return inside;
}

struct mos_box mos_draw_button(struct mos_draw *d, struct mos_box box, const char *label, int is_on)
{
	struct mos_ink fill = is_on ? mos_ink(MOS_TOKEN_ACCENT) : mos_ink(MOS_TOKEN_PANEL_EDGE);
	struct mos_ink ink = mos_ink(is_on ? MOS_TOKEN_CANVAS : MOS_TOKEN_TEXT);
	float size = between(box.h * 0.45f, 9, 28);

	mos_draw_box(d, box, between(box.h * 0.2f, 2, 10), fill);
	mos_draw_text_in(d, mos_box_inset(box, between(box.h * 0.12f, 1, 8)), size,
		MOS_CENTER | MOS_MIDDLE | MOS_BOLD, ink, "%s", label);
	return box;
}
