/* SPDX-License-Identifier: MIT */
/* The Olympus display: each ear, what they agree on, and the same figures as mosctl status. */
#include "widget_picture.h"

#include "olympus.h"

static struct olympus o;

static int tell(
	enum mos_chord_origin origin, uint8_t fusion, const char *symbol, uint8_t confidence, int64_t time_ns)
{
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .time_ns = (uint64_t)time_ns};

	ev.u.chord.origin = (uint8_t)origin;
	ev.u.chord.fusion = fusion;
	ev.u.chord.confidence = confidence;
	ev.u.chord.version = 5;
	(void)strcpy(ev.u.chord.symbol, symbol);
	return olympus_event(&o, &ev);
}

Test(widget_olympus, fusion,
	.description =
		"WGT-29: each ear keeps its own chord, the fusion the one that they agree on, with who voted")
{
	o = (struct olympus){0};
	cr_expect_eq(tell(MOS_ORIGIN_MIDI, 0, "Bbm7", 204, 1000), 1);
	cr_expect_eq(tell(MOS_ORIGIN_AUDIO, 0, "Db", 51, 2000), 1);
	cr_expect_eq(tell(MOS_ORIGIN_MIDI, 1, "Bbm7", 255, 3000), 1);
	cr_expect_str_eq(o.ear[0].symbol, "B♭m7");
	cr_expect_str_eq(o.ear[1].symbol, "D♭");
	cr_expect_str_eq(o.ear[2].symbol, "");
	cr_expect_str_eq(o.fused.symbol, "B♭m7");
	cr_expect_float_eq(o.ear[0].confidence, 1, 0.01f, "it voted for what was decided");
	cr_expect_float_eq(o.ear[1].confidence, 0.2f, 0.01f);
	cr_expect_eq(o.votes, 1);
	cr_expect_eq(o.version, 5);
	cr_expect_float_eq(olympus_age_s(&o.ear[1], 2000 + 1500000000), 1.5, 1e-9);
	cr_expect_lt(olympus_age_s(&o.ear[2], 5000), 0);
	cr_expect_eq(tell((enum mos_chord_origin)77, 0, "C", 1, 1), 0, "no such ear");
	cr_expect_str_eq(o.ear[0].symbol, "B♭m7");
}

Test(widget_olympus, figures,
	.description = "WGT-29: the figures of the counters page and of the theater are in the picture, late "
		       "ones in red")
{
	static const struct mos_counter_def defs[] = {{"rt.xruns", "cycles", MOS_COUNTER_COUNT},
		{"kronos.seek", "ns", MOS_COUNTER_HIST}, {"kronos.jitter", "ns", MOS_COUNTER_HIST},
		{"midi.latency", "ns", MOS_COUNTER_HIST}};
	const struct mos_field frames[] = {
		mos_real("p50_ms", 2.5), mos_real("p99_ms", 12.25), mos_int("drawn", 600)};
	const struct mos_field status[] = {mos_field("frames", mos_value_map(frames, 3))};
	const struct mos_value theater = mos_value_map(status, 1);
	struct hud_threshold t[HUD_THRESHOLDS];
	struct mos_counters counters;
	struct mos_counters_view view;
	char text[3072];

	cr_assert_eq(mos_counters_create("olympus-test", defs, 4, 1, &counters), 0);
	cr_assert_eq(mos_counters_attach(counters.region.fd, &view, NULL), 0);
	mos_counter_set(&counters, 0, 3);
	mos_counter_sample(&counters, 1, 60000000); /* later than the 10 ms it may take */
	mos_counter_sample(&counters, 2, 40000);
	o = (struct olympus){0};
	(void)tell(MOS_ORIGIN_SCORE, 0, "C", 128, 1);
	(void)tell(MOS_ORIGIN_SCORE, 4, "C", 128, 1);
	hud_read(&o.figures, &view);
	hud_read_theater(&o.figures, &theater);
	hud_thresholds(&o.figures, t);
	cr_expect_str_eq(t[0].key, "jitter_ms");
	cr_expect(t[0].value_ms >= 0.04 && t[0].value_ms < 0.08, "%g", t[0].value_ms);
	cr_expect_lt(t[1].value_ms, 0, "nobody played");
	cr_expect_str_eq(t[3].key, "seek_ms");
	cr_expect(t[3].value_ms >= 60 && t[3].value_ms < 120, "%g", t[3].value_ms);
	cr_expect_str_eq(t[4].key, "frame_ms");
	cr_expect_float_eq(t[4].value_ms, 12.25, 1e-9);
	for (float size = 0.5f; size <= 4; size *= 2) {
		olympus_draw(picture_begin(480 * size, 220 * size), &o);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 255), 1, "the seek");
	}
	cr_expect(picture_has_text("50 % sure, decision 5"));
	cr_expect(picture_has_text("written"));
	cr_expect(picture_has_text("12.250 / 16.7 ms"));
	cr_expect(picture_has_text("xruns 3  lost 0  dropped 0"));
	olympus_text(&o, text, sizeof(text));
	cr_expect_not_null(strstr(text, "written  C"));
	cr_expect_not_null(strstr(text, "of 16.7 ok (p99)"), "%s", text);
	cr_expect_not_null(strstr(text, "of 10 TOO LATE (p99)"), "%s", text);
	olympus_text(&o, text, 20);
	cr_expect_lt(strlen(text), 20);
	mos_counters_detach(&view);
	mos_region_finish(&counters.region);
}
