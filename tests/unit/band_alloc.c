/* SPDX-License-Identifier: MIT */
/* Every allocation on the way from a file to inputs, a setlist, an exercise and the registry is made to fail
 * in turn: the answer is -ENOMEM each time, and nothing leaks (the asan variant says so). */
#include "band_inputs_fixture.h"

#include <errno.h>

#include "setlist.h"

/* The linker's: allocations of what is linked in go through __wrap_, libraries' own do not. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *ptr, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *ptr, size_t n, size_t size);

static long fail_after = -1; /* allocations that still succeed; -1: all do */
static bool failed;

static bool fails(void)
{
	if (fail_after < 0)
		return false;
	failed = fail_after == 0;
	fail_after -= !failed;
	return failed;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *ptr, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(ptr, n, size);
}

static const char *text;

static int read_inputs(void)
{
	const struct band_source source = {.program = text, .program_size = strlen(text)};
	struct band_report report = {0};
	struct band_inputs in, copy;
	char digest[65];
	int rc = band_inputs_read(&source, styles, &report, &in);

	if (rc < 0)
		return rc;
	rc = band_inputs_digest(&in, digest);
	if (rc == 0) {
		rc = band_inputs_copy(&in, &copy);
		if (rc == 0)
			band_inputs_finish(&copy);
	}
	band_inputs_finish(&in);
	return rc;
}

static int read_setlist(void)
{
	struct band_report report = {0};
	struct band_setlist setlist;
	const int rc = band_setlist_read(text, strlen(text), &report, &setlist);

	if (rc == 0)
		band_setlist_finish(&setlist);
	return rc;
}

static int read_exercise(void)
{
	struct band_report report = {0};
	struct band_exercise exercise;
	const int rc = band_exercise_read(text, strlen(text), &report, &exercise);

	if (rc == 0)
		band_exercise_finish(&exercise);
	return rc;
}

static int read_styles(void)
{
	struct band_report report = {0};
	struct band_styles *all = band_styles_new(/* dir= */ NULL, &report);
	const bool whole = all && report.n_issues == 0;

	band_styles_free(all);
	return whole ? 0 : -ENOMEM;
}

/** @param step  1: each allocation; more: one out of so many. */
static void fail_each(int (*read)(void), long step, long at_least)
{
	long n = 0;

	cr_assert_eq(read(), 0);
	for (failed = true; failed; n += step) {
		failed = false;
		fail_after = n;
		const int rc = read();
		fail_after = -1;
		cr_assert_eq(rc, failed ? -ENOMEM : 0, "allocation %ld: %d", n, rc);
	}
	cr_assert_gt(n, at_least);
	cr_assert_eq(read(), 0, "and then it works");
}

TestSuite(band_alloc, .init = open_styles, .fini = close_styles);

Test(band_alloc, inputs, .description = "T-16: without memory no inputs, no half of them")
{
	text = "chords: C | F G7 | C\nsections: A:3\nstyle: {comp: samba_basic_4_4, bass: samba_four_feel, "
	       "ghost_vel: 14}\n";
	fail_each(read_inputs, 1, 10);
	text = "{\"root\":\"C\",\"style\":\"bossa\",\"instruments\":[{\"type\":\"shell_voicings\",\"chords\":"
	       "[\"ii7\",\"V7\",\"I6\"]}]}";
	fail_each(read_inputs, 1, 10);
}

Test(band_alloc, lists, .description = "T-16: nor setlists, exercises, styles")
{
	text = "{\"items\":[{\"file\":\"a\"}],\"defaults\":{\"tempo\":90}}";
	fail_each(read_setlist, 1, 3);
	text = "program: a\ngoals: [x, y]\n";
	fail_each(read_exercise, 1, 2);
	fail_each(read_styles, 37, 500);
}
