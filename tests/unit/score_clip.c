/* SPDX-License-Identifier: MIT */
/* MIDI clip files: messages, flex data, order of packets, and back (FMT-03, FMT-11, HER-11). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/format.h>

#include "score_report_place.h"

static struct score_report report;

struct clip {
	uint8_t bytes[4096];
	size_t n;
};

static void put(struct clip *c, const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int shift = 24; shift >= 0; shift -= 8)
			c->bytes[c->n++] = (uint8_t)(words[i] >> shift);
}

#define PUT(c, ...)                                                                                          \
	put(c, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define START 0x00400000, 0xf0200000, 0, 0, 0
#define END 0xf0210000, 0, 0, 0
#define DELTA(ticks) (0x00400000 | (ticks))

static struct clip begin(void)
{
	struct clip c = {.n = 8};
	memcpy(c.bytes, "SMF2CLIP", 8);
	PUT(&c, 0x00400000, 0x003000f0); /* 240 a quarter */
	return c;
}

static int try_import(const uint8_t *bytes, size_t n, struct score **ret)
{
	struct nvx_draft draft;
	report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	int rc = clip_import(bytes, n, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, ret);
	nvx_draft_finish(&draft);
	return rc;
}

static struct score *import(const struct clip *c)
{
	struct score *score = NULL;
	cr_assert_eq(try_import(c->bytes, c->n, &score), 0, "%s: %s", report.error[0].where,
		report.error[0].reason);
	return score;
}

/** Written and read again it is the same. */
static void expect_round_trip(const struct score *score)
{
	struct score_bytes out;
	struct score *again = NULL;
	score_bytes_init(&out, &score_heap);
	report = (struct score_report){0};
	cr_assert_eq(clip_export(score, &out, &report), 0);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	cr_assert_eq(try_import(out.data, out.n, &again), 0, "%s", report.error[0].reason);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	cr_expect(score_same_state(score, again));
	score_unref(again);
	score_bytes_finish(&out);
}

Test(score_clip, midi2_messages,
	.description = "FMT-03: 16 bits of velocity, pitch beside the key, parameters, banks; more bits stay "
		       "as they are")
{
	struct clip c = begin();
	PUT(&c, START, DELTA(0), 0x41c20001, 0x05000102);
	PUT(&c, DELTA(0), 0x41b24000, 0xffffffff, DELTA(0), 0x41b20100, 0x12345678);
	PUT(&c, DELTA(0), 0x41e20000, 0x80000000, DELTA(0), 0x41220001, 0x80000000, DELTA(0), 0x41320102,
		0x00040000);
	PUT(&c, DELTA(0), 0x41d20000, 0, DELTA(0), 0x41a23c00, 0x80000000, DELTA(0), 0x41623c00, 0x80000001);
	PUT(&c, DELTA(240), 0x41923c03, 0x80007900, DELTA(0), 0x41924000, 0x12340000, DELTA(240), 0x41823c00,
		0x80000000);
	PUT(&c, DELTA(0), 0x41824000, 0x80000000, DELTA(0), END);
	struct score *s = import(&c);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	cr_assert_eq(s->n_parts, 1);
	const struct nvx_part *part = &s->part[0]->part;
	cr_expect_eq(part->midi_port, 1);
	cr_expect_eq(part->midi_channel, 2);
	cr_expect_eq(part->midi_program, 5);
	cr_expect_eq(part->midi_bank, 1 << 7 | 2);
	static const struct {
		uint8_t kind;
		uint16_t number;
		int16_t value;
	} want[] = {{NVX_CONTROL_CC, 64, 127}, {NVX_CONTROL_UMP, 0, 0}, {NVX_CONTROL_BEND, 0, 0},
		{NVX_CONTROL_RPN, 1, 8192}, {NVX_CONTROL_NRPN, 1 << 7 | 2, 1}, {NVX_CONTROL_PRESSURE, 0, 0},
		{NVX_CONTROL_POLY_PRESSURE, 0, 64}, {NVX_CONTROL_UMP, 0, 0}};
	cr_assert_eq(s->part[0]->control.n, 8, "%u", s->part[0]->control.n);
	for (uint32_t i = 0; i < 8; i++) {
		const struct nvx_control *control = score_part_control(s->part[0], i);
		cr_expect_eq(control->kind, want[i].kind, "%u: kind %u", i, control->kind);
		if (want[i].number)
			cr_expect_eq(control->number, want[i].number, "%u: %u", i, control->number);
		cr_expect_eq(control->value, want[i].value, "%u: %d", i, control->value);
	}
	cr_assert_eq(s->part[0]->note.n, 2);
	const struct nvx_note *low = score_part_note(s->part[0], 0), *high = score_part_note(s->part[0], 1);
	cr_expect_eq(low->tick, 960);
	cr_expect_eq(low->duration_ticks, 960);
	cr_expect_eq(low->velocity, 64);
	cr_expect_eq(low->velocity16, 0, "no more than 7 bits say");
	cr_expect_eq(low->cents_1e3, 50000, "%d", low->cents_1e3);
	cr_expect_eq(high->velocity, 9);
	cr_expect_eq(high->velocity16, 0x1234);
	expect_round_trip(s);
	score_unref(s);
}

