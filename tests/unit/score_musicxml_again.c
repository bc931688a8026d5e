/* SPDX-License-Identifier: MIT */
/* What programs write that is a little off, and what it is after it was written and read again. */
#include "score_musicxml.h"

#include <score/nvx_json.h>

#define NUMBERED(number, step, octave, duration, more)                                                       \
	NOTE(step, octave, duration, "<voice>" number "</voice>" more)
#define TYPED(step, duration, type, more) NUMBERED("1", step, "4", duration, "<type>" type "</type>" more)
#define ELEVEN                                                                                               \
	"<time-modification><actual-notes>11</actual-notes><normal-notes>6</normal-notes></"                 \
	"time-modification>"
#define BACK(duration) "<backup><duration>" duration "</duration></backup>"
#define AHEAD(duration) "<forward><duration>" duration "</duration></forward>"
#define PEDAL(type) "<direction><direction-type><pedal type='" type "'/></direction-type></direction>"

/** `holds` must hold of what is read, and of what is read when that was written. */
static void again(struct score *s, void (*holds)(const struct score *s))
{
	char *text = export_text(s);
	struct score *second = import_text(text);
	holds(s);
	holds(second);
	score_unref(second);
	free(text);
	score_unref(s);
}

static void are_eleven(const struct score *s)
{
	cr_assert_eq(s->part[0]->note.n, 13);
	for (uint32_t i = 0; i < 11; i++) {
		const struct nvx_notation_element *e = element(s, NVX_NOTATION_EVENT, i + 1);
		cr_expect_eq(note_at(s, i + 1)->tick, 960 + (2 * 2880 * i + 11) / 22, "note %u", i);
		cr_expect_eq(e->value, NVX_VALUE_8, "note %u", i);
		cr_expect_eq(e->tuplet_id, element(s, NVX_NOTATION_TUPLET, 0)->e.id, "note %u", i);
	}
	cr_expect_eq(element(s, NVX_NOTATION_TUPLET, 0)->e.duration_ticks, 2880);
	cr_expect_eq(note_at(s, 12)->tick, 3840);
}

Test(score_musicxml_again, rounded_tuplets,
	.description = "FMT-02 FMT-11: eleven in the time of six, rounded to divisions, are that; the gap "
		       "behind them goes")
{
	char music[8192];
	int n = snprintf(music, sizeof(music),
		"<measure number='1'><attributes><divisions>480</divisions></attributes>" TYPED(
			"C", "480", "quarter", "")
			TYPED("D", "130", "eighth", ELEVEN "<notations><tuplet type='start'/></notations>"));
	for (int i = 0; i < 9; i++)
		n += snprintf(music + n, sizeof(music) - (size_t)n, TYPED("E", "130", "eighth", ELEVEN));
	(void)snprintf(music + n, sizeof(music) - (size_t)n,
		TYPED("F", "130", "eighth", ELEVEN "<notations><tuplet type='stop'/></notations>") AHEAD("10")
			BACK("1920") NUMBERED("2", "G", "3", "1920", "") "</measure>" MEASURE(
				"2", TYPED("C", "1920", "whole", "")));
	struct score *s = import_part("", music);
	cr_expect_eq(score_measure(s, 0)->duration_ticks, 3840);
	score_unref(s);
	/* without the second voice the notes are in order */
	char *cut = strstr(music, BACK("1920"));
	cr_assert_not_null(cut);
	memmove(cut, strstr(cut, "</measure>"), strlen(strstr(cut, "</measure>")) + 1);
	again(import_part("", music), are_eleven);
}

static void grace_is_late(const struct score *s)
{
	const struct nvx_notation_element *grace = NULL;
	for (uint32_t i = 0; i < score_n_notation(s); i++)
		if (score_notation(s, i)->is_grace)
			grace = score_notation(s, i);
	cr_assert_not_null(grace);
	cr_expect_eq(grace->e.tick, 2880);
	cr_expect_not(grace->grace_after);
}

