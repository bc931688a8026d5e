/* SPDX-License-Identifier: MIT */
/* ABC in: notes, lengths, bars, repeats, words (FMT-05, FMT-08, FMT-09, FMT-10, NVX-17). */
#include "score_abc.h"

static const char *first_notes(const struct score *score)
{
	return notes_of(score, 0);
}

static const char *first_pitches(const struct score *score)
{
	return pitches_of(score, 0);
}

static const char *verse_1(const struct score *score)
{
	return lyrics_of(score, 1);
}

static const char *verse_2(const struct score *score)
{
	return lyrics_of(score, 2);
}

Test(score_abc, fmt05_pitch_and_octave)
{
	CHECK_MUSIC("FMT-05", first_pitches, "C,CGcc'b|", "48 60 67 72 84 83");
	CHECK_MUSIC("FMT-05", first_pitches, "C,,,C'C,'c,''|", "24 72 60 84");
	CHECK_MUSIC("FMT-05", first_pitches, "^C_D=E^^F__G|", "61 61 64 67 65");
}

Test(score_abc, fmt05_accidentals_last_to_the_bar_line)
{
	CHECK_MUSIC("FMT-05", first_pitches, "^F F f|F =F f|", "66 66 78 65 65 77");
	CHECK_MUSIC("FMT-05", first_pitches, "%%propagate-accidentals octave\n^F F f|F|", "66 66 77 65");
	CHECK_MUSIC("FMT-05", first_pitches, "%%propagate-accidentals not\n^F F f|F|", "66 65 77 65");
	CHECK_MUSIC("FMT-05", first_pitches, "_B-|B B|",
		"70 71"); /* a tie carries its accidental over the bar line */
}

Test(score_abc, fmt05_lengths)
{
	CHECK_MUSIC("FMT-05", first_notes, "C2D/E//F3/2G/4|",
		"60@0+960 62@960+240 64@1200+120 65@1320+720 67@2040+120");
	CHECK_MUSIC("FMT-05", values_of, "C2D/E//F3/2G/4C7C5|", "4 16 32 8. 32 2.. 2 8");
	CHECK_MUSIC("FMT-05", first_notes, "L:1/4\nC D/2|[L:1/16]E F|",
		"60@0+960 62@960+480 64@1440+240 65@1680+240");
	CHECK_MUSIC("FMT-05", first_notes, "C/3D/3E/3|", "60@0+160 62@160+160 64@320+160");
	CHECK_MUSIC("FMT-05", values_of, "C/3|", "16");
}

Test(score_abc, fmt05_unit_follows_from_the_meter)
{
	struct score *score = import_text("X:1\nM:2/4\nK:C\nC|\n");
	cr_expect_str_eq(notes_of(score, 0), "60@0+240", "FMT-05: below 3/4 the unit is 1/16");
	score_unref(score);
	score = import_text("X:1\nM:3/4\nK:C\nC|\n");
	cr_expect_str_eq(notes_of(score, 0), "60@0+480", "FMT-05: from 3/4 on it is 1/8");
	score_unref(score);
}

Test(score_abc, fmt05_broken_rhythm)
{
	CHECK_MUSIC("FMT-05", first_notes, "C>D E<F|", "60@0+720 62@720+240 64@960+240 65@1200+720");
	CHECK_MUSIC("FMT-05", first_notes, "C>>D E>>>F|", "60@0+840 62@840+120 64@960+900 65@1860+60");
	CHECK_MUSIC("FMT-05", first_notes, "C > D \"Am\"> E|", "60@0+720 62@720+360 64@1080+240");
	CHECK_MUSIC("FMT-05", chords_of, "C\"Am\"<D|", "Am@240+720");
}

Test(score_abc, fmt05_tuplets)
{
	CHECK_MUSIC("FMT-05", first_notes, "(3CDE F|", "60@0+320 62@320+320 64@640+320 65@960+480");
	CHECK_MUSIC("FMT-05", first_notes, "(3:2:4C2DEFG|",
		"60@0+640 62@640+320 64@960+320 65@1280+320 67@1600+480");
	CHECK_MUSIC(
		"FMT-05", first_notes, "(5CDEFG|", "60@0+192 62@192+192 64@384+192 65@576+192 67@768+192");
	/* borders are rounded, lengths are differences */
	CHECK_MUSIC("FMT-05", first_notes, "(7:4:7CDEFGAB|",
		"60@0+274 62@274+275 64@549+274 65@823+274 67@1097+274 69@1371+275 71@1646+274");
	CHECK_MUSIC("FMT-05", first_notes, "(3z2CD|", "60@640+320 62@960+320");
	struct score *score = import_music("(3:2:3(3CDE FG|");
	cr_assert_eq(score_n_notation(score) > 0, 1);
	cr_expect_str_eq(notes_of(score, 0), "60@0+213 62@213+214 64@427+213 65@640+480 67@1120+480",
		"FMT-05: a tuplet inside a tuplet");
	cr_expect_neq(notation(score, NVX_NOTATION_TUPLET, 1)->parent_id, 0u);
	score_unref(score);
}

