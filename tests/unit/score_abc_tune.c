/* SPDX-License-Identifier: MIT */
/* ABC in: books, headers, keys, meters, voices, text, and input that means harm (FMT-05, FMT-09, FMT-10,
 * HER-11). */
#include <errno.h>

#include "score_abc.h"

static const char *key_of(const struct score *score)
{
	static const char *const modes[] = {"major", "minor", "ionian", "dorian", "phrygian", "lydian",
		"mixolydian", "aeolian", "locrian"};
	static char text[64];
	const struct nvx_key *key = score_key_at(score, 0);
	if (key->step == NVX_KEY_NONE)
		(void)snprintf(text, sizeof(text), "none");
	else
		(void)snprintf(text, sizeof(text), "%c%s %s", "CDEFGAB"[key->step],
			key->alter > 0   ? "#"
			: key->alter < 0 ? "b"
					 : "",
			modes[key->mode]);
	if (key->fifths_given)
		(void)snprintf(text + strlen(text), 8, " %d", key->fifths);
	return text;
}

static void check_key(const char *field, const char *expected, const char *pitches)
{
	char tune[256];
	(void)snprintf(tune, sizeof(tune), "X:1\nL:1/8\nK:%s\nCDEFGAB|\n", field);
	struct score *score = import_text(tune);
	cr_expect_str_eq(key_of(score), expected, "FMT-05: K:%s became %s", field, key_of(score));
	if (pitches)
		cr_expect_str_eq(
			pitches_of(score, 0), pitches, "FMT-05: K:%s sounds %s", field, pitches_of(score, 0));
	score_unref(score);
}

Test(score_abc_tune, fmt05_keys)
{
	check_key("G", "G major", "60 62 64 66 67 69 71");
	check_key("Bb", "Bb major", NULL);
	check_key("F#m", "F# minor", "61 62 64 66 68 69 71");
	check_key("ADor", "A dorian", "60 62 64 66 67 69 71");
	check_key("D Mixolydian", "D mixolydian", NULL);
	check_key("E PHR", "E phrygian", "60 62 64 65 67 69 71");
	check_key("EM", "E minor", NULL);
	check_key("am", "A minor", NULL);
	check_key("none", "none", "60 62 64 65 67 69 71");
	check_key("", "none", NULL);
	check_key("HP", "A mixolydian", "61 62 64 66 67 69 71");
	check_key("D exp ^f", "D major 1", "60 62 64 66 67 69 71");
	check_key("C ^f", "C major 1", "60 62 64 66 67 69 71");
	check_key("D Phr ^f", "D phrygian",
		"60 62 63 66 67 69 70"); /* no signature of a key: the notes say it */
	check_key("G clef=bass octave=-1", "G major", "48 50 52 54 55 57 59");
	check_key("C transpose=2", "C major", "62 64 66 67 69 71 73");
	check_key("C treble-8", "C major", "48 50 52 53 55 57 59");
}

Test(score_abc_tune, fmt05_key_and_clef_changes)
{
	struct score *score = import_music("C4F4|[K:D bass]F4F4|\nK:Am\nF8|");
	cr_expect_str_eq(pitches_of(score, 0), "60 65 66 66 65", "FMT-05");
	cr_expect_eq(score_n_key(score), 3u);
	cr_expect_eq(score_key(score, 1)->tick, 3840);
	cr_expect_eq(notation(score, NVX_NOTATION_CLEF, 0)->sign, NVX_CLEF_F);
	score_unref(score);
}

static void check_meter(const char *field, unsigned num, unsigned den, uint32_t groups)
{
	char tune[256];
	(void)snprintf(tune, sizeof(tune), "X:1\nM:%s\nL:1/8\nK:C\nC8|\n", field);
	struct score *score = import_text(tune);
	const struct nvx_meter *meter = score_meter_at(score, 0);
	uint32_t n;
	(void)nvx_items(score->pool, meter->grouping, &n);
	cr_expect(meter->num == num && meter->den == den && n == groups, "FMT-05: M:%s became %u/%u", field,
		meter->num, meter->den);
	score_unref(score);
}

