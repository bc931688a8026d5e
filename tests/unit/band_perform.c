/* SPDX-License-Identifier: MIT */
/* Performances: how a form is laid out in bars, notes and telemetry, and that it is handed on as it is. */
#include "band_stage.h"

#include <mos/tempo.h>

enum { COMP, BASS, DRUMS, CLICK, TELEMETRY };

#define BAR (4 * PPQ)
#define MAX_CC 1024

/* Controllers of telemetry as text: "22:0 20:3 21:0 | ...", a bar line where the tick changes. */
static void telemetry_text(const struct played *played, char *ret, size_t size)
{
	int64_t tick = 0;
	size_t n = 0;

	ret[0] = '\0';
	for (uint32_t i = 0; i < played->n && n + 16 < size; i++) {
		const struct mos_tl_event *e = &played->event[i];

		if (e->part != TELEMETRY)
			continue;
		cr_assert_eq(status_of(e), 0xb);
		if (e->tick != tick)
			n += (size_t)sprintf(&ret[n], "| ");
		tick = e->tick;
		cr_assert_eq(tick % BAR, 0);
		n += (size_t)sprintf(&ret[n], "%u:%u ", data1_of(e), data2_of(e));
	}
}

Test(band_perform, defaults,
	.description = "T-48 T-52 T-53 T-55: contract v1's defaults: late 35 ms, ghosts to 22, panic; "
		       "controllers 20, 21, "
		       "22 on channel 15, from 0 (D-22)")
{
	struct band_options o;
	struct band_report report = {};

	band_options_init(&o);
	cr_assert_eq(o.gate.late_drop_ms, 35, "contract v1");
	cr_assert_eq(o.gate.ghost_vel_max, 22, "contract v1");
	cr_assert(o.gate.panic, "contract v1");
	cr_assert(!o.bar_cc, "contract v1: optional");
	cr_assert_eq(o.bar_cc_channel, 15, "contract v1");
	cr_assert_eq(o.bar_cc_countdown, 20, "contract v1");
	cr_assert_eq(o.bar_cc_index, 21, "contract v1");
	cr_assert_eq(o.bar_cc_section, 22, "contract v1");
	cr_assert_eq(o.click_note, 37);
	cr_assert_eq(o.click_vel, 40);
	cr_assert_eq(band_options_check(&o, &report), 0);
	cr_assert_eq(report.n_issues, 0);
}

