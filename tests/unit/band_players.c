/* SPDX-License-Identifier: MIT */
/* What the players make of a style's patterns: other meters, chords within a bar, fills, endings, rests. */
#include "band_fixture.h"

#include <stdio.h>

#define PLAIN                                                                                                \
	"\"comp\":[[0,4,80]],\"bass\":[[0,4,80]],\"drums\":[[0,0.25,90,36],[1,0.25,20,38],[2,0.25,90,36]]"

/** A program of flags, played in a style of the test's own. */
static void play(struct band_piece *piece, const char *style, const struct band_overrides *flags)
{
	struct band_report report = {};
	struct band_style *own = band_style_read(style, strlen(style), &report);

	cr_assert_not_null(own, "%s: %s", report.issue[0].where, report.issue[0].message);
	piece_read(piece, NULL, flags);
	band_style_free(piece->in.style);
	piece->in.style = own;
	band_plan_finish(&piece->plan);
	cr_assert_eq(band_plan_program(&piece->in, &piece->report, &piece->plan), 0);
}

static void render(struct band_piece *piece)
{
	cr_assert_eq(band_render(&piece->ctx, &piece->events), 0, "%s: %s", piece->report.issue[0].where,
		piece->report.issue[0].message);
}

/** "bar+beat:length/velocity" of each hit of a part, in a line. */
static const char *hits(const struct band_piece *piece, enum band_part part, bool with_velocity)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < piece->events.n_events; i++) {
		const struct band_event *e = &piece->events.event[i];

		if (e->part != part || !e->onset)
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u+%g:%g", n ? " " : "", e->bar,
			e->at_beats - e->bar * band_bar_beats(&piece->in), e->len_beats);
		if (with_velocity)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "/%u", e->velocity);
	}
	return text;
}

static uint16_t classes_at(const struct band_piece *piece, enum band_part part, double at)
{
	uint16_t classes = 0;

	for (uint32_t i = 0; i < piece->events.n_events; i++) {
		const struct band_event *e = &piece->events.event[i];

		if (e->part == part && e->at_beats == at)
			classes |= (uint16_t)(1u << e->note % 12);
	}
	return classes;
}

Test(band_players, within_a_bar,
	.description = "T-39: a hit ends with its chord, and the next chord is struck")
{
	struct band_piece piece;

	play(&piece, "{\"style\":\"t\",\"patterns\":{\"medium\":{" PLAIN "}}}",
		FLAGS([BAND_KEY_CHORDS] = "Dm7 G7 | Cmaj7 | F N.C. |"));
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, false), "0+0:2 0+2:2 1+0:4 2+0:2");
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+0:2 0+2:2 1+0:4 2+0:2");
	cr_expect_eq(classes_at(&piece, BAND_BASS, 2), 1u << 7);
	cr_expect_eq(classes_at(&piece, BAND_COMP, 2), 1u << 7 | 1u << 11 | 1u << 2 | 1u << 5);
	piece_finish(&piece);
}

Test(band_players, every_chord,
	.description = "T-39: a chord that the pattern passes over is played: by the comp early, by the bass "
		       "where it begins")
{
	struct band_piece piece;

	play(&piece,
		"{\"style\":\"t\",\"patterns\":{\"medium\":{\"comp\":[[0,1,80],[1.5,0.5,70]],"
		"\"bass\":[[0,1.5,80],[3,0.5,70,\"approach\"]]}}}",
		FLAGS([BAND_KEY_CHORDS] = "Dm7 G7 | C"));
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, false), "0+0:1 0+1.5:0.5 1+0:1 1+1.5:0.5");
	cr_expect_eq(classes_at(&piece, BAND_COMP, 1.5), 1u << 7 | 1u << 11 | 1u << 2 | 1u << 5);
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+0:1.5 0+2:1 0+3:0.5 1+0:1.5 1+3:0.5");
	cr_expect_eq(classes_at(&piece, BAND_BASS, 2), 1u << 7);
	piece_finish(&piece);

	/* The only stroke that the first chord has stays its own; ornaments are no measure. */
	play(&piece, "{\"style\":\"t\",\"patterns\":{\"medium\":{\"comp\":[[1.5,0.25,70],[1.75,0.25,20]]}}}",
		FLAGS([BAND_KEY_CHORDS] = "Dm7 G7 | C"));
	render(&piece);
	cr_expect_str_eq(
		hits(&piece, BAND_COMP, true), "0+1.5:0.25/70 0+1.75:0.25/20 1+1.5:0.25/70 1+1.75:0.25/20");
	cr_expect_eq(classes_at(&piece, BAND_COMP, 1.5), 1u << 2 | 1u << 5 | 1u << 9 | 1u << 0);
	piece_finish(&piece);
}