Test(score_abc, fmt05_chords_rests_ties_slurs)
{
	CHECK_MUSIC("FMT-05", first_notes, "[CEG]2|", "60@0+960 64@0+960 67@0+960");
	CHECK_MUSIC("FMT-05", first_notes, "[C2E2]/|", "60@0+480 64@0+480");
	CHECK_MUSIC("FMT-05", first_notes, "[C-E]2[CF]|", "60@0+1440 64@0+960 65@960+480");
	CHECK_MUSIC("FMT-05", first_notes, "C2-C2-|C D|", "60@0+2400 62@2400+480");
	CHECK_MUSIC("FMT-05", values_of, "z2x y C|", "z4 z8 8");
	CHECK_MUSIC("FMT-05", measures_of, "Z3|C8|", "3840 3840 3840 3840");
	struct score *score = import_music("(C(DE)F)|x2|");
	cr_expect_not_null(notation(score, NVX_NOTATION_SLUR, 1), "FMT-05: two slurs");
	cr_expect_null(notation(score, NVX_NOTATION_SLUR, 2));
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 4)->hidden, 1);
	score_unref(score);
}

Test(score_abc, fmt05_grace_notes_take_no_time)
{
	CHECK_MUSIC("FMT-05", values_of, "C2{/gab}c2|", "4 g8 g8 g8 4");
	CHECK_MUSIC("FMT-05", first_notes, "C2{g}c2|", "60@0+960 79@840+120 72@960+960");
	CHECK_MUSIC("FMT-05", first_notes, "{g}c2|", "72@0+960 79@0+120");
	CHECK_MUSIC("FMT-05", first_notes, "C8{a}|{g}c8|", "60@0+3840 81@3600+120 79@3720+120 72@3840+3840");
	struct score *score = import_music("{/g}c2|");
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 0)->grace_slash, 1, "FMT-05");
	score_unref(score);
}

Test(score_abc, fmt05_bars_repeats_endings)
{
	CHECK_MUSIC("FMT-05", measures_of, "G2|:C8|D8:|", "960p |:3840 3840:|2");
	CHECK_MUSIC("FMT-05", measures_of, "C8::D8:|:E8:||:F8:|", "3840:|2 |:3840:|2 |:3840:|2 |:3840:|2");
	CHECK_MUSIC("FMT-05", measures_of, "|:C8|1D8:|2E8||F8|]", "|:3840 3840[1]:|2 3840[2] 3840");
	CHECK_MUSIC("FMT-05", measures_of, "|:C8|[1,3 D8:|[2 E8:|F8|", "|:3840 3840[1,3]:|3 3840[2]:|3 3840");
	CHECK_MUSIC("FMT-05", measures_of, "|::C8::|D8|", "|:3840:|3 3840");
	CHECK_MUSIC("FMT-05", measures_of, "C8||\n|D8|\n|:E8|:|", "3840 3840 |:3840");
	CHECK_MUSIC("FMT-05", measures_of, "C6|D8|E10|", "2880p 3840 4800l");
	CHECK_MUSIC("FMT-05", measures_of, "C8|[M:3/4]D6|[M:C|]E8|", "3840 2880 3840");
}

Test(score_abc, fmt08_playing_order)
{
	CHECK_MUSIC("FMT-08", order_of, "|:C8|1D8:|2E8|]", "1 2 1 3");
	CHECK_MUSIC("FMT-08", order_of, "C8|D8:|E8:|", "1 2 1 2 3 3");
	CHECK_MUSIC("FMT-08", order_of, "C8|!fine!D8|E8!D.C.alfine!|", "1 2 3 1 2");
	CHECK_MUSIC("FMT-08", order_of, "C8|!segno!D8|!coda!E8|F8!D.S.alcoda!|!coda!G8|", "1 2 3 4 2 3 5");
}