#define REFUSE(change, place)                                                                                \
	do {                                                                                                 \
		struct band_options o;                                                                       \
		struct band_report report = {};                                                              \
		band_options_init(&o);                                                                       \
		change;                                                                                      \
		cr_assert_lt(band_options_check(&o, &report), 0, #change);                                   \
		cr_assert_str_eq(report.issue[0].where, place, #change);                                     \
	} while (0)

Test(band_perform, ranges, .description = "T-22 T-53: what is out of range is refused by name, never wrapped")
{
	REFUSE(o.bar_cc_channel = 16, "bar_cc_channel");
	REFUSE(o.bar_cc_index = 128, "bar_cc_index");
	REFUSE(o.bar_cc_countdown = 123, "bar_cc_countdown");
	REFUSE(o.bar_cc_section = 20, "bar_cc");
	REFUSE(o.gate.late_drop_ms = 501, "late_drop_ms");
	REFUSE(o.gate.ghost_vel_max = 128, "ghost_vel_max");
	REFUSE(o.click_vel = 0, "click_vel");
	REFUSE(o.click_note = 128, "click_note");
	REFUSE(o.count_in_bars = 9, "count_in");
	REFUSE(o.trade_bars = 33, "trade");
	REFUSE(o.rests = 8, "rests");
	REFUSE(o.trainer_bpm = -1, "trainer");
	REFUSE(o.trainer_bpm = __builtin_nan(""), "trainer");
	REFUSE(o.trainer_max_bpm = 500, "trainer_max");
	REFUSE(memcpy(o.clave, "son_4_5", 8), "clave");
	REFUSE(memset(o.section, 'x', sizeof(o.section)), "section");
	REFUSE(o.to_apollo = false, "output");
}

Test(band_perform, clash, .description = "T-54: telemetry on an instrument's channel is warned of")
{
	struct band_options o;
	struct band_report report = {};

	band_options_init(&o);
	o.bar_cc = true;
	o.bar_cc_channel = 9;
	cr_assert_eq(band_options_check(&o, &report), 0);
	cr_assert_eq(report.n_issues, 1);
	cr_assert_eq(report.issue[0].is_error, 0);
	cr_assert_str_eq(report.issue[0].where, "bar_cc_channel");
}

Test(band_perform, telemetry,
	.description =
		"T-49 T-50 T-51: D-17, D-18: once a bar, at its start: section, countdown to 0, index from 0")
{
	struct stage s;
	char text[256];

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "swing");
	s.options.choruses = 1;
	s.options.ending = false;
	s.options.bar_cc = true;
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 0);
	telemetry_text(&played, text, sizeof(text));
	cr_assert_str_eq(text, "22:0 20:3 21:0 | 20:2 21:1 | 20:1 21:2 | 20:0 21:3 ");
	cr_assert_eq(played.tl.part[TELEMETRY].channel, 15);
	for (uint32_t i = 0; i < played.n; i++)
		cr_assert(played.event[i].part != TELEMETRY || channel_of(&played.event[i]) == 15);
	played_finish(&played);
	band_performance_free(p);

	/* other controllers, another channel: the order is by meaning, not by number */
	s.options.bar_cc_section = 90;
	s.options.bar_cc_countdown = 80;
	s.options.bar_cc_index = 70;
	s.options.bar_cc_channel = 3;
	s.options.count_in_bars = 1;
	p = stage_perform(&s);
	played = played_of(p, 0);
	telemetry_text(&played, text, sizeof(text));
	cr_assert_str_eq(
		text, "| 90:0 80:3 70:0 | 80:2 70:1 | 80:1 70:2 | 80:0 70:3 ", "none in the count-in");
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_perform, endless_telemetry,
	.description = "T-49 T-50: D-17: endless play counts to 127 and stays, and has 127 left; the loop "
		       "repeats that")
{
	struct stage s;
	uint32_t bar = 0;
	uint32_t n_countdown = 0;
	uint32_t n_section = 0;

	stage_chords(&s, "Dm7 G7 Cmaj7", "bossa");
	s.options.bar_cc = true;
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 3);
	for (uint32_t i = 0; i < played.n; i++) {
		const struct mos_tl_event *e = &played.event[i];

		if (e->part != TELEMETRY)
			continue;
		switch (data1_of(e)) {
		case 20:
			cr_assert_eq(data2_of(e), 127);
			cr_assert_eq(e->tick, n_countdown * BAR);
			n_countdown++;
			break;
		case 21:
			cr_assert_eq(data2_of(e), bar < 127 ? bar : 127, "bar %u says %u", bar, data2_of(e));
			cr_assert_eq(e->tick, bar * BAR, "exactly one a bar");
			bar++;
			break;
		default:
			n_section++;
			cr_assert_eq(e->tick, 0);
		}
	}
	cr_assert_geq(bar, 127 + 3 * 3);
	cr_assert_eq(n_countdown, bar);
	cr_assert_eq(n_section, 1);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

/** Notes only, as (tick, packet), to a tick. */
static uint32_t notes_until(const struct played *played, int64_t until, int64_t (*ret)[2], uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < played->n; i++) {
		const struct mos_tl_event *e = &played->event[i];

		if (e->part == TELEMETRY || e->tick >= until || status_of(e) == 0xc)
			continue;
		cr_assert_lt(n, max);
		ret[n][0] = e->tick;
		ret[n++][1] = e->ump[0];
	}
	return n;
}

