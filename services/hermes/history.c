/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void history_finish(struct history *history)
{
	free(history->undo.revision);
	free(history->redo.revision);
	*history = (struct history){0};
}

static int push(struct history_stack *stack, uint64_t revision)
{
	/* The journal holds no more. */
	if (stack->n == STORE_MAX_CHANGES) {
		memmove(stack->revision, stack->revision + 1, --stack->n * sizeof(*stack->revision));
	} else if (stack->n == stack->cap) {
		const size_t cap = stack->cap ? stack->cap * 2 : 16;
		uint64_t *moved = realloc(stack->revision, cap * sizeof(*moved));

		if (!moved)
			return -ENOMEM;
		stack->revision = moved;
		stack->cap = cap;
	}
	stack->revision[stack->n++] = revision;
	return 0;
}

static void pop(struct history_stack *stack)
{
	if (stack->n)
		stack->n--;
}

int history_add(struct history *history, enum store_kind kind, uint64_t revision)
{
	switch (kind) {
	case STORE_UNDO:
		pop(&history->undo);
		return push(&history->redo, revision);
	case STORE_REDO:
		pop(&history->redo);
		return push(&history->undo, revision);
	default:
		history->redo.n = 0;
		return push(&history->undo, revision);
	}
}

int history_next(const struct history *history, enum store_kind kind, uint64_t *ret)
{
	const struct history_stack *stack = kind == STORE_UNDO ? &history->undo : &history->redo;

	if (!stack->n)
		return -ENOENT;
	*ret = stack->revision[stack->n - 1];
	return 0;
}

static void forget(struct history_stack *stack, uint64_t revision)
{
	size_t n = 0;

	while (n < stack->n && stack->revision[n] <= revision)
		n++;
	stack->n -= n;
	if (n)
		memmove(stack->revision, stack->revision + n, stack->n * sizeof(*stack->revision));
}

void history_forget(struct history *history, uint64_t revision)
{
	forget(&history->undo, revision);
	forget(&history->redo, revision);
}
