/* SPDX-License-Identifier: MIT */
/* Strings, ids and lists of a document; text that is kept; the heap with a budget. */
#include "score_model.h"

#include <errno.h>
#include <limits.h>

#include <score/bytes.h>
#include <score/mix.h>
#include <score/utf8.h>

TestSuite(score_pool, .timeout = 60);

Test(score_pool, equal_strings_get_equal_handles_that_never_move)
{
	enum { N = 50000 };
	struct nvx_pool *pool = nvx_pool_new(&score_heap);
	static nvx_str str[N];
	static const char *at[N];
	char text[32];
	for (unsigned i = 0; i < N; i++) {
		const int len = snprintf(text, sizeof(text), "text %u", i);
		str[i] = nvx_pool_string(pool, text, (size_t)len);
		cr_assert_neq(str[i], 0u);
		at[i] = nvx_string(pool, str[i], NULL);
	}
	for (unsigned i = 0; i < N; i++) {
		const int len = snprintf(text, sizeof(text), "text %u", i);
		size_t have;
		cr_assert_eq(nvx_pool_string(pool, text, (size_t)len), str[i]);
		cr_assert_eq(nvx_pool_find(pool, text, (size_t)len), str[i]);
		cr_assert_eq(nvx_string(pool, str[i], &have), at[i]);
		cr_assert_eq(have, (size_t)len);
		cr_assert_str_eq(at[i], text);
	}
	cr_assert_eq(nvx_pool_find(pool, "no such", 7), 0u);
	cr_assert_neq(nvx_pool_string(pool, "", 0), 0u, "the empty string is a string");
	cr_assert_neq(nvx_pool_string(pool, "a\0b", 3), nvx_pool_string(pool, "a", 1));
	nvx_pool_unref(pool);
}

Test(score_pool, lists_of_any_size_lie_among_small_ones)
{
	struct nvx_pool *pool = nvx_pool_new(&score_heap);
	struct dice dice = {7};
	nvx_list list[200];
	uint32_t length[200];
	for (unsigned i = 0; i < 200; i++) {
		length[i] = roll(&dice, i % 10 ? 20 : 200000);
		uint64_t *items = score_zalloc(&score_heap, length[i], sizeof(*items));
		for (uint32_t k = 0; k < length[i]; k++)
			items[k] = i * 1000003u + k;
		list[i] = nvx_pool_list(pool, items, length[i], sizeof(*items));
		score_free(&score_heap, items);
		cr_assert_eq(list[i] == 0, length[i] == 0);
	}
	for (unsigned i = 0; i < 200; i++) {
		uint32_t n;
		const uint64_t *items = nvx_items(pool, list[i], &n);
		cr_assert_eq(n, length[i]);
		cr_assert_eq((uintptr_t)items % 8, 0u);
		for (uint32_t k = 0; k < n; k++)
			cr_assert_eq(items[k], i * 1000003u + k);
	}
	nvx_pool_unref(pool);
}

Test(score_pool, a_small_document_costs_little)
{
	struct nvx_pool *pool = nvx_pool_new(&score_heap);
	cr_assert_neq(nvx_pool_string(pool, "Untitled", 8), 0u);
	cr_assert_lt(nvx_pool_bytes(pool), 4096u);
	nvx_pool_unref(pool);
}

/* nvx1.md 12.4, 12.5 */
Test(score_pool, nvx1_NVX_05_ids_are_numbers_or_text_and_ordered_by_their_bytes)
{
	static const char *const ids[] = {"n1", "n2", "n10", "n12", "n100", "n67108863", "n67108864", "n01",
		"n0", "n", "p1", "x5", "q7", "A", "a.b:c_d-e", "own-1", "s999999999"};
	struct nvx_pool *pool = nvx_pool_new(&score_heap);
	char text[NVX_ID_MAX + 1];
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const nvx_id a = nvx_id_parse(pool, ids[i], strlen(ids[i]));
		cr_assert_neq(a, 0u);
		cr_assert_eq(nvx_id_format(pool, a, text), strlen(ids[i]));
		cr_assert_str_eq(text, ids[i]);
		cr_assert_eq(nvx_id_find(pool, ids[i], strlen(ids[i])), a);
		for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++) {
			const int order = nvx_id_compare(pool, a, nvx_id_parse(pool, ids[k], strlen(ids[k])));
			const int wanted = strcmp(ids[i], ids[k]);
			cr_assert_eq((order > 0) - (order < 0), (wanted > 0) - (wanted < 0), "%s and %s",
				ids[i], ids[k]);
		}
	}
	cr_assert_eq(nvx_id_number('n', 12), nvx_id_parse(pool, "n12", 3));
	static const char *const bad[] = {"", "a b", "ä", "a/b", "~1",
		"12345678901234567890123456789012345678901234567890123456789012345"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		cr_assert_eq(nvx_id_parse(pool, bad[i], strlen(bad[i])), 0u);
		cr_assert_eq(errno, EINVAL);
	}
	nvx_pool_unref(pool);
}

