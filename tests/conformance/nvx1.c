/* SPDX-License-Identifier: MIT */
/*
 * Older shapes of scores (nvx1.md 9) and a Hermes timeline: each file of nvx1/ is a small document of ours,
 * and beside it stands what it becomes, byte for byte. MOS_UPDATE=1 writes what it becomes now.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>
#include <score/nvx_json.h>

#define FOLDER MOS_SOURCE_ROOT "/tests/conformance/nvx1/"

static struct score_report report;

struct text {
	char *data; /**< free() */
	size_t size;
};

static struct text read_text(const char *name, const char *suffix)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), FOLDER "%s%s", name, suffix);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s: %s", path, strerror(errno));
	struct text t = {.data = malloc(1u << 20)};
	cr_assert_not_null(t.data);
	t.size = fread(t.data, 1, (1u << 20) - 1, f);
	t.data[t.size] = 0;
	(void)fclose(f);
	return t;
}

static struct score *import(const void *bytes, size_t size)
{
	const struct score_import how = {.alloc = &score_heap};
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(score_import(bytes, size, &how, &report, &score, NULL), 0, "%s %s: %s",
		report.error[0].code, report.error[0].where, report.error[0].reason);
	return score;
}

/** The score as people read it, and what was told of it. */
static struct score_bytes whole(const struct score *score)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(nvx_write(score, NVX_PRETTY, &out), 0);
	return out;
}

static struct score_bytes told(void)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	score_bytes_printf(&out, "%s\n", report.dialect);
	for (uint32_t i = 0; i < report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		score_bytes_printf(&out, "%s %s: %s\n", report.warning[i].code, report.warning[i].where,
			report.warning[i].reason);
	return out;
}

static void expect_file(const struct score_bytes *is, const char *name, const char *suffix, const char *row)
{
	if (getenv("MOS_UPDATE")) {
		char path[4096];
		(void)snprintf(path, sizeof(path), FOLDER "%s%s", name, suffix);
		FILE *f = fopen(path, "wb");
		cr_assert_not_null(f);
		cr_assert_eq(fwrite(is->data, 1, is->n, f), is->n);
		(void)fclose(f);
	}
	struct text golden = read_text(name, suffix);
	size_t at = 0;
	while (at < is->n && at < golden.size && is->data[at] == (uint8_t)golden.data[at])
		at++;
	cr_expect(at == is->n && at == golden.size, "%s: %s%s differs at byte %zu: %.60s", row, name, suffix,
		at, at < is->n ? (const char *)is->data + at : "");
	free(golden.data);
}

static void check(const char *name, const char *dialect, const char *row)
{
	struct text from = read_text(name, ".json");
	struct score *score = import(from.data, from.size);
	cr_expect_str_eq(report.dialect, dialect, "%s", row);
	struct score_bytes is = whole(score), what = told();
	expect_file(&is, name, ".nvx1", row);
	expect_file(&what, name, ".told", row);
	/* What it became is a document of ours: the same again, without a word. */
	struct score *again = import(is.data, is.n);
	struct score_bytes same = whole(again);
	cr_expect(
		same.n == is.n && memcmp(same.data, is.data, is.n) == 0, "%s: %s migrated twice", row, name);
	for (uint32_t i = 0; i < report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		cr_expect_str_neq(report.warning[i].code, "nvx1.migrated", "%s: %s", row, name);
	score_bytes_finish(&is);
	score_bytes_finish(&what);
	score_bytes_finish(&same);
	score_unref(score);
	score_unref(again);
	free(from.data);
}

Test(nvx1, older,
	.description = "NVX-03 NVX-07: 1.0, 2.0 and each older dialect load; migrated bytes are golden")
{
	static const char *const dialects[][2] = {{"e1-1", "1.0.0"}, {"e1-2", "2.0.0"},
		{"tracks-1", "tracks-1"}, {"contract-1", "contract-1"}, {"canonical-1", "canonical-1"},
		{"ng-1", "ng-1"}, {"song-2", "song-2"}, {"store-3", "store-3"}};
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		check(dialects[i][0], dialects[i][1], "NVX-03");
}

Test(nvx1, timeline,
	.description = "HTL-01 FMT-06: a timeline in the original's form, and what a score keeps of it")
{
	check("timeline", "timeline 1.0", "FMT-06");
}

Test(nvx1, timeline_out, .description = "HTL-02 FMT-06: a score comes out as a timeline, byte for byte")
{
	struct text from = read_text("timeline", ".json");
	struct score *score = import(from.data, from.size);
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	cr_assert_eq(score_export(score, SCORE_FORMAT_TIMELINE, &out, &report), 0, "FMT-06");
	expect_file(&out, "timeline", ".out", "FMT-06");
	struct score *again = import(out.data, out.n);
	cr_expect(score_same_state(again, score), "FMT-06: the same score again");
	score_bytes_finish(&out);
	score_unref(score);
	score_unref(again);
	free(from.data);
}