Test(score_clip, flex_data,
	.description = "FMT-03: tempo, meter, key in any mode, chords with their lengths, texts")
{
	struct clip c = begin();
	PUT(&c, DELTA(0), 0xd0100102, 0x536f6e67, 0, 0); /* composition: Song */
	PUT(&c, DELTA(0), 0xd0100103, 0x436c6970, 0, 0, DELTA(0), 0xd0100105, 0x4d650000, 0, 0);
	PUT(&c, DELTA(0), 0xd0000103, 0x50696175, 0, 0); /* channel 1 is called so */
	PUT(&c, START, DELTA(0), 0xd0100000, 60000000, 0, 0, DELTA(0), 0xd0100001, 0x06030800, 0, 0);
	PUT(&c, DELTA(0), 0xd0100005, 0xf4000000, 0, 0);          /* a flat, D: minor */
	PUT(&c, DELTA(0), 0xd0100006, 0x04090000, 0, 0x80000000); /* Dm7 */
	PUT(&c, DELTA(0), 0x20903c40, DELTA(0), 0xd0100201, 0x53756e00, 0, 0, DELTA(240), 0x20803c40);
	PUT(&c, DELTA(0), 0x20903c40, DELTA(0), 0xd0100201, 0x64617920, 0, 0, DELTA(240), 0x20803c40);
	PUT(&c, DELTA(0), 0xd0100006, 0x070d4900, 0, 0x12000000); /* G7(b9) over B sharp */
	PUT(&c, DELTA(240), 0xd0100006, 0, 0, 0, DELTA(0), 0xd0100200, 0x476f0000, 0, 0);
	PUT(&c, DELTA(240), 0xd0100002, 0x18000000, 0, 0, DELTA(0), END);
	struct score *s = import(&c);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	cr_expect_str_eq(score_text(s, s->globals.metadata.title), "Song");
	cr_expect_str_eq(score_text(s, s->globals.metadata.composer), "Me");
	cr_expect_str_eq(score_text(s, s->part[0]->part.name), "Piau");
	cr_expect_eq(score_tempo(s, 0)->ns_per_quarter, 600000000);
	cr_expect_eq(score_meter(s, 0)->num, 6);
	cr_expect_eq(score_meter(s, 0)->den, 8);
	cr_expect_eq(score_key(s, 0)->fifths, -1);
	cr_expect_eq(score_key(s, 0)->step, 1);
	cr_expect_eq(score_key(s, 0)->mode, NVX_MODE_MINOR);
	cr_assert_eq(score_n_chord(s), 2);
	cr_expect_str_eq(score_text(s, score_chord(s, 0)->symbol), "Dm7");
	cr_expect_eq(score_chord(s, 0)->e.duration_ticks, 1920);
	cr_expect_str_eq(score_text(s, score_chord(s, 1)->symbol), "G7b9/B#", "%s",
		score_text(s, score_chord(s, 1)->symbol));
	cr_expect_eq(score_chord(s, 1)->e.duration_ticks, 960);
	cr_assert_eq(score_n_lyric(s), 2);
	cr_expect_eq(score_lyric(s, 0)->syllabic, NVX_SYLLABIC_BEGIN);
	cr_expect_eq(score_lyric(s, 1)->syllabic, NVX_SYLLABIC_END);
	cr_assert_eq(score_n_marker(s), 2);
	cr_expect_str_eq(score_text(s, score_marker(s, 0)->label), "Clip");
	cr_expect_str_eq(score_text(s, score_marker(s, 1)->label), "Go");
	cr_assert_eq(s->part[0]->control.n, 1, "the metronome stays as it is");
	expect_round_trip(s);
	score_unref(s);
}