Test(band_perform, telemetry_is_harmless,
	.description =
		"T-54: the notes are the same at the same times with and without telemetry, loop and all")
{
	static int64_t with[60000][2], without[60000][2];
	struct stage s;

	stage_chords(&s, "Dm7 G7 Cmaj7", "son_clave");
	for (int endless = 0; endless < 2; endless++) {
		s.options.choruses = endless ? 0 : 3;
		s.options.bar_cc = false;
		struct band_performance *p = stage_perform(&s);
		struct played a = played_of(p, endless ? 40 : 0);
		s.options.bar_cc = true;
		struct band_performance *q = stage_perform(&s);
		struct played b = played_of(q, endless ? 4 : 0);
		const int64_t until = endless ? 150 * BAR : INT64_MAX;

		const uint32_t n = notes_until(&a, until, with, 60000);
		cr_assert_eq(n, notes_until(&b, until, without, 60000));
		cr_assert_gt(n, 100);
		cr_assert_arr_eq(with, without, n * sizeof(with[0]));
		played_finish(&a);
		played_finish(&b);
		band_performance_free(p);
		band_performance_free(q);
	}
	stage_finish(&s);
}

Test(band_perform, programs_first,
	.description = "T-32 T-23: programs of all parts lie at tick 0, before any note; each once, though "
		       "played endlessly")
{
	struct stage s;
	uint32_t n_programs = 0;
	bool note = false;

	stage_chords(&s, "C F G7 C", "funk");
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 2);
	for (uint32_t i = 0; i < played.n; i++) {
		const struct mos_tl_event *e = &played.event[i];

		note |= is_on(e);
		if (status_of(e) != 0xc)
			continue;
		cr_assert(!note);
		cr_assert_eq(e->tick, 0);
		cr_assert_eq(channel_of(e), ((const uint32_t[]){0, 1, 9})[n_programs]);
		cr_assert_eq(data1_of(e), s.in.style->program[n_programs]);
		n_programs++;
	}
	cr_assert_eq(n_programs, 3);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

static int rank_of(const struct band_due *due)
{
	const uint32_t status = due->ump[0] >> 20 & 0xf;

	return status == 0x8   ? BAND_RANK_OFF
	       : status == 0xc ? BAND_RANK_PROGRAM
	       : status == 0xb ? BAND_RANK_CC
			       : BAND_RANK_ON;
}

Test(band_perform, order,
	.description = "T-31 T-32 T-33: D-3, D-4: at one time end, program, controller, beginning; then "
		       "track, channel, key")
{
	struct stage s;
	struct band_schedule schedule;

	stage_chords(&s, "Cmaj7 A7 | Dm7 G7 | Em7 A7 | Dm7 G7", "son_clave");
	s.options.bar_cc = true;
	s.options.click = true;
	struct band_performance *p = stage_perform(&s);
	cr_assert_eq(band_performance_schedule(p, &s.report, &schedule), 0);
	for (uint32_t i = 0; i < schedule.n_due; i++) {
		const struct band_due *b = &schedule.due[i];
		const struct band_due *a = b - 1;

		cr_assert_eq(b->rank, rank_of(b));
		if (i == 0)
			continue;
		cr_assert_leq(a->due_ns, b->due_ns);
		if (a->due_ns != b->due_ns)
			continue;
		cr_assert_leq(a->rank, b->rank);
		if (a->rank != b->rank)
			continue;
		cr_assert_leq(a->track, b->track);
		if (a->track == b->track)
			cr_assert_leq(a->ump[0] >> 8 & 0x7f, b->ump[0] >> 8 & 0x7f);
	}
	band_schedule_finish(&schedule);
	band_performance_free(p);
	stage_finish(&s);
}

