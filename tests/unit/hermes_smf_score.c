/* SPDX-License-Identifier: MIT */
/* From file to score: ticks, notes, maps, parts, names, sysex (FMT-03, HER-11, TIM-07). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include "smf_bytes.h"
#include "smf_score.h"

#define END 0x00, 0xff, 0x2f, 0x00

static struct hermes_report report;
static struct smf_header header;

static struct score import(const struct smf_bytes *b)
{
	struct score score;
	report = (struct hermes_report){0};
	const int rc = smf_to_score(b->data, b->size, &hermes_heap, &score, &header, &report);
	cr_assert_eq(rc, 0, "byte %lu: %s", (unsigned long)report.error_at, report.error_text);
	return score;
}

static void vlq(struct smf_bytes *b, uint32_t value)
{
	for (int shift = 21; shift >= 0; shift -= 7)
		SMF_PUT(b, (uint8_t)((value >> shift & 0x7f) | (shift ? 0x80 : 0)));
}

static struct smf_bytes begin(unsigned format, unsigned tracks, unsigned division)
{
	struct smf_bytes b = {0};
	smf_head(&b, format, tracks, division);
	smf_begin(&b, "MTrk");
	return b;
}

static void next_track(struct smf_bytes *b)
{
	smf_end(b);
	smf_begin(b, "MTrk");
}

static int warned(const char *part)
{
	for (uint32_t i = 0; i < report.n_warnings; i++)
		if (strstr(report.warning[i].text, part))
			return 1;
	return 0;
}

Test(hermes_smf_score, TIM_07_ticks,
	.description = "TIM-07: file ticks become 960 a quarter, to the nearest, halves up; "
		       "the end follows the same rule, so rounding does not add up")
{
	static const unsigned divisions[] = {
		1, 24, 96, 97, 100, 120, 192, 384, 480, 960, 1024, 15360, 24576, 32767};
	for (size_t d = 0; d < sizeof(divisions) / sizeof(divisions[0]); d++) {
		struct smf_bytes b = begin(0, 1, divisions[d]);
		uint32_t at = 0;
		for (uint32_t i = 1; i <= 40; i++) {
			vlq(&b, i);
			SMF_PUT(&b, 0x90, 0x3c, 0x40);
			vlq(&b, 7);
			SMF_PUT(&b, 0x80, 0x3c, 0x40);
		}
		SMF_PUT(&b, END);
		smf_end(&b);
		struct score s = import(&b);
		cr_assert_eq(s.n_note, 40);
		for (uint32_t i = 1; i <= 40; i++) {
			at += i;
			const double start = (double)at * 960 / divisions[d],
				     end = (double)(at + 7) * 960 / divisions[d];
			cr_expect_eq(s.note[i - 1].tick, (int64_t)(start + 0.5), "division %u note %u",
				divisions[d], i);
			const int64_t want_end = (int64_t)(end + 0.5);
			cr_expect_eq(s.note[i - 1].end_tick,
				want_end > s.note[i - 1].tick ? want_end : s.note[i - 1].tick + 1);
			at += 7;
		}
		score_finish(&s);
	}
}

Test(hermes_smf_score, smpte_keeps_time,
	.description = "FMT-03 TIM-07: under an SMPTE division each event is at its "
		       "time, to a microsecond after an hour")
{
	static const struct {
		uint16_t division;
		double ticks_per_second;
	} cases[] = {
		{0xe850, 24 * 80.0},
		{0xe728, 25 * 40.0},
		{0xe202, 30 * 2.0},
		{0xe2ff, 30 * 255.0},
		{0xe801, 24.0},
		{0xe364, 30000.0 / 1001 * 100},
		{0xe350, 30000.0 / 1001 * 80},
		{0xe7ff, 25 * 255.0},
	};
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		const uint32_t hour = (uint32_t)(3600 * cases[c].ticks_per_second);
		struct smf_bytes b = begin(0, 1, cases[c].division);
		SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0x01, 0x00, 0x00, 0x07, 0x90, 0x3c, 0x40);
		vlq(&b, hour - 7);
		SMF_PUT(&b, 0x80, 0x3c, 0x40, END);
		smf_end(&b);
		struct score s = import(&b);
		cr_assert_eq(s.n_tempo, 1);
		cr_expect(warned("SMPTE"));
		struct mos_tempo_seg seg = {0, s.tempo[0].ns_per_quarter, s.tempo[0].ns_per_quarter, 0};
		struct mos_tempo_map map;
		cr_assert_eq(mos_tempo_map_init(&map, &seg, 1), 0);
		cr_expect_float_eq((double)mos_tempo_tick_to_ns(&map, s.note[0].tick) / 1e9,
			7 / cases[c].ticks_per_second, 1e-9, "%zu", c);
		cr_expect_float_eq((double)mos_tempo_tick_to_ns(&map, s.note[0].end_tick) / 1e9,
			hour / cases[c].ticks_per_second, 2e-5, "%zu: %f", c,
			(double)mos_tempo_tick_to_ns(&map, s.note[0].end_tick) / 1e9);
		cr_expect(s.tempo[0].ns_per_quarter >= MOS_TL_MIN_NPQ);
		score_finish(&s);
	}
}

Test(hermes_smf_score, notes_pair_first_in_first_out, .description = "FMT-03: overlapping notes of one key")
{
	struct smf_bytes b = begin(0, 1, 960);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x10, 0x0a, 0x90, 0x3c, 0x20, 0x0a, 0x80, 0x3c, 0x01, 0x0a, 0x90, 0x3c,
		0x30, 0x0a, 0x90, 0x3c, 0x00, 0x0a, 0x80, 0x3c, 0x03, 0x0a, 0x80, 0x3c, 0x04, END);
	smf_end(&b);
	struct score s = import(&b);
	static const struct score_note want[] = {
		{0, 20, 0, 60, 0x10, 1}, {10, 40, 0, 60, 0x20, 64}, {30, 50, 0, 60, 0x30, 3}};
	cr_assert_eq(s.n_note, 3);
	for (unsigned i = 0; i < 3; i++) {
		cr_expect_eq(s.note[i].tick, want[i].tick);
		cr_expect_eq(s.note[i].end_tick, want[i].end_tick, "note %u ends at %ld", i,
			(long)s.note[i].end_tick);
		cr_expect_eq(s.note[i].velocity, want[i].velocity);
		cr_expect_eq(s.note[i].release_velocity, want[i].release_velocity);
	}
	cr_expect_eq(report.n_warnings, 0, "the note-off too many is ignored");
	score_finish(&s);
}

Test(hermes_smf_score, many_notes_of_one_key,
	.description = "FMT-03: the oldest of nine ends first, each in its turn")
{
	struct smf_bytes b = begin(0, 1, 960);
	for (uint8_t i = 0; i < 9; i++)
		SMF_PUT(&b, 0x01, 0x90, 0x3c, (uint8_t)(i + 1));
	for (uint8_t i = 0; i < 9; i++)
		SMF_PUT(&b, 0x0a, 0x80, 0x3c, (uint8_t)(i + 1));
	SMF_PUT(&b, END);
	smf_end(&b);
	struct score s = import(&b);
	cr_assert_eq(s.n_note, 9);
	for (uint8_t i = 0; i < 9; i++) {
		cr_expect_eq(s.note[i].end_tick, 9 + 10 * (i + 1), "note %u ends at %ld", i,
			(long)s.note[i].end_tick);
		cr_expect_eq(s.note[i].release_velocity, s.note[i].velocity);
	}
	score_finish(&s);
}

Test(hermes_smf_score, hanging_and_empty_notes,
	.description = "FMT-03 HER-11: ended with the track; lasting one tick")
{
	struct smf_bytes b = begin(1, 2, 96);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x10, 0x10, 0x90, 0x3e, 0x10, 0x00, 0x80, 0x3e, 0x10, 0x10, 0xff, 0x2f,
		0x00);
	next_track(&b);
	SMF_PUT(&b, 0x60, 0x80, 0x3c, 0x10, END);
	smf_end(&b);
	struct score s = import(&b);
	cr_assert_eq(s.n_note, 2);
	cr_expect_eq(
		s.note[0].end_tick, 320, "its track ends there; the other track's note-off is not its own");
	cr_expect_eq(s.note[1].tick, 160);
	cr_expect_eq(s.note[1].end_tick, 161);
	cr_expect_eq(s.end_tick, 960);
	cr_expect_eq(report.n_warnings, 1);
	cr_expect(warned("1 notes without an end"));
	score_finish(&s);
}

Test(hermes_smf_score, silence_at_the_end_counts,
	.description = "FMT-03: the length is that of the longest track")
{
	struct smf_bytes b = begin(1, 2, 480);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x10, 0x10, 0x80, 0x3c, 0x10, END);
	next_track(&b);
	SMF_PUT(&b, 0x8f, 0x00, 0xff, 0x2f, 0x00);
	smf_end(&b);
	struct score s = import(&b);
	cr_expect_eq(s.end_tick, 1920 * 2);
	score_finish(&s);
}

Test(hermes_smf_score, maps,
	.description = "FMT-03: tempo, meter and key of any track, sorted; the last at a tick "
		       "counts; repetitions go; nonsense is ignored or clamped with a warning")
{
	struct smf_bytes b = begin(1, 2, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x04, 0x03, 0x03, 0x18, 0x08, 0x60, 0xff, 0x51, 0x03, 0x00, 0x00, 0x00);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x04, 0x03, 0x03, 0x18, 0x08, 0x00, 0xff, 0x58, 0x04, 0x00, 0x02, 0x18,
		0x08);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x02, 0x04, 0x08, 0x00, 0xff, 0x59, 0x02, 0xf9, 0x01, 0x00, 0xff, 0x59,
		0x02, 0x08, 0x00);
	SMF_PUT(&b, 0x00, 0xff, 0x59, 0x02, 0x00, 0x02, 0x00, 0xff, 0x59, 0x01, 0x00, 0x00, 0xff, 0x51, 0x02,
		0x07, 0xa1, END);
	next_track(&b);
	SMF_PUT(&b, 0x30, 0xff, 0x51, 0x03, 0x0f, 0x42, 0x40, 0x00, 0xff, 0x51, 0x03, 0xff, 0xff, 0xff, 0x60,
		0xff, 0x51, 0x03, 0xff, 0xff, 0xff, END);
	smf_end(&b);
	struct score s = import(&b);
	static const struct score_tempo tempos[] = {
		{0, 500000000}, {480, 16777215000}, {960, MOS_TL_MIN_NPQ}, {1440, 16777215000}};
	cr_assert_eq(s.n_tempo, 4);
	for (unsigned i = 0; i < 4; i++) {
		cr_expect_eq(s.tempo[i].tick, tempos[i].tick);
		cr_expect_eq(s.tempo[i].ns_per_quarter, tempos[i].ns_per_quarter);
	}
	cr_assert_eq(s.n_meter, 1);
	cr_expect_eq(s.meter[0].num, 3);
	cr_expect_eq(s.meter[0].den, 8);
	cr_assert_eq(s.n_key, 1);
	cr_expect_eq(s.key[0].fifths, -7);
	cr_expect_eq(s.key[0].minor, 1);
	cr_expect_eq(report.n_warnings, 7, "%u warnings", report.n_warnings);
	score_finish(&s);
}

Test(hermes_smf_score, defaults,
	.description = "120 BPM and 4/4 where nothing is said, also without any track")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 0, 96);
	struct score s = import(&b);
	cr_assert_eq(s.n_tempo, 1);
	cr_expect_eq(s.tempo[0].ns_per_quarter, MOS_NPQ_120);
	cr_assert_eq(s.n_meter, 1);
	cr_expect_eq(s.meter[0].num, 4);
	cr_expect_eq(s.end_tick, 0);
	score_finish(&s);
}

Test(hermes_smf_score, format_2_plays_one_after_another,
	.description = "FMT-03: sequences in file order, each under its "
		       "own tempo and meter")
{
	struct smf_bytes b = begin(2, 2, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0x0f, 0x42, 0x40, 0x00, 0xff, 0x58, 0x04, 0x03, 0x02, 0x18, 0x08);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x60, 0x80, 0x3c, 0x40, 0x60, 0xff, 0x2f, 0x00);
	next_track(&b);
	SMF_PUT(&b, 0x30, 0x90, 0x3e, 0x40, 0x30, 0x80, 0x3e, 0x40, END);
	smf_end(&b);
	struct score s = import(&b);
	cr_assert_eq(s.n_note, 2);
	cr_expect_eq(s.note[1].tick, 1920 + 480);
	cr_expect_eq(s.end_tick, 1920 + 960);
	cr_assert_eq(s.n_tempo, 2);
	cr_expect_eq(s.tempo[0].ns_per_quarter, 1000000000);
	cr_expect_eq(s.tempo[1].tick, 1920);
	cr_expect_eq(s.tempo[1].ns_per_quarter, MOS_NPQ_120);
	cr_assert_eq(s.n_meter, 2);
	cr_expect_eq(s.meter[1].num, 4);
	score_finish(&s);
}

static const char *part_name(const struct score *s, size_t i)
{
	return s->strings + s->part[i].name;
}

Test(hermes_smf_score, parts,
	.description = "FMT-03: a part is a track and a channel; first program, drums, names, title")
{
	struct smf_bytes b = begin(1, 4, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x04, ' ', 'S', 0xf8, ' ', END);
	next_track(&b);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x01, 'A', 0x00, 0xc2, 0x28, 0x00, 0x92, 0x3c, 0x40, 0x10, 0xc2, 0x29,
		0x00, 0x82, 0x3c, 0x00, END);
	next_track(&b);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x01, 'B', 0x00, 0x93, 0x3c, 0x40, 0x00, 0x94, 0x3c, 0x40, 0x00, 0x83,
		0x3c, 0x40, 0x00, 0x84, 0x3c, 0x00, END);
	next_track(&b);
	SMF_PUT(&b, 0x00, 0x99, 0x24, 0x40, 0x10, 0x99, 0x24, 0x00, 0x00, 0x92, 0x24, 0x40, 0x10, 0x92, 0x24,
		0x00, END);
	smf_end(&b);
	struct score s = import(&b);
	static const struct {
		const char *name;
		uint8_t channel, program, drums;
		uint32_t track;
	} want[] = {{"A", 2, 0x28, 0, 1}, {"B (channel 4)", 3, 0, 0, 2}, {"B (channel 5)", 4, 0, 0, 2},
		{"Drums", 9, 0, 1, 3}, {"Channel 3", 2, 0, 0, 3}};
	cr_expect_str_eq(s.strings + s.title, "Sø", "Windows-1252 and trimmed: %s", s.strings + s.title);
	cr_assert_eq(s.n_part, 5);
	for (unsigned i = 0; i < 5; i++) {
		cr_expect_str_eq(part_name(&s, i), want[i].name, "%s", part_name(&s, i));
		cr_expect_eq(s.part[i].channel, want[i].channel);
		cr_expect_eq(s.part[i].program, want[i].program);
		cr_expect_eq(s.part[i].is_drums, want[i].drums);
		cr_expect_eq(s.part[i].track, want[i].track);
		cr_expect_eq(s.part[i].n_notes, 1);
	}
	score_finish(&s);
}

Test(hermes_smf_score, format_0_names,
	.description = "FMT-03: the track of format 0 is called like the song, its parts "
		       "are not")
{
	struct smf_bytes b = begin(0, 1, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x04, 'S', 'o', 'n', 'g', 0x00, 0x90, 0x3c, 0x40, 0x10, 0x80, 0x3c,
		0x40, END);
	smf_end(&b);
	struct score s = import(&b);
	cr_expect_str_eq(s.strings + s.title, "Song");
	cr_expect_str_eq(part_name(&s, 0), "Channel 1");
	score_finish(&s);
}

Test(hermes_smf_score, ports,
	.description = "FMT-03: three ports become three groups, in the order of their first use; "
		       "more share them")
{
	static const uint8_t port[] = {7, 7, 0, 255, 9, 0};
	static const uint8_t group[] = {0, 0, 1, 2, 0, 1};
	struct smf_bytes b = {0};
	smf_head(&b, 1, 6, 96);
	for (unsigned i = 0; i < 6; i++) {
		smf_begin(&b, "MTrk");
		SMF_PUT(&b, 0x00, 0xff, 0x21, 0x01, port[i], 0x00, 0x90, 0x3c, 0x40, 0x10, 0x80, 0x3c, 0x40,
			END);
		smf_end(&b);
	}
	struct score s = import(&b);
	cr_assert_eq(s.n_part, 6);
	for (unsigned i = 0; i < 6; i++)
		cr_expect_eq(s.part[i].group, group[i], "track %u: group %u", i, s.part[i].group);
	cr_expect_eq(report.n_warnings, 1);
	cr_expect(warned("port 9"));
	score_finish(&s);
}

Test(hermes_smf_score, sysex,
	.description = "FMT-03: whole, in packets, escaped, without an end, with a bad byte")
{
	struct smf_bytes b = begin(0, 1, 960);
	SMF_PUT(&b, 0x00, 0xf0, 0x03, 0x01, 0x02, 0xf7);
	SMF_PUT(&b, 0x0a, 0xf0, 0x02, 0x03, 0x04, 0x0a, 0xf7, 0x02, 0x05, 0x06, 0x0a, 0xf7, 0x02, 0x07, 0xf7);
	SMF_PUT(&b, 0x0a, 0xf7, 0x03, 0xf0, 0x08, 0xf7, 0x0a, 0xf7, 0x01, 0xf8);
	SMF_PUT(&b, 0x0a, 0xf0, 0x03, 0x09, 0x90, 0xf7, 0x0a, 0xf0, 0x01, 0x0a, 0x0a, 0x90, 0x3c, 0x40, 0x0a,
		0x80, 0x3c, 0x40, END);
	smf_end(&b);
	struct score s = import(&b);
	static const struct {
		int64_t tick;
		uint8_t n, first, starts, ends;
	} want[] = {{0, 2, 1, 1, 1}, {10, 2, 3, 1, 0}, {20, 2, 5, 0, 0}, {30, 1, 7, 0, 1}, {40, 1, 8, 1, 1},
		{70, 1, 10, 1, 1}};
	cr_assert_eq(s.n_sysex, 6, "%zu", s.n_sysex);
	for (unsigned i = 0; i < 6; i++) {
		cr_expect_eq(s.sysex[i].tick, want[i].tick);
		cr_expect_eq(s.sysex[i].n_bytes, want[i].n);
		cr_expect_eq(s.sysex_bytes[s.sysex[i].bytes_at], want[i].first);
		cr_expect_eq(s.sysex[i].starts, want[i].starts, "%u", i);
		cr_expect_eq(s.sysex[i].ends, want[i].ends, "%u", i);
	}
	cr_expect(warned("escaped bytes"));
	cr_expect(warned("over 127"));
	cr_expect(warned("has no end"));
	cr_expect_eq(report.n_warnings, 3);
	score_finish(&s);
}

Test(hermes_smf_score, texts,
	.description = "FMT-03: markers, cues, lyrics, text, copyright with their ticks")
{
	struct smf_bytes b = begin(0, 1, 480);
	for (uint8_t type = 1; type <= 7; type++)
		SMF_PUT(&b, 0x10, 0xff, type, 0x01, (uint8_t)('a' + type));
	SMF_PUT(&b, END);
	smf_end(&b);
	struct score s = import(&b);
	static const uint8_t kinds[] = {SCORE_TEXT, SCORE_COPYRIGHT, SCORE_LYRIC, SCORE_MARKER, SCORE_CUE};
	static const char *const words[] = {"b", "c", "f", "g", "h"};
	static const int64_t ticks[] = {32, 64, 160, 192, 224};
	cr_assert_eq(s.n_text, 5);
	for (unsigned i = 0; i < 5; i++) {
		cr_expect_eq(s.text[i].kind, kinds[i]);
		cr_expect_str_eq(s.strings + s.text[i].string, words[i]);
		cr_expect_eq(s.text[i].tick, ticks[i]);
	}
	score_finish(&s);
}

Test(hermes_smf_score, too_long,
	.description = "HER-11: a song beyond 2^40 ticks is refused where it passes them")
{
	struct smf_bytes b = begin(0, 1, 1);
	for (unsigned i = 0; i < 5; i++) {
		vlq(&b, 0xfffffff);
		SMF_PUT(&b, 0xc0, 0x00);
	}
	smf_end(&b);
	struct score score;
	report = (struct hermes_report){0};
	cr_expect_eq(smf_to_score(b.data, b.size, &hermes_heap, &score, &header, &report), -EINVAL);
	cr_expect_eq(report.error_at, 22 + 4 * 6 + 4, "at %lu", (unsigned long)report.error_at);
	cr_expect(strstr(report.error_text, "longer than") != NULL);
}

static void expect_clean(const char *raw, size_t size, const char *want)
{
	char got[SCORE_STRING_BYTES];
	const size_t n = score_clean_text((const uint8_t *)raw, size, got);
	cr_expect_str_eq(got, want, "%s", got);
	cr_expect_eq(n, strlen(want));
}

Test(hermes_smf_score, text_encodings, .description = "FMT-03: UTF-8 is kept, all else is Windows-1252")
{
	expect_clean("caf\xc3\xa9", 5, "café");
	expect_clean("caf\xe9", 4, "café");
	expect_clean("\x80 \x99\x81", 4, "€ ™\xef\xbf\xbd");
	expect_clean("\xe5\xad\x97\xf0\x9f\x8e\xb5", 7, "字🎵");
	expect_clean("\xed\xa0\x80", 3, "í\xc2\xa0€"); /* a surrogate is no UTF-8 */
	expect_clean("\xc0\x80", 2, "À€");             /* nor is an overlong NUL */
	expect_clean("\xf0\x9f\x8e", 3, "ðŸŽ");        /* nor half a character */
	expect_clean("  a\r\n\tb\0c \x7f", 10, "a b c");
	expect_clean(" \0\n", 3, "");

	char longer[3000], got[SCORE_STRING_BYTES];
	for (size_t i = 0; i < sizeof(longer); i += 3)
		memcpy(longer + i, "字", 3);
	const size_t n = score_clean_text((const uint8_t *)longer, sizeof(longer), got);
	cr_expect_eq(n % 3, 0, "cut between two characters");
	cr_expect_geq(n, SCORE_STRING_BYTES - 8);
}
