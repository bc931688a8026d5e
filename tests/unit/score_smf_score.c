/* SPDX-License-Identifier: MIT */
/* From file to score: ticks, notes, maps, parts, names, sysex (FMT-03, HER-11, TIM-07). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include <score/format.h>
#include <score/score.h>

#include "score_report_place.h"
#include "smf_bytes.h"

#define END 0x00, 0xff, 0x2f, 0x00

static struct score_report report;

static int try_import(const struct smf_bytes *b, struct score **ret)
{
	struct nvx_draft draft;
	report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	int rc = smf_import(b->data, b->size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, ret);
	nvx_draft_finish(&draft);
	return rc;
}

static struct score *import(const struct smf_bytes *b)
{
	struct score *score = NULL;
	const int rc = try_import(b, &score);
	cr_assert_eq(rc, 0, "%d: %s: %s", rc, report.error[0].where, report.error[0].reason);
	return score;
}

static const struct nvx_note *note_of(const struct score *s, uint32_t i)
{
	return score_part_note(s->part[0], i);
}

static int64_t end_of(const struct nvx_note *note)
{
	return note->tick + note->duration_ticks;
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
	return has_warning(&report, part);
}

Test(score_smf_score, TIM_07_ticks,
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
		struct score *s = import(&b);
		cr_assert_eq(s->part[0]->note.n, 40);
		for (uint32_t i = 1; i <= 40; i++) {
			at += i;
			const double start = (double)at * 960 / divisions[d],
				     end = (double)(at + 7) * 960 / divisions[d];
			cr_expect_eq(note_of(s, i - 1)->tick, (int64_t)(start + 0.5), "division %u note %u",
				divisions[d], i);
			const int64_t want_end = (int64_t)(end + 0.5);
			cr_expect_eq(end_of(note_of(s, i - 1)),
				want_end > note_of(s, i - 1)->tick ? want_end : note_of(s, i - 1)->tick + 1);
			at += 7;
		}
		score_unref(s);
	}
}

Test(score_smf_score, smpte_keeps_time,
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
		struct score *s = import(&b);
		cr_assert_eq(score_n_tempo(s), 1);
		cr_expect(warned("SMPTE"));
		struct mos_tempo_seg seg = {
			0, score_tempo(s, 0)->ns_per_quarter, score_tempo(s, 0)->ns_per_quarter, 0};
		struct mos_tempo_map map;
		cr_assert_eq(mos_tempo_map_init(&map, &seg, 1), 0);
		cr_expect_float_eq((double)mos_tempo_tick_to_ns(&map, note_of(s, 0)->tick) / 1e9,
			7 / cases[c].ticks_per_second, 1e-9, "%zu", c);
		cr_expect_float_eq((double)mos_tempo_tick_to_ns(&map, end_of(note_of(s, 0))) / 1e9,
			hour / cases[c].ticks_per_second, 2e-5, "%zu: %f", c,
			(double)mos_tempo_tick_to_ns(&map, end_of(note_of(s, 0))) / 1e9);
		score_unref(s);
	}
}

Test(score_smf_score, notes_pair_first_in_first_out, .description = "FMT-03: overlapping notes of one key")
{
	struct smf_bytes b = begin(0, 1, 960);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x10, 0x0a, 0x90, 0x3c, 0x20, 0x0a, 0x80, 0x3c, 0x01, 0x0a, 0x90, 0x3c,
		0x30, 0x0a, 0x90, 0x3c, 0x00, 0x0a, 0x80, 0x3c, 0x03, 0x0a, 0x80, 0x3c, 0x04, END);
	smf_end(&b);
	struct score *s = import(&b);
	static const struct {
		int64_t tick, end_tick;
		uint8_t velocity, release_velocity;
	} want[] = {{0, 20, 0x10, 1}, {10, 40, 0x20, 64}, {30, 50, 0x30, 3}};
	cr_assert_eq(s->part[0]->note.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		cr_expect_eq(note_of(s, i)->tick, want[i].tick);
		cr_expect_eq(end_of(note_of(s, i)), want[i].end_tick, "note %u ends at %ld", i,
			(long)end_of(note_of(s, i)));
		cr_expect_eq(note_of(s, i)->velocity, want[i].velocity);
		cr_expect_eq(note_of(s, i)->release_velocity, want[i].release_velocity);
	}
	cr_expect_eq(report.n_warnings, 0, "the note-off too many is ignored");
	score_unref(s);
}

Test(score_smf_score, many_notes_of_one_key,
	.description = "FMT-03: the oldest of nine ends first, each in its turn")
{
	struct smf_bytes b = begin(0, 1, 960);
	for (uint8_t i = 0; i < 9; i++)
		SMF_PUT(&b, 0x01, 0x90, 0x3c, (uint8_t)(i + 1));
	for (uint8_t i = 0; i < 9; i++)
		SMF_PUT(&b, 0x0a, 0x80, 0x3c, (uint8_t)(i + 1));
	SMF_PUT(&b, END);
	smf_end(&b);
	struct score *s = import(&b);
	cr_assert_eq(s->part[0]->note.n, 9);
	for (uint8_t i = 0; i < 9; i++) {
		cr_expect_eq(end_of(note_of(s, i)), 9 + 10 * (i + 1), "note %u ends at %ld", i,
			(long)end_of(note_of(s, i)));
		cr_expect_eq(note_of(s, i)->release_velocity, note_of(s, i)->velocity);
	}
	score_unref(s);
}

Test(score_smf_score, hanging_and_empty_notes,
	.description = "FMT-03 HER-11: ended with the track; lasting one tick")
{
	struct smf_bytes b = begin(1, 2, 96);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x10, 0x10, 0x90, 0x3e, 0x10, 0x00, 0x80, 0x3e, 0x10, 0x10, 0xff, 0x2f,
		0x00);
	next_track(&b);
	SMF_PUT(&b, 0x60, 0x80, 0x3c, 0x10, END);
	smf_end(&b);
	struct score *s = import(&b);
	cr_assert_eq(s->part[0]->note.n, 2);
	cr_expect_eq(end_of(note_of(s, 0)), 320,
		"its track ends there; the other track's note-off is not its own");
	cr_expect_eq(note_of(s, 1)->tick, 160);
	cr_expect_eq(end_of(note_of(s, 1)), 161);
	cr_expect_eq(s->end_tick, 3840, "to the end of the bar");
	cr_expect_eq(report.n_warnings, 1);
	cr_expect(warned("1 notes without an end"));
	score_unref(s);
}

Test(score_smf_score, silence_at_the_end_counts,
	.description = "FMT-03: the length is that of the longest track")
{
	struct smf_bytes b = begin(1, 2, 480);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x10, 0x10, 0x80, 0x3c, 0x10, END);
	next_track(&b);
	SMF_PUT(&b, 0x8f, 0x00, 0xff, 0x2f, 0x00);
	smf_end(&b);
	struct score *s = import(&b);
	cr_expect_eq(s->end_tick, 1920 * 2, "%ld", (long)s->end_tick);
	score_unref(s);
}

Test(score_smf_score, maps,
	.description = "FMT-03: tempo, meter and key of any track, sorted; the last at a tick "
		       "counts; nonsense is ignored with a warning")
{
	struct smf_bytes b = begin(1, 2, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x04, 0x03, 0x03, 0x18, 0x08, 0x60, 0xff, 0x51, 0x03, 0x00, 0x00, 0x01);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x04, 0x03, 0x03, 0x18, 0x08, 0x00, 0xff, 0x58, 0x04, 0x00, 0x02, 0x18,
		0x08);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x02, 0x04, 0x09, 0x00, 0xff, 0x59, 0x02, 0xf9, 0x01, 0x00, 0xff, 0x59,
		0x02, 0x08, 0x00);
	SMF_PUT(&b, 0x00, 0xff, 0x59, 0x02, 0x00, 0x02, 0x00, 0xff, 0x59, 0x01, 0x00, 0x00, 0xff, 0x51, 0x02,
		0x07, 0xa1, END);
	next_track(&b);
	SMF_PUT(&b, 0x30, 0xff, 0x51, 0x03, 0x0f, 0x42, 0x40, 0x00, 0xff, 0x51, 0x03, 0xff, 0xff, 0xff, 0x60,
		0xff, 0x51, 0x03, 0xff, 0xff, 0xff, END);
	smf_end(&b);
	struct score *s = import(&b);
	static const struct {
		int64_t tick;
		uint64_t ns_per_quarter;
	} tempos[] = {{0, 500000000}, {480, 16777215000}, {960, 1000}, {1440, 16777215000}};
	cr_assert_eq(score_n_tempo(s), 4, "%u", score_n_tempo(s));
	for (unsigned i = 0; i < 4; i++) {
		cr_expect_eq(score_tempo(s, i)->tick, tempos[i].tick);
		cr_expect_eq(score_tempo(s, i)->ns_per_quarter, tempos[i].ns_per_quarter);
	}
	cr_assert_eq(score_n_meter(s), 2);
	for (uint32_t i = 0; i < 2; i++) {
		cr_expect_eq(
			score_meter(s, i)->tick, 960 * i, "a meter begins a bar, also when it is the same");
		cr_expect_eq(score_meter(s, i)->num, 3);
		cr_expect_eq(score_meter(s, i)->den, 8);
	}
	cr_assert_eq(score_n_key(s), 2);
	cr_expect_eq(score_key(s, 0)->step, NVX_KEY_NONE, "before the first one there is none");
	cr_expect_eq(score_key(s, 1)->fifths, -7);
	cr_expect_eq(score_key(s, 1)->mode, NVX_MODE_MINOR);
	cr_expect_eq(report.n_warnings, 6, "%u warnings", report.n_warnings);
	score_unref(s);
}

Test(score_smf_score, defaults,
	.description = "120 BPM and 4/4 where nothing is said, also without any track")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 0, 96);
	struct score *s = import(&b);
	cr_assert_eq(score_n_tempo(s), 1);
	cr_expect_eq(score_tempo(s, 0)->ns_per_quarter, UINT64_C(500000000));
	cr_assert_eq(score_n_meter(s), 1);
	cr_expect_eq(score_meter(s, 0)->num, 4);
	cr_expect_eq(s->n_parts, 1);
	cr_expect_eq(score_n_measure(s), 1, "one empty bar");
	cr_expect_str_eq(score_text(s, s->globals.metadata.title), "Untitled");
	score_unref(s);
}

Test(score_smf_score, format_2_plays_one_after_another,
	.description = "FMT-03: sequences in file order, each under its "
		       "own tempo and meter")
{
	struct smf_bytes b = begin(2, 2, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0x0f, 0x42, 0x40, 0x00, 0xff, 0x58, 0x04, 0x03, 0x02, 0x18, 0x08);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x60, 0x80, 0x3c, 0x40, 0x60, 0xff, 0x2f, 0x00);
	next_track(&b);
	SMF_PUT(&b, 0x30, 0x90, 0x3e, 0x40, 0x30, 0x80, 0x3e, 0x40, END);
	smf_end(&b);
	struct score *s = import(&b);
	cr_assert_eq(s->n_parts, 2);
	cr_assert_eq(s->part[1]->note.n, 1);
	cr_expect_eq(score_part_note(s->part[1], 0)->tick, 1920 + 480);
	cr_expect_eq(s->end_tick, 1920 + 3840, "%ld", (long)s->end_tick);
	cr_assert_eq(score_n_tempo(s), 2);
	cr_expect_eq(score_tempo(s, 0)->ns_per_quarter, 1000000000);
	cr_expect_eq(score_tempo(s, 1)->tick, 1920);
	cr_expect_eq(score_tempo(s, 1)->ns_per_quarter, UINT64_C(500000000));
	cr_assert_eq(score_n_meter(s), 2);
	cr_expect_eq(score_meter(s, 1)->num, 4);
	score_unref(s);
}

static const struct nvx_part *part_of(const struct score *s, uint32_t i)
{
	return &s->part[i]->part;
}

static const char *part_name(const struct score *s, uint32_t i)
{
	return score_text(s, part_of(s, i)->name);
}

static const char *title_of(const struct score *s)
{
	return score_text(s, s->globals.metadata.title);
}

Test(score_smf_score, parts,
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
	struct score *s = import(&b);
	static const struct {
		const char *name;
		uint8_t channel, program, role;
	} want[] = {{"A", 2, 0x28, NVX_ROLE_OTHER}, {"B (channel 4)", 3, 0, NVX_ROLE_OTHER},
		{"B (channel 5)", 4, 0, NVX_ROLE_OTHER}, {"Drums", 9, 0, NVX_ROLE_DRUMS},
		{"Channel 3", 2, 0x28, NVX_ROLE_OTHER}};
	cr_expect_str_eq(title_of(s), "Sø", "Windows-1252 and trimmed: %s", title_of(s));
	cr_assert_eq(s->n_parts, 5);
	for (uint32_t i = 0; i < 5; i++) {
		cr_expect_str_eq(part_name(s, i), want[i].name, "%s", part_name(s, i));
		cr_expect_eq(part_of(s, i)->midi_channel, want[i].channel);
		cr_expect_eq(part_of(s, i)->midi_program, want[i].program, "%u: %u", i,
			part_of(s, i)->midi_program);
		cr_expect_eq(part_of(s, i)->role, want[i].role);
		cr_expect_eq(s->part[i]->note.n, 1);
	}
	cr_assert_eq(s->part[0]->control.n, 1, "the second program");
	cr_expect_eq(score_part_control(s->part[0], 0)->kind, NVX_CONTROL_PROGRAM);
	cr_expect_eq(score_part_control(s->part[0], 0)->value, 0x29);
	score_unref(s);
}

Test(score_smf_score, format_0_names,
	.description = "FMT-03: the track of format 0 is called like the song, its parts "
		       "are not")
{
	struct smf_bytes b = begin(0, 1, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x04, 'S', 'o', 'n', 'g', 0x00, 0x90, 0x3c, 0x40, 0x10, 0x80, 0x3c,
		0x40, END);
	smf_end(&b);
	struct score *s = import(&b);
	cr_expect_str_eq(title_of(s), "Song");
	cr_expect_str_eq(part_name(s, 0), "Channel 1");
	score_unref(s);
}

Test(score_smf_score, ports,
	.description = "FMT-03: ports are kept; one beyond the 16th takes the highest that is free")
{
	static const uint8_t port[] = {7, 7, 0, 255, 9, 0};
	static const uint8_t want[] = {7, 7, 0, 15, 9, 0};
	struct smf_bytes b = {0};
	smf_head(&b, 1, 6, 96);
	for (unsigned i = 0; i < 6; i++) {
		smf_begin(&b, "MTrk");
		SMF_PUT(&b, 0x00, 0xff, 0x21, 0x01, port[i], 0x00, 0x90, 0x3c, 0x40, 0x10, 0x80, 0x3c, 0x40,
			END);
		smf_end(&b);
	}
	struct score *s = import(&b);
	cr_assert_eq(s->n_parts, 6);
	for (unsigned i = 0; i < 6; i++)
		cr_expect_eq(
			part_of(s, i)->midi_port, want[i], "track %u: port %u", i, part_of(s, i)->midi_port);
	cr_expect_eq(report.n_warnings, 0);
	score_unref(s);
}

/** A control of the first part in words. */
static const char *say(const struct score *s, uint32_t i)
{
	static char text[256];
	const struct nvx_control *c = score_part_control(s->part[0], i);
	uint32_t n;
	int len = snprintf(text, sizeof(text), "%ld %u %u", (long)c->tick, c->kind, c->seq);
	if (c->kind == NVX_CONTROL_SYSEX) {
		const uint8_t *bytes = nvx_items(s->pool, c->data, &n);
		for (uint32_t k = 0; k < n; k++)
			len += snprintf(text + len, sizeof(text) - (size_t)len, " %02x", bytes[k]);
	} else if (c->kind == NVX_CONTROL_UMP) {
		const uint32_t *words = nvx_items(s->pool, c->data, &n);
		for (uint32_t k = 0; k < n; k++)
			len += snprintf(text + len, sizeof(text) - (size_t)len, " %08x", words[k]);
	} else {
		if (c->kind == NVX_CONTROL_CC)
			len += snprintf(text + len, sizeof(text) - (size_t)len, " %u", c->number);
		(void)snprintf(text + len, sizeof(text) - (size_t)len, " %d", c->value);
	}
	return text;
}