static void assert_same(const struct band_performance *p)
{
	struct band_report report = {};
	struct band_schedule schedule;
	struct mos_tempo_seg seg[300];
	struct mos_tempo_map map;
	struct played played = played_of(p, 0);

	cr_assert_eq(band_performance_schedule(p, &report, &schedule), 0);
	cr_assert_lt(played.tl.n_tempo, 300);
	for (uint32_t i = 0; i < played.tl.n_tempo; i++)
		seg[i] = (struct mos_tempo_seg){.tick = played.tl.tempo[i].tick,
			.npq_start = played.tl.tempo[i].npq_start,
			.npq_end = played.tl.tempo[i].npq_end};
	cr_assert_eq(mos_tempo_map_init(&map, seg, played.tl.n_tempo), 0);
	cr_assert_eq(schedule.n_due, played.n);
	for (uint32_t i = 0; i < played.n; i++) {
		cr_assert_eq(
			schedule.due[i].due_ns, mos_tempo_tick_to_ns(&map, played.event[i].tick), "%u", i);
		cr_assert_eq(schedule.due[i].ump[0], played.event[i].ump[0], "%u", i);
	}
	cr_assert_eq(schedule.loop_start_ns, mos_tempo_tick_to_ns(&map, played.tl.policy.loop_start));
	cr_assert_eq(schedule.loop_end_ns, mos_tempo_tick_to_ns(&map, played.tl.policy.loop_end));
	cr_assert_eq(band_performance_plan(p)->n_bars > 0, true);
	for (uint32_t i = 0; i <= band_performance_plan(p)->n_bars; i++)
		cr_assert_eq(band_performance_bar_ns(p, i),
			mos_tempo_tick_to_ns(&map, band_performance_bar_tick(p, i)));
	band_schedule_finish(&schedule);
	played_finish(&played);
}

Test(band_perform, timeline_is_schedule,
	.description = "T-2 T-35: the timeline and the schedule have the same messages in the same order, to "
		       "the nanosecond")
{
	struct band_overrides flags = {};
	struct stage s;

	flags.value[BAND_KEY_CHORDS] = "Cmaj7 A7 | Dm7 G7 | Em7 A7 | Dm7 G7";
	flags.value[BAND_KEY_STYLE] = "swing";
	flags.value[BAND_KEY_TEMPO] = "133.7";
	flags.value[BAND_KEY_HUMANIZE_MS] = "12";
	flags.value[BAND_KEY_HUMANIZE_VEL] = "5";
	flags.value[BAND_KEY_HUMANIZE_SEED] = "11";
	stage_open(&s, &flags);
	s.options.count_in_bars = 2;
	s.options.bar_cc = true;
	struct band_performance *p = stage_perform(&s);
	assert_same(p);
	band_performance_free(p);
	s.options.choruses = 9;
	s.options.trainer_bpm = 7.3;
	p = stage_perform(&s);
	assert_same(p);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_perform, count_in,
	.description = "T-22: count-in: sticks alone, halves before the last bar; then the form")
{
	struct stage s;

	stage_chords(&s, "Dm7 G7 Cmaj7", "swing");
	s.options.count_in_bars = 2;
	s.options.choruses = 1;
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 0);
	cr_assert(band_performance_plan(p)->bar[1].is_count_in &&
		  !band_performance_plan(p)->bar[2].is_count_in);
	cr_assert_eq(count_ons(&played, CLICK, 0, BAR), 2);
	cr_assert_eq(count_ons(&played, CLICK, BAR, 2 * BAR), 4);
	cr_assert_eq(count_ons(&played, CLICK, 2 * BAR, INT64_MAX), 0);
	for (uint16_t part = COMP; part <= DRUMS; part++) {
		cr_assert_eq(count_ons(&played, part, 0, 2 * BAR), 0);
		cr_assert_gt(count_ons(&played, part, 2 * BAR, 3 * BAR), 0);
	}
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

/** Nobody sounds for ever: as many keys are down at the end of each round as at its beginning. */
static void assert_closes(const struct band_performance *p, const char *name)
{
	static uint8_t down[3][16 * 128];
	int64_t start, end;

	cr_assert(band_performance_loop(p, &start, &end));
	struct played played = played_of(p, 3);
	memset(down, 0, sizeof(down));
	uint32_t round = 0;
	static uint8_t now[16 * 128];
	memset(now, 0, sizeof(now));
	for (uint32_t i = 0; i <= played.n; i++) {
		const struct mos_tl_event *e = &played.event[i];

		while (round < 3 && (i == played.n || e->tick >= start + (round + 1) * (end - start)))
			memcpy(down[round++], now, sizeof(now));
		if (i == played.n)
			break;
		uint8_t *key = &now[channel_of(e) * 128 + data1_of(e)];
		if (is_on(e))
			++*key;
		else if (status_of(e) == 0x8 && *key > 0)
			--*key;
		cr_assert_leq(*key, 4, "%s: key %u", name, data1_of(e));
	}
	cr_assert_eq(round, 3);
	cr_assert_arr_eq(down[0], down[1], sizeof(now), "%s", name);
	cr_assert_arr_eq(down[1], down[2], sizeof(now), "%s", name);
	played_finish(&played);
}

