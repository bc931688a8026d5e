/* SPDX-License-Identifier: MIT */
/* Guitar Pro 3 to 5 (FMT-04): files made here, field by field, and what comes of them. */
#include "score_guitarpro.h"

static struct score_bytes file;

static void begin(void)
{
	score_bytes_init(&file, &score_heap);
}

static void end(void)
{
	score_bytes_finish(&file);
}

TestSuite(guitarpro_binary, .init = begin, .fini = end);

static void u8(unsigned value)
{
	score_bytes_u8(&file, (uint8_t)value);
}

static void i32(int32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		u8((uint32_t)value >> 8 * i & 0xff);
}

static void u16(unsigned value)
{
	u8(value & 0xff);
	u8(value >> 8);
}

static void zeros(unsigned n)
{
	while (n-- > 0)
		u8(0);
}

/** A text in a field of fixed length. */
static void field(const char *text, size_t room)
{
	u8((unsigned)strlen(text));
	score_bytes_put(&file, text, strlen(text));
	zeros((unsigned)(room - strlen(text)));
}

static void string(const char *text)
{
	i32((int32_t)strlen(text) + 1);
	field(text, strlen(text));
}

static void long_string(const char *text)
{
	i32((int32_t)strlen(text));
	score_bytes_put(&file, text, strlen(text));
}

static void channels(unsigned program)
{
	for (unsigned i = 0; i < 64; i++) {
		i32(i == 9 ? 0 : (int32_t)program);
		u8(13);
		u8(8);
		zeros(6);
	}
}

static void track(unsigned flags, const char *name, int capo)
{
	static const int tuning[] = {64, 59, 55, 50, 45, 40, 0};
	u8(flags);
	field(name, 40);
	i32(6);
	for (unsigned i = 0; i < 7; i++)
		i32(tuning[i]);
	i32(1);
	i32(flags & 1 ? 10 : 1);
	i32(2);
	i32(24);
	i32(capo);
	i32(0x0000ff);
}

static void head_3(int n_bars)
{
	field("FICHIER GUITAR PRO v3.00", 30);
	string("Title");
	string("Subtitle");
	string("Artist");
	string("Album");
	string("Author");
	string("Copyright");
	string("Tab");
	string("Play \"it\"");
	i32(1);
	string("A notice");
	u8(0);
	i32(100);
	i32(2); /* D major */
	channels(25);
	i32(n_bars);
	i32(1);
}

static void head_4(int n_bars, const char *lyrics)
{
	field("FICHIER GUITAR PRO v4.06", 30);
	for (unsigned i = 0; i < 8; i++)
		string(i == 0 ? "Four" : "");
	i32(0);
	u8(0);
	i32(1);
	for (unsigned i = 0; i < 5; i++) {
		i32(1);
		long_string(i == 0 ? lyrics : "");
	}
	i32(120);
	u8(0);
	i32(0);
	channels(25);
	i32(n_bars);
	i32(1);
}

/** @param directions  Bars of the 19 directions, 0 none; NULL: no direction. */
static void head_5(int n_bars, const uint16_t *directions)
{
	field("FICHIER GUITAR PRO v5.10", 30);
	for (unsigned i = 0; i < 9; i++)
		string(i == 0 ? "Five" : "");
	i32(0);
	i32(0);
	for (unsigned i = 0; i < 5; i++) {
		i32(0);
		long_string("");
	}
	zeros(19 + 30);
	for (unsigned i = 0; i < 11; i++)
		string("");
	i32(120);
	u8(0);
	zeros(5);
	channels(25);
	for (unsigned i = 0; i < 19; i++)
		u16(directions && directions[i] ? directions[i] : 0xffff);
	i32(0);
	i32(n_bars);
	i32(1);
}

static void track_5(void)
{
	u8(0);
	track(0, "Guitar", 0);
	zeros(3 + 1 + 1 + 12 + 12 + 16 + 4);
	string("");
	string("");
	u8(0);
}

/** A bar's frame of version 5 without meter and key. */
static void bar_5(unsigned index, unsigned flags, unsigned times, unsigned endings)
{
	if (index > 0)
		u8(0);
	u8(flags);
	if (flags & 0x08)
		u8(times);
	if (flags & 0x10)
		u8(endings);
	else
		u8(0);
	u8(0);
}