Test(band_players, bass_begins_on_roots,
	.description = "T-39: the bass begins a chord on its root, however the pattern goes on; one that was "
		       "played early has had it")
{
	struct band_piece piece;
	static const char waltz[] = "{\"style\":\"t\",\"meter\":\"3/4\",\"patterns\":{\"medium\":{\"bars\":2,"
				    "\"bass\":[[0,2,80],[3,2,80,\"fifth\"]]}}}";
	static const char tumbao[] = "{\"style\":\"t\",\"patterns\":{\"medium\":{"
				     "\"bass\":[[1.5,1.5,80,\"fifth\"],[3,2.5,80,\"next\"]]}}}";

	play(&piece, waltz, FLAGS([BAND_KEY_CHORDS] = "C F D D", [BAND_KEY_METER] = "3/4"));
	render(&piece);
	cr_expect_eq(classes_at(&piece, BAND_BASS, 3), 1u << 5);
	cr_expect_eq(classes_at(&piece, BAND_BASS, 9), 1u << 9, "the second bar of one chord");
	piece_finish(&piece);

	play(&piece, tumbao, FLAGS([BAND_KEY_CHORDS] = "Dm7 G7 | C"));
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+1.5:0.5 0+2:1 0+3:2.5 1+1.5:1.5 1+3:2.5");
	cr_expect_eq(classes_at(&piece, BAND_BASS, 1.5), 1u << 2, "nobody played its root before");
	cr_expect_eq(classes_at(&piece, BAND_BASS, 2), 1u << 7);
	cr_expect_eq(classes_at(&piece, BAND_BASS, 5.5), 1u << 7, "C was there already: its fifth");
	piece_finish(&piece);
}

Test(band_players, next,
	.description = "T-36: a chord that is anticipated is the next one's, tied over the line")
{
	struct band_piece piece;

	play(&piece,
		"{\"style\":\"t\",\"patterns\":{\"medium\":{\"comp\":[[0.5,1,80,\"next\"],[3.5,0.5,80,"
		"\"next\"]],"
		"\"bass\":[[0.5,1,80,\"next\"],[3,2,80,\"next\"],[3.5,0.5,70,\"approach\"]]}}}",
		FLAGS([BAND_KEY_CHORDS] = "C F"));
	render(&piece);
	cr_expect_eq(classes_at(&piece, BAND_COMP, 3.5), 1u << 5 | 1u << 9 | 1u << 0);
	cr_expect_eq(classes_at(&piece, BAND_COMP, 7.5), 1u << 0 | 1u << 4 | 1u << 7, "the form goes round");
	cr_expect_eq(classes_at(&piece, BAND_BASS, 0.5), 1u << 0, "too early to anticipate");
	cr_expect_eq(classes_at(&piece, BAND_COMP, 0.5), 1u << 0 | 1u << 4 | 1u << 7);
	cr_expect_eq(classes_at(&piece, BAND_BASS, 3), 1u << 5);
	cr_expect(classes_at(&piece, BAND_BASS, 3.5) & (1u << 4 | 1u << 6));
	piece_finish(&piece);
}