Test(score_pool, no_allocation_is_taken_for_granted)
{
	for (long fail_at = 1;; fail_at++) {
		struct failing failing = {.fail_at = fail_at};
		const struct score_alloc alloc = {failing_resize, &failing};
		struct nvx_pool *pool = nvx_pool_new(&alloc);
		int failed = !pool;
		char text[64];
		for (unsigned i = 0; i < 300 && pool; i++) {
			const int len = snprintf(text, sizeof(text), "some text that is not so short %u", i);
			const nvx_str str = nvx_pool_string(pool, text, (size_t)len);
			failed |= !str;
			if (str)
				cr_assert_str_eq(nvx_string(pool, str, NULL), text);
			failed |= !nvx_pool_list(pool, text, 8, 8);
		}
		nvx_pool_unref(pool);
		cr_assert_eq(failing.live, 0);
		if (!failed) {
			cr_assert_gt(fail_at, 10);
			break;
		}
	}
}

Test(score_pool, a_budget_is_never_exceeded)
{
	struct score_budget budget;
	score_budget_init(&budget, 10000);
	struct nvx_pool *pool = nvx_pool_new(&budget.alloc);
	cr_assert_not_null(pool);
	unsigned n = 0;
	char text[32];
	while (nvx_pool_string(pool, text, (size_t)snprintf(text, sizeof(text), "text %u", n)))
		n++;
	cr_assert(n > 100 && n < 2000, "%u", n);
	cr_assert_leq(budget.used_bytes, budget.max_bytes);
	nvx_pool_unref(pool);
	cr_assert_eq(budget.used_bytes, 0u);
}

Test(score_pool, a_growing_array_is_never_lost)
{
	struct failing failing = {.fail_at = 2};
	const struct score_alloc alloc = {failing_resize, &failing};
	void *items = NULL;
	size_t cap = 0;
	cr_assert_eq(score_reserve(&alloc, &items, &cap, 10, 8), 0);
	memset(items, 42, 80);
	cr_assert_eq(score_reserve(&alloc, &items, &cap, 1000, 8), -ENOMEM);
	cr_assert_eq(((char *)items)[79], 42);
	cr_assert_eq(score_reserve(&alloc, &items, &cap, SIZE_MAX / 4, 8), -ENOMEM);
	cr_assert_null(score_zalloc(&alloc, SIZE_MAX / 2, 8));
	score_free(&alloc, items);
	cr_assert_eq(failing.live, 0);
}

Test(score_pool, an_array_has_little_more_room_than_it_needs)
{
	struct failing failing = {.fail_at = LONG_MAX};
	const struct score_alloc alloc = {failing_resize, &failing};
	void *items = NULL;
	size_t cap = 0, grown = 0;
	for (size_t n = 1; n <= 100000; n++) {
		const size_t before = cap;
		cr_assert_eq(score_reserve(&alloc, &items, &cap, n, 24), 0);
		grown += cap != before;
		cr_assert(cap >= n && (cap * 24 <= 8192 || cap <= n + n / 2 + 1), "%zu for %zu", cap, n);
		((uint8_t *)items)[n * 24 - 1] = (uint8_t)n;
	}
	cr_expect_leq(grown, 24u, "appending is cheap");
	cr_assert_eq(score_fit(&alloc, &items, &cap, 70000, 24), 0);
	cr_expect_eq(cap, 70000u);
	for (size_t n = 1; n <= cap; n++)
		cr_assert_eq(((uint8_t *)items)[n * 24 - 1], (uint8_t)n);
	score_free(&alloc, items);
	cr_assert_eq(failing.live, 0);
}

Test(score_pool, bytes_are_written_until_memory_ends)
{
	struct score_bytes bytes;
	score_bytes_init(&bytes, &score_heap);
	score_bytes_puts(&bytes, "ab");
	score_bytes_be16(&bytes, 0x0102);
	score_bytes_be32(&bytes, 0x03040506);
	score_bytes_u8(&bytes, 7);
	score_bytes_printf(&bytes, "%d %0200d", 5, 1);
	cr_assert_eq(bytes.n, 2u + 2 + 4 + 1 + 202);
	cr_assert_eq(memcmp(bytes.data,
			     "ab\1\2\3\4\5\6\7"
			     "5 000",
			     14),
		0);
	cr_assert_eq(bytes.error, 0);
	score_bytes_finish(&bytes);
	struct failing failing = {.fail_at = 2};
	const struct score_alloc alloc = {failing_resize, &failing};
	score_bytes_init(&bytes, &alloc);
	for (unsigned i = 0; i < 1000; i++)
		score_bytes_puts(&bytes, "xxxx");
	cr_assert_eq(bytes.error, -ENOMEM);
	cr_assert_eq(bytes.n, 16u);
	score_bytes_finish(&bytes);
	cr_assert_eq(failing.live, 0);
}

