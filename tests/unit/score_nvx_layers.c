/* SPDX-License-Identifier: MIT */
/* Each layer and rail on its own: read, written, hidden, edited, undone (NVX-01, 10, 11, 15, 18, 20, 21). */
#include "score_nvx_fixture.h"

#include <mos/roman.h>
#include <score/edit.h>

#define HEAD(n)                                                                                              \
	"{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"t\",\"key\":\"C "                                  \
	"major\",\"tempo\":60},\"measures\":[" n "],\"parts\":[{\"id\":\"p1\",\"name\":\"p\",\"notes\":[{"   \
	"\"id\":\"n1\",\"tick\":0,\"durationTicks\":960,\"pitch\":"                                          \
	"60}]}],\"layers\":["
#define LAYER(type, elements) HEAD("{},{},{},{}") "{\"type\":\"" type "\",\"elements\":[" elements "]}]}"

static struct score *loaded(const char *text, const char *id)
{
	struct score *score = load_text(text);
	cr_assert_not_null(score, "%s: %s %s: %s", id, fixture_report.error[0].code,
		fixture_report.error[0].where, fixture_report.error[0].reason);
	return score;
}

static char *canonical(const struct score *score)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(nvx_write(score, NVX_CANONICAL, &out), 0);
	score_bytes_u8(&out, 0);
	return (char *)out.data;
}

static int same_state(const struct score *a, const struct score *b)
{
	return score_same_state(a, b);
}

/** Take an item out, and put it back by the inverse: the score is the one before. */
static void undo_removal(struct score *score, unsigned list, const void *item, const char *id)
{
	struct score_change change;
	struct score *without = NULL, *back = NULL;
	score_change_init(&change, score);
	cr_assert_eq(
		score_change_add(&change, SCORE_OP_REMOVE, list, 0, UINT32_MAX, item, NULL), 0, "%s", id);
	memset(&fixture_report, 0, sizeof(fixture_report));
	cr_assert_eq(score_apply(score, &change, &fixture_report, &without), 0, "%s: list %u: %s", id, list,
		fixture_report.error[0].reason);
	cr_expect_not(same_state(without, score), "%s: list %u", id, list);
	score_change_invert(&change);
	cr_assert_eq(score_apply(without, &change, &fixture_report, &back), 0, "%s: list %u: %s", id, list,
		fixture_report.error[0].reason);
	cr_expect(same_state(back, score), "%s: list %u", id, list);
	score_unref(without);
	score_unref(back);
	score_change_finish(&change);
}

Test(score_nvx_layers, NVX_01_nine,
	.description = "NVX-01: each of the nine layers is read, written, hidden, and its elements are "
		       "edited and undone")
{
	static const char *const types[] = {"form", "chords", "analysis", "tablature", "diagrams",
		"fingering", "notation", "lyrics", "markers"};
	struct score *score = loaded(full_document, "NVX-01");
	for (unsigned i = 0; i < NVX_N_LAYERS; i++) {
		const unsigned list = NVX_LIST_form + i;
		char type[64];
		cr_assert_gt(score->list[list].n, 0u, "NVX-01: %s", types[i]);
		undo_removal(score, list, nvx_seq_at(&score->list[list], score->list[list].n - 1), "NVX-01");

		struct score_change change;
		struct score *hidden = NULL;
		struct nvx_globals globals = score->globals;
		globals.layer[i].hidden = 1;
		score_change_init(&change, score);
		cr_assert_eq(score_change_add(&change, SCORE_OP_REPLACE, SCORE_EDIT_GLOBALS, 0, 0,
				     &score->globals, &globals),
			0);
		cr_assert_eq(score_apply(score, &change, &fixture_report, &hidden), 0, "NVX-01");
		char *text = canonical(hidden);
		(void)snprintf(type, sizeof(type), "{\"type\":\"%s\",\"visible\":false,", types[i]);
		cr_expect_not_null(strstr(text, type), "NVX-01: %s is hidden", types[i]);
		struct score *again = loaded(text, "NVX-01");
		cr_expect_eq(again->globals.layer[i].hidden, 1, "NVX-01: %s", types[i]);
		cr_expect_eq(again->list[list].n, score->list[list].n, "NVX-01: hidden is not gone");
		score_unref(again);
		score_unref(hidden);
		score_free(&score_heap, text);
		score_change_finish(&change);
	}
	score_unref(score);
}

