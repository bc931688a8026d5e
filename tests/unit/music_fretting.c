/* SPDX-License-Identifier: MIT */
/* Places on the neck: shapes that every guitarist knows, and rules that no hand can break. */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <mos/fretting.h>

#define MANY 400

static struct mos_fret_place place[MANY * 8];
static struct mos_fret_report report;

/* A chord at one tick, lowest key first. */
static void chord(const char *keys_text, unsigned degree, struct mos_fret_note *note, size_t *n)
{
	char *rest = (char *)keys_text;

	for (*n = 0; *rest; (*n)++)
		note[*n] = (struct mos_fret_note){
			.key = (uint8_t)strtol(rest, &rest, 10), .duration_ticks = 960};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, *n, degree, place, &report), 0);
}

/* "x32010" with fingers "-32-1-", from the lowest string. */
static void expect_shape(const char *keys, const char *frets, const char *fingers)
{
	struct mos_fret_note note[8];
	char is[7] = "xxxxxx", hand[7] = "------";
	size_t n;

	chord(keys, 0, note, &n);
	for (size_t i = 0; i < n; i++) {
		cr_assert_gt(place[i].string, 0, "%s: note %zu is left out", keys, i);
		is[6 - place[i].string] = (char)('0' + place[i].fret);
		if (place[i].fret)
			hand[6 - place[i].string] = (char)('0' + place[i].finger);
	}
	cr_expect_str_eq(is, frets, "%s: %s", frets, is);
	cr_expect_str_eq(hand, fingers, "%s: fingers %s", frets, hand);
}

Test(music_fretting, shapes,
	.description = "HRM-09: open chords and barres come out as guitarists play them, with their fingers")
{
	expect_shape("48 52 55 60 64", "x32010", "-32-1-");    /* C */
	expect_shape("40 47 52 56 59 64", "022100", "-231--"); /* E */
	expect_shape("45 52 57 60 64", "x02210", "--231-");    /* Am */
	expect_shape("50 57 62 66", "xx0232", "---132");       /* D */
	expect_shape("41 48 53 57 60 65", "133211", "134211"); /* F, a barre */
	expect_shape("43 47 50 55 59 67", "320003", "21---3"); /* G */
}

Test(music_fretting, frets,
	.description = "HRM-07 HRM-09: the twelfth fret halves the string, and frets grow narrower by a "
		       "twelfth root of two")
{
	cr_expect_float_eq(mos_fret_mm(&mos_fret_guitar, 0), 0, 1e-6f);
	cr_expect_float_eq(mos_fret_mm(&mos_fret_guitar, 12), 324, 1e-3f);
	cr_expect_float_eq(mos_fret_mm(&mos_fret_guitar, 24), 486, 1e-3f);
	for (unsigned f = 1; f < 24; f++) {
		const float wide = mos_fret_mm(&mos_fret_guitar, f) - mos_fret_mm(&mos_fret_guitar, f - 1);
		const float next = mos_fret_mm(&mos_fret_guitar, f + 1) - mos_fret_mm(&mos_fret_guitar, f);

		cr_expect_float_eq(wide / next, exp2(1.0 / 12), 1e-3);
	}
}

/* What no hand can do. */
static void check(const struct mos_fret_neck *neck, const struct mos_fret_note *note, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned strings = 0, low = 255, high = 0;

		if (i && note[i].tick == note[i - 1].tick)
			continue;
		for (size_t k = i; k < n && note[k].tick == note[i].tick; k++) {
			const struct mos_fret_place *p = &place[k];

			if (!p->string)
				continue;
			cr_assert_leq(p->string, neck->n_strings);
			cr_assert_eq(
				neck->open[p->string - 1] + neck->capo + p->fret, note[k].key, "note %zu", k);
			cr_assert_leq(p->fret + neck->capo, neck->n_frets);
			cr_assert_eq(strings >> p->string & 1, 0, "two notes on string %u", p->string);
			strings |= 1u << p->string;
			cr_assert_leq(p->finger, 4);
			cr_assert_eq(p->finger == 0, p->fret == 0);
			cr_assert(p->right >= MOS_FRET_P && p->right <= MOS_FRET_A);
			if (p->fret) {
				low = p->fret < low ? p->fret : low;
				high = p->fret > high ? p->fret : high;
			}
			for (size_t m = i; m < k; m++)
				if (place[m].string && p->fret && place[m].fret) {
					cr_assert(place[m].finger != p->finger || place[m].fret == p->fret,
						"one finger at two frets");
					cr_assert(place[m].fret >= p->fret || place[m].finger <= p->finger,
						"crossed fingers");
				}
		}
		if (high)
			cr_assert_leq(
				mos_fret_mm(neck, high + neck->capo) - mos_fret_mm(neck, low + neck->capo),
				MOS_FRET_REACH_MM + 0.01f);
	}
}