/** The loop plays what was played in the bars before it, once more, and again; early strokes of its first bar
 * included. */
static void assert_repeats(const struct band_performance *p, const char *name)
{
	int64_t start, end;
	uint32_t a = 0;
	uint32_t b = 0;

	cr_assert(band_performance_loop(p, &start, &end));
	struct played played = played_of(p, 2);
	const int64_t cycle = end - start;
	start -= PPQ / 4;
	end -= PPQ / 4;
	for (;;) {
		while (a < played.n && !(is_on(&played.event[a]) && played.event[a].tick >= start))
			a++;
		while (b < played.n && !(is_on(&played.event[b]) && played.event[b].tick >= end))
			b++;
		if (b == played.n)
			break;
		cr_assert_eq(played.event[a].tick + cycle, played.event[b].tick, "%s", name);
		cr_assert_eq(played.event[a].ump[0], played.event[b].ump[0], "%s", name);
		a++;
		b++;
	}
	cr_assert(a < played.n && played.event[a].tick >= end, "%s: all of it", name);
	played_finish(&played);
}

Test(band_perform, cycle,
	.description = "T-24: D-15: the loop is the whole form, twice where bars are odd and a clave has "
		       "two; it closes, with "
		       "jitter and swing too")
{
	static const struct {
		const char *chords, *style;
		uint32_t bars; /* of the loop */
		bool click;    /* to the clave */
	} forms[] = {
		{"Dm7 G7 Cmaj7", "son_clave", 6},
		{"Dm7 G7 Cmaj7 A7", "son_clave", 4},
		{"Dm7 G7 Cmaj7", "gospel", 3},
		{"Dm7 G7 Cmaj7", "swing_basic", 3},
		{"Dm7 G7 Cmaj7", "swing_basic", 6, .click = true},
		{"C7", "swing", 2},
		{"C7", "bolero", 1},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct band_overrides flags = {};
		struct stage s;
		int64_t start, end;

		flags.value[BAND_KEY_CHORDS] = forms[i].chords;
		flags.value[BAND_KEY_STYLE] = forms[i].style;
		flags.value[BAND_KEY_HUMANIZE_MS] = i % 2 ? "20" : NULL;
		flags.value[BAND_KEY_HUMANIZE_SEED] = i % 2 ? "3" : NULL;
		flags.value[BAND_KEY_SWING] = "1";
		stage_open(&s, &flags);
		s.options.bar_cc = i % 2;
		s.options.click = forms[i].click;
		strcpy(s.options.clave, "son_2_3");
		struct band_performance *p = stage_perform(&s);
		cr_assert(band_performance_loop(p, &start, &end));
		cr_assert_eq((double)(end - start), forms[i].bars * band_bar_beats(&s.in) * PPQ, "%s",
			forms[i].style);
		assert_closes(p, forms[i].style);
		assert_repeats(p, forms[i].style);
		band_performance_free(p);
		stage_finish(&s);
	}
}

Test(band_perform, long_notes,
	.description = "T-24: notes longer than the loop are as long as it; the loop closes")
{
	static const char style[] =
		"{\"style\": \"drone\", \"patterns\": {\"medium\": {\"bars\": 1, \"comp\": [[0, 9, 70], "
		"[3.5, 6, 60, \"next\"]], "
		"\"bass\": [[0, 6, 80, \"root\"], [1, 5, 80, \"fifth\"]], \"drums\": [[0, 13, 80, 49]]}}}";
	static const char *const chords[] = {"C7", "C7 F7", "C7 F7 G7"};
	int64_t start, end;

	for (int i = 0; i < 3; i++) {
		struct stage s;

		stage_chords(&s, chords[i], "swing_basic");
		band_style_free(s.in.style);
		s.in.style = band_style_read(style, sizeof(style) - 1, &s.report);
		cr_assert_not_null(s.in.style, "%s", stage_why(&s));
		for (int telemetry = 0; telemetry < 2; telemetry++) {
			s.options.bar_cc = telemetry;
			struct band_performance *p = stage_perform(&s);
			cr_assert(band_performance_loop(p, &start, &end));
			struct played played = played_of(p, 0);
			for (uint32_t k = 0; k < played.n; k++)
				cr_assert_leq(played.event[k].len_ticks, end - start);
			played_finish(&played);
			assert_closes(p, chords[i]);
			assert_repeats(p, chords[i]);
			band_performance_free(p);
		}
		stage_finish(&s);
	}
}

