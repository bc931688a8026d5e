/* SPDX-License-Identifier: MIT */
/* Depth-first order over dependencies. The stack is a list of its own: its depth is the number of widgets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "deps.h"
#include "text.h"

#define NODES_MAX 1024u

enum mark { NEW, OPEN, DONE };

struct walk {
	const struct manifest *const *all;
	uint32_t n;
	uint8_t mark[NODES_MAX];
	uint32_t stack[NODES_MAX];           /* from `start` down to where we are */
	uint32_t next_dependency[NODES_MAX]; /* of each widget on the stack */
	uint32_t depth;
};

static int find(const struct walk *w, const char *id)
{
	for (uint32_t i = 0; i < w->n; i++) {
		if (!strcmp(w->all[i]->id, id))
			return (int)i;
	}
	return -ENOENT;
}

static int tell_cycle(const struct walk *w, uint32_t back_to, struct deps_error *err)
{
	uint32_t i = 0;

	*err = (struct deps_error){.fault = DEPS_CYCLE};
	while (w->stack[i] != back_to)
		i++;
	for (; i < w->depth; i++)
		text_add(err->text, sizeof(err->text), "%s -> ", w->all[w->stack[i]]->id);
	text_add(err->text, sizeof(err->text), "%s", w->all[back_to]->id);
	return -EINVAL;
}

static int check(const struct walk *w, const struct manifest *wants, const struct manifest_dependency *d,
	struct deps_error *err)
{
	int i = find(w, d->id);

	*err = (struct deps_error){0};
	if (i < 0) {
		err->fault = DEPS_MISSING;
		text_add(err->text, sizeof(err->text), "\"%s\" needs \"%s\"%s%s, which is not installed",
			wants->id, d->id, d->range_text[0] ? " " : "", d->range_text);
		return -EINVAL;
	}
	if (!semver_in_range(&w->all[i]->version, &d->range)) {
		err->fault = DEPS_VERSION;
		text_add(err->text, sizeof(err->text), "\"%s\" needs \"%s\" %s, installed is %s", wants->id,
			d->id, d->range_text, w->all[i]->version_text);
		return -EINVAL;
	}
	return i;
}

static void push(struct walk *w, uint32_t i)
{
	w->mark[i] = OPEN;
	w->stack[w->depth] = i;
	w->next_dependency[w->depth++] = 0;
}

int deps_order(const struct manifest *const *all, uint32_t n, uint32_t start, uint32_t *order,
	struct deps_error *err)
{
	struct walk w = {.all = all, .n = n};
	int n_order = 0;

	if (n > NODES_MAX)
		return -EINVAL;
	push(&w, start);
	while (w.depth) {
		uint32_t top = w.stack[w.depth - 1], k = w.next_dependency[w.depth - 1]++;
		int i;

		if (k == all[top]->n_dependencies) {
			w.mark[top] = DONE;
			order[n_order++] = top;
			w.depth--;
			continue;
		}
		i = check(&w, all[top], &all[top]->dependency[k], err);
		if (i < 0)
			return i;
		if (w.mark[i] == OPEN)
			return tell_cycle(&w, (uint32_t)i, err);
		if (w.mark[i] == NEW)
			push(&w, (uint32_t)i);
	}
	return n_order;
}
