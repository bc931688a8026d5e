/* SPDX-License-Identifier: MIT */
/* What MusicXML's elements become: FMT-02, NVX-16, NVX-17, FMT-10. */
#include "score_musicxml.h"

Test(score_musicxml, pitch,
	.description = "FMT-02: sounding pitch is written and transposed; microtones are cents")
{
	struct score *s = import_part(
		"", MEASURE("1", "<attributes><divisions>1</divisions><transpose><diatonic>-1</"
				 "diatonic><chromatic>-2</chromatic>"
				 "</transpose></attributes>" NOTE("C", "5", "1",
					 "") "<note><pitch><step>D</step><alter>-1.5</alter><octave>4</"
					     "octave></pitch><duration>1</duration></note>"));
	cr_expect_eq(note_at(s, 0)->pitch, 70);
	cr_expect_eq(note_at(s, 1)->pitch, 59);
	cr_expect_eq(note_at(s, 1)->cents_1e3, -50000);
	cr_expect(s->part[0]->part.has_transpose);
	cr_expect_eq(s->part[0]->part.transpose_chromatic, 2);
	score_unref(s);
}

Test(score_musicxml, ties,
	.description = "FMT-02: a tied chain is one note; its events keep the written pieces")
{
	struct score *s = import_part("",
		MEASURE("1", ATTRIBUTES NOTE("C", "4", "8", "") NOTE("E", "4", "8", "<tie type='start'/>"))
			MEASURE("2", NOTE("E", "4", "4", "<tie type='stop'/>") NOTE("E", "4", "12", "")));
	cr_assert_eq(s->part[0]->note.n, 3);
	cr_expect_eq(note_at(s, 1)->tick, 1920);
	cr_expect_eq(note_at(s, 1)->duration_ticks, 2880);
	unsigned n_events = 0;
	for (uint32_t i = 0; i < score_n_notation(s); i++)
		n_events += score_notation(s, i)->e.kind == NVX_NOTATION_EVENT;
	cr_expect_eq(n_events, 4);
	score_unref(s);
}

#define TRIPLET(more)                                                                                        \
	"<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></"                  \
	"time-modification>" more

Test(score_musicxml, tuplets, .description = "FMT-02 NVX-16: tuplets by their brackets, and without them")
{
	struct score *s = import_part(
		"", MEASURE("1",
			    "<attributes><divisions>3</divisions></attributes>" NOTE("C", "4", "1",
				    "<type>eighth</type>" TRIPLET(
					    "<notations><tuplet type='start' bracket='yes'/></notations>"))
				    NOTE("D", "4", "1", "<type>eighth</type>" TRIPLET("")) NOTE("E", "4", "1",
					    "<type>eighth</type>" TRIPLET(
						    "<notations><tuplet type='stop'/></notations>"))
					    NOTE("C", "4", "2", "<type>quarter</type>" TRIPLET(""))
						    NOTE("D", "4", "1", "<type>eighth</type>" TRIPLET(""))
							    NOTE("E", "4", "6", "<type>half</type>")));
	const struct nvx_notation_element *first = element(s, NVX_NOTATION_TUPLET, 0);
	const struct nvx_notation_element *second = element(s, NVX_NOTATION_TUPLET, 1);
	cr_expect(first->num == 3 && first->den == 2 && first->bracket == 1);
	cr_expect_eq(first->e.duration_ticks, 960);
	cr_expect(second->num == 3 && second->den == 2 && second->bracket == 0);
	cr_expect_eq(second->e.tick, 960);
	cr_expect_eq(second->e.duration_ticks, 960);
	cr_expect_eq(note_at(s, 1)->tick, 320);
	score_unref(s);
}