Test(band_players, other_meters,
	.description = "T-40: a shorter bar cuts the pattern, a longer one begins it again")
{
	static const char *const meters[] = {"3/4", "5/4", "6/4", "2/4"};
	static const char *const bars[] = {
		"0+0:3 1+0:3", "0+0:4 0+4:1 1+0:4 1+4:1", "0+0:4 0+4:2 1+0:4 1+4:2", "0+0:2 1+0:2"};

	for (int i = 0; i < 4; i++) {
		struct band_piece piece;

		play(&piece, "{\"style\":\"t\",\"meter\":\"4/4\",\"patterns\":{\"medium\":{" PLAIN "}}}",
			FLAGS([BAND_KEY_CHORDS] = "C F", [BAND_KEY_METER] = meters[i]));
		render(&piece);
		cr_expect_str_eq(hits(&piece, BAND_BASS, false), bars[i], "%s: %s", meters[i],
			hits(&piece, BAND_BASS, false));
		piece_finish(&piece);
	}
}

Test(band_players, twelve_eight_in_four,
	.description =
		"T-40: a style that counts dotted quarters goes by the beats of a plain meter, triplets and "
		"all, at its own pace")
{
	static const char *const styles[] = {
		"{\"style\":\"t\",\"meter\":\"12/"
		"8\",\"patterns\":{\"medium\":{\"drums\":[[0,1.5,80,36],[1.5,0.75,80,38],"
		"[4.5,0.75,90,38]]}}}",
		"{\"style\":\"t\",\"meter\":\"6/"
		"8\",\"patterns\":{\"medium\":{\"bars\":2,\"drums\":[[0,1.5,80,36],"
		"[4.5,0.75,90,38]]}}}"};
	static const char *const want[] = {
		"0+0:1 0+1:0.5 0+3:0.5 1+0:1 1+1:0.5 1+3:0.5", "0+0:1 0+3:0.5 1+0:1 1+3:0.5"};
	struct band_piece piece;

	for (int i = 0; i < 2; i++) {
		play(&piece, styles[i], FLAGS([BAND_KEY_CHORDS] = "C F", [BAND_KEY_METER] = "4/4"));
		render(&piece);
		cr_expect_str_eq(
			hits(&piece, BAND_DRUMS, false), want[i], "%s", hits(&piece, BAND_DRUMS, false));
		piece_finish(&piece);
	}
	piece_render(&piece, NULL,
		FLAGS([BAND_KEY_CHORDS] = "C F", [BAND_KEY_STYLE] = "gospel", [BAND_KEY_METER] = "4/4"));
	cr_expect_eq(piece.in.tempo_bpm, 64);
	piece_finish(&piece);
	piece_render(&piece, NULL, FLAGS([BAND_KEY_CHORDS] = "C F", [BAND_KEY_STYLE] = "gospel"));
	cr_expect_eq(piece.in.tempo_bpm, 96);
	piece_finish(&piece);
}

Test(band_players, ends_once,
	.description = "T-40: an ending is played once, and held, in a bar that is longer than the style's")
{
	struct band_piece piece;

	play(&piece,
		"{\"style\":\"t\",\"patterns\":{\"medium\":{" PLAIN
		"}},\"ending\":{\"comp\":[[0,1,80],[1.5,2.4,"
		"90]],\"drums\":[[0,0.25,80,36],[1.5,2,99,49]]}}",
		FLAGS([BAND_KEY_CHORDS] = "C F", [BAND_KEY_METER] = "6/4"));
	piece.plan.bar[1].is_ending = true;
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, false), "0+0:4 0+4:2 1+0:1 1+1.5:4.5");
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+0:4 0+4:2 1+0:6");
	cr_expect_str_eq(hits(&piece, BAND_DRUMS, false),
		"0+0:0.25 0+1:0.25 0+2:0.25 0+4:0.25 0+5:0.25 1+0:0.25 1+1.5:2");
	piece_finish(&piece);
}