Test(music_fretting, always_playable,
	.description = "HRM-09: whatever the notes are, what is proposed keeps one note a string, four "
		       "fingers in order "
		       "and a hand's reach, on necks of 1 to 12 strings with capo")
{
	struct mos_fret_note note[MANY];
	uint32_t seed = 12345;

	for (unsigned round = 0; round < 60; round++) {
		struct mos_fret_neck neck = {.n_strings = (uint8_t)(1 + round % 12),
			.n_frets = (uint8_t)(5 + round % 20),
			.capo = (uint8_t)(round % 4)};
		int64_t tick = 0;

		for (unsigned s = 0; s < neck.n_strings; s++)
			neck.open[s] = (uint8_t)(76 - 4 * s - round % 5);
		for (unsigned i = 0; i < MANY; i++) {
			seed = seed * 1664525 + 1013904223;
			tick += seed >> 29 ? 0 : 240;
			note[i] = (struct mos_fret_note){
				.tick = tick, .duration_ticks = 240, .key = (uint8_t)(seed >> 12 & 127)};
		}
		cr_assert_eq(
			mos_fret_propose(&neck, note, MANY, round % MOS_FRET_DEGREES, place, &report), 0);
		check(&neck, note, MANY);
	}
}

Test(music_fretting, degrees,
	.description = "HRM-09: six degrees of simplification: each leaves out no less than the one before; "
		       "highest and "
		       "lowest stay longest")
{
	static const unsigned left[MOS_FRET_DEGREES] = {6, 4, 4, 3, 2, 1};
	struct mos_fret_note note[8];
	size_t n;

	for (unsigned degree = 0; degree < MOS_FRET_DEGREES; degree++) {
		chord("40 47 52 56 59 64", degree, note, &n);
		cr_expect_eq(
			n - report.n_left_out, left[degree], "degree %u: %zu", degree, n - report.n_left_out);
		cr_expect_gt(place[n - 1].string, 0, "the melody is played");
		cr_expect_eq(place[0].string == 0, degree == 5, "so is the bass, but in the last");
		check(&mos_fret_guitar, note, n);
	}
}

Test(music_fretting, stays_in_position,
	.description =
		"HRM-09: a run up high stays in one position; the same key twice in a chord is played once")
{
	static const uint8_t run[] = {69, 71, 72, 74, 76, 77, 79, 81, 79, 77, 76, 74, 72, 71, 69};
	struct mos_fret_note note[sizeof(run)];
	unsigned low = 255, high = 0;

	for (unsigned i = 0; i < sizeof(run); i++)
		note[i] = (struct mos_fret_note){.tick = i * 120, .duration_ticks = 120, .key = run[i]};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, sizeof(run), 0, place, &report), 0);
	cr_expect_eq(report.n_left_out, 0);
	check(&mos_fret_guitar, note, sizeof(run));
	for (unsigned i = 0; i < sizeof(run); i++) {
		low = place[i].fret && place[i].fret < low ? place[i].fret : low;
		high = place[i].fret > high ? place[i].fret : high;
	}
	cr_expect_leq(high - low, 6, "frets %u to %u", low, high);
	cr_expect_leq(report.n_shifts, 8, "%zu shifts", report.n_shifts);
	for (unsigned i = 1; i < sizeof(run); i++)
		if (place[i].string < 4 && place[i - 1].string < 4)
			cr_expect_neq(place[i].right, place[i - 1].right, "i and m alternate");
	const struct mos_fret_note twice[] = {
		{.key = 60, .duration_ticks = 10}, {.key = 60, .duration_ticks = 10}};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, twice, 2, 0, place, &report), 0);
	cr_expect_eq(report.n_left_out, 1);
}

Test(music_fretting, hostile_neck, .timeout = 120,
	.description = "HRM-09: chords that fit nowhere on a neck whose twelve strings are the same end "
		       "in bounded time, not after 12! tries")
{
	struct mos_fret_neck neck = {.n_strings = 12, .n_frets = 24};
	struct mos_fret_note note[12 * 20];

	memset(neck.open, 40, sizeof(neck.open));
	for (unsigned i = 0; i < 12 * 20; i++) /* one at the first fret, eleven beyond a hand's reach of it */
		note[i] = (struct mos_fret_note){
			.tick = i / 12, .duration_ticks = 1, .key = (uint8_t)(i % 12 ? 52 + i % 12 : 41)};
	cr_assert_eq(mos_fret_propose(&neck, note, 12 * 20, 0, place, &report), 0);
	check(&neck, note, 12 * 20);
	for (unsigned i = 0; i < 20; i++) {
		unsigned n = 0;

		for (unsigned k = 0; k < 12; k++)
			n += place[i * 12 + k].string != 0;
		cr_expect_gt(n, 0, "something of chord %u is played", i);
	}
}

