/* SPDX-License-Identifier: MIT */
/* ABC out: what is written reads back equal, and what ABC cannot hold is told (FMT-10, FMT-11); measures of
 * older files. */
#include "score_abc.h"

#include <errno.h>

static void check_back(const struct score *score, const char *what)
{
	char *text = export_text(score);
	struct score *again = import_text(text);
	cr_expect(score_same_state(score, again), "FMT-11: %s became\n%s", what, text);
	score_unref(again);
	free(text);
}

static void check_round_trip(const char *tune)
{
	struct score *score = import_text(tune);
	check_back(score, tune);
	score_unref(score);
}

Test(score_abc_out, fmt11_tunes_come_back_equal)
{
	static const char *const tunes[] = {
		"X:1\nT:t\nM:4/4\nL:1/8\nK:C\nC2 D/E/F G>A B<c|(3def g4 z2|\n",
		"X:12\nT:a % b\\% c \\\\ "
		"d\nT:e\nC:f\nR:jig\nO:here\nN:\"quoted\"\nZ:g\nM:6/8\nL:1/8\nQ:\"Fast\" "
		"3/8=120\nK:Ador\nA3|\n",
		"X:1\nM:none\nL:1/4\nK:none\nC D E|F G A B c|\n",
		"X:1\nM:3/4\nL:1/8\nK:Eb\n|:\"Eb\"E2 ^F=A _C2|1\"Bb7\"B6:|2 B4||[M:2/4][K:Dm]\"Dm\"D4|]\n",
		"X:1\nM:4/4\nL:1/8\nK:C\nC5 D3|E7 F|C/3D/3E/3 F6-|F F7|\n",
		"X:1\nM:4/4\nL:1/8\nK:C\n(7:4:7CDEFGAB c4|(3:2:3(3CDE FG A6|\n",
		"X:1\nM:4/4\nL:1/8\nK:C\n{/g}.!trill!C({ab}D) !fermata![CEG]2 !mf!u!3!E2 "
		"\"^up\"z2|[C-E]2[CF]6|\n",
		"X:1\nM:4/4\nL:1/8\nK:C\n!crescendo(!CD!crescendo)!E z "
		"!ped!F2!ped-up!G2|!8va(!c4!8va)!c4|!roll!c8|\n",
		"X:1\nM:4/4\nL:1/8\nK:C\nCDEF GABc|\nw:a b-c d_ * e~f g\\-h\nw:* x y\nC8|\nw:end\n",
		"X:1\nM:4/4\nL:1/8\nK:C\nC8&E8|C4&x2E2|Z3|X|C8|\n",
		"X:1\nM:4/4\nL:1/8\n%%score {(1 2) 3} 4\nV:1 name=\"Pi ano\" sname=P\nV:3 bass\nV:4 "
		"transpose=-2 stem=up\n%%MIDI program 9\nK:G\n"
		"V:1\nc4 d4|e8|\nV:2\nE8|F8|\nV:3\nC,8|Z|\nV:4\nA^cBe [K:A]F4|[I:MIDI program 7]G8|\n",
		"X:1\nP:ABA\nM:4/4\nL:1/8\nK:C\nP:A\nC8:|\nP:B\nT:New\n!segno!D8|!D.S.!E8|\n",
		"X:1\nM:4/4\nL:1/8\nK:C\n^/C_3/2D ^1/3E2 =F4|__B^^F =f2 _B4-|B4 B4|\n",
		"X:1\nM:4/4\nL:1/8\nK:D exp ^f\nFf c2 !courtesy!=c4|\n%%MIDI drum zd 60\n%%vskip 3\n",
		/* no number; grace notes on both sides of a bar line, with and without slash, and at the end
		 */
		"M:3/4\nL:1/8\nK:G\n{^cd}A4 (A2{^cB})|{/c}B4 c2{=f}|f3{a}|\n",
		"X:1\nM:none\nL:1/8\nK:C\nM:2/2\nC8|D8|\n",
		"X:1\nM:4/4\nL:1/8\n%%score (1 2)\nK:C\nV:1\n!p!c4 d4|\nV:2\nE4 !f!F4|\n",
		"X:1\nM:4/4\nL:1/8\nK:C\n%%MIDI nobarlines\n^GA=GG ^G2G2|I:z\n",
		"X:1\nM:4/4\nL:1/8\nK:C\nCDEF GABc|\ns:* !f! * !p! * !breath!\nC8|\n",
		"X:1\nM:4/4\nL:1/8\nK:Em\nP:A\n[V:T1]\"Em\"E8|\n[V:T2]e8|\n",
	};
	for (size_t i = 0; i < sizeof(tunes) / sizeof(tunes[0]); i++)
		check_round_trip(tunes[i]);
}

