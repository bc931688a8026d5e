/* SPDX-License-Identifier: MIT */
/* The performance monitor's figures are those of the counters page, under the names that `mosctl top` reads.
 */
#include "widget_picture.h"

#include "monitor.h"

static const struct mos_counter_def defs[] = {
	{"rt.load_permille", "", MOS_COUNTER_GAUGE},
	{"rt.xruns", "", MOS_COUNTER_COUNT},
	{"seq.late", "", MOS_COUNTER_COUNT},
	{"apollo.voices", "", MOS_COUNTER_GAUGE},
	{"apollo.polyphony", "", MOS_COUNTER_GAUGE},
	{"apollo.stolen", "", MOS_COUNTER_COUNT},
	{"control.clients", "", MOS_COUNTER_GAUGE},
	{"rt.cycle", "ns", MOS_COUNTER_HIST},
	{"kronos.jitter", "ns", MOS_COUNTER_HIST},
};

Test(widget_performance_monitor, figures,
	.description =
		"WGT-28 WGT-27: real counters are shown, late ones in colour, and when something was lost")
{
	struct mos_counters counters;
	struct mos_counters_view view;
	struct monitor m = {.quantum_ms = 2};
	char text[1024];

	cr_assert_eq(
		mos_counters_create("monitor-test", defs, sizeof(defs) / sizeof(defs[0]), 1, &counters), 0);
	cr_assert_eq(mos_counters_attach(counters.region.fd, &view, NULL), 0);
	mos_counter_set(&counters, 0, 123);
	mos_counter_set(&counters, 3, 24);
	mos_counter_set(&counters, 4, 256);
	mos_counter_set(&counters, 6, 14);
	mos_counter_sample(&counters, 7, 100000);
	monitor_read(&m, &view);
	monitor_draw(picture_begin(460, 216), &m);
	picture_check();
	cr_expect(picture_has_text("24"));
	cr_expect(picture_has_text("14"));
	cr_expect(picture_has_text("12.3 %"));
	cr_expect(picture_has_text("of 256, 0 stolen"));
	cr_expect(picture_has_text("0.131"), "the bucket's upper bound, as mosctl has it");
	cr_expect_eq(picture_count(MOS_SHAPE_TEXT, MOS_TOKEN_BAD, 0), 0);
	cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 0), 0);

	mos_counter_add(&counters, 1, 3);
	mos_counter_sample(&counters, 8, 5000000);
	monitor_read(&m, &view);
	for (float size = 0.5f; size <= 4; size *= 2) {
		monitor_draw(picture_begin(460 * size, 216 * size), &m);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_TEXT, MOS_TOKEN_BAD, 0), 1, "xruns");
		cr_expect_eq(picture_count(MOS_SHAPE_BOX, MOS_TOKEN_BAD, 0), 1, "at one look");
		cr_expect_eq(picture_count(MOS_SHAPE_TEXT, MOS_TOKEN_WARN, 0), 1, "jitter");
	}
	monitor_read(&m, &view);
	cr_expect_eq(m.lost[MONITOR_HISTORY - 1], 0);
	cr_expect_eq(m.lost[MONITOR_HISTORY - 2], 1);
	monitor_text(&m, text, sizeof(text));
	cr_expect_not_null(strstr(text, "load 12.3 %"));
	cr_expect_not_null(strstr(text, "Voices               24  of 256, 0 stolen"), "%s", text);
	monitor_text(&m, text, 30);
	cr_expect_lt(strlen(text), 30);
	mos_counters_detach(&view);
	mos_region_finish(&counters.region);
}