Test(score_smf_score, sysex,
	.description = "FMT-03: whole, in packets, escaped, without an end, with a bad byte; in their order")
{
	struct smf_bytes b = begin(0, 1, 960);
	SMF_PUT(&b, 0x00, 0xf0, 0x03, 0x01, 0x02, 0xf7);
	SMF_PUT(&b, 0x0a, 0xf0, 0x02, 0x03, 0x04, 0x0a, 0xf7, 0x02, 0x05, 0x06, 0x0a, 0xf7, 0x02, 0x07, 0xf7);
	SMF_PUT(&b, 0x0a, 0xf7, 0x03, 0xf0, 0x08, 0xf7, 0x0a, 0xf7, 0x01, 0xf8);
	SMF_PUT(&b, 0x0a, 0xf0, 0x03, 0x09, 0x90, 0xf7, 0x0a, 0xf0, 0x01, 0x0a, 0x0a, 0x90, 0x3c, 0x40, 0x0a,
		0x80, 0x3c, 0x40);
	/* two packets at one time are whole again */
	SMF_PUT(&b, 0x00, 0xf0, 0x01, 0x0b, 0x00, 0xf7, 0x02, 0x0c, 0xf7, 0x00, 0xf0, 0x01, 0xf7, END);
	smf_end(&b);
	struct score *s = import(&b);
	static const char *const want[] = {"0 7 0 01 02", "10 8 0 30120304 00000000",
		"20 8 0 30220506 00000000", "30 8 0 30310700 00000000", "40 7 0 08", "70 7 0 0a",
		"90 7 0 0b 0c"};
	cr_assert_eq(s->part[0]->control.n, 7, "%u", s->part[0]->control.n);
	for (uint32_t i = 0; i < 7; i++)
		cr_expect_str_eq(say(s, i), want[i], "%s", say(s, i));
	cr_expect(warned("escaped bytes"));
	cr_expect(warned("over 127"));
	cr_expect(warned("has no end"));
	cr_expect(warned("empty system exclusive"));
	cr_expect_eq(report.n_warnings, 4, "%u", report.n_warnings);
	score_unref(s);
}

