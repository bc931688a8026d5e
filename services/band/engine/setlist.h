/* SPDX-License-Identifier: MIT */
/**
 * Setlists (.ztplay, both forms) and exercises (.ztex): which programs, how often, and what is said to the
 * player. Which file a path means is decided by who opens it.
 */
#ifndef BAND_SETLIST_H
#define BAND_SETLIST_H

#include <stddef.h>

#include "inputs.h"

#define BAND_SETLIST_ITEMS_MAX 256u

struct band_setlist_item {
	char path[256]; /**< as written */
	char name[96];
	uint32_t repeats; /**< 1..999 */
	char notes[256];
};

struct band_setlist {
	char title[96], outfile[96];
	struct band_overrides defaults; /**< values point into `text` */
	char *text;
	struct band_setlist_item *item;
	uint32_t n_items;
};
/** @return 0; -EINVAL the report says why; -ENOMEM. `ret` is only written on success. */
int band_setlist_read(const char *bytes, size_t size, struct band_report *report, struct band_setlist *ret);
void band_setlist_finish(struct band_setlist *setlist);

struct band_exercise {
	char id[96], title[160], program[256], type[64];
	char *text; /**< task, goals, questions: for people, lines */
};
/** The same. Of several programs the first is taken. */
int band_exercise_read(const char *bytes, size_t size, struct band_report *report, struct band_exercise *ret);
void band_exercise_finish(struct band_exercise *exercise);

#endif