static void expect_broken(const char *text, const char *code, const char *id)
{
	struct score *score = load_text(text);
	cr_expect_null(score, "%s: %s", id, text);
	int found = 0;
	for (uint32_t i = 0; i < fixture_report.n_errors && i < SCORE_MAX_ISSUES; i++)
		found |= strcmp(fixture_report.error[i].code, code) == 0;
	cr_expect(found, "%s: %s, not %s in %s", id, fixture_report.error[0].code, code, text);
	score_unref(score);
}

Test(score_nvx_layers, NVX_10_form,
	.description = "NVX-10: every kind of section, levels, numbers, colours and parents come back; "
		       "parents enclose")
{
	static const char *const kinds[] = {"section", "intro", "verse", "prechorus", "chorus", "refrain",
		"bridge", "solo", "interlude", "vamp", "tag", "break", "outro", "coda", "head", "enunciation",
		"development", "recapitulation", "phrase", "period", "motif"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char text[1024];
		(void)snprintf(text, sizeof(text),
			LAYER("form", "{\"id\":\"f1\",\"tick\":0,\"durationTicks\":7680,\"kind\":\"%s\","
				      "\"label\":\"A\","
				      "\"number\":%zu,\"color\":\"#0102ff\"},{\"id\":\"f2\",\"tick\":3840,"
				      "\"durationTicks\":3840,"
				      "\"kind\":\"%s\",\"label\":\"b\",\"level\":1,\"parentId\":\"f1\"}"),
			kinds[i], i, kinds[i]);
		struct score *score = loaded(text, "NVX-10");
		char *out = canonical(score);
		char wanted[256];
		(void)snprintf(wanted, sizeof(wanted),
			"{\"id\":\"f1\",\"tick\":0,\"durationTicks\":7680,\"kind\":\"%s\",\"label\":\"A\","
			"\"number\":%zu,"
			"\"color\":\"#0102ff\"}",
			kinds[i], i);
		cr_expect_not_null(strstr(out, wanted), "NVX-10: %s not in %s", wanted, out);
		cr_expect_eq(score_form(score, 1)->level, 1, "NVX-10");
		undo_removal(score, NVX_LIST_form, score_form(score, 1), "NVX-10");
		score_free(&score_heap, out);
		score_unref(score);
	}
#define FORM(tick, len, more)                                                                                \
	"{\"tick\":" tick ",\"durationTicks\":" len ",\"kind\":\"verse\",\"label\":\"x\"" more "}"
	expect_broken(LAYER("form", FORM("0", "3840", "") "," FORM("1920", "3840", "")), "nvx1.form.overlap",
		"NVX-10");
	expect_broken(LAYER("form", FORM("0", "3840", ",\"id\":\"f1\"") "," FORM(
					    "1920", "3840", ",\"level\":1,\"parentId\":\"f1\"")),
		"nvx1.form.overlap", "NVX-10: the parent does not enclose it");
	expect_broken(LAYER("form", FORM("0", "3840", ",\"id\":\"f1\"") "," FORM(
					    "0", "1920", ",\"level\":2,\"parentId\":\"f1\"")),
		"nvx1.form.overlap", "NVX-10: two levels up");
	expect_broken(LAYER("form", FORM("0", "3840", ",\"level\":8")), "nvx1.range", "NVX-10");
	expect_broken(LAYER("form", FORM("0", "99999", "")), "nvx1.tick.outside", "NVX-10");
}

