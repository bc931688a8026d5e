/* SPDX-License-Identifier: MIT */
/* Drawing: what each function writes, and where. The functions are those of the library, compiled in. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include <mos/surface.h>

#include "draw_impl.h"

#define NEAR(a, b)                                                                                           \
	cr_expect_float_eq((double)(a), (double)(b), 1e-4, "%g is not %g", (double)(a), (double)(b))

static struct mos_shape shape[MOS_SURFACE_SHAPES_MAX];
static struct mos_draw d;

static void setup(void)
{
	draw_begin(&d, shape, MOS_SURFACE_SHAPES_MAX, 400, 300, 77);
}

TestSuite(libmos_draw, .init = setup);

/* Whatever is drawn with sense, the theater keeps. */
static void expect_kept(void)
{
	static struct mos_shape copy[MOS_SURFACE_SHAPES_MAX];

	cr_expect_eq(mos_shapes_copy(copy, shape, d.n), d.n);
}

Test(libmos_draw, every_kind,
	.description = "WGT-32: each drawing function makes records that the theater draws")
{
	const struct mos_ink ink = mos_ink(MOS_TOKEN_ACCENT), own = mos_ink_rgba(MOS_RGBA(1, 2, 3, 4));
	const struct mos_point p[4] = {{1, 2}, {30, 4}, {50, 60}, {7, 80}};

	mos_draw_box(&d, (struct mos_box){1, 2, 3, 4}, 5, ink);
	mos_draw_frame(&d, (struct mos_box){1, 2, 30, 40}, 5, 2, ink, mos_ink(MOS_TOKEN_GRID));
	mos_draw_gradient(&d, mos_draw_area(&d), 0, own, own);
	mos_draw_line(&d, p[0], p[1], 2, ink);
	mos_draw_polyline(&d, p, 4, 1, ink);
	mos_draw_arc(&d, p[2], 20, 3, 0, 1, ink);
	mos_draw_sector(&d, p[2], 20, 0, 1, ink);
	mos_draw_disc(&d, p[2], 20, ink);
	mos_draw_quad(&d, p, ink);
	mos_draw_triangle(&d, p[0], p[1], p[2], ink);
	mos_draw_curve(&d, p, 2, ink);
	mos_draw_text(&d, p[0], 20, MOS_CENTER | MOS_MIDDLE | MOS_BOLD, ink, "%s %d", "Takt", 5);
	mos_draw_text_in(&d, mos_draw_area(&d), 20, MOS_RIGHT, ink, "%s", "x");
	mos_draw_glyph(&d, p[0], 0xe050, 10, ink);
	mos_draw_clip(&d, mos_draw_area(&d));
	mos_draw_clip_end(&d);
	(void)mos_draw_panel(&d, "Beats");
	(void)mos_draw_button(&d, (struct mos_box){0, 0, 40, 20}, "Play", 1);
	expect_kept();
	cr_expect(shape[0].kind == MOS_SHAPE_BOX && shape[0].flags == MOS_SHAPE_TOKEN &&
		  shape[0].color == MOS_TOKEN(MOS_TOKEN_ACCENT, 255));
	cr_expect(shape[2].flags == MOS_SHAPE_GRADIENT && shape[2].color == MOS_RGBA(1, 2, 3, 4));
	cr_expect_eq(shape[13].kind, MOS_SHAPE_TEXT);
	cr_expect_eq(shape[13].flags, MOS_SHAPE_TOKEN | MOS_SHAPE_CENTER | MOS_SHAPE_MIDDLE | MOS_SHAPE_BOLD);
	cr_expect(shape[13].glyph == 6 && !memcmp(shape[13].p, "Takt 5", 6));
	NEAR(shape[15].w, 40); /* the em is four staff spaces */
	cr_expect_eq(mos_draw_time_ns(&d), 77);
}

Test(libmos_draw, angles_begin_at_noon)
{
	mos_draw_arc(&d, (struct mos_point){10, 10}, 5, 1, 0, 0.5f, mos_ink(MOS_TOKEN_TEXT));
	NEAR(shape[0].p[0], -acos(0.0));
	NEAR(shape[0].p[1], 0.5);
	mos_draw_arc(&d, (struct mos_point){10, 10}, -5, 1, 0, 1, mos_ink(MOS_TOKEN_TEXT));
	cr_expect_eq(d.n, 1, "a radius that is none draws nothing");
}