Test(score_abc, fmt08_order_of_parts)
{
	static const char tune[] = "X:1\nT:t\nM:4/4\nL:1/8\nP:A(BA)2\nK:C\nP:A\nC8:|\nP:B\n|:D8|1E8:|2F8|]\n";
	struct score *score = import_text(tune);
	cr_expect_str_eq(order_of(score), "1 1 2 3 2 4 1 1 2 3 2 4 1 1",
		"FMT-08: repeats inside the parts are played");
	cr_expect_eq(score_n_form(score), 2u);
	cr_expect_str_eq(score_text(score, score_form(score, 1)->label), "B");
	score_unref(score);
	score = import_text("X:1\nP:AXA\nK:C\nP:A\nC8|\n");
	cr_expect_str_eq(order_of(score), "1 1");
	cr_expect_not_null(
		find_warning("IMPORT_PART_MISSING_002"), "FMT-10: a part that the tune lacks is told");
	score_unref(score);
	score = import_text("X:1\nP:((((A)999)999)999)999\nK:C\nP:A\nC8|\n");
	cr_expect_not_null(find_warning("nvx1.order.endless"), "FMT-08: absurd counts are bounded");
	score_unref(score);
}

Test(score_abc, nvx17_words_fall_on_their_notes)
{
	CHECK_MUSIC("NVX-17", verse_1, "C D E F|G A B c|\nw: one two-three four|* five~six sev\\-en\n",
		"one@0 two-@480 three@960 four@1440 five six@2400 sev-en@2880");
	CHECK_MUSIC(
		"NVX-17", verse_1, "CzD{e}F [EG]-[EG]2|\nw: a b c d e\n", "a@0 b@960 c@1440 d@1920 e@2400");
	CHECK_MUSIC("NVX-17", verse_1, "CDEFGABc|\nw: time--ly a - b\n", "time-@0 ly@960 a-@1440 b@2400");
	CHECK_MUSIC("NVX-17", verse_1, "CD|EF|GA|\nw: a|b|c d\n", "a@0 b@960 c@1920 d@2400");
	CHECK_MUSIC("NVX-17", verse_1, "z2|z2|CD|z2|EF|\nw: ||a b||c d\n", "a@1920 b@2400 c@3840 d@4320");
	CHECK_MUSIC("NVX-17", verse_1, "CD\\\nEF|\nw: a b c d\n", "a@0 b@480 c@960 d@1440");
	CHECK_MUSIC("NVX-17", verse_1, "CDEF|\nw: a b\n+: c d\n", "a@0 b@480 c@960 d@1440");
	CHECK_MUSIC(
		"NVX-17", verse_2, "CD|\nw: a b\nw: c d\nEF|\nw: e f\nw: g h\n", "c@0 d@480 g@960 h@1440");
	/* words behind several lines: as many as fit the last one are its own, more are for all of them */
	CHECK_MUSIC("NVX-17", verse_1, "CD|\nEF|\nw: a b\n", "a@960 b@1440");
	CHECK_MUSIC("NVX-17", verse_1, "CD|\nEF|\nw: a-b c * \n", "a-@0 b@480 c@960");
	CHECK_MUSIC("NVX-17", verse_2, "CD|\nw: a b\nEF|\nGA|\nw: c d e f\nw: g h\n", "g@960 h@1440");
	CHECK_MUSIC("NVX-17", verse_1, "V:1\nCD|\nV:2\nEF|\nV:1\nw: a b\n", "a@0 b@480");
	struct score *score = import_music("C4D4|\nw: go_\n");
	cr_expect_eq(score_lyric(score, 0)->e.duration_ticks, 3840u, "NVX-17: held over the next note");
	score_unref(score);
}

Test(score_abc, fmt05_chord_symbols_and_words)
{
	CHECK_MUSIC(
		"FMT-05", chords_of, "\"Am7\"C4\"G/B\"D2\"^soft\"E2|\"Fine\"F8|", "Am7@0+1920 G/B@1920+5760");
	struct score *score = import_music("\"^above\"C\"_below\"D\"<left\"E\"Fine\"F\"@1,2 at\"G|");
	cr_expect_str_eq(score_text(score, notation(score, NVX_NOTATION_TEXT, 0)->text), "above", "FMT-05");
	cr_expect_eq(notation(score, NVX_NOTATION_TEXT, 1)->placement, NVX_PLACEMENT_BELOW);
	cr_expect_str_eq(score_text(score, notation(score, NVX_NOTATION_TEXT, 3)->text), "Fine");
	cr_expect_str_eq(score_text(score, notation(score, NVX_NOTATION_TEXT, 4)->text), "at");
	cr_expect_eq(score_n_chord(score), 0u, "FMT-05: words are no chords");
	score_unref(score);
}

