/* SPDX-License-Identifier: MIT */
/* The reader: what it delivers, what it repairs, what it refuses and where (FMT-03, HER-11). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>

#include "score_report_place.h"
#include "smf_bytes.h"
#include "smf_read.h"

/** What arrived, in words: one line an event. */
struct seen {
	struct smf_header header;
	char text[16384];
	unsigned n_tracks;
	int stop_after; /* events; then the sink fails */
};

static void say(struct seen *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct seen *s, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	const size_t len = strlen(s->text);
	(void)vsnprintf(s->text + len, sizeof(s->text) - len, fmt, args);
	va_end(args);
}

static int on_header(void *ctx, const struct smf_header *header)
{
	((struct seen *)ctx)->header = *header;
	return 0;
}

static int on_track(void *ctx, uint32_t track, uint64_t at)
{
	struct seen *s = ctx;
	cr_expect_eq(track, s->n_tracks, "tracks are counted from 0");
	s->n_tracks++;
	say(s, "track\n");
	return 0;
}

static int on_event(void *ctx, const struct smf_event *ev)
{
	struct seen *s = ctx;
	say(s, "%lu %02x %02x %02x", (unsigned long)ev->tick, ev->status, ev->data[0], ev->data[1]);
	for (uint32_t i = 0; i < ev->payload_bytes; i++)
		say(s, "%c%02x", i ? ' ' : ':', ev->payload[i]);
	say(s, "\n");
	return s->stop_after && --s->stop_after == 0 ? -ECANCELED : 0;
}

static int on_end(void *ctx, uint64_t at, uint64_t tick)
{
	say(ctx, "end %lu\n", (unsigned long)tick);
	return 0;
}

static int read_it(const struct smf_bytes *b, struct seen *s, struct score_report *report)
{
	const struct smf_sink sink = {s, on_header, on_track, on_event, on_end};
	return smf_read(b->data, b->size, &sink, report);
}

/** Read a file that is fine but for `n_warnings` repairs. */
static void expect(const struct smf_bytes *b, const char *text, unsigned n_warnings)
{
	static struct seen s;
	static struct score_report report;
	report = (struct score_report){0};
	s = (struct seen){0};
	const int rc = read_it(b, &s, &report);
	cr_assert_eq(rc, 0, "byte %lu: %s", (unsigned long)error_byte(&report), report.error[0].reason);
	cr_expect_str_eq(s.text, text);
	cr_expect_eq(report.n_warnings, n_warnings, "%u warnings, the first: %s", report.n_warnings,
		report.warning[0].reason);
}

static void expect_warning(const struct smf_bytes *b, uint64_t at, const char *part)
{
	static struct seen s;
	static struct score_report report;
	report = (struct score_report){0};
	s = (struct seen){0};
	cr_assert_eq(read_it(b, &s, &report), 0, "%s", report.error[0].reason);
	for (uint32_t i = 0; i < report.n_warnings; i++)
		if (place_byte(&report.warning[i]) == at && strstr(report.warning[i].reason, part))
			return;
	cr_expect(false, "no warning at %lu with \"%s\"; the first is at %lu: %s", (unsigned long)at, part,
		(unsigned long)place_byte(&report.warning[0]), report.warning[0].reason);
}

static void expect_refusal(const struct smf_bytes *b, uint64_t at, const char *part)
{
	static struct seen s;
	static struct score_report report;
	report = (struct score_report){0};
	s = (struct seen){0};
	cr_assert_eq(read_it(b, &s, &report), -EINVAL);
	cr_expect_eq(error_byte(&report), at, "at %lu: %s", (unsigned long)error_byte(&report),
		report.error[0].reason);
	cr_expect(strstr(report.error[0].reason, part) != NULL, "%s", report.error[0].reason);
}

#define NOTE_ON_OFF 0x00, 0x90, 0x3c, 0x40, 0x60, 0x80, 0x3c, 0x20
#define END 0x00, 0xff, 0x2f, 0x00
#define NOTE_TEXT "0 90 3c 40\n96 80 3c 20\n"

