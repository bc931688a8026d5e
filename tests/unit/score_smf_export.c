/* SPDX-License-Identifier: MIT */
/* From score to Standard MIDI File: what stands in the bytes, what is lost (FMT-03, FMT-10, FMT-11). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/format.h>

#include "score_report_place.h"
#include "smf_read.h"

static struct score_report report;
static struct nvx_draft draft;

static void begin(void)
{
	report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
}

static struct score *finish(void)
{
	struct score *score = NULL;
	const int rc = nvx_finish(&draft, "Test", &score);
	nvx_draft_finish(&draft);
	cr_assert_eq(rc, 0, "%s: %s", report.error[0].where, report.error[0].reason);
	return score;
}

static uint32_t add_part(const char *name, unsigned channel)
{
	const uint32_t part = nvx_add_part(&draft);
	nvx_draft_part(&draft, part)->name = nvx_text(&draft, name, strlen(name));
	nvx_draft_part(&draft, part)->midi_channel = (uint8_t)channel;
	return part;
}

static struct nvx_note *add_note(uint32_t part, int64_t tick, uint32_t ticks, unsigned pitch)
{
	struct nvx_note *note = nvx_add_note(&draft, part);
	note->tick = tick;
	note->duration_ticks = ticks;
	note->pitch = (uint8_t)pitch;
	return note;
}

static struct nvx_control *add_control(
	uint32_t part, int64_t tick, enum nvx_control_kind kind, unsigned number, int value)
{
	struct nvx_control *control = nvx_add_control(&draft, part);
	control->tick = tick;
	control->kind = (uint8_t)kind;
	control->number = (uint16_t)number;
	control->value = (int16_t)value;
	return control;
}

/** The file in words: "track", then a line an event. */
struct words {
	char text[16384];
	size_t len;
};

static void say(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct words *w, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	w->len += (size_t)vsnprintf(w->text + w->len, sizeof(w->text) - w->len, fmt, args);
	va_end(args);
	cr_assert_lt(w->len, sizeof(w->text));
}

static int on_header(void *ctx, const struct smf_header *header)
{
	cr_expect_eq(header->declared_format, 1);
	cr_expect_eq(header->ticks_per_quarter, 960);
	return 0;
}

static int on_track(void *ctx, uint32_t track, uint64_t at)
{
	say(ctx, "track\n");
	return 0;
}

static int on_event(void *ctx, const struct smf_event *ev)
{
	say(ctx, "%lu %02x", (unsigned long)ev->tick, ev->status);
	if (ev->status == 0xff && ev->data[0] < 0x10)
		say(ctx, " %02x %.*s", ev->data[0], (int)ev->payload_bytes, (const char *)ev->payload);
	else if (ev->status >= 0xf0) {
		if (ev->status == 0xff)
			say(ctx, " %02x", ev->data[0]);
		for (uint32_t i = 0; i < ev->payload_bytes; i++)
			say(ctx, " %02x", ev->payload[i]);
	} else {
		say(ctx, " %02x %02x", ev->data[0], ev->data[1]);
	}
	say(ctx, "\n");
	return 0;
}

static int on_end(void *ctx, uint64_t at, uint64_t tick)
{
	say(ctx, "end %lu\n", (unsigned long)tick);
	return 0;
}

static struct score_bytes export_score(struct score *score)
{
	struct score_bytes out;
	report = (struct score_report){0};
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(smf_export(score, &out, &report), 0, "%s", report.error[0].reason);
	score_unref(score);
	return out;
}

static const char *written(struct score *score)
{
	static struct words w;
	static struct score_report reading;
	struct score_bytes out = export_score(score);
	const struct smf_sink sink = {&w, on_header, on_track, on_event, on_end};
	w.len = 0;
	reading = (struct score_report){0};
	cr_assert_eq(smf_read(out.data, out.n, &sink, &reading), 0);
	cr_expect_eq(reading.n_warnings, 0, "%s", reading.warning[0].reason);
	score_bytes_finish(&out);
	return w.text;
}