Test(score_smf_score, control_order,
	.description =
		"FMT-03: controls of one tick stay in the file's order; the first program with its bank is "
		"the part's")
{
	struct smf_bytes b = begin(0, 1, 960);
	SMF_PUT(&b, 0x00, 0xf0, 0x02, 0x7e, 0xf7, 0x00, 0xb0, 0x00, 0x01, 0x00, 0xb0, 0x20, 0x02, 0x00, 0xc0,
		0x28);
	SMF_PUT(&b, 0x00, 0xb0, 0x65, 0x00, 0x00, 0x64, 0x00, 0x00, 0x06, 0x0c, 0x00, 0x26, 0x00, 0x00, 0x07,
		0x64);
	SMF_PUT(&b, 0x00, 0xe0, 0x00, 0x40, 0x00, 0x90, 0x3c, 0x40, 0x0a, 0x80, 0x3c, 0x40, 0x00, 0xb0, 0x00,
		0x03, 0x00, 0xc0, 0x05, END);
	smf_end(&b);
	struct score *s = import(&b);
	static const char *const want[] = {"0 7 0 7e", "0 0 1 101 0", "0 0 2 100 0", "0 0 3 6 12",
		"0 0 3 38 0", "0 0 4 7 100", "0 1 4 0", "10 0 0 0 3", "10 4 0 5"};
	cr_expect_eq(part_of(s, 0)->midi_program, 0x28);
	cr_expect_eq(part_of(s, 0)->midi_bank, 1 << 7 | 2, "%u", part_of(s, 0)->midi_bank);
	cr_assert_eq(s->part[0]->control.n, 9, "%u", s->part[0]->control.n);
	for (uint32_t i = 0; i < 9; i++)
		cr_expect_str_eq(say(s, i), want[i], "%s", say(s, i));
	score_unref(s);
}