Test(score_musicxml, graces,
	.description = "FMT-02: grace notes sound before what they lead to, or end the note before")
{
	struct score *s = import_part(
		"", MEASURE("1", ATTRIBUTES NOTE("C", "4", "8",
					 "") "<note><grace "
					     "slash='yes'/><pitch><step>D</step><octave>4</octave></"
					     "pitch><type>eighth</type></note>" NOTE("E", "4", "8",
						     "") "<note><grace/><pitch><step>F</step><octave>4</"
							 "octave></pitch><type>16th</type></note>"));
	const struct nvx_note *d = note_at(s, 1), *f = note_at(s, 3);
	cr_expect(d->pitch == 62 && d->tick + d->duration_ticks == 1920 && d->tick < 1920);
	cr_expect(f->pitch == 65 && f->tick + f->duration_ticks == 3840);
	const struct nvx_notation_element *e = NULL, *after = NULL;
	for (uint32_t i = 0; i < score_n_notation(s); i++) {
		if (score_notation(s, i)->is_grace && score_notation(s, i)->grace_after)
			after = score_notation(s, i);
		else if (score_notation(s, i)->is_grace)
			e = score_notation(s, i);
	}
	cr_assert(e && after);
	cr_expect(e->grace_slash && e->e.tick == 1920 && e->e.duration_ticks == 0);
	cr_expect_eq(after->e.tick, 1920);
	score_unref(s);
}

Test(score_musicxml, measures,
	.description = "FMT-02: pickup, repeats, endings, jumps, bar lines, breaks, numbers")
{
	struct score *s = import_part("",
		"<measure number='0' implicit='yes'>" ATTRIBUTES NOTE("C", "4", "4", "") "</measure>" MEASURE(
			"1", "<barline location='left'><repeat direction='forward'/></barline>" NOTE(
				     "C", "4", "16", "")) MEASURE("2",
			"<barline location='left'><ending number='1,2' type='start'/></barline>" NOTE("C",
				"4", "16",
				"") "<barline location='right'><ending number='1,2' type='stop'/><repeat "
				    "direction='backward' times='3'/></barline>") MEASURE("3",
			"<print new-system='yes'/>" NOTE("C", "4", "16",
				"") "<direction><direction-type><words>D.S. al "
				    "Coda</words></direction-type></direction>"
				    "<barline "
				    "location='right'><bar-style>light-light</bar-style></barline>"));
	const struct nvx_measure *pickup = score_measure(s, 0), *two = score_measure(s, 2),
				 *three = score_measure(s, 3);
	uint32_t n;
	cr_expect_eq(pickup->irregular, NVX_IRREGULAR_PICKUP);
	cr_expect_eq(pickup->duration_ticks, 960);
	cr_expect(score_measure(s, 1)->repeat_start && !score_measure(s, 1)->number);
	cr_expect_eq(two->repeat_end, 3);
	cr_expect_eq(two->ending_type, NVX_ENDING_START_STOP);
	const uint8_t *numbers = nvx_items(s->pool, two->ending_numbers, &n);
	cr_expect(n == 2 && numbers[0] == 1 && numbers[1] == 2);
	cr_expect_eq(two->line_break, NVX_BREAK_LINE);
	cr_expect(three->jump == NVX_JUMP_DALSEGNO && three->jump_until == NVX_JUMP_CODA);
	cr_expect_eq(three->barline, NVX_BARLINE_DOUBLE);
	score_unref(s);
}

Test(score_musicxml, maps, .description = "FMT-02: meters that are sums, keys with modes, exact tempo")
{
	struct score *s = import_part("",
		MEASURE("1",
			"<attributes><divisions>2</divisions><key><fifths>-1</fifths><mode>dorian</mode></"
			"key>"
			"<time><beats>3+2</beats><beat-type>8</beat-type></time></attributes>"
			"<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
			"<per-minute>ca. 80</per-minute></metronome></direction-type></direction>" NOTE("G",
				"4", "5", "")) MEASURE("2", "<sound tempo='97.3'/>" NOTE("G", "4", "5", "")));
	uint32_t n;
	const uint8_t *group = nvx_items(s->pool, score_meter(s, 0)->grouping, &n);
	cr_expect(score_meter(s, 0)->num == 5 && score_meter(s, 0)->den == 8 && n == 2 && group[0] == 3);
	const struct nvx_key *key = score_key(s, 0);
	cr_expect(key->step == 4 && key->alter == 0 && key->mode == NVX_MODE_DORIAN && key->fifths == -1);
	cr_expect_eq(score_tempo(s, 0)->ns_per_quarter, 500000000);
	cr_expect_eq(score_tempo(s, 1)->ns_per_quarter, 616649538);
	char *text = export_text(s);
	cr_expect(strstr(text, "ca. 80") && strstr(text, "<beat-unit-dot/>") && strstr(text, "3+2"));
	struct score *again = import_text(text);
	cr_expect_eq(score_tempo(again, 1)->ns_per_quarter, 616649538);
	free(text);
	score_unref(s);
	score_unref(again);
}

