/* SPDX-License-Identifier: MIT */
/** A measure that is being updated: its own members and the maps; what follows moves when its length changes.
 */
#ifndef NVX1_MEASURE_EDIT_H
#define NVX1_MEASURE_EDIT_H

#include "pieces.h"

struct measure_edit {
	struct nvx_reader *reader;
	const struct score *base;
	struct score_change *change;
	uint32_t index;
	uint8_t is_last, has_meter, has_key, has_tempo;
	int64_t start, old_end, new_end;
	struct nvx_measure measure; /**< as it will be */
	struct nvx_meter meter;     /**< in force at its begin, as it will be */
	struct nvx_key key;
	uint64_t ns_per_quarter;
	const uint8_t *content; /**< its value; NULL: nothing of it changes */
};

/** Operations on the measure, the maps and what follows. */
void nvx_apply_measure(struct measure_edit *edit);

#endif