enum { QUARTER = 0, EIGHTH = 1, SIXTEENTH = 2, HALF = 0xff, WHOLE = 0xfe };

/** A note of string 1..6 without effects. */
static void note(unsigned kind, unsigned fret)
{
	u8(0x20);
	u8(kind);
	u8(fret);
}

/** A beat of one plain note. */
static void beat(unsigned length, unsigned the_string, unsigned kind, unsigned fret)
{
	u8(0);
	u8(length);
	u8(0x80u >> the_string);
	note(kind, fret);
}

static void beat_5(unsigned length, unsigned the_string, unsigned kind, unsigned fret)
{
	beat(length, the_string, kind, fret);
	u8(0);
	u16(0);
}

static void tuplet_beat(unsigned length, int n)
{
	u8(0x20);
	u8(length);
	i32(n);
	u8(0x40);
	note(1, 5);
}

Test(guitarpro_binary, FMT_04_version_3,
	.description = "FMT-04 NVX-13: titles, key, tempo, tuning, capo, fret and pitch")
{
	head_3(1);
	u8(0x03);
	u8(3);
	u8(4);
	track(0, "Steel", 2);
	i32(3);
	beat(QUARTER, 1, 1, 0);
	beat(QUARTER, 6, 1, 3);
	u8(0x40); /* a rest */
	u8(2);
	u8(QUARTER);
	u8(0);
	struct score *score = import(gp_import, file.data, file.n);
	cr_expect_str_eq(report.dialect, "GP3 3.00");
	cr_expect_str_eq(score_text(score, score->globals.metadata.title), "Title");
	cr_expect_str_eq(score_text(score, score->globals.metadata.composer), "Author");
	cr_expect_str_eq(score_text(score, score->globals.metadata.extra),
		"\"extensions\":{\"gp\":{\"instructions\":\"Play \\\"it\\\"\",\"notices\":\"A notice\"}}");
	cr_expect_eq(score_tempo_at(score, 0)->ns_per_quarter, 600000000);
	cr_expect_eq(score_key_at(score, 0)->fifths, 2);
	cr_expect_eq(score_meter_at(score, 0)->num, 3);
	const struct nvx_part *part = &score->part[0]->part;
	cr_expect_str_eq(score_text(score, part->name), "Steel");
	cr_expect_eq(part->capo, 2);
	cr_expect_eq(part->midi_program, 25);
	cr_assert_eq(score->part[0]->note.n, 2);
	cr_expect_eq(note_of(score, 0)->pitch, 64 + 2 + 0, "NVX-13 open first string above the capo");
	cr_expect_eq(note_of(score, 1)->pitch, 40 + 2 + 3, "NVX-13 third fret of the lowest");
	cr_expect_eq(note_of(score, 1)->tick, 960);
	cr_assert_eq(score_n_tab(score), 2);
	cr_expect_eq(score_tab(score, 1)->string, 6);
	cr_expect_eq(score_tab(score, 1)->fret, 3);
	cr_expect_eq(count_of(score, NVX_NOTATION_EVENT), 3);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_drums, .description = "FMT-04: the frets of a drum track are keys of the kit")
{
	head_3(1);
	u8(0);
	track(1, "Kit", 0);
	i32(1);
	beat(WHOLE, 3, 1, 38);
	struct score *score = import(gp_import, file.data, file.n);
	cr_expect_eq(score->part[0]->part.role, NVX_ROLE_DRUMS);
	cr_expect_eq(score->part[0]->part.midi_channel, 9);
	cr_expect_eq(note_of(score, 0)->pitch, 38);
	cr_expect_eq(score_n_tab(score), 0);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_lyrics, .description = "FMT-04: hyphens, '+', comments and beats left out")
{
	static const char *const want[] = {"Hel", "lo", "my friend", "x"};
	static const uint8_t syllabic[] = {
		NVX_SYLLABIC_BEGIN, NVX_SYLLABIC_END, NVX_SYLLABIC_SINGLE, NVX_SYLLABIC_SINGLE};
	static const int64_t tick[] = {0, 960, 1920, 3840};
	head_4(2, "[Verse] Hel-lo\nmy+friend  x");
	u8(0);
	u8(0);
	track(0, "Voice", 0);
	i32(4);
	for (unsigned i = 0; i < 4; i++)
		beat(QUARTER, 1, 1, i);
	i32(1);
	beat(WHOLE, 1, 1, 5);
	struct score *score = import(gp_import, file.data, file.n);
	cr_assert_eq(score_n_lyric(score), 4);
	for (uint32_t i = 0; i < 4; i++) {
		cr_expect_str_eq(score_text(score, score_lyric(score, i)->text), want[i]);
		cr_expect_eq(score_lyric(score, i)->syllabic, syllabic[i], "%s", want[i]);
		cr_expect_eq(score_lyric(score, i)->e.tick, tick[i], "%s", want[i]);
		cr_expect_neq(score_lyric(score, i)->e.note_id, 0);
	}
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_ties,
	.description = "FMT-04: a tied chain over a bar line is one note that two events name")
{
	head_4(2, "");
	u8(0);
	u8(0);
	track(0, "Guitar", 0);
	i32(1);
	beat(WHOLE, 2, 1, 3);
	i32(2);
	beat(HALF, 2, 2, 0);
	beat(HALF, 2, 1, 5);
	struct score *score = import(gp_import, file.data, file.n);
	cr_assert_eq(score->part[0]->note.n, 2);
	cr_expect_eq(note_of(score, 0)->duration_ticks, 3840 + 1920);
	cr_expect_eq(note_of(score, 1)->tick, 3840 + 1920);
	uint32_t n;
	const nvx_id *first = nvx_items(score->pool, element_of(score, NVX_NOTATION_EVENT, 0)->note_ids, &n);
	const nvx_id *second = nvx_items(score->pool, element_of(score, NVX_NOTATION_EVENT, 1)->note_ids, &n);
	cr_expect_eq(*first, *second);
	cr_expect_eq(*first, note_of(score, 0)->id);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_techniques,
	.description = "FMT-04 FMT-10: hammer-on with its target, bend with its points, staccato")
{
	head_4(1, "");
	u8(0);
	track(0, "Guitar", 0);
	i32(3);
	u8(0); /* hammered on to the next */
	u8(QUARTER);
	u8(0x40);
	u8(0x28);
	u8(1);
	u8(5);
	u8(0x02);
	u8(0x01); /* staccato */
	beat(QUARTER, 1, 1, 7);
	u8(0); /* bent up by a tone halfway, and hammered to nothing */
	u8(QUARTER);
	u8(0x40);
	u8(0x28);
	u8(1);
	u8(7);
	u8(0x03);
	u8(0);
	u8(1);
	i32(100);
	i32(2);
	i32(0);
	i32(0);
	u8(0);
	i32(30);
	i32(100);
	u8(0);
	struct score *score = import(gp_import, file.data, file.n);
	const struct nvx_technique_use *use = technique_of(score, note_of(score, 0), NVX_TECHNIQUE_HAMMER_ON);
	cr_assert_not_null(use);
	cr_expect_eq(use->to_note_id, note_of(score, 1)->id);
	cr_expect_not_null(technique_of(score, note_of(score, 0), NVX_TECHNIQUE_STACCATO));
	cr_expect_eq(
		element_of(score, NVX_NOTATION_EVENT, 0)->articulations, 1u << NVX_ARTICULATION_STACCATO);
	use = technique_of(score, note_of(score, 2), NVX_TECHNIQUE_BEND);
	cr_assert_not_null(use);
	uint32_t n;
	const struct nvx_point *point = nvx_items(score->pool, use->points, &n);
	cr_assert_eq(n, 2);
	cr_expect_eq(point[1].tick, 480);
	cr_expect_eq(point[1].cents, 200);
	cr_assert_eq(report.n_warnings, 1, "FMT-10: what leads nowhere is told");
	cr_expect_str_eq(report.warning[0].code, "IMPORT_TECHNIQUE_DROPPED_003");
	cr_expect_str_eq(report.warning[0].where, "track 1, bar 1");
	score_unref(score);
}

