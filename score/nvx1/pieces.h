/* SPDX-License-Identifier: MIT */
/** Pieces of a document for the API (nvx1.md 15): what reading and writing them share. */
#ifndef NVX1_PIECES_H
#define NVX1_PIECES_H

#include <score/edit.h>

#include "read.h"
#include "write.h"

/** Where a list is in a delta's paths: "/layers/form"; NULL: notes, controllers and parts. */
extern const char *const nvx_list_path[NVX_N_LISTS];
/** Its last step: "form", "drums". */
const char *nvx_list_name(unsigned list);

/** A reader of a JSON text that shares the pool of a score. */
struct nvx_piece {
	struct nvx_reader reader;
	struct nvx_draft draft;
};
/** @return 0; -EINVAL: not JSON (report), -ENOMEM. Always followed by nvx_piece_finish(). */
int nvx_piece_init(struct nvx_piece *piece, const struct score *base, const char *json, size_t size,
	struct score_report *report);
/** @return 0, or why reading failed. */
int nvx_piece_finish(struct nvx_piece *piece);

/** The largest item of any list. */
union nvx_any {
#define X(name, type) type name;
	NVX_LISTS(X)
#undef X
	struct nvx_note note;
	struct nvx_control control;
	struct nvx_part part;
	struct nvx_globals globals;
};
/** The object that stands here as an item of a list. */
void nvx_read_item(struct nvx_reader *r, unsigned list, union nvx_any *ret);
/** An object {num, den, grouping?} into the meter, which keeps its tick. */
void nvx_read_meter_in_force(struct nvx_reader *r, struct nvx_meter *meter);
/** Its id; 0: it has none. */
nvx_id nvx_item_id(unsigned list, const void *item);
/** score_change_add() whose failure ends reading. */
void nvx_add_op(struct nvx_reader *r, struct score_change *change, enum score_op_kind kind, unsigned list,
	nvx_id part_id, uint32_t index, const void *before, const void *after);

#endif