Test(score_smf_score, programs_on_a_shared_channel,
	.description = "FMT-03: a program that comes when the channel has sounded stays a change of program")
{
	struct smf_bytes b = begin(1, 2, 960);
	SMF_PUT(&b, 0x00, 0xc0, 0x05, 0x00, 0x90, 0x3c, 0x40, 0x0a, 0x80, 0x3c, 0x40, END);
	next_track(&b);
	SMF_PUT(&b, 0x20, 0xc0, 0x07, 0x00, 0x90, 0x3c, 0x40, 0x0a, 0x80, 0x3c, 0x40, END);
	smf_end(&b);
	struct score *s = import(&b);
	cr_assert_eq(s->n_parts, 2);
	cr_expect_eq(part_of(s, 0)->midi_program, 5);
	cr_expect_eq(part_of(s, 1)->midi_program, 5);
	cr_expect_eq(s->part[0]->control.n, 0);
	cr_assert_eq(s->part[1]->control.n, 1);
	cr_expect_eq(score_part_control(s->part[1], 0)->value, 7);
	score_unref(s);
}

Test(score_smf_score, texts, .description = "FMT-03: markers, cues, lyrics, text, copyright with their ticks")
{
	struct smf_bytes b = begin(0, 1, 480);
	for (uint8_t type = 1; type <= 7; type++)
		SMF_PUT(&b, 0x10, 0xff, type, 0x01, (uint8_t)('a' + type));
	SMF_PUT(&b, END);
	smf_end(&b);
	struct score *s = import(&b);
	static const struct {
		int64_t tick;
		uint8_t kind;
		const char *label;
	} want[] = {{32, NVX_MARKER_COMMENT, "b"}, {128, NVX_MARKER_COMMENT, "e"},
		{192, NVX_MARKER_REHEARSAL, "g"}, {224, NVX_MARKER_CUE, "h"}};
	cr_assert_eq(score_n_marker(s), 4, "%u", score_n_marker(s));
	for (uint32_t i = 0; i < 4; i++) {
		cr_expect_eq(score_marker(s, i)->e.kind, want[i].kind);
		cr_expect_str_eq(score_text(s, score_marker(s, i)->label), want[i].label);
		cr_expect_eq(score_marker(s, i)->e.tick, want[i].tick);
	}
	cr_expect_str_eq(score_text(s, s->globals.metadata.copyright), "c");
	cr_expect_str_eq(title_of(s), "d");
	cr_assert_eq(score_n_lyric(s), 1);
	cr_expect_str_eq(score_text(s, score_lyric(s, 0)->text), "f");
	cr_expect_eq(score_lyric(s, 0)->e.tick, 160);
	score_unref(s);
}

