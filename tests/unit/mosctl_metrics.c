/* SPDX-License-Identifier: MIT */
/* The counters page as metrics: names, units, buckets; and that nothing hostile gets into the text. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../rtcore/counters.h"
#include "hud.h"
#include "stats/stats.h"
#include "stats/timing.h"

static struct mos_counters counters;
static struct mos_counters_view view;
static char *text;

static void make(const struct mos_counter_def *defs, uint32_t n)
{
	cr_assert_eq(mos_counters_create("metrics-test", defs, n, 1, &counters), 0);
	cr_assert_eq(mos_counters_attach(counters.region.fd, &view, NULL), 0);
}

static struct mos_value theater; /* nil: there is none */

static void write_all(enum metrics_format format)
{
	const struct stats s = {
		.view = &view, .has_theater = theater.type == MOS_VALUE_MAP, .theater = {.value = theater}};
	size_t size;
	FILE *to;

	free(text);
	to = open_memstream(&text, &size);
	metrics_write(to, &s, format);
	fclose(to);
}

static int has(const char *line)
{
	char whole[300];

	(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
	return strstr(text, whole) != NULL;
}
#define EXPECT(line) cr_expect(has(line), "no line \"%s\" in\n%s", line, text)

static const struct mos_counter_def defs[] = {
	{"rt.cycles", "", MOS_COUNTER_COUNT},
	{"rt.cycle", "ns", MOS_COUNTER_HIST},
	{"rt.load_permille", "", MOS_COUNTER_GAUGE},
	{"kronos.jitterMax", "ns", MOS_COUNTER_GAUGE},
	{"kronos.drift_ppb", "ppb", MOS_COUNTER_GAUGE},
	{"apollo.peak_l", "mdB", MOS_COUNTER_GAUGE},
	{"apollo.load_percent", "%", MOS_COUNTER_GAUGE},
	{"apollo.stream_bytes", "bytes", MOS_COUNTER_COUNT},
	{"apollo.strip.7.peak", "mdB", MOS_COUNTER_GAUGE},
	{"bus.refused.type", "", MOS_COUNTER_COUNT},
	{"rt.published.midi:noteon", "", MOS_COUNTER_COUNT},
	{"rt.published.midi:noteoff", "", MOS_COUNTER_COUNT},
	{"bus.refused.hops.midi:noteon", "", MOS_COUNTER_COUNT},
};

Test(mosctl_metrics, answers,
	.description = "TIM-13 MET-06: an answer's way to the screen is told by its parts, once there was one")
{
	const struct mos_field part[] = {mos_real("p50_ms", 2), mos_real("p99_ms", 30)};
	struct mos_field answers[] = {mos_int("n", 0), mos_field("to_picture", mos_value_map(part, 2)),
		mos_field("to_frame", mos_value_map(part, 2)), mos_field("to_submitted", mos_value_map(part, 2)),
		mos_field("whole", mos_value_map(part, 2))};
	const struct mos_field top = mos_field("answers", mos_value_map(answers, 5));
	const struct mos_counter_def one = {"rt.cycles", "", MOS_COUNTER_COUNT};

	make(&one, 1);
	theater = mos_value_map(&top, 1);
	write_all(METRICS_OPEN);
	cr_expect_null(strstr(text, "mos_theater_answer_seconds{"), "%s", text);
	answers[0] = mos_int("n", 3);
	write_all(METRICS_OPEN);
	EXPECT("mos_theater_answer_seconds{part=\"to_frame\",quantile=\"0.5\"} 0.002");
	EXPECT("mos_theater_answer_seconds{part=\"whole\",quantile=\"0.99\"} 0.03");
}

Test(mosctl_metrics, units,
	.description = "MET-06: names are snake case, units are base units, counters are totals")
{
	make(defs, sizeof(defs) / sizeof(defs[0]));
	mos_counter_add(&counters, 0, 12);
	mos_counter_set(&counters, 2, 125);
	mos_counter_set(&counters, 3, 250000);
	mos_counter_set(&counters, 4, -1500);
	mos_counter_set(&counters, 5, -6020);
	mos_counter_set(&counters, 6, 40);
	mos_counter_add(&counters, 7, 4096);
	mos_counter_set(&counters, 8, -120000);
	mos_counter_add(&counters, 9, 2);
	mos_counter_add(&counters, 11, 3);
	mos_counter_add(&counters, 12, 5);
	write_all(METRICS_OPEN);
	EXPECT("# TYPE mos_rt_cycles counter");
	EXPECT("mos_rt_cycles_total 12");
	EXPECT("# UNIT mos_rt_load_ratio ratio");
	EXPECT("mos_rt_load_ratio 0.125");
	EXPECT("mos_kronos_jitter_max_seconds 0.00025");
	EXPECT("mos_kronos_drift_ratio -1.5e-06");
	EXPECT("mos_apollo_peak_l_decibels -6.02");
	EXPECT("mos_apollo_load_ratio 0.4");
	EXPECT("mos_apollo_stream_bytes_total 4096");
	EXPECT("mos_apollo_strip_peak_decibels{strip=\"7\"} -120");
	EXPECT("mos_bus_refused_type_total 2");
	EXPECT("mos_rt_published_total{type=\"midi:noteon\"} 0");
	EXPECT("mos_rt_published_total{type=\"midi:noteoff\"} 3");
	EXPECT("mos_bus_refused_total{why=\"hops\",type=\"midi:noteon\"} 5");
	EXPECT("mos_up{part=\"broker\"} 0");
	cr_expect_str_eq(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
	write_all(METRICS_PROMETHEUS);
	EXPECT("# TYPE mos_rt_cycles_total counter");
	cr_expect_not(strstr(text, "# UNIT"));
	cr_expect_not(strstr(text, "# EOF"));
}

Test(mosctl_metrics, buckets,
	.description = "MET-06: a histogram's buckets count what is not above their bound, all at the end")
{
	make(defs, sizeof(defs) / sizeof(defs[0]));
	mos_counter_sample(&counters, 1, 0);
	mos_counter_sample(&counters, 1, 1023);
	mos_counter_sample(&counters, 1, 1024);
	mos_counter_sample(&counters, 1, 2047);
	mos_counter_sample(&counters, 1, UINT64_MAX);
	write_all(METRICS_OPEN);
	EXPECT("mos_rt_cycle_seconds_bucket{le=\"1.023e-06\"} 2");
	EXPECT("mos_rt_cycle_seconds_bucket{le=\"2.047e-06\"} 4");
	EXPECT("mos_rt_cycle_seconds_bucket{le=\"17.179869183\"} 4");
	EXPECT("mos_rt_cycle_seconds_bucket{le=\"+Inf\"} 5");
	cr_expect_not(strstr(text, "mos_rt_cycle_seconds_count"), "the format allows it with a sum only");
	write_all(METRICS_PROMETHEUS);
	EXPECT("mos_rt_cycle_seconds_count 5");
	EXPECT("mos_rt_cycle_seconds_sum NaN");
}

Test(mosctl_metrics, hostile_labels,
	.description = "SEC-09: a page with any labels gives well-formed text, no family twice")
{
	static const struct mos_counter_def bad[] = {
		{"rt.published.a\"b\\c\nd", "", MOS_COUNTER_COUNT},
		{"rt.published.\xff\x01z", "", MOS_COUNTER_COUNT},
		{"x y{z}", "", MOS_COUNTER_GAUGE},
		{"x.y{z}", "", MOS_COUNTER_COUNT},
		{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "weird", MOS_COUNTER_GAUGE},
		{"apollo.strip.", "", MOS_COUNTER_GAUGE},
	};

	make(bad, sizeof(bad) / sizeof(bad[0]));
	write_all(METRICS_OPEN);
	EXPECT("mos_rt_published_total{type=\"a\\\"b\\\\c\\nd\"} 0");
	EXPECT("mos_rt_published_total{type=\"??z\"} 0");
	EXPECT("# TYPE mos_x_y_z_ gauge");
	cr_expect_not(strstr(text, "# TYPE mos_x_y_z_ counter"), "the name was taken");
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		cr_expect(!strncmp(line, "mos_", 4) || !strncmp(line, "# ", 2), "%.40s", line);
}

Test(mosctl_metrics, help, .description = "MET-06: each counter of the real-time core is explained")
{
	static const char *const labels[] = {
#define X(sym, label, unit, kind) label,
		RTCORE_COUNTERS(X)
#undef X
			"apollo.strip.3.peak",
		"rt.published.midi:noteon",
		"bus.published.midi:noteon",
		"bus.refused.hops.midi:noteon",
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		cr_expect(stats_help(labels[i]), "%s has no text in tools/mosctl/stats/help.c", labels[i]);
	cr_expect_null(stats_help("no.such"));
}

Test(mosctl_metrics, timing,
	.description =
		"TIM-10: five figures, each with limit, method and verdict; the theater's from its answer")
{
	static const struct mos_counter_def times[] = {{"kronos.jitter", "ns", MOS_COUNTER_HIST},
		{"midi.latency", "ns", MOS_COUNTER_HIST}, {"kronos.seek", "ns", MOS_COUNTER_HIST}};
	struct mos_field frames[] = {mos_int("drawn", 9), mos_real("p99_ms", 20)};
	struct mos_field top[] = {mos_field("frames", mos_value_map(frames, 2))};
	const struct mos_value status = mos_value_map(top, 1);
	struct timing t[N_TIMING];

	make(times, 3);
	timing_read(t, NULL, NULL);
	for (int i = 0; i < N_TIMING; i++) {
		cr_expect_eq(t[i].is_measured, i == TIMING_LOOK_AHEAD, "%s", t[i].name);
		cr_expect(timing_holds(&t[i]));
		cr_expect(strlen(t[i].method) > 20 && t[i].limit_ms > 0);
	}
	mos_counter_sample(&counters, 0, 60000);
	mos_counter_sample(&counters, 1, 9000000);
	timing_read(t, &view, &status);
	cr_expect(t[TIMING_JITTER].is_measured && timing_holds(&t[TIMING_JITTER]));
	cr_expect_float_eq(t[TIMING_JITTER].value_ms, 0.065535, 0.000002, "the bucket's bound");
	cr_expect(t[TIMING_INPUT].is_measured && !timing_holds(&t[TIMING_INPUT]), "9 ms are too late");
	cr_expect(!t[TIMING_SEEK].is_measured);
	cr_expect(t[TIMING_FRAME].is_measured && !timing_holds(&t[TIMING_FRAME]),
		"20 ms are no 60 pictures a second");
	cr_expect_eq(t[TIMING_FRAME].n_samples, 9);
}

Test(mosctl_metrics, displays,
	.description = "WGT-29 WGT-27 TIM-10: latency-hud and Olympus show the five figures that mosctl "
		       "status tells, with "
		       "the same verdict")
{
	static const struct mos_counter_def times[] = {{"kronos.jitter", "ns", MOS_COUNTER_HIST},
		{"midi.latency", "ns", MOS_COUNTER_HIST}, {"kronos.seek", "ns", MOS_COUNTER_HIST}};
	struct mos_field frames[] = {mos_int("drawn", 9), mos_real("p50_ms", 3), mos_real("p99_ms", 20.25)};
	struct mos_field top[] = {mos_field("frames", mos_value_map(frames, 3))};
	const struct mos_value status = mos_value_map(top, 1);
	struct hud_threshold shown[HUD_THRESHOLDS];
	struct hud_figures figures = {0};
	struct timing told[N_TIMING];

	static_assert((int)HUD_THRESHOLDS == N_TIMING);
	make(times, 3);
	for (uint32_t round = 0; round < 3; round++) {
		if (round == 1)
			hud_read_theater(&figures, &status);
		for (uint32_t n = 0; round && n < 500; n++) {
			mos_counter_sample(&counters, 0, 1000 * n * n);
			mos_counter_sample(&counters, 1, 20000 * n);
			mos_counter_sample(&counters, 2, round == 2 ? 90000 * n : 1);
		}
		hud_read(&figures, &view);
		hud_thresholds(&figures, shown);
		timing_read(told, &view, round ? &status : NULL);
		for (int i = 0; i < N_TIMING; i++) {
			cr_expect_str_eq(shown[i].name, told[i].name);
			cr_expect_eq(shown[i].limit_ms, told[i].limit_ms, "%s", told[i].name);
			cr_expect_eq(shown[i].value_ms >= 0, told[i].is_measured, "%s", told[i].name);
			if (told[i].is_measured)
				cr_expect_float_eq(shown[i].value_ms, told[i].value_ms, 1e-6, "%s: %g, %g",
					told[i].name, shown[i].value_ms, told[i].value_ms);
			cr_expect_eq(hud_holds(&shown[i]), timing_holds(&told[i]), "%s", told[i].name);
		}
	}
}

static void ask(const char *request, char *answer, size_t size)
{
	const struct stats s = {0};
	int in[2], out[2];
	ssize_t n;

	cr_assert(pipe(in) == 0 && pipe(out) == 0);
	cr_assert_eq(write(in[1], request, strlen(request)), (ssize_t)strlen(request));
	close(in[1]);
	(void)stats_answer_http(in[0], out[1], &s);
	close(out[1]);
	n = read(out[0], answer, size - 1);
	answer[n > 0 ? n : 0] = '\0';
	close(in[0]);
	close(out[0]);
}

Test(mosctl_metrics, http,
	.description = "MET-06 SEC-03: one request, one answer; what is no request for figures is refused")
{
	static const struct {
		const char *request, *answer;
	} row[] = {
		{"GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text; version=1.0.0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text"},
		{"GET /metrics?x=1 HTTP/1.0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"},
		{"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405"},
		{"GET /../etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 404"},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404"},
		{"nonsense\r\n\r\n", "HTTP/1.1 400"},
		{"GET /metrics HTTP/9\r\n\r\n", "HTTP/1.1 400"},
	};
	static char much[9000], answer[16384];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ask(row[i].request, answer, sizeof(answer));
		cr_expect(!strncmp(answer, row[i].answer, strlen(row[i].answer)), "%s -> %.80s",
			row[i].request, answer);
	}
	memset(much, 'x', sizeof(much) - 1);
	ask(much, answer, sizeof(answer));
	cr_expect(!strncmp(answer, "HTTP/1.1 431", 12), "%.40s", answer);
	ask("GET /metr", answer, sizeof(answer));
	cr_expect_str_eq(answer, "", "who hangs up is not answered");
}