Test(score_musicxml, lyrics,
	.description = "NVX-17: syllables, verses, elisions and melismas hang on their notes")
{
	struct score *s = import_part("",
		MEASURE("1", ATTRIBUTES NOTE("C", "4", "8",
				     "<lyric number='1'><syllabic>begin</syllabic><text>glo</text></lyric>"
				     "<lyric "
				     "number='2'><syllabic>single</syllabic><text>Oh</text><extend/></lyric>")
				     NOTE("D", "4", "8",
					     "<lyric "
					     "number='1'><syllabic>end</syllabic><text>ria</text><elision/"
					     "><syllabic>begin</syllabic>"
					     "<text>in</text></lyric>")));
	cr_assert_eq(score_n_lyric(s), 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct nvx_lyric *l = score_lyric(s, i);
		const char *text = score_text(s, l->text);
		cr_expect(l->e.note_id == note_at(s, l->e.tick ? 1 : 0)->id);
		if (l->verse == 2)
			cr_expect(strcmp(text, "Oh") == 0 && l->extend);
		else if (l->e.tick)
			cr_expect(strcmp(text, "ria\u203fin") == 0 && l->syllabic == NVX_SYLLABIC_MIDDLE);
		else
			cr_expect(strcmp(text, "glo") == 0 && l->syllabic == NVX_SYLLABIC_BEGIN);
	}
	score_unref(s);
}

Test(score_musicxml, chords,
	.description = "FMT-02: symbols as written, with degrees, bass, diagram and length")
{
	struct score *s = import_part("",
		MEASURE("1",
			ATTRIBUTES "<harmony><root><root-step>F</root-step><root-alter>1</root-alter></"
				   "root><kind>half-diminished</kind>"
				   "<frame><frame-strings>6</frame-strings><frame-frets>4</"
				   "frame-frets><frame-note><string>6</string>"
				   "<fret>2</fret></frame-note><frame-note><string>4</string><fret>0</fret></"
				   "frame-note></frame></harmony>" NOTE("C", "4", "8",
					   "") "<harmony><root><root-step>B</root-step></root><kind "
					       "text='7'>dominant</kind><bass><bass-step>D</bass-step>"
					       "<bass-alter>1</bass-alter></bass><degree><degree-value>9</"
					       "degree-value><degree-alter>-1</degree-alter>"
					       "<degree-type>add</degree-type></degree></harmony>" NOTE(
						       "C", "4", "8", "")));
	cr_assert_eq(score_n_chord(s), 2);
	cr_expect_str_eq(score_text(s, score_chord(s, 0)->symbol), "F#m7b5");
	cr_expect_str_eq(score_text(s, score_chord(s, 1)->symbol), "B7(b9)/D#");
	cr_expect_eq(score_chord(s, 0)->e.duration_ticks, 1920);
	uint32_t n_muted, n_open;
	(void)nvx_items(s->pool, score_diagram(s, 0)->muted, &n_muted);
	(void)nvx_items(s->pool, score_diagram(s, 0)->open, &n_open);
	cr_expect(n_muted == 4 && n_open == 1);
	score_unref(s);
}

#define TAB(string, fret, more)                                                                              \
	"<notations><technical><string>" string "</string><fret>" fret "</fret>" more                        \
	"</technical></notations>"