Test(band_perform, seam,
	.description = "T-24: what is tied over the loop's seam sounds on, and ends within it")
{
	struct stage s;
	int64_t start, end;
	uint32_t n_tied = 0;

	/* the bass of a tumbao strikes the next chord on the fourth beat and holds it */
	stage_chords(&s, "Cm7 Fm7 G7 Cm7", "son_clave");
	struct band_performance *p = stage_perform(&s);
	cr_assert(band_performance_loop(p, &start, &end));
	struct played played = played_of(p, 0);
	for (uint32_t i = 0; i < played.n; i++) {
		const struct mos_tl_event *on = &played.event[i];

		if (!is_on(on) || on->part != BASS || on->tick < start || on->tick + on->len_ticks <= end)
			continue;
		n_tied++;
		for (uint32_t k = 0;; k++) {
			cr_assert_lt(k, played.n, "no end in the loop");
			const struct mos_tl_event *off = &played.event[k];
			if (status_of(off) == 0x8 && data1_of(off) == data1_of(on) && off->part == BASS &&
				off->tick == on->tick + on->len_ticks - (end - start))
				break;
		}
	}
	cr_assert_eq(n_tied, 1);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_perform, bars_and_meter,
	.description = "T-40: nothing changes how many bars there are and how long they are, whatever layers "
		       "and options do")
{
	static const char *const styles[] = {"swing", "waltz", "afro_cuban_6_8", "gospel", "samba_basic"};

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		struct band_overrides flags = {};
		struct stage s;

		flags.value[BAND_KEY_CHORDS] = "C | F | G7 | C | Am | Dm | G7 | Em";
		flags.value[BAND_KEY_STYLE] = styles[i];
		flags.value[BAND_KEY_SWING] = "1";
		flags.value[BAND_KEY_HUMANIZE_MS] = "30";
		flags.value[BAND_KEY_HUMANIZE_SEED] = "-5";
		stage_open(&s, &flags);
		s.options.choruses = 2;
		s.options.ending = false;
		s.options.trade_bars = 4;
		s.options.click_only_every = 3;
		s.options.bar_cc = true;
		struct band_performance *p = stage_perform(&s);
		struct played played = played_of(p, 0);
		const int64_t bar = (int64_t)(band_bar_beats(&s.in) * PPQ);

		cr_assert_eq(band_performance_plan(p)->n_bars, 16);
		for (uint32_t b = 0; b <= 16; b++)
			cr_assert_eq(band_performance_bar_tick(p, b), b * bar);
		for (int64_t tick = 0; tick < 16 * bar; tick += 119)
			cr_assert_eq(band_performance_bar_at(p, tick), tick / bar);
		cr_assert_eq(played.tl.n_meter, 1);
		cr_assert_eq(played.tl.meter[0].num, s.in.meter_num);
		cr_assert_eq(played.tl.meter[0].den, s.in.meter_den);
		played_finish(&played);
		band_performance_free(p);
		stage_finish(&s);
	}
}

