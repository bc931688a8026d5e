/* SPDX-License-Identifier: MIT */
/* The steps of the loop: on a grid, round the corner, in order. */
#include "band_fixture.h"

#include <errno.h>

Test(band_render, steps_tie, .description = "T-5 T-34: where half steps go, by mode")
{
	static const struct {
		enum band_quantize mode;
		uint32_t at[4];
	} modes[] = {{BAND_NEAREST, {0, 2, 2, 4}}, {BAND_DOWN, {0, 1, 2, 3}}, {BAND_UP, {1, 2, 3, 4}}};
	struct band_piece piece;

	piece_render(&piece, NULL, &swing);
	piece.in.grid = 16;
	for (size_t m = 0; m < 3; m++) {
		piece.in.quantize = modes[m].mode;
		for (uint32_t i = 0; i < 4; i++) {
			const struct band_steps_options options = {.cycle_bars = 2, .keep_shift = true};
			struct band_steps steps;

			only(&piece, (i + 0.5) / 4, 1);
			cr_assert_eq(band_steps(&piece.ctx, &piece.events, &options, &steps), 0);
			for (uint32_t k = 0; k < steps.n_steps; k++) {
				const struct band_step *s = &steps.step[k];

				if (s->rank != BAND_RANK_ON)
					continue;
				cr_expect_eq(
					s->step, modes[m].at[i], "mode %zu, %u.5 steps: %u", m, i, s->step);
				cr_expect_eq(
					s->step * 0.25 + s->shift_beats, (i + 0.5) / 4, "the shift is kept");
			}
			band_steps_finish(&steps);
		}
	}
	piece_finish(&piece);
}

Test(band_render, steps_wrap,
	.description = "T-2 T-24 T-31 T-40: inside the cycle, ends round the corner, a step at least")
{
	struct band_piece piece;
	struct band_steps steps;
	uint32_t on = UINT32_MAX;
	uint32_t off = UINT32_MAX;

	piece_render(&piece, NULL, &swing);
	for (int i = 0; i < 2; i++) {
		piece.events.event[0].bar = 1;
		only(&piece, 7.75, i ? 0.01 : 1);
		cr_assert_eq(band_steps(&piece.ctx, &piece.events,
				     &(struct band_steps_options){.cycle_bars = 2}, &steps),
			0);
		cr_expect_eq(steps.per_cycle, 32);
		for (uint32_t k = 0; k < steps.n_steps; k++) {
			on = steps.step[k].rank == BAND_RANK_ON ? steps.step[k].step : on;
			off = steps.step[k].rank == BAND_RANK_OFF ? steps.step[k].step : off;
		}
		cr_expect_eq(on, 31);
		cr_expect_eq(off, i ? 0 : 3);
		band_steps_finish(&steps);
	}
	piece_finish(&piece);
}

Test(band_render, steps_order,
	.description = "T-24 T-31 T-32 T-33: by step, off program on, track, pitch; all within the cycle")
{
	struct band_piece piece;

	random_state = 3;
	for (int i = 0; i < 40; i++) {
		const struct band_steps_options options = {
			.click = true, .clave = i % 2 ? "son_2_3" : NULL, .keep_shift = true};
		struct band_styles *styles = band_styles_new(NULL, &(struct band_report){});
		const struct band_style *style = band_styles_at(styles, rnd(band_styles_count(styles)));
		struct band_steps steps;

		if (style->meter_num != 4 || style->meter_den != 4) {
			band_styles_free(styles);
			continue;
		}
		piece_render(&piece, NULL,
			FLAGS([BAND_KEY_CHORDS] = i % 3 ? "C7 F7 G7" : "Am7 D7", [BAND_KEY_STYLE] =
											 style->name));
		cr_assert_eq(band_steps(&piece.ctx, &piece.events, &options, &steps), 0, "%s",
			piece.report.issue[0].message);
		/* D-15: three bars are played twice, so that the clave closes. */
		cr_expect_eq(steps.per_cycle, (i % 3 ? 6 : 2) * 16u);
		uint32_t balance = 0;
		uint32_t halves[2] = {};
		for (uint32_t k = 0; k < steps.n_steps; k++) {
			const struct band_step *s = &steps.step[k];
			const struct band_step *before = k ? s - 1 : NULL;

			cr_assert_lt(s->step, steps.per_cycle);
			balance += s->rank == BAND_RANK_ON ? 1 : s->rank == BAND_RANK_OFF ? UINT32_MAX : 0;
			if (s->rank == BAND_RANK_ON && s->track < 4)
				halves[s->step >= steps.per_cycle / 2]++;
			if (!before || before->step != s->step)
				continue;
			cr_expect(before->rank < s->rank ||
				  (before->rank == s->rank &&
					  (before->track < s->track ||
						  (before->track == s->track && before->data1 <= s->data1))));
		}
		cr_expect_eq(balance, 0);
		if (i % 3)
			cr_expect_eq(halves[0], halves[1]);
		band_steps_finish(&steps);
		piece_finish(&piece);
		band_styles_free(styles);
	}
}

Test(band_render, steps_refused,
	.description = "T-14 T-24: bars that the grid can't divide, claves that there are not")
{
	struct band_piece piece;
	struct band_steps steps = {};

	piece_render(&piece, NULL, &swing);
	cr_expect_eq(band_steps(&piece.ctx, &piece.events,
			     &(struct band_steps_options){.click = true, .clave = "salsa"}, &steps),
		-EINVAL);
	assert_refused(&piece.report, "CLAVE_UNKNOWN", "clave");
	piece.in.meter_num = 7;
	cr_expect_eq(band_steps(&piece.ctx, &piece.events,
			     &(struct band_steps_options){.click = true, .clave = "son_2_3"}, &steps),
		-EINVAL);
	assert_refused(&piece.report, "CLAVE_METER", "clave");
	piece.in.meter_num = 9;
	piece.in.meter_den = 16;
	piece.in.grid = 8;
	cr_expect_eq(band_steps(&piece.ctx, &piece.events, &(struct band_steps_options){}, &steps), -EINVAL);
	assert_refused(&piece.report, "GRID_METER", "pre_schedule");
	cr_expect_null(steps.step);
	piece_finish(&piece);
}