static struct smf_bytes one_track(void)
{
	struct smf_bytes b = {0};
	smf_head(&b, 0, 1, 96);
	smf_begin(&b, "MTrk");
	return b;
}

Test(score_smf_read, events, .description = "FMT-03: each kind of event, running status, times")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0x07, 0xa1, 0x20);
	SMF_PUT(&b, 0x00, 0xc3, 0x07, 0x00, 0x08, 0x81, 0x00, 0xd3, 0x11);
	SMF_PUT(&b, 0x01, 0xe3, 0x12, 0x34, 0x00, 0x56, 0x78);
	SMF_PUT(&b, 0x00, 0xf0, 0x03, 0x7e, 0x01, 0xf7, 0x00, 0xf7, 0x01, 0xf3);
	SMF_PUT(&b, 0x00, 0xb3, 0x07, 0x7f, 0x00, 0xa3, 0x3c, 0x01);
	SMF_PUT(&b, END);
	smf_end(&b);
	expect(&b,
		"track\n0 ff 51 00:07 a1 20\n0 c3 07 00\n0 c3 08 00\n128 d3 11 00\n129 e3 12 34\n129 e3 56 "
		"78\n"
		"129 f0 00 00:7e 01 f7\n129 f7 00 00:f3\n129 b3 07 7f\n129 a3 3c 01\nend 129\n",
		0);
}

Test(score_smf_read, variable_length,
	.description = "FMT-03: the table of variable-length numbers of the standard")
{
	static const struct {
		uint8_t bytes[4];
		unsigned n;
		uint32_t value;
	} cases[] = {
		{{0x00}, 1, 0},
		{{0x40}, 1, 0x40},
		{{0x7f}, 1, 0x7f},
		{{0x81, 0x00}, 2, 0x80},
		{{0xc0, 0x00}, 2, 0x2000},
		{{0xff, 0x7f}, 2, 0x3fff},
		{{0x81, 0x80, 0x00}, 3, 0x4000},
		{{0xc0, 0x80, 0x00}, 3, 0x100000},
		{{0xff, 0xff, 0x7f}, 3, 0x1fffff},
		{{0x81, 0x80, 0x80, 0x00}, 4, 0x200000},
		{{0xc0, 0x80, 0x80, 0x00}, 4, 0x8000000},
		{{0xff, 0xff, 0xff, 0x7f}, 4, 0xfffffff},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smf_bytes b = one_track();
		char text[64];
		smf_put(&b, cases[i].bytes, cases[i].n);
		SMF_PUT(&b, 0xff, 0x2f, 0x00);
		smf_end(&b);
		(void)snprintf(text, sizeof(text), "track\nend %u\n", cases[i].value);
		expect(&b, text, 0);
	}
}

Test(score_smf_read, smpte_divisions, .description = "FMT-03: the four SMPTE rates, and one that is none")
{
	static const struct {
		uint16_t division;
		uint8_t fps, ticks;
		unsigned warnings;
	} cases[] = {{0xe850, 24, 80, 0}, {0xe728, 25, 40, 0}, {0xe350, 29, 80, 0}, {0xe204, 30, 4, 0},
		{0xf060, 16, 96, 1}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smf_bytes b = {0};
		static struct seen s;
		static struct score_report report;
		report = (struct score_report){0};
		s = (struct seen){0};
		smf_head(&b, 0, 0, cases[i].division);
		cr_assert_eq(read_it(&b, &s, &report), 0);
		cr_expect_eq(s.header.ticks_per_quarter, 0);
		cr_expect_eq(s.header.frames_per_second, cases[i].fps);
		cr_expect_eq(s.header.ticks_per_frame, cases[i].ticks);
		cr_expect_eq(report.n_warnings, cases[i].warnings);
	}
}

Test(score_smf_read, smallest, .description = "FMT-03: a header without tracks is legal")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 0, 480);
	cr_expect_eq(b.size, 14);
	expect(&b, "", 0);
}

