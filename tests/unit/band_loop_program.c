/* SPDX-License-Identifier: MIT */
/* Whole programs through the loop: from chords to what a port would get. */
#include <errno.h>
#include <stdio.h>

#include "band_bench.h"
#include "band_fixture.h"
#include "music_random.h"

static struct band_overrides flags_of(const char *chords, const char *style, const char *grid)
{
	struct band_overrides flags = {0};

	flags.value[BAND_KEY_CHORDS] = chords;
	flags.value[BAND_KEY_STYLE] = style;
	flags.value[BAND_KEY_GRID] = grid;
	return flags;
}

static struct band_options options_of_contract(void)
{
	struct band_options options;

	band_options_init(&options);
	options.gate = policy_of_contract();
	return options;
}

/* The contract's step list in a loop of its own. */
struct rig {
	struct band_piece piece;
	struct band_steps steps;
	struct band_schedule schedule;
	struct bench bench;
	struct band_loop *loop;
};

static void rig_start(struct rig *rig, const struct band_overrides *flags,
	const struct band_steps_options *how, const struct band_options *options)
{
	memset(rig, 0, sizeof(*rig));
	piece_render(&rig->piece, NULL, flags);
	cr_assert_eq(band_steps(&rig->piece.ctx, &rig->piece.events, how, &rig->steps), 0, "%s",
		rig->piece.report.issue[0].message);
	cr_assert_eq(band_steps_schedule(&rig->steps, rig->piece.in.tempo_bpm, options,
			     rig->piece.plan.n_bars, &rig->schedule),
		0);
	bench_init(&rig->bench);
	rig->loop = band_loop_new(&rig->schedule, &options->gate, &rig->bench.sender, T0);
	cr_assert_not_null(rig->loop);
}

static void rig_stop(struct rig *rig)
{
	band_loop_free(rig->loop);
	cr_assert_eq(bench_sounding(&rig->bench), 0, "T-19");
	bench_finish(&rig->bench);
	band_schedule_finish(&rig->schedule);
	band_steps_finish(&rig->steps);
	piece_finish(&rig->piece);
}

Test(band_loop_program, cycles,
	.description = "T-24 T-2 T-40: of random programs each step lies in the cycle, each cycle is as the "
		       "one before, and lasts as long as its bars")
{
	static const char *const chords[] = {"Cmaj7", "Dm7", "G7", "F#m7b5", "Bb7", "Ebmaj7", "A7", "N.C."};
	uint64_t seed = 3;

	for (uint32_t round = 0; round < 24; round++) {
		static const char *const styles[] = {"swing_basic", "bossa_basic", "ballad_basic",
			"salsa_full_2_3", "samba_brazil_full", "swing", "waltz", "funk"};
		const struct band_options options = options_of_contract();
		const struct band_steps_options how = {
			.click = round % 2, .clave = "son_2_3", .click_note = 37, .click_vel = 40};
		char text[128] = "";
		struct band_overrides flags =
			flags_of(text, styles[round % 8], round % 3 && round % 8 != 6 ? "16" : "8");
		struct rig *rig = malloc(sizeof(*rig));
		uint32_t per_pass;
		int64_t len_ns;
		double quarters;

		for (int64_t i = random_between(&seed, 1, 7); i > 0; i--) {
			(void)strcat(text, chords[random_between(&seed, 0, 7)]);
			(void)strcat(text, " ");
		}
		if (round % 8 == 6)
			flags.value[BAND_KEY_GRID] = "16";
		rig_start(rig, &flags, &how, &options);
		for (uint32_t i = 0; i < rig->steps.n_steps; i++)
			cr_assert_lt(rig->steps.step[i].step, rig->steps.per_cycle, "T-24: %s in %s", text,
				styles[round % 8]);
		len_ns = rig->schedule.loop_end_ns - rig->schedule.loop_start_ns;
		/* a quarter is a whole number of ns, as everywhere */
		quarters = rig->steps.per_cycle * rig->steps.step_beats;
		cr_assert_float_eq((double)len_ns, quarters * 60e9 / rig->piece.in.tempo_bpm,
			quarters / 2 + 1, "T-40: %s in %s: %ld", text, styles[round % 8], len_ns);
		per_pass = rig->schedule.n_due;
		(void)bench_play(&rig->bench, rig->loop, T0 - 100 * MS, T0 + 3 * len_ns - 60 * MS);
		for (uint32_t i = per_pass; i < rig->bench.n_decisions; i++) {
			const struct band_decision *now = &rig->bench.decision[i], *then = now - per_pass;

			cr_assert(now->ump[0] == then->ump[0] && now->due_ns == then->due_ns + len_ns,
				"T-24: round %u, message %u", round, i);
		}
		cr_assert_geq(rig->bench.n_decisions, 2 * per_pass);
		rig_stop(rig);
		free(rig);
	}
}