/* Every sequence of up to three bytes, against the definition. */
Test(score_pool, utf8_is_what_RFC_3629_says)
{
	for (uint32_t code = 0; code < 0x110000; code++) {
		char text[4];
		const size_t len = score_utf8_put(code, text);
		const int surrogate = code >= 0xd800 && code < 0xe000;
		cr_assert_eq(score_utf8_len((const uint8_t *)text, len), surrogate ? 0 : len, "U+%04x", code);
		if (len > 1)
			cr_assert_eq(score_utf8_len((const uint8_t *)text, len - 1), 0u);
	}
	cr_assert_eq(score_utf8_len((const uint8_t *)"\xc1\xbf", 2), 0u, "overlong");
	cr_assert_eq(score_utf8_len((const uint8_t *)"\xe0\x9f\xbf", 3), 0u, "overlong");
	cr_assert_eq(score_utf8_len((const uint8_t *)"\xf4\x90\x80\x80", 4), 0u, "too large");
	cr_assert_eq(score_utf8_valid("abcdefgh\xc3\xa9\xff", 11), 10u);
	cr_assert_eq(score_utf8_cut("a\xc3\xa9", 3, 2), 1u);
	cr_assert_eq(score_utf8_cut("abc", 3, 5), 3u);
}

Test(score_pool, reports_stay_whole_and_readable)
{
	struct score_report *report = new_report();
	char text[400];
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 300; i++) {
		cr_assert_eq(score_error(report, "nvx1.range", SCORE_AT("/%s", text), "%s", text), -EINVAL);
		score_warn(report, "nvx1.rounded", SCORE_AT_LINE(i, 3), "bad \xff\x01 byte");
	}
	score_error_value(report, "beyond", 6);
	cr_assert_eq(report->n_errors, 300u);
	cr_assert_eq(report->n_warnings, 300u);
	for (unsigned i = 0; i < SCORE_MAX_ISSUES; i++) {
		const struct score_issue *issue = &report->error[i];
		cr_assert_eq(score_utf8_valid(issue->where, strlen(issue->where)), strlen(issue->where));
		cr_assert_eq(score_utf8_valid(issue->reason, strlen(issue->reason)), strlen(issue->reason));
		cr_assert_eq(issue->value[0], '\0');
	}
	cr_assert_str_eq(report->warning[7].where, "line 7, column 3");
	cr_assert_str_eq(report->warning[7].reason, "bad ?  byte");
	const struct score_where where = score_where_byte(1034);
	cr_assert_str_eq(where.text, "byte 1034");
	free(report);
}

/* A bit of the input changes half of the output, wherever it is. */
Test(score_pool, hashes_spread_every_bit)
{
	uint64_t word[20] = {};
	const struct mix_block block = mix_block(UINT64_MAX, 10);
	unsigned worst = 64, best = 64;
	for (unsigned bit = 0; bit < 20 * 64; bit++) {
		struct mix128 a = {1, 2}, b = {1, 2};
		mix128_block(&a, word, &block);
		word[bit / 64] ^= UINT64_C(1) << bit % 64;
		mix128_block(&b, word, &block);
		word[bit / 64] ^= UINT64_C(1) << bit % 64;
		mix128_word(&a, 3);
		mix128_word(&b, 3);
		const unsigned differ =
			(unsigned)(__builtin_popcountll(a.a ^ b.a) + __builtin_popcountll(a.b ^ b.b));
		worst = differ < worst ? differ : worst;
		best = differ > best ? differ : best;
	}
	cr_assert(worst > 32 && best < 96, "%u to %u of 128 bits change", worst, best);
}

Test(score_pool, hashes_of_empty_words, .description = "FMT-09: what a list never uses changes no hash")
{
	const uint64_t word[8] = {1, 0, 0, 0, 0, 7, 0, 0};
	const struct mix_block all = mix_block(UINT64_MAX, 4), used = mix_block(1u | 1u << 5, 4);
	struct mix128 a = {1, 2}, b = {1, 2};
	mix128_block(&a, word, &all);
	mix128_block(&b, word, &used);
	cr_expect_eq(all.n_used, 4);
	cr_expect_eq(used.n_used, 2);
	cr_expect(a.a == b.a && a.b == b.b);
}
