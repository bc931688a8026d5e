/* SPDX-License-Identifier: MIT */
/* The latency display's lines, from a counters page and an answer made here. */
#include <string.h>

#include <criterion/criterion.h>

#include <mos/counters.h>

#include "hud.h"

static const struct mos_counter_def defs[] = {
	{"rt.cycle", "ns", MOS_COUNTER_HIST},
	{"rt.wakeup", "ns", MOS_COUNTER_HIST},
	{"kronos.jitter", "ns", MOS_COUNTER_HIST},
	{"midi.latency", "ns", MOS_COUNTER_HIST},
	{"kronos.seek", "ns", MOS_COUNTER_HIST},
	{"rt.xruns", "", MOS_COUNTER_COUNT},
	{"rt.load_permille", "", MOS_COUNTER_GAUGE},
	{"midi.in_rate", "1/s", MOS_COUNTER_GAUGE},
};

Test(latency_hud, five_figures,
	.description = "TIM-10 MID-06: all five thresholds of E1.3.1 are shown with their value and whether "
		       "it holds")
{
	struct mos_counters counters;
	struct mos_counters_view view;
	struct hud_figures f = {0};
	struct hud_threshold t[HUD_THRESHOLDS];
	char text[2048];

	cr_assert_eq(mos_counters_create("hud-test", defs, sizeof(defs) / sizeof(defs[0]), 1, &counters), 0);
	cr_assert_eq(mos_counters_attach(counters.region.fd, &view, NULL), 0);
	hud_read(&f, &view);
	hud_text(&f, text, sizeof(text));
	cr_expect_not_null(strstr(text, "transport jitter        not measured yet, limit 1 ms"), "%s", text);

	mos_counter_sample(&counters, 0, 130000);
	mos_counter_sample(&counters, 2, 60000);
	mos_counter_sample(&counters, 3, 9000000); /* too late */
	mos_counter_sample(&counters, 4, 300000);
	mos_counter_add(&counters, 5, 3);
	mos_counter_set(&counters, 6, 125);
	mos_counter_set(&counters, 7, 48);
	hud_read(&f, &view);
	cr_expect_eq(f.cycle.n, 1);
	cr_expect(f.cycle.p99_ns >= 130000 && f.cycle.p99_ns < 270000);
	hud_thresholds(&f, t);
	cr_expect(t[0].value_ms > 0 && t[0].value_ms <= 1);
	cr_expect_gt(t[1].value_ms, 5);
	cr_expect_eq(t[2].value_ms, 100);
	cr_expect(t[3].value_ms > 0 && t[3].value_ms <= 10);
	cr_expect_lt(t[4].value_ms, 0, "there is no theater");
	hud_text(&f, text, sizeof(text));
	cr_expect_not_null(strstr(text, "xruns 3 "), "%s", text);
	cr_expect_not_null(strstr(text, "load 12.5 %"), "%s", text);
	cr_expect_not_null(strstr(text, "MIDI in 48/s"), "%s", text);
	cr_expect_not_null(strstr(text, "of 5 TOO LATE"), "%s", text);
	cr_expect_not_null(strstr(text, "look-ahead          100.000 ms of 100 ok (fixed)"), "%s", text);
	/* too little room cuts, and ends */
	for (size_t size = 1; size < sizeof(text); size += 17) {
		memset(text, 'x', sizeof(text));
		hud_text(&f, text, size);
		cr_assert_lt(strnlen(text, sizeof(text)), size);
	}
	mos_counters_detach(&view);
	mos_region_finish(&counters.region);
}

Test(latency_hud, pictures,
	.description = "TIM-10: the fifth figure is the theater's: its 99th percentile, when it has drawn something")
{
	struct mos_field frames[] = {mos_int("drawn", 60), mos_real("p50_ms", 3), mos_real("p99_ms", 12.5)};
	struct mos_field top[] = {mos_field("frames", mos_value_map(frames, 3))};
	struct mos_value status = mos_value_map(top, 1);
	struct hud_figures f = {0};
	struct hud_threshold t[HUD_THRESHOLDS];

	hud_read_theater(&f, &status);
	hud_thresholds(&f, t);
	cr_expect_float_eq(t[4].value_ms, 12.5, 1e-6);
	cr_expect(hud_holds(&t[4]));
	frames[2] = mos_real("p99_ms", 17);
	hud_read_theater(&f, &status);
	hud_thresholds(&f, t);
	cr_expect_not(hud_holds(&t[4]));
	frames[0] = mos_int("drawn", 0);
	hud_read_theater(&f, &status);
	hud_thresholds(&f, t);
	cr_expect_lt(t[4].value_ms, 0, "nothing was drawn");
	cr_expect(hud_holds(&t[4]));
	frames[0] = mos_int("drawn", 60);
	frames[2] = mos_real("p99_ms", -1e300);
	hud_read_theater(&f, &status);
	cr_expect_eq(f.frame.n, 0, "nonsense is nothing");
}

Test(latency_hud, answers,
	.description = "TIM-13: from an event to the picture that answers it, once there was one")
{
	const struct mos_field whole[] = {mos_real("p50_ms", 11.5), mos_real("p99_ms", 30)};
	struct mos_field answers[] = {mos_int("n", 7), mos_field("whole", mos_value_map(whole, 2))};
	const struct mos_field top = mos_field("answers", mos_value_map(answers, 2));
	const struct mos_value status = mos_value_map(&top, 1);
	struct hud_figures f = {0};
	char text[1024];

	hud_read_theater(&f, &status);
	hud_text(&f, text, sizeof(text));
	cr_expect_not_null(strstr(text, "event to picture     11.500   30.000 ms"), "%s", text);
	answers[0] = mos_int("n", 0);
	hud_read_theater(&f, &status);
	hud_text(&f, text, sizeof(text));
	cr_expect_not_null(strstr(text, "event to picture          -        -\n"), "%s", text);
}

Test(latency_hud, bus,
	.description =
		"EVT-10: the bus' figures: rates added up, the slowest type's times, nothing from nonsense")
{
	const struct mos_field a[] = {mos_real("rate_hz", 10.5), mos_int("p50_ns", 100),
		mos_int("p99_ns", 9000), mos_int("lost", 2)};
	const struct mos_field b[] = {
		mos_int("rate_hz", 4), mos_int("p50_ns", 300), mos_int("p99_ns", 500), mos_int("lost", 2)};
	const struct mos_value types[] = {mos_value_map(a, 4), mos_value_map(b, 4), mos_value_int(7)};
	const struct mos_field good[] = {mos_list("types", types, 3)}, bad[] = {mos_int("types", 3)};
	const struct mos_value answer = mos_value_map(good, 1), nonsense = mos_value_map(bad, 1);
	struct hud_figures f = {0};

	hud_read_bus(&f, &answer);
	cr_expect(f.have_bus);
	cr_expect_float_eq(f.events_hz, 14.5, 1e-9);
	cr_expect_eq(f.p50_ns, 300);
	cr_expect_eq(f.p99_ns, 9000);
	cr_expect_eq(f.lost, 2);
	hud_read_bus(&f, &nonsense);
	cr_expect_not(f.have_bus);
	cr_expect_eq(f.p99_ns, 0);
}
