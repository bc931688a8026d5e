/* SPDX-License-Identifier: MIT */
/* Changes while it plays: what was before the line stays to the bit, nothing is left sounding behind it. */
#include "band_stage.h"
#include "music_random.h"

#include <mos/tempo.h>

#define BAR (4 * PPQ)

static int64_t loop_of(const struct band_performance *p, int64_t *ret_start, int64_t *ret_end)
{
	if (band_performance_loop(p, ret_start, ret_end))
		return *ret_end - *ret_start;
	return 0;
}

static uint64_t npq_at(const struct played *played, int64_t tick)
{
	uint32_t i = 0;

	while (i + 1 < played->tl.n_tempo && played->tl.tempo[i + 1].tick <= tick)
		i++;
	return played->tl.tempo[i].npq_start;
}

/* What jitter makes early at the fastest tempo here. */
#define EARLY 120

/** What sounds over the line ends when it would have ended, once. */
static void assert_ends(const struct played *a, const struct played *b, int64_t line)
{
	for (uint32_t i = 0; i < a->n && a->event[i].tick < line - EARLY; i++) {
		const struct mos_tl_event *on = &a->event[i];
		uint32_t n = 0;

		if (!is_on(on) || on->tick + on->len_ticks < line)
			continue;
		for (uint32_t k = 0; k < b->n; k++) {
			const struct mos_tl_event *off = &b->event[k];

			n += status_of(off) == 0x8 && off->note_id == on->note_id && off->part == on->part &&
			     data1_of(off) == data1_of(on) && off->tick == on->tick + on->len_ticks;
		}
		cr_assert_eq(n, 1, "key %u of part %u", data1_of(on), on->part);
	}
}

/** A note is known by its id: of what was before the line nothing new has one. */
static void assert_ids(const struct played *played, int64_t line)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < played->tl.n_event; i++) {
		const struct mos_tl_event *e = &played->tl.event[i];

		if (!is_on(e))
			continue;
		cr_assert_neq(e->note_id, 0);
		if (e->tick < line)
			before = e->note_id > before ? e->note_id : before;
		else
			cr_assert_gt(e->note_id, before);
	}
}

/**
 * All that `old` would have played before the line, `new` plays: message for message. What begins before the
 * line ends exactly once, and nobody sounds on at the end of the new one's rounds.
 */
static void assert_splice(
	const struct band_performance *old, const struct band_performance *new, uint32_t at_bar)
{
	static uint8_t down[3][16 * 128];
	static uint8_t now[16 * 128];
	const int64_t line = band_performance_bar_tick(old, at_bar);
	struct played a = played_of(old, 2);
	struct played b = played_of(new, 3);
	int64_t start = INT64_MAX;
	int64_t end = 0;
	const int64_t cycle = loop_of(new, &start, &end);
	uint32_t i = 0;
	uint32_t round = 0;

	memset(now, 0, sizeof(now));
	for (; i < a.n && a.event[i].tick < line; i++) {
		cr_assert_lt(i, b.n);
		cr_assert_eq(a.event[i].tick, b.event[i].tick, "%u of %u", i, a.n);
		cr_assert_eq(a.event[i].ump[0], b.event[i].ump[0]);
		cr_assert_eq(npq_at(&a, a.event[i].tick), npq_at(&b, b.event[i].tick));
	}
	cr_assert(i == b.n || b.event[i].tick >= line, "nothing more before the line");
	for (i = 0; i <= b.n; i++) {
		const struct mos_tl_event *e = &b.event[i];

		while (cycle && round < 3 && (i == b.n || e->tick >= start + (round + 1) * cycle))
			memcpy(down[round++], now, sizeof(now));
		if (i == b.n)
			break;
		uint8_t *key = &now[channel_of(e) * 128 + data1_of(e)];
		if (is_on(e))
			++*key;
		else if (status_of(e) == 0x8 && *key > 0)
			--*key;
		cr_assert_leq(*key, 4);
	}
	if (cycle) {
		cr_assert_eq(round, 3);
		cr_assert_arr_eq(down[0], down[1], sizeof(now));
		cr_assert_arr_eq(down[1], down[2], sizeof(now));
	} else {
		for (size_t k = 0; k < sizeof(now); k++)
			cr_assert_eq(now[k], 0, "key %zu of channel %zu sounds on", k % 128, k / 128);
	}
	assert_ends(&a, &b, line);
	assert_ids(&b, line);
	/* time goes on as it did */
	const uint32_t there = band_performance_bar_at(new, line);
	cr_assert_eq(band_performance_bar_tick(new, there), line);
	cr_assert_eq(band_performance_bar_ns(new, there), band_performance_bar_ns(old, at_bar));
	played_finish(&a);
	played_finish(&b);
}