/* Longer than what is looked at at once. */
Test(music_fretting, long_piece,
	.description =
		"HRM-09: in a piece of 10,000 notes no string is struck before its note has ended, and "
		"the hand does not move oftener in the long run than in a short one")
{
	enum { LONG = 10000 };
	static const uint8_t run[] = {64, 67, 71, 76, 79, 76, 71, 67};
	struct mos_fret_note *note = calloc(LONG, sizeof(*note));
	struct mos_fret_place *at = calloc(LONG, sizeof(*at));
	int64_t busy_until[MOS_FRET_STRINGS + 1] = {0};
	size_t shifts;

	cr_assert(note && at);
	for (unsigned i = 0; i < LONG; i++)
		note[i] = (struct mos_fret_note){
			.tick = i * 240, .duration_ticks = 480, .key = run[i % sizeof(run)]};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, 800, 0, at, &report), 0);
	shifts = report.n_shifts;
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, LONG, 0, at, &report), 0);
	cr_expect_eq(report.n_left_out, 0);
	cr_expect_leq(report.n_shifts, (shifts + 1) * LONG / 800 + 4, "%zu, in 800 notes %zu",
		report.n_shifts, shifts);
	for (unsigned i = 0; i < LONG; i++) {
		cr_assert_leq(
			busy_until[at[i].string], note[i].tick, "note %u on string %u", i, at[i].string);
		busy_until[at[i].string] = note[i].tick + note[i].duration_ticks;
	}
	free(note);
	free(at);
}

/* What is known of a line of single notes from its places alone: the first finger's fret is the note's less
 * its finger's, and strings are not struck while they sound. */
static void check_line(const struct mos_fret_note *note, const struct mos_fret_place *at, size_t n)
{
	int64_t busy_until[MOS_FRET_STRINGS + 1] = {0};
	size_t shifts = 0, left_out = 0;
	int hand = -1;

	for (size_t i = 0; i < n; i++) {
		left_out += !at[i].string;
		if (!at[i].string)
			continue;
		cr_assert_eq(mos_fret_guitar.open[at[i].string - 1] + at[i].fret, note[i].key, "note %zu", i);
		cr_assert_leq(busy_until[at[i].string], note[i].tick, "note %zu of %zu strikes string %u", i,
			n, at[i].string);
		busy_until[at[i].string] = note[i].tick + note[i].duration_ticks;
		if (!at[i].fret)
			continue;
		shifts += hand >= 0 && hand != at[i].fret - at[i].finger + 1;
		hand = at[i].fret - at[i].finger + 1;
	}
	cr_expect_eq(report.n_shifts, shifts, "of %zu notes: %zu shifts are told, %zu are seen", n,
		report.n_shifts, shifts);
	cr_expect_eq(report.n_left_out, left_out);
}

Test(music_fretting, window_seams,
	.description =
		"HRM-09: where one stretch of a long piece ends and the next one begins, the hand and what "
		"still sounds are those of the stretch before: at every length around the seams")
{
	static const size_t lengths[] = {1, 4095, 4096, 4097, 4098, 8191, 8192, 8193, 12289};
	enum { LONG = 12289 };
	struct mos_fret_note *note = calloc(LONG, sizeof(*note));
	struct mos_fret_place *at = calloc(LONG, sizeof(*at));
	uint32_t seed = 7;

	cr_assert(note && at);
	/* Each sounds on through the next two: a string that is forgotten at a seam would be struck. */
	for (unsigned i = 0; i < LONG; i++) {
		seed = seed * 1664525 + 1013904223;
		note[i] = (struct mos_fret_note){
			.tick = i * 240, .duration_ticks = 720, .key = (uint8_t)(52 + (seed >> 20) % 24)};
	}
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, lengths[i], 0, at, &report), 0);
		check_line(note, at, lengths[i]);
		for (size_t k = 0; k < lengths[i]; k++)
			cr_assert(at[k].string == 0 || at[k].right != 0, "note %zu of %zu", k, lengths[i]);
	}
	free(note);
	free(at);
}