Test(score_smf_read, unknown_chunks_are_skipped, .description = "FMT-03: a chunk of another kind is legal")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 2, 96);
	for (unsigned i = 0; i < 2; i++) {
		smf_begin(&b, "XFIH");
		SMF_PUT(&b, 1, 2, 3);
		smf_end(&b);
		smf_begin(&b, "MTrk");
		SMF_PUT(&b, NOTE_ON_OFF, END);
		smf_end(&b);
	}
	expect(&b, "track\n" NOTE_TEXT "end 96\ntrack\n" NOTE_TEXT "end 96\n", 0);
}

Test(score_smf_read, header_later_in_the_file,
	.description = "HER-11: MacBinary and other things before MThd")
{
	struct smf_bytes whole = one_track(), b = {.size = 128};
	SMF_PUT(&whole, NOTE_ON_OFF, END);
	smf_end(&whole);
	smf_put(&b, whole.data, whole.size);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&b, 0, "128 bytes before");
}

Test(score_smf_read, riff,
	.description = "FMT-03: an RMID wrapper is entered, what follows its data is not read")
{
	struct smf_bytes whole = one_track(), b = {0};
	SMF_PUT(&whole, NOTE_ON_OFF, END);
	smf_end(&whole);
	smf_put(&b, "RIFF\xff\0\0\0RMIDINFO\x03\0\0\0abc\0data", 28);
	SMF_PUT(&b, (uint8_t)whole.size, 0, 0, 0);
	smf_put(&b, whole.data, whole.size);
	smf_put(&b, "MTrk\0\0\0\4\0\377/\0", 12);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 0);
}

Test(score_smf_read, odd_header_lengths, .description = "HER-11: extra header bytes, and a length that lies")
{
	struct smf_bytes b = {0};
	smf_head(&b, 0, 1, 96);
	SMF_PUT(&b, 0xaa, 0xbb);
	smf_be32_at(&b, 4, 8);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, NOTE_ON_OFF, END);
	smf_end(&b);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&b, 4, "8 bytes");

	struct smf_bytes lie = one_track();
	SMF_PUT(&lie, NOTE_ON_OFF, END);
	smf_end(&lie);
	smf_be32_at(&lie, 4, 0x10000006);
	expect(&lie, "track\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&lie, 4, "leads to no chunk");
}

/** Two tracks; the first one's length is off by `error`. */
static struct smf_bytes wrong_length(int error)
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 2, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, NOTE_ON_OFF, END);
	smf_be32_at(&b, b.chunk + 4, (uint32_t)(12 + error));
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0x10, 0xff, 0x2f, 0x00);
	smf_end(&b);
	return b;
}

Test(score_smf_read, wrong_track_lengths, .description = "HER-11: the end of track or the next MTrk decides")
{
	static const int errors[] = {-12, -9, -4, -1, 1, 5, 12, 100, 0x7000000};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct smf_bytes b = wrong_length(errors[i]);
		expect(&b, "track\n" NOTE_TEXT "end 96\ntrack\nend 16\n", 1);
		expect_warning(&b, 18, "it has 12");
	}
}

Test(score_smf_read, bytes_after_end_of_track,
	.description = "HER-11: the rest of a track whose length holds")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 2, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, NOTE_ON_OFF, END, 0x00, 0x00, 0x90, 0x11, 0x11);
	smf_end(&b);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, END);
	smf_end(&b);
	expect(&b, "track\n" NOTE_TEXT "end 96\ntrack\nend 0\n", 1);
	expect_warning(&b, 34, "5 bytes after");
}

Test(score_smf_read, bytes_after_the_last_end_of_track, .description = "HER-11: the same where the file ends")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, NOTE_ON_OFF, END, 0x00);
	smf_end(&b);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&b, 34, "1 bytes after");
}

Test(score_smf_read, music_after_end_of_track,
	.description = "HER-11: an end of track that has the track's music and its real end behind it")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, END, NOTE_ON_OFF, END);
	smf_end(&b);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&b, 23, "an end of track is skipped");
}