Test(score_abc_tune, fmt05_meters)
{
	check_meter("6/8", 6, 8, 0);
	check_meter("C", 4, 4, 0);
	check_meter("C|", 2, 2, 0);
	check_meter("2+2+3/8", 7, 8, 3);
	check_meter("(3+2)/4", 5, 4, 2);
	check_meter("none", 4, 4, 0);
	check_meter("4/7", 4, 4, 0); /* refused, told */
	cr_expect_not_null(find_warning("IMPORT_PARSE_001"), "FMT-10");
}

static uint64_t tempo_of(const char *field)
{
	char tune[256];
	(void)snprintf(tune, sizeof(tune), "X:1\nM:4/4\nL:1/8\nQ:%s\nK:C\nC8|\n", field);
	struct score *score = import_text(tune);
	const uint64_t ns = score_tempo_at(score, 0)->ns_per_quarter;
	score_unref(score);
	return ns;
}

Test(score_abc_tune, fmt05_tempo)
{
	cr_expect_eq(tempo_of("1/4=120"), 500000000u, "FMT-05");
	cr_expect_eq(tempo_of("3/8=60"), 666666667u);
	cr_expect_eq(tempo_of("120"), 1000000000u); /* units of L: */
	cr_expect_eq(tempo_of("C2=100"), 600000000u);
	cr_expect_eq(tempo_of("1/4 1/8=80 \"Slow\""), 500000000u);
	cr_expect_eq(tempo_of("1/4=99.5"), 603015075u);
	cr_expect_eq(tempo_of("\"Allegro\""), 500000000u);
	struct score *score = import_music("C8|[Q:1/4=60]D8|");
	cr_expect(score_n_tempo(score) == 2 && score_tempo(score, 1)->tick == 3840, "FMT-05");
	score_unref(score);
}

Test(score_abc_tune, fmt05_header)
{
	struct score *score = import_text(
		"X:7\nT:Na\\\"ive &eacute;t\\'e \\u00e9\nT:Second\nC:A. Nonym\nR:reel\nO:Ireland\n"
		"Z:me % not this\nK:C\nC|\n");
	const struct nvx_metadata *m = &score->globals.metadata;
	cr_expect_str_eq(score_text(score, m->title), "Na\u00efve \u00e9t\u00e9 \u00e9", "FMT-05: escapes");
	cr_expect_str_eq(score_text(score, m->subtitle), "Second");
	cr_expect_str_eq(score_text(score, m->composer), "A. Nonym");
	cr_expect_str_eq(score_text(score, m->style), "reel");
	cr_expect_str_eq(score_text(score, m->transcription), "me");
	cr_expect_str_eq(score_text(score, m->id), "7");
	cr_expect_not_null(
		strstr(score_text(score, score->globals.extra), "O:Ireland"), "FMT-10: kept as text");
	score_unref(score);
	score = import_text("X:1\nT:Caf\xe9\nK:C\nC|\n");
	cr_expect_str_eq(score_text(score, score->globals.metadata.title), "Caf\u00e9", "FMT-05: Latin-1");
	score_unref(score);
}

/** All warnings of a book's tunes, with their places. @param lines  NULL: each tune counts for itself. */
static char *places_of_book(const char *book, struct score_lines *lines)
{
	char *all = NULL;
	size_t n_all, size = strlen(book);
	FILE *to = open_memstream(&all, &n_all);
	for (size_t at = 0; (at = score_next((const uint8_t *)book, size, at)) < size; at++) {
		const struct score_import how = {.alloc = &score_heap, .at = at, .lines = lines};
		struct score *score;
		memset(&report, 0, sizeof(report));
		cr_assert_eq(score_import((const uint8_t *)book, size, &how, &report, &score, NULL), 0);
		for (uint32_t i = 0; i < report.n_warnings; i++)
			fprintf(to, "%s: %s\n", report.warning[i].where, report.warning[i].reason);
		score_unref(score);
	}
	(void)fclose(to);
	return all;
}

Test(score_abc_tune, fmt05_places_in_books,
	.description = "FMT-05 HER-11: places in a book are the same, whether its lines are counted once or "
		       "for each tune")
{
	static const char *const books[] = {
		"X:1\nY:a\nK:C\nC|\n\nX:2\nK:C\nY:b\nC D &|\nY:c\n\nX:3\nK:C\nC|!\nY:d\nC|\n",
		"X:1\r\nY:a\r\nK:C\r\nC|\r\n\r\nX:2\r\nK:C\r\nY:b\r\nC|\r\n",
		"X:1\rY:a\rK:C\rC|\r\rX:2\rK:C\rY:b\rC|\r",
	};
	for (size_t i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
		struct score_lines lines = {0};
		char *once = places_of_book(books[i], &lines), *each = places_of_book(books[i], NULL);
		cr_expect_str_eq(once, each);
		cr_expect(strstr(each, "line 8, column 3: a field Y: that is not known"), "%s", each);
		cr_expect_gt(lines.line, 7u);
		free(once);
		free(each);
	}
}