static const char *const styles[] = {
	"swing", "bossa", "son_clave", "rumba_clave", "funk", "ballad", "second_line"};
static const char *const chords[] = {
	"Dm7 G7 Cmaj7", "C7 F7 C7 C7", "Am7 D7 | Gmaj7 | Cmaj7 F#m7b5 | B7", "Ebmaj7"};
static const char *const tempos[] = {"60", "133.3", "187", "240"};

static void choose(uint64_t *state, struct band_overrides *flags)
{
	*flags = (struct band_overrides){};
	flags->value[BAND_KEY_CHORDS] = chords[random_between(state, 0, 3)];
	flags->value[BAND_KEY_STYLE] = styles[random_between(state, 0, 6)];
	flags->value[BAND_KEY_TEMPO] = tempos[random_between(state, 0, 3)];
	if (random_between(state, 0, 1)) {
		flags->value[BAND_KEY_HUMANIZE_MS] = "25";
		flags->value[BAND_KEY_HUMANIZE_SEED] = "1";
	}
	if (random_between(state, 0, 2) == 0)
		flags->value[BAND_KEY_SWING] = "1";
}

Test(band_splice, property,
	.description = "T-19 T-24: chains of random changes at random bars, the loop's wrap included: before "
		       "the line all is as "
		       "it was, behind it nothing hangs")
{
	uint64_t state = 5;
	struct stage s;

	stage_chords(&s, "C", "swing");
	for (int chain = 0; chain < 25; chain++) {
		struct band_overrides flags;

		choose(&state, &flags);
		band_inputs_finish(&s.in);
		stage_read(&s, &flags, &s.in);
		s.options.bar_cc = random_between(&state, 0, 3) == 0;
		s.options.choruses = random_between(&state, 0, 3) == 0 ? 6 : 0;
		s.options.count_in_bars = (uint32_t)random_between(&state, 0, 2);
		s.options.trade_bars = random_between(&state, 0, 4) == 0 ? 2 : 0;
		struct band_performance *p = stage_perform(&s);

		for (int change = 0; change < 5; change++) {
			const uint32_t n_bars = band_performance_plan(p)->n_bars;
			const bool keep_form = random_between(&state, 0, 1);
			int64_t start, end;
			uint32_t last = n_bars - 1;

			if (loop_of(p, &start, &end))
				last = n_bars + (n_bars - band_performance_bar_at(p, start));
			const uint32_t at = (uint32_t)random_between(&state, 0, last);
			choose(&state, &flags);
			band_inputs_finish(&s.in);
			stage_read(&s, &flags, &s.in);
			struct band_performance *next =
				band_performance_splice(p, at, &s.in, &s.options, keep_form, &s.report);
			cr_assert_not_null(next, "chain %d change %d: %s", chain, change, stage_why(&s));
			assert_splice(p, next, at);
			band_performance_free(p);
			p = next;
		}
		band_performance_free(p);
	}
	stage_finish(&s);
}

static struct band_performance *change(struct stage *s, struct band_performance *p, uint32_t at,
	enum band_key key, const char *value, bool keep_form)
{
	struct band_overrides flags = {};

	flags.value[BAND_KEY_CHORDS] = "Dm7 G7 Cmaj7 A7";
	flags.value[BAND_KEY_STYLE] = "swing";
	flags.value[key] = value;
	band_inputs_finish(&s->in);
	stage_read(s, &flags, &s->in);
	struct band_performance *next =
		band_performance_splice(p, at, &s->in, &s->options, keep_form, &s->report);
	cr_assert_not_null(next, "%s", stage_why(s));
	assert_splice(p, next, at);
	band_performance_free(p);
	return next;
}