/** A quarter on the first string with a grace note before it or on it. */
static void grace_beat(int is_on_beat)
{
	u8(0);
	u8(QUARTER);
	u8(0x40);
	u8(0x28);
	u8(1);
	u8(7);
	u8(0);
	u8(0x10);
	u8(0);
	u8(5); /* fret, dynamic, slide, a 32nd */
	u8(6);
	u8(1);
	u8(1);
	u8(is_on_beat ? 2 : 0);
	u16(0);
}

Test(guitarpro_binary, FMT_04_graces,
	.description = "FMT-04: a grace takes its time from the note before, or from its own beat")
{
	head_5(1, NULL);
	bar_5(0, 0, 0, 0);
	track_5();
	i32(4);
	grace_beat(0); /* nothing is before it: on the beat */
	beat_5(QUARTER, 2, 1, 3);
	grace_beat(0);
	grace_beat(1);
	i32(0);
	u8(0);
	struct score *score = import(gp_import, file.data, file.n);
	static const struct {
		int64_t tick;
		uint32_t ticks;
	} want[] = {{0, 120}, {120, 840}, {960, 840}, {1800, 120}, {1920, 960}, {2880, 120}, {3000, 840}};
	cr_assert_eq(score->part[0]->note.n, 7);
	for (uint32_t i = 0; i < 7; i++) {
		cr_expect_eq(note_of(score, i)->tick, want[i].tick, "note %u at %ld", i,
			(long)note_of(score, i)->tick);
		cr_expect_eq(note_of(score, i)->duration_ticks, want[i].ticks, "note %u lasts %u", i,
			note_of(score, i)->duration_ticks);
	}
	const struct nvx_notation_element *event = element_of(score, NVX_NOTATION_EVENT, 0);
	cr_expect_eq(event->is_grace, 1);
	cr_expect_eq(event->e.duration_ticks, 0);
	const struct nvx_technique_use *use = technique_of(score, note_of(score, 3), NVX_TECHNIQUE_SLIDE);
	cr_assert_not_null(use);
	cr_expect_eq(use->to_note_id, note_of(score, 4)->id);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_tuplets,
	.description = "FMT-04: seven in the time of four fill exactly a quarter, in one bracket")
{
	head_4(1, "");
	u8(0);
	track(0, "Guitar", 0);
	i32(7 + 2 + 1);
	for (unsigned i = 0; i < 7; i++)
		tuplet_beat(SIXTEENTH, 7);
	tuplet_beat(QUARTER, 3);
	tuplet_beat(EIGHTH, 3);
	beat(HALF, 1, 1, 0);
	struct score *score = import(gp_import, file.data, file.n);
	cr_assert_eq(score->part[0]->note.n, 10);
	for (uint32_t i = 0; i < 7; i++)
		cr_expect_eq(note_of(score, i)->tick, nvx_border(0, 960, i, 7), "part %u", i);
	cr_expect_eq(note_of(score, 7)->tick, 960);
	cr_expect_eq(note_of(score, 8)->tick, 960 + 640);
	cr_expect_eq(note_of(score, 9)->tick, 1920);
	cr_assert_eq(count_of(score, NVX_NOTATION_TUPLET), 2);
	cr_expect_eq(element_of(score, NVX_NOTATION_TUPLET, 0)->num, 7);
	cr_expect_eq(element_of(score, NVX_NOTATION_TUPLET, 0)->e.duration_ticks, 960);
	cr_expect_eq(element_of(score, NVX_NOTATION_TUPLET, 1)->e.duration_ticks, 960);
	cr_expect_eq(score->end_tick, 3840);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_tempo,
	.description = "FMT-04: a change of tempo over two beats is a straight line to the new one")
{
	head_4(1, "");
	u8(0);
	track(0, "Guitar", 0);
	i32(2);
	beat(HALF, 1, 1, 0);
	u8(0x10);
	u8(HALF);
	u8(0xff); /* no sound, volume 8 for all, no more faders */
	u8(8);
	for (unsigned i = 0; i < 5; i++)
		u8(0xff);
	i32(60);
	u8(0);
	u8(2);
	u8(0x01);
	u8(0x40);
	note(1, 0);
	struct score *score = import(gp_import, file.data, file.n);
	cr_assert_eq(score_n_tempo(score), 3);
	cr_expect_eq(score_tempo(score, 1)->tick, 1920);
	cr_expect_eq(score_tempo(score, 1)->ns_per_quarter, 500000000);
	cr_expect_eq(score_tempo(score, 1)->curve, NVX_CURVE_LINEAR);
	cr_expect_eq(score_tempo(score, 2)->tick, 3840);
	cr_expect_eq(score_tempo(score, 2)->ns_per_quarter, 1000000000);
	cr_assert_eq(score->part[0]->control.n, 1);
	cr_expect_eq(score_part_control(score->part[0], 0)->number, 7);
	cr_expect_eq(score_part_control(score->part[0], 0)->value, 64);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_form, .description = "FMT-04: repeats, endings up to their sign, directions")
{
	uint16_t directions[19] = {0};
	directions[2] = 1;  /* segno in bar 1 */
	directions[12] = 5; /* da segno al fine in bar 5 */
	directions[4] = 4;  /* fine in bar 4 */
	head_5(5, directions);
	bar_5(0, 0x04, 0, 0);
	bar_5(1, 0x10, 0, 1);
	bar_5(2, 0x08, 2, 0);
	bar_5(3, 0x10, 0, 2);
	bar_5(4, 0x80, 0, 0);
	track_5();
	for (unsigned i = 0; i < 5; i++) {
		i32(1);
		beat_5(WHOLE, 1, 1, i);
		i32(0);
		u8(0);
	}
	struct score *score = import(gp_import, file.data, file.n);
	cr_assert_eq(score_n_measure(score), 5);
	cr_expect_eq(score_measure(score, 0)->repeat_start, 1);
	cr_expect_eq(score_measure(score, 0)->jump, NVX_JUMP_SEGNO);
	cr_expect_eq(score_measure(score, 1)->ending_type, NVX_ENDING_START);
	cr_expect_eq(score_measure(score, 2)->ending_type, NVX_ENDING_STOP);
	cr_expect_eq(score_measure(score, 2)->repeat_end, 2);
	cr_expect_eq(score_measure(score, 3)->ending_type, NVX_ENDING_START_STOP);
	uint32_t n;
	const uint8_t *number = nvx_items(score->pool, score_measure(score, 3)->ending_numbers, &n);
	cr_assert_eq(n, 1);
	cr_expect_eq(*number, 2);
	cr_expect_eq(score_measure(score, 3)->jump, NVX_JUMP_FINE);
	cr_expect_eq(score_measure(score, 4)->jump, NVX_JUMP_DALSEGNO);
	cr_expect_eq(score_measure(score, 4)->jump_until, NVX_JUMP_FINE);
	cr_expect_eq(score_measure(score, 4)->barline, NVX_BARLINE_DOUBLE);
	score_unref(score);
}

