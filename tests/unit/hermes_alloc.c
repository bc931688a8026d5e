/* SPDX-License-Identifier: MIT */
/*
 * Every allocation between the bytes of a file and its timeline is made to fail in turn (style 2.14): the
 * answer is -ENOMEM each time, nothing leaks, and the same file loads afterwards (HER-13: all or nothing).
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smf_bytes.h"
#include "song.h"

#define END 0x00, 0xff, 0x2f, 0x00

/** Fails the allocation number `fail_at` (from 1; 0: none) and counts what is not given back. */
struct failing {
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

static int load(const struct smf_bytes *b, struct failing *f, struct song **ret)
{
	const struct hermes_alloc alloc = {failing_resize, f};
	struct hermes_report report = {0};
	uint8_t *copy = hermes_zalloc(&alloc, b->size, 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, b->data, b->size);
	/* the song keeps a pointer to the allocator: finished before this returns */
	int rc = song_create(copy, b->size, "name", &alloc, ret, &report);
	if (rc == 0)
		song_destroy(*ret);
	return rc;
}

Test(hermes_alloc, HER_13_every_allocation_fails_once,
	.description = "HER-13: -ENOMEM, no leak, whichever fails")
{
	static struct smf_bytes b;
	b = everything();
	struct failing count = {0};
	struct song *song;
	cr_assert_eq(load(&b, &count, &song), 0);
	cr_assert_eq(count.live, 0);
	cr_assert_gt(count.n_calls, 30, "%ld allocations", count.n_calls);
	for (long i = 1; i <= count.n_calls; i++) {
		struct failing f = {.fail_at = i};
		cr_expect_eq(load(&b, &f, &song), -ENOMEM, "allocation %ld of %ld", i, count.n_calls);
		cr_expect_eq(f.live, 0, "allocation %ld: %ld blocks leaked", i, f.live);
	}
}

Test(hermes_alloc, adding_sysex, .description = "a sysex that could not be added leaves nothing behind")
{
	struct failing f = {0};
	const struct hermes_alloc alloc = {failing_resize, &f};
	const struct score_sysex sysex = {.n_bytes = 3, .starts = 1, .ends = 1};
	struct score score;
	cr_assert_eq(score_init(&score, &alloc), 0);
	for (long i = 1; i <= 2; i++) {
		f.fail_at = f.n_calls + i;
		cr_expect_eq(score_add_sysex(&score, &sysex, (const uint8_t[]){1, 2, 3}), -ENOMEM);
		cr_expect_eq(score.n_sysex_bytes, 0, "failure %ld: %zu bytes", i, score.n_sysex_bytes);
		cr_expect_eq(score.n_sysex, 0);
		cr_expect_eq(score.n_events, 0);
		hermes_free(&alloc, score.sysex_bytes);
		score.sysex_bytes = NULL;
		score.cap_sysex_bytes = 0;
	}
	f.fail_at = 0;
	cr_expect_eq(score_add_sysex(&score, &sysex, (const uint8_t[]){1, 2, 3}), 0);
	cr_expect_eq(score.n_events, 1);
	score_finish(&score);
	cr_expect_eq(f.live, 0);
}

Test(hermes_alloc, reserve,
	.description = "growth keeps the content, failure keeps the array, sizes cannot overflow")
{
	struct failing f = {0};
	const struct hermes_alloc alloc = {failing_resize, &f};
	uint32_t *items = NULL;
	size_t cap = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		cr_assert_eq(hermes_reserve(&alloc, (void **)&items, &cap, i + 1, sizeof(*items)), 0);
		cr_assert_geq(cap, i + 1);
		items[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert_eq(items[i], i);
	cr_expect_leq(f.n_calls, 10, "doubling: %ld calls", f.n_calls);
	const size_t before = cap;
	cr_expect_eq(hermes_reserve(&alloc, (void **)&items, &cap, SIZE_MAX / 2, sizeof(*items)), -ENOMEM);
	cr_expect_eq(hermes_reserve(&alloc, (void **)&items, &cap, SIZE_MAX, 1), -ENOMEM);
	f.fail_at = f.n_calls + 1;
	cr_expect_eq(hermes_reserve(&alloc, (void **)&items, &cap, before + 1, sizeof(*items)), -ENOMEM);
	cr_expect_eq(cap, before);
	cr_expect_eq(items[999], 999);
	cr_expect_null(hermes_zalloc(&alloc, SIZE_MAX / 2, 4));
	hermes_free(&alloc, items);
	cr_expect_eq(f.live, 0);
}
