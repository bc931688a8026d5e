/* SPDX-License-Identifier: MIT */
/*
 * How much accompaniment does a processor make? Notes a second from a long program (generator, layers and the
 * checks between them), a thousand short programs from their text to the bytes of a MIDI file, and what the
 * sender's loop costs an event. Processor time of one thread, beside a goal.
 *
 * Good: a song has some 3,000 notes, so a million a second make it playable in 3 ms, which leaves the rest of
 * the 100 ms from the command to the first sound to others. A loop of 1 us an event is a thousandth of its
 * tick of 10 ms at a thousand events a second.
 */
#include <stdlib.h>
#include <string.h>

#include <events.h>
#include <live.h>

#include "bench.h"

#define N_ROUNDS 15
#define N_PROGRAMS 1000
#define N_PARTS 20
#define LONG_CHORDS 2048
#define LOOP_S 3600
#define GOAL_NOTES 1e6
#define GOAL_PROGRAMS_S 1.0
#define GOAL_LOOP_NS 1000

static struct band_styles *styles;
static struct band_report report;

[[noreturn]] static void fail(const char *what)
{
	fprintf(stderr, "band: %s: %s %s\n", what, report.issue[0].where, report.issue[0].message);
	exit(EXIT_FAILURE);
}

/* Of this process: what others do on the machine meanwhile is not the band's. */
static int64_t cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static double median(double *samples, size_t n)
{
	bench_sort(samples, n);
	return bench_at(samples, n, 0.5);
}

/* A program of our own making, as text. */
static size_t write_program(char *ret, size_t size, uint32_t n_chords, uint32_t variant, const char *style)
{
	static const char *const chords[] = {"Dm7", "G7", "Cmaj7", "A7", "F#m7b5", "B7", "Em7", "Ebmaj7"};
	size_t at = (size_t)snprintf(ret, size, "{\"name\":\"%u\",\"style\":\"%s\",\"tempo\":%u,\"chords\":[",
		variant, style, 90 + variant % 100);

	for (uint32_t i = 0; i < n_chords; i++)
		at += (size_t)snprintf(
			ret + at, size - at, "%s\"%s\"", i ? "," : "", chords[(i * 5 + variant) % 8]);
	return at + (size_t)snprintf(ret + at, size - at, "]}");
}

static void read_program(const char *text, size_t size, struct band_inputs *ret)
{
	const struct band_source source = {.program = text, .program_size = size};

	if (band_inputs_read(&source, styles, &report, ret) < 0)
		fail("read");
}

/* Plan and notes of inputs. */
struct made {
	struct band_plan plan;
	struct band_events events;
	struct band_ctx ctx;
};

static void make(const struct band_inputs *in, struct made *ret)
{
	*ret = (struct made){0};
	ret->ctx = (struct band_ctx){.in = in, .plan = &ret->plan, .report = &report};
	if (band_plan_program(in, &report, &ret->plan) < 0 || band_render(&ret->ctx, &ret->events) < 0)
		fail("render");
}

static void made_finish(struct made *made)
{
	band_events_finish(&made->events);
	band_plan_finish(&made->plan);
}

static void measure_render(const char *style)
{
	static char text[LONG_CHORDS * 16];
	const size_t size = write_program(text, sizeof(text), LONG_CHORDS, 0, style);
	double rate[N_ROUNDS];
	char name[64];
	struct band_inputs in;

	read_program(text, size, &in);
	for (uint32_t round = 0; round < N_ROUNDS; round++) {
		const int64_t begin_ns = cpu_ns();
		struct made made;

		make(&in, &made);
		rate[round] = made.events.n_events * 1e9 / (double)(cpu_ns() - begin_ns);
		made_finish(&made);
	}
	band_inputs_finish(&in);
	(void)snprintf(name, sizeof(name), "band.render.%s", style);
	bench_print(name, median(rate, N_ROUNDS), "notes/s", "goal", GOAL_NOTES);
}

