/* SPDX-License-Identifier: MIT */
/*
 * Every allocation on the way from a file to its timeline, and of an edit, is made to fail in turn
 * (style 2.14): the answer is -ENOMEM each time, nothing leaks, and the same works afterwards. Row HER-13.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/compile.h>
#include <score/format.h>
#include <score/nvx_json.h>

#include "smf_bytes.h"

#define END 0x00, 0xff, 0x2f, 0x00

/** Fails the allocation number `fail_at` (from 1; 0: none) and counts what is not given back. */
struct failing {
	struct score_alloc alloc;
	long n_calls;
	long fail_at;
	long live;
};

static void *failing_resize(void *ctx, void *ptr, size_t size_bytes)
{
	struct failing *f = ctx;
	if (size_bytes == 0) {
		f->live -= ptr != NULL;
		free(ptr);
		return NULL;
	}
	if (++f->n_calls == f->fail_at)
		return NULL;
	f->live += ptr == NULL;
	return realloc(ptr, size_bytes);
}

/** Everything a song can hold, and enough notes for arrays to grow. */
static struct smf_bytes everything(void)
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, 2, 480);
	for (uint8_t track = 0; track < 2; track++) {
		smf_begin(&b, "MTrk");
		for (uint8_t type = 1; type <= 7; type++)
			SMF_PUT(&b, 0x00, 0xff, type, 0x04, 't', 'e', 'x', 't');
		SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0x07, 0xa1, 0x20, 0x00, 0xff, 0x58, 0x04, 0x03, 0x02,
			0x18, 0x08);
		SMF_PUT(&b, 0x00, 0xff, 0x59, 0x02, 0x02, 0x00, 0x00, 0xf0, 0x05, 0x7e, 0x7f, 0x09, 0x01,
			0xf7);
		for (uint8_t key = 0; key < 100; key++)
			SMF_PUT(&b, 0x00, (uint8_t)(0xc0 | (key & 15)), key, 0x01,
				(uint8_t)(0x90 | (key & 15)), key, 0x40, 0x08, (uint8_t)(0x80 | (key & 15)),
				key, 0x40);
		SMF_PUT(&b, END);
		smf_end(&b);
	}
	return b;
}

static struct score_report report;

static int compile(struct failing *f, const struct score *score)
{
	struct score_compiler *compiler = score_compiler_new(&f->alloc);
	struct score_compiled compiled;

	if (!compiler)
		return -ENOMEM;
	const int rc = score_compile(compiler, score, &report, &compiled);
	score_compiler_free(compiler);
	return rc;
}

static int edit(struct failing *f, const struct score *score)
{
	static const char json[] =
		"[{\"op\":\"remove\",\"path\":\"/parts/p1/notes/n1\"},"
		"{\"op\":\"replace\",\"path\":\"/parts/p1/notes/n2\",\"value\":{\"id\":\"n2\","
		"\"tick\":480,\"durationTicks\":7,\"pitch\":99,\"extensions\":{\"org.x\":{\"a\":1}}}}]";
	struct score_change change = {0};
	struct score_bytes bytes;
	struct score *next = NULL;
	int rc = nvx_read_change(score, json, sizeof(json) - 1, &report, &change);

	score_bytes_init(&bytes, &f->alloc);
	if (rc == 0)
		rc = score_apply(score, &change, &report, &next);
	if (rc == 0)
		rc = nvx_write_change(score, &change, &bytes);
	if (rc == 0)
		score_change_invert(&change);
	if (rc == 0)
		rc = nvx_write_change(next, &change, &bytes);
	if (rc == 0)
		rc = nvx_write(next, NVX_CANONICAL, &bytes);
	score_bytes_finish(&bytes);
	score_change_finish(&change);
	score_unref(next);
	return rc;
}

/* The whole way. @return 0, or why not. */
static int go(struct failing *f, const uint8_t *bytes, size_t size)
{
	const struct score_import import = {.alloc = &f->alloc, .name = "name"};
	struct score *score = NULL;

	memset(&report, 0, sizeof(report));
	int rc = score_import(bytes, size, &import, &report, &score, NULL);
	if (rc == 0)
		rc = compile(f, score);
	if (rc == 0)
		rc = edit(f, score);
	score_unref(score);
	return rc;
}

static void fail_each(const uint8_t *bytes, size_t size)
{
	struct failing f = {.alloc = {.resize = failing_resize}};

	f.alloc.ctx = &f;
	cr_assert_eq(go(&f, bytes, size), 0, "%s: %s", report.error[0].where, report.error[0].reason);
	cr_assert_eq(f.live, 0);
	const long n = f.n_calls;
	cr_assert_gt(n, 50);
	for (long at = 1; at <= n; at++) {
		f.n_calls = 0;
		f.fail_at = at;
		const int rc = go(&f, bytes, size);
		cr_assert_eq(rc, -ENOMEM, "allocation %ld of %ld: %d: %s", at, n, rc, report.error[0].reason);
		cr_assert_eq(f.live, 0, "allocation %ld of %ld: %ld blocks are lost", at, n, f.live);
	}
	f.fail_at = 0;
	cr_assert_eq(go(&f, bytes, size), 0);
}

Test(hermes_alloc, HER_13_midi, .description = "HER-13: each allocation fails once: MIDI", .timeout = 60)
{
	const struct smf_bytes b = everything();

	fail_each(b.data, b.size);
}

Test(hermes_alloc, HER_13_nvx1, .description = "HER-13: each allocation fails once: NVX1", .timeout = 60)
{
	const struct score_import import = {.alloc = &score_heap};
	const struct smf_bytes b = everything();
	struct score_bytes json;
	struct score *score;

	score_bytes_init(&json, &score_heap);
	cr_assert_eq(score_import(b.data, b.size, &import, &report, &score, NULL), 0);
	cr_assert_eq(nvx_write(score, NVX_PRETTY, &json), 0);
	score_unref(score);
	fail_each(json.data, json.n);
	score_bytes_finish(&json);
}
