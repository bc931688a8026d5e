/* SPDX-License-Identifier: MIT */
/*
 * iReal Pro playlists against what an independent reader found in them (expected-ireal.tsv): FMT-09 (bytes
 * in, score and warnings out), FMT-08 (repeats, endings and jumps are played, not written out). Needs
 * MOS_CORPORA, or
 * ../shared/corpora beside the source; skipped without.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>
#include <score/format.h>
#include <score/order.h>

#define CORPUS "chords"
#include "corpus.h"

enum { FILE_, PLAYLIST, INDEX, TITLE, COMPOSER, STYLE, KEY, TIME, BPM, REPEATS, BARS, FIRST4, NOTE, N_CELLS };

static struct score_report report;

/*
 * Where the two readers differ in the number of bars that are played, and why ours stays. The other one plays
 * a section twice whose sign says "4x", and repeats again after a jump or makes none.
 */
enum { TIMES = 1, JUMP = 2, TIMES_JUMP = 3 };
static const struct {
	const char *title;
	unsigned bars, why;
} known[] = {
	{"Boom Boom (1992)", 81, JUMP},
	{"Confessin' The Blues", 48, TIMES},
	{"Crazy Blues", 84, JUMP},
	{"Evil (Is Going On)", 36, TIMES},
	{"Forty Days And Forty Nights", 76, JUMP},
	{"Going Down Slow", 49, TIMES},
	{"Honey Bee", 38, TIMES},
	{"I Just Want To Make Love To You", 28, JUMP},
	{"I'm Ready", 61, TIMES},
	{"I'm Tore Down", 104, JUMP},
	{"Long Distance Call", 36, TIMES},
	{"Love Struck Baby", 81, JUMP},
	{"Standing Around Crying", 37, TIMES},
	{"Worried Life Blues", 49, TIMES},
	{"Boy Named Sue, A", 173, TIMES},
	{"Can the Circle Be Unbroken (1935)", 156, JUMP},
	{"Dance, The", 60, TIMES},
	{"Don't Come Home Drinkin'", 85, JUMP},
	{"Forever And Ever Amen", 136, JUMP},
	{"Friends In Low Places", 84, JUMP},
	{"Gambler, The", 152, TIMES},
	{"Gone Country", 112, TIMES_JUMP},
	{"I Am A Man Of Constant Sorrow", 128, TIMES},
	{"I Fall To Pieces", 68, JUMP},
	{"I Walk The line", 138, TIMES},
	{"I'm So Lonesome I Could Cry", 100, TIMES},
	{"It Wasn't God Who Made Honky Tonk Angels", 56, JUMP},
	{"Jambalaya (On The Bayou)", 92, JUMP},
	{"Jolene", 113, TIMES_JUMP},
	{"Keep On The Sunny Side", 163, TIMES},
	{"Legend Of Bonnie And Clyde, The", 100, JUMP},
	{"Long Black Veil, The", 94, JUMP},
	{"Lost Highway", 84, TIMES},
	{"Move It On Over", 100, TIMES},
	{"Ring of Fire", 121, JUMP},
	{"She's Got You", 87, JUMP},
	{"Sunday Morning Coming Down", 82, JUMP},
	{"Wabash Cannoball", 126, TIMES_JUMP},
	{"Year That Clayton Delaney Died, The", 88, TIMES},
	{"You Are My Sunshine", 84, TIMES},
	{"Moanin'", 32, JUMP},
};

static unsigned played_bars(const struct score *score)
{
	struct score_play_order order = {0};
	unsigned n = 0;
	report.n_errors = report.n_warnings = 0;
	cr_assert_eq(score_play_order(score, &score_heap, &report, &order), 0, "%s", report.error[0].reason);
	for (uint32_t i = 0; i < order.n; i++)
		n += order.run[i].last - order.run[i].first + 1;
	score_play_order_finish(&order);
	return n;
}

