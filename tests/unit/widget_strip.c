/* SPDX-License-Identifier: MIT */
/* The chord strip: which chord sounds, where it stands, which measures are asked for. */
#include <stdlib.h>

#include "widget_picture.h"

#include "strip.h"

/* Measures of 3,840 ticks and every third one of 2,880; a chord on each downbeat, on the third beat of even
 * ones. */
static void fill(struct strip *s, uint32_t n)
{
	int64_t tick = 0;

	*s = (struct strip){.has_numerals = 1, .has_place = 1};
	strip_clear(s, n);
	for (uint32_t i = 0; i < n && i < STRIP_CACHE; i++) {
		const int64_t duration = i % 3 == 2 ? 2880 : 3840;
		struct strip_measure *m = strip_put(s, i, tick, duration);

		strip_add(m, tick, "Bbm7b5", "iiø7");
		if (i % 2 == 0)
			strip_add(m, tick + 1920, "Eb7(b9)", "V7");
		tick += duration;
	}
}

Test(widget_strip, right_chord,
	.description = "WGT-08: at every tick the playhead is on the chord that is written there")
{
	static struct strip s;
	uint32_t measure, chord;

	fill(&s, 12);
	for (uint32_t i = 0; i < 12; i++) {
		const struct strip_measure *m = strip_get(&s, i);

		s.at = i;
		for (int64_t tick = m->tick; tick < m->tick + m->duration; tick += 137) {
			s.tick = tick;
			cr_assert_eq(strip_chord_at(&s, tick, &measure, &chord), 1);
			cr_expect_eq(measure, i);
			cr_expect_eq(chord, i % 2 == 0 && tick - m->tick >= 1920);
		}
	}
	cr_expect_str_eq(strip_get(&s, 0)->chord[0].symbol, "B♭m7♭5");

	/* a chord of before goes on over a measure without one */
	(void)strip_put(&s, 4, strip_get(&s, 4)->tick, 3840);
	s.at = 4;
	cr_assert_eq(strip_chord_at(&s, strip_get(&s, 4)->tick + 10, &measure, &chord), 1);
	cr_expect_eq(measure, 3);
	/* behind a measure that is not known nothing is guessed */
	s.measure[3].is_known = 0;
	cr_expect_eq(strip_chord_at(&s, strip_get(&s, 4)->tick + 10, &measure, &chord), 0);
}

Test(widget_strip, repeats,
	.description = "WGT-08 NVX-19: in a repeat the playhead is where the music is written, whichever "
		       "time it is played")
{
	static struct strip s;
	static struct order order;
	const struct order_run second = {.first = 1,
		.n = 3,
		.played_first = 3,
		.written_tick = 3840,
		.played_tick = 3840 + 3840 + 2880,
		.duration = 3840 + 2880 + 3840};

	fill(&s, 4);
	order_plain(&order, 4);
	strip_place(&s, &order, 1, 3840 + 100);
	cr_expect(s.at == 1 && s.tick == 3940);
	strip_place(&s, &order, 0, 3840 + 100);
	cr_expect_eq(s.at, 1, "the clock's page is of a moment ago");
	/* the second and third measure are played twice */
	order.run[0].n = 3;
	order.run[0].duration = second.played_tick;
	order.run[1] = second;
	order.n = 2;
	order.n_measures = 6;
	strip_place(&s, &order, 2, second.played_tick - 1);
	cr_expect(s.at == 2 && s.tick == second.played_tick - 1);
	strip_place(&s, &order, 2, second.played_tick + 1);
	cr_expect(s.at == 1 && s.tick == 3841, "the page is of before the jump: %u, %lld", s.at,
		(long long)s.tick);
	strip_place(&s, &order, 4, second.played_tick + 3840 + 7);
	cr_expect(s.at == 2 && s.tick == 2 * 3840 + 7);
	strip_place(&s, &order, 5, second.played_tick + 3840 + 2880 + 7);
	cr_expect(s.at == 3 && s.tick == 2 * 3840 + 2880 + 7);
	cr_expect_eq(order_played_tick(&order, s.tick), second.played_tick + 3840 + 2880 + 7);
}

