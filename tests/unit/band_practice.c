/* SPDX-License-Identifier: MIT */
/* Performances as one practises with them: who is silent when, sections, a rising tempo, grooves, several pieces. */
#include "band_stage.h"

#include <errno.h>

#include <mos/clave.h>

enum { COMP, BASS, DRUMS, CLICK, TELEMETRY };

#define BAR (4 * PPQ)

Test(band_practice, trade,
	.description = "T-22: traded fours: four bars of the band, four of the drums alone, or turned round")
{
	for (int band_first = 0; band_first < 2; band_first++) {
		struct stage s;

		stage_chords(&s, "C7 F7 C7 C7 F7 F7 C7 C7 G7 F7 C7 G7", "swing");
		s.options.choruses = 2;
		s.options.trade_bars = 4;
		s.options.trade_band_first = band_first;
		s.options.ending = false;
		struct band_performance *p = stage_perform(&s);
		struct played played = played_of(p, 0);
		for (int64_t bar = 0; bar < 24; bar++) {
			const bool band = (bar / 4 % 2 == 0) == band_first;

			cr_assert_eq(count_ons(&played, BASS, bar * BAR, (bar + 1) * BAR) > 0, band, "%ld",
				(long)bar);
			cr_assert_eq(count_ons(&played, COMP, bar * BAR, (bar + 1) * BAR) > 0, band);
			cr_assert_gt(count_ons(&played, DRUMS, bar * BAR, (bar + 1) * BAR), 0);
		}
		played_finish(&played);
		band_performance_free(p);
		stage_finish(&s);
	}
}

Test(band_practice, trade_without_drums,
	.description = "T-22: where a style has no drums, the metronome keeps the soloist's time")
{
	struct stage s;

	stage_chords(&s, "C7 F7 C7 C7", "swing_basic");
	s.options.choruses = 1;
	s.options.trade_bars = 2;
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 0);
	cr_assert_eq(count_ons(&played, CLICK, 0, 2 * BAR), 0);
	cr_assert_eq(count_ons(&played, CLICK, 2 * BAR, 4 * BAR), 4, "the last bar is the ending");
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_practice, section,
	.description =
		"T-22: one section alone, round and round; an unknown one is refused with those that are")
{
	struct band_overrides flags = {};
	struct stage s;
	int64_t start, end;

	flags.value[BAND_KEY_CHORDS] = "C Am Dm G7 F Fm C A7";
	flags.value[BAND_KEY_STYLE] = "pop_8";
	flags.value[BAND_KEY_SECTIONS] = "A:4 B:4";
	stage_open(&s, &flags);
	strcpy(s.options.section, "B");
	struct band_performance *p = stage_perform(&s);
	const struct band_plan *plan = band_performance_plan(p);
	cr_assert_str_eq(plan->bar[0].chord[0].text, "F");
	cr_assert_eq(plan->bar[0].chorus_bar, 4);
	cr_assert(band_performance_loop(p, &start, &end));
	cr_assert_eq(end - start, 4 * BAR);
	cr_assert(plan->bar[3].is_fill && !plan->bar[2].is_fill);
	struct played played = played_of(p, 0);
	cr_assert_eq(played.tl.marker[0].kind, 1);
	cr_assert_str_eq(played.tl.strings + played.tl.marker[0].name_off, "B");
	played_finish(&played);
	band_performance_free(p);

	strcpy(s.options.section, "C");
	const struct band_item item = {.in = &s.in, .repeats = 1};
	cr_assert_null(band_performance_new(&item, 1, &s.options, &s.report));
	cr_assert_str_eq(s.report.issue[0].code, "band.options.section");
	cr_assert_str_eq(s.report.issue[0].hint, "there are: A B");
	stage_finish(&s);
}