/* What was sent in the first cycle, as text: to see that something reached the loop. */
static char *log_of(const struct band_overrides *flags, const struct band_steps_options *how,
	const struct band_options *options, int64_t stall_ns)
{
	struct rig *rig = malloc(sizeof(*rig));
	size_t size = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	rig_start(rig, flags, how, options);
	(void)bench_run(&rig->bench, rig->loop, T0 - BAND_LOOKAHEAD_NS);
	(void)bench_play(&rig->bench, rig->loop, T0 + stall_ns, T0 + stall_ns + 4 * SECOND);
	band_loop_end(rig->loop);
	for (uint32_t i = 0; i < rig->bench.n; i++)
		(void)fprintf(file, "%lld %08x\n", (long long)(rig->bench.message[i].due_ns - T0),
			rig->bench.message[i].ump);
	(void)fclose(file);
	rig_stop(rig);
	free(rig);
	return text;
}

Test(band_loop_program, inputs_reach_the_loop,
	.description = "T-22: grid, clave, click, its note and velocity, late-drop, ghost threshold and "
		       "panic each change what is sent; the same ones give the same")
{
	const struct band_overrides flags = flags_of("C7 F7", "samba_brazil_full", "16");
	const struct band_overrides grid = flags_of("C7 F7", "samba_brazil_full", "8");
	const struct band_steps_options base = {
		.click = true, .clave = "son_2_3", .click_note = 37, .click_vel = 40};
	const int64_t stall_ns = 600 * MS; /* ghosts are on steps 1 and 5 */
	char *want, *got;

	{
		const struct band_options options = options_of_contract();

		want = log_of(&flags, &base, &options, stall_ns);
	}
	for (int i = 0; i < 9; i++) {
		struct band_options options = options_of_contract();
		struct band_steps_options how = base;

		if (i == 1)
			how.click = false;
		else if (i == 2)
			how.clave = "rumba_3_2";
		else if (i == 3)
			how.click_note = 76;
		else if (i == 4)
			how.click_vel = 41;
		else if (i == 5)
			options.gate.late_drop_ms = 500;
		else if (i == 6)
			options.gate.ghost_vel_max = 1;
		else if (i == 7)
			options.gate.panic = false;
		got = log_of(i == 8 ? &grid : &flags, &how, &options, stall_ns);
		cr_assert_eq(strcmp(want, got) == 0, i == 0, "T-22: %d", i);
		free(got);
	}
	free(want);
}

Test(band_loop_program, checked_before,
	.description = "T-14: an event out of range, or of no length, stops it before anything is sent; "
		       "the stage is pre_schedule")
{
	for (int i = 0; i < 5; i++) {
		const struct band_overrides flags = flags_of("C7 F7", "swing_basic", "16");
		const struct band_steps_options how = {.cycle_bars = 2};
		struct band_steps steps = {0};
		struct band_piece *piece = malloc(sizeof(*piece));
		struct band_event *event;

		piece_render(piece, NULL, &flags);
		event = &piece->events.event[5];
		if (i == 0)
			event->len_beats = -0.5;
		else if (i == 1)
			event->at_beats = -1;
		else if (i == 2)
			event->velocity = 0;
		else if (i == 3)
			event->channel = 16;
		else
			event->note = 128;
		cr_assert_eq(band_steps(&piece->ctx, &piece->events, &how, &steps), -EINVAL, "%d", i);
		cr_assert_eq(steps.n_steps, 0);
		cr_assert_eq(piece->report.n_errors, 1);
		cr_assert_eq(strncmp(piece->report.issue[0].code, "band.contract.", 14), 0);
		cr_assert_not_null(strstr(piece->report.issue[0].where, "pre_schedule event 5"), "%s",
			piece->report.issue[0].where);
		piece_finish(piece);
		free(piece);
	}
}

