/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>
#include <stdlib.h>

#include <mos/pitch.h>

#define IN_TUNE_CENTS 3.0
#define NEAR_CENTS 15.0

double tuner_needle_angle(double cents)
{
	return fmax(fmin(cents, 50), -50) / 50 * M_PI / 3;
}

static struct mos_point on_arc(struct mos_point c, float radius, double angle)
{
	return (struct mos_point){c.x + radius * (float)sin(angle), c.y - radius * (float)cos(angle)};
}

static enum mos_token verdict(double cents)
{
	return fabs(cents) <= IN_TUNE_CENTS ? MOS_TOKEN_GOOD
	       : fabs(cents) <= NEAR_CENTS  ? MOS_TOKEN_WARN
					    : MOS_TOKEN_BAD;
}

static void draw_scale(struct mos_draw *d, struct mos_point c, float radius)
{
	const float end = (float)tuner_needle_angle(50), good = (float)tuner_needle_angle(IN_TUNE_CENTS);

	mos_draw_arc(d, c, radius, radius * 0.02f, -end, 2 * end, mos_ink(MOS_TOKEN_GRID));
	mos_draw_arc(d, c, radius, radius * 0.05f, -good, 2 * good, mos_ink(MOS_TOKEN_GOOD));
	for (int cents = -50; cents <= 50; cents += 10) {
		const double angle = tuner_needle_angle(cents);
		const float length = cents % 50 == 0 ? 0.10f : 0.055f;

		mos_draw_line(d, on_arc(c, radius * (1 - length), angle), on_arc(c, radius, angle),
			fmaxf(radius * 0.012f, 1), mos_ink(MOS_TOKEN_TEXT_DIM));
		if (cents % 50 == 0 && cents)
			mos_draw_text(d, on_arc(c, radius * 0.80f, angle), radius * 0.08f,
				MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%+d", cents);
	}
}

static void draw_note(struct mos_draw *d, struct mos_box box, const struct tuner_reading *r)
{
	const struct mos_pitch pitch = mos_pitch_spell((uint8_t)r->key, 0);
	static const char letters[] = "CDEFGAB";
	const char *sign = pitch.alter > 0 ? "♯" : pitch.alter < 0 ? "♭" : "";
	const double cents = r->string ? r->string_cents : r->cents;
	const struct mos_point c = mos_box_center(box);

	mos_draw_text(d, (struct mos_point){c.x, box.y + box.h * 0.38f}, box.h * 0.62f,
		MOS_CENTER | MOS_MIDDLE | MOS_BOLD, mos_ink(verdict(cents)), "%c%s%d", letters[pitch.step],
		sign, pitch.octave);
	mos_draw_text(d, (struct mos_point){c.x, box.y + box.h * 0.86f}, box.h * 0.19f,
		MOS_CENTER | MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT_DIM), "%+.1f ct  %.2f Hz", cents,
		r->hz);
}

/* The lowest string on the left, as one looks at a guitar's head. */
static void draw_strings(
	struct mos_draw *d, struct mos_box box, const struct tuner_view *v, const struct tuner_reading *r)
{
	uint8_t key[TUNER_STRINGS_MAX];
	const uint32_t n = tuner_tuning_keys(v->tuning, key);
	char name[8];

	for (uint32_t i = 0; i < n; i++) {
		const struct mos_box place = mos_box_column(box, i, n, box.h * 0.3f);
		const struct mos_point c = mos_box_center(place);
		const uint32_t string = n - i; /* from 1, the highest */
		const int on = r->hz > 0 && r->string == (int)string;
		const float radius = fminf(place.w, place.h) * 0.46f;

		mos_draw_disc(d, c, radius,
			on ? mos_ink(verdict(r->string_cents)) : mos_ink_faint(MOS_TOKEN_OFF, 0.6f));
		if (mos_pitch_format(mos_pitch_spell(key[string - 1], 0), name, sizeof(name)) > 0)
			mos_draw_text(d, c, radius * 0.85f, MOS_CENTER | MOS_MIDDLE | (on ? MOS_BOLD : 0),
				mos_ink(on ? MOS_TOKEN_CANVAS : MOS_TOKEN_TEXT_DIM), "%s", name);
	}
}

void tuner_draw(struct mos_draw *d, const struct tuner_view *v, const struct tuner_reading *r)
{
	uint8_t key[TUNER_STRINGS_MAX];
	struct mos_box all = mos_draw_panel(d, "");
	const struct mos_box foot = mos_box_cut_bottom(&all, fminf(all.h * 0.08f, 13));
	const struct mos_box strings =
		mos_box_cut_bottom(&all, tuner_tuning_keys(v->tuning, key) ? all.h * 0.2f : 0);
	const float radius = fminf(all.w * 0.52f, all.h * 0.92f);
	const struct mos_point c = {all.x + all.w / 2, all.y + radius * 1.02f};
	const double cents = r->string ? r->string_cents : r->cents;

	draw_scale(d, c, radius);
	if (r->hz > 0) {
		const double angle = tuner_needle_angle(cents);

		mos_draw_line(d, on_arc(c, radius * 0.62f, angle), on_arc(c, radius * 0.99f, angle),
			radius * 0.028f, mos_ink(verdict(cents)));
		draw_note(d, (struct mos_box){c.x - radius / 2, c.y - radius * 0.58f, radius, radius * 0.5f},
			r);
	} else {
		mos_draw_text(d, (struct mos_point){c.x, c.y - radius * 0.38f}, radius * 0.3f,
			MOS_CENTER | MOS_MIDDLE, mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.5f), "–");
	}
	if (strings.h > 0)
		draw_strings(d, strings, v, r);
	mos_draw_text(d, mos_box_center(foot), foot.h * 0.85f, MOS_CENTER | MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT_DIM), "A4 = %.1f Hz   %s", v->a4_hz,
		v->tuning ? v->tuning : "chromatic");
}
