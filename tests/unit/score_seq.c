/* SPDX-License-Identifier: MIT */
/* Persistent sequences against plain arrays. */
#include "score_model.h"

#include <errno.h>

#include "seq_edit.h"
#include "seq_private.h"

TestSuite(score_seq, .timeout = 60);

struct item {
	int64_t tick;
	uint64_t what;
	char more[40];
};

static void assert_equal(const struct nvx_seq *seq, const struct item *items, uint32_t n)
{
	cr_assert_eq(seq->n, n);
	struct nvx_seq_iter it = nvx_seq_from(seq, 0);
	for (uint32_t i = 0; i < n; i++) {
		cr_assert(memcmp(nvx_seq_next(&it), &items[i], sizeof(items[i])) == 0, "item %u of %u", i, n);
		if (i % 7 == 0)
			cr_assert(memcmp(nvx_seq_at(seq, i), &items[i], sizeof(items[i])) == 0);
	}
	cr_assert_null(nvx_seq_next(&it));
}

static uint32_t splice_array(
	struct item *items, uint32_t n, uint32_t at, uint32_t n_old, const struct item *new, uint32_t n_new)
{
	memmove(items + at + n_new, items + at + n_old, (n - at - n_old) * sizeof(*items));
	memcpy(items + at, new, n_new * sizeof(*items));
	return n - n_old + n_new;
}

Test(score_seq, splices_give_what_an_array_gives_and_leave_the_old_one_alone)
{
	enum { MAX = 40000 };
	static struct item items[MAX], before[MAX], fresh[3000];
	struct failing failing = {};
	const struct score_alloc alloc = {failing_resize, &failing};
	struct dice dice = {3};
	struct nvx_seq seq = {.item_bytes = sizeof(struct item)};
	uint32_t n = 0;
	for (unsigned round = 0; round < 1500; round++) {
		const uint32_t at = roll(&dice, n + 1);
		uint32_t n_old = roll(&dice, round % 50 ? 20 : 5000),
			 n_new = roll(&dice, round % 37 ? 24 : 3000);
		if (n_old > n - at)
			n_old = n - at;
		if (n + n_new > MAX)
			n_new = 0;
		for (uint32_t i = 0; i < n_new; i++)
			fresh[i] = (struct item){.tick = round, .what = i};
		struct nvx_seq next;
		const uint32_t n_before = n;
		memcpy(before, items, n * sizeof(*items));
		cr_assert_eq(nvx_seq_splice(&seq, &alloc, at, n_old, fresh, n_new, &next), 0);
		n = splice_array(items, n, at, n_old, fresh, n_new);
		if (round % 11 == 0 || n < 500) {
			assert_equal(&seq, before, n_before);
			assert_equal(&next, items, n);
		}
		nvx_seq_unref(&seq);
		seq = next;
	}
	assert_equal(&seq, items, n);
	nvx_seq_unref(&seq);
	cr_assert_eq(failing.live, 0);
}

Test(score_seq, a_splice_of_a_long_one_copies_little)
{
	enum { N = 500000 };
	struct failing failing = {};
	const struct score_alloc alloc = {failing_resize, &failing};
	struct item *items = calloc(N, sizeof(*items));
	for (uint32_t i = 0; i < N; i++)
		items[i].tick = i / 3;
	struct nvx_seq seq, next;
	cr_assert_eq(nvx_seq_make(&alloc, items, N, sizeof(*items), &seq), 0);
	failing.bytes = 0;
	cr_assert_eq(nvx_seq_splice(&seq, &alloc, N / 2, 5, items, 8, &next), 0);
	cr_assert_lt(failing.bytes, 24 * 1024);
	uint32_t shared = 0;
	for (uint32_t i = 0, run; i < N; i += run) {
		uint32_t other;
		shared += nvx_seq_run(&seq, i, &run) == nvx_seq_run(&next, i < N / 2 ? i : i + 3, &other)
				  ? run
				  : 0;
	}
	cr_assert_gt(shared, N - 200u);
	cr_assert_eq(nvx_seq_find(&seq, 1000), 3000u);
	cr_assert_eq(nvx_seq_find(&seq, N), (uint32_t)N);
	cr_assert_eq(nvx_seq_find(&seq, -5), 0u);
	nvx_seq_unref(&next);
	nvx_seq_unref(&seq);
	cr_assert_eq(failing.live, 0);
	free(items);
}

Test(score_seq, out_of_memory_leaves_all_as_it_was)
{
	enum { N = 30000 };
	struct item *items = calloc(N, sizeof(*items));
	struct failing failing = {};
	const struct score_alloc alloc = {failing_resize, &failing};
	struct nvx_seq seq, next;
	cr_assert_eq(nvx_seq_make(&alloc, items, N, sizeof(*items), &seq), 0);
	const long live = failing.live;
	int err;
	long fail_at = 0;
	do {
		failing.n_calls = 0;
		failing.fail_at = ++fail_at;
		err = nvx_seq_splice(&seq, &alloc, 5000, 12000, items, 9000, &next);
		if (err) {
			cr_assert_eq(err, -ENOMEM);
			cr_assert_eq(failing.live, live);
			assert_equal(&seq, items, N);
		}
	} while (err);
	cr_assert_gt(fail_at, 20);
	nvx_seq_unref(&next);
	nvx_seq_unref(&seq);
	cr_assert_eq(failing.live, 0);
	free(items);
}