Test(libmos_draw, push_and_fade)
{
	const struct mos_box box = {1, 1, 2, 2};

	mos_draw_push(&d, (struct mos_point){100, 50}, 2);
	mos_draw_fade(&d, 0.5f);
	mos_draw_push(&d, (struct mos_point){10, 10}, 3);
	mos_draw_fade(&d, 0.5f);
	mos_draw_box(&d, box, 1, mos_ink(MOS_TOKEN_TEXT));
	mos_draw_pop(&d);
	mos_draw_box(&d, box, 1, mos_ink(MOS_TOKEN_TEXT));
	mos_draw_pop(&d);
	mos_draw_pop(&d); /* one too many */
	mos_draw_box(&d, box, 1, mos_ink(MOS_TOKEN_TEXT));
	NEAR(shape[0].x, 100 + 2 * (10 + 3));
	NEAR(shape[0].w, 12);
	NEAR(shape[0].p[0], 6);
	cr_expect_eq(shape[0].color >> 24, 64);
	NEAR(shape[1].y, 52);
	cr_expect_eq(shape[1].color >> 24, 128);
	NEAR(shape[2].x, 1);
	cr_expect_eq(shape[2].color >> 24, 255);
	for (int i = 0; i < 40; i++)
		mos_draw_push(&d, (struct mos_point){1, 0}, 1);
	mos_draw_box(&d, box, 0, mos_ink(MOS_TOKEN_TEXT));
	NEAR(shape[3].x, 17); /* 16 deep, the others move nothing */
	for (int i = 0; i < 40; i++)
		mos_draw_pop(&d);
	mos_draw_box(&d, box, 0, mos_ink(MOS_TOKEN_TEXT));
	NEAR(shape[4].x, 1);
}

Test(libmos_draw, clips_nest)
{
	mos_draw_clip(&d, (struct mos_box){10, 10, 100, 100});
	mos_draw_clip(&d, (struct mos_box){50, 50, 100, 10});
	mos_draw_clip(&d, (struct mos_box){0, 0, 5, 5});
	mos_draw_clip_end(&d);
	mos_draw_clip_end(&d);
	mos_draw_clip_end(&d);
	mos_draw_clip_end(&d);
	cr_assert_eq(d.n, 6);
	NEAR(shape[1].x, 50);
	NEAR(shape[1].w, 60);
	cr_expect(shape[2].w > 0 && shape[2].w < 0.01f, "nothing is common: nothing is seen, not everything");
	NEAR(shape[3].w, 60);
	NEAR(shape[4].w, 100);
	cr_expect(shape[5].w <= 0);
	expect_kept();
}

Test(libmos_draw, long_texts,
	.description = "THE-07: a text is cut between characters, at its record's limit")
{
	char much[3000] = "x";

	for (int i = 0; i < 999; i++)
		memcpy(much + 1 + 3 * i, "\xe2\x99\xad", 3);
	mos_draw_text(&d, (struct mos_point){0, 0}, 10, 0, mos_ink(MOS_TOKEN_TEXT), "%s", much);
	cr_expect_eq(shape[0].glyph, 1 + 3 * 341);
	cr_expect_eq(d.n, 1 + (1024 - 32 + 59) / 60);
	expect_kept();
	setup();
	mos_draw_text(&d, (struct mos_point){0, 0}, 10, 0, mos_ink(MOS_TOKEN_TEXT), "%s", "");
	cr_expect_eq(d.n, 0);
}

Test(libmos_draw, no_room,
	.description = "THE-07: what a surface does not hold is left out whole, and counted")
{
	char much[200];

	memset(much, 'x', sizeof(much));
	much[199] = 0;
	for (uint32_t i = 0; i < MOS_SURFACE_SHAPES_MAX - 2; i++)
		mos_draw_disc(&d, (struct mos_point){5, 5}, 1, mos_ink_pitch((int)i));
	mos_draw_text(&d, (struct mos_point){0, 0}, 10, 0, mos_ink(MOS_TOKEN_TEXT), "%s", much);
	cr_expect_eq(d.n, MOS_SURFACE_SHAPES_MAX - 2);
	for (int i = 0; i < 5; i++)
		mos_draw_disc(&d, (struct mos_point){5, 5}, 1, mos_ink_pitch(-i));
	cr_expect_eq(d.n, MOS_SURFACE_SHAPES_MAX);
	cr_expect_eq(d.n_left_out, 4);
	expect_kept();
}

Test(libmos_draw, layout)
{
	struct mos_box box = {10, 20, 100, 50}, cut;

	NEAR(mos_box_column(box, 1, 3, 5).x, 10 + 30 + 5);
	NEAR(mos_box_row(box, 4, 5, 0).y, 60);
	NEAR(mos_box_column(box, 2, 3, 80).w, 0);
	NEAR(mos_box_fit(box, 1).x, 35);
	NEAR(mos_box_fit(box, 4).h, 25);
	NEAR(mos_box_inset(box, 40).h, 0);
	cut = mos_box_cut_bottom(&box, 20);
	NEAR(cut.y, 50);
	NEAR(box.h, 30);
	cut = mos_box_cut_left(&box, 500);
	NEAR(cut.w, 100);
	NEAR(box.w, 0);
	cr_expect(mos_box_has(cut, (struct mos_point){10, 20}) &&
		  !mos_box_has(cut, (struct mos_point){110, 20}));
}
