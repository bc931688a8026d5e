/* SPDX-License-Identifier: MIT */
/* Falling notes: they touch the keys when they are due, in the columns of their keys. */
#include <stdlib.h>

#include "widget_picture.h"

#include "falling.h"

#define LANE_W 960.0f
#define HEIGHT 600.0f

static struct falling f;
static struct played silence;

/* A measure as hermes.note.list answers it: quarter notes of one part. */
static void put_written(uint32_t index, uint32_t written, int64_t part, const int *keys, uint32_t n)
{
	struct mos_value number[8][5], note[8];

	for (uint32_t i = 0; i < n; i++) {
		number[i][0] = mos_value_int(part);
		number[i][1] = mos_value_int((int64_t)written * 3840 + i * 960);
		number[i][2] = mos_value_int(960);
		number[i][3] = mos_value_int(keys[i]);
		number[i][4] = mos_value_int(100);
		note[i] = mos_value_list(number[i], 5);
	}
	const struct mos_field measure[] = {mos_int("tick", (int64_t)written * 3840),
		mos_int("duration_ticks", 3840), mos_list("notes", note, n)};
	const struct mos_value value = mos_value_map(measure, 3);

	falling_put(&f, index, &value);
}

static void put(uint32_t index, const int *keys, uint32_t n)
{
	put_written(index, index, 0, keys, n);
}

static void fresh(uint32_t n_measures)
{
	f = (struct falling){.ahead_beats = 8, .from_tick = INT64_MIN};
	order_plain(&f.order, n_measures);
}

/* Of four measures the second and third are played twice. */
static void repeat(void)
{
	static const int64_t run[2][5] = {{0, 2, 0, 0, 3 * 3840}, {1, 3, 3840, 3 * 3840, 3 * 3840}};
	struct mos_field field[2][5];
	struct mos_value value[2];

	for (int i = 0; i < 2; i++) {
		field[i][0] = mos_int("first", run[i][0]);
		field[i][1] = mos_int("last", run[i][1]);
		field[i][2] = mos_int("written_tick", run[i][2]);
		field[i][3] = mos_int("played_tick", run[i][3]);
		field[i][4] = mos_int("duration_ticks", run[i][4]);
		value[i] = mos_value_map(field[i], 5);
	}
	const struct mos_field runs[] = {mos_list("runs", value, 2)};
	const struct mos_value answer = mos_value_map(runs, 1);

	cr_assert_eq(order_read(&f.order, &answer), 0);
}

Test(widget_falling, place,
	.description =
		"WGT-31: a note's lower edge touches the keys at its tick, its upper one at its end, and "
		"beats are evenly apart")
{
	const struct mos_box lane = {0, 0, LANE_W, 400};

	fresh(4);
	for (f.tick = 0; f.tick < 3840 * 3; f.tick += 311) {
		cr_expect_float_eq(falling_y(&f, lane, f.tick), 400, 1e-3f);
		cr_expect_float_eq(falling_y(&f, lane, f.tick + 8 * MOS_PPQ), 0, 1e-2f);
		cr_expect_float_eq(falling_y(&f, lane, f.tick + 2 * MOS_PPQ), 300, 1e-2f);
	}
}

Test(widget_falling, fetches,
	.description =
		"WGT-31: measures that will be seen are asked for, the nearest first, then the one before; "
		"never one outside of the score")
{
	static const int keys[] = {60, 62, 64, 65};

	fresh(0);
	cr_expect_eq(falling_missing(&f), UINT32_MAX);
	fresh(4);
	cr_expect_eq(falling_missing(&f), 0);
	put(0, keys, 4);
	cr_expect_eq(falling_missing(&f), 1);
	put(1, keys, 4);
	cr_expect_eq(falling_missing(&f), 2, "eight beats from the middle of the first reach into the third");
	put(2, keys, 4);
	cr_expect_eq(falling_missing(&f), UINT32_MAX);
	f.at = 3;
	f.tick = 3 * 3840;
	cr_expect_eq(falling_missing(&f), 3);
	put(3, keys, 4);
	cr_expect_eq(falling_missing(&f), UINT32_MAX, "the one before is known");
	falling_clear(&f, 0);
	order_plain(&f.order, 2);
	cr_expect_eq(falling_missing(&f), UINT32_MAX, "behind the end of a shorter score");
}

Test(widget_falling, repeats,
	.description = "WGT-31 NVX-19: behind the end of a repeat its beginning falls, once more at its own "
		       "time and under "
		       "its own number")
{
	static const int keys[] = {60, 62, 64, 65};
	static const uint32_t written[] = {0, 1, 2, 1, 2, 3};
	const struct mos_box lane = {0, 0, LANE_W, 400};
	uint32_t n = 0;

	fresh(4);
	repeat();
	cr_expect_eq(f.order.n_measures, 6);
	for (uint32_t i = 0; i < 6; i++) {
		const struct order_run *run = order_run_of(&f.order, i);

		cr_assert_not_null(run);
		cr_expect_eq(run->first + (i - run->played_first), written[i]);
	}
	cr_expect_null(order_run_of(&f.order, 6));
	cr_expect_eq(order_written_tick(&f.order, 3 * 3840 - 1), 3 * 3840 - 1);
	cr_expect_eq(order_written_tick(&f.order, 3 * 3840), 3840);
	cr_expect_eq(order_written_tick(&f.order, -960), -960, "counting in");
	cr_expect_eq(order_played_tick(&f.order, 3840 + 7), 3840 + 7, "the first time");
	cr_expect_eq(order_played_tick(&f.order, 3 * 3840), 5 * 3840);
	cr_expect_eq(order_played_tick(&f.order, 4 * 3840), -1);
	f.at = 2;
	f.tick = 2 * 3840;
	put_written(2, 2, 0, keys, 4);
	cr_expect_eq(falling_missing(&f), 3);
	put_written(3, 1, 0, keys, 4);
	cr_expect_eq(f.measure[3].tick, 3 * 3840);
	cr_expect_eq(f.measure[3].note[1].tick, 3 * 3840 + 960);
	cr_expect_eq(f.measure[3].number, 2);
	cr_expect_float_eq(falling_y(&f, lane, f.measure[3].note[0].tick), 200, 1e-2f);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	for (uint32_t i = 0; i < picture.n; i++)
		n += picture_shape[i].kind == MOS_SHAPE_BOX && picture_shape[i].color >> 24 == 210;
	cr_expect_eq(n, 8, "of both measures");
	cr_expect(picture_has_text("2"));
	cr_expect_eq(picture_has_text("4"), 0);
}