Test(band_splice, form,
	.description =
		"T-40: a new tempo or style goes on in the same bar of the form; new chords begin anew")
{
	struct stage s;

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "swing");
	struct band_performance *p = stage_perform(&s);
	p = change(&s, p, 2, BAND_KEY_TEMPO, "173", true);
	cr_assert_str_eq(band_performance_plan(p)->bar[2].chord[0].text, "Cmaj7");
	cr_assert_eq(band_performance_plan(p)->bar[2].tempo_bpm, 173);
	cr_assert_eq(band_performance_plan(p)->bar[1].tempo_bpm, s.in.style->tempo_usual);
	p = change(&s, p, 3, BAND_KEY_STYLE, "bossa", true);
	cr_assert_str_eq(band_performance_plan(p)->bar[3].chord[0].text, "A7");
	/* over the loop's end: bar 8 is its first again */
	const uint32_t n = band_performance_plan(p)->n_bars;
	p = change(&s, p, n + 1, BAND_KEY_TRANSPOSE, "2", true);
	cr_assert_str_eq(band_performance_plan(p)->bar[n].chord[0].text, "Dm7");
	cr_assert_str_eq(band_performance_plan(p)->bar[n + 1].chord[0].text, "A7");
	p = change(&s, p, n + 2, BAND_KEY_CHORDS, "Ebm7 Ab7", false);
	cr_assert_str_eq(band_performance_plan(p)->bar[n + 1].chord[0].text, "A7");
	cr_assert_str_eq(band_performance_plan(p)->bar[n + 2].chord[0].text, "Ebm7");
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_splice, finite,
	.description = "T-40: of three choruses three are played, whatever changes in between; the last bar "
		       "can change, "
		       "the end can't")
{
	struct stage s;

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "swing");
	s.options.choruses = 3;
	s.options.ending = false;
	struct band_performance *p = stage_perform(&s);
	p = change(&s, p, 5, BAND_KEY_TEMPO, "90", true);
	cr_assert_eq(band_performance_plan(p)->n_bars, 12);
	p = change(&s, p, 11, BAND_KEY_STYLE, "funk", true);
	cr_assert_eq(band_performance_plan(p)->n_bars, 12);
	cr_assert_null(band_performance_splice(p, 12, &s.in, &s.options, true, &s.report));
	cr_assert_str_eq(s.report.issue[s.report.n_issues - 1].code, "band.options.bar");
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_splice, programs,
	.description = "T-32: programs are sent again at the line where they change, and only there")
{
	struct stage s;
	uint32_t n = 0;

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "swing");
	struct band_performance *p = stage_perform(&s);
	p = change(&s, p, 3, BAND_KEY_TEMPO, "150", true);
	p = change(&s, p, 6, BAND_KEY_STYLE, "funk", true);
	struct played played = played_of(p, 0);
	for (uint32_t i = 0; i < played.n; i++) {
		const struct mos_tl_event *e = &played.event[i];

		if (status_of(e) != 0xc)
			continue;
		cr_assert(e->tick == 0 || e->tick == 6 * BAR);
		n++;
	}
	cr_assert_eq(n, 6, "piano, acoustic bass, jazz kit; clavinet, fingered bass, standard kit");
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_splice, telemetry,
	.description = "T-49 T-51: bars are counted on over a change; new chords are a new program")
{
	struct stage s;
	uint32_t n_index = 0;
	uint32_t n_section = 0;

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "swing");
	s.options.bar_cc = true;
	struct band_performance *p = stage_perform(&s);
	p = change(&s, p, 3, BAND_KEY_TEMPO, "150", true);
	p = change(&s, p, 6, BAND_KEY_CHORDS, "C F", false);
	struct played played = played_of(p, 2);
	for (uint32_t i = 0; i < played.n; i++) {
		const struct mos_tl_event *e = &played.event[i];

		if (status_of(e) != 0xb)
			continue;
		if (data1_of(e) == 21) {
			cr_assert_eq(e->tick, n_index * BAR);
			cr_assert_eq(data2_of(e), n_index < 127 ? n_index : 127);
			n_index++;
		} else if (data1_of(e) == 22) {
			cr_assert_eq(e->tick, n_section * 6 * BAR);
			cr_assert_eq(data2_of(e), n_section);
			n_section++;
		}
	}
	cr_assert_gt(n_index, 127);
	cr_assert_eq(n_section, 2);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_splice, trainer,
	.description = "T-22: a tempo that is set is where the trainer goes on from; a style is not")
{
	struct stage s;

	stage_chords(&s, "Dm7 G7 Cmaj7 A7", "swing");
	s.options.trainer_bpm = 10;
	struct band_performance *p = stage_perform(&s);
	const double usual = s.in.tempo_bpm;
	p = change(&s, p, 6, BAND_KEY_INTENSITY, "hard", true);
	cr_assert_eq(band_performance_plan(p)->bar[6].tempo_bpm, usual + 10);
	cr_assert_eq(band_performance_plan(p)->bar[8].tempo_bpm, usual + 20);
	p = change(&s, p, 9, BAND_KEY_TEMPO, "100", true);
	cr_assert_eq(band_performance_plan(p)->bar[9].tempo_bpm, 100);
	cr_assert_eq(band_performance_plan(p)->bar[12].tempo_bpm, 110);
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_splice, setlist,
	.description = "T-40: a change in a setlist is of the item that plays; the others are as they were")
{
	struct band_overrides flags = {};
	struct band_inputs second;
	struct stage s;

	stage_chords(&s, "Dm7 G7", "swing");
	flags.value[BAND_KEY_CHORDS] = "C F";
	flags.value[BAND_KEY_STYLE] = "waltz";
	stage_read(&s, &flags, &second);
	const struct band_item items[] = {{&s.in, 2}, {&second, 2}};
	s.options.choruses = 2;
	s.options.ending = false;
	struct band_performance *p = band_performance_new(items, 2, &s.options, &s.report);
	cr_assert_not_null(p);
	band_inputs_finish(&second);
	flags.value[BAND_KEY_TEMPO] = "99";
	stage_read(&s, &flags, &second);
	struct band_performance *q = band_performance_splice(p, 5, &second, &s.options, true, &s.report);
	cr_assert_not_null(q, "%s", stage_why(&s));
	const struct band_plan *plan = band_performance_plan(q);
	cr_assert_eq(plan->n_bars, 16);
	for (uint32_t i = 0; i < 16; i++) {
		cr_assert_eq(plan->bar[i].item, i / 4 % 2);
		cr_assert_str_eq(plan->bar[i].chord[0].text,
			((const char *const[]){"Dm7", "G7", "C", "F"})[i / 4 % 2 * 2 + i % 2]);
		cr_assert_eq(plan->bar[i].tempo_bpm == 99, i / 4 % 2 == 1 && i > 4, "%u", i);
	}
	band_performance_free(p);
	band_performance_free(q);
	band_inputs_finish(&second);
	stage_finish(&s);
}