Test(score_seq, an_array_that_is_taken_over,
	.description = "FMT-09: without a copy, as long as a part of it is used")
{
	enum { N = 14000 };
	struct failing failing = {};
	const struct score_alloc alloc = {failing_resize, &failing};
	static struct item is[N];
	for (uint32_t n = 0; n <= N; n += n < 200 ? 7 : 700) {
		struct item *items = n ? score_zalloc(&alloc, n, sizeof(*items)) : NULL;
		for (uint32_t i = 0; i < n; i++)
			is[i] = items[i] = (struct item){.tick = i, .what = n};
		struct nvx_seq seq, next;
		long fail_at = 0;
		int err;
		do { /* what cannot be taken over is still the caller's */
			const long live = failing.live;
			failing.n_calls = 0;
			failing.fail_at = ++fail_at;
			err = nvx_seq_adopt(&alloc, items, n, sizeof(*items), &seq);
			cr_assert(!err || (err == -ENOMEM && failing.live == live));
		} while (err);
		failing.fail_at = 0;
		assert_equal(&seq, is, n);
		if (n) {
			cr_assert_eq(nvx_seq_splice(&seq, &alloc, n / 2, 1, NULL, 0, &next), 0);
			nvx_seq_unref(&seq); /* the rest of it lives in the next */
			memmove(is + n / 2, is + n / 2 + 1, (n - n / 2 - 1) * sizeof(*is));
			assert_equal(&next, is, n - 1);
			nvx_seq_unref(&next);
		}
		nvx_seq_unref(&seq);
		cr_assert_eq(failing.live, 0);
	}
}

Test(score_seq, the_first_of_a_tick_is_found,
	.description = "FMT-09: however many there are, several at one tick")
{
	static struct item items[20000];
	static const uint32_t sizes[] = {0, 1, 2, 170, 171, 1000, 20000};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		items[i] = (struct item){.tick = (int64_t)(i / 7 * 5 + 10), .what = (uint32_t)i};
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct nvx_seq seq;
		const uint32_t n = sizes[k];
		cr_assert_eq(nvx_seq_make(&score_heap, items, n, sizeof(items[0]), &seq), 0);
		uint32_t first = 0;
		for (int64_t tick = -3; first < n; tick++) {
			while (first < n && items[first].tick < tick)
				first++;
			cr_assert_eq(nvx_seq_find(&seq, tick), first, "%lld of %u", (long long)tick, n);
		}
		nvx_seq_unref(&seq);
	}
}

static int compare_items(const void *a, const void *b, const void *)
{
	const struct item *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	return p->what < q->what ? -1 : p->what > q->what;
}

static int compare_sort(const void *a, const void *b)
{
	return compare_items(a, b, NULL);
}

Test(score_seq, edits_of_a_sorted_one_keep_it_sorted)
{
	enum { N = 5000 };
	static struct item items[2 * N], kept[2 * N];
	struct dice dice = {5};
	struct seq_edit edits[2 * 300];
	struct nvx_seq seq;
	for (uint32_t i = 0; i < N; i++)
		items[i] = (struct item){.tick = roll(&dice, 1000), .what = i};
	qsort(items, N, sizeof(*items), compare_sort);
	cr_assert_eq(nvx_seq_make(&score_heap, items, N, sizeof(*items), &seq), 0);
	for (unsigned round = 0; round < 50; round++) {
		static struct item fresh[300];
		uint32_t n_kept = 0, n_edits = 0;
		const uint32_t n = seq.n;
		for (uint32_t i = 0; i < n; i++) {
			if (n_edits < 300 && roll(&dice, 20) == 0)
				edits[n_edits++] = (struct seq_edit){.item = &items[i], .remove = 1};
			else
				kept[n_kept++] = items[i];
		}
		const uint32_t n_new = roll(&dice, 300);
		for (uint32_t i = 0; i < n_new; i++) {
			fresh[i] = (struct item){.tick = roll(&dice, 1000), .what = 10000 + round * 1000 + i};
			edits[n_edits++] = (struct seq_edit){.item = &fresh[i]};
			kept[n_kept++] = fresh[i];
		}
		cr_assert_eq(seq_apply(&seq, &score_heap, edits, n_edits, compare_items, NULL), 0);
		qsort(kept, n_kept, sizeof(*kept), compare_sort);
		memcpy(items, kept, n_kept * sizeof(*kept));
		assert_equal(&seq, items, n_kept);
	}
	struct item absent = {.tick = 1, .what = 1u << 30};
	edits[0] = (struct seq_edit){.item = &absent, .remove = 1};
	cr_assert_eq(seq_apply(&seq, &score_heap, edits, 1, compare_items, NULL), -ENOENT);
	nvx_seq_unref(&seq);
}