Test(score_nvx_layers, NVX_11_chords,
	.description =
		"NVX-11: symbols are kept as written, and their numerals follow from the key, in all keys")
{
	static const struct {
		int8_t semitones;
		const char *suffix, *numeral;
	} degrees[] = {{0, "", "I"}, {2, "m7", "ii7"}, {4, "m", "iii"}, {5, "maj7", "IVmaj7"}, {7, "7", "V7"},
		{9, "m", "vi"}};
	static const char *const keys[] = {"C major", "Db major", "D major", "Eb major", "E major", "F major",
		"F# major", "G major", "Ab major", "A major", "Bb major", "B major"};
	static const char *const sharp[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
	static const char *const flat[] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};
	for (unsigned k = 0; k < 12; k++) {
		struct mos_tonality tonality;
		const int is_flat = keys[k][1] == 'b' || strcmp(keys[k], "F major") == 0;
		cr_assert_eq(mos_tonality_parse(keys[k], SIZE_MAX, &tonality), 0, "NVX-11: %s", keys[k]);
		for (size_t d = 0; d < sizeof(degrees) / sizeof(degrees[0]); d++) {
			const unsigned root = (k + (unsigned)degrees[d].semitones) % 12;
			char text[1024], numeral[MOS_ROMAN_TEXT_MAX];
			(void)snprintf(text, sizeof(text),
				LAYER("chords", "{\"tick\":0,\"durationTicks\":3840,\"symbol\":\"%s%s\","
						"\"inversion\":1,"
						"\"roman\":null,\"function\":\"T\"}"),
				is_flat ? flat[root] : sharp[root], degrees[d].suffix);
			struct score *score = loaded(text, "NVX-11");
			struct mos_chord chord;
			struct mos_roman roman;
			cr_assert_geq(mos_chord_parse(score_text(score, score_chord(score, 0)->symbol),
					      SIZE_MAX, &chord, NULL),
				0, "NVX-11: %s", text);
			cr_assert_eq(mos_roman_from_chord(&chord, tonality, &roman), 0, "NVX-11");
			cr_assert_gt(mos_roman_format(&roman, numeral, sizeof(numeral)), 0, "NVX-11");
			cr_expect(strncmp(numeral, degrees[d].numeral, 2) == 0 ||
					  strcmp(numeral, degrees[d].numeral) == 0,
				"NVX-11: %s in %s is %s, not %s",
				score_text(score, score_chord(score, 0)->symbol), keys[k], numeral,
				degrees[d].numeral);
			cr_expect_eq(score_chord(score, 0)->roman_null, 1, "NVX-11");
			undo_removal(score, NVX_LIST_chord, score_chord(score, 0), "NVX-11");
			score_unref(score);
		}
	}
	struct score *score =
		loaded(LAYER("chords", "{\"tick\":0,\"durationTicks\":960,\"symbol\":\"C??\"}"), "NVX-11");
	cr_expect_str_eq(fixture_report.warning[0].code, "nvx1.chord.unparsed", "NVX-11");
	cr_expect_str_eq(score_text(score, score_chord(score, 0)->symbol), "C??", "NVX-11: kept as written");
	score_unref(score);
}

