/* SPDX-License-Identifier: MIT */
/* Pictures of the recorder, the latency display and the chord detector. */
#include "widget_picture.h"

#include "../../clients/widgets/chord-detector/draw.h"
#include "../../clients/widgets/latency-hud/draw.h"
#include "../../clients/widgets/recorder/draw.h"

Test(widget_panels, recorder,
	.description = "WGT-30: the recorder shows time, state and three buttons that lie apart")
{
	struct recorder_picture p = {.name = "take-1",
		.trouble = "",
		.seconds = 3 * 3600 + 25 * 60 + 45,
		.n_events = 12,
		.bytes = 2048};

	for (float size = 0.5f; size <= 4; size *= 2) {
		for (int i = 0; i < RECORDER_BUTTONS; i++) {
			const struct mos_box b =
				recorder_button(460 * size, 130 * size, (enum recorder_button)i);

			cr_expect(b.x > 0 && b.y > 0 && b.x + b.w < 460 * size && b.y + b.h < 130 * size);
			cr_expect_eq((int)recorder_button_at(460 * size, 130 * size, mos_box_center(b)), i);
		}
		p.is_recording = 0;
		recorder_draw(picture_begin(460 * size, 130 * size), &p);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 255), 0);
		p.is_recording = 1;
		recorder_draw(picture_begin(460 * size, 130 * size), &p);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 255), 1);
	}
	cr_expect_eq(recorder_button_at(460, 130, (struct mos_point){230, 10}), RECORDER_BUTTONS);
	cr_expect(picture_has_text("03:25:45"));
	cr_expect(picture_has_text("12 events, 2 KiB"));
	p.trouble = "the disk is full";
	recorder_draw(picture_begin(460, 130), &p);
	cr_expect(picture_has_text("the disk is full"));
}

Test(widget_panels, latency,
	.description = "TIM-10 WGT-27: five bars, each with its limit in the middle, red beyond it")
{
	struct hud_figures f = {.jitter = {1, 1, 1, 500000},
		.input = {1, 1, 7500000, 80000000},
		.seek = {1, 1, 90000000, 90000000},
		.xruns = 2};
	struct hud_threshold t[HUD_THRESHOLDS];

	hud_thresholds(&f, t);
	cr_expect_float_eq(hud_bar(&t[0]), 0.25, 1e-9);
	cr_expect_float_eq(hud_bar(&t[1]), 0.75, 1e-9);
	cr_expect_float_eq(hud_bar(&t[2]), 0.5, 1e-9);
	cr_expect_eq(hud_bar(&t[3]), 1);
	cr_expect_eq(hud_bar(&t[4]), 0);
	for (float size = 0.5f; size <= 4; size *= 2) {
		hud_draw(picture_begin(460 * size, 173 * size), &f);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 255), 2);
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_GOOD, 255), 2);
	}
	cr_expect(picture_has_text("7.500 / 5 ms"));
	cr_expect(picture_has_text("xruns 2  lost 0  dropped 0"));
}

Test(widget_panels, chord,
	.description = "WGT-30: the chord detector shows symbol, numeral, voters and the tones of the chord")
{
	struct detector_picture p = {.symbol = "F♯m7♭5",
		.numeral = "viiø7/V",
		.key = "C major",
		.others = "Am6",
		.votes = 5,
		.confidence = 0.5f,
		.pitch_classes = 1u << 6 | 1u << 9 | 1u << 0 | 1u << 4};

	for (float size = 0.5f; size <= 4; size *= 2) {
		uint32_t n = 0;

		detector_draw(picture_begin(614 * size, 130 * size), &p);
		picture_check();
		for (int class = 0; class < 12; class++) {
			const uint32_t lit = picture_count(MOS_SHAPE_BOX, MOS_TOKEN_PITCH_0 + class, 255);

			cr_expect_eq(lit, p.pitch_classes >> class & 1, "%d", class);
			n += lit;
		}
		cr_expect_eq(n, 4);
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_GOOD, 255), 2, "two voted");
	}
	cr_expect(picture_has_text("F♯m7♭5"));
	cr_expect(picture_has_text("viiø7/V"));
	p.symbol = "";
	detector_draw(picture_begin(614, 130), &p);
	picture_check();
	cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_ACCENT, 255), 0);
}