static void put_text(struct smf_bytes *b, uint8_t delta, uint8_t type, const char *text)
{
	SMF_PUT(b, delta, 0xff, type, (uint8_t)strlen(text));
	smf_put(b, text, strlen(text));
}

/** Lyrics in words: text, syllabic, what breaks before. */
static void expect_lyrics(const struct score *s, const char *want)
{
	static const char marks[] = {'=', '<', '-', '>'};
	char got[1024] = "";
	size_t len = 0;
	for (uint32_t i = 0; i < score_n_lyric(s); i++) {
		const struct nvx_lyric *lyric = score_lyric(s, i);
		const char *extra = score_text(s, lyric->e.extra);
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s%c%s", i ? " " : "",
			strstr(extra, "line")        ? "/"
			: strstr(extra, "paragraph") ? "\\"
						     : "",
			marks[lyric->syllabic], score_text(s, lyric->text));
	}
	cr_expect_str_eq(got, want, "%s", got);
}

static struct smf_bytes sung(const char *const *lyrics, uint8_t type)
{
	struct smf_bytes b = begin(1, 2, 96);
	SMF_PUT(&b, END);
	next_track(&b);
	for (; *lyrics; lyrics++) {
		put_text(&b, 0, type, *lyrics);
		SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x00, 0x90, 0x40, 0x40, 0x10, 0x80, 0x3c, 0x40, 0x00,
			0x80, 0x40, 0x40);
	}
	SMF_PUT(&b, END);
	smf_end(&b);
	return b;
}

