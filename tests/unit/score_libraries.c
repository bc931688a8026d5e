/* SPDX-License-Identifier: MIT */
/* FMT-02, FMT-04: the libraries that only some formats need, and what is said where they are not. */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <score/format.h>

#include "../../score/libraries/libraries.h"

static char why[128];

/** A file with the module's first `n` bytes. @return its path, until the next call. */
static const char *cut_module(size_t n)
{
	static char path[64], bytes[1 << 20];
	(void)strcpy(path, "/tmp/score-libraries-XXXXXX");
	const int from = open(MODULE, O_RDONLY | O_CLOEXEC), to = mkstemp(path);
	cr_assert_geq(from, 0, "%s", MODULE);
	cr_assert_geq(to, 0);
	const ssize_t size = read(from, bytes, sizeof(bytes));
	cr_assert_gt(size, (ssize_t)n);
	cr_assert_eq(write(to, bytes, n), (ssize_t)n);
	close(from);
	close(to);
	return path;
}

Test(score_libraries, found, .description = "FMT-02: beside what meson builds; once for all")
{
	static struct score_report report;
	const struct score_libraries *libraries = score_libraries(&report);
	cr_assert_not_null(libraries, "%s", report.error[0].reason);
	cr_expect_eq(score_libraries(&report), libraries);
	cr_expect_eq(report.n_errors, 0);
#define X(name) cr_expect_not_null((const void *)(uintptr_t)libraries->name, #name);
	SCORE_LIBRARIES(X)
#undef X
}

Test(score_libraries, damaged, .description = "FMT-02: missing, empty, cut, no module, made with others")
{
	cr_expect_null(score_libraries_load("/nowhere/score-libraries.so", why));
	cr_expect(strstr(why, "/nowhere/score-libraries.so: cannot open"), "%s", why);
	static const size_t cuts[] = {0, 1, 63, 64, 200};
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		const char *path = cut_module(cuts[i]);
		why[0] = '\0';
		cr_expect_null(score_libraries_load(path, why), "%zu bytes", cuts[i]);
		cr_expect(strstr(why, path), "%s", why);
		unlink(path);
	}
	cr_expect_null(score_libraries_load("libm.so.6", why));
	cr_expect(strstr(why, "score_libraries_module"), "%s", why);
	cr_expect_null(score_libraries_load(SHORTER, why));
	cr_expect_str_eq(why, "score-libraries.so is of another " SCORE_LIBRARIES_MADE_WITH);
	cr_expect_null(score_libraries_load(OLDER, why));
	cr_expect_str_eq(why, "score-libraries.so is of another time, not of " SCORE_LIBRARIES_MADE_WITH);
	cr_expect_not_null(score_libraries_load(MODULE, why), "%s", why);
}