Test(score_nvx_layers, NVX_15_fingering,
	.description =
		"NVX-15: 0 to 5, T and pimac of both hands, positions; one main finger a hand and note")
{
	static const char *const fingers[] = {"0", "1", "2", "3", "4", "5", "T", "p", "i", "m", "a", "c"};
	for (size_t i = 0; i < sizeof(fingers) / sizeof(fingers[0]); i++) {
		char text[1024], wanted[128];
		(void)snprintf(text, sizeof(text),
			LAYER("fingering",
				"{\"id\":\"g1\",\"noteId\":\"n1\",\"hand\":\"right\",\"finger\":\"%s\"},"
				"{\"id\":\"g2\",\"noteId\":\"n1\",\"hand\":\"left\",\"finger\":\"1\","
				"\"substitution\":\"2\"},"
				"{\"id\":\"g3\",\"tick\":0,\"durationTicks\":960,\"hand\":\"left\","
				"\"position\":{\"fret\":7,"
				"\"caged\":\"E\",\"octave\":1}}"),
			fingers[i]);
		struct score *score = loaded(text, "NVX-15");
		char *out = canonical(score);
		(void)snprintf(wanted, sizeof(wanted),
			"{\"id\":\"g1\",\"noteId\":\"n1\",\"hand\":\"right\",\"finger\":\"%s\"}", fingers[i]);
		cr_expect_not_null(strstr(out, wanted), "NVX-15: %s", out);
		cr_expect_not_null(strstr(out, "\"position\":{\"fret\":7,\"caged\":\"E\",\"octave\":1}"),
			"NVX-15: %s", out);
		cr_expect_not_null(strstr(out, "\"finger\":\"1\",\"substitution\":\"2\""), "NVX-15: %s", out);
		for (uint32_t k = 0; k < score_n_fingering(score); k++)
			undo_removal(score, NVX_LIST_fingering, score_fingering(score, k), "NVX-15");
		score_free(&score_heap, out);
		score_unref(score);
	}
#define FINGER(more) "{\"noteId\":\"n1\",\"hand\":\"left\"" more "}"
	expect_broken(LAYER("fingering", FINGER(",\"finger\":\"1\"") "," FINGER(",\"finger\":\"2\"")),
		"nvx1.finger.double", "NVX-15");
	score_unref(loaded(LAYER("fingering", FINGER(",\"finger\":\"1\"") "," FINGER(
						      ",\"finger\":\"2\",\"alternative\":true")),
		"NVX-15: another way is no second main finger"));
	expect_broken(LAYER("fingering", FINGER(",\"finger\":\"6\"")), "nvx1.enum", "NVX-15");
}

Test(score_nvx_layers, NVX_18_markers,
	.description = "NVX-18: every kind of marker, ranges, order, difficulty; a loop lasts; each leads to "
		       "its place")
{
	static const char *const kinds[] = {
		"poi", "rehearsal", "cue", "loop", "bookmark", "exercise", "comment"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char text[1024], wanted[256];
		(void)snprintf(text, sizeof(text),
			LAYER("markers",
				"{\"id\":\"k2\",\"tick\":11520,\"kind\":\"%s\",\"durationTicks\":960,"
				"\"label\":\"late\"},"
				"{\"id\":\"k1\",\"tick\":5760,\"durationTicks\":1920,\"kind\":\"%s\","
				"\"label\":\"here\","
				"\"description\":\"d\",\"color\":\"#00ff00\",\"difficulty\":5,\"order\":3}"),
			kinds[i], kinds[i]);
		struct score *score = loaded(text, "NVX-18");
		char *out = canonical(score);
		(void)snprintf(wanted, sizeof(wanted),
			"{\"id\":\"k1\",\"tick\":5760,\"durationTicks\":1920,\"kind\":\"%s\",\"label\":"
			"\"here\",\"description\":"
			"\"d\",\"color\":\"#00ff00\",\"difficulty\":5,\"order\":3}",
			kinds[i]);
		cr_expect_not_null(strstr(out, wanted), "NVX-18: %s", out);
		cr_expect_lt(
			score_marker(score, 0)->e.tick, score_marker(score, 1)->e.tick, "NVX-18: in order");
		cr_expect_eq(score_measure_at(score, score_marker(score, 0)->e.tick), 1u,
			"NVX-18: in the second measure");
		cr_expect_eq(score_measure_at(score, score_marker(score, 1)->e.tick), 3u, "NVX-18");
		undo_removal(score, NVX_LIST_marker, score_marker(score, 0), "NVX-18");
		score_free(&score_heap, out);
		score_unref(score);
	}
	expect_broken(LAYER("markers", "{\"tick\":0,\"kind\":\"poi\",\"label\":\"x\",\"difficulty\":6}"),
		"nvx1.range", "NVX-18");
	expect_broken(LAYER("markers", "{\"tick\":99999,\"kind\":\"poi\",\"label\":\"x\"}"),
		"nvx1.tick.outside", "NVX-18");
	expect_broken(LAYER("markers", "{\"tick\":0,\"kind\":\"poi\"}"), "nvx1.member.missing", "NVX-18");
}