Test(music_fretting, over_windows_without_a_note,
	.description = "HRM-09: a note that sounds through stretches in which nothing can be played keeps "
		       "its string, "
		       "and the hand is where it was")
{
	enum { BETWEEN = 9000, LONG = BETWEEN + 4 };
	struct mos_fret_note *note = calloc(LONG, sizeof(*note));
	struct mos_fret_place *at = calloc(LONG, sizeof(*at));

	cr_assert(note && at);
	note[0] = (struct mos_fret_note){.tick = 0, .duration_ticks = 10, .key = 76};
	note[1] = (struct mos_fret_note){.tick = 10, .duration_ticks = 1000000, .key = 69};
	for (unsigned i = 2; i < LONG - 2; i++)
		note[i] = (struct mos_fret_note){.tick = 10 + i, .duration_ticks = 1, .key = 20};
	note[LONG - 2] = (struct mos_fret_note){.tick = 20000, .duration_ticks = 10, .key = 69};
	note[LONG - 1] = (struct mos_fret_note){.tick = 20010, .duration_ticks = 10, .key = 71};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, LONG, 0, at, &report), 0);
	cr_expect_eq(report.n_unreachable, BETWEEN);
	cr_expect_eq(report.n_left_out, BETWEEN);
	check_line(note, at, LONG);
	free(note);
	free(at);
}

Test(music_fretting, worst_pieces, .timeout = 120,
	.description = "HRM-09: 100,000 notes as chords of twelve on a neck of twelve strings, as single "
		       "notes, and all "
		       "at one tick end in bounded time, and the last chords have what the first ones have")
{
	enum { LONG = 100000 };
	struct mos_fret_neck neck = {.n_strings = 12, .n_frets = 24};
	struct mos_fret_note *note = calloc(LONG, sizeof(*note));
	struct mos_fret_place *at = calloc(LONG, sizeof(*at));
	unsigned first = 0, last = 0;

	cr_assert(note && at);
	for (unsigned s = 0; s < 12; s++)
		neck.open[s] = (uint8_t)(64 - 2 * s);
	for (unsigned i = 0; i < LONG; i++)
		note[i] = (struct mos_fret_note){
			.tick = i / 12 * 240, .duration_ticks = 240, .key = (uint8_t)(44 + i % 12 * 3)};
	cr_assert_eq(mos_fret_propose(&neck, note, LONG, 0, at, &report), 0);
	for (unsigned i = 0; i < 1200; i++) {
		first += at[i].string != 0;
		last += at[LONG - LONG % 12 - 1200 + i].string != 0;
	}
	cr_expect_geq(last, first, "%u of the first hundred chords' notes are played, %u of the last ones'",
		first, last);
	for (unsigned i = 0; i < LONG; i++)
		note[i] = (struct mos_fret_note){
			.tick = i * 10, .duration_ticks = 10, .key = (uint8_t)(64 + i % 7)};
	cr_assert_eq(mos_fret_propose(&neck, note, LONG, 0, at, &report), 0);
	cr_expect_eq(report.n_left_out, 0);
	for (unsigned i = 0; i < LONG; i++)
		note[i].tick = 0;
	cr_assert_eq(mos_fret_propose(&neck, note, LONG, 0, at, &report), 0);
	cr_expect_gt(report.n_left_out, LONG - 100);
	free(note);
	free(at);
}

Test(music_fretting, places_that_are_there,
	.description =
		"HRM-09: a note that somebody has put on a string stays there and gets its fingers; what is "
		"proposed goes round it, and no degree takes it away")
{
	/* A C chord whose g somebody plays on the fourth string: the others are where they can be then. */
	struct mos_fret_note note[] = {{.duration_ticks = 960, .key = 48}, {.duration_ticks = 960, .key = 52},
		{.duration_ticks = 960, .key = 55, .string = 4, .fret = 5},
		{.duration_ticks = 960, .key = 64}};
	const size_t n = sizeof(note) / sizeof(note[0]);

	for (unsigned degree = 0; degree < MOS_FRET_DEGREES; degree++) {
		cr_assert_eq(mos_fret_propose(&mos_fret_guitar, note, n, degree, place, &report), 0);
		cr_expect_eq(place[2].string, 4, "degree %u", degree);
		cr_expect_eq(place[2].fret, 5);
		cr_expect_gt(place[2].finger, 0);
		cr_expect_gt(place[3].string, 0, "the melody is played, degree %u", degree);
		check(&mos_fret_guitar, note, n);
	}
	cr_expect_eq(report.n_left_out, 2, "those that had no place: %zu", report.n_left_out);

	/* It sounds on: the open string that would be nearest is taken. */
	struct mos_fret_note held[] = {{.tick = 0, .duration_ticks = 1920, .key = 66, .string = 1, .fret = 2},
		{.tick = 960, .duration_ticks = 480, .key = 64}};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, held, 2, 0, place, &report), 0);
	cr_expect_neq(place[1].string, 1);
	cr_expect_gt(place[1].string, 0);

	/* Nobody can: it is theirs, no hand of ours, and is not counted. */
	struct mos_fret_note wide[] = {{.key = 41, .duration_ticks = 960, .string = 6, .fret = 1},
		{.key = 79, .duration_ticks = 960, .string = 1, .fret = 15}};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, wide, 2, 0, place, &report), 0);
	cr_expect_eq(report.n_left_out, 0);
	cr_expect_eq((place[0].string != 0) + (place[1].string != 0), 1);
}

