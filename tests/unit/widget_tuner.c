/* SPDX-License-Identifier: MIT */
/* The tuner's picture: needle and strings. */
#include "widget_picture.h"

#include "draw.h"

/* The one thick line: from the note to the scale. */
static double needle(void)
{
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];
		const uint32_t token = s->color & 0xff;

		if (s->kind == MOS_SHAPE_LINE && token != MOS_TOKEN_TEXT_DIM && token != MOS_TOKEN_GRID)
			return atan2((double)(s->w - s->x), (double)(s->y - s->h));
	}
	return NAN;
}

Test(widget_tuner, needle,
	.description = "WGT-13: the needle stands at the cents, 60 degrees at 50, and is green within 3")
{
	const struct tuner_view v = {.a4_hz = 440, .tuning = "chromatic"};

	for (int cents = -50; cents <= 50; cents += 5) {
		const struct tuner_reading r = {
			.hz = 440 * exp2(cents / 1200.0), .cents = cents, .key = 69, .confidence = 1};

		for (float size = 0.5f; size <= 4; size *= 2) {
			tuner_draw(picture_begin(460 * size, 259 * size), &v, &r);
			picture_check();
			cr_expect_float_eq(
				needle() * 180 / M_PI, cents * 1.2, 0.01, "%d: %g", cents, needle());
			/* the band of what is in tune is green, and now the needle */
			cr_expect_eq(picture_count(MOS_SHAPE_LINE, MOS_TOKEN_GOOD, 255), cents == 0);
		}
		cr_expect(picture_has_text("A4"));
	}
	cr_expect_eq(tuner_needle_angle(400), tuner_needle_angle(50));

	const struct tuner_reading silence = {0};

	tuner_draw(picture_begin(460, 259), &v, &silence);
	picture_check();
	cr_expect(isnan(needle()));
}

Test(widget_tuner, strings,
	.description = "WGT-14: the string that is meant is lit, the needle shows its cents")
{
	static const char *const names[] = {"E4", "B3", "G3", "D3", "A2", "E2"};
	const struct tuner_view v = {.a4_hz = 440, .tuning = "guitar"};

	for (int string = 1; string <= 6; string++) {
		const struct tuner_reading r = {.hz = 100,
			.cents = 40,
			.key = 43,
			.string = string,
			.string_cents = -10,
			.confidence = 1};
		int lit = 0;

		tuner_draw(picture_begin(460, 259), &v, &r);
		picture_check();
		cr_expect_float_eq(needle() * 180 / M_PI, -12, 0.01);
		for (uint32_t i = 1; i < picture.n; i++) {
			const struct mos_shape *disc = &picture_shape[i - 1], *name = &picture_shape[i];

			if (disc->kind != MOS_SHAPE_ARC || (disc->color & 0xff) != MOS_TOKEN_WARN ||
				name->kind != MOS_SHAPE_TEXT)
				continue;
			lit++;
			cr_expect_eq(memcmp(name->p, names[string - 1], 2), 0);
		}
		cr_expect_eq(lit, 1);
		for (int i = 0; i < 6; i++)
			cr_expect(picture_has_text(names[i]));
	}
	for (uint32_t i = 0; tuner_tuning_name(i); i++) {
		const struct tuner_view other = {.a4_hz = 440, .tuning = tuner_tuning_name(i)};
		const struct tuner_reading silence = {0};

		tuner_draw(picture_begin(300, 200), &other, &silence);
		picture_check();
	}
}
