/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>

/* Twelve pitch classes in a row, those of the chord lit. */
static void draw_classes(struct mos_draw *d, struct mos_box box, uint16_t classes)
{
	for (unsigned int i = 0; i < 12; i++) {
		const struct mos_box place = mos_box_column(box, i, 12, box.h * 0.35f);

		mos_draw_box(d, place, place.h * 0.3f,
			classes >> i & 1 ? mos_ink_pitch((int)i) : mos_ink_faint(MOS_TOKEN_OFF, 0.45f));
	}
}

static void draw_votes(struct mos_draw *d, struct mos_box box, uint8_t votes)
{
	static const char *const names[] = {"played", "heard", "written"};

	for (unsigned int i = 0; i < 3; i++) {
		const struct mos_box row = mos_box_row(box, i, 3, 0);
		const float size = fminf(fminf(row.h * 0.62f, row.w * 0.2f), 13), y = row.y + row.h / 2;
		const int on = votes >> i & 1;

		mos_draw_disc(d, (struct mos_point){row.x + row.w - size * 0.35f, y}, size * 0.32f,
			on ? mos_ink(MOS_TOKEN_GOOD) : mos_ink_faint(MOS_TOKEN_OFF, 0.8f));
		mos_draw_text(d, (struct mos_point){row.x + row.w - size, y}, size, MOS_RIGHT | MOS_MIDDLE,
			mos_ink(on ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s", names[i]);
	}
}

void detector_draw(struct mos_draw *d, const struct detector_picture *p)
{
	struct mos_box all = mos_draw_panel(d, "");
	const float gap = fminf(8, all.h * 0.05f);
	struct mos_box classes = mos_box_cut_bottom(&all, fminf(all.h * 0.12f, 16)), bar, line;

	all.h -= gap;
	bar = mos_box_cut_bottom(&all, fmaxf(all.h * 0.03f, 2));
	all.h -= gap;
	line = mos_box_cut_bottom(&all, all.h * 0.22f);
	draw_votes(d, mos_box_cut_right(&all, all.w * 0.2f), p->votes);
	if (p->symbol[0])
		mos_draw_text_in(d, all, fminf(all.h * 0.85f, all.w * 0.2f), MOS_MIDDLE | MOS_BOLD,
			mos_ink(MOS_TOKEN_TEXT), "%s", p->symbol);
	else
		mos_draw_text_in(d, all, fminf(all.h * 0.85f, all.w * 0.2f), MOS_MIDDLE,
			mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.5f), "–");
	mos_draw_text_in(d, (struct mos_box){line.x, line.y, line.w * 0.3f, line.h}, line.h * 0.75f,
		MOS_MIDDLE, mos_ink(MOS_TOKEN_ACCENT), "%s", p->numeral);
	mos_draw_text_in(d, (struct mos_box){line.x + line.w * 0.3f, line.y, line.w * 0.4f, line.h},
		line.h * 0.6f, MOS_MIDDLE | MOS_CENTER, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", p->others);
	mos_draw_text_in(d, (struct mos_box){line.x + line.w * 0.7f, line.y, line.w * 0.3f, line.h},
		line.h * 0.6f, MOS_MIDDLE | MOS_RIGHT, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", p->key);
	mos_draw_box(d, bar, bar.h / 2, mos_ink_faint(MOS_TOKEN_OFF, 0.5f));
	if (p->symbol[0] && p->confidence > 0)
		mos_draw_box(d, (struct mos_box){bar.x, bar.y, bar.w * fminf(p->confidence, 1), bar.h},
			bar.h / 2, mos_ink(MOS_TOKEN_ACCENT));
	draw_classes(d, classes, p->symbol[0] ? p->pitch_classes : 0);
}