static int same_chord(const char *a, const char *b)
{
	struct mos_chord x, y;
	return mos_chord_parse(a, SIZE_MAX, &x, NULL) == 0 && mos_chord_parse(b, SIZE_MAX, &y, NULL) == 0 &&
	       mos_chord_equal(&x, &y);
}

/** The first four bars. @return bars that differ. */
static unsigned differing_bars(const struct score *score, char *first4)
{
	unsigned differing = 0, i = 0;
	for (char *bar; (bar = strsep(&first4, "|")) && i < score_n_measure(score); i++) {
		const struct nvx_measure *m = score_measure(score, i);
		uint32_t at = 0;
		int good = 1;
		if (i > 0 && score_measure(score, i - 1)->repeat_end)
			break; /* they are counted in playing order */
		while (at < score_n_chord(score) && score_chord(score, at)->e.tick < m->tick)
			at++;
		for (char *symbol; (symbol = strsep(&bar, " "));) {
			if (!*symbol)
				continue;
			const struct nvx_chord *chord =
				at < score_n_chord(score) ? score_chord(score, at) : NULL;
			if (chord && strcmp(score_text(score, chord->symbol), "N.C.") == 0)
				chord = ++at < score_n_chord(score) ? score_chord(score, at)
								    : NULL; /* not told there */
			if (!chord || chord->e.tick >= m->tick + m->duration_ticks)
				chord = at > 0 ? score_chord(score, at - 1) : NULL;
			else
				at++;
			good &= chord && same_chord(score_text(score, chord->symbol), symbol);
		}
		differing += !good;
	}
	return differing;
}

static int key_is(const struct score *score, const char *text)
{
	const struct nvx_key *key = score_key_at(score, 0);
	struct mos_tone tonic;
	const int n = mos_tone_parse(text, strlen(text), &tonic);
	return n > 0 && tonic.step == key->step && tonic.alter == key->alter &&
	       (key->mode == NVX_MODE_MINOR) == (text[n] == '-');
}

static int has_meter(const struct score *score, const char *time)
{
	const unsigned num = strcmp(time, "12") ? (unsigned)(time[0] - '0') : 12;
	const unsigned den = strcmp(time, "12") ? (unsigned)(time[1] - '0') : 8;
	for (uint32_t i = 0; i < score_n_meter(score); i++)
		if (score_meter(score, i)->num == num && score_meter(score, i)->den == den)
			return 1;
	return 0;
}

static int tempo_is(const struct score *score, double bpm)
{
	const struct nvx_meter *m = score_meter_at(score, 0);
	const double quarters = m->den == 8 && m->num % 3 == 0 && m->num > 3 ? 1.5 : 4.0 / m->den;
	const double ours = 60e9 / (double)score_tempo_at(score, 0)->ns_per_quarter / quarters;
	return bpm <= 0 || fabs(ours - bpm) < 0.01;
}

/** @return why, 0: not known. */
static unsigned known_why(const char *title, unsigned bars)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].title, title) == 0 && known[i].bars == bars)
			return known[i].why;
	return 0;
}