static uint32_t random_below(uint64_t *state, uint32_t n)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33) % n;
}

/** Music by chance: what it is does not matter, that it comes back does. */
static void make_music(uint64_t seed, char *to, size_t size)
{
	static const char *const notes[] = {"C", "^D", "_E,", "f'", "=G", "[CEG]", "[^A,c-e]", "z", "x",
		"{/ga}B", "(", ")", "-", "C-C", "!accent!", "\"Am\"", "\"^word\"", "(3", "(5:4:6", ".", "T",
		"~", "&", "!mp!", "!<(!", "!<)!", "y"};
	static const char *const lengths[] = {"", "", "", "2", "/", "3/2", "4", "//", "5", "7/2", "/3"};
	static const char *const bars[] = {"|", "|", "|", "||", "|:", ":|", "::", "|1", ":|2", "|]", "|\n",
		"[M:3/4]|", "|[K:Eb]", "|\nw:a b-c d_\n", "[L:1/16]|", "!segno!|", "Z2|"};
	size_t n = (size_t)snprintf(to, size, "X:1\nT:by chance\nM:4/4\nL:1/8\nK:D\n");
	const unsigned measures = 1 + random_below(&seed, 8);
	for (unsigned m = 0; m < measures; m++) {
		const unsigned count = random_below(&seed, 9);
		for (unsigned i = 0; i < count; i++) {
			const uint32_t k = random_below(&seed, sizeof(notes) / sizeof(notes[0]));
			const char *length =
				k < 8 ? lengths[random_below(&seed, sizeof(lengths) / sizeof(lengths[0]))]
				      : "";
			n += (size_t)snprintf(to + n, size - n, "%s%s%s", notes[k], length,
				random_below(&seed, 3)                 ? ""
				: k < 8 && random_below(&seed, 4) == 0 ? ">"
								       : " ");
		}
		n += (size_t)snprintf(
			to + n, size - n, "%s", bars[random_below(&seed, sizeof(bars) / sizeof(bars[0]))]);
	}
	(void)snprintf(to + n, size - n, "\n");
}

Test(score_abc_out, fmt11_music_by_chance_settles, .timeout = 60)
{
	unsigned n_equal = 0;
	enum { TUNES = 1500 };
	for (uint64_t seed = 0; seed < TUNES; seed++) {
		static char tune[8192];
		make_music(seed, tune, sizeof(tune));
		struct score *score = import_text(tune);
		char *text = export_text(score);
		struct score *again = import_text(text);
		char *second = export_text(again);
		n_equal += score_same_state(score, again);
		/* what is odd in the text may be mended once, then it stays */
		struct score *third = import_text(second);
		cr_assert(score_same_state(again, third), "FMT-11: seed %llu does not settle:\n%s\n%s\n%s",
			(unsigned long long)seed, tune, text, second);
		cr_assert_eq(score_n_notes(score), score_n_notes(again),
			"FMT-11: seed %llu loses notes:\n%s\n%s", (unsigned long long)seed, tune, text);
		score_unref(score);
		score_unref(again);
		score_unref(third);
		free(text);
		free(second);
	}
	cr_expect_gt(n_equal, TUNES * 7 / 10, "FMT-11: %u of %d come back equal at once", n_equal, TUNES);
}

