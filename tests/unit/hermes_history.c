/* SPDX-License-Identifier: MIT */
/* services/hermes/history: what undo and redo take back. Row HER-07. */
#include <criterion/criterion.h>

#include <errno.h>

#include "history.h"

static uint64_t next(const struct history *history, enum store_kind kind)
{
	uint64_t revision;

	return history_next(history, kind, &revision) < 0 ? 0 : revision;
}

static void add(struct history *history, enum store_kind kind, uint64_t revision)
{
	cr_assert_eq(history_add(history, kind, revision), 0);
}

Test(hermes_history, undo_and_redo,
	.description = "HER-07: to and fro, and a new edit ends what could be redone")
{
	struct history h = {0};

	cr_expect_eq(next(&h, STORE_UNDO), 0);
	add(&h, STORE_EDIT, 2);
	add(&h, STORE_EDIT, 3);
	cr_expect_eq(next(&h, STORE_UNDO), 3);
	add(&h, STORE_UNDO, 4);
	cr_expect_eq(next(&h, STORE_UNDO), 2);
	cr_expect_eq(next(&h, STORE_REDO), 4);
	add(&h, STORE_UNDO, 5);
	cr_expect_eq(next(&h, STORE_UNDO), 0);
	cr_expect_eq(next(&h, STORE_REDO), 5);
	add(&h, STORE_REDO, 6);
	cr_expect_eq(next(&h, STORE_UNDO), 6);
	cr_expect_eq(next(&h, STORE_REDO), 4);
	add(&h, STORE_EDIT, 7);
	cr_expect_eq(next(&h, STORE_REDO), 0);
	cr_expect_eq(next(&h, STORE_UNDO), 7);
	history_finish(&h);
}

Test(hermes_history, bounds, .description = "HER-07: no more than the journal holds, the oldest go first")
{
	struct history h = {0};

	for (uint64_t r = 2; r < STORE_MAX_CHANGES + 100; r++)
		add(&h, STORE_EDIT, r);
	cr_expect_eq(h.undo.n, STORE_MAX_CHANGES);
	cr_expect_eq(h.undo.revision[0], 100);
	history_forget(&h, 500);
	cr_expect_eq(h.undo.revision[0], 501);
	cr_expect_eq(next(&h, STORE_UNDO), STORE_MAX_CHANGES + 99);
	history_forget(&h, UINT64_MAX);
	cr_expect_eq(next(&h, STORE_UNDO), 0);
	/* An undo whose edit is not known any more: it can still be taken back. */
	add(&h, STORE_UNDO, 2000);
	cr_expect_eq(next(&h, STORE_REDO), 2000);
	history_finish(&h);
}