Test(score_nvx_layers, NVX_20_rails,
	.description = "NVX-20: drums, performance, melody and further rails come back member for member, "
		       "from UMF too")
{
	static const char document[] = HEAD(
		"{}") "],\"rails\":{"
		      "\"drums\":[{\"id\":\"x1\",\"noteId\":\"n1\",\"instrument\":\"snare\","
		      "\"subdivisionLabel\":\"2e\",\"articulation\":"
		      "\"flam\",\"feel\":{\"swingPercent\":66,\"pushPullUs\":-12000,\"humanization\":7}}],"
		      "\"performance\":[{\"id\":\"x2\",\"noteId\":\"n1\",\"technique\":\"sul "
		      "tasto\",\"fingering\":{\"leftHand\":\"1-3\","
		      "\"rightHand\":\"p\"},\"embouchure\":\"tight\",\"breath\":100,\"vibrato\":{\"enabled\":"
		      "true,\"depth\":40,\"speedHz\":"
		      "5.25},\"spatial\":{\"x\":-0.5,\"y\":0.25,\"z\":1}}],"
		      "\"melody\":[{\"id\":\"x3\",\"noteId\":\"n1\",\"scaleDegree\":\"b3\",\"contour\":"
		      "\"valley\",\"dynamics\":\"mf\"}],"
		      "\"extended\":[{\"id\":\"x4\",\"version\":\"1.2\",\"type\":\"org.example.light\","
		      "\"events\":[{\"at\":1.10,\"z\":[]}],"
		      "\"metadata\":{\"by\":\"me\"}}]}}";
	struct score *score = loaded(document, "NVX-20");
	char *out = canonical(score);
	const char *rails = strstr(document, "\"rails\":");
	char wanted[2048];
	(void)snprintf(wanted, sizeof(wanted), "%.*s", (int)strlen(rails) - 1, rails);
	cr_expect_not_null(strstr(out, wanted), "NVX-20: %s\nnot in\n%s", wanted, out);
	struct score_bytes umf;
	score_bytes_init(&umf, &score_heap);
	cr_assert_eq(nvx_write_umf(score, NVX_PRETTY, &umf), 0);
	score_bytes_u8(&umf, 0);
	struct score *again = loaded((const char *)umf.data, "NVX-20");
	cr_expect(same_state(again, score), "NVX-20: through UMF");
	for (unsigned list = NVX_LIST_drum; list <= NVX_LIST_extended; list++)
		undo_removal(score, list, nvx_seq_at(&score->list[list], 0), "NVX-20");
	score_unref(again);
	score_bytes_finish(&umf);
	score_free(&score_heap, out);
	score_unref(score);
}

/* ---- the reference piece ---- */

/** BWV 846, the prelude: five notes a bar, the first two held, the other three broken; 33 and 34 run, 35
 * rests. */
static const uint8_t bwv_846[32][5] = {{60, 64, 67, 72, 76}, {60, 62, 69, 74, 77}, {59, 62, 67, 74, 77},
	{60, 64, 67, 72, 76}, {60, 64, 69, 76, 81}, {60, 62, 66, 69, 74}, {59, 62, 67, 74, 79},
	{59, 60, 64, 67, 72}, {57, 60, 64, 67, 72}, {50, 57, 62, 66, 72}, {55, 59, 62, 67, 71},
	{55, 58, 64, 67, 73}, {53, 57, 62, 69, 74}, {53, 56, 62, 65, 71}, {52, 55, 60, 67, 72},
	{52, 53, 57, 60, 65}, {50, 53, 57, 60, 65}, {43, 50, 55, 59, 65}, {48, 52, 55, 60, 64},
	{48, 55, 58, 60, 64}, {41, 53, 57, 60, 64}, {42, 48, 57, 60, 63}, {44, 53, 59, 60, 62},
	{43, 53, 55, 59, 62}, {43, 52, 55, 60, 64}, {43, 50, 55, 60, 65}, {43, 50, 55, 59, 65},
	{43, 51, 57, 60, 66}, {43, 52, 55, 60, 67}, {43, 50, 55, 60, 65}, {43, 50, 55, 59, 65},
	{36, 48, 55, 58, 64}};
static const uint8_t bwv_846_end[2][16] = {{36, 48, 53, 57, 60, 65, 60, 57, 60, 57, 53, 57, 53, 50, 53, 50},
	{36, 47, 67, 71, 74, 77, 74, 71, 74, 71, 67, 71, 62, 65, 64, 62}};