#define SONG "track\n0 ff 03 Test\n"
#define MAPS "0 ff 51 07 a1 20\n0 ff 58 04 02 18 08\n"

Test(score_smf_export, one_part, .description = "FMT-03: a track of the song, then one a part")
{
	begin();
	const uint32_t part = add_part("Piano", 2);
	nvx_draft_part(&draft, part)->midi_program = 5;
	nvx_draft_part(&draft, part)->midi_bank = 130;
	add_note(part, 960, 480, 60)->velocity = 80;
	add_note(part, 1440, 480, 60)->release_velocity = 3;
	add_control(part, 1440, NVX_CONTROL_CC, 64, 127);
	add_control(part, 1440, NVX_CONTROL_BEND, 0, -8192);
	struct score *score = finish();
	const char *got = written(score);
	cr_expect_str_eq(got,
		SONG MAPS
		"end 3840\ntrack\n0 ff 03 Piano\n0 b2 00 01\n0 b2 20 02\n0 c2 05 00\n960 92 3c 50\n"
		"1440 82 3c 40\n1440 b2 40 7f\n1440 e2 00 00\n1440 92 3c 64\n1920 82 3c 03\nend 3840\n",
		"%s", got);
	cr_expect_eq(report.n_warnings, 0);
}

Test(score_smf_export, channels,
	.description = "FMT-03: parts without a channel take the next that is free, drums the tenth, then "
		       "the next port")
{
	begin();
	for (unsigned i = 0; i < 17; i++)
		(void)add_part("x", NVX_NO_U8);
	nvx_draft_part(&draft, 3)->role = NVX_ROLE_DRUMS;
	nvx_draft_part(&draft, 4)->midi_channel = 0;
	struct score *score = finish();
	const char *got = written(score);
	cr_expect(
		strstr(got, "track\n0 ff 03 x\n0 ff 21 00\n0 c1 00 00\n") != NULL, "the first has channel 2");
	cr_expect(strstr(got, "0 c9 00 00\n") != NULL, "drums");
	cr_expect(strstr(got, "0 ff 21 00\n0 c0 00 00\n") != NULL);
	cr_expect(strstr(got, "0 c8 00 00\n") != NULL);
	cr_expect(strstr(got, "0 cf 00 00\n") != NULL);
	cr_expect(strstr(got, "0 ff 21 01\n0 c0 00 00\n") != NULL, "%s", got);
	cr_expect_eq(report.n_warnings, 0);
}

Test(score_smf_export, parameters,
	.description = "FMT-03: RPN and NRPN become four controllers, in their order")
{
	begin();
	const uint32_t part = add_part("Piano", 0);
	add_control(part, 0, NVX_CONTROL_RPN, 0, 12 << 7);
	add_control(part, 960, NVX_CONTROL_NRPN, 1 << 7 | 8, 64 << 7 | 1);
	struct score *score = finish();
	const char *got = written(score);
	cr_expect(strstr(got, "0 b0 65 00\n0 b0 64 00\n0 b0 06 0c\n0 b0 26 00\n960 b0 63 01\n960 b0 62 "
			      "08\n960 b0 06 40\n"
			      "960 b0 26 01\n") != NULL,
		"%s", got);
}

