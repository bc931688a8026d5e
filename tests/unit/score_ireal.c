/* SPDX-License-Identifier: MIT */
/* Songs of iReal Pro: what their signs mean, and links that are not as they should be. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>
#include <score/format.h>
#include <score/order.h>

static struct score_report report;

static struct score *import_at(const char *bytes, size_t size, size_t at, uint32_t index)
{
	const struct score_import import = {.alloc = &score_heap, .index = index, .at = at};
	struct score *score = NULL;

	report.n_errors = report.n_warnings = 0;
	cr_assert_eq(score_import((const uint8_t *)bytes, size, &import, &report, &score, NULL), 0, "%s: %s",
		bytes, report.error[0].reason);
	return score;
}

/** A song of that music. */
static struct score *song(const char *music)
{
	char link[2048];

	(void)snprintf(link, sizeof(link), "irealbook://T=W=S=C=n=%s=", music);
	return import_at(link, strlen(link), 0, 0);
}

static const char *symbol(const struct score *score, uint32_t i)
{
	return i < score_n_chord(score) ? score_text(score, score_chord(score, i)->symbol) : "";
}

/** Measures as they are played, from 1: "1 2 1 3". */
static const char *played(const struct score *score)
{
	static char text[512];
	struct score_play_order order = {0};
	size_t n = 0;

	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0);
	text[0] = 0;
	for (uint32_t r = 0; r < order.n; r++)
		for (uint32_t m = order.run[r].first; m <= order.run[r].last && n < sizeof(text) - 8; m++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", n ? " " : "", m + 1);
	score_play_order_finish(&order);
	return text;
}

Test(ireal_song, qualities,
	.description = "FMT-09 MID-02: every quality that the program offers sounds as the chord it is")
{
	static const struct {
		const char *quality, *classes; /* above the root, in hexadecimal */
	} chords[] = {{"", "047"}, {"5", "07"}, {"2", "0247"}, {"add9", "0247"}, {"+", "048"}, {"o", "036"},
		{"h", "036a"}, {"sus", "057"}, {"^", "047b"}, {"-", "037"}, {"^7", "047b"}, {"-7", "037a"},
		{"7", "047a"}, {"7sus", "057a"}, {"h7", "036a"}, {"o7", "0369"}, {"^9", "0247b"},
		{"^13", "02479b"}, {"6", "0479"}, {"69", "02479"}, {"^7#11", "0467b"}, {"^9#11", "02467b"},
		{"^7#5", "048b"}, {"-6", "0379"}, {"-69", "02379"}, {"-^7", "037b"}, {"-^9", "0237b"},
		{"-9", "0237a"}, {"-11", "02357a"}, {"-7b5", "036a"}, {"h9", "0236a"}, {"h11", "02356a"},
		{"-b6", "0378"}, {"-#5", "038"}, {"9", "0247a"}, {"7b9", "0147a"}, {"7#9", "0347a"},
		{"7#11", "0467a"}, {"7b5", "046a"}, {"7#5", "048a"}, {"9#11", "02467a"}, {"9b5", "0246a"},
		{"9#5", "0248a"}, {"7#9#5", "0348a"}, {"7#9b5", "0346a"}, {"7#9#11", "03467a"},
		{"7b9#11", "01467a"}, {"7b9b5", "0146a"}, {"7b9#5", "0148a"}, {"7b9#9", "01347a"},
		{"13", "02479a"}, {"13#11", "024679a"}, {"13b9", "01479a"}, {"13#9", "03479a"},
		{"7alt", "013468a"}, {"7b9sus", "0157a"}, {"7susadd3", "0457a"}, {"9sus", "0257a"},
		{"13sus", "02579a"}, {"11", "02457a"}, {"o^7", "036b"}};

	for (size_t i = 0; i < sizeof(chords) / sizeof(chords[0]); i++) {
		char music[64], classes[13] = "";
		struct mos_chord chord;
		size_t n = 0;

		(void)snprintf(music, sizeof(music), "T44[Eb%s   |F7/A   Z", chords[i].quality);
		struct score *score = song(music);
		cr_expect_eq(report.n_warnings, 0, "%s: %s", chords[i].quality, report.warning[0].reason);
		cr_assert_eq(
			mos_chord_parse(symbol(score, 0), SIZE_MAX, &chord, NULL), 0, "%s", symbol(score, 0));
		for (unsigned k = 0; k < 12; k++)
			if (mos_chord_pitch_classes(&chord) >> (k + 3) % 12 & 1)
				classes[n++] = "0123456789ab"[k];
		cr_expect_str_eq(classes, chords[i].classes, "%s is %s", chords[i].quality, symbol(score, 0));
		cr_expect_str_eq(symbol(score, 1), "F7/A");
		score_unref(score);
	}
}

Test(ireal_song, beats, .description = "FMT-09: cells are beats, also where a bar has more or fewer of them")
{
	static const struct {
		const char *music, *ticks;
	} bars[] = {{"T44[C F G A Z", "0 960 1920 2880"}, {"T44[CFGAZ", "0 960 1920 2880"},
		{"T44[C F Z", "0 1920"}, {"T44[CF Z", "0 960"}, {"T34[C F Z", "0 1920"},
		{"T34[C  F Z", "0 1920"}, {"T34[C  FZ", "0 1920"}, {"T34[CFGZ", "0 960 1920"},
		{"T54[C F Z", "0 2880"}, {"T12[C F Z", "0 2880"}, {"T22[C F G A Z", "0 960 1920 2880"},
		{"T32[C F Z", "0 3840"}, {"T58[C F Z", "0 1440"}, {"T24[CFGAZ", "0 480 960 1440"}};

	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		struct score *score = song(bars[i].music);
		char ticks[128] = "";
		size_t n = 0;

		for (uint32_t k = 0; k < score_n_chord(score); k++)
			n += (size_t)snprintf(ticks + n, sizeof(ticks) - n, "%s%lld", k ? " " : "",
				(long long)score_chord(score, k)->e.tick);
		cr_expect_str_eq(ticks, bars[i].ticks, "%s", bars[i].music);
		score_unref(score);
	}
}