Test(band_practice, trainer,
	.description = "T-22: the trainer adds its tempo each chorus, up to its most, and stays there")
{
	struct band_overrides flags = {};
	struct stage s;
	int64_t start, end;

	flags.value[BAND_KEY_CHORDS] = "C F G7 C";
	flags.value[BAND_KEY_STYLE] = "rock";
	flags.value[BAND_KEY_TEMPO] = "96";
	stage_open(&s, &flags);
	s.options.trainer_bpm = 5;
	s.options.trainer_max_bpm = 118;
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 0);
	cr_assert_eq(played.tl.n_tempo, 6);
	for (uint32_t i = 0; i < 6; i++) {
		const double bpm = i < 5 ? 96 + 5.0 * i : 118;

		cr_assert_eq(played.tl.tempo[i].tick, i * 4 * BAR);
		cr_assert_eq(played.tl.tempo[i].npq_start, (uint64_t)__builtin_llrint(60e9 / bpm));
		cr_assert_eq(played.tl.tempo[i].npq_end, played.tl.tempo[i].npq_start);
	}
	cr_assert(band_performance_loop(p, &start, &end));
	cr_assert_geq(start, 5 * 4 * BAR, "the loop is at the last tempo");
	played_finish(&played);
	band_performance_free(p);

	/* more than it can be made of is refused, not cut */
	flags.value[BAND_KEY_BARS] = "32";
	flags.value[BAND_KEY_TEMPO] = "40";
	band_inputs_finish(&s.in);
	stage_read(&s, &flags, &s.in);
	s.options.trainer_bpm = 0.5;
	s.options.trainer_max_bpm = 300;
	const struct band_item item = {.in = &s.in, .repeats = 1};
	cr_assert_null(band_performance_new(&item, 1, &s.options, &s.report));
	cr_assert_str_eq(s.report.issue[0].code, "band.options.bars");
	stage_finish(&s);
}

Test(band_practice, click,
	.description =
		"T-22: D-7: click on the clave's strokes, velocity 40, a step long; on the beats without one")
{
	static const char *const claves[] = {"son_2_3", "son_3_2", "rumba_2_3", "rumba_3_2"};
	struct stage s;

	stage_chords(&s, "Cm7 Fm7", "swing_basic");
	s.options.click = true;
	s.options.choruses = 1;
	s.options.ending = false;
	for (int i = 0; i < 5; i++) {
		uint8_t stroke[MOS_CLAVE_STROKES_MAX] = {0, 4, 8, 12, 16, 20, 24, 28};
		int n = 8;
		int k = 0;

		s.options.clave[0] = '\0';
		if (i < 4) {
			strcpy(s.options.clave, claves[i]);
			n = mos_clave_steps(claves[i], 16, stroke);
		}
		struct band_performance *p = stage_perform(&s);
		struct played played = played_of(p, 0);
		for (uint32_t j = 0; j < played.n; j++) {
			const struct mos_tl_event *e = &played.event[j];

			if (e->part != CLICK || !is_on(e))
				continue;
			cr_assert_lt(k, n);
			cr_assert_eq(e->tick, stroke[k++] * PPQ / 4);
			cr_assert_eq(e->len_ticks, PPQ / 4);
			cr_assert_eq(e->ump[0], UINT32_C(0x20992528));
		}
		cr_assert_eq(k, n);
		played_finish(&played);
		band_performance_free(p);
	}
	stage_finish(&s);
}