Test(score_smf_read, missing_end_of_track, .description = "HER-11: the track ends with its last event")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, NOTE_ON_OFF);
	smf_end(&b);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&b, 30, "no end-of-track");
}

Test(score_smf_read, cut_in_end_of_track, .description = "HER-11: one missing byte at the end is no loss")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, NOTE_ON_OFF, END);
	smf_end(&b);
	b.size--;
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
}

Test(score_smf_read, wrong_track_count, .description = "HER-11: what is there is read")
{
	for (unsigned declared = 0; declared < 4; declared++) {
		struct smf_bytes b = {0};
		smf_head(&b, 1, declared, 96);
		for (unsigned i = 0; i < 2; i++) {
			smf_begin(&b, "MTrk");
			SMF_PUT(&b, NOTE_ON_OFF, END);
			smf_end(&b);
		}
		expect(&b, "track\n" NOTE_TEXT "end 96\ntrack\n" NOTE_TEXT "end 96\n", declared != 2);
		if (declared != 2)
			expect_warning(&b, 10, "2 are there");
	}
}

Test(score_smf_read, bytes_between_chunks,
	.description = "HER-11: found again while a track is missing, else left")
{
	for (unsigned declared = 1; declared < 3; declared++) {
		struct smf_bytes b = {0};
		smf_head(&b, 1, declared, 96);
		for (unsigned i = 0; i < 2; i++) {
			smf_begin(&b, "MTrk");
			SMF_PUT(&b, NOTE_ON_OFF, END);
			smf_end(&b);
			SMF_PUT(&b, 0x00, 0x01, 0x02, 0x00, 0x01, 0x02, 0x00, 0x01, 0x02);
		}
		if (declared == 1)
			expect(&b, "track\n" NOTE_TEXT "end 96\n", 1);
		else
			expect(&b, "track\n" NOTE_TEXT "end 96\ntrack\n" NOTE_TEXT "end 96\n", 2);
		expect_warning(&b, 34, declared == 1 ? "after the last chunk" : "between two chunks");
	}
}

Test(score_smf_read, truncated_last_marker,
	.description = "HER-11: \"MTrk\" as the last four bytes is no track")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 2, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, NOTE_ON_OFF, END);
	smf_end(&b);
	smf_put(&b, "\1MTrk", 5);
	expect(&b, "track\n" NOTE_TEXT "end 96\n", 2);
}

Test(score_smf_read, running_status_over_meta,
	.description = "HER-11: the old status goes on, said once a track")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x00, 0xff, 0x01, 0x01, 0x41, 0x10, 0x3c, 0x00, 0x00, 0xf0, 0x01,
		0xf7, 0x00, 0x3e, 0x40, END);
	smf_end(&b);
	expect(&b, "track\n0 90 3c 40\n0 ff 01 00:41\n16 90 3c 00\n16 f0 00 00:f7\n16 90 3e 40\nend 16\n", 1);
	expect_warning(&b, 32, "running status");
}

Test(score_smf_read, high_data_bytes, .description = "HER-11: a data byte over 127 is read as 127")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0xf0, 0x60, 0x90, 0x3c, 0x00, 0x00, 0xc0, 0x80, END);
	smf_end(&b);
	expect(&b, "track\n0 90 3c 7f\n96 90 3c 00\n96 c0 7f 00\nend 96\n", 1);
	expect_warning(&b, 25, "2 data bytes over 127");
}

Test(score_smf_read, system_messages,
	.description = "HER-11: F1..FE are skipped with their data, and time goes on")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x01, 0xf1, 0x7f, 0x01, 0xf2, 0x7f, 0x7f, 0x01, 0xf3, 0x7f, 0x01,
		0xf4, 0x01, 0xf5, 0x01, 0xf6, 0x01, 0xf8, 0x01, 0xfe, 0x01, 0x80, 0x3c, 0x00, END);
	smf_end(&b);
	expect(&b, "track\n0 90 3c 40\n9 80 3c 00\nend 9\n", 1);
	expect_warning(&b, 27, "8 system messages");
}

