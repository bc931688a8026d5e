/* SPDX-License-Identifier: MIT */
/** A score as a timeline: what is told, and how it is written. One thread. */
#ifndef SCORE_HTL_OUT_H
#define SCORE_HTL_OUT_H

#include <score/score.h>

#include "htl.h"

/** In the order in which those of one moment are told. */
enum htl_what {
	HTL_OUT_LOADED,
	HTL_OUT_TEMPO,
	HTL_OUT_KEY,
	HTL_OUT_CHORD,
	HTL_OUT_NO_CHORD,
	HTL_OUT_NOTE_OFF,
	HTL_OUT_RAIL,
	HTL_OUT_NOTE_ON
};

struct htl_item {
	int64_t us, tick;
	const void *of;
	uint32_t order;
	uint32_t part;
	uint8_t what;
};

struct htl_writer {
	const struct score *score;
	struct score_bytes *out;
	struct score_report *report;
	struct htl_item *item;
	size_t n, cap;
	int error;
	/* Where the tempo map was looked at last. */
	uint32_t tempo;
	int64_t *begin_ns;  /**< of each entry */
	uint8_t has_loaded; /**< the rail says what was loaded */
};

/** Everything before the events. */
void htl_put_head(struct htl_writer *w);
void htl_put_item(struct htl_writer *w, const struct htl_item *item);

#endif
