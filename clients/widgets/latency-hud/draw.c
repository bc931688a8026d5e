/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>

double hud_bar(const struct hud_threshold *t)
{
	return t->value_ms <= 0 ? 0 : fmin(t->value_ms / (2 * t->limit_ms), 1);
}

static void draw_threshold(struct mos_draw *d, struct mos_box row, const struct hud_threshold *t)
{
	const float size = fminf(fminf(row.h * 0.42f, row.w * 0.055f), 15), bar_h = fmaxf(row.h * 0.16f, 2);
	const float y = row.y + row.h * 0.36f;
	const struct mos_box bar = {row.x, row.y + row.h * 0.7f, row.w, bar_h};
	const int late = !hud_holds(t);
	const enum mos_token token = t->value_ms < 0 ? MOS_TOKEN_TEXT_DIM
				     : late          ? MOS_TOKEN_BAD
						     : MOS_TOKEN_GOOD;

	mos_draw_text(d, (struct mos_point){row.x, y}, size, MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s",
		t->name);
	if (t->value_ms < 0)
		mos_draw_text(d, (struct mos_point){row.x + row.w, y}, size,
			MOS_RIGHT | MOS_MIDDLE | MOS_MONO, mos_ink(token), "– / %g ms", t->limit_ms);
	else
		mos_draw_text(d, (struct mos_point){row.x + row.w, y}, size,
			MOS_RIGHT | MOS_MIDDLE | MOS_MONO, mos_ink(token), "%.3f / %g ms", t->value_ms,
			t->limit_ms);
	mos_draw_box(d, bar, bar_h / 2, mos_ink_faint(MOS_TOKEN_OFF, 0.5f));
	if (t->value_ms > 0)
		mos_draw_box(d,
			(struct mos_box){bar.x, bar.y, fmaxf(bar.w * (float)hud_bar(t), bar_h), bar_h},
			bar_h / 2, mos_ink(token));
	mos_draw_box(d, (struct mos_box){bar.x + bar.w / 2 - 0.75f, bar.y - bar_h * 0.5f, 1.5f, bar_h * 2}, 0,
		mos_ink(MOS_TOKEN_TEXT_DIM));
}

void hud_draw_in(struct mos_draw *d, struct mos_box all, const struct hud_figures *f)
{
	const struct mos_box foot = mos_box_cut_bottom(&all, all.h * 0.14f);
	const float size = fminf(fminf(foot.h * 0.62f, foot.w * 0.05f), 13);
	const int lost = f->xruns || f->overruns || f->lost || f->midi_dropped;
	struct hud_threshold threshold[HUD_THRESHOLDS];

	hud_thresholds(f, threshold);
	for (unsigned int i = 0; i < HUD_THRESHOLDS; i++)
		draw_threshold(d, mos_box_row(all, i, HUD_THRESHOLDS, 2), &threshold[i]);
	mos_draw_text(d, (struct mos_point){foot.x, foot.y + foot.h / 2}, size, MOS_MIDDLE,
		mos_ink(lost ? MOS_TOKEN_BAD : MOS_TOKEN_TEXT_DIM), "xruns %llu  lost %llu  dropped %llu",
		(unsigned long long)f->xruns, (unsigned long long)f->lost,
		(unsigned long long)f->midi_dropped);
	mos_draw_text(d, (struct mos_point){foot.x + foot.w, foot.y + foot.h / 2}, size,
		MOS_RIGHT | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "load %.1f %%  %.0f events/s",
		(double)f->load_permille / 10, f->events_hz);
}

void hud_draw(struct mos_draw *d, const struct hud_figures *f)
{
	hud_draw_in(d, mos_draw_panel(d, ""), f);
}