Test(ireal_song, order,
	.description =
		"FMT-08: repeats with endings of several bars, N0, 3x, D.C., D.S., coda and Fine, also "
		"where they stand behind the last bar line")
{
	static const struct {
		const char *music, *bars;
	} charts[] = {
		{"{*AT44C   |N1F   |G   }|N2A   |B   Z", "1 2 3 1 4 5"},
		{"{T44C   |N1F   }|N2G   }|N3A   Z", "1 2 1 3 1 4"},
		{"{T44C   |N1F   }|N0G   Z", "1 2 1 3"},
		{"{T44C   |<3x>F   }[G   Z", "1 2 1 2 1 2 3"},
		{"[T44C   ]{D   |E   }[F   Z", "1 2 3 2 3 4"},
		{"[T44C   |F   |<Fine>G   |A   |<D.C. al Fine>Z", "1 2 3 4 1 2 3"},
		{"[T44C   |F   <Fine>]G   |A   |<D.C. al Fine>]", "1 2 3 4 1 2"},
		{"[T44C   |SF   |G  Q|A   |<D.S. al Coda>][QB   Z", "1 2 3 4 2 3 5"},
		{"[T44C   |SF   |G  Q|<D.S. al Coda>A   Z[QB   |C   Z", "1 2 3 4 2 3 5 6"},
	};

	for (size_t i = 0; i < sizeof(charts) / sizeof(charts[0]); i++) {
		struct score *score = song(charts[i].music);
		cr_expect_str_eq(played(score), charts[i].bars, "%s", charts[i].music);
		score_unref(score);
	}
}

Test(ireal_song, texts,
	.description = "FMT-09: what stands above a bar is kept, all of it; what has no place is told")
{
	struct score *score = song("T44[C   |<Vamp><2nd time only>F   |<12.>(G7)A   |<open B   Z");

	cr_assert_eq(score_n_notation(score), 2);
	cr_expect_str_eq(score_text(score, score_notation(score, 0)->text), "Vamp; 2nd time only");
	cr_expect_str_eq(score_text(score, score_notation(score, 1)->text), "12.; open B   Z");
	cr_expect_not(score_measure(score, 0)->repeat_end);
	cr_expect_eq(report.n_warnings, 2, "brackets, and a text without an end");
	score_unref(score);
}

Test(ireal_link, as_they_are,
	.description = "FMT-09: links with blanks and signs in them, charts that are not scrambled, codes in "
		       "lower case, several links of a page")
{
	static const char page[] =
		"<html><body><a href=\"irealbook://Blue Bossa=Dorham Kenny=Bossa Nova=C-=n="
		"{*AT44C-7   |<Fine>F-7 Bb7 Z=\">first</a>\n"
		"irealb://My Song=Me==Swing=F==[*AT44F^7   |G-7 C7 Z=Jazz=140=2===Other One=Me==Swing=G=="
		"T44[G6   Z==0=0===A list of mine irealbook://T%3dW%3dS%3dC%3dn%3d%5bT44C%5e7%20%20%20Z rest "
		"C7 C7\n</body></html>\n";
	static const char *const titles[] = {"Blue Bossa", "My Song", "Other One", "T"};
	static const char *const chords[] = {"Cm7 Fm7 Bb7", "Fmaj7 Gm7 C7", "G6", "Cmaj7"};
	const size_t size = sizeof(page) - 1;
	size_t at = 0;

	cr_assert_eq(score_count((const uint8_t *)page, size), 4);
	for (unsigned i = 0; i < 4; i++, at++) {
		char text[64] = "";

		at = score_next((const uint8_t *)page, size, at);
		struct score *score = import_at(page, size, at, i);
		cr_expect_str_eq(score_text(score, score->globals.metadata.title), titles[i]);
		for (uint32_t k = 0; k < score_n_chord(score); k++)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", k ? " " : "",
				symbol(score, k));
		cr_expect_str_eq(text, chords[i]);
		score_unref(score);
	}
}

/** @return songs that are found in `size` bytes of `piece` again and again. */
static uint32_t found_in(const char *piece, size_t size, const char *head)
{
	char *bytes = malloc(size);
	const size_t n_head = strlen(head), n = strlen(piece);
	uint32_t found = 0;

	cr_assert_not_null(bytes);
	memcpy(bytes, head, n_head);
	for (size_t at = n_head; at < size; at++)
		bytes[at] = piece[(at - n_head) % n];
	for (size_t at = 0; (at = score_next((const uint8_t *)bytes, size, at)) < size; at++)
		found++;
	free(bytes);
	return found;
}

/* Were each song looked for from the page's beginning, or to its end, these would take hours. */
Test(ireal_link, sizes, .timeout = 20,
	.description = "FMT-09: a page of megabytes is gone through once, whatever stands in it")
{
	const size_t size = 2u << 20;

	cr_expect_eq(found_in("irealb://", size, ""), size / 9);
	cr_expect_eq(found_in("T=W==S=C==1r34LbKcu7T44[C Z==0=0===", size, "irealb://"), (size - 9) / 35);
	cr_expect_gt(found_in("<a href=\"irealbook://T=W=S=C=n=T44[C Z=\">", size, "<html>"), 50000);
	cr_expect_eq(found_in("=", size, "irealb://"), 1);
}