Test(band_splice, long_run,
	.description = "T-19: a thousand changes: ticks and time go on exactly, nothing grows without end")
{
	struct stage s;
	struct mos_tempo_seg seg[4];
	int64_t u = 0;
	int64_t tick = 0;

	stage_chords(&s, "Dm7 G7 Cmaj7", "bolero");
	struct band_performance *p = stage_perform(&s);
	for (int i = 0; i < 1000; i++) {
		/* in the loop's last bar, for the bar after the wrap */
		const uint32_t at = band_performance_plan(p)->n_bars + 1;
		const int64_t line = band_performance_bar_tick(p, at);
		const int64_t ns = band_performance_bar_ns(p, at);

		s.in.tempo_bpm = 60 + i % 7 * 13;
		struct band_performance *next =
			band_performance_splice(p, at, &s.in, &s.options, i % 3 > 0, &s.report);
		cr_assert_not_null(next, "%d: %s", i, stage_why(&s));
		cr_assert_leq(band_performance_plan(next)->n_bars, 1024 + 16);
		cr_assert_leq(band_performance_notes(next), 80000);
		const uint32_t there = band_performance_bar_at(next, line);
		cr_assert_eq(band_performance_bar_tick(next, there), line);
		cr_assert_eq(band_performance_bar_ns(next, there), ns);
		cr_assert_gt(line, tick);
		tick = line;
		band_performance_free(p);
		p = next;
	}
	/* what was left out takes as long as it took */
	struct played played = played_of(p, 1);
	cr_assert_gt(band_performance_bar_tick(p, 0), 0);
	for (uint32_t i = 0; i < 3; i++)
		seg[i] = (struct mos_tempo_seg){.tick = played.tl.tempo[i].tick,
			.npq_start = played.tl.tempo[i].npq_start,
			.npq_end = i < 2 ? played.tl.tempo[i].npq_end : played.tl.tempo[i].npq_start};
	struct mos_tempo_map map;
	cr_assert_eq(mos_tempo_map_init(&map, seg, 3), 0);
	u = mos_tempo_tick_to_u(&map, band_performance_bar_tick(p, 0));
	cr_assert_eq(u / MOS_U_PER_NS, band_performance_bar_ns(p, 0));
	/* programs are in force from its first bar on */
	uint32_t n = 0;
	for (uint32_t i = 0; i < played.n; i++)
		n += status_of(&played.event[i]) == 0xc;
	cr_assert_eq(n, 3);
	played_finish(&played);
	band_performance_free(p);
	stage_finish(&s);
}