Test(score_musicxml_again, grace_behind_a_gap,
	.description = "FMT-02 FMT-11: a grace note behind a gap stays with its note")
{
	again(import_part("", MEASURE("1", ATTRIBUTES NUMBERED("1", "C", "5", "16", "") BACK("16") AHEAD(
						   "12") "<note><grace/><pitch><step>D</step><octave>4</"
							 "octave></pitch><voice>2</voice>"
							 "<type>eighth</type></note>" NUMBERED("2", "E", "4",
								 "4", "<type>quarter</type>"))),
		grace_is_late);
}

static void foot_goes(const struct score *s)
{
	static const struct {
		int64_t tick;
		int value;
	} right[] = {{0, 127}, {960, 0}, {960, 127}, {1920, 0}, {2880, 127}, {3840, 0}};
	cr_assert_eq(s->part[0]->control.n, 6);
	for (uint32_t i = 0; i < 6; i++) {
		cr_expect_eq(score_part_control(s->part[0], i)->tick, right[i].tick, "%u", i);
		cr_expect_eq(score_part_control(s->part[0], i)->value, right[i].value, "%u", i);
	}
}

Test(score_musicxml_again, pedals,
	.description = "FMT-02 FMT-11: a pedal that goes down twice was lifted between; one that nothing "
		       "lifts goes up with "
		       "its measure")
{
	again(import_part("",
		      MEASURE("1", ATTRIBUTES PEDAL("start") NOTE("C", "4", "4", "") PEDAL("start") NOTE("C",
					   "4", "4", "") PEDAL("stop") NOTE("C", "4", "4", "") PEDAL("start")
					   NOTE("C", "4", "4", "")) MEASURE("2", NOTE("C", "4", "16", ""))),
		foot_goes);
}

static void second_is_sung(const struct score *s)
{
	cr_assert_eq(s->part[0]->note.n, 1);
	cr_assert_eq(score_n_lyric(s), 2);
	cr_expect_eq(score_lyric(s, 0)->e.tick, 0);
	cr_expect_eq(score_lyric(s, 1)->e.tick, 1920);
	cr_expect_eq(score_lyric(s, 1)->e.duration_ticks, 1920);
	cr_expect_str_eq(score_text(s, score_lyric(s, 1)->text), "ah");
}

Test(score_musicxml_again, lyric_of_a_tied_note,
	.description =
		"FMT-02 FMT-11: a syllable under the second of two tied notes is sung when that begins")
{
	again(import_part(
		      "", MEASURE("1", ATTRIBUTES NOTE("C", "4", "8",
					       "<tie type='start'/><lyric number='1'><text>oh</text></lyric>")
					       NOTE("C", "4", "8",
						       "<tie type='stop'/><lyric "
						       "number='2'><text>ah</text></lyric>"))),
		second_is_sung);
}

static void is_one_note(const struct score *s)
{
	cr_assert_eq(s->part[0]->note.n, 1);
	cr_expect_eq(note_at(s, 0)->duration_ticks, 3840 + 960);
}

Test(score_musicxml_again, tie_out_of_a_cadenza,
	.description = "FMT-02 FMT-11: a note is tied into the next measure, though another part's fills "
		       "more of this one")
{
	again(import_text(
		      "<score-partwise><part-list><score-part id='a'><part-name>A</part-name></score-part>"
		      "<score-part id='b'><part-name>B</part-name></score-part></part-list>"
		      "<part id='a'>" MEASURE(
			      "1", ATTRIBUTES NUMBERED("1", "C", "4", "8", "<tie type='start'/>"))
			      MEASURE("2", NUMBERED("1", "C", "4", "4",
						   "<tie type='stop'/>")) "</part><part id='b'>" MEASURE("1",
				      ATTRIBUTES NOTE("C", "3", "16", ""))
				      MEASURE("2", NOTE("C", "3", "4", "")) "</part></score-partwise>"),
		is_one_note);
}

static void is_below(const struct score *s)
{
	cr_expect_eq(
		element(s, NVX_NOTATION_TEXT, 0)->placement + element(s, NVX_NOTATION_TEXT, 1)->placement,
		NVX_PLACEMENT_ABOVE + NVX_PLACEMENT_BELOW);
	cr_expect_eq(element(s, NVX_NOTATION_TEXT, 0)->style, NVX_TEXT_TEMPO);
}

