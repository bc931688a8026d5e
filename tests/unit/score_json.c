/* SPDX-License-Identifier: MIT */
/* The JSON below NVX1: places of errors (HER-11), numbers and text without loss (UMF-04). */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json_check.h"
#include "json_pull.h"
#include "json_put.h"

static struct score_report report;

static int check(const char *text)
{
	report = (struct score_report){0};
	return json_check((const uint8_t *)text, strlen(text), JSON_UNIQUE_KEYS, &score_heap, &report);
}

Test(score_json, places_of_errors)
{
	static const struct {
		const char *text, *code, *where;
	} row[] = {
		{"", "nvx1.json.syntax", "line 1, column 1, byte 0"},
		{"{\"a\":1,}", "nvx1.json.syntax", "line 1, column 8, byte 7"},
		{"{\n \"a\": tru}", "nvx1.json.syntax", "line 2, column 7, byte 8"},
		{"[1 2]", "nvx1.json.syntax", "line 1, column 4, byte 3"},
		{"[01]", "nvx1.json.number", "line 1, column 2, byte 1"},
		{"[1.]", "nvx1.json.number", "line 1, column 2, byte 1"},
		{"[-]", "nvx1.json.number", "line 1, column 2, byte 1"},
		{"[\"\\ud800\"]", "nvx1.json.utf8", "line 1, column 3, byte 2"},
		{"[\"\xc0\xaf\"]", "nvx1.json.utf8", "line 1, column 3, byte 2"},
		{"[\"\\x\"]", "nvx1.json.syntax", "line 1, column 3, byte 2"},
		{"[\"a\nb\"]", "nvx1.json.syntax", "line 1, column 4, byte 3"},
		{"{\"a\":1,\"\\u0061\":2}", "nvx1.json.duplicate", "line 1, column 8, byte 7"},
		{"[] []", "nvx1.json.syntax", "line 1, column 4, byte 3"},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_expect_eq(check(row[i].text), -EINVAL, "HER-11: %s is accepted", row[i].text);
		cr_expect_str_eq(report.error[0].code, row[i].code, "HER-11: %s", row[i].text);
		cr_expect_str_eq(report.error[0].where, row[i].where, "HER-11: %s", row[i].text);
	}
}