/* A performance through the loop, a given number of ns late at one place. */
static void perform(struct bench *b, const struct band_options *options, int64_t stall_ns)
{
	const struct band_overrides flags = flags_of("Dm7 G7 Cmaj7 A7", "swing_basic", "16");
	struct band_piece *piece = malloc(sizeof(*piece));
	struct band_schedule schedule;
	struct band_performance *p;
	struct band_loop *loop;
	int64_t from_ns = T0 - 100 * MS;

	piece_render(piece, NULL, &flags);
	p = band_performance_new(
		&(struct band_item){.in = &piece->in, .repeats = 1}, 1, options, &piece->report);
	cr_assert_not_null(p, "%s", piece->report.issue[0].message);
	cr_assert_eq(band_performance_schedule(p, &piece->report, &schedule), 0);
	band_performance_free(p);
	bench_init(b);
	loop = band_loop_new(&schedule, &options->gate, &b->sender, T0);
	if (stall_ns) {
		(void)bench_play(b, loop, from_ns, T0 + SECOND);
		from_ns = T0 + SECOND + stall_ns;
	}
	(void)bench_play(b, loop, from_ns, T0 + schedule.end_ns + SECOND);
	band_loop_free(loop);
	cr_assert_eq(bench_sounding(b), 0, "T-19");
	band_schedule_finish(&schedule);
	piece_finish(piece);
	free(piece);
}

static bool is_telemetry(uint32_t ump, uint32_t channel)
{
	const uint32_t index = ump >> 8 & 127;

	return (ump & 0x00ff0000u) == (0x00b00000u | channel << 16) && index >= 20 && index <= 22;
}

Test(band_loop_program, telemetry,
	.description = "T-49 T-50 T-51 T-52 T-53 T-54: four bars: section, then (20:3 21:0) to (20:0 21:3), "
		       "each at its bar's start and before its notes, on the channel asked for, also behind "
		       "a stall; the notes are the same as without")
{
	static const int64_t stalls[] = {0, 50 * MS, 500 * MS, 5 * SECOND};

	for (uint32_t i = 0; i < 8; i++) {
		struct band_options options = options_of_contract();
		const uint32_t channel = i % 2 ? 12 : 15;
		struct bench with, without;
		uint32_t n = 0, k = 0;

		options.choruses = 1;
		options.count_in_bars = 0;
		options.ending = options.fills = options.click = false;
		perform(&without, &options, stalls[i / 2]);
		options.bar_cc = true;
		if (channel != 15)
			options.bar_cc_channel = (uint8_t)channel;
		perform(&with, &options, stalls[i / 2]);
		for (uint32_t m = 0; m < with.n; m++) {
			const uint32_t bar = n ? (n - 1) / 2 : 0;
			const uint32_t want = n == 0  ? m_cc(channel, 22, 0)
					      : n % 2 ? m_cc(channel, 20, 3 - bar)
						      : m_cc(channel, 21, bar);

			if (!is_telemetry(with.message[m].ump, channel)) {
				cr_assert(k < without.n && with.message[m].ump == without.message[k].ump,
					"T-54");
				/* a bar line may wake the loop at another time, but what is heard is heard
				 * when it was */
				cr_assert_eq(with.message[m].due_ns, without.message[k].due_ns, "T-54");
				k++;
				continue;
			}
			cr_assert_eq(with.message[m].ump, want, "T-50: contract v1 (T-55): %u: %08x", n,
				with.message[m].ump);
			cr_assert_eq(with.message[m].due_ns, T0 + bar * 2 * SECOND, "T-49: bar %u", bar);
			n++;
			if (n > 2 && n % 2 == 1)
				for (uint32_t before = 0; before < m; before++)
					cr_assert(!is_on(with.message[before].ump) ||
							  with.message[before].due_ns < T0 + bar * 2 * SECOND,
						"T-51 D-19: before its notes");
		}
		cr_assert_eq(n, 1 + 2 * 4, "T-49: exactly one a bar: %u", n);
		cr_assert_eq(k, without.n, "T-54");
		bench_finish(&with);
		bench_finish(&without);
	}
}