Test(score_musicxml, tablature,
	.description = "FMT-02 FMT-10: strings and frets with techniques; without them a warning")
{
	struct score *s = import_part("",
		MEASURE("1",
			ATTRIBUTES NOTE("E", "4", "4", TAB("1", "0", "<hammer-on type='start'/>")) NOTE("F",
				"4", "4", TAB("1", "1", "<hammer-on type='stop'/><fingering>1</fingering>"))
				NOTE("G", "4", "4", TAB("1", "3", "<bend><bend-alter>2</bend-alter></bend>"))
					NOTE("G", "4", "4",
						"<notations><technical><bend><bend-alter>1</bend-alter></"
						"bend></technical></notations>")));
	uint32_t n;
	const uint8_t *tuning = nvx_items(s->pool, s->part[0]->part.tuning, &n);
	cr_assert(n >= 6 && tuning[0] == 64 && tuning[5] == 40);
	cr_assert_eq(score_n_tab(s), 3);
	const struct nvx_technique_use *use = nvx_items(s->pool, score_tab(s, 0)->techniques, &n);
	cr_assert_eq(n, 1);
	cr_expect(use->type == NVX_TECHNIQUE_HAMMER_ON && use->to_note_id == note_at(s, 1)->id);
	use = nvx_items(s->pool, score_tab(s, 2)->techniques, &n);
	const struct nvx_point *point = nvx_items(s->pool, use->points, &n);
	cr_expect(use->type == NVX_TECHNIQUE_BEND && n == 2 && point[1].cents == 200);
	cr_expect_eq(score_n_fingering(s), 1);
	int warned = 0;
	for (uint32_t i = 0; i < report.n_warnings; i++)
		warned |= strcmp(report.warning[i].code, "IMPORT_TECHNIQUE_DROPPED_003") == 0;
	cr_expect(warned, "FMT-10");
	score_unref(s);
}

Test(score_musicxml, drums, .description = "FMT-02: unpitched notes sound as their instrument's key")
{
	struct score *s = import_part(
		"<score-instrument id='I1'><instrument-name>Snare</instrument-name></score-instrument>"
		"<score-instrument id='I2'><instrument-name>Kick</instrument-name></score-instrument>"
		"<midi-instrument "
		"id='I1'><midi-channel>10</midi-channel><midi-unpitched>39</midi-unpitched></midi-instrument>"
		"<midi-instrument "
		"id='I2'><midi-channel>10</midi-channel><midi-unpitched>37</midi-unpitched></"
		"midi-instrument>",
		MEASURE("1", ATTRIBUTES "<note><unpitched><display-step>C</display-step><display-octave>5</"
					"display-octave></unpitched>"
					"<duration>8</duration><instrument id='I1'/></note>"
					"<note><unpitched><display-step>F</display-step><display-octave>4</"
					"display-octave></unpitched>"
					"<duration>8</duration><instrument id='I2'/></note>"));
	cr_expect_eq(s->part[0]->part.role, NVX_ROLE_DRUMS);
	cr_expect(note_at(s, 0)->pitch == 38 && note_at(s, 1)->pitch == 36);
	score_unref(s);
}

Test(score_musicxml, loudness,
	.description = "FMT-02: dynamics make velocities in time, a note's own counts more")
{
	struct score *s = import_part("",
		MEASURE("1",
			ATTRIBUTES NOTE("C", "4", "4",
				"") "<direction><direction-type><dynamics><ff/></dynamics></direction-type></"
				    "direction>" NOTE("C", "4", "4",
					    "") "<direction><direction-type><dynamics><fp/></dynamics></"
						"direction-type></direction>" NOTE("C", "4", "4",
							"") "<note "
							    "dynamics='50'><pitch><step>C</step><octave>4</"
							    "octave></pitch><duration>4</duration></note>")
			MEASURE("2", NOTE("C", "4", "16", "")));
	static const uint8_t velocity[] = {80, 112, 96, 45, 49};
	for (uint32_t i = 0; i < 5; i++)
		cr_expect_eq(note_at(s, i)->velocity, velocity[i], "note %u: %u", i, note_at(s, i)->velocity);
	score_unref(s);
}

