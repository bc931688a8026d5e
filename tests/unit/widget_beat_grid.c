/* SPDX-License-Identifier: MIT */
/* The beat grid: beats by the clock at the time when the picture is seen. */
#include "widget_picture.h"

#include "grid.h"

#define MS 1000000

static struct mos_clock clock_of(uint16_t num, uint16_t den, int64_t tick)
{
	const int64_t measure = (int64_t)num * 3840 / den;

	return (struct mos_clock){.flags = MOS_CLOCK_ROLLING | MOS_CLOCK_DRIVER_UP,
		.rate_hz = 48000,
		.time_ns = 1000 * MS,
		.tick = tick,
		.rate_ppm = 1000000,
		.ns_per_quarter = 500 * MS,
		.frame_ps = 20833333,
		.meter_num = num,
		.meter_den = den,
		.measure = (uint32_t)(tick / measure),
		.measure_tick = tick / measure * measure,
		.end_tick = 1 << 30};
}

Test(widget_beat_grid, on_the_beat,
	.description = "WGT-11: the flash is full in the frame of the beat and faint in the one before it")
{
	const int64_t frame_ns = 16666667;

	for (int num = 2; num <= 12; num++)
		for (int den = 4; den <= 8; den *= 2) {
			const struct mos_clock clock = clock_of((uint16_t)num, (uint16_t)den, 0);
			const int64_t beat_ns = 500 * MS * 4 / den;

			for (int beat = 1; beat <= 2 * num && beat * beat_ns < 900 * MS; beat++) {
				const int64_t at_ns = clock.time_ns + beat * beat_ns;
				const struct grid_at on = grid_at(&clock, at_ns + 1000),
						     before = grid_at(&clock, at_ns - frame_ns),
						     after = grid_at(&clock, at_ns + 90 * MS);

				cr_expect_eq(on.beat, (uint32_t)(beat % num), "%d/%d beat %d: %u", num, den,
					beat, on.beat);
				cr_expect_eq(on.measure, (uint32_t)(beat / num));
				cr_expect_eq(on.n_beats, (uint32_t)num);
				cr_expect_gt(grid_flash(&on), 0.99f);
				cr_expect_eq(before.beat, (uint32_t)((beat - 1) % num));
				cr_expect_lt(grid_flash(&before), 0.25f);
				cr_expect_float_eq(grid_flash(&after), 0.5f, 0.02f);
			}
		}
}

Test(widget_beat_grid, other_measure,
	.description = "WGT-11: a page of the measure before is read on, and one that is ahead, back")
{
	struct mos_clock clock = clock_of(3, 4, 2870);
	struct grid_at at = grid_at(&clock, clock.time_ns + 20 * MS);

	cr_expect_eq(at.measure, 1);
	cr_expect_eq(at.beat, 0);
	clock.measure = 5;
	clock.measure_tick = 5 * 2880;
	at = grid_at(&clock, clock.time_ns); /* its tick is still in measure 0 */
	cr_expect_eq(at.measure, 0);
	cr_expect_eq(at.beat, 2);
	clock.meter_den = 0;
	at = grid_at(&clock, clock.time_ns);
	cr_expect_eq(at.n_beats, 4, "no meter: 4/4");
	clock.flags = 0;
	at = grid_at(&clock, clock.time_ns);
	cr_expect_eq(grid_flash(&at), 0);
}

Test(widget_beat_grid, picture,
	.description = "WGT-11: a cell a beat, the one that sounds lit in the colour of its strength")
{
	const struct mos_clock clock = clock_of(4, 4, 0);

	for (int beat = 0; beat < 4; beat++) {
		struct grid_at at = grid_at(&clock, clock.time_ns);
		const enum mos_token lit = beat == 0 ? MOS_TOKEN_ACCENT : MOS_TOKEN_ACCENT_2;

		at.beat = (uint32_t)beat;
		for (float size = 0.5f; size <= 4; size *= 2) {
			grid_draw(picture_begin(460 * size, 76 * size), &at, 1);
			picture_check();
			cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_OFF, 0), 4);
			/* with the part of the beat below it */
			cr_expect_eq(picture_count(MOS_SHAPE_BOX, lit, 254), beat == 0 ? 2 : 1);
		}
	}
}