Test(score_abc_tune, fmt05_books)
{
	static const char book[] =
		"%abc-2.1\nM:3/4\nL:1/4\n\nX:1\nT:A\nK:C\nCDE|\n\nsome words between\n\nX:2\nT:B\nK:D\nF3|\n"
		"%%begintext\n\nX is no tune\n%%endtext\n\nX:3\r\nT:C\r\nK:C\r\nC\r\n";
	const uint8_t *bytes = (const uint8_t *)book;
	cr_expect_eq(abc_count(bytes, strlen(book)), 3u, "FMT-05");
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	cr_assert_eq(abc_import_tune(bytes, strlen(book), 1, &draft), 0);
	cr_assert_eq(nvx_finish(&draft, NULL, &score), 0);
	cr_expect_str_eq(notes_of(score, 0), "66@0+2880", "FMT-05: the file header counts for all tunes");
	cr_expect_eq(score_meter_at(score, 0)->num, 3);
	score_unref(score);
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	cr_expect_eq(abc_import_tune(bytes, strlen(book), 3, &draft), -EINVAL, "HER-11");
	cr_expect_str_eq(report.error[0].where, "byte 0");
	nvx_draft_finish(&draft);
	cr_expect_eq(abc_count((const uint8_t *)"K:C\nCDE|\n", 9), 1u, "FMT-05: a tune without its number");
	cr_expect_eq(abc_count((const uint8_t *)"no tune", 7), 0u);
	static const char *const single[] = {"K:C\nCDE|\n", "% a tune\n\nL:1/4\nK:C\nCDE\n",
		"\xef\xbb\xbfX:1\nK:C\nC\n", "X:\nM:4/4\nK:C\nC\n"};
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		const uint8_t *tune = (const uint8_t *)single[i];
		const size_t size = strlen(single[i]);
		cr_expect_eq(
			score_format_detect(tune, size, &report), SCORE_FORMAT_ABC, "FMT-05: %s", single[i]);
		cr_expect_lt(score_next(tune, size, 0), size, "FMT-05: %s", single[i]);
	}
	cr_expect_eq(score_format_detect((const uint8_t *)"Names\nK: a|b\n", 13, &report), -EINVAL);
	cr_expect_eq(import_bytes("no tune", 7, &score), -EINVAL, "HER-11");
}

Test(score_abc_tune, fmt05_voices_and_groups)
{
	struct score *score =
		import_text("X:1\nM:4/4\nL:1/8\n%%score {RH LH} (S A)\nV:RH name=\"Piano\"\nV:LH clef=bass\n"
			    "%%MIDI program 3\nV:S name=Soprano transpose=-2\nV:A\nK:C\n"
			    "V:RH\nc8|d8|\nV:LH\nC,8|D,8|\nV:S\ne8|Z|\nV:A\n[V:A]G8|A4|\nV:X\nF8|\n");
	cr_expect_str_eq(score_text(score, score->part[0]->part.name), "Piano", "FMT-05");
	cr_expect_eq(score->n_parts, 5u, "FMT-05: other program, other part: %u", score->n_parts);
	cr_expect_eq(score->part[1]->part.midi_program, 3);
	cr_expect_eq(score->part[2]->part.transpose_chromatic, 2);
	cr_expect_str_eq(notes_of(score, 2), "74@0+3840");
	cr_expect_not_null(find_warning("nvx1.measure.length"), "FMT-10: voice A is too short in bar 2");
	score_unref(score);
	score = import_text(
		"X:1\nM:4/4\nL:1/8\n%%score {(1 2) 3}\nK:C\nV:1\nc8|\nV:2\nE8|\nV:3 bass\nC,8|\n");
	cr_expect(
		score->n_parts == 1 && score->part[0]->part.staves == 2, "FMT-05: braces are one instrument");
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 1)->e.voice, 2);
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 2)->e.staff, 2);
	score_unref(score);
	score = import_text("X:1\nL:1/8\nK:C\nP:A\n%%MIDI program 7\n[V:T1]c8|\n[V:T2 bass]C,8|\n");
	cr_expect_eq(score->n_parts, 2u, "FMT-05: no part for what stands before the first voice");
	cr_expect_str_eq(notes_of(score, 0), "72@0+3840");
	cr_expect_eq(score->part[0]->part.midi_program, 7);
	score_unref(score);
	score = import_text("X:1\n%%score 1 9\nK:C\nV:1\nc8|\n");
	cr_expect_not_null(find_warning("IMPORT_PART_MISSING_002"), "FMT-10");
	score_unref(score);
}