Test(widget_strip, playhead,
	.description =
		"WGT-08: the line stands at the tick's share of its measure, and only one chord is lit")
{
	static struct strip s;

	fill(&s, 40);
	for (uint32_t at = 0; at < 40; at++) {
		const struct strip_measure *m = strip_get(&s, at);

		s.at = at;
		s.tick = m->tick + m->duration / 4;
		for (float size = 0.5f; size <= 4; size *= 2) {
			struct strip_layout l;
			struct mos_box box;
			int found = 0;

			strip_draw(picture_begin(1920 * size, 108 * size), &s);
			picture_check();
			l = strip_layout(&s, 1920 * size, 108 * size);
			cr_assert(at >= l.first && at < l.first + l.rows * l.columns);
			box = strip_box(&l, at);
			for (uint32_t i = 0; i < picture.n; i++)
				if (picture_shape[i].kind == MOS_SHAPE_LINE &&
					(picture_shape[i].color & 0xff) == MOS_TOKEN_PLAYHEAD) {
					cr_expect_float_eq(picture_shape[i].x, box.x + box.w / 4, 0.05f);
					found++;
				}
			cr_expect_eq(found, 1);
			cr_expect_eq(picture_count(MOS_SHAPE_TEXT, MOS_TOKEN_ACCENT, 255), 1);
		}
	}
}

Test(widget_strip, heard,
	.description = "WGT-08: without written chords those that are heard stand where they sounded, the "
		       "newest word counts")
{
	static struct strip s;
	const struct strip_measure *m = &s.measure[3];

	s = (struct strip){.has_place = 1, .at = 3};
	strip_clear(&s, 8);
	cr_expect_eq(strip_hear(&s, 3 * 3840, "C", ""), 0, "the measure is not known");
	for (uint32_t i = 0; i < 8; i++)
		(void)strip_put(&s, i, i * 3840, 3840);
	cr_expect_eq(strip_hear(&s, 3 * 3840 + 100, "C", "I"), 1);
	cr_expect_eq(strip_hear(&s, 3 * 3840 + 2000, "Bb7", "bVII7"), 1);
	cr_assert_eq(m->n_chords, 2);
	cr_expect_eq(m->chord[0].tick, 3 * 3840);
	cr_expect_eq(m->chord[1].tick, 3 * 3840 + 1920);
	cr_expect_str_eq(m->chord[1].symbol, "B♭7");
	cr_expect_eq(strip_hear(&s, 3 * 3840 + 1800, "F", "IV"), 1);
	cr_assert_eq(m->n_chords, 2);
	cr_expect_str_eq(m->chord[1].symbol, "F");
	cr_expect_eq(strip_hear(&s, 3 * 3840 + 3839, "G", "V"), 1, "not past the end");
	cr_expect_eq(m->chord[2].tick, 3 * 3840 + 3360);
	cr_expect_eq(strip_hear(&s, 3 * 3840 + 50, "Am", "vi"), 1, "played once more");
	cr_expect_eq(m->n_chords, 1);
	cr_expect_eq(strip_hear(&s, 2 * 3840, "C", ""), 0, "another measure");
	s.is_written = 1;
	cr_expect_eq(strip_hear(&s, 3 * 3840 + 960, "C", ""), 0);
	strip_clear(&s, 8);
	cr_expect_eq(s.is_written, 0);
}

Test(widget_strip, asks,
	.description = "WGT-08: what is seen is asked for, nothing else, and a click finds the tick")
{
	static struct strip s;
	struct strip_layout l;
	uint32_t missing;
	int n = 0;

	strip_clear(&s, 1000);
	s.at = 500;
	l = strip_layout(&s, 1920, 300);
	cr_expect_eq(l.rows, 3);
	cr_expect_eq(l.columns, 12);
	while ((missing = strip_missing(&s, &l)) != UINT32_MAX && n++ < 1000) {
		cr_assert(missing >= l.first && missing < l.first + 36);
		(void)strip_put(&s, missing, missing * 3840ll, 3840);
	}
	cr_expect_eq(n, 36);
	for (uint32_t i = l.first; i < l.first + 36; i++) {
		const struct mos_box box = strip_box(&l, i);
		const int64_t tick =
			strip_tick_at(&s, &l, (struct mos_point){box.x + box.w / 2, box.y + box.h / 2});

		cr_expect(llabs(tick - (i * 3840ll + 1920)) < 20, "%lld", (long long)tick);
	}
	cr_expect_eq(strip_tick_at(&s, &l, (struct mos_point){1, 1}), -1);
	for (int i = 0; i < 20; i++)
		strip_add(&s.measure[500 % STRIP_CACHE], 0, "A very long symbol that nobody can read", "");
	cr_expect_eq(strip_get(&s, 500)->n_chords, STRIP_CHORDS);
	strip_clear(&s, 0);
	strip_draw(picture_begin(1920, 108), &s);
	cr_expect(picture_has_text("no score"));
}
