/* SPDX-License-Identifier: MIT */
/* The tree that JSON and YAML become, and numbers in and out. */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "value.h"

static struct band_doc *read_doc(const char *text)
{
	struct band_report report = {0};
	struct band_doc *doc = NULL;
	const int rc = band_doc_read(text, strlen(text), "LOAD_ERROR", &report, &doc);

	cr_assert_eq(rc, 0, "%s: %s: %s", text, report.issue[0].where, report.issue[0].message);
	return doc;
}

static void refused(const char *text, size_t size, const char *where, const char *why)
{
	struct band_report report = {0};
	struct band_doc *doc = NULL;

	cr_assert_eq(band_doc_read(text, size, "LOAD_ERROR", &report, &doc), -EINVAL, "%s", text);
	cr_assert_null(doc);
	cr_assert_str_eq(report.issue[0].where, where, "%.60s: %s", text, report.issue[0].message);
	cr_assert_not_null(strstr(report.issue[0].message, why), "%.60s: %s", text, report.issue[0].message);
}

Test(band_value, same, .description = "T-20: one tree from JSON and from YAML")
{
	struct band_doc *json = read_doc("{\"a\":[1,-2.5,\"x\",true,null],\"b\":{\"c/d\":\"2\"},\"e\":\"\"}");
	struct band_doc *yaml = read_doc("# remark\na:\n- 1\n- -2.5\n- x\n- on\n- ~\nb: {c/d: '2'}\ne: ''\n");
	const struct band_value *x = band_doc_root(json)->first, *y = band_doc_root(yaml)->first;
	char where[BAND_WHERE_MAX];

	for (; x && y; x = x->next, y = y->next) {
		cr_assert_str_eq(x->key, y->key);
		cr_assert_eq(x->type, y->type);
		const struct band_value *in_x = x->first, *in_y = y->first;
		for (; in_x && in_y; in_x = in_x->next, in_y = in_y->next) {
			cr_assert_eq(in_x->type, in_y->type);
			cr_assert_eq(in_x->real, in_y->real);
			cr_assert_eq(in_x->boolean, in_y->boolean);
		}
		cr_assert(!in_x && !in_y);
	}
	cr_assert(!x && !y);
	const struct band_value *inner = band_value_get(band_value_get(band_doc_root(json), "b"), "c/d");
	cr_assert_eq(inner->type, BAND_TEXT, "a number in quotes is a text");
	cr_assert_str_eq(band_value_where(inner, where), "/b/c~1d");
	inner = band_value_get(band_value_get(band_doc_root(yaml), "b"), "c/d");
	cr_assert_str_eq(band_value_where(inner, where), "/b/c~1d (line 8, column 10)");
	band_doc_free(json);
	band_doc_free(yaml);
}

Test(band_value, yaml_scalars,
	.description = "T-20: plain scalars as YAML 1.1 has them, as far as they are unambiguous")
{
	struct band_doc *doc = read_doc(
		"x: [off, 'off', No, TRUE, Null, 010, 0x10, 1_000, 1:30, .5, +3, 1e2, --, '', 5., nan, y]");
	static const uint8_t type[] = {BAND_BOOL, BAND_TEXT, BAND_BOOL, BAND_BOOL, BAND_NULL, BAND_TEXT,
		BAND_TEXT, BAND_TEXT, BAND_TEXT, BAND_REAL, BAND_INT, BAND_REAL, BAND_TEXT, BAND_TEXT,
		BAND_REAL, BAND_TEXT, BAND_TEXT};
	const struct band_value *v = band_doc_root(doc)->first->first;

	for (size_t i = 0; i < sizeof(type); i++, v = v->next)
		cr_assert_eq(v->type, type[i], "%s is %u", v->text, v->type);
	cr_assert_null(v);
	band_doc_free(doc);
}

