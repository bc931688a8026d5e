/* SPDX-License-Identifier: MIT */
/**
 * What can be undone and redone, by revision: each change says in the journal how it is taken back, so an
 * undo is a change too, and so is taking that back. Plain data of a document.
 */
#ifndef HERMES_HISTORY_H
#define HERMES_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct history_stack {
	uint64_t *revision; /**< oldest first */
	size_t n, cap;
};

struct history {
	struct history_stack undo, redo;
};

void history_finish(struct history *history);
/** A change of this kind led to `revision`. @return 0, -ENOMEM: undo goes less far back. */
int history_add(struct history *history, enum store_kind kind, uint64_t revision);
/** The revision whose change is to be taken back next. @return 0, -ENOENT: none. */
int history_next(const struct history *history, enum store_kind kind, uint64_t *ret);
/** What came up to `revision` is kept no more. */
void history_forget(struct history *history, uint64_t revision);

#endif
