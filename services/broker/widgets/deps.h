/* SPDX-License-Identifier: MIT */
/** What has to run before a widget: its dependencies in order, or why there is none (WID-10, WID-14). Pure.
 */
#ifndef BROKER_WIDGETS_DEPS_H
#define BROKER_WIDGETS_DEPS_H

#include "manifest.h"

enum deps_fault {
	DEPS_CYCLE,   /**< text: "a -> b -> c -> a" */
	DEPS_MISSING, /**< not installed */
	DEPS_VERSION, /**< installed in a version outside of the range */
};

struct deps_error {
	enum deps_fault fault;
	char text[200]; /**< a sentence; names who wants what */
};

/**
 * Order of starting for `start` (an index into `all`): dependencies first, `start` last, each once.
 * @param all    n manifests, ids unique.
 * @param order  Room for n indexes.
 * @return how many; -EINVAL with *err filled.
 */
int deps_order(const struct manifest *const *all, uint32_t n, uint32_t start, uint32_t *order,
	struct deps_error *err);

#endif