static uint32_t ons_between(const struct band_performance *p, int64_t from, int64_t to)
{
	struct played played = played_of(p, 1);
	uint32_t n = 0;

	/* between two sixteenths, where jitter leads no stroke */
	from -= PPQ / 8;
	to -= PPQ / 8;
	/* of bass and drums: chords are voiced afresh behind a line */
	for (uint16_t part = 1; part < 3; part++)
		n += count_ons(&played, part, from, to);
	played_finish(&played);
	return n;
}

Test(band_splice, early,
	.description = "T-40: a stroke that jitter made early is not struck again behind the line, nor lost, "
		       "nor taken into the loop")
{
	struct band_overrides flags = {};
	int64_t start, end, new_start, new_end;
	struct stage s;

	flags.value[BAND_KEY_CHORDS] = "Dm7 G7 Cmaj7 A7";
	flags.value[BAND_KEY_STYLE] = "funk";
	flags.value[BAND_KEY_HUMANIZE_MS] = "30";
	flags.value[BAND_KEY_HUMANIZE_SEED] = "4";
	stage_open(&s, &flags);
	s.options.bar_cc = true;
	struct band_performance *p = stage_perform(&s);
	cr_assert(band_performance_loop(p, &start, &end));
	const uint32_t n_bars = band_performance_plan(p)->n_bars;
	for (uint32_t at = n_bars - 4; at <= n_bars + 4; at++) {
		struct band_performance *q =
			band_performance_splice(p, at, &s.in, &s.options, true, &s.report);

		cr_assert_not_null(q);
		assert_splice(p, q, at);
		const int64_t line = band_performance_bar_tick(p, at);
		/* a bar around the line has as many strokes as any with these chords */
		const int64_t same = line > end ? line - (end - start) : line;
		cr_assert_eq(ons_between(q, line - BAR / 2, line + BAR / 2),
			ons_between(p, same - BAR / 2, same + BAR / 2), "at %u of %u", at, n_bars);
		cr_assert(band_performance_loop(q, &new_start, &new_end));
		cr_assert_eq(ons_between(q, new_start, new_end), ons_between(p, start, end));
		band_performance_free(q);
	}
	band_performance_free(p);
	stage_finish(&s);
}

Test(band_splice, leads_on,
	.description = "T-24: behind a change in mid-form, too, the loop's last bar leads to its first")
{
	struct stage s;
	const struct mos_tl_event *last = NULL;

	stage_chords(&s, "Cm7 Fm7 Bb7", "son_clave");
	struct band_performance *p = stage_perform(&s);
	struct band_performance *q = band_performance_splice(p, 1, &s.in, &s.options, true, &s.report);
	cr_assert_not_null(q);
	struct played played = played_of(q, 0);
	for (uint32_t i = 0; i < played.n; i++) {
		if (is_on(&played.event[i]) && played.event[i].part == 1)
			last = &played.event[i];
	}
	cr_assert_not_null(last);
	cr_assert_eq(last->tick, played.tl.policy.loop_end - PPQ);
	cr_assert_eq(data1_of(last) % 12, 0, "C is next");
	played_finish(&played);
	band_performance_free(p);
	band_performance_free(q);
	stage_finish(&s);
}