Test(band_practice, click_only,
	.description = "T-22: each n-th bar is the metronome's alone, loud enough to be no ornament")
{
	struct stage s;

	stage_chords(&s, "C F G7 C", "pop_8");
	s.options.click_only_every = 4;
	s.options.choruses = 2;
	s.options.ending = false;
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 0);
	for (int64_t bar = 0; bar < 8; bar++) {
		const bool click = bar % 4 == 3;

		cr_assert_eq(count_ons(&played, CLICK, bar * BAR, (bar + 1) * BAR), click ? 4 : 0);
		for (uint16_t part = COMP; part <= DRUMS; part++)
			cr_assert_eq(count_ons(&played, part, bar * BAR, (bar + 1) * BAR) == 0, click);
	}
	for (uint32_t i = 0; i < played.n; i++)
		cr_assert(!is_on(&played.event[i]) || played.event[i].part != CLICK ||
			  data2_of(&played.event[i]) >= 60);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_practice, shape,
	.description =
		"T-22: fills at section ends, rising intensity, who rests, and an ending that comes home")
{
	struct band_overrides flags = {};
	struct stage s;

	flags.value[BAND_KEY_CHORDS] = "Am7 D7 Gmaj7 Cmaj7 F#m7b5 B7 Em7 E7 Am7 D7 Gmaj7 D7";
	flags.value[BAND_KEY_STYLE] = "bossa";
	flags.value[BAND_KEY_SECTIONS] = "A:8 B:4";
	stage_open(&s, &flags);
	s.options.choruses = 3;
	s.options.rise = true;
	s.options.rests = BAND_REST(BAND_BASS);
	struct band_performance *p = stage_perform(&s);
	const struct band_plan *plan = band_performance_plan(p);
	/* the key is G, and the form stops on its dominant */
	cr_assert_eq(plan->n_bars, 37);
	cr_assert_str_eq(plan->bar[36].chord[0].text, "Gmaj7");
	for (uint32_t i = 0; i < 37; i++) {
		cr_assert_eq(plan->bar[i].is_ending, i == 36);
		cr_assert_eq(plan->bar[i].is_fill, i < 36 && (i % 12 == 7 || i % 12 == 11), "%u", i);
		cr_assert_eq(plan->bar[i].intensity, i < 36 ? i / 12 : BAND_HARD);
	}
	struct played played = played_of(p, 0);
	cr_assert_eq(count_ons(&played, BASS, 0, INT64_MAX), 0);
	cr_assert_gt(count_ons(&played, COMP, 0, INT64_MAX), 0);
	played_finish(&played);
	band_performance_free(p);

	s.options.ending = false;
	s.options.fills = false;
	s.options.rise = false;
	p = stage_perform(&s);
	plan = band_performance_plan(p);
	cr_assert_eq(plan->n_bars, 36);
	for (uint32_t i = 0; i < 36; i++)
		cr_assert(!plan->bar[i].is_fill && !plan->bar[i].is_ending &&
			  plan->bar[i].intensity == BAND_MEDIUM);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_practice, grid,
	.description = "T-22 T-34: a grid that is named puts all on its steps, by the mode that is named; by "
		       "default "
		       "everything stays where it is played")
{
	static const struct {
		const char *grid, *quantize;
		int64_t step,
			first; /* ticks: of the grid, and where the off-beat at 1.5 with swing 0.5 comes */
	} row[] = {{NULL, NULL, 1, 1680}, {"16", NULL, 240, 1680}, {"8", "nearest", 480, 1920},
		{"8", "down", 480, 1440}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct band_overrides flags = {};
		struct stage s;
		uint32_t n = 0;

		flags.value[BAND_KEY_CHORDS] = "C";
		flags.value[BAND_KEY_STYLE] = "swing_basic";
		flags.value[BAND_KEY_SWING] = "0.5";
		flags.value[BAND_KEY_GRID] = row[i].grid;
		flags.value[BAND_KEY_QUANTIZE] = row[i].quantize;
		stage_open(&s, &flags);
		s.options.choruses = 1;
		s.options.ending = false;
		struct band_performance *p = stage_perform(&s);
		struct played played = played_of(p, 0);

		for (uint32_t k = 0; k < played.n; k++) {
			const struct mos_tl_event *e = &played.event[k];

			if (!is_on(e))
				continue;
			cr_assert_eq(e->tick % row[i].step, 0, "row %zu: tick %ld", i, e->tick);
			cr_assert_gt(e->len_ticks, 0);
			n += e->part == COMP && e->tick == row[i].first;
		}
		cr_assert_gt(n, 0, "row %zu", i);
		played_finish(&played);
		band_performance_free(p);
		stage_finish(&s);
	}
}

Test(band_practice, groove,
	.description =
		"T-3 T-36 T-40: a groove moves and scales what is played, by a few milliseconds, the same "
		"each "
		"time for one profile; what is struck together stays together, bars and notes are the same")
{
	struct stage s;
	struct played plain, felt, again, other;

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "bossa");
	s.options.choruses = 2;
	struct band_performance *p = stage_perform(&s);
	plain = played_of(p, 0);
	band_performance_free(p);
	strcpy(s.options.groove, "loose");
	p = stage_perform(&s);
	felt = played_of(p, 0);
	band_performance_free(p);
	p = stage_perform(&s);
	again = played_of(p, 0);
	band_performance_free(p);
	strcpy(s.options.groove_profile, "somebody else");
	p = stage_perform(&s);
	other = played_of(p, 0);
	cr_assert_eq(band_performance_plan(p)->n_bars, 9);
	band_performance_free(p);

	cr_assert_eq(felt.n, plain.n);
	cr_assert_eq(felt.tl.id, again.tl.id);
	cr_assert_neq(felt.tl.id, other.tl.id);
	cr_assert_neq(felt.tl.id, plain.tl.id);
	cr_assert_eq(felt.tl.end_tick, plain.tl.end_tick);
	for (uint32_t key = 0; key < 128; key++) {
		/* 9 ms at most, at 500 ms a quarter or less */
		int64_t before = 0, after = 0;
		uint32_t n_before = 0, n_after = 0;

		for (uint32_t i = 0; i < plain.n; i++) {
			if (is_on(&plain.event[i]) && data1_of(&plain.event[i]) == key) {
				before += plain.event[i].tick;
				n_before++;
			}
			if (is_on(&felt.event[i]) && data1_of(&felt.event[i]) == key) {
				after += felt.event[i].tick;
				n_after++;
			}
		}
		cr_assert_eq(n_before, n_after, "key %u", key);
		cr_assert_leq(llabs(after - before), 40ll * n_after, "key %u", key);
	}
	played_finish(&plain);
	played_finish(&felt);
	played_finish(&again);
	played_finish(&other);
	strcpy(s.options.groove, "sloppy");
	cr_assert_eq(band_options_check(&s.options, &s.report), -EINVAL);
	stage_finish(&s);
}