Test(ireal, playlists,
	.description =
		"FMT-09 FMT-08: titles, keys, meters, tempo, bars in playing order and the first chords of "
		"iReal Pro playlists are what another reader finds")
{
	struct bytes table = read_corpus("expected-ireal.tsv"), file = {0};
	char *rest = (char *)table.data, name[256] = "";
	unsigned n = 0, n_bars = 0, n_known[4] = {0}, n_chords = 0, index = 0;
	size_t at = 0;
	(void)strsep(&rest, "\n");
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		char *cell[N_CELLS];
		for (unsigned i = 0; i < N_CELLS; i++)
			cell[i] = line ? strsep(&line, "\t") : (char *)"";
		if (*cell[NOTE])
			continue; /* that reader's fault */
		if (strcmp(name, cell[FILE_])) {
			(void)snprintf(name, sizeof(name), "%s", cell[FILE_]);
			free(file.data);
			file = read_corpus(name);
			at = 0;
			index = 0;
		}
		at = score_next(file.data, file.size, at);
		cr_assert_lt(at, file.size, "%s has no song %s", name, cell[INDEX]);
		struct score *score = NULL;
		report.n_errors = report.n_warnings = 0;
		const struct score_import import = {.alloc = &score_heap, .index = index++, .at = at++};
		cr_assert_eq(score_import(file.data, file.size, &import, &report, &score, NULL), 0,
			"%s: %s %s", cell[TITLE], report.error[0].where, report.error[0].reason);
		for (uint32_t i = 0; i < report.n_warnings && i < 3; i++)
			fprintf(stderr, "%s: %s\n", cell[TITLE], report.warning[i].reason);
		const struct nvx_metadata *head = &score->globals.metadata;
		cr_expect_str_eq(score_text(score, head->title), cell[TITLE]);
		cr_expect_str_eq(score_text(score, head->composer), cell[COMPOSER]);
		cr_expect_str_eq(score_text(score, head->style), cell[STYLE]);
		cr_expect(key_is(score, cell[KEY]), "%s: key %s", cell[TITLE], cell[KEY]);
		cr_expect(has_meter(score, cell[TIME]), "%s: meter %s", cell[TITLE], cell[TIME]);
		cr_expect(tempo_is(score, strtod(cell[BPM], NULL)), "%s: tempo %s", cell[TITLE], cell[BPM]);
		const unsigned bars = played_bars(score);
		if (bars == (unsigned)strtoul(cell[BARS], NULL, 10))
			n_bars++;
		else if (known_why(cell[TITLE], bars))
			n_known[known_why(cell[TITLE], bars)]++;
		else
			cr_expect(false, "%s: %u bars are played, %s there", cell[TITLE], bars, cell[BARS]);
		const unsigned differing = differing_bars(score, cell[FIRST4]);
		n_chords += differing == 0;
		/* a first chord in brackets is another one that would do; there it counts */
		cr_expect_eq(differing, strcmp(cell[TITLE], "Bolivia") ? 0 : 4,
			"%s: %u of the first four bars differ", cell[TITLE], differing);
		score_unref(score);
		n++;
	}
	fprintf(stderr,
		"iReal Pro: %u songs; first chords equal in %u; bars equal in %u; differ by times in %u, "
		"jumps in "
		"%u, both in %u\n",
		n, n_chords, n_bars, n_known[TIMES], n_known[JUMP], n_known[TIMES_JUMP]);
	cr_assert_gt(n, 100);
	free(file.data);
	free(table.data);
}

Test(ireal, plain_link, .description = "FMT-09: the older links, whose charts are not scrambled")
{
	const struct bytes file = read_corpus("ireal/irealbook.txt");
	const struct score_import import = {.alloc = &score_heap};
	enum score_format format;
	struct score *score = NULL;
	report.n_errors = report.n_warnings = 0;
	cr_assert_eq(score_import(file.data, file.size, &import, &report, &score, &format), 0, "%s",
		report.error[0].reason);
	cr_expect_eq(format, SCORE_FORMAT_IREAL);
	cr_expect_str_eq(score_text(score, score->globals.metadata.title), "Volare");
	cr_expect_str_eq(score_text(score, score->globals.metadata.composer), "Modugno Domenico");
	cr_expect(key_is(score, "C"));
	cr_expect_eq(score_n_form(score), 3);
	cr_expect_eq(score_n_measure(score), 48);
	cr_expect_str_eq(score_text(score, score_chord(score, 1)->symbol), "C#dim7");
	cr_expect_eq(score_measure(score, 47)->jump, NVX_JUMP_DACAPO);
	cr_expect_eq(score_count(file.data, file.size), 1);
	score_unref(score);
	free(file.data);
}