Test(score_smf_read, damaged_track,
	.description = "HER-11: what came before the damage and the other tracks live")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 2, 96);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, NOTE_ON_OFF, 0x81, 0x81, 0x81, 0x81, 0x01, 0x90, 0x3c, 0x40, END);
	smf_end(&b);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, NOTE_ON_OFF, END);
	smf_end(&b);
	expect(&b, "track\n" NOTE_TEXT "end 96\ntrack\n" NOTE_TEXT "end 96\n", 1);
	expect_warning(&b, 30, "longer than 4 bytes; 12 bytes of the track are lost");
}

Test(score_smf_read, refusals, .description = "HER-11: place and reason of each refusal")
{
	struct smf_bytes b = {0};
	expect_refusal(&b, 0, "empty");
	smf_put(&b, "<html>this is no music</html>", 29);
	expect_refusal(&b, 0, "not a Standard MIDI File");

	b.size = 0;
	smf_head(&b, 0, 1, 96);
	for (b.size = 13; b.size >= 4; b.size--)
		expect_refusal(&b, 0, "cut off");

	b.size = 0;
	smf_head(&b, 0, 1, 0);
	expect_refusal(&b, 12, "0 ticks a quarter");
	b.size = 0;
	smf_head(&b, 0, 1, 0xe700);
	expect_refusal(&b, 12, "0 ticks a frame");
	b.size = 0;
	smf_head(&b, 0, 3, 96);
	expect_refusal(&b, 14, "though the header declares 3");

	b = one_track();
	SMF_PUT(&b, 0x00, 0x3c, 0x40, END);
	smf_end(&b);
	expect_refusal(&b, 23, "data byte");
}

Test(score_smf_read, every_truncation,
	.description = "HER-11: a file cut anywhere is read as far as it goes or refused")
{
	struct smf_bytes whole = {0};
	smf_head(&whole, 1, 2, 96);
	for (unsigned i = 0; i < 2; i++) {
		smf_begin(&whole, "MTrk");
		SMF_PUT(&whole, 0x00, 0xff, 0x03, 0x02, 0x41, 0x42, NOTE_ON_OFF, 0x00, 0xf0, 0x02, 0x01, 0xf7,
			END);
		smf_end(&whole);
	}
	for (size_t size = 0; size < whole.size; size++) {
		struct smf_bytes b = whole;
		static struct seen s;
		static struct score_report report;
		report = (struct score_report){0};
		s = (struct seen){0};
		b.size = size;
		const int rc = read_it(&b, &s, &report);
		if (rc < 0)
			cr_expect_leq(error_byte(&report), size, "cut at %zu", size);
		else
			cr_expect_gt(report.n_warnings, 0, "cut at %zu: no warning", size);
	}
}

Test(score_smf_read, sink_ends_it, .description = "the sink's failure is returned at once")
{
	struct smf_bytes b = one_track();
	SMF_PUT(&b, NOTE_ON_OFF, NOTE_ON_OFF, END);
	smf_end(&b);
	static struct seen s = {.stop_after = 3};
	static struct score_report report;
	report = (struct score_report){0};
	cr_expect_eq(read_it(&b, &s, &report), -ECANCELED);
	cr_expect_str_eq(s.text, "track\n" NOTE_TEXT "96 90 3c 40\n");
}

Test(score_smf_read, warnings_are_bounded, .description = "HER-11: 100 are kept, the others counted")
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 150, 96);
	for (unsigned i = 0; i < 150; i++) {
		smf_begin(&b, "MTrk");
		SMF_PUT(&b, NOTE_ON_OFF);
		smf_end(&b);
	}
	static struct seen s;
	static struct score_report report;
	report = (struct score_report){0};
	cr_assert_eq(read_it(&b, &s, &report), 0);
	cr_expect_eq(report.n_warnings, 150);
	cr_expect_str_eq(report.warning[SCORE_MAX_ISSUES - 1].code, "IMPORT_PARSE_001");
}