Test(band_players, bars_of_a_pattern, .description = "T-40: patterns of several bars go on from bar to bar")
{
	struct band_piece piece;

	play(&piece, "{\"style\":\"t\",\"patterns\":{\"medium\":{\"bars\":2,\"comp\":[[0,1,80],[5,1,80]]}}}",
		FLAGS([BAND_KEY_CHORDS] = "C F G"));
	piece.plan.bar[2].pattern_bar = 7;
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, false), "0+0:1 1+1:1 2+1:1");
	piece_finish(&piece);
}

Test(band_players, roles, .description = "T-23: who rests, who fills, how it ends")
{
	struct band_piece piece;

	play(&piece, "{\"style\":\"t\",\"patterns\":{\"medium\":{" PLAIN "}}}",
		FLAGS([BAND_KEY_CHORDS] = "C F N.C. G C Am C"));
	piece.plan.bar[0].rests = BAND_REST(BAND_COMP) | BAND_REST(BAND_DRUMS);
	piece.plan.bar[1].is_click = true;
	piece.plan.bar[3].is_fill = true;
	piece.plan.bar[4].is_count_in = true;
	piece.plan.bar[6].is_ending = true;
	cr_expect_eq(piece.plan.bar[2].n_chords, 0);
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, false), "3+0:4 5+0:4 6+0:4");
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+0:4 3+0:4 5+0:4 6+0:4");
	cr_expect_str_eq(hits(&piece, BAND_DRUMS, false),
		"2+0:0.25 2+1:0.25 2+2:0.25 "
		"3+0:0.25 3+1:0.25 3+2:0.25 3+2.25:0.25 3+2.5:0.25 3+2.75:0.25 3+3:0.25 3+3.25:0.25 "
		"3+3.5:0.25 "
		"3+3.75:0.25 5+0:0.25 5+1:0.25 5+2:0.25 6+0:0.25 6+0:4");
	piece_finish(&piece);
}

Test(band_players, own_fill,
	.description = "T-23: a style's own fill and ending; who has none in it plays on")
{
	struct band_piece piece;

	play(&piece,
		"{\"style\":\"t\",\"patterns\":{\"medium\":{" PLAIN
		"}},\"fill\":{\"drums\":[[3,0.5,99,38]]},\"ending\":{\"comp\":[[1,2,70]]}}",
		FLAGS([BAND_KEY_CHORDS] = "C F"));
	piece.plan.bar[0].is_fill = true;
	piece.plan.bar[1].is_ending = true;
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, false), "0+0:4 1+1:2");
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+0:4 1+0:4");
	cr_expect_str_eq(hits(&piece, BAND_DRUMS, false), "0+3:0.5 1+0:0.25 1+0:4");
	piece_finish(&piece);
}

Test(band_players, intensity,
	.description = "T-20: softer and harder where a style has no pattern of its own; ornaments stay")
{
	static const char *const drums[] = {"0+0:0.25/79 0+1:0.25/20 0+2:0.25/79",
		"0+0:0.25/90 0+1:0.25/20 0+2:0.25/90", "0+0:0.25/100 0+1:0.25/20 0+2:0.25/100"};

	for (int i = 0; i < BAND_N_INTENSITIES; i++) {
		struct band_piece piece;

		play(&piece, "{\"style\":\"t\",\"patterns\":{\"medium\":{" PLAIN "}}}",
			FLAGS([BAND_KEY_CHORDS] = "C", [BAND_KEY_INTENSITY] = i == 0   ? "soft"
									      : i == 1 ? "medium"
										       : "hard"));
		render(&piece);
		cr_expect_str_eq(
			hits(&piece, BAND_DRUMS, true), drums[i], "%s", hits(&piece, BAND_DRUMS, true));
		piece_finish(&piece);
	}
}

