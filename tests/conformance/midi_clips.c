/* SPDX-License-Identifier: MIT */
/*
 * MIDI clip files (shared/corpora/midi2/clips) against what a walk over their words finds (expected.tsv, see
 * the README.md there): FMT-03, FMT-11, HER-11. Needs MOS_CORPORA, or ../shared/corpora beside the source;
 * skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <score/format.h>

static void corpus_path(const char *name, char *path, size_t size)
{
	const char *corpora = getenv("MOS_CORPORA");
	(void)snprintf(
		path, size, "%s/midi2/%s", corpora ? corpora : MOS_SOURCE_ROOT "/../shared/corpora", name);
}

static size_t read_file(const char *name, uint8_t *to, size_t size)
{
	char path[4096];
	corpus_path(name, path, sizeof(path));
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s: %s", path, strerror(errno));
	const size_t n = fread(to, 1, size, f);
	cr_assert_lt(n, size);
	fclose(f);
	return n;
}

static struct score_report report;

static int import(const uint8_t *bytes, size_t size, struct score **ret, int64_t *ret_end)
{
	struct nvx_draft draft;
	report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	int rc = clip_import(bytes, size, &draft);
	*ret_end = draft.end_tick;
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, ret);
	nvx_draft_finish(&draft);
	return rc;
}

static void check_round_trip(const char *file, const struct score *score)
{
	struct score_bytes out;
	struct score *again = NULL;
	int64_t end;
	score_bytes_init(&out, &score_heap);
	report = (struct score_report){0};
	cr_assert_eq(clip_export(score, &out, &report), 0, "%s: export", file);
	cr_expect_eq(report.n_warnings, 0, "%s: export: %s", file, report.warning[0].reason);
	cr_assert_eq(import(out.data, out.n, &again, &end), 0, "%s: read again: %s: %s", file,
		report.error[0].where, report.error[0].reason);
	cr_expect_eq(report.n_warnings, 0, "%s: read again: %s: %s", file, report.warning[0].where,
		report.warning[0].reason);
	cr_expect(score_same_state(score, again), "%s: another score when read again", file);
	score_unref(again);
	score_bytes_finish(&out);
}

/* Columns of expected.tsv that are looked at. */
enum column { FILE_NAME, BYTES, BLOB, MAGIC, WORDS, TRAILING, MESSAGES, BY_MT, DCTPQ, DELTA, NOTE_ON };

Test(midi_clips, FMT_03_corpus,
	.description =
		"FMT-03 FMT-11 HER-11: every clip has its notes, length and tempo, and is the same score "
		"when "
		"written again; what is no clip is refused with a place; packets out of order do no harm")
{
	static char table[65536];
	static uint8_t bytes[65536];
	char path[4096];
	unsigned n_passed = 0, n_refused = 0;
	corpus_path("expected.tsv", path, sizeof(path));
	if (access(path, R_OK) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", path);
	table[read_file("expected.tsv", (uint8_t *)table, sizeof(table))] = '\0';
	char *rest = table;
	(void)strsep(&rest, "\n");
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		char *cell[32];
		unsigned n_cells = 0;
		for (char *cells = line; cells && n_cells < 32;)
			cell[n_cells++] = strsep(&cells, "\t");
		cr_assert_gt(n_cells, NOTE_ON);
		const char *file = cell[FILE_NAME];
		const size_t size = read_file(file, bytes, sizeof(bytes));
		struct score *score = NULL;
		int64_t end;
		const int rc = import(bytes, size, &score, &end);
		if (strcmp(cell[MAGIC], "yes") != 0) {
			cr_expect_eq(rc, -EINVAL, "%s", file);
			cr_expect_str_eq(report.error[0].where, "byte 0", "%s", file);
			n_refused++;
			continue;
		}
		cr_assert_eq(rc, 0, "%s: %s: %s", file, report.error[0].where, report.error[0].reason);
		const long per_quarter = strtol(cell[DCTPQ], NULL, 10);
		if (per_quarter)
			cr_expect_eq(end, strtol(cell[DELTA], NULL, 10) * 960 / per_quarter,
				"%s: ends at %ld", file, (long)end);
		cr_expect_eq(score_n_notes(score), strtoul(cell[NOTE_ON], NULL, 10), "%s", file);
		int odd_order = 0;
		for (uint32_t i = 0; i < report.n_warnings; i++)
			odd_order |= strstr(report.warning[i].reason, "continue no message") != NULL;
		cr_expect_eq(odd_order, strstr(file, "out-of-order") != NULL, "%s", file);
		check_round_trip(file, score);
		score_unref(score);
		n_passed++;
	}
	printf("%-16s %7s %8s\n%-16s %7u %8u\n", "midi2/clips", "passed", "refused", "", n_passed, n_refused);
	cr_expect_gt(n_passed, 0);
}

Test(midi_clips, c_major_scale,
	.description = "FMT-03: eight quarters from C to C in group 2, in both protocols")
{
	static const uint8_t scale[] = {60, 62, 64, 65, 67, 69, 71, 72};
	static const char *const files[] = {"m1-g0", "m1-g1", "m2-g0", "m2-g1"};
	static uint8_t bytes[4096];
	char path[4096], name[64];
	corpus_path("expected.tsv", path, sizeof(path));
	if (access(path, R_OK) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", path);
	for (unsigned i = 0; i < 4; i++) {
		struct score *score = NULL;
		int64_t end;
		(void)snprintf(name, sizeof(name), "clips/test-c-major-scale-%s.midi2", files[i]);
		const size_t size = read_file(name, bytes, sizeof(bytes));
		cr_assert_eq(import(bytes, size, &score, &end), 0);
		cr_expect_eq(report.n_warnings, 0, "%s", report.warning[0].reason);
		cr_assert_eq(score->n_parts, 1);
		cr_expect_eq(score->part[0]->part.midi_port, i % 2);
		cr_assert_eq(score->part[0]->note.n, 8);
		for (uint32_t n = 0; n < 8; n++) {
			const struct nvx_note *note = score_part_note(score->part[0], n);
			cr_expect_eq(note->tick, 960 * n);
			cr_expect_eq(note->duration_ticks, 960);
			cr_expect_eq(note->pitch, scale[n]);
			cr_expect_eq(note->velocity, 127);
		}
		score_unref(score);
	}
}
