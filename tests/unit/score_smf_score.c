/* SPDX-License-Identifier: MIT */
/* From file to score: ticks, notes, maps, what is refused (FMT-03, HER-11, TIM-07). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include "score_smf.h"

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
