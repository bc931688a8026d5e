/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <math.h>
#include <stdio.h>

#include <mos/pitch.h>

#define KEYS 14.0                /* that a picture is high */
#define GAP_NS INT64_C(60000000) /* further apart is another tone */
#define LEAP 1.5                 /* keys between two looks: another tone, too */
#define MARGIN 3.0               /* keys from the edge at which the picture moves along */

void line_clear(struct line *l)
{
	l->n = l->next = 0;
}

const struct line_point *line_point(const struct line *l, uint32_t i)
{
	return i < l->n ? &l->point[(l->next + LINE_POINTS - 1 - i) % LINE_POINTS] : NULL;
}

void line_add(struct line *l, int64_t time_ns, double hz)
{
	const struct line_point *newest = line_point(l, 0);
	const double key = 69 + 12 * log2(hz / l->a4_hz);

	if (!isfinite(key) || (newest && newest->time_ns >= time_ns))
		return;
	l->point[l->next] = (struct line_point){time_ns, key};
	l->next = (l->next + 1) % LINE_POINTS;
	l->n += l->n < LINE_POINTS;
	if (l->middle <= 0)
		l->middle = round(key);
	if (key > l->middle + KEYS / 2 - MARGIN)
		l->middle = key - KEYS / 2 + MARGIN;
	if (key < l->middle - KEYS / 2 + MARGIN)
		l->middle = key + KEYS / 2 - MARGIN;
}

struct mos_box line_box(float width, float height)
{
	const float edge = fminf(width, height) * 0.06f, names = fminf(width * 0.12f, 34);

	return (struct mos_box){edge + names, edge, width - 2 * edge - names, height - 2 * edge};
}

struct mos_point line_place(
	const struct line *l, struct mos_box box, int64_t now_ns, int64_t time_ns, double key)
{
	const double ago_s = (double)(now_ns - time_ns) / 1e9;

	return (struct mos_point){box.x + box.w * (float)(1 - ago_s / l->seconds),
		box.y + box.h * (float)(0.5 - (key - l->middle) / KEYS)};
}

static int is_black(int key)
{
	return (0x54a >> (key % 12) & 1) != 0;
}

static void draw_rows(struct mos_draw *d, const struct line *l, struct mos_box box)
{
	const double middle = l->middle > 0 ? l->middle : 60;
	const float row = box.h / (float)KEYS;
	char name[8];

	for (int key = (int)ceil(middle - KEYS / 2); key <= (int)floor(middle + KEYS / 2); key++) {
		const float y = box.y + box.h * (float)(0.5 - (key - middle) / KEYS);

		if (key < 0 || key > 127)
			continue;
		mos_draw_line(d, (struct mos_point){box.x, y}, (struct mos_point){box.x + box.w, y},
			key % 12 == 0 ? 1.2f : 0.6f,
			mos_ink_faint(MOS_TOKEN_GRID, is_black(key) ? 0.35f : 0.9f));
		if (is_black(key) ||
			mos_pitch_format(mos_pitch_spell((uint8_t)key, 0), name, sizeof(name)) <= 0)
			continue;
		mos_draw_text(d, (struct mos_point){box.x - 4, y}, fminf(row * 0.95f, 12),
			MOS_RIGHT | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", name);
	}
}

int line_draw(struct mos_draw *d, struct line *l)
{
	const struct mos_box box = line_box(mos_draw_width(d), mos_draw_height(d));
	const int64_t now_ns = mos_draw_time_ns(d);
	const struct line_point *newest = line_point(l, 0), *after = NULL;

	(void)mos_draw_panel(d, "");
	draw_rows(d, l, box);
	for (uint32_t i = 0; i < l->n; i++) {
		const struct line_point *p = line_point(l, i);
		const struct mos_point at = line_place(l, box, now_ns, p->time_ns, p->key);

		if (at.x < box.x)
			break;
		if (after && after->time_ns - p->time_ns <= GAP_NS && fabs(after->key - p->key) <= LEAP &&
			at.y >= box.y && at.y <= box.y + box.h)
			mos_draw_line(d, at, line_place(l, box, now_ns, after->time_ns, after->key),
				fmaxf(box.h * 0.018f, 1.5f), mos_ink(MOS_TOKEN_ACCENT));
		after = p;
	}
	return newest && (double)(now_ns - newest->time_ns) / 1e9 < l->seconds;
}