Test(guitarpro_binary, FMT_04_too_full,
	.description = "FMT-04: a bar that holds more than its meter is long, nothing is cut")
{
	head_4(2, "");
	u8(0);
	u8(0);
	track(0, "Guitar", 0);
	i32(2);
	beat(WHOLE, 1, 1, 0);
	beat(QUARTER, 1, 1, 1);
	i32(1);
	beat(WHOLE, 1, 1, 2);
	struct score *score = import(gp_import, file.data, file.n);
	cr_expect_eq(score_measure(score, 0)->duration_ticks, 4800);
	cr_expect_eq(score_measure(score, 0)->irregular, NVX_IRREGULAR_LONG);
	cr_expect_eq(note_of(score, 2)->tick, 4800);
	score_unref(score);
}

Test(guitarpro_binary, NVX_14_diagram, .description = "NVX-14 FMT-04: a chord diagram with its chord")
{
	static const int fret[] = {0, 1, 0, 2, 3, -1};
	head_4(1, "");
	u8(0);
	track(0, "Guitar", 0);
	i32(1);
	u8(0x02);
	u8(WHOLE);
	u8(0); /* the plain kind */
	string("C");
	i32(1);
	for (unsigned i = 0; i < 6; i++)
		i32(fret[i]);
	u8(0x40);
	note(1, 0);
	struct score *score = import(gp_import, file.data, file.n);
	cr_assert_eq(score_n_chord(score), 1);
	cr_expect_str_eq(score_text(score, score_chord(score, 0)->symbol), "C");
	cr_expect_eq(score_chord(score, 0)->e.duration_ticks, 3840);
	cr_assert_eq(score_n_diagram(score), 1);
	const struct nvx_diagram_element *diagram = score_diagram(score, 0);
	cr_expect_eq(diagram->chord_id, score_chord(score, 0)->e.id);
	cr_expect_eq(diagram->strings, 6);
	uint32_t n;
	const struct nvx_dot *dot = nvx_items(score->pool, diagram->dots, &n);
	cr_assert_eq(n, 3);
	cr_expect_eq(dot[2].string, 5);
	cr_expect_eq(dot[2].fret, 3);
	const uint8_t *muted = nvx_items(score->pool, diagram->muted, &n);
	cr_assert_eq(n, 1);
	cr_expect_eq(*muted, 6);
	(void)nvx_items(score->pool, diagram->open, &n);
	cr_expect_eq(n, 2);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	score_unref(score);
}