static size_t put_note(char *to, int comma, int64_t tick, unsigned ticks, unsigned pitch)
{
	return (size_t)sprintf(to, "%s{\"tick\":%lld,\"durationTicks\":%u,\"pitch\":%u}", comma ? "," : "",
		(long long)tick, ticks, pitch);
}

static char *prelude(void)
{
	char *text = malloc(128u << 10);
	size_t n = (size_t)sprintf(text, "{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"Prelude BWV "
					 "846\",\"composer\":\"Johann Sebastian Bach\","
					 "\"key\":\"C major\",\"tempo\":66},\"measures\":[");
	for (int i = 0; i < 35; i++)
		n += (size_t)sprintf(text + n, "%s{}", i ? "," : "");
	n += (size_t)sprintf(
		text + n, "],\"parts\":[{\"id\":\"p1\",\"name\":\"Keyboard\",\"staves\":2,\"notes\":[");
	for (int bar = 0; bar < 32; bar++)
		for (int half = 0; half < 2; half++) {
			const int64_t at = bar * 3840 + half * 1920;
			n += put_note(text + n, bar + half > 0, at, 1920, bwv_846[bar][0]);
			n += put_note(text + n, 1, at + 240, 1680, bwv_846[bar][1]);
			for (int i = 0; i < 6; i++)
				n += put_note(text + n, 1, at + 480 + i * 240, 240, bwv_846[bar][2 + i % 3]);
		}
	for (int bar = 0; bar < 2; bar++)
		for (int i = 0; i < 16; i++)
			n += put_note(text + n, 1, (32 + bar) * 3840 + i * 240,
				i == 0   ? 3840
				: i == 1 ? 3600
					 : 240,
				bwv_846_end[bar][i]);
	static const uint8_t last[] = {36, 48, 64, 67, 72};
	for (int i = 0; i < 5; i++)
		n += put_note(text + n, 1, 34 * 3840, 3840, last[i]);
	static const int borders[] = {0, 11, 19, 32, 35};
	n += (size_t)sprintf(text + n, "]}],\"layers\":[{\"type\":\"form\",\"elements\":[");
	for (int i = 0; i < 4; i++)
		n += (size_t)sprintf(text + n,
			"%s{\"tick\":%d,\"durationTicks\":%d,\"kind\":\"section\",\"label\":\"%c\"}",
			i ? "," : "", borders[i] * 3840, (borders[i + 1] - borders[i]) * 3840, 'A' + i);
	(void)sprintf(text + n, "]}]}");
	return text;
}

Test(score_nvx_layers, NVX_21_bwv_846,
	.description = "NVX-21: BWV 846: 35 measures, the form 1-11, 12-19, 20-32, 33-35 exact")
{
	static const uint32_t first[] = {1, 12, 20, 33}, last[] = {11, 19, 32, 35};
	char *text = prelude();
	struct score *score = loaded(text, "NVX-21");
	cr_expect_eq(score_n_measure(score), 35u, "NVX-21");
	cr_expect_eq(score_n_notes(score), 32u * 16 + 2 * 16 + 5, "NVX-21");
	cr_assert_eq(score_n_form(score), 4u, "NVX-21");
	for (uint32_t i = 0; i < 4; i++) {
		const struct nvx_element *e = &score_form(score, i)->e;
		cr_expect_eq(
			score_measure_at(score, e->tick) + 1, first[i], "NVX-21: section %u", (unsigned)i);
		cr_expect_eq(score_measure_at(score, e->tick + (int64_t)e->duration_ticks - 1) + 1, last[i],
			"NVX-21");
		cr_expect_eq(e->tick, score_measure(score, first[i] - 1)->tick, "NVX-21: at its bar line");
	}
	char *out = canonical(score);
	struct score *again = loaded(out, "NVX-21");
	cr_expect(same_state(again, score), "NVX-21");
	score_unref(again);
	score_unref(score);
	score_free(&score_heap, out);
	free(text);
}