Test(score_smf_score, lyrics,
	.description = "FMT-03: syllables by blanks, by hyphens, by neither; lines by CR, LF, and as karaoke "
		       "files do")
{
	static const struct {
		const char *lyrics[8];
		const char *want;
		uint8_t type;
	} cases[] = {
		{{"Sun", "day ", "at ", "noon\r", "Ha", "lle", "lu", "jah "},
			"<Sun >day =at =noon /<Ha -lle -lu >jah", 5},
		{{"Sun-", "day", "at", "-", "noon"}, "<Sun >day =at =- =noon", 5},
		{{"Sun", "day"}, "=Sun =day", 5},
		{{"A ", "\n", "B ", "\r", "C"}, "=A \\=B /=C", 5},
		{{"@TSong", "\\Ma", "ry ", "/had ", "a"}, "\\<Ma >ry /=had =a", 1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *lyrics[9] = {0};
		memcpy(lyrics, cases[i].lyrics, sizeof(cases[i].lyrics));
		struct smf_bytes b = sung(lyrics, cases[i].type);
		struct score *s = import(&b);
		expect_lyrics(s, cases[i].want);
		for (uint32_t k = 0; k < score_n_lyric(s); k++) {
			const struct nvx_lyric *lyric = score_lyric(s, k);
			cr_expect_eq(lyric->e.part_id, part_of(s, 0)->id);
			cr_expect(lyric->e.note_id != 0);
			for (uint32_t n = 0; n < s->part[0]->note.n; n++)
				if (note_of(s, n)->id == lyric->e.note_id) {
					cr_expect_eq(note_of(s, n)->tick, lyric->e.tick);
					cr_expect_eq(note_of(s, n)->pitch, 0x40, "the highest note sings");
				}
		}
		if (cases[i].type == 1)
			cr_expect_str_eq(title_of(s), "Song");
		score_unref(s);
	}
}

Test(score_smf_score, losses_are_told,
	.description = "FMT-10: IMPORT_TECHNIQUE_DROPPED_003 for what is not kept")
{
	struct smf_bytes b = begin(0, 1, 96);
	SMF_PUT(&b, 0x00, 0xff, 0x54, 0x05, 0x60, 0x01, 0x00, 0x00, 0x00, 0x00, 0xff, 0x00, 0x02, 0x00, 0x05);
	SMF_PUT(&b, 0x00, 0xff, 0x7f, 0x01, 0x41, 0x00, 0xff, 0x4b, 0x01, 0x41);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x04, 0x04, 0x02, 0x18, 0x10, END);
	smf_end(&b);
	struct score *s = import(&b);
	static const char *const parts[] = {
		"SMPTE offset", "sequence number", "sequencer-specific", "unknown meta", "notated quarter"};
	for (unsigned i = 0; i < 5; i++)
		cr_expect(warned(parts[i]), "%s", parts[i]);
	cr_expect_eq(report.n_warnings, 5, "%u", report.n_warnings);
	for (unsigned i = 0; i < 5; i++)
		cr_expect_str_eq(report.warning[i].code, "IMPORT_TECHNIQUE_DROPPED_003");
	score_unref(s);
}