Test(score_musicxml_again, tempo_below,
	.description = "FMT-02 FMT-11: words about the tempo stay below the staff")
{
	again(import_part(
		      "", MEASURE("1", ATTRIBUTES
				  "<direction "
				  "placement='below'><direction-type><words>Lento</words></"
				  "direction-type><sound tempo='60'/></direction>"
				  "<direction "
				  "placement='above'><direction-type><words>Adagio</words></"
				  "direction-type><sound tempo='60'/></direction>" NOTE("C", "4", "16", ""))),
		is_below);
}

static void are_kept(const struct score *s)
{
	char *text = export_text(s);
	cr_expect(strstr(text, "<work-number>Op. 9</work-number>"));
	cr_expect(strstr(text, "<source>A &quot;first&quot; print</source>") ||
		  strstr(text, "<source>A \"first\" print</source>"));
	cr_expect(strstr(text, "<miscellaneous-field name=\"shelf\">7</miscellaneous-field>"));
	const char *start = strstr(text, "<dashes type=\"start\" number=\"2\"/>");
	const char *stop = strstr(text, "<dashes type=\"stop\" number=\"2\"/>");
	cr_assert(start && stop);
	cr_expect_lt(start, strstr(text, "<step>D</step>"));
	cr_expect_gt(start, strstr(text, "<step>C</step>"));
	cr_expect_lt(stop, strstr(text, "<measure number=\"2\""));
	cr_expect_gt(stop, strstr(text, "<step>D</step>"));
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	free(text);
}

#define DASHES(type)                                                                                         \
	"<direction><direction-type><dashes type='" type "' number='2'/></direction-type></direction>"

Test(score_musicxml_again, kept_pieces,
	.description = "FMT-10 FMT-11: what a score has no place for goes back into a file of this format, "
		       "where it stood")
{
	again(import_text(
		      "<score-partwise><work><work-number>Op. 9</work-number></work><identification>"
		      "<source>A \"first\" print</source><miscellaneous><miscellaneous-field name='shelf'>7"
		      "</miscellaneous-field></miscellaneous></identification>"
		      "<part-list><score-part id='a'><part-name>A</part-name></score-part></part-list><part "
		      "id='a'>" MEASURE("1", ATTRIBUTES NOTE("C", "4", "8", "") DASHES("start")
						     NOTE("D", "4", "8", "") DASHES("stop"))
			      MEASURE("2", NOTE("E", "4", "16", "")) "</part></score-partwise>"),
		are_kept);
}

static void is_sorted(const struct score *s)
{
	cr_assert_eq(score_n_lyric(s), 2);
	cr_expect(score_lyric(s, 0)->verse == 1 && score_lyric(s, 1)->verse == 2);
	cr_expect_str_eq(score_text(s, score_lyric(s, 0)->text), "one");
}

Test(score_musicxml_again, verses,
	.description = "FMT-02 FMT-11: verses of a note that a file has in another order")
{
	again(import_part("", MEASURE("1", ATTRIBUTES NOTE("C", "4", "16",
						   "<lyric number='2'><text>two</text></lyric>"
						   "<lyric number='1'><text>one</text></lyric>"))),
		is_sorted);
}

static void has_mark(const struct score *s)
{
	cr_expect_eq(score_n_tempo(s), 1);
	cr_expect(strstr(score_text(s, score_tempo(s, 0)->extra), "quarter.=52"));
}