Test(score_abc, fmt05_decorations)
{
	struct score *score = import_music(
		"!trill!.C !fermata!D uE !f!F G !crescendo(!A !crescendo)!B !3!c|!ped!C2D2!ped-up!E4|");
	const struct nvx_notation_element *first = notation(score, NVX_NOTATION_EVENT, 0);
	cr_expect_eq(first->ornaments, 1u << NVX_ORNAMENT_TRILL, "FMT-05");
	cr_expect_eq(first->articulations, 1u << NVX_ARTICULATION_STACCATO);
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 1)->fermata, 1);
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 2)->technical, 1u << NVX_TECHNICAL_UP_BOW);
	cr_expect_str_eq(score_text(score, notation(score, NVX_NOTATION_DYNAMIC, 0)->text), "f");
	cr_expect_eq(score_part_note(score->part[0], 4)->velocity, 105, "FMT-05: forte is louder");
	const struct nvx_notation_element *hairpin = notation(score, NVX_NOTATION_HAIRPIN, 0);
	cr_expect(hairpin->e.tick == 2400 && hairpin->e.duration_ticks == 960,
		"FMT-05: the hairpin covers both notes");
	cr_expect_eq(notation(score, NVX_NOTATION_PEDAL, 0)->e.duration_ticks, 1920u);
	cr_expect(score_n_fingering(score) == 1 && score_fingering(score, 0)->finger == NVX_FINGER_3);
	score_unref(score);
	score = import_music("CDEF GABc|\ns:* !f! * !pp! !breath! !arpeggio!\nC8|");
	static const uint8_t velocities[] = {100, 105, 105, 45, 45, 45, 45, 45, 45};
	for (uint32_t i = 0; i < 9; i++)
		cr_expect_eq(score_part_note(score->part[0], i)->velocity, velocities[i],
			"FMT-05: a dynamic of a symbol line counts from its note: %u", i);
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 4)->breath, NVX_BREATH_COMMA);
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 5)->arpeggio, NVX_ARPEGGIO_UP);
	score_unref(score);
	score = import_music("!wobble!C|");
	cr_expect_not_null(find_warning("IMPORT_TECHNIQUE_DROPPED_003"), "FMT-10");
	cr_expect_str_eq(find_warning("IMPORT_TECHNIQUE_DROPPED_003")->where, "line 6, column 1");
	cr_expect_str_eq(score_text(score, notation(score, NVX_NOTATION_TEXT, 0)->text), "wobble",
		"FMT-10: kept as text");
	score_unref(score);
}

Test(score_abc, fmt05_user_symbols_and_macros)
{
	struct score *score = import_music("U:W=!trill!\nU:T=!nil!\nWC TD|");
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 0)->ornaments, 1u << NVX_ORNAMENT_TRILL, "FMT-05");
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 1)->ornaments, 0);
	score_unref(score);
	CHECK_MUSIC("FMT-05", first_pitches, "m:~G2=G/A/G/F/\n~G2|", "67 69 67 65");
	CHECK_MUSIC("FMT-05", first_pitches, "m:~n2=n/o/n/m/\n~G2~c2|", "67 69 67 65 72 74 72 71");
	/* a macro is not looked for in what a macro made */
	CHECK_MUSIC("FMT-05", first_pitches, "m:~C=~C~C\nm:~C~C=D\n~C2|", "60");
}

Test(score_abc, fmt05_beams_follow_the_spaces)
{
	struct score *score = import_music("CDEF GA B2 c|");
	uint32_t n;
	(void)nvx_items(score->pool, notation(score, NVX_NOTATION_BEAM, 0)->event_ids, &n);
	cr_expect_eq(n, 4u, "FMT-05");
	(void)nvx_items(score->pool, notation(score, NVX_NOTATION_BEAM, 1)->event_ids, &n);
	cr_expect_eq(n, 2u);
	cr_expect_null(notation(score, NVX_NOTATION_BEAM, 2), "FMT-05: quarters have no beams");
	score_unref(score);
}

Test(score_abc, fmt05_overlays)
{
	CHECK_MUSIC("FMT-05", first_notes, "C4D4&E8|F8|", "60@0+1920 64@0+3840 62@1920+1920 65@3840+3840");
	CHECK_MUSIC("FMT-05", first_notes, "C4(&D4|E8&F4|G8&)|c8|",
		"60@0+1920 62@1920+1920 65@1920+1920 64@3840+3840 67@3840+3840 72@7680+3840");
	CHECK_MUSIC("FMT-05", first_notes, "C8&&E8|F8|", "60@0+3840 64@0+3840 65@3840+3840");
	CHECK_MUSIC("FMT-05", first_notes, "C8|D8|&&(E8|F8)|G8|",
		"60@0+3840 64@0+3840 62@3840+3840 65@3840+3840 67@7680+3840");
	CHECK_MUSIC("FMT-05", values_of, "(&C8|D8&E8|F8&)|", "1 1 1 1");
	struct score *score = import_music("C8&E8&G8|");
	cr_expect_eq(notation(score, NVX_NOTATION_EVENT, 2)->e.voice, 3);
	score_unref(score);
}