Test(score_clip, every_chord_type,
	.description = "FMT-11: each type of chord and each alteration is written as it was read, or left "
		       "out and told")
{
	unsigned n = 0;
	for (uint32_t type = 1; type < 0x1c; type++)
		for (uint32_t alteration = 0; alteration < 256; alteration++) {
			struct clip c = begin();
			struct score *s = NULL;
			PUT(&c, START, DELTA(0), 0xd0100006, 0xf5000000 | type << 16 | alteration << 8, 0,
				0x80000000);
			PUT(&c, DELTA(960), END);
			cr_assert_eq(try_import(c.bytes, c.n, &s), 0);
			cr_expect_eq(score_n_chord(s) + report.n_warnings, 1, "%x %x", type, alteration);
			n += score_n_chord(s);
			expect_round_trip(s);
			score_unref(s);
		}
	cr_expect_gt(n, 27 * 16, "%u", n);
}

Test(score_clip, every_key, .description = "FMT-11: each signature in each mode")
{
	unsigned n = 0;
	for (int fifths = -7; fifths <= 7; fifths++)
		for (uint32_t note = 0; note <= 7; note++) {
			struct clip c = begin();
			struct score *s = NULL;
			PUT(&c, START, DELTA(0), 0xd0100005, ((uint32_t)fifths & 15) << 28 | note << 24, 0,
				0);
			PUT(&c, DELTA(960), END);
			cr_assert_eq(try_import(c.bytes, c.n, &s), 0);
			cr_expect_eq(report.n_warnings, 0);
			cr_expect_eq(score_key(s, 0)->fifths, fifths);
			cr_expect_eq(score_key(s, 0)->fifths_given, 0);
			expect_round_trip(s);
			score_unref(s);
			n++;
		}
	cr_expect_eq(n, 15 * 8);
}

Test(score_clip, long_texts_and_sysex,
	.description = "FMT-03: messages of several packets, in groups of their own")
{
	struct clip c = begin();
	PUT(&c, START, DELTA(0), 0xd0500100, 0x41424344, 0x45464748, 0x494a4b4c);
	PUT(&c, DELTA(0), 0xd1500100, 0x61626364, 0x65666768, 0x696a6b6c);
	PUT(&c, DELTA(0), 0xd0d00100, 0x4d4e0000, 0, 0, DELTA(0), 0xd1d00100, 0x6d6e0000, 0, 0);
	PUT(&c, DELTA(0), 0x30160102, 0x03040506, DELTA(0), 0x31160708, 0x090a0b0c);
	PUT(&c, DELTA(0), 0x30310700, 0, DELTA(240), 0x31310d00, 0);
	PUT(&c, DELTA(0), 0x50041234, 0x01020300, 0, 0, DELTA(0), END);
	struct score *s = import(&c);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
	cr_assert_eq(score_n_marker(s), 2);
	cr_expect_str_eq(score_text(s, score_marker(s, 0)->label), "ABCDEFGHIJKLMN");
	cr_expect_str_eq(score_text(s, score_marker(s, 1)->label), "abcdefghijklmn");
	cr_assert_eq(s->n_parts, 2);
	cr_expect_eq(s->part[0]->part.midi_channel, NVX_NO_U8);
	cr_expect_eq(s->part[1]->part.midi_port, 1);
	uint32_t n;
	const uint8_t *bytes = nvx_items(s->pool, score_part_control(s->part[0], 0)->data, &n);
	cr_assert_eq(n, 7);
	cr_expect_eq(memcmp(bytes, "\1\2\3\4\5\6\7", 7), 0);
	cr_assert_eq(s->part[1]->control.n, 2, "at two times: in packets");
	expect_round_trip(s);
	score_unref(s);
}

Test(score_clip, repairs_and_refusals, .description = "HER-11: what is told, and where")
{
	struct score *s = NULL;
	cr_expect_eq(try_import((const uint8_t *)"SMF2CLI", 7, &s), -EINVAL);
	cr_expect_eq(error_byte(&report), 0);
	struct clip c = {.n = 8};
	memcpy(c.bytes, "SMF2CLIP", 8);
	PUT(&c, START, DELTA(0), 0x10f80000, DELTA(0), 0xd0100000, 0, 0, 0, DELTA(0), 0x40900000, 0x00010000,
		DELTA(10), 0x40800000, 0x00010000, DELTA(0), 0x40913c01, 0x80000001, DELTA(0), 0x60000000);
	c.n += 2;
	s = import(&c);
	static const char *const parts[] = {"system messages", "tempo of 0", "velocities below",
		"release velocities", "note attributes", "without an end", "has no end", "not given",
		"reserved"};
	for (unsigned i = 0; i < 9; i++)
		cr_expect(has_warning(&report, parts[i]), "%s", parts[i]);
	score_unref(s);
	for (size_t n = 8; n < c.n; n++) {
		cr_assert_eq(try_import(c.bytes, n, &s), 0, "cut at %zu", n);
		cr_expect_gt(report.n_warnings, 0, "cut at %zu", n);
		score_unref(s);
	}
}