Test(score_abc_tune, fmt05_midi_directives)
{
	struct score *score =
		import_text("X:1\nL:1/8\n%%MIDI program 40\n%%MIDI channel 10\nK:C\nC|[I:MIDI program 5]D|"
			    "[I:MIDI=control 7 90]E|\n%%MIDI drumon\n");
	cr_expect_eq(score->part[0]->part.midi_program, 40, "FMT-05");
	cr_expect_eq(score->part[0]->part.role, NVX_ROLE_DRUMS);
	cr_expect_eq(score->part[0]->control.n, 2u);
	cr_expect_eq(score_part_control(score->part[0], 0)->value, 5);
	cr_expect_eq(score_part_control(score->part[0], 1)->number, 7);
	cr_expect_not_null(find_warning("IMPORT_TECHNIQUE_DROPPED_003"), "FMT-10: drums are kept as text");
	score_unref(score);
}

Test(score_abc_tune, her11_repairs_tell_the_place)
{
	static const struct {
		const char *music, *where;
	} cases[] = {{"C \"Am D|", "line 6, column 3"}, {"CD\nE ? F|", "line 7, column 3"},
		{"C8|D9|E8|", "line 6, column 3"}, {"C4 [CE|", "line 6, column 4"},
		{"C)|", "line 6, column 2"}, {"C-|D|", "line 6, column 1"}, {"(300 C|", "line 6, column 1"},
		{"[M:3/5]C|", "line 6, column 4"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct score *score = import_music(cases[i].music);
		cr_expect_gt(report.n_warnings, 0u, "HER-11: %s is repaired silently", cases[i].music);
		cr_expect_str_eq(report.warning[0].where, cases[i].where, "HER-11: %s at %s: %s",
			cases[i].music, report.warning[0].where, report.warning[0].reason);
		score_unref(score);
	}
}

/** Repeat a text. */
static char *many(const char *head, const char *text, size_t n)
{
	const size_t len = strlen(text), at = strlen(head);
	char *to = malloc(at + n * len + 2);
	memcpy(to, head, at);
	for (size_t i = 0; i < n; i++)
		memcpy(to + at + i * len, text, len);
	memcpy(to + at + n * len, "\n", 2);
	return to;
}

/** Whatever comes of it: soon, within a budget, nothing left behind. */
static void check_bounded(const char *head, const char *text, size_t n)
{
	struct score_budget budget;
	struct nvx_draft draft;
	struct score *score = NULL;
	char *tune = many(head, text, n);
	score_budget_init(&budget, (size_t)1 << 30);
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &budget.alloc, &report), 0);
	draft.repair = 1;
	int rc = abc_import((const uint8_t *)tune, strlen(tune), &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, &score);
	else
		nvx_draft_finish(&draft);
	cr_expect(rc == 0 || rc == -EINVAL || rc == -E2BIG, "HER-11: %s...: %d", text, rc);
	if (rc == -EINVAL)
		cr_expect(report.error[0].where[0] && report.error[0].reason[0]);
	score_unref(score);
	cr_expect_eq(budget.used_bytes, 0u, "HER-11: %s leaves %zu bytes", text, budget.used_bytes);
	free(tune);
}

