/* SPDX-License-Identifier: MIT */
/* Versions, ranges, and the order of starting. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "deps.h"

Test(semver, versions, .description = "WID-14: three numbers, nothing else")
{
	static const char *const bad[] = {"", "1", "1.2", "1.2.3.4", "1.2.", ".1.2", "01.2.3", "1.2.3 ",
		" 1.2.3", "1.2.-3", "1.2.1000000", "99999999999999999999.0.0", "a.b.c", "1.2.3-rc1"};
	struct semver v;

	cr_assert_eq(semver_parse("0.10.999999", &v), 0);
	cr_expect(v.major == 0 && v.minor == 10 && v.patch == 999999);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(semver_parse(bad[i], &v), -EINVAL, "\"%s\"", bad[i]);
}

Test(semver, ranges, .description = "WID-14: every operator at, below and above its version")
{
	static const struct {
		const char *range, *version;
		int in;
	} rows[] = {
		{">=1.0 <2", "1.0.0", 1},
		{">=1.0 <2", "1.99.7", 1},
		{">=1.0 <2", "2.0.0", 0},
		{">=1.0 <2", "0.9.9", 0},
		{"=1.2.3", "1.2.3", 1},
		{"=1.2.3", "1.2.4", 0},
		{">1.2", "1.2.0", 0},
		{">1.2", "1.2.1", 1},
		{"<=3", "3.0.0", 1},
		{"<=3", "3.0.1", 0},
		{"  >=1   <=1.5  ", "1.5.0", 1},
		{">=1.10", "1.9.0", 0},
	};
	static const char *const bad[] = {"", " ", "1.0", ">=", ">= 1.0", "~1.0", ">=1.0,<2",
		">=1 <2 >0 <9 =1", "==1", ">=1.x", "<1 foo"};
	struct semver_range range;
	struct semver v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_assert_eq(semver_range_parse(rows[i].range, &range), 0, "%s", rows[i].range);
		cr_assert_eq(semver_parse(rows[i].version, &v), 0);
		cr_expect_eq(
			semver_in_range(&v, &range), rows[i].in, "%s in %s", rows[i].version, rows[i].range);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(semver_range_parse(bad[i], &range), -EINVAL, "\"%s\"", bad[i]);
	cr_expect(semver_in_range(&v, &(struct semver_range){0}), "no range: every version");
}

/* Manifests of "a" with "needs": "b c". */
static struct manifest make(const char *id, const char *version, const char *needs, const char *range)
{
	struct manifest m = {0};
	char copy[64], *save = NULL;

	strcpy(m.id, id);
	strcpy(m.version_text, version);
	cr_assert_eq(semver_parse(version, &m.version), 0);
	strcpy(copy, needs);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct manifest_dependency *d = &m.dependency[m.n_dependencies++];

		strcpy(d->id, w);
		strcpy(d->range_text, range);
		if (*range)
			cr_assert_eq(semver_range_parse(range, &d->range), 0);
	}
	return m;
}

static void expect_order(const struct manifest *m, uint32_t n, uint32_t start, const char *expected)
{
	const struct manifest *all[8];
	struct deps_error err = {0};
	uint32_t order[8];
	char got[64] = "";
	int n_order;

	for (uint32_t i = 0; i < n; i++)
		all[i] = &m[i];
	n_order = deps_order(all, n, start, order, &err);
	for (int i = 0; i < n_order; i++) {
		strcat(got, i ? " " : "");
		strcat(got, m[order[i]].id);
	}
	cr_expect_str_eq(n_order < 0 ? err.text : got, expected);
}

Test(deps, order,
	.description =
		"WID-10 E2.6.1.3: dependencies first, each once, whatever the order they are listed in")
{
	const struct manifest m[] = {
		make("a", "1.0.0", "b c", ""),
		make("b", "1.0.0", "d", ">=1"),
		make("c", "1.0.0", "d b", ""),
		make("d", "1.5.0", "", ""),
		make("lonely", "1.0.0", "", ""),
	};

	expect_order(m, 5, 0, "d b c a");
	expect_order(m, 5, 3, "d");
	expect_order(m, 5, 4, "lonely");
	expect_order(m, 5, 2, "d b c");
}

Test(deps, faults,
	.description =
		"WID-14 E2.6.1.9: A-B-C-A, oneself, a missing one, a version out of range: refused and named")
{
	const struct manifest circle[] = {
		make("a", "1.0.0", "b", ""), make("b", "1.0.0", "c", ""), make("c", "1.0.0", "a", "")};
	const struct manifest tail[] = {
		make("x", "1.0.0", "a", ""), make("a", "1.0.0", "b", ""), make("b", "1.0.0", "a", "")};
	const struct manifest self[] = {make("a", "1.0.0", "a", "")};
	const struct manifest missing[] = {make("a", "1.0.0", "b", ""), make("b", "1.0.0", "nobody", ">=2")};
	const struct manifest old[] = {make("a", "1.0.0", "b", ">=1.2 <2"), make("b", "1.1.9", "", "")};

	expect_order(circle, 3, 0, "a -> b -> c -> a");
	expect_order(circle, 3, 1, "b -> c -> a -> b");
	expect_order(tail, 3, 0, "a -> b -> a");
	expect_order(self, 1, 0, "a -> a");
	expect_order(missing, 2, 0, "\"b\" needs \"nobody\" >=2, which is not installed");
	expect_order(old, 2, 0, "\"a\" needs \"b\" >=1.2 <2, installed is 1.1.9");
}

Test(deps, long_chain,
	.description = "WID-14 E2.6.1.9: a chain of 1,000 is walked, and closed to a circle it is refused")
{
	static struct manifest m[1000];
	static const struct manifest *all[1000];
	static uint32_t order[1000];
	struct deps_error err;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(m[i].id, sizeof(m[i].id), "w%d", i);
		m[i].n_dependencies = i < 999;
		(void)snprintf(m[i].dependency[0].id, sizeof(m[i].id), "w%d", i + 1);
		all[i] = &m[i];
	}
	cr_assert_eq(deps_order(all, 1000, 0, order, &err), 1000);
	cr_expect(order[0] == 999 && order[999] == 0);
	m[999].n_dependencies = 1;
	strcpy(m[999].dependency[0].id, "w0");
	cr_expect_eq(deps_order(all, 1000, 0, order, &err), -EINVAL);
	cr_expect_eq(err.fault, DEPS_CYCLE);
}