Test(score_smf_export, linear_tempo,
	.description =
		"FMT-03: a linear tempo in steps: right at its end to a microsecond, and 0.1 ms in between")
{
	begin();
	const uint32_t part = add_part("Piano", 0);
	add_note(part, 0, 3840, 60);
	struct nvx_tempo *tempo = nvx_add_tempo(&draft);
	tempo->ns_per_quarter = 500000000;
	tempo->curve = NVX_CURVE_LINEAR;
	tempo = nvx_add_tempo(&draft);
	tempo->tick = 3840;
	tempo->ns_per_quarter = 1000000000;
	struct score_bytes out = export_score(finish());
	struct nvx_draft again;
	static struct score_report reading;
	cr_assert_eq(nvx_draft_init(&again, &score_heap, &reading), 0);
	cr_assert_eq(smf_import(out.data, out.n, &again), 0);
	double elapsed = 0, worst = 0;
	cr_assert_gt(again.n_tempo, 10);
	/* the first is the importer's own default */
	for (size_t i = 1; i < again.n_tempo; i++) {
		const struct nvx_tempo *t = &again.tempo[i];
		const int64_t end = i + 1 < again.n_tempo ? again.tempo[i + 1].tick : t->tick;
		for (int64_t tick = t->tick; tick <= end; tick++) {
			const double x = (double)tick / 3840;
			const double want = (0.5 * x + 0.25 * x * x) * 4;
			const double got =
				elapsed + (double)(tick - t->tick) / 960 * (double)t->ns_per_quarter / 1e9;
			const double error = got > want ? got - want : want - got;
			worst = error > worst ? error : worst;
		}
		elapsed += (double)(end - t->tick) / 960 * (double)t->ns_per_quarter / 1e9;
	}
	cr_expect_float_eq(elapsed, 3.0, 1e-6, "%.9f", elapsed);
	cr_expect_lt(worst, 101e-6, "%.9f", worst);
	nvx_draft_finish(&again);
	score_bytes_finish(&out);
}

Test(score_smf_export, repeats_are_played,
	.description =
		"FMT-11: repeats are played out, each verse in its turn; an upbeat has a meter of its own")
{
	begin();
	const uint32_t part = add_part("Voice", 0);
	struct nvx_measure *measure = nvx_add_measure(&draft);
	measure->duration_ticks = 960;
	measure->irregular = NVX_IRREGULAR_PICKUP;
	measure = nvx_add_measure(&draft);
	measure->repeat_start = 1;
	measure->repeat_end = 2;
	add_note(part, 960, 960, 60);
	const nvx_id note = draft.part[part].note[0].id;
	for (uint8_t verse = 1; verse <= 2; verse++) {
		struct nvx_lyric *lyric = nvx_add_lyric(&draft);
		lyric->e.note_id = note;
		lyric->e.tick = 960;
		lyric->text = nvx_text(&draft, verse == 1 ? "one" : "two", 3);
		lyric->verse = verse;
	}
	struct score *score = finish();
	const char *got = written(score);
	cr_expect_str_eq(got,
		SONG "0 ff 51 07 a1 20\n0 ff 58 01 02 18 08\n960 ff 58 04 02 18 08\nend 8640\n"
		     "track\n0 ff 03 Voice\n0 c0 00 00\n960 ff 05 one \n960 90 3c 64\n1920 80 3c 40\n4800 ff "
		     "05 two \n"
		     "4800 90 3c 64\n5760 80 3c 40\nend 8640\n",
		"%s", got);
	cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
}

Test(score_smf_export, words_of_parts,
	.description = "FMT-03: a syllable stands in its part's track, a marker in the song's")
{
	static const char *const syllables[] = {"la", "lo"};
	begin();
	for (unsigned i = 0; i < 2; i++) {
		const uint32_t part = add_part(i ? "Low" : "High", i);
		add_note(part, 960, 960, 60 - i);
		struct nvx_lyric *lyric = nvx_add_lyric(&draft);
		lyric->e.part_id = nvx_draft_part(&draft, part)->id;
		lyric->e.note_id = draft.part[part].note[0].id;
		lyric->e.tick = 960;
		lyric->text = nvx_text(&draft, syllables[i], 2);
		lyric->verse = 1;
	}
	struct nvx_marker_element *marker = nvx_add_marker(&draft);
	marker->e.kind = NVX_MARKER_REHEARSAL;
	marker->e.tick = 960;
	marker->label = nvx_text(&draft, "A", 1);
	struct score *score = finish();
	const char *got = written(score);
	cr_expect_str_eq(got,
		SONG "0 ff 51 07 a1 20\n0 ff 58 04 02 18 08\n960 ff 06 A\nend 3840\n"
		     "track\n0 ff 03 High\n0 c0 00 00\n960 ff 05 la \n960 90 3c 64\n1920 80 3c 40\nend 3840\n"
		     "track\n0 ff 03 Low\n0 c1 00 00\n960 ff 05 lo \n960 91 3b 64\n1920 81 3b 40\nend 3840\n",
		"%s", got);
}