/* One program to the bytes of its file. @return how many. */
static size_t create(uint32_t variant)
{
	static const char *const names[] = {
		"swing", "bossa", "funk", "swing_basic", "salsa_full_2_3", "waltz"};
	static const struct band_smf_options options = {.metadata = true};
	char text[1024];
	const size_t size = write_program(text, sizeof(text), 32, variant, names[variant % 6]);
	struct band_inputs in;
	struct made made;
	struct band_bytes smf;

	read_program(text, size, &in);
	make(&in, &made);
	if (band_smf(&made.ctx, &made.events, &options, &smf) < 0)
		fail("write");
	free(smf.byte);
	made_finish(&made);
	band_inputs_finish(&in);
	return smf.size;
}

/* In parts, so that a stall of the machine is one part's. */
static void measure_create(void)
{
	double part_s[N_PARTS];
	size_t bytes = 0;

	for (uint32_t part = 0; part < N_PARTS; part++) {
		const int64_t begin_ns = cpu_ns();

		for (uint32_t i = 0; i < N_PROGRAMS / N_PARTS; i++)
			bytes += create(part * (N_PROGRAMS / N_PARTS) + i);
		part_s[part] = (double)(cpu_ns() - begin_ns) / 1e9;
	}
	bench_print("band.create_1000", median(part_s, N_PARTS) * N_PARTS, "s", "goal", GOAL_PROGRAMS_S);
	fprintf(stderr, "band: %d programs of 32 chords, %zu bytes of MIDI\n", N_PROGRAMS, bytes);
}

/* An hour of a cycle, woken as the loop wants to be, the clock given: what is left is its own cost. */
static void measure_loop(void)
{
	static char text[4096];
	const size_t size = write_program(text, sizeof(text), 32, 0, "swing_basic");
	static const struct band_steps_options how = {
		.click = true, .clave = "son_2_3", .click_note = 37, .click_vel = 40};
	struct band_steps steps = {0};
	struct band_schedule schedule;
	struct band_options options;
	struct band_sender *sender;
	struct band_inputs in;
	struct made made;
	double cost[N_ROUNDS];

	band_options_init(&options);
	read_program(text, size, &in);
	make(&in, &made);
	if (band_steps(&made.ctx, &made.events, &how, &steps) < 0 ||
		band_steps_schedule(&steps, in.tempo_bpm, &options, made.plan.n_bars, &schedule) < 0)
		fail("schedule");
	for (uint32_t round = 0; round < N_ROUNDS; round++) {
		uint64_t n_sent, n_late, n_dropped;
		struct band_loop *loop;
		int64_t begin_ns, wait_ns;

		if (band_backend_find("collect")->open("", &report, &sender) < 0)
			fail("collect");
		loop = band_loop_new(&schedule, &options.gate, sender, 1);
		if (!loop)
			fail("loop");
		begin_ns = cpu_ns();
		for (int64_t ns = 1; ns < LOOP_S * INT64_C(1000000000); ns += wait_ns)
			wait_ns = band_loop_run(loop, ns, NULL, NULL);
		band_loop_counts(loop, &n_sent, &n_late, &n_dropped);
		cost[round] = (double)(cpu_ns() - begin_ns) / (double)n_sent;
		band_loop_free(loop);
	}
	bench_print("band.loop.event", median(cost, N_ROUNDS), "ns", "goal", GOAL_LOOP_NS);
	band_schedule_finish(&schedule);
	band_steps_finish(&steps);
	made_finish(&made);
	band_inputs_finish(&in);
}

int main(void)
{
	(void)bench_pin(bench_nth_cpu(0));
	styles = band_styles_new(NULL, &report);
	if (!styles)
		fail("styles");
	measure_render("swing_basic");
	measure_render("funk");
	measure_create();
	measure_loop();
	band_styles_free(styles);
	return 0;
}