Test(widget_falling, edits,
	.description = "WGT-31: after an edit the notes of before stay until those of now are there; after "
		       "another score "
		       "they go")
{
	static const int keys[] = {60, 62, 64, 65}, others[] = {70, 72};

	fresh(1);
	put(0, keys, 4);
	cr_expect_eq(falling_missing(&f), UINT32_MAX);
	falling_clear(&f, 1);
	cr_expect_eq(falling_missing(&f), 0);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	const uint32_t n = picture.n;
	put(0, others, 2);
	cr_expect_eq(falling_missing(&f), UINT32_MAX);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	cr_expect_eq(picture.n, n - 2);
	falling_clear(&f, 0);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	cr_expect_lt(picture.n, n - 4);
}

Test(widget_falling, picture,
	.description =
		"WGT-31: each note lies in the column of its key; what lies below the keys or beyond the "
		"beats is not drawn")
{
	static const int keys[] = {60, 61, 64, 127};
	uint32_t n = 0;

	fresh(4);
	put(0, keys, 4);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	picture_check();
	const struct mos_box keyboard = piano_keyboard(LANE_W, HEIGHT * 0.24f);
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];

		if (s->kind != MOS_SHAPE_BOX || s->color >> 24 != 210)
			continue;
		const struct mos_box column = piano_key_box(keyboard, keys[n]);
		cr_expect_float_eq(s->x + s->w / 2, column.x + column.w / 2, 0.5f, "note %u", n);
		n++;
	}
	cr_expect_eq(n, 3, "the piano has no key 127");
	f.only_part = 2;
	put(0, keys, 4);
	cr_expect_eq(f.measure[0].n, 0, "the second part rests");
	put_written(0, 0, 1, keys, 4);
	cr_expect_eq(f.measure[0].n, 4, "the first one does");
	f.only_part = 1;
	put(0, keys, 4);
	cr_expect_eq(f.measure[0].n, 4);
	f.from_tick = 960;
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	n = 0;
	for (uint32_t i = 0; i < picture.n; i++)
		n += picture_shape[i].kind == MOS_SHAPE_BOX && picture_shape[i].color >> 24 == 210;
	cr_expect_eq(n, 2, "counting in to the second");
	f.from_tick = INT64_MIN;
	f.tick = 3 * 960; /* the third ends now */
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	n = 0;
	for (uint32_t i = 0; i < picture.n; i++)
		n += picture_shape[i].kind == MOS_SHAPE_BOX && picture_shape[i].color >> 24 == 210;
	cr_expect_eq(n, 0);
}

static uint32_t n_lines(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < picture.n; i++)
		n += picture_shape[i].kind == MOS_SHAPE_LINE;
	return n;
}

Test(widget_falling, hostile,
	.description = "WGT-31: rows that are no notes are left out, a measure of thousands is cut, one that "
		       "cannot be had "
		       "has no bar line")
{
	static struct mos_value number[1000][5], note[1000];

	for (uint32_t i = 0; i < 1000; i++) {
		number[i][0] = mos_value_int(i % 11 ? (int64_t)i : -1);
		number[i][1] = mos_value_int(i % 10 ? (int64_t)i : INT64_MIN);
		number[i][2] = mos_value_int(i % 7 ? INT64_MAX / (int64_t)(1 + i % 3) : 240);
		number[i][3] = mos_value_int((int64_t)i - 400);
		number[i][4] = i % 2 ? mos_value_str("loud") : mos_value_int(i);
		note[i] = i % 13 ? mos_value_list(number[i], i % 6) : mos_value_int(7);
	}
	const struct mos_field huge[] = {mos_int("tick", INT64_MAX), mos_int("duration_ticks", INT64_MAX),
		mos_list("notes", note, 1000)};
	const struct mos_field good[] = {
		mos_int("tick", 0), mos_int("duration_ticks", 3840), mos_list("notes", note, 1000)};
	const struct mos_field file[] = {mos_int("size_bytes", 123456)};
	const struct mos_value value = mos_value_map(huge, 3), cut = mos_value_map(good, 3),
			       beside = mos_value_map(file, 1), nil = {0};

	fresh(4);
	falling_put(&f, 1, &cut);
	cr_expect_leq(f.measure[1].n, FALLING_NOTES);
	for (uint32_t i = 0; i < f.measure[1].n; i++)
		cr_expect(f.measure[1].note[i].key < 128 && f.measure[1].note[i].duration > 0);
	fresh(4);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	const uint32_t none = n_lines();
	falling_put(&f, 0, &value);
	falling_put(&f, 1, &nil);
	falling_put(&f, 2, &beside);
	falling_draw(picture_begin(LANE_W, HEIGHT), &f, &silence);
	picture_check();
	cr_expect_eq(n_lines(), none);
	falling_put(&f, 77, &cut);
	cr_expect_eq(f.measure[77 % FALLING_MEASURES].n, 0, "it is not played");
}