Test(score_smf_export, all_parts_have_one_limit,
	.description =
		"HER-11: repeats that play more than anybody has room for are refused, whichever part it is")
{
	struct score_bytes out;
	begin();
	struct nvx_measure *measure = nvx_add_measure(&draft);
	measure->duration_ticks = 3840;
	for (unsigned i = 0; i < 120; i++)
		*nvx_add_order(&draft) = (struct nvx_order){0, 0};
	for (unsigned i = 0; i < 2; i++) {
		const uint32_t part = add_part(i ? "Low" : "High", i);
		for (unsigned n = 0; n < 20000; n++)
			add_note(part, n / 100 * 19, 1, n % 100);
	}
	struct score *score = finish();
	score_bytes_init(&out, &score_heap);
	cr_expect_eq(smf_export(score, &out, &report), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.limit.events");
	cr_expect_eq(out.n, 0);
	score_bytes_finish(&out);
	score_unref(score);
}

Test(score_smf_export, losses_are_told,
	.description = "FMT-10: EXPORT_TECHNIQUE_LOSS_011 for what the format cannot say")
{
	begin();
	const uint32_t part = add_part("Piano", 0);
	add_note(part, 0, 1920, 60);
	add_note(part, 480, 480, 60);
	add_note(part, 960, 480, 62)->muted = 1;
	add_note(part, 960, 480, 64)->cents_1e3 = 50000;
	add_note(part, 960, 480, 65)->offset_us = 1000;
	struct nvx_key *key = nvx_add_key(&draft);
	nvx_set_key(key, 0, 0);
	key->step = 1;
	key->mode = NVX_MODE_DORIAN;
	struct nvx_chord *chord = nvx_add_chord(&draft);
	chord->e.duration_ticks = 960;
	chord->symbol = nvx_text(&draft, "Dm7", 3);
	struct score *score = finish();
	const char *got = written(score);
	cr_expect(strstr(got, "0 ff 01 Dm7\n") != NULL, "%s", got);
	static const char *const parts[] = {"1 notes of one key", "1 muted", "1 notes beside", "1 expressive",
		"1 chord symbols", "1 keys"};
	for (unsigned i = 0; i < 6; i++)
		cr_expect(has_warning(&report, parts[i]), "%s", parts[i]);
	cr_expect_eq(report.n_warnings, 6, "%u", report.n_warnings);
	for (unsigned i = 0; i < 6; i++)
		cr_expect_str_eq(report.warning[i].code, "EXPORT_TECHNIQUE_LOSS_011");
}

Test(score_smf_export, long_silence, .description = "FMT-03: more ticks than a delta time holds are bridged")
{
	begin();
	const uint32_t part = add_part("Piano", 0);
	add_note(part, 0, 300000000, 60);
	struct score *score = finish();
	const char *got = written(score);
	cr_expect(strstr(got, "268435455 ff 01 \n300000000 80 3c 40\n") != NULL, "%s", got);
}

static size_t budget_left;

static void *spend(void *ctx, void *ptr, size_t size)
{
	if (size && budget_left == 0)
		return NULL;
	budget_left -= size != 0;
	return score_heap.resize(score_heap.ctx, ptr, size);
}

Test(score_smf_export, every_allocation_fails,
	.description = "HER-11: out of memory is an answer, at each step")
{
	begin();
	const uint32_t part = add_part("Piano", 0);
	add_note(part, 0, 960, 60);
	add_control(part, 0, NVX_CONTROL_CC, 7, 100);
	struct score *score = finish();
	const struct score_alloc alloc = {.resize = spend};
	int rc = -ENOMEM;
	for (size_t n = 0; rc == -ENOMEM && n < 1000; n++) {
		struct score_bytes out;
		budget_left = n;
		score_bytes_init(&out, &alloc);
		rc = smf_export(score, &out, &report);
		budget_left = SIZE_MAX;
		score_bytes_finish(&out);
	}
	cr_expect_eq(rc, 0);
	score_unref(score);
}