Test(score_abc_tune, her11_input_that_means_harm, .timeout = 60)
{
	/* line ends of one sort only: nobody looks for the other up to the end of the file, line by line */
	static char lines[8 << 20];
	memset(lines, '\r', sizeof(lines));
	memset(&report, 0, sizeof(report));
	cr_expect_eq(score_format_detect((const uint8_t *)lines, sizeof(lines), &report), -EINVAL, "HER-11");
	static const char head[] = "X:1\nL:1/8\nM:4/4\nK:C\n";
	check_bounded(head, "Z99999999|", 2000);
	check_bounded(head, "C65535|", 20000);
	check_bounded(head, "C65535", 20000);
	check_bounded(head, "(9", 100000);
	check_bounded(head, "(9:1:65535C", 20000);
	check_bounded(head, "A><", 100000);
	check_bounded(head, "[", 100000);
	check_bounded(head, "[CEGBdfa", 20000);
	check_bounded(head, "{", 100000);
	check_bounded(head, "(", 100000);
	check_bounded(head, "A&", 100000);
	check_bounded(head, "\"", 100001);
	check_bounded(head, "!", 100001);
	check_bounded(head, "[V:a]A[V:b]B", 20000);
	check_bounded(head, "|:A:|", 50000);
	check_bounded(head, "::::::::", 50000);
	check_bounded(head, "A-", 100000);
	check_bounded(head, "?", 100000);
	check_bounded("X:1\nK:C\nA\nw:", "a-", 100000);
	check_bounded("X:1\nK:C\nA\n", "w:a\n", 50000);
	check_bounded("X:1\nP:", "(A)9999", 10000);
	check_bounded("X:1\n", "T:t\n", 50000);
	check_bounded("X:1\n", "V:", 50000);
	check_bounded("X:1\n", "%%score {(\n", 50000);
	check_bounded("X:1\n", "", 0);
	char *macros = many("X:1\nm:A=", "A", 500);
	char *head2 = many(macros, "m:n=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\n", 250);
	char *body = many(head2, "K:C\n", 1);
	check_bounded(body, "A", 200000);
	free(macros);
	free(head2);
	free(body);
}

Test(score_abc_tune, fmt09_same_bytes_same_score)
{
	static const char tune[] =
		"X:1\nT:t\nM:3/4\nL:1/8\nK:Am\n\"Am\"A2 {b}c>d e2|(3efg a4-|a6|]\nw: one two three\n";
	struct score *a = import_text(tune), *b = import_text(tune);
	cr_expect(score_same_state(a, b), "FMT-09");
	score_unref(a);
	score_unref(b);
}

/** Fails the n-th allocation. */
struct failing {
	struct score_alloc alloc;
	long left;
};

static void *fail_resize(void *ctx, void *ptr, size_t size)
{
	struct failing *f = ctx;
	if (size && f->left-- == 0)
		return NULL;
	return score_heap.resize(score_heap.ctx, ptr, size);
}

Test(score_abc_tune, her11_without_memory, .timeout = 60)
{
	static const char tune[] =
		"X:1\nT:t\nP:AB\nM:4/4\nL:1/8\n%%score (1 2)\nm:~C=CD\nV:1\nV:2\nO:x\nK:C\nP:A\nV:1\n"
		"\"Am\"(C>D) {e}[EG]2- [EG]2 (3CDE|1!f!~C8:|2!trill!D8|\nw:a b_ c\nV:2\nC4&E4|Z2|\n";
	for (long n = 0; n < 100000; n++) {
		struct failing failing = {.left = n};
		struct nvx_draft draft = {0};
		struct score *score = NULL;
		failing.alloc = (struct score_alloc){fail_resize, &failing};
		memset(&report, 0, sizeof(report));
		int rc = nvx_draft_init(&draft, &failing.alloc, &report);
		if (rc == 0) {
			draft.repair = 1;
			rc = abc_import((const uint8_t *)tune, strlen(tune), &draft);
		}
		if (rc == 0)
			rc = nvx_finish(&draft, NULL, &score);
		else
			nvx_draft_finish(&draft);
		cr_assert(rc == 0 || rc == -ENOMEM, "HER-11: allocation %ld fails: %d", n, rc);
		if (rc == 0) {
			struct score_bytes out;
			failing.left = n;
			score_bytes_init(&out, &failing.alloc);
			const int written = abc_export(score, &out, &report);
			cr_assert(written == 0 || written == -ENOMEM);
			score_bytes_finish(&out);
		}
		const int done = failing.left > 0 && rc == 0;
		score_unref(score);
		if (done && n > 50)
			return;
	}
	cr_assert_fail("HER-11: it never succeeds");
}