Test(music_fretting, strange_instruments,
	.description = "HRM-09: a neck so short that a hand reaches all its frets; chords of more notes than "
		       "strings; "
		       "twelve strings under four fingers of the right hand")
{
	struct mos_fret_neck tiny = {.n_strings = 2, .n_frets = 36, .open = {60, 20}, .scale_mm = 50};
	const struct mos_fret_note far[] = {
		{.key = 21, .duration_ticks = 10}, {.key = 95, .duration_ticks = 10}};
	struct mos_fret_note many[40];

	cr_assert_eq(mos_fret_propose(&tiny, far, 2, 0, place, &report), 0);
	cr_expect_eq(report.n_left_out, 0);
	check(&tiny, far, 2);

	/* From the lowest up, as scores have them: the melody is the last one. */
	for (unsigned i = 0; i < 40; i++)
		many[i] = (struct mos_fret_note){.key = (uint8_t)(40 + i), .duration_ticks = 10};
	cr_assert_eq(mos_fret_propose(&mos_fret_guitar, many, 40, 5, place, &report), 0);
	cr_expect_gt(place[39].string, 0, "the highest of forty notes");
	cr_expect_eq(report.n_left_out, 39);

	/* Six upper strings of twelve, all open: the thumb takes the lower ones, i what is left. */
	struct mos_fret_neck harp = {.n_strings = 12, .n_frets = 12};
	for (unsigned s = 0; s < 12; s++)
		harp.open[s] = (uint8_t)(80 - s);
	for (unsigned i = 0; i < 12; i++)
		many[i] = (struct mos_fret_note){.key = (uint8_t)(69 + i), .duration_ticks = 10};
	cr_assert_eq(mos_fret_propose(&harp, many, 12, 0, place, &report), 0);
	cr_assert_eq(report.n_left_out, 0);
	for (unsigned i = 0; i < 12; i++) {
		static const uint8_t fingers[] = {
			MOS_FRET_A, MOS_FRET_M, MOS_FRET_I, MOS_FRET_I, MOS_FRET_I, MOS_FRET_I};
		const unsigned string = place[i].string;

		cr_expect_eq(
			place[i].right, string > 6 ? MOS_FRET_P : fingers[string - 1], "string %u", string);
	}
}

Test(music_fretting, refusals,
	.description = "HRM-09: notes out of order, no strings, no such degree are refused; keys beyond the "
		       "neck are counted")
{
	const struct mos_fret_note back[] = {{.tick = 10, .key = 60}, {.tick = 0, .key = 60}},
				   late[] = {{.tick = INT64_MIN, .key = 60}, {.tick = INT64_MAX, .key = 60}},
				   far[] = {{.key = 20}, {.key = 127}, {.tick = 1, .key = 60}};
	struct mos_fret_neck none = mos_fret_guitar;

	cr_expect_eq(mos_fret_propose(&mos_fret_guitar, back, 2, 0, place, &report), -EINVAL);
	cr_expect_eq(mos_fret_propose(&mos_fret_guitar, far, 3, 6, place, &report), -EINVAL);
	cr_expect_eq(mos_fret_propose(&mos_fret_guitar, late, 2, 0, place, &report), -EINVAL);
	cr_expect_eq(mos_fret_propose(&mos_fret_guitar, late + 1, 1, 0, place, &report), -EINVAL);
	none.scale_mm = INFINITY;
	cr_expect_eq(mos_fret_propose(&none, far, 3, 0, place, &report), -EINVAL);
	none.n_strings = 0;
	cr_expect_eq(mos_fret_propose(&none, far, 3, 0, place, &report), -EINVAL);
	cr_expect_eq(mos_fret_propose(&mos_fret_guitar, far, 0, 0, place, &report), 0);
	cr_expect_eq(mos_fret_propose(&mos_fret_guitar, far, 3, 0, place, &report), 0);
	cr_expect_eq(report.n_unreachable, 2);
	cr_expect_eq(report.n_left_out, 2);
	cr_expect_gt(place[2].string, 0);
}