static void small_piece(void)
{
	head_5(2, NULL);
	bar_5(0, 0, 0, 0);
	bar_5(1, 0, 0, 0);
	track_5();
	for (unsigned i = 0; i < 2; i++) {
		i32(2);
		beat_5(HALF, 1, i ? 2 : 1, 3);
		grace_beat(0);
		i32(1);
		beat_5(WHOLE, 6, 1, 3);
		u8(0);
	}
}

Test(guitarpro_binary, FMT_09_cut,
	.description = "FMT-09 HER-11: a file cut anywhere is refused where it ends")
{
	small_piece();
	struct score *score = NULL;
	for (size_t n = 0; n < file.n - 1; n++) { /* the last byte may be missing */
		uint8_t *cut = malloc(n ? n : 1);
		memcpy(cut, file.data, n);
		cr_assert_eq(try_import(gp_import, cut, n, &score), -EINVAL, "%zu bytes", n);
		cr_expect_eq(strncmp(report.error[0].where, "byte ", 5), 0, "%s", report.error[0].where);
		cr_expect_leq(strtoul(report.error[0].where + 5, NULL, 10), n);
		free(cut);
	}
	score = import(gp_import, file.data, file.n);
	score_unref(score);
}

Test(guitarpro_binary, FMT_09_same, .description = "FMT-09: same bytes in, same score out")
{
	small_piece();
	struct score *a = import(gp_import, file.data, file.n), *b = import(gp_import, file.data, file.n);
	cr_expect(score_same_state(a, b));
	cr_expect_neq(score_state(a).word[0], 0);
	score_unref(a);
	score_unref(b);
}

/** A heap whose n-th request fails. */
struct failing {
	struct score_alloc alloc;
	unsigned left;
};

static void *fail_later(void *ctx, void *ptr, size_t size)
{
	struct failing *failing = ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	if (failing->left == 0)
		return NULL;
	failing->left--;
	return realloc(ptr, size);
}

Test(guitarpro_binary, FMT_09_memory,
	.description = "FMT-09: each allocation that fails ends the import, and only that")
{
	small_piece();
	struct failing failing = {.alloc = {fail_later, &failing}};
	for (unsigned n = 0; n < 10000; n++) {
		struct nvx_draft draft;
		struct score *score = NULL;
		report = (struct score_report){};
		failing.left = n;
		int rc = nvx_draft_init(&draft, &failing.alloc, &report);
		if (rc == 0)
			rc = gp_import(file.data, file.n, &draft);
		if (rc == 0)
			rc = nvx_finish(&draft, "test", &score);
		nvx_draft_finish(&draft);
		if (rc == 0) {
			cr_expect_gt(n, 10);
			score_unref(score);
			return;
		}
		cr_assert_eq(rc, -ENOMEM, "after %u: %d %s", n, rc, report.error[0].reason);
	}
	cr_assert(false, "it never succeeds");
}