Test(score_smf_score, too_long,
	.description = "HER-11: a song beyond 2^40 ticks is refused where it passes them")
{
	struct smf_bytes b = begin(0, 1, 1);
	for (unsigned i = 0; i < 5; i++) {
		vlq(&b, 0xfffffff);
		SMF_PUT(&b, 0xc0, 0x00);
	}
	smf_end(&b);
	struct score *score = NULL;
	cr_expect_eq(try_import(&b, &score), -EINVAL);
	cr_expect_eq(error_byte(&report), 22 + 4 * 6 + 4, "at %s", report.error[0].where);
	cr_expect(strstr(report.error[0].reason, "longer than") != NULL);
}

Test(score_smf_score, same_bytes_same_score, .description = "FMT-09: a pure function")
{
	static const char *const lyrics[] = {"Sun", "day ", NULL};
	struct smf_bytes b = sung(lyrics, 5);
	struct score *first = import(&b), *second = import(&b);
	cr_expect(score_same_state(first, second));
	score_unref(first);
	score_unref(second);
}

static size_t budget_left;

static void *spend(void *ctx, void *ptr, size_t size)
{
	if (size && budget_left == 0)
		return NULL;
	budget_left -= size != 0;
	return score_heap.resize(score_heap.ctx, ptr, size);
}

