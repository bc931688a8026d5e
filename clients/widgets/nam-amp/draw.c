/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "amp.h"
#include "knob.h"

static void draw_list(struct mos_draw *d, const struct amp *a, const struct amp_layout *l)
{
	mos_draw_box(d, l->list, 6, mos_ink_faint(MOS_TOKEN_OFF, 0.25f));
	for (int row = 0; row < l->n_rows && a->first + row <= a->n_models; row++) {
		const int model = a->first + row - 1, is_loaded = model == a->loaded;
		const struct mos_box box = amp_row(l, row);
		struct mos_box text = mos_box_inset(box, 2);

		(void)mos_box_cut_left(&text, 16);
		if (is_loaded)
			mos_draw_box(d, box, 4, mos_ink_faint(MOS_TOKEN_ACCENT, 0.22f));
		if (model == a->chosen)
			mos_draw_frame(
				d, box, 4, 1, mos_ink_faint(MOS_TOKEN_ACCENT, 0), mos_ink(MOS_TOKEN_ACCENT));
		if (is_loaded && model != AMP_NONE)
			mos_draw_disc(d, (struct mos_point){box.x + 9, box.y + box.h / 2}, 3.5f,
				mos_ink(a->state == AMP_ON ? MOS_TOKEN_GOOD : MOS_TOKEN_WARN));
		mos_draw_text_in(d, text, 13, MOS_MIDDLE,
			mos_ink(model == AMP_NONE ? MOS_TOKEN_TEXT_DIM : MOS_TOKEN_TEXT), "%s",
			model == AMP_NONE ? "no amplifier" : a->model[model]);
	}
	if (a->n_models == 0 && l->n_rows > 2)
		mos_draw_text_in(d, mos_box_inset(amp_row(l, 2), 4), 11, 0, mos_ink(MOS_TOKEN_TEXT_DIM),
			"mosctl insert models");
}

static void draw_knob(struct mos_draw *d, struct mos_box box, const char *label, float db, int is_live)
{
	const struct mos_box foot = mos_box_cut_bottom(&box, 16);
	const struct mos_point c = mos_box_center(box);
	const float r = knob_draw(d, box, 0, knob_angle(db, -AMP_GAIN_MAX, AMP_GAIN_MAX),
		mos_ink(is_live ? MOS_TOKEN_ACCENT : MOS_TOKEN_TEXT_DIM));

	mos_draw_text(d, (struct mos_point){c.x, c.y + r * 1.06f}, fminf(r * 0.3f, 12),
		MOS_CENTER | MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT), "%+.1f", (double)db);
	mos_draw_text(d, mos_box_center(foot), 12, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s",
		label);
}

static void draw_bypass(struct mos_draw *d, const struct amp *a, struct mos_box box)
{
	static const char *const words[] = {[AMP_EMPTY] = "no amplifier",
		[AMP_ON] = "on",
		[AMP_OFF] = "bypassed",
		[AMP_BYPASSED] = "too slow",
		[AMP_DEAD] = "its process ended"};
	const int is_on = a->state == AMP_ON;
	const struct mos_point led = {box.x + box.h * 0.6f, box.y + box.h / 2};

	mos_draw_box(
		d, box, box.h * 0.3f, mos_ink_faint(MOS_TOKEN_OFF, a->state == AMP_EMPTY ? 0.25f : 0.6f));
	mos_draw_disc(d, led, box.h * 0.22f,
		is_on                   ? mos_ink(MOS_TOKEN_GOOD)
		: a->state == AMP_EMPTY ? mos_ink(MOS_TOKEN_OFF)
		: a->state == AMP_OFF   ? mos_ink(MOS_TOKEN_WARN)
					: mos_ink(MOS_TOKEN_BAD));
	(void)mos_box_cut_left(&box, box.h);
	mos_draw_text_in(d, box, fminf(box.h * 0.55f, 14), MOS_CENTER | MOS_MIDDLE,
		mos_ink(a->state == AMP_EMPTY ? MOS_TOKEN_TEXT_DIM : MOS_TOKEN_TEXT), "%s",
		a->loading ? "loading …" : words[a->state]);
}

static void draw_meter(struct mos_draw *d, float db, struct mos_box box)
{
	const float share = fminf(fmaxf((db + 60) / 60, 0), 1);

	mos_draw_box(d, box, box.h / 2, mos_ink_faint(MOS_TOKEN_OFF, 0.45f));
	if (share > 0.01f)
		mos_draw_box(d, (struct mos_box){box.x, box.y, box.w * share, box.h}, box.h / 2,
			mos_ink(db >= 0    ? MOS_TOKEN_BAD
				: db > -10 ? MOS_TOKEN_WARN
					   : MOS_TOKEN_GOOD));
}

void amp_draw(struct mos_draw *d, const struct amp *a)
{
	const struct amp_layout l = amp_layout(mos_draw_width(d), mos_draw_height(d));
	const char *name = amp_name(a);

	(void)mos_draw_panel(d, "");
	draw_list(d, a, &l);
	mos_draw_text_in(d, l.name, fminf(l.name.h * 0.75f, 17), MOS_MIDDLE | MOS_BOLD,
		mos_ink(name[0] ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s", name[0] ? name : "Amplifier");
	draw_knob(d, l.knob[AMP_INPUT], "Input", a->gain_db[AMP_INPUT], a->state == AMP_ON);
	draw_knob(d, l.knob[AMP_OUTPUT], "Output", a->gain_db[AMP_OUTPUT], a->state == AMP_ON);
	draw_bypass(d, a, l.bypass);
	draw_meter(d, a->peak_db, l.meter);
	if (a->text[0])
		mos_draw_text_in(d, l.text, fminf(l.text.h * 0.75f, 11), MOS_MIDDLE, mos_ink(MOS_TOKEN_WARN),
			"%s", a->text);
	else
		mos_draw_text_in(d, l.text, fminf(l.text.h * 0.75f, 11), MOS_MIDDLE,
			mos_ink(MOS_TOKEN_TEXT_DIM), a->strip == 63 ? "on the audio input" : "in strip %lld",
			(long long)a->strip);
}