Test(band_value, refusals, .description = "T-20: what is refused, each with its place")
{
	static const struct {
		const char *text, *where, *why;
	} cases[] = {
		{"a: &x 1\n", "line 1, column 4", "anchors"},
		{"a: &x [1]\n", "line 1, column 4", "anchors"},
		{"a: 1\nb: *x\n", "line 2, column 4", "aliases"},
		{"a: !!str 1\n", "line 1, column 4", "tags"},
		{"a: !x {b: 1}\n", "line 1, column 4", "tags"},
		{"a: 1\n---\nb: 2\n", "line 2, column 1", "second document"},
		{"a: 1\nb: 2\na: 3\n", "/a (line 3, column 4)", "twice"},
		{"x: {k: 1, k: 2}\n", "/x/k (line 1, column 14)", "twice"},
		{"? [a]\n: b\n", "line 1, column 3", "key has to be a text"},
		{"a: \"x\\0y\"\n", "/a (line 1, column 4)", "NUL"},
		{"a: [1\n", "line 2, column 1", "did not find expected"},
		{"# nothing\n", "/", "empty"},
		{"{\"a\":1,\"a\":2}", "/a", "twice"},
		{"{\"a\":\"\\u0000\"}", "/a", "NUL"},
		{"{\"a\":1} x", "line 1, column 9", "no JSON"},
		{"{\"a\":\"\xff\"}", "line 1, column 7", "no JSON"},
		{"{\"a\":1e999}", "/a", "too large"},
		{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0",
			"inside each other"},
		{"- - - - - - - - - - - - - - - - - - 1\n", "line 1, column 35", "inside each other"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(cases[i].text, strlen(cases[i].text), cases[i].where, cases[i].why);
	refused("\0{}", 3, "byte 0", "control characters");
}

Test(band_value, limits, .description = "T-20: a file's size and the number of its values are bounded")
{
	const size_t size = BAND_FILE_MAX + 1;
	char *text = malloc(size);

	cr_assert_not_null(text);
	memset(text, ' ', size);
	refused(text, size, "/", "larger");
	refused(text, size - 1, "/", "empty");
	/* The list itself is a value, too. */
	for (size_t i = 0; i < BAND_VALUES_MAX; i++)
		memcpy(text + 2 * i, i ? ",1" : "[1", 2);
	text[2 * BAND_VALUES_MAX] = ']';
	refused(text, 2 * BAND_VALUES_MAX + 1, "/", "65536 values");
	free(text);
}

Test(band_value, long_places, .description = "T-57: a place stays within its buffer and keeps its line")
{
	char text[4096] = "", where[BAND_WHERE_MAX];
	size_t len = 0;

	for (uint32_t i = 0; i < 12; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "{a~/long~/key~/of~/%02u: ", i);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "1");
	for (uint32_t i = 0; i < 12; i++)
		text[len++] = '}';
	memmove(text + 4, text, len + 1);
	memcpy(text, "x:  ", 4);
	struct band_doc *doc = read_doc(text);
	const struct band_value *v = band_doc_root(doc);
	while (v->first)
		v = v->first;
	cr_assert_lt(strlen(band_value_where(v, where)), sizeof(where));
	cr_assert_not_null(strstr(where, " (line 1, column "));
	cr_assert_eq(where[strlen(where) - 1], ')');
	band_doc_free(doc);
}

Test(band_value, numbers, .description = "T-20: decimal numbers, whole or not, and what is none")
{
	static const struct {
		const char *text;
		double real;
		bool whole;
	} good[] = {{"0", 0, true}, {"-0", 0, true}, {"+7", 7, true}, {"120", 120, true},
		{"-3.25", -3.25, false}, {".5", 0.5, false}, {"-.5", -0.5, false}, {"5.", 5, false},
		{"1e2", 100, false}, {"1.5E-3", 0.0015, false},
		{"9223372036854775807", 9223372036854775807.0, true},
		{"9223372036854775808", 9223372036854775808.0, false},
		{"0.1000000000000000055511151231257827", 0.1, false}};
	static const char *const bad[] = {"", "-", "+", ".", "1..2", "01", "0x10", "1_0", "1:30", "1e", "1e+",
		"e5", "inf", "nan", "1e999", "--1", "+-1", "-+1", "1 ", " 1", "1,5", "..5", "-..5", "1.2.3",
		"1e.5", "1f", "٣"};
	struct band_number n;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert(band_number_parse(good[i].text, strlen(good[i].text), &n), "%s", good[i].text);
		cr_assert_eq(n.real, good[i].real, "%s", good[i].text);
		cr_assert_eq(n.whole, good[i].whole, "%s", good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(band_number_parse(bad[i], strlen(bad[i]), &n), "%s", bad[i]);
}

Test(band_value, shortest,
	.description = "T-20: numbers are written with the fewest digits that are read back as they were")
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0, "0"}, {-0.0, "0"}, {120, "120"}, {0.8, "0.8"}, {1.08, "1.08"}, {-2.5, "-2.5"},
		{1.0 / 3, "0.3333333333333333"}, {0.1 + 0.2, "0.30000000000000004"}, {100000, "100000"},
		{1e16, "10000000000000000"}, {1e17, "1e17"}, {0.00001, "0.00001"}, {0.000001, "1e-6"},
		{1.25e-7, "1.25e-7"}, {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e308"},
		{132.5, "132.5"}};
	char text[BAND_NUMBER_MAX];
	uint64_t bits = 0x9e3779b97f4a7c15u;
	struct band_number n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(band_number_format(cases[i].value, text), (int)strlen(cases[i].text));
		cr_assert_str_eq(text, cases[i].text);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		double value;

		bits = bits * 6364136223846793005u + 1442695040888963407u;
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		const int len = band_number_format(value, text);
		cr_assert(len > 0 && len < (int)sizeof(text) && text[len] == '\0');
		cr_assert(band_number_parse(text, (size_t)len, &n) && n.real == value, "%s", text);
	}
}