Test(score_json, depth)
{
	char text[200];
	memset(text, '[', 64);
	memset(text + 64, ']', 65);
	text[128] = 0;
	cr_expect_eq(check(text), 0, "HER-11: 64 deep is legal");
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	text[130] = 0;
	cr_expect_eq(check(text), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.json.depth");
	/* 10 MB of brackets end at once. */
	const size_t n = 10000000;
	uint8_t *deep = malloc(n);
	memset(deep, '[', n);
	report = (struct score_report){0};
	cr_expect_eq(json_check(deep, n, JSON_UNIQUE_KEYS, &score_heap, &report), -EINVAL);
	free(deep);
}

/** An object of n keys, the last one as the first if `twice`. */
static char *keys(unsigned n, int twice)
{
	char *text = malloc(n * 24u + 40), *at = text;
	*at++ = '{';
	for (unsigned i = 0; i < n; i++)
		at += sprintf(at, "\"k%u\":0,", i * 2654435761u);
	strcpy(at, twice ? "\"k0\":1}" : "\"z\":1}");
	return text;
}

Test(score_json, duplicates_among_many_keys, .timeout = 20)
{
	for (unsigned n = 1; n < 200; n++) {
		char *text = keys(n, 1);
		cr_expect_eq(check(text), -EINVAL, "HER-11: a duplicate among %u keys", n);
		free(text);
		text = keys(n, 0);
		cr_expect_eq(check(text), 0, "%u keys", n);
		free(text);
	}
	char *text = keys(300000, 1);
	cr_expect_eq(check(text), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.json.duplicate");
	free(text);
}

static struct json_text text_of(const char *s)
{
	return (struct json_text){s, (uint32_t)strlen(s), strchr(s, '\\') != NULL};
}

Test(score_json, numbers_without_floating_point)
{
	static const struct {
		const char *text;
		unsigned digits;
		int rc;
		int64_t value;
	} row[] = {
		{"0", 0, 0, 0},
		{"-0", 6, 0, 0},
		{"120.0", 0, 0, 120},
		{"1.2e2", 0, 0, 120},
		{"12e-1", 0, 1, 1},
		{"0.5", 0, 1, 0},
		{"1.5", 0, 1, 2},
		{"2.5", 0, 1, 2},
		{"2.50000000000000000001", 0, 1, 3},
		{"-2.5", 0, 1, -2},
		{"0.1234565", 6, 1, 123456},
		{"0.1234575", 6, 1, 123458},
		{"0.123456", 6, 0, 123456},
		{"1e400", 0, -ERANGE, 0},
		{"1e-400", 6, 1, 0},
		{"9007199254740993", 0, 0, 9007199254740993},
		{"123456789012345678901234567890", 0, -ERANGE, 0},
		{"0e999999999999", 0, 0, 0},
		{"96.5", 6, 0, 96500000},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t value = 0;
		cr_expect_eq(json_decimal(text_of(row[i].text), row[i].digits, &value), row[i].rc,
			"UMF-04: %s", row[i].text);
		cr_expect(row[i].rc < 0 || value == row[i].value, "UMF-04: %s is %lld", row[i].text,
			(long long)value);
	}
}

static void expect_canonical(const char *text, const char *wanted)
{
	struct score_bytes out;
	cr_assert_eq(check(text), 0, "%s", text);
	score_bytes_init(&out, &score_heap);
	json_canonical((const uint8_t *)text, NULL, &out);
	score_bytes_u8(&out, 0);
	cr_expect_str_eq((char *)out.data, wanted, "UMF-04: %s", text);
	score_bytes_finish(&out);
}

Test(score_json, canonical)
{
	expect_canonical(" { \"b\" : [ 1.10 , 1e400 ] , \"a\" : { \"d\":null,\"c\":true } } ",
		"{\"a\":{\"c\":true,\"d\":null},\"b\":[1.10,1e400]}");
	expect_canonical("[\"\\u00e9\\/\\ud834\\udd1e\\u0001\\u001f\\b\\\"\"]",
		"[\"\xc3\xa9/\xf0\x9d\x84\x9e\\u0001\\u001f\\b\\\"\"]");
	expect_canonical("{\"\\u0062\":1,\"a\":2}", "{\"a\":2,\"b\":1}");
}

Test(score_json, decimals_as_text)
{
	static const struct {
		int64_t value;
		unsigned digits;
		const char *text;
	} row[] = {{0, 6, "0"}, {1, 6, "0.000001"}, {-1500000, 6, "-1.5"}, {120000000, 6, "120"},
		{INT64_MIN, 0, "-9223372036854775808"}, {-12500, 3, "-12.5"}};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct score_bytes out;
		score_bytes_init(&out, &score_heap);
		json_put_decimal(&out, row[i].value, row[i].digits);
		score_bytes_u8(&out, 0);
		cr_expect_str_eq((char *)out.data, row[i].text, "UMF-04");
		score_bytes_finish(&out);
	}
}

Test(score_json, pretty)
{
	static const char text[] = "{\"a\":[],\"b\":{\"c\":[1,2],\"d\":\"x,y:z\"},\"e\":[{\"f\":1}]}";
	struct score_bytes out, back;
	score_bytes_init(&out, &score_heap);
	score_bytes_init(&back, &score_heap);
	json_put_pretty(&out, (const uint8_t *)text, strlen(text));
	score_bytes_u8(&out, 0);
	cr_expect_str_eq((char *)out.data,
		"{\n  \"a\": [],\n  \"b\": {\n    \"c\": [1, 2],\n    \"d\": \"x,y:z\"\n  },\n  \"e\": [\n   "
		" {\"f\": 1}\n  ]\n}\n",
		"NVX-09: people can read it");
	json_canonical(out.data, NULL, &back);
	cr_expect(back.n == strlen(text) && memcmp(back.data, text, back.n) == 0,
		"UMF-04: its compact form is canonical");
	score_bytes_finish(&out);
	score_bytes_finish(&back);
}

Test(score_json, pointers)
{
	static const char text[] = "{\"a/b\":[0,{\"~\":1}]}";
	struct json_pull pull;
	char where[64];
	json_pull_init(&pull, (const uint8_t *)text);
	json_enter(&pull);
	cr_assert(json_next(&pull));
	json_enter(&pull);
	cr_assert(json_next(&pull));
	json_skip(&pull);
	cr_assert(json_next(&pull));
	json_enter(&pull);
	cr_assert(json_next(&pull));
	(void)json_pointer(&pull, where, sizeof(where));
	cr_expect_str_eq(where, "/a~1b/1/~0", "HER-11");
	(void)json_pointer(&pull, where, 6);
	cr_expect_str_eq(where, "/a~1b");
}