Test(score_musicxml_again, tempo_of_two_parts,
	.description = "FMT-02 FMT-11: a tempo that a second part repeats without its mark keeps it")
{
	again(import_text(
		      "<score-partwise><part-list><score-part id='a'><part-name>A</part-name></score-part>"
		      "<score-part id='b'><part-name>B</part-name></score-part></part-list><part "
		      "id='a'>" MEASURE("1", ATTRIBUTES
			      "<direction><direction-type><metronome><beat-unit>quarter</beat-unit>"
			      "<beat-unit-dot/><per-minute>52</per-minute></metronome></direction-type>"
			      "<sound tempo='78'/></direction>" NOTE("C", "4", "16",
				      "")) "</part><part "
					   "id='b'>" MEASURE("1",
						   ATTRIBUTES "<direction><direction-type><words>Slow</"
							      "words></direction-type>"
							      "<sound tempo='78'/></direction>" NOTE("C", "3",
								      "16", "")) "</part>"
										 "</score-partwise>"),
		has_mark);
}

static void are_at_notes(const struct score *s)
{
	static const char *const told[] = {"<string>3</string>", "<heel/>", "<accent/>", "<soft-accent/>",
		"<haydn/>", "<accidental-mark>sharp</accidental-mark>", "<tied type=\"let-ring\"/>"};
	char *text = export_text(s);
	const char *chord = strstr(text, "<chord/>"),
		   *below = strstr(text, "<direction placement=\"below\">");
	cr_assert(chord && below);
	for (unsigned i = 0; i < sizeof(told) / sizeof(*told); i++)
		cr_expect(strstr(text, told[i]), "%s", told[i]);
	cr_expect(strstr(text, "<string>3</string>") < chord && strstr(text, "<heel/>") > chord,
		"a sign of the second note of a chord stays there");
	const char *staff = strstr(below, "<staff>2</staff>");
	cr_expect(staff && staff < strstr(below, "</direction>"));
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	free(text);
}

Test(score_musicxml_again, kept_signs,
	.description =
		"FMT-10 FMT-11: signs that a score has no place for go back to their notes, directions to "
		"their staff")
{
	again(import_part("",
		      MEASURE("1", "<attributes><divisions>4</divisions><staves>2</staves></attributes>"
				   "<direction placement='below'><direction-type><other-direction>x"
				   "</other-direction></direction-type><staff>2</staff></direction>" NOTE("C",
					   "4", "16",
					   "<notations><tied type='let-ring'/><ornaments><haydn/></ornaments>"
					   "<technical><string>3</string></technical><articulations><accent/>"
					   "<soft-accent/></articulations><accidental-mark>sharp"
					   "</accidental-mark></notations>") NOTE("E", "4", "16",
					   "<chord/><notations><technical><heel/></technical>"
					   "</notations>"))),
		are_at_notes);
}

Test(score_musicxml_again, kept_by_anybody,
	.description = "FMT-10: pieces that are no elements, or more than one, stay out of a file")
{
	static const char *const worse[] = {"<dashes type='start'/><note/> ", "<dashes type='start'>",
		"<dashes type='&x;' number='2'/>", "<dashes type=start number='2'/>",
		"<dashes/></direction-type><x/>", "<dashes \\u0001 number='2'/>"};
	struct score *s = import_part("", MEASURE("1", ATTRIBUTES DASHES("start") NOTE("C", "4", "16", "")));
	struct score_bytes json;
	score_bytes_init(&json, &score_heap);
	cr_assert_eq(nvx1_export(s, &json, &report), 0);
	score_bytes_u8(&json, 0);
	score_unref(s);
	for (unsigned i = 0; i < sizeof(worse) / sizeof(*worse); i++) {
		char text[16384];
		const char *at = strstr((const char *)json.data, "<dashes");
		cr_assert_not_null(at);
		const char *end = strstr(at, "/>") + 2;
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - (const char *)json.data),
			(const char *)json.data, worse[i], end);
		struct nvx_draft draft;
		memset(&report, 0, sizeof(report));
		cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
		cr_assert_eq(nvx_read((const uint8_t *)text, strlen(text), &draft), 0, "%u: %s: %s", i,
			report.error[0].where, report.error[0].reason);
		cr_assert_eq(nvx_finish(&draft, NULL, &s), 0);
		nvx_draft_finish(&draft);
		char *out = export_text(s);
		cr_expect_null(strstr(out, "dashes"), "%u", i);
		cr_expect_eq(report.n_warnings, 1);
		free(out);
		score_unref(s);
	}
	score_bytes_finish(&json);
}