/** Notes that no notation shows, as a MIDI file gives them. */
static struct score *played_score(void)
{
	static const struct {
		uint8_t pitch;
		int64_t tick;
		uint32_t duration;
	} notes[] = {{60, 0, 480}, {64, 0, 480}, {62, 480, 1000}, {65, 480, 2000}, {67, 3000, 2500},
		{72, 5501, 13}};
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	const uint32_t part = nvx_add_part(&draft);
	nvx_draft_part(&draft, part)->name = nvx_text(&draft, "Voice 1", 7);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->pitch = notes[i].pitch;
		note->tick = notes[i].tick;
		note->duration_ticks = notes[i].duration;
	}
	cr_assert_eq(nvx_finish(&draft, "played", &score), 0);
	return score;
}

Test(score_abc_out, fmt11_notes_without_notation)
{
	struct score *score = played_score();
	char *text = export_text(score), before[512];
	(void)snprintf(before, sizeof(before), "%s", notes_of(score, 0));
	struct score *again = import_text(text);
	cr_expect_str_eq(notes_of(again, 0), before, "FMT-11:\n%s", text);
	score_unref(again);
	score_unref(score);
	free(text);
}

Test(score_abc_out, fmt10_losses_are_told)
{
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	const uint32_t part = nvx_add_part(&draft);
	nvx_draft_part(&draft, part)->name = nvx_text(&draft, "Guitar", 6);
	struct nvx_note *note = nvx_add_note(&draft, part);
	note->pitch = 60;
	note->duration_ticks = 3840;
	note->velocity = 33;
	const nvx_id id = note->id;
	struct nvx_analysis *analysis = nvx_add_analysis(&draft);
	analysis->roman = nvx_text(&draft, "I", 1);
	struct nvx_fingering *finger = nvx_add_fingering(&draft);
	finger->e.note_id = id;
	finger->hand = NVX_HAND_RIGHT;
	finger->finger = NVX_FINGER_M;
	cr_assert_eq(nvx_finish(&draft, "t", &score), 0);
	char *text = export_text(score);
	unsigned n = 0;
	for (uint32_t i = 0; i < report.n_warnings; i++)
		n += strcmp(report.warning[i].code, "EXPORT_TECHNIQUE_LOSS_011") == 0;
	cr_expect_eq(n, 3u, "FMT-10: analysis, velocity and finger are told, not %u", n);
	free(text);
	score_unref(score);
}

/* ---- measures of older files ---- */

static struct score *read_fragment(const char *text, uint32_t measure_ticks, int key_fifths)
{
	struct nvx_draft draft;
	struct score *score;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	struct abc_fragment to = {.part = nvx_add_part(&draft),
		.staff = 2,
		.voice = 1,
		.tick = 3840,
		.measure_ticks = measure_ticks,
		.meter_num = 4,
		.meter_den = 4,
		.where = "/measures/1/notes"};
	nvx_draft_part(&draft, to.part)->staves = 2;
	nvx_set_key(&to.key, key_fifths, 0);
	cr_assert_eq(abc_read_fragment(text, strlen(text), &to, &draft), 0);
	cr_assert_eq(nvx_finish(&draft, "t", &score), 0);
	return score;
}

Test(score_abc_out, fmt09_music_of_one_measure)
{
	struct score *score = read_fragment("F2 G>A|", 3840, 1);
	cr_expect_str_eq(notes_of(score, 0), "66@3840+960 67@4800+720 69@5520+240", "FMT-09");
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 0)->e.staff, 2);
	cr_expect_eq(score_n_key(score), 1u, "FMT-09: nothing but notes and notation");
	score_unref(score);
	score = read_fragment("\"Am\"c8-|d4", 3840, 0);
	cr_expect_str_eq(notes_of(score, 0), "72@3840+3840");
	cr_expect_not_null(find_warning("IMPORT_TECHNIQUE_DROPPED_003"), "FMT-10: music behind the measure");
	cr_expect_str_eq(report.warning[0].where, "/measures/1/notes, byte 4", "FMT-09: places are told");
	cr_expect_eq(score_n_chord(score), 0u);
	score_unref(score);
	score = read_fragment("C6 D4", 3840, 0);
	cr_expect_str_eq(notes_of(score, 0), "60@3840+2880 62@6720+960", "FMT-09: cut at the bar line");
	score_unref(score);
	score = read_fragment("", 3840, 0);
	cr_expect_eq(score_n_notes(score), 0u);
	score_unref(score);
}