Test(score_musicxml, spanners, .description = "FMT-02: slurs, wedges, pedals and octave lines have both ends")
{
	struct score *s = import_part("",
		MEASURE("1", ATTRIBUTES "<direction><direction-type><wedge "
					"type='crescendo'/></direction-type></direction>"
					"<direction><direction-type><pedal "
					"type='start'/></direction-type></direction>"
					"<direction><direction-type><octave-shift type='down' "
					"size='8'/></direction-type></direction>" NOTE("C", "5", "8",
						"<notations><slur type='start' "
						"number='1'/></notations>") "<direction><direction-"
									    "type><wedge "
									    "type='stop'/></"
									    "direction-type></"
									    "direction>" NOTE("D", "5", "8",
										    "<notations><slur "
										    "type='stop' "
										    "number='1'/></"
										    "notations>") "<di"
												  "rec"
												  "tio"
												  "n><"
												  "dir"
												  "ect"
												  "ion"
												  "-ty"
												  "pe>"
												  "<oc"
												  "tav"
												  "e-"
												  "shi"
												  "ft "
												  "typ"
												  "e='"
												  "sto"
												  "p' "
												  "siz"
												  "e='"
												  "8'/"
												  "></"
												  "dir"
												  "ect"
												  "ion"
												  "-ty"
												  "pe>"
												  "</"
												  "dir"
												  "ect"
												  "ion"
												  ">"
												  "<di"
												  "rec"
												  "tio"
												  "n><"
												  "dir"
												  "ect"
												  "ion"
												  "-ty"
												  "pe>"
												  "<pe"
												  "dal"
												  " ty"
												  "pe="
												  "'st"
												  "op'"
												  "/><"
												  "/di"
												  "rec"
												  "tio"
												  "n-"
												  "typ"
												  "e><"
												  "/di"
												  "rec"
												  "tio"
												  "n"
												  ">"));
	const struct nvx_notation_element *slur = element(s, NVX_NOTATION_SLUR, 0);
	cr_expect(slur->from_event_id && slur->to_event_id && slur->from_event_id != slur->to_event_id);
	cr_expect_eq(element(s, NVX_NOTATION_HAIRPIN, 0)->e.duration_ticks, 1920);
	cr_expect_eq(element(s, NVX_NOTATION_OCTAVE, 0)->octave, 1);
	cr_expect_eq(element(s, NVX_NOTATION_PEDAL, 0)->e.duration_ticks, 3840);
	cr_assert_eq(s->part[0]->control.n, 2);
	cr_expect_eq(score_part_control(s->part[0], 0)->value, 127);
	score_unref(s);
}

Test(score_musicxml, kept,
	.description = "FMT-02: what has no place is kept as text, and told with its place")
{
	struct score *s = import_part(
		"", MEASURE("7", ATTRIBUTES
			    "<direction><direction-type><harp-pedals><pedal-tuning><pedal-step>D</pedal-step>"
			    "<pedal-alter>0</pedal-alter></pedal-tuning></harp-pedals></direction-type></"
			    "direction>" NOTE("C", "4", "16",
				    "<notations><other-notation type='single'>x</other-notation></notations>"
				    "<play><mute>on</mute></play>")));
	cr_expect_not_null(strstr(score_text(s, score_measure(s, 0)->extra), "harp-pedals"));
	cr_expect_not_null(
		strstr(score_text(s, element(s, NVX_NOTATION_EVENT, 0)->e.extra), "other-notation"));
	int told = 0;
	for (uint32_t i = 0; i < report.n_warnings; i++)
		told |= strcmp(report.warning[i].code, "musicxml.kept") == 0 &&
			strstr(report.warning[i].where, "part P1, measure 7, line 1") != NULL;
	cr_expect(told);
	free(export_text(s));
	told = 0;
	for (uint32_t i = 0; i < report.n_warnings; i++)
		told |= strcmp(report.warning[i].code, "musicxml.export.kept") == 0;
	cr_expect(told);
	score_unref(s);
}
