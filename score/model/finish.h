/* SPDX-License-Identifier: MIT */
/** The steps of nvx_finish(): from a draft to a score. One thread. */
#ifndef SCORE_FINISH_H
#define SCORE_FINISH_H

#include <score/score.h>

#include "check.h"
#include "draft_list.h"
#include "places.h"
#include "shape.h"

struct finish {
	struct nvx_draft *draft;
	const struct score_alloc *alloc;
	struct check check;
	struct places places;
	uint32_t *from[NVX_N_LISTS]; /**< where each item stood in the draft; NULL: where it is */
	struct {
		uint32_t *note, *control;
		uint8_t note_ties, control_ties;
		uint8_t is_note_used, is_control_used;
		struct shape_used note_used, control_used;
	} *part_from;
	uint8_t ties[NVX_N_LISTS]; /**< items that only their ids can bring into order */
	size_t n_part_from;
	struct shape_used used[NVX_LIST_part + 1]; /**< of lists whose `is_used` says so; not of a part's */
	uint8_t is_used[NVX_LIST_part + 1];
	const nvx_id *final; /**< while sorting by id: what provisional ones will be */
	size_t bar;          /**< measure that was found last */
	nvx_id ordered_part; /**< whose place in the order of parts was asked for last */
	uint64_t part_order; /**< what it was */
};

/** Let the rules look at the draft. */
void finish_check_init(struct finish *finish);

/** Length of a bar; 0: no such meter. */
uint32_t finish_bar_ticks(const struct nvx_meter *meter);

/** A key's signature, where it is not given, or need not be. */
void finish_settle_key(struct nvx_key *key);

/* In this order. @return 0; -ENOMEM, -E2BIG, -ECANCELED, or -EINVAL where nothing can be said after it. */

/** A part, a title, no negative ticks. */
int finish_defaults(struct finish *finish, const char *name);
/** Tempo, meter and key: in order, from tick 0 on. */
int finish_maps(struct finish *finish);
/** Sort notes and controllers; index them; time and part of what hangs on a note; sort and index all the
 * rest. */
int finish_places(struct finish *finish);
/** Measures: made, completed, extended. */
int finish_measures(struct finish *finish);
/** All rules about contents. */
int finish_rules(struct finish *finish);
/** A warning when more notes sound at once than may. */
int finish_sounding(struct finish *finish);
/** What ids name. */
int finish_references(struct finish *finish);
/** Take out what was dropped, sort again, give ids, rename. */
int finish_ids(struct finish *finish);
/** The score; the draft's lists are freed on the way. */
int finish_freeze(struct finish *finish, struct score **ret);

/** What the items of a list have something in, from when it is first asked: only ever less after that. */
const struct shape_used *finish_used(struct finish *finish, unsigned list, uint32_t part);

/** Sort a list of elements into canonical order. @param by_id  1: ids are final and decide between equals. */
int finish_sort_list(struct finish *finish, unsigned list, int by_id);
int finish_sort_part(struct finish *finish, uint32_t part, int by_id);

#endif