Test(band_players, strong_beats, .description = "T-36: profile and swing follow the meter (R-14)")
{
	static const struct {
		const char *meter, *hits, *swung;
	} meters[] = {
		{"4/4", "0+0:0.25/92 0+0.5:0.25/74 0+1.5:0.25/74 0+2:0.25/87",
			"0+0:0.25/92 0+1:0.25/74 0+2:0.25/74 0+2:0.25/87"},
		{"3/4", "0+0:0.25/92 0+0.5:0.25/74 0+1.5:0.25/74 0+2:0.25/80",
			"0+0:0.25/92 0+1:0.25/74 0+2:0.25/74 0+2:0.25/80"},
		{"6/8", "0+0:0.25/92 0+0.5:0.25/80 0+1.5:0.25/87 0+2:0.25/80",
			"0+0:0.25/92 0+0.5:0.25/80 0+1.5:0.25/87 0+2:0.25/80"},
	};

	for (size_t i = 0; i < 3; i++) {
		for (int swung = 0; swung < 2; swung++) {
			struct band_piece piece;

			play(&piece,
				"{\"style\":\"t\",\"profile\":true,\"patterns\":{\"medium\":{\"bass\":"
				"[[0,0.25,80],[0.5,0.25,80],[1.5,0.25,80],[2,0.25,80]]}}}",
				FLAGS([BAND_KEY_CHORDS] = "C", [BAND_KEY_METER] = meters[i].meter,
					[BAND_KEY_SWING] = swung ? "1" : "0"));
			render(&piece);
			cr_expect_str_eq(hits(&piece, BAND_BASS, true),
				swung ? meters[i].swung : meters[i].hits, "%s: %s", meters[i].meter,
				hits(&piece, BAND_BASS, true));
			piece_finish(&piece);
		}
	}
}

Test(band_players, two_four, .description = "T-36: ghosts and contour of a bar of eight steps (R-14)")
{
	struct band_piece piece;

	play(&piece,
		"{\"style\":\"t\",\"meter\":\"2/4\",\"profile\":false,\"patterns\":{\"medium\":{\"comp\":"
		"[[0,0.25,100],[1,0.25,100],[1.5,0.25,100]]}},\"ghost\":{\"vel\":14,\"steps\":[1,4,5],"
		"\"len\":0.0625},"
		"\"contour\":{\"soft\":0.5,\"strong\":1.2,\"pickup\":1,\"ghost\":1}}",
		FLAGS([BAND_KEY_CHORDS] = "C", [BAND_KEY_METER] = "2/4"));
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_COMP, true),
		"0+0:0.25/50 0+1:0.25/100 0+1.5:0.25/120 0+0.25:0.0625/14 0+1.25:0.0625/14", "%s",
		hits(&piece, BAND_COMP, true));
	piece_finish(&piece);
}

Test(band_players, as_written,
	.description = "T-56: the reference's styles are played as written, whatever the bar")
{
	struct band_piece piece;

	piece_read(&piece, NULL,
		FLAGS([BAND_KEY_CHORDS] = "C", [BAND_KEY_STYLE] = "swing_basic", [BAND_KEY_METER] = "6/4"));
	render(&piece);
	cr_expect_str_eq(hits(&piece, BAND_BASS, false), "0+0:1 0+1:1 0+2:1 0+3:1");
	piece_finish(&piece);
}

Test(band_players, choruses, .description = "T-24 T-40: each chorus sounds as the one before it did")
{
	struct band_piece piece;
	uint32_t half;

	piece_read(&piece, NULL,
		FLAGS([BAND_KEY_CHORDS] = "Cmaj7 E7 Abmaj7 Bm7 Cmaj7 E7 Abmaj7 Bm7", [BAND_KEY_STYLE] =
											     "swing"));
	for (uint32_t i = 4; i < 8; i++)
		piece.plan.bar[i].chorus = 1;
	render(&piece);
	for (int part = 0; part < BAND_N_PARTS; part++) {
		const struct band_event *first = piece.events.event;

		for (int before = 0; before < part; before++)
			first += piece.events.n[before];
		half = piece.events.n[part] / 2;
		for (uint32_t i = 0; i < half; i++) {
			cr_expect_eq(first[i].note, first[half + i].note, "part %d, event %u", part, i);
			cr_expect_eq(first[i].at_beats + 16, first[half + i].at_beats);
		}
	}
	piece_finish(&piece);
}