Test(score_smf_score, every_allocation_fails,
	.description = "HER-11: out of memory is an answer, at each step")
{
	static const char *const lyrics[] = {"Sun", "day ", NULL};
	struct smf_bytes b = sung(lyrics, 5);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0x00, 0xf0, 0x03, 0x7e, 0x01, 0xf7, 0x00, 0xc1, 0x05, 0x00, 0xf0, 0x01, 0x01, 0x10, 0xf7,
		0x02, 0x02, 0xf7, END);
	smf_end(&b);
	const struct score_alloc alloc = {.resize = spend};
	int rc = -ENOMEM;
	size_t n = 0;
	for (; rc == -ENOMEM && n < 1000; n++) {
		struct nvx_draft draft;
		budget_left = n;
		report = (struct score_report){0};
		rc = nvx_draft_init(&draft, &alloc, &report);
		if (rc == 0)
			rc = smf_import(b.data, b.size, &draft);
		budget_left = SIZE_MAX;
		nvx_draft_finish(&draft);
	}
	cr_expect_eq(rc, 0);
	cr_expect_gt(n, 10);
}

/** A small file with notes that are far apart. @return measures of the score; 0: it was refused. */
static uint32_t measures_of(const struct score_alloc *alloc, unsigned n_notes, uint32_t bars_between)
{
	struct smf_bytes b = begin(0, 1, 96);
	struct score *score = NULL;
	smf_begin(&b, "MTrk");
	for (unsigned i = 0; i < n_notes; i++) {
		vlq(&b, bars_between * 4 * 96 - 1);
		SMF_PUT(&b, 0x90, 60, 64, 0x01, 0x80, 60, 64);
	}
	SMF_PUT(&b, END);
	smf_end(&b);
	const struct score_import how = {.alloc = alloc};
	report = (struct score_report){0};
	const int rc = score_import(b.data, b.size, &how, &report, &score, NULL);
	const uint32_t n = rc == 0 ? score_n_measure(score) : 0;
	score_unref(score);
	return n;
}

Test(score_smf_score, far_apart,
	.description = "FMT-03 HER-11: two KB that become nearly 100,000 measures need less than 16 MB, and "
		       "more are refused")
{
	struct score_budget budget;
	score_budget_init(&budget, 16u << 20);
	cr_expect_eq(measures_of(&budget.alloc, 180, 555), 99900u);
	cr_expect_eq(budget.used_bytes, 0);
	cr_expect_eq(measures_of(&budget.alloc, 180, 560), 0u);
	cr_expect_str_eq(report.error[0].code, "nvx1.limit.measures");
	cr_expect_eq(budget.used_bytes, 0);
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

Test(score_smf_score, any_overlap,
	.description =
		"FMT-03 FMT-11: notes that overlap in any way come back with the same starts and lengths")
{
	uint64_t state = 1;
	for (unsigned round = 0; round < 40; round++) {
		struct nvx_draft draft;
		struct score *score, *again;
		struct score_bytes midi;
		int sum[2][1500], n = 1 + (int)(round * 37);
		report = (struct score_report){0};
		cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
		draft.repair = 1;
		const uint32_t part = nvx_add_part(&draft);
		for (int i = 0; i < n; i++) {
			struct nvx_note *note = nvx_add_note(&draft, part);
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
			/* no two of a key at once: who ends whom is not said in MIDI */
			note->tick = (int64_t)(i / 100) * 100000 + (int64_t)(state >> 40) % 40000;
			note->duration_ticks = 1 + (uint32_t)(state >> 20) % (round % 2 ? 50000u : 400u);
			note->pitch = (uint8_t)(i % 100 + 10);
		}
		cr_assert_eq(nvx_finish(&draft, NULL, &score), 0);
		score_bytes_init(&midi, &score_heap);
		cr_assert_eq(smf_export(score, &midi, &report), 0);
		const struct score_import how = {.alloc = &score_heap};
		cr_assert_eq(score_import(midi.data, midi.n, &how, &report, &again, NULL), 0);
		const struct score *const both[] = {score, again};
		for (int k = 0; k < 2; k++) {
			cr_assert_eq(score_n_notes(both[k]), (uint64_t)n);
			for (int i = 0; i < n; i++) {
				const struct nvx_note *note = score_part_note(both[k]->part[0], (uint32_t)i);
				sum[k][i] =
					(int)(note->tick * 1009 + note->duration_ticks * 13 + note->pitch);
			}
			qsort(sum[k], (size_t)n, sizeof(int), compare_ints);
		}
		cr_expect_eq(memcmp(sum[0], sum[1], sizeof(int) * (size_t)n), 0, "round %u", round);
		score_bytes_finish(&midi);
		score_unref(score);
		score_unref(again);
	}
}