Test(band_perform, endless_setlist, .description = "T-24: an endless setlist goes round as a whole")
{
	struct band_overrides flags = {};
	struct band_inputs second;
	struct stage s;
	int64_t start, end;

	stage_chords(&s, "C7 F7 C7", "swing");
	flags.value[BAND_KEY_CHORDS] = "C G7";
	flags.value[BAND_KEY_STYLE] = "waltz";
	stage_read(&s, &flags, &second);
	const struct band_item items[] = {{&s.in, 1}, {&second, 2}};
	struct band_performance *p = band_performance_new(items, 2, &s.options, &s.report);
	cr_assert_not_null(p);
	cr_assert(band_performance_loop(p, &start, &end));
	cr_assert_eq(end - start, 3 * BAR + 4 * 3 * PPQ);
	assert_closes(p, "setlist");
	assert_repeats(p, "setlist");
	/* the loop begins with its own programs, for it is entered from its end */
	struct played played = played_of(p, 0);
	uint32_t n = 0;
	for (uint32_t i = 0; i < played.n; i++)
		n += status_of(&played.event[i]) == 0xc && played.event[i].tick == start;
	cr_assert_gt(n, 0);
	played_finish(&played);
	band_performance_free(p);
	band_inputs_finish(&second);
	stage_finish(&s);
}

Test(band_perform, limits,
	.description = "T-16: what is too much is refused with a reason: bars, items, repeats")
{
	struct stage s;

	stage_chords(&s, "C F G7 C", "pop_8");
	struct band_item item = {.in = &s.in, .repeats = 999};
	s.options.choruses = 1000;
	cr_assert_null(band_performance_new(&item, 1, &s.options, &s.report));
	cr_assert_str_eq(s.report.issue[0].code, "band.options.bars");
	item.repeats = 0;
	cr_assert_null(band_performance_new(&item, 1, &s.options, &s.report));
	cr_assert_str_eq(s.report.issue[1].code, "band.options.items");
	cr_assert_null(band_performance_new(&item, 0, &s.options, &s.report));
	cr_assert_eq(s.report.n_errors, 3);
	stage_finish(&s);
}

Test(band_perform, policy,
	.description = "T-22 T-45: lateness, threshold, panic and outputs reach the timeline")
{
	struct stage s;

	stage_chords(&s, "C F", "pop_8");
	struct band_performance *p = stage_perform(&s);
	struct played played = played_of(p, 0);
	cr_assert_eq(played.tl.policy.late_drop_ms, 35);
	cr_assert_eq(played.tl.policy.ghost_vel_max, 22);
	cr_assert_eq(played.tl.policy.flags, MOS_TL_PANIC | MOS_TL_NO_OVERLAP | MOS_TL_NO_MIDI);
	played_finish(&played);
	band_performance_free(p);
	s.options.gate = (struct mos_gate_policy){.late_drop_ms = 0, .ghost_vel_max = 30};
	s.options.to_apollo = false;
	s.options.to_midi = true;
	p = stage_perform(&s);
	played = played_of(p, 0);
	cr_assert_eq(played.tl.policy.late_drop_ms, 0);
	cr_assert_eq(played.tl.policy.ghost_vel_max, 30);
	cr_assert_eq(played.tl.policy.flags, MOS_TL_NO_SOUND);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_perform, steps,
	.description = "T-24 T-49 T-50 T-51: the step list in time: steps within the cycle, each cycle as "
		       "the first, telemetry at bars")
{
	struct band_schedule schedule;
	struct band_plan plan;
	struct band_events events;
	struct band_steps steps;
	struct stage s;
	uint32_t n_first = 0;
	uint32_t n_index = 0;

	stage_chords(&s, "Dm7 G7 Cmaj7", "salsa_full_2_3");
	const struct band_ctx ctx = {.in = &s.in, .plan = &plan, .report = &s.report};
	cr_assert_eq(band_plan_program(&s.in, &s.report, &plan), 0);
	cr_assert_eq(band_render(&ctx, &events), 0);
	const struct band_steps_options how = {
		.click = true, .clave = "son_2_3", .click_note = 37, .click_vel = 40};
	cr_assert_eq(band_steps(&ctx, &events, &how, &steps), 0);
	cr_assert_eq(steps.per_cycle, 6 * 16);
	for (uint32_t i = 0; i < steps.n_steps; i++)
		cr_assert_lt(steps.step[i].step, steps.per_cycle);
	s.options.bar_cc = true;
	cr_assert_eq(band_steps_schedule(&steps, 120, &s.options, 6, &schedule), 0);
	const int64_t cycle = 6 * INT64_C(2000000000);
	cr_assert_eq(schedule.loop_end_ns - schedule.loop_start_ns, cycle);
	cr_assert_eq(schedule.loop_start_ns % cycle, 0);
	cr_assert_geq(schedule.loop_start_ns, 127 * INT64_C(2000000000));
	for (uint32_t i = 0; i < schedule.n_due; i++) {
		const struct band_due *due = &schedule.due[i];

		if ((due->ump[0] >> 16 & 0xff) != 0xbf) {
			n_first += due->due_ns < cycle;
			continue;
		}
		if ((due->ump[0] >> 8 & 0x7f) != 21)
			continue;
		cr_assert_eq(due->due_ns, n_index * INT64_C(2000000000));
		cr_assert_eq(due->ump[0] & 0x7f, n_index < 127 ? n_index : 127);
		n_index++;
	}
	cr_assert_eq(n_first, steps.n_steps);
	cr_assert_eq(n_index, schedule.end_ns / INT64_C(2000000000));
	band_schedule_finish(&schedule);
	band_steps_finish(&steps);
	band_events_finish(&events);
	band_plan_finish(&plan);
	stage_finish(&s);
}

