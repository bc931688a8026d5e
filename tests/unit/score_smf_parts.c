/* SPDX-License-Identifier: MIT */
/* From file to score: parts, names, controls, sysex, texts, lyrics (FMT-03). */
#include <stdio.h>
#include <string.h>

#include "score_smf.h"

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
	struct score_bytes clip;
	score_bytes_init(&clip, &score_heap);
	report = (struct score_report){0};
	cr_expect_eq(clip_export(s, &clip, &report), 0);
	cr_expect(report.n_warnings == 1 && warned("shares its channel with part 1"),
		"FMT-10: a clip has no tracks");
	score_bytes_finish(&clip);
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