Test(band_practice, home,
	.description = "T-22: a form that ends at home ends there; a blues comes home from its turnaround")
{
	static const struct {
		const char *chords, *last;
		uint32_t n_bars;
	} forms[] = {
		{"Dm7 G7 Cmaj7 Cmaj7", "Cmaj7", 4},
		{"Dm7 G7 Cmaj7 A7", "Cmaj7", 5},
		{"C7 F7 C7 C7 F7 F7 C7 C7 G7 F7 C7 G7", "C7", 13},
		{"C7 F7 C7 C7 F7 F7 C7 C7 G7 F7 C7 C7", "C7", 12},
		{"Cm7 Fm7 Cm7 G7", "Cm7", 5},
		{"C F G F", "F", 4},
		{"N.C. N.C.", "", 2},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct stage s;

		stage_chords(&s, forms[i].chords, "swing");
		s.options.choruses = 1;
		struct band_performance *p = stage_perform(&s);
		const struct band_plan *plan = band_performance_plan(p);
		cr_assert_eq(plan->n_bars, forms[i].n_bars, "%s", forms[i].chords);
		const struct band_bar *last = &plan->bar[plan->n_bars - 1];
		cr_assert(last->is_ending);
		cr_assert_str_eq(
			last->n_chords ? last->chord[0].text : "", forms[i].last, "%s", forms[i].chords);
		band_performance_free(p);
		stage_finish(&s);
	}
}

Test(band_practice, setlist,
	.description =
		"T-51: D-18: items one behind the other: tempo, meter, programs and section marker change "
		"at the bar line")
{
	static const char *const styles[] = {"swing", "waltz", "reggae"};
	struct band_inputs in[3];
	struct band_item items[3];
	struct stage s;
	char text[512];

	stage_chords(&s, "C", "swing");
	for (int i = 0; i < 3; i++) {
		struct band_overrides flags = {};

		flags.value[BAND_KEY_CHORDS] = "C G7";
		flags.value[BAND_KEY_STYLE] = styles[i];
		flags.value[BAND_KEY_TEMPO] = ((const char *const[]){"120", "150", "90"})[i];
		flags.value[BAND_KEY_NAME] = styles[i];
		stage_read(&s, &flags, &in[i]);
		items[i] = (struct band_item){.in = &in[i], .repeats = (uint32_t)i + 1};
	}
	s.options.bar_cc = true;
	s.options.choruses = 1;
	s.options.ending = false;
	struct band_performance *p = band_performance_new(items, 3, &s.options, &s.report);
	cr_assert_not_null(p, "%s", stage_why(&s));
	for (int i = 0; i < 3; i++)
		band_inputs_finish(&in[i]); /* nothing of it is borrowed */
	struct played played = played_of(p, 0);
	cr_assert_eq(band_performance_plan(p)->n_bars, 2 + 4 + 6);
	cr_assert_eq(played.tl.n_tempo, 3);
	cr_assert_eq(played.tl.n_meter, 3);
	cr_assert_eq(played.tl.meter[1].tick, 2 * BAR);
	cr_assert_eq(played.tl.meter[1].num, 3);
	cr_assert_eq(played.tl.meter[1].measure, 2);
	cr_assert_eq(played.tl.meter[2].tick, 2 * BAR + 4 * 3 * PPQ);
	cr_assert_eq(played.tl.tempo[2].tick, 2 * BAR + 4 * 3 * PPQ);
	uint32_t n_section = 0;
	for (uint32_t i = 0; i < played.n; i++) {
		const struct mos_tl_event *e = &played.event[i];

		if (e->part == TELEMETRY && data1_of(e) == 22) {
			cr_assert_eq(data2_of(e), n_section);
			cr_assert_eq(e->tick, played.tl.meter[n_section].tick);
			n_section++;
		}
		/* only what changes is sent: piano and acoustic bass stay for the waltz */
		if (status_of(e) == 0xc && e->tick == played.tl.meter[1].tick)
			cr_assert_eq(channel_of(e), 9);
	}
	cr_assert_eq(n_section, 3);
	(void)snprintf(text, sizeof(text), "%s", played.tl.strings + played.tl.marker[0].name_off);
	cr_assert_str_eq(text, "swing");
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}