Test(band_perform, file,
	.description = "T-1 T-23 T-65: a plain performance's file is the program's, byte for byte; one with "
		       "all the trimmings is larger")
{
	static const char *const plain[] = {
		"swing_basic", "samba_brazil_full", "ballad_basic", "salsa_full_2_3"};
	struct band_bytes a, b;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct band_overrides flags = {};
		struct band_plan plan;
		struct band_events events;
		struct stage s;

		flags.value[BAND_KEY_CHORDS] = "Cmaj7 Dm7 | G7 | Cmaj7 A7 | Dm7 G7";
		flags.value[BAND_KEY_STYLE] = plain[i];
		flags.value[BAND_KEY_SWING] = "0.33";
		flags.value[BAND_KEY_HUMANIZE_MS] = "9";
		flags.value[BAND_KEY_HUMANIZE_VEL] = "4";
		flags.value[BAND_KEY_HUMANIZE_SEED] = "7";
		stage_open(&s, &flags);
		const struct band_ctx ctx = {.in = &s.in, .plan = &plan, .report = &s.report};
		cr_assert_eq(band_plan_program(&s.in, &s.report, &plan), 0);
		cr_assert_eq(band_render(&ctx, &events), 0);
		for (int no_overlap = 0; no_overlap < 2; no_overlap++) {
			const struct band_smf_options how = {.metadata = true, .no_overlap = no_overlap};

			cr_assert_eq(band_smf(&ctx, &events, &how, &a), 0);
			s.options.choruses = 1;
			s.options.ending = false;
			struct band_performance *p = stage_perform(&s);
			cr_assert_eq(band_performance_smf(p, no_overlap, &s.report, &b), 0);
			cr_assert_eq(a.size, b.size, "%s: %zu and %zu bytes", plain[i], a.size, b.size);
			cr_assert_arr_eq(a.byte, b.byte, a.size, "%s", plain[i]);
			free(b.byte);
			band_performance_free(p);
			s.options.choruses = 2;
			s.options.count_in_bars = 1;
			s.options.bar_cc = true;
			s.options.trainer_bpm = 10;
			p = stage_perform(&s);
			cr_assert_eq(band_performance_smf(p, no_overlap, &s.report, &b), 0);
			cr_assert_gt(b.size, a.size + 100);
			cr_assert_eq(b.byte[11], 5, "conductor, comp, bass, click, telemetry");
			free(b.byte);
			free(a.byte);
			band_performance_free(p);
			s.options.choruses = 0;
			s.options.count_in_bars = 0;
			s.options.bar_cc = false;
			s.options.trainer_bpm = 0;
			p = stage_perform(&s);
			cr_assert_lt(band_performance_smf(p, no_overlap, &s.report, &b), 0, "it has no end");
			band_performance_free(p);
		}
		band_events_finish(&events);
		band_plan_finish(&plan);
		stage_finish(&s);
	}
}
